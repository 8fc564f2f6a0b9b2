"""Versions: plans that were kept, as a manifest of chunks; an unchanged measure shares its chunks.

`load_plan(put_version(plan))` gives the same digest, bit by bit.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
import polars as pl
from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Select, func, insert, select

from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import ActorId, Counts, Digest, Flags, GrainName, MeasureId, Rates, ScenarioId, Seq, VersionId
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import Plan
from trivet.core.records import Stamp
from trivet.store.chunks import get_chunks, put_chunks
from trivet.store.codec import (
    BLOCK,
    array_digest,
    array_from_body,
    array_to_body,
    frame_digest,
    frame_from_body,
    frame_to_body,
)
from trivet.store.scenarios import lock_head, read_scenario
from trivet.store.schema import snapshot as snapshot_table
from trivet.store.schema import version as version_table
from trivet.store.schema import version_chunk
from trivet.store.stored import (
    GrainChunks,
    Manifest,
    MeasureChunks,
    StoredVersion,
    VersionState,
    instant,
    moment,
    short,
)
from trivet.store.trail import note

_MANIFEST = TypeAdapter(Manifest)
_ISSUES = TypeAdapter(tuple[Issue, ...])
Values = Counts | Rates | Flags
_Array = TypeVar("_Array", Counts, Rates, Flags)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Packed:
    """A plan cut into chunks: what it consists of, and how to make the body of each."""

    manifest: Manifest
    digest: Digest
    makers: Mapping[Digest, Callable[[], bytes]] = field(default_factory=dict)


def pack_plan(plan: Plan) -> Packed:
    """Cut a plan into chunks and address them; nothing is compressed yet."""
    makers: dict[Digest, Callable[[], bytes]] = {}
    grains = {grain: _pack_panel(plan.panels[grain], makers) for grain in sorted(plan.panels)}
    issues = pl.DataFrame({"issues": [_ISSUES.dump_json(plan.issues).decode()]})
    basis = None if plan.basis is None else _pack_frame(pl.DataFrame({"basis": [plan.basis.hex()]}), makers)
    manifest = Manifest(recipe=plan.recipe, grains=grains, issues=_pack_frame(issues, makers), basis=basis)
    return Packed(manifest=manifest, digest=plan.digest(), makers=makers)


def _pack_panel(panel: Panel, makers: dict[Digest, Callable[[], bytes]]) -> GrainChunks:
    measures: dict[MeasureId, MeasureChunks] = {}
    for name in sorted({*panel.counts, *panel.rates}):
        counted = name in panel.counts
        array: Values = panel.counts[name] if counted else panel.rates[name]
        mask = _pack_array(panel.present[name], makers) if name in panel.present else None
        measures[name] = MeasureChunks(counted=counted, blocks=_pack_array(array, makers), mask=mask)
    return GrainChunks(buckets=panel.buckets, keys=_pack_frame(panel.keys, makers), rows=panel.rows, measures=measures)


def _pack_array(array: Values, makers: dict[Digest, Callable[[], bytes]]) -> tuple[Digest, ...]:
    return tuple(_pack_block(array[start : start + BLOCK], makers) for start in range(0, len(array), BLOCK))


def _pack_block(block: Values, makers: dict[Digest, Callable[[], bytes]]) -> Digest:
    digest = array_digest(block)
    makers[digest] = lambda: array_to_body(block)
    return digest


def _pack_frame(frame: pl.DataFrame, makers: dict[Digest, Callable[[], bytes]]) -> Digest:
    digest = frame_digest(frame)
    makers[digest] = lambda: frame_to_body(frame)
    return digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a version comes from: which scenario, up to which entry, over which snapshot."""

    scenario: ScenarioId
    seq: Seq
    snapshot: Digest


def put_version(
    connection: Connection, origin: Origin, packed: Packed, bodies: Mapping[Digest, bytes], stamp: Stamp
) -> VersionId:
    """Keep a plan as the next draft of its scenario; the same plan of the same origin is kept once.

    Raises InvalidInput when the log has not come as far as `origin.seq`, NotFound for the scenario or snapshot.
    """
    seq = lock_head(connection, origin.scenario)
    if not 0 <= origin.seq <= seq:
        raise InvalidInput(
            f"scenario '{origin.scenario}' stands at entry {seq}; a plan of entry {origin.seq} can't be. Plan again."
        )
    if (
        connection.execute(select(snapshot_table.c.digest).where(snapshot_table.c.digest == origin.snapshot)).first()
        is None
    ):
        raise NotFound(f"snapshot {origin.snapshot} is not in the store. Import the files again: trivet import")
    last = _rows(connection, _VERSIONS.where(version_table.c.scenario == origin.scenario))[-1:]
    manifest = _MANIFEST.dump_json(packed.manifest).decode()
    if last and (last[0].seq, last[0].snapshot, last[0].manifest) == (origin.seq, origin.snapshot, manifest):
        return VersionId(last[0].id)
    put_chunks(connection, bodies)
    number = last[0].number + 1 if last else 1
    name = VersionId(f"{origin.scenario}-{number}")
    connection.execute(
        insert(version_table),
        {
            "id": name,
            "scenario": origin.scenario,
            "number": number,
            "seq": origin.seq,
            "snapshot": origin.snapshot,
            "digest": packed.digest,
            "manifest": manifest,
            "state": VersionState.DRAFT,
            "created": instant(stamp.at),
            "actor": stamp.actor,
        },
    )
    named = [{"version": name, "chunk": digest} for digest in packed.manifest.addresses()]
    connection.execute(insert(version_chunk), named)
    note(connection, stamp, "keep plan", name, {"seq": origin.seq, "digest": packed.digest})
    return name


