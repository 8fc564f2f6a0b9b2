"""One workspace's memory: snapshots, scenarios with their log, versions, certificates, the audit trail.

Every method is one transaction: what it returns is on disk, what raises left no trace. Methods may be
called from any thread and process.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from weakref import finalize

import polars as pl
from sqlalchemy import Connection, Engine, insert

from trivet.core.checks import Check
from trivet.core.entries import Entry, Logged
from trivet.core.errors import NotFound
from trivet.core.ids import ActorId, Digest, GrainName, MeasureId, ScenarioId, Seq, VersionId
from trivet.core.measures import Registry
from trivet.core.panel import Panel
from trivet.core.plan import Plan
from trivet.core.records import Stamp
from trivet.store import log, moments, publishing, scenarios, snapshots, trail, versions
from trivet.store.backup import back_up, put_back
from trivet.store.chunks import make_bodies
from trivet.store.database import locate, make_engine, reading, writing
from trivet.store.doctor import Recompute, examine
from trivet.store.jobs import Claim, Jobs, NewJob, hold, keep, put_job
from trivet.store.migrate import check_format, move_to, read_format
from trivet.store.parquet import write_plan
from trivet.store.rebase import Base, CarryOver, Standing, rebase, stand
from trivet.store.schema import FORMAT
from trivet.store.schema import workspace as workspace_table
from trivet.store.stages import Stages
from trivet.store.stored import (
    AuditLine,
    Rebase,
    StoredCertificate,
    StoredScenario,
    StoredSnapshot,
    StoredVersion,
    VersionState,
    instant,
)


class Store:
    """What must not be lost, in one database. Made by `open_store`."""

    def __init__(self, engine: Engine) -> None:
        """Keep the engine; nothing is opened yet."""
        self._engine = engine
        self._owner: Store | None = None
        self._claim: Claim | None = None
        finalize(self, engine.dispose)  # who forgets to close leaves no connection behind

    def under(self, claim: Claim) -> "Store":
        """Give the same store for the holder of a job: it writes only while the claim holds, and leaves a checkpoint.

        Its methods raise JobLost when another worker took the job over, JobCancelled when it is to stop.
        """
        fenced = copy(self)  # no finalizer of its own: the connections are its owner's
        fenced._owner, fenced._claim = self, claim  # noqa: SLF001 - the same class
        return fenced

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with writing(self._engine) as connection:
            if self._claim is not None:
                hold(connection, self._claim)
            yield connection

    def _keep(self, connection: Connection, address: str) -> None:
        """Leave the address of what was written as the checkpoint of the job, if this is one's."""
        if self._claim is not None:
            keep(connection, self._claim, address)

    @property
    def engine(self) -> Engine:
        """The database, for backups and checks inside the store's room."""
        return self._engine

    @property
    def where(self) -> str:
        """Address of the database, without a password."""
        return self._engine.url.render_as_string()

    @property
    def format(self) -> int:
        """Format number of the database; 0 when it holds no workspace."""
        with reading(self._engine) as connection:
            return read_format(connection) or 0

    @property
    def stages(self) -> Stages:
        """Finished stages by recipe, for `core.ports.StageStore`."""
        return Stages(self._engine)

    @property
    def jobs(self) -> Jobs:
        """Long work: who runs which, and how far it is."""
        return Jobs(self._engine)

    def close(self) -> None:
        """Give back every connection; the store can't be used afterwards."""
        self._engine.dispose()

    def put_snapshot(
        self,
        company_text: str,
        tables: Mapping[str, pl.DataFrame],
        files: Sequence[snapshots.ReadFile],
        report_json: str,
        stamp: Stamp,
        *,
        scenario: ScenarioId | None = None,
    ) -> Digest:
        """Store inputs and, if asked, make them the base of a scenario; the same values give the same digest."""
        manifest = snapshots.digest_tables(tables)
        snapshot = StoredSnapshot(
            digest=snapshots.digest_snapshot(company_text, manifest),
            company_text=company_text,
            tables=tables,
            files=snapshots.remember(files),
            report_json=report_json,
            created=stamp.at,
            actor=stamp.actor,
        )
        with reading(self._engine) as connection:
            bodies = make_bodies(connection, snapshots.makers_of(tables, manifest))
        with self._writing() as connection:
            snapshots.put_snapshot(connection, snapshot, manifest, bodies, stamp)
            if scenario is not None:
                snapshots.use_snapshot(connection, scenario, snapshot.digest, stamp)
            self._keep(connection, snapshot.digest)
        return snapshot.digest

    def snapshot(self, digest: Digest, *, only: Sequence[str] | None = None) -> StoredSnapshot:
        """Give a snapshot with its tables (or only some); NotFound."""
        with reading(self._engine) as connection:
            return snapshots.read_snapshot(connection, digest, only)

    def latest_snapshot(self, scenario: ScenarioId) -> StoredSnapshot | None:
        """Give the inputs of a scenario; None before the first import."""
        with reading(self._engine) as connection:
            digest = scenarios.read_scenario(connection, scenario).snapshot
            return None if digest is None else snapshots.read_snapshot(connection, digest)

    def create_scenario(self, name: ScenarioId, title: str, parent: ScenarioId | None, stamp: Stamp) -> None:
        """Start a scenario, from nothing or as a branch; Conflict when the name is taken."""
        with self._writing() as connection:
            scenarios.create_scenario(connection, name, title, parent, stamp)

    def scenarios(self) -> tuple[StoredScenario, ...]:
        """Give every scenario, oldest first."""
        with reading(self._engine) as connection:
            return scenarios.read_scenarios(connection)

    def scenario(self, name: ScenarioId) -> StoredScenario:
        """Give one scenario; NotFound."""
        with reading(self._engine) as connection:
            return scenarios.read_scenario(connection, name)

    def append(
        self,
        scenario: ScenarioId,
        entries: Sequence[Entry],
        stamp: Stamp,
        *,
        seen: Seq | None,
        effects: log.ComputeEffects,
        base: Digest | None = None,
        registry: Registry | None = None,
    ) -> tuple[Logged, ...]:
        """Write entries at the head of a scenario with their effects; see `store.log.append`."""
        with self._writing() as connection:
            logged = log.append(
                connection, scenario, entries, stamp, seen=seen, effects=effects, base=base, registry=registry
            )
            self._keep(connection, f"{scenario}:{logged[-1].seq if logged else 0}")
            return logged

    def entries(self, scenario: ScenarioId, *, upto: Seq | None = None, after: Seq | None = None) -> tuple[Logged, ...]:
        """Give the entries a scenario sees, inherited ones first, in order, with their effects."""
        with reading(self._engine) as connection:
            return log.read_entries(connection, scenario, upto=upto, after=after)

    def stand(self, scenario: ScenarioId, onto: Base) -> Standing:
        """Give what a rebase would start from; see `store.rebase.stand`."""
        with reading(self._engine) as connection:
            return stand(connection, scenario, onto)

    def rebase(self, scenario: ScenarioId, onto: Base, carry_over: CarryOver, stamp: Stamp) -> Standing:
        """Put a branch on another base in one transaction; see `store.rebase.rebase`."""
        with self._writing() as connection:
            return rebase(connection, scenario, onto, carry_over, stamp)

    def rebases(self, scenario: ScenarioId) -> tuple[Rebase, ...]:
        """Give every rebase of a scenario, oldest first."""
        with reading(self._engine) as connection:
            return scenarios.read_rebases(connection, scenario)

    def standing(self, scenario: ScenarioId, *, upto: Seq | None = None) -> StoredScenario:
        """Give a scenario as it stood on its base when its log was at `upto`; NotFound."""
        with reading(self._engine) as connection:
            return scenarios.read_standing(connection, scenario, upto)

    def seq_at(self, scenario: ScenarioId, at: datetime) -> Seq:
        """Give where a scenario's log stood at a moment; see `store.moments.seq_at`."""
        with reading(self._engine) as connection:
            return moments.seq_at(connection, scenario, at)

    def head(self, scenario: ScenarioId) -> Seq:
        """Give the sequence number of a scenario's last entry; NotFound."""
        with reading(self._engine) as connection:
            return scenarios.read_head(connection, scenario)

    def put_version(self, scenario: ScenarioId, seq: Seq, plan: Plan, snapshot: Digest, stamp: Stamp) -> VersionId:
        """Keep a plan as the next draft of a scenario; the same plan of the same origin is kept once."""
        packed = versions.pack_plan(plan)
        with reading(self._engine) as connection:
            bodies = make_bodies(connection, packed.makers)
        with self._writing() as connection:
            origin = versions.Origin(scenario=scenario, seq=seq, snapshot=snapshot)
            version = versions.put_version(connection, origin, packed, bodies, stamp)
            self._keep(connection, version)
            return version

    def version(self, name: VersionId) -> StoredVersion:
        """Give what is known of a version; NotFound."""
        with reading(self._engine) as connection:
            return versions.read_version(connection, name)

    def versions(self, scenario: ScenarioId | None = None) -> tuple[StoredVersion, ...]:
        """Give all versions, or those of a scenario, oldest first."""
        with reading(self._engine) as connection:
            return versions.read_versions(connection, scenario)

    def latest_version(self, scenario: ScenarioId) -> StoredVersion | None:
        """Give the newest version of a scenario; None when it has none."""
        with reading(self._engine) as connection:
            return versions.read_latest(connection, scenario)

    def load_plan(self, name: VersionId) -> Plan:
        """Give the plan of a version, bit by bit as it was kept; NotFound."""
        with reading(self._engine) as connection:
            return versions.load_plan(connection, versions.read_version(connection, name).manifest)

    def load_panel(self, name: VersionId, grain: str, measures: Sequence[str] | None = None) -> Panel:
        """Give the numbers of one grain of a version, all measures or only some; NotFound."""
        with reading(self._engine) as connection:
            chunks = versions.read_version(connection, name).manifest.grains.get(GrainName(grain))
            if chunks is None:
                raise NotFound(f"version '{name}' has no numbers of grain '{grain}'. Plan again: trivet plan")
            only = None if measures is None else [MeasureId(measure) for measure in measures]
            return versions.load_panel(connection, GrainName(grain), chunks, only)

    def compare(self, one: VersionId, other: VersionId) -> tuple[tuple[GrainName, MeasureId], ...]:
        """Give the measures in which two versions differ, without reading a number; none for the same plan."""
        with reading(self._engine) as connection:
            a, b = (versions.read_version(connection, name) for name in (one, other))
            return versions.differing(a.manifest, b.manifest)

    def set_state(self, name: VersionId, state: str, stamp: Stamp) -> None:
        """Move a version to `in_review`, `approved` or back to `draft`; Conflict when the step is not open."""
        with self._writing() as connection:
            publishing.set_state(connection, name, VersionState(state), stamp)

    def state_actor(self, name: VersionId, state: str) -> ActorId | None:
        """Tell who brought a version into a state; None when it has not been there, or went back since."""
        found = self.version(name)
        return {
            VersionState.DRAFT: found.actor,
            VersionState.IN_REVIEW: found.submitted_by,
            VersionState.APPROVED: found.approved_by,
            VersionState.PUBLISHED: found.published_by,
        }[VersionState(state)]

    def publish(
        self,
        name: VersionId,
        certificate_json: str,
        stamp: Stamp,
        *,
        at: Seq | None = None,
        then: Sequence[NewJob] = (),
    ) -> Digest:
        """Freeze an approved version in one transaction and give its seal; see `store.publishing.publish`.

        What is to be done next is put among the waiting jobs in the same transaction, so that it can't be lost.
        """
        with self._writing() as connection:
            seal = publishing.publish(connection, name, certificate_json, stamp, at=at)
            for new in then:
                put_job(connection, new, stamp)
            self._keep(connection, name)
            return seal

    def certificate(self, name: VersionId) -> StoredCertificate:
        """Give the certificate of a published version; NotFound."""
        with reading(self._engine) as connection:
            return publishing.read_certificate(connection, name)

    def export_parquet(self, name: VersionId, folder: Path, registry: Registry) -> tuple[Path, ...]:
        """Write every grain of a version as one Parquet file and give the files; see `store.parquet`."""
        return write_plan(self.load_plan(name), folder, registry)

    def backup(self, path: Path) -> None:
        """Write the database and nothing else into one SQLite file; Conflict when it exists."""
        back_up(self._engine, path)

    def doctor(self, recompute: Recompute | None = None) -> tuple[Check, ...]:
        """Check what must always hold of a store; see `store.doctor.examine`."""
        with reading(self._engine) as connection:
            return examine(connection, recompute)

    def audit(self) -> tuple[AuditLine, ...]:
        """Give who did what, oldest first."""
        with reading(self._engine) as connection:
            return trail.read_trail(connection)


