"""The log: entries in one order per scenario, each with its effects, refused when somebody was faster.

An append locks the scenario's head row, computes the effects on what stands there, refuses when an
entry after `seen` touched the same measure and cells (or the same row of a table), and commits
entries, effects and head together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from trivet.core.entries import Change, Effect, Entry, Logged, Operation, RecordChange
from trivet.core.errors import Conflict, InvalidInput
from trivet.core.ids import ActorId, Counts, Digest, MeasureId, ScenarioId, Seq
from trivet.core.measures import Registry
from trivet.core.quantities import to_decimal
from trivet.core.records import Stamp
from trivet.store.chunks import get_chunks, put_chunks
from trivet.store.codec import (
    effects_from_frame,
    effects_to_frame,
    entry_from_json,
    entry_to_json,
    frame_digest,
    frame_from_body,
    frame_to_body,
)
from trivet.store.scenarios import lineage, lock_head
from trivet.store.schema import head as head_table
from trivet.store.schema import log as log_table
from trivet.store.stored import instant, moment
from trivet.store.trail import note
from trivet.store.versions import keys_of_latest

ComputeEffects = Callable[[tuple[Logged, ...]], Sequence[tuple[Effect, ...]]]
"""Gives the effects of each new entry on what stands after the entries given; may raise to refuse.

Of the entries given, locks and those after `seen` carry their effects: the rest is folded by intent.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overlap:
    """Cells two people changed: what the later one finds there, and what was wanted (in quanta).

    `rows` and `columns` are cells of the base both refer to; empty when the base moved between them.
    """

    measure: MeasureId
    rows: Counts
    columns: Counts
    theirs: Counts
    mine: Counts
    by: Logged


class CellsChanged(Conflict):
    """Somebody changed the same cells or the same row since they were looked at; `overlaps` has both values."""

    def __init__(self, message: str, overlaps: Sequence[Overlap] = ()) -> None:
        """Keep the message and the cells."""
        super().__init__(message)
        self.overlaps = tuple(overlaps)


def append(
    connection: Connection,
    scenario: ScenarioId,
    entries: Sequence[Entry],
    stamp: Stamp,
    *,
    seen: Seq | None,
    effects: ComputeEffects,
    base: Digest | None,
    registry: Registry | None = None,
) -> tuple[Logged, ...]:
    """Write entries at the head of a scenario, in one transaction with their effects.

    Args:
        connection: of an open writing transaction.
        scenario: whose log.
        entries: in order.
        stamp: who, when, from where.
        seen: head that was looked at; None = do not ask whether somebody was faster.
        effects: see ComputeEffects.
        base: digest of what the rows of the effects refer to (keys of the plan); None = those of the latest version.
        registry: tells what a count is worth, to name both values in a refusal.

    Raises CellsChanged, NotFound (scenario), InvalidInput (`seen` in the future).
    """
    seq = lock_head(connection, scenario)
    check_seen(scenario, seq, seen)
    after = seq if seen is None else seen
    standing = read_entries(connection, scenario, wanted=lambda entry, at: at > after or _locks(entry))
    made = effects(standing)
    if len(made) != len(entries):
        raise ValueError(f"{len(entries)} entries but effects of {len(made)}")
    on = base or keys_of_latest(connection, scenario)
    new = tuple(
        Logged(scenario=scenario, seq=Seq(seq + 1 + i), base=on, entry=entry, stamp=stamp, effects=tuple(made[i]))
        for i, entry in enumerate(entries)
    )
    if seen is not None:
        refuse_overlaps(new, standing, seen, registry)
    write_entries(connection, new)
    end = Seq(seq + len(new))
    connection.execute(update(head_table).where(head_table.c.scenario == scenario).values(seq=end))
    note(connection, stamp, "change", scenario, {"first": seq + 1, "last": end})
    return new


def write_entries(connection: Connection, new: Sequence[Logged]) -> None:
    """Write entries as they are, with their numbers and effects; the caller holds the head's lock and moves it."""
    rows = []
    for logged in new:
        address = None
        if logged.effects:
            frame = effects_to_frame(logged.effects)
            address = frame_digest(frame)
            put_chunks(connection, {address: frame_to_body(frame)})
        rows.append(
            {
                "scenario": logged.scenario,
                "seq": logged.seq,
                "group": logged.stamp.group,
                "actor": logged.stamp.actor,
                "at": instant(logged.stamp.at),
                "source": logged.stamp.source,
                "base": logged.base,
                "entry": entry_to_json(logged.entry),
                "effects": address,
            }
        )
    if rows:
        connection.execute(insert(log_table), rows)


def read_entries(
    connection: Connection,
    scenario: ScenarioId,
    *,
    upto: Seq | None = None,
    after: Seq | None = None,
    wanted: Callable[[Entry, Seq], bool] | None = None,
) -> tuple[Logged, ...]:
    """Give the entries a scenario sees, inherited first, in order, with their effects.

    `upto` leaves out later entries, `after` earlier ones; `wanted` tells whose effects to read (None = all).
    Raises NotFound for an unknown scenario.
    """
    seen_parts = [
        and_(log_table.c.scenario == part.scenario, log_table.c.seq > part.after, log_table.c.seq <= part.last)
        for part in lineage(connection, scenario, upto)
    ]
    query = select(log_table).where(or_(*seen_parts), log_table.c.seq > (after or 0)).order_by(log_table.c.seq)
    rows = connection.execute(query).all()
    read = [(row, entry_from_json(row.entry)) for row in rows]
    at = {
        Seq(row.seq): Digest(row.effects)
        for row, entry in read
        if row.effects and (wanted is None or wanted(entry, row.seq))
    }
    bodies = get_chunks(connection, at.values())
    return tuple(_logged(row, entry, bodies[at[row.seq]] if row.seq in at else None) for row, entry in read)


