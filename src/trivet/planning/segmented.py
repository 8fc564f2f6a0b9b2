"""Classes as levels: ABC, XYZ and life cycle beside family and item, wherever a level or a scope is named.

The classes belong to one version: they are computed from the demand panel it was planned with, so a published
plan keeps its classes. A company that has a column of that name in items.csv keeps its own.
"""

from dataclasses import replace

import polars as pl

from trivet.core.dimensions import UNASSIGNED
from trivet.core.panel import Panel, keys_digest
from trivet.core.plan import PlanInputs
from trivet.core.segments import LEVELS
from trivet.demand.segments import segment_items


def with_segments(inputs: PlanInputs, demand: Panel) -> PlanInputs:
    """Give inputs whose items have the levels abc, xyz and life_cycle; items without demand are Unassigned.

    Args:
        inputs: what the plan is made from.
        demand: panel with demand_history and shipped_revenue.
    """
    own = inputs.table("items").columns
    named = [level for level in LEVELS if level not in own]
    if not named:
        return inputs
    found, item = segment_items(inputs, demand), inputs.model.dimensions["item"]
    classes = {"abc": found.abc, "xyz": found.xyz, "life_cycle": found.life_cycle}
    columns = found.keys.with_columns(pl.Series(level, classes[level].tolist(), dtype=pl.String) for level in named)
    members = (
        item.members.drop(named, strict=False)
        .join(columns, on="item", how="left", maintain_order="left")
        .with_columns(pl.col(level).fill_null(UNASSIGNED) for level in named)
    )
    wider = replace(item, members=members, digest=keys_digest(members))
    return replace(inputs, model=replace(inputs.model, dimensions={**inputs.model.dimensions, "item": wider}))
