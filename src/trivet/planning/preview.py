"""What a change would do before it is recorded: totals, the cell that moves most, what hits 0 or is locked (C3).

A child is a cell under the node that was changed: one series in one bucket of the measure that moves (revenue moves
quantities).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import cast

import numpy as np

from trivet.core.desk import measure_moved
from trivet.core.entries import Change, Logged
from trivet.core.errors import InvalidInput
from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.issues import Issue
from trivet.core.measures import MeasureSpec
from trivet.core.panel import Panel
from trivet.core.quantities import to_decimal
from trivet.core.scope import CellNames, rows_of
from trivet.planning.explain import total
from trivet.planning.head import Head, known_locks

NAMED = 5
"""Children named one by one; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One cell under a changed node, in units of the measure that moves."""

    name: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Children:
    """Some cells under a changed node: how many, and the first of them by name."""

    count: int
    named: tuple[Child, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What one change would do.

    Attributes:
        measure: what was typed.
        moves: the edited measure its cells move in.
        before, after: total of the node and buckets, in units of `measure`.
        cells: cells that would move.
        most_percent: largest relative change of a cell that is not 0 now, in percent; None = no such cell moves.
        most: that cell.
        to_zero: cells that are above 0 now and would be 0.
        from_zero: cells that are 0 now and would not be.
        locked: cells that keep their value because they are locked.
    """

    measure: MeasureId
    moves: MeasureId
    before: Decimal
    after: Decimal
    cells: int
    most_percent: Decimal | None
    most: Child | None
    to_zero: Children
    from_zero: Children
    locked: Children


def preview_change(logged: Logged, was: Head, head: Head) -> Preview:
    """Sum up one change: totals of what was typed, cells of what moves.

    Args:
        logged: the change as the log would have it, with its effects.
        was: the head before it.
        head: the head after it.
    """
    change, model = cast("Change", logged.entry), head.ground.inputs.model
    typed, moved = model.registry[change.measure], measure_moved(change, model.registry)
    if isinstance(moved, Issue):  # pragma: no cover - it was refused before
        raise InvalidInput(moved.message)
    spec, buckets = moved[0], model.buckets
    before, after = was.panels[typed.grain], head.panels[typed.grain]
    span = slice(max(buckets.index(change.first), buckets.first_open), buckets.index(change.last) + 1)
    rows = rows_of(after, model, change.scope)
    hit = np.zeros(after.rows, dtype=np.bool_)
    hit[rows] = True
    cells = _Cells(
        spec=spec,
        names=CellNames(panel=after, rows=rows, span=span),
        before=_values(before, spec, rows, span),
        after=_values(after, spec, rows, span),
    )
    most, percent = cells.most()
    locked = known_locks(was, typed.grain).get(spec.id)
    held = np.zeros(cells.before.shape, dtype=np.bool_) if locked is None else locked[rows, span].ravel()
    return Preview(
        measure=typed.id,
        moves=spec.id,
        before=total(before, typed, hit, span),
        after=total(after, typed, hit, span),
        cells=sum(int((effect.before != effect.after).sum()) for effect in logged.effects),
        most_percent=percent,
        most=most,
        to_zero=cells.some((cells.before > 0) & (cells.after == 0)),
        from_zero=cells.some((cells.before == 0) & (cells.after != 0)),
        locked=cells.some(held),
    )


def _values(panel: Panel, spec: MeasureSpec, rows: Counts, span: slice) -> Counts | Rates:
    values: Counts | Rates = panel.rate(spec.id) if spec.quantum is None else panel.count(spec.id)
    return values[rows, span].ravel()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cells:
    """The cells under a node before and after a change, flattened."""

    spec: MeasureSpec
    names: CellNames
    before: Counts | Rates
    after: Counts | Rates

    def child(self, cell: int) -> Child:
        """Name one cell with its values."""
        before, after = (self._amount(values[cell]) for values in (self.before, self.after))
        return Child(name=self.names[cell], before=before, after=after)

    def _amount(self, value: np.int64 | np.float64) -> Decimal:
        if self.spec.quantum is None:
            return Decimal(repr(float(value)))
        return to_decimal(int(value), self.spec.quantum)

    def some(self, hit: Flags) -> Children:
        """Count cells and name the first of them."""
        found = np.flatnonzero(hit)
        return Children(count=len(found), named=tuple(self.child(int(cell)) for cell in found[:NAMED]))

    def most(self) -> tuple[Child | None, Decimal | None]:
        """Give the cell whose value changes most for its size, the first of equals, and by how many percent."""
        base = self.before != 0
        change = np.where(base, np.abs(self.after - self.before) / np.where(base, np.abs(self.before), 1), 0.0)
        if not change.any():
            return None, None
        cell = int(np.argmax(change))
        percent = (float(self.after[cell]) - float(self.before[cell])) / abs(float(self.before[cell])) * 100
        return self.child(cell), Decimal(repr(round(percent, 1)))
