"""The benchmark as a forecaster: the same bucket a year earlier. Needs nothing but numpy."""

from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Counts, Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalNaive:
    """Forecasts each bucket as the same bucket a year earlier; the mean where there is no year of history."""

    @property
    def name(self) -> str:
        """Name and version, as the recipe says it."""
        return "seasonal-naive 1"

    def train(self, history: Rates, first: Counts, season: int) -> bytes:  # noqa: ARG002 - the port
        """Learn nothing: each series is its own benchmark."""
        return b""

    def predict(
        self,
        history: Rates,
        first: Counts,
        season: int,
        horizon: int,
        trained: bytes = b"",  # noqa: ARG002 - the port
    ) -> Rates:
        """Forecast each series; shapes and meaning as `core.ports.Forecaster` says."""
        rows = len(history)
        result = np.zeros((rows, horizon))
        for row in range(rows):
            own = history[row, first[row] :]
            if len(own) >= season:
                result[row] = own[-season:][np.arange(horizon) % season]
            elif len(own):
                result[row] = own.mean()
        return np.asarray(np.round(np.maximum(result, 0.0), 3), dtype=np.float64)
