"""What the choices of a scenario come to: overloads, demand that can't be served, limits that are not kept.

Each departure is told with its amount, its worst bucket and what stands in the way. Where strict limits can't all be
kept the ones named are a minimal set: together they ask for more hours than there are, without any one of them they
would not. Whole steps and lots of the last rounding are no departure.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.supply.capacity import causes
from trivet.supply.conflicts import ROUNDING, in_words, last_units, minimal
from trivet.supply.departures import what_binds, why_departed
from trivet.supply.found import Found, counted, units
from trivet.supply.rules import Even, limit_rows

NAMED: Final = 3
"""Families and months named in one message."""
TOO_MUCH: Final = "more than its most"


def find_breaches(found: Found) -> tuple[Issue, ...]:
    """Tell what the choices of the scenario come to."""
    return (
        *_overloaded(found),
        *_unserved(found),
        *_without_targets(found),
        *_least_load(found),
        *_production(found),
        *_most_stock(found),
        *_uneven(found),
        *_idle_rows(found),
    )


def _overloaded(found: Found) -> list[Issue]:
    """Tell what it would take: hours beyond regular ones and overtime, line by line."""
    if not found.task.options.allow_overload:
        return []
    load, crew = found.filled.load, found.crew
    horizon = load.buckets.horizon
    hours, temporary = (load.count(name)[:, horizon] / 1000.0 for name in ("load_hours", "temporary_hours"))
    limit = crew.regular + crew.allowed + temporary
    beyond = np.where(hours > limit * (1 + ROUNDING) + last_units(found.network, hours.shape), hours - limit, 0.0)
    issues: list[Issue] = []
    for row in np.flatnonzero(beyond.any(axis=1)).tolist():
        name = found.task.resources[row]
        worst = int(np.argmax(beyond[row]))
        who = ", ".join(
            f"{f} {part:.0%}" for f, part in causes(found.network, found.run.made, row, found.families)[:NAMED]
        )
        issues.append(
            Issue(
                code="supply.overload-planned",
                severity=Severity.WARNING,
                place=found.place("load_hours", _line(name), beyond[row] > 0),
                message=f"the plan needs {beyond[row].sum():,.1f} h more than regular hours and overtime in "
                f"{counted(int((beyond[row] > 0).sum()), 'bucket')}, most in {found.label(worst)} "
                f"({hours[row, worst]:,.1f} h of {limit[row, worst]:,.1f} h); made there: {who}. They are counted as "
                "overtime and cost its premium at least.",
                advice="This is what it would take: add the hours (shift, Saturday, second line), or plan with "
                "--no-overload.",
            )
        )
    return issues


def _unserved(found: Found) -> list[Issue]:
    """Tell what can't be served where all is to be served, and what binds; or that all is."""
    if found.task.options.allow_unmet:
        return []
    run, late = found.run, _late(found)
    missed = run.lost + late
    # What is left over of whole units is no customer.
    missed = np.where(missed > found.network.step[:, None], missed, 0)
    if not missed.any():
        return [
            Issue(
                code="supply.all-served",
                severity=Severity.NOTE,
                place=Place(),
                message="all demand from stock is served on time; what that costs is in the supply variance.",
                advice="Compare it with the plan that may say no: trivet plan --unmet in another scenario, then "
                "trivet compare.",
            )
        ]
    issues: list[Issue] = []
    families = found.families
    for family in sorted({families.get(found.network.items[s], "") for s in np.flatnonzero(missed.any(axis=1))}):
        sites = np.array([families.get(item, "") == family for item in found.network.items], dtype=np.bool_)
        amount = missed[sites].sum(axis=0)
        worst = int(np.argmax(amount))
        makes = np.flatnonzero(sites[found.network.makes.site])
        issues.append(
            Issue(
                code="supply.not-all-served",
                severity=Severity.WARNING,
                place=found.place(
                    "unserved_demand", Node(dimension="item", level="family", member=MemberId(family)), amount > 0
                ),
                message=f"{units(run.lost[sites].sum())} units are lost and {units(late[sites].sum())} late or still "
                f"waiting whatever serving them may cost, most in {found.label(worst)} ({units(amount[worst])}). "
                f"{_binding(found, makes, worst)}",
                advice="Hours are not what binds: find material, time or another source."
                if found.task.options.allow_overload
                else "Allow hours beyond capacity to see what it would take (trivet plan --overload --no-unmet), or "
                "find material and time.",
            )
        )
    return issues


def _late(found: Found) -> Counts:
    """Count demand from stock that is shipped after its bucket, or still waits at the end: (sites, open)."""
    run, asked = found.run, found.asked
    late = np.where(asked.stocked[:, None], asked.demand - run.lost, 0)
    for site, lots in enumerate(run.lots):
        for shipped_in, asked_in, _, amount in lots if asked.stocked[site] else ():
            late[site, asked_in] -= amount * (shipped_in <= asked_in)
    return late


