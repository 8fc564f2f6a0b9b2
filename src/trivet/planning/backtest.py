"""Backtest: forecast what is already known, from before it was known, and see how far off the plan would have been.

At each origin every series ends `horizon` buckets before its end (one bucket earlier an origin, as cycles follow each
other). The forecast goes the plan's way (`demand.learning`, `demand.statistical`) on what came before: model and bounds
are learned there, and what came is compared. The seasonal naive and the naive (the last value) are scored beside it,
with bounds learned from their own forecast one horizon earlier.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np

from trivet.core.forecasting import Method as Named
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.ports import Forecaster
from trivet.demand.intervals import (
    Bounds,
    bounds_by_method,
    bounds_of,
    choose_sample,
    learn_widths,
    mean_change,
    usual_error,
)
from trivet.demand.learning import learn
from trivet.demand.scores import Skill, score_forecast
from trivet.demand.statistical import bare, forecast_known
from trivet.demand.trials import LEAST_HISTORY

Clock = Callable[[], float]
Told = tuple[Rates, Bounds | None]
"""A forecast, (series, horizon) in units, and its bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """Scores of one method, mean over the origins, and what they cost.

    Attributes:
        skill: the scores.
        cpu_seconds: of all forecasts of this method, those the bounds are learned from included.
    """

    skill: Skill
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Past:
    """What was known at an origin, and what came."""

    history: Rates
    first: Counts
    actual: Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is tested.

    Attributes:
        season: buckets in a year.
        horizon: buckets forecast at each origin.
        origins: how many of them, one bucket apart, back from the end.
    """

    season: int
    horizon: int
    origins: int = 1


Method = Callable[[Past, Question], Told]
"""A way to forecast what followed a past."""


def long_enough(length: Counts, asked: Question) -> Flags:
    """Tell which series (by their number of buckets) can be tested at every origin."""
    enough: Flags = length >= asked.horizon + asked.origins - 1 + LEAST_HISTORY
    return enough


def backtest(
    values: Rates, first: Counts, asked: Question, methods: Mapping[str, Method], clock: Clock
) -> dict[str, Tested]:
    """Test methods on series that are long enough.

    Args:
        values: (series, buckets) in units, all ending in the last column.
        first: (series,) index of each series' first bucket.
        asked: season, horizon, origins.
        methods: ways to forecast by name: `as_planned`, `last_value`, `year_before`.
        clock: gives the CPU seconds used so far, children included.

    Returns:
        Each method's scores and cost, in the order given.
    """
    found: dict[str, list[Skill]] = {name: [] for name in methods}
    spent = dict.fromkeys(methods, 0.0)
    for origin in range(asked.origins):
        past = _cut(values, first, origin, asked.horizon)
        naive = seasonal_naive(past.history, past.first, asked.season, asked.horizon)
        known = np.arange(past.history.shape[1])[None, :] >= past.first[:, None]
        scale = mean_change(past.history, known, asked.season)
        for name, method in methods.items():
            start = clock()
            forecast, bounds = method(past, asked)
            spent[name] += clock() - start
            found[name].append(score_forecast(forecast, past.actual, scale, naive, bounds))
    return {name: Tested(skill=_mean(found[name]), cpu_seconds=spent[name]) for name in methods}


def as_planned(forecaster: Forecaster, method: str = Named.ENSEMBLE) -> Method:
    """Forecast as planning does: learn from what was known, predict, and bound with what was learned.

    Args:
        forecaster: trains and predicts.
        method: name of one, or best: found for each series alone from what was known.
    """

    def forecast(past: Past, asked: Question) -> Told:
        known = bare(past.history, past.first, asked.season, method)
        learned = learn(known, asked.horizon, forecaster)
        found = np.round(forecast_known(known, learned, asked.horizon, forecaster).values, 3)
        if learned.widths is None:
            return found, None
        error, methods = usual_error(past.history, past.first, asked.season), known.settled(learned.chosen).methods
        return found, bounds_by_method(found, error, learned.widths, learned.own_widths, methods)

    return forecast


def last_value(past: Past, asked: Question) -> Told:
    """Forecast that the last value stays."""
    return _benchmark(past, asked, lambda history, _first: np.repeat(history[:, -1:], asked.horizon, axis=1))


def year_before(past: Past, asked: Question) -> Told:
    """Forecast the same bucket a year earlier."""
    return _benchmark(past, asked, lambda history, first: seasonal_naive(history, first, asked.season, asked.horizon))


def _benchmark(past: Past, asked: Question, method: Callable[[Rates, Counts], Rates]) -> Told:
    """Forecast with a benchmark, and learn its bounds one horizon before, from a sample of the series."""
    forecast = method(past.history, past.first)
    usable = past.history.shape[1] - past.first >= asked.horizon + max(asked.season, LEAST_HISTORY)
    rows = choose_sample(past.history, usable)
    if not len(rows):
        return forecast, None
    before = _cut(past.history[rows], past.first[rows], 0, asked.horizon)
    error = usual_error(before.history, before.first, asked.season)
    widths = learn_widths(method(before.history, before.first), before.actual, error)
    if widths is None:
        return forecast, None
    return forecast, bounds_of(forecast, usual_error(past.history, past.first, asked.season), widths)


def seasonal_naive(history: Rates, first: Counts, season: int, horizon: int) -> Rates:
    """Give the value of the same bucket a year earlier; the last value in series shorter than a year."""
    last = np.repeat(history[:, -1:], horizon, axis=1)
    if history.shape[1] < season:
        return last
    yearly = history[:, -season:][:, np.arange(horizon) % season]
    return np.where((history.shape[1] - first >= season)[:, None], yearly, last)


def _cut(values: Rates, first: Counts, back: int, horizon: int) -> Past:
    """Stand `horizon + back` buckets before the end."""
    end = values.shape[1] - back
    return Past(history=values[:, : end - horizon], first=first, actual=values[:, end - horizon : end])


def _mean(skills: list[Skill]) -> Skill:
    """Average each score over the origins where it is defined."""
    means: dict[str, float | None] = {}
    for score in fields(Skill):
        known = [value for value in (getattr(skill, score.name) for skill in skills) if value is not None]
        means[score.name] = sum(known) / len(known) if known else None
    return Skill(**means)
