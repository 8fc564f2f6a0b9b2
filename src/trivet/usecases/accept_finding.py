"""Accept a finding of the data: somebody answers for it, with a reason, so that the cycle does not wait for it (D8).

An acceptance is for what is found now: when the finding grows or another code comes in, it lapses and is asked again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from trivet.core.entries import RecordChange
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.health import Finding
from trivet.core.ids import ScenarioId
from trivet.core.issues import Issue
from trivet.core.signoffs import ACCEPTANCES
from trivet.usecases.declare import Shells
from trivet.workspace.signed import health_of, sign
from trivet.workspace.workspace import MAIN, Sources, Workspace

DECLARED = Shells(command="health", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingAnswer:
    """A finding somebody said something about.

    Attributes:
        scenario: whose data.
        recorded: whether it is in the log.
        finding: as it stands now.
        issues: why nothing was recorded.
    """

    scenario: ScenarioId
    recorded: bool
    finding: Finding
    issues: tuple[Issue, ...]


def accept_finding(
    workspace: Workspace, finding: str, *, reason: str, until: date | None = None, scenario: str = MAIN
) -> FindingAnswer:
    """Accept a finding as it is now.

    Args:
        workspace: the open workspace.
        finding: its code (`trivet health`), or the beginning of one.
        reason: why the plan can do with it; others judge it.
        until: day until which it holds; None = in this cycle only.
        scenario: whose data.

    Raises:
        NotFound: nothing of that code is found; the nearest is offered.
        InvalidInput: there is no reason, or the day is over.
        NotPermitted: the person sees only a part of the data.
        Conflict: somebody else said something about it meanwhile.
    """
    if not reason.strip():
        raise InvalidInput('a finding is accepted without a reason; expected one that others can judge: --reason "..."')
    today = workspace.clock().date()
    if until is not None and until < today:
        raise InvalidInput(f"until {until} is over (today is {today}); expected a day to come, or none: this cycle.")

    def accepted(sources: Sources, found: Finding) -> RecordChange:
        after = {
            "cycle": f"{sources.inputs.model.buckets.current:%Y-%m-%d}",
            "until": "" if until is None else until.isoformat(),
            "amount": "" if found.at_stake is None else str(found.at_stake),
            "members": ";".join(found.members),
        }
        key = (("finding", found.code),)
        return RecordChange(table=ACCEPTANCES, key=key, after=tuple(after.items()), reason=reason.strip())

    return answer_finding(workspace, finding, accepted, scenario=scenario, source="health accept")


def answer_finding(
    workspace: Workspace,
    finding: str,
    row: Callable[[Sources, Finding], RecordChange],
    *,
    scenario: str,
    source: str,
) -> FindingAnswer:
    """Put a row about a finding into the log, where the person's rights allow it."""
    name = ScenarioId(scenario)
    workspace.rights.check_whole("The health of the data")
    seen, sources = workspace.store.head(name), workspace.sources(scenario)
    found = _named(workspace, sources, finding)
    model = sources.inputs.model
    refused = sign(workspace, scenario, [row(sources, found)], (model, model), seen=seen, source=source)
    now = found if refused else _named(workspace, workspace.sources(scenario), found.code)
    return FindingAnswer(scenario=name, recorded=not refused, finding=now, issues=refused)


def _named(workspace: Workspace, sources: Sources, code: str) -> Finding:
    """Give the finding of a code, or the only one whose code begins so."""
    health = health_of(workspace, sources)
    known = {finding.code: finding for finding in (*health.findings, *health.accepted)}
    said = code.strip().casefold()
    same = [one for one in known if one.casefold() == said] or [one for one in known if one.casefold().startswith(said)]
    if len(same) == 1:
        return known[same[0]]
    if same:
        raise NotFound(f"'{code}' begins {len(same)} findings: {', '.join(same)}. Say more of it.")
    near = get_close_matches(code, list(known), n=1, cutoff=0.4)
    maybe = f" Maybe '{near[0]}'?" if near else ""
    raise NotFound(f"finding '{code}' is not found in the data ({len(known)} findings).{maybe} See: trivet health")
