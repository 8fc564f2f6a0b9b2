"""Time: the buckets of a plan, their fences, and how weeks, months, quarters and fiscal years meet.

One axis carries history and horizon. Cycle 2026-11 runs in November: the last closed bucket is
October (actual), the current one is November (lag 0), lag 1 is December.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np

from trivet.core.errors import InvalidInput
from trivet.core.ids import Counts, Rates


class Calendar(StrEnum):
    """How the buckets of a company are cut."""

    MONTHS = "months"
    FOUR_FOUR_FIVE = "4-4-5"
    WEEKS = "weeks"


class Period(StrEnum):
    """What buckets can be grouped into."""

    BUCKET = "bucket"
    QUARTER = "quarter"
    YEAR = "year"
    TELESCOPE = "telescope"
    """Buckets to the end of a year from now, quarters to the end of the second year, years after (D5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """The time axis of a plan: `edges[i] <= day < edges[i + 1]` is bucket i.

    Attributes:
        edges: first day of each bucket, then the first day after the last (n + 1 dates).
        first_open: index of the current bucket (lag 0); everything before is closed.
        frozen_until: index of the first bucket after the frozen fence.
        slushy_until: index of the first bucket after the slushy fence.
        fiscal_start: month (1-12) in which the fiscal year begins.
        calendar: how the buckets are cut.
    """

    edges: tuple[date, ...]
    first_open: int
    frozen_until: int = 0
    slushy_until: int = 0
    fiscal_start: int = 1
    calendar: Calendar = Calendar.MONTHS

    def __len__(self) -> int:
        """Give the number of buckets."""
        return len(self.edges) - 1

    @property
    def starts(self) -> tuple[date, ...]:
        """First day of each bucket."""
        return self.edges[:-1]

    @property
    def horizon(self) -> slice:
        """The open buckets, current one included."""
        return slice(self.first_open, len(self))

    @property
    def closed(self) -> slice:
        """The closed buckets: actuals."""
        return slice(0, self.first_open)

    @property
    def current(self) -> date:
        """First day of the current bucket."""
        return self.edges[self.first_open]

    def index(self, day: date) -> int:
        """Give the bucket a day lies in; InvalidInput when it is outside the axis."""
        if not self.edges[0] <= day < self.edges[-1]:
            raise InvalidInput(
                f"{day:%Y-%m-%d} is outside the plan's {self.edges[0]:%Y-%m-%d} to "
                f"{self.edges[-1] - timedelta(days=1):%Y-%m-%d}. Give a date inside, or move first_bucket or "
                "horizon in company.toml."
            )
        return bisect_right(self.edges, day) - 1

    def span(self, first: date, last: date) -> slice:
        """Give the slice of buckets from the one holding `first` to the one holding `last`."""
        start, stop = self.index(first), self.index(last) + 1
        if stop <= start:
            raise InvalidInput(f"the last bucket {last} lies before the first {first}: swap them")
        return slice(start, stop)

    def days(self) -> Counts:
        """Calendar days of each bucket."""
        return np.array([(b - a).days for a, b in zip(self.edges, self.edges[1:], strict=False)], dtype=np.int64)

    def label(self, index: int) -> str:
        """Name a bucket as files do: `2026-11`, `2026-W45` or, for 4-4-5, its first day."""
        day = self.edges[index]
        if self.calendar is Calendar.WEEKS:
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02d}"
        return f"{day:%Y-%m}" if self.calendar is Calendar.MONTHS else day.isoformat()

    def fiscal_year(self, index: int) -> int:
        """Give the fiscal year of a bucket, named by the calendar year in which it ends.

        A 4-4-5 bucket may start some days before its fiscal year's month: its middle decides.
        """
        middle = self.edges[index] + (self.edges[index + 1] - self.edges[index]) / 2
        shift = 1 if self.fiscal_start > 1 and middle.month >= self.fiscal_start else 0
        return middle.year + shift

    def quarter(self, index: int) -> int:
        """Give the fiscal quarter (1-4) of a bucket."""
        middle = self.edges[index] + (self.edges[index + 1] - self.edges[index]) / 2
        return (middle.month - self.fiscal_start) % 12 // 3 + 1

    def group(self, period: Period) -> tuple[tuple[str, slice], ...]:
        """Group the buckets into named consecutive runs, e.g. ("FY2027", slice(50, 62))."""
        telescoped = period is Period.TELESCOPE
        names = self._telescoped() if telescoped else [self._period_name(i, period) for i in range(len(self))]
        starts = [i for i, name in enumerate(names) if i == 0 or name != names[i - 1]]
        stops = [*starts[1:], len(names)]
        return tuple((names[a], slice(a, b)) for a, b in zip(starts, stops, strict=True))

    def _telescoped(self) -> list[str]:
        """Name periods the coarser the farther they are; each coarser one begins where a whole one does."""
        finest_first = (Period.BUCKET, Period.QUARTER, Period.YEAR)
        names, level = [], 0
        for index in range(len(self)):
            coarser = finest_first[min(level + 1, 2)]
            begins = index and self._period_name(index, coarser) != self._period_name(index - 1, coarser)
            if level < 2 and begins and self.edges[index] >= add_months(self.edges[self.first_open], 12 * (level + 1)):
                level += 1
            names.append(self._period_name(index, finest_first[level]))
        return names

    def _period_name(self, index: int, period: Period) -> str:
        if period is Period.BUCKET:
            return self.label(index)
        year = f"FY{self.fiscal_year(index)}"
        return year if period is Period.YEAR else f"{year}-Q{self.quarter(index)}"

    def share(self, other: "Buckets", working: Sequence[date]) -> Rates:
        """Give the part of each own bucket that lies in each bucket of `other`, by working days.

        Shape (len(self), len(other)); a row sums to 1 where the bucket has a working day inside
        `other`, to 0 where it lies outside. A bucket without working days is shared by calendar days.
        """
        matrix = np.zeros((len(self), len(other)))
        days = set(working)
        for i in range(len(self)):
            own = [self.edges[i] + timedelta(days=d) for d in range((self.edges[i + 1] - self.edges[i]).days)]
            counted = [day for day in own if day in days] or own
            for day in counted:
                if other.edges[0] <= day < other.edges[-1]:
                    matrix[i, bisect_right(other.edges, day) - 1] += 1 / len(counted)
        return matrix


