"""The fiscal-year outlook: what closed buckets earned plus what open ones are planned to (F10, M4).

Reads shipments, shipped_revenue, shipped_cost, constrained_demand, constrained_revenue, unit_cost, the
budget panel and the company's supply variances; gives one line a family and fiscal year, and the company.
A family's margin is at standard cost; the company's is after supply variances.
"""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from trivet.core.fiscal import (
    FiscalYear,
    budget_covers,
    estimated_cost,
    families_of,
    fiscal_years,
    outlook_cost,
    outlook_revenue,
    outlook_units,
    sum_by,
    unserved_revenue,
    years_ahead,
)
from trivet.core.ids import Counts, Flags
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.quantities import MONEY, QUANTITY, to_decimal
from trivet.core.summary import FiscalLine


def fiscal_outlook(model: Model, demand: Panel, budget: Panel, company: Panel) -> tuple[FiscalLine, ...]:
    """Give the outlook of this fiscal year and the next: the company first, then its families.

    Args:
        model: what the numbers mean.
        demand: priced demand with its money.
        budget: budget panel (family, region); a family without budget has None there.
        company: company panel with `supply_variance`.

    Returns:
        Lines ordered by year, the company's before its families'. Money in plan currency, exact.
    """
    sheet = _Sheet(model, demand, budget, company)
    lines = []
    for year in years_ahead(demand.buckets):
        lines.append(sheet.line(None, year))
        lines += [sheet.line(family, year) for family in sheet.families]
    return tuple(lines)


class _Sheet:
    """Sums by family, made once."""

    def __init__(self, model: Model, demand: Panel, budget: Panel, company: Panel) -> None:
        labels, revenue = families_of(model, demand), outlook_revenue(demand)
        self.buckets = demand.buckets
        self.families, self.revenue = sum_by(labels, revenue)
        self.units = sum_by(labels, outlook_units(demand))[1]
        self.margin = sum_by(labels, revenue - outlook_cost(demand))[1]
        self.unserved = sum_by(labels, unserved_revenue(demand))[1]
        self.estimated = sum_by(labels, estimated_cost(demand).astype(np.int64))[1] > 0
        self.budget, self.budget_families = budget, budget.keys["family"].to_list()
        self.variance = company.count("supply_variance")[0]
        self.years = fiscal_years(demand.buckets)

    def line(self, family: str | None, year: FiscalYear) -> FiscalLine:
        """Draw up one line."""
        rows = self._rows(family)
        before = next((y for y in self.years if y.year == year.year - 1 and y.complete), None)
        columns, first = year.columns, self.buckets.first_open
        return FiscalLine(
            family=family,
            year=year.year,
            complete=year.complete,
            closed=max(0, min(columns.stop, first) - columns.start),
            units=None if family is None else self._sum(self.units, rows, columns, QUANTITY),
            revenue=self._sum(self.revenue, rows, columns, MONEY),
            margin=self._margin(family, rows, columns),
            estimated=bool(self.estimated[rows][:, columns].any()),
            unserved=self._sum(self.unserved, rows, columns, MONEY),
            budget_units=None if family is None else self._budget("budget_units", family, columns, QUANTITY),
            budget_revenue=self._budget("budget_revenue", family, columns, MONEY),
            budget_margin=self._budget("budget_margin", family, columns, MONEY),
            last_units=self._sum(self.units, rows, before.columns, QUANTITY) if before and family else None,
            last_revenue=self._sum(self.revenue, rows, before.columns, MONEY) if before else None,
            last_margin=self._margin(family, rows, before.columns) if before else None,
        )

    def _rows(self, family: str | None) -> list[int]:
        return [i for i, name in enumerate(self.families) if family in (None, name)]

    def _margin(self, family: str | None, rows: Sequence[int], columns: slice) -> Decimal:
        standard = self._sum(self.margin, rows, columns, MONEY)
        return standard if family else standard - to_decimal(int(self.variance[columns].sum()), MONEY)

    @staticmethod
    def _sum(values: Counts, rows: Sequence[int], columns: slice, quantum: Decimal) -> Decimal:
        return to_decimal(int(values[list(rows)][:, columns].sum()), quantum)

    def _budget(self, measure: str, family: str | None, columns: slice, quantum: Decimal) -> Decimal | None:
        rows = [i for i, name in enumerate(self.budget_families) if family in (None, name)]
        given: Flags = self.budget.mask(measure)[rows][:, columns]
        if not given.any() or not budget_covers(self.budget, measure, columns):
            return None
        return to_decimal(int(self.budget.count(measure)[rows][:, columns].sum()), quantum)
