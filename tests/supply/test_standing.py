"""Where a plan in pieces stood: kept by name and date, read by a plan of other months and things."""

from datetime import date

import numpy as np

from trivet.core.ids import Rates
from trivet.supply.standing import Names, Standing, pack_standing, prices_of, shares_of, unpack_standing


def names(first: int, rows: tuple[str, ...], pieces: tuple[str, ...]) -> Names:
    months = [first + i for i in range(3)]
    count = len(rows) * 3
    return Names(
        starts=tuple(date(2026 + month // 12, month % 12 + 1, 1) for month in months),
        rows=rows,
        pieces=pieces,
        slot_piece=np.repeat(np.arange(len(pieces)), count),
        slot_row=np.tile(np.arange(count), len(pieces)),
    )


def stood(first: int, rows: tuple[str, ...], pieces: tuple[str, ...]) -> Standing:
    called = names(first, rows, pieces)
    shares: Rates = np.arange(len(called.slot_row), dtype=np.float64)
    known = unpack_standing(pack_standing(called, -np.arange(len(rows) * 3, dtype=np.float64), shares))
    assert known is not None
    return known


def test_a_month_later_prices_and_shares_move_with_their_dates() -> None:
    known = stood(0, ("hours: L1", "hours: L2"), ("A", "B"))
    later = names(1, ("hours: L2", "hours: L1"), ("B", "A"))
    assert prices_of(known, later).tolist() == [-4, -5, 0, -1, -2, 0]
    assert shares_of(known, later).tolist() == [10, 11, 0, 7, 8, 0, 4, 5, 0, 1, 2, 0]


def test_beyond_its_horizon_a_year_before_stands_in() -> None:
    known = stood(0, ("hours: L1",), ("A",))
    assert prices_of(known, names(12, ("hours: L1",), ("A",))).tolist() == [0, -1, -2]


def test_new_things_begin_at_nothing() -> None:
    known = stood(0, ("hours: L1",), ("A",))
    other = names(0, ("hours: L9",), ("Z",))
    assert prices_of(known, other).tolist() == [0, 0, 0]
    assert shares_of(known, other).tolist() == [0, 0, 0]
    assert shares_of(stood(0, (), ()), other).tolist() == [0, 0, 0]


def test_other_bytes_are_no_standing() -> None:
    assert unpack_standing(b"") is None
    assert unpack_standing((5).to_bytes(8, "little") + b"\x00" * 9) is None
