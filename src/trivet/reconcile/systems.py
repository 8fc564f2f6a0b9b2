"""The plan held against the systems it is fed from: counted stock, released orders, the general ledger.

Reads `projected_stock`, `production` and `purchases` of the supply panel, `material_purchases`, the shipped money of
the demand panel, and the tables `stock_history`, `open_production`, `open_purchases`, `ledger` and `ledger_map`;
writes no measure. What a system says and the plan does not hold is a gap: a count nobody plans with, a released order
the plan makes less of (overdue ones are due now), revenue that was booked and not shipped. Money is at standard cost,
of parts without one at the mean price they are ordered at.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.fiscal import fiscal_years
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.pairs import TOGETHER, Pair
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, times_rate, to_decimal
from trivet.reconcile.compared import Compared
from trivet.reconcile.opinions import Seen

Say = Callable[[Sequence[str]], str]
"""Says something of some items."""
_LINES: Final = {
    Pair.LEDGER_REVENUE: ("revenue", "shipped_revenue"),
    Pair.LEDGER_COST: ("cogs", "shipped_cost"),
}


def compare_stock(inputs: PlanInputs, panels: Mapping[str, Panel], seen: Seen) -> Compared | None:
    """Hold the plan's opening stock of every item against the count at the end of the last closed bucket.

    Key materials are planned with the count itself. None without a count.
    """
    supply, first = panels["supply"], inputs.model.buckets.first_open
    if not first:
        return None
    last = inputs.model.buckets.starts[first - 1]
    counted = inputs.table("stock_history").filter(pl.col("bucket") == last)
    own = set(panels["material"].keys["item"].to_list()) - set(supply.keys["item"].to_list())
    counted = counted.filter(~pl.col("item").is_in(sorted(own)))
    if counted.is_empty():
        return None
    said = _by_item(counted["item"].to_list(), [first - 1] * counted.height, counted["quantity"].to_list(), inputs)
    opening = supply.count("projected_stock")[:, first - 1 : first]
    plan = {item: np.zeros(len(inputs.model.buckets), dtype=np.int64) for item in supply.keys["item"].to_list()}
    for row, item in enumerate(supply.keys["item"].to_list()):
        plan[item][first - 1] += opening[row, 0]
    missing = sorted(set(said) - set(plan))
    words = _each(missing, seen, lambda names: f"not in the supply plan: {_some(names)}")
    return _standing(Pair.STOCK, inputs, panels, seen, (plan, said), words, {})


def compare_production(inputs: PlanInputs, panels: Mapping[str, Panel], seen: Seen) -> Compared | None:
    """Say of which released production orders the plan makes less, by item and bucket; None without orders."""
    supply = panels["supply"]
    plan = _planned([(supply, "production")])
    return _orders(Pair.PRODUCTION, inputs, panels, seen, ("open_production", plan))


def compare_purchases(inputs: PlanInputs, panels: Mapping[str, Panel], seen: Seen) -> Compared | None:
    """Say of which open purchase orders the plan receives less, by item and bucket; None without orders."""
    plan = _planned([(panels["supply"], "purchases"), (panels["material"], "material_purchases")])
    return _orders(Pair.PURCHASES, inputs, panels, seen, ("open_purchases", plan))


def _planned(sources: Sequence[tuple[Panel, str]]) -> dict[str, Counts]:
    found: dict[str, Counts] = {}
    for panel, measure in sources:
        counts = panel.count(measure)
        for row, item in enumerate(panel.keys["item"].to_list()):
            found[item] = found.get(item, np.zeros(len(panel.buckets), dtype=np.int64)) + counts[row]
    return found


def _orders(
    pair: Pair, inputs: PlanInputs, panels: Mapping[str, Panel], seen: Seen, against: tuple[str, Mapping[str, Counts]]
) -> Compared | None:
    """Hold a plan against released orders: only what the plan lacks of them is a gap."""
    name, plan = against
    buckets = inputs.model.buckets
    table = inputs.table(name).filter(pl.col("due") < buckets.edges[-1])
    if table.is_empty():
        return None
    items, quantities = table["item"].to_list(), table["quantity"].to_list()
    columns = [_due(buckets, day) for day in table["due"].to_list()]
    said = _by_item(items, columns, quantities, inputs)
    nothing = np.zeros(len(buckets), dtype=np.int64)
    met = {item: np.minimum(plan.get(item, nothing), counts) for item, counts in said.items()}
    late = table.filter(pl.col("due") < buckets.current)
    overdue: dict[str, int] = {}
    for item, quantity in zip(late["item"].to_list(), late["quantity"].to_list(), strict=True):
        overdue[item] = overdue.get(item, 0) + int(quantity or 0)
    words = _each(
        sorted(overdue),
        seen,
        lambda names: f"overdue, taken as due now: {_units(sum(overdue[n] for n in names))} units",
    )
    return _standing(pair, inputs, panels, seen, (met, said), words, _ordered_price(table, inputs))


def _due(buckets: Buckets, day: date) -> int:
    return max(bisect_right(buckets.edges, day) - 1, buckets.first_open)


def _ordered_price(table: pl.DataFrame, inputs: PlanInputs) -> dict[str, float]:
    """Give the mean price items are ordered at, in plan currency; of other currencies none."""
    if "price" not in table.columns:
        return {}
    own = table.filter(
        pl.col("price").is_not_null()
        & (pl.col("currency").fill_null("").is_in(["", inputs.model.company.currency]))
        & (pl.col("quantity") > 0)
    )
    sums: dict[str, tuple[float, float]] = {}
    for item, price, quantity in own.select("item", "price", "quantity").iter_rows():
        worth, units = sums.get(item, (0.0, 0.0))
        sums[item] = (worth + float(price) * float(quantity), units + float(quantity))
    return {item: worth / units for item, (worth, units) in sums.items()}


def _by_item(
    items: Sequence[str], columns: Sequence[int], quantities: Sequence[int | None], inputs: PlanInputs
) -> dict[str, Counts]:
    found: dict[str, Counts] = {}
    for item, column, quantity in zip(items, columns, quantities, strict=True):
        found.setdefault(item, np.zeros(len(inputs.model.buckets), dtype=np.int64))[column] += quantity or 0
    return found


def _each(items: Sequence[str], seen: Seen, say: Say) -> dict[str, str]:
    """Say something of the items of each member."""
    groups: dict[str, list[str]] = {}
    for item, member in zip(items, seen.named(pl.DataFrame({"item": list(items)})), strict=True):
        groups.setdefault(member, []).append(item)
    return {member: say(names) for member, names in groups.items()}


def _standing(
    pair: Pair,
    inputs: PlanInputs,
    panels: Mapping[str, Panel],
    seen: Seen,
    sides: tuple[Mapping[str, Counts], Mapping[str, Counts]],
    words: Mapping[str, str],
    price: Mapping[str, float],
) -> Compared:
    """Compare items as they stand, valued at standard cost."""
    plan, said = sides
    items = sorted({*plan, *said})
    keys = pl.DataFrame({"item": items}, schema={"item": pl.String})
    shape = (len(items), len(inputs.model.buckets))
    ours, theirs = np.zeros((2, *shape), dtype=np.int64)
    for row, item in enumerate(items):
        ours[row] += plan.get(item, 0)
        theirs[row] += said.get(item, 0)
    units = ours - theirs
    value = _costs(panels["demand"], items, price)
    shown = panels["demand"].has("unit_cost")
    return Compared(
        pair=pair,
        members=seen.named(keys),
        parts=items,
        kinds=seen.kinds(keys),
        given=(ours != 0) | (theirs != 0),
        units=units,
        amount=times_rate(units, value, QUANTITY, MONEY) if shown else None,
        base_units=theirs,
        base_amount=times_rate(theirs, value, QUANTITY, MONEY) if shown else np.zeros(shape, dtype=np.int64),
        unpriced=_unpriced(units, value),
        standing=True,
        words=words,
    )


def _unpriced(units: Counts, value: Rates) -> Flags:
    lacking: Flags = ((units != 0).any(axis=1)) & (value[:, 0] <= 0)
    return lacking


def _costs(demand: Panel, items: Sequence[str], price: Mapping[str, float]) -> Rates:
    """Give each item's standard cost in the current bucket, else the price it is ordered at, else 0: (items, 1)."""
    now = min(demand.buckets.first_open, len(demand.buckets) - 1)
    cost, known = demand.rate("unit_cost")[:, now], demand.mask("unit_cost")[:, now]
    found = dict(price)
    rows = list(zip(demand.keys["item"].to_list(), cost.tolist(), known.tolist(), strict=True))
    found.update({item: value for item, value, has in reversed(rows) if has and value > 0})
    return np.array([[found.get(item, 0.0)] for item in items], dtype=np.float64).reshape(len(items), 1)


