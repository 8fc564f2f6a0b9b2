"""One set of plans: detail and aggregate, demand and supply and money, held against each other; pure.

Reading order: `ties` (quick checks on a plan's arrays), `gaps` (outlook against budget, demand against supply),
`capability` (where the wish exceeds the means: overloads, shortages, backlogs, stock left over), `topdown` (the budget
spread to the plan's detail), `compared` (two plans of one thing, series by series), `opinions` (streams, forecast,
published plan and open orders against the consensus), `systems` (the plan against stock, orders and ledger), `matrix`
(all of it by family: the reconciliation matrix).
"""
