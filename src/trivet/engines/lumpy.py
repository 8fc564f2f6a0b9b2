"""Series that sell now and then: recognised, and forecast at their mean pace or in the buckets they return in.

IMAPA (Petropoulos & Kourentzes 2015, by statsforecast) is the mean of exponential smoothing over several aggregations
of the series; Christmas stollen is no spare part: what comes back in the same buckets is expected there again.
"""

from typing import Final

import numpy as np

from trivet.core.ids import Rates

LUMPY: Final = 1.32
"""Mean interval between demands above which a series is intermittent (Syntetos & Boylan 2005)."""


def is_lumpy(own: Rates) -> bool:
    """Tell whether a series sells in too few buckets for a level and a season (ADI > 1.32)."""
    sold = np.flatnonzero(own > 0)
    return len(sold) > 0 and len(own) > 2 and (len(own) - sold[0]) / len(sold) > LUMPY


def lumpy_ahead(own: Rates, season: int, horizon: int) -> Rates:
    """Forecast a series that sells in few buckets: in the same ones every year at the mean of two, or at its pace.

    NaN where the method fails.
    """
    if not returns_yearly(own, season):
        return imapa_ahead(own, horizon)
    year = (own[-season:] + own[-2 * season : -season]) / 2
    return year[np.arange(horizon) % season]


def returns_yearly(own: Rates, season: int) -> bool:
    """Tell whether a series sells in the same buckets every year.

    Over its last two years the year before misses a bucket by less than half as much as the mean does.
    """
    if len(own) < 2 * season or season < 2:
        return False
    last, before = own[-season:], own[-2 * season : -season]
    spread = np.abs(own[-2 * season :] - own[-2 * season :].mean()).sum()
    return bool(spread > 0 and 2 * np.abs(last - before).sum() < spread / 2)


def imapa_ahead(own: Rates, horizon: int) -> Rates:
    """Forecast a series at its mean pace (IMAPA); NaN where the method fails."""
    from statsforecast.models import IMAPA

    scale = float(np.mean(np.abs(own))) or 1.0
    try:
        mean = IMAPA().forecast(y=own / scale, h=horizon)["mean"]
    except Exception:  # noqa: BLE001 - whatever the library raises, the caller falls back and says so
        return np.full(horizon, np.nan)
    return np.asarray(mean, dtype=np.float64) * scale
