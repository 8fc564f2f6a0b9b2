"""The waterfall (F9): what each cycle's plan said of each bucket, and last what came; then what changed, and why.

A line is one plan: of the table `published`, of a version published here, the working plan; the last line is what was
reported. Lines are rolled up as everything else is (`core.rollup`), by today's structure or each by its own. The net
change between two of them is told member by member with its causes (`planning.causes`), largest value first. Reads
any measure that adds up; writes none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from trivet.core.ids import Counts, GrainName, MeasureId
from trivet.core.issues import Scope
from trivet.core.measures import MeasureSpec, Unit
from trivet.core.panel import Panel
from trivet.core.plan import Model, PlanInputs
from trivet.core.quantities import QUANTITY, to_amounts
from trivet.core.rollup import roll_up
from trivet.demand.accuracy import ONLY_MARKET, due_demand
from trivet.demand.streams import known_streams
from trivet.planning.causes import Bridge, Cause
from trivet.planning.views import Rows, level_shown

ALL: Final = "all"
"""Name of the line above all members."""
ASKED_FOR: Final = ("seasonal_naive", "baseline_demand", "consensus_base", "consensus_demand")
"""Measures (and streams) that say what customers will ask for."""
DELIVERED: Final = {
    "constrained_demand": "shipments",
    "revenue": "shipped_revenue",
    "constrained_revenue": "shipped_revenue",
    "constrained_cost": "shipped_cost",
}
"""Other measures of demand, and what was reported of them."""

Values = tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """Numbers of one plan, or what was reported, cut to what somebody may see.

    Attributes:
        panel: of the grain of the measure; its buckets are those of its own cycle.
        model: what they mean, by the structure they are rolled up by.
        rows: members they are told by.
        columns: buckets they speak of: open ones of a plan, closed ones of what was reported.
    """

    panel: Panel
    model: Model
    rows: Rows
    columns: slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one cause moved, in units of the measure: in all buckets compared, and in each of them."""

    cause: str
    moved: Decimal
    buckets: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetChange:
    """What changed of one member between two plans: `before` plus all `causes` is `after`, exactly.

    Attributes:
        member: whose; `all` = the total, where it has a common unit.
        before, after: of the buckets compared, in units of the measure.
        causes: what moved it, in the order of replacement; empty where causes are not told.
        value: the change at prices of the later plan, in plan currency; None without prices.
    """

    member: str
    before: Decimal
    after: Decimal
    causes: tuple[Part, ...] = ()
    value: Decimal | None = None

    @property
    def change(self) -> Decimal:
        """After minus before."""
        return self.after - self.before


def needed_measures(spec: MeasureSpec, model: Model) -> tuple[MeasureId, ...]:
    """Name a measure and those its roll-up is weighted by or divided from."""
    texts = f"{spec.over_members}:{spec.over_time}".replace("/", ":").split(":")
    return (spec.id, *dict.fromkeys(model.registry[name].id for name in texts if name in model.registry.measures))


def line_values(
    line: Line, spec: MeasureSpec, scope: Scope, days: Sequence[date], *, total: bool = False
) -> dict[str, Values]:
    """Roll a line up: for each member its value in the buckets that begin on some days, None where it says nothing.

    Args:
        line: a plan, or what was reported.
        spec: the measure.
        scope: only what lies in these nodes.
        days: first days of the buckets told.
        total: one line of everything, called `all`.
    """
    panel, model = line.panel, replace(line.model, buckets=line.panel.buckets)
    at = {day: column for column, day in enumerate(panel.buckets.starts) if line.columns.start <= column}
    columns = [at.get(day, -1) for day in days]
    found: dict[str, Values] = {}
    for levels in [{}] if total else _levels(panel, model, line.rows):
        rolled = roll_up(panel, model, levels, [spec.id], scope=scope)
        names = rolled.keys[rolled.keys.columns[0]].to_list() if rolled.keys.width else [ALL]
        counts, present = rolled.counts.get(spec.id), rolled.present[spec.id]
        for row, name in enumerate(names[: len(present)]):
            found[str(name)] = tuple(
                None
                if not 0 <= column < line.columns.stop or not present[row, column]
                else Decimal(repr(float(rolled.rates[spec.id][row, column])))
                if counts is None or spec.quantum is None
                else int(counts[row, column]) * spec.quantum
                for column in columns
            )
    return found


def _levels(panel: Panel, model: Model, rows: Rows) -> list[Mapping[str, str | None]]:
    """Give what to roll up by; a grain without the dimension of the rows has one total."""
    if rows.levels[0] in panel.dimensions and rows.levels[0] not in model.dimensions:
        return [{rows.levels[0]: rows.levels[0]}]
    if rows.dimension not in panel.dimensions:
        return [{}]
    inputs = replace(rows.inputs, model=model)
    return [{rows.dimension: level_shown(inputs, rows.dimension, level)} for level in rows.levels]


def published_before(inputs: PlanInputs, panel: Panel, spec: MeasureSpec) -> Mapping[date, Panel]:
    """Give the plans of the table `published` by cycle, oldest first, on the series of a plan.

    A plan leaves zeros out: it spoke of every bucket up to its last one. Series the plan does not have are left out.
    """
    table = inputs.table("published").filter(pl.col("measure") == spec.id)
    table = table.with_columns(market=pl.when(pl.col("market") == "").then(pl.lit(ONLY_MARKET)).otherwise("market"))
    if spec.quantum is None or not set(panel.dimensions) <= set(table.columns) or not panel.keys.width:
        return {}
    buckets = panel.buckets
    at = {day: column for column, day in enumerate(buckets.starts)}
    found: dict[date, Panel] = {}
    for cycle in table["cycle"].unique().sort().to_list():
        own = table.filter(pl.col("cycle") == cycle)
        first = at.get(cycle)
        if first is None or cycle >= buckets.current:
            continue
        columns = np.array([at.get(day, -1) for day in own["bucket"].to_list()], dtype=np.int64)
        rows = panel.find(own)
        hit = (rows >= 0) & (columns >= first)
        counts = np.zeros(panel.shape, dtype=np.int64)
        np.add.at(counts, (rows[hit], columns[hit]), own["quantity"].fill_null(0).to_numpy()[hit])
        said = np.zeros(panel.shape, dtype=np.bool_)
        said[:, first : int(columns.max(initial=-1)) + 1] = True
        then = replace(buckets, first_open=first)
        whole = Panel(grain=GrainName(panel.grain), keys=panel.keys, buckets=then)
        found[cycle] = whole.with_counts({spec.id: counts}, {spec.id: said})
    return found