def read_version(connection: Connection, name: VersionId) -> StoredVersion:
    """Give what is known of a version; NotFound names the latest ones."""
    found = _rows(connection, _VERSIONS.where(version_table.c.id == name))
    if not found:
        known = [row.id for row in reversed(_rows(connection, _VERSIONS))]
        raise NotFound(f"version '{name}' does not exist. Latest: {short(known) or 'none yet; run trivet plan'}.")
    return _version(found[0])


def read_versions(connection: Connection, scenario: ScenarioId | None = None) -> tuple[StoredVersion, ...]:
    """Give all versions, or those of a scenario, in the order they were kept."""
    query = _VERSIONS if scenario is None else _VERSIONS.where(version_table.c.scenario == scenario)
    return tuple(_version(row) for row in _rows(connection, query))


def read_latest(connection: Connection, scenario: ScenarioId) -> StoredVersion | None:
    """Give the newest version of a scenario; None when it has none."""
    newest = select(func.max(version_table.c.number)).where(version_table.c.scenario == scenario).scalar_subquery()
    query = _VERSIONS.where(version_table.c.scenario == scenario, version_table.c.number == newest)
    found = _rows(connection, query)
    return _version(found[0]) if found else None


def keys_of_latest(connection: Connection, scenario: ScenarioId) -> Digest:
    """Give the sha256 over the keys of the plan a scenario's entries refer to; over nothing before any plan.

    Row numbers of two effects can be compared when this is the same.
    """
    version = read_latest(connection, scenario)
    if version is None:
        base = read_scenario(connection, scenario).base_version
        version = read_version(connection, base) if base else None
    keys = {grain: chunks.keys for grain, chunks in version.manifest.grains.items()} if version else {}
    return Digest(sha256(json.dumps(keys, sort_keys=True).encode()).hexdigest())


_VERSIONS = select(version_table).order_by(version_table.c.created, version_table.c.scenario, version_table.c.number)


def _rows(connection: Connection, query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    return connection.execute(query).all()


def _version(row: Row[*tuple[Any, ...]]) -> StoredVersion:
    return StoredVersion(
        id=VersionId(row.id),
        scenario=ScenarioId(row.scenario),
        number=row.number,
        seq=Seq(row.seq),
        snapshot=Digest(row.snapshot),
        digest=Digest(row.digest),
        state=VersionState(row.state),
        manifest=_MANIFEST.validate_json(row.manifest),
        created=moment(row.created),
        actor=ActorId(row.actor),
        submitted_by=ActorId(row.submitted_by) if row.submitted_by else None,
        approved_by=ActorId(row.approved_by) if row.approved_by else None,
        published=moment(row.published) if row.published else None,
        published_by=ActorId(row.published_by) if row.published_by else None,
        seal=Digest(row.seal) if row.seal else None,
    )


def load_plan(connection: Connection, manifest: Manifest) -> Plan:
    """Give the plan of a manifest back, bit by bit; NotFound when a chunk is lost."""
    panels = {grain: load_panel(connection, grain, chunks) for grain, chunks in sorted(manifest.grains.items())}
    kept = get_chunks(connection, [manifest.issues, *([manifest.basis] if manifest.basis else [])])
    issues = _ISSUES.validate_json(frame_from_body(kept[manifest.issues])["issues"][0])
    basis = bytes.fromhex(frame_from_body(kept[manifest.basis])["basis"][0]) if manifest.basis else None
    return Plan(recipe=manifest.recipe, panels=panels, issues=issues, basis=basis)


def load_panel(
    connection: Connection, grain: GrainName, chunks: GrainChunks, only: Sequence[MeasureId] | None = None
) -> Panel:
    """Give the numbers of one grain, all measures or only some."""
    wanted = {name: at for name, at in chunks.measures.items() if only is None or name in only}
    keys = frame_from_body(get_chunks(connection, [chunks.keys])[chunks.keys])
    shape = (chunks.rows, len(chunks.buckets))
    counts: dict[MeasureId, Counts] = {}
    rates: dict[MeasureId, Rates] = {}
    present: dict[MeasureId, Flags] = {}
    for name, at in sorted(wanted.items()):
        if at.counted:
            counts[name] = load_array(connection, at.blocks, np.zeros(shape, dtype=np.int64))
        else:
            rates[name] = load_array(connection, at.blocks, np.zeros(shape, dtype=np.float64))
        if at.mask is not None:
            present[name] = load_array(connection, at.mask, np.zeros(shape, dtype=np.bool_))
    return Panel(grain=grain, keys=keys, buckets=chunks.buckets, counts=counts, rates=rates, present=present)


def differing(one: Manifest, other: Manifest) -> tuple[tuple[GrainName, MeasureId], ...]:
    """Give the measures whose numbers, axis or keys differ, by addresses alone; those only one has among them."""
    found = []
    for grain in sorted({*one.grains, *other.grains}):
        a, b = one.grains.get(grain), other.grains.get(grain)
        moved = a is None or b is None or (a.keys, a.buckets) != (b.keys, b.buckets)
        of_a, of_b = (dict(part.measures) if part else {} for part in (a, b))
        names = sorted({*of_a, *of_b})
        found += [(grain, name) for name in names if moved or of_a.get(name) != of_b.get(name)]
    return tuple(found)


def load_array(connection: Connection, blocks: Sequence[Digest], into: _Array) -> _Array:
    """Fill an array of the right shape and type from its chunks."""
    bodies = get_chunks(connection, blocks)
    for number, digest in enumerate(blocks):
        part = into[number * BLOCK : (number + 1) * BLOCK]
        part[...] = array_from_body(bodies[digest], part.shape)
    return into
