"""What a unit sells for and costs: net price and standard cost of each item in each market (M1, M2).

Reads `prices`, `price_changes`, `promotions`, `costs`, `routings`, `exchange_rates` and the shipments of
the last year; writes the rates `price` and `unit_cost` of open buckets, with their masks.

price = (row of the market, else row for every market, else what the last 12 closed buckets earned a unit,
         else what orders of that time were worth a unit)
        x forecast exchange rate x planned price changes x what running promotions take off the average.

Where a price row is empty there is no price from there on; where nothing is known the rate is absent and
an issue says how many units are planned without money. A price is never 0 because it is unknown.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import polars as pl

from trivet.core.ids import Counts, Flags, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, round_rate, round_to_counts, to_amounts, to_decimal
from trivet.core.steps import first_columns, holding_rows
from trivet.finance.cost import standard_cost
from trivet.finance.exchange import RateType, missing_rate_issue, rate_table
from trivet.finance.ordered import ordered_price
from trivet.finance.price_rows import price_rows

YEAR = 12
"""Closed buckets an average price or cost is taken over."""
NAMED = 25
"""Items named one by one in issues of one kind; the rest are summed up in one more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Valued:
    """Rates of one measure on every series and bucket."""

    rates: Rates
    known: Flags


def price_and_cost(inputs: PlanInputs, demand: Panel) -> tuple[Panel, tuple[Issue, ...]]:
    """Put net price and standard cost on the open buckets of the demand panel.

    Args:
        inputs: the snapshot.
        demand: panel of grain demand with shipments, shipped_revenue and shipped_cost.

    Returns:
        The panel with rates `price` and `unit_cost` (plan currency a unit, rounded to 1e-9) and their
        masks, and what could not be valued. Units of such items stay in the plan, without money.
    """
    open_ = np.zeros(demand.shape, dtype=np.bool_)
    open_[:, demand.buckets.horizon] = True
    price, issues = _prices(inputs, demand)
    cost, more = _costs(inputs, demand)
    shown = price.known & open_, cost.known & open_
    valued = demand.with_rates(
        {
            "price": round_rate(np.where(shown[0], price.rates, 0.0)),
            "unit_cost": round_rate(np.where(shown[1], cost.rates, 0.0)),
        },
        present={"price": shown[0], "unit_cost": shown[1]},
    )
    return valued, (*issues, *more, *_absences(inputs, valued, open_))


def price_at_rates(inputs: PlanInputs, demand: Panel, kind: RateType) -> Valued:
    """Give the prices of the list at another type of exchange rate; unknown where the list has none.

    What the plan would sell for if currencies stood as in the budget: the difference to `price` is the
    exchange-rate effect of the bridge (F10).
    """
    listed, _, _ = _list_prices(inputs, demand, kind)
    factor = change_factor(inputs, demand, planned_only=False) * promotion_factor(inputs, demand)
    return Valued(rates=round_rate(np.where(listed.known, listed.rates * factor, 0.0)), known=listed.known)


def list_rates(inputs: PlanInputs, demand: Panel, kind: RateType) -> Valued:
    """Give the prices of the list before discounts and rebates (F11), without planned moves; unknown where none is."""
    return _list_prices(inputs, demand, kind, "list")[0]


def price_everywhere(inputs: PlanInputs, demand: Panel) -> Valued:
    """Give net prices on every bucket, closed ones too: what the list, or history, says a unit was sold at there."""
    return _prices(inputs, demand)[0]


def price_currencies(inputs: PlanInputs, demand: Panel) -> tuple[tuple[str, ...], Counts]:
    """Give the currencies of the price list, and which of them each (series, bucket) is priced in; -1 = not listed."""
    offers = _offers(inputs, demand)
    holds = _holding_offers(offers, demand)
    codes = tuple(offers["currency"].unique().sort().to_list())
    at = {code: i for i, code in enumerate(codes)}
    own = np.array([at[code] for code in offers["currency"].to_list()], dtype=np.int64)
    empty = np.append(offers["price"].is_null().to_numpy(), np.True_)[holds]
    return codes, np.where(empty, -1, np.append(own, -1)[holds]).astype(np.int64)


