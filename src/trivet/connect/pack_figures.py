"""The figures of a review pack: rows by bucket, grouped into the columns a page shows.

A page shows the last 6 closed buckets (actual), the next 12 (plan), the 12 after them in groups of three,
and fiscal years. Flows are added, states are taken at the end, ratios are formed after adding (F6). Sums
are made of whole counts; a cell is turned into a decimal once.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets, Calendar
from trivet.core.fiscal import (
    families_of,
    outlook_cost,
    outlook_revenue,
    outlook_units,
    sum_by,
    years_ahead,
)
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.plan import Plan, PlanInputs
from trivet.core.quantities import MONEY, QUANTITY
from trivet.core.timefunctions import coverage

CLOSED, OPEN, FAR, GROUP = 6, 12, 24, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a page: its label, the buckets it holds and whether they are actual, plan or a year."""

    label: str
    buckets: slice
    kind: str


def page_columns(buckets: Buckets, *, far: bool = True, years: bool = True) -> tuple[Column, ...]:
    """Give the columns of a page on this axis."""
    first, stop = buckets.first_open, len(buckets)
    near = min(first + OPEN, stop)
    found = [_one(buckets, i, "actual") for i in range(max(first - CLOSED, 0), first)]
    found += [_one(buckets, i, "plan") for i in range(first, near)]
    if far:
        until = min(first + FAR, stop)
        for start in range(near, until, GROUP):
            end = min(start + GROUP, until)
            label = f"{buckets.label(start)} to {buckets.label(end - 1)}"
            found.append(Column(label=label, buckets=slice(start, end), kind="group"))
    if years:
        for year in years_ahead(buckets):
            part = "" if year.complete else " (part)"
            found.append(Column(label=f"FY{year.year}{part}", buckets=year.columns, kind="year"))
    return tuple(found)


def _one(buckets: Buckets, index: int, kind: str) -> Column:
    return Column(label=buckets.label(index), buckets=slice(index, index + 1), kind=kind)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """A row of a page: counts by bucket, where they are known, and how they add over time.

    Attributes:
        label, unit: as shown.
        style: number format.
        counts: (buckets,) in quanta.
        quantum: what a count is worth.
        known: (buckets,) where there is a value.
        state: whether it is taken at the end of a group (stock) instead of added.
        whole: whether a group is shown only when all of its buckets are known.
    """

    label: str
    unit: str
    style: str
    counts: Counts
    quantum: Decimal
    known: Flags
    state: bool = False
    whole: bool = False

    def value(self, column: Column) -> Decimal | None:
        """Give the amount of a column; None where nothing is known."""
        known = self.known[column.buckets]
        if self.whole and not known.all():
            return None
        if self.state:
            last = column.buckets.stop - 1
            return int(self.counts[last]) * self.quantum if self.known[last] else None
        return int(self.counts[column.buckets][known].sum()) * self.quantum if known.any() else None


