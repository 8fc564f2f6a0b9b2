"""Standard cost of an item: the sum of its cost components, at the plants that make it (M2).

Reads `costs`, `routings` and `exchange_rates`. A component's row for a plant goes before its row for
every location; an item made at several plants costs the mean of them, weighted by the routing shares.
What a plant costs more than standard is a supply variance, not standard cost. Components in another
currency follow the rate asked for, so a natural hedge shows.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.issues import Issue
from trivet.core.plan import PlanInputs
from trivet.core.quantities import round_rate
from trivet.core.steps import holding_rows
from trivet.finance.exchange import RateType, missing_rate_issue, rate_table

CONVERSION = frozenset({"labour", "labor", "overhead", "conversion", "crew", "machine", "depreciation"})
"""Components that are made, not bought: they are paid as they fall due, not on a supplier's terms."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StandardCost:
    """Standard cost of items on every bucket.

    Attributes:
        items: item codes, one a row.
        cost: (item, bucket) plan currency a unit; 0 where unknown.
        bought: (item, bucket) the part of it that suppliers are paid for.
        known: (item, bucket) whether there is a cost.
        issues: currencies without a rate.
    """

    items: tuple[str, ...]
    cost: Rates
    bought: Rates
    known: Flags
    issues: tuple[Issue, ...]


def standard_cost(inputs: PlanInputs, items: list[str], kind: RateType = RateType.FORECAST) -> StandardCost:
    """Value items at standard cost, on every bucket of the axis, in plan currency at rates of `kind`.

    Units: plan currency for one base unit, rounded to 1e-9. A cost whose currency has no rate leaves the
    whole item without cost there, with an issue: half a cost would be a wrong margin.
    """
    buckets, home = inputs.model.buckets, inputs.model.company.currency
    named = pl.col("currency").fill_null("")
    rows = (
        inputs.table("costs")
        .filter(pl.col("item").is_in(items))
        .with_columns(pl.when(named == "").then(pl.lit(home)).otherwise(named).alias("currency"))
        .with_row_index("row")
    )
    sites = _sites(inputs, rows, items)
    cells = (
        sites.join(rows.select("item", "component").unique(), on="item")
        .sort("item", "plant", "component")
        .with_row_index("cell")
    )
    holds = _holding(inputs, rows, cells)
    local = np.append(rows["cost"].to_numpy(), 0.0)[holds]
    fx = rate_table(inputs, kind, rows["currency"].unique().to_list())
    money = np.append(np.array(fx.rows(rows["currency"].to_list()), dtype=np.int64), 0)[holds]
    columns = np.arange(len(buckets))[None, :]
    given, rated = holds >= 0, fx.known[money, columns]
    value = np.where(given & rated, local * fx.rates[money, columns], 0.0)
    poisoned = given & ~rated
    ahead = columns >= buckets.first_open
    issues = tuple(
        missing_rate_issue(kind, code, buckets, absent, "Costs")
        for row, code in enumerate(fx.currencies)
        if (absent := (poisoned & ahead & (money == row)).any(axis=0)).any()
    )
    return _average(items, cells, _Cells(value=value, given=given, poisoned=poisoned), issues)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cells:
    """Cost of item x plant x component on every bucket."""

    value: Rates
    given: Flags
    poisoned: Flags


def _sites(inputs: PlanInputs, rows: pl.DataFrame, items: list[str]) -> pl.DataFrame:
    """Give the plants an item's cost is the mean of, with their weights."""
    routed = (
        inputs.table("routings")
        .filter(pl.col("item").is_in(items))
        .group_by("item", "location", maintain_order=True)
        .agg(pl.col("share").max())
        .rename({"location": "plant"})
    )
    priced = rows.select("item", pl.col("location").alias("plant")).unique().sort("item", "plant")
    unrouted = priced.join(routed, on="item", how="anti")
    named = unrouted.filter(pl.col("plant") != "")
    general = unrouted.filter(pl.col("plant") == "").join(named, on="item", how="anti")
    share = pl.lit(None, dtype=pl.Float64).alias("share")
    every = pl.concat([routed, named.with_columns(share), general.with_columns(share)])
    given = pl.col("share").fill_null(0.0)
    total = given.sum().over("item")
    return every.with_columns(pl.when(total > 0).then(given).otherwise(1.0).alias("weight")).drop("share")


def _holding(inputs: PlanInputs, rows: pl.DataFrame, cells: pl.DataFrame) -> Counts:
    """Give the row of `costs` that holds for each cell and bucket: the plant's own before the general one."""
    buckets, own_key = inputs.model.buckets, ["item", "plant", "component"]
    own = cells.join(rows.rename({"location": "plant"}), on=own_key)
    general = cells.join(rows.filter(pl.col("location") == ""), on=["item", "component"])
    found = [
        _numbered(
            part["row"].to_numpy().astype(np.int64),
            holding_rows(part["cell"].to_numpy().astype(np.int64), part["first"].to_list(), cells.height, buckets),
        )
        for part in (own, general)
    ]
    return np.where(found[0] >= 0, found[0], found[1]).astype(np.int64)


def _numbered(rows: Counts, holds: Counts) -> Counts:
    return np.append(rows, -1)[holds]


def _average(items: list[str], cells: pl.DataFrame, parts: _Cells, issues: tuple[Issue, ...]) -> StandardCost:
    """Add the components of each plant, then take the weighted mean of the plants."""
    plants = cells.select("item", "plant", "weight").unique(maintain_order=True).with_row_index("site")
    site = cells.join(plants, on=["item", "plant"], how="left", maintain_order="left")["site"].to_numpy()
    shape = (plants.height, parts.value.shape[1])
    cost, bought, known = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    bad = np.zeros(shape, dtype=np.bool_)
    outside = np.array([name.casefold() not in CONVERSION for name in cells["component"].to_list()], dtype=np.bool_)
    np.add.at(cost, site, parts.value)
    np.add.at(bought, site[outside], parts.value[outside])
    np.logical_or.at(known, site, parts.given)
    np.logical_or.at(bad, site, parts.poisoned)
    known &= ~bad
    at = {item: i for i, item in enumerate(items)}
    rows = np.array([at[item] for item in plants["item"].to_list()], dtype=np.int64)
    weight = np.where(known, plants["weight"].to_numpy()[:, None], 0.0)
    total, paid, shares = (np.zeros((len(items), shape[1])) for _ in range(3))
    np.add.at(total, rows, cost * weight)
    np.add.at(paid, rows, bought * weight)
    np.add.at(shares, rows, weight)
    sure = shares > 0
    divisor = np.where(sure, shares, 1.0)
    return StandardCost(
        items=tuple(items),
        cost=round_rate(np.where(sure, total / divisor, 0.0)),
        bought=round_rate(np.where(sure, paid / divisor, 0.0)),
        known=sure,
        issues=issues,
    )
