"""Scenarios: a base and a log. Branching writes one row; a branch sees its parent's entries up to the branch.

Sequence numbers go on where the branch was made, so that each is unique along a line of descent. A rebase
takes a number of its own beyond all that either side has used: entries before it belong to the base the
branch stood on then, and can still be read there.
"""

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from trivet.core.errors import Conflict, NotFound
from trivet.core.ids import ActorId, Digest, ScenarioId, Seq, VersionId
from trivet.core.records import Stamp
from trivet.store.schema import head as head_table
from trivet.store.schema import rebase as rebase_table
from trivet.store.schema import scenario as scenario_table
from trivet.store.schema import version as version_table
from trivet.store.stored import Rebase, StoredScenario, instant, moment
from trivet.store.trail import note


def create_scenario(
    connection: Connection, name: ScenarioId, title: str, parent: ScenarioId | None, stamp: Stamp
) -> None:
    """Write one row and a head; a branch starts at its parent's head, snapshot and latest version.

    Raises Conflict when the name is taken, NotFound for an unknown parent.
    """
    if connection.execute(select(scenario_table.c.id).where(scenario_table.c.id == name)).first():
        raise Conflict(f"scenario '{name}' exists. Choose another name.")
    seq = lock_head(connection, parent) if parent else Seq(0)
    origin = read_scenario(connection, parent) if parent else None
    base = (_latest(connection, origin) or origin.base_version) if origin else None
    connection.execute(
        insert(scenario_table),
        {
            "id": name,
            "title": title,
            "parent": parent,
            "branched_at": seq,
            "base_version": base,
            "snapshot": origin.snapshot if origin else None,
            "state": "open",
            "created": instant(stamp.at),
            "actor": stamp.actor,
        },
    )
    connection.execute(insert(head_table), {"scenario": name, "seq": seq})
    note(connection, stamp, "create scenario", name, {"title": title, "parent": parent, "branched_at": seq})


def _latest(connection: Connection, scenario: StoredScenario) -> VersionId | None:
    """Give the newest version a scenario has on its present base."""
    here = (version_table.c.scenario == scenario.id, version_table.c.seq >= scenario.since)
    query = select(version_table.c.id).where(*here).order_by(version_table.c.number.desc()).limit(1)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else VersionId(found)


def lock_head(connection: Connection, scenario: ScenarioId) -> Seq:
    """Lock a scenario's head row until the transaction ends and give its sequence number.

    SQLite's writers hold the database already; PostgreSQL locks the row. Raises NotFound.
    """
    query = select(head_table.c.seq).where(head_table.c.scenario == scenario).with_for_update()
    return _seq(connection, scenario, query)


def read_head(connection: Connection, scenario: ScenarioId) -> Seq:
    """Give the sequence number of a scenario's last entry, inherited ones included; NotFound."""
    return _seq(connection, scenario, select(head_table.c.seq).where(head_table.c.scenario == scenario))


def _seq(connection: Connection, scenario: ScenarioId, query: Select[int]) -> Seq:
    seq = connection.execute(query).scalar_one_or_none()
    if seq is None:
        raise _unknown(connection, scenario)
    return Seq(int(seq))


def _unknown(connection: Connection, scenario: ScenarioId) -> NotFound:
    known = connection.execute(select(scenario_table.c.id).order_by(scenario_table.c.id)).scalars().all()
    near = get_close_matches(scenario, known, n=1)
    maybe = f" Maybe '{near[0]}'?" if near else ""
    return NotFound(f"scenario '{scenario}' does not exist ({len(known)} known).{maybe}")


def read_scenario(connection: Connection, name: ScenarioId) -> StoredScenario:
    """Give one scenario; NotFound offers the nearest name."""
    row = connection.execute(_SCENARIOS.where(scenario_table.c.id == name)).one_or_none()
    if row is None:
        raise _unknown(connection, name)
    return _scenario(row)


def read_scenarios(connection: Connection) -> tuple[StoredScenario, ...]:
    """Give every scenario, oldest first."""
    rows = connection.execute(_SCENARIOS.order_by(scenario_table.c.created, scenario_table.c.id))
    return tuple(_scenario(row) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Entries of one scenario in a line of descent: those after one number up to another."""

    scenario: ScenarioId
    after: Seq
    last: Seq


def lineage(connection: Connection, scenario: ScenarioId, upto: Seq | None = None) -> tuple[Part, ...]:
    """Give whose entries a scenario sees (or saw, when its log stood at `upto`), eldest first."""
    found: list[Part] = []
    name: ScenarioId | None = scenario
    limit = upto
    while name is not None:
        at = read_standing(connection, name, limit)
        last = at.head if limit is None else Seq(min(at.head, limit))
        found.append(Part(scenario=at.id, after=at.since, last=last))
        name, limit = at.parent, Seq(min(at.branched_at, last))
    return tuple(reversed(found))


def read_standing(connection: Connection, name: ScenarioId, upto: Seq | None = None) -> StoredScenario:
    """Give a scenario as it stood on its base when its log was at `upto`; None = now. NotFound."""
    scenario = read_scenario(connection, name)
    if upto is None or upto >= scenario.since:
        return scenario
    since, later = Seq(0), None
    for rebase in read_rebases(connection, name):
        if rebase.seq > upto:
            later = rebase
            break
        since = rebase.seq
    if later is None:
        return scenario
    return replace(
        scenario,
        parent=later.parent,
        branched_at=later.branched_at,
        since=since or later.branched_at,
        base_version=later.base_version,
        snapshot=later.snapshot,
        head=later.head,
    )


def read_rebases(connection: Connection, scenario: ScenarioId) -> tuple[Rebase, ...]:
    """Give every rebase of a scenario, oldest first."""
    query = select(rebase_table).where(rebase_table.c.scenario == scenario).order_by(rebase_table.c.seq)
    return tuple(
        Rebase(
            scenario=ScenarioId(row.scenario),
            seq=Seq(row.seq),
            carried=row.carried,
            at=moment(row.at),
            actor=ActorId(row.actor),
            parent=ScenarioId(row.parent),
            branched_at=Seq(row.branched_at),
            base_version=VersionId(row.base_version) if row.base_version else None,
            snapshot=Digest(row.snapshot) if row.snapshot else None,
            head=Seq(row.head),
        )
        for row in connection.execute(query)
    )


_LAST_REBASE = (
    select(rebase_table.c.scenario, func.max(rebase_table.c.seq).label("since"))
    .group_by(rebase_table.c.scenario)
    .subquery()
)
_SCENARIOS = (
    select(scenario_table, head_table.c.seq.label("head"), _LAST_REBASE.c.since)
    .join(head_table)
    .join(_LAST_REBASE, _LAST_REBASE.c.scenario == scenario_table.c.id, isouter=True)
)


def _scenario(row: Row[*tuple[Any, ...]]) -> StoredScenario:
    return StoredScenario(
        id=ScenarioId(row.id),
        title=row.title,
        parent=ScenarioId(row.parent) if row.parent else None,
        branched_at=Seq(row.branched_at),
        since=Seq(row.branched_at if row.since is None else row.since),
        head=Seq(row.head),
        base_version=VersionId(row.base_version) if row.base_version else None,
        snapshot=Digest(row.snapshot) if row.snapshot else None,
        state=row.state,
        created=moment(row.created),
        actor=ActorId(row.actor),
    )
