"""Every command, registered by importing its module."""

from trivet.cli import (
    backtest,
    branches,
    care,
    changes,
    demo,
    dimensions,
    files,
    jobs,
    mix,
    people,
    planning,
    publishing,
    pushdown,
    quality,
    relief,
)

__all__ = [
    "backtest",
    "branches",
    "care",
    "changes",
    "demo",
    "dimensions",
    "files",
    "jobs",
    "mix",
    "people",
    "planning",
    "publishing",
    "pushdown",
    "quality",
    "relief",
]
