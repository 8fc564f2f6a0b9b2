"""How far a forecast may be off: 80 and 95 % bounds learned from forecasts of the past, not from a model's belief.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018), pooled: an earlier forecast is compared with what came;
its errors, each divided by the usual error of its series, are collected over all series for each step ahead, and their
quantiles are the bounds of every series, multiplied by its usual error. Models' own intervals are too
narrow (ENGINE.md: 67-73 % inside at nominal 80). Reads history and forecasts; writes no measure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trivet.core.forecasting import Method
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.learned import LEVELS, Widths

MOST_SERIES: Final = 1_500
"""Series the bounds are learned from; more do not move them."""
ENOUGH: Final = 100
"""Errors a step needs; with fewer, neighbouring steps are heard too."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounds:
    """Bounds of a forecast: {level: (series, horizon)}, and its median (series, horizon); in units, >= 0."""

    lower: Mapping[int, Rates]
    upper: Mapping[int, Rates]
    middle: Rates


def usual_error(history: Rates, first: Counts, season: int) -> Rates:
    """Give each series' usual error: how much it moves from bucket to bucket of a kind.

    The mean of its absolute change on the bucket a season before and on the bucket before; where it never moved, its
    mean, and 1 for a series of nothing.

    Args:
        history: (series, buckets) in units.
        first: (series,) index of each series' first bucket.
        season: buckets in a year.

    Returns:
        (series,) > 0.
    """
    known = np.arange(history.shape[1])[None, :] >= np.asarray(first)[:, None]
    changes = [mean_change(history, known, lag) for lag in dict.fromkeys((season, 1))]
    both = np.stack(changes)
    heard = both > 0
    mean = np.divide(both.sum(axis=0), heard.sum(axis=0), out=np.zeros(len(history)), where=heard.any(axis=0))
    length = np.maximum(known.sum(axis=1), 1)
    size = np.where(known, np.abs(history), 0.0).sum(axis=1) / length
    return np.where(mean > 0, mean, np.where(size > 0, size, 1.0))


def mean_change(history: Rates, known: Flags, lag: int) -> Rates:
    """Give each series' mean absolute change on `lag` buckets before; 0 where no pair is known."""
    if history.shape[1] <= lag:
        return np.zeros(len(history))
    pair = known[:, lag:] & known[:, :-lag]
    change = np.where(pair, np.abs(history[:, lag:] - history[:, :-lag]), 0.0).sum(axis=1)
    pairs = pair.sum(axis=1)
    mean: Rates = np.divide(change, pairs, out=np.zeros(len(history)), where=pairs > 0)
    return mean


