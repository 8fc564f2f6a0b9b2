"""Engines: what varies, behind `core.ports`; heavy libraries are imported only when one runs.

`seasonal_naive` (the benchmark), `theta` (the statistical forecast), `global_model` and `ensemble` (the mean of
several), `cached` (remembers a forecast), `highs` (the solver), `processes` and `child` (batches in child processes).
"""
