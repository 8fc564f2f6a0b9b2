"""Compare two plans: what differs, first in what went in, then in what came out, at any level."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl

from trivet.core.buckets import Period
from trivet.core.entries import Entry, RecordChange
from trivet.core.ids import Counts, Flags, MeasureId
from trivet.core.measures import MeasureSpec
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import Plan, PlanInputs
from trivet.core.renames import by_todays_codes
from trivet.finance.restatement import can_revalue
from trivet.planning.currencies import exchange_effect
from trivet.planning.explain import unit_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One measure of one member and period in two plans, in units of the measure.

    `exchange` is the part of the change that comes from other exchange rates: `after` less `after` at the rates of
    the plan compared against; None where the measure has none or a rate is not known.
    """

    measure: str
    member: str
    period: str
    before: Decimal
    after: Decimal
    exchange: Decimal | None = None
    unit: str = ""

    @property
    def change(self) -> Decimal:
        """After minus before."""
        return self.after - self.before


def aligned(before: Panel, after: Panel, measure: str) -> tuple[Panel, Counts, Counts]:
    """Bring a measure of two panels onto the union of their keys.

    Returns:
        A panel with the union of keys, and both arrays (series, bucket) on it, on the buckets of
        `after`; a key that one side does not have counts as 0, and so does a bucket on both sides.
    """
    if before.keys.equals(after.keys) and before.buckets.edges == after.buckets.edges:
        return after, before.count(measure), after.count(measure)
    names = list(after.keys.columns)
    both = {name: [*before.keys[name].to_list(), *after.keys[name].to_list()] for name in names}
    union = Panel(grain=after.grain, keys=make_keys(both), buckets=after.buckets)
    arrays = []
    there = {start: i for i, start in enumerate(before.buckets.starts)}
    both_have = [i for i, start in enumerate(after.buckets.starts) if start in there]
    theirs = [there[after.buckets.starts[i]] for i in both_have]
    for panel, columns in ((before, theirs), (after, both_have)):
        array = np.zeros(union.shape, dtype=np.int64)
        values = np.zeros((panel.rows, len(union.buckets)), dtype=np.int64)
        values[:, both_have] = panel.count(measure)[:, columns]
        np.add.at(array, union.find(panel.keys), values)
        arrays.append(array)
    return union, arrays[0], arrays[1]


def changed_measures(before: Plan, after: Plan) -> tuple[MeasureId, ...]:
    """Name the measures whose values differ, in order; nothing when the plans are the same."""
    names: set[MeasureId] = set()
    for grain in sorted({*before.panels, *after.panels}):
        one, two = before.panels.get(grain), after.panels.get(grain)
        if one is None or two is None:
            names.update(*(panel.measure_digests() for panel in (one, two) if panel is not None))
            continue
        first, second = one.measure_digests(), two.measure_digests()
        names.update(name for name in {*first, *second} if first.get(name) != second.get(name))
    return tuple(sorted(names))


def compare(
    before: Plan,
    after: Plan,
    inputs: PlanInputs,
    measures: Sequence[MeasureSpec],
    level: tuple[str, str],
    *,
    rates_of: PlanInputs | None = None,
    former: PlanInputs | None = None,
) -> tuple[Difference, ...]:
    """List what differs by member and fiscal year, largest change of each measure first.

    Args:
        before: the plan compared against.
        after: the other plan, with the same buckets.
        inputs: what `after` was made from (its structure rolls both up).
        measures: counted measures to compare.
        level: dimension and level of the rows, e.g. ("item", "family"); a grain without that
            dimension is compared as one total.
        rates_of: what `before` was made from; tells what other exchange rates did. None = leave it out.
        former: what `before` was made from, to roll it up by the structure it had ("as it was"); None =
            both by the structure of `inputs`, codes renamed or merged since by those of today.
    """
    found: list[Difference] = []
    effect = exchange_effect(inputs, after.panel("demand"), rates_of) if rates_of is not None else None
    for spec in measures:
        if spec.quantum is None or spec.grain not in after.panels or spec.grain not in before.panels:
            continue
        panels = before.panel(spec.grain), after.panel(spec.grain)
        if former is None:
            panels = by_todays_codes(panels[0], inputs.model.dimensions), panels[1]
        follows = spec.grain == "demand" and can_revalue(spec, inputs.model.registry)
        found += _compare_measure(panels, inputs, spec, level, effect if follows else None, former=former)
    return tuple(found)


