"""How good earlier plans were, at every lag and level, and for every part of the company (K1, F7).

A plan is held to what customers asked for, never to what was shipped or to another plan. Errors cancel on the way up:
a family can be right where its items are wrong, so every figure names its level and its lag. Earlier plans are the
table `published` and the versions published here; a bucket reported in part is never scored.
Reads `orders` and `demand_history`; writes no measure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from trivet.core.dimensions import UNASSIGNED
from trivet.core.errors import NotFound
from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.issues import Issue, Place, Severity
from trivet.core.mask import rows_seen
from trivet.core.panel import Panel
from trivet.core.plan import Model, PlanInputs
from trivet.core.seasons import YEAR_BUCKETS
from trivet.demand.accuracy import Score, due_demand, naive_scale, published_at_lag, roll_up_cells, score
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.demand.scope import Texts, group_rows

LEVELS: Final = (("item", "market"), ("item",), ("family",), ())
"""Levels errors are taken at: each item in each market, item, family, and the total."""
STOCK_OUT: Final = ("demand.stock-out", "demand.stock-out-corrected")
"""Issues that say where shelves were empty."""
TOTAL: Final = "total"
"""Name of the level above all others."""
PLAN: Final = "consensus_demand"
"""The plan people agreed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How far one measure of earlier plans was off, at one lag and one level, for one member.

    Attributes:
        lag: buckets between the cycle of the plan and the bucket planned.
        level: level errors are taken at before they are added up, e.g. `item x market`.
        member: part of the company it is of, e.g. `City`; empty = all of it.
        score: the figures.
        buckets: scored buckets, by label.
        spoken: part of what was asked for in these buckets that a plan spoke of; None when nothing was.
        stock_outs: scored buckets in which shelves were empty, by label.
    """

    lag: int
    level: str
    member: str
    score: Score
    buckets: tuple[str, ...]
    spoken: float | None
    stock_outs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """Earlier plans at one lag beside what came.

    Attributes:
        planned, actual: (series, buckets) counts.
        known: closed cells that are known in full.
        scored: those of the buckets asked for that a plan spoke of.
    """

    planned: Counts
    actual: Counts
    known: Flags
    scored: Flags


def hold(inputs: PlanInputs, demand: Panel, measure: str, lag: int, span: slice) -> Held:
    """Hold what earlier cycles published of a measure against what came, in a run of closed buckets."""
    planned, given = published_at_lag(inputs, demand, measure, lag)
    known = demand.mask("demand_history").copy()
    known[:, demand.buckets.first_open :] = False
    asked = np.zeros(len(demand.buckets), dtype=np.bool_)
    asked[span] = True
    return Held(planned=planned, actual=due_demand(demand), known=known, scored=given & known & asked)


def level_name(level: Sequence[str]) -> str:
    """Name a level as people say it: `item x market`, or `total`."""
    return " x ".join(level) or TOTAL


def names_at(model: Model, demand: Panel, levels: Sequence[str]) -> Texts:
    """Name each series at some levels of its item and market: `City`, or `City, West`; empty for no level.

    Raises NotFound for a level neither has.
    """
    parts = [_names(model, demand, level) for level in levels]
    return np.array([", ".join(names) for names in zip(*parts, strict=True)] or [""] * demand.rows, dtype=object)


def _names(model: Model, demand: Panel, level: str) -> list[str]:
    for name in demand.dimensions:
        dimension = model.dimensions[name]
        if level in dimension.levels:
            parents = dimension.parents(level)
            return [parents.get(leaf) or UNASSIGNED for leaf in demand.keys[name].to_list()]
    known = sorted({level for name in demand.dimensions for level in model.dimensions[name].levels})
    raise NotFound(f"level '{level}' is not known for demand; known are {', '.join(known)}.")


def stocked_out(demand: Panel, model: Model, issues: Sequence[Issue]) -> Flags:
    """Tell the cells in which shelves were empty, as the plan's issues say: (series, buckets)."""
    flags = np.zeros(demand.shape, dtype=np.bool_)
    for issue in issues:
        day = issue.place.first
        if issue.code in STOCK_OUT and day is not None and demand.buckets.edges[0] <= day < demand.buckets.edges[-1]:
            flags[rows_seen(demand, model, issue.place.scope), demand.buckets.index(day)] = True
    return flags


def measure_accuracy(
    inputs: PlanInputs,
    demand: Panel,
    held: Held,
    lag: int,
    *,
    levels: Sequence[Sequence[str]] = LEVELS,
    by: Sequence[str] = (),
    short: Flags,
) -> tuple[Accuracy, ...]:
    """Score earlier plans at one lag: the whole at each level, then each member of `by` at each level.

    Args:
        inputs: structure.
        demand: panel with demand_history.
        held: earlier plans beside what came.
        lag: of these plans.
        levels: levels errors are taken at; each a run of levels of items and markets.
        by: levels whose members are told one by one; several are told together (`City, West`).
        short: cells in which shelves were empty.

    Raises NotFound for an unknown level. Source: F7; MASE of Hyndman & Koehler (2006).
    """
    model = inputs.model
    parts = {"": np.arange(demand.rows)} | (group_rows(names_at(model, demand, by)) if by else {})
    at = [(level_name(level), names_at(model, demand, level)) for level in levels]
    found = []
    for member, rows in parts.items():
        if held.known[rows].any():
            part = _part(held, rows)
            # inside one family, the family is all there is: its total would say the same again
            one = member != "" and any(len(set(names[rows])) == 1 for name, names in at if name != TOTAL)
            found += [
                _accuracy(demand, part, (lag, name, member), names[rows], short[rows])
                for name, names in at
                if not (one and name == TOTAL)
            ]
    return tuple(found)


