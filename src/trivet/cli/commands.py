"""Every command, registered by importing its module."""

from trivet.cli import backtest, care, changes, data, demo, dimensions, files, jobs, mix, planning, publishing, relief

__all__ = [
    "backtest",
    "care",
    "changes",
    "data",
    "demo",
    "dimensions",
    "files",
    "jobs",
    "mix",
    "planning",
    "publishing",
    "relief",
]
