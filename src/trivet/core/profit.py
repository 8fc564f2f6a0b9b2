"""The statement of a plan: from gross sales to EBITDA, then stock, receivables, payables and cash (F11, M8).

gross margin = net sales - standard cost of goods sold - supply variances; contribution = gross margin - freight -
promotion cost; EBITDA = contribution - operating expense. Closed buckets hold what was earned and spent, open ones
what is planned; supply variances, freight and promotion cost are known of what is planned only. A line that the plan
does not know, or that is not shown to who asks, is left out. Reads measures of demand, supply and the company.
Every page and command that shows a statement takes its lines from here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from trivet.core.fiscal import both, outlook_cost, outlook_revenue
from trivet.core.ids import Counts, Flags
from trivet.core.panel import Panel


class Line(StrEnum):
    """A line of the statement, in the order it is read."""

    WANTED = "revenue_wanted"
    GROSS = "gross_sales"
    DISCOUNTS = "discounts"
    NET = "net_sales"
    COGS = "standard_cogs"
    VARIANCES = "supply_variances"
    GROSS_MARGIN = "gross_margin"
    FREIGHT = "freight"
    PROMOTION = "promotion_cost"
    CONTRIBUTION = "contribution"
    EXPENSE = "operating_expense"
    EBITDA = "ebitda"
    STOCK = "stock"
    RECEIVABLES = "receivables"
    PAYABLES = "payables"
    CASH = "cash"


LABELS: Final[Mapping[Line, str]] = {
    Line.WANTED: "Revenue of the whole consensus",
    Line.GROSS: "Gross sales at list price",
    Line.DISCOUNTS: "Discounts, rebates, promotions",
    Line.NET: "Net sales",
    Line.COGS: "Standard cost of goods sold",
    Line.VARIANCES: "Supply variances",
    Line.GROSS_MARGIN: "Gross margin",
    Line.FREIGHT: "Freight between locations",
    Line.PROMOTION: "Promotion cost",
    Line.CONTRIBUTION: "Contribution",
    Line.EXPENSE: "Operating expense",
    Line.EBITDA: "EBITDA",
    Line.STOCK: "Stock at standard cost",
    Line.RECEIVABLES: "Receivables",
    Line.PAYABLES: "Payables",
    Line.CASH: "Net cash",
}
"""What each line is called on pages."""
PROFIT: Final = (
    (Line.NET, 1),
    (Line.COGS, -1),
    (Line.VARIANCES, -1),
    (Line.FREIGHT, -1),
    (Line.PROMOTION, -1),
    (Line.EXPENSE, -1),
)
"""Lines that add up to EBITDA with their signs; gross sales less discounts is the first of them."""
SUBTOTALS: Final[Mapping[Line, int]] = {Line.GROSS_MARGIN: 3, Line.CONTRIBUTION: 5, Line.EBITDA: 6}
"""Subtotals and how many lines of `PROFIT` they hold."""
LESS: Final = frozenset({Line.DISCOUNTS, *(line for line, sign in PROFIT if sign < 0)})
"""Lines that are taken off."""
STATES: Final = (Line.STOCK, Line.RECEIVABLES, Line.PAYABLES, Line.CASH)
"""Lines that are a state at the end of a bucket; the others are flows."""
_COMPANY: Final = (
    (Line.VARIANCES, "supply_variance"),
    (Line.FREIGHT, "freight"),
    (Line.PROMOTION, "promotion_cost"),
    (Line.EXPENSE, "operating_expense"),
    (Line.RECEIVABLES, "receivables"),
    (Line.PAYABLES, "payables"),
    (Line.CASH, "cash"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Account:
    """One line of a statement over the buckets of a plan.

    Attributes:
        line: which.
        counts: (buckets,) counts of 0.0001, positive as the line says: earned, spent, owned, owed.
        known: (buckets,) where there is an amount.
    """

    line: Line
    counts: Counts
    known: Flags

    @property
    def state(self) -> bool:
        """Whether it is taken at the end of a period instead of added up."""
        return self.line in STATES

    @property
    def whole(self) -> bool:
        """Whether a period has an amount only where each of its buckets has one."""
        return self.line in (Line.WANTED, Line.EXPENSE, Line.EBITDA)

    def amount(self, columns: slice) -> int | None:
        """Give the counts of a run of buckets; None where nothing is known."""
        known = self.known[columns]
        if not known.any() or (self.whole and not known.all()):
            return None
        if self.state:
            return int(self.counts[columns][-1]) if known[-1] else None
        return int(self.counts[columns][known].sum())


Accounts = Mapping[Line, Account]
"""The lines of a statement that are known, in order."""


def trading(demand: Panel, rows: Counts | None = None, *, cost: bool = True) -> Accounts:
    """Give what some rows of the demand plan sell and what that costs: revenue to gross margin at standard cost.

    Args:
        demand: priced demand with its money.
        rows: rows to add up; None = all.
        cost: whether costs are shown; without them the lines end at net sales.
    """
    chosen: Counts | slice = slice(None) if rows is None else rows
    is_open = np.arange(len(demand.buckets)) >= demand.buckets.first_open
    every = np.ones_like(is_open)

    def added(values: Counts) -> Counts:
        return np.asarray(values[chosen].sum(axis=0), dtype=np.int64)

    found = [Account(line=Line.WANTED, counts=added(demand.count("revenue")), known=is_open)]
    if demand.has("shipped_gross"):
        gross = both(demand, "shipped_gross", "gross_sales")
        found.append(Account(line=Line.GROSS, counts=added(gross), known=every))
        found.append(Account(line=Line.DISCOUNTS, counts=added(gross - outlook_revenue(demand)), known=every))
    found.append(Account(line=Line.NET, counts=added(outlook_revenue(demand)), known=every))
    if cost:
        found.append(Account(line=Line.COGS, counts=added(outlook_cost(demand)), known=every))
    return with_subtotals({account.line: account for account in found})


def stock_of(supply: Panel, rows: Counts | None = None) -> Accounts:
    """Give the value of the stock of some rows of the supply plan; nothing where none is known."""
    if not supply.has("stock_value"):
        return {}
    is_open = np.arange(len(supply.buckets)) >= supply.buckets.first_open
    chosen: Counts | slice = slice(None) if rows is None else rows
    counts = np.asarray(supply.count("stock_value")[chosen].sum(axis=0), dtype=np.int64)
    return {Line.STOCK: Account(line=Line.STOCK, counts=counts, known=is_open)}


def company_level(company: Panel) -> Accounts:
    """Give the lines that are kept for the whole company: variances, freight, events, expense, balances."""
    is_open = np.arange(len(company.buckets)) >= company.buckets.first_open
    found: dict[Line, Account] = {}
    for line, measure in _COMPANY:
        if not company.has(measure):
            continue
        counts = company.count(measure)[0]
        known = is_open
        if line is Line.EXPENSE:
            known = is_open | (counts != 0)
            if not counts.any():
                continue  # no table says what is spent, so nobody knows what is left
        elif line in STATES:
            known = company.mask(measure)[0]
        found[line] = Account(line=line, counts=counts, known=known)
    return found


def company_statement(demand: Panel, supply: Panel, company: Panel) -> Accounts:
    """Give the whole company's statement, every line that is known, in order."""
    return with_subtotals({**trading(demand), **stock_of(supply), **company_level(company)})


