"""Weeks of a plan: how its open buckets are cut into ISO weeks, and how much work a week takes (C8).

Execution works in weeks, the plan in months, 4-4-5 or weeks. A week that crosses the end of a bucket is cut in two
*parts*, one a bucket, so that the parts of a bucket always add up to it. A part weighs as many working days as it
has: Monday to Friday less the holidays and shutdowns of the place; a bucket without any is shared by calendar days.
Amounts are placed in whole steps on running totals, so that no week is off by a step or more, and lots in whole runs.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from trivet.core.buckets import Buckets


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekParts:
    """The open buckets of a plan cut at every Monday.

    Attributes:
        firsts, lasts: first and last day of each part.
        columns: bucket of each part, 0 = the current one.
        spans: parts of each open bucket.
    """

    firsts: tuple[date, ...]
    lasts: tuple[date, ...]
    columns: tuple[int, ...]
    spans: tuple[range, ...]

    def __len__(self) -> int:
        """Give the number of parts."""
        return len(self.firsts)

    def monday(self, part: int) -> date:
        """Give the Monday of a part's week."""
        return self.firsts[part] - timedelta(days=self.firsts[part].weekday())


def cut_weeks(buckets: Buckets) -> WeekParts:
    """Cut the open buckets at every Monday.

    >>> from datetime import date
    >>> parts = cut_weeks(Buckets(edges=(date(2026, 11, 1), date(2026, 12, 1)), first_open=0))
    >>> [week_name(day) for day in parts.firsts]
    ['2026-W44', '2026-W45', '2026-W46', '2026-W47', '2026-W48', '2026-W49']
    """
    firsts: list[date] = []
    lasts: list[date] = []
    columns: list[int] = []
    spans: list[range] = []
    for column, index in enumerate(range(buckets.first_open, len(buckets))):
        day, stop, start = buckets.edges[index], buckets.edges[index + 1], len(firsts)
        while day < stop:
            following = min(day + timedelta(days=7 - day.weekday()), stop)
            firsts.append(day)
            lasts.append(following - timedelta(days=1))
            columns.append(column)
            day = following
        spans.append(range(start, len(firsts)))
    return WeekParts(firsts=tuple(firsts), lasts=tuple(lasts), columns=tuple(columns), spans=tuple(spans))


def week_name(day: date) -> str:
    """Name the ISO week of a day, e.g. `2026-W45`."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def work_of(
    parts: WeekParts, closed: Collection[date], *, first: date | None = None, last: date | None = None
) -> tuple[int, ...]:
    """Give the working days of each part: Monday to Friday, not closed, from `first` to `last`."""
    return tuple(
        sum(1 for day in _days(a, b) if day.weekday() < 5 and day not in closed and _within(day, first, last))
        for a, b in zip(parts.firsts, parts.lasts, strict=True)
    )


def days_of(parts: WeekParts) -> tuple[int, ...]:
    """Give the calendar days of each part."""
    return tuple((b - a).days + 1 for a, b in zip(parts.firsts, parts.lasts, strict=True))


def working_day(parts: WeekParts, part: int, closed: Collection[date], *, since: date | None = None) -> date:
    """Give the first working day of a part, `since` or later where it has one; its first day when it has none."""
    days = [day for day in _days(parts.firsts[part], parts.lasts[part]) if day.weekday() < 5 and day not in closed]
    later = [day for day in days if since is None or day >= since]
    return (later or days or [parts.firsts[part]])[0]


def working_day_before(day: date, closed: Collection[date]) -> date:
    """Give a day itself when it is a working day, else the last one before it."""
    while day.weekday() >= 5 or day in closed:
        day -= timedelta(days=1)
    return day


def last_working_day(parts: WeekParts, part: int, closed: Collection[date]) -> date:
    """Give the last working day of a part; its last day when it has none."""
    days = reversed(_days(parts.firsts[part], parts.lasts[part]))
    return next((day for day in days if day.weekday() < 5 and day not in closed), parts.lasts[part])


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=d) for d in range((last - first).days + 1)]


def _within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or day >= first) and (last is None or day <= last)


def usable(spans: Sequence[range], *several: Sequence[int]) -> list[int]:
    """Give for every bucket the first weights that are not all zero in it; the last ones have no such bucket."""
    result: list[int] = []
    for span in spans:
        parts = [weights[span.start : span.stop] for weights in several]
        result += next((weights for weights in parts if any(weights)), parts[-1])
    return result


def place_runs(total: int, weights: Sequence[int], *, minimum: int, multiple: int) -> list[int]:
    """Place an amount in whole lots over weeks, as evenly as lots allow.

    Args:
        total: counts >= 0 of a bucket.
        weights: working days of its parts, not all zero.
        minimum: counts of the smallest lot.
        multiple: counts lots are multiples of.

    Returns:
        Counts by part that add up to `total`. Every part with a lot has at least `minimum` where the total allows;
        what is left below one multiple goes with the first lot.

    >>> place_runs(20_000, [5, 5, 5, 5], minimum=8_000, multiple=1_000)
    [10000, 0, 10000, 0]
    """
    units, rest = divmod(total, multiple)
    least = max(-(-minimum // multiple), 1)
    runs = max(units // least, 1 if total else 0)
    result = [0] * len(weights)
    if not runs:
        return result
    size, more = divmod(units, runs)
    whole, passed, done = sum(weights), 0, 0
    for part, weight in enumerate(weights):
        passed += weight
        here = (2 * runs * passed + whole) // (2 * whole) - done
        if here and not done:
            result[part] += rest
        extra = min(max(more - done, 0), here)
        result[part] += (here * size + extra) * multiple
        done += here
    return result


def place_steps(
    totals: Sequence[int], weights: Sequence[int], spans: Sequence[range], step: int
) -> tuple[list[int], list[int]]:
    """Place the amounts of many buckets over their weeks in whole steps, carrying what is below one step.

    Args:
        totals: counts >= 0 by bucket.
        weights: by part, not all zero in a bucket.
        spans: parts of each bucket.
        step: counts of a step.

    Returns:
        Counts by part, multiples of `step`; and what is carried at the end of each part, 0 <= carried < step: parts
        until the end of a bucket and what is carried there add up to the totals until then, exactly.

    >>> place_steps([10_500, 10_500], [1, 1, 1, 1], [range(2), range(2, 4)], 1000)
    ([5000, 5000, 5000, 6000], [250, 500, 750, 0])
    """
    placed: list[int] = []
    carried: list[int] = []
    before = done = 0
    for total, span in zip(totals, spans, strict=True):
        whole, passed = sum(weights[part] for part in span), 0
        for part in span:
            passed += weights[part]
            reached = before + total * passed // whole
            steps = reached // step * step
            placed.append(steps - done)
            done = steps
            carried.append(reached - steps)
        before += total
    return placed, carried