def open_store(url_or_dir: str | Path, *, create: bool = False) -> Store:
    """Open the workspace in a folder (SQLite, DIR/trivet.db) or at a database's address.

    `create` makes it when there is none. Raises NotFound without a workspace, Unavailable when its
    format is older (advice: `trivet upgrade`) or the database can't be reached, InvalidInput when it
    is newer or the address is none.
    """
    url = locate(str(url_or_dir))
    file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
    if file is not None and not file.exists():
        if not create:
            check_format(None, str(url_or_dir))
        file.parent.mkdir(parents=True, exist_ok=True)
    store = Store(make_engine(url))
    try:
        if create:
            _create(store)
        check_format(store.format or None, str(url_or_dir))
    except BaseException:
        store.close()
        raise
    return store


def workspace_exists(url_or_dir: str | Path) -> bool:
    """Tell whether there is a workspace, of whatever format; Unavailable when the database can't be reached."""
    url = locate(str(url_or_dir))
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        return False
    store = Store(make_engine(url))
    try:
        return store.format > 0
    finally:
        store.close()


def restore(file: Path, target: str | Path) -> Store:
    """Restore a backup into a folder or database without a workspace, and open it; see `store.backup.put_back`."""
    put_back(file, str(target))
    return open_store(target)


def _create(store: Store) -> None:
    """Lay out an empty database; one that holds a workspace is left as it is."""
    with writing(store.engine) as connection:
        if read_format(connection) is None:
            move_to(connection, FORMAT)
            made = {"id": 1, "format": FORMAT, "created": instant(datetime.now(tz=UTC))}
            connection.execute(insert(workspace_table), made)