def _prices(inputs: PlanInputs, demand: Panel) -> tuple[Valued, tuple[Issue, ...]]:
    listed, ended, issues = _list_prices(inputs, demand, RateType.FORECAST)
    mean = _mean_price(inputs, demand)
    averaged = ~listed.known & ~ended & mean.known
    changes = change_factor(inputs, demand, planned_only=False)
    planned = change_factor(inputs, demand, planned_only=True)
    rates = np.where(listed.known, listed.rates * changes, np.where(averaged, mean.rates * planned, 0.0))
    rates = rates * promotion_factor(inputs, demand)
    note = _averaged_note(demand, averaged, "price", "prices")
    return Valued(rates=rates, known=listed.known | averaged), (*issues, *note)


def _mean_price(inputs: PlanInputs, demand: Panel) -> Valued:
    """Give what a unit earned in the last year; where nothing was invoiced, what its orders were worth."""
    mean = average_rate(demand, "shipped_revenue")
    rates, known = ordered_price(inputs, demand)
    return Valued(rates=np.where(mean.known, mean.rates, rates[:, None]), known=mean.known | known[:, None])


def _list_prices(
    inputs: PlanInputs, demand: Panel, kind: RateType, column: str = "price"
) -> tuple[Valued, Flags, tuple[Issue, ...]]:
    """Look up the price list, net or (`list`) gross; also tell where a row holds that gives no usable price."""
    buckets, offers = demand.buckets, _offers(inputs, demand)
    holds = _holding_offers(offers, demand)
    fx = rate_table(inputs, kind, offers["currency"].unique().to_list())
    amount = np.append(offers[column].fill_null(0.0).to_numpy(), 0.0)[holds]
    empty = np.append(offers[column].is_null().to_numpy(), np.True_)[holds]
    money = np.append(np.array(fx.rows(offers["currency"].to_list()), dtype=np.int64), 0)[holds]
    columns = np.arange(len(buckets))[None, :]
    priced, rated = (holds >= 0) & ~empty, fx.known[money, columns]
    unrated = priced & ~rated
    unrated[:, buckets.closed] = False
    issues = tuple(
        missing_rate_issue(kind, code, buckets, absent, "Prices")
        for row, code in enumerate(fx.currencies)
        if (absent := (unrated & (money == row)).any(axis=0)).any()
    )
    known = priced & rated
    listed = Valued(rates=np.where(known, amount * fx.rates[money, columns], 0.0), known=known)
    return listed, (holds >= 0) & ~known, issues


def _offers(inputs: PlanInputs, demand: Panel) -> pl.DataFrame:
    """Give every price row of every series: series, own (or for every market), first, price, list, currency."""
    home = inputs.model.company.currency
    markets = inputs.table("markets").select("market", pl.col("currency").alias("market_currency"))
    keys = demand.keys.with_row_index("series").join(markets, on="market", how="left", maintain_order="left")
    prices = price_rows(inputs.table("prices")).with_columns(pl.col("market").fill_null("").alias("market"))
    own = keys.join(prices.filter(pl.col("market") != ""), on=["item", "market"], maintain_order="left_right")
    general = keys.join(prices.filter(pl.col("market") == "").drop("market"), on="item", maintain_order="left_right")
    named, given = pl.col("currency").fill_null(""), pl.col("market_currency").fill_null("")
    currency = pl.when(named != "").then(named).when(given != "").then(given).otherwise(pl.lit(home))
    columns = ["series", "own", "first", "price", "list", "currency"]
    parts = [part.with_columns(pl.lit(mine).alias("own")) for part, mine in ((own, True), (general, False))]
    return pl.concat([part.with_columns(currency.alias("currency")).select(columns) for part in parts])


