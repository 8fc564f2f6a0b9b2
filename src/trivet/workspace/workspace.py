"""An open workspace: the one place that knows store, engines, clock and ids together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import polars as pl

from trivet.connect.evidence import write_evidence
from trivet.core.company import parse_company
from trivet.core.entries import Logged
from trivet.core.errors import Conflict, NotFound
from trivet.core.ids import ActorId, Digest, ScenarioId, Seq, VersionId
from trivet.core.issues import Issue
from trivet.core.learned import Learned, unpack
from trivet.core.measures import Registry
from trivet.core.options import ForecastMode
from trivet.core.owndimensions import company_tables
from trivet.core.plan import RULES, Plan, PlanInputs
from trivet.core.ports import Forecaster, Progress, Solver
from trivet.core.recordchanges import apply_record_changes
from trivet.core.records import Stamp
from trivet.core.rights import Rights, every_right, rights_of
from trivet.core.signoffs import about_numbers
from trivet.core.tables import TableSpec
from trivet.engines.cached import Cached
from trivet.engines.ensemble import Ensemble
from trivet.engines.highs_many import ManyHighs
from trivet.engines.processes import ProcessExecutor
from trivet.planning.effects import moved_cells
from trivet.planning.inputs import build_inputs
from trivet.planning.make import learn_forecast
from trivet.planning.segmented import with_segments
from trivet.planning.structure import with_todays_parents
from trivet.planning.summary import summarise
from trivet.store import Store, open_store
from trivet.store.stored import StoredVersion
from trivet.workspace.cube import Cube, Stale
from trivet.workspace.earlier import with_streams_published
from trivet.workspace.people import People
from trivet.workspace.registries import measure_registry, table_specs
from trivet.workspace.seen import see, see_numbers
from trivet.workspace.settings import Settings, read_settings

MAIN = "main"
"""Name of the working plan's scenario."""

CUBES = 4
"""Scenarios a workspace keeps live at once; who looks at a fifth opens it again from the store."""


