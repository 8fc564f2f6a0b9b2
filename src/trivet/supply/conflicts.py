"""Fixed production that asks for more than there is: which quantities can't all hold, in words (ENGINE "Explaining").

Production fixed by hand and released orders are made whatever they need; the plan pays for it and says so here. The
quantities named are a minimal set: together they need more than there is, without any one of them they would not.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from trivet.core.ids import Flags, MemberId, Rates
from trivet.core.issues import Issue, Node, Severity
from trivet.supply.found import Found, units
from trivet.supply.make_to_stock import fixed_makes
from trivet.supply.network import Network

ROUNDING: Final = 0.001
"""Load may exceed its limit by this part: whole units of the last rounding."""
NAMED: Final = 6
"""Quantities named in one message."""


def find_conflicts(found: Found) -> tuple[Issue, ...]:
    """Tell where fixed production asks for more hours or material than there are."""
    return (*_hours(found), *_materials(found))


def _hours(found: Found) -> list[Issue]:
    if found.task.options.allow_overload:
        return []
    load, network = found.filled.load, found.network
    horizon = load.buckets.horizon
    hours = load.count("load_hours")[:, horizon] / 1000.0
    temporary = load.count("temporary_hours")[:, horizon] / 1000.0
    limit = found.crew.regular + found.crew.allowed + temporary
    # The last unit of each item on the line may be rounded up into this bucket.
    over = hours > limit * (1 + ROUNDING) + last_units(network, hours.shape)
    issues: list[Issue] = []
    for row, name in enumerate(load.keys["resource"].to_list()):
        if not over[row].any():
            continue
        worst = int(np.argmax(np.where(over[row], hours[row] - limit[row], -np.inf)))
        issues.append(
            Issue(
                code="supply.load-beyond-capacity",
                severity=Severity.WARNING,
                place=found.place(
                    "load_hours", Node(dimension="resource", level="resource", member=MemberId(name)), over[row]
                ),
                message=f"production that is fixed needs {float((hours - limit)[row][over[row]].sum()):,.0f} h more "
                f"than regular hours and overtime in {int(over[row].sum())} buckets. In {found.label(worst)} there "
                f"are {limit[row, worst]:,.0f} h, and "
                f"{in_words(minimal(_hours_by_family(found, row, worst), limit[row, worst]), 'h')}.",
                advice="Release or move one of them, or add hours.",
            )
        )
    return issues


def _materials(found: Found) -> list[Issue]:
    network, stock = found.network, found.run.material_stock
    issues: list[Issue] = []
    for row in np.flatnonzero((stock < 0).any(axis=1)):
        material = int(network.material_of[row])
        worst = int(np.argmin(stock[row]))
        used = _used_by_family(found, material, worst)
        there = sum(used.values()) + float(stock[row, worst]) / 1000.0
        issues.append(
            Issue(
                code="supply.fixed-without-material",
                severity=Severity.WARNING,
                place=found.place(
                    "material_stock",
                    Node(dimension="item", level="item", member=MemberId(network.materials[material])),
                    stock[row] < 0,
                ),
                message=f"fixed production needs up to {units(-stock[row].min())} units more than there are. By "
                f"{found.label(worst)} there are {there:,.0f}, and {in_words(minimal(used, there), 'units')}.",
                advice="Release or move one of them, or find the material.",
            )
        )
    return issues


def _hours_by_family(found: Found, resource: int, bucket: int) -> Mapping[str, float]:
    """Give the hours that fixed quantities of each family take on a resource in a bucket."""
    network, fixed = found.network, _fixed(found.network)
    result: dict[str, float] = {}
    uses = network.uses
    for i in np.flatnonzero(uses.resource == resource).tolist():
        make = int(uses.make[i])
        at = np.maximum(np.arange(network.open) - int(uses.offset[i]), 0) == bucket
        amount = float(found.run.made[make][at & fixed[make]].sum()) / 1000.0 * float(uses.hours[i])
        _add(result, found, make, amount)
    return result


def _used_by_family(found: Found, material: int, bucket: int) -> Mapping[str, float]:
    """Give the units of a material that production of each family uses up to a bucket."""
    network = found.network
    result: dict[str, float] = {}
    for i in np.flatnonzero(network.parts.material == material).tolist():
        make = int(network.parts.make[i])
        used = found.run.made[make] / 1000.0 * network.parts.quantity[i]
        _add(result, found, make, float(used[: bucket + 1].sum()))
    return result


def _add(result: dict[str, float], found: Found, make: int, amount: float) -> None:
    site = int(found.network.makes.site[make])
    name = f"{found.families.get(found.network.items[site], '')} at {found.network.locations[site]}"
    if amount > 0:
        result[name] = result.get(name, 0.0) + amount


def _fixed(network: Network) -> Flags:
    """Mark the quantities the plan may not change: (makes, open)."""
    held: Flags = network.makes.fixed | (network.makes.released != 0)
    held &= fixed_makes(network)[:, None]
    return held


def minimal(needs: Mapping[str, float], there: float) -> Mapping[str, float]:
    """Choose the fewest needs, the largest first, that together exceed what is there; all when even they do not."""
    chosen: dict[str, float] = {}
    for name, amount in sorted(needs.items(), key=lambda need: (-need[1], need[0])):
        chosen[name] = amount
        if sum(chosen.values()) > there:
            break
    return chosen


def in_words(needs: Mapping[str, float], unit: str) -> str:
    """Say what a minimal set needs: `City at N 160 h and Trekking at N 125 h need 285 h together`."""
    said = [f"{name} {amount:,.0f} {unit}" for name, amount in list(needs.items())[:NAMED]]
    more = len(needs) - len(said)
    names = ", ".join(said) + (f" and {more} more" if more else "")
    whole = f"{sum(needs.values()):,.0f} {unit}"
    return f"{names} alone is more" if len(needs) == 1 else f"{names} are {whole} together: not all of them can hold"


def last_units(network: Network, shape: tuple[int, ...]) -> Rates:
    """Give the hours of one step of every item on each resource: what rounding may move between buckets."""
    result = np.zeros(shape[0])
    step = network.step[network.makes.site[network.uses.make]] / 1000.0
    np.add.at(result, network.uses.resource, network.uses.hours * step)
    return np.broadcast_to(result[:, None], shape)
