"""A forecaster that remembers: the same series in, the same forecast out, without working it out again.

A killed plan, a re-plan after a change and a branch repeat only what is new. The recipe names the engine and
its version, so that a new engine never answers with an old one's numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from trivet.core.forecasting import Method
from trivet.core.ids import Counts, Digest, Rates
from trivet.core.ports import Forecaster, MethodForecaster, StageStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """A `core.ports.Forecaster` in front of another, with a stage store behind both."""

    forecaster: Forecaster
    stages: StageStore

    @property
    def name(self) -> str:
        """Name and version of the forecaster behind it."""
        return self.forecaster.name

    def train(self, history: Rates, first: Counts, season: int) -> bytes:
        """Learn what all series teach together; kept with the snapshot by the caller, not here."""
        return self.forecaster.train(history, first, season)

    def predict(self, history: Rates, first: Counts, season: int, horizon: int, trained: bytes = b"") -> Rates:
        """Forecast each series, from memory where the same was asked before; see `core.ports.Forecaster`."""
        recipe = _recipe(f"{self.name}|{sha256(trained).hexdigest()}", history, first, season, horizon)
        kept = self._kept(recipe, (len(history), horizon))
        if kept is not None:
            return kept
        found = self.forecaster.predict(history, first, season, horizon, trained)
        self._keep(recipe, found)
        return found

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
        """Forecast each series with each method, from memory where one was asked the same before.

        Raises TypeError when the forecaster behind it has no methods.
        """
        if not isinstance(self.forecaster, MethodForecaster):
            raise TypeError(f"{self.name} can't be asked for a method")
        taught, shape = f"{self.name}|{sha256(trained).hexdigest()}", (len(history), horizon)
        recipes = [_recipe(f"{taught}|{method}", history, first, season, horizon) for method in methods]
        known = [self._kept(recipe, shape) for recipe in recipes]
        missing = [at for at, kept in enumerate(known) if kept is None]
        result = np.zeros((len(methods), *shape))
        for at, kept in enumerate(known):
            if kept is not None:
                result[at] = kept
        if missing:
            asked = [methods[at] for at in missing]
            found = self.forecaster.predict_each(history, first, season, horizon, trained, methods=asked)
            for at, one in zip(missing, found, strict=True):
                result[at] = one
                self._keep(recipes[at], one)
        return result

    def _kept(self, recipe: Digest, shape: tuple[int, int]) -> Rates | None:
        kept = self.stages.get(recipe)
        if kept is None or len(kept) != shape[0] * shape[1] * 8:
            return None
        return np.frombuffer(kept, dtype="<f8").reshape(shape).astype(np.float64)

    def _keep(self, recipe: Digest, found: Rates) -> None:
        self.stages.put(recipe, np.ascontiguousarray(found).astype("<f8").tobytes())


def _recipe(name: str, history: Rates, first: Counts, season: int, horizon: int) -> Digest:
    total = sha256(f"forecast|{name}|{history.shape}|{season}|{horizon}|".encode())
    total.update(np.ascontiguousarray(history).astype("<f8").tobytes())
    total.update(np.ascontiguousarray(first).astype("<i8").tobytes())
    return Digest(total.hexdigest())
