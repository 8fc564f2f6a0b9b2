"""One method for a series, by name: what a planner compares with the mean of methods, or asks for.

Each sees the series as the mean of methods shows it to its members: brought to one level, its season taken out by our
own shrunk index where a method has none, and put on again. Empty series are 0; of short and of constant ones the mean
is all that can be said. A method that fails or runs wild gives NaN: the caller falls back and says so. No result
depends on other series, batches or threads.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from trivet.core.forecasting import Method
from trivet.core.ids import Counts, Flags, Rates
from trivet.engines import global_model
from trivet.engines.lumpy import imapa_ahead
from trivet.engines.seasonal_naive import SeasonalNaive
from trivet.engines.theta import theta_ahead
from trivet.engines.views import LONGEST_SEASON, PLACES, UNIT, WILD, Seen, ces_ahead, see

SHORTEST: Final = 5
"""Below this many buckets a trend is an artefact: the mean is the forecast."""
_YEAR: Final = 12
"""Buckets of the average where there is no season."""


def forecast_by(
    method: Method, history: Rates, first: Counts, season: int, horizon: int, trained: bytes = b""
) -> Rates:
    """Forecast each series with one method that is not the ensemble; shapes as `core.ports.Forecaster` says.

    Not floored and not rounded; a row of NaN where the method has no sane view.
    """
    known = np.arange(history.shape[1])[None, :] >= np.asarray(first)[:, None]
    values = np.where(known, history, 0.0)
    result, rows = _plain(method, values, first, season, horizon)
    if len(rows):
        found = _views(method, history[rows], first[rows], season, horizon, trained)
        furthest = np.abs(np.nan_to_num(found, nan=np.inf)).max(axis=1)
        sane = furthest <= WILD * np.abs(values[rows]).max(axis=1)
        result[rows] = np.where(sane[:, None], found, np.nan)
    return result


def _plain(method: Method, values: Rates, first: Counts, season: int, horizon: int) -> tuple[Rates, Counts]:
    """Forecast what needs no fitting; give the rows that do."""
    length = np.maximum(values.shape[1] - np.asarray(first), 0)
    result = np.zeros((len(values), horizon))
    sold: Flags = np.asarray((values > 0).any(axis=1))
    if method is Method.NAIVE:
        return np.repeat(np.where(sold, values[:, -1], 0.0)[:, None], horizon, axis=1), np.zeros(0, dtype=np.int64)
    if method is Method.SEASONAL_NAIVE:
        return SeasonalNaive().predict(values, first, season, horizon), np.zeros(0, dtype=np.int64)
    year = season if season > 1 else _YEAR
    recent = values[:, -year:].sum(axis=1) / np.maximum(np.minimum(length, year), 1)
    if method is Method.AVERAGE:
        return np.repeat(recent[:, None], horizon, axis=1), np.zeros(0, dtype=np.int64)
    constant = np.array(
        [np.ptp(own[at:]) == 0 if at < len(own) else True for own, at in zip(values, first, strict=True)]
    )
    flat: Flags = sold & ((length < SHORTEST) | constant)
    result[flat] = (values[flat].sum(axis=1) / np.maximum(length[flat], 1))[:, None]
    return result, np.flatnonzero(sold & ~flat).astype(np.int64)


def _views(method: Method, history: Rates, first: Counts, season: int, horizon: int, trained: bytes) -> Rates:
    if method is Method.GLOBAL:
        return global_model.predict(trained, history, first, season, horizon)
    if method in _INTERMITTENT:
        return np.stack([_INTERMITTENT[method](own[at:], horizon) for own, at in zip(history, first, strict=True)])
    seen = see(history, first, season, horizon)
    if method in (Method.THETA, Method.DYNAMIC_THETA):
        with np.errstate(all="ignore"):
            found = theta_ahead(seen.level, first, horizon, dynamic=method is Method.DYNAMIC_THETA)
        return found * seen.scale * seen.coming
    if method is Method.CES:
        return ces_ahead(history, first, season, seen)
    if method is Method.HOLT_WINTERS:
        return _winters(history, first, season, seen)
    flat = np.stack([_fitted(_models(method), own[at:], horizon) for own, at in zip(seen.level, first, strict=True)])
    return flat * seen.scale * seen.coming


def _winters(history: Rates, first: Counts, season: int, seen: Seen) -> Rates:
    """Smooth level, trend and season together; where the season is too long or too new, without it."""
    horizon = seen.coming.shape[1]
    result = np.zeros(seen.coming.shape)
    for row, at in enumerate(first):
        own = history[row, at:]
        if not 1 < season <= LONGEST_SEASON or len(own) < 2 * season:
            result[row] = _fitted("Holt", seen.level[row, at:], horizon) * seen.scale[row] * seen.coming[row]
            continue
        scale = (float(np.mean(np.abs(own))) or 1.0) / UNIT
        error = "M" if (own > 0).all() else "A"
        result[row] = _fitted("HoltWinters", np.round(own / scale, PLACES), horizon, season, error) * scale
    return result


def _models(method: Method) -> str:
    return "AutoETS" if method is Method.ETS else "SimpleExponentialSmoothingOptimized"


def _fitted(name: str, values: Rates, horizon: int, season: int = 1, error: str = "A") -> Rates:
    """Forecast one series with a model of statsforecast; NaN where it fails."""
    import statsforecast.models as known

    make: Mapping[str, Callable[[], Any]] = {
        "AutoETS": lambda: known.AutoETS(season_length=1, model="ZZN"),
        "CrostonSBA": known.CrostonSBA,
        "Holt": lambda: known.Holt(season_length=1),
        "HoltWinters": lambda: known.HoltWinters(season_length=season, error_type=error),
        "SimpleExponentialSmoothingOptimized": known.SimpleExponentialSmoothingOptimized,
    }
    try:
        with np.errstate(all="ignore"):
            mean = make[name]().forecast(y=values, h=horizon)["mean"]
    except Exception:  # noqa: BLE001 - whatever the library raises, the caller falls back and says so
        return np.full(horizon, np.nan)
    return np.asarray(mean, dtype=np.float64)


def _croston(own: Rates, horizon: int) -> Rates:
    scale = float(np.mean(np.abs(own))) or 1.0
    return _fitted("CrostonSBA", own / scale, horizon) * scale


_INTERMITTENT: Final[Mapping[Method, Callable[[Rates, int], Rates]]] = {
    Method.CROSTON: _croston,
    Method.IMAPA: imapa_ahead,
}
