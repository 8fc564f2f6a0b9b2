"""At what price shipments are invoiced: make-to-order items at the price of the bucket they were booked in (M1, F11).

Reads `consensus_demand` (what is booked), `unserved_demand`, `constrained_demand` (what ships), `price` and the table
`order_backlog`; writes the rate `invoiced_price`, which `constrained_revenue` is reckoned with, and beside it
`invoiced_list_price` where list prices are known.

First booked, first shipped: the orders the plan opens with go first, at what they were booked at (their value; without
one the price of the last closed bucket), then each bucket's bookings at the price of that bucket, in plan currency.
What is sold from stock is invoiced at the price of the bucket it ships in. So a price rise reaches a line that builds
to order only when the orders booked before it are shipped.
"""

import numpy as np

from trivet.core.backlog import made_to_order, opening_backlog
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import round_rate
from trivet.finance.valuation import Valued, price_everywhere


def price_shipments(inputs: PlanInputs, demand: Panel) -> Panel:
    """Put the price that shipments are invoiced at on the open buckets of the demand panel.

    Args:
        inputs: the snapshot.
        demand: panel of grain demand, supply planned: with price, consensus, constrained and unserved demand.

    Returns:
        The panel with the rate `invoiced_price` (plan currency a unit, rounded to 1e-9). It is absent where a unit
        that ships was booked without a price and has none when it ships either.
    """
    rows = np.flatnonzero(made_to_order(inputs, demand.keys["item"].to_list()))
    opening, booked_at = _opening(inputs, demand) if len(rows) else (np.zeros(0, dtype=np.int64), _NEVER)
    priced = demand
    for name, price in (("invoiced_price", "price"), ("invoiced_list_price", "list_price")):
        if price == "price" or demand.has(price):
            booked = booked_at if price == "price" or not len(rows) else _listed_at(demand, booked_at)
            rates, known = _invoiced(demand, price, rows.tolist(), (opening, booked))
            priced = priced.with_rates({name: round_rate(np.where(known, rates, 0.0))}, {name: known})
    return priced


def _invoiced(demand: Panel, price: str, rows: list[int], opening: tuple[Counts, Valued]) -> tuple[Rates, Flags]:
    """Give what a unit shipped is invoiced at, going by one rate of the bucket; rows that are made to order by lots."""
    rates, known = demand.rate(price).copy(), demand.mask(price).copy()
    first, (units, booked) = demand.buckets.first_open, opening
    for row in rows:
        lots = _Lots(demand, row, price, int(units[row]), (booked.rates[row], bool(booked.known[row])))
        rates[row, first:], known[row, first:] = lots.invoice()
    return rates, known


def _listed_at(demand: Panel, booked: Valued) -> Valued:
    """Give the list price of the orders each series opens with: as far above it as in the first open bucket."""
    ahead = slice(demand.buckets.first_open, demand.buckets.first_open + 1)
    net, gross = (demand.rate(name)[:, ahead].sum(axis=1) for name in ("price", "list_price"))
    above = np.where(net > 0, gross / np.where(net > 0, net, 1.0), 1.0)
    return Valued(rates=np.where(above == 1.0, booked.rates, booked.rates * above), known=booked.known)


_NEVER = Valued(rates=np.zeros(0), known=np.zeros(0, dtype=np.bool_))
"""No orders to open with."""


def _opening(inputs: PlanInputs, demand: Panel) -> tuple[Counts, Valued]:
    """Give the orders each series opens with, and the price they were booked at: arrays (rows,)."""
    units, booked = opening_backlog(inputs, demand)
    known = np.isfinite(booked)
    rates = np.where(known, booked, 0.0)
    first = demand.buckets.first_open
    if first and (~known & (units > 0)).any():
        before = price_everywhere(inputs, demand)
        rates = np.where(known, rates, before.rates[:, first - 1])
        known = known | before.known[:, first - 1]
    ahead = slice(first, first + 1)
    rates = np.where(known, rates, demand.rate("price")[:, ahead].sum(axis=1))
    return units, Valued(rates=rates, known=known | demand.mask("price")[:, ahead].any(axis=1))


class _Lots:
    """The orders of one series in the order they were booked, the opening ones first."""

    def __init__(self, demand: Panel, row: int, price: str, opening: int, booked_at: tuple[float, bool]) -> None:
        ahead = slice(demand.buckets.first_open, None)
        booked = np.maximum(demand.count("consensus_demand")[row, ahead], 0)
        booked = np.maximum(booked - demand.count("unserved_demand")[row, ahead], 0)
        self._units: Counts = np.concatenate([[opening], booked])
        self._shipped: Counts = np.maximum(demand.count("constrained_demand")[row, ahead], 0)
        self._now: Rates = demand.rate(price)[row, ahead]
        self._now_known: Flags = demand.mask(price)[row, ahead]
        self._price: Rates = np.concatenate([[booked_at[0]], self._now])
        self._known: Flags = np.concatenate([[booked_at[1]], self._now_known])

    def invoice(self) -> tuple[Rates, Flags]:
        """Give the mean price of what ships in each open bucket, and whether every unit of it has one."""
        taken = self._taken()
        rest = self._shipped - taken.sum(axis=1)
        # A lot booked without a price is invoiced at the one of the bucket it ships in.
        late = rest + np.where(self._known, 0, taken).sum(axis=1)
        units = self._shipped.astype(np.float64)
        money = (taken * np.where(self._known, self._price, 0.0)).sum(axis=1) + late * self._now
        mean = money / np.where(units > 0, units, 1.0)
        known = np.where(self._shipped > 0, (late == 0) | self._now_known, self._now_known)
        return np.where(self._shipped > 0, mean, self._now), known

    def _taken(self) -> Counts:
        """Give how many counts of each lot ship in each open bucket: (open, lots)."""
        until, sent = np.cumsum(self._units), np.cumsum(self._shipped)
        upper = np.minimum(sent[:, None], until[None, :])
        lower = np.maximum((sent - self._shipped)[:, None], (until - self._units)[None, :])
        taken: Counts = np.maximum(upper - lower, 0)
        return taken
