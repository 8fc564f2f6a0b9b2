"""The plan in money beside the margin: stock at cost, the budget, what the company spends, and cash (F11).

Reads `budget`, `promotions`, `operating_expense`, `payment_terms`, `balance`, the planned demand, supply
and materials; writes `stock_value` of the supply panel, the budget panel and the company panel:
supply_variance, freight, promotion_cost, operating_expense, receivables, payables and cash.

EBITDA = gross margin - supply variances - freight - promotion cost - operating expense.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.ids import Counts, Flags, GrainName
from trivet.core.issues import Issue, Place, Severity
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, times_rate, to_decimal
from trivet.finance.cash import Worth, cash_measures, item_worth

INVESTMENT: Final = frozenset({"capex", "investment", "capital expenditure"})
"""Accounts of `operating_expense` that are investment: they move cash, not the expense line."""


def company_plan(
    inputs: PlanInputs,
    demand: Panel,
    supply: Panel,
    load: Panel,  # noqa: ARG001 - the statement is called with the whole supply plan
    material: Panel,
    *,
    variance: Counts,
    freight: Counts,
) -> tuple[Panel, Panel, Panel, tuple[Issue, ...]]:
    """Value stock, take in the budget and draw up the company's statement by bucket.

    Args:
        inputs: the snapshot.
        demand: priced demand with its money recomputed.
        supply: solved supply.
        load: solved load.
        material: solved key materials.
        variance: (buckets,) or (1, buckets) counts of 0.0001: cost above standard of the supply plan.
        freight: the same shape: freight between locations.

    Returns:
        Supply with `stock_value`, the budget panel (family, region), the company panel (one row), and
        what could not be placed. Receivables, payables and cash are absent unless `payment_terms` and
        `balance` exist.
    """
    worth = item_worth(inputs, demand, supply)
    valued = supply.with_counts({"stock_value": _stock_value(supply, worth)})
    budget, issues = budget_panel(inputs)
    shape = (1, len(inputs.model.buckets))
    company = Panel(grain=GrainName("company"), keys=pl.DataFrame(), buckets=inputs.model.buckets)
    spent, more = _expenses(inputs)
    company = company.with_counts(
        {
            "supply_variance": np.array(variance, dtype=np.int64).reshape(shape),
            "freight": np.array(freight, dtype=np.int64).reshape(shape),
            "promotion_cost": _promotion_cost(inputs).reshape(shape),
            "operating_expense": spent.running.reshape(shape),
        }
    )
    cash, present, notes = cash_measures(inputs, demand, valued, material, (company, spent.investment), worth=worth)
    if cash:
        company = company.with_counts(cash, present=present)
    return valued, budget, company, (*issues, *more, *notes)


def _stock_value(supply: Panel, worth: Worth) -> Counts:
    """Value the projected stock of open buckets at the standard cost of the item."""
    value = np.zeros(supply.shape, dtype=np.int64)
    ahead = supply.buckets.horizon
    value[:, ahead] = times_rate(supply.count("projected_stock")[:, ahead], worth.cost[:, ahead], QUANTITY, MONEY)
    return value


def budget_panel(inputs: PlanInputs) -> tuple[Panel, tuple[Issue, ...]]:
    """Give the approved budget by family and region; region "" is every region together.

    Rows of one cell are added. What lies outside the plan's buckets is left out with an issue.
    """
    buckets = inputs.model.buckets
    table, issues = _inside(inputs.table("budget"), buckets, "budget", "revenue")
    table = table.with_columns(pl.col("family", "region").fill_null(""))
    keys = make_keys({name: table[name].to_list() for name in ("family", "region")})
    panel = Panel(grain=GrainName("budget"), keys=keys, buckets=buckets)
    rows, columns = panel.find(table), _columns(table["bucket"].to_list(), buckets)
    counts: dict[str, Counts] = {}
    masks: dict[str, Flags] = {}
    for name, column in (("budget_units", "quantity"), ("budget_revenue", "revenue"), ("budget_margin", "margin")):
        given = table[column].is_not_null().to_numpy()
        amounts, mask = np.zeros(panel.shape, dtype=np.int64), np.zeros(panel.shape, dtype=np.bool_)
        np.add.at(amounts, (rows, columns), table[column].fill_null(0).to_numpy().astype(np.int64))
        mask[rows[given], columns[given]] = True
        counts[name], masks[name] = amounts, mask
    return panel.with_counts(counts, present=masks), (*issues, *_unknown_families(inputs, keys))


def _unknown_families(inputs: PlanInputs, keys: pl.DataFrame) -> tuple[Issue, ...]:
    known = set(inputs.table("items")["family"].to_list())
    return tuple(
        Issue(
            code="finance.budget-family-unknown",
            severity=Severity.WARNING,
            place=Place(source="budget", column="family", value=family),
            message=f"the budget names family '{family}' that no item has; it counts in the company's budget only.",
            advice="Correct the family in budget.csv, or give its items that family in items.csv.",
        )
        for family in sorted(set(keys["family"].to_list()) - known)
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Spent:
    """Operating expense and investment of the company by bucket, in counts of 0.0001."""

    running: Counts
    investment: Counts


def _expenses(inputs: PlanInputs) -> tuple[_Spent, tuple[Issue, ...]]:
    """Take actual expense in closed buckets, planned in open ones; the budget where no plan was given."""
    buckets = inputs.model.buckets
    table, issues = _inside(inputs.table("operating_expense"), buckets, "operating_expense", "amount")
    invests = pl.col("account").str.to_lowercase().is_in(sorted(INVESTMENT))
    sums = {
        (version, invested): _by_bucket(
            table.filter((pl.col("version") == version) & (invests if invested else ~invests)), buckets
        )
        for version in ("actual", "plan", "budget")
        for invested in (False, True)
    }
    planned = set(table.filter(pl.col("version") == "plan")["bucket"].to_list())
    ahead = buckets.starts[buckets.first_open :]
    unplanned = [day for day in ahead if day not in planned]
    budgeted = set(table.filter(pl.col("version") == "budget")["bucket"].to_list())
    borrowed = [day for day in unplanned if day in budgeted]
    use = np.isin(np.array(buckets.starts, dtype="datetime64[D]"), np.array(borrowed, dtype="datetime64[D]"))
    closed = np.arange(len(buckets)) < buckets.first_open
    lines = [
        np.where(closed, sums["actual", kind], np.where(use, sums["budget", kind], sums["plan", kind]))
        for kind in (False, True)
    ]
    note = _borrowed_note(borrowed) + _unplanned_note(unplanned, borrowed, table)
    return _Spent(running=lines[0].astype(np.int64), investment=lines[1].astype(np.int64)), (*issues, *note)


def _borrowed_note(borrowed: list[date]) -> tuple[Issue, ...]:
    if not borrowed:
        return ()
    return (
        Issue(
            code="finance.expense-from-budget",
            severity=Severity.NOTE,
            place=Place(source="operating_expense", column="version", first=borrowed[0], last=borrowed[-1]),
            message=f"{len(borrowed)} open buckets have no planned operating expense: the budget is used there.",
            advice="Add rows of version 'plan' to operating_expense.csv.",
        ),
    )


def _unplanned_note(unplanned: list[date], borrowed: list[date], table: pl.DataFrame) -> tuple[Issue, ...]:
    empty = [day for day in unplanned if day not in set(borrowed)]
    if not empty or table.is_empty():
        return ()
    return (
        Issue(
            code="finance.no-expense",
            severity=Severity.WARNING,
            place=Place(source="operating_expense", column="amount", first=empty[0], last=empty[-1]),
            message=f"{len(empty)} open buckets have neither planned nor budgeted operating expense: it counts as 0.",
            advice="Add rows of version 'plan' to operating_expense.csv for them.",
        ),
    )


def _promotion_cost(inputs: PlanInputs) -> Counts:
    """Put each event's cost into the open bucket it starts in; cancelled events cost nothing."""
    buckets = inputs.model.buckets
    live = inputs.table("promotions").filter(pl.col("status").fill_null("planned") != "cancelled")
    inside = live.filter((pl.col("first") >= buckets.current) & (pl.col("first") < buckets.edges[-1]))
    return _by_bucket(inside.select(pl.col("first").alias("bucket"), pl.col("cost").alias("amount")), buckets)


