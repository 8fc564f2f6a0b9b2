"""Amounts typed in something else than what moves: revenue that moves quantities, pallets that move pieces.

`revenue = units x price; units = revenue / price`: the free quantities are scaled by what is asked for
over what they show now, at the prices of the plan, in whole steps. Cells without a price keep their
quantity. Where there is no quantity yet the mix of F5 is taken. What whole steps leave is said.
"""

from collections.abc import Iterator
from decimal import Decimal
from math import floor
from typing import Final

import numpy as np

from trivet.core.desk import Cells, Desk, one_step, refused, target_of, weights_of
from trivet.core.entries import Operation
from trivet.core.expressions import Value, evaluate, parse_formula
from trivet.core.formula import compute, needed_for, panel_value
from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.issues import Issue, Severity
from trivet.core.measures import Unit
from trivet.core.quantities import LARGEST, QUANTITY, to_decimal
from trivet.core.scope import CellNames, items_of
from trivet.core.spread import spread
from trivet.core.units import Units, base_units

_NUDGE: Final = 1e-9
"""Keeps 112.49999999999999 steps, which are 112.5, rounding up."""


def worth_of(desk: Desk) -> Rates | Issue | None:
    """Give what one unit of the edited measure is worth in what was typed; None when that is the same."""
    typed, unit = desk.through or desk.state.spec, desk.change.unit
    if typed.unit is Unit.QUANTITY and unit is not None and desk.change.operation is not Operation.SCALE:
        return _converted(desk, unit)
    if unit is not None and unit != desk.model.company.currency and typed.unit is Unit.MONEY:
        return refused(
            desk.place,
            "other-currency",
            f"the amount is in {unit}, but the plan counts in {desk.model.company.currency}.",
            "Convert it at the plan rate first.",
        )
    if desk.through is None:
        return None
    inverse = parse_formula(desk.through.inverse[desk.state.spec.id])
    ones = np.ones((len(desk.rows), len(desk.panel.buckets)))
    one = Value(unit=desk.through.unit, present=ones > 0, amounts=ones)

    def source(name: MeasureId) -> Value:
        typed_id = desk.through.id if desk.through else name
        return one if name == typed_id else panel_value(desk.panel, desk.model.registry[name], desk.rows)

    found = evaluate(inverse, source)
    per_amount = np.broadcast_to(np.where(found.present, found.floats(), 0.0), ones.shape)[:, desk.span]
    worth: Rates = np.divide(1.0, per_amount, out=np.zeros(per_amount.shape), where=per_amount > 0)
    return worth


def _converted(desk: Desk, unit: str) -> Rates | Issue | None:
    """Give how many of a unit one base unit of each item is; None when all items convert alike."""
    items = items_of(desk.panel, desk.rows)
    units = _units(desk)
    factors = units.factors(items, unit)
    unknown = np.flatnonzero(np.isnan(factors))
    if len(unknown) or not items:
        item = items[int(unknown[0])] if len(unknown) else desk.panel.grain
        return refused(
            desk.place,
            "no-conversion",
            f"item '{item}' has no unit '{unit}'; it has {', '.join(units.known(item))}.",
            "Add a row to unit_conversions, or give the amount in the base unit.",
        )
    if np.all(factors == factors[0]):
        return None
    worth: Rates = np.repeat(1.0 / factors, desk.alive.shape[1]).reshape(desk.alive.shape)
    return worth


def _units(desk: Desk) -> Units:
    return desk.units or Units(base=base_units(desk.model.dimensions["item"].members), per_unit={})


def common_factor(desk: Desk) -> Decimal:
    """Give the base units in one of the unit typed, when all items convert alike; else 1."""
    typed, unit = desk.through or desk.state.spec, desk.change.unit
    items = items_of(desk.panel, desk.rows)
    if unit is None or typed.unit is not Unit.QUANTITY or desk.change.operation is Operation.SCALE or not items:
        return Decimal(1)
    factors = _units(desk).factors(items, unit)
    return Decimal(repr(float(factors[0]))) if np.all(factors == factors[0]) else Decimal(1)


