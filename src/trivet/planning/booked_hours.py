"""Hours booked on resources held against hours a unit: do they move with what was made, and how far are they off?

Reads `hours_worked`, `production` and `routings` of the closed buckets; changes nothing. Standard hours = good
quantity x hours a unit. Where an operation takes the same hours whatever it made, hours a unit are an average that
holds in no single bucket: the plan is made with them all the same, and this says how far its load can be off. Else
booked / standard hours says what a standard hour really took, and what the resource gave in the buckets that were
full (load >= 90 %, F4) is its demonstrated capacity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from trivet.core.ids import Counts, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.plan import PlanInputs
from trivet.supply.calendar import working_days

SAME: Final = 0.05
"""Part of the booked hours that may lie elsewhere when every operation is said to take the same hours."""
APART: Final = 0.2
"""Part of the booked hours that lie elsewhere than the quantities when they are said to ignore them."""
OFF: Final = 0.1
"""Part by which booked and standard hours, or demonstrated and rated capacity, differ when it is told."""
FULL: Final = 0.9
"""Load from which a bucket shows what a resource can do (F4)."""
FEWEST: Final = 6
"""Closed buckets with hours that make a finding."""
FULL_BUCKETS: Final = 3
"""Full closed buckets that demonstrate a capacity."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Booked:
    """What was booked on a resource, on the closed buckets that have bookings.

    Attributes:
        resource: its code.
        columns: (n,) numbers of the buckets.
        hours, standard: (n,) hours booked, and good quantity x hours a unit.
        operations: (n,) they were booked on; 0 = not known.
        by_operation, by_quantity: hours that would lie in another bucket if every operation took the same hours,
            and if hours followed the standard ones; by item where bookings name items.
        room: (n,) regular hours the resource had.
        cost: of its crew an hour, plan currency.
    """

    resource: str
    columns: Counts
    hours: Rates
    standard: Rates
    operations: Rates
    by_operation: float
    by_quantity: float
    room: Rates
    cost: float

    @property
    def ignores_quantity(self) -> bool:
        """Whether operations take the same hours while what they made says otherwise."""
        total = float(self.hours.sum())
        known = bool((self.operations > 0).all()) and float(self.standard.sum()) > 0
        return known and self.by_operation <= SAME * total and self.by_quantity >= APART * total


def find_booked(inputs: PlanInputs) -> list[Issue]:
    """Tell where booked hours contradict routings and capacity, resource by resource.

    Args:
        inputs: the snapshot.

    Returns:
        `data.hours-ignore-quantity`, else `data.hours-off-standard` and `data.capacity-not-demonstrated`.
    """
    issues: list[Issue] = []
    for booked in read_booked(inputs):
        if len(booked.columns) < FEWEST or not booked.standard.sum() > 0:
            continue
        if booked.ignores_quantity:
            issues.append(_ignores_quantity(inputs, booked))
        else:
            issues += [issue for issue in (_off_standard(inputs, booked), _demonstrated(inputs, booked)) if issue]
    return issues


def read_booked(inputs: PlanInputs) -> list[Booked]:
    """Line up booked, standard and regular hours of every resource that has bookings, in order of code."""
    closed = inputs.model.buckets.first_open
    sums = _bookings(inputs)
    standard, days = standard_hours(inputs), working_days(inputs)[:closed]
    found: list[Booked] = []
    names = ("resource", "lines", "hours_per_day", "efficiency", "crew_cost")
    for code, lines, per_day, efficiency, cost in inputs.table("resources").sort("resource").select(names).iter_rows():
        keys = sorted(key for key in sums if key[0] == code)
        if not keys:
            continue
        hours, operations, due = np.zeros(closed), np.zeros(closed), np.zeros(closed)
        apart = [0.0, 0.0]
        for key in keys:
            own, count = sums[key]
            expected = _expected(standard, key, closed)
            hours, operations, due = hours + own, operations + count, due + expected
            apart[0] += _elsewhere(own, count)
            apart[1] += _elsewhere(own, expected)
        at = np.flatnonzero(hours > 0)
        found.append(
            Booked(
                resource=code,
                columns=at,
                hours=hours[at],
                standard=due[at],
                operations=operations[at],
                by_operation=apart[0],
                by_quantity=apart[1],
                room=days[at] * float(lines or 0) * float(per_day or 0) * float(efficiency or 1.0),
                cost=float(cost or 0),
            )
        )
    return found


def booked_by_item(inputs: PlanInputs) -> Mapping[Key, Rates]:
    """Give the hours booked by resource and item ("" = all together): (closed,) hours."""
    return {key: hours for key, (hours, _) in _bookings(inputs).items()}


def _bookings(inputs: PlanInputs) -> dict[Key, tuple[Rates, Rates]]:
    """Add up hours and operations by resource, item and closed bucket."""
    buckets = inputs.model.buckets
    column = {start: at for at, start in enumerate(buckets.starts[: buckets.first_open])}
    rows = inputs.table("hours_worked").filter(pl.col("bucket").is_in(list(column)))
    keys = ("resource", "item", "bucket")
    sums: dict[Key, tuple[Rates, Rates]] = {}
    summed = rows.group_by(keys, maintain_order=True).agg(pl.col("hours").sum(), pl.col("operations").sum()).sort(keys)
    for resource, item, bucket, hours, operations in summed.iter_rows():
        own = sums.setdefault((resource, item or ""), (np.zeros(len(column)), np.zeros(len(column))))
        own[0][column[bucket]] = hours / 1000.0
        own[1][column[bucket]] = operations or 0
    return sums


