"""Every command, registered by importing its module."""

from trivet.cli import (
    accuracy,
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
    "accuracy",
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
