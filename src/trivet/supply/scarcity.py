"""What scarce things are worth: where the plan binds, and the usable block to ask about (Y5, Y7).

An hour of a full line or a pack of a capped material has a dual in the supply programme, in its own penalties.
The dual only ranks where to look: what is quoted is margin, from a plan solved again with one usable block more
(a Saturday, 8 hours, 100 packs). Margin = gross margin at standard - supply variance - freight of open buckets.

Reads `required_hours`, `load_hours`, `capacity_hours`, `material_cap`, `material_purchases`; writes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs

FULL: Final = 0.999
"""Load or purchases of this part of what there is: the line is full, the supplier gives all it can."""
SOME_HOURS: Final = 8_000
"""Counts of hours asked about where a resource names no day."""
MOST_UNITS: Final = 100.0
"""Largest block of a material, in units."""
PART: Final = 5.0
"""A block of a material is at most this part (one in ...) of the largest cap."""
WORTHLESS: Final = 1e-6


class Means(StrEnum):
    """What a block consists of."""

    DAY = "working day"
    HOURS = "hours"
    UNITS = "units"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prices:
    """Duals of the supply programme in its own penalties, in plan currency.

    Attributes:
        hours: (resources, open) an hour more of a resource, its overtime included.
        deliveries: (rows of the material panel, open) a unit more from a supplier.
    """

    hours: Rates
    deliveries: Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One usable block of a scarce thing.

    Attributes:
        means: a working day of a line, hours, or units of a material.
        name: resource or material.
        supplier: who delivers it, "" for hours.
        row: row of the load or material panel; `bucket` its column.
        amount: counts of hours or units.
        binds: whether the plan uses all there is, or would without limits.
        hint: what the duals say it is worth, in penalties of the programme: ranks, is never quoted.
    """

    means: Means
    name: str
    supplier: str
    row: int
    bucket: int
    amount: int
    binds: bool
    hint: float

    @property
    def thing(self) -> tuple[str, str]:
        """What it is a block of, whichever the bucket."""
        return self.name, self.supplier


def find_blocks(inputs: PlanInputs, load: Panel, material: Panel, day_hours: Rates, prices: Prices) -> list[Block]:
    """List a block of every resource and every capped material in every open bucket, the scarcest first.

    Args:
        inputs: the snapshot, for the steps of materials.
        load: required, planned and regular hours.
        material: caps and purchases.
        day_hours: (resources, buckets) good hours of one working day.
        prices: duals of the plan.

    Returns:
        The best bucket of each thing, then the second best of each, and so on; within a turn by what the duals
        say, then by how full it is, then by name.
    """
    blocks = [*_hours(load, day_hours, prices), *_units(inputs, material, prices)]
    turns: list[tuple[int, Block]] = []
    seen: dict[tuple[str, str], int] = {}
    for block in sorted(blocks, key=lambda b: (not b.binds, -b.hint, b.name, b.supplier, b.bucket)):
        turns.append((seen.get(block.thing, 0), block))
        seen[block.thing] = seen.get(block.thing, 0) + 1
    ranked = sorted(turns, key=lambda t: (not t[1].binds, t[0], -t[1].hint, t[1].name, t[1].supplier, t[1].bucket))
    return [block for _, block in ranked]


def with_block(load: Panel, material: Panel, block: Block, times: int = 1) -> tuple[Panel, Panel]:
    """Add a block (several times) to what there is; give the load and the material panel.

    More regular hours also bring their part of overtime, as a longer month does.
    """
    panel, measure = (material, "material_cap") if block.means is Means.UNITS else (load, "capacity_hours")
    counts = panel.count(measure).copy()
    counts[block.row, block.bucket] += block.amount * times
    changed = panel.with_counts({measure: counts})
    return (load, changed) if block.means is Means.UNITS else (changed, material)


def families_by_thing(inputs: PlanInputs) -> Mapping[str, frozenset[str]]:
    """Give the families that use each resource, and each material directly or through made parts."""
    families: Mapping[str, str] = dict(inputs.table("items").select("item", "family").iter_rows())
    into: dict[str, set[str]] = {}
    for part, parent in inputs.table("bill_of_materials").select("component", "parent").iter_rows():
        into.setdefault(part, set()).add(parent)
    found = {part: {families.get(item, "") for item in _above(part, into)} for part in into}
    for item, resource in inputs.table("routings").select("item", "resource").iter_rows():
        if resource:
            made = {item, *_above(item, into)}
            found.setdefault(resource, set()).update(families.get(one, "") for one in made)
    return {thing: frozenset(names) for thing, names in sorted(found.items())}


def _above(part: str, into: Mapping[str, set[str]]) -> set[str]:
    """Give everything a part goes into, step by step; a circle ends where it began."""
    known: set[str] = set()
    fresh = set(into.get(part, ()))
    while fresh:
        known |= fresh
        fresh = {parent for item in fresh for parent in into.get(item, ())} - known
    return known


def _hours(load: Panel, day_hours: Rates, prices: Prices) -> Iterator[Block]:
    first = load.buckets.first_open
    regular, made, need = (load.count(name) for name in ("capacity_hours", "load_hours", "required_hours"))
    full = np.maximum(made, need) >= np.maximum(FULL * regular, 1)
    for row, name in enumerate(load.keys["resource"].to_list()):
        for t in range(first, len(load.buckets)):
            hours = round(float(day_hours[row, t]) * 1000)
            amount, price = hours or SOME_HOURS, float(prices.hours[row, t - first])
            yield Block(
                means=Means.DAY if hours else Means.HOURS,
                name=name,
                supplier="",
                row=row,
                bucket=t,
                amount=amount,
                binds=bool(full[row, t]) or price > WORTHLESS,
                hint=round(price * amount / 1000.0, 2),
            )


def _units(inputs: PlanInputs, material: Panel, prices: Prices) -> Iterator[Block]:
    first = material.buckets.first_open
    caps, bought = material.count("material_cap"), material.count("material_purchases")
    capped: Flags = material.mask("material_cap")
    steps: Mapping[str, int] = dict(inputs.table("items").select("item", "step").iter_rows())
    for row, (item, supplier) in enumerate(material.keys.iter_rows()):
        amount = _units_block(caps[row], int(steps.get(item) or 1))
        for t in range(first, len(material.buckets)):
            if not capped[row, t]:
                continue
            price = float(prices.deliveries[row, t - first])
            yield Block(
                means=Means.UNITS,
                name=item,
                supplier=supplier,
                row=row,
                bucket=t,
                amount=amount,
                binds=bool(bought[row, t] >= max(FULL * caps[row, t], 1.0)) or price > WORTHLESS,
                hint=round(price * amount / 1000.0, 2),
            )


def _units_block(caps: Counts, step: int) -> int:
    """Give a round number of units that is small beside the largest cap: 100, 10, 1, at least a step."""
    largest = float(caps.max(initial=0)) / 1000.0 / PART
    units = min(10.0 ** np.floor(np.log10(largest)), MOST_UNITS) if largest >= 1 else 1.0
    return max(round(units * 1000) // step, 1) * step
