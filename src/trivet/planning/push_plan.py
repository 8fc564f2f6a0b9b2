"""Everything that is handed from a published plan to execution: its tables, and what must be said of them (Y18, C8).

The plan is laid out in weeks once; the tables are views of that. Whole buckets only: weeks asked for are completed to
the end of the bucket the last of them ends in, so that what is handed over ties.
"""

from bisect import bisect_left
from datetime import timedelta
from decimal import Decimal

import numpy as np
import polars as pl

from trivet.core.errors import InvalidInput
from trivet.core.ids import VersionId
from trivet.core.plan import Plan, PlanInputs
from trivet.core.pushdown import PushDown, PushedTable
from trivet.core.quantities import QUANTITY, to_decimal
from trivet.planning.push_finance import finance_file, mix_table
from trivet.planning.push_tables import Laid, master_schedule, open_orders, purchase_plan, transfer_plan
from trivet.planning.schedule import schedule_weeks
from trivet.planning.weekly import CARRIED
from trivet.planning.weeks import WeekParts, work_of
from trivet.supply.calendar import closed_days, working_days


def push_plan(inputs: PlanInputs, plan: Plan, version: VersionId, *, weeks: int | None = None) -> PushDown:
    """Lay a plan out for ERP, buyers and finance.

    Args:
        inputs: what the plan was made from.
        plan: a published one.
        version: its id.
        weeks: weeks from the first one on, completed to whole buckets; None = the whole horizon. Finance and mix are
            always whole.

    Raises:
        InvalidInput: fewer than 1 week.
    """
    schedule, buckets = schedule_weeks(inputs, plan), inputs.model.buckets
    laid = Laid(inputs=inputs, supply=plan.panel("supply"), schedule=schedule, buckets=_covered(schedule.parts, weeks))
    finance, told = finance_file(inputs, plan)
    purchases, transfers, (by_week, by_part) = purchase_plan(laid), transfer_plan(laid), master_schedule(laid)
    mix = mix_table(inputs, plan.panel("demand"))
    notes = (*_carried(laid), *_late(laid, purchases), *_short(transfers), *_unplaced(laid, plan), *_days(laid), *told)
    first = buckets.first_open
    return PushDown(
        company=inputs.model.company.name,
        currency=inputs.model.company.currency,
        calendar=inputs.model.company.calendar,
        cycle=buckets.label(first),
        version=version,
        digest=plan.digest(),
        first=schedule.parts.firsts[0],
        last=schedule.parts.lasts[laid.parts[-1]],
        buckets=(buckets.label(first), buckets.label(first + laid.buckets - 1)),
        weeks=len({schedule.parts.monday(part) for part in laid.parts}),
        tables=(by_week, by_part, purchases, transfers, open_orders(laid), finance, mix),
        notes=notes,
    )


def _covered(parts: WeekParts, weeks: int | None) -> int:
    """Give the number of open buckets that so many weeks touch."""
    if weeks is None:
        return len(parts.spans)
    if weeks < 1:
        raise InvalidInput(f"--weeks is {weeks}; expected 1 or more, or nothing for the whole horizon.")
    sunday = parts.monday(0) + timedelta(weeks=weeks, days=-1)
    return parts.columns[min(bisect_left(parts.lasts, sunday), len(parts) - 1)] + 1


def _carried(laid: Laid) -> list[str]:
    """Say what is below one step at the end."""
    end, sites = laid.parts[-1], laid.schedule.sites
    left = {name.removesuffix("_carried"): sites[name][:, end] for name in CARRIED}
    return [
        f"{name} goes in whole steps: {int(np.count_nonzero(counts))} series carry less than one step each, "
        f"{_units(counts.sum())} units in all, beyond {laid.label(end)}."
        for name, counts in left.items()
        if counts.any()
    ]


def _late(laid: Laid, purchases: PushedTable) -> list[str]:
    """Say what comes too late for its lead time, and what nobody delivers."""
    late = purchases.frame.filter(pl.col("late_days") > 0)
    nobody = purchases.frame.filter(pl.col("supplier") == "")
    told = []
    if late.height:
        told.append(
            f"{late.height} purchases ({_units(late['quantity'].sum())} units) had to be ordered before "
            f"{laid.schedule.parts.firsts[0]}: their lead time is longer than the plan leaves."
        )
    if nobody.height:
        told.append(f"{nobody.height} purchases name no supplier: supply_sources has none for their items.")
    return told


def _short(transfers: PushedTable) -> list[str]:
    short = transfers.frame.filter(transfers.frame["short_days"] > 0)
    if short.is_empty():
        return []
    return [
        f"{short.height} of {transfers.frame.height} transfers ({_units(short['quantity'].sum())} units) have fewer "
        "days than their lane takes: the plan counts lead times in whole buckets."
    ]


def _unplaced(laid: Laid, plan: Plan) -> list[str]:
    """Say what is planned to be sold and has no place to come from."""
    demand = plan.panel("demand")
    there = set(laid.supply.keys["item"].to_list())
    wanted = demand.count("consensus_demand")[:, demand.buckets.horizon].sum(axis=1)
    lost = [int(units) for item, units in zip(demand.keys["item"], wanted, strict=True) if item not in there and units]
    if not lost:
        return []
    return [f"{len(lost)} series with demand ({_units(sum(lost))} units) are kept nowhere: they are in finance only."]


def _days(laid: Laid) -> list[str]:
    """Say where a calendar has other working days than Monday to Friday less closures: which ones is not known."""
    buckets, parts, told = laid.inputs.model.buckets, laid.schedule.parts, []
    calendars = laid.inputs.table("calendars")["calendar"].fill_null("").unique().sort().to_list()
    for calendar in calendars:
        work = work_of(parts, closed_days(laid.inputs, calendar))
        known = np.array([sum(work[part] for part in span) for span in parts.spans[: laid.buckets]])
        given = working_days(laid.inputs, calendar)[buckets.horizon][: laid.buckets]
        off = np.abs(given - known) > 1
        if off.any():
            name = f"calendar '{calendar}'" if calendar else "the company's calendar"
            told.append(
                f"{name} gives {int(off.sum())} buckets other working days than Monday to Friday less closures: their "
                "weeks share alike; name the days in closures.csv."
            )
    return told


def _units(counts: float | Decimal) -> str:
    return f"{to_decimal(int(counts), QUANTITY).normalize():f}"
