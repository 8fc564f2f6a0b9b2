"""Stock targets from a service: what the forecast error and the lead time make of a promise (F17, Y8).

`SS = z x sqrt((LT + R) x s1^2 + d^2 x sLT^2)`, target = SS + half a lot. s1 is the `forecast_error` one bucket ahead
of what the location ships, R one bucket, LT and sLT those of the way goods come in (its lane, else its source; what
is made there has none), d the mean demand of the coming year, z from the service of a cycle or from the fill rate. A
lot is that of the make or source; fill rates count at least the demand of a bucket as one.

Reads `inventory_policy`, `lanes`, `supply_sources`, `forecast_error`; feeds `target_stock`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.plan import PlanInputs
from trivet.supply.network import Network
from trivet.supply.safety import Exposure, factor_for_fill_rate, safety_factor, stock_target
from trivet.supply.targets import Policy, go_on, policies, season_of

FILL: Final = "fill"
NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Site:
    """What the target of one site is computed from."""

    exposure: Exposure
    lot: float


def service_targets(
    inputs: PlanInputs, network: Network, demand: Counts, error: Rates
) -> tuple[Rates, tuple[Issue, ...]]:
    """Give the stock that services ask for.

    Args:
        inputs: the snapshot.
        network: the sites.
        demand: (sites, open) counts of customer demand shipped from each site.
        error: (sites,) standard deviation of the forecast error one bucket ahead, units; NaN = not known.

    Returns:
        (sites, open) units, NaN where no service is asked for or it can't be computed, which is said.
    """
    result = np.full(demand.shape, np.nan)
    found = policies(inputs, network)
    asked = [any(p is not None and p.service is not None for p in row) for row in found]
    rows = [s for s in np.flatnonzero(asked).tolist() if demand[s].any() and not network.to_order[s]]
    if not rows:
        return result, ()
    coming_year = go_on(inputs, network, demand)[:, : season_of(network)].mean(axis=1)
    times = _lead_times(inputs, network)
    unknown: list[int] = []
    impossible: dict[float, list[int]] = {}
    for site in rows:
        known = _Site(
            exposure=Exposure(
                demand=float(coming_year[site]),
                error=float(error[site]),
                lead_time=times[site][0],
                lead_time_error=times[site][1],
            ),
            lot=_lot(network, site),
        )
        for t, policy in enumerate(found[site]):
            if policy is None or policy.service is None:
                continue
            if not 0.0 < policy.service < 1.0:
                impossible.setdefault(policy.service, []).append(site)
            elif np.isnan(error[site]):
                unknown.append(site)
            else:
                result[site, t] = _target(known, policy)
    issues = [_not_known(network, list(dict.fromkeys(unknown)))] if unknown else []
    issues += [_no_service(network, service, list(dict.fromkeys(at))) for service, at in sorted(impossible.items())]
    return result, tuple(issues)


def _target(site: _Site, policy: Policy) -> float:
    """Give safety stock and half a lot; a service below one half asks for no safety stock, never for less than none."""
    service = float(policy.service or 0.0)
    deviation = site.exposure.deviation
    if deviation <= 0:
        factor = 0.0
    elif policy.service_kind == FILL:
        lot = max(site.lot, site.exposure.demand)
        factor = factor_for_fill_rate(rate=service, deviation=deviation, lot=lot) if lot > 0 else 0.0
    else:
        factor = safety_factor(service)
    return stock_target(site.exposure, factor=max(factor, 0.0), lot=site.lot)


def _lot(network: Network, site: int) -> float:
    """Give the units that come in at once: the smallest lot of the make or of the source, 0 where there is none."""
    for rows, lots in ((network.makes.site, network.makes.lots), (network.sources.row, network.sources.lots)):
        at = np.flatnonzero(rows == site)
        if len(at):
            larger: Flags = lots.multiple[at] > network.step[site]
            return float(np.maximum(lots.minimum[at], lots.multiple[at] * larger).max()) / 1000.0
    return 0.0


def _lead_times(inputs: PlanInputs, network: Network) -> dict[int, tuple[float, float]]:
    """Give mean and deviation of the lead time of each site in buckets: none where it is made there."""
    mean = float(network.days.mean())
    made = set(network.makes.site[network.makes.routed].tolist())
    lanes = {
        (item or "", a, b): (float(days or 0) / mean, float(error or 0.0) / mean)
        for item, a, b, days, error in inputs.table("lanes")
        .select("item", "origin", "destination", "lead_time_days", "lead_time_error_days")
        .iter_rows()
    }
    sources: dict[tuple[str, str], tuple[float, float]] = {}
    table = inputs.table("supply_sources").sort("item", "location", "supplier")
    names = ("item", "location", "lead_time_days", "lead_time_error_days")
    for item, place, days, error in table.select(names).iter_rows():
        sources.setdefault((item, place), (float(days or 0) / mean, float(error or 0.0) / mean))
    result: dict[int, tuple[float, float]] = {}
    for site, (item, place) in enumerate(zip(network.items, network.locations, strict=True)):
        inward = np.flatnonzero(network.lanes.destination == site)
        if site in made:
            result[site] = (0.0, 0.0)
        elif len(inward):
            lane = int(inward[np.argmin(network.lanes.cost[inward])])
            origin = network.locations[int(network.lanes.origin[lane])]
            result[site] = lanes.get((item, origin, place), lanes.get(("", origin, place), (0.0, 0.0)))
        else:
            result[site] = sources.get((item, place), (0.0, 0.0))
    return result


def _names(network: Network, sites: list[int]) -> str:
    some = ", ".join(f"{network.items[s]} at {network.locations[s]}" for s in sites[:NAMED])
    return some + (f" and {len(sites) - NAMED} more" if len(sites) > NAMED else "")


def _not_known(network: Network, sites: list[int]) -> Issue:
    return Issue(
        code="supply.no-service-target",
        severity=Severity.WARNING,
        place=_place(network, sites),
        message=f"the forecast of {_names(network, sites)} can't be held against 6 months that came: no safety stock "
        "is computed from the service asked for; units or days of the same row count, else nothing is kept.",
        advice="Give the row days or a quantity until there is history enough.",
    )


def _no_service(network: Network, service: float, sites: list[int]) -> Issue:
    return Issue(
        code="supply.impossible-service",
        severity=Severity.WARNING,
        place=_place(network, sites),
        message=f"a service of {service:g} is asked for at {_names(network, sites)}; expected more than 0 and less "
        "than 1: no stock guards for ever. Units or days of the same row count.",
        advice="Write e.g. 0.95 in inventory_policy.csv.",
    )


def _place(network: Network, sites: list[int]) -> Place:
    node = Node(dimension="item", level="item", member=MemberId(network.items[sites[0]]))
    scope = (node,) if len(sites) == 1 else ()
    return Place(measure=MeasureId("target_stock"), scope=scope, source="inventory_policy", column="service")
