"""Working capital and cash (F11, M6): what customers owe, what suppliers are owed, what is left.

Receivables are the last DSO days of revenue counted back, by the terms of each market; payables the last
DPO days of purchases. Purchases are what suppliers are paid for: the bought part of the standard cost of
what is made and received, and the change of key materials on stock.
Change of cash = EBITDA - change of receivables - change of stock + change of payables - investment; stock
moves at the cost of its bucket, so that a new standard cost moves no cash.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.issues import Issue, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, round_rate, times_rate, to_amounts, to_decimal
from trivet.core.spread import share_out
from trivet.finance.cost import standard_cost
from trivet.finance.exchange import RateType, rate_table

YEAR = 12
"""Closed buckets an average cost is taken over."""
_APART = 0.10
"""Difference between counted-back and booked balances from which it is said."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Worth:
    """Cost of every row of the supply panel, plan currency a unit: in all and the bought part."""

    cost: Rates
    bought: Rates


def item_worth(inputs: PlanInputs, demand: Panel, supply: Panel) -> Worth:
    """Give the standard cost of the items on stock; where no cost is given, what the demand panel uses."""
    items = supply.keys["item"].to_list()
    names = sorted(set(items))
    at = {name: i for i, name in enumerate(names)}
    rows = np.array([at[item] for item in items], dtype=np.int64)
    standard = standard_cost(inputs, names)
    averages = np.broadcast_to(_average_cost(demand, at)[:, None], standard.cost.shape)
    first = supply.buckets.first_open
    # Closed buckets without a cost of their own take that of the first open one: payables count back over them.
    now = np.where(standard.known, standard.cost, averages)[:, [first]]
    averages = np.where(np.arange(len(supply.buckets)) < first, now, averages)
    whole = round_rate(np.where(standard.known, standard.cost, averages))
    bought = np.where(standard.known, standard.bought, averages)
    return Worth(cost=whole[rows], bought=bought[rows])


def _average_cost(demand: Panel, at: dict[str, int]) -> Rates:
    """Give what a unit of each item cost in the last 12 closed buckets, over all markets; 0 where unknown."""
    last = slice(max(demand.buckets.first_open - YEAR, 0), demand.buckets.first_open)
    units, money = np.zeros(len(at), dtype=np.int64), np.zeros(len(at), dtype=np.int64)
    sums = zip(
        demand.count("shipments")[:, last].sum(axis=1), demand.count("shipped_cost")[:, last].sum(axis=1), strict=True
    )
    for item, (shipped, cost) in zip(demand.keys["item"].to_list(), sums, strict=True):
        if item in at:
            units[at[item]] += shipped
            money[at[item]] += cost
    known = (units > 0) & (money > 0)
    return np.where(known, to_amounts(money, MONEY) / np.where(known, to_amounts(units, QUANTITY), 1.0), 0.0)


