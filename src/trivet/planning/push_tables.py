"""The weeks of a plan as tables for an ERP: master schedule, purchases, transfers, orders it has already (Y18).

Rows carry the codes of the company folder, ISO weeks and days. The master schedule has one row a week; its parts, a
second table, cut the weeks at the ends of buckets, so that they add up to the plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from trivet.core.ids import Counts
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.pushdown import PushedTable
from trivet.core.quantities import MONEY, QUANTITY, times_rate
from trivet.planning.weekly import CARRIED, FLOWS, STOCK, Buy, Move, Schedule
from trivet.planning.weeks import week_name, working_day, working_day_before
from trivet.supply.network import column_of

ANY: Final = "ANY"
"""Supplier the plan writes where nobody is named; no ERP has it."""
_QUANTITIES: Final[Mapping[str, Decimal]] = dict.fromkeys(
    (*FLOWS, STOCK, *CARRIED, "quantity", "minimum", "multiple"), QUANTITY
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laid:
    """A plan laid out in weeks, and how much of it is pushed down.

    Attributes:
        inputs: what it was made from.
        supply: its supply panel.
        schedule: its weeks.
        buckets: open buckets that are pushed down.
    """

    inputs: PlanInputs
    supply: Panel
    schedule: Schedule
    buckets: int

    @property
    def parts(self) -> range:
        """The parts that are pushed down."""
        return range(self.schedule.parts.spans[self.buckets - 1].stop)

    def label(self, part: int) -> str:
        """Name the bucket of a part."""
        buckets = self.inputs.model.buckets
        return buckets.label(buckets.first_open + self.schedule.parts.columns[part])

    def item(self, column: str) -> Mapping[str, str]:
        """Give a text column of the items."""
        table = self.inputs.table("items")
        return dict(zip(table["item"].to_list(), table[column].fill_null("").to_list(), strict=True))


def master_schedule(laid: Laid) -> tuple[PushedTable, PushedTable]:
    """Give the master schedule by week, and by week and bucket."""
    schedule, width = laid.schedule, len(laid.parts)
    rows = np.flatnonzero(sum(np.abs(schedule.sites[name][:, :width]).sum(axis=1) for name in (*FLOWS, STOCK)))
    mondays = [schedule.parts.monday(part) for part in laid.parts]
    starts = [part for part in laid.parts if part == 0 or mondays[part] != mondays[part - 1]]
    ends = [*(start - 1 for start in starts[1:]), width - 1]
    keys = _site_keys(laid, rows)
    flows = {name: schedule.sites[name][rows, :width] for name in FLOWS}
    stock = schedule.sites[STOCK][rows, :width]
    by_week = {name: np.add.reduceat(values, starts, axis=1) for name, values in flows.items()}
    days = [(schedule.parts.firsts[a], schedule.parts.lasts[b]) for a, b in zip(starts, ends, strict=True)]
    weeks = _frame(keys, days, None, {**by_week, STOCK: stock[:, ends]})
    carried = {name: schedule.sites[name][rows, :width] for name in CARRIED}
    days = [(schedule.parts.firsts[part], schedule.parts.lasts[part]) for part in laid.parts]
    labels = [laid.label(part) for part in laid.parts]
    parts = _frame(keys, days, labels, {**flows, STOCK: stock, **carried})
    return (
        _table("master_schedule", "One item at one place in one ISO week.", weeks, FLOWS),
        _table(
            "master_schedule_parts",
            "The same, weeks cut where a bucket ends: the parts of a bucket add up to the plan.",
            parts,
            FLOWS,
        ),
    )


def _site_keys(laid: Laid, rows: Counts) -> pl.DataFrame:
    unit, family = laid.item("unit"), laid.inputs.model.dimensions["item"].parents("family")
    keys: pl.DataFrame = laid.supply.keys[rows.tolist()].select("item", "location")
    items = keys["item"].to_list()
    return keys.with_columns(
        pl.Series("family", [family.get(item, "") for item in items], dtype=pl.String),
        pl.Series("unit", [unit.get(item, "") for item in items], dtype=pl.String),
    )


def _frame(
    keys: pl.DataFrame, days: Sequence[tuple[date, date]], labels: Sequence[str] | None, values: Mapping[str, Counts]
) -> pl.DataFrame:
    """Lay values (rows, columns of `days`) out with one row a key and column."""
    times, width = keys.height, len(days)
    at = pl.Series(np.repeat(np.arange(times), width))
    when: dict[str, list[str] | list[date]] = {
        "week": [week_name(first) for first, _ in days] * times,
        "week_start": [first - timedelta(days=first.weekday()) for first, _ in days] * times,
        "first_day": [first for first, _ in days] * times,
        "last_day": [last for _, last in days] * times,
    }
    if labels is not None:
        when["bucket"] = list(labels) * times
    types = {"week": pl.String, "bucket": pl.String, "week_start": pl.Date, "first_day": pl.Date, "last_day": pl.Date}
    columns = [pl.Series(name, told, dtype=types[name]) for name, told in when.items()]
    counts = [pl.Series(name, array.ravel(), dtype=pl.Int64) for name, array in values.items()]
    return keys[at].hstack([*columns, *counts])


def _table(name: str, about: str, frame: pl.DataFrame, sums: Sequence[str], by: str = "") -> PushedTable:
    units = {column: quantum for column, quantum in _QUANTITIES.items() if column in frame.columns}
    units |= {"amount": MONEY} if "amount" in frame.columns else {}
    return PushedTable(name=name, about=about, frame=frame, units=units, sums=tuple(sums), by=by)


_PURCHASES: Final = {
    "item": pl.String,
    "supplier": pl.String,
    "location": pl.String,
    "order_week": pl.String,
    "order_date": pl.Date,
    "receipt_week": pl.String,
    "receipt_date": pl.Date,
    "bucket": pl.String,
    "quantity": pl.Int64,
    "unit": pl.String,
    "price": pl.Float64,
    "currency": pl.String,
    "amount": pl.Int64,
    "minimum": pl.Int64,
    "multiple": pl.Int64,
    "lead_time_days": pl.Int64,
    "late_days": pl.Int64,
}


def purchase_plan(laid: Laid) -> PushedTable:
    """Give what has still to be ordered: by item, supplier, place and day of receipt."""
    unit, pushed = laid.item("unit"), set(laid.parts)
    rows = [_purchase(laid, buy, unit) for buy in laid.schedule.buys if buy.part in pushed]
    frame = pl.DataFrame(rows, schema=_PURCHASES, orient="row").sort("item", "supplier", "location", "receipt_date")
    about = "One order to be placed with a supplier."
    return _table("purchase_plan", about, frame, ("quantity", "amount"), "currency")


def _purchase(laid: Laid, buy: Buy, unit: Mapping[str, str]) -> tuple[object, ...]:
    offer, schedule = buy.offer, laid.schedule
    receipt = working_day(schedule.parts, buy.part, schedule.closed_at(offer.location))
    order = working_day_before(receipt - timedelta(days=offer.lead_days), schedule.closed[""])
    amount = None
    if offer.price is not None:
        amount = int(times_rate(np.array([buy.quantity]), np.array([offer.price]), QUANTITY, MONEY)[0])
    return (
        offer.item,
        "" if offer.supplier == ANY else offer.supplier,
        offer.location,
        week_name(order),
        order,
        week_name(receipt),
        receipt,
        laid.label(buy.part),
        buy.quantity,
        unit.get(offer.item, ""),
        offer.price,
        offer.currency,
        amount,
        offer.minimum,
        offer.multiple,
        offer.lead_days,
        max((schedule.parts.firsts[0] - order).days, 0),
    )


_TRANSFERS: Final = {
    "item": pl.String,
    "origin": pl.String,
    "destination": pl.String,
    "ship_week": pl.String,
    "ship_date": pl.Date,
    "ship_bucket": pl.String,
    "arrival_week": pl.String,
    "arrival_date": pl.Date,
    "arrival_bucket": pl.String,
    "quantity": pl.Int64,
    "unit": pl.String,
    "lead_time_days": pl.Int64,
    "short_days": pl.Int64,
}


def transfer_plan(laid: Laid) -> PushedTable:
    """Give what is moved: by item, lane, day it leaves and day it arrives."""
    unit, pushed = laid.item("unit"), set(laid.parts)
    rows = [_transfer(laid, move, unit) for move in laid.schedule.moves if move.out_of in pushed]
    frame = pl.DataFrame(rows, schema=_TRANSFERS, orient="row").sort(
        "item", "origin", "destination", "ship_date", "arrival_date"
    )
    return _table("transfers", "One item sent from one place to another.", frame, ("quantity",))


def _transfer(laid: Laid, move: Move, unit: Mapping[str, str]) -> tuple[object, ...]:
    schedule, keys = laid.schedule, laid.supply.keys
    item, origin = keys.row(move.origin)
    _, destination = keys.row(move.destination)
    ship = working_day(schedule.parts, move.out_of, schedule.closed_at(origin))
    arrival = ship + timedelta(days=move.lead_days)
    if move.into >= 0:
        arrival = working_day(schedule.parts, move.into, schedule.closed_at(destination), since=arrival)
    return (
        item,
        origin,
        destination,
        week_name(ship),
        ship,
        laid.label(move.out_of),
        week_name(arrival),
        arrival,
        laid.label(move.into) if move.into >= 0 else "",
        move.quantity,
        unit.get(item, ""),
        move.lead_days,
        max(move.lead_days - (arrival - ship).days, 0),
    )


_OPEN: Final = {
    "kind": pl.String,
    "order": pl.String,
    "item": pl.String,
    "location": pl.String,
    "supplier": pl.String,
    "due": pl.String,
    "counted_in": pl.String,
    "quantity": pl.Int64,
    "unit": pl.String,
}


def open_orders(laid: Laid) -> PushedTable:
    """Give the orders the ERP has already, with the bucket the plan counts them in ("" = beyond the plan)."""
    unit, rows = laid.item("unit"), []
    names = ["order", "item", "location", "due", "quantity"]
    for kind, table in (("production", "open_production"), ("purchase", "open_purchases")):
        given = laid.inputs.table(table)
        suppliers = given["supplier"].fill_null("").to_list() if "supplier" in given.columns else [""] * given.height
        for (order, item, place, due, quantity), supplier in zip(
            given.select(names).iter_rows(), suppliers, strict=True
        ):
            counted, named = _counted_in(laid, due), unit.get(item, "")
            rows.append((kind, order, item, place or "", supplier, due.isoformat(), counted, quantity or 0, named))
    frame = pl.DataFrame(rows, schema=_OPEN, orient="row").sort("kind", "item", "location", "due", "order")
    return _table("open_orders", "An order the ERP has; the plan counts on it.", frame, ("quantity",), "kind")


def _counted_in(laid: Laid, due: date) -> str:
    buckets = laid.inputs.model.buckets
    column = column_of(buckets, due)
    return buckets.label(buckets.first_open + column) if column >= 0 else ""
