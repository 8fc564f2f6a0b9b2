"""What is asked of changes before they count, the same whether they are recorded or only previewed.

First what the change itself says: may this person change that measure there, is the place open (fences), is the reason
code known, and the assumption. Then what it does: does it stay within their part, and does a large one say what it
rests on. Reads the head of the scenario, the company's settings and the table `assumptions`; writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trivet.core.entries import Change, Effect, Entry, RecordChange
from trivet.core.issues import Issue, Place, Severity
from trivet.core.permits import beyond, refuse_effects, refuse_entries
from trivet.core.plan import PlanInputs
from trivet.core.rights import Rights
from trivet.core.said import Said, to_change
from trivet.core.signoffs import is_beside
from trivet.cycle.fences import check_fence
from trivet.cycle.grounds import check_grounds, check_names
from trivet.workspace.cube import Cube
from trivet.workspace.seen import see_numbers

if TYPE_CHECKING:
    from trivet.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Admission:
    """Changes as entries, and what is to be said of them before their effects are known.

    Attributes:
        cube: the scenario they would belong to.
        rights: of who wants them.
        entries: the changes, in order.
        refused: why they can't be made whatever they do; empty = try them.
        warnings: what to think of, such as a fence, when they are made.
    """

    cube: Cube
    rights: Rights
    entries: tuple[Entry, ...]
    refused: tuple[Issue, ...]
    warnings: tuple[Issue, ...]

    def refuse(self, change: Change, effects: Sequence[Effect]) -> tuple[Issue, ...]:
        """Refuse a change for what it does: it reaches beyond their part, or is large and says not why."""
        inputs = self.cube.inputs
        model = inputs.model
        if refuse_effects(effects, self.cube.plan.panels, model, self.rights):
            return beyond(change, self.rights)
        return check_grounds(change, effects, model.company, model.registry, _assumptions(inputs))


def admit(workspace: "Workspace", cube: Cube, changes: Sequence[Entry | Said]) -> Admission:
    """Read changes, in people's words or as entries, and check all that can be checked before their effects.

    Raises:
        InvalidInput: an amount or bucket cannot be read.
        NotFound: a measure, level or member is not known, or not theirs.
        NotPermitted: the table `people` does not name who acts.
    """
    model, rights = cube.inputs.model, workspace.rights
    _, seen = see_numbers(workspace, cube.plan, cube.inputs)
    entries = tuple(to_change(said, seen.model) if isinstance(said, Said) else said for said in changes)
    fences = tuple(i for entry in entries if isinstance(entry, Change) for i in check_fence(entry, model.buckets))
    refused = refuse_entries(entries, model, seen.model, rights)
    refused += tuple(issue for issue in fences if issue.severity is Severity.REFUSED)
    refused += _unknown_names(entries, cube.inputs, seen) + _signed_elsewhere(entries)
    return Admission(cube=cube, rights=rights, entries=entries, refused=refused, warnings=fences)


def _unknown_names(entries: Sequence[Entry], inputs: PlanInputs, seen: PlanInputs) -> tuple[Issue, ...]:
    """Refuse reason codes and assumptions nobody knows; only what somebody may see is offered instead."""
    known, named = _assumptions(inputs), _assumptions(seen)
    return tuple(
        issue
        for entry in entries
        if isinstance(entry, Change)
        for issue in check_names(entry, inputs.model.company, known, named)
    )


def _signed_elsewhere(entries: Sequence[Entry]) -> tuple[Issue, ...]:
    """Refuse sign-offs put as rows: what is signed is worked out from the plan, never typed in."""
    return tuple(
        Issue(
            code="signoff.not-a-row",
            severity=Severity.REFUSED,
            place=Place(source=entry.table),
            message=f"a row of {entry.table} is a sign-off: who, when and what was signed are never typed in.",
            advice="Sign: trivet consensus approve, trivet health accept or trivet health assign.",
        )
        for entry in entries
        if isinstance(entry, RecordChange) and is_beside(entry) and entry.withdraws is None
    )


def _assumptions(inputs: PlanInputs) -> list[str]:
    return inputs.table("assumptions")["assumption"].to_list()
