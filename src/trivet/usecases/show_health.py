"""Show the health of the data: what must be mended before the cycle opens, who does it until when, and trust (D8)."""

from dataclasses import dataclass

from trivet.core.errors import NotFound
from trivet.core.health import Health
from trivet.core.ids import Digest, ScenarioId
from trivet.usecases.declare import Shells
from trivet.workspace.signed import health_of
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="health", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAnswer:
    """The health of a snapshot, what people answer for in it, and whether a cycle may open with it."""

    snapshot: Digest
    currency: str
    ready: bool
    health: Health


def show_health(workspace: Workspace, *, scenario: str = MAIN) -> HealthAnswer:
    """Check the data a scenario is planned from; needs no plan.

    Raises NotFound when there is no such scenario, or nothing was imported yet, NotPermitted for who sees a part only.
    """
    digest = workspace.store.scenario(ScenarioId(scenario)).snapshot
    if digest is None:
        raise NotFound(f"nothing was imported into scenario {scenario} yet. First: trivet import FOLDER")
    workspace.rights.check_whole("The health of the data")
    sources = workspace.sources(scenario)
    health = health_of(workspace, sources)
    return HealthAnswer(
        snapshot=digest,
        currency=sources.inputs.model.company.currency,
        ready=not health.blocking,
        health=health,
    )
