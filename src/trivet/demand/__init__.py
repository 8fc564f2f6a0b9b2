"""What and how much customers will buy, unconstrained. Modules in reading order.

- `history`: orders, shipments and returns of the closed buckets, in plan currency
- `presence`: which cells mean something: unborn, dead and not reported is not zero
- `corrections`: what people say about the history
- `cleansing`: stock-outs and one-offs corrected, and said
- `training`: what the forecast learns from: gaps filled, past events taken out
- `baseline`: the statistical forecast of the plan beside the seasonal-naive line
- `statistical`: the forecast of any series, in a plan as in a backtest
- `learning`: what series teach each other, learned once per snapshot
- `levels`: families, items and series brought together
- `bounds`: P10, P50 and P90 of the forecast as measures
- `lifecycle`: launches, victims, endings, successors
- `drivers`: planned events and price moves
- `events`: promotions as factors on demand
- `streams`: opinions of sales, marketing, finance and customers, at one grain
- `split`: the split of a family set by hand
- `consensus`: which opinion counts where
- `accuracy`: how good the plans were, and what each step added
- `intervals`: bounds of a forecast, learned from past errors
- `combined`: bounds of sums, which do not add
- `scores`: a backtest in the measures of the competitions
- `segments`: ABC, XYZ and life cycle: where a person's time pays
- `returned`: families and channels to which much comes back
- `mix`: the split of a family over its items, and how wrong it was
- `netting`: orders in hand eat the forecast
- `remaining`: what of the agreed demand is neither shipped nor ordered yet
- `expectation`: what a bucket should have brought
- `scope`: family, region and channel of each series
"""
