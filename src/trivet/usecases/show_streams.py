"""Show the opinions on demand side by side: last year, the forecast, every stream, and what they came to (R5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from trivet.core.buckets import Period
from trivet.core.errors import InvalidInput
from trivet.core.ids import MeasureId, VersionId
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.rollup import roll_up
from trivet.core.said import parse_scope
from trivet.core.seasons import YEAR_BUCKETS
from trivet.planning.views import rows_by
from trivet.usecases.declare import Shells
from trivet.usecases.show_plan import NumbersAnswer, View, show_numbers
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="streams", why="pages come with the workbench")
FORECAST = MeasureId("baseline_demand")
STREAMS = ("sales_demand", "marketing_demand", "finance_demand", "customer_demand")
LINES = {
    "seasonal_naive": "last year",
    "baseline_demand": "statistical",
    "baseline_low": "  P10",
    "baseline_high": "  P90",
    "sales_demand": "sales",
    "marketing_demand": "marketing",
    "finance_demand": "finance",
    "customer_demand": "customers",
    "consensus_base": "by rule",
    "consensus_demand": "consensus",
}
"""What stands below each other for each member, and how it is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLine:
    """One view on the demand of one member.

    Attributes:
        member: whose demand.
        measure: where the numbers stand, `label` what it is called.
        values: units, one a period; None where nothing is said.
        spoken: of a stream, what part of the statistical forecast lies in the series and buckets it speaks of, one a
            period: below 1 it is an opinion on a part, not on the whole. Empty for what is no stream.
    """

    member: str
    measure: MeasureId
    label: str
    values: tuple[Decimal | None, ...]
    spoken: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamsAnswer:
    """The views on demand side by side; `changes` were recorded since the version, `note` names years not whole."""

    version: VersionId
    by: str
    where: str
    unit: str
    periods: tuple[str, ...]
    lines: tuple[StreamLine, ...]
    changes: int
    issues: tuple[Issue, ...]
    note: str = ""


def show_streams(
    workspace: Workspace,
    *,
    by: str = "family",
    where: tuple[str, ...] = (),
    span: tuple[str | None, str | None] = (None, None),
    period: str = "quarter",
    plan: str = MAIN,
) -> StreamsAnswer:
    """Show what statistics, sales, marketing, finance and customers say, member by member, and what it came to.

    Args:
        workspace: the open workspace.
        by: level of the rows, of items or of markets.
        where: nodes as `level=member`.
        span: first and last bucket; None = a year and a half from the current one.
        period: bucket, quarter or year.
        plan: scenario, as it stands now, or version.

    Raises:
        NotFound: something named is not known; the message offers the nearest name.
        NotPermitted: demand is not shown to the person's role, or can't be cut to their part.
        InvalidInput: the period is none, or `by` is no single level of demand.
    """
    looked = workspace.looked_at(plan)
    model = looked.inputs.model
    demand, rows = looked.plan.panel(model.registry[FORECAST].grain), rows_by(looked.inputs, by)
    if rows.dimension not in demand.dimensions or len(rows.levels) != 1:
        raise InvalidInput(f"demand has no rows by '{by}'. Take one level of items or markets: family, item, region.")
    first, last = span if any(span) else _coming(demand)
    view = View(by=by, period=period, where=where, first=first, last=last)
    told = {
        name: show_numbers(workspace, name, view, plan=plan)
        for name in LINES
        if demand.has(name) and workspace.rights.sees(name)
    }
    head = told[FORECAST]
    spoken = {name: _spoken(demand, model, (rows.dimension, by), view, name) for name in STREAMS if name in told}
    lines = (
        _line(row.member, name, told[name], spoken.get(name, {}), head.periods) for row in head.rows for name in told
    )
    return StreamsAnswer(
        version=head.version,
        by=head.by,
        where=head.where,
        unit=head.unit,
        periods=head.periods,
        lines=tuple(line for line in lines if any(line.values)),
        changes=head.changes,
        issues=head.issues,
        note=head.note,
    )


def _coming(demand: Panel) -> tuple[str, str]:
    """Give the current bucket and the one a year and a half on, or the last."""
    buckets = demand.buckets
    last = min(buckets.first_open + YEAR_BUCKETS[buckets.calendar] * 3 // 2, len(buckets)) - 1
    return buckets.label(buckets.first_open), buckets.label(last)


def _line(
    member: str,
    name: str,
    told: NumbersAnswer,
    spoken: Mapping[tuple[str, str], Decimal],
    periods: tuple[str, ...],
) -> StreamLine:
    found = {row.member: row.values for row in told.rows}
    values = found.get(member, (None,) * len(periods))
    parts = tuple(spoken.get((member, label), Decimal(0)) for label in periods) if spoken else ()
    if parts:
        values = tuple(value if part else None for value, part in zip(values, parts, strict=True))
    return StreamLine(member=member, measure=MeasureId(name), label=LINES[name], values=values, spoken=parts)


def _spoken(
    demand: Panel, model: Model, rows: tuple[str, str], view: View, name: str
) -> dict[tuple[str, str], Decimal]:
    """Give what part of the forecast of each member and period lies where a stream says something."""
    dimension, level = rows
    said = demand.with_counts({FORECAST: np.where(demand.mask(name), demand.count(FORECAST), 0)})
    scope = parse_scope(view.where, model.dimensions)
    part, whole = (
        roll_up(panel, model, {dimension: level}, [FORECAST], period=Period(view.period), scope=scope)
        for panel in (said, demand)
    )
    members = part.keys[level].to_list()
    counts = zip(part.counts[FORECAST].tolist(), whole.counts[FORECAST].tolist(), strict=True)
    return {
        (member, label): round(Decimal(a) / Decimal(b), 3) if b else Decimal(0)
        for member, (parts, wholes) in zip(members, counts, strict=True)
        for label, a, b in zip(part.labels, parts, wholes, strict=True)
    }
