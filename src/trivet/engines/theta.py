"""The statistical forecaster: dynamic optimised Theta on the deseasonalised series, IMAPA where demand is lumpy.

Fiorucci et al. 2016 (dynamic optimised Theta) and Petropoulos & Kourentzes 2015 (IMAPA) by statsforecast's model
classes on plain numpy, in child processes. The season is our own shrunk index (`core.seasons`): the
models' own test finds no season in four noisy years. Each series is forecast from its own values
alone, so results do not depend on batches or workers.
"""

import pickle
import warnings
from dataclasses import dataclass, field

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.core.ports import Executor
from trivet.core.seasons import ahead, seasonal_index, without_season
from trivet.engines.processes import ProcessExecutor

LUMPY = 1.32
"""Mean interval between demands above which a series is intermittent (Syntetos & Boylan 2005)."""
SHORTEST = 5
"""Below this many buckets a trend is an artefact: the mean is the forecast."""
BATCH = 1000
"""Series a batch: about as much work as a child needs to import the library."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theta:
    """Forecasts with dynamic optimised Theta and IMAPA.

    Attributes:
        executor: where batches run.
        batch: series a batch; has no influence on the result.
    """

    executor: Executor = field(default_factory=ProcessExecutor)
    batch: int = BATCH

    @property
    def name(self) -> str:
        """Name and version, as the recipe says it."""
        from importlib.metadata import version

        return f"theta 2 (statsforecast {version('statsforecast')})"

    def predict(self, history: Rates, first: Counts, season: int, horizon: int) -> Rates:
        """Forecast each series; shapes and meaning as `core.ports.Forecaster` says.

        A row of NaN says that the method failed on that series: the caller falls back and says so.
        """
        rows = len(history)
        starts = range(0, rows, self.batch)
        batches = [
            pickle.dumps((history[at : at + self.batch], first[at : at + self.batch], season, horizon)) for at in starts
        ]
        answers = self.executor.map_batches(predict_batch, batches)
        # what a child of this very package wrote
        parts = [np.asarray(pickle.loads(answer), dtype=np.float64) for answer in answers]  # noqa: S301
        return np.concatenate(parts) if parts else np.zeros((0, horizon))


def predict_batch(batch: bytes) -> bytes:
    """Forecast one batch: pickled (history, first, season, horizon) -> pickled (series, horizon)."""
    history, first, season, horizon = pickle.loads(batch)  # noqa: S301 - written by Theta.predict
    known = np.arange(history.shape[1])[None, :] >= np.asarray(first)[:, None]
    values = np.where(known, history, np.nan)
    index = seasonal_index(values, season)
    flat = without_season(values, index)
    coming = ahead(index, history.shape[1], horizon)
    result = np.zeros((len(history), horizon))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row, start in enumerate(first):
            own, level = history[row, start:], flat[row, start:]
            if is_lumpy(own):
                result[row] = lumpy_ahead(own, season, horizon)
            else:
                result[row] = _one(own, level, horizon) * coming[row]
    return pickle.dumps(np.round(np.maximum(result, 0.0), 3))


def is_lumpy(own: Rates) -> bool:
    """Tell whether a series sells in too few buckets for a level and a season (ADI > 1.32)."""
    sold = np.flatnonzero(own > 0)
    return len(sold) > 0 and len(own) > 2 and (len(own) - sold[0]) / len(sold) > LUMPY


def lumpy_ahead(own: Rates, season: int, horizon: int) -> Rates:
    """Forecast a series that sells in few buckets: the same buckets every year, or whenever (IMAPA).

    Christmas stollen is no spare part: what comes back in the same buckets is expected there again, at the mean of
    the last two years; a spare part is expected at its mean pace.
    """
    if not returns_yearly(own, season):
        return _imapa(own, horizon)
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


def _one(own: Rates, level: Rates, horizon: int) -> Rates:
    """Forecast the deseasonalised series; the mean when it is too short, 0 when nothing was ever sold."""
    if not (own > 0).any():
        return np.zeros(horizon)
    if len(own) < SHORTEST or np.ptp(level) == 0:
        return np.full(horizon, own.mean())
    from statsforecast.models import DynamicOptimizedTheta

    return _guarded(DynamicOptimizedTheta(season_length=1), level, horizon)


def _imapa(own: Rates, horizon: int) -> Rates:
    from statsforecast.models import IMAPA

    return _guarded(IMAPA(), own, horizon)


def _guarded(model: object, values: Rates, horizon: int) -> Rates:
    scale = float(np.mean(np.abs(values))) or 1.0
    try:
        mean = model.forecast(y=values / scale, h=horizon)["mean"]  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - whatever the library raises, the caller must fall back and say so
        return np.full(horizon, np.nan)
    found = np.asarray(mean, dtype=np.float64) * scale
    return found if np.isfinite(found).all() else np.full(horizon, np.nan)
