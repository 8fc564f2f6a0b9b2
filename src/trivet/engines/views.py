"""How a series is shown to a method: its season taken out by our own shrunk index, brought to one level.

No tolerance of a method may depend on the unit of measure: 1000 times the demand is the same to every one.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.seasons import ahead, seasonal_index, without_season

LONGEST_SEASON: Final = 24
"""Longest season a method follows by itself; beyond it, it gets the deseasonalised series."""
WILD: Final = 10.0
"""A method that leaves the largest value of the series this many times behind is not heard."""
UNIT: Final = 1000.0
"""Mean every series is brought to, so that no tolerance of a method depends on the unit of measure."""
PLACES: Final = 6
"""Decimals of a value at that level: 1000 times the demand is the same to every method."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """Series as a method sees them.

    Attributes:
        known: (series, buckets) from each series' first bucket on.
        level: (series, buckets) without season, mean `UNIT`; 0 before the first bucket.
        scale: (series, 1) units of one of these.
        coming: (series, horizon) seasonal index of what is forecast.
    """

    known: Flags
    level: Rates
    scale: Rates
    coming: Rates


def see(history: Rates, first: Counts, season: int, horizon: int) -> Seen:
    """Take the season out of series and bring them to one level; shapes as `core.ports.Forecaster` says."""
    known = np.arange(history.shape[1])[None, :] >= np.asarray(first)[:, None]
    values = np.where(known, history, np.nan)
    index = seasonal_index(values, season)
    flat = np.where(known, without_season(values, index), 0.0)
    length = history.shape[1] - np.asarray(first)
    scale = np.maximum(np.abs(flat).sum(axis=1) / length, 1e-12)[:, None] / UNIT
    return Seen(
        known=known,
        level=np.round(flat / scale, PLACES),
        scale=scale,
        coming=ahead(index, history.shape[1], horizon),
    )


def ces_ahead(history: Rates, first: Counts, season: int, seen: Seen) -> Rates:
    """Let CES see each series itself, or without its season where that is too long or known too briefly."""
    horizon, flat = seen.coming.shape[1], seen.level * seen.scale
    result = np.zeros(seen.coming.shape)
    for row, start in enumerate(first):
        own = history[row, start:]
        if season > LONGEST_SEASON or len(own) < 2 * season:
            result[row] = _smoothed(flat[row, start:], 1, horizon) * seen.coming[row]
        else:
            result[row] = _smoothed(own, season, horizon)
    return result


def _smoothed(values: Rates, season: int, horizon: int) -> Rates:
    """Forecast with CES; NaN where it fails."""
    from statsforecast.models import AutoCES

    scale = (float(np.mean(np.abs(values))) or 1.0) / UNIT
    try:
        mean = AutoCES(season_length=season).forecast(y=np.round(values / scale, PLACES), h=horizon)["mean"]
    except Exception:  # noqa: BLE001 - whatever the library raises, the other members speak
        return np.full(horizon, np.nan)
    return np.asarray(mean, dtype=np.float64) * scale
