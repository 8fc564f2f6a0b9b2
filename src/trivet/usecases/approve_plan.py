"""Approve a plan in review: somebody else than its submitter says yes."""

from trivet.core.rights import Task
from trivet.cycle.stages import State, check_approver, check_step
from trivet.store import VersionState
from trivet.usecases.declare import Shells
from trivet.usecases.submit_plan import StateAnswer
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="approve", why="pages come with the workbench")


def approve_plan(workspace: Workspace, *, plan: str = MAIN) -> StateAnswer:
    """Approve the version in review.

    Raises:
        Conflict: the version is not in review.
        NotPermitted: the person's role may not; nor may the submitter while others take part.
    """
    workspace.rights.check_task(Task.APPROVE)
    version = workspace.version(plan)
    check_step(State(version.state), State.APPROVED)
    people = workspace.store.snapshot(version.snapshot, only=("people",)).tables.get("people")
    taking_part = 0 if people is None else people.height
    check_approver(version.submitted_by or "", workspace.settings.actor, taking_part)
    workspace.store.set_state(version.id, VersionState.APPROVED, workspace.stamp("approve"))
    return StateAnswer(version=version.id, state=State.APPROVED, actor=workspace.settings.actor)
