"""What the supply plan stands on: its series, what was made and counted, and what limits it.

Reads histories, resources, calendars and supplier caps; writes the given measures `production` and
`projected_stock` of closed buckets, `order_backlog` at the count, `capacity_hours` and `material_cap`.

capacity hours = lines x working days x hours a day x efficiency (F4), overtime apart. A negative count of
stock is kept and said; the supply plan pays it back before it ships.
"""

from datetime import date
from decimal import Decimal
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from trivet.core.ids import Counts, Flags, GrainName, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY, round_to_counts, to_decimal
from trivet.supply.calendar import working_days
from trivet.supply.sites import material_keys, read_geography, shipping_of, site_keys, to_order

HOURS = Decimal("0.001")
"""Quantum of hours."""
NAMED = 20
"""Items named one by one in issues of one kind; the rest are summed up in one more."""


def supply_panels(inputs: PlanInputs) -> tuple[Panel, Panel, Panel, tuple[Issue, ...]]:
    """Build the panels of supply (item x location), load (resource) and material (item x supplier).

    Returns:
        The three panels with their given measures, and what is odd about the counts.
    """
    geography = read_geography(inputs)
    buckets = inputs.model.buckets
    supply = Panel(grain=GrainName("supply"), keys=site_keys(inputs, geography), buckets=buckets)
    supply = supply.with_counts(_actuals(inputs, supply))
    load = Panel(
        grain=GrainName("load"),
        keys=make_keys({"resource": inputs.table("resources")["resource"].to_list()}),
        buckets=buckets,
    )
    load = load.with_counts({"capacity_hours": round_to_counts(_on_open(load, regular_hours(inputs, load)), HOURS)})
    material = Panel(grain=GrainName("material"), keys=material_keys(inputs, geography), buckets=buckets)
    caps, capped = caps_of(inputs, material.keys)
    open_ = _open_flags(material)
    material = material.with_counts(
        {"material_cap": np.where(open_ & capped, caps, 0)}, present={"material_cap": open_ & capped}
    )
    return supply, load, material, _count_issues(inputs, supply)


Kind = TypeVar("Kind", np.int64, np.bool_, np.float64)


def extend(panel: Panel, keys: pl.DataFrame) -> Panel:
    """Give a panel that also has the series of `keys`; new ones are 0 or absent everywhere."""
    missing = (
        keys.select(panel.keys.columns).unique(maintain_order=True).join(panel.keys, on=panel.keys.columns, how="anti")
    )
    if missing.is_empty():
        return panel
    wider = Panel(
        grain=panel.grain, keys=pl.concat([panel.keys, missing]).sort(panel.keys.columns), buckets=panel.buckets
    )
    rows = wider.find(panel.keys)

    def spread_out(array: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        result = np.zeros(wider.shape, dtype=array.dtype)
        result[rows] = array
        return result

    return wider.with_counts(
        {name: spread_out(array) for name, array in panel.counts.items()},
        present={name: spread_out(mask) for name, mask in panel.present.items()},
    ).with_rates({name: spread_out(array) for name, array in panel.rates.items()})


def regular_hours(inputs: PlanInputs, load: Panel) -> Rates:
    """Give the hours each resource has in each bucket, without overtime: (resources, buckets)."""
    return day_hours(inputs, load) * days_of(inputs, load)


def day_hours(inputs: PlanInputs, load: Panel) -> Rates:
    """Give the good hours of one working day of each resource, a Saturday say: (resources, buckets)."""
    lines, per_day, efficiency = (_setting(inputs, load, column) for column in ("lines", "hours_per_day", "efficiency"))
    return lines * per_day * efficiency


def line_hours(inputs: PlanInputs, load: Panel) -> Rates:
    """Give the good hours one line of each resource has in each bucket, without overtime: (resources, buckets)."""
    per_day, efficiency = (_setting(inputs, load, column) for column in ("hours_per_day", "efficiency"))
    return per_day * efficiency * days_of(inputs, load)


def overtime_share(inputs: PlanInputs, load: Panel) -> Rates:
    """Give the overtime allowed as part of the regular hours: (resources, buckets)."""
    return _setting(inputs, load, "overtime")


def caps_of(inputs: PlanInputs, keys: pl.DataFrame) -> tuple[Counts, Flags]:
    """Give what suppliers deliver at most of an item in each bucket, and where there is a limit.

    Args:
        inputs: the snapshot; `supplier_caps` goes before the cap of `supply_sources`.
        keys: columns item and supplier.

    Returns:
        (keys, buckets) counts and mask; a source named for several locations has its caps added.
    """
    buckets = inputs.model.buckets
    shape = (keys.height, len(buckets))
    caps, capped = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.bool_)
    rows = {pair: i for i, pair in enumerate(keys.select("item", "supplier").iter_rows())}
    for item, supplier, cap in inputs.table("supply_sources").select("item", "supplier", "cap").iter_rows():
        row = rows.get((item, supplier))
        if row is not None and cap is not None:
            caps[row] += cap
            capped[row] = True
    changes = inputs.table("supplier_caps").sort("item", "supplier", "first", "last", "cap", nulls_last=True)
    for item, supplier, first, last, cap in changes.select("item", "supplier", "first", "last", "cap").iter_rows():
        row = rows.get((item, supplier))
        if row is not None and cap is not None:
            inside = [t for t, start in enumerate(buckets.starts) if start >= first and (last is None or start <= last)]
            caps[row, inside] = cap
            capped[row, inside] = True
    return caps, capped