def compare_ledger(inputs: PlanInputs, demand: Panel) -> tuple[tuple[Compared, str], ...]:
    """Hold shipments of the closed buckets of the last year in the ledger against its revenue and cost of goods.

    Returns:
        One pair a line of the ledger that has a bucket, with the name of what was compared, e.g. `2026-01 to
        2026-10`. It is known of the whole company only.
    """
    buckets = inputs.model.buckets
    lines = inputs.table("ledger_map")
    found = []
    for pair, (line, measure) in _LINES.items():
        accounts = lines.filter(pl.col("line") == line)["account"].implode()
        own = inputs.table("ledger").filter(pl.col("account").is_in(accounts) & (pl.col("bucket") < buckets.current))
        booked = np.zeros(len(buckets), dtype=np.int64)
        has = np.zeros(len(buckets), dtype=np.bool_)
        for day, amount in own.select("bucket", "amount").iter_rows():
            if day in buckets.starts:
                booked[buckets.starts.index(day)] += amount or 0
                has[buckets.starts.index(day)] = True
        years = [year for year in fiscal_years(buckets) if has[year.columns].any()]
        if not years or not demand.has(measure):
            continue
        given = has & (np.arange(len(buckets)) >= years[-1].columns.start)
        shipped = np.where(given, demand.count(measure).sum(axis=0), 0)
        theirs = np.where(given, _as_positive(booked), 0)
        at = np.flatnonzero(given)
        found.append((_of_company(pair, buckets, given, shipped, theirs), _told(buckets, at)))
    return tuple(found)


