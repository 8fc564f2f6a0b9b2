"""A linear programme written block by block: a block is a table of things times open buckets.

Blocks keep their names, so that every column and row can be said in words ("make: City-01 at North,
bucket 4"). Coefficients are collected as arrays and turned into one column-wise sparse matrix at the end;
no modelling layer stands between the plan and the solver (ENGINE.md, "Supply").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.linear import LinearModel

Amount = Rates | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A named block of columns or rows: `ids[i, t]` belongs to `labels[i]` in open bucket t."""

    name: str
    labels: Sequence[str]
    first: int
    buckets: int

    @property
    def ids(self) -> Counts:
        """Numbers of the block's columns or rows, shape (labels, buckets)."""
        size = len(self.labels) * self.buckets
        return np.arange(self.first, self.first + size, dtype=np.int64).reshape(len(self.labels), self.buckets)

    def say(self, number: int) -> str | None:
        """Name a column or row of this block; None when it belongs to another."""
        at = number - self.first
        if not 0 <= at < len(self.labels) * self.buckets:
            return None
        return f"{self.name}: {self.labels[at // self.buckets]}, bucket {at % self.buckets}"


class Programme:
    """Collects the blocks of one linear programme; minimises cost."""

    def __init__(self, buckets: int) -> None:
        """Start an empty programme over a number of open buckets."""
        self.buckets = buckets
        self._columns: list[Block] = []
        self._rows: list[Block] = []
        self._cost: list[Rates] = []
        self._bounds: list[tuple[Rates, Rates]] = []
        self._limits: list[tuple[Rates, Rates]] = []
        self._entries: list[tuple[Counts, Counts, Rates]] = []
        self._whole: list[bool] = []

    def columns(
        self,
        name: str,
        labels: Sequence[str],
        *,
        cost: Amount = 0.0,
        lower: Amount = 0.0,
        upper: Amount = np.inf,
        whole: bool = False,
        buckets: int | None = None,
    ) -> Counts:
        """Add variables, one a label and bucket; amounts broadcast to (labels, buckets). Gives their numbers.

        `whole` asks for whole numbers; `buckets` is how many a label has, where it is not one an open bucket.
        """
        block = Block(name=name, labels=tuple(labels), first=_size(self._columns), buckets=buckets or self.buckets)
        self._columns.append(block)
        self._whole.append(whole)
        shape = block.ids.shape
        self._cost.append(_full(cost, shape))
        self._bounds.append((_full(lower, shape), _full(upper, shape)))
        return block.ids

    def rows(
        self,
        name: str,
        labels: Sequence[str],
        *,
        lower: Amount = -np.inf,
        upper: Amount = np.inf,
        buckets: int | None = None,
    ) -> Counts:
        """Add constraints `lower <= row <= upper`, one a label and bucket. Gives their numbers."""
        block = Block(name=name, labels=tuple(labels), first=_size(self._rows), buckets=buckets or self.buckets)
        self._rows.append(block)
        self._limits.append((_full(lower, block.ids.shape), _full(upper, block.ids.shape)))
        return block.ids

    def add(self, rows: Counts, columns: Counts, values: Amount = 1.0) -> None:
        """Add coefficients; arrays of one shape (values may broadcast); equal places add up."""
        rows, columns, amounts = np.broadcast_arrays(rows, columns, np.asarray(values, dtype=np.float64))
        self._entries.append((rows.ravel(), columns.ravel(), amounts.ravel()))

    def build(self) -> LinearModel:
        """Give the programme as arrays, column by column, rows in order; zero coefficients left out."""
        count, height = _size(self._columns), _size(self._rows)
        # One number for column and row, so that little is held at once.
        place = _whole([columns * max(height, 1) + rows for rows, columns, _ in self._entries])
        order = np.argsort(place, kind="stable")
        place = place[order]
        values = _float([entry[2] for entry in self._entries])[order]
        del order
        first = np.flatnonzero(np.diff(place, prepend=-1))
        place, summed = place[first], _sums(values, first)
        kept = summed != 0
        place, summed = place[kept], summed[kept]
        starts = np.searchsorted(place, np.arange(count + 1, dtype=np.int64) * max(height, 1))
        return LinearModel(
            cost=_float(self._cost),
            lower=_float([low for low, _ in self._bounds]),
            upper=_float([high for _, high in self._bounds]),
            row_lower=_float([low for low, _ in self._limits]),
            row_upper=_float([high for _, high in self._limits]),
            starts=starts.astype(np.int32),
            index=(place % max(height, 1)).astype(np.int32),
            value=summed,
            integer=self._integer(),
        )

    def _integer(self) -> Flags | None:
        """Mark the whole-number columns; None when there are none."""
        if not any(self._whole):
            return None
        sizes = [len(block.labels) * block.buckets for block in self._columns]
        return np.repeat(np.array(self._whole, dtype=np.bool_), sizes)

    @property
    def column_blocks(self) -> Sequence[Block]:
        """The blocks of columns, in order."""
        return tuple(self._columns)

    @property
    def row_blocks(self) -> Sequence[Block]:
        """The blocks of rows, in order."""
        return tuple(self._rows)

    def column_name(self, number: int) -> str:
        """Say a column in words."""
        return next((said for block in self._columns if (said := block.say(number))), f"column {number}")

    def row_name(self, number: int) -> str:
        """Say a row in words."""
        return next((said for block in self._rows if (said := block.say(number))), f"row {number}")


def _sums(values: Rates, first: Counts) -> Rates:
    """Add up runs of values that begin at `first`."""
    sums: Rates = np.add.reduceat(values, first) if len(first) else np.zeros(0)
    return sums


def _size(blocks: Sequence[Block]) -> int:
    return blocks[-1].first + len(blocks[-1].labels) * blocks[-1].buckets if blocks else 0


def _full(amount: Amount, shape: tuple[int, ...]) -> Rates:
    return np.broadcast_to(np.asarray(amount, dtype=np.float64), shape).copy()


def _whole(arrays: Sequence[Counts]) -> Counts:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)


def _float(arrays: Sequence[Rates]) -> Rates:
    return np.concatenate([a.ravel() for a in arrays]) if arrays else np.zeros(0)