def _actuals(inputs: PlanInputs, supply: Panel) -> dict[str, Counts]:
    closed = ~_open_flags(supply)
    made = _filled(supply, inputs.table("production").rename({"quantity": "count"}))
    counted = _filled(supply, inputs.table("stock_history").rename({"quantity": "count"}))
    backlog = np.zeros(supply.shape, dtype=np.int64)
    if supply.buckets.first_open:
        backlog[:, supply.buckets.first_open - 1] = _open_orders(inputs, supply)
    return {
        "production": np.where(closed, made, 0),
        "projected_stock": np.where(closed, counted, 0),
        "order_backlog": backlog,
    }


def _open_orders(inputs: PlanInputs, supply: Panel) -> Counts:
    """Add up open orders of made-to-order items by the location that ships them."""
    ships = shipping_of(inputs)
    total = np.zeros(supply.rows, dtype=np.int64)
    rows = {pair: i for i, pair in enumerate(supply.keys.iter_rows())}
    ordered = to_order(inputs, supply.keys["item"].to_list())
    for item, market, quantity in inputs.table("order_backlog").select("item", "market", "quantity").iter_rows():
        row = rows.get((item, ships.get(market, "")))
        if row is not None and ordered[row]:
            total[row] += quantity or 0
    return total


def _filled(panel: Panel, table: pl.DataFrame) -> Counts:
    """Add a long table (item, location, bucket, count) into the cells of a panel; strangers stay out."""
    starts = {start: i for i, start in enumerate(panel.buckets.starts)}
    rows = panel.find(table)
    columns = np.array([starts.get(day, -1) for day in table["bucket"].to_list()], dtype=np.int64)
    amounts = table["count"].fill_null(0).to_numpy().astype(np.int64)
    result = np.zeros(panel.shape, dtype=np.int64)
    known = (rows >= 0) & (columns >= 0)
    np.add.at(result, (rows[known], columns[known]), amounts[known])
    return result


def _setting(inputs: PlanInputs, load: Panel, column: str) -> Rates:
    """Give a setting of every resource by bucket, changes applied in the order of their first bucket."""
    resources = inputs.table("resources")
    base = dict(zip(resources["resource"].to_list(), resources[column].to_list(), strict=True))
    names = load.keys["resource"].to_list()
    values: Rates = np.zeros(load.shape)
    values += np.array([float(base.get(name) or 0.0) for name in names]).reshape(-1, 1)
    rows = {name: i for i, name in enumerate(names)}
    changes = inputs.table("resource_changes").sort("resource", "first", "last", nulls_last=True)
    for name, first, last, value in changes.select("resource", "first", "last", column).iter_rows():
        if name in rows and value is not None:
            for t, start in enumerate(load.buckets.starts):
                if start >= first and (last is None or start <= last):
                    values[rows[name], t] = float(value)
    values[values < 0] = 0.0
    return values


