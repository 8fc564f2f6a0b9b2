"""What the forecast learns from: demand history in units, gaps filled with what was due, promotions taken out.

Leaving the lift of past events in would plan an annual event twice: once in the season and once in the
calendar of events. Reads `demand_history`; writes no measure.
"""

from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY, to_amounts
from trivet.core.seasons import YEAR_BUCKETS
from trivet.demand.events import event_factors
from trivet.demand.expectation import expected_values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Training:
    """Series to learn from.

    Attributes:
        values: (series, closed buckets) in units, without events; 0 before `first`.
        first: first bucket with a meaning; the number of closed buckets for series without any.
        last: first bucket after the last one with a sale.
        known: (series, closed) cells that were reported.
        season: buckets in a year.
    """

    values: Rates
    first: Counts
    last: Counts
    known: Flags
    season: int

    @property
    def length(self) -> Counts:
        """Buckets each series has."""
        length: Counts = self.values.shape[1] - self.first
        return length


def training_series(inputs: PlanInputs, demand: Panel) -> Training:
    """Turn `demand_history` into series without gaps and events."""
    closed = demand.buckets.first_open
    season = YEAR_BUCKETS[demand.buckets.calendar]
    known = demand.mask("demand_history")[:, :closed] & (demand.count("demand_history")[:, :closed] >= 0)
    factor = event_factors(inputs, demand)[:, :closed]
    raw = to_amounts(demand.count("demand_history")[:, :closed], QUANTITY)
    plain = np.divide(raw, factor, out=np.zeros(raw.shape), where=factor > 0)
    first = np.where(known.any(axis=1), known.argmax(axis=1), closed).astype(np.int64)
    sold = known & (plain > 0)
    last = np.where(sold.any(axis=1), closed - sold[:, ::-1].argmax(axis=1), 0).astype(np.int64)
    inside = np.arange(closed)[None, :] >= first[:, None]
    filled = np.where(known, plain, expected_values(plain, known & (factor > 0), season))
    return Training(values=np.where(inside, filled, 0.0), first=first, last=last, known=known, season=season)
