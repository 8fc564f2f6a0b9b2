"""An open workspace: the one place that knows store, engines, clock and ids together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import polars as pl

from trivet.connect.evidence import write_evidence
from trivet.core.company import parse_company
from trivet.core.dimensions import Dimension
from trivet.core.entries import Logged
from trivet.core.errors import Conflict, NotFound
from trivet.core.ids import ActorId, Digest, ScenarioId, Seq, VersionId
from trivet.core.issues import Issue
from trivet.core.measures import Registry
from trivet.core.plan import Plan, PlanInputs
from trivet.core.ports import Forecaster, Progress, Solver
from trivet.core.recordchanges import apply_record_changes
from trivet.core.records import Stamp
from trivet.core.tables import TableSpec
from trivet.engines.cached import Cached
from trivet.engines.highs import HighsSolver
from trivet.engines.processes import ProcessExecutor
from trivet.engines.theta import Theta
from trivet.planning.effects import moved_cells
from trivet.planning.inputs import build_inputs
from trivet.planning.summary import summarise
from trivet.store import Store, open_store
from trivet.store.stored import StoredVersion
from trivet.workspace.registries import measure_registry, table_specs
from trivet.workspace.settings import Settings, read_settings

MAIN = "main"
"""Name of the working plan's scenario."""


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
    """What a plan of a scenario is made from: inputs and tables with record changes put in, and the live log."""

    snapshot: Digest
    inputs: PlanInputs
    entries: tuple[Logged, ...]
    issues: tuple[Issue, ...]
    tables: Mapping[str, pl.DataFrame]


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
    """

    settings: Settings
    store: Store
    registry: Registry = field(default_factory=measure_registry)
    specs: Mapping[str, TableSpec] = field(default_factory=table_specs)
    progress: Progress = quiet
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_id: Callable[[], str] = lambda: uuid4().hex

    def stamp(self, source: str) -> Stamp:
        """Say who does something, now."""
        return Stamp(actor=ActorId(self.settings.actor), at=self.clock(), source=source, group=self.new_id())

    def engines(self) -> PlanEngines:
        """Give the engines of this installation."""
        executor = ProcessExecutor(workers=self.settings.workers)
        forecaster = Cached(forecaster=Theta(executor=executor), stages=self.store.stages)
        return PlanEngines(forecaster=forecaster, solver=HighsSolver(), progress=self.progress)

    def sources(self, scenario: str, *, snapshot: Digest | None = None, upto: Seq | None = None) -> Sources:
        """Give what a plan of a scenario is made from (as of an earlier snapshot and entry, if asked).

        Raises NotFound when there is no such scenario, or nothing was imported yet.
        """
        name = ScenarioId(scenario)
        digest = snapshot or self.store.scenario(name).snapshot
        if digest is None:
            raise NotFound(f"nothing was imported into scenario {scenario} yet. First: trivet import FOLDER")
        stored = self.store.snapshot(digest)
        entries = self.store.entries(name, upto=upto)
        company = parse_company(stored.company_text)
        tables, issues = apply_record_changes(stored.tables, entries, self.specs, company.buckets())
        inputs, found = build_inputs(company, tables, self.specs, self.registry)
        return Sources(snapshot=digest, inputs=inputs, entries=entries, issues=(*issues, *found), tables=tables)

    def version(self, name: str) -> StoredVersion:
        """Give a version by its id, or the latest one of a scenario.

        Raises NotFound when the name is neither, or the scenario has no plan yet.
        """
        if any(scenario.id == name for scenario in self.store.scenarios()):
            latest = self.store.latest_version(ScenarioId(name))
            if latest is None:
                raise NotFound(f"scenario {name} has no plan yet. First: trivet plan --scenario {name}")
            return latest
        return self.store.version(VersionId(name))

    def sources_of(self, version: StoredVersion) -> Sources:
        """Give what a stored version was made from."""
        return self.sources(version.scenario, snapshot=version.snapshot, upto=version.seq)

    def opened(self, name: str) -> tuple[StoredVersion, Plan, PlanInputs]:
        """Give a version with its plan and inputs."""
        version = self.version(name)
        return version, self.store.load_plan(version.id), self.sources_of(version).inputs

    def planned(self, scenario: str) -> tuple[StoredVersion, Plan, PlanInputs]:
        """Give the plan changes of a scenario are made on: its latest, or for a new branch its parent's.

        Raises NotFound when there is none yet.
        """
        known = self.store.scenario(ScenarioId(scenario))
        parent = known.parent
        if self.store.latest_version(known.id) is None and parent is not None:
            return self.planned(parent)
        return self.opened(scenario)

    def reference(self, scenario: str) -> Plan | None:
        """Give the plan a branch starts from: its parent's latest version; None for a scenario without one."""
        parent = self.store.scenario(ScenarioId(scenario)).parent
        latest = self.store.latest_version(parent) if parent else None
        return self.store.load_plan(latest.id) if latest else None

    def write_evidence(self, version: StoredVersion, folder: Path) -> None:
        """Write what a certificate is drawn from: the version's numbers, and the tables it was made from."""
        sources, plan = self.sources_of(version), self.store.load_plan(version.id)
        self.store.export_parquet(version.id, folder, self.registry)
        write_evidence(
            folder,
            plan=plan,
            inputs=sources.inputs,
            tables=sources.tables,
            specs=self.specs,
            summary=summarise(sources.inputs, plan),
            version=version.id,
            changes=self._moved(version, plan, sources),
        )

    def _moved(self, version: StoredVersion, plan: Plan, sources: Sources) -> pl.DataFrame | None:
        """Give what the log moved, when its effects speak of the rows of this version; else None."""
        snapshots = {known.digest: known.snapshot for known in self.store.versions()}
        if any(snapshots.get(entry.base) != version.snapshot for entry in sources.entries):
            return None
        return moved_cells(plan, sources.inputs, sources.entries)

    def check_current(self, version: StoredVersion) -> None:
        """Raise Conflict when the log or the data have moved on since a version was made."""
        scenario = self.store.scenario(version.scenario)
        if scenario.head != version.seq:
            raise Conflict(
                f"version {version.id} was made at change {version.seq} and the log stands at {scenario.head}. "
                f"Plan again first: trivet plan --scenario {version.scenario}"
            )
        if scenario.snapshot != version.snapshot:
            raise Conflict(
                f"version {version.id} was made from earlier data. "
                f"Plan again first: trivet plan --scenario {version.scenario}"
            )


def level_of(inputs: PlanInputs, name: str) -> tuple[str, str]:
    """Give (dimension, level) for the name of a level; NotFound lists the levels there are."""
    owners: Sequence[Dimension] = [d for d in inputs.model.dimensions.values() if name in d.levels]
    if not owners:
        known = sorted({level for d in inputs.model.dimensions.values() for level in d.levels})
        raise NotFound(f"level '{name}' is not known; known are {', '.join(known)}.")
    return owners[0].name, name


def open_workspace(target: str | None = None, *, actor: str | None = None, progress: Progress = quiet) -> Workspace:
    """Open a workspace: the one named, else $TRIVET_WORKSPACE, else ./trivet-workspace.

    Raises:
        NotFound: there is none; the message says how to make one.
        Unavailable: it has another format, or its database does not answer.
    """
    settings = read_settings({"workspace": target, "actor": actor})
    return Workspace(settings=settings, store=open_store(settings.workspace), progress=progress)
