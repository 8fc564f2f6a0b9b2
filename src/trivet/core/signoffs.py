"""Sign-offs: what people say of the plan beside its numbers, as typed records of the log.

That a family's consensus is approved, that a fault of the data is accepted, who mends it: such a record moves no
number, so a plan made before it is as true as before. It stands in the one log all the same: with author, time and
reason, taken back by undo, inherited by branches, carried by a rebase. Who and when are those of the entry, never
typed in; what was signed is kept with it, so that a later change of the numbers is seen (`signoffs.toml`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from trivet.core.buckets import Buckets
from trivet.core.entries import Entry, Logged, RecordChange
from trivet.core.ids import ActorId, Seq
from trivet.core.live import Live, live_entries
from trivet.core.recordchanges import Cell, read_cell
from trivet.core.renames import Renames, carry_record
from trivet.core.tables import TableSpec

CONSENSUS: Final = "consensus_signoffs"
ACCEPTANCES: Final = "finding_acceptances"
OWNERS: Final = "finding_owners"
BESIDE: Final = frozenset({CONSENSUS, ACCEPTANCES, OWNERS})
"""Tables of the log whose rows move no number."""


def is_beside(entry: Entry) -> bool:
    """Tell whether an entry says something of the plan and moves none of its numbers."""
    return isinstance(entry, RecordChange) and entry.table in BESIDE


def about_numbers(entries: Iterable[Logged]) -> tuple[Logged, ...]:
    """Give the entries a plan is made from: all that are not beside it."""
    return tuple(logged for logged in entries if not is_beside(logged.entry))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One record that counts: its row, and who put it there, when and why.

    Attributes:
        row: column -> value, typed as the table says.
        seq: number of its entry.
        by, at: who and when (UTC).
        note: why; empty when nothing was said.
    """

    row: Mapping[str, Cell]
    seq: Seq
    by: ActorId
    at: datetime
    note: str


def read_signoffs(entries: Sequence[Logged], spec: TableSpec, buckets: Buckets, renames: Renames) -> tuple[Signed, ...]:
    """Give the rows of a table of sign-offs, the latest of each key, oldest first.

    Args:
        entries: the log.
        spec: the table.
        buckets: the time axis, for columns that name a bucket.
        renames: codes renamed or merged since; keys follow them.

    Returns:
        Rows as they were last put; columns a later entry does not name keep what an earlier one said. Who, when and
        why are those of the latest.
    """
    stamps = {logged.seq: logged.stamp for logged in entries}
    own = [e for e in entries if isinstance(e.entry, RecordChange) and e.entry.table == spec.name]
    live, _ = live_entries(own, buckets.current)
    found: dict[tuple[Cell, ...], Signed] = {}
    for item in live:
        change = _carried(item, spec, renames)
        key = _read(change.key, spec, buckets)
        name = tuple(key.get(column) for column in spec.key)
        earlier = found.pop(name, None)
        if change.after is None:
            continue
        row = {**(earlier.row if earlier else {}), **key, **_read(change.after, spec, buckets)}
        stamp = stamps[item.seq]
        found[name] = Signed(row=row, seq=item.seq, by=stamp.actor, at=stamp.at, note=change.reason or "")
    return tuple(found.values())


def _carried(item: Live, spec: TableSpec, renames: Renames) -> RecordChange:
    if not isinstance(item.entry, RecordChange):  # pragma: no cover - only records were asked for
        raise TypeError(item.called)
    return carry_record(item, item.entry, {spec.name: spec}, renames)[0]


def _read(pairs: Iterable[tuple[str, str]], spec: TableSpec, buckets: Buckets) -> dict[str, Cell]:
    return {name: read_cell(spec.column(name), text, buckets) for name, text in pairs}