def days_of(inputs: PlanInputs, load: Panel) -> Rates:
    """Give the working days of every resource, by the calendar of its location: (resources, buckets)."""
    resources = inputs.table("resources")
    places = dict(zip(resources["resource"].to_list(), resources["location"].to_list(), strict=True))
    locations = inputs.table("locations").select("location", pl.col("calendar").fill_null("")).iter_rows()
    calendars: dict[str, str] = dict(locations)
    days: dict[str, Rates] = {}
    result = np.zeros(load.shape)
    for row, name in enumerate(load.keys["resource"].to_list()):
        code = calendars.get(places.get(name, ""), "")
        if code not in days:
            days[code] = working_days(inputs, code)
        result[row] = days[code]
    return result


def _open_flags(panel: Panel) -> Flags:
    flags = np.zeros(panel.shape, dtype=np.bool_)
    flags[:, panel.buckets.horizon] = True
    return flags


def _on_open(panel: Panel, values: Rates) -> Rates:
    return np.where(_open_flags(panel), values, 0.0)


def _count_issues(inputs: PlanInputs, supply: Panel) -> tuple[Issue, ...]:
    issues: list[Issue] = []
    first = supply.buckets.first_open
    if first == 0 or not supply.rows:
        return ()
    last_closed = supply.buckets.edges[first - 1]
    counted = inputs.table("stock_history").filter(pl.col("bucket") == last_closed)
    if inputs.table("stock_history").height and counted.is_empty():
        issues.append(
            Issue(
                code="supply.no-opening-count",
                severity=Severity.WARNING,
                place=Place(measure=MeasureId("projected_stock"), source="stock_history", first=last_closed),
                message=f"no stock was counted at the end of {supply.buckets.label(first - 1)}: the plan opens with 0.",
                advice="Import the count of the last closed bucket.",
            )
        )
    opening = supply.count("projected_stock")[:, first - 1]
    return (*issues, *_negative_counts(supply, opening))


def _negative_counts(supply: Panel, opening: Counts) -> tuple[Issue, ...]:
    """Name the largest negative counts one by one, sum up the rest; `data.negative-stock` says what they are worth."""
    last_closed = supply.buckets.edges[supply.buckets.first_open - 1]
    below = sorted(np.flatnonzero(opening < 0).tolist(), key=lambda row: (int(opening[row]), row))
    issues = [_negative(supply, row, opening, last_closed) for row in below[:NAMED]]
    if len(below) > NAMED:
        rest = to_decimal(int(-opening[below[NAMED:]].sum()), QUANTITY)
        issues.append(
            Issue(
                code="supply.negative-stock",
                severity=Severity.NOTE,
                place=Place(measure=MeasureId("projected_stock"), first=last_closed),
                message=f"{len(below) - NAMED} more items are counted below zero, {rest:f} units together.",
                advice="Correct the counts in stock_history.csv; until then the plan pays them back first.",
            )
        )
    return tuple(issues)


def _negative(supply: Panel, row: int, opening: Counts, last_closed: date) -> Issue:
    item, location = supply.keys.row(row)
    amount = to_decimal(int(opening[row]), QUANTITY)
    scope = (
        Node(dimension="item", level="item", member=MemberId(item)),
        Node(dimension="location", level="location", member=MemberId(location)),
    )
    return Issue(
        code="supply.negative-stock",
        severity=Severity.NOTE,
        place=Place(
            measure=MeasureId("projected_stock"),
            scope=scope,
            first=last_closed,
            value=f"{amount:f}",
        ),
        message=f"the last count is {amount:f}, expected 0 or more: the plan pays it back before it ships.",
        advice="Correct the count in stock_history.csv.",
    )
