"""What stored versions predicted with: the forecaster and what it had learned from their snapshot, as it was kept.

A version names both in its recipe. Nothing is learned here again for an earlier version: where the program or what it
learned is another by now, that is said instead.
"""

from typing import TYPE_CHECKING

from trivet.core.options import PlanOptions
from trivet.core.ports import Forecaster
from trivet.planning.causes import Taught
from trivet.planning.make import find_options
from trivet.store.stored import StoredVersion

if TYPE_CHECKING:
    from trivet.workspace.workspace import Workspace


def taught_of(workspace: "Workspace", version: StoredVersion) -> Taught | None:
    """Give what a version predicted with; None where it is not kept, or the forecaster is another by now."""
    engines, forecaster = dict(version.manifest.recipe.engines), _forecaster(workspace, version)
    kept = workspace.kept_learned(version.snapshot, forecaster)
    if engines.get("forecaster") != forecaster.name or kept is None or engines.get("learned") != kept.digest():
        return None
    return Taught(forecaster=forecaster, learned=kept)


def taught_now(workspace: "Workspace", version: StoredVersion) -> Taught:
    """Give what the next plan of a version's snapshot predicts with."""
    forecaster = _forecaster(workspace, version)
    return Taught(forecaster=forecaster, learned=workspace.learned(version.snapshot, forecaster))


def _forecaster(workspace: "Workspace", version: StoredVersion) -> Forecaster:
    """Give the forecaster of a version's choices; of choices nobody can make now, that of the settings."""
    options = find_options(version.manifest.recipe.options) or PlanOptions(mode=workspace.settings.mode)
    return workspace.engines(options.mode).forecaster
