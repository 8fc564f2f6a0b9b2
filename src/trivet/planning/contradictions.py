"""Where a company's own figures contradict each other: made and sold, hours and capacity, stock below zero.

Reads the actuals of the closed buckets; changes nothing. The plan is made all the same, from the numbers as they are;
each contradiction says how large it is, so that somebody can find out which of the two sides is wrong.

made = sold + used in other items (bill of materials) + growth of stock; hours a resource ran = sum of made x hours a
unit, against its regular hours and overtime. Hours booked against hours a unit are read in `booked_hours`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from trivet.core.ids import MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY, to_decimal
from trivet.planning.booked_hours import Booked, find_booked, read_booked, standard_hours
from trivet.supply.calendar import working_days

SURPLUS: Final = 1.25
"""Times production stands above what it was made for when the two contradict each other."""
TIMES: Final = 2.0
"""Times production stands above sales when that is worth an explanation."""
OVERRUN: Final = 1.1
"""Hours a resource ran, as a part of all it has, above which hours or capacity are wrong."""
_FEWEST: Final = 3
"""Closed buckets with an overrun that make it a contradiction."""
_CENT: Final = Decimal("0.01")
_NAMED: Final = 5


def find_contradictions(inputs: PlanInputs, demand: Panel) -> tuple[Issue, ...]:
    """Tell where the actuals contradict each other.

    Args:
        inputs: the snapshot.
        demand: panel with shipments and unit_cost.
    """
    found = (_production(inputs, demand), *find_overruns(inputs), *find_booked(inputs), _negative_stock(inputs, demand))
    return tuple(issue for issue in found if issue)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What finished items were made for, in counts over the closed buckets.

    Attributes:
        made, sold, used: totals of items that are made and sold; used = in other items.
        beyond: item -> made beyond what was sold and put into stock: what only the bill of materials explains.
        surplus: item -> made beyond everything it was made for.
    """

    made: int
    sold: int
    used: int
    beyond: Mapping[str, int]
    surplus: Mapping[str, int]


def compare_production(inputs: PlanInputs, demand: Panel) -> Made:
    """Hold production against shipments, use in other items and growth of stock."""
    first, closed = inputs.model.buckets.edges[0], inputs.model.buckets.current
    inside = (pl.col("bucket") >= first) & (pl.col("bucket") < closed)
    goods = set(inputs.table("items").filter(pl.col("kind") == "finished")["item"].to_list())
    everything = total_by_item(inputs.table("production").filter(inside))
    made = {item: count for item, count in everything.items() if item in goods}
    used = _used(inputs, everything)
    grown = _growth(inputs.table("stock_history").filter(inside))
    sold: dict[str, int] = {}
    for row, item in enumerate(demand.keys["item"].to_list()):
        sold[item] = sold.get(item, 0) + int(demand.count("shipments")[row].sum())
    left = {item: count - sold.get(item, 0) - max(grown.get(item, 0), 0) for item, count in made.items()}
    known = {item: count - left[item] + used.get(item, 0) for item, count in made.items()}
    surplus = {item: made[item] - amount for item, amount in known.items() if 0 < amount * SURPLUS < made[item]}
    return Made(
        made=sum(made.values()),
        sold=sum(sold.get(item, 0) for item in made),
        used=sum(used.get(item, 0) for item in made),
        beyond={item: count for item, count in left.items() if count > 0},
        surplus=surplus,
    )


def total_by_item(frame: pl.DataFrame) -> dict[str, int]:
    """Add up quantities (counts) by item, in order of code."""
    return dict(frame.group_by("item", maintain_order=True).agg(pl.col("quantity").sum()).sort("item").iter_rows())


def _used(inputs: PlanInputs, made: Mapping[str, int]) -> dict[str, int]:
    used: dict[str, float] = {}
    parts = inputs.table("bill_of_materials").select("parent", "component", "quantity").sort("parent", "component")
    for parent, component, quantity in parts.iter_rows():
        used[component] = used.get(component, 0.0) + made.get(parent, 0) * float(quantity or 0.0)
    return {item: round(amount) for item, amount in used.items()}


def _growth(stock: pl.DataFrame) -> dict[str, int]:
    ends = stock.sort("bucket").group_by("item", "location", maintain_order=True)
    return total_by_item(ends.agg(pl.col("quantity").last() - pl.col("quantity").first()))


def worth_at_cost(counts: Mapping[str, int], demand: Panel) -> dict[str, Decimal]:
    """Value quantities (counts) of items at standard cost, to the cent; 0 where no cost is known."""
    mask, rates = demand.mask("unit_cost"), demand.rate("unit_cost")
    costs: dict[str, Decimal] = {}
    for row, item in enumerate(demand.keys["item"].to_list()):
        if item not in costs and mask[row].any():
            costs[item] = Decimal(repr(float(rates[row, int(np.argmax(mask[row]))])))
    return {
        item: (to_decimal(count, QUANTITY) * costs.get(item, Decimal(0))).quantize(_CENT)
        for item, count in sorted(counts.items())
    }


