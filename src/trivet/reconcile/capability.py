"""Where the wish exceeds the means: overloaded resources, short key materials, order backlogs, stock left over.

Reads required_hours, load_hours and capacity_hours of the load panel, material_need and material_cap of the
material panel, order_backlog, site_shipments and projected_stock of the supply panel (F2, F4, F15).
"""

from decimal import Decimal

import numpy as np

from trivet.core.buckets import Buckets
from trivet.core.fiscal import families_of, sum_by, years_ahead
from trivet.core.ids import Counts
from trivet.core.measures import QUANTUM, Unit
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, times_rate, to_decimal
from trivet.core.summary import BacklogWeeks, Ending, MaterialShortage, Overload, percent

_HOURS = QUANTUM[Unit.HOURS] or Decimal("0.001")


def _reach(buckets: Buckets) -> slice:
    """Give the open buckets of this and the next fiscal year: what somebody can and should still act on."""
    return slice(buckets.first_open, max(year.columns.stop for year in years_ahead(buckets)))


def find_overloads(load: Panel) -> tuple[Overload, ...]:
    """Name the resources the unlimited plan overloads this or next fiscal year, each with its worst bucket."""
    ahead = _reach(load.buckets)
    need, have, made = (load.count(name)[:, ahead] for name in ("required_hours", "capacity_hours", "load_hours"))
    over = need - have
    share = np.where(have > 0, need / np.where(have > 0, have, 1), np.where(need > 0, np.inf, 0.0))
    found: list[tuple[float, Overload]] = []
    for row, resource in enumerate(load.keys["resource"].to_list()):
        if not (over[row] > 0).any():
            continue
        worst = int(np.argmax(np.where(over[row] > 0, share[row], -1.0)))
        hours = to_decimal(int(have[row, worst]), _HOURS)
        bucket = ahead.start + worst
        found.append(
            (
                float(share[row, worst]),
                Overload(
                    resource=resource,
                    bucket=load.buckets.starts[bucket],
                    label=load.buckets.label(bucket),
                    need=percent(to_decimal(int(need[row, worst]), _HOURS), hours),
                    planned=percent(to_decimal(int(made[row, worst]), _HOURS), hours),
                    over=to_decimal(int(over[row, worst]), _HOURS),
                    buckets=int((over[row] > 0).sum()),
                ),
            )
        )
    return tuple(overload for _, overload in sorted(found, key=lambda pair: (-pair[0], pair[1].resource)))


def count_overloads(load: Panel) -> int:
    """Give the number of resources x buckets of this and next fiscal year above capacity in the unlimited plan."""
    ahead = _reach(load.buckets)
    return int((load.count("required_hours")[:, ahead] > load.count("capacity_hours")[:, ahead]).sum())


def find_shortages(inputs: PlanInputs, material: Panel) -> tuple[MaterialShortage, ...]:
    """Name the key materials that can't be had in time, the largest shortage first.

    Short is what the unlimited plan needs up to a bucket, beyond the stock counted and all that the
    suppliers deliver until then: building ahead of a peak is no shortage.
    """
    items = material.keys["item"].to_list()
    ahead = material.buckets.horizon
    names, need = sum_by(items, material.count("material_need")[:, ahead])
    cap = sum_by(items, material.count("material_cap")[:, ahead])[1]
    free = sum_by(items, (~material.mask("material_cap")[:, ahead]).astype(np.int64))[1] > 0
    stock = _counted(inputs, material)
    found = []
    for row, item in enumerate(names):
        opening = stock.get(item, 0)
        limited = np.where(free[row], np.maximum(need[row], cap[row]), cap[row])
        missing = np.cumsum(need[row] - limited) - opening
        if not len(missing) or missing.max() <= 0:
            continue
        last = int(np.argmax(missing))
        first = int(np.argmax(missing > 0))
        found.append((int(missing[last]), item, first, last, need[row, : last + 1], limited[: last + 1], opening))
    return tuple(
        MaterialShortage(
            item=item,
            suppliers=_suppliers(material, item),
            first=material.buckets.label(ahead.start + first),
            last=material.buckets.label(ahead.start + last),
            need=to_decimal(int(wanted.sum()), QUANTITY),
            cap=to_decimal(int(given.sum()), QUANTITY),
            stock=to_decimal(opening, QUANTITY),
            short=to_decimal(short, QUANTITY),
            families=families_using(inputs, item),
        )
        for short, item, first, last, wanted, given, opening in sorted(found, key=lambda f: (-f[0], f[1]))
    )


def families_using(inputs: PlanInputs, component: str) -> tuple[str, ...]:
    """Give the families whose items hold a component, through every level of the bill of materials."""
    uses: dict[str, list[str]] = {}
    for parent, used in inputs.table("bill_of_materials").select("parent", "component").iter_rows():
        uses.setdefault(used, []).append(parent)
    seen: set[str] = set()
    open_ = [component]
    while open_:
        for parent in uses.get(open_.pop(), []):
            if parent not in seen:
                seen.add(parent)
                open_.append(parent)
    items = inputs.table("items")
    made = items.filter(items["item"].is_in(sorted(seen)) & (items["kind"] == "finished"))
    return tuple(sorted(set(made["family"].to_list())))