def cash_measures(
    inputs: PlanInputs,
    demand: Panel,
    supply: Panel,
    material: Panel,
    company: tuple[Panel, Counts],
    *,
    worth: Worth,
) -> tuple[dict[str, Counts], dict[str, Flags], tuple[Issue, ...]]:
    """Draw the receivables, payables and cash of open buckets.

    Args:
        inputs: the snapshot.
        demand: with shipped_revenue, constrained_revenue and gross_margin.
        supply: with production, purchases, projected_stock and in_transit.
        material: with material_stock.
        company: the company panel with its expenses, and the investment by bucket.
        worth: cost of every row of `supply`.

    Returns:
        Counts of 0.0001 (1, buckets) with masks, and what had to be assumed; nothing at all when there
        are no payment terms or no opening balance.
    """
    terms, balance = inputs.table("payment_terms"), inputs.table("balance")
    if terms.is_empty() or balance.is_empty():
        return {}, {}, ()
    booked = dict(zip(balance["line"].to_list(), balance["amount"].to_list(), strict=True))
    buckets, first = inputs.model.buckets, inputs.model.buckets.first_open
    stock_move, material_move = _stock_moves(inputs, supply, material, worth)
    owed, issues = _receivables(inputs, demand)
    made = supply.count("production") + supply.count("purchases")
    bought = times_rate(made, worth.bought, QUANTITY, MONEY).sum(axis=0) + material_move
    owing = count_back(bought, _supplier_days(terms), buckets.days())
    statement, investment = company
    spent = sum((statement.count(name)[0] for name in _SPENT), np.zeros(len(buckets), dtype=np.int64))
    profit = demand.count("gross_margin").sum(axis=0) - spent
    flow = profit - stock_move - material_move - investment
    flow[first:] -= np.diff(owed[first:], prepend=booked.get("receivables", owed[first - 1] if first else 0))
    flow[first:] += np.diff(owing[first:], prepend=booked.get("payables", owing[first - 1] if first else 0))
    opening = booked.get("cash", 0) - booked.get("debt", 0)
    cash = np.zeros(len(buckets), dtype=np.int64)
    cash[first:] = opening + np.cumsum(flow[first:])
    ahead = np.arange(len(buckets)) >= first
    lines = {"receivables": owed, "payables": owing, "cash": cash}
    if first:
        issues += _apart("receivables", int(owed[first - 1]), booked) + _apart(
            "payables", int(owing[first - 1]), booked
        )
    counts = {name: np.where(ahead, line, 0).astype(np.int64)[None, :] for name, line in lines.items()}
    return counts, {name: ahead[None, :].copy() for name in lines}, issues


_SPENT = ("supply_variance", "freight", "promotion_cost", "operating_expense")


def count_back(flow: Counts, days: float, lengths: Counts) -> Counts:
    """Give what is open at the end of each bucket when `flow` is paid after `days` days.

    Whole buckets are counted back as long as days last, then the part of the next one (count-back
    method). Shapes (buckets,); counts of 0.0001; before the axis nothing is known and nothing is open.
    """
    open_ = np.zeros(len(flow), dtype=np.int64)
    for end in range(len(flow)):
        left, column = days, end
        while left > 0 and column >= 0:
            part = min(left / float(lengths[column]), 1.0)
            open_[end] += int(flow[column]) if part == 1.0 else int(np.rint(float(flow[column]) * part))
            left -= float(lengths[column])
            column -= 1
    return open_


def share_receivables(inputs: PlanInputs, demand: Panel, owed: Counts, groups: Sequence[Counts]) -> list[Counts]:
    """Share what customers owe over groups of series, each as its own revenue and terms count back; exact.

    Args:
        inputs: the snapshot.
        demand: with shipped_revenue and constrained_revenue.
        owed: (buckets,) receivables of the company.
        groups: rows of the demand panel; together all of them, none twice.

    Returns:
        (buckets,) counts for each group; they add up to `owed` in every bucket.
    """
    return _share(owed, [_owed(demand, _waits(inputs, demand), rows) for rows in groups])


def share_payables(
    inputs: PlanInputs, demand: Panel, supply: Panel, owing: Counts, groups: Sequence[Counts]
) -> list[Counts]:
    """Share what suppliers are owed over groups of series, as the bought part of what each makes counts back; exact.

    What key materials in store add to it goes the same way.

    Args:
        inputs: the snapshot.
        demand: with the shipments costs are averaged from where none is given.
        supply: with production and purchases.
        owing: (buckets,) payables of the company.
        groups: rows of the supply panel; together all of them, none twice.

    Returns:
        (buckets,) counts for each group; they add up to `owing` in every bucket.
    """
    bought, days = _bought(inputs, demand, supply), _supplier_days(inputs.table("payment_terms"))
    return _share(owing, [count_back(bought[rows].sum(axis=0), days, supply.buckets.days()) for rows in groups])


