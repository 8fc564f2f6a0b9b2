"""Which of a plan's issues speak of a number: the reasons planning gave for what it did there."""

from typing import Final

import numpy as np

from trivet.core.errors import NotFound
from trivet.core.ids import Flags, MeasureId
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import Model, Plan
from trivet.core.scope import rows_of

_NEAR: Final = {
    "history_correction": "demand_history",
    "stock_out_units": "demand_history",
    "constrained_demand": "unserved_demand",
    "constrained_revenue": "unserved_demand",
    "production": "required_production",
    "load_hours": "required_hours",
    "capacity_hours": "required_hours",
    "material_need": "material_purchases",
}
"""Measures whose reasons are told at another one of the same grain."""


def issues_about(plan: Plan, model: Model, measures: tuple[MeasureId, ...], hit: Flags, columns: slice) -> list[Issue]:
    """Give the issues about some cells: the narrowest first, then the largest amount.

    Args:
        plan: the plan, cut to what the reader sees.
        model: its dimensions.
        measures: the measure, then what it is made of; all of one grain.
        hit: (series,) the rows of the measure's panel.
        columns: the buckets.
    """
    panel = plan.panel(model.registry[measures[0]].grain)
    asked = {*measures, *(_NEAR[name] for name in measures if name in _NEAR)}
    about = [issue for issue in plan.issues if issue.place.measure in asked]
    told = [issue for issue in about if _meets(issue, panel, model, hit, columns)]
    return sorted(told, key=_width)


def _width(issue: Issue) -> tuple[int, float]:
    """Tell how much an issue speaks of: fewer nodes are more members; no bucket is all of them."""
    place = issue.place
    days = ((place.last or place.first) - place.first).days if place.first else float("inf")
    return -len(place.scope), days


def _meets(issue: Issue, panel: Panel, model: Model, hit: Flags, columns: slice) -> bool:
    place = issue.place
    days = panel.buckets.starts[columns]
    if place.first is not None and not any(place.first <= day <= (place.last or place.first) for day in days):
        return False
    try:
        rows = rows_of(panel, model, place.scope)
    except NotFound:
        return False  # it speaks of members this grain does not have
    return bool(np.asarray(hit)[rows].any())
