"""Summed measures: revenue, margin and whatever else is computed from other numbers of the same grain.

Money is quantity times a rate, rounded once to 0.0001 of the plan currency; sums and differences of
money are exact. Each row is computed from itself alone: some rows give the same bits as all of them,
so an edit recomputes only what it touched with the functions that make the whole plan.
"""

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from trivet.core.buckets import Buckets
from trivet.core.errors import InvalidInput
from trivet.core.expressions import Value, evaluate, names_in, parse_formula
from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.measures import Kind, MeasureSpec, Registry
from trivet.core.panel import Panel
from trivet.core.quantities import LARGEST, round_rate, round_to_counts

__all__ = [
    "compute",
    "in_order",
    "names_in",
    "needed_for",
    "panel_value",
    "parse_formula",
    "readers",
    "recompute",
    "span_of",
]
_Scalar = TypeVar("_Scalar", bound=np.generic)


def in_order(registry: Registry, grain: str) -> tuple[MeasureSpec, ...]:
    """Give the summed measures of a grain, each after those it reads.

    Raises InvalidInput naming the measures of a circle, or a name that is not known, of another grain,
    or not understood.
    """
    summed = {spec.id: spec for spec in registry.of_grain(grain) if spec.kind is Kind.SUMMED}
    reads = {name: _reads(spec, registry) for name, spec in summed.items()}
    done: dict[MeasureId, MeasureSpec] = {}
    while len(done) < len(summed):
        ready = [name for name in summed if name not in done and all(r in done or r not in summed for r in reads[name])]
        if not ready:
            circle = ", ".join(name for name in summed if name not in done)
            raise InvalidInput(f"formulas of {circle} read each other in a circle. Compute one from given measures.")
        done.update({name: summed[name] for name in ready})
    return tuple(done.values())


def _reads(spec: MeasureSpec, registry: Registry) -> tuple[MeasureId, ...]:
    names = names_in(parse_formula(spec.formula or ""))
    for name in names:
        other = registry.measures.get(name)
        if other is None:
            near = get_close_matches(name, list(registry.measures), n=1)
            maybe = f" Maybe {near[0]!r}?" if near else ""
            raise InvalidInput(f"measure {spec.id}: formula reads '{name}', which is not known.{maybe}")
        if other.grain != spec.grain:
            raise InvalidInput(
                f"measure {spec.id}: formula reads {name} of grain {other.grain}; expected measures of {spec.grain}."
            )
    return names


def readers(registry: Registry, grain: str, moved: Collection[MeasureId]) -> tuple[MeasureSpec, ...]:
    """Give the summed measures of a grain that read one of these, directly or through another, in order."""
    reached = set(moved)
    found = []
    for spec in in_order(registry, grain):
        if reached.intersection(_reads(spec, registry)):
            reached.add(spec.id)
            found.append(spec)
    return tuple(found)


def needed_for(registry: Registry, measure: MeasureId) -> tuple[MeasureSpec, ...]:
    """Give the summed measures a measure is computed from, itself last, in order."""
    wanted = {measure}
    chain: list[MeasureSpec] = []
    for spec in reversed(in_order(registry, registry[measure].grain)):
        if spec.id in wanted:
            chain.append(spec)
            wanted.update(_reads(spec, registry))
    return tuple(reversed(chain))


def compute(
    panel: Panel,
    registry: Registry,
    measures: Sequence[MeasureSpec],
    given: Mapping[MeasureId, Value],
    rows: Counts | None = None,
) -> Mapping[MeasureId, Value]:
    """Compute summed measures in the order given, for all rows of a panel or for some.

    Args:
        panel: where the values of other measures come from.
        registry: what the measures mean.
        measures: summed measures, each after those it reads.
        given: values to use instead of the panel's, (rows, buckets).
        rows: rows to compute; None = all.

    Returns:
        measure -> value in its own quantum, 0 outside its span and where absent.
    """
    known = dict(given)

    def source(name: MeasureId) -> Value:
        return known[name] if name in known else panel_value(panel, registry[name], rows)

    for spec in measures:
        found = evaluate(parse_formula(spec.formula or ""), source)
        known[spec.id] = _stored(found, spec, panel, panel.rows if rows is None else len(rows))
    return {spec.id: known[spec.id] for spec in measures}


