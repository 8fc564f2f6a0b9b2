"""At what price shipments are invoiced: make-to-order items at the price of the bucket they were booked in (M1, F11).

Reads `consensus_demand` (what is booked), `unserved_demand`, `constrained_demand` (what ships), `price` and the table
`order_backlog`; writes the rate `invoiced_price`, which `constrained_revenue` is reckoned with.

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
    rates, known = demand.rate("price").copy(), demand.mask("price").copy()
    first = demand.buckets.first_open
    rows = np.flatnonzero(made_to_order(inputs, demand.keys["item"].to_list()))
    if len(rows):
        opening, booked_at = _opening(inputs, demand)
        for row in rows.tolist():
            lots = _Lots(demand, row, int(opening[row]), (booked_at.rates[row], bool(booked_at.known[row])))
            rates[row, first:], known[row, first:] = lots.invoice()
    return demand.with_rates({"invoiced_price": round_rate(np.where(known, rates, 0.0))}, {"invoiced_price": known})


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

    def __init__(self, demand: Panel, row: int, opening: int, booked_at: tuple[float, bool]) -> None:
        ahead = slice(demand.buckets.first_open, None)
        booked = np.maximum(demand.count("consensus_demand")[row, ahead], 0)
        booked = np.maximum(booked - demand.count("unserved_demand")[row, ahead], 0)
        self._units: Counts = np.concatenate([[opening], booked])
        self._shipped: Counts = np.maximum(demand.count("constrained_demand")[row, ahead], 0)
        self._now: Rates = demand.rate("price")[row, ahead]
        self._now_known: Flags = demand.mask("price")[row, ahead]
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
