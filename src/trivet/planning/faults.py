"""What is wrong with the data of items: no price, cost or rate, no parent, no source, stock below zero, a broken past.

Reads the tables of a snapshot and a demand panel with history, price and unit_cost; changes nothing. Each fault names
the items it touches and what they are worth, so that `planning.health` can say who mends it and how far a family
can be trusted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from trivet.core.dimensions import UNASSIGNED
from trivet.core.health import Fault
from trivet.core.ids import Counts, Flags
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, to_decimal
from trivet.core.seasons import YEAR_BUCKETS
from trivet.demand.segments import Segments, segment_items
from trivet.planning.contradictions import compare_production, total_by_item, worth_at_cost

BROKEN: Final = 3.0
"""Times a family's last year stands above (or below) the year before when its history is called broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFault:
    """One kind of fault of some items.

    Attributes:
        fault: what is wrong.
        stakes: item -> amount in plan currency; Decimal(0) where nothing can be said.
        said: what was found, to follow "3 items", e.g. "have no price in some open buckets".
        advice: the way out.
        later: whether it only matters more than a year ahead.
    """

    fault: Fault
    stakes: Mapping[str, Decimal]
    said: str
    advice: str
    later: bool = False


def find_item_faults(inputs: PlanInputs, demand: Panel) -> tuple[ItemFault, ...]:
    """Find every fault of items that are planned and not dead, in the order of `Fault`."""
    found = segment_items(inputs, demand)
    lacking = _Lacking(inputs=inputs, demand=demand, value=_alive(inputs, found), all=_values(found))
    faults = (
        *lacking.rate_faults("price", Fault.PRICE, "prices.csv"),
        *lacking.rate_faults("unit_cost", Fault.COST, "costs.csv"),
        lacking.parent_fault(),
        lacking.unit_fault(),
        lacking.source_fault(),
        _negative_stock(inputs, demand),
        _broken(inputs, demand, lacking.value),
        surplus_fault(inputs, demand),
    )
    return tuple(fault for fault in faults if fault and fault.stakes)


def _values(found: Segments) -> dict[str, Decimal]:
    return {
        item: to_decimal(value, MONEY) for item, value in zip(found.keys["item"].to_list(), found.value, strict=True)
    }


