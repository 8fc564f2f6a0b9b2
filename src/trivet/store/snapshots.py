"""Snapshots: the frozen inputs of a cycle, settings and tables, with the files they came from.

Addressed by values: importing the same values again gives the same digest and stores nothing, only
the audit trail tells that it happened and from which files.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Protocol

import polars as pl
from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, select, update

from trivet.core.errors import NotFound
from trivet.core.ids import ActorId, Digest, ScenarioId
from trivet.core.records import Stamp
from trivet.store.chunks import get_chunks, put_chunks
from trivet.store.codec import frame_digest, frame_from_body, frame_to_body
from trivet.store.scenarios import lock_head
from trivet.store.schema import scenario as scenario_table
from trivet.store.schema import snapshot as snapshot_table
from trivet.store.schema import snapshot_chunk
from trivet.store.stored import SourceFile, StoredSnapshot, instant, moment
from trivet.store.trail import note


class ReadFile(Protocol):
    """A file a snapshot was read from, as the import tells it."""

    @property
    def name(self) -> str:
        """File name."""
        ...

    @property
    def sha256(self) -> str:
        """Of its bytes."""
        ...

    @property
    def bytes(self) -> int:
        """Size."""
        ...

    @property
    def rows(self) -> int:
        """Rows read."""
        ...


def remember(files: Sequence[ReadFile]) -> tuple[SourceFile, ...]:
    """Keep what a snapshot was read from."""
    return tuple(SourceFile(name=f.name, sha256=f.sha256, bytes=f.bytes, rows=f.rows) for f in files)


_FILES = TypeAdapter(tuple[SourceFile, ...])


def digest_tables(tables: Mapping[str, pl.DataFrame]) -> dict[str, Digest]:
    """Give the address of each table by name in order."""
    return {name: frame_digest(tables[name]) for name in sorted(tables)}


def digest_snapshot(company_text: str, manifest: Mapping[str, Digest]) -> Digest:
    """Give the sha256 over settings and tables."""
    return Digest(sha256(json.dumps([company_text, manifest], sort_keys=True).encode()).hexdigest())


def makers_of(tables: Mapping[str, pl.DataFrame], manifest: Mapping[str, Digest]) -> dict[Digest, Callable[[], bytes]]:
    """Give what makes the chunk of each table."""
    return {digest: _maker(tables[name]) for name, digest in manifest.items()}


def _maker(frame: pl.DataFrame) -> Callable[[], bytes]:
    return lambda: frame_to_body(frame)


def put_snapshot(
    connection: Connection,
    snapshot: StoredSnapshot,
    manifest: Mapping[str, Digest],
    bodies: Mapping[Digest, bytes],
    stamp: Stamp,
) -> None:
    """Store a snapshot with its tables, unless these values are there."""
    put_chunks(connection, bodies)
    files = _FILES.dump_json(snapshot.files).decode()
    known = select(snapshot_table.c.digest).where(snapshot_table.c.digest == snapshot.digest)
    if connection.execute(known).first() is None:
        connection.execute(
            insert(snapshot_table),
            {
                "digest": snapshot.digest,
                "company": snapshot.company_text,
                "tables": json.dumps(manifest, sort_keys=True),
                "files": files,
                "report": snapshot.report_json,
                "created": instant(stamp.at),
                "actor": stamp.actor,
            },
        )
        named = sorted(set(manifest.values()))
        if named:
            rows = [{"snapshot": snapshot.digest, "chunk": digest} for digest in named]
            connection.execute(insert(snapshot_chunk), rows)
    note(connection, stamp, "import", snapshot.digest, {"files": files, "tables": len(manifest)})


def use_snapshot(connection: Connection, scenario: ScenarioId, digest: Digest, stamp: Stamp) -> None:
    """Make a snapshot the base of a scenario, under the lock of its head."""
    lock_head(connection, scenario)
    connection.execute(update(scenario_table).where(scenario_table.c.id == scenario).values(snapshot=digest))
    note(connection, stamp, "use snapshot", scenario, {"snapshot": digest})


def read_snapshot(connection: Connection, digest: Digest, only: Sequence[str] | None = None) -> StoredSnapshot:
    """Give a snapshot with all its tables, or only some; NotFound when there is none."""
    row = connection.execute(select(snapshot_table).where(snapshot_table.c.digest == digest)).one_or_none()
    if row is None:
        raise NotFound(f"snapshot {digest} is not in the store. Import the files again: trivet import")
    manifest = {name: Digest(address) for name, address in json.loads(row.tables).items()}
    if only is not None:
        manifest = {name: manifest[name] for name in only if name in manifest}
    bodies = get_chunks(connection, manifest.values())
    return StoredSnapshot(
        digest=Digest(row.digest),
        company_text=row.company,
        tables={name: frame_from_body(bodies[address]) for name, address in manifest.items()},
        files=_FILES.validate_json(row.files),
        report_json=row.report,
        created=moment(row.created),
        actor=ActorId(row.actor),
    )
