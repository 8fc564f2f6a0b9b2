"""Preview changes: what they would do to their node and the cells under it, before anything is recorded (C3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from trivet.core.entries import Change, Entry
from trivet.core.ids import ScenarioId
from trivet.core.issues import Issue
from trivet.core.permits import refuse_entries
from trivet.core.said import Said, to_change
from trivet.cycle.fences import check_fence
from trivet.planning.preview import Children, Preview, preview
from trivet.usecases.declare import Shells
from trivet.usecases.record_changes import unknown_names
from trivet.workspace.seen import see_numbers
from trivet.workspace.workspace import MAIN, Workspace

__all__ = ["Children", "Preview", "PreviewAnswer", "preview_changes"]
DECLARED = Shells(command="change", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAnswer:
    """What changes would do; nothing is recorded.

    Attributes:
        scenario: scenario they would belong to.
        previews: one a change, each on top of those before it, up to the first that would be refused.
        issues: why one would be refused, and warnings of fences.
    """

    scenario: ScenarioId
    previews: tuple[Preview, ...]
    issues: tuple[Issue, ...]


def preview_changes(workspace: Workspace, changes: Sequence[Entry | Said], *, scenario: str = MAIN) -> PreviewAnswer:
    """Tell what changes would do to the log as it stands: totals, largest relative change, zeros and locks.

    Args:
        workspace: the open workspace.
        changes: in the order they would apply, as entries or in people's words.
        scenario: scenario they would belong to.

    Raises:
        InvalidInput: an amount or bucket cannot be read.
        NotFound: a measure, level or member is not known, or there is no plan yet.
    """
    name = ScenarioId(scenario)
    _, plan, inputs = workspace.planned(scenario)
    _, seen = see_numbers(workspace, plan, inputs)
    entries = tuple(to_change(said, seen.model) if isinstance(said, Said) else said for said in changes)
    fences = tuple(
        issue for entry in entries if isinstance(entry, Change) for issue in check_fence(entry, inputs.model.buckets)
    )
    theirs = refuse_entries(entries, inputs.model, seen.model, workspace.rights)
    if refused := theirs + unknown_names(entries, inputs, seen):
        return PreviewAnswer(scenario=name, previews=(), issues=refused)
    previews, problems = preview(plan, inputs, workspace.store.entries(name), entries)
    return PreviewAnswer(scenario=name, previews=previews, issues=(*fences, *problems))
