"""An open workspace: the one place that knows store, engines, clock and ids together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import polars as pl

from trivet.core.company import parse_company
from trivet.core.entries import Logged, RecordChange
from trivet.core.errors import NotFound
from trivet.core.ids import ActorId, Digest, VersionId
from trivet.core.issues import Issue
from trivet.core.measures import Registry
from trivet.core.plan import PlanInputs
from trivet.core.ports import Forecaster, Progress, Solver
from trivet.core.records import Stamp
from trivet.core.tables import TableSpec
from trivet.core.tablerecords import apply_record_changes
from trivet.engines.highs import Highs
from trivet.engines.processes import LocalProcesses
from trivet.engines.theta import OptimisedTheta
from trivet.planning.inputs import build_inputs
from trivet.store import Store, StoredSnapshot, StoredVersion, open_store
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


@dataclass(frozen=True, slots=True, kw_only=True)
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
        forecaster = OptimisedTheta(executor=LocalProcesses(workers=self.settings.workers))
        return PlanEngines(forecaster=forecaster, solver=Highs(), progress=self.progress)
