"""The statement by family and period, beside the budget, the last cycle's plan and last year (F10, F11, M4, M8).

The lines are those of `core.profit`. Families have what is kept by item: sales down to the gross margin at standard
cost, stock, and receivables by their revenue and terms. What is kept for the whole company (supply variances, freight,
events, expense, payables, cash) stands once, as a part of its own, so that the parts of every line add up to the
company. The budget knows net sales, gross margin and operating expense. Reads the panels of a plan; decides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets, Calendar
from trivet.core.errors import NotFound
from trivet.core.ids import Counts
from trivet.core.issues import Scope
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.core.profit import (
    LABELS,
    LESS,
    Account,
    Accounts,
    Line,
    company_level,
    company_statement,
    stock_of,
    trading,
    with_subtotals,
)
from trivet.core.quantities import MONEY, to_decimal
from trivet.core.scope import rows_of
from trivet.finance.cash import cash_brought_in, share_payables, share_receivables
from trivet.finance.statement import INVESTMENT

TOTAL: Final = "all"
"""Name of everything in the scope."""
COMPANY: Final = "company level"
"""Name of the part that belongs to no family."""
_YEAR: Final = {Calendar.MONTHS: 12, Calendar.FOUR_FOUR_FIVE: 12, Calendar.WEEKS: 52}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stated:
    """The statements of a plan: of everything in the scope, and of its parts.

    Attributes:
        buckets: the axis.
        members: name -> lines, the total first.
        budget: name -> what was approved.
    """

    buckets: Buckets
    members: Mapping[str, Accounts]
    budget: Mapping[str, Accounts]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRow:
    """One line of a statement for one member, a value a period; None where nothing is known.

    Attributes:
        member: `all`, a member of the level, or `company level`.
        line: name of the line.
        label: as people read it.
        less: whether it is taken off.
        values: of the plan: actual in closed buckets.
        budget: approved.
        last_cycle: what the plan published last before this one said.
        last_year: of the period a year earlier.
    """

    member: str
    line: Line
    label: str
    less: bool
    values: tuple[Decimal | None, ...]
    budget: tuple[Decimal | None, ...]
    last_cycle: tuple[Decimal | None, ...]
    last_year: tuple[Decimal | None, ...]


def state(inputs: PlanInputs, plan: Plan, *, by: str | None = None, scope: Scope = (), cost: bool = True) -> Stated:
    """Draw up the statements of a plan, or of the part of it that somebody sees.

    Args:
        inputs: what it was made from.
        plan: its panels, cut to what is seen; a line whose measures were cut off is left out.
        by: level of items or markets whose members are told one by one; None = the total only.
        scope: nodes; with one the lines of the whole company are left out.
        cost: whether costs are shown.

    Raises NotFound for a level that items and markets do not have.
    """
    demand, supply, company = plan.panel("demand"), plan.panel("supply"), plan.panel("company")
    sheet = _Sheet(inputs=inputs, demand=demand, supply=supply, company=company, cost=cost)
    total = sheet.part(scope) if scope or not cost else company_statement(demand, supply, company)
    members = {TOTAL: total, **(sheet.parts(by, scope) if by else {})}
    budget = plan.panel("budget")
    approved = {name: _approved(inputs, budget, by, name, scope) for name in members if name != COMPANY}
    return Stated(buckets=demand.buckets, members=members, budget=approved)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sheet:
    """The panels statements are drawn from."""

    inputs: PlanInputs
    demand: Panel
    supply: Panel
    company: Panel
    cost: bool

    def part(self, scope: Scope) -> Accounts:
        """Give the lines of a scope that are kept by item."""
        rows = rows_of(self.demand, self.inputs.model, scope)
        return {**trading(self.demand, rows, cost=self.cost), **self._stock(scope)}

    def _stock(self, scope: Scope) -> Accounts:
        """Give the stock of a scope; none where it names markets, which stock is not kept by."""
        if not self.cost or not self.supply.rows:
            return {}
        try:
            return stock_of(self.supply, rows_of(self.supply, self.inputs.model, scope))
        except NotFound:
            return {}

    def parts(self, by: str, scope: Scope) -> Mapping[str, Accounts]:
        """Give the lines of every member of a level, then those of the whole company."""
        groups = self._groups(self.demand, by, scope)
        places = self._groups(self.supply, by, scope) if self._kept_by(by, self.supply) else {}
        found: dict[str, Accounts] = {}
        for name in sorted({*groups, *places}):
            rows = groups.get(name, np.zeros(0, dtype=np.int64))
            stock = stock_of(self.supply, places[name]) if self.cost and name in places else {}
            found[name] = {**trading(self.demand, rows, cost=self.cost), **stock}
        if scope or not self.cost:
            return found
        company = dict(company_level(self.company))
        self._share(Line.RECEIVABLES, found, groups, company)
        self._share(Line.PAYABLES, found, places, company)
        self._cash({name: (groups[name], places[name]) for name in groups if name in places}, found, company)
        return {**found, COMPANY: _company_part(company)}

    def _share(
        self, line: Line, found: dict[str, Accounts], groups: Mapping[str, Counts], company: dict[Line, Account]
    ) -> None:
        """Give each member its part of what customers owe or suppliers are owed; the company's part is nothing then."""
        if line not in company or not groups:
            return
        whole, rows = company.pop(line), list(groups.values())
        shares = (
            share_receivables(self.inputs, self.demand, whole.counts, rows)
            if line is Line.RECEIVABLES
            else share_payables(self.inputs, self.demand, self.supply, whole.counts, rows)
        )
        for name, counts in zip(groups, shares, strict=True):
            found[name] = {**found[name], line: Account(line=line, counts=counts, known=whole.known)}

    def _cash(
        self, parts: Mapping[str, tuple[Counts, Counts]], found: dict[str, Accounts], company: dict[Line, Account]
    ) -> None:
        """Give each member the cash it brings in; the company's part holds what it had, and what it spends as one."""
        if Line.CASH not in company or not parts:
            return
        whole = company[Line.CASH]
        brought = cash_brought_in(self.inputs, self.demand, self.supply, list(parts.values()))
        for name, counts in zip(parts, brought, strict=True):
            found[name] = {**found[name], Line.CASH: Account(line=Line.CASH, counts=counts, known=whole.known)}
        rest = np.asarray(whole.counts - np.sum(brought, axis=0), dtype=np.int64)
        company[Line.CASH] = Account(line=Line.CASH, counts=rest, known=whole.known)

    def _kept_by(self, by: str, panel: Panel) -> bool:
        dimension = self._dimension(by)
        return dimension in panel.dimensions and self.cost

    def _dimension(self, by: str) -> str:
        dimensions = self.inputs.model.dimensions
        for name in ("item", "market"):
            if by == name or by in dimensions[name].levels:
                return name
        levels = sorted({level for name in ("item", "market") for level in dimensions[name].levels})
        raise NotFound(f"level '{by}' is not one of items or markets; they have {', '.join(levels)}.")

    def _groups(self, panel: Panel, by: str, scope: Scope) -> dict[str, Counts]:
        """Give the rows of each member of a level within the scope."""
        dimension = self._dimension(by)
        own = panel.keys[dimension].to_list()
        above = self.inputs.model.dimensions[dimension].parents(by) if by != dimension else {}
        names = own if by == dimension else [above.get(leaf, "") for leaf in own]
        try:
            rows = rows_of(panel, self.inputs.model, scope).tolist()
        except NotFound:
            return {}
        found: dict[str, list[int]] = {}
        for row in rows:
            found.setdefault(names[row], []).append(row)
        return {name: np.array(found[name], dtype=np.int64) for name in sorted(found)}