def _by_bucket(table: pl.DataFrame, buckets: Buckets) -> Counts:
    total = np.zeros(len(buckets), dtype=np.int64)
    columns = _columns(table["bucket"].to_list(), buckets)
    np.add.at(total, columns, table["amount"].fill_null(0).to_numpy().astype(np.int64))
    return total


def _columns(days: list[date], buckets: Buckets) -> Counts:
    at: Mapping[date, int] = {day: buckets.index(day) for day in sorted(set(days))}
    return np.array([at[day] for day in days], dtype=np.int64)


def _inside(table: pl.DataFrame, buckets: Buckets, name: str, column: str) -> tuple[pl.DataFrame, tuple[Issue, ...]]:
    """Keep the rows whose bucket the plan has, and say what was left out."""
    fits = (pl.col("bucket") >= buckets.edges[0]) & (pl.col("bucket") < buckets.edges[-1])
    left = table.filter(~fits)
    if left.is_empty():
        return table, ()
    amount = to_decimal(int(left[column].fill_null(0).sum()), MONEY)
    days = left["bucket"].sort().to_list()
    issue = Issue(
        code="finance.outside-horizon",
        severity=Severity.NOTE,
        place=Place(source=name, column="bucket", first=days[0], last=days[-1]),
        message=f"{left.height} rows ({column} {amount:,.2f}) lie outside {buckets.label(0)} to "
        f"{buckets.label(len(buckets) - 1)} and are not shown.",
        advice="Widen first_bucket or horizon in company.toml to see them.",
    )
    return table.filter(fits), (issue,)
