"""Locks: the planner's hand on production, purchases and transfers, entry by entry, and what each costs.

An entry of the log that sets a `firm_` measure is a lock: the plan is solved around it. What it costs is what the
plan would earn without it: its supply is solved again from the plan's own basis, with this entry left out and every
other one kept, its demand as it is. cost = change of (gross margin at standard - supply variance - freight) over the
open buckets. Reads every panel of supply, writes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from trivet.core.buckets import Calendar
from trivet.core.entries import Change, Logged
from trivet.core.fold import fold, replay
from trivet.core.formula import recompute
from trivet.core.ids import Counts, MeasureId, Seq
from trivet.core.live import Live, live_entries
from trivet.core.options import PlanOptions
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.core.ports import Engines
from trivet.core.quantities import QUANTITY, to_decimal
from trivet.core.units import read_units
from trivet.finance.invoicing import price_shipments
from trivet.planning.compare import words
from trivet.planning.worth import Worth, difference, earned, money, why
from trivet.supply.model import SupplyPlan, plan_supply

HAND: Final[Mapping[MeasureId, MeasureId]] = {
    MeasureId("firm_production"): MeasureId("production"),
    MeasureId("firm_purchases"): MeasureId("purchases"),
    MeasureId("firm_material_purchases"): MeasureId("material_purchases"),
    MeasureId("firm_transfers"): MeasureId("transfers_in"),
}
"""What people fix by hand, and what the plan makes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmCost:
    """What a quantity fixed by hand costs: the plan without the entry less the plan.

    Attributes:
        seq: number of the entry; `author` who made it; `change` what it says.
        value: what the plan would earn more without it; negative = the entry earns.
        said: the same in words.
    """

    seq: Seq
    author: str
    change: str
    value: Worth
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One entry that fixes quantities by hand.

    Attributes:
        seq: number of the entry; `author` who made it, `reason` why.
        measure: what is fixed; `where` and `when` in words.
        cells: how many it still holds; those a later entry took over are not its own.
        held: units fixed in them; `planned` what the plan has there: more is on order, less could not be had.
        cost: what it costs; None = not priced, beyond the number asked for.
        said: the same in words.
    """

    seq: Seq
    author: str
    reason: str
    measure: MeasureId
    where: str
    when: str
    cells: int
    held: Decimal
    planned: Decimal
    cost: Worth | None
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """The locks of a plan in `currency`, dearest first; those without a price last, latest first."""

    currency: str
    locks: tuple[Lock, ...]


class Resolver:
    """Solves the supply of a stored plan again with something changed, and says what it earns."""

    def __init__(self, inputs: PlanInputs, plan: Plan, options: PlanOptions, engines: Engines) -> None:
        """Take the plan's own demand, panels and basis."""
        self.inputs, self.options, self.solver, self.basis = inputs, options, engines.solver, plan.basis
        self.demand, self.supply, self.load, self.material = (
            plan.panel(grain) for grain in ("demand", "supply", "load", "material")
        )
        self.currency = inputs.model.company.currency
        self.bucket = "week" if inputs.model.buckets.calendar is Calendar.WEEKS else "month"
        company = plan.panel("company")
        variance, freight = company.count("supply_variance")[0], company.count("freight")[0]
        self.base = earned(inputs, self.demand, self.supply, variance, freight)

    def solve(self, supply: Panel, load: Panel, material: Panel) -> SupplyPlan:
        """Solve with other panels, from the plan's basis where its shape is the same."""
        return plan_supply(self.inputs, self.demand, supply, load, material, self.options, self.solver, self.basis)

    def compare(self, solved: SupplyPlan) -> Worth:
        """Say what another supply plan earns more than the stored one."""
        demand = recompute(price_shipments(self.inputs, solved.demand), self.inputs.model.registry)
        return difference(self.base, earned(self.inputs, demand, solved.supply, solved.variance, solved.freight))

    def firm_cost(self, item: Live, entries: Sequence[Logged]) -> FirmCost:
        """Price one entry that fixes quantities: solve without it."""
        units = read_units(self.inputs.table("unit_conversions"), self.inputs.table("items"))
        rest = [entry for entry in entries if entry.seq != item.seq]
        supply, material = (fold(panel, rest, self.inputs.model, units)[0] for panel in (self.supply, self.material))
        if _same_hand(supply, self.supply) and _same_hand(material, self.material):
            value = difference(self.base, self.base)  # later entries hold all its cells
        else:
            value = self.compare(self.solve(supply, self.load, material))
        change = words(item.entry)
        verb = "costs" if value.worth >= 0 else "earns"
        price = "no margin" if value.nothing else money(abs(value.worth), self.currency)
        return FirmCost(
            seq=item.seq,
            author=str(item.author or ""),
            change=change,
            value=value,
            said=f"{item.called}, {change}, {verb} {price}: without it {why(value, self.currency, self.bucket)}.",
        )