def _company_part(company: Accounts) -> Accounts:
    """Give what the company has beyond its members: costs that lower every subtotal, and balances."""
    if Line.VARIANCES not in company:
        return company
    length = len(company[Line.VARIANCES].counts)
    nothing = Account(line=Line.NET, counts=np.zeros(length, dtype=np.int64), known=np.ones(length, dtype=np.bool_))
    whole = with_subtotals({Line.NET: nothing, Line.COGS: _named(nothing, Line.COGS), **company})
    return {line: account for line, account in whole.items() if line in company or line is Line.GROSS_MARGIN}


def _named(account: Account, line: Line) -> Account:
    return Account(line=line, counts=account.counts, known=account.known)


_BUDGET: Final = ((Line.NET, "budget_revenue"), (Line.GROSS_MARGIN, "budget_margin"))


def _approved(inputs: PlanInputs, budget: Panel, by: str | None, member: str, scope: Scope) -> Accounts:
    """Give the budget of a member; nothing where it is kept by something else."""
    keys, rows = budget.keys, np.ones(budget.rows, dtype=np.bool_)
    wanted = [(node.level, str(node.member)) for node in scope]
    if member != TOTAL:
        wanted.append((by or "", member))
    if any(level not in keys.columns for level, _ in wanted):
        return {}
    for level, name in wanted:
        rows &= (keys[level] == name).to_numpy()
    found: dict[Line, Account] = {}
    for line, measure in _BUDGET:
        if budget.has(measure) and budget.mask(measure)[rows].any():
            counts = np.asarray(budget.count(measure)[rows].sum(axis=0), dtype=np.int64)
            known = np.asarray(budget.mask(measure).any(axis=0), dtype=np.bool_)
            found[line] = Account(line=line, counts=counts, known=known)
    if member == TOTAL and not scope and Line.GROSS_MARGIN in found:
        found |= _approved_expense(inputs)
    return found


