"""How well a forecast did on buckets it had not seen, in the measures of the forecasting competitions.

`sMAPE = mean 200 |F - A| / (|F| + |A|)` (0 where both are 0), `MASE = mean |F - A| / mean |A_t - A_(t-season)|` of the
history (Hyndman & Koehler 2006), both a mean over series; `WAPE = sum |F - A| / sum |A|`, `bias = sum (F - A) / sum A`,
coverage = part of the outcomes between the bounds. Plus = planned too much. Reads and writes no measure.
"""

from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Flags, Rates
from trivet.demand.intervals import Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """Scores of one method; None where one is not defined (nothing sold, a history that never moved, no bounds).

    Attributes:
        smape: 0 to 200.
        mase: 1 = as good as the seasonal naive was inside the history.
        wape: part of what was sold.
        bias: part of what was sold; plus = planned too much.
        coverage_80, coverage_95: per cent of outcomes between the bounds.
        worse_than_seasonal_naive: per cent of series whose mean absolute error is larger than the seasonal naive's.
    """

    smape: float | None
    mase: float | None
    wape: float | None
    bias: float | None
    coverage_80: float | None
    coverage_95: float | None
    worse_than_seasonal_naive: float | None


def score_forecast(forecast: Rates, actual: Rates, scale: Rates, naive: Rates, bounds: Bounds | None) -> Skill:
    """Score a forecast against what came.

    Args:
        forecast: (series, horizon) in units.
        actual: (series, horizon) in units.
        scale: (series,) mean absolute seasonal change of the history; series with 0 are left out of MASE.
        naive: the seasonal naive, (series, horizon) in units.
        bounds: of the forecast.
    """
    if not len(actual):
        return Skill(**dict.fromkeys(Skill.__dataclass_fields__))
    error = np.abs(forecast - actual)
    size = np.abs(forecast) + np.abs(actual)
    moving: Flags = scale > 0
    sold, net = float(np.abs(actual).sum()), float(actual.sum())
    benchmark = np.abs(naive - actual).mean(axis=1)
    return Skill(
        smape=float(np.divide(200 * error, size, out=np.zeros(size.shape), where=size > 0).mean()),
        mase=float((error[moving].mean(axis=1) / scale[moving]).mean()) if moving.any() else None,
        wape=float(error.sum()) / sold if sold > 0 else None,
        bias=float((forecast - actual).sum()) / net if net > 0 else None,
        coverage_80=_coverage(actual, bounds, 80),
        coverage_95=_coverage(actual, bounds, 95),
        worse_than_seasonal_naive=100 * float((error.mean(axis=1) > benchmark).mean()),
    )


def _coverage(actual: Rates, bounds: Bounds | None, level: int) -> float | None:
    if bounds is None:
        return None
    return 100 * float(((actual >= bounds.lower[level]) & (actual <= bounds.upper[level])).mean())
