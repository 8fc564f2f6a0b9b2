"""Two plans of one thing, series by series: by how much they differ, and what of it falls into a row of the matrix.

The unit all columns of the matrix are made of (`opinions`, `systems`); `matrix` cuts it into cells.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from trivet.core.fiscal import sum_by
from trivet.core.ids import Counts, Flags
from trivet.core.pairs import TOGETHER, Pair
from trivet.core.quantities import MONEY, QUANTITY, to_decimal
from trivet.core.summary import percent

Named = Callable[[pl.DataFrame], Sequence[str]]
"""Names the member of the matrix that each row of keys belongs to."""
_MOST: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """One pair in detail; every array has one row a series and one column a bucket.

    Attributes:
        pair: which plans.
        members: member of the matrix each row belongs to.
        parts: what the cause calls each row: its item, or its market below an item.
        kinds: base unit each row counts in.
        given: where there is something to compare.
        units, amount: the first less the second, in counts; None where only the other is known.
        base_units, base_amount: the second.
        unpriced: rows that differ and have no price or cost.
        standing: whether it is compared as it stands, all buckets at once, and not by period.
        words: more that is known about a member's gap.
    """

    pair: Pair
    members: Sequence[str]
    parts: Sequence[str]
    kinds: Sequence[str]
    given: Flags
    units: Counts | None
    amount: Counts | None
    base_units: Counts
    base_amount: Counts
    unpriced: Flags | None = None
    standing: bool = False
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """One pair of a member in a period: units and money of the gap, its share, and its largest parts."""

    member: str
    units: Decimal | None
    amount: Decimal | None
    share: Decimal | None
    largest: str


def sum_up(compared: Compared, columns: slice, currency: str, *, together: bool) -> tuple[Sum, ...]:
    """Add a pair up by member over some buckets, and all members together first where asked."""
    live = np.flatnonzero(compared.given[:, columns].any(axis=1))
    rows: dict[str, list[int]] = {}
    for row in live.tolist():
        rows.setdefault(compared.members[row], []).append(row)
    found = [_sum(compared, columns, name, np.array(rows[name]), compared.parts, currency) for name in sorted(rows)]
    if together and rows:
        found.insert(0, _sum(compared, columns, TOGETHER, live, compared.members, currency))
    return tuple(found)


def _sum(compared: Compared, columns: slice, member: str, rows: Counts, parts: Sequence[str], currency: str) -> Sum:
    one_kind = len({compared.kinds[int(row)] for row in rows}) == 1
    told = [parts[int(row)] for row in rows]
    units = _inside(compared, compared.units, rows, columns)
    amount = _inside(compared, compared.amount, rows, columns)
    if amount is not None and compared.unpriced is not None and compared.unpriced[rows].any():
        amount = None
    base_units, base_amount = (
        _total(_inside(compared, counts, rows, columns)) for counts in (compared.base_units, compared.base_amount)
    )
    in_units = to_decimal(_total(units), QUANTITY) if units is not None and one_kind else None
    in_money = to_decimal(_total(amount), MONEY) if amount is not None else None
    share = percent(in_money, to_decimal(base_amount, MONEY))
    if share is None:
        share = percent(in_units, to_decimal(base_units, QUANTITY))
    return Sum(
        member=member,
        units=in_units,
        amount=in_money,
        share=share,
        largest=_largest(told, units if one_kind else None, amount, currency),
    )


def _inside(compared: Compared, counts: Counts | None, rows: Counts, columns: slice) -> Counts | None:
    """Give the total of each row over the buckets where there is something to compare."""
    if counts is None:
        return None
    inside: Counts = np.where(compared.given[rows, columns], counts[rows, columns], 0).sum(axis=1)
    return inside


def _total(counts: Counts | None) -> int:
    return 0 if counts is None else int(counts.sum())


def _largest(parts: Sequence[str], units: Counts | None, amount: Counts | None, currency: str) -> str:
    """Name the parts that differ most, by money where it is known; empty when none does."""
    told = amount if amount is not None else units
    if told is None or not told.any():
        told = units
    if told is None or not told.any():
        return ""
    names, sums = sum_by(parts, told)
    number = sum_by(parts, units)[1] if units is not None else None
    order = [int(at) for at in np.lexsort((np.arange(len(names)), -np.abs(sums))) if sums[at]]
    words = []
    for at in order[:_MOST]:
        of_units = "" if number is None or not number[at] else f"{to_decimal(int(number[at]), QUANTITY):+,.0f}"
        money = f"{currency} {to_decimal(int(sums[at]), MONEY):+,.0f}" if told is amount else ""
        words.append(f"{names[at]} {' = '.join(text for text in (of_units, money) if text)}".strip())
    rest = len(order) - _MOST
    return ", ".join(words) + (f" and {rest} more" if rest > 0 else "")