def _approved_expense(inputs: PlanInputs) -> Accounts:
    """Give the budgeted operating expense of the company."""
    buckets = inputs.model.buckets
    rows = inputs.table("operating_expense").filter(
        (pl.col("version") == "budget")
        & (pl.col("bucket") >= buckets.edges[0])
        & (pl.col("bucket") < buckets.edges[-1])
    )
    rows = rows.filter(~pl.col("account").str.to_lowercase().is_in(sorted(INVESTMENT)))
    if rows.is_empty():
        return {}
    counts, known = np.zeros(len(buckets), dtype=np.int64), np.zeros(len(buckets), dtype=np.bool_)
    for day, amount in rows.select("bucket", "amount").iter_rows():
        counts[buckets.index(day)] += amount or 0
        known[buckets.index(day)] = True
    return {Line.EXPENSE: Account(line=Line.EXPENSE, counts=counts, known=known)}


def statement_rows(
    stated: Stated, periods: Sequence[tuple[str, slice]], earlier: Stated | None = None
) -> tuple[StatementRow, ...]:
    """Give the rows of a statement, member by member, line by line.

    Args:
        stated: the statements.
        periods: names and buckets of the columns.
        earlier: what the last cycle's plan said; None = there is none.

    Returns:
        Rows in the order of `core.profit.Line`; the total's first. A value beside them is None where the budget, the
        last cycle or last year does not have the whole period.
    """
    shown = [columns for _, columns in periods]
    before = [_year_before(stated.buckets, columns) for columns in shown]
    found = []
    for name, accounts in stated.members.items():
        told = earlier.members.get(name, {}) if earlier else {}
        then = [_same_days(stated.buckets, columns, earlier.buckets) if earlier else None for columns in shown]
        for line, account in accounts.items():
            back = [columns if _alike(accounts, line, columns) else None for columns in before]
            found.append(
                StatementRow(
                    member=name,
                    line=line,
                    label=LABELS[line],
                    less=line in LESS,
                    values=tuple(_money(account, columns) for columns in shown),
                    budget=tuple(_whole(stated.budget.get(name, {}).get(line), columns) for columns in shown),
                    last_cycle=tuple(_whole(told.get(line), columns, partly=True) for columns in then),
                    last_year=tuple(_whole(account, columns) for columns in back),
                )
            )
    return tuple(found)


def _money(account: Account, columns: slice) -> Decimal | None:
    counts = account.amount(columns)
    return None if counts is None else to_decimal(counts, MONEY)


def _whole(account: Account | None, columns: slice | None, *, partly: bool = False) -> Decimal | None:
    """Give the amount of a period, only where all of it is known; `partly`: what is known of it."""
    if account is None or columns is None:
        return None
    if not partly and not account.known[columns].all():
        return None
    return _money(account, columns)


def _alike(accounts: Accounts, line: Line, columns: slice | None) -> bool:
    """Tell whether a year earlier a line held the same costs: what freight was is known of no closed bucket."""
    if columns is None or line not in (Line.CONTRIBUTION, Line.EBITDA):
        return columns is not None
    return bool(accounts[Line.FREIGHT].known[columns].all())


def _year_before(buckets: Buckets, columns: slice) -> slice | None:
    """Give the same buckets a year earlier; None where the axis begins later."""
    back = _YEAR[buckets.calendar]
    return slice(columns.start - back, columns.stop - back) if columns.start >= back else None


def _same_days(own: Buckets, columns: slice, other: Buckets) -> slice | None:
    """Give the buckets of another axis that are the same days; None where it does not have all of them."""
    first, last = own.edges[columns.start], own.edges[columns.stop]
    if first not in other.edges or last not in other.edges:
        return None
    return slice(other.edges.index(first), other.edges.index(last))