def _binding(found: Found, makes: Counts, worst: int) -> str:
    """Say what binds the makes of a family: in the bucket, else in the last one before it where something does."""
    if not len(makes):
        return "Nobody makes it: what can be bought and moved in time binds."
    if found.task.rules.closed[makes, worst].all():
        return "Why: it is outside its production cycle."
    for bucket in range(worst, -1, -1):
        said = what_binds(found, makes, bucket)
        if said:
            there = "" if bucket == worst else f"in {found.label(bucket)} "
            return f"Why: {there}{'; '.join(said)}."
    return "Why: the time goods take to get there, lots and whole units."


def _without_targets(found: Found) -> list[Issue]:
    if found.task.options.use_targets:
        return []
    return [
        Issue(
            code="supply.no-targets",
            severity=Severity.NOTE,
            place=Place(),
            message="planned without stock targets: stock only covers demand, nothing guards against a forecast that "
            "is too low, and the last bucket ends without the stock of the following year.",
            advice="Plan with --targets before you agree on it.",
        )
    ]


def _least_load(found: Found) -> Iterator[Issue]:
    load, least = found.filled.load, found.task.rules.least_hours
    hours = load.count("load_hours")[:, load.buckets.horizon] / 1000.0
    short = np.where(hours < least * (1 - ROUNDING) - last_units(found.network, hours.shape), least - hours, 0.0)
    for row in np.flatnonzero(short.any(axis=1)).tolist():
        worst, name = int(np.argmax(short[row])), found.task.resources[row]
        yield _broken(
            found,
            place=found.place("load_hours", _line(name), short[row] > 0),
            said=f"{name} is loaded with less than its least in {counted(int((short[row] > 0).sum()), 'bucket')}: "
            f"{hours[row, worst]:,.1f} h instead of {least[row, worst]:,.1f} h in {found.label(worst)}",
        )


def _production(found: Found) -> Iterator[Issue]:
    """Tell where groups make less than their least or more than their most."""
    groups, made = found.task.rules.groups, found.run.made / 1000.0
    for i, (name, makes) in enumerate(zip(groups.names, groups.makes, strict=True)):
        total = made[makes].sum(axis=0)
        step = float(found.network.makes.lots.multiple[makes].sum()) / 1000.0
        below = np.where(total < groups.least[i] - step, groups.least[i] - total, 0.0)
        above = np.where(total > groups.most[i] + step, total - groups.most[i], 0.0)
        for off, limit, than in ((below, groups.least[i], "less than its least"), (above, groups.most[i], TOO_MUCH)):
            if not off.any():
                continue
            worst = int(np.argmax(off))
            why = _conflict(found, makes, worst) if than != TOO_MUCH else ""
            yield _broken(
                found,
                place=found.place("production", None, off > 0),
                said=f"{name}: {than} is made in {counted(int((off > 0).sum()), 'bucket')}, {total[worst]:,.0f} "
                f"instead of {limit[worst]:,.0f} units in {found.label(worst)}{why}",
            )


def _conflict(found: Found, makes: Counts, bucket: int) -> str:
    """Say which least quantities ask together for more hours than a line of these makes has."""
    crew, uses = found.crew, found.network.uses
    temporary = found.filled.load.count("temporary_hours")[:, found.filled.load.buckets.horizon] / 1000.0
    for row in sorted(set(uses.resource[np.isin(uses.make, makes)].tolist())):
        there = float((crew.regular + crew.allowed + temporary)[row, bucket])
        needs = _hours_asked(found, row, bucket)
        if sum(needs.values()) > there * (1 + ROUNDING):
            return (
                f". {found.task.resources[row]} has {there:,.0f} h there, and the least of "
                f"{in_words(minimal(needs, there), 'h')}"
            )
    closed = found.task.rules.closed[makes, bucket]
    if closed.all() and len(closed):
        return ". Another row closes this bucket by its cycle"
    return f". {why_departed(found, makes, bucket)}"


def _hours_asked(found: Found, resource: int, bucket: int) -> Mapping[str, float]:
    """Give the hours that the least quantity of each group takes on a resource, as quickly as it can be made."""
    groups, uses = found.task.rules.groups, found.network.uses
    result: dict[str, float] = {}
    for i, (name, makes) in enumerate(zip(groups.names, groups.makes, strict=True)):
        mine = np.flatnonzero((uses.resource == resource) & np.isin(uses.make, makes))
        only_here = set(makes.tolist()) == set(uses.make[mine].tolist())
        if groups.least[i, bucket] > 0 and only_here:
            result[name] = float(groups.least[i, bucket] * uses.hours[mine].min())
    return result


