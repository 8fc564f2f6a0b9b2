"""Terms of purchase: who delivers an item, at what price, in which lots and how soon, as the source tables say.

Rows line up with the ways of the supply plan: one offer a source of a place, and one a row of the material panel.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from trivet.core.ids import Counts
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.supply.network import Network, Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One way to buy.

    Attributes:
        item, location: what arrives where; location "" = the pool of a material nobody names a place for.
        supplier: its code; "" = nobody is named.
        lead_days: calendar days from order to receipt.
        price: a unit in `currency`; None = not given.
        minimum: counts of the smallest order; 0 = any.
        multiple: counts orders are multiples of.
    """

    item: str
    location: str
    supplier: str
    lead_days: int = 0
    price: float | None = None
    currency: str = ""
    minimum: int = 0
    multiple: int = 1


def read_offers(inputs: PlanInputs, supply: Panel, network: Network) -> tuple[Offer, ...]:
    """Give the offer behind every source of the network, in its order; those nobody named come last."""
    rows = {pair: i for i, pair in enumerate(supply.keys.iter_rows())}
    table = _terms(inputs).sort("item", "location", "supplier")
    named = [row for row in table.iter_rows(named=True) if (row["item"], row["location"]) in rows]
    lots, found = network.sources.lots, []
    for i, site in enumerate(network.sources.row.tolist()):
        nobody = Offer(item=network.items[site], location=network.locations[site], supplier="")
        offer = _offer(named[i]) if i < len(named) else nobody
        found.append(replace(offer, minimum=int(lots.minimum[i]), multiple=int(lots.multiple[i])))
    return tuple(found)


def read_material_offers(inputs: PlanInputs, material: Panel, network: Network) -> tuple[Offer, ...]:
    """Give the offer behind every row of the material panel; lots are whole steps of the material."""
    given: dict[tuple[str, str], Mapping[str, object]] = {}
    for row in _terms(inputs).sort("item", "supplier", "location").iter_rows(named=True):
        given.setdefault((row["item"], row["supplier"]), row)
    items, lots, found = inputs.table("items"), network.deliveries.lots, []
    steps = dict(zip(items["item"].to_list(), items["step"].to_list(), strict=True))
    for i, (item, supplier) in enumerate(material.keys.iter_rows()):
        step = max(int(steps.get(item) or 1), 1)
        multiple = -(-int(lots.multiple[i]) // step) * step
        terms = given.get((item, supplier))
        offer = _offer(terms) if terms else Offer(item=item, location="", supplier=supplier)
        found.append(replace(offer, minimum=int(lots.minimum[i]), multiple=multiple))
    return tuple(found)


def _terms(inputs: PlanInputs) -> pl.DataFrame:
    """Give the sources with the currency that holds: the row's, else the supplier's, else the plan's."""
    vendors = inputs.table("suppliers").select("supplier", pl.col("currency").fill_null("").alias("theirs"))
    named, theirs = pl.col("currency").fill_null(""), pl.col("theirs").fill_null("")
    home = pl.lit(inputs.model.company.currency)
    currency = pl.when(named != "").then(named).when(theirs != "").then(theirs).otherwise(home)
    return (
        inputs.table("supply_sources").join(vendors, on="supplier", how="left").with_columns(currency.alias("currency"))
    )


def _offer(row: Mapping[str, object]) -> Offer:
    price, days = row["price"], row["lead_time_days"]
    return Offer(
        item=str(row["item"]),
        location=str(row["location"] or ""),
        supplier=str(row["supplier"]),
        lead_days=max(days, 0) if isinstance(days, int) else 0,
        price=float(price) if isinstance(price, float | int) else None,
        currency=str(row["currency"]),
    )


def share_offers(totals: Counts, numbers: list[int], sources: Sources) -> Mapping[int, list[int]]:
    """Share what a place buys over its sources: the cheapest first, to its cap in whole lots, the rest to the last.

    Args:
        totals: (open,) counts to be ordered.
        numbers: the sources of the place.
        sources: all sources, with caps and costs above standard.

    Returns:
        Source -> counts by open bucket; the sum of all is `totals`.
    """
    order = sorted(numbers, key=lambda i: (float(sources.extra_cost[i]), i))
    left, found = totals.copy(), {}
    for i in order[:-1]:
        multiple = int(sources.lots.multiple[i])
        finite = np.isfinite(sources.cap[i])
        room = np.floor(np.where(finite, sources.cap[i], 0.0) * 1000.0 / multiple).astype(np.int64) * multiple
        taken = np.where(finite, np.minimum(left, room), left)
        found[i] = taken.tolist()
        left = left - taken
    found[order[-1]] = left.tolist()
    return found
