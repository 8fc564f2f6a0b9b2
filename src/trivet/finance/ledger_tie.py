"""The plan's history against the general ledger, month by month, and what the difference is made of (M8).

Reads the tables `ledger`, `ledger_map`, `shipments` and `operating_expense` and the measures shipped_revenue and
shipped_cost; writes no measure. Each line of the statement that accounts are mapped to (revenue, cogs,
operating_expense) is held against the sum of these accounts in every closed bucket the ledger speaks of. What is known
to stand in one and not in the other is named: goods that are not planned (fees, services), cost nobody booked. What is
left is within 0.1 % of the ledger, or not explained.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from trivet.core.fiscal import estimated_cost, outlook_cost
from trivet.core.ids import Counts
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.profit import Line
from trivet.core.quantities import MONEY, times_rate, to_decimal
from trivet.finance.exchange import RateType, rate_table

MAPPED: Final[Mapping[str, Line]] = {
    "revenue": Line.NET,
    "cogs": Line.COGS,
    "operating_expense": Line.EXPENSE,
}
"""Lines of `ledger_map` whose history the plan has, and the line of the statement each one is."""
ROUNDING: Final = Decimal("0.001")
"""Part of the ledger's amount up to which a difference is rounding."""
UNPLANNED: Final = "not planned (fees, services, items left out)"
UNBOOKED: Final = "cost nobody booked, estimated in the plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One known reason of a difference and its amount in plan currency: ledger more (+) or less (-) than the plan."""

    what: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerTie:
    """One line of the statement in one closed bucket beside the ledger; exact: plan + causes + unexplained = ledger.

    Attributes:
        line: of the statement.
        bucket: its name.
        accounts: of the ledger that make the line.
        ledger, plan, difference: amounts in plan currency; ledger less plan.
        causes: what is known to stand in one of them only.
        unexplained: the rest.
        rounding: whether the rest is no more than rounding (0.1 % of the ledger).
        said: what explains the difference, in words.
    """

    line: Line
    bucket: str
    accounts: tuple[str, ...]
    ledger: Decimal
    plan: Decimal
    difference: Decimal
    causes: tuple[Cause, ...]
    unexplained: Decimal
    rounding: bool
    said: str


def tie_to_ledger(inputs: PlanInputs, demand: Panel, company: Panel) -> tuple[LedgerTie, ...]:
    """Hold the history of the statement against the ledger.

    Args:
        inputs: the snapshot.
        demand: the whole demand plan with shipped_revenue and shipped_cost.
        company: the company panel with operating_expense.

    Returns:
        One tie a mapped line and closed bucket with a ledger amount, by line and bucket; none without the tables
        `ledger` and `ledger_map`. Source: M8, "difference explained line".
    """
    buckets = inputs.model.buckets
    plan = {
        Line.NET: demand.count("shipped_revenue").sum(axis=0),
        Line.COGS: outlook_cost(demand).sum(axis=0),
        Line.EXPENSE: company.count("operating_expense")[0],
    }
    estimated = np.where(estimated_cost(demand), outlook_cost(demand), 0).sum(axis=0)
    apart: dict[Line, dict[str, Counts]] = {
        Line.NET: {UNPLANNED: _unplanned(inputs, demand, "value")},
        Line.COGS: {UNPLANNED: _unplanned(inputs, demand, "cost"), UNBOOKED: -estimated},
        Line.EXPENSE: {},
    }
    found = []
    for (line, column), (accounts, booked) in sorted(_booked(inputs).items(), key=lambda one: _order(one[0])):
        parts = {what: int(counts[column]) for what, counts in apart[line].items()}
        found.append(_tie(line, buckets.label(column), accounts, (booked, int(plan[line][column])), parts))
    return tuple(found)


def _tie(
    line: Line, bucket: str, accounts: tuple[str, ...], amounts: tuple[int, int], parts: Mapping[str, int]
) -> LedgerTie:
    """Take off a difference what is known of it, and judge the rest."""
    booked, planned = amounts
    rest = booked - planned - sum(parts.values())
    rounding = abs(rest) <= abs(booked) * ROUNDING
    causes = tuple(Cause(what=what, amount=to_decimal(counts, MONEY)) for what, counts in parts.items() if counts)
    said = [f"{cause.what} {cause.amount:,.2f}" for cause in causes]
    if rest:
        said.append(f"{'within 0.1 %' if rounding else 'NOT EXPLAINED'} {to_decimal(rest, MONEY):,.2f}")
    return LedgerTie(
        line=line,
        bucket=bucket,
        accounts=accounts,
        ledger=to_decimal(booked, MONEY),
        plan=to_decimal(planned, MONEY),
        difference=to_decimal(booked - planned, MONEY),
        causes=causes,
        unexplained=to_decimal(rest, MONEY),
        rounding=rounding,
        said="; ".join(said) or "none",
    )


def _order(key: tuple[Line, int]) -> tuple[int, int]:
    return list(MAPPED.values()).index(key[0]), key[1]


def _booked(inputs: PlanInputs) -> dict[tuple[Line, int], tuple[tuple[str, ...], int]]:
    """Add the accounts of each line up by closed bucket."""
    buckets = inputs.model.buckets
    mapped = inputs.table("ledger_map").filter(pl.col("line").is_in(list(MAPPED)))
    rows = inputs.table("ledger").join(mapped, on="account", how="inner", maintain_order="left")
    rows = rows.filter((pl.col("bucket") >= buckets.edges[0]) & (pl.col("bucket") < buckets.current))
    found: dict[tuple[Line, int], tuple[tuple[str, ...], int]] = {}
    for account, name, day, amount in rows.select("account", "line", "bucket", "amount").iter_rows():
        key = MAPPED[name], buckets.index(day)
        accounts, total = found.get(key, ((), 0))
        found[key] = tuple(sorted({*accounts, account})), total + (amount or 0)
    return found


def _unplanned(inputs: PlanInputs, demand: Panel, column: str) -> Counts:
    """Give what shipments of items without a series of the plan were worth, by bucket, at the actual rate."""
    buckets, home = inputs.model.buckets, inputs.model.company.currency
    planned = demand.keys["item"].unique()
    rows = inputs.table("shipments").filter(~pl.col("item").is_in(planned.implode()) & pl.col(column).is_not_null())
    rows = rows.filter((pl.col("bucket") >= buckets.edges[0]) & (pl.col("bucket") < buckets.current))
    total = np.zeros(len(buckets), dtype=np.int64)
    if rows.is_empty():
        return total
    codes = [code or home for code in rows["currency"].to_list()]
    columns = np.array([buckets.index(day) for day in rows["bucket"].to_list()], dtype=np.int64)
    rates = rate_table(inputs, RateType.PLAN, codes)
    at = np.array(rates.rows(codes), dtype=np.int64)
    worth = times_rate(rows[column].to_numpy().astype(np.int64), rates.rates[at, columns], MONEY, MONEY)
    np.add.at(total, columns, np.where(rates.known[at, columns], worth, 0))
    return total
