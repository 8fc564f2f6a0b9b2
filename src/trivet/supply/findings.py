"""What the supply plan found: overloads, material shortages, lost and late demand, backlog past policy.

Each cause is counted once: demand lost for want of a material is at stake there, the rest at the family that
loses it, and an overload costs its overtime. Amounts are margin (price less standard cost) in plan currency.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from trivet.core.ids import Counts, MemberId, Rates
from trivet.core.issues import Issue, Node, Severity
from trivet.core.seasons import YEAR_BUCKETS
from trivet.supply.allotted import find_allotted
from trivet.supply.breaches import find_breaches
from trivet.supply.capacity import causes
from trivet.supply.conflicts import ROUNDING, find_conflicts
from trivet.supply.departures import find_departures
from trivet.supply.found import Found, counted, family_node, money, units
from trivet.supply.make_to_order import backlog_weeks, beyond_policy, quoted_lead_time
from trivet.supply.materials import limited_materials
from trivet.supply.network import Network
from trivet.supply.oddities import find_oddities

NAMED: Final = 3
"""Families and months named in one message."""
WEEK: Final = 7.0


def find_issues(found: Found) -> tuple[Issue, ...]:
    """Tell everything the supply plan found, causes first."""
    margin = lost_margin(found)
    short, taken = _material_issues(found, margin)
    return (
        *_overloads(found),
        *short,
        *_lost(found, np.where(taken[:, None], 0.0, margin)),
        *_late(found),
        *find_allotted(found),
        *_backlogs(found),
        *find_conflicts(found),
        *find_departures(found),
        *find_breaches(found),
        *find_oddities(found.inputs, found.network, found.asked, found.rooms, found.run, found.filled.demand),
    )


def lost_margin(found: Found) -> Rates:
    """Give the margin of lost demand by site and bucket, 0 where it sells below cost, plan currency: (sites, open)."""
    demand, asked = found.filled.demand, found.asked
    horizon = demand.buckets.horizon
    worth = np.maximum(demand.rate("price") - demand.rate("unit_cost"), 0.0)[:, horizon]
    amounts = demand.count("unserved_demand")[:, horizon] / 1000.0 * worth
    result = np.zeros(asked.demand.shape)
    known = asked.rows >= 0
    np.add.at(result, asked.rows[known], amounts[known])
    return result


def _overloads(found: Found) -> list[Issue]:
    """Tell which resources the unlimited plan overloads, by how much, and who causes it."""
    load, network = found.filled.load, found.network
    horizon = load.buckets.horizon
    need, regular = load.count("required_hours")[:, horizon] / 1000.0, found.crew.regular
    required = found.filled.supply.count("required_production")[network.makes.site][:, horizon]
    issues: list[Issue] = []
    for row, name in enumerate(load.keys["resource"].to_list()):
        over = need[row] > regular[row] * (1 + ROUNDING)
        if not over.any():
            continue
        worst = int(np.argmax(np.where(regular[row] > 0, need[row] / np.maximum(regular[row], 1e-9), need[row] * 1e9)))
        share = (
            f"{need[row, worst] / regular[row, worst]:.0%} of its" if regular[row, worst] > 0 else "hours but has no"
        )
        who = ", ".join(f"{f} {part:.0%}" for f, part in causes(network, required, row, found.families)[:NAMED])
        extra = float(load.count("overtime_hours")[row].sum()) / 1000.0
        issues.append(
            Issue(
                code="supply.overload",
                severity=Severity.WARNING,
                place=found.place("required_hours", Node(dimension="resource", level="resource", member=name), over),
                message=f"without limits it would need {share} regular hours in {found.label(worst)} "
                f"({need[row, worst]:,.0f} h of {regular[row, worst]:,.0f} h), too many in "
                f"{counted(int(over.sum()), 'bucket')}; caused by {who}. The plan pre-builds and uses {extra:,.0f} h "
                "of overtime.",
                advice="Add hours (shift, Saturday, second line), move work to another plant, or ask for less demand. "
                f"What a Saturday earns: trivet relief --where resource={name} --from {found.label(worst)}",
                at_stake=money(float(found.filled.overtime_cost[row].sum())),
            )
        )
    return issues


def _material_issues(found: Found, margin: Rates) -> tuple[list[Issue], Counts]:
    """Tell which materials can't be had in time; gives also the sites whose losses that explains."""
    network, panel = found.network, found.filled.material
    horizon = panel.buckets.horizon
    need = panel.count("material_need")[:, horizon]
    users = _users(network)
    taken = np.zeros(len(network.items), dtype=np.int64)
    issues: list[Issue] = []
    for material in limited_materials(network).tolist():
        rows = np.flatnonzero(network.material_of == material)
        most = np.where(np.isfinite(network.deliveries.cap[rows]), network.deliveries.cap[rows] * 1000.0, 1e15)
        for i, row in enumerate(rows):
            most[i, : network.deliveries.earliest[row]] = 0
        most = np.maximum(most, network.material_arrivals[rows])
        by_hand, on_order = network.held.deliveries, network.material_arrivals[rows]
        most = np.where(by_hand.fixed[rows], by_hand.amount[rows] + on_order, most).sum(axis=0)
        had = int(network.material_opening[material]) + np.cumsum(most)
        missing = np.cumsum(need[rows].sum(axis=0)) - had
        if missing.max(initial=0) < 1:
            continue
        hit = np.array([item in users[material] for item in network.items]) & (taken == 0)
        lost = float(margin[hit].sum())
        taken[hit & (margin.sum(axis=1) > 0)] = 1
        issues.append(_material_issue(found, material, missing, hit, lost))
    return issues, taken


