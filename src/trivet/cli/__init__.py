"""The command line: parse, call one use-case, print. Nothing heavy is imported until a command runs.

Reading order: `main` (the app and its exits), `commands` (registers them all), `answers` (text and JSON), `advice`,
`progress`, `screen` (the plan on one screen), then the commands by theme: `files` (init, create, import), `health`,
`streams` (views on demand), `quality` (segments), `methods` (forecasting methods compared), `accuracy` (accuracy,
value-added), `waterfall`, `gaps` (the reconciliation matrix), `planning` (plan, show, compare, explain, check),
`statement` (profit and loss), `people`, `dimensions`, `mix`, `changes` (change, undo, log, branch, merge),
`consensus` (by family, and who approved it), `branches` (rebase), `publishing` (submit, approve, publish, export),
`pushdown`, `jobs` (jobs, worker), `capacity` (load against capacity), `relief` (prices of scarcity), `locks` (what is
fixed by hand), `backtest`, `care` (doctor, backup, restore, upgrade, settings), `demo`.
"""
