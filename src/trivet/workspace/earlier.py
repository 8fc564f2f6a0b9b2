"""What versions published in earlier cycles said, for accuracy: only the measures asked for are read."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from trivet.core.ids import Digest, ScenarioId
from trivet.core.panel import Panel
from trivet.core.plan import Model, PlanInputs
from trivet.core.renames import by_todays_codes
from trivet.demand.weighing import scores_wanted
from trivet.planning.accuracy import with_earlier_plans
from trivet.planning.inputs import inputs_digest
from trivet.store.stored import StoredSnapshot, VersionState

if TYPE_CHECKING:
    from trivet.workspace.workspace import Workspace


def earlier_panels(
    workspace: "Workspace", scenario: str, model: Model, *measures: str, until: datetime | None = None
) -> tuple[Panel, ...]:
    """Give measures of demand as versions of a scenario published it before the current bucket, by today's codes.

    Args:
        workspace: the open workspace.
        scenario: whose versions; those cut into other buckets (weeks, not months) are left out.
        model: today's.
        measures: of demand; what a version does not hold is left out.
        until: versions published later are left out; None = none.

    Returns:
        Panels, oldest version first; they hold every series, so what is shown must be cut to what somebody may see.
    """
    panels = []
    for version in workspace.store.versions(ScenarioId(scenario)):
        buckets = next((part.buckets for grain, part in version.manifest.grains.items() if grain == "demand"), None)
        if version.state is not VersionState.PUBLISHED or buckets is None:
            continue
        if until is not None and (version.published is None or version.published > until):
            continue
        if buckets.calendar is model.buckets.calendar and buckets.current < model.buckets.current:
            panel = workspace.store.load_panel(version.id, "demand", measures)
            panels.append(by_todays_codes(panel, model.dimensions))
    return tuple(panels)


def with_streams_published(
    workspace: "Workspace", scenario: str, snapshot: StoredSnapshot, inputs: PlanInputs
) -> PlanInputs:
    """Give inputs in which streams are weighed by what versions said too that were published here before the data came.

    Without a rule by accuracy they stay as they are. A snapshot always gives the same: versions published after it was
    first stored are left out. What was added is in the digest of the inputs, so that the recipe of a plan names it.

    Args:
        workspace: the open workspace.
        scenario: whose versions.
        snapshot: where the inputs come from.
        inputs: with the rules of the consensus.
    """
    wanted = scores_wanted(inputs)
    if not wanted:
        return inputs
    measures = sorted({measure for measure, _ in wanted})
    plans = earlier_panels(workspace, scenario, inputs.model, *measures, until=snapshot.created)
    found = inputs
    for measure in measures:
        found = with_earlier_plans(found, measure, plans, [lag for name, lag in wanted if name == measure])
    if found is inputs:
        return inputs
    told = inputs_digest(inputs.model.company, {"published": found.table("published")})
    return replace(found, digest=Digest(sha256(f"{inputs.digest}|published here|{told}".encode()).hexdigest()))