def shown_by(desk: Desk, values: Counts, worth: Rates) -> Counts:
    """Give what the typed measure shows for these values of the edited one: (rows, buckets of the span)."""
    if desk.through is None:
        return np.rint(values * worth).astype(np.int64)
    registry, state = desk.model.registry, desk.state
    whole = state.values[desk.rows].astype(np.int64)
    whole[:, desk.span] = values
    given = {state.spec.id: Value(unit=state.spec.unit, present=np.ones(whole.shape, dtype=np.bool_), counts=whole)}
    chain = needed_for(registry, desk.through.id)
    found = compute(desk.panel, registry, chain, given, desk.rows)[desk.through.id]
    counts = found.counts if found.counts is not None else np.zeros(whole.shape, dtype=np.int64)
    return counts[:, desk.span]


def spread_value(desk: Desk, cells: Cells) -> Counts | Issue:
    """Scale the quantities of the free cells until what was typed is met, as near as whole steps come."""
    now = int(cells.shown.sum())
    target = target_of(desk, now)
    if target == now:
        return cells.own
    free = cells.takes & ~cells.locked & (cells.worth > 0)
    held = cells.takes & ~free
    rest = target - int(cells.shown[held | cells.locked].sum())
    if rest < 0 or not free.any():
        return _unmet(desk, cells, target, target - rest)
    quantum = (desk.through or desk.state.spec).quantum or QUANTITY
    wanted = rest * float(quantum)
    weights = _worthy(desk, cells, free)
    own_quantum = desk.state.spec.quantum or QUANTITY
    amounts = weights * float(own_quantum)
    step = int(cells.step[free].min())
    pieces = wanted / float((amounts * cells.worth).sum()) * float(weights.sum()) / step
    if not pieces < LARGEST / step:
        return refused(desk.place, "too-large", "the amount is too large to be exact.", "Give a smaller one.")
    kept = int(cells.own[held | cells.locked].sum())
    return spread(
        kept + floor(pieces + 0.5 + _NUDGE) * step,
        weights,
        current=cells.own,
        locked=cells.locked | held,
        step=one_step(cells.step),
        alive=cells.takes,
        quantum=own_quantum,
    )


def _worthy(desk: Desk, cells: Cells, free: Flags) -> Counts | Rates:
    """Give the first weights under which the free cells are worth anything, 0 for the others."""
    for weights in weights_of(desk, cells):
        if np.any((weights * cells.worth)[free]):
            return np.where(free, weights, 0)
    return free.astype(np.int64)


def _unmet(desk: Desk, cells: Cells, target: int, held: int) -> Issue:
    """Say why an amount can't be met: below zero, locks, or nothing with a price."""
    typed = desk.through or desk.state.spec
    quantum = typed.quantum or QUANTITY
    wanted, kept = (f"{to_decimal(count, quantum).normalize():f}" for count in (target, held))
    if target < 0:
        return refused(
            desk.place, "below-zero", f"the total {wanted} is below 0; expected 0 or more.", "Give 0 or more."
        )
    locks = np.flatnonzero(cells.locked & cells.takes)
    names = CellNames(panel=desk.panel, rows=desk.rows, span=desk.span, cells=cells.at)
    if len(locks):
        some = ", ".join(names[int(cell)] for cell in locks[:5])
        more = f" and {len(locks) - 5} more" if len(locks) > 5 else ""
        return refused(
            desk.place,
            "locks-exceed-total",
            f"{typed.id} can't become {wanted}: {kept} is locked or has no price ({some}{more}).",
            "Unlock some of them, or give another amount.",
        )
    return refused(
        desk.place,
        "no-price",
        f"{typed.id} can't become {wanted}: no cell here has a price.",
        "Give a price first, or change the quantity.",
    )


def rounding_notes(desk: Desk, groups: list[Counts], before: Counts, after: Counts) -> Iterator[Issue]:
    """Say where whole steps kept an amount from being met exactly."""
    typed = desk.through or desk.state.spec
    quantum = typed.quantum or QUANTITY
    for at in groups:
        target, reached = target_of(desk, int(before.ravel()[at].sum())), int(after.ravel()[at].sum())
        if target == reached:
            continue
        wanted, got, off = (f"{to_decimal(c, quantum).normalize():f}" for c in (target, reached, reached - target))
        yield Issue(
            code="change.rounded",
            severity=Severity.NOTE,
            place=desk.place,
            message=f"{typed.id} is {got} where {wanted} was asked for: whole steps make {off} of rounding.",
            advice="Nothing to do, or change the quantity itself.",
        )