def _holding_offers(offers: pl.DataFrame, demand: Panel) -> Counts:
    """Give the offer that holds for each series and bucket: the market's own before the general one."""
    series, firsts = offers["series"].to_numpy().astype(np.int64), offers["first"].to_list()
    mine = int(offers["own"].sum())
    own = holding_rows(series[:mine], firsts[:mine], demand.rows, demand.buckets)
    general = holding_rows(series[mine:], firsts[mine:], demand.rows, demand.buckets)
    return np.where(own >= 0, own, np.where(general >= 0, general + mine, -1)).astype(np.int64)


def average_rate(demand: Panel, amount: str) -> Valued:
    """Give what the last 12 closed buckets brought (or cost) a unit: by series, else by item, else absent.

    Shape (series, buckets), the same in every bucket; plan currency a unit at the actual rates.
    """
    last = slice(max(demand.buckets.first_open - YEAR, 0), demand.buckets.first_open)
    units = to_amounts(demand.count("shipments")[:, last].sum(axis=1), QUANTITY)
    money = to_amounts(demand.count(amount)[:, last].sum(axis=1), MONEY)
    items = demand.keys["item"].to_list()
    names = {name: i for i, name in enumerate(sorted(set(items)))}
    at = np.array([names[name] for name in items], dtype=np.int64)
    item_units, item_money = np.zeros(len(names)), np.zeros(len(names))
    np.add.at(item_units, at, units)
    np.add.at(item_money, at, money)
    own = (units > 0) & (money > 0)
    above = (item_units[at] > 0) & (item_money[at] > 0)
    rate = np.where(own, money / np.where(own, units, 1.0), 0.0)
    wide = np.where(above, item_money[at] / np.where(above, item_units[at], 1.0), 0.0)
    shape = demand.shape
    known = np.broadcast_to((own | above)[:, None], shape)
    return Valued(rates=np.broadcast_to(np.where(own, rate, wide)[:, None], shape).copy(), known=known.copy())


def change_factor(inputs: PlanInputs, demand: Panel, *, planned_only: bool) -> Rates:
    """Give the factor of the planned price moves on every series and bucket, 1 where there is none.

    A move holds from its first bucket to the end, on the prices of the list, which does not hold it yet.
    With `planned_only`, moves of closed buckets are left out: an average of history holds them already.
    Moves of one family multiply.
    """
    buckets, factor = demand.buckets, np.ones(demand.shape)
    family = inputs.model.dimensions["item"].parents("family")
    families = np.array([family.get(item, "") for item in demand.keys["item"].to_list()], dtype=object)
    table = inputs.table("price_changes").sort("first", "change", "family")
    for row in table.iter_rows(named=True):
        column = int(first_columns([row["first"]], buckets)[0])
        if planned_only and column < buckets.first_open:
            continue
        hit = (families == row["family"]) | (not row["family"])
        factor[np.flatnonzero(hit), column:] *= 1.0 + row["percent"] / 100.0
    return factor


def promotion_factor(inputs: PlanInputs, demand: Panel) -> Rates:
    """Give the factor that promotions put on the average price of a bucket (F16), 1 where there is none.

    Of the volume v that an event touches, (1 + lift) is sold at (1 + price change):
    factor = ((1 - v) + v (1 + lift)(1 + change)) / ((1 - v) + v (1 + lift)). Cancelled events count nothing.
    """
    buckets, factor = demand.buckets, np.ones(demand.shape)
    labels = _labels(inputs, demand)
    table = inputs.table("promotions").filter(
        (pl.col("status").fill_null("planned") != "cancelled") & pl.col("price_change").is_not_null()
    )
    for row in table.sort("promotion").iter_rows(named=True):
        hit = np.ones(demand.rows, dtype=np.bool_)
        for level, names in labels.items():
            if row[level]:
                hit &= names == row[level]
        touched = 1.0 if row["volume_share"] is None else row["volume_share"]
        lifted = touched * (1.0 + (row["lift"] or 0.0))
        volume = 1.0 - touched + lifted
        if volume <= 0:
            continue
        start, stop = first_columns([row["first"], row["last"] or row["first"]], buckets)
        ahead = row["last"] is not None and row["last"] < buckets.edges[0]
        columns = slice(0, 0) if ahead else slice(int(start), int(stop) + 1)
        factor[np.flatnonzero(hit), columns] *= (1.0 - touched + lifted * (1.0 + row["price_change"])) / volume
    return factor