def cash_brought_in(
    inputs: PlanInputs, demand: Panel, supply: Panel, groups: Sequence[tuple[Counts, Counts]]
) -> list[Counts]:
    """Give what parts of the company bring in from the first open bucket on: margin less what it ties up.

    Gross margin at standard cost - growth of stock and transit - growth of receivables + growth of payables, added up.
    Costs of the whole company, capital expenditure and opening cash are in none of them.

    Args:
        inputs: the snapshot.
        demand: with shipped_revenue, constrained_revenue and gross_margin.
        supply: with production, purchases, projected_stock and in_transit.
        groups: rows of the demand panel and of the supply panel of each part.

    Returns:
        (buckets,) counts for each group; closed buckets are 0.
    """
    first, lengths = demand.buckets.first_open, demand.buckets.days()
    bought, days = _bought(inputs, demand, supply), _supplier_days(inputs.table("payment_terms"))
    wait, tied = _waits(inputs, demand), _stock_growth(supply, item_worth(inputs, demand, supply))
    brought = []
    for sold, kept in groups:
        owed, owing = _owed(demand, wait, sold), count_back(bought[kept].sum(axis=0), days, lengths)
        flow = demand.count("gross_margin")[sold].sum(axis=0) - tied[kept].sum(axis=0)
        flow += np.diff(owing - owed, prepend=0)
        cash = np.zeros(len(lengths), dtype=np.int64)
        cash[first:] = np.cumsum(flow[first:])
        brought.append(cash)
    return brought


def _share(whole: Counts, own: Sequence[Counts]) -> list[Counts]:
    """Share a balance over groups in every bucket as their own amounts, where these are above 0; exact."""
    if not own:
        return []
    weights: Rates = np.maximum(np.array(own, dtype=np.float64), 0.0)
    cells = np.tile(np.arange(len(whole), dtype=np.int64), len(own))
    return list(share_out(whole, weights.ravel(), cells).reshape(weights.shape))


def _bought(inputs: PlanInputs, demand: Panel, supply: Panel) -> Counts:
    """Give the bought part of what is made and purchased, (series, buckets) in money."""
    made = supply.count("production") + supply.count("purchases")
    return times_rate(made, item_worth(inputs, demand, supply).bought, QUANTITY, MONEY)


def _waits(inputs: PlanInputs, demand: Panel) -> list[int | None]:
    """Give the days the customers of each series take to pay; None where no terms are named."""
    given = inputs.table("payment_terms").filter(pl.col("side") == "customer").sort("terms")
    days = dict(zip(given["terms"].to_list(), given["days"].to_list(), strict=True))
    markets = inputs.table("markets")
    named = dict(zip(markets["market"].to_list(), markets["terms"].fill_null("").to_list(), strict=True))
    only = next(iter(days.values())) if len(days) == 1 else None
    return [days.get(named.get(market, ""), only) for market in demand.keys["market"].to_list()]


def _owed(demand: Panel, wait: list[int | None], rows: Counts) -> Counts:
    """Count back the revenue of some series, term by term."""
    revenue = demand.count("shipped_revenue") + demand.count("constrained_revenue")
    total = np.zeros(demand.shape[1], dtype=np.int64)
    for term in sorted({day for row in rows.tolist() if (day := wait[row]) is not None}):
        mine = np.array([row for row in rows.tolist() if wait[row] == term], dtype=np.int64)
        total += count_back(revenue[mine].sum(axis=0), float(term), demand.buckets.days())
    return total


def _receivables(inputs: PlanInputs, demand: Panel) -> tuple[Counts, tuple[Issue, ...]]:
    """Count back the revenue of each market by its customers' terms."""
    wait = _waits(inputs, demand)
    total = _owed(demand, wait, np.arange(demand.rows, dtype=np.int64))
    loose = sorted({m for m, day in zip(demand.keys["market"].to_list(), wait, strict=True) if day is None})
    if not loose:
        return total, ()
    return total, (
        Issue(
            code="finance.no-terms",
            severity=Severity.WARNING,
            place=Place(source="markets", column="terms", value=loose[0]),
            message=f"{len(loose)} markets ({', '.join(loose[:3])}) name no customer terms: they pay at once.",
            advice="Name a row of payment_terms.csv (side customer) in markets.csv.",
        ),
    )


def _supplier_days(terms: pl.DataFrame) -> float:
    """Give the mean days of the supplier terms; 0 when there are none."""
    days = terms.filter(pl.col("side") == "supplier")["days"].to_list()
    return sum(days) / len(days) if days else 0.0


