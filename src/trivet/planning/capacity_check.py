"""Load against capacity, resource by resource: hours, lines needed, who causes them, what was shown (F4, Y2, Y3).

Need = hours of the production that would be made without limits; load = hours of the plan. Capacity hours = lines x
working days x hours a day x efficiency, overtime apart; utilisation = load / capacity, above one resource the fullest
of them, named (F6). Demonstrated = standard hours a bucket in the closed buckets that were at least 90 % full. The
rough cuts beside them are those of `rough_cuts`.

Reads `required_hours`, `load_hours`, `capacity_hours`, `overtime_hours`; writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from trivet.core.ids import Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.planning.booked_hours import FULL, FULL_BUCKETS, booked_by_item, standard_hours
from trivet.planning.rough_cuts import Cuts, cut_roughly, why_they_differ
from trivet.supply.panels import line_hours, overtime_share, regular_hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Peg:
    """What part of a resource's load a family causes."""

    family: str
    hours: Decimal
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursOfPeriod:
    """Hours of one resource in one period.

    Attributes:
        period: its name.
        required: without limits; load: of the plan; capacity: without overtime.
        overtime, overtime_allowed: that the plan uses, and at most.
        need, use: required and load as part of capacity; None without capacity.
        lines, lines_needed: there are, and that the required hours would take without overtime.
        overall, bill, profile: the rough cuts of what the plan makes; `overall` is None where no past is known.
    """

    period: str
    required: Decimal
    load: Decimal
    capacity: Decimal
    overtime: Decimal
    overtime_allowed: Decimal
    need: Decimal | None
    use: Decimal | None
    lines: Decimal | None
    lines_needed: Decimal | None
    overall: Decimal | None
    bill: Decimal
    profile: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstrated:
    """What a resource has shown it can give.

    Attributes:
        buckets: closed buckets with a load of 90 % or more.
        hours: standard hours it gave in them, a bucket; None where they are too few to show anything.
        rated: hours it was planned with in them.
        share: hours / rated.
    """

    buckets: int
    hours: Decimal | None = None
    rated: Decimal | None = None
    share: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceLoad:
    """One resource.

    Attributes:
        resource, name, location: code, what people call it, plant.
        limit: planning limit as part of capacity, a line on the chart; None = none.
        periods: hours by period.
        families: who causes the load of these periods, largest first.
        demonstrated: what it has shown; None where nothing is known of what was made.
        why: why the rough cuts differ, if notably.
    """

    resource: str
    name: str
    location: str
    limit: Decimal | None
    periods: tuple[HoursOfPeriod, ...]
    families: tuple[Peg, ...]
    demonstrated: Demonstrated | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fullest:
    """The fullest resource of a group in a period: the utilisation of the group (F6)."""

    period: str
    need: Decimal | None
    need_of: str
    use: Decimal | None
    use_of: str


def check_capacity(
    inputs: PlanInputs, plan: Plan, rows: Sequence[int], periods: Sequence[tuple[str, slice]]
) -> tuple[ResourceLoad, ...]:
    """Hold the hours of some resources against their capacity.

    Args:
        inputs: what the plan was made from, whole.
        plan: the plan, whole.
        rows: rows of the load panel.
        periods: name and buckets of each period told.

    Returns:
        One a row, in their order.
    """
    load, cuts = plan.panel("load"), cut_roughly(inputs, plan)
    table = inputs.table("resources")
    facts = {code: rest for code, *rest in table.select("resource", "name", "location", "limit").iter_rows()}
    line = line_hours(inputs, load)
    allowed = load.count("capacity_hours") / 1000.0 * overtime_share(inputs, load)
    shown = _demonstrated_by(inputs, load)
    found = []
    for row in rows:
        code = str(load.keys["resource"][row])
        name, location, limit = facts.get(code, (None, None, None))
        found.append(
            ResourceLoad(
                resource=code,
                name=name or "",
                location=location or "",
                limit=None if limit is None else Decimal(str(limit)),
                periods=tuple(_of_period(load, row, period, (line[row], allowed[row]), cuts) for period in periods),
                families=_pegs(cuts, row, [run for _, run in periods]),
                demonstrated=shown.get(code),
                why=why_they_differ(cuts, code, row, periods),
            )
        )
    return tuple(found)


