"""What is said of demand, held against the consensus: streams, the forecast, the plan published before, open orders.

Reads the streams' measures, `baseline_demand`, `consensus_demand`, `open_orders`, `shipped_to_date` and `price` of the
demand panel, open buckets only; writes no measure. A gap is what a stream says less the consensus, in units, and in
money at the plan's price. Open orders count only where they exceed the plan of an item and bucket: the rest of a plan
is still to be sold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from trivet.core.fiscal import sum_by
from trivet.core.ids import Counts, Flags
from trivet.core.pairs import Pair
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.quantities import MONEY, QUANTITY, times_rate
from trivet.core.rollup import roll_up
from trivet.reconcile.compared import Compared, Named

STREAMS: Final = {
    Pair.STATISTICAL: "baseline_demand",
    Pair.SALES: "sales_demand",
    Pair.MARKETING: "marketing_demand",
    Pair.FINANCE: "finance_demand",
    Pair.CUSTOMER: "customer_demand",
}
"""Measure that is held against the consensus."""
PLAN: Final = "consensus_demand"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What rows of keys are called.

    Attributes:
        named: their members of the matrix.
        below: key column that names what a cause is made of, `item` or `market`.
        kinds: base unit of each item.
    """

    named: Named
    below: str
    model: Model

    def kinds(self, keys: pl.DataFrame) -> Sequence[str]:
        """Give the base unit of each row's item."""
        dimension = self.model.dimensions["item"]
        known = dimension.parents("unit") if "unit" in dimension.levels else {}
        return [known.get(item) or "" for item in keys["item"].to_list()]

    def parts(self, keys: pl.DataFrame) -> Sequence[str]:
        """Name what a cause is made of."""
        return keys[self.below if self.below in keys.columns else "item"].to_list()


def compare_opinions(demand: Panel, seen: Seen) -> tuple[Compared, ...]:
    """Hold every stream that says something, and the statistical forecast, against the consensus."""
    ahead = _ahead(demand)
    agreed = demand.count(PLAN)
    found = []
    for pair, measure in STREAMS.items():
        if not demand.has(measure):
            continue
        said = demand.count(measure)
        given = demand.mask(measure) & ahead & ((said != 0) | (agreed != 0))
        found.append(_in_money(pair, demand, seen, given, said - agreed, agreed))
    return tuple(found)


def compare_published(demand: Panel, seen: Seen, published: Panel) -> Compared:
    """Hold the consensus against what was published before, in the open buckets both speak of.

    Series only the published plan has are told with it, at the mean price of their item today.
    """
    columns = {day: column for column, day in enumerate(published.buckets.starts)}
    shared = [
        (now, columns[day])
        for now, day in enumerate(demand.buckets.starts)
        if now >= demand.buckets.first_open and columns.get(day, -1) >= published.buckets.first_open
        if published.mask(PLAN)[:, columns[day]].any()
    ]
    at = demand.find(published.keys.select(demand.keys.columns))
    gone = np.flatnonzero(at < 0)
    keys = pl.concat([demand.keys, published.keys[gone.tolist()].select(demand.keys.columns)])
    place = at.copy()
    place[gone] = demand.rows + np.arange(len(gone))
    ours, theirs = np.zeros((2, keys.height, len(demand.buckets)), dtype=np.int64)
    given = np.zeros(ours.shape, dtype=np.bool_)
    for now, then in shared:
        ours[: demand.rows, now] = demand.count(PLAN)[:, now]
        np.add.at(theirs[:, now], place, published.count(PLAN)[:, then])
        given[:, now] = True
    given &= (ours != 0) | (theirs != 0)
    wide = Panel(grain=demand.grain, keys=keys, buckets=demand.buckets).with_rates({"price": _prices(demand, keys)})
    return _in_money(Pair.PUBLISHED, wide, seen, given, ours - theirs, theirs)


def _prices(demand: Panel, keys: pl.DataFrame) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Give the price of each row, of rows the plan does not have the mean of their item's rows; else 0."""
    price = np.where(demand.mask("price"), demand.rate("price"), 0.0)
    added = np.zeros((keys.height - demand.rows, len(demand.buckets)))
    own = demand.keys["item"].to_numpy()
    for row, item in enumerate(keys["item"].to_list()[demand.rows :]):
        mine = price[own == item]
        known = (mine > 0).sum(axis=0)
        added[row] = np.where(known > 0, mine.sum(axis=0) / np.maximum(known, 1), 0.0)
    return np.concatenate([price, added])