def _part(held: Held, rows: Counts) -> Held:
    return Held(planned=held.planned[rows], actual=held.actual[rows], known=held.known[rows], scored=held.scored[rows])


def _accuracy(demand: Panel, held: Held, what: tuple[int, str, str], names: Texts, short: Flags) -> Accuracy:
    lag, level, member = what
    planned, actual, scored = roll_up_cells(names, held.planned, held.actual, held.scored)
    columns = np.flatnonzero(scored.any(axis=0))
    label = demand.buckets.label
    asked = int(np.where(held.known, held.actual, 0)[:, columns].sum())
    spoken = int(np.where(held.scored, held.actual, 0).sum())
    return Accuracy(
        lag=lag,
        level=level,
        member=member,
        score=score(planned, actual, scored, _scale(demand, held, names, columns)),
        buckets=tuple(label(int(column)) for column in columns),
        spoken=spoken / asked if asked > 0 else None,
        stock_outs=tuple(label(int(column)) for column in columns if (short & held.scored)[:, column].any()),
    )


def _scale(demand: Panel, held: Held, names: Texts, columns: Counts) -> Rates:
    """Give each group's mean change on a year before, in the buckets before the first that is scored."""
    before = int(columns[0]) if len(columns) else 0
    past, known = held.actual[:, :before], held.known[:, :before]
    history, _, lived = roll_up_cells(names, past, past, known)
    return naive_scale(history, lived, YEAR_BUCKETS[demand.buckets.calendar])


def with_earlier_plans(inputs: PlanInputs, measure: str, plans: Sequence[Panel], lags: Sequence[int]) -> PlanInputs:
    """Give inputs whose table `published` also holds what versions of this workspace said.

    Args:
        inputs: with today's codes.
        measure: of demand, in units.
        plans: panels of published versions, oldest first, by today's codes; of one cycle the last counts, and it
            replaces what the table says of that cycle.
        lags: the only ones wanted.
    """
    current, table = inputs.model.buckets.current, inputs.table("published")
    latest = {plan.buckets.current: plan for plan in plans if plan.buckets.current < current}
    rows = [_rows(plan, measure, lags, table.schema) for plan in latest.values() if plan.has(measure)]
    if not rows:
        return inputs
    kept = table.filter(~((pl.col("measure") == measure) & pl.col("cycle").is_in(list(latest))))
    return replace(inputs, tables={**inputs.tables, "published": pl.concat([kept, *rows])})


def _rows(plan: Panel, measure: str, lags: Sequence[int], schema: pl.Schema) -> pl.DataFrame:
    buckets, counts, said = plan.buckets, plan.count(measure), plan.mask(measure)
    parts = [
        plan.keys.with_columns(
            pl.lit(buckets.current).alias("cycle"),
            pl.lit(measure).alias("measure"),
            pl.lit("").alias("location"),
            pl.lit(buckets.starts[column]).alias("bucket"),
            pl.Series("quantity", counts[:, column], dtype=pl.Int64),
        ).filter(pl.Series(said[:, column]))
        for column in (buckets.first_open + lag for lag in sorted(set(lags)))
        if column < len(buckets)
    ]
    return (
        pl.concat(parts).select(pl.col(name).cast(kind) for name, kind in schema.items())
        if parts
        else (pl.DataFrame(schema=schema))
    )


def judge_last_plan(inputs: PlanInputs) -> Issue | None:
    """Say in one line how far last month's plan was off for the bucket that has just closed, family by family (lag 1).

    None when no plan is known at all; a table that is not there says so itself.
    """
    buckets, table = inputs.model.buckets, inputs.table("published")
    last, made = buckets.first_open - 1, buckets.first_open - 2
    mine = table.filter(pl.col("measure") == PLAN)
    if mine.is_empty() or last < 0:
        return None
    place = Place(measure=MeasureId(PLAN), first=buckets.starts[last], last=buckets.starts[last])
    before = buckets.starts[made] if made >= 0 else None
    if before is None or mine.filter(pl.col("cycle") == before).is_empty():
        when = buckets.label(made) if made >= 0 else "the month before"
        return _note(
            place,
            f"last month's plan is not scored: no plan of cycle {when} is in the table published.",
            "Publish every cycle here, or add that plan to published.csv; what is known: trivet accuracy.",
        )
    demand, _ = demand_panel(inputs)
    demand, _ = correct_history(inputs, demand)
    held = hold(inputs, demand, PLAN, 1, slice(last, last + 1))
    found = measure_accuracy(
        inputs, demand, held, 1, levels=(("family",),), by=("family",), short=np.zeros(demand.shape, dtype=np.bool_)
    )
    said = "; ".join(f"{one.member or 'family WMAPE of all'} {_told(one)}" for one in (*found[1:], *found[:1]))
    return _note(
        place,
        f"what was asked for against the plan of cycle {buckets.label(made)} (lag 1, WMAPE by family, in brackets "
        f"the bias, plus = planned too much): {said}.",
        "More lags, levels and months: trivet accuracy.",
    )


def _told(one: Accuracy) -> str:
    if one.score.wmape is None or one.score.bias is None:
        return why_undefined(one)
    partial = "" if one.spoken is None or one.spoken > 0.9995 else f", of {one.spoken:.0%} of demand"
    return f"{one.score.wmape:.1%} ({one.score.bias:+.1%}{partial})"


def why_undefined(one: Accuracy) -> str:
    """Say why an error has no value: nothing to compare, or nothing asked for."""
    if not one.score.cells:
        return f"undefined: no plan spoke of it {one.lag} ahead, or its buckets are not known in full"
    return "undefined: nothing was asked for"


def _note(place: Place, message: str, advice: str) -> Issue:
    return Issue(code="accuracy.last-plan", severity=Severity.NOTE, place=place, message=message, advice=advice)