def _compare_measure(
    panels: tuple[Panel, Panel],
    inputs: PlanInputs,
    spec: MeasureSpec,
    level: tuple[str, str],
    effect: Panel | None,
    *,
    former: PlanInputs | None,
) -> list[Difference]:

    union, one, two = aligned(*panels, spec.id)
    members = _members(union, inputs, level)
    were = _members(union, former, level) if former is not None else members
    if np.array_equal(one, two) and members == were:
        return []
    quantum = spec.quantum or Decimal(1)
    rows: list[Difference] = []
    for member in sorted({*members, *were}):
        hit = np.array([name == member for name in members], dtype=np.bool_)
        was = np.array([name == member for name in were], dtype=np.bool_)
        for name, span in union.buckets.group(Period.YEAR):
            span_ = slice(max(span.start, union.buckets.first_open), span.stop)
            if span_.stop <= span_.start:
                continue
            a, b = (_over_time(x[rows_][:, span_], spec.over_time) for x, rows_ in ((one, was), (two, hit)))
            if a != b:
                rows.append(
                    Difference(
                        measure=spec.id,
                        member=member,
                        period=name,
                        before=a * quantum,
                        after=b * quantum,
                        exchange=_exchange(union, effect, spec, hit, span_),
                        unit=unit_in_words(spec, inputs),
                    )
                )
    return sorted(rows, key=lambda row: (-abs(row.change), row.member, row.period))


def _exchange(union: Panel, effect: Panel | None, spec: MeasureSpec, hit: Flags, span: slice) -> Decimal | None:
    """Add up the exchange effect of some rows of the union; None where a part of it is not known."""
    if effect is None:
        return None
    rows = effect.find(union.keys.filter(pl.Series(hit)))
    rows = rows[rows >= 0]
    if not effect.mask(spec.id)[rows][:, span].all():
        return None
    return int(effect.count(spec.id)[rows][:, span].sum()) * (spec.quantum or Decimal(1))


def _over_time(values: Counts, rule: str) -> int:
    return int(values[:, -1].sum()) if rule == "last" else int(values.sum())


def _members(panel: Panel, inputs: PlanInputs, level: tuple[str, str]) -> list[str]:
    dimension, name = level
    if name in panel.keys.columns:
        return panel.keys[name].to_list()
    if dimension not in panel.keys.columns:
        return ["total"] * panel.rows
    parents = inputs.model.dimensions[dimension].parents(name)
    return [parents.get(leaf, "Unassigned") for leaf in panel.keys[dimension].to_list()]


def _why(entry: Entry) -> str:
    """Say an entry's reason, what it rests on and how long it counts."""
    if isinstance(entry, RecordChange):
        return entry.reason or ""
    until = "" if entry.expires is None else f"expires {entry.expires:%Y-%m-%d}"
    rests = "" if entry.assumption is None else f"assumes {entry.assumption}"
    return "; ".join(part for part in (entry.reason_code, entry.reason, rests, until) if part)


def words(entry: Entry) -> str:
    """Say an entry in one line."""
    reason = f" ({_why(entry)})" if _why(entry) else ""
    if isinstance(entry, RecordChange):
        return f"{entry.table}: {', '.join(f'{k}={v}' for k, v in entry.key)}{reason}"
    where = ", ".join(str(node) for node in entry.scope) or "everything"
    amount = "" if entry.amount is None else f" {entry.amount}"
    return f"{entry.operation}{amount} {entry.measure}, {where}, {entry.first:%Y-%m} to {entry.last:%Y-%m}{reason}"
