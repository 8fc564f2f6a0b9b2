"""The seeded generator of the example company Velmora Cycles.

Reading order: catalogue (what is sold and bought), parameters (every number that
was chosen), demand (what customers wanted, month by
month, from the truth model), supply (what was made, shipped and counted, and the supply tables),
money (prices, costs, budget, ledger), opinions (streams, promotions, people, levers), published
(twelve earlier cycles), write (files, byte for byte the same on every run). Actuals come from the
truth model, never from a plan.
"""