def panel_value(panel: Panel, spec: MeasureSpec, rows: Counts | None = None) -> Value:
    """Give a measure of a panel as a value.

    Where the panel has none: its stand-in, else zeros, absent if the registry says so.
    """
    chosen: Counts | slice = slice(None) if rows is None else rows
    name = spec.stand_in if spec.stand_in and not panel.has(spec.id) else spec.id
    present = panel.mask(name)[chosen]
    if not panel.has(name) and spec.missing == "absent":
        present = np.zeros_like(present)
    if spec.quantum is None:
        return Value(unit=spec.unit, present=present, amounts=panel.rate(name)[chosen])
    return Value(unit=spec.unit, present=present, counts=panel.count(name)[chosen])


def _stored(found: Value, spec: MeasureSpec, panel: Panel, rows: int) -> Value:
    """Round a computed value once to its measure's quantum; 0 outside its span and where absent."""
    if found.unit not in (None, spec.unit):
        raise InvalidInput(
            f"measure {spec.id}: formula '{spec.formula}' gives {found.unit}, but its unit is {spec.unit}. Mend one."
        )
    shape = (rows, len(panel.buckets))
    present = np.zeros(shape, dtype=np.bool_)
    inside = span_of(spec, panel.buckets)
    present[:, inside] = np.broadcast_to(found.present, shape)[:, inside]
    if found.counts is not None:
        counts = np.where(present, found.counts, 0)
        if np.any(np.abs(counts) >= LARGEST):
            raise ValueError(f"{spec.id}: too large to be exact")
        return Value(unit=spec.unit, present=present, counts=counts)
    amounts = np.where(present, np.broadcast_to(found.floats(), shape), 0.0)
    if spec.quantum is None:
        return Value(unit=spec.unit, present=present, amounts=round_rate(amounts))
    return Value(unit=spec.unit, present=present, counts=round_to_counts(amounts, spec.quantum))


def span_of(spec: MeasureSpec, buckets: Buckets) -> slice:
    """Give the buckets in which a measure has values: the closed ones, the open ones or both."""
    return {"closed": buckets.closed, "open": buckets.horizon, "both": slice(0, len(buckets))}[spec.spans]


def recompute(
    panel: Panel, registry: Registry, rows: Counts | None = None, *, moved: Collection[MeasureId] | None = None
) -> Panel:
    """Compute all summed measures of a panel's grain, in the order of their formulas.

    Args:
        panel: numbers of one grain.
        registry: its measures.
        rows: rows to compute again; the other rows keep their values. None = all.
        moved: measures that moved; those that read none of them keep their values. None = all did.

    Returns:
        The panel with its summed measures. For any rows they have the bits that computing all would give.

    Raises:
        InvalidInput: a formula is wrong, see `in_order`.
        ValueError: a result is too large to be exact.
    """
    behind = in_order(registry, panel.grain) if moved is None else readers(registry, panel.grain, moved)
    computed = compute(panel, registry, behind, {}, rows)
    counts: dict[str, Counts] = {}
    rates: dict[str, Rates] = {}
    present: dict[str, Flags] = {}
    for name, value in computed.items():
        if value.counts is not None:
            counts[name] = _put(panel.count(name), value.counts, rows)
        else:
            rates[name] = _put(panel.rate(name), value.floats(), rows)
        if registry[name].missing == "absent":
            before = panel.mask(name) if panel.has(name) else np.zeros(panel.shape, dtype=np.bool_)
            present[name] = _put(before, value.present, rows)
    return panel.with_counts(counts, present).with_rates(rates)


def _put(before: npt.NDArray[_Scalar], fresh: npt.NDArray[_Scalar], rows: Counts | None) -> npt.NDArray[_Scalar]:
    if rows is None:
        return fresh
    result = before.copy()
    result[rows] = fresh
    return result