def standard_hours(inputs: PlanInputs) -> Mapping[Key, Rates]:
    """Give good quantity x hours a unit by resource and item: (closed,) hours."""
    buckets = inputs.model.buckets
    column = {start: at for at, start in enumerate(buckets.starts[: buckets.first_open])}
    made: dict[Key, Rates] = {}
    rows = inputs.table("production").select("item", "location", "bucket", "quantity").sort("item", "bucket")
    for item, place, bucket, count in rows.iter_rows():
        if bucket in column:
            series = made.setdefault((item, place), np.zeros(buckets.first_open))
            series[column[bucket]] += count / 1000.0
    hours: dict[Key, Rates] = {}
    routings = inputs.table("routings").select("item", "location", "resource", "hours_per_unit")
    for item, place, resource, each in routings.sort("item", "location", "resource").iter_rows():
        if (item, place) in made and each:
            before = hours.get((resource, item), np.zeros(buckets.first_open))
            hours[resource, item] = before + made[item, place] * float(each)
    return hours


def _expected(standard: Mapping[Key, Rates], key: Key, closed: int) -> Rates:
    """Give the standard hours of a booking: of its item, or of everything on the resource."""
    resource, item = key
    total = np.zeros(closed)
    for (code, made), hours in sorted(standard.items()):
        if code == resource and item in ("", made):
            total = total + hours
    return total


def _elsewhere(hours: Rates, pattern: Rates) -> float:
    """Give the hours that lie in other buckets than a pattern of the same sum."""
    whole = float(pattern.sum())
    if whole <= 0:
        return float(hours.sum())
    return float(np.abs(hours - pattern * (float(hours.sum()) / whole)).sum())


def _place(inputs: PlanInputs, booked: Booked) -> Place:
    starts = inputs.model.buckets.starts
    return Place(
        measure=MeasureId("required_hours"),
        scope=(Node(dimension="resource", level="resource", member=MemberId(booked.resource)),),
        first=starts[int(booked.columns[0])],
        last=starts[int(booked.columns[-1])],
        source="hours_worked",
    )


def _worth(hours: float, booked: Booked) -> Decimal | None:
    return Decimal(round(hours * booked.cost * 100)) / 100 if booked.cost else None


def _ignores_quantity(inputs: PlanInputs, booked: Booked) -> Issue:
    label, hours, due = inputs.model.buckets.label, booked.hours, booked.standard
    off = float(np.abs(hours - due).sum())
    times = np.divide(hours, due, out=np.full(len(due), np.nan), where=due > 0)
    most, least = int(np.nanargmax(times)), int(np.nanargmin(times))
    each = float(hours.sum()) / float(booked.operations.sum())
    return Issue(
        code="data.hours-ignore-quantity",
        severity=Severity.WARNING,
        place=_place(inputs, booked),
        message=f"{hours.sum():,.0f} h were booked on {booked.operations.sum():,.0f} operations, {each:.3g} h each "
        f"whatever they made. Quantity x hours a unit gives {due.sum():,.0f} h, and bucket by bucket {off:,.0f} h more "
        f"or less ({off / hours.sum():.0%}): {times[most]:.1f} times as many hours were booked in "
        f"{label(int(booked.columns[most]))}, {times[least]:.1f} times in {label(int(booked.columns[least]))}.",
        advice="Book hours as they are worked; if an order really takes the same time whatever its size, plan it as "
        "setup_hours in routings.csv. Until then the load of a single bucket is off by as much.",
        at_stake=_worth(off, booked),
    )


def _off_standard(inputs: PlanInputs, booked: Booked) -> Issue | None:
    hours, due = float(booked.hours.sum()), float(booked.standard.sum())
    if abs(hours / due - 1) <= OFF:
        return None
    word = "more" if hours > due else "fewer"
    return Issue(
        code="data.hours-off-standard",
        severity=Severity.WARNING,
        place=_place(inputs, booked),
        message=f"{hours:,.0f} h were booked, {abs(hours / due - 1):.0%} {word} than quantity x hours a unit gives "
        f"({due:,.0f} h): a standard hour took {hours / due:.2f} h. The plan counts on the hours of the routings.",
        advice="Check hours_per_unit in routings.csv, or what is booked.",
        at_stake=_worth(abs(hours - due), booked),
    )


def _demonstrated(inputs: PlanInputs, booked: Booked) -> Issue | None:
    """Tell what a resource gave in full buckets, where that is less than it is planned with."""
    full = np.flatnonzero((booked.room > 0) & (booked.hours >= FULL * booked.room))
    if len(full) < FULL_BUCKETS:
        return None
    given, rated = float(booked.standard[full].mean()), float(booked.room[full].mean())
    if given >= rated * (1 - OFF):
        return None
    return Issue(
        code="data.capacity-not-demonstrated",
        severity=Severity.WARNING,
        place=_place(inputs, booked),
        message=f"in the {len(full)} closed buckets with a load of {FULL:.0%} or more it gave {given:,.0f} standard "
        f"hours a bucket; it is planned with {rated:,.0f} ({given / rated:.0%} demonstrated).",
        advice="Set lines, hours_per_day or efficiency in resources.csv to what was shown, or find what holds it back.",
        at_stake=_worth((rated - given) * len(full), booked),
    )
