"""Names for the things a plan speaks of: plain text or numbers with a meaning mypy can see."""

from typing import NewType

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
"""Whole numbers of a quantum (quantity 0.001 of the base unit, money 0.0001 of the plan currency)."""
Rates = npt.NDArray[np.float64]
"""Prices, costs, exchange rates, shares, hours: float64 rounded to 1e-9."""
Flags = npt.NDArray[np.bool_]

Digest = NewType("Digest", str)
Seq = NewType("Seq", int)
MemberId = NewType("MemberId", str)
MeasureId = NewType("MeasureId", str)
ScenarioId = NewType("ScenarioId", str)
VersionId = NewType("VersionId", str)
ActorId = NewType("ActorId", str)
GrainName = NewType("GrainName", str)