def _counted(inputs: PlanInputs, material: Panel) -> dict[str, int]:
    """Give the stock counted at the end of the last closed bucket."""
    first = material.buckets.first_open
    if not first:
        return {}
    history = inputs.table("stock_history")
    last = history.filter(history["bucket"] == material.buckets.starts[first - 1])
    total: dict[str, int] = {}
    for item, quantity in last.select("item", "quantity").iter_rows():
        total[item] = total.get(item, 0) + quantity
    return total


def _suppliers(material: Panel, item: str) -> tuple[str, ...]:
    return tuple(sorted(s for i, s in material.keys.select("item", "supplier").iter_rows() if i == item))


def backlog_weeks(backlog: Counts, shipments: Counts, days: Counts, at: int) -> Decimal | None:
    """Give the weeks of coming shipments until the backlog at the end of bucket `at` is shipped (F2).

    Counts (buckets,) of one family; whole buckets, then the part of the next. Beyond the last bucket shipments
    are taken to run on at the mean pace of the coming ones. None when nothing is ever shipped.
    """
    left, waited = int(backlog[at]), Decimal(0)
    for bucket in range(at + 1, len(shipments)):
        if left <= 0:
            break
        shipped = int(shipments[bucket])
        part = Decimal(1) if shipped <= left else Decimal(left) / Decimal(shipped)
        waited += part * int(days[bucket])
        left -= shipped
    if left > 0:
        coming = int(shipments[at + 1 :].sum())
        if coming <= 0:
            return None
        waited += Decimal(left) * int(days[at + 1 :].sum()) / Decimal(coming)
    return (waited / 7).quantize(Decimal("0.1"))


def find_backlogs(inputs: PlanInputs, supply: Panel) -> tuple[BacklogWeeks, ...]:
    """Give each make-to-order family's order backlog in weeks: now, and at worst in this or next fiscal year."""
    items = inputs.table("items")
    to_order = items["policy"].is_in(["make-to-order", "assemble-to-order"])
    ordered = set(items.filter(to_order)["item"].to_list())
    mine = np.array([item in ordered for item in supply.keys["item"].to_list()], dtype=np.bool_)
    labels = [family if hit else "" for family, hit in zip(families_of(inputs.model, supply), mine, strict=True)]
    families, backlog = sum_by(labels, supply.count("order_backlog"))
    shipments = sum_by(labels, supply.count("site_shipments"))[1]
    days, first = supply.buckets.days(), supply.buckets.first_open
    found = []
    for row, family in enumerate(families):
        if not family:
            continue
        weeks = {
            t: backlog_weeks(backlog[row], shipments[row], days, t) for t in range(max(first - 1, 0), len(days) - 1)
        }
        known = {t: week for t, week in weeks.items() if week is not None and first <= t < _reach(supply.buckets).stop}
        when = max(known, key=lambda t: (known[t], -t)) if known else first
        found.append(
            BacklogWeeks(
                family=family,
                units=to_decimal(int(backlog[row, first - 1]) if first else 0, QUANTITY),
                opening=weeks.get(first - 1),
                worst=known.get(when),
                when=supply.buckets.label(when),
                policy=_policy_weeks(inputs, family),
            )
        )
    return tuple(found)


def _policy_weeks(inputs: PlanInputs, family: str) -> Decimal | None:
    rows = inputs.table("inventory_policy")
    given = rows.filter((rows["family"] == family) & rows["maximum_weeks"].is_not_null())["maximum_weeks"].to_list()
    return Decimal(str(min(given))) if given else None


def find_endings(inputs: PlanInputs, demand: Panel, supply: Panel) -> tuple[Ending, ...]:
    """Name the items that leave stock behind when they are sold for the last time, by value at cost (F15)."""
    buckets = supply.buckets
    items = inputs.table("items")
    inside = (items["last_sale"] >= buckets.current) & (items["last_sale"] < buckets.edges[-1])
    names, stock = sum_by(supply.keys["item"].to_list(), supply.count("projected_stock"))
    found = []
    for item, family, last in items.filter(inside).select("item", "family", "last_sale").iter_rows():
        if item not in names:
            continue
        column = buckets.index(last)
        left = int(stock[names.index(item), column])
        if left > 0:
            cost = item_cost(demand, item)[column]
            value = times_rate(np.array([left]), np.array([cost]), QUANTITY, MONEY)
            found.append(
                Ending(
                    item=item,
                    family=family,
                    last=buckets.label(column),
                    left=to_decimal(left, QUANTITY),
                    value=to_decimal(int(value[0]), MONEY),
                )
            )
    return tuple(sorted(found, key=lambda ending: (-ending.value, ending.item)))


def item_cost(demand: Panel, item: str) -> list[float]:
    """Give the standard cost of an item by bucket, from the first of its series that has one; else 0."""
    rows = np.flatnonzero((demand.keys["item"] == item).to_numpy())
    cost, mask = demand.rate("unit_cost"), demand.mask("unit_cost")
    found = np.zeros(len(demand.buckets))
    for row in rows[::-1]:
        found[mask[row]] = cost[row][mask[row]]
    return [float(value) for value in found]
