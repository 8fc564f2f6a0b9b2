"""Backtest: forecast what is already known, from before it was known, and see how far off the plan would have been.

At each origin every series ends `horizon` buckets before its end (one bucket earlier an origin, as cycles follow each
other); the forecaster sees only what came before, the bounds are learned from a forecast one horizon further back, and
what came is compared with both. The seasonal naive and the naive (the last value) are scored beside it, with bounds
learned the same way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.ports import Forecaster
from trivet.demand.intervals import Bounds, bounds_of, choose_sample, learn_widths, mean_change, usual_error
from trivet.demand.scores import Skill, score_forecast

LEAST_HISTORY: Final = 3
"""Buckets before the origin that a forecast needs to be worth a test."""
Clock = Callable[[], float]


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
class _Past:
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


def long_enough(length: Counts, asked: Question) -> Flags:
    """Tell which series (by their number of buckets) can be tested at every origin."""
    enough: Flags = length >= asked.horizon + asked.origins - 1 + LEAST_HISTORY
    return enough


def backtest(
    values: Rates, first: Counts, asked: Question, methods: Mapping[str, Forecaster], clock: Clock
) -> dict[str, Tested]:
    """Test methods on series that are long enough.

    Args:
        values: (series, buckets) in units, all ending in the last column.
        first: (series,) index of each series' first bucket.
        asked: season, horizon, origins.
        methods: forecasters by name; rows they can't forecast count with the seasonal naive.
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
            forecast = _forecast(method, past, asked)
            bounds = _bounds(method, past, asked, forecast)
            spent[name] += clock() - start
            found[name].append(score_forecast(forecast, past.actual, scale, naive, bounds))
    return {name: Tested(skill=_mean(found[name]), cpu_seconds=spent[name]) for name in methods}


@dataclass(frozen=True, slots=True)
class LastValue:
    """The naive forecast: the last value stays."""

    @property
    def name(self) -> str:
        """Name and version, as the recipe says it."""
        return "naive 1"

    def predict(self, history: Rates, first: Counts, season: int, horizon: int) -> Rates:  # noqa: ARG002 - the port
        """Forecast each series; shapes and meaning as `core.ports.Forecaster` says."""
        return np.repeat(history[:, -1:], horizon, axis=1)


def seasonal_naive(history: Rates, first: Counts, season: int, horizon: int) -> Rates:
    """Give the value of the same bucket a year earlier; the last value in series shorter than a year."""
    last = np.repeat(history[:, -1:], horizon, axis=1)
    if history.shape[1] < season:
        return last
    yearly = history[:, -season:][:, np.arange(horizon) % season]
    return np.where((history.shape[1] - first >= season)[:, None], yearly, last)


@dataclass(frozen=True, slots=True)
class YearBefore:
    """The seasonal naive as a method: the same bucket a year earlier."""

    @property
    def name(self) -> str:
        """Name and version, as the recipe says it."""
        return "seasonal naive of a backtest 1"

    def predict(self, history: Rates, first: Counts, season: int, horizon: int) -> Rates:
        """Forecast each series; shapes and meaning as `core.ports.Forecaster` says."""
        return seasonal_naive(history, first, season, horizon)


def _cut(values: Rates, first: Counts, back: int, horizon: int) -> _Past:
    """Stand `horizon + back` buckets before the end."""
    end = values.shape[1] - back
    return _Past(history=values[:, : end - horizon], first=first, actual=values[:, end - horizon : end])


def _forecast(method: Forecaster, past: _Past, asked: Question) -> Rates:
    found = method.predict(past.history, past.first, asked.season, asked.horizon)
    failed: Flags = np.asarray(~np.isfinite(found).all(axis=1))
    naive = seasonal_naive(past.history, past.first, asked.season, asked.horizon)
    return np.where(failed[:, None], naive, found)


def _bounds(method: Forecaster, past: _Past, asked: Question, forecast: Rates) -> Bounds | None:
    """Learn bounds one horizon before the origin, from a sample of the series that reach there."""
    columns = past.history.shape[1]
    usable = columns - past.first >= asked.horizon + max(asked.season, LEAST_HISTORY)
    rows = choose_sample(past.history, usable)
    if not len(rows):
        return None
    sample = _Past(history=past.history[rows], first=past.first[rows], actual=past.actual[rows])
    before = _cut(sample.history, sample.first, 0, asked.horizon)
    error = usual_error(before.history, before.first, asked.season)
    widths = learn_widths(_forecast(method, before, asked), before.actual, error)
    if widths is None:
        return None
    return bounds_of(forecast, usual_error(past.history, past.first, asked.season), widths)


def _mean(skills: list[Skill]) -> Skill:
    """Average each score over the origins where it is defined."""
    means: dict[str, float | None] = {}
    for score in fields(Skill):
        known = [value for value in (getattr(skill, score.name) for skill in skills) if value is not None]
        means[score.name] = sum(known) / len(known) if known else None
    return Skill(**means)