def _stock_moves(inputs: PlanInputs, supply: Panel, material: Panel, worth: Worth) -> tuple[Counts, Counts]:
    """Give what stock (in transit included) and key materials grow by in open buckets, in money."""
    buckets, first = supply.buckets, supply.buckets.first_open
    goods = _stock_growth(supply, worth).sum(axis=0)
    stock, price = _material_stock(inputs, material)
    more = np.diff(stock, axis=1, prepend=0)
    more[:, :first] = 0
    return goods, times_rate(more, price, QUANTITY, MONEY).sum(axis=0).reshape(len(buckets))


def _stock_growth(supply: Panel, worth: Worth) -> Counts:
    """Give what stock and transit of each series grow by in open buckets, (series, buckets) in money."""
    held = supply.count("projected_stock") + supply.count("in_transit")
    grown = np.diff(held, axis=1, prepend=0)
    grown[:, : supply.buckets.first_open] = 0
    return times_rate(grown, worth.cost, QUANTITY, MONEY)


def _material_stock(inputs: PlanInputs, material: Panel) -> tuple[Counts, Rates]:
    """Give stock and price of each key material by bucket; the last closed bucket holds the count."""
    buckets, first = material.buckets, material.buckets.first_open
    items = material.keys["item"].to_list()
    names = sorted(set(items))
    at = {name: i for i, name in enumerate(names)}
    stock = np.zeros((len(names), len(buckets)), dtype=np.int64)
    np.add.at(stock, [at[item] for item in items], material.count("material_stock"))
    if first:
        counted = inputs.table("stock_history").filter(
            (pl.col("bucket") == buckets.starts[first - 1]) & pl.col("item").is_in(names)
        )
        stock[:, first - 1] = 0
        rows = np.array([at[item] for item in counted["item"].to_list()], dtype=np.int64)
        np.add.at(stock[:, first - 1], rows, counted["quantity"].to_numpy().astype(np.int64))
    return stock, _material_price(inputs, names)


def _material_price(inputs: PlanInputs, names: list[str]) -> Rates:
    """Give the price of each key material: its cheapest source's, else its standard cost, else 0."""
    home = inputs.model.company.currency
    vendors = inputs.table("suppliers").select("supplier", pl.col("currency").alias("vendor_currency"))
    named, given = pl.col("currency").fill_null(""), pl.col("vendor_currency").fill_null("")
    offers = (
        inputs.table("supply_sources")
        .filter(pl.col("item").is_in(names) & pl.col("price").is_not_null())
        .join(vendors, on="supplier", how="left")
        .with_columns(
            pl.when(named != "").then(named).when(given != "").then(given).otherwise(pl.lit(home)).alias("currency")
        )
        .sort("item", "price", "supplier")
        .unique("item", keep="first", maintain_order=True)
    )
    fx = rate_table(inputs, RateType.FORECAST, offers["currency"].unique().to_list())
    standard = standard_cost(inputs, names)
    price = standard.cost.copy()
    at = {name: i for i, name in enumerate(names)}
    for row in offers.iter_rows(named=True):
        rate, known = fx.on(row["currency"])
        price[at[row["item"]]] = np.where(known, row["price"] * rate, price[at[row["item"]]])
    return round_rate(price)


def _apart(line: str, counted: int, booked: dict[str, int]) -> tuple[Issue, ...]:
    amount = booked.get(line)
    if amount is None or abs(counted - amount) <= _APART * max(abs(amount), 1):
        return ()
    return (
        Issue(
            code="finance.balance-differs",
            severity=Severity.NOTE,
            place=Place(source="balance", column="amount", value=line),
            message=(
                f"the balance shows {line} of {to_decimal(amount, MONEY):,.0f}, the payment terms counted back give "
                f"{to_decimal(counted, MONEY):,.0f}; the difference moves cash in the first open bucket."
            ),
            advice="Check payment_terms.csv against what is really paid, or the balance.",
        ),
    )
