"""The plan as a whole, made of the domains' verbs; pure.

Reading order: `make` (sales and operations planning in one page), `inputs` (tables to plan inputs),
`summary` (one screen), `compare`, `explain`, `effects` (what entries move), `relief` (prices of
scarcity), `worth` (what one plan earns more than another), `backtest` (how good the forecast is).
"""