def _labels(inputs: PlanInputs, demand: Panel) -> dict[str, npt.NDArray[np.object_]]:
    """Give item, family, region and channel of every series."""
    items, markets = demand.keys["item"].to_list(), demand.keys["market"].to_list()
    dimensions = inputs.model.dimensions
    family = dimensions["item"].parents("family")
    ways = {level: dimensions["market"].parents(level) for level in ("region", "channel")}
    return {
        "item": np.array(items, dtype=object),
        "family": np.array([family.get(item, "") for item in items], dtype=object),
        **{level: np.array([way.get(m, "") for m in markets], dtype=object) for level, way in ways.items()},
    }


def _costs(inputs: PlanInputs, demand: Panel) -> tuple[Valued, tuple[Issue, ...]]:
    items = demand.keys["item"].to_list()
    names = sorted(set(items))
    at = {name: i for i, name in enumerate(names)}
    rows = np.array([at[item] for item in items], dtype=np.int64)
    standard = standard_cost(inputs, names)
    mean = average_rate(demand, "shipped_cost")
    has_row = np.isin(np.array(items, dtype=object), inputs.table("costs")["item"].unique().to_list())
    averaged = ~standard.known[rows] & mean.known & ~has_row[:, None]
    rates = np.where(standard.known[rows], standard.cost[rows], np.where(averaged, mean.rates, 0.0))
    note = _averaged_note(demand, averaged, "unit_cost", "costs")
    return Valued(rates=rates, known=standard.known[rows] | averaged), (*standard.issues, *note)


def _averaged_note(demand: Panel, averaged: Flags, measure: str, table: str) -> tuple[Issue, ...]:
    hit = averaged[:, demand.buckets.horizon].any(axis=1)
    items = sorted(set(demand.keys["item"].filter(pl.Series(hit)).to_list()))
    if not items:
        return ()
    some = ", ".join(items[:3]) + (", ..." if len(items) > 3 else "")
    return (
        Issue(
            code=f"finance.average-{'price' if measure == 'price' else 'cost'}",
            severity=Severity.NOTE,
            place=Place(measure=MeasureId(measure), source=table),
            message=(
                f"{len(items)} items ({some}) have no row in {table} for some open buckets: the average of the last "
                f"{YEAR} closed buckets' shipments is used (of orders, where nothing was shipped)."
            ),
            advice=f"Give them rows in {table}.csv.",
        ),
    )


def _absences(inputs: PlanInputs, demand: Panel, open_: Flags) -> tuple[Issue, ...]:
    """Name the items that are sold but have no price or no cost in some open bucket, by money at stake."""
    alive = open_ & _on_sale(inputs, demand)
    last = slice(max(demand.buckets.first_open - YEAR, 0), demand.buckets.first_open)
    counted = max(last.stop - last.start, 1)
    shipped = demand.count("shipments")
    moved = shipped if shipped.any() else demand.count("orders")
    pace = moved[:, last].sum(axis=1) / counted
    launched = inputs.table("launches").filter(pl.col("in_plan").fill_null(value=True))["item"].to_list()
    moving = (pace > 0) | np.isin(np.array(demand.keys["item"].to_list(), dtype=object), launched)
    price = _last_known(demand, "price", _mean_price(inputs, demand))
    found: list[Issue] = []
    for measure, table in (("price", "prices"), ("unit_cost", "costs")):
        absent = alive & moving[:, None] & ~demand.mask(measure)
        found += _absence_issues(demand, measure, table, _Absence(absent=absent, pace=pace, price=price))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Absence:
    """Where a rate is missing, how many quanta move a bucket, and what a unit sold for last."""

    absent: Flags
    pace: Rates
    price: Rates


