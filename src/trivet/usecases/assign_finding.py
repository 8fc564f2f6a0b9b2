"""Assign a finding of the data to a person and a day, where the table people and the calendar say otherwise (D8)."""

from datetime import date
from difflib import get_close_matches

from trivet.core.entries import RecordChange
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.health import Finding
from trivet.core.signoffs import OWNERS
from trivet.usecases.accept_finding import FindingAnswer, answer_finding
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Sources, Workspace

DECLARED = Shells(command="health", why="pages come with the workbench")


def assign_finding(
    workspace: Workspace,
    finding: str,
    *,
    owner: str | None = None,
    due: date | None = None,
    reason: str | None = None,
    scenario: str = MAIN,
) -> FindingAnswer:
    """Give a finding another owner, another day, or both; what is not named stays.

    Raises:
        NotFound: nothing of that code is found, or nobody of that name takes part; the nearest is offered.
        InvalidInput: neither owner nor day is named.
        NotPermitted: the person sees only a part of the data.
        Conflict: somebody else said something about it meanwhile.
    """
    if owner is None and due is None:
        raise InvalidInput("neither an owner nor a day is named; expected --owner NAME, --due DAY or both.")
    known = [one.person for one in workspace.everybody]
    if owner is not None and known and owner not in known:
        near = get_close_matches(owner, known, n=1)
        maybe = f" Maybe '{near[0]}'?" if near else ""
        raise NotFound(f"'{owner}' is not in the table people ({len(known)} known).{maybe}")
    given = {"owner": owner, "due": None if due is None else due.isoformat()}

    def assigned(_sources: Sources, found: Finding) -> RecordChange:
        after = tuple((name, text) for name, text in given.items() if text is not None)
        return RecordChange(table=OWNERS, key=(("finding", found.code),), after=after, reason=reason)

    return answer_finding(workspace, finding, assigned, scenario=scenario, source="health assign")
