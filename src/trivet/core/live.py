"""Which entries of a log still count: not withdrawn, not expired, in the order they were made.

A withdrawal takes back an earlier entry, or an earlier withdrawal, and then what that one took back
counts again. An entry with an expiry counts until the cycle of that day begins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from trivet.core.entries import Change, Effect, Entry, Logged
from trivet.core.ids import ActorId, Seq
from trivet.core.issues import Issue, Place, Severity

Given = Logged | tuple[Seq, Entry] | Entry
"""An entry as the log has it, with its number, or (not logged yet) without one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Live:
    """An entry that counts: its number, who made it, and the cells it moved when it was logged."""

    seq: Seq
    entry: Entry
    author: ActorId | None = None
    effects: tuple[Effect, ...] = ()

    @property
    def called(self) -> str:
        """Name the entry as an issue does: `entry 12 of ann`."""
        return f"entry {self.seq} of {self.author}" if self.author else f"entry {self.seq}"


def live_entries(entries: Iterable[Given], cycle: date) -> tuple[tuple[Live, ...], tuple[Issue, ...]]:
    """Give the entries that count, by sequence number, what is wrong with withdrawals, and what expired.

    Args:
        entries: in any order; entries without a number come after all others, in the order given.
        cycle: first day of the current bucket: entries that expire on it or before no longer count.
    """
    every = numbered(entries)
    known = {item.seq for item in every}
    gone: set[Seq] = set()
    issues: list[Issue] = []
    for item in reversed(every):
        target = item.entry.withdraws
        if target is None or item.seq in gone:
            continue
        if target not in known or target >= item.seq:
            issues.append(_unknown(item, target))
        gone.add(target)
    live = [item for item in every if item.seq not in gone and item.entry.withdraws is None]
    over = [(item, item.entry) for item in live if isinstance(item.entry, Change) and expired(item.entry, cycle)]
    told = [_expired(item, change) for item, change in over if change.last >= cycle]
    return tuple(item for item in live if not expired(item.entry, cycle)), (*reversed(issues), *told)


def taken_back(entries: Iterable[Given]) -> frozenset[Seq]:
    """Give the numbers of the entries that a withdrawal which stands takes back."""
    gone: set[Seq] = set()
    for item in reversed(numbered(entries)):
        if item.entry.withdraws is not None and item.seq not in gone:
            gone.add(item.entry.withdraws)
    return frozenset(gone)


def numbered(entries: Iterable[Given]) -> list[Live]:
    """Give all entries with their numbers, in order; those without one follow the last."""
    found: list[Live] = []
    unnumbered: list[Entry] = []
    for given in entries:
        if isinstance(given, Logged):
            found.append(Live(seq=given.seq, entry=given.entry, author=given.stamp.actor, effects=given.effects))
        elif isinstance(given, tuple):
            found.append(Live(seq=given[0], entry=given[1]))
        else:
            unnumbered.append(given)
    found.sort(key=lambda item: item.seq)
    last = found[-1].seq if found else 0
    return [*found, *(Live(seq=Seq(last + i), entry=entry) for i, entry in enumerate(unnumbered, start=1))]


def expired(entry: Entry, cycle: date) -> bool:
    """Tell whether an entry no longer counts, because its last cycle is over."""
    return isinstance(entry, Change) and entry.expires is not None and entry.expires <= cycle


def _expired(item: Live, entry: Change) -> Issue:
    return Issue(
        code="entry.expired",
        severity=Severity.NOTE,
        place=Place(measure=entry.measure, scope=entry.scope, first=entry.first, last=entry.last),
        message=f"{item.called} ({entry.operation}) expired with cycle {entry.expires:%Y-%m-%d}: it no longer counts.",
        advice="Enter it again if it still holds.",
    )


def _unknown(item: Live, target: Seq) -> Issue:
    return Issue(
        code="entry.withdraws-unknown",
        severity=Severity.WARNING,
        place=Place(measure=item.entry.measure) if isinstance(item.entry, Change) else Place(source=item.entry.table),
        message=f"{item.called} takes back entry {target}, which does not stand before it: nothing is taken back.",
        advice="Name the number of an earlier entry.",
    )
