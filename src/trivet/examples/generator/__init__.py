"""The seeded generator of the example company Velmora Cycles.

Reading order: `catalogue` (what is sold and bought), `parameters` (every number that was chosen), `demand`
(what customers wanted, month by month, from the truth model), `supply` (what was made, shipped and counted),
`money` (prices, costs, the value of shipments), `ledger` (budgets and books), `masters` (items, places, lines),
`histories` (the truth as tables), `opinions` (streams, events, launches), `people` (who meets, levers, risks),
`published` (twelve earlier cycles), `tables` and `write` (files, byte for byte the same on every run).
Actuals come from the truth model, never from a plan.
"""
