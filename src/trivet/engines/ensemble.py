"""The forecast of many methods: a mean of what each sees in a series, and of what all series teach together.

`fast` = optimised Theta, dynamic optimised Theta and the global model; `full` takes exponential smoothing (ETS) and
complex exponential smoothing (CES) in place of the first. All but CES see the series without our own shrunk season; the
global model counts twice. A plain mean beats choosing one method per series (ENGINE.md; docs/decisions/0006). Methods:
Fiorucci et al. 2016 (Theta), Hyndman et al. 2002 (ETS), Svetunkov et al. 2022 (CES), Petropoulos & Kourentzes 2015
(IMAPA, where demand is lumpy). Each series is forecast in a child process from its own values and the trained model
alone, so results do not depend on batches, workers, names or order.
"""

import pickle
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.ports import Executor
from trivet.core.seasons import ahead, seasonal_index, without_season
from trivet.engines import global_model
from trivet.engines.processes import ProcessExecutor
from trivet.engines.theta import SHORTEST, is_lumpy, lumpy_ahead, returns_yearly

BATCH: Final = 100
"""Series a batch; a child answers many of them."""
_LONGEST_SEASON: Final = 24
"""Longest season a method follows by itself; beyond it, it gets the deseasonalised series."""
_WILD: Final = 10.0
"""A member that leaves the largest value of the series this many times behind is not heard."""
_TOGETHER: Final = 2
"""Weight of the global model: twice is as good on M3 (.810, once .809) and better on Tourism (1.402, once 1.456)."""
_LEVEL: Final = 1000.0
"""Mean every series is brought to: near 1 the library's optimisers stop early (DOT on M3: MASE .850, here .841)."""
_PLACES: Final = 6
"""Decimals of a value at that level: 1000 times the demand is the same to every method."""


class Mode(StrEnum):
    """How much is computed."""

    FAST = "fast"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """Forecasts with the mean of several methods.

    Attributes:
        mode: fast or full.
        executor: where batches run.
        trained: the global model, learned once per snapshot (`train`); None = learned from what is forecast.
        batch: series a batch; has no influence on the result.
        seeds: members of the global model's bag.
    """

    mode: Mode = Mode.FAST
    executor: Executor = field(default_factory=ProcessExecutor)
    trained: bytes | None = None
    batch: int = BATCH
    seeds: tuple[int, ...] = global_model.SEEDS

    @property
    def name(self) -> str:
        """Name and version, as the recipe says it."""
        from importlib.metadata import version

        return f"ensemble 2 {self.mode} (statsforecast {version('statsforecast')}, lightgbm {version('lightgbm')})"

    def train(self, history: Rates, first: Counts, season: int) -> bytes:
        """Learn the global model from regular series; shapes as `core.ports.Forecaster` says.

        Returns:
            The model for `trained`; empty when there is too little to learn from.
        """
        lumpy = np.array([is_lumpy(own[start:]) for own, start in zip(history, first, strict=True)], dtype=np.bool_)
        from_here = np.where(lumpy, history.shape[1], first)
        if not global_model.can_learn(history, from_here, season):
            return b""
        batches = [pickle.dumps((history, from_here, season, seed)) for seed in self.seeds]
        return global_model.join(list(self.executor.map_batches(train_batch, batches)))

    def predict(self, history: Rates, first: Counts, season: int, horizon: int) -> Rates:
        """Forecast each series; shapes and meaning as `core.ports.Forecaster` says.

        A row of NaN says that every method failed on that series: the caller falls back and says so.
        """
        trained = self.train(history, first, season) if self.trained is None else self.trained
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
    known = np.arange(history.shape[1])[None, :] >= np.asarray(first)[:, None]
    index = seasonal_index(np.where(known, history, np.nan), season)
    flat = without_season(np.where(known, history, np.nan), index)
    coming = ahead(index, history.shape[1], horizon)
    together = global_model.predict(trained, history, first, season, horizon)
    result = np.zeros((len(history), horizon))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row, start in enumerate(first):
            one = _Series(own=history[row, start:], flat=flat[row, start:], coming=coming[row], season=season)
            result[row] = _forecast(one, mode, together[row])
    return pickle.dumps(np.round(np.maximum(result, 0.0), 3))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Series:
    """One series: its values, the same without season, the season of the buckets ahead."""

    own: Rates
    flat: Rates
    coming: Rates
    season: int


def _forecast(one: _Series, mode: Mode, together: Rates) -> Rates:
    """Forecast one series, or say what no method is needed for: empty, dead, short and constant ones."""
    own, horizon = one.own, len(one.coming)
    if not (own > 0).any():
        return np.zeros(horizon)
    if is_lumpy(own):
        yearly = returns_yearly(own, one.season)
        return lumpy_ahead(own, one.season, horizon) if yearly else _run("imapa", own, 1, horizon)
    if len(own) < SHORTEST or np.ptp(own) == 0:
        return np.full(horizon, own.mean())
    if np.ptp(one.flat) == 0:
        return np.asarray(one.flat[-1] * one.coming)
    views = np.stack([_VIEWS[name](one) for name in _MEMBERS[mode]] + [together] * _TOGETHER)
    largest = np.abs(np.nan_to_num(views, nan=np.inf)).max(axis=1)
    heard: Flags = np.asarray(largest <= _WILD * np.abs(own).max(), dtype=np.bool_)
    if not heard.any():
        return np.full(horizon, np.nan)
    return np.asarray(views[heard].mean(axis=0))


def _without_season(name: str) -> Callable[[_Series], Rates]:
    return lambda one: _run(name, one.flat, 1, len(one.coming)) * one.coming


def _with_season(name: str) -> Callable[[_Series], Rates]:
    def view(one: _Series) -> Rates:
        if one.season > _LONGEST_SEASON or len(one.own) < 2 * one.season:
            return _run(name, one.flat, 1, len(one.coming)) * one.coming
        return _run(name, one.own, one.season, len(one.coming))

    return view


_VIEWS: Final[Mapping[str, Callable[[_Series], Rates]]] = {
    "theta": _without_season("theta"),
    "dot": _without_season("dot"),
    "ets": _without_season("ets"),
    "ces": _with_season("ces"),
}
_MEMBERS: Final[Mapping[Mode, tuple[str, ...]]] = {
    Mode.FAST: ("theta", "dot"),
    Mode.FULL: ("dot", "ets", "ces"),
}


class _Model(Protocol):
    """What is used of a model class of statsforecast."""

    def forecast(self, y: Rates, h: int) -> Mapping[str, Rates]:
        """Fit and forecast; `mean` is the forecast."""
        ...


def _model(name: str, season: int) -> _Model:
    from statsforecast import models

    classes: Mapping[str, Callable[[], _Model]] = {
        "imapa": models.IMAPA,
        "theta": partial(models.OptimizedTheta, season_length=season),
        "dot": partial(models.DynamicOptimizedTheta, season_length=season),
        "ets": partial(models.AutoETS, season_length=season),
        "ces": partial(models.AutoCES, season_length=season),
    }
    return classes[name]()


def _run(name: str, values: Rates, season: int, horizon: int) -> Rates:
    """Forecast with one method of the library; NaN where it fails."""
    scale = (float(np.mean(np.abs(values))) or 1.0) / _LEVEL
    try:
        mean = _model(name, season).forecast(y=np.round(values / scale, _PLACES), h=horizon)["mean"]
    except Exception:  # noqa: BLE001 - whatever the library raises, the other members speak
        return np.full(horizon, np.nan)
    return np.asarray(mean, dtype=np.float64) * scale
