"""What versions published in earlier cycles said, for accuracy: only the measures asked for are read."""

from typing import TYPE_CHECKING

from trivet.core.ids import ScenarioId
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.renames import by_todays_codes
from trivet.store.stored import VersionState

if TYPE_CHECKING:
    from trivet.workspace.workspace import Workspace


def earlier_panels(workspace: "Workspace", scenario: str, model: Model, *measures: str) -> tuple[Panel, ...]:
    """Give measures of demand as versions of a scenario published it before the current bucket, by today's codes.

    Args:
        workspace: the open workspace.
        scenario: whose versions; those cut into other buckets (weeks, not months) are left out.
        model: today's.
        measures: of demand; what a version does not hold is left out.

    Returns:
        Panels, oldest version first; they hold every series, so what is shown must be cut to what somebody may see.
    """
    panels = []
    for version in workspace.store.versions(ScenarioId(scenario)):
        buckets = next((part.buckets for grain, part in version.manifest.grains.items() if grain == "demand"), None)
        if version.state is not VersionState.PUBLISHED or buckets is None:
            continue
        if buckets.calendar is model.buckets.calendar and buckets.current < model.buckets.current:
            panel = workspace.store.load_panel(version.id, "demand", measures)
            panels.append(by_todays_codes(panel, model.dimensions))
    return tuple(panels)
