"""The forecast of many methods: a mean of what each sees in a series, and of what all series teach together.

`fast` = optimised Theta, dynamic optimised Theta and the global model; `full` adds complex exponential smoothing (CES,
Svetunkov et al. 2022). The Theta methods see the series without our own shrunk season; the global model counts twice.
A plain mean beats choosing one method per series (ENGINE.md; docs/decisions/0006, 0007). Series that sell now and then
go to `lumpy`; short, constant, dead and empty ones need no method. Each series is forecast in a child process from its
own values and the trained model alone, so results do not depend on batches, workers, names or order.
"""

import pickle
import warnings
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.options import ForecastMode
from trivet.core.ports import Executor
from trivet.core.seasons import ahead, seasonal_index, without_season
from trivet.engines import global_model
from trivet.engines.lumpy import is_lumpy, lumpy_ahead
from trivet.engines.processes import ProcessExecutor
from trivet.engines.theta import theta_ahead

SHORTEST: Final = 5
"""Below this many buckets a trend is an artefact: the mean is the forecast."""
BATCH: Final = 500
"""Series a batch; a child answers many of them."""
_LONGEST_SEASON: Final = 24
"""Longest season CES follows by itself; beyond it, it gets the deseasonalised series."""
_WILD: Final = 10.0
"""A member that leaves the largest value of the series this many times behind is not heard."""
_TOGETHER: Final = 2
"""Weight of the global model: twice is as good on M3 and better on Tourism (docs/decisions/0006)."""
_LEVEL: Final = 1000.0
"""Mean every series is brought to, so that no tolerance of a method depends on the unit of measure."""
_PLACES: Final = 6
"""Decimals of a value at that level: 1000 times the demand is the same to every method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """Forecasts with the mean of several methods.

    Attributes:
        mode: fast or full.
        executor: where batches run.
        batch: series a batch; has no influence on the result.
        seeds: members of the global model's bag.
    """

    mode: ForecastMode = ForecastMode.FAST
    executor: Executor = field(default_factory=ProcessExecutor)
    batch: int = BATCH
    seeds: tuple[int, ...] = global_model.SEEDS

    @property
    def name(self) -> str:
        """Name and version of how it predicts, as the recipe says it.

        The bag is no part of it: what was learned has its own digest there, so that a snapshot learned with another
        number of members goes on being predicted with these.
        """
        from importlib.metadata import version

        return f"ensemble 3 {self.mode} (statsforecast {version('statsforecast')}, lightgbm {version('lightgbm')})"

    def train(self, history: Rates, first: Counts, season: int) -> bytes:
        """Learn the global model from regular series; shapes as `core.ports.Forecaster` says.

        Returns:
            The model for `predict`; empty when there is too little to learn from.
        """
        lumpy = np.array([is_lumpy(own[start:]) for own, start in zip(history, first, strict=True)], dtype=np.bool_)
        from_here = np.where(lumpy, history.shape[1], first)
        if not global_model.can_learn(history, from_here, season):
            return b""
        batches = [pickle.dumps((history, from_here, season, seed)) for seed in self.seeds]
        return global_model.join(list(self.executor.map_batches(train_batch, batches)))

    def predict(self, history: Rates, first: Counts, season: int, horizon: int, trained: bytes = b"") -> Rates:
        """Forecast each series; shapes and meaning as `core.ports.Forecaster` says.

        A row of NaN says that every method failed on that series: the caller falls back and says so.
        """
        asked = (season, horizon, self.mode, trained)
        batches = [
            pickle.dumps((history[at : at + self.batch], first[at : at + self.batch], *asked))
            for at in range(0, len(history), self.batch)
        ]
        answers = self.executor.map_batches(predict_batch, batches)
        # what a child of this very package wrote
        parts = [np.asarray(pickle.loads(answer), dtype=np.float64) for answer in answers]  # noqa: S301
        return np.concatenate(parts) if parts else np.zeros((0, horizon))


def train_batch(batch: bytes) -> bytes:
    """Learn one member of the global model: pickled (history, first, season, seed) -> model."""
    return global_model.train(*pickle.loads(batch))  # noqa: S301 - written by Ensemble.train


def predict_batch(batch: bytes) -> bytes:
    """Forecast one batch: pickled (history, first, season, horizon, mode, model) -> pickled (series, horizon)."""
    history, first, season, horizon, mode, trained = pickle.loads(batch)  # noqa: S301 - written by Ensemble.predict
    result = np.zeros((len(history), horizon))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [row for row, at in enumerate(first) if not _plain(history[row, at:], season, result[row])]
        if rows:
            result[rows] = _mean_of_views(history[rows], first[rows], season, horizon, (mode, trained))
    return pickle.dumps(np.round(np.maximum(result, 0.0), 3))


def _plain(own: Rates, season: int, into: Rates) -> bool:
    """Forecast a series that needs no mean of methods (empty, dead, lumpy, short, constant), or tell it does."""
    if not (own > 0).any():
        into[:] = 0.0
    elif is_lumpy(own):
        into[:] = lumpy_ahead(own, season, len(into))
    elif len(own) < SHORTEST or np.ptp(own) == 0:
        into[:] = own.mean()
    else:
        return False
    return True


def _mean_of_views(
    history: Rates, first: Counts, season: int, horizon: int, asked: tuple[ForecastMode, bytes]
) -> Rates:
    """Give the mean of what the methods see; NaN where none gives a sane number."""
    mode, trained = asked
    known = np.arange(history.shape[1])[None, :] >= np.asarray(first)[:, None]
    values = np.where(known, history, np.nan)
    index = seasonal_index(values, season)
    flat = np.where(known, without_season(values, index), 0.0)
    coming = ahead(index, history.shape[1], horizon)
    length = history.shape[1] - np.asarray(first)
    scale = np.maximum(np.abs(flat).sum(axis=1) / length, 1e-12)[:, None] / _LEVEL
    level = np.round(flat / scale, _PLACES)
    with np.errstate(all="ignore"):
        views = [theta_ahead(level, first, horizon, dynamic=dynamic) * scale * coming for dynamic in (False, True)]
    if mode is ForecastMode.FULL:
        views.append(_ces(history, level * scale, first, season, coming))
    together = global_model.predict(trained, history, first, season, horizon)
    return _heard(np.stack(views + [together] * _TOGETHER), np.abs(np.where(known, history, 0.0)).max(axis=1))


def _heard(views: Rates, largest: Rates) -> Rates:
    """Give the mean of the views (views, series, horizon) that are numbers and not wild; NaN where none is."""
    furthest = np.abs(np.nan_to_num(views, nan=np.inf)).max(axis=2)
    sane: Flags = furthest <= _WILD * largest[None, :]
    sane &= np.isfinite(furthest)  # of an infinite series nothing is sane
    total, count = np.zeros(views.shape[1:]), np.zeros(len(largest))
    for view, heard in zip(views, sane, strict=True):
        total = total + np.where(heard[:, None], view, 0.0)
        count = count + heard
    mean: Rates = np.divide(total, count[:, None], out=np.full(total.shape, np.nan), where=count[:, None] > 0)
    return mean


def _ces(history: Rates, flat: Rates, first: Counts, season: int, coming: Rates) -> Rates:
    """Let CES see each series itself, or without its season where that is too long or known too briefly."""
    horizon = coming.shape[1]
    result = np.zeros(coming.shape)
    for row, start in enumerate(first):
        own = history[row, start:]
        if season > _LONGEST_SEASON or len(own) < 2 * season:
            result[row] = _smoothed(flat[row, start:], 1, horizon) * coming[row]
        else:
            result[row] = _smoothed(own, season, horizon)
    return result


def _smoothed(values: Rates, season: int, horizon: int) -> Rates:
    """Forecast with CES; NaN where it fails."""
    from statsforecast.models import AutoCES

    scale = (float(np.mean(np.abs(values))) or 1.0) / _LEVEL
    try:
        mean = AutoCES(season_length=season).forecast(y=np.round(values / scale, _PLACES), h=horizon)["mean"]
    except Exception:  # noqa: BLE001 - whatever the library raises, the other members speak
        return np.full(horizon, np.nan)
    return np.asarray(mean, dtype=np.float64) * scale
