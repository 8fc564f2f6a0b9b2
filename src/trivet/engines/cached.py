"""A forecaster that remembers: the same series in, the same forecast out, without working it out again.

A killed plan, a re-plan after a change and a branch repeat only what is new. The recipe names the engine and
its version, so that a new engine never answers with an old one's numbers.
"""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from trivet.core.ids import Counts, Digest, Rates
from trivet.core.ports import Forecaster, StageStore


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
        shape = (len(history), horizon)
        kept = self.stages.get(recipe)
        if kept is not None and len(kept) == shape[0] * shape[1] * 8:
            return np.frombuffer(kept, dtype="<f8").reshape(shape).astype(np.float64)
        found = self.forecaster.predict(history, first, season, horizon, trained)
        self.stages.put(recipe, np.ascontiguousarray(found).astype("<f8").tobytes())
        return found


def _recipe(name: str, history: Rates, first: Counts, season: int, horizon: int) -> Digest:
    total = sha256(f"forecast|{name}|{history.shape}|{season}|{horizon}|".encode())
    total.update(np.ascontiguousarray(history).astype("<f8").tobytes())
    total.update(np.ascontiguousarray(first).astype("<i8").tobytes())
    return Digest(total.hexdigest())
