"""Opening hours: how many hours machines run in a bucket, by shifts, stops and shutdowns.

A machine runs in windows of the day (two shifts = two windows), from one day to another, on some weekdays. Stops
(a lunch break) take hours off every machine of the plant, closures whole days. Overlapping windows count once.
Feeds `hours_per_day` and `resource_changes` where a company plans by the clock rather than by hours a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

import numpy as np

from trivet.core.buckets import Buckets
from trivet.core.errors import InvalidInput
from trivet.core.ids import Rates

MIDNIGHT: Final = 24.0
EVERY_DAY: Final = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours of the day, on some weekdays (0 = Monday), from `first` to `last` (None = always).

    A night shift is two windows: to 24 and from 0.
    """

    opens: float = 0.0
    closes: float = MIDNIGHT
    weekdays: frozenset[int] = EVERY_DAY
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        """Refuse hours that are none."""
        if not 0.0 <= self.opens < self.closes <= MIDNIGHT:
            raise InvalidInput(
                f"a window from {self.opens:g} to {self.closes:g} o'clock: expected 0 to 24, the end after the start"
            )

    def holds(self, day: date) -> bool:
        """Tell whether the window counts on a day."""
        begun = self.first is None or self.first <= day
        return begun and (self.last is None or day <= self.last) and day.weekday() in self.weekdays


Machine = tuple[Window, ...]
"""When one machine runs."""


def open_hours(
    machines: Sequence[Machine],
    buckets: Buckets,
    *,
    stops: Sequence[Window] = (),
    closed: frozenset[date] = frozenset(),
) -> Rates:
    """Give the hours each machine runs in each bucket.

    Args:
        machines: windows of each machine.
        buckets: the axis.
        stops: hours in which no machine runs.
        closed: days on which no machine runs (`calendar.closed_days`).

    Returns:
        (machines, buckets) hours; add up over machines for a group's capacity.
    """
    result = np.zeros((len(machines), len(buckets)))
    for number, machine in enumerate(machines):
        for index in range(len(buckets)):
            start, stop = buckets.edges[index], buckets.edges[index + 1]
            days = (start + timedelta(days=d) for d in range((stop - start).days))
            result[number, index] = sum(_hours(machine, tuple(stops), day) for day in days if day not in closed)
    return result


def _hours(machine: Machine, stops: tuple[Window, ...], day: date) -> float:
    runs = tuple(sorted((w.opens, w.closes) for w in machine if w.holds(day)))
    rests = tuple(sorted((w.opens, w.closes) for w in stops if w.holds(day)))
    return _covered((*runs, *rests)) - _covered(rests) if runs else 0.0


@cache
def _covered(spans: tuple[tuple[float, float], ...]) -> float:
    """Give the length of the union of spans."""
    total, reached = 0.0, 0.0
    for opens, closes in sorted(spans):
        total += max(closes - max(opens, reached), 0.0)
        reached = max(reached, closes)
    return total
