"""What somebody looks at, cut to what they may see: every reading use-case gets its numbers through here.

The mask itself is `core.mask`; this gives it the numbers, the inputs and the log of one look, all from one plan.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from trivet.core.entries import Logged
from trivet.core.mask import Ledger, see_entries, see_inputs, see_model, see_panel, see_plan
from trivet.core.plan import Model, Plan, PlanInputs
from trivet.core.renames import by_todays_codes
from trivet.core.signoffs import about_numbers
from trivet.planning.rows import on_rows_of
from trivet.planning.segmented import with_segments
from trivet.store.stored import StoredVersion
from trivet.workspace.axes import axes_of

if TYPE_CHECKING:
    from trivet.workspace.workspace import Looked, Workspace


def see(workspace: "Workspace", looked: "Looked") -> "Looked":
    """Cut what is looked at to what the actor may see; as it is for who sees everything.

    Raises NotPermitted for somebody the table `people` does not name.
    """
    rights = workspace.rights
    if rights.whole:
        return looked
    plan, inputs = see_numbers(workspace, looked.plan, looked.inputs)
    entries = see_log(workspace, looked.version, looked.made, looked.inputs.model, looked.entries)
    stale = looked.stale
    if stale is not None:
        since = sum(entry.seq > looked.version.seq for entry in about_numbers(entries))
        stale = replace(stale, changes=since) if since or stale.imported else None
    return replace(looked, plan=plan, made=plan, inputs=inputs, entries=entries, stale=stale)


def see_numbers(workspace: "Workspace", plan: Plan, inputs: PlanInputs) -> tuple[Plan, PlanInputs]:
    """Cut a plan and what it was made from to what the actor may see; classes are those of their own rows."""
    rights = workspace.rights
    if rights.whole:
        return plan, inputs
    cut = see_plan(plan, inputs.model, rights)
    own = see_inputs(inputs, cut.panels, rights)
    return cut, with_segments(own, cut.panel("demand")) if rights.nodes else own


def see_today(workspace: "Workspace", looked: "Looked") -> PlanInputs:
    """Give today's inputs of a scenario, cut to what the actor may see of a plan by today's codes."""
    inputs, rights = workspace.sources(looked.version.scenario).inputs, workspace.rights
    dimensions = inputs.model.dimensions
    panels = {grain: by_todays_codes(panel, dimensions) for grain, panel in looked.plan.panels.items()}
    return see_inputs(inputs, panels, rights)


def see_log(
    workspace: "Workspace", version: StoredVersion, plan: Plan, model: Model, entries: Sequence[Logged]
) -> tuple[Logged, ...]:
    """Give the part of a log the actor may see, effects in the rows of what they see of a version.

    Args:
        workspace: the open workspace.
        version: a version of the scenario.
        plan: its plan, whole.
        model: what its numbers mean, whole.
        entries: the log.
    """
    rights = workspace.rights
    if rights.whole:
        return tuple(entries)
    log = on_rows_of(entries, version.digest, plan.panels, axes_of(workspace), workspace.registry)
    cut = {grain: see_panel(panel, model, rights) for grain, panel in plan.panels.items()}
    return see_entries(log, Ledger(panels=plan.panels, whole=model, seen=see_model(model, cut, rights)), rights)
