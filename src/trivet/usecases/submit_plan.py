"""Submit a plan for review, or take it back to draft."""

from dataclasses import dataclass

from trivet.core.ids import VersionId
from trivet.core.rights import Task
from trivet.cycle.stages import State, check_step
from trivet.store import VersionState
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="submit", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAnswer:
    """Where a version stands now, and who moved it there."""

    version: VersionId
    state: State
    actor: str


def submit_plan(workspace: Workspace, *, plan: str = MAIN, back: bool = False) -> StateAnswer:
    """Put the latest version into review; `back` returns it to draft.

    Raises:
        Conflict: the version is in a state from which this step can't be taken, or the log has
            moved on since the plan was made.
        NotPermitted: the person's role may not.
    """
    workspace.rights.check_task(Task.SUBMIT)
    version = workspace.version(plan)
    wanted = State.DRAFT if back else State.IN_REVIEW
    check_step(State(version.state), wanted)
    if not back:
        workspace.check_current(version)
    workspace.store.set_state(version.id, VersionState(wanted), workspace.stamp("submit"))
    return StateAnswer(version=version.id, state=wanted, actor=workspace.settings.actor)
