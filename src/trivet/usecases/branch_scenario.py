"""Branch a scenario: one row, no copy; it sees what its parent saw, and changes nothing there."""

from dataclasses import dataclass

from trivet.core.ids import ScenarioId, Seq
from trivet.core.rights import Task
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="branch", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchAnswer:
    """The new scenario, its parent, and the sequence number it was branched at."""

    scenario: ScenarioId
    parent: ScenarioId
    seq: Seq


def branch_scenario(workspace: Workspace, scenario: str, *, parent: str = MAIN, title: str = "") -> BranchAnswer:
    """Branch `parent` into a new scenario.

    Raises:
        Conflict: there is a scenario of that name.
        NotFound: there is no such parent.
    """
    workspace.rights.check_task(Task.PLAN)
    seq = workspace.store.head(ScenarioId(parent))
    workspace.store.create_scenario(
        ScenarioId(scenario), title or scenario, ScenarioId(parent), workspace.stamp("branch")
    )
    return BranchAnswer(scenario=ScenarioId(scenario), parent=ScenarioId(parent), seq=seq)