def _material_issue(found: Found, material: int, missing: Rates, hit: Counts, lost: float) -> Issue:
    network = found.network
    gone = found.run.lost[hit].sum()
    names: dict[str, int] = {}
    for site in np.flatnonzero(hit):
        family = found.families.get(network.items[site], "")
        names[family] = names.get(family, 0) + int(found.run.lost[site].sum())
    who = ", ".join(
        f"{family} {units(count)}"
        for family, count in sorted(names.items(), key=lambda n: (-n[1], n[0]))[:NAMED]
        if count
    )
    return Issue(
        code="supply.material-short",
        severity=Severity.WARNING,
        place=found.place(
            "material_purchases",
            Node(dimension="item", level="item", member=MemberId(network.materials[material])),
            missing > 0,
        ),
        message=f"by cap and lead time suppliers deliver up to {units(float(missing.max()))} units less than the "
        f"unlimited plan would have used by {found.label(int(np.argmax(missing)))}; {units(float(gone))} units of "
        f"finished goods are lost{f' ({who})' if who else ''}.",
        advice="Qualify a second source, raise the cap, substitute, or decide who gets what there is. "
        f"What more of it earns: trivet relief --where item={network.materials[material]}",
        at_stake=money(lost) if lost else None,
    )


def _users(network: Network) -> Mapping[int, frozenset[str]]:
    """Give the items that each material goes into, through made parts too."""
    into: dict[int, set[str]] = {m: set() for m in range(len(network.materials))}
    above: dict[str, set[str]] = {}
    for make, site, material in zip(network.parts.make, network.parts.site, network.parts.material, strict=True):
        parent = network.items[int(network.makes.site[make])]
        if site >= 0:
            above.setdefault(network.items[int(site)], set()).add(parent)
        elif material >= 0:
            into[int(material)].add(parent)
    users: dict[int, frozenset[str]] = {}
    for material, direct in into.items():
        known, fresh = set(direct), set(direct)
        while fresh:
            fresh = {parent for item in fresh for parent in above.get(item, ())} - known
            known |= fresh
        users[material] = frozenset(known)
    return users