def what_came(inputs: PlanInputs, panel: Panel, spec: MeasureSpec) -> Panel | None:
    """Give what was reported of a measure, as far as it is known; None where nothing is reported of it.

    Args:
        inputs: what the plan was made from, whole.
        panel: what is shown of it.
        spec: the measure.

    Plans of what customers will ask for are held to orders by requested date, in stock-outs to what was due.
    """
    if spec.spans in ("both", "closed"):
        return panel if not spec.tables or any(inputs.table(name).height for name in spec.tables) else None
    if panel.grain != "demand":
        return None
    if spec.id in (*ASKED_FOR, *known_streams(inputs).values()):
        counts, known = due_demand(panel), panel.mask("demand_history")
    elif spec.id in DELIVERED and panel.has(DELIVERED[spec.id]):
        counts, known = panel.count(DELIVERED[spec.id]), panel.mask(DELIVERED[spec.id])
    else:
        return None
    # a measure of open buckets has no value in closed ones: what came stands on an axis that is open all along
    whole = replace(panel, buckets=replace(panel.buckets, first_open=0), counts={}, rates={}, present={})
    return whole.with_counts({spec.id: counts}, {spec.id: known})


def net_changes(
    lines: tuple[Line, Line],
    spec: MeasureSpec,
    scope: Scope,
    days: Sequence[date],
    *,
    bridge: Mapping[Cause, Line],
    prices: Panel | None,
) -> tuple[NetChange, ...]:
    """Tell what changed between two plans: the total, then each member, largest value (or change) first.

    Args:
        lines: the earlier plan and the later one.
        spec: a measure that adds up over members.
        scope: only what lies in these nodes.
        days: first days of the buckets compared.
        bridge: what each cause moved; empty = no causes are told.
        prices: the later plan's panel with `price`; None = changes are not valued.
    """
    worth = _worth(lines[1], bridge, spec, prices)
    rows: list[NetChange] = []
    for total in (True, False):
        one, two = (line_values(line, spec, scope, days, total=total) for line in lines)
        moved = {cause: line_values(line, spec, scope, days, total=total) for cause, line in bridge.items()}
        value = line_values(worth[0], worth[1], scope, days, total=total) if worth else {}
        found = [
            NetChange(
                member=name,
                before=_over(spec, one.get(name), days),
                after=_over(spec, two.get(name), days),
                causes=tuple(_part(spec, cause, of.get(name), days) for cause, of in moved.items()),
                value=_value(value.get(name)) if worth else None,
            )
            for name in sorted({*one, *two})
            if any(part is not None for part in (*one.get(name, ()), *two.get(name, ())))
        ]
        rows += sorted(found, key=lambda row: (-abs(row.value or Decimal(0)), -abs(row.change), row.member))
    return tuple(row for at, row in enumerate(rows) if at == 0 or (row.member != ALL and _speaks(row)))


def _speaks(row: NetChange) -> bool:
    return bool(row.before or row.after or any(part.moved for part in row.causes))


def _worth(
    line: Line, bridge: Mapping[Cause, Line], spec: MeasureSpec, prices: Panel | None
) -> tuple[Line, MeasureSpec] | None:
    """Give the change of units at prices of the later plan, as money by series and bucket."""
    if prices is None or not bridge or spec.unit is not Unit.QUANTITY:
        return None
    panels = [part.panel for part in bridge.values()]
    moved: Counts = np.zeros(panels[0].shape, dtype=np.int64)
    for one in panels:
        moved = moved + one.count(spec.id)
    panel, rows = panels[0], prices.find(panels[0].keys)
    price = np.where((rows >= 0)[:, None] & prices.mask("price")[rows], prices.rate("price")[rows], 0.0)
    money = line.model.registry["revenue"]
    quantum = float(money.quantum or 1)
    counts: Counts = np.rint(to_amounts(moved, QUANTITY) * price / quantum).astype(np.int64)
    return replace(line, panel=panel.with_counts({money.id: counts})), money


def _over(spec: MeasureSpec, values: Values | None, days: Sequence[date]) -> Decimal:
    """Add up over the buckets compared; of a state take the last."""
    told = values or (None,) * len(days)
    used = told[-1:] if spec.over_time == "last" else told
    return sum((part for part in used if part is not None), Decimal(0))


def _part(spec: MeasureSpec, cause: Cause, values: Values | None, days: Sequence[date]) -> Part:
    buckets = tuple(part or Decimal(0) for part in values or (None,) * len(days))
    return Part(cause=cause, moved=_over(spec, values, days), buckets=buckets)


def _value(values: Values | None) -> Decimal:
    return sum((part for part in values or () if part is not None), Decimal(0))


def moving(bridge: Bridge, spec: MeasureSpec) -> Mapping[Cause, Panel]:
    """Give what each cause moved, without the causes that moved nothing of a measure."""
    return {cause: panel for cause, panel in bridge.causes.items() if panel.count(spec.id).any()}