class Figures:
    """Sums of a plan that several sheets show."""

    def __init__(self, plan: Plan, inputs: PlanInputs) -> None:
        """Add the panels up by family once."""
        self.plan, self.inputs, self.buckets = plan, inputs, inputs.model.buckets
        self.demand, self.supply = plan.panel("demand"), plan.panel("supply")
        self.load, self.material = plan.panel("load"), plan.panel("material")
        self.budget, self.company = plan.panel("budget"), plan.panel("company")
        self._labels = families_of(inputs.model, self.demand)
        self._places = families_of(inputs.model, self.supply)
        budgeted = self.budget.keys["family"].to_list() if self.budget.keys.width else []
        self.families = tuple(sorted({*self._labels, *budgeted}))
        self.is_open = np.arange(len(self.buckets)) >= self.buckets.first_open
        self._earlier = _earlier_plans(inputs)
        self._rows: dict[str, dict[str, Row]] = {}

    @property
    def row_families(self) -> list[str]:
        """Family of each row of the demand panel."""
        return self._labels

    @property
    def place_families(self) -> list[str]:
        """Family of each row of the supply panel."""
        return self._places

    @property
    def orders_known(self) -> bool:
        """Whether orders are loaded, so that what was asked for is known apart from what was shipped."""
        return any(self.inputs.table(name).height for name in ("orders", "order_lines"))

    @property
    def made(self) -> Flags:
        """Where production is known: open buckets, and closed ones where the company tells what it made."""
        told = bool(self.inputs.table("production").height)
        return np.ones_like(self.is_open) if told else self.is_open

    @property
    def unit_costs(self) -> Rates:
        """Standard cost of each row of the supply panel by bucket, from the first series of its item that has one."""
        cost, mask = self.demand.rate("unit_cost"), self.demand.mask("unit_cost")
        rows_of: dict[str, list[int]] = {}
        for row, item in enumerate(self.demand.keys["item"].to_list()):
            rows_of.setdefault(item, []).append(row)
        found = np.zeros(self.supply.shape, dtype=np.float64)
        for place, item in enumerate(self.supply.keys["item"].to_list()):
            for row in reversed(rows_of.get(item, [])):
                found[place, mask[row]] = cost[row][mask[row]]
        return found

    def by_family(self, values: Counts, family: str) -> Counts:
        """Give the sum of a demand measure over a family: (buckets,)."""
        names, sums = sum_by(self._labels, values)
        return sums[names.index(family)] if family in names else np.zeros(len(self.buckets), dtype=np.int64)

    def at_sites(self, values: Counts, family: str) -> Counts:
        """Give the sum of a supply measure over a family: (buckets,)."""
        names, sums = sum_by(self._places, values)
        return sums[names.index(family)] if family in names else np.zeros(len(self.buckets), dtype=np.int64)

    def is_alive(self, family: str) -> bool:
        """Tell whether a family has anything to show: shipments of the last 12 buckets, plan or budget."""
        near = slice(max(self.buckets.first_open - OPEN, 0), len(self.buckets))
        budgeted = self.budget.keys["family"].to_list() if self.budget.keys.width else []
        return bool(self.by_family(outlook_units(self.demand), family)[near].any()) or family in budgeted

    def to_order(self, family: str) -> bool:
        """Tell whether a family is made or assembled to order (most of its items)."""
        items = self.inputs.table("items").filter(pl.col("family") == family)
        ordered = items["policy"].is_in(["make-to-order", "assemble-to-order"]).sum()
        return bool(2 * ordered > items.height)

    def family_rows(self, family: str) -> dict[str, Row]:
        """Give the rows of a family page by name; added up once."""
        if family not in self._rows:
            self._rows[family] = self._family_rows(family)
        return self._rows[family]

    def _family_rows(self, family: str) -> dict[str, Row]:
        demand, supply = self.demand, self.supply
        closed, ahead, both = ~self.is_open, self.is_open, np.ones_like(self.is_open)
        units = {
            "orders": (demand.count("orders"), closed),
            "consensus": (demand.count("consensus_demand"), ahead),
            "shipped": (demand.count("shipments"), closed),
            "planned": (demand.count("constrained_demand"), ahead),
            "lost": (demand.count("unserved_demand"), ahead),
            "units": (outlook_units(demand), both),
        }
        money = {
            "revenue": (outlook_revenue(demand), both),
            "margin": (outlook_revenue(demand) - outlook_cost(demand), both),
        }
        rows = {
            name: _row(name, self.by_family(values, family), known, QUANTITY) for name, (values, known) in units.items()
        }
        rows |= {
            name: _row(name, self.by_family(values, family), known, MONEY) for name, (values, known) in money.items()
        }
        for name, known in (("production", self.made), ("purchases", ahead), ("required_production", ahead)):
            rows[name] = replace(_row(name, self.at_sites(supply.count(name), family), known, QUANTITY), whole=True)
        counted = both.copy()
        counted[: self.buckets.first_open] = self.at_sites(supply.count("projected_stock"), family)[
            : self.buckets.first_open
        ].astype(bool)
        counted[max(self.buckets.first_open - 1, 0)] = True
        rows["projected_stock"] = _row(
            "projected_stock", self.at_sites(supply.count("projected_stock"), family), counted, QUANTITY, state=True
        )
        rows["target_stock"] = _row(
            "target_stock", self.at_sites(supply.count("target_stock"), family), ahead, QUANTITY, state=True
        )
        last = np.arange(len(self.buckets)) >= self.buckets.first_open - 1
        rows["order_backlog"] = _row(
            "order_backlog", self.at_sites(supply.count("order_backlog"), family), last, QUANTITY, state=True
        )
        rows["stock_value"] = _row(
            "stock_value", self.at_sites(supply.count("stock_value"), family), ahead, MONEY, state=True
        )
        rows |= self._budget_rows(family)
        rows["last_year"] = self.year_before(rows["revenue"])
        rows["earlier"] = self.earlier("consensus_demand", family)
        rows["earlier_production"] = self.earlier("production", family)
        return rows

    def _budget_rows(self, family: str) -> dict[str, Row]:
        mine = [i for i, name in enumerate(self.budget.keys["family"].to_list()) if name == family]
        found = {}
        for name, quantum in (("budget_units", QUANTITY), ("budget_revenue", MONEY), ("budget_margin", MONEY)):
            known = np.asarray(self.budget.mask(name)[mine].any(axis=0), dtype=np.bool_)
            amounts = self.budget.count(name)[mine].sum(axis=0)
            found[name] = replace(_row(name, amounts, known, quantum), whole=True)
        return found

    def earlier(self, measure: str, family: str) -> Row:
        """Give what was published before: one cycle ahead for closed buckets, last cycle's plan for open ones."""
        counts, known = np.zeros(len(self.buckets), dtype=np.int64), np.zeros(len(self.buckets), dtype=np.bool_)
        mine = self._earlier.filter((pl.col("measure") == measure) & (pl.col("family") == family))
        for column, quantity in mine.select("column", "quantity").iter_rows():
            counts[column] += quantity
            known[column] = True
        return replace(_row("earlier", counts, known, QUANTITY), whole=True)

    def year_before(self, row: Row) -> Row:
        """Give a row of flows as it was a year earlier."""
        season = 52 if self.buckets.calendar is Calendar.WEEKS else 12
        before = np.zeros_like(row.counts)
        before[season:] = row.counts[:-season]
        known = np.zeros_like(row.known)
        known[season:] = row.known[:-season]
        return replace(row, counts=before, known=known, whole=True)

    def days_of_supply(self, family: str) -> list[tuple[Decimal, bool] | None]:
        """Give forward days of supply by bucket, and whether the plan's end was reached ("at least") (F3).

        None before the last closed bucket and where there is no demand ahead.
        """
        stock = self.at_sites(self.supply.count("projected_stock"), family)
        wanted = self.by_family(self.demand.count("consensus_demand"), family)
        covered = _cover(stock, wanted, self.buckets.days())
        known = range(max(self.buckets.first_open - 1, 0), len(self.buckets))
        return [covered[t] if t in known and wanted[t + 1 :].any() else None for t in range(len(self.buckets))]

    def backlog_weeks(self, family: str) -> list[tuple[Decimal, bool] | None]:
        """Give weeks of coming shipments until the backlog is shipped, and whether the plan's end came first (F2)."""
        backlog = self.at_sites(self.supply.count("order_backlog"), family)
        shipped = self.at_sites(self.supply.count("site_shipments"), family)
        weeks = [(days / 7, beyond) for days, beyond in _cover(backlog, shipped, self.buckets.days())]
        known = range(max(self.buckets.first_open - 1, 0), len(self.buckets) - 1)
        return [weeks[t] if t in known else None for t in range(len(self.buckets))]


