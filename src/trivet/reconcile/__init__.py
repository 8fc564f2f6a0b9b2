"""One set of plans: detail and aggregate, demand and supply and money, held against each other; pure.

Reading order: `ties` (quick checks on a plan's arrays), `gaps` (outlook against budget, demand against supply),
`capability` (where the wish exceeds the means: overloads, shortages, backlogs, stock left over).
"""