def compare_orders(demand: Panel, seen: Seen) -> Compared:
    """Say where customers have ordered more of an item in a bucket than the plan has: minus what it lacks."""
    ordered = (demand.count("open_orders") + demand.count("shipped_to_date")) * _ahead(demand)
    pairs = list(zip(seen.named(demand.keys), demand.keys["item"].to_list(), strict=True))
    order = {pair: row for row, pair in enumerate(sorted(set(pairs)))}
    at = np.array([order[pair] for pair in pairs], dtype=np.int64)
    price = np.where(demand.mask("price"), demand.rate("price"), 0.0)
    firm, plan, worth = (np.zeros((len(order), len(demand.buckets)), dtype=np.int64) for _ in range(3))
    for total, counts in (
        (firm, ordered),
        (plan, demand.count(PLAN)),
        (worth, times_rate(ordered, price, QUANTITY, MONEY)),
    ):
        np.add.at(total, at, counts)
    lacks = np.minimum(plan - firm, 0)
    a_unit = worth / np.maximum(firm, 1) * (float(MONEY) / float(QUANTITY))
    kind = dict(zip(demand.keys["item"].to_list(), seen.kinds(demand.keys), strict=True))
    return Compared(
        pair=Pair.ORDERS,
        members=[member for member, _ in order],
        parts=[item for _, item in order],
        kinds=[kind[item] for _, item in order],
        given=firm > 0,
        units=lacks,
        amount=times_rate(lacks, a_unit, QUANTITY, MONEY),
        base_units=firm,
        base_amount=worth,
        words={},
    )


def compare_levels(demand: Panel, seen: Seen, dimension: str, level: str) -> Compared:
    """Hold the detail of every member against what pages show of it: the consensus and the plan's revenue.

    Detail is added here, the member by `core.rollup`: two ways to one number.
    """
    names, units = sum_by(list(seen.named(demand.keys)), demand.count(PLAN))
    amount = sum_by(list(seen.named(demand.keys)), demand.count("constrained_revenue"))[1]
    rolled = roll_up(demand, seen.model, {dimension: level}, [PLAN, "constrained_revenue"])
    members = rolled.keys[rolled.keys.columns[0]].to_list() if rolled.keys.width else []
    base_units, base_amount = (np.zeros_like(units) for _ in range(2))
    known = np.zeros(units.shape, dtype=np.bool_)
    for row, name in enumerate(names):
        if name in members:
            at = members.index(name)
            spec = seen.model.registry[PLAN].id
            base_units[row], known[row] = rolled.counts[spec][at], rolled.present[spec][at]
            base_amount[row] = rolled.counts[seen.model.registry["constrained_revenue"].id][at]
    ahead = np.broadcast_to(np.arange(len(demand.buckets)) >= demand.buckets.first_open, units.shape)
    known_units = known | (units == 0)
    return Compared(
        pair=Pair.FAMILY,
        members=names,
        parts=names,
        kinds=[""] * len(names),
        given=ahead & ((units != 0) | (amount != 0)),
        units=np.where(known_units, units - base_units, 0) if known_units.all() else None,
        amount=amount - base_amount,
        base_units=base_units,
        base_amount=base_amount,
        words={},
    )


def _ahead(demand: Panel) -> Flags:
    ahead: Flags = np.broadcast_to(np.arange(len(demand.buckets)) >= demand.buckets.first_open, demand.shape)
    return ahead


def _in_money(pair: Pair, panel: Panel, seen: Seen, given: Flags, units: Counts, base: Counts) -> Compared:
    """Value both sides at the plan's price."""
    price = np.where(panel.mask("price"), panel.rate("price"), 0.0)
    worth, base_worth = (times_rate(np.where(given, counts, 0), price, QUANTITY, MONEY) for counts in (units, base))
    return Compared(
        pair=pair,
        members=seen.named(panel.keys),
        parts=seen.parts(panel.keys),
        kinds=seen.kinds(panel.keys),
        given=given,
        units=units,
        amount=worth,
        base_units=base,
        base_amount=base_worth,
        words={},
    )
