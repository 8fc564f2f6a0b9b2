"""How numbers are looked at: by one level or down a hierarchy, and by which structure.

A plan is looked at by its own structure (the one in force in its cycle), by today's (an older version's
leaves by the codes and parents of the latest import), or as it was: in each bucket by the structure that
held then. A hierarchy named as rows shows every level above its leaves, each member with the path to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

import polars as pl

from trivet.core.aswas import LEAF, as_it_was
from trivet.core.dimensions import Dimension, Hierarchy
from trivet.core.errors import NotFound
from trivet.core.issues import Issue, Place, Scope, Severity
from trivet.core.measures import MeasureSpec
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.core.renames import by_todays_codes
from trivet.reconcile.topdown import MEASURES as SPREAD
from trivet.reconcile.topdown import spread_budget

PATH: Final = " / "
"""Between the members of a path."""


class By(StrEnum):
    """Structure numbers are rolled up by."""

    PLAN = "plan"
    TODAY = "today"
    AS_WAS = "as-was"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """What the rows of a table are.

    Attributes:
        dimension: whose members.
        levels: one, or those of a hierarchy from the top down, each member named by its path.
        title: what stands above them.
        inputs: with the levels among the members.
    """

    dimension: str
    levels: tuple[str, ...]
    title: str
    inputs: PlanInputs


def rows_by(inputs: PlanInputs, name: str) -> Rows:
    """Find the level, or else the hierarchy, of a name.

    Raises NotFound with the levels and hierarchies there are.
    """
    dimensions = inputs.model.dimensions
    if name in dimensions:
        return Rows(dimension=name, levels=(name,), title=name, inputs=inputs)
    for dimension in dimensions.values():
        if name in dimension.levels:
            return Rows(dimension=dimension.name, levels=(name,), title=name, inputs=inputs)
    ways = [(dimension, way) for dimension in dimensions.values() for way in dimension.hierarchies if way.name == name]
    if ways:
        return _down(inputs, *ways[0])
    levels = sorted({level for dimension in dimensions.values() for level in dimension.levels})
    named = sorted({way.name for dimension in dimensions.values() for way in dimension.hierarchies})
    near = get_close_matches(name, [*levels, *named], n=1)
    raise NotFound(
        f"level '{name}' is not known; known are {', '.join(levels)}; and the hierarchies {', '.join(named)}."
        + (f" Maybe '{near[0]}'?" if near else "")
    )


def _down(inputs: PlanInputs, dimension: Dimension, way: Hierarchy) -> Rows:
    """Add the paths of a hierarchy to the members: one column a level above the leaves."""
    levels = way.levels[:-1] or way.levels
    columns = {
        PATH.join(levels[: i + 1]): pl.concat_str([pl.col(one) for one in levels[: i + 1]], separator=PATH)
        for i in range(len(levels))
    }
    wide = replace(
        dimension,
        members=_with(dimension.members, columns),
        structures=tuple(
            replace(one, members=_paths_then(dimension, one.members, columns)) for one in dimension.structures
        ),
    )
    return Rows(
        dimension=dimension.name,
        levels=tuple(columns),
        title=PATH.join(levels),
        inputs=_with_dimensions(inputs, {dimension.name: wide}),
    )


def _with(members: pl.DataFrame, columns: Mapping[str, pl.Expr]) -> pl.DataFrame:
    return members.with_columns(column.alias(name) for name, column in columns.items() if name not in members.columns)


def _paths_then(dimension: Dimension, then: pl.DataFrame, columns: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Give the paths of one time: from the columns that changed, and today's of all others."""
    rest = dimension.members.select(pl.exclude([name for name in then.columns if name != dimension.name]))
    whole = _with(then.join(rest, on=dimension.name, how="left", maintain_order="left"), columns)
    return whole.select(*then.columns, *(name for name in columns if name not in then.columns))


def _with_dimensions(inputs: PlanInputs, changed: Mapping[str, Dimension]) -> PlanInputs:
    model = inputs.model
    return replace(inputs, model=replace(model, dimensions={**model.dimensions, **changed}))


def by_structure(panel: Panel, inputs: PlanInputs, by: By, today: PlanInputs | None = None) -> tuple[Panel, PlanInputs]:
    """Give a panel and its inputs so that a roll-up follows a structure.

    Args:
        panel: numbers of a plan.
        inputs: what the plan was made from, with the levels that are shown.
        by: the structure.
        today: what the latest import gives, with the same levels; for TODAY.
    """
    if by is By.TODAY and today is not None:
        dimensions = today.model.dimensions
        tables = {name: today.table(name) for name in ("unit_conversions", *(f"{one}s" for one in dimensions))}
        moved = _with_dimensions(inputs, dimensions)
        return by_todays_codes(panel, dimensions), replace(moved, tables={**inputs.tables, **tables})
    if by is By.AS_WAS:
        was = as_it_was(panel, inputs.model)
        return was.panel, replace(inputs, model=was.model, tables=_apart(inputs, was.model.dimensions))
    return panel, inputs


def _apart(inputs: PlanInputs, dimensions: Mapping[str, Dimension]) -> Mapping[str, pl.DataFrame]:
    """Give masters and unit conversions a row for each part of a member that moved, with today's values."""
    tables = dict(inputs.tables)
    for name, dimension in dimensions.items():
        if LEAF not in dimension.levels:
            continue
        parts = dimension.members.select(pl.col(LEAF).alias(name), pl.col(name).alias("part"))
        for table in (f"{name}s", "unit_conversions") if name == "item" else (f"{name}s",):
            rows = tables[table].join(parts, on=name, how="left", maintain_order="left")
            tables[table] = rows.with_columns(pl.coalesce("part", name).alias(name)).drop("part")
    return tables


def at_detail(
    inputs: PlanInputs, plan: Plan, spec: MeasureSpec, rows: Rows, scope: Scope
) -> tuple[Panel, tuple[Issue, ...]]:
    """Give the numbers of a measure at a grain that knows the rows and the scope asked for.

    A budget that is kept by family and region is spread top-down to items and markets by the plan's split (M3); an
    issue says so. Every other measure is as it is.
    """
    panel = plan.panel(spec.grain)
    asked = [(rows.dimension, rows.levels[0]), *((node.dimension, node.level) for node in scope)]
    below = [level for dimension, level in asked if dimension in ("item", "market") and level not in panel.dimensions]
    if spec.id not in SPREAD or not below:
        return panel, ()
    said = Issue(
        code="budget.spread",
        severity=Severity.NOTE,
        place=Place(measure=spec.id),
        message=f"is kept by {' and '.join(panel.dimensions)}; by {below[0]} it is spread by the plan's split.",
        advice="Compare it with the plan bottom-up: trivet gaps --level item.",
    )
    return spread_budget(inputs.model, plan.panel("demand"), panel), (said,)


def level_shown(inputs: PlanInputs, dimension: str, level: str) -> str:
    """Give the level to roll up by: leaves that were taken apart are shown whole."""
    return LEAF if level == dimension and LEAF in inputs.model.dimensions[dimension].levels else level