def _absence_issues(demand: Panel, measure: str, table: str, lack: _Absence) -> list[Issue]:
    items = np.array(demand.keys["item"].to_list(), dtype=object)
    found: list[tuple[Decimal, Issue]] = []
    for item in sorted(set(items[lack.absent.any(axis=1)])):
        rows = np.flatnonzero(items == item)
        absent, pace = lack.absent[rows], np.maximum(lack.pace[rows], 0.0)
        counts = absent.sum(axis=1)
        units = int(np.rint((pace * counts).sum()))
        money = round_to_counts((pace * counts * float(QUANTITY) * lack.price[rows]).sum(keepdims=True), MONEY)
        columns = np.flatnonzero(absent.any(axis=0))
        stake = to_decimal(int(money[0]), MONEY)
        found.append((stake, _absence(demand, measure, table, (item, columns, to_decimal(units, QUANTITY), stake))))
    ranked = [issue for _, issue in sorted(found, key=lambda pair: -pair[0])]
    rest = sum((stake for stake, _ in sorted(found, key=lambda pair: -pair[0])[NAMED:]), Decimal(0))
    if len(ranked) > NAMED:
        ranked[NAMED:] = [_absence_rest(measure, table, len(ranked) - NAMED, rest)]
    return ranked


def _absence(demand: Panel, measure: str, table: str, about: tuple[str, Counts, Decimal, Decimal]) -> Issue:
    item, columns, units, stake = about
    first, last = int(columns[0]), int(columns[-1])
    word = "price" if measure == "price" else "cost"
    effect = "no revenue" if word == "price" else "no cost of goods sold, so margin is shown too high"
    return Issue(
        code=f"finance.no-{word}",
        severity=Severity.WARNING,
        place=Place(
            measure=MeasureId(measure),
            scope=(Node(dimension="item", level="item", member=MemberId(item)),),
            first=demand.buckets.starts[first],
            last=demand.buckets.starts[last],
            source=table,
        ),
        message=(
            f"no {word} in {len(columns)} open buckets from {demand.buckets.label(first)}; expected one for every "
            f"bucket it is sold in. At last year's pace {units:,.0f} units are planned there with {effect}."
        ),
        advice=f"Give {item} a row in {table}.csv from {demand.buckets.label(first)}, or a last_sale day in items.csv.",
        at_stake=stake or None,
    )


def _absence_rest(measure: str, table: str, count: int, stake: Decimal) -> Issue:
    word = "price" if measure == "price" else "cost"
    return Issue(
        code=f"finance.no-{word}",
        severity=Severity.WARNING,
        place=Place(measure=MeasureId(measure), source=table),
        message=f"{count} further items that are sold have no {word} in some open buckets.",
        advice=f"Complete {table}.csv.",
        at_stake=stake or None,
    )


def _on_sale(inputs: PlanInputs, demand: Panel) -> Flags:
    """Tell in which buckets an item may be sold: from the bucket of first_sale to that of last_sale."""
    buckets = demand.buckets
    rows = demand.keys.join(
        inputs.table("items").select("item", "first_sale", "last_sale"), on="item", how="left", maintain_order="left"
    )
    starts = np.array(buckets.starts, dtype="datetime64[D]")[None, :]
    ends = np.array(buckets.edges[1:], dtype="datetime64[D]")[None, :]
    first = rows["first_sale"].fill_null(buckets.edges[0]).to_numpy().astype("datetime64[D]")[:, None]
    last = rows["last_sale"].fill_null(buckets.edges[-1]).to_numpy().astype("datetime64[D]")[:, None]
    return np.asarray((starts <= last) & (ends > first), dtype=np.bool_)


def _last_known(demand: Panel, measure: str, mean: Valued) -> Rates:
    """Give the last rate each series has, else what the last year's shipments earned."""
    mask, rates = demand.mask(measure), demand.rate(measure)
    column = mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)
    known = mask.any(axis=1)
    return np.where(known, rates[np.arange(demand.rows), column], np.where(mean.known[:, 0], mean.rates[:, 0], 0.0))
