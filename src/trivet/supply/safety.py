"""How much stock guards against chance: safety factors, fill rates, the base stock of one period (F17).

`SS = z x sqrt((LT + R) x s1^2 + d^2 x sLT^2)`: s1 is the error of the forecast one bucket ahead, R the review
period, sLT how much the lead time itself varies, d the demand of a bucket, everything in buckets. z comes from
the service of a cycle (probability not to run out) or from the fill rate (part of demand served at once) by the
loss function of the normal distribution. Sources: Silver, Pyke and Thomas, Inventory and Production Management
(2017), chapter 6; Snyder and Shen, Fundamentals of Supply Chain Theory (2019), chapters 3 and 4.
Pure functions of floats in units; they read and write no measure.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from trivet.core.errors import InvalidInput

_NORMAL: Final = NormalDist()
_FARTHEST: Final = 8.0
"""Safety factor beyond which float64 no longer tells one service from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePeriodStock:
    """What to have at the start of a period: units, the expected cost, the probability to meet all demand."""

    base_stock: float
    cost: float
    service: float


def newsvendor(*, mean: float, deviation: float, overage: float, underage: float) -> OnePeriodStock:
    """Give the stock at which one more unit is as likely to be missed as to be left, weighed by their costs.

    Args:
        mean: mean of normal demand, units.
        deviation: its standard deviation, units, >= 0.
        overage: cost of a unit left over, > 0.
        underage: cost of a unit missing, > 0.

    Returns:
        `S = mean + z x deviation` with `Phi(z) = underage / (underage + overage)`, and the least cost
        `(overage + underage) x phi(z) x deviation` (Snyder and Shen, section 4.3).

    >>> round(newsvendor(mean=50, deviation=8, overage=0.18, underage=0.70).base_stock, 2)
    56.6
    """
    _positive("overage", overage)
    _positive("underage", underage)
    _not_negative("deviation", deviation)
    service = underage / (underage + overage)
    factor = safety_factor(service)
    cost = (overage + underage) * _NORMAL.pdf(factor) * deviation
    return OnePeriodStock(base_stock=mean + factor * deviation, cost=cost, service=service)


def safety_factor(service: float) -> float:
    """Give z of a cycle service between 0 and 1: the part of cycles without a stock-out."""
    if not 0.0 < service < 1.0:
        raise InvalidInput(f"a service of {service:g} has no safety factor: expected more than 0 and less than 1")
    return _NORMAL.inv_cdf(service)


def loss(factor: float) -> float:
    """Give the standard normal loss function `L(z) = phi(z) - z x (1 - Phi(z))`: expected units short a deviation."""
    # The upper tail by erfc keeps its digits where 1 - Phi(z) has lost them.
    return max(_NORMAL.pdf(factor) - factor * 0.5 * math.erfc(factor / math.sqrt(2.0)), 0.0)


def fill_rate(*, factor: float, deviation: float, lot: float) -> float:
    """Give the part of demand served at once: `1 - deviation x L(z) / lot`, between 0 and 1.

    Args:
        factor: z.
        deviation: of demand over the lead time and review period, units.
        lot: mean units an order brings, > 0.
    """
    _positive("lot", lot)
    _not_negative("deviation", deviation)
    return min(max(1.0 - deviation * loss(factor) / lot, 0.0), 1.0)


def factor_for_fill_rate(*, rate: float, deviation: float, lot: float) -> float:
    """Give the smallest z (-8 to 8) whose fill rate is at least `rate` (between 0 and 1), by halving."""
    if not 0.0 < rate < 1.0:
        raise InvalidInput(f"a fill rate of {rate:g} has no safety factor: expected more than 0 and less than 1")
    low, high = -_FARTHEST, _FARTHEST
    if fill_rate(factor=low, deviation=deviation, lot=lot) >= rate:
        return low
    while True:
        middle = (low + high) / 2.0
        if middle in {low, high}:
            return high
        if fill_rate(factor=middle, deviation=deviation, lot=lot) >= rate:
            high = middle
        else:
            low = middle


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What chance can do to one item at one site; demand in units a bucket, times in buckets.

    Attributes:
        demand: mean demand of a bucket.
        error: standard deviation of the forecast error one bucket ahead.
        lead_time: mean lead time; lead_time_error: its standard deviation.
        review: time between two looks (1 = every bucket).
    """

    demand: float
    error: float
    lead_time: float
    lead_time_error: float = 0.0
    review: float = 1.0

    @property
    def deviation(self) -> float:
        """Give the standard deviation of demand until the next order can help, in units."""
        return math.sqrt((self.lead_time + self.review) * self.error**2 + (self.demand * self.lead_time_error) ** 2)


def safety_stock(exposure: Exposure, *, factor: float) -> float:
    """Give the safety stock of F17, units: z times the deviation.

    >>> safety_stock(Exposure(demand=100, error=10, lead_time=3), factor=2)
    40.0
    """
    _not_negative("lead time", exposure.lead_time)
    _not_negative("review", exposure.review)
    _not_negative("error", exposure.error)
    _not_negative("lead time error", exposure.lead_time_error)
    return factor * exposure.deviation


def base_stock(exposure: Exposure, *, factor: float) -> float:
    """Give the stock on hand and on order to come up to at every look: mean demand until help comes, and safety."""
    return exposure.demand * (exposure.lead_time + exposure.review) + safety_stock(exposure, factor=factor)


def stock_target(exposure: Exposure, *, factor: float, lot: float) -> float:
    """Give the mean stock to plan for, units: safety stock and half a lot (F17)."""
    _not_negative("lot", lot)
    return safety_stock(exposure, factor=factor) + lot / 2.0


def _positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0.0):
        raise InvalidInput(f"{name} is {value:g}: expected more than 0")


def _not_negative(name: str, value: float) -> None:
    if not (math.isfinite(value) and value >= 0.0):
        raise InvalidInput(f"{name} is {value:g}: expected 0 or more")
