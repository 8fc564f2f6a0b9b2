"""Chunks: compressed values addressed by their digest, stored once however many versions name them."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from trivet.core.errors import NotFound
from trivet.core.ids import Digest
from trivet.store.schema import chunk

Body = Callable[[], bytes]
"""Makes the bytes of a chunk; called only for one that is not stored yet."""
_AT_ONCE = 500


def missing_of(connection: Connection, digests: Iterable[Digest]) -> tuple[Digest, ...]:
    """Give those digests that are not stored yet, sorted."""
    wanted = sorted(set(digests))
    found: set[str] = set()
    for part in _parts(wanted):
        found.update(connection.execute(select(chunk.c.digest).where(chunk.c.digest.in_(part))).scalars())
    return tuple(digest for digest in wanted if digest not in found)


def make_bodies(connection: Connection, makers: Mapping[Digest, Body]) -> Mapping[Digest, bytes]:
    """Compress what is not stored yet; done before the write lock is taken, chunks are never removed."""
    return {digest: makers[digest]() for digest in missing_of(connection, makers)}


def put_chunks(connection: Connection, bodies: Mapping[Digest, bytes]) -> int:
    """Store chunks that are not there yet and give how many were new."""
    new = missing_of(connection, bodies)
    insert = postgresql.insert(chunk).on_conflict_do_nothing() if _is_postgresql(connection) else sqlite.insert(chunk)
    for digest in new:
        connection.execute(insert, {"digest": digest, "body": bodies[digest]})
    return len(new)


def get_chunks(connection: Connection, digests: Iterable[Digest]) -> Mapping[Digest, bytes]:
    """Give the bodies of many chunks; NotFound names the first that is not there."""
    wanted = sorted(set(digests))
    found: dict[Digest, bytes] = {}
    for part in _parts(wanted):
        rows = connection.execute(select(chunk.c.digest, chunk.c.body).where(chunk.c.digest.in_(part)))
        found.update((Digest(row.digest), bytes(row.body)) for row in rows)
    lost = [digest for digest in wanted if digest not in found]
    if lost:
        raise NotFound(f"{len(lost)} chunks are not in the store, the first is {lost[0]}. Run: trivet doctor")
    return found


def _parts(wanted: Sequence[Digest]) -> Iterable[Sequence[Digest]]:
    return (wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE))


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
