"""Requirements without limits: what would have to be made, moved and bought if nothing bound (F1, F2, F4).

Chase: `required = max(0, demand + target - previous closing - receipts)`, from the customer backwards: lanes
with their lead time, plants by the quota of their routings, parts by the bill of materials. What would have to
have left before today leaves today. The target held is the year's mean (`held_target`): the need shown is that of
demand, not of a target's season. Orders of made-to-order items are kept at the backlog the policy allows.
Hours are quantity x hours a unit (bill of resources), earlier by the routing's offset (resource profile).

Reads `consensus_demand`; writes `required_production`, `target_stock`, `required_hours`, `material_need`,
and `strategy_production` of families with a strategy.
"""

import numpy as np
import polars as pl

from trivet.core.ids import Counts, MeasureId, Rates
from trivet.core.issues import Issue, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import round_to_counts
from trivet.supply.calendar import working_days
from trivet.supply.chase import Chase
from trivet.supply.network import Network
from trivet.supply.panels import HOURS, extend
from trivet.supply.services import service_targets
from trivet.supply.sites import shipping_of
from trivet.supply.strategies import read_strategies, wished_production
from trivet.supply.targets import held_target, target_stock
from trivet.supply.wanted import rows_by_site, site_demand
from trivet.supply.ways import read_network


def require(
    inputs: PlanInputs, demand: Panel, supply: Panel, load: Panel, material: Panel, *, targets: bool = True
) -> tuple[Panel, Panel, Panel, tuple[Issue, ...]]:
    """Write the unlimited requirements on the supply, load and material panels.

    Args:
        inputs: the snapshot.
        demand: panel with consensus_demand on open buckets.
        supply: as `supply_panels` gives it; a site that demand needs and it does not have is added.
        load: as `supply_panels` gives it.
        material: as `supply_panels` gives it.
        targets: whether stock is wanted; False = it only covers demand.

    Returns:
        The panels with required_production, target_stock, required_hours and material_need. Overloads and
        shortages that follow from them are told by `plan_supply`, beside what the plan does about them.
    """
    supply = extend(supply, _demand_sites(inputs, demand, supply))
    network = read_network(inputs, supply, load, material)
    asked = site_demand(demand, rows_by_site(inputs, demand, supply), supply.rows)
    guarded, problems = service_targets(inputs, network, asked, _errors(supply))
    target = target_stock(inputs, network, asked, guarded) * targets
    held = held_target(inputs, network, target)
    backlog = _opening_backlog(supply)
    made = Chase(inputs, network, asked, held, backlog).run()
    hours = hours_of(network, made, load.rows)
    required_production = np.zeros((supply.rows, network.open), dtype=np.int64)
    required_production[network.makes.site] = made
    supply = supply.with_counts(
        {
            "required_production": on_horizon(supply, required_production),
            "target_stock": on_horizon(supply, target),
        }
    )
    wished, issues = _strategies(inputs, Chase(inputs, network, asked, target, backlog, lots=False))
    if wished is not None:
        by_site = np.zeros((supply.rows, network.open), dtype=np.int64)
        by_site[network.makes.site] = wished
        supply = supply.with_counts({"strategy_production": on_horizon(supply, by_site)})
    need = np.zeros((material.rows, network.open), dtype=np.int64)
    need[first_rows(network)] = material_use(network, made)
    load = load.with_counts({"required_hours": on_horizon(load, round_to_counts(hours, HOURS))})
    material = material.with_counts({"material_need": on_horizon(material, need)})
    return supply, load, material, (*problems, *issues)


def _strategies(inputs: PlanInputs, chase: Chase) -> tuple[Counts | None, tuple[Issue, ...]]:
    """Give what each make would make by its family's strategy, None where no family has one."""
    network = chase.network
    strategies = read_strategies(inputs, network)
    if not strategies:
        return None, ()
    families: dict[str, str] = dict(inputs.table("items").select("item", "family").iter_rows())
    needed = chase.run() / 1000.0
    ordered = network.to_order[network.makes.site]
    needed[ordered] = np.diff(chase.may_be_built()[ordered], axis=1, prepend=0.0)
    days = plant_days(inputs, network)
    wished = wished_production(network, strategies, needed, days, families)
    unknown = sorted({one.family for one in strategies} - set(families.values()))
    return wished, tuple(_unknown_family(family) for family in unknown)


