"""Withdraw the approval of families' consensus: the number is open again, and the log says who took it back and why."""

from collections.abc import Sequence

from trivet.core.entries import RecordChange
from trivet.core.errors import NotFound
from trivet.core.signoffs import CONSENSUS
from trivet.usecases.approve_consensus import SignedAnswer, key_of, sign_families
from trivet.usecases.declare import Shells
from trivet.workspace.signed import signed
from trivet.workspace.workspace import MAIN, Looked, Workspace

DECLARED = Shells(command="consensus", why="pages come with the workbench")


def withdraw_consensus(
    workspace: Workspace, families: Sequence[str], *, note: str | None = None, scenario: str = MAIN
) -> SignedAnswer:
    """Take the approval of families in this cycle back.

    Raises:
        NotFound: a family is not known (or not theirs) or not approved, or there is no plan yet.
        Conflict: somebody else signed the same family meanwhile.
        NotPermitted: the table `people` does not name who acts.
    """

    def withdrawn(looked: Looked, family: str) -> RecordChange:
        cycle = looked.inputs.model.buckets.current
        standing = signed(looked.entries, CONSENSUS, workspace.whole(scenario).inputs)
        if not any((one.row["family"], one.row["cycle"]) == (family, cycle) for one in standing):
            raise NotFound(f"the consensus of {family} is not approved in cycle {cycle}. See: trivet consensus")
        return RecordChange(table=CONSENSUS, key=key_of(looked, family), after=None, reason=note)

    return sign_families(workspace, families, withdrawn, scenario=scenario, source="consensus withdraw")
