"""A large supply programme in pieces that only meet in what they share: hours, people, rooms, key materials.

Without the rows of what is shared the programme falls apart: an item over all its plants and locations, with the
parts made for it, knows nothing of the next. Where a family has a strategy it is one piece. What belongs to no item
(overtime, people, stock of key materials) is kept together beside the shared rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.linear import LinearModel
from trivet.supply.blocks import Block

SHARED: Final = frozenset({"hours", "hours of people", "room", "material", "least load", "even load"})
"""Blocks of rows in which items meet."""
GOODS: Final = "stock"
"""Block of columns that every item has."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entries:
    """Coefficients of a programme, column by column: row, column and value of each."""

    rows: Counts
    columns: Counts
    values: Rates

    def only(self, chosen: Flags) -> "Entries":
        """Give the chosen ones."""
        return Entries(rows=self.rows[chosen], columns=self.columns[chosen], values=self.values[chosen])

    def by_column(self, prices: Rates, count: int) -> Rates:
        """Add up price x value over the rows of each column: (count,)."""
        return added(self.columns, self.values * prices[self.rows], count)

    def by_row(self, amounts: Rates, count: int) -> Rates:
        """Add up amount x value over the columns of each row: (count,)."""
        return added(self.rows, self.values * amounts[self.columns], count)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """What knows nothing of the rest: its columns and rows in the whole, and its own programme."""

    columns: Counts
    rows: Counts
    model: LinearModel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """A programme in pieces.

    Attributes:
        whole: the programme itself.
        shared: numbers of the rows in which pieces meet.
        low, high: limits of the shared rows.
        pieces: what is solved apart.
        kept: the columns and rows of everything else.
        piece_of: piece of each column of the whole, -1 = kept.
        meeting: coefficients in shared rows (numbered as in `shared`) of all columns of the whole.
        uses: those of pieces only; `slot` of each: number of its piece and row together.
        slot_piece, slot_row: piece and shared row of each slot, by piece.
    """

    whole: LinearModel
    shared: Counts
    low: Rates
    high: Rates
    pieces: tuple[Piece, ...]
    kept: Piece
    piece_of: Counts
    meeting: Entries
    uses: Entries
    slot: Counts
    slot_piece: Counts
    slot_row: Counts

    def used(self, values: Rates) -> Rates:
        """Give what each piece uses of each shared row, by slot, for values of all columns."""
        return added(self.slot, self.uses.values * values[self.uses.columns], len(self.slot_row))

    def cost_of(self, values: Rates) -> Rates:
        """Give what each piece costs, for values of all columns."""
        mine = self.piece_of >= 0
        return added(self.piece_of[mine], (self.whole.cost * values)[mine], len(self.pieces))


def added(groups: Counts, values: Rates, count: int) -> Rates:
    """Add up values by group: (count,)."""
    return np.asarray(np.bincount(groups, values, minlength=count), dtype=np.float64)


def block_numbers(blocks: Iterable[Block], names: Iterable[str]) -> Counts:
    """Give the numbers of all columns or rows in blocks of these names."""
    wanted = set(names)
    found = [block.ids.ravel() for block in blocks if block.name in wanted]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def cut_in_pieces(model: LinearModel, shared: Counts, goods: Counts) -> Pieces:
    """Cut a programme along its shared rows.

    Args:
        model: the programme, whole numbers left out.
        shared: rows in which items meet.
        goods: columns every piece has at least one of; what is connected with none of them is kept.
    """
    entries = entries_of(model)
    meets = np.zeros(len(model.row_lower), dtype=np.bool_)
    meets[shared] = True
    inside = entries.only(~meets[entries.rows])
    column_of, row_of = _connected(inside, len(model.cost), len(meets))
    own = np.unique(column_of[goods])
    number = np.full(len(model.cost) + 1, -1, dtype=np.int64)
    number[own] = np.arange(len(own))
    # Rows no column stands in belong to nobody: `row_of` points behind the last column.
    column_part, row_part = number[column_of], number[row_of]
    row_part[meets] = -2
    found = _cut(model, inside, (column_part, row_part), len(own))
    shared = np.flatnonzero(meets)
    place = np.cumsum(meets) - 1
    outside = entries.only(meets[entries.rows])
    meeting = Entries(rows=place[outside.rows], columns=outside.columns, values=outside.values)
    uses = meeting.only(column_part[meeting.columns] >= 0)
    keys, slot = np.unique(column_part[uses.columns] * len(shared) + uses.rows, return_inverse=True)
    return Pieces(
        whole=model,
        shared=shared,
        low=model.row_lower[shared],
        high=model.row_upper[shared],
        pieces=tuple(found[1:]),
        kept=found[0],
        piece_of=column_part,
        meeting=meeting,
        uses=uses,
        slot=slot.astype(np.int64),
        slot_piece=keys // max(len(shared), 1),
        slot_row=keys % max(len(shared), 1),
    )


