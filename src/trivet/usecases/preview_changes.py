"""Preview changes: what they would do to their node and the cells under it, before anything is recorded (C3).

It takes the very steps that record a change (`workspace.admission`, `Cube.try_out`) and stops before the log, so that
it refuses and warns of the same in the same words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trivet.core.entries import Entry
from trivet.core.ids import ScenarioId, Seq
from trivet.core.issues import Issue
from trivet.core.said import Said
from trivet.planning.preview import Children, Preview, preview_change
from trivet.usecases.declare import Shells
from trivet.workspace.admission import admit
from trivet.workspace.workspace import MAIN, Workspace

__all__ = ["Children", "Preview", "PreviewAnswer", "preview_changes"]
DECLARED = Shells(command="change", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAnswer:
    """What changes would do; nothing is recorded.

    Attributes:
        scenario: scenario they would belong to.
        accepted: whether recording them would be accepted now.
        previews: one a change, each on top of those before it, up to the first that would be refused; that one as
            well where it is refused for its size, so that it can be judged.
        issues: what recording them would answer: refusals, or warnings of fences.
    """

    scenario: ScenarioId
    accepted: bool
    previews: tuple[Preview, ...]
    issues: tuple[Issue, ...]


def preview_changes(
    workspace: Workspace, changes: Sequence[Entry | Said], *, scenario: str = MAIN, seen: int | None = None
) -> PreviewAnswer:
    """Tell what changes would do to the log as it stands: totals, largest relative change, zeros and locks.

    Args:
        workspace: the open workspace.
        changes: in the order they would apply, as entries or in people's words.
        scenario: scenario they would belong to.
        seen: sequence number of the log the person looked at; None = do not check.

    Raises:
        Conflict: somebody changed the same cells since `seen`.
        InvalidInput: an amount or bucket cannot be read.
        NotFound: a measure, level or member is not known, or there is no plan yet.
        NotPermitted: the table `people` does not name who acts.
    """
    cube, name = workspace.cube(scenario), ScenarioId(scenario)
    asked = admit(workspace, cube, changes)
    if asked.refused:
        return PreviewAnswer(scenario=name, accepted=False, previews=(), issues=asked.refused)
    previews, refused = cube.try_out(
        asked.entries,
        workspace.stamp("preview"),
        seen=None if seen is None else Seq(seen),
        refuse=asked.refuse,
        tell=preview_change,
    )
    if any(issue.code.startswith("rights.") for issue in refused):
        previews = previews[:-1]  # what lies beyond their part is not told either
    return PreviewAnswer(scenario=name, accepted=not refused, previews=previews, issues=refused or asked.warnings)
