"""Functions over time (D4): sums, means and counts that run along the buckets, and days of supply (F3).

All work on arrays whose last axis is the buckets, (..., buckets), and give arrays of the same shape
unless they say otherwise. Counts stay whole numbers. Nothing is filled in unless `fill_missing` is asked
to. Last and first period aggregation of a measure is part of its roll-up (`core.rollup`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from trivet.core.expressions import shift_array
from trivet.core.ids import Counts, Flags, Rates

_Number = TypeVar("_Number", np.int64, np.float64)


class Fill(StrEnum):
    """What a missing bucket is given."""

    ZERO = "zero"
    PREVIOUS = "previous"
    LINEAR = "linear"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coverage:
    """Days of supply.

    Attributes:
        days: (series, buckets) calendar days the stock lasts; 0 where stock <= 0 or nothing is demanded.
        beyond: True where it outlasts the last known demand: read "at least `days`".
        without_demand: True where no demand follows at all: days mean nothing.
    """

    days: Rates
    beyond: Flags
    without_demand: Flags


def shift(values: npt.NDArray[_Number], buckets: int) -> npt.NDArray[_Number]:
    """Give the value `buckets` earlier (later when below 0); 0 comes in at the end.

    >>> shift(np.array([1, 2, 3]), 1)
    array([0, 1, 2])
    """
    return shift_array(values, buckets)


def cumulative(values: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
    """Give the running sum.

    >>> cumulative(np.array([1, 2, 3]))
    array([1, 3, 6])
    """
    return np.cumsum(values, axis=-1)


def rolling_sum(values: npt.NDArray[_Number], buckets: int) -> npt.NDArray[_Number]:
    """Give the sum of the last `buckets` buckets, the own one included; fewer at the start.

    >>> rolling_sum(np.array([1, 2, 3, 4]), 2)
    array([1, 3, 5, 7])
    """
    if buckets < 1:
        raise ValueError(f"a rolling sum of {buckets} buckets; expected 1 or more")
    total = np.zeros_like(values)
    for step in range(min(buckets, values.shape[-1])):
        total = total + shift_array(values, step)
    return total


def rolling_mean(values: npt.NDArray[_Number], buckets: int) -> Rates:
    """Give the mean of the last `buckets` buckets; of fewer at the start.

    >>> rolling_mean(np.array([1, 2, 3, 4]), 2)
    array([1. , 1.5, 2.5, 3.5])
    """
    seen = np.minimum(np.arange(1, values.shape[-1] + 1), buckets)
    mean: Rates = rolling_sum(values, buckets) / seen
    return mean


def dynamic_rolling(values: npt.NDArray[_Number], buckets: Counts) -> npt.NDArray[_Number]:
    """Give the sum of the last n buckets with an n of its own in each bucket (a lead time, say).

    `buckets` has the shape of `values` or can be broadcast to it; 0 gives 0.

    >>> dynamic_rolling(np.array([1, 2, 3, 4]), np.array([1, 1, 2, 3]))
    array([1, 2, 5, 9])
    """
    windows = np.broadcast_to(buckets, values.shape)
    if windows.size and windows.min() < 0:
        raise ValueError("a rolling sum of fewer than 0 buckets")
    total = np.zeros_like(values)
    for step in range(min(int(windows.max(initial=0)), values.shape[-1])):
        total = total + np.where(windows > step, shift_array(values, step), 0).astype(values.dtype)
    return total


def count(present: Flags) -> Counts:
    """Count the buckets with a value up to each bucket.

    >>> count(np.array([True, False, True]))
    array([1, 1, 2])
    """
    return np.cumsum(present, axis=-1, dtype=np.int64)


def weighted_average(values: Rates, weights: Rates) -> tuple[Rates, Flags]:
    """Give the average over all buckets by weight, and where it exists: both without the last axis.

    >>> weighted_average(np.array([10.0, 20.0]), np.array([1.0, 3.0]))
    (array(17.5), array(True))
    """
    weight = np.sum(weights, axis=-1)
    known = np.asarray(weight != 0)
    average = np.divide(np.sum(values * weights, axis=-1), weight, out=np.zeros(np.shape(weight)), where=known)
    return average, known


def last_value(values: npt.NDArray[_Number], present: Flags) -> tuple[npt.NDArray[_Number], Flags]:
    """Give the latest value up to each bucket, and where there is one.

    >>> last_value(np.array([0, 5, 0]), np.array([False, True, False]))
    (array([0, 5, 5]), array([False,  True,  True]))
    """
    places = np.where(present, np.arange(values.shape[-1]), -1)
    latest = np.maximum.accumulate(places, axis=-1)
    found = np.take_along_axis(values, np.maximum(latest, 0), axis=-1)
    return np.where(latest >= 0, found, 0).astype(values.dtype), latest >= 0


def current_value(values: npt.NDArray[_Number], bucket: int) -> npt.NDArray[_Number]:
    """Give the value of the current bucket, without the last axis.

    >>> current_value(np.array([[1, 2, 3]]), 1)
    array([2])
    """
    return values[..., bucket].copy()


def fill_missing(values: Rates, present: Flags, how: Fill) -> tuple[Rates, Flags]:
    """Fill buckets without a value, as asked, and say where there is one now.

    ZERO fills all; PREVIOUS carries the last value on; LINEAR draws a line between two values. Nothing
    is filled before the first value, nor, by LINEAR, after the last one.

    >>> fill_missing(np.array([2.0, 0.0, 4.0]), np.array([True, False, True]), Fill.LINEAR)[0]
    array([2., 3., 4.])
    """
    if how is Fill.ZERO:
        return np.where(present, values, 0.0), np.ones(np.shape(values), dtype=np.bool_)
    before, known = last_value(values, present)
    if how is Fill.PREVIOUS:
        return before, known
    after, follows = last_value(values[..., ::-1], present[..., ::-1])
    after, follows = after[..., ::-1], follows[..., ::-1]
    buckets = np.arange(values.shape[-1])
    start = np.maximum.accumulate(np.where(present, buckets, 0), axis=-1)
    stop = np.minimum.accumulate(np.where(present, buckets, buckets[-1])[..., ::-1], axis=-1)[..., ::-1]
    part = np.divide(buckets - start, stop - start, out=np.zeros(np.shape(values)), where=stop > start)
    inside = known & follows
    return np.where(inside, before + (after - before) * part, 0.0), inside


def coverage(closing: Counts, demand: Counts, days: Counts, known: int | None = None) -> Coverage:
    """Give the calendar days each closing stock lasts against the demand that follows (F3).

    Largest n with the sum of the next n demands <= closing, plus the fraction of the next one, in calendar
    days of those buckets.

    Args:
        closing: (series, buckets) stock at the end of each bucket, counts.
        demand: (series, buckets) counts of the same quantum, >= 0.
        days: (buckets,) calendar days of each bucket.
        known: number of buckets whose demand is known; None = all.

    Stock <= 0 gives 0; stock beyond the last known demand "at least" the days until then; where none of
    the demand known to follow is above 0 there is no answer.

    >>> coverage(np.array([[50, 0]]), np.array([[10, 40]]), np.array([31, 30])).days
    array([[30.,  0.]])
    >>> coverage(np.array([[50, 5, 0]]), np.array([[10, 40, 20]]), np.array([31, 30, 31])).days
    array([[45.5 ,  7.75,  0.  ]])
    """
    end = demand.shape[-1] if known is None else known
    total = np.cumsum(demand[:, :end], axis=1)
    elapsed = np.cumsum(days[:end]).astype(np.float64)
    result = np.zeros(closing.shape)
    beyond = np.zeros(closing.shape, dtype=np.bool_)
    without = np.zeros(closing.shape, dtype=np.bool_)
    for bucket in range(closing.shape[1]):
        reached = total[:, min(bucket, end - 1)] if end else np.zeros(len(closing), dtype=np.int64)
        result[:, bucket], beyond[:, bucket] = _lasting(closing[:, bucket], total - reached[:, None], elapsed, bucket)
        following = (total[:, -1] - reached) if end else reached
        without[:, bucket] = (following == 0) & (bucket < end - 1)
    has_stock = closing > 0
    return Coverage(
        days=np.where(has_stock & ~without, result, 0.0), beyond=beyond & has_stock & ~without, without_demand=without
    )


def _lasting(stock: Counts, ahead: Counts, elapsed: Rates, bucket: int) -> tuple[Rates, Flags]:
    """Give the days one bucket's stock lasts and whether it outlasts `ahead`, the demand summed from there."""
    start = float(elapsed[bucket]) if bucket < len(elapsed) else 0.0
    whole = np.sum((ahead <= stock[:, None])[:, bucket + 1 :], axis=1)
    place = bucket + whole
    beyond = place >= len(elapsed) - 1
    if bucket >= len(elapsed) - 1:
        return np.zeros(len(stock)), np.ones(len(stock), dtype=np.bool_)
    at = np.arange(len(stock))
    nearer = np.minimum(place, len(elapsed) - 1)
    further = np.minimum(place + 1, len(elapsed) - 1)
    used = np.where(whole > 0, ahead[at, nearer], 0)
    following = ahead[at, further] - used
    part = np.divide(stock - used, following, out=np.zeros(len(stock)), where=~beyond & (following > 0))
    lasting = elapsed[nearer] - start + part * (elapsed[further] - elapsed[nearer])
    return np.where(stock > 0, lasting, 0.0), beyond
