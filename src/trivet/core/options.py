"""Choices a scenario makes beside its numbers; part of its recipe."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LARGEST_PROGRAMME: Final = 600_000
"""Columns up to which the supply plan is solved as one programme."""


class ForecastMode(StrEnum):
    """How much the statistical forecast computes."""

    FAST = "fast"
    FULL = "full"


class Objective(StrEnum):
    """What comes first in the supply plan."""

    MARGIN = "margin"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """How a plan is made.

    Attributes:
        allow_overtime: whether the supply plan may use overtime.
        allow_subcontract: whether it may buy finished goods.
        late_buckets: most buckets demand may be served late before it is lost.
        seed: of everything drawn at random.
        mode: how much the statistical forecast computes.
        largest_programme: most columns of a supply programme that is solved at once; a larger one is solved in
            pieces, with a stated distance from the best plan.
        objective: net margin with agreed penalties, or service first: customers, then stock, then margin.
    """

    allow_overtime: bool = True
    allow_subcontract: bool = True
    late_buckets: int = 2
    seed: int = 7
    mode: ForecastMode = ForecastMode.FAST
    largest_programme: int = LARGEST_PROGRAMME
    objective: Objective = Objective.MARGIN