def plant_days(inputs: PlanInputs, network: Network) -> Rates:
    """Give the working days at the plant of every make: (makes, open)."""
    codes = dict(inputs.table("locations").select("location", pl.col("calendar").fill_null("")).iter_rows())
    places = [network.locations[site] for site in network.makes.site.tolist()]
    known = {place: working_days(inputs, codes.get(place, "")) for place in sorted(set(places))}
    shape = (len(places), network.open)
    return np.array([known[place][network.buckets.horizon] for place in places]).reshape(shape)


def _unknown_family(family: str) -> Issue:
    return Issue(
        code="supply.strategy-unknown-family",
        severity=Severity.WARNING,
        place=Place(source="production_strategies", column="family", value=family),
        message=f"production_strategies names family '{family}' that no item has; it changes nothing.",
        advice="Correct the family in production_strategies.csv, or give its items that family in items.csv.",
    )


def on_horizon(panel: Panel, values: Counts) -> Counts:
    """Put open-bucket counts on the panel's whole axis, 0 in closed buckets."""
    result = np.zeros(panel.shape, dtype=np.int64)
    result[:, panel.buckets.horizon] = values
    return result


def hours_of(network: Network, made: Counts, resources: int) -> Rates:
    """Give the hours production needs on each resource: (resources, open); hours before today count today.

    A bucket in which more than released orders is made sets up once.
    """
    uses, result = network.uses, np.zeros((resources, network.open))
    for make, resource, hours, offset, setup in zip(
        uses.make, uses.resource, uses.hours, uses.offset, uses.setup, strict=True
    ):
        units = made[make] / 1000.0 * hours
        if setup:
            units = units + setup * (made[make] > network.makes.released[make])
        at = np.maximum(np.arange(network.open) - offset, 0)
        np.add.at(result[resource], at, units)
    return result


def material_use(network: Network, made: Counts) -> Counts:
    """Give what production uses up of each pooled material: (materials, open) counts."""
    result = np.zeros((len(network.materials), network.open), dtype=np.int64)
    for make, material, quantity in zip(
        network.parts.make, network.parts.material, network.parts.quantity, strict=True
    ):
        if material >= 0:
            result[material] += np.rint(made[make] * quantity).astype(np.int64)
    return result


def part_use(network: Network, made: Counts) -> Counts:
    """Give what production uses up of parts kept at sites: (sites, open) counts."""
    result = np.zeros((len(network.items), network.open), dtype=np.int64)
    for make, site, quantity in zip(network.parts.make, network.parts.site, network.parts.quantity, strict=True):
        if site >= 0:
            result[site] += np.rint(made[make] * quantity).astype(np.int64)
    return result


def first_rows(network: Network) -> Counts:
    """Give the row of the material panel that stands for each material: its cheapest supplier, then by code."""
    order = sorted(
        range(len(network.material_of)),
        key=lambda row: (int(network.material_of[row]), float(network.deliveries.extra_cost[row]), row),
    )
    first: dict[int, int] = {}
    for row in order:
        first.setdefault(int(network.material_of[row]), row)
    return np.array([first[m] for m in range(len(network.materials))], dtype=np.int64)


def _errors(supply: Panel) -> Rates:
    """Give the forecast error of each site one bucket ahead, NaN where it is not known: (sites,) units."""
    first = supply.buckets.first_open
    known = supply.mask("forecast_error")[:, first] & (MeasureId("forecast_error") in supply.counts)
    return np.where(known, supply.count("forecast_error")[:, first] / 1000.0, np.nan)


def _opening_backlog(supply: Panel) -> Counts:
    first = supply.buckets.first_open
    return supply.count("order_backlog")[:, first - 1] if first else np.zeros(supply.rows, dtype=np.int64)


def _demand_sites(inputs: PlanInputs, demand: Panel, supply: Panel) -> pl.DataFrame:
    """Find the item x location pairs that demand needs: every one of an item that is no service."""
    ships = shipping_of(inputs)
    items = inputs.table("items")
    goods = set(items.filter(pl.col("kind") != "non-stock")["item"].to_list())
    asked = [bool(row.any()) for row in demand.count("consensus_demand")[:, demand.buckets.horizon]]
    pairs = sorted(
        {
            (item, ships[market])
            for (item, market), wanted in zip(demand.keys.select("item", "market").iter_rows(), asked, strict=True)
            if wanted and item in goods and market in ships
        }
    )
    return pl.DataFrame(
        {"item": [i for i, _ in pairs], "location": [p for _, p in pairs]},
        schema=dict.fromkeys(supply.keys.columns, pl.String),
    )
