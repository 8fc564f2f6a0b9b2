"""Choices a scenario makes beside its numbers; part of its recipe."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
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
        allow_overload: whether hours beyond overtime may be used, at a price above it: what it would take.
        allow_unmet: whether demand may be late or lost where that costs less; False = served whatever it costs.
        use_targets: whether stock targets are planned for; False = stock only covers demand.
        use_cycles: whether what is made only every n-th bucket waits for its bucket.
        use_smoothing: whether changes of production from bucket to bucket are limited and priced.
        strict_limits: whether least and most quantities, loads and stocks go before every customer.
    """

    allow_overtime: bool = True
    allow_subcontract: bool = True
    late_buckets: int = 2
    seed: int = 7
    mode: ForecastMode = ForecastMode.FAST
    largest_programme: int = LARGEST_PROGRAMME
    objective: Objective = Objective.MARGIN
    allow_overload: bool = False
    allow_unmet: bool = True
    use_targets: bool = True
    use_cycles: bool = True
    use_smoothing: bool = True
    strict_limits: bool = False


ADDED: Final = (
    *("largest_programme", "objective", "allow_overload", "allow_unmet"),
    *("use_targets", "use_cycles", "use_smoothing", "strict_limits"),
)
"""Choices that came after the first recipes were written: at their default they are not part of a recipe."""

CHOICES: Final = (
    ("allow_overtime", "no overtime"),
    ("allow_subcontract", "no finished goods bought that can be made"),
    ("mode", "full forecast"),
    ("objective", "service first"),
    ("allow_overload", "hours beyond capacity allowed"),
    ("allow_unmet", "all demand served whatever it costs"),
    ("use_targets", "no stock targets"),
    ("use_cycles", "no production cycles"),
    ("use_smoothing", "no smoothing"),
    ("strict_limits", "limits before customers"),
)
"""What a choice other than the default is called."""


def every_choice() -> Iterator[PlanOptions]:
    """Give every combination of choices the command line has."""
    names = [name for name, _ in CHOICES if name not in ("mode", "objective")]
    for mode, objective, flags in product(ForecastMode, Objective, product((True, False), repeat=len(names))):
        said = dict(zip(names, flags, strict=True))
        yield PlanOptions(
            mode=mode,
            objective=objective,
            allow_overtime=said["allow_overtime"],
            allow_subcontract=said["allow_subcontract"],
            allow_overload=said["allow_overload"],
            allow_unmet=said["allow_unmet"],
            use_targets=said["use_targets"],
            use_cycles=said["use_cycles"],
            use_smoothing=said["use_smoothing"],
            strict_limits=said["strict_limits"],
        )


def said_choices(options: PlanOptions) -> tuple[str, ...]:
    """Say the choices that are not the default.

    >>> said_choices(PlanOptions(allow_overtime=False, objective=Objective.SERVICE))
    ('no overtime', 'service first')
    """
    usual = PlanOptions()
    return tuple(words for name, words in CHOICES if getattr(options, name) != getattr(usual, name))
