"""Theta for many series at once: the long run as a line, the short run as exponential smoothing, both fitted together.

One step ahead a Theta model expects `level + w * line`, w = 1 - 1/theta (Fiorucci et al. 2016, after Assimakopoulos &
Nikolopoulos 2000). The line is the straight trend of all values (optimised Theta), or of those known so far (dynamic
optimised Theta). For a given smoothing the starting level and w are a linear least-squares problem, solved exactly;
the smoothing is searched on a grid. Only + - * / and comparisons, series by series: results don't depend on batches,
and 10,000 series of 60 buckets take about two seconds where an optimiser for each takes forty.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Rates

_LEAST, _MOST = 0.1, 0.99
"""Range of the smoothing, as statsforecast searches it."""
_COARSE: Final = 13
"""Smoothings tried first, evenly through the range; the best one's neighbourhood is searched twice more."""
_FINER: Final = ((-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75), (-0.125, 0.0, 0.125))
_SINGULAR: Final = 1e-9
"""Below this the line can't be told from the starting level, and is left out."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Lines:
    """The long run of each series as known before each bucket, and at the end.

    Attributes:
        start, slope: (series, buckets) line `start + slope * t`, t counted from 1 at the series' first bucket.
        mean, last: (series,) mean of all values and slope of all values.
        place: (series, buckets) t; 0 and below before the series begins.
        fitted: (series, buckets) 1.0 where one step ahead is compared with what came.
    """

    start: Rates
    slope: Rates
    mean: Rates
    last: Rates
    place: Rates
    fitted: Rates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fit:
    """Smoothing, weight of the line and starting level of each series."""

    smoothing: Rates
    weight: Rates
    level: Rates


def theta_ahead(values: Rates, first: Counts, horizon: int, *, dynamic: bool) -> Rates:
    """Forecast series without season.

    Args:
        values: (series, buckets); what stands before `first` is not read.
        first: (series,) index of each series' first bucket, at least two before the end.
        horizon: buckets to forecast.
        dynamic: whether the line is that of the values known so far.

    Returns:
        (series, horizon), not floored; NaN or infinite where values are.
    """
    place = (np.arange(values.shape[1])[None, :] - np.asarray(first)[:, None] + 1).astype(np.float64)
    held = np.where(place >= 1, values, 0.0)
    lines = _moving_lines(held, place) if dynamic else _whole_lines(held, place)
    return _extrapolated(held, lines, _fitted(held, lines), horizon, dynamic=dynamic)


def _whole_lines(values: Rates, place: Rates) -> _Lines:
    """Fit one straight line to all values of each series."""
    length = place[:, -1]
    total, moment = np.zeros(len(values)), np.zeros(len(values))
    for column in range(values.shape[1]):
        total = total + values[:, column]
        moment = moment + np.maximum(place[:, column], 0.0) * values[:, column]
    mean = total / length
    slope = 6 * (2 * moment / length - (1 + length) * mean) / (length * length - 1)
    start = mean - slope * (length + 1) / 2
    whole = np.ones(values.shape)
    known = (place >= 1).astype(np.float64)
    return _Lines(
        start=start[:, None] * whole, slope=slope[:, None] * whole, mean=mean, last=slope, place=place, fitted=known
    )


def _moving_lines(values: Rates, place: Rates) -> _Lines:
    """Fit to each bucket the straight line of the values before it; the first bucket has none."""
    mean, slope = np.zeros(len(values)), np.zeros(len(values))
    starts, slopes = np.zeros(values.shape), np.zeros(values.shape)
    for column in range(values.shape[1]):
        t = np.maximum(place[:, column], 1.0)
        starts[:, column], slopes[:, column] = mean - t / 2 * slope, slope
        known = place[:, column] >= 1
        next_mean, next_slope = _with_value(values[:, column], t, mean, slope)
        mean, slope = np.where(known, next_mean, mean), np.where(known, next_slope, slope)
    fitted = (place >= 2).astype(np.float64)
    return _Lines(start=starts, slope=slopes, mean=mean, last=slope, place=place, fitted=fitted)


def _with_value(value: Rates, t: Rates, mean: Rates, slope: Rates) -> tuple[Rates, Rates]:
    """Move mean and slope of t - 1 values to t values."""
    steeper = ((t - 2) * slope + 6 * (value - mean) / t) / (t + 1)
    return ((t - 1) * mean + value) / t, np.where(t > 1, steeper, 0.0)


def _fitted(values: Rates, lines: _Lines) -> _Fit:
    """Choose the smoothing with the smallest sum of squared errors one step ahead."""
    grid = np.linspace(_LEAST, _MOST, _COARSE)
    best = _best_of(np.repeat(grid[None, :], len(values), axis=0), values, lines)
    step = grid[1] - grid[0]
    for moves in _FINER:
        near = best.smoothing[:, None] + step * np.array(moves)[None, :]
        best = _best_of(np.clip(near, _LEAST, _MOST), values, lines)
    return best


def _best_of(smoothing: Rates, values: Rates, lines: _Lines) -> _Fit:
    """Solve starting level and weight for each (series, choice) of the smoothing; keep the best choice.

    What is compared with a value is `known level + part * start level + line * weight`: sums of products suffice.
    """
    kept = 1 - smoothing
    level, part = np.zeros(smoothing.shape), np.ones(smoothing.shape)
    of_parts, of_lines, both, rest_part, rest_line, rest = (np.zeros(smoothing.shape) for _ in range(6))
    for column in range(values.shape[1]):
        told = lines.fitted[:, column, None]
        value, known = values[:, column, None], lines.place[:, column, None] >= 1
        slope = lines.slope[:, column, None]
        line = (part * lines.start[:, column, None] + (1 - part * kept) / smoothing * slope) * told
        missing, share = (value - level) * told, part * told
        of_parts, of_lines, both = of_parts + share * share, of_lines + line * line, both + share * line
        rest_part, rest_line, rest = rest_part + missing * share, rest_line + missing * line, rest + missing * missing
        level = np.where(known, smoothing * value + kept * level, level)
        part = np.where(known, part * kept, part)
    apart = of_parts * of_lines - both * both
    solid = apart > _SINGULAR * of_parts * of_lines
    weight = np.divide(rest_line * of_parts - rest_part * both, apart, out=np.zeros(apart.shape), where=solid)
    weight = np.clip(weight, 0.0, 1.0)
    begin = (rest_part - weight * both) / of_parts
    error = rest + begin * (begin * of_parts - 2 * rest_part) + weight * (weight * of_lines - 2 * rest_line)
    error = error + 2 * begin * weight * both
    chosen = np.argmin(error, axis=1)[:, None]
    smooth, weight, begin = (np.take_along_axis(x, chosen, axis=1)[:, 0] for x in (smoothing, weight, begin))
    return _Fit(smoothing=smooth, weight=weight, level=begin)


def _extrapolated(values: Rates, lines: _Lines, fit: _Fit, horizon: int, *, dynamic: bool) -> Rates:
    """Smooth through the history, then go on with what is expected as if it had come."""
    kept = 1 - fit.smoothing
    level, part = fit.level, np.ones(len(values))
    for column in range(values.shape[1]):
        known = lines.place[:, column] >= 1
        level = np.where(known, fit.smoothing * values[:, column] + kept * level, level)
        part = np.where(known, part * kept, part)
    result = np.zeros((len(values), horizon))
    start, slope, mean, t = lines.start[:, -1], lines.last, lines.mean, lines.place[:, -1]
    for step in range(horizon):
        if dynamic:
            start = mean - (t + 1) / 2 * slope
        expected = level + fit.weight * (part * start + (1 - part * kept) / fit.smoothing * slope)
        result[:, step] = expected
        t = t + 1
        if dynamic:
            mean, slope = _with_value(expected, t, mean, slope)
        level, part = fit.smoothing * expected + kept * level, part * kept
    return result