def quiet(stage: str, done: int, of: int) -> None:
    """Tell nobody how far the work is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEngines:
    """The engines a plan is made with."""

    forecaster: Forecaster
    solver: Solver
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sources:
    """What a plan of a scenario is made from: inputs and tables with record changes put in, and the log up to `seq`."""

    snapshot: Digest
    seq: Seq
    inputs: PlanInputs
    entries: tuple[Logged, ...]
    issues: tuple[Issue, ...]
    tables: Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Looked:
    """What somebody looks at: a scenario as it stands now, or a version as it was made.

    Attributes:
        version: the version it is, or stands on.
        made: the plan of the version.
        plan: its numbers, every change since in them.
        inputs: what the version was made from.
        entries: the changes in it.
        stale: what is behind; None of a version, and where nothing changed since.
    """

    version: StoredVersion
    made: Plan
    plan: Plan
    inputs: PlanInputs
    entries: tuple[Logged, ...]
    stale: Stale | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Workspace:
    """A company's workspace, open.

    Attributes:
        settings: what this run was told from outside.
        store: where plans, snapshots and the log are kept.
        registry: the measures.
        specs: the tables of a company folder.
        progress: where long work tells how far it is.
        clock: gives the time, UTC.
        new_id: gives a new id for a group of entries.
        cubes: scenarios that are live.
        people: who takes part.
    """

    settings: Settings
    store: Store
    registry: Registry = field(default_factory=measure_registry)
    specs: Mapping[str, TableSpec] = field(default_factory=table_specs)
    progress: Progress = quiet
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_id: Callable[[], str] = lambda: uuid4().hex
    cubes: dict[str, Cube] = field(default_factory=dict, repr=False)
    people: People = field(default_factory=lambda: People(ScenarioId(MAIN)), repr=False)

    @property
    def rights(self) -> Rights:
        """What who acts may see and change; NotPermitted for somebody the table `people` does not name."""
        table, creator = self.people.read(self.store, self.specs)
        return rights_of(self.settings.actor, table, self.registry, creator=creator)

    @property
    def everybody(self) -> tuple[Rights, ...]:
        """The rights of every person of the table `people`; none without the table."""
        table, creator = self.people.read(self.store, self.specs)
        return every_right(table, self.registry, creator=creator)

    def stamp(self, source: str) -> Stamp:
        """Say who does something, now."""
        return Stamp(actor=ActorId(self.settings.actor), at=self.clock(), source=source, group=self.new_id())

    def engines(self, mode: ForecastMode = ForecastMode.FAST) -> PlanEngines:
        """Give the engines of this installation."""
        executor = ProcessExecutor(workers=self.settings.workers)
        forecaster = Cached(forecaster=Ensemble(mode=mode, executor=executor), stages=self.store.stages)
        return PlanEngines(forecaster=forecaster, solver=ManyHighs(executor=executor), progress=self.progress)

    def learned(self, snapshot: Digest, forecaster: Forecaster) -> Learned:
        """Give what the forecast learned from a snapshot, from the tables as they were imported.

        Learned once and kept: every plan and scenario of the snapshot predicts with it, whatever it changes (noise
        law).
        """
        kept = self.kept_learned(snapshot, forecaster)
        if kept is not None:
            return kept
        stored = self.store.snapshot(snapshot)
        company = parse_company(stored.company_text)
        inputs, _ = build_inputs(company, stored.tables, self.specs, self.registry)
        found = learn_forecast(inputs, forecaster)
        self.store.stages.put(_recipe_of_learned(snapshot, forecaster), found.pack())
        return found

    def kept_learned(self, snapshot: Digest, forecaster: Forecaster) -> Learned | None:
        """Give what the forecast learned from a snapshot if it is kept; None when nothing was planned from it yet."""
        kept = self.store.stages.get(_recipe_of_learned(snapshot, forecaster))
        return None if kept is None else unpack(kept)

    def sources(self, scenario: str, *, snapshot: Digest | None = None, upto: Seq | None = None) -> Sources:
        """Give what a plan of a scenario is made from (as of an earlier snapshot and entry, if asked).

        Raises NotFound when there is no such scenario, or nothing was imported yet.
        """
        name = ScenarioId(scenario)
        digest = snapshot or self.store.scenario(name).snapshot
        if digest is None:
            raise NotFound(f"nothing was imported into scenario {scenario} yet. First: trivet import FOLDER")
        stored = self.store.snapshot(digest)
        head = self.store.head(name)
        seq = head if upto is None else Seq(min(upto, head))
        entries = self.store.entries(name, upto=seq)
        company = parse_company(stored.company_text)
        tables, issues = apply_record_changes(
            stored.tables, about_numbers(entries), company_tables(self.specs, company), company.buckets()
        )
        inputs, found = build_inputs(company, tables, self.specs, self.registry)
        inputs = with_streams_published(self, MAIN, stored, inputs)
        return Sources(
            snapshot=digest, seq=seq, inputs=inputs, entries=entries, issues=(*issues, *found), tables=tables
        )

    def version(self, name: str) -> StoredVersion:
        """Give a version by its id, or the latest one of a scenario.

        Raises NotFound when the name is neither, or the scenario has no plan yet.
        """
        if any(scenario.id == name for scenario in self.store.scenarios()):
            latest = self.store.latest_version(ScenarioId(name))
            if latest is None or latest.seq < self.store.scenario(ScenarioId(name)).since:
                stands = "no plan yet" if latest is None else "no plan on its new base yet"
                raise NotFound(f"scenario {name} has {stands}. First: trivet plan --scenario {name}")
            return latest
        return self.store.version(VersionId(name))

    def sources_of(self, version: StoredVersion, plan: Plan) -> Sources:
        """Give what a stored version was made from; its items have the classes (ABC, XYZ, life cycle) of its plan."""
        sources = self.sources(version.scenario, snapshot=version.snapshot, upto=version.seq)
        return replace(sources, inputs=with_segments(sources.inputs, plan.panel("demand")))

    def opened(self, name: str) -> tuple[StoredVersion, Plan, PlanInputs]:
        """Give a version with its plan and inputs, whole: for what is worked out, not shown (see `seen`)."""
        version = self.version(name)
        plan = self.store.load_plan(version.id)
        return version, plan, self.sources_of(version, plan).inputs

    def seen(self, name: str) -> tuple[StoredVersion, Plan, PlanInputs]:
        """Give a version with its plan and inputs, cut to what the actor may see."""
        version, plan, inputs = self.opened(name)
        return version, *see_numbers(self, plan, inputs)

    def planned_version(self, scenario: str) -> StoredVersion:
        """Give the version changes of a scenario are made on: its latest, or for a new branch its parent's.

        Raises NotFound when there is none yet.
        """
        known = self.store.scenario(ScenarioId(scenario))
        latest = self.store.latest_version(known.id)
        if latest is not None and latest.seq >= known.since:
            return latest
        if known.base_version is not None:
            return self.store.version(known.base_version)
        return self.version(scenario) if known.parent is None else self.planned_version(known.parent)

    def planned(self, scenario: str) -> tuple[StoredVersion, Plan, PlanInputs]:
        """Give the version changes of a scenario are made on, with its plan and inputs."""
        return self.opened(self.planned_version(scenario).id)

    def cube(self, scenario: str) -> Cube:
        """Give a scenario live: every change recorded until now is in it.

        Raises NotFound when there is no such scenario, or it has no plan yet.
        """
        found = self.cubes.pop(scenario, None)
        if found is None:
            found = Cube.open(self, scenario)
        else:
            found.catch_up()
        self.cubes[scenario] = found
        for oldest in list(self.cubes)[:-CUBES]:
            self.cubes.pop(oldest, None)
        return found

    def looked_at(self, name: str) -> Looked:
        """Give a scenario as it stands now, or a version as it was made, cut to what the actor may see; NotFound."""
        return see(self, self.whole(name))

    def whole(self, name: str) -> Looked:
        """Give a scenario as it stands now, or a version as it was made, whole: for what is worked out, not shown."""
        if any(scenario.id == name for scenario in self.store.scenarios()):
            cube = self.cube(name)
            return Looked(
                version=cube.version,
                made=cube.head.ground.plan,
                plan=cube.plan,
                inputs=cube.inputs,
                entries=cube.head.log,
                stale=cube.stale,
            )
        version = self.version(name)
        plan = self.store.load_plan(version.id)
        sources = self.sources_of(version, plan)
        return Looked(version=version, made=plan, plan=plan, inputs=sources.inputs, entries=sources.entries, stale=None)

    def reference(self, scenario: str, *, upto: Seq | None = None) -> Plan | None:
        """Give the plan a branch stands on (when its log was at `upto`): its base, else its parent's latest version.

        None for a scenario without one.
        """
        known = self.store.standing(ScenarioId(scenario), upto=upto)
        latest = self.store.latest_version(known.parent) if known.parent else None
        name = known.base_version or (latest.id if latest else None)
        return self.store.load_plan(name) if name else None

    def write_evidence(self, version: StoredVersion, folder: Path) -> None:
        """Write what a certificate is drawn from: the version's numbers, and the tables it was made from."""
        plan = self.store.load_plan(version.id)
        sources = self.sources_of(version, plan)
        self.store.export_parquet(version.id, folder, self.registry)
        write_evidence(
            folder,
            plan=plan,
            inputs=sources.inputs,
            tables=with_todays_parents(sources.tables, sources.inputs),
            specs=self.specs,
            summary=summarise(sources.inputs, plan),
            version=version.id,
            changes=self._moved(version, plan, sources),
        )

    def _moved(self, version: StoredVersion, plan: Plan, sources: Sources) -> pl.DataFrame | None:
        """Give what the log moved, when its effects speak of the rows of this version; else None."""
        snapshots = {known.digest: known.snapshot for known in self.store.versions()}
        entries = about_numbers(sources.entries)
        if any(snapshots.get(entry.base) != version.snapshot for entry in entries):
            return None
        return moved_cells(plan, sources.inputs, entries)

    def check_current(self, version: StoredVersion) -> Seq:
        """Give the last entry a version is current at; entries beside the numbers (sign-offs) do not age it.

        Raises Conflict when the log or the data have moved on since it was made.
        """
        scenario = self.store.scenario(version.scenario)
        later = self.store.entries(version.scenario, after=version.seq) if scenario.head != version.seq else ()
        if scenario.head - version.seq != len(later) or about_numbers(later):
            raise Conflict(
                f"version {version.id} was made at change {version.seq} and the log stands at {scenario.head}. "
                f"Plan again first: trivet plan --scenario {version.scenario}"
            )
        if scenario.snapshot != version.snapshot:
            raise Conflict(
                f"version {version.id} was made from earlier data. "
                f"Plan again first: trivet plan --scenario {version.scenario}"
            )
        return scenario.head


def _recipe_of_learned(snapshot: Digest, forecaster: Forecaster) -> Digest:
    return Digest(sha256(f"learned|{RULES}|{snapshot}|{forecaster.name}".encode()).hexdigest())


def open_workspace(target: str | None = None, *, actor: str | None = None, progress: Progress = quiet) -> Workspace:
    """Open a workspace: the one named, else $TRIVET_WORKSPACE, else ./trivet-workspace.

    Raises:
        NotFound: there is none; the message says how to make one.
        Unavailable: it has another format, or its database does not answer.
    """
    settings = read_settings({"workspace": target, "actor": actor})
    return Workspace(settings=settings, store=open_store(settings.workspace), progress=progress)