def _production(inputs: PlanInputs, demand: Panel) -> Issue | None:
    found = compare_production(inputs, demand)
    if not found.sold or (found.made <= TIMES * found.sold and not found.surplus):
        return None
    made, sold, used = (f"{to_decimal(count, QUANTITY):,.0f}" for count in (found.made, found.sold, found.used))
    names = sorted(found.surplus)
    worth = sum(worth_at_cost(found.surplus or found.beyond, demand).values(), Decimal(0))
    left = f"{_some(names)} were made beyond that" if names else "nothing is left unexplained if that bill is right"
    return Issue(
        code="data.production-above-sales",
        severity=Severity.WARNING if names else Severity.NOTE,
        place=Place(measure=MeasureId("production"), source="production"),
        message=f"finished items: {made} were made and {sold} shipped ({found.made / found.sold:.1f} times). "
        f"{used} went into other items by the bill of materials; {left}.",
        advice="Check unit and filter of production.csv and the bill of materials." if names
        else "Nothing to do if those items are parts as well as goods.",
        at_stake=worth,
    )  # fmt: skip


def _some(names: list[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def find_overruns(inputs: PlanInputs) -> list[Issue]:
    """Find resources that ran far more hours than they have: too few lines, or hours a unit that are too long."""
    hours, booked = _hours_run(inputs), {one.resource: one for one in read_booked(inputs)}
    buckets, issues = inputs.model.buckets, list[Issue]()
    for row in inputs.table("resources").sort("resource").iter_rows(named=True):
        code = str(row["resource"])
        if code not in hours:
            continue
        daily = float(row["lines"] or 0) * float(row["hours_per_day"] or 0) * float(row["efficiency"] or 1.0)
        room = working_days(inputs)[: buckets.first_open] * daily * (1 + float(row["overtime"] or 0))
        part = np.divide(hours[code], room, out=np.zeros(len(room)), where=room > 0)
        over = np.flatnonzero(part > OVERRUN)
        if len(over) < _FEWEST:
            continue
        worst = int(np.argmax(part))
        excess = float((hours[code] - room)[over].sum())
        issues.append(
            Issue(
                code="data.hours-above-capacity",
                severity=Severity.WARNING,
                place=Place(
                    measure=MeasureId("required_hours"),
                    scope=(Node(dimension="resource", level="resource", member=MemberId(code)),),
                    first=buckets.starts[int(over[0])],
                    last=buckets.starts[int(over[-1])],
                ),
                message=f"production and routings give {part[worst]:.1f} times the hours it has, overtime included, in "
                f"{buckets.label(worst)}, and more than all of them in {len(over)} closed buckets: {excess:,.0f} h too "
                f"many. {_told(booked.get(code), worst, float(room[worst]))}",
                advice=f"Check lines and hours_per_day in resources.csv ({_lines(row, part[worst])} lines would have "
                "run it), and hours_per_unit in routings.csv.",
                at_stake=Decimal(round(excess * float(row["crew_cost"] or 0) * 100)) / 100,
            )
        )
    return issues


def _told(booked: Booked | None, column: int, room: float) -> str:
    """Say which side the hours booked in a bucket are on; `room` is what the resource has in it."""
    at = np.flatnonzero(booked.columns == column) if booked else np.zeros(0, dtype=np.int64)
    if booked is None or not len(at):
        return "What was made can't have taken them."
    hours = float(booked.hours[at[0]])
    if hours > room * OVERRUN:
        return f"{hours:,.0f} h were booked in that bucket, {hours / room:.1f} times what it has: lines are missing."
    return f"{hours:,.0f} h were booked in that bucket: hours a unit are too long."


def _lines(row: Mapping[str, object], part: float) -> int:
    """Give the lines that would have run the fullest bucket."""
    return math.ceil(round(part * float(str(row["lines"])), 6))


def _hours_run(inputs: PlanInputs) -> dict[str, Rates]:
    """Give the hours production took on each resource by closed bucket; an item's ways share it alike."""
    hours: dict[str, Rates] = {}
    for (resource, _), own in sorted(standard_hours(inputs).items()):
        hours[resource] = hours.get(resource, np.zeros(len(own))) + own
    return hours


def _negative_stock(inputs: PlanInputs, demand: Panel) -> Issue | None:
    buckets = inputs.model.buckets
    last = buckets.edges[max(buckets.first_open - 1, 0)]
    below = inputs.table("stock_history").filter((pl.col("bucket") == last) & (pl.col("quantity") < 0))
    if below.is_empty():
        return None
    counts = {item: -count for item, count in total_by_item(below).items()}
    units = to_decimal(sum(counts.values()), QUANTITY).normalize()
    return Issue(
        code="data.negative-stock",
        severity=Severity.WARNING,
        place=Place(measure=MeasureId("projected_stock"), source="stock_history", first=last),
        message=f"{len(counts)} items begin below zero ({_some(sorted(counts))}), {units:,f} units together; the plan "
        "starts from the number as it is.",
        advice="Count again, or book what is missing.",
        at_stake=sum(worth_at_cost(counts, demand).values(), Decimal(0)),
    )