def _by_family(found: Found, sites: Iterable[int]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for site in sites:
        groups.setdefault(found.families.get(found.network.items[site], ""), []).append(site)
    return dict(sorted(groups.items()))


def _lost(found: Found, margin: Rates) -> list[Issue]:
    issues: list[Issue] = []
    for family, sites in _by_family(found, np.flatnonzero(found.run.lost.sum(axis=1)).tolist()).items():
        lost = found.run.lost[sites].sum(axis=0)
        asked = found.asked.demand[sites].sum(axis=0)
        months = ", ".join(
            f"{found.label(t)} {units(lost[t])}" for t in np.argsort(-lost, kind="stable")[:NAMED] if lost[t]
        )
        stake, part = float(margin[sites].sum()), lost.sum() / max(asked[lost > 0].sum(), 1)
        issues.append(
            Issue(
                code="supply.demand-lost",
                severity=Severity.WARNING,
                place=found.place("unserved_demand", family_node(family), lost > 0),
                message=f"{units(lost.sum())} units of demand can't be met in time ({part:.1%} of these buckets), most "
                f"in {months}.",
                advice="See the overloads of its lines and the shortages of its materials, or steer demand elsewhere.",
                at_stake=money(stake) if stake else None,
            )
        )
    return issues


def _late(found: Found) -> list[Issue]:
    """Tell how much demand from stock is shipped after the bucket it was asked for in."""
    issues: list[Issue] = []
    late = np.zeros(found.asked.demand.shape, dtype=np.int64)
    for site, lots in enumerate(found.run.lots):
        for shipped_in, asked_in, _, amount in lots if found.asked.stocked[site] else ():
            if shipped_in > asked_in:
                late[site, asked_in] += amount
    for family, sites in _by_family(found, np.flatnonzero(late.sum(axis=1)).tolist()).items():
        amount = late[sites].sum(axis=0)
        if amount.sum() < 1000:
            continue
        issues.append(
            Issue(
                code="supply.demand-late",
                severity=Severity.NOTE,
                place=found.place("constrained_demand", family_node(family), amount > 0),
                message=f"{units(amount.sum())} units are shipped after the bucket they are asked for in.",
                advice="Pre-build, speed up the lane, or tell the customers.",
            )
        )
    return issues


def _backlogs(found: Found) -> list[Issue]:
    """Tell where orders wait longer than the policy allows, and what lead time can be quoted."""
    network, asked, run = found.network, found.asked, found.run
    over = beyond_policy(network, asked, run.backlog)
    days = network.days
    issues: list[Issue] = []
    for family, sites in _by_family(found, np.flatnonzero(asked.ordered).tolist()).items():
        policy = float(min(asked.policy_days[sites])) / WEEK
        weeks = backlog_weeks(run.backlog[sites].sum(axis=0) / 1000.0, run.shipped[sites].sum(axis=0) / 1000.0, days)
        past = weeks > policy + 0.05
        if not past.any():
            continue
        worst = int(np.argmax(weeks))
        build = float(max(asked.build_days[sites])) / WEEK
        quoted = quoted_lead_time(weeks, build)[worst]
        stake = float(np.max((over[sites] * np.maximum(asked.worth.lost[sites], 0.0)).sum(axis=0)))
        said = f"{weeks[worst]:.1f} weeks" if np.isfinite(weeks[worst]) else "no end"
        year = slice(0, YEAR_BUCKETS[found.inputs.model.buckets.calendar])
        booked, shipped = (int(part[sites, year].sum()) for part in (asked.demand, run.shipped))
        ratio = f", book-to-bill {booked / shipped:.2f} over the year" if shipped else ""
        issues.append(
            Issue(
                code="supply.backlog-beyond-policy",
                severity=Severity.WARNING,
                place=found.place("order_backlog", family_node(family), past),
                message=f"orders wait {weeks[0]:.1f} weeks at the end of {found.label(0)} and {said} in "
                f"{found.label(worst)} ({units(run.backlog[sites, worst].sum())} open), the policy allows "
                f"{policy:.0f}: a lead time of {quoted:.1f} weeks can be quoted{ratio}.",
                advice="Add a shift to the cell, find material, or quote the longer lead time.",
                at_stake=money(stake) if stake else None,
            )
        )
    return issues