def _locks(entry: Entry) -> bool:
    return isinstance(entry, Change) and entry.operation is Operation.LOCK


def _logged(row: Row[*tuple[Any, ...]], entry: Entry, body: bytes | None) -> Logged:
    return Logged(
        scenario=ScenarioId(row.scenario),
        seq=Seq(row.seq),
        base=Digest(row.base),
        entry=entry,
        stamp=Stamp(actor=ActorId(row.actor), at=moment(row.at), source=row.source, group=row.group),
        effects=effects_from_frame(frame_from_body(body)) if body else (),
    )


def check_seen(scenario: ScenarioId, head: Seq, seen: Seq | None) -> None:
    """Raise InvalidInput when somebody says they looked at an entry that is not there yet."""
    if seen is not None and seen > head:
        raise InvalidInput(f"scenario '{scenario}' stands at entry {head}; entry {seen} was never there. Read again.")


def refuse_overlaps(new: Sequence[Logged], standing: Sequence[Logged], seen: Seq, registry: Registry | None) -> None:
    """Raise CellsChanged when an entry after `seen` touched the cells, or the row of a table, new ones touch.

    Args:
        new: entries with their effects.
        standing: the log they come after; entries after `seen` carry their effects.
        seen: last entry that was looked at.
        registry: tells what a count is worth, to name both values.
    """
    later = [logged for logged in standing if logged.seq > seen]
    for theirs in later:
        for mine in new:
            _refuse_same_row(mine, theirs, seen)
    overlaps = [found for theirs in later for mine in new for found in _overlaps(mine, theirs)]
    if overlaps:
        raise CellsChanged("\n".join(_in_words(overlap, seen, registry) for overlap in overlaps), overlaps)


def _refuse_same_row(mine: Logged, theirs: Logged, seen: Seq) -> None:
    a, b = mine.entry, theirs.entry
    who = f"{theirs.stamp.actor} (entry {theirs.seq}, {theirs.stamp.at:%Y-%m-%d %H:%M} UTC)"
    if a.withdraws is not None and a.withdraws == b.withdraws:
        raise CellsChanged(f"entry {a.withdraws} was withdrawn since entry {seen} by {who}. Nothing is left to do.")
    if isinstance(a, RecordChange) and isinstance(b, RecordChange) and (a.table, a.key) == (b.table, b.key):
        key = ", ".join(f"{name} {value}" for name, value in a.key)
        raise CellsChanged(
            f"{a.table} {key} was changed since entry {seen} by {who}: it is {_row(b)} now, you want {_row(a)}. "
            "Look at it again, then repeat."
        )


def _row(entry: RecordChange) -> str:
    return "withdrawn" if entry.after is None else ", ".join(f"{name} = {value}" for name, value in entry.after)


def _overlaps(mine: Logged, theirs: Logged) -> list[Overlap]:
    return [
        found
        for a in mine.effects
        for b in theirs.effects
        if a.measure == b.measure
        and (found := _same_cells(a, b, theirs) if mine.base == theirs.base else _same_buckets(a, b, theirs))
    ]


def _same_cells(mine: Effect, theirs: Effect, by: Logged) -> Overlap | None:
    width = int(max(mine.columns.max(initial=0), theirs.columns.max(initial=0))) + 1
    shared, a, b = np.intersect1d(
        mine.rows * width + mine.columns, theirs.rows * width + theirs.columns, return_indices=True
    )
    if not len(shared):
        return None
    return Overlap(
        measure=mine.measure,
        rows=mine.rows[a],
        columns=mine.columns[a],
        theirs=theirs.after[b],
        mine=mine.after[a],
        by=by,
    )


def _same_buckets(mine: Effect, theirs: Effect, by: Logged) -> Overlap | None:
    """The base moved between the two, so rows can't be compared: the same buckets are enough to ask."""
    if not len(np.intersect1d(mine.columns, theirs.columns)):
        return None
    none = np.zeros(0, dtype=np.int64)
    return Overlap(measure=mine.measure, rows=none, columns=none, theirs=none, mine=none, by=by)


def _in_words(overlap: Overlap, seen: Seq, registry: Registry | None) -> str:
    by = overlap.by
    who = f"{by.stamp.actor} (entry {by.seq}, {by.stamp.at:%Y-%m-%d %H:%M} UTC)"
    if not len(overlap.rows):
        return (
            f"{overlap.measure} was changed in the same buckets since entry {seen} by {who}, and the inputs moved in "
            "between. Look at them again, then repeat."
        )
    quantum = registry[overlap.measure].quantum if registry else None
    values = ""
    if quantum is not None:
        theirs, mine = (to_decimal(int(counts.sum()), quantum) for counts in (overlap.theirs, overlap.mine))
        values = f": they hold {theirs} in total now, you want {mine}"
    reason = f" Their reason: {by.entry.reason}." if by.entry.reason else ""
    return (
        f"{overlap.measure}: {len(overlap.rows)} of these cells were changed since entry {seen} by {who}{values}."
        f"{reason} Look at them again, then repeat."
    )
