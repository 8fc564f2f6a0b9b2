"""Why is this number what it is? Formula and its parts, changes with person and reason, tables and files (X1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import numpy as np

from trivet.core.entries import Change, Logged
from trivet.core.formula import names_in, parse_formula
from trivet.core.ids import Flags, MeasureId, Seq
from trivet.core.issues import Scope
from trivet.core.measures import Kind, MeasureSpec, Registry
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.core.scope import rows_of
from trivet.planning.following import AT_ONCE
from trivet.planning.ranges import bound_of, is_bound

BESIDE: Final[Mapping[str, tuple[MeasureId, ...]]] = {
    "demand_history": (MeasureId("orders"), MeasureId("history_correction")),
    "history_correction": (MeasureId("orders"), MeasureId("demand_history")),
    "baseline_demand": (MeasureId("seasonal_naive"),),
}
"""Planned measures that have no formula, and what a planner reads beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A measure that goes into the number or is read beside it, with its own value over the same cells."""

    measure: MeasureId
    value: Decimal
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A change that moved these cells: who, when, why, and by how much."""

    seq: Seq
    actor: str
    at: datetime
    change: str
    reason: str | None
    moved: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything behind one number.

    Attributes:
        measure: what it is, with `unit` and `about`.
        where: its scope in words, and `when` its buckets.
        value: the total of its cells, in units of the measure (a weighted mean for a rate).
        cells: number of cells behind it.
        how: given, edited, summed or solved, in words.
        parts: the measures it is made of, or that are read beside it.
        causes: the changes that moved it, in order.
        tables: tables of the company folder it comes from.
    """

    measure: MeasureId
    unit: str
    about: str
    where: str
    when: str
    value: Decimal
    cells: int
    how: str
    parts: tuple[Part, ...]
    causes: tuple[Cause, ...]
    tables: tuple[str, ...]


def explain(
    plan: Plan,
    inputs: PlanInputs,
    entries: Sequence[Logged],
    measure: str,
    scope: Scope,
    columns: slice,
) -> Explanation:
    """Explain a measure over a scope and a run of buckets.

    Raises:
        NotFound: the measure, level or member is not known, or the measure does not have that dimension.
    """
    registry = inputs.model.registry
    spec = registry[measure]
    panel = plan.panel(spec.grain)
    hit = np.zeros(panel.rows, dtype=np.bool_)
    hit[rows_of(panel, inputs.model, scope)] = True
    buckets = panel.buckets
    first, last = buckets.label(columns.start), buckets.label(columns.stop - 1)
    return Explanation(
        measure=spec.id,
        unit=unit_in_words(spec, inputs),
        about=spec.about,
        where=", ".join(str(node) for node in scope) or "everything",
        when=first if first == last else f"{first} to {last}",
        value=bound_of(plan, inputs.model, spec.id, hit, columns)
        if is_bound(spec.id)
        else total(panel, spec, hit, columns),
        cells=int(hit.sum()) * (columns.stop - columns.start),
        how=_how(spec, plan),
        parts=tuple(
            Part(measure=name, value=total(panel, registry[name], hit, columns), about=registry[name].about)
            for name in _parts(spec)
            if panel.has(name)
        ),
        causes=_causes((spec.id, *_parts(spec)), entries, hit, columns, registry),
        tables=spec.tables,
    )


def total(panel: Panel, spec: MeasureSpec, hit: Flags, columns: slice) -> Decimal:
    """Give the total of some cells in units of the measure: the last bucket for states, a mean for rates."""
    if spec.quantum is None:
        values = panel.rate(spec.id)[hit][:, columns]
        weights = panel.count("consensus_demand")[hit][:, columns].astype(np.float64)
        if not values.size:
            return Decimal(0)
        mean = (values * weights).sum() / weights.sum() if weights.sum() else values.mean()
        return Decimal(str(round(float(mean), 6)))
    counts = panel.count(spec.id)[hit][:, columns]
    used = counts[:, -1:] if spec.over_time == "last" else counts
    return int(used.sum()) * spec.quantum


def unit_in_words(spec: MeasureSpec, inputs: PlanInputs) -> str:
    """Name the unit of a measure as pages do."""
    currency = inputs.model.company.currency
    return {"quantity": "units", "money": currency, "rate": f"{currency} a unit"}.get(spec.unit, str(spec.unit))


def _parts(spec: MeasureSpec) -> tuple[MeasureId, ...]:
    if spec.formula:
        return names_in(parse_formula(spec.formula))
    return (spec.base,) if spec.base else AT_ONCE.get(spec.id, BESIDE.get(spec.id, ()))


def _how(spec: MeasureSpec, plan: Plan) -> str:
    engines = _engines(spec, plan)
    if is_bound(spec.id):
        return f"formed from the bounds of its series, by how far errors move together ({engines})"
    if spec.id in AT_ONCE:
        return "computed at once: " + " less ".join(AT_ONCE[spec.id]) + ", at least 0"
    return {
        Kind.GIVEN: "given: read from the company's tables",
        Kind.EDITED: f"edited: {spec.base or 'nothing'}, and people's changes on top",
        Kind.SUMMED: f"computed: {spec.formula}",
        Kind.SOLVED: f"planned by Trivet ({engines})" if engines else "worked out from the company's tables",
    }[spec.kind]


def _engines(spec: MeasureSpec, plan: Plan) -> str:
    """Name the engines behind a measure: of a forecast the forecaster, of history and streams none, else every one."""
    if spec.grain == "demand" and (spec.spans == "closed" or spec.tables == ("streams",)):
        return ""
    used = ("forecaster",) if spec.grain == "demand" and spec.owner == "demand" else None
    named = ((part, name) for part, name in plan.recipe.engines if part != "learned")
    return " and ".join(f"{part} {name}" for part, name in named if used is None or part in used)


def _causes(
    edited: Sequence[MeasureId], entries: Sequence[Logged], hit: Flags, columns: slice, registry: Registry
) -> tuple[Cause, ...]:
    found = []
    for logged in entries:
        if not isinstance(logged.entry, Change):
            continue
        moved = Decimal(0)
        for effect in logged.effects:
            if effect.measure not in edited:
                continue
            inside = hit[effect.rows] & (effect.columns >= columns.start) & (effect.columns < columns.stop)
            quantum = registry[effect.measure].quantum or Decimal("1e-9")
            moved += int((effect.after - effect.before)[inside].sum()) * quantum
        if moved:
            found.append(_cause(logged, logged.entry, moved))
    return tuple(found)


def _cause(logged: Logged, change: Change, moved: Decimal) -> Cause:
    amount = "" if change.amount is None else f" {change.amount}"
    where = ", ".join(str(node) for node in change.scope) or "everything"
    return Cause(
        seq=logged.seq,
        actor=logged.stamp.actor,
        at=logged.stamp.at,
        change=f"{change.operation}{amount} {change.measure} of {where}, {change.first:%Y-%m} to {change.last:%Y-%m}",
        reason=change.reason,
        moved=moved,
    )
