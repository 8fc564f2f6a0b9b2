"""Where a plan in pieces stood, by name and date: what a later plan begins with in place of a solver's basis.

Prices of what is shared, and how much of it every piece used. A later plan may have other items, resources and
months: what it has in common begins where it stood, the rest like the same month a year before, else at 0.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Rates

HEAD: Final = b"trivet pieces\n"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Names:
    """What a programme in pieces calls its parts.

    Attributes:
        starts: first days of the buckets.
        rows: names of what is shared, each with a row for every bucket.
        pieces: names of the pieces.
        slot_piece, slot_row: piece and row (thing x buckets + bucket) of each share.
    """

    starts: tuple[date, ...]
    rows: tuple[str, ...]
    pieces: tuple[str, ...]
    slot_piece: Counts
    slot_row: Counts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """Prices by row and shares by slot, with their names."""

    names: Names
    prices: Rates
    shares: Rates


def pack_standing(names: Names, prices: Rates, shares: Rates) -> bytes:
    """Write prices and shares (to 7 digits) with the names of what they are of."""
    starts = [start.isoformat() for start in names.starts]
    head = json.dumps([starts, names.rows, names.pieces, len(shares)]).encode()
    body = [
        len(head).to_bytes(8, "little"),
        head,
        np.asarray(prices, dtype=np.float64).tobytes(),
        np.asarray(shares, dtype=np.float32).tobytes(),
        np.asarray(names.slot_piece, dtype=np.int32).tobytes(),
        np.asarray(names.slot_row, dtype=np.int32).tobytes(),
    ]
    return HEAD + zlib.compress(b"".join(body))


def unpack_standing(stored: bytes) -> Standing | None:
    """Read what `pack_standing` wrote; None when the bytes are something else."""
    if not stored.startswith(HEAD):
        return None
    body = zlib.decompress(stored[len(HEAD) :])
    at = 8 + int.from_bytes(body[:8], "little")
    starts, rows, pieces, count = json.loads(body[8:at])
    prices = np.frombuffer(body, dtype=np.float64, count=len(rows) * len(starts), offset=at)
    at += prices.nbytes
    shares = np.frombuffer(body, dtype=np.float32, count=count, offset=at)
    slots = np.frombuffer(body, dtype=np.int32, count=2 * count, offset=at + shares.nbytes).astype(np.int64)
    names = Names(
        starts=tuple(date.fromisoformat(start) for start in starts),
        rows=tuple(rows),
        pieces=tuple(pieces),
        slot_piece=slots[:count],
        slot_row=slots[count:],
    )
    return Standing(names=names, prices=prices, shares=shares.astype(np.float64))


def prices_of(known: Standing, names: Names) -> Rates:
    """Give the prices known for the rows of another programme."""
    old = _rows_in(names, known.names)
    prices: Rates = np.where(old >= 0, np.append(known.prices, 0.0)[old], 0.0)
    return prices


def shares_of(known: Standing, names: Names) -> Rates:
    """Give the shares known for the slots of another programme."""
    rows = max(len(known.names.rows) * len(known.names.starts), 1)
    numbers = _numbers(known.names.pieces)
    piece = np.array([numbers.get(name, -1) for name in names.pieces], dtype=np.int64)[names.slot_piece]
    row = _rows_in(names, known.names)[names.slot_row]
    keys = known.names.slot_piece * rows + known.names.slot_row
    order = np.argsort(keys, kind="stable")
    wanted = np.where((piece >= 0) & (row >= 0), piece * rows + row, -1)
    at = np.minimum(np.searchsorted(keys[order], wanted), max(len(keys) - 1, 0))
    found = order[at] if len(keys) else at
    shares: Rates = np.zeros(len(wanted))
    if len(keys):
        shares = np.where(keys[found] == wanted, known.shares[found], 0.0)
    return shares


def _rows_in(names: Names, known: Names) -> Counts:
    """Give each row of a programme its number in another one, -1 where it has none."""
    things, days = _numbers(known.rows), {start: i for i, start in enumerate(known.starts)}
    bucket = [days.get(start, days.get(_year_before(start), -1)) for start in names.starts]
    thing = np.array([things.get(name, -1) for name in names.rows], dtype=np.int64)[:, None]
    place = np.array(bucket, dtype=np.int64)[None, :]
    rows: Counts = np.where((thing >= 0) & (place >= 0), thing * len(known.starts) + place, -1).ravel()
    return rows


def _numbers(names: Sequence[str]) -> Mapping[str, int]:
    return {name: number for number, name in enumerate(names)}


def _year_before(start: date) -> date:
    return start.replace(year=start.year - 1, day=min(start.day, 28))