def _same_hand(one: Panel, other: Panel) -> bool:
    """Tell whether the same is fixed by hand in two panels."""
    for name in HAND:
        if one.has(name) and not (
            np.array_equal(one.count(name), other.count(name)) and np.array_equal(one.mask(name), other.mask(name))
        ):
            return False
    return True


def firm_entries(inputs: PlanInputs, entries: Sequence[Logged]) -> list[Live]:
    """Give the live changes that fix production, purchases or transfers in open buckets, latest first."""
    current = inputs.model.buckets.current
    live, _ = live_entries(entries, current)
    return [item for item in reversed(live) if _fixes(item.entry) and item.entry.last >= current]  # type: ignore[union-attr]


def _fixes(entry: object) -> bool:
    """Tell whether an entry says how much; a LOCK without an amount and an UNLOCK move no number."""
    return isinstance(entry, Change) and entry.measure in HAND and entry.amount is not None


def price_locks(
    inputs: PlanInputs,
    plan: Plan,
    entries: Sequence[Logged],
    options: PlanOptions,
    engines: Engines,
    top: int,
) -> Locks:
    """List what people fixed by hand, and price the latest entries.

    Args:
        inputs: the snapshot the plan was made from.
        plan: the plan; its demand is kept as it is.
        entries: the log it folds, its effects in the plan's rows.
        options: what it was made with.
        engines: its solver is used, and told progress.
        top: most entries to price, one solve of the supply plan each.
    """
    items, resolver = firm_entries(inputs, entries), Resolver(inputs, plan, options, engines)
    panels = (plan.panel("supply"), plan.panel("material"))
    held = {name: (panel, seqs) for panel in panels for name, seqs in holders(inputs, panel, entries).items()}
    found: list[Lock] = []
    for number, item in enumerate(items):
        if number < top:
            engines.progress("locks", number, min(len(items), top))
        cost = resolver.firm_cost(item, entries) if number < top else None
        found.append(_lock(item, held, cost))
    engines.progress("locks", min(len(items), top), min(len(items), top))
    found.sort(key=lambda lock: (lock.cost is None, -lock.cost.worth if lock.cost else 0, -lock.seq))
    return Locks(currency=resolver.currency, locks=tuple(found))


def _lock(item: Live, held: Mapping[MeasureId, tuple[Panel, Counts]], cost: FirmCost | None) -> Lock:
    change = item.entry
    if not isinstance(change, Change):
        raise TypeError(f"{item.called} is no change")
    panel, own = None, np.zeros((0, 0), dtype=np.bool_)
    if change.measure in held:
        panel, seqs = held[change.measure]
        own = seqs == item.seq
    fixed, planned = (
        to_decimal(int(panel.count(name)[own].sum()) if panel else 0, QUANTITY)
        for name in (change.measure, HAND[change.measure])
    )
    return Lock(
        seq=item.seq,
        author=str(item.author or ""),
        reason=change.reason or "",
        measure=change.measure,
        where=", ".join(str(node) for node in change.scope) or "everything",
        when=f"{change.first:%Y-%m} to {change.last:%Y-%m}",
        cells=int(own.sum()),
        held=fixed,
        planned=planned,
        cost=cost.value if cost else None,
        said=cost.said if cost else f"{item.called}, {words(change)}, is not priced.",
    )


def holders(inputs: PlanInputs, panel: Panel, entries: Sequence[Logged]) -> Mapping[MeasureId, Counts]:
    """Give for each measure fixed by hand the number of the entry that holds each cell, 0 = free: (rows, buckets)."""
    live, _ = live_entries(entries, inputs.model.buckets.current)
    known = {item.seq for item in live}
    units = read_units(inputs.table("unit_conversions"), inputs.table("items"))
    log, found = [logged for logged in entries if logged.seq in known], dict[MeasureId, Counts]()
    for turn in replay(panel, log, inputs.model, units, after=Seq(0)):
        for effect in turn.effects if _fixes(turn.entry.entry) else ():
            cells = found.setdefault(effect.measure, np.zeros(panel.shape, dtype=np.int64))
            cells[effect.rows, effect.columns] = turn.entry.seq
    return found