def _as_positive(booked: Counts) -> Counts:
    """Read a ledger that books revenue as a credit, below 0, as an amount."""
    return -booked if int(booked.sum()) < 0 else booked


def _of_company(pair: Pair, buckets: Buckets, given: Flags, shipped: Counts, theirs: Counts) -> Compared:
    """Give one row a bucket, so that the cause names the buckets that differ."""
    number = len(buckets)
    diagonal = np.eye(number, dtype=np.int64)
    apart = shipped - theirs
    return Compared(
        pair=pair,
        members=[TOGETHER] * number,
        parts=[buckets.label(column) for column in range(number)],
        kinds=[""] * number,
        given=np.diag(given),
        units=None,
        amount=np.where(diagonal == 1, apart[None, :], 0).astype(np.int64),
        base_units=np.zeros((number, number), dtype=np.int64),
        base_amount=np.where(diagonal == 1, theirs[None, :], 0).astype(np.int64),
        standing=True,
        words={},
    )


def _told(buckets: Buckets, at: Counts) -> str:
    first, last = buckets.label(int(at[0])), buckets.label(int(at[-1]))
    return first if first == last else f"{first} to {last}"


def _some(names: Sequence[str]) -> str:
    rest = len(names) - 3
    return ", ".join(names[:3]) + (f" and {rest} more" if rest > 0 else "")


def _units(count: int) -> str:
    return f"{to_decimal(count, QUANTITY):,.0f}"
