"""What one change does to the cells under it: set, add, scale, lock or unlock them, or say why not.

A change speaks of the total of its cells. Locked cells keep their value and the others take the rest
(F5). A measure computed from the edited one is moved through it: revenue scales the quantities at their
prices. Stocks and the like (not summed over time) take the amount in every bucket; prices and rates are
copied or scaled, never divided. Quantities of different units have no total.
"""

from dataclasses import replace

import numpy as np

from trivet.core.desk import (
    Block,
    Cells,
    Desk,
    State,
    one_step,
    open_desk,
    recorded_mix,
    refused,
    target_of,
    weights_of,
)
from trivet.core.entries import Change, Effect, Operation
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.issues import Issue
from trivet.core.measures import Unit
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.quantities import QUANTITY, round_rate
from trivet.core.scope import CellNames, steps_of, units_of
from trivet.core.spread import spread
from trivet.core.units import Units
from trivet.core.valued import common_factor, rounding_notes, shown_by, spread_value, worth_of


def adjust(
    change: Change, state: State, panel: Panel, model: Model, units: Units | None, *, recorded: Effect | None = None
) -> Block | Issue:
    """Work out what a change makes of its cells.

    Args:
        change: SET, ADD, SCALE, LOCK or UNLOCK of `state.spec` or of a measure computed from it.
        state: where the edited measure stands; not written to.
        panel: other measures of the grain: weights, prices.
        model: what the numbers mean.
        units: conversions for amounts in another unit.
        recorded: what the entry did when it was logged; its mix holds for a measure without a base.

    Returns:
        The block with its new values, locks and notes; or the Issue that refuses the change, and
        then nothing has changed.
    """
    desk = open_desk(change, state, panel, model, units)
    if isinstance(desk, Issue):
        return desk
    desk = replace(desk, factor=common_factor(desk), mix=recorded_mix(desk, recorded))
    if change.operation is Operation.UNLOCK or (change.operation is Operation.LOCK and change.amount is None):
        return _held(desk)
    if change.amount is None:
        return refused(desk.place, "no-amount", f"{change.operation} has no amount.", "Give one.")
    block = _rated(desk) if state.spec.quantum is None else _counted(desk)
    if isinstance(block, Issue) or change.operation is not Operation.LOCK:
        return block
    return replace(block, locked=block.locked | desk.alive)


def _held(desk: Desk) -> Block | Issue:
    """Lock the cells that are alive and have a value, at that value; or unlock all."""
    values, locked, present = _own(desk)
    if desk.change.operation is Operation.UNLOCK:
        locked = np.zeros_like(locked)
    elif np.any(present & desk.alive):
        locked = locked | (present & desk.alive)
    else:
        advice = "Give the value to lock: LOCK with an amount."
        return refused(desk.place, "nothing-to-lock", "no cell here is alive and has a value.", advice)
    return Block(rows=desk.rows, span=desk.span, values=values, locked=locked, present=present)


def _own(desk: Desk) -> tuple[Counts | Rates, Flags, Flags]:
    state, at = desk.state, (desk.rows, desk.span)
    return state.values[at].copy(), state.locked[at].copy(), state.present[at].copy()


def _rated(desk: Desk) -> Block:
    """Copy or scale a rate; locked cells keep theirs, absent ones can't be added to or scaled."""
    values, locked, present = _own(desk)
    amount = float(desk.change.amount or 0)
    sets = desk.change.operation in (Operation.SET, Operation.LOCK)
    takes = desk.alive & ~locked & (present | sets)
    moved = {Operation.ADD: values + amount, Operation.SCALE: values * amount}.get(
        desk.change.operation, np.full(values.shape, amount)
    )
    return Block(
        rows=desk.rows,
        span=desk.span,
        values=round_rate(np.where(takes, moved, values)),
        locked=locked,
        present=present | takes,
    )


def _counted(desk: Desk) -> Block | Issue:
    """Move counts: find the totals meant, spread each, say what rounding made of them."""
    worth = worth_of(desk)
    if isinstance(worth, Issue):
        return worth
    groups = _groups(desk, direct=worth is None)
    if isinstance(groups, Issue):
        return groups
    values, locked, present = _own(desk)
    sets = desk.change.operation in (Operation.SET, Operation.LOCK)
    takes = desk.alive & (present | sets)
    if not takes.any():
        advice = "Choose buckets between first and last sale." if sets else "SET a value first."
        return refused(desk.place, "no-cell", "no cell here is alive and has a value.", advice)
    before = values.astype(np.int64)
    shown = before if worth is None else shown_by(desk, before, worth)
    flat = before.ravel()
    step = np.repeat(steps_of(desk.model, desk.state.members, desk.rows, desk.state.spec), values.shape[1])
    for at in groups:
        cells = Cells(
            at=at,
            own=flat[at],
            locked=locked.ravel()[at],
            takes=takes.ravel()[at],
            step=step[at],
            shown=shown.ravel()[at],
            worth=np.ones(len(at)) if worth is None else worth.ravel()[at],
        )
        moved = _direct(desk, cells) if worth is None else spread_value(desk, cells)
        if isinstance(moved, Issue):
            return replace(moved, place=desk.place)
        flat[at] = moved
    after = flat.reshape(values.shape)
    return Block(
        rows=desk.rows,
        span=desk.span,
        values=after,
        locked=locked,
        present=present | (desk.alive & ~locked) if sets else present,
        issues=() if worth is None else tuple(rounding_notes(desk, groups, shown, shown_by(desk, after, worth))),
    )


def _groups(desk: Desk, *, direct: bool) -> list[Counts] | Issue:
    """Cut the flattened block into the parts that have a total of their own."""
    shape = desk.alive.shape
    cells = np.arange(desk.alive.size, dtype=np.int64)
    labels = np.zeros(desk.alive.size, dtype=np.int64)
    typed = desk.through or desk.state.spec
    if typed.over_time != "sum":
        labels = cells % shape[1]
    kinds, numbers = units_of(desk.model, desk.state.members, desk.rows)
    scales = desk.change.operation is Operation.SCALE
    if direct and typed.unit is Unit.QUANTITY and len(kinds) > 1 and (scales or desk.change.unit is None):
        if not scales:
            return refused(
                desk.place,
                "mixed-units",
                f"the items here count in different units ({', '.join(kinds)}): they have no total.",
                "Change money, scale by a factor, or name a unit every one of them converts to.",
            )
        labels = labels * len(kinds) + np.repeat(numbers, shape[1])
    if not labels.any():
        return [cells]
    return [cells[labels == label] for label in np.unique(labels)]


def _direct(desk: Desk, cells: Cells) -> Counts | Issue:
    """Spread the total of the edited measure itself."""
    now = int(cells.own.sum())
    kept = int(cells.own[cells.locked].sum())
    target = target_of(desk, now, kept, int(cells.step.min()))
    if target == now:
        return cells.own
    weights = next(weights_of(desk, cells), np.ones(len(cells.at), dtype=np.int64))
    return spread(
        target,
        weights,
        current=cells.own,
        locked=cells.locked,
        step=one_step(cells.step),
        alive=cells.takes,
        names=CellNames(panel=desk.panel, rows=desk.rows, span=desk.span, cells=cells.at),
        quantum=desk.state.spec.quantum or QUANTITY,
    )
