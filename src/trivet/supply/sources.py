"""Where goods and materials are bought: sources, their caps, lead times and lots, and what is on order (Y10).

Reads `supply_sources`, `supplier_caps`, `open_purchases` and the last count of stock, lined up with the series of
the supply and material panels.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.ids import Counts, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.supply.network import Lots, Sources, column_of, lead_buckets
from trivet.supply.panels import caps_of

Terms = tuple[int | None, int | None, float | None]
"""Smallest lot, multiple (counts) and cost of one lot, as a table says them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Offer:
    """One way to buy, as it is collected."""

    row: int
    cap: Rates
    earliest: int = 0
    extra: float = 0.0
    free: bool = False
    terms: Terms = (None, None, None)


def lots_of(terms: list[Terms], step: Counts, open_: int) -> Lots:
    """Give lots in whole steps from what the tables say: smallest, multiple and cost by row, steps (rows,) counts."""
    multiple = np.array([max(given or 0, 1) for _, given, _ in terms], dtype=np.int64)
    multiple = -(-multiple // step) * step
    minimum = np.array([max(given or 0, 0) for given, _, _ in terms], dtype=np.int64)
    minimum = -(-minimum // multiple) * multiple
    cost = np.array([max(float(given or 0.0), 0.0) for _, _, given in terms])
    every = np.broadcast_to(cost[:, None], (len(terms), open_)).copy()
    return Lots(minimum=minimum, multiple=multiple, cost=every, sized=(minimum > multiple) | (cost > 0))


def read_sources(inputs: PlanInputs, supply: Panel, step: Counts, sourceless: Collection[int]) -> Sources:
    """Read every way to buy an item that is kept at locations.

    Args:
        inputs: the snapshot.
        supply: the panel its rows are numbers of.
        step: (rows,) counts of a step of each.
        sourceless: rows filled without limit, since nobody makes or sells their item.
    """
    rows_of = {pair: i for i, pair in enumerate(supply.keys.iter_rows())}
    names = ("item", "location", "supplier", "lead_time_days", "extra_cost", "minimum", "multiple", "order_cost")
    known = supply.keys["item"].unique().to_list()
    rows = inputs.table("supply_sources").filter(pl.col("item").is_in(known)).sort("item", "location", "supplier")
    caps, capped = caps_of(inputs, rows.select("item", "supplier"))
    pending = set(inputs.table("open_purchases")["item"].to_list())
    found: list[_Offer] = []
    for i, (item, place, _, days, extra, *terms) in enumerate(rows.select(names).iter_rows()):
        row = rows_of.get((item, place))
        if row is not None:
            cap = np.where(capped[i], caps[i] / 1000.0, np.inf)[supply.buckets.horizon]
            earliest = lead_buckets(days, supply.buckets) if item in pending else 0
            said: Terms = (terms[0], terms[1], terms[2])
            found.append(_Offer(row=row, cap=cap, earliest=earliest, extra=float(extra or 0.0), terms=said))
    open_ = len(supply.buckets) - supply.buckets.first_open
    found += [_Offer(row=row, cap=np.full(open_, np.inf), free=True) for row in sourceless]
    return _sources(found, open_, step)


def read_deliveries(inputs: PlanInputs, material: Panel) -> Sources:
    """Give one way to buy for every row of the material panel."""
    horizon = material.buckets.horizon
    caps = np.where(material.mask("material_cap"), material.count("material_cap") / 1000.0, np.inf)[:, horizon]
    terms: dict[tuple[str, str], tuple[int | None, float, Terms]] = {}
    names = ("item", "supplier", "lead_time_days", "extra_cost", "minimum", "multiple", "order_cost")
    table = inputs.table("supply_sources").sort("item", "supplier", "location")
    for item, supplier, days, extra, minimum, multiple, cost in table.select(names).iter_rows():
        terms.setdefault((item, supplier), (days, float(extra or 0.0), (minimum, multiple, cost)))
    pending = set(inputs.table("open_purchases")["item"].to_list())
    found: list[_Offer] = []
    for row, (item, supplier) in enumerate(material.keys.iter_rows()):
        days, extra, said = terms.get((item, supplier), (None, 0.0, (None, None, None)))
        earliest = lead_buckets(days, material.buckets) if item in pending else 0
        free = (item, supplier) not in terms
        found.append(_Offer(row=row, cap=caps[row], earliest=earliest, extra=extra, free=free, terms=said))
    open_ = len(material.buckets) - material.buckets.first_open
    return _sources(found, open_, np.ones(material.rows, dtype=np.int64))


def _sources(found: list[_Offer], open_: int, step: Counts) -> Sources:
    row = np.array([f.row for f in found], dtype=np.int64)
    return Sources(
        row=row,
        cap=np.array([f.cap for f in found], dtype=np.float64).reshape(len(found), open_),
        earliest=np.array([f.earliest for f in found], dtype=np.int64),
        extra_cost=np.array([f.extra for f in found], dtype=np.float64),
        free=np.array([f.free for f in found], dtype=np.bool_),
        lots=lots_of([f.terms for f in found], step[row], open_),
    )


def pooled_stock(inputs: PlanInputs, buckets: Buckets, numbers: Mapping[str, int]) -> Counts:
    """Give the last count of every material, its locations together: (materials,) counts."""
    result = np.zeros(len(numbers), dtype=np.int64)
    if not buckets.first_open:
        return result
    last = buckets.edges[buckets.first_open - 1]
    for item, quantity in (
        inputs.table("stock_history").filter(pl.col("bucket") == last).select("item", "quantity").iter_rows()
    ):
        if item in numbers:
            result[numbers[item]] += quantity or 0
    return result


def material_arrivals(inputs: PlanInputs, material: Panel) -> Counts:
    """Give what is on order of every row of the material panel: (rows, open) counts."""
    open_ = len(material.buckets) - material.buckets.first_open
    result = np.zeros((material.rows, open_), dtype=np.int64)
    rows: dict[tuple[str, str], int] = {}
    for row, (item, supplier) in enumerate(material.keys.iter_rows()):
        rows[(item, supplier)] = row
        rows.setdefault((item, ""), row)
    for item, supplier, due, quantity in (
        inputs.table("open_purchases").select("item", "supplier", "due", "quantity").iter_rows()
    ):
        row_of = rows.get((item, supplier or ""))
        column = column_of(material.buckets, due)
        if row_of is not None and column >= 0:
            result[row_of, column] += quantity or 0
    return result
