"""Who and where: what family, region and channel each series of the demand panel belongs to.

Every table of the demand leg names its cells by some of item, family, market, region and channel; an
empty name means every one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from trivet.core.dimensions import UNASSIGNED
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY, to_amounts

Texts = npt.NDArray[np.object_]
LEVELS: Final = ("item", "family", "market", "region", "channel")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Members:
    """Item, family, market, region and channel of each series: arrays of text, one element a row."""

    item: Texts
    family: Texts
    market: Texts
    region: Texts
    channel: Texts

    def level(self, name: str) -> Texts:
        """Give one of the five arrays."""
        return {
            "item": self.item,
            "family": self.family,
            "market": self.market,
            "region": self.region,
            "channel": self.channel,
        }[name]

    def rows(self, names: Mapping[str, str]) -> Flags:
        """Tell which series lie under all the members named, e.g. {"family": "City", "region": ""}; "" = every one."""
        hit: Flags = np.ones(len(self.item), dtype=np.bool_)
        for level, member in names.items():
            if member:
                hit &= self.level(level) == member
        return hit


def members_of(inputs: PlanInputs, keys: pl.DataFrame) -> Members:
    """Look up the levels of each (item, market) key; what a dimension does not know is Unassigned."""
    items, markets = keys["item"].to_list(), keys["market"].to_list()
    family, region, channel = (
        _parents(inputs, *of) for of in (("item", "family"), ("market", "region"), ("market", "channel"))
    )
    return Members(
        item=np.array(items, dtype=object),
        family=np.array([family.get(item, UNASSIGNED) for item in items], dtype=object),
        market=np.array(markets, dtype=object),
        region=np.array([region.get(market, UNASSIGNED) for market in markets], dtype=object),
        channel=np.array([channel.get(market, UNASSIGNED) for market in markets], dtype=object),
    )


def _parents(inputs: PlanInputs, dimension: str, level: str) -> Mapping[str, str]:
    known = inputs.model.dimensions[dimension]
    return known.parents(level) if level in known.levels else {}


def sums_by(groups: Texts, values: Counts) -> tuple[list[str], Counts]:
    """Add up rows by group: the names in order, and (groups, buckets) sums."""
    names, place = np.unique(groups.astype(str), return_inverse=True)
    total = np.zeros((len(names), values.shape[1]), dtype=np.int64)
    np.add.at(total, place, values)
    return [str(name) for name in names], total


def group_rows(groups: Texts) -> dict[str, Counts]:
    """Map each group, in order of name, to its rows."""
    names, place = np.unique(groups.astype(str), return_inverse=True)
    order = np.argsort(place, kind="stable")
    bounds = np.searchsorted(place[order], np.arange(len(names) + 1))
    return {str(name): order[bounds[i] : bounds[i + 1]] for i, name in enumerate(names)}


def recent_price(panel: Panel) -> Rates:
    """Give each series' average revenue per unit shipped over the last 12 closed buckets; 0 where nothing was."""
    closed = panel.buckets.first_open
    last = slice(max(0, closed - 12), closed)
    units = to_amounts(panel.count("shipments")[:, last].sum(axis=1), QUANTITY)
    money = panel.count("shipped_revenue")[:, last].sum(axis=1).astype(np.float64) / 10_000
    price: Rates = np.divide(money, units, out=np.zeros(panel.rows), where=units > 0)
    return price


def worth(panel: Panel, rows: Counts, quantity: Counts) -> Decimal | None:
    """Give what quantities (counts, one a row) are worth at recent prices, to the cent; None when no price is known."""
    price = recent_price(panel)[rows]
    if not (price > 0).any():
        return None
    return Decimal(f"{float(np.abs(to_amounts(quantity, QUANTITY)) @ price):.2f}")


def units_text(count: int) -> str:
    """Show a quantity in units as people write it: 1,234 or 0.5."""
    amount = Decimal(int(count)) * QUANTITY
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount.normalize():,f}"
