"""Working days: how much time a bucket gives, by the company's calendars.

Reads `calendars` and `closures`. A bucket that a calendar names has the days it says; another one has
Monday to Friday less the days of closures. A location's own calendar goes before the company's ("").
"""

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from trivet.core.buckets import Buckets
from trivet.core.ids import Rates
from trivet.core.plan import PlanInputs


def working_days(inputs: PlanInputs, calendar: str = "") -> Rates:
    """Give the working days of every bucket.

    Args:
        inputs: the snapshot, with tables `calendars` and `closures`.
        calendar: code of the calendar; "" = the company's. Where the named calendar says nothing
            about a bucket, the company's rows count.

    Returns:
        (buckets,) days, rounded as given; never negative.
    """
    buckets = inputs.model.buckets
    closed = closed_days(inputs, calendar)
    days = np.array([_weekdays(buckets, i, closed) for i in range(len(buckets))], dtype=np.float64)
    starts = {start: i for i, start in enumerate(buckets.starts)}
    for name in dict.fromkeys(("", calendar)):
        for code, start, given in inputs.table("calendars").select("calendar", "bucket", "working_days").iter_rows():
            if (code or "") == name and start in starts and given is not None:
                days[starts[start]] = max(float(given), 0.0)
    return days


def closed_days(inputs: PlanInputs, calendar: str = "") -> frozenset[date]:
    """Give the days on which a calendar is shut: holidays and shutdowns."""
    days: set[date] = set()
    for code, first, last in inputs.table("closures").select("calendar", "first", "last").iter_rows():
        if (code or "") in {"", calendar} and first is not None:
            days.update(_span(first, last or first))
    return frozenset(days)


def _span(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=d) for d in range((last - first).days + 1))


def _weekdays(buckets: Buckets, index: int, closed: frozenset[date]) -> int:
    start, stop = buckets.edges[index], buckets.edges[index + 1]
    days = (start + timedelta(days=d) for d in range((stop - start).days))
    return sum(1 for day in days if day.weekday() < 5 and day not in closed)
