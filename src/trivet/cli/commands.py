"""Every command, registered by importing its module."""

from trivet.cli import (
    backtest,
    branches,
    care,
    changes,
    data,
    demo,
    dimensions,
    files,
    jobs,
    mix,
    planning,
    publishing,
    relief,
)

__all__ = [
    "backtest",
    "branches",
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
