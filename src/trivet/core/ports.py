"""What varies, behind ports: the forecaster, the solver, the executor, the stage cache, progress."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from trivet.core.forecasting import Method
from trivet.core.ids import Counts, Digest, Rates
from trivet.core.linear import LinearModel, Solution


class Forecaster(Protocol):
    """Forecasts many series at once. Trained things are learned once per snapshot and stored."""

    @property
    def name(self) -> str:
        """Name and version, as the recipe says it."""
        ...

    def train(self, history: Rates, first: Counts, season: int) -> bytes:
        """Learn what all series teach together; shapes and meaning as `predict` says.

        Returns:
            What `predict` takes as `trained`; empty where there is nothing to learn.
        """
        ...

    def predict(self, history: Rates, first: Counts, season: int, horizon: int, trained: bytes = b"") -> Rates:
        """Forecast each series from its own values and what was trained.

        Args:
            history: (series, buckets) in units, ending at the last closed bucket; values before
                `first[i]` are not part of series i.
            first: (series,) index of each series' first bucket with a meaning.
            season: buckets in a year (12 for months, 52 for weeks).
            horizon: buckets to forecast.
            trained: what `train` gave; other series have no influence but through it.

        Returns:
            (series, horizon), >= 0, rounded to 0.001; independent of how series are batched.
            A row of NaN says that the method failed on that series: the caller falls back and says so.
        """
        ...


@runtime_checkable
class MethodForecaster(Forecaster, Protocol):
    """A forecaster whose methods can be asked one by one; `predict` is its `Method.ENSEMBLE`."""

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
        """Forecast each series with each method; (methods, series, horizon), otherwise as `predict` says."""
        ...


class Solver(Protocol):
    """Solves linear programmes; deterministic, with no limit in seconds."""

    @property
    def name(self) -> str:
        """Name and version, as the recipe says it."""
        ...

    def solve(self, model: LinearModel, basis: bytes | None = None) -> Solution:
        """Solve; warm from `basis` when it fits, else cold."""
        ...


@runtime_checkable
class ManySolver(Solver, Protocol):
    """A solver that solves many independent programmes at once, here or on other machines."""

    def solve_each(self, models: Sequence[LinearModel], bases: Sequence[bytes | None]) -> Sequence[Solution]:
        """Solve each, warm where a basis fits; in order, none depending on the others or on how they are batched."""
        ...


class Executor(Protocol):
    """Runs a function over batches, here or on other machines, results in order."""

    def map_batches(self, fn: Callable[[bytes], bytes], batches: Sequence[bytes]) -> Sequence[bytes]:
        """Apply `fn` (a module-level function) to each batch."""
        ...


class StageStore(Protocol):
    """Keeps the result of a finished stage by its recipe, so that a killed job repeats only the open one."""

    def get(self, recipe: Digest) -> bytes | None:
        """Give the body stored for a recipe."""
        ...

    def put(self, recipe: Digest, body: bytes) -> None:
        """Store the body of a finished stage."""
        ...


class Progress(Protocol):
    """Told how far long work is; raises to cancel it."""

    def __call__(self, stage: str, done: int, of: int) -> None:
        """Say that `done` of `of` steps of `stage` are finished."""
        ...


class Engines(Protocol):
    """Everything that varies."""

    @property
    def forecaster(self) -> Forecaster:
        """The statistical forecast."""
        ...

    @property
    def solver(self) -> Solver:
        """The linear programme solver."""
        ...

    @property
    def progress(self) -> Progress:
        """Where progress is told."""
        ...