def choose_sample(history: Rates, usable: Flags, most: int = MOST_SERIES) -> Counts:
    """Choose the series the bounds are learned from: evenly through all usable ones, ordered by their values.

    Names and order of the series have no influence.
    """
    rows = np.flatnonzero(usable).astype(np.int64)
    if len(rows) <= most:
        return rows
    # by share of the own total, so that the unit of a series is no reason to be chosen
    total = np.maximum(np.abs(history[rows]).sum(axis=1, keepdims=True), 1e-9)
    order = rows[np.lexsort(np.round(history[rows] / total, 9).T)]
    chosen: Counts = np.sort(order[np.arange(most) * len(order) // most])
    return chosen


def learn_widths(forecast: Rates, actual: Rates, error: Rates) -> Widths | None:
    """Learn bounds from earlier forecasts and what came.

    Args:
        forecast: (series, steps) in units.
        actual: (series, steps) in units; where either is no number nothing is learned.
        error: (series,) usual error of each series as it was known then.

    Returns:
        Quantiles of (actual - forecast) / usual error with the conformal correction for few series; None where there
        is no series to learn from.
    """
    scaled = (actual - forecast) / error[:, None]
    heard = np.isfinite(scaled).any(axis=1)
    scaled = scaled[heard]
    if not len(scaled):
        return None
    steps = scaled.shape[1]
    lower, upper = ({level: np.zeros(steps) for level in LEVELS} for _ in range(2))
    middle = np.zeros(steps)
    for step in range(steps):
        errors, series = _errors_at(scaled, step)
        middle[step] = np.quantile(errors, 0.5)
        for level in LEVELS:
            # errors of one series are no new evidence: the correction counts series
            tail = max((1 - level / 100) / 2 * (1 + 1 / series) - 1 / series, 0.0)
            lower[level][step] = min(np.quantile(errors, tail), 0.0)
            upper[level][step] = max(np.quantile(errors, 1 - tail), 0.0)
    return Widths(lower=lower, upper=upper, middle=middle)


def scale_widths(widths: Widths, forecast: Rates, actual: Rates, error: Rates) -> Widths:
    """Scale bounds until 80 % of a few earlier outcomes lie between them, more where series are few.

    See `learn_widths`; with no outcome between bounds they stay as they are.
    """
    scaled = (actual - forecast) / error[:, None]
    steps = scaled.shape[1]
    sides = np.where(scaled < 0, -widths.lower[80][:steps], widths.upper[80][:steps])
    known = np.isfinite(scaled) & (sides > 0)
    if not known.any():
        return widths
    inside = min(0.8 * (1 + 1 / int(known.any(axis=1).sum())), 1.0)
    factor = float(np.quantile(np.abs(scaled[known]) / sides[known], inside))
    lower, upper = ({level: side[level] * factor for level in LEVELS} for side in (widths.lower, widths.upper))
    return Widths(lower=lower, upper=upper, middle=widths.middle)


def _errors_at(scaled: Rates, step: int) -> tuple[Rates, int]:
    """Give the errors of a step, and of its neighbours as long as there are too few, and how many series they are of.

    Beyond the last step with an error that last one is heard.
    """
    steps = scaled.shape[1]
    for reach in range(steps):
        near = scaled[:, max(0, step - reach) : step + reach + 1]
        known = np.isfinite(near)
        if known.sum() >= min(ENOUGH, np.isfinite(scaled).sum()):
            break
    return near[known], int(known.any(axis=1).sum())


def bounds_of(forecast: Rates, error: Rates, widths: Widths) -> Bounds:
    """Give the bounds of a forecast, around it and never negative.

    Args:
        forecast: (series, horizon) in units.
        error: (series,) usual error of each series as known now.
        widths: as learned; beyond them they widen with the square root of the step.
    """
    learned = len(widths.middle)
    places = np.arange(forecast.shape[1])
    steps = np.minimum(places, learned - 1)
    wider = np.sqrt(np.maximum((places + 1) / learned, 1.0))

    def placed(moves: Rates) -> Rates:
        return np.maximum(forecast + (moves[steps] * wider)[None, :] * error[:, None], 0.0)

    return Bounds(
        lower={level: placed(widths.lower[level]) for level in LEVELS},
        upper={level: placed(widths.upper[level]) for level in LEVELS},
        middle=np.maximum(forecast + widths.middle[steps][None, :] * error[:, None], 0.0),
    )


def bounds_by_method(
    forecast: Rates, error: Rates, widths: Widths, own: Mapping[Method, Widths], methods: npt.NDArray[np.object_]
) -> Bounds:
    """Give the bounds of a forecast that several methods made; see `bounds_of`.

    Args:
        forecast: (series, horizon) in units.
        error: (series,) usual error of each series as known now.
        widths: of all series together.
        own: of methods that have their own.
        methods: (series,) method of each.
    """
    found = bounds_of(forecast, error, widths)
    for method, own_widths in own.items():
        rows = methods == method
        told = bounds_of(forecast[rows], error[rows], own_widths)
        found.middle[rows] = told.middle
        for level in LEVELS:
            found.lower[level][rows], found.upper[level][rows] = told.lower[level], told.upper[level]
    return found
