"""Make the plan of a scenario: fold in what people changed, forecast, supply, value, and keep it as a version."""

from dataclasses import dataclass, replace

from trivet.core.ids import Digest, ScenarioId, Seq, VersionId
from trivet.core.issues import Issue
from trivet.core.options import PlanOptions
from trivet.core.rights import Task
from trivet.core.summary import PlanSummary
from trivet.planning.make import make_plan as make
from trivet.usecases.declare import Shells
from trivet.usecases.show_plan import NumbersAnswer, show_part, summarise_for
from trivet.workspace.axes import axes_of
from trivet.workspace.seen import see_numbers
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="plan", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAnswer:
    """The plan that was made.

    Attributes:
        version: id of the stored version.
        scenario: scenario it belongs to.
        seq: sequence number of the log it includes.
        digest: sha256 over every number and issue.
        summary: the plan on one screen.
        issues: problems found, largest amount at stake first.
        part: first tables of who sees a part of the plan (`show_plan.SummaryAnswer`).
    """

    version: VersionId
    scenario: ScenarioId
    seq: Seq
    digest: Digest
    summary: PlanSummary
    issues: tuple[Issue, ...]
    part: tuple[NumbersAnswer, ...] = ()


def make_plan(
    workspace: Workspace,
    scenario: str = MAIN,
    *,
    options: PlanOptions | None = None,
    snapshot: Digest | None = None,
    upto: Seq | None = None,
) -> PlanAnswer:
    """Plan a scenario and keep the result as a new draft version.

    Args:
        workspace: the open workspace.
        scenario: which one.
        options: its choices.
        snapshot: plan from these inputs; None = those the scenario has now.
        upto: plan with the log up to this entry; None = all of it.

    Raises:
        NotFound: there is no such scenario, or nothing was imported yet.
    """
    workspace.rights.check_task(Task.PLAN)
    chosen = options or PlanOptions(mode=workspace.settings.mode)
    sources = workspace.sources(scenario, snapshot=snapshot, upto=upto)
    reference = workspace.reference(scenario, upto=sources.seq)
    engines = workspace.engines(chosen.mode)
    learned = workspace.learned(sources.snapshot, engines.forecaster)
    made = make(sources.inputs, sources.entries, chosen, engines, reference, learned, axes_of(workspace))
    plan = replace(made, issues=(*made.issues, *sources.issues))
    name = ScenarioId(scenario)
    version = workspace.store.put_version(name, sources.seq, plan, sources.snapshot, workspace.stamp("plan"))
    seen, inputs = see_numbers(workspace, plan, sources.inputs)
    return PlanAnswer(
        version=version,
        scenario=name,
        seq=sources.seq,
        digest=plan.digest(),
        summary=summarise_for(workspace, inputs, seen),
        issues=seen.issues,
        part=show_part(workspace, version),
    )
