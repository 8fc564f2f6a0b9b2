"""The plan as a whole, made of the domains' verbs; pure.

Reading order: `make` (sales and operations planning in one page), `inputs` (tables to plan inputs), `structure`
(dimensions), `segmented` (classes as levels), `contradictions`, `booked_hours`, `faults`, `answers` and `health`
(what is wrong with the data, who mends or accepts it), `agreed` (the consensus of each family and who approved it),
`summary` (one screen), `statements` (profit and loss by family and period), `ranges` (bounds of the forecast at any
level), `compare`, `views` (by which level and structure), `currencies` (money elsewhere), `along` and `course` (how a
row runs along time), `cover` (days a stock lasts), `rough_cuts` and `capacity_check` (load
against capacity), `explain`, `told` (what planning said about a number), `following`
(what follows a change at once), `head` (a plan with the changes since), `effects` (what entries move), `preview`
(what they would move), `rows` and `rebase` (a branch on another base), `trace` (what moved a cell), `undone` (undo
restores), `locks` (what is fixed by hand, and its cost), `strained` (where it can't be), `relief` (prices of
scarcity), `worth` (what one plan earns more than another), `errors` (how far forecasts were off), `accuracy` (how
good earlier plans were), `targets` (was that good enough), `added` (what each step added), `causes` (why demand moved
between two plans), `waterfall` (what each cycle said, what came, what changed), `backtest` (how good the forecast
is).

Down to execution: `weeks` (cut and shared), `balancing` (one place), `lane_flows` (transfers by lane), `offers`
(terms of purchase), `weekly` (a plan in weeks, as values), `material_weeks`, `schedule` (the walk through the
network), `push_tables`, `push_finance`, `push_plan` (everything that is handed over).
"""