def add_months(day: date, months: int) -> date:
    """Give the first day of the month `months` after the month of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def month_edges(first: date, count: int) -> tuple[date, ...]:
    """Cut `count` calendar months from the month of `first`."""
    return tuple(add_months(first, i) for i in range(count + 1))


def week_edges(first: date, count: int) -> tuple[date, ...]:
    """Cut `count` ISO weeks (Monday first) from the week of `first`."""
    monday = first - timedelta(days=first.weekday())
    return tuple(monday + timedelta(weeks=i) for i in range(count + 1))


def four_four_five_edges(first: date, count: int, fiscal_start: int = 1) -> tuple[date, ...]:
    """Cut `count` fiscal months of 4, 4 and 5 weeks from the fiscal year that holds `first`.

    The year starts on the Monday nearest to the first day of its start month (ISO 8601 spirit: a
    53rd week falls into the last month when the year needs it).
    """
    year = first.year if first >= _fiscal_monday(first.year, fiscal_start) else first.year - 1
    edges: list[date] = []
    while len(edges) <= count + 12:
        start, stop = _fiscal_monday(year, fiscal_start), _fiscal_monday(year + 1, fiscal_start)
        weeks = [4, 4, 5] * 4
        weeks[-1] += (stop - start).days // 7 - 52
        for length in weeks:
            edges.append(start)
            start += timedelta(weeks=length)
        year += 1
    at = max(bisect_right(edges, first) - 1, 0)
    return tuple(edges[at : at + count + 1])


def _fiscal_monday(year: int, month: int) -> date:
    """Give the Monday nearest to the first day of `month` (Thursday rule)."""
    day = date(year, month, 1)
    offset = day.weekday()
    return day - timedelta(days=offset) if offset <= 3 else day + timedelta(days=7 - offset)
