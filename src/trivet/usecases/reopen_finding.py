"""Reopen a finding: its acceptance is taken back, and the cycle waits for it again (D8)."""

from trivet.core.entries import RecordChange
from trivet.core.errors import Conflict
from trivet.core.health import Finding
from trivet.core.signoffs import ACCEPTANCES
from trivet.usecases.accept_finding import FindingAnswer, answer_finding
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Sources, Workspace

DECLARED = Shells(command="health", why="pages come with the workbench")


def reopen_finding(
    workspace: Workspace, finding: str, *, reason: str | None = None, scenario: str = MAIN
) -> FindingAnswer:
    """Take the acceptance of a finding back.

    Raises:
        NotFound: nothing of that code is found; the nearest is offered.
        Conflict: it is not accepted, or somebody else said something about it meanwhile.
        NotPermitted: the person sees only a part of the data.
    """

    def reopened(_sources: Sources, found: Finding) -> RecordChange:
        if found.acceptance is None:
            raise Conflict(f"finding {found.code} is not accepted: there is nothing to take back.")
        return RecordChange(table=ACCEPTANCES, key=(("finding", found.code),), after=None, reason=reason)

    return answer_finding(workspace, finding, reopened, scenario=scenario, source="health reopen")
