"""Plan in the background: a worker makes the plan while everybody works on, and picks up what a killed one left."""

import json
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from pydantic import TypeAdapter

from trivet.core.errors import NotFound
from trivet.core.ids import Digest, ScenarioId, Seq
from trivet.core.options import PlanOptions
from trivet.core.rights import Task
from trivet.store import NewJob
from trivet.usecases.declare import Shells
from trivet.usecases.list_jobs import JobLine, to_line
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="plan", why="`trivet plan --background`; pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanJob:
    """Arguments of the job: the scenario as it stood when the plan was asked for, and the options."""

    scenario: ScenarioId
    snapshot: Digest
    seq: Seq
    options: PlanOptions = field(default_factory=PlanOptions)


def plan_in_background(workspace: Workspace, scenario: str = MAIN, *, options: PlanOptions | None = None) -> JobLine:
    """Put the plan of a scenario, as it stands now, among the jobs; asking twice gives the same job.

    Raises:
        NotFound: there is no such scenario, or nothing was imported yet.
    """
    workspace.rights.check_task(Task.PLAN)
    found = workspace.store.scenario(ScenarioId(scenario))
    if found.snapshot is None:
        raise NotFound(f"nothing was imported into scenario {scenario} yet. First: trivet import FOLDER")
    work = PlanJob(scenario=found.id, snapshot=found.snapshot, seq=found.head, options=options or PlanOptions())
    new = NewJob(
        use_case="make_plan",
        arguments=TypeAdapter(PlanJob).dump_json(work).decode(),
        recipe=_recipe(workspace, work),
    )
    return to_line(workspace, workspace.store.jobs.ask(new, workspace.stamp("plan --background")))


def _recipe(workspace: Workspace, work: PlanJob) -> Digest:
    """Address everything that decides the plan: the state it starts from, options, the parent's plan and engines."""
    parent = workspace.store.scenario(work.scenario).parent
    near = workspace.store.latest_version(parent) if parent else None
    engines = workspace.engines()
    what = [asdict(work), near.digest if near else None, engines.forecaster.name, engines.solver.name]
    return Digest(sha256(json.dumps(["make_plan", *what], sort_keys=True).encode()).hexdigest())
