"""What series teach each other, learned once per snapshot: the model of all series, levels, seasons to borrow, bounds.

Families, items and series are forecast each from its own sums and reconciled (`demand.levels`); what stays is a factor
for each series and bucket, so that a later correction of one series moves no other. Bounds come from forecasts made
as planning would have made them up to three times earlier, against what came: pooled widths of a series (`demand.
intervals`), and how far errors of a family, of the company and of neighbouring buckets move together, set so that the
sums of those past forecasts fell between their bounds as often as they should. Which method is the best where that
was asked for (`demand.wishes`) is found first, and all the rest is learned with it; where several methods forecast,
each has widths of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.forecasting import Method
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.learned import Learned, Together, Widths
from trivet.core.ports import Forecaster
from trivet.demand.combined import combined_distance
from trivet.demand.intervals import (
    ENOUGH,
    MOST_SERIES,
    bounds_by_method,
    choose_sample,
    learn_widths,
    scale_widths,
    usual_error,
)
from trivet.demand.lesson import Lesson, borrowed_seasons, predict, train, untaught
from trivet.demand.levels import reconcile
from trivet.demand.scope import Texts, group_rows
from trivet.demand.statistical import Known, combine, sells, year_before
from trivet.demand.trials import LEAST_HISTORY, choose_best

OwnWidths = Mapping[Method, Widths]
"""Widths of bounds of each method, where several forecast."""
_FACTOR: Final = 4.0
"""Most that levels may lift a series or press it down."""
_PLACES: Final = 9
_ORIGINS: Final = 3
"""Most past forecasts the bounds are learned from."""
_WINDOWS: Final = (3, 12)
"""Sums over so many buckets show how errors add up in time."""
_SHORTEST: Final = 3
"""Steps ahead that are worth learning bounds from; those beyond widen (`demand.intervals`)."""
_FEWEST: Final = 20
"""Sums needed to say how errors move together; with fewer they are taken to add up."""


def learn(known: Known, horizon: int, forecaster: Forecaster) -> Learned:
    """Learn what the series teach each other; pure, and the same for any order of the series.

    Args:
        known: all series of a snapshot.
        horizon: buckets to forecast.
        forecaster: trains and predicts.
    """
    chosen = choose_best(known, horizon, forecaster)
    known = known.settled(chosen)
    seasons, elders = borrowed_seasons(known)
    start = untaught(known, seasons, elders)
    lesson = Lesson.of(known, start)
    model = train(lesson, forecaster)
    own = predict([lesson], model, horizon, forecaster)[0] if len(lesson.levels.summed) else np.zeros((0, horizon))
    widths, own_widths, together = _bounds(known, horizon, forecaster)
    return Learned(
        model=model,
        keys=known.keys,
        factors=np.round(_factors(lesson, own, horizon), _PLACES),
        seasons=np.round(seasons, _PLACES),
        elders=elders,
        widths=widths,
        together=together,
        chosen=chosen,
        own_widths=own_widths,
    )


def _factors(lesson: Lesson, found: Rates, horizon: int) -> Rates:
    """Reconcile series with their sums; give what becomes of each as a part of its own forecast."""
    held, rows = lesson.known.training, lesson.rows
    factors = np.ones((len(held.values), horizon))
    if not len(rows) or not len(lesson.levels.summed):
        return factors
    bad = np.asarray(~np.isfinite(found[: len(rows)]).all(axis=1))
    own = np.maximum(np.where(bad[:, None], year_before(held, horizon)[rows], found[: len(rows)]), 0.0)
    forecasts = np.full((len(lesson.levels.values), horizon), np.nan)
    forecasts[lesson.told] = found
    forecasts[: len(rows)] = own
    agreed = reconcile(lesson.levels, forecasts, lesson.known.reconciliation)
    part = np.divide(agreed, own, out=np.ones(own.shape), where=own > 0)
    factors[rows] = np.clip(part, 1 / _FACTOR, _FACTOR)
    return factors


def _bounds(known: Known, horizon: int, forecaster: Forecaster) -> tuple[Widths | None, OwnWidths, Together]:
    """Learn the bounds from what past forecasts missed by, on a sample of the series that reach back."""
    held = known.training
    furthest = _furthest(held.length[sells(held)], held.season, horizon)
    usable = held.length - furthest >= max(held.season, LEAST_HISTORY)
    rows = choose_sample(held.values, usable)
    special = usable & (known.methods != Method.ENSEMBLE)
    if special.any():  # what is forecast another way must be heard, however small a part it is
        rows = np.union1d(rows, choose_sample(held.values, special)).astype(np.int64)
    if furthest < 1 or not len(rows):
        return None, {}, Together()
    count = int(np.clip(MOST_SERIES // len(rows), 1, _ORIGINS))
    backs = sorted({max(1, furthest * (count - i) // count) for i in range(count)}, reverse=True)
    pasts = _pasts(known, rows, backs, forecaster)
    widths = learn_widths(*(np.concatenate([getattr(past, part) for past in pasts]) for part in _Past.PARTS))
    if widths is None:
        return None, {}, Together()
    own = _own_widths(pasts, widths)
    return widths, own, _together(pasts, known.families[rows], widths, own)


def _own_widths(pasts: Sequence["_Past"], shared: Widths) -> OwnWidths:
    """Learn the widths of each method, where several methods forecast; from few errors those of all are scaled."""
    methods, found = pasts[0].methods, {}
    names = sorted(set(methods))
    for name in names if len(names) > 1 else ():
        rows = np.flatnonzero(methods == name)
        told = [np.concatenate([getattr(past, part)[rows] for past in pasts]) for part in _Past.PARTS]
        enough = np.isfinite(told[1]).sum() >= ENOUGH
        widths = learn_widths(*told) if enough else scale_widths(shared, *told)
        if widths is not None:
            found[Method(name)] = widths
    return found


def _furthest(length: Counts, season: int, horizon: int) -> int:
    """Say how many buckets back the first past forecast stands: the horizon, if three years remain before it.

    Where they don't, as long as two years remain; a forecast from less goes another way and misses by more. Companies
    with hardly two years of history learn from what they have.
    """
    if not len(length):
        return 0
    usual = int(np.sort(length)[len(length) // 2])
    for years, least in ((3, min(horizon, season)), (2, _SHORTEST)):
        if usual - years * season >= least:
            return min(horizon, usual - years * season)
    return min(horizon, usual - max(season, LEAST_HISTORY))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Past:
    """A past forecast and what came, (series, buckets to the end, NaN beyond and where nothing was reported).

    `error` and `methods` are those of each series, (series,).
    """

    forecast: Rates
    actual: Rates
    error: Rates
    methods: Texts

    PARTS = ("forecast", "actual", "error")


def _pasts(known: Known, rows: Counts, backs: Sequence[int], forecaster: Forecaster) -> list[_Past]:
    """Forecast from each origin with what could be known there; the model is that of the first one."""
    steps, held = backs[0], known.training
    knowns = [known.before(back, rows) for back in backs]
    starts = [untaught(then, *borrowed_seasons(then)) for then in knowns]
    lessons = [Lesson.of(then, start) for then, start in zip(knowns, starts, strict=True)]
    model = train(lessons[0], forecaster)
    found = predict(lessons, model, steps, forecaster)
    pasts = []
    for back, lesson, start, answer in zip(backs, lessons, starts, found, strict=True):
        own = np.full((len(rows), steps), np.nan)
        own[lesson.rows] = answer[: len(lesson.rows)]
        taught = Learned(
            model=model,
            keys=start.keys,
            factors=_factors(lesson, answer, steps),
            seasons=start.seasons,
            elders=start.elders,
            widths=None,
        )
        then = lesson.known.training
        actual = np.full((len(rows), steps), np.nan)
        came, told = held.values[rows][:, -back:], held.known[rows][:, -back:]
        actual[:, :back] = np.where(told & sells(then)[:, None], came, np.nan)
        pasts.append(
            _Past(
                forecast=combine(lesson.known, taught, own).values,
                actual=actual,
                error=usual_error(then.values, then.first, then.season),
                methods=lesson.known.methods,
            )
        )
    return pasts


def _together(pasts: Sequence[_Past], families: Texts, widths: Widths, own: OwnWidths) -> Together:
    """Say how far errors move together, so that sums of past forecasts fell between their bounds 80 % of the time."""
    groups = [rows for rows in group_rows(families).values() if len(rows) > 1]
    if not groups:
        return Together()
    apart = [_distances(past, widths, own) for past in pasts]
    sums = [np.stack([error[rows].sum(axis=0) for rows in groups]) for error, _, _, _ in apart]
    told = [np.stack([known[rows].any(axis=0) for rows in groups]) for _, _, _, known in apart]

    def bounds(part: float) -> list[tuple[Rates, Rates]]:
        return [
            (
                np.stack([combined_distance(low[rows], part, axis=0) for rows in groups]),
                np.stack([combined_distance(high[rows], part, axis=0) for rows in groups]),
            )
            for _, low, high, _ in apart
        ]

    family = _least(lambda part: _inside(sums, bounds(part), told))
    held = bounds(family)
    time = _least(lambda part: _inside_windows(sums, held, told, part))
    return Together(family=family, company=_across(sums, held, told), time=time)


_Bounds = Sequence[tuple[Rates, Rates]]


def _distances(past: _Past, widths: Widths, own: OwnWidths) -> tuple[Rates, Rates, Rates, Flags]:
    """Give errors and the distances to the 80 % bounds, 0 where nothing is known of what came."""
    known: Flags = np.isfinite(past.actual)
    bounds = bounds_by_method(past.forecast, past.error, widths, own, past.methods)
    error = np.where(known, np.nan_to_num(past.actual) - past.forecast, 0.0)
    low = np.where(known, past.forecast - bounds.lower[80], 0.0)
    high = np.where(known, bounds.upper[80] - past.forecast, 0.0)
    return error, low, high, known


def _inside(sums: Sequence[Rates], bounds: _Bounds, told: Sequence[Flags]) -> tuple[int, int]:
    """Count the sums between their bounds, and all of them."""
    hit = sum(int(((e >= -low) & (e <= high) & t).sum()) for e, (low, high), t in zip(sums, bounds, told, strict=True))
    return hit, sum(int(t.sum()) for t in told)


def _inside_windows(sums: Sequence[Rates], bounds: _Bounds, told: Sequence[Flags], part: float) -> tuple[int, int]:
    """Count sums over a quarter and a year between their bounds, and all of them."""
    hit, all_of_them = 0, 0
    for error, (low, high), known in zip(sums, bounds, told, strict=True):
        for window in _WINDOWS:
            for at in range(0, error.shape[1] - window + 1, window):
                span = slice(at, at + window)
                whole = known[:, span].all(axis=1)
                below, above = (combined_distance(side[:, span], part, axis=1) for side in (low, high))
                total = error[:, span].sum(axis=1)
                hit += int(((total >= -below) & (total <= above) & whole).sum())
                all_of_them += int(whole.sum())
    return hit, all_of_them


def _least(covered: Callable[[float], tuple[int, int]]) -> float:
    """Give the least part of errors that must move together for 80 % of the sums to lie inside."""
    for part in np.round(np.linspace(0, 1, 51), 2):
        hit, all_of_them = covered(float(part))
        if all_of_them < _FEWEST:
            return 1.0
        if hit >= 0.8 * all_of_them:
            return float(part)
    return 1.0


def _across(sums: Sequence[Rates], bounds: _Bounds, told: Sequence[Flags]) -> float:
    """Give the mean product of scaled errors of two families as a part of their mean square."""
    products, squares = 0.0, 0.0
    for error, (low, high), known in zip(sums, bounds, told, strict=True):
        side = np.where(error < 0, low, high)
        scaled = np.divide(error, side, out=np.zeros(error.shape), where=known & (side > 0))
        count = known.sum(axis=0)
        pairs = np.maximum(count * (count - 1), 1)
        square = (scaled**2).sum(axis=0)
        usable = count > 1
        products += float((((scaled.sum(axis=0)) ** 2 - square) / pairs)[usable].sum())
        squares += float((square / np.maximum(count, 1))[usable].sum())
    return float(np.round(np.clip(products / squares, 0.0, 1.0), 2)) if squares > 0 else 1.0
