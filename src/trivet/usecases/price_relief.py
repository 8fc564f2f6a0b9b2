"""Price relief: what one Saturday, 8 hours or 100 packs are worth, and what production fixed by hand costs."""

from dataclasses import dataclass

from trivet.core.errors import InvalidInput
from trivet.core.ids import Digest, VersionId
from trivet.core.options import PlanOptions
from trivet.core.said import parse_scope, parse_span
from trivet.planning.make import find_options
from trivet.planning.relief import Asked, ReliefPrices
from trivet.planning.relief import price_relief as price
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="relief", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefAnswer:
    """Prices of scarcity of a stored version."""

    version: VersionId
    prices: ReliefPrices


def price_relief(
    workspace: Workspace,
    *,
    where: tuple[str, ...] = (),
    first: str | None = None,
    last: str | None = None,
    top: int = 6,
    plan: str = MAIN,
    options: PlanOptions | None = None,
) -> ReliefAnswer:
    """Price what would relieve a plan. Its demand stays; only supply is solved again, a block at a time.

    Args:
        workspace: the open workspace.
        where: nodes as `level=member`: resource=N-A1, item=BAT-500, supplier=VOLTEC; empty = what binds.
        first: first bucket (2027-03); None = the whole horizon.
        last: last bucket; None = the first.
        top: most blocks to price; each takes up to three solves of the supply plan.
        plan: scenario or version.
        options: what the plan was made with; None = found by the recipe.

    Raises:
        NotFound: something named is not known, or nothing limited lies there.
        NotPermitted: the person sees a part of the plan, or no costs.
        InvalidInput: `top` is below 1, or the plan's options can't be told from its recipe.
    """
    if top < 1:
        raise InvalidInput(f"top is {top}; expected 1 or more.")
    workspace.rights.check_whole("A price of scarcity")
    version = workspace.version(plan)
    made = workspace.store.load_plan(version.id)
    sources = workspace.sources_of(version, made)
    model = sources.inputs.model
    asked = Asked(
        scope=parse_scope(where, model.dimensions),
        columns=parse_span(first, last, model.buckets) if first else None,
        top=top,
    )
    chosen = options or _options_of(made.recipe.options)
    prices = price(sources.inputs, made, sources.entries, chosen, workspace.engines(), asked)
    return ReliefAnswer(version=version.id, prices=prices)


def _options_of(digest: Digest) -> PlanOptions:
    """Find the options a recipe names, among those the command line can choose."""
    options = find_options(digest)
    if options is not None:
        return options
    raise InvalidInput("the plan was made with options of its own. Give them: price_relief(..., options=...).")
