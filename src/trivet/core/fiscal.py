"""Fiscal years of a plan, and the sums every leg of it needs alike: by family, closed plus open.

The outlook of a fiscal year is what its closed buckets earned and what its open ones are planned to.
Sums are exact: int64 counts are added, never floats.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trivet.core.buckets import Buckets, Calendar
from trivet.core.ids import Counts, Flags
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.quantities import MONEY, QUANTITY, times_rate

_WHOLE = {Calendar.MONTHS: 12, Calendar.FOUR_FOUR_FIVE: 12, Calendar.WEEKS: 52}


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalYear:
    """The buckets of one fiscal year that the plan has.

    Attributes:
        year: calendar year in which it ends.
        columns: its buckets on the axis.
        complete: whether the axis holds all of it.
    """

    year: int
    columns: slice
    complete: bool


def fiscal_years(buckets: Buckets) -> tuple[FiscalYear, ...]:
    """Give the fiscal years the axis touches, in order."""
    years = [buckets.fiscal_year(i) for i in range(len(buckets))]
    found = []
    for year in sorted(set(years)):
        start, count = years.index(year), years.count(year)
        complete = count >= _WHOLE[buckets.calendar]
        found.append(FiscalYear(year=year, columns=slice(start, start + count), complete=complete))
    return tuple(found)


def years_ahead(buckets: Buckets) -> tuple[FiscalYear, ...]:
    """Give the fiscal year of the current bucket and the next one, where the axis has it."""
    current = buckets.fiscal_year(buckets.first_open)
    return tuple(year for year in fiscal_years(buckets) if year.year in {current, current + 1})


def budget_covers(budget: Panel, measure: str, columns: slice) -> bool:
    """Tell whether every bucket of a year has a budget: two months of it are nothing to hold a year against."""
    return bool(budget.mask(measure)[:, columns].any(axis=0).all()) if budget.rows and budget.has(measure) else False


def sum_by(labels: Sequence[str], values: Counts) -> tuple[tuple[str, ...], Counts]:
    """Add the rows of `values` (rows, ...) that share a label: sorted labels and their exact sums."""
    names = tuple(sorted(set(labels)))
    at = {name: i for i, name in enumerate(names)}
    total = np.zeros((len(names), *values.shape[1:]), dtype=np.int64)
    np.add.at(total, np.array([at[label] for label in labels], dtype=np.int64), values)
    return names, total


def families_of(model: Model, panel: Panel) -> list[str]:
    """Give the family of each row of a panel that has items."""
    family = model.dimensions["item"].parents("family")
    return [family.get(item, "") for item in panel.keys["item"].to_list()]


def both(panel: Panel, closed: str, ahead: str) -> Counts:
    """Give one measure's counts in closed buckets and another's in open ones."""
    is_open = np.arange(len(panel.buckets)) >= panel.buckets.first_open
    return np.where(is_open, panel.count(ahead), panel.count(closed)).astype(np.int64)


def outlook_units(demand: Panel) -> Counts:
    """Give units shipped (closed) and to be shipped (open)."""
    return both(demand, "shipments", "constrained_demand")


def outlook_revenue(demand: Panel) -> Counts:
    """Give revenue earned (closed) and planned (open)."""
    return both(demand, "shipped_revenue", "constrained_revenue")


def outlook_cost(demand: Panel) -> Counts:
    """Give standard cost of what was shipped (closed) and will be (open): revenue less margin.

    Where a shipment was booked without cost, the cost of the first open bucket stands in
    (`estimated_cost` tells where). What has no cost at all counts as 0, as it does in the plan's margin; an
    issue `finance.no-cost` says so.
    """
    first = demand.buckets.first_open
    cost = both(demand, "shipped_cost", "constrained_cost")
    lacking = estimated_cost(demand)
    if first < len(demand.buckets) and lacking.any():
        unit = np.broadcast_to(demand.rate("unit_cost")[:, [first]], demand.shape)
        cost = np.where(lacking, times_rate(demand.count("shipments"), unit, QUANTITY, MONEY), cost)
    return cost.astype(np.int64)


def estimated_cost(demand: Panel) -> Flags:
    """Tell in which closed buckets something was shipped without a cost being booked."""
    closed = np.arange(len(demand.buckets)) < demand.buckets.first_open
    unbooked: Flags = (demand.count("shipments") != 0) & (demand.count("shipped_cost") == 0)
    return np.logical_and(closed, unbooked)


def unserved_revenue(demand: Panel) -> Counts:
    """Give the revenue of demand that the plan loses, at the price of its bucket."""
    return times_rate(demand.count("unserved_demand"), demand.rate("price"), QUANTITY, MONEY)
