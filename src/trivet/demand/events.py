"""Promotions as factors on demand: what an event adds while it runs and takes back in the buckets after.

`factor = 1 + sum(volume_share x lift) + sum(dips)` over the events that touch a cell (F16; lift is gross of
price, so no elasticity is applied). Events of one cell add up, so their order does not matter.
"""

from datetime import date
from typing import Final

import numpy as np

from trivet.core.ids import Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.scope import members_of

HELD: Final = ("running", "done")
"""Status of events that took place in closed buckets."""
COMING: Final = ("planned", "running")
"""Status of events that take place in open buckets."""
_EVENT: Final = (
    "item",
    "family",
    "region",
    "channel",
    "first",
    "last",
    "volume_share",
    "lift",
    "dip_1",
    "dip_2",
    "status",
)


def event_factors(inputs: PlanInputs, panel: Panel) -> Rates:
    """Give what promotions do to each cell: (series, buckets), 1 = nothing, never below 0.

    In closed buckets only events that ran or are running count, in open ones those planned or running;
    dips follow every event that was held or will be. Cancelled events count nowhere. A missing status is planned.
    """
    members = members_of(inputs, panel.keys)
    change = np.zeros(panel.shape)
    table = inputs.table("promotions").sort("promotion").select(_EVENT)
    for item, family, region, channel, first, last, part, lift, *dips, status in table.iter_rows():
        names = {"item": item or "", "family": family or "", "region": region or "", "channel": channel or ""}
        rows = members.rows(names)
        touched = 1.0 if part is None else part
        change[rows] += _course(panel, (first, last or first), touched * lift, (dips[0] or 0.0, dips[1] or 0.0), status)
    return np.maximum(1 + change, 0.0)


def _course(panel: Panel, run: tuple[date, date], lift: float, dips: tuple[float, float], status: str | None) -> Rates:
    """Give the change one event makes to each bucket."""
    course = np.zeros(len(panel.buckets))
    known = status or "planned"
    if known == "cancelled":
        return course
    starts = np.array(panel.buckets.starts, dtype="datetime64[D]")
    first, last = (int(np.searchsorted(starts, np.datetime64(day, "D"), side="right")) - 1 for day in run)
    if last < 0:
        return course
    happens = _happens(panel, known)
    during = np.arange(len(course))
    course[(during >= first) & (during <= last) & happens] = lift
    for step, dip in enumerate(dips, start=1):
        after = last + step
        if last < len(course) and after < len(course) and happens[last]:
            course[after] += dip
    return course


def _happens(panel: Panel, status: str) -> Flags:
    """Tell in which buckets an event of this status takes place."""
    closed = np.arange(len(panel.buckets)) < panel.buckets.first_open
    return (closed & (status in HELD)) | (~closed & (status in COMING))
