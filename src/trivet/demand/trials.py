"""How each method would have done: every method forecasts the company's own history from where it had not come yet.

Stood back several times, without overlap, every series that the methods forecast is forecast by each method from what
was known there, and compared with what came (rolling origins: Tashman 2000). What is learned from all series is learned
at the first of these points. Compared are the methods' own forecasts of the corrected history, before levels are
brought together and events put on. Which method is best is known afterwards only; `choose_best` takes it for what
comes, pool by pool, and `hindsight` says what choosing at the earlier points would have given at the last.
Reads `demand_history` through `demand.statistical.Known`; writes no measure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.forecasting import BEST, Method
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.ports import Forecaster, MethodForecaster
from trivet.demand.intervals import mean_change
from trivet.demand.lesson import Lesson, borrowed_seasons, train, untaught
from trivet.demand.scope import Texts, group_rows
from trivet.demand.statistical import Known, year_before

LEAST_HISTORY: Final = 3
"""Buckets before an origin that a forecast needs to be worth a test."""
ORIGINS: Final = 3
"""Points in time a choice is made from."""
_FEWEST_STEPS: Final = 3
"""Buckets ahead below which a forecast is not worth a test."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trials:
    """What each method forecast, and what came.

    Attributes:
        methods: those tried.
        backs: buckets back from the end of each origin, the earliest first.
        forecasts: (methods, origins, series, steps) in units; NaN where a series is not for the methods, and of a
            method that has no forecast at all. Where one fails on a series the year before stands in, as in a plan.
        actual: (origins, series, steps); NaN where nothing was reported.
        compared: (origins, series, steps) cells with a forecast and an outcome.
        scale: (origins, series) mean seasonal change as known then, 0 where there was none.
    """

    methods: tuple[Method, ...]
    backs: tuple[int, ...]
    forecasts: Rates
    actual: Rates
    compared: Flags
    scale: Rates

    @property
    def steps(self) -> int:
        """Buckets ahead of each forecast."""
        return int(self.actual.shape[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one method did on a group of series; None where nothing was sold or compared.

    Attributes:
        wmape: sum of absolute errors of series / sum of what came.
        group_wmape: the same of the group's sums, bucket by bucket.
        bias: sum of errors / sum of what came; plus = too much.
        mase: mean error of series against the seasonal change of their history, mean over series.
    """

    wmape: float | None
    group_wmape: float | None
    bias: float | None
    mase: float | None


def try_methods(
    known: Known,
    horizon: int,
    forecaster: MethodForecaster,
    *,
    methods: Sequence[Method] = tuple(Method),
    origins: int = ORIGINS,
    tell: Callable[[str, int, int], None] | None = None,
) -> Trials:
    """Forecast series from earlier points in time with each method.

    Args:
        known: all series.
        horizon: buckets planning forecasts; of them half a year at most is tried.
        forecaster: trains and predicts.
        methods: those tried.
        origins: points in time; fewer where the history is short.
        tell: told how many of them are done.
    """
    held, steps, backs = known.training, *_origins(known, horizon, origins)
    everything = np.arange(len(held.values), dtype=np.int64)
    actual = np.full((len(backs), len(everything), steps), np.nan)
    scale = np.zeros(actual.shape[:2])
    forecasts, year = np.full((len(methods), *actual.shape), np.nan), np.full(actual.shape, np.nan)
    model = b""
    for number, back in enumerate(backs):
        if tell:
            tell("methods", number, len(backs))
        then = known.before(back, everything)
        lesson = Lesson.of(then, untaught(then, *borrowed_seasons(then)))
        model = model if number else train(lesson, forecaster)
        past, rows = then.training, lesson.rows
        asked = (past.values[rows], past.first[rows], past.season, steps, model)
        if len(rows):
            forecasts[:, number, rows] = forecaster.predict_each(*asked, methods=methods)
            year[number, rows] = year_before(past, steps)[rows]
        columns = slice(held.values.shape[1] - back, held.values.shape[1] - back + steps)
        actual[number] = np.where(held.known[:, columns], held.values[:, columns], np.nan)
        inside: Flags = np.asarray(np.arange(past.values.shape[1])[None, :] >= past.first[:, None])
        scale[number] = mean_change(past.values, inside, past.season)
    if tell:
        tell("methods", len(backs), len(backs))
    spoke = np.isfinite(forecasts).any(axis=(1, 2, 3), keepdims=True)
    return Trials(
        methods=tuple(methods),
        backs=backs,
        forecasts=np.where(np.isfinite(forecasts) | ~spoke, forecasts, year[None]),
        actual=actual,
        compared=np.isfinite(actual) & np.isfinite(year),
        scale=scale,
    )


def _origins(known: Known, horizon: int, origins: int) -> tuple[int, tuple[int, ...]]:
    """Say how far ahead is tried and from where: half a year each, without overlap, if two years remain before."""
    length, season = known.training.length, known.training.season
    old = np.sort(length[length >= 2 * season + _FEWEST_STEPS])
    if not len(old):
        return _FEWEST_STEPS, ()
    room = int(old[len(old) // 2]) - 2 * season
    steps = max(min(horizon, max(season // 2, _FEWEST_STEPS), room // origins), _FEWEST_STEPS)
    count = min(origins, room // steps)
    return steps, tuple(steps * number for number in range(count, 0, -1))


def score_methods(trials: Trials, rows: Counts, origins: slice = slice(None)) -> Mapping[Method, Score]:
    """Score each method on a group of series; nothing is said of a method that has no forecast at all."""
    compared = trials.compared[origins][:, rows]
    came = np.where(compared, trials.actual[origins][:, rows], 0.0)
    sold, scale = float(came.sum()), trials.scale[origins][:, rows]
    count = compared.sum(axis=2)
    told = (count > 0) & (scale > 0)
    found = {}
    for number, method in enumerate(trials.methods):
        if not np.isfinite(trials.forecasts[number]).any():
            found[method] = Score(wmape=None, group_wmape=None, bias=None, mase=None)
            continue
        forecast = np.where(compared, trials.forecasts[number][origins][:, rows], 0.0)
        error = forecast - came
        size = np.abs(error).sum(axis=2)
        scaled = size[told] / count[told] / scale[told]
        found[method] = Score(
            wmape=float(size.sum()) / sold if sold > 0 else None,
            group_wmape=float(np.abs(error.sum(axis=1)).sum()) / sold if sold > 0 else None,
            bias=float(error.sum()) / sold if sold > 0 else None,
            mase=float(scaled.mean()) if len(scaled) else None,
        )
    return found


def best_of(scores: Mapping[Method, Score]) -> Method | None:
    """Name the method whose series were missed least; the mean of methods, then the order of names, where equal."""
    known = {method: score.wmape for method, score in scores.items() if score.wmape is not None}
    if not known:
        return None
    return min(
        known, key=lambda method: (round(known[method], 9), method != Method.ENSEMBLE, list(Method).index(method))
    )


def choose_best(known: Known, horizon: int, forecaster: Forecaster) -> dict[str, Method]:
    """Find the best method where it was asked for: series -> method, one for each pool of series.

    Series that are not for the methods get the one of their pool; a pool nothing can be said of gets none.
    """
    wanted = np.flatnonzero(known.methods == BEST)
    if known.wishes is None or not len(wanted) or not isinstance(forecaster, MethodForecaster):
        return {}
    trials = try_methods(known, horizon, forecaster)
    chosen: dict[str, Method] = {}
    for rows in group_rows(known.wishes.pools[wanted]).values():
        best = best_of(score_methods(trials, wanted[rows]))
        if best is not None:
            chosen.update({known.keys[row]: best for row in wanted[rows]})
    return chosen


def hindsight(trials: Trials, shown: Counts, pools: Texts) -> tuple[float | None, float | None, float | None]:
    """Say what choosing pool by pool gives: absolute errors of series / what came.

    Returns:
        At the last origin with the best methods of the earlier ones; there with the mean of methods; over all origins
        with the best of them, which is known afterwards only. None with one origin, or where nothing came.
    """
    chosen, usual, after = _Sum(), _Sum(), _Sum()
    last, before = slice(len(trials.backs) - 1, None), slice(0, len(trials.backs) - 1)
    for rows in group_rows(pools[shown]).values():
        whole = score_methods(trials, shown[rows])
        best = best_of(whole)
        after.add(whole.get(best) if best else None, _came(trials, shown[rows], slice(None)))
        if not trials.backs[1:]:
            continue
        end, came = score_methods(trials, shown[rows], last), _came(trials, shown[rows], last)
        chosen.add(end[best_of(score_methods(trials, shown[rows], before)) or Method.ENSEMBLE], came)
        usual.add(end[Method.ENSEMBLE], came)
    return chosen.mean, usual.mean, after.mean


class _Sum:
    """Errors of groups over what came in all of them."""

    def __init__(self) -> None:
        self._missed, self._came = 0.0, 0.0

    def add(self, score: Score | None, came: float) -> None:
        """Add a group."""
        if score is not None and score.wmape is not None:
            self._missed, self._came = self._missed + score.wmape * came, self._came + came

    @property
    def mean(self) -> float | None:
        """Give errors over what came; None where nothing did."""
        return self._missed / self._came if self._came > 0 else None


def _came(trials: Trials, rows: Counts, origins: slice) -> float:
    """Sum up what came in the cells compared."""
    return float(np.where(trials.compared[origins][:, rows], trials.actual[origins][:, rows], 0.0).sum())