def with_subtotals(accounts: Accounts) -> Accounts:
    """Add gross margin, contribution and EBITDA where the lines they end with are known, and put all in order.

    Without supply variances (of a family) the gross margin is at standard cost. What is not known of a bucket counts
    nothing there (closed buckets have no variances), but for the expense: without it there is no EBITDA.
    """
    found = dict(accounts)
    needed = {Line.GROSS_MARGIN: (Line.COGS,), Line.CONTRIBUTION: (Line.COGS, Line.FREIGHT, Line.PROMOTION)}
    needed[Line.EBITDA] = (*needed[Line.CONTRIBUTION], Line.EXPENSE)
    for line, count in SUBTOTALS.items():
        if all(part in accounts for part in (Line.NET, *needed[line])):
            known = accounts[Line.EXPENSE if line is Line.EBITDA else Line.NET].known
            found[line] = Account(line=line, counts=sum_of(accounts, PROFIT[:count]), known=known)
    return {line: found[line] for line in Line if line in found}


def sum_of(accounts: Accounts, parts: Sequence[tuple[Line, int]]) -> Counts:
    """Add lines with their signs by bucket."""
    length = len(accounts[Line.NET].counts)
    total = np.zeros(length, dtype=np.int64)
    for line, sign in parts:
        if line in accounts:
            total += np.where(accounts[line].known, accounts[line].counts * sign, 0)
    return total
