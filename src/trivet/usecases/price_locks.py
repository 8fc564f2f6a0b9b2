"""Price locks: every quantity fixed by hand, who fixed it and why, and what the plan would earn without it."""

from dataclasses import dataclass

from trivet.core.errors import InvalidInput
from trivet.core.ids import VersionId
from trivet.core.options import PlanOptions
from trivet.planning.locks import Locks
from trivet.planning.locks import price_locks as price
from trivet.planning.make import find_options
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="locks", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocksAnswer:
    """Locks of a stored version, the dearest first; `priced` of them have a cost."""

    version: VersionId
    priced: int
    locks: Locks


def price_locks(
    workspace: Workspace, *, top: int = 10, plan: str = MAIN, options: PlanOptions | None = None
) -> LocksAnswer:
    """List what people fixed of production, purchases and transfers, and price it entry by entry.

    Demand stays; supply is solved again without one entry at a time, every other one kept.

    Args:
        workspace: the open workspace.
        top: most entries to price, the latest; each takes a solve of the supply plan. 0 = list only.
        plan: scenario or version.
        options: what the plan was made with; None = found by the recipe.

    Raises:
        NotPermitted: the person sees a part of the plan, or no costs.
        InvalidInput: `top` is below 0, or the plan's options can't be told from its recipe.
    """
    if top < 0:
        raise InvalidInput(f"top is {top}; expected 0 or more.")
    workspace.rights.check_whole("The cost of a lock")
    version = workspace.version(plan)
    made = workspace.store.load_plan(version.id)
    chosen = options or find_options(made.recipe.options)
    if chosen is None:
        raise InvalidInput("the plan was made with options of its own. Give them: price_locks(..., options=...).")
    sources = workspace.sources_of(version, made)
    locks = price(sources.inputs, made, sources.entries, chosen, workspace.engines(), top)
    return LocksAnswer(version=version.id, priced=sum(lock.cost is not None for lock in locks.locks), locks=locks)