def quoted_weeks(figures: Figures, family: str) -> list[tuple[Decimal, bool] | None]:
    """Give the lead time a made-to-order family can quote: its backlog in weeks, at least the time to build (F2)."""
    policy = figures.inputs.table("inventory_policy")
    family_of = figures.inputs.model.dimensions["item"].parents("family")
    weeks = [
        Decimal(str(build))
        for item, name, build in policy.select("item", "family", "build_weeks").iter_rows()
        if build is not None and (family_of.get(item) == family if item else name in ("", family))
    ]
    build = max(weeks, default=Decimal(0))
    return [None if found is None else (max(found[0], build), found[1]) for found in figures.backlog_weeks(family)]


def known_demand(figures: Figures, family: str) -> str:
    """Say what the demand of closed buckets is known by: orders, bookings, or (where nothing else is loaded) shipments.

    A company that keeps no orders must not read the word: what it shipped is less than what was asked for.
    """
    items = figures.inputs.table("items").filter(pl.col("family") == family)["item"].implode()
    for table, word in (("orders", "Orders"), ("order_lines", "Orders"), ("bookings", "Bookings")):
        frame = figures.inputs.table(table)
        if frame.height and frame["item"].is_in(items).any():
            return word
    return "Shipments"


def _cover(level: Counts, flow: Counts, days: Counts) -> list[tuple[Decimal, bool]]:
    """Give the calendar days of the flow that follows each bucket's level covers; True when the flow ends before."""
    found = coverage(level[None, :], flow[None, :], days)
    rest = days.sum() - np.cumsum(days)
    never = found.without_demand[0] & (level > 0)  # nothing follows: it outlasts the plan
    return [
        (Decimal(int(rest[t])), True)
        if never[t]
        else (Decimal(repr(float(found.days[0, t]))), bool(found.beyond[0, t]))
        for t in range(len(days))
    ]


def _row(name: str, counts: Counts, known: Flags, quantum: Decimal, *, state: bool = False) -> Row:
    style = "money" if quantum == MONEY else "units"
    return Row(label=name, unit="", style=style, counts=counts, quantum=quantum, known=known, state=state)


def _earlier_plans(inputs: PlanInputs) -> pl.DataFrame:
    """Give per measure, family and bucket what earlier cycles published: columns measure, family, column, quantity."""
    buckets = inputs.model.buckets
    table = inputs.table("published")
    schema = {"measure": pl.String, "family": pl.String, "column": pl.Int64, "quantity": pl.Int64}
    if table.is_empty():
        return pl.DataFrame(schema=schema)
    starts = {day: i for i, day in enumerate(buckets.starts)}
    last = table.filter(pl.col("cycle") < buckets.current)["cycle"].max()
    placed = table.with_columns(
        pl.col("bucket").replace_strict(starts, default=None, return_dtype=pl.Int64).alias("column"),
        pl.col("cycle").replace_strict(starts, default=None, return_dtype=pl.Int64).alias("made"),
    )
    closed = (pl.col("column") < buckets.first_open) & (pl.col("made") == pl.col("column") - 1)
    ahead = (pl.col("column") >= buckets.first_open) & (pl.col("cycle") == last)
    families = inputs.table("items").select("item", "family")
    return (
        placed.filter(closed | ahead)
        .join(families, on="item")
        .group_by("measure", "family", "column", maintain_order=True)
        .agg(pl.col("quantity").sum())
        .select(list(schema))
    )
