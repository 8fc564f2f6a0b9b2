"""Where the plan leaves a family's strategy and why, and who it hires and releases: the levers it used (Y1, Y7, Y14).

Reads what `strategies` wishes and what is made; whole steps of the items and of days are no departure.
"""

from typing import Final

import numpy as np

from trivet.core.ids import Counts, MemberId, Rates
from trivet.core.issues import Issue, Node, Severity
from trivet.supply.found import Found, family_node, money, units
from trivet.supply.materials import delivery_room, limited_materials

FULL: Final = 0.99
"""Part of its hours from which a line counts as full."""
SLACK: Final = 0.005
"""Part of the wish that is rounding."""
NAMED: Final = 3


def find_departures(found: Found) -> tuple[Issue, ...]:
    """Tell where strategies are not kept, and where people join and leave."""
    return (*_strategies(found), *_people(found))


def _strategies(found: Found) -> list[Issue]:
    task, run = found.task, found.run
    kinds = {one.family: one for one in task.strategies}
    issues: list[Issue] = []
    for family, makes in task.followed:
        wished, made = (values[makes].sum(axis=0) for values in (task.wished, run.made))
        steps = int(task.network.makes.lots.multiple[makes].sum())
        off = np.abs(made - wished) > np.maximum(steps, wished * SLACK)
        if not off.any():
            continue
        worst = int(np.argmax(np.where(off, np.abs(made - wished), -1)))
        way = {"level": "made level", "chase": "made as it is needed", "hybrid": "made level in its blocks"}
        issues.append(
            Issue(
                code="supply.strategy-not-kept",
                severity=Severity.NOTE,
                place=found.place("production", family_node(family), off),
                message=f"{family} is to be {way[kinds[family].strategy]}; in {int(off.sum())} buckets it is not: most "
                f"in {found.label(worst)}, {units(float(made[worst]))} instead of {units(float(wished[worst]))} units. "
                f"{why_departed(found, makes, worst)}",
                advice="Add hours or material there, choose other blocks, or let the plan decide: leave the family out "
                "of production_strategies.csv.",
            )
        )
    return issues


def why_departed(found: Found, makes: Counts, bucket: int) -> str:
    """Say what binds the makes in a bucket; where nothing does, what else may."""
    said = what_binds(found, makes, bucket) or ("another bucket binds, or customers would be lost",)
    return f"Why: {'; '.join(said)}."


def what_binds(found: Found, makes: Counts, bucket: int) -> tuple[str, ...]:
    """Name what binds the makes in that bucket: locks, lines that are full, materials at their cap."""
    task, network = found.task, found.network
    said: list[str] = []
    if network.makes.fixed[makes, bucket].any():
        said.append("production is fixed by hand there")
    load = found.filled.load.count("load_hours")[:, found.filled.load.buckets.horizon] / 1000.0
    limit = task.crew.regular + task.crew.allowed
    lines = np.unique(network.uses.resource[np.isin(network.uses.make, makes)])
    full = [task.resources[r] for r in lines if load[r, bucket] >= FULL * limit[r, bucket] - _one(found, int(r))]
    said += [f"{', '.join(full[:NAMED])} {'is' if len(full) == 1 else 'are'} full"] if full else []
    said += [f"{name} is delivered at its cap" for name in _capped(found, makes, bucket)[:NAMED]]
    return tuple(said)


def _one(found: Found, resource: int) -> float:
    """Give the hours of the largest step on a line: a line may be full but for it."""
    uses = found.network.uses
    mine = uses.resource == resource
    steps = found.network.makes.lots.multiple[uses.make[mine]] / 1000.0 * uses.hours[mine]
    return float(steps.max(initial=0.0))


def _capped(found: Found, makes: Counts, bucket: int) -> list[str]:
    network = found.network
    used = set(network.parts.material[np.isin(network.parts.make, makes)].tolist())
    room: Rates = delivery_room(network)
    names = []
    for material in limited_materials(network).tolist():
        rows = np.flatnonzero(network.material_of == material)
        stock = found.run.material_stock[rows, bucket].sum()
        bought = (found.run.material_bought - network.material_arrivals)[rows, bucket].sum() / 1000.0
        if material in used and stock < 1000 and bought >= FULL * float(room[rows, bucket].sum()):
            names.append(network.materials[material])
    return names


def _people(found: Found) -> list[Issue]:
    """Tell who joins and leaves a line, when, and what that costs."""
    load, people = found.filled.load, found.task.people
    horizon = load.buckets.horizon
    issues: list[Issue] = []
    for i, row in enumerate(people.rows.tolist()):
        hires, leavers = (load.count(name)[row, horizon] / 1000.0 for name in ("hires", "leavers"))
        moved = hires + leavers
        if not people.decided[i] or moved.sum() < 0.01:
            continue
        cost = (hires * np.nan_to_num(people.hire[i]) + leavers * np.nan_to_num(people.release[i])).sum()
        heads = load.count("heads")[row, horizon] / 1000.0
        issues.append(
            Issue(
                code="supply.people-move",
                severity=Severity.NOTE,
                place=found.place(
                    "heads",
                    Node(dimension="resource", level="resource", member=MemberId(found.task.resources[row])),
                    moved > 0,
                ),
                message=f"{hires.sum():,.1f} heads join and {leavers.sum():,.1f} leave, most in "
                f"{found.label(int(np.argmax(moved)))}: {people.opening[i]:,.1f} heads become {heads[-1]:,.1f}, "
                f"between {heads.min():,.1f} and {heads.max():,.1f}.",
                advice="Agree it with the people who hire, or set `minimum` and `maximum` in workforce.csv.",
                at_stake=money(float(cost)) if cost else None,
            )
        )
    return issues