def _of_period(load: Panel, row: int, period: tuple[str, slice], own: tuple[Rates, Rates], cuts: Cuts) -> HoursOfPeriod:
    name, run = period
    required, planned, capacity, overtime = (
        int(load.count(measure)[row, run].sum()) / 1000.0
        for measure in ("required_hours", "load_hours", "capacity_hours", "overtime_hours")
    )
    line, allowed = float(own[0][run].sum()), float(own[1][run].sum())
    return HoursOfPeriod(
        period=name,
        required=_hours(required),
        load=_hours(planned),
        capacity=_hours(capacity),
        overtime=_hours(overtime),
        overtime_allowed=_hours(allowed),
        need=_part(required, capacity),
        use=_part(planned, capacity),
        lines=_part(capacity, line, "0.01"),
        lines_needed=_part(required, line, "0.01"),
        overall=None if cuts.overall is None else _hours(float(cuts.overall[row, run].sum())),
        bill=_hours(float(cuts.bill[row, run].sum())),
        profile=_hours(float(cuts.profile[row, run].sum())),
    )


def _hours(value: float) -> Decimal:
    return Decimal(f"{value:.3f}")


def _part(value: float, whole: float, places: str = "0.0001") -> Decimal | None:
    return Decimal(repr(value / whole)).quantize(Decimal(places)) if whole > 0 else None


def _pegs(cuts: Cuts, row: int, runs: Sequence[slice]) -> tuple[Peg, ...]:
    hours = {
        family: sum(float(series[run].sum()) for run in runs)
        for (family, resource), series in cuts.by_family.items()
        if resource == row
    }
    total = sum(hours.values())
    pegs = [
        Peg(family=family, hours=_hours(amount), share=_part(amount, total) or Decimal(0))
        for family, amount in hours.items()
        if amount > 0
    ]
    return tuple(sorted(pegs, key=lambda peg: (-peg.hours, peg.family)))


def _demonstrated_by(inputs: PlanInputs, load: Panel) -> dict[str, Demonstrated]:
    """Tell what each resource gave in its full closed buckets, where anything is known of what was made."""
    closed = inputs.model.buckets.closed
    room = regular_hours(inputs, load)[:, closed]
    standard, booked = standard_hours(inputs), booked_by_item(inputs)
    found: dict[str, Demonstrated] = {}
    for row, code in enumerate(load.keys["resource"].to_list()):
        given = sum((series for (name, _), series in sorted(standard.items()) if name == code), np.zeros(room.shape[1]))
        hours = [series for (name, _), series in sorted(booked.items()) if name == code]
        worked: Rates = np.sum(hours, axis=0) if hours else given
        if not given.any():
            continue
        full: Flags = (room[row] > 0) & (worked >= FULL * room[row])
        count = int(full.sum())
        if count < FULL_BUCKETS:
            found[code] = Demonstrated(buckets=count)
            continue
        mean, rated = float(given[full].mean()), float(room[row][full].mean())
        found[code] = Demonstrated(buckets=count, hours=_hours(mean), rated=_hours(rated), share=_part(mean, rated))
    return found


def fullest(loads: Sequence[ResourceLoad]) -> tuple[Fullest, ...]:
    """Name the fullest resource of a group in each period: utilisation above one resource is the maximum (F6)."""
    found = []
    for at, period in enumerate(loads[0].periods if loads else ()):
        need = max(((one.periods[at].need, one.resource) for one in loads), key=_by_part)
        use = max(((one.periods[at].use, one.resource) for one in loads), key=_by_part)
        found.append(
            Fullest(
                period=period.period,
                need=need[0],
                need_of=need[1] if need[0] is not None else "",
                use=use[0],
                use_of=use[1] if use[0] is not None else "",
            )
        )
    return tuple(found)


def _by_part(held: tuple[Decimal | None, str]) -> Decimal:
    return Decimal(-1) if held[0] is None else held[0]
