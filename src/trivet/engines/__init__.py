"""Engines: what varies, behind `core.ports`; heavy libraries are imported only when one runs.

`seasonal_naive` (the benchmark), `theta` and `lumpy` (methods for one series), `global_model` (one model for all),
`views` (how a series is shown to a method), `single` (each method by its name), `ensemble` (the statistical forecast:
their mean), `cached` (remembers a forecast), `highs` (the solver), `highs_many`
(many programmes at once), `processes` and `child` (batches in child processes).
"""
