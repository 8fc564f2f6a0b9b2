"""What relief is worth: one Saturday, 8 hours or 100 packs more, and what each lock costs.

The stored plan is the base and its demand the input: only supply is solved again, from the plan's own basis, with
one block more or one lock less. worth = change of (gross margin at standard - supply variance - freight) over the
open buckets; add what is named, plan again, and the margin moves by that (PRACTICE, check 3). Twice and four
times the block tell how far the price holds. Reads every panel of supply, writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trivet.core.entries import Logged
from trivet.core.errors import NotFound
from trivet.core.issues import Node, Scope
from trivet.core.options import PlanOptions
from trivet.core.plan import Plan, PlanInputs
from trivet.core.ports import Engines
from trivet.core.quantities import QUANTITY, to_decimal
from trivet.planning.locks import FirmCost, Resolver, firm_entries
from trivet.planning.worth import Worth, money, why
from trivet.supply.panels import day_hours
from trivet.supply.scarcity import Block, Means, families_by_thing, find_blocks, with_block

TIMES: Final = (2, 4)
"""Multiples of a block tried, to say how far its price holds."""
HOLDS: Final = Decimal("0.9")
"""A price holds as long as the whole earns this part of it for each block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """What one usable block of a scarce thing is worth.

    Attributes:
        name: resource or material; `supplier` of the material, else "".
        bucket: label of the bucket.
        means: working day, hours or units; `block` how many hours or units it has.
        value: what the plan earns more with it.
        holds_to: hours or units up to which each block earns nearly as much; None where it earns nothing.
        binds: whether the plan uses all there is.
        said: the same in words.
    """

    name: str
    supplier: str
    bucket: str
    means: Means
    block: Decimal
    value: Worth
    holds_to: Decimal | None
    binds: bool
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked about: nodes (resource, material, supplier), buckets, and how many answers."""

    scope: Scope = ()
    columns: slice | None = None
    top: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefPrices:
    """Prices of scarcity of a plan: `reliefs` the dearest first, `firm` by entry, in `currency`."""

    currency: str
    reliefs: tuple[Relief, ...]
    firm: tuple[FirmCost, ...]


def price_relief(
    inputs: PlanInputs, plan: Plan, entries: Sequence[Logged], options: PlanOptions, engines: Engines, asked: Asked
) -> ReliefPrices:
    """Price what would relieve a plan, and what each quantity fixed by hand costs.

    Args:
        inputs: the snapshot the plan was made from.
        plan: the plan; its demand is kept as it is.
        entries: the log it folds.
        options: what it was made with.
        engines: its solver is used, and told progress.
        asked: where to look. Without scope and buckets, what binds; with them, whatever lies there.

    Returns:
        A price for each block (one re-solve, and two more for how far it holds), and for each live entry that
        fixes quantities by hand.

    Raises:
        NotFound: a node of the scope is no resource, material or supplier, or nothing limited lies there.
    """
    pricer = _Pricer(inputs, plan, options, engines)
    return _answer(pricer, entries, engines, asked)


def price_each(
    inputs: PlanInputs,
    plan: Plan,
    options: PlanOptions,
    engines: Engines,
    scopes: Sequence[Scope],
) -> tuple[ReliefPrices | None, ...]:
    """Price the best block of each of several things, with the plan solved once for all of them.

    Args:
        inputs: the snapshot the plan was made from.
        plan: the plan; its demand is kept as it is.
        options: what it was made with.
        engines: its solver is used, and told progress.
        scopes: a resource or a material each.

    Returns:
        An answer for each scope, as `price_relief` gives it; None where nothing limits it any more.
    """
    if not scopes:
        return ()
    pricer, found = _Pricer(inputs, plan, options, engines), list[ReliefPrices | None]()
    for scope in scopes:
        try:
            found.append(_answer(pricer, (), engines, Asked(scope=scope, top=1)))
        except NotFound:
            found.append(None)
    return tuple(found)


def _answer(pricer: "_Pricer", entries: Sequence[Logged], engines: Engines, asked: Asked) -> ReliefPrices:
    blocks = pricer.blocks(asked)
    firm = [] if asked.scope else firm_entries(pricer.inputs, entries)[: asked.top]
    most = min(len(blocks), asked.top) + len(firm)
    reliefs: list[Relief] = []
    idle: set[tuple[str, str]] = set()
    for block in blocks:
        if len(reliefs) == asked.top:
            break
        if block.thing not in idle:
            engines.progress("relief", len(reliefs), most)
            reliefs.append(pricer.relief(block))
            idle |= {block.thing} if reliefs[-1].value.nothing and not asked.scope else set()
    costs: list[FirmCost] = []
    for item in firm:
        engines.progress("relief", most - len(firm) + len(costs), most)
        costs.append(pricer.firm_cost(item, entries))
    engines.progress("relief", most, most)
    reliefs.sort(key=lambda relief: -relief.value.worth)
    return ReliefPrices(currency=pricer.currency, reliefs=tuple(reliefs), firm=tuple(costs))


class _Pricer(Resolver):
    """Solves a plan's supply again with a block more, and says what it earns."""

    def __init__(self, inputs: PlanInputs, plan: Plan, options: PlanOptions, engines: Engines) -> None:
        super().__init__(inputs, plan, options, engines)
        prices = self.solve(self.supply, self.load, self.material).prices
        self.known = find_blocks(inputs, self.load, self.material, day_hours(inputs, self.load), prices)
        self.users = families_by_thing(inputs)

    def blocks(self, asked: Asked) -> list[Block]:
        """Choose the blocks to price, the scarcest first."""
        columns = asked.columns or slice(0, len(self.load.buckets))
        chosen = [
            block
            for block in self.known
            if (block.binds or asked.scope)
            and columns.start <= block.bucket < columns.stop
            and all(self._inside(block, node) for node in asked.scope)
        ]
        if asked.scope and not chosen:
            raise NotFound(
                f"{', '.join(str(node) for node in asked.scope)}: no resource and no capped material lies there in "
                "these buckets. Name one as resource=... or item=...; see trivet show load_hours --by resource."
            )
        return chosen

    def _inside(self, block: Block, node: Node) -> bool:
        own = {"supplier": block.supplier, "item" if block.means is Means.UNITS else "resource": block.name}
        if node.dimension not in ("resource", "item", "supplier"):
            raise NotFound(f"{node}: relief has a resource, a material (item) or a supplier, but no {node.dimension}.")
        dimension = self.inputs.model.dimensions[node.dimension]
        return own.get(node.dimension, "") in {dimension.ids[row] for row in dimension.leaves(node)}

    def relief(self, block: Block) -> Relief:
        """Price one block, and try how far the price holds."""
        value, holds = self._value(block, 1), 1
        for times in TIMES if value.worth > 0 and not value.nothing else ():
            if self._value(block, times).worth < value.worth * times * HOLDS:
                break
            holds = times
        amount = to_decimal(block.amount, QUANTITY)
        return Relief(
            name=block.name,
            supplier=block.supplier,
            bucket=self.load.buckets.label(block.bucket),
            means=block.means,
            block=amount,
            value=value,
            holds_to=None if value.nothing else amount * holds,
            binds=block.binds,
            said=self._say(block, value, holds),
        )

    def _value(self, block: Block, times: int) -> Worth:
        return self.compare(self.solve(self.supply, *with_block(self.load, self.material, block, times)))

    def _say(self, block: Block, value: Worth, holds: int) -> str:
        amount, unit = to_decimal(block.amount, QUANTITY), "units" if block.means is Means.UNITS else "h"
        said = f"{amount.normalize():,f} {unit}"
        what, are = {
            Means.DAY: (f"A Saturday ({said}) on {block.name}", "is"),
            Means.HOURS: (f"{said} on {block.name}", "are"),
            Means.UNITS: (f"{said} of {block.name} from {block.supplier}", "are"),
        }[block.means]
        start = f"{what} in {self.load.buckets.label(block.bucket)} {are} worth"
        reason = why(value, self.currency, self.bucket)
        if value.nothing:
            return f"{start} nothing: {reason}{self._instead(block)}."
        if value.worth < 0:
            losing = sorted(gain.family for gain in value.gains if gain.units > 0 and gain.margin < 0)
            sold = f"more of {', '.join(losing)} is sold, below its cost"
            what = sold if losing else "it buys stock or earlier delivery"
            return f"{start} no margin ({money(value.worth, self.currency)}): {reason}; {what}."
        reach = f"{(amount * holds).normalize():,f} {unit}"
        held = {1: "a second one is worth less", TIMES[-1]: f"it holds for {reach} at least"}
        return f"{start} {money(value.worth, self.currency)}: {reason}; {held.get(holds, f'it holds up to {reach}')}."

    def _instead(self, block: Block) -> str:
        """Name what families that use it and lose demand wait for: other things with a price of their own."""
        horizon = self.demand.buckets.horizon
        lost = self.demand.count("unserved_demand")[:, horizon].sum(axis=1)
        parents = self.inputs.model.dimensions["item"].parents("family")
        short = {parents[item] for item, units in zip(self.demand.keys["item"], lost, strict=True) if units > 0}
        waiting = short & self.users.get(block.name, frozenset())
        others = {b.name for b in self.known if b.hint > 0 and b.name != block.name}
        scarce = sorted(name for name in others if waiting & self.users.get(name, frozenset()))
        return f"; {', '.join(sorted(waiting))} wait for {', '.join(scarce)}" if scarce else ""