def _alive(inputs: PlanInputs, found: Segments) -> dict[str, Decimal]:
    """Give last year's value of each planned item that is not dead."""
    goods = set(inputs.table("items").filter(pl.col("kind") != "non-stock")["item"].to_list())
    rows = zip(found.keys["item"].to_list(), found.life_cycle, found.value.tolist(), strict=True)
    return {item: to_decimal(value, MONEY) for item, life, value in rows if item in goods and life != "dead"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Lacking:
    """What planned items lack; `value` is last year's value of each, `all` that of dead ones as well."""

    inputs: PlanInputs
    demand: Panel
    value: Mapping[str, Decimal]
    all: Mapping[str, Decimal]

    def _stakes(self, items: Sequence[str]) -> dict[str, Decimal]:
        return {item: self.value[item] for item in sorted(set(items)) if item in self.value}

    def rate_faults(self, measure: str, fault: Fault, file: str) -> list[ItemFault]:
        """Find items without a price or cost in a bucket they may be sold in: within a year, and later."""
        year = YEAR_BUCKETS[self.demand.buckets.calendar]
        first = self.demand.buckets.first_open
        missing: Flags = (_on_sale(self.inputs, self.demand) & ~self.demand.mask(measure))[:, first:]
        word = "cost" if measure == "unit_cost" else "price"
        soon = np.asarray(missing[:, :year].any(axis=1), dtype=np.bool_)
        ever = np.asarray(missing.any(axis=1), dtype=np.bool_)
        faults = []
        for rows, later in ((soon, False), (ever & ~soon, True)):
            if rows.any():
                bucket = self.demand.buckets.label(first + int(np.argmax(missing[rows].any(axis=0))))
                faults.append(
                    ItemFault(
                        fault=fault,
                        stakes=self._stakes(_items(self.demand, rows)),
                        said=f"have no {word} in some open buckets, the first in {bucket}; expected one in each",
                        advice=f"Complete {file}: their units are planned without money.",
                        later=later,
                    )
                )
        return faults

    def parent_fault(self) -> ItemFault:
        """Find items under no family that sold in the last year, dead or not: their money has no home."""
        items = self.inputs.table("items").filter(pl.col("family") == UNASSIGNED)["item"].to_list()
        return ItemFault(
            fault=Fault.PARENT,
            stakes={item: self.all[item] for item in sorted(items) if self.all.get(item, 0) > 0},
            said="have no family; expected one",
            advice="Give each a family in items.csv.",
        )

    def unit_fault(self) -> ItemFault:
        """Find items of families with several base units and no unit all of them convert to."""
        items = self.inputs.table("items").filter(pl.col("item").is_in(list(self.value)))
        conversions = self.inputs.table("unit_conversions")
        common = {unit.casefold() for unit in conversions.filter(pl.col("item") == "")["unit"].to_list()}
        per_item: dict[str, set[str]] = {}
        for item, unit in conversions.select("item", "unit").iter_rows():
            per_item.setdefault(item, set()).add(unit.casefold())
        lacking: list[str] = []
        for _, rows in items.group_by("family", maintain_order=True):
            own = [
                {unit.casefold(), *common, *per_item.get(item, ())} for item, unit in rows["item", "unit"].iter_rows()
            ]
            if rows["unit"].n_unique() > 1 and not set.intersection(*own):
                lacking += rows["item"].to_list()
        return ItemFault(
            fault=Fault.UNIT,
            stakes=self._stakes(lacking),
            said="stand in a family of several units without a conversion all of them have; expected a common unit",
            advice="Add rows to unit_conversions.csv, e.g. one equivalent unit for every item of the family.",
        )

    def source_fault(self) -> ItemFault:
        """Find items nobody makes and nobody delivers, where the company says who makes what."""
        routings, sources = (self.inputs.table(name)["item"].to_list() for name in ("routings", "supply_sources"))
        known = {*routings, *sources}
        return ItemFault(
            fault=Fault.SOURCE,
            stakes=self._stakes([item for item in self.value if item not in known]) if routings else {},
            said="have no routing and no supplier; expected one",
            advice="Add rows to routings.csv or supply_sources.csv: they are planned without limit.",
        )


def _items(demand: Panel, rows: Flags) -> list[str]:
    return [item for item, hit in zip(demand.keys["item"].to_list(), rows, strict=True) if hit]


def _on_sale(inputs: PlanInputs, demand: Panel) -> Flags:
    """Tell in which buckets each series' item may be sold by its dates."""
    buckets = demand.buckets
    ends = {
        item: (first, last)
        for item, first, last in inputs.table("items")["item", "first_sale", "last_sale"].iter_rows()
    }
    result = np.ones(demand.shape, dtype=np.bool_)
    for row, item in enumerate(demand.keys["item"].to_list()):
        first, last = ends.get(item, (None, None))
        for column in range(buckets.first_open, len(buckets)):
            late = last is not None and buckets.edges[column] > last
            early = first is not None and buckets.edges[column + 1] <= first
            result[row, column] = not (late or early)
    return result


def _negative_stock(inputs: PlanInputs, demand: Panel) -> ItemFault:
    buckets = inputs.model.buckets
    stock = inputs.table("stock_history")
    opening = stock.filter(
        (pl.col("bucket") == buckets.edges[max(buckets.first_open - 1, 0)]) & (pl.col("quantity") < 0)
    )
    below = total_by_item(opening)
    return ItemFault(
        fault=Fault.NEGATIVE_STOCK,
        stakes=worth_at_cost({item: -count for item, count in below.items()}, demand),
        said="have an opening stock below zero; expected 0 or more",
        advice="Count again, or book what is missing: the plan starts from the number as it is.",
    )


def surplus_fault(inputs: PlanInputs, demand: Panel) -> ItemFault:
    """Take over what was made far beyond everything it was made for."""
    made = compare_production(inputs, demand)
    return ItemFault(
        fault=Fault.CONTRADICTION,
        stakes=worth_at_cost(made.surplus, demand),
        said="were made far beyond what was sold, used in other items and put into stock; expected them to agree",
        advice="Check unit and filter of production.csv (work orders counted twice?).",
    )


def _broken(inputs: PlanInputs, demand: Panel, value: Mapping[str, Decimal]) -> ItemFault:
    """Find families whose last year is far from the year before: another definition, or half of the data."""
    closed, year = demand.buckets.first_open, YEAR_BUCKETS[demand.buckets.calendar]
    family = inputs.model.dimensions["item"].parents("family")
    history = demand.count("demand_history")
    this, before = dict[str, int](), dict[str, int]()
    if closed >= 2 * year:
        for row, item in enumerate(demand.keys["item"].to_list()):
            name = family.get(item, UNASSIGNED)
            this[name] = this.get(name, 0) + _sum(history, row, closed - year, closed)
            before[name] = before.get(name, 0) + _sum(history, row, closed - 2 * year, closed - year)
    broken = {
        name for name, now in this.items() if now and before[name] and not 1 / BROKEN <= now / before[name] <= BROKEN
    }
    return ItemFault(
        fault=Fault.BREAK,
        stakes={item: amount for item, amount in value.items() if family.get(item, UNASSIGNED) in broken},
        said=f"belong to a family whose last year is over {BROKEN:.0f} times the year before, or below a third of it",
        advice="Check whether the history is complete and counted the same way throughout; else begin it later.",
    )


def _sum(history: Counts, row: int, first: int, last: int) -> int:
    return int(history[row, first:last].sum())