def _most_stock(found: Found) -> Iterator[Issue]:
    most, network = found.task.rules.most_stock, found.network
    stock = found.run.stock / 1000.0
    step = np.maximum(network.step, _largest_lot(found))[:, None] / 1000.0
    above = np.where(np.isfinite(most) & (stock > np.where(np.isfinite(most), most, 0.0) + step), stock, 0.0)
    for site in np.flatnonzero(above.any(axis=1)).tolist():
        over = np.where(above[site] > 0, stock[site] - np.where(np.isfinite(most[site]), most[site], 0.0), 0.0)
        worst = int(np.argmax(over))
        opens = float(network.opening[site]) / 1000.0
        why = f"; it opens with {opens:,.0f}" if opens > most[site, 0] else ""
        node = Node(dimension="item", level="item", member=MemberId(network.items[site]))
        yield _broken(
            found,
            place=found.place("projected_stock", node, over > 0),
            said=f"{network.items[site]} at {network.locations[site]} is above its most stock in "
            f"{counted(int((over > 0).sum()), 'bucket')}: {stock[site, worst]:,.0f} instead of "
            f"{most[site, worst]:,.0f} units in {found.label(worst)}{why}",
        )


def _largest_lot(found: Found) -> Counts:
    """Give the largest lot that comes in at each site at once: (sites,) counts."""
    network, result = found.network, np.zeros(len(found.network.items), dtype=np.int64)
    for rows, lots in ((network.makes.site, network.makes.lots), (network.sources.row, network.sources.lots)):
        np.maximum.at(result, rows, np.maximum(lots.multiple, lots.minimum))
    return result


def _uneven(found: Found) -> Iterator[Issue]:
    """Tell where lines and groups change more than they may."""
    rules, load = found.task.rules, found.filled.load
    hours = load.count("load_hours")[:, load.buckets.horizon] / 1000.0
    one = last_units(found.network, hours.shape)[:, 0]
    for row in rules.lines.rows.tolist():
        name = found.task.resources[row]
        yield from _changes(found, rules.lines, row, (hours[row], float(one[row])), (name, "load_hours", "h"))
    groups = rules.groups
    for i in groups.even.rows.tolist():
        made = found.run.made[groups.makes[i]].sum(axis=0) / 1000.0
        step = float(found.network.makes.lots.multiple[groups.makes[i]].sum()) / 1000.0
        yield from _changes(found, groups.even, i, (made, step), (groups.names[i], "production", "units"))


def _changes(
    found: Found, even: Even, row: int, values: tuple[Rates, float], said: tuple[str, str, str]
) -> Iterator[Issue]:
    if np.isnan(even.most[row]):
        return
    (amount, step), (name, measure, unit) = values, said
    working = np.flatnonzero(even.days[row] > 0)
    rate, slack = amount[working] / even.days[row, working], 2.0 * step / even.days[row, working]
    moved, before = np.abs(np.diff(rate)), rate[:-1]
    off = moved > before * (even.most[row] + 1e-6) + slack[1:]
    if not off.any():
        return
    worst = int(np.argmax(np.where(off, moved, -1.0)))
    marked: Flags = np.zeros(len(amount), dtype=np.bool_)
    marked[working[1:][off]] = True
    yield _broken(
        found,
        place=found.place(measure, _line(name) if measure == "load_hours" else None, marked),
        said=f"{name} changes by more than {even.most[row]:.0%} in {counted(int(off.sum()), 'bucket')}: from "
        f"{rate[worst]:,.2f} to {rate[worst + 1]:,.2f} {unit} a working day in {found.label(int(working[worst + 1]))}",
    )


def _broken(found: Found, *, place: Place, said: str) -> Issue:
    strict = found.task.rules.strict
    why = "it can't be kept even before customers" if strict else "customers would be lost, or it can't be kept"
    return Issue(
        code="supply.limit-broken",
        severity=Severity.WARNING if strict else Severity.NOTE,
        place=place,
        message=f"{said}: {why}.",
        advice="Change the limit (production_limits.csv, resources.csv, inventory_policy.csv) or add means"
        + ("." if strict else "; trivet plan --strict puts limits before customers."),
    )


def _idle_rows(found: Found) -> Iterator[Issue]:
    """Tell rows of production_limits that hold for nothing."""
    for name, makes in limit_rows(found.inputs, found.network):
        if not makes:
            yield Issue(
                code="supply.limit-of-nothing",
                severity=Severity.WARNING,
                place=Place(source="production_limits", value=name),
                message=f"production_limits names {name}, which nobody makes; the row changes nothing.",
                advice="Correct item, family or plant in production_limits.csv, or give the item a routing there.",
            )


def _line(name: str) -> Node:
    return Node(dimension="resource", level="resource", member=MemberId(name))
