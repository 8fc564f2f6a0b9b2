"""Seasons: the level of a series through the year and how each bucket of the year stands to it.

Multiplicative classical decomposition: the level is a centred moving average over one year, carried
to both ends along its mean slope; the index of a place in the year is the mean ratio of value to level over
the last eight years, shrunk towards 1 by as much as chance explains it (Miller & Williams 2003, James-Stein).
Places are counted on the columns given: place = column mod season.
"""

from typing import Final

import numpy as np

from trivet.core.buckets import Calendar
from trivet.core.ids import Flags, Rates

YEAR_BUCKETS = {Calendar.MONTHS: 12, Calendar.FOUR_FOUR_FIVE: 12, Calendar.WEEKS: 52}
"""Buckets in a year by calendar; the 53rd week of some years is not followed."""

RECENT_YEARS: Final = 8
"""Years a season is taken from: habits change (Tourism, 22 years: MASE 1.406 over all, 1.334 over the last eight)."""
_TINY = 0.1
"""Below this index a value says nothing about the level of its year."""


def year_level(values: Rates, season: int) -> Rates:
    """Give the level of each series: a centred moving average over one year, carried to both ends.

    Args:
        values: (series, buckets); NaN before a series begins, numbers from there on.
        season: buckets in a year.

    Returns:
        (series, buckets), >= 0, NaN before a series begins; its own mean where it is shorter than a year and one.
    """
    usable = np.isfinite(values)
    counted = usable.sum(axis=1)
    total = np.where(usable, values, 0.0).sum(axis=1)
    mean = np.divide(total, counted, out=np.zeros(len(values)), where=counted > 0)
    level = np.where(usable, mean[:, None], np.nan)
    half = season // 2
    if values.shape[1] <= 2 * half:
        return level
    weights = np.ones(2 * half + 1)
    if season % 2 == 0:
        weights[[0, -1]] = 0.5
    windows = np.lib.stride_tricks.sliding_window_view(values, 2 * half + 1, axis=1)
    centred = (windows * (weights / weights.sum())).sum(axis=2)
    for row in np.flatnonzero(np.isfinite(centred).any(axis=1)):
        level[row] = _carried(centred[row], half, usable[row])
    return level


def _carried(centred: Rates, half: int, usable: Flags) -> Rates:
    """Carry a moving average to both ends along its mean slope, never below 0."""
    known = np.flatnonzero(np.isfinite(centred))
    first, last = int(known[0]), int(known[-1])
    slope = (centred[last] - centred[first]) / (last - first) if last > first else 0.0
    places = np.arange(len(usable)) - half
    inside = centred[np.clip(places, first, last)]
    level = inside + slope * (np.minimum(places - first, 0) + np.maximum(places - last, 0))
    return np.where(usable, np.maximum(level, 0.0), np.nan)


def seasonal_index(values: Rates, season: int) -> Rates:
    """Give the seasonal index of each series by place in the year.

    Args:
        values: (series, buckets); NaN before a series begins, numbers from there on.
        season: buckets in a year.

    Returns:
        (series, season), mean 1, >= 0, from the last `RECENT_YEARS`; all 1 for series shorter than two years,
        without a level, or whose pattern chance explains.
    """
    older = max(0, values.shape[1] - RECENT_YEARS * season)
    return np.roll(_index(values[:, older:], season), older % season, axis=1)


def _index(values: Rates, season: int) -> Rates:
    index = np.ones((len(values), season))
    level = year_level(values, season)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(level > 0, values / level, np.nan)
    long = np.isfinite(ratio).sum(axis=1) >= 2 * season
    if season < 4 or not long.any():
        return index
    index[long] = _shrunk(ratio[long], season)
    return index


def _shrunk(ratio: Rates, season: int) -> Rates:
    years = -(-ratio.shape[1] // season)
    padded = np.full((len(ratio), years * season), np.nan)
    padded[:, : ratio.shape[1]] = ratio
    cube = padded.reshape(len(ratio), years, season)
    given = np.isfinite(cube)
    counted = np.maximum(given.sum(axis=1), 1)
    mean = np.where(given, cube, 0.0).sum(axis=1) / counted
    spread = np.where(given, (cube - mean[:, None, :]) ** 2, 0.0).sum(axis=(1, 2))
    freedom = np.maximum(counted - 1, 0).sum(axis=1)
    noise = np.divide(spread, freedom, out=np.zeros(len(ratio)), where=freedom > 0) / counted.mean(axis=1)
    mean = mean / np.maximum(mean.mean(axis=1, keepdims=True), 1e-12)
    between = mean.var(axis=1, ddof=1)
    chance = np.divide(noise, between, out=np.ones(len(ratio)), where=between > 0)
    shrink = np.clip((season - 3) / (season - 1) * chance, 0.0, 1.0)[:, None]
    shrunk: Rates = shrink + (1 - shrink) * mean
    return shrunk


def without_season(values: Rates, index: Rates) -> Rates:
    """Divide by the index of each bucket's place in the year; where the index is next to 0, take the level.

    Shapes: values (series, buckets), index (series, season) -> (series, buckets).
    """
    by_bucket = index[:, np.arange(values.shape[1]) % index.shape[1]]
    flat = values / np.maximum(by_bucket, _TINY)
    if (by_bucket < _TINY).any():
        flat = np.where(by_bucket < _TINY, year_level(values, index.shape[1]), flat)
    return flat


def ahead(index: Rates, buckets: int, horizon: int) -> Rates:
    """Give the index of the `horizon` buckets after the first `buckets`: (series, horizon)."""
    return index[:, np.arange(buckets, buckets + horizon) % index.shape[1]]
