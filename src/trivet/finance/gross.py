"""Sales before discounts: what is sold at list price (M1, F11: net price = list - discounts - rebates).

Reads `prices`, `price_changes`, `exchange_rates`, the rate `price`, shipments and `shipped_revenue`; writes the rate
`list_price` of open buckets and `shipped_gross` of closed ones. Planned price moves move the list price too; what a
promotion takes off does not: it is a discount. Where no list price is known the net price stands in, so that
gross sales - discounts = net sales holds for every row; a company that gives no list price at all has neither line.
"""

import numpy as np
import polars as pl

from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.issues import Issue, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, round_rate, times_rate
from trivet.finance.exchange import RateType
from trivet.finance.price_rows import check_price_rows, price_rows
from trivet.finance.valuation import Valued, change_factor, list_rates


def value_at_list(inputs: PlanInputs, demand: Panel) -> tuple[Panel, tuple[Issue, ...]]:
    """Put list prices on the demand panel, and what was shipped at them.

    Args:
        inputs: the snapshot.
        demand: panel of grain demand with shipments, shipped_revenue and the rate `price`.

    Returns:
        The panel with the rate `list_price` (open buckets, plan currency a unit, where `price` is known) and
        `shipped_gross` (closed buckets, actual rate), and rows of the price list that contradict themselves. Neither
        is written where no row gives a list price.
    """
    issues = check_price_rows(inputs.table("prices"))
    if not price_rows(inputs.table("prices"))["list"].is_not_null().any():
        return demand, issues
    ahead = np.zeros(demand.shape, dtype=np.bool_)
    ahead[:, demand.buckets.horizon] = True
    known = demand.mask("price") & ahead
    listed = list_price_at(inputs, demand, RateType.FORECAST)
    rates = np.where(listed.known & known, listed.rates, np.where(known, demand.rate("price"), 0.0))
    demand = demand.with_rates({"list_price": round_rate(rates)}, {"list_price": known})
    shipped = _shipped(inputs, demand)
    return demand.with_counts({"shipped_gross": shipped}, {"shipped_gross": ~ahead}), (
        *issues,
        *_unlisted(demand, listed.known, known),
    )


def list_price_at(inputs: PlanInputs, demand: Panel, kind: RateType) -> Valued:
    """Give list prices at a type of exchange rate on every bucket, planned price moves included."""
    listed = list_rates(inputs, demand, kind)
    factor = change_factor(inputs, demand, planned_only=False)
    return Valued(rates=round_rate(np.where(listed.known, listed.rates * factor, 0.0)), known=listed.known)


def _shipped(inputs: PlanInputs, demand: Panel) -> Counts:
    """Value shipments of closed buckets at list price; at what they were invoiced at where none is known."""
    listed = list_price_at(inputs, demand, RateType.PLAN)
    net, units = demand.count("shipped_revenue"), demand.count("shipments")
    closed = np.arange(len(demand.buckets)) < demand.buckets.first_open
    valued = listed.known & (net != 0) & (units != 0) & closed
    rates: Rates = np.where(valued, listed.rates, 0.0)
    return np.where(valued, times_rate(units, rates, QUANTITY, MONEY), np.where(closed, net, 0)).astype(np.int64)


def _unlisted(demand: Panel, listed: Flags, priced: Flags) -> tuple[Issue, ...]:
    """Say which items are sold without a list price, where others have one."""
    lacking = (priced & ~listed).any(axis=1)
    items = sorted(set(demand.keys.filter(pl.Series(lacking))["item"].to_list()))
    if not items:
        return ()
    some = ", ".join(items[:3]) + (", ..." if len(items) > 3 else "")
    return (
        Issue(
            code="finance.no-list-price",
            severity=Severity.NOTE,
            place=Place(measure=MeasureId("list_price"), source="prices"),
            message=f"{len(items)} items ({some}) have no list price in some open buckets, others have: their gross "
            "sales are counted at the net price, without discounts.",
            advice="Fill list_price, or discount and rebate, in prices.csv.",
        ),
    )