def columnwise(
    entries: Entries, *, cost: Rates, bounds: tuple[Rates, Rates], limits: tuple[Rates, Rates]
) -> LinearModel:
    """Write a programme from coefficients in any order; bounds are lower and upper, limits those of rows."""
    order = np.lexsort((entries.rows, entries.columns))
    order = order[entries.values[order] != 0]
    return LinearModel(
        cost=cost,
        lower=bounds[0],
        upper=bounds[1],
        row_lower=limits[0],
        row_upper=limits[1],
        starts=np.searchsorted(entries.columns[order], np.arange(len(cost) + 1)).astype(np.int32),
        index=entries.rows[order].astype(np.int32),
        value=entries.values[order],
    )


def entries_of(model: LinearModel) -> Entries:
    """Give the coefficients of a programme."""
    columns = np.repeat(np.arange(len(model.cost), dtype=np.int64), np.diff(model.starts))
    return Entries(rows=model.index.astype(np.int64), columns=columns, values=model.value)


def _connected(entries: Entries, columns: int, rows: int) -> tuple[Counts, Counts]:
    """Name what is connected by its lowest column: for every column, and every row (`columns` = an empty one)."""
    of_column = np.arange(columns + 1, dtype=np.int64)
    while True:
        of_row = np.full(rows, columns, dtype=np.int64)
        np.minimum.at(of_row, entries.rows, of_column[entries.columns])
        lower = of_column.copy()
        np.minimum.at(lower, entries.columns, of_row[entries.rows])
        # Names of names: a chain of buckets shrinks to half each time.
        lower = lower[lower[lower]]
        if np.array_equal(lower, of_column):
            return of_column[:-1], of_row
        of_column = lower


def _cut(model: LinearModel, inside: Entries, part: tuple[Counts, Counts], count: int) -> list[Piece]:
    """Give what is kept (part -1), then the pieces."""
    column_part, row_part = part
    columns = _grouped(column_part, count)
    rows = _grouped(row_part, count)
    entries = _grouped(column_part[inside.columns], count)
    place = np.empty(len(model.row_lower), dtype=np.int64)
    for mine in rows:
        place[mine] = np.arange(len(mine))
    sizes = np.bincount(inside.columns, minlength=len(model.cost))
    pieces: list[Piece] = []
    for mine, held, at in zip(columns, rows, entries, strict=True):
        starts = np.concatenate([[0], np.cumsum(sizes[mine])]).astype(np.int32)
        pieces.append(
            Piece(
                columns=mine,
                rows=held,
                model=LinearModel(
                    cost=model.cost[mine],
                    lower=model.lower[mine],
                    upper=model.upper[mine],
                    row_lower=model.row_lower[held],
                    row_upper=model.row_upper[held],
                    starts=starts,
                    index=place[inside.rows[at]].astype(np.int32),
                    value=inside.values[at],
                ),
            )
        )
    return pieces


def _grouped(part: Counts, count: int) -> Sequence[Counts]:
    """Give the places of every part from -1 on, each in order."""
    order = np.argsort(part, kind="stable")
    edges = np.searchsorted(part[order], np.arange(-1, count + 1))
    return [order[edges[k] : edges[k + 1]] for k in range(count + 1)]
