"""The forecast of many methods: a mean of what each sees in a series, and of what all series teach together.

`fast` = optimised Theta, dynamic optimised Theta and the global model; `full` adds complex exponential smoothing (CES,
Svetunkov et al. 2022). The Theta methods see the series without our own shrunk season; the global model counts twice.
A plain mean beats choosing one method per series (ENGINE.md; docs/decisions/0006, 0007). Series that sell now and then
go to `lumpy`; short, constant, dead and empty ones need no method. Each series is forecast in a child process from its
own values and the trained model alone, so results do not depend on batches, workers, names or order.
"""

import pickle
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from trivet.core.forecasting import Method
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.options import ForecastMode
from trivet.core.ports import Executor
from trivet.engines import global_model
from trivet.engines.lumpy import is_lumpy, lumpy_ahead
from trivet.engines.processes import ProcessExecutor
from trivet.engines.single import SHORTEST, forecast_by
from trivet.engines.theta import theta_ahead
from trivet.engines.views import WILD, ces_ahead, see

BATCH: Final = 500
"""Series a batch; a child answers many of them."""
_TOGETHER: Final = 2
"""Weight of the global model: twice is as good on M3 and better on Tourism (docs/decisions/0006)."""


_TAUGHT: Final = (Method.GLOBAL, Method.ENSEMBLE)
"""Methods that predict with what was trained."""


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

    def predict_each(
        self,
        history: Rates,
        first: Counts,
        season: int,
        horizon: int,
        trained: bytes = b"",
        *,
        methods: Sequence[Method],
    ) -> Rates:
        """Forecast each series with each method: (methods, series, horizon); see `core.ports.MethodForecaster`."""
        starts = range(0, len(history), self.batch)
        batches = [
            pickle.dumps(
                (
                    method,
                    history[at : at + self.batch],
                    first[at : at + self.batch],
                    season,
                    horizon,
                    self.mode,
                    trained if method in _TAUGHT else b"",
                )
            )
            for method in methods
            for at in starts
        ]
        if not batches:
            return np.zeros((len(methods), 0, horizon))
        answers = [pickle.loads(answer) for answer in self.executor.map_batches(method_batch, batches)]  # noqa: S301
        parts = np.concatenate([np.asarray(answer, dtype=np.float64) for answer in answers])
        return parts.reshape(len(methods), len(history), horizon)


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


def method_batch(batch: bytes) -> bytes:
    """Forecast one batch with one method: pickled (method, history, first, season, horizon, mode, model)."""
    method, history, first, season, horizon, mode, trained = pickle.loads(batch)  # noqa: S301 - by predict_each
    if method is Method.ENSEMBLE:
        return predict_batch(pickle.dumps((history, first, season, horizon, mode, trained)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = forecast_by(method, history, first, season, horizon, trained)
    return pickle.dumps(np.round(np.maximum(found, 0.0), 3))


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
    seen = see(history, first, season, horizon)
    with np.errstate(all="ignore"):
        views = [
            theta_ahead(seen.level, first, horizon, dynamic=dynamic) * seen.scale * seen.coming
            for dynamic in (False, True)
        ]
    if mode is ForecastMode.FULL:
        views.append(ces_ahead(history, first, season, seen))
    together = global_model.predict(trained, history, first, season, horizon)
    return _heard(np.stack(views + [together] * _TOGETHER), np.abs(np.where(seen.known, history, 0.0)).max(axis=1))


def _heard(views: Rates, largest: Rates) -> Rates:
    """Give the mean of the views (views, series, horizon) that are numbers and not wild; NaN where none is."""
    furthest = np.abs(np.nan_to_num(views, nan=np.inf)).max(axis=2)
    sane: Flags = furthest <= WILD * largest[None, :]
    sane &= np.isfinite(furthest)  # of an infinite series nothing is sane
    total, count = np.zeros(views.shape[1:]), np.zeros(len(largest))
    for view, heard in zip(views, sane, strict=True):
        total = total + np.where(heard[:, None], view, 0.0)
        count = count + heard
    mean: Rates = np.divide(total, count[:, None], out=np.full(total.shape, np.nan), where=count[:, None] > 0)
    return mean
