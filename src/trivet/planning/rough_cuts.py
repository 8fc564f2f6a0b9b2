"""Rough-cut capacity of a plan by its three methods, side by side (F4, Y2), and why they differ.

Weighed is what the plan makes at each plant, never sales, item by item: a family's hours a unit are those of the
month's own mix, set-ups included, hours a unit of good output. Overall factors share all its hours out as the past year
did; the bill of resources counts hours in the bucket of completion; the resource profile when they are needed, so many
buckets before (the plan's own `load_hours`). Where they differ, the mix or the lead time says why.

Reads `production` of the plan, `hours_worked` or what was made in the past year; writes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.core.plan import Plan, PlanInputs
from trivet.core.seasons import YEAR_BUCKETS
from trivet.planning.booked_hours import booked_by_item, standard_hours
from trivet.supply.network import Network
from trivet.supply.rough_cut import bill_of_resources, overall_factors, resource_profile
from trivet.supply.ways import read_network

NOTABLE: Final = 0.1
"""Part by which two rough cuts differ when it is told why."""
_SMALL: Final = 0.001


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cuts:
    """Hours on the plan's axis, (resources, buckets), and the parts they are made of.

    Attributes:
        overall: None where no past is known.
        bill, profile: as the methods give them, closed buckets 0.
        by_family: (family, resource row) -> (buckets,) hours when they are needed.
        past: (family, resource code) -> hours of the past year; empty without one.
    """

    overall: Rates | None
    bill: Rates
    profile: Rates
    by_family: Mapping[tuple[str, int], Rates]
    past: Mapping[tuple[str, str], float]


def cut_roughly(inputs: PlanInputs, plan: Plan) -> Cuts:
    """Weigh what the plan makes on every resource by the three methods.

    Args:
        inputs: what the plan was made from, whole.
        plan: the plan, whole.
    """
    supply, load = plan.panel("supply"), plan.panel("load")
    network = read_network(inputs, supply, load, plan.panel("material"))
    horizon = supply.buckets.horizon
    made = supply.count("production")[network.makes.site][:, horizon]
    families: dict[str, str] = dict(inputs.table("items").select("item", "family").iter_rows())
    bill, profile = np.zeros(load.shape), np.zeros(load.shape)
    by_family: dict[tuple[str, int], Rates] = {}
    for resource in range(load.rows):
        for family, uses in _uses_of(network, resource, families).items():
            completed, needed = _weigh(network, made, uses)
            bill[resource, horizon] += completed
            profile[resource, horizon] += needed
            hours = np.zeros(load.shape[1])
            hours[horizon] = needed
            by_family[family, resource] = hours
    past = _past_hours(inputs, families)
    overall = None
    total = sum(past.values())
    if total > 0:
        names = load.keys["resource"].to_list()
        shares = np.array([sum(hours for (_, code), hours in past.items() if code == name) for name in names]) / total
        overall = overall_factors(bill.sum(axis=0), shares)
    return Cuts(overall=overall, bill=bill, profile=profile, by_family=by_family, past=past)


def _uses_of(network: Network, resource: int, families: dict[str, str]) -> dict[str, Counts]:
    """Give the rows of `uses` of a resource, family by family."""
    found: dict[str, list[int]] = {}
    for use in np.flatnonzero(network.uses.resource == resource).tolist():
        item = network.items[int(network.makes.site[network.uses.make[use]])]
        found.setdefault(families.get(item, ""), []).append(use)
    return {family: np.array(rows, dtype=np.int64) for family, rows in sorted(found.items())}


def _weigh(network: Network, made: Counts, uses: Counts) -> tuple[Rates, Rates]:
    """Give the hours of some uses of one resource, set-ups included: in the bucket of completion, and when needed."""
    makes, offsets = network.uses.make[uses], network.uses.offset[uses]
    quantity = made[makes] / 1000.0
    runs = (made[makes] > network.makes.released[makes]).astype(np.float64)
    hours, setup = network.uses.hours[uses], network.uses.setup[uses]
    completed = bill_of_resources(quantity, hours[:, None]) + bill_of_resources(runs, setup[:, None])
    early = np.zeros((len(uses), 1, int(offsets.max(initial=0)) + 1))
    early[np.arange(len(uses)), 0, offsets] = 1.0
    needed = resource_profile(quantity, early * hours[:, None, None]) + resource_profile(
        runs, early * setup[:, None, None]
    )
    return completed[0], needed[0]


def _past_hours(inputs: PlanInputs, families: dict[str, str]) -> dict[tuple[str, str], float]:
    """Give the hours of the last closed year by family and resource: booked, else standard hours."""
    buckets = inputs.model.buckets
    year = slice(max(buckets.first_open - YEAR_BUCKETS[buckets.calendar], 0), buckets.first_open)
    hours = standard_hours(inputs)
    booked = booked_by_item(inputs)
    found: dict[tuple[str, str], float] = {}
    for resource in sorted({code for code, _ in (*hours, *booked)}):
        own = {key: series for key, series in booked.items() if key[0] == resource}
        for (_, item), series in sorted((own or {k: v for k, v in hours.items() if k[0] == resource}).items()):
            key = families.get(item, ""), resource
            found[key] = found.get(key, 0.0) + float(series[year].sum())
    return found


def why_they_differ(cuts: Cuts, code: str, row: int, periods: Sequence[tuple[str, slice]]) -> tuple[str, ...]:
    """Say why the rough cuts of a resource differ, where they do by a tenth or more: of all periods, or of the worst.

    Args:
        cuts: of all resources.
        code: of the resource.
        row: its row of the load panel.
        periods: name and buckets of those told.
    """
    runs = [run for _, run in periods]
    told = []
    largest = max((_total(cuts.bill[row], [run]) for run in runs), default=0.0)
    if largest <= 0:
        return ()
    if cuts.overall is not None:
        apart = cuts.overall[row] - cuts.bill[row]
        worst, run = max(periods, key=lambda period: abs(_total(apart, [period[1]])))
        if abs(_total(apart, runs)) > NOTABLE * _total(cuts.bill[row], runs):
            told.append(_overall(cuts, code, row, runs, "together"))
        elif abs(_total(apart, [run])) > NOTABLE * largest:
            told.append(_overall(cuts, code, row, [run], f"in {worst}"))
    early = cuts.profile[row] - cuts.bill[row]
    moved = max(abs(_total(early, [run])) for run in runs)
    if moved > NOTABLE * largest:
        told.append(
            f"the profile differs from the bill by up to {moved:,.0f} h in a period: hours fall before completion "
            "(offset in routings.csv)"
        )
    return tuple(told)


def _overall(cuts: Cuts, code: str, row: int, runs: Sequence[slice], when: str) -> str:
    overall = 0.0 if cuts.overall is None else _total(cuts.overall[row], runs)
    return (
        f"{when} overall factors give {overall:,.0f} h, the bill {_total(cuts.bill[row], runs):,.0f} h, by the mix: "
        f"{_mix(cuts, code, row, runs)}"
    )


def _total(hours: Rates, runs: Sequence[slice]) -> float:
    return sum(float(hours[run].sum()) for run in runs)


def _mix(cuts: Cuts, code: str, row: int, runs: Sequence[slice]) -> str:
    """Say how the resource's part of all hours moved, and which family's part moved it most."""
    planned: dict[str, float] = {}
    for (family, _), series in cuts.by_family.items():
        planned[family] = planned.get(family, 0.0) + _total(series, runs)
    before: dict[str, float] = {}
    for (family, _), hours in cuts.past.items():
        before[family] = before.get(family, 0.0) + hours
    now, then = sum(planned.values()), sum(before.values())
    own_now = _total(cuts.bill[row], runs) / sum(_total(series, runs) for series in cuts.bill)
    own_then = sum(hours for (_, resource), hours in cuts.past.items() if resource == code) / then
    moved = {
        family: planned.get(family, 0.0) / now - before.get(family, 0.0) / then
        for family, resource in cuts.by_family
        if resource == row
    }
    said = f"{code} takes {own_now:.1%} of the hours made then and took {own_then:.1%} of the past year's"
    likewise = {f: part for f, part in moved.items() if (part > 0) == (own_now > own_then) and abs(part) > _SMALL}
    if not likewise:
        return f"{said}; no family's part moved so, its items or plants did"
    family = max(sorted(likewise), key=lambda name: abs(likewise[name]))
    parts = before.get(family, 0.0) / then, planned.get(family, 0.0) / now
    return f"{said}; {family} went from {parts[0]:.1%} to {parts[1]:.1%} of all hours"
