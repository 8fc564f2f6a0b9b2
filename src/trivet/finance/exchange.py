"""Exchange rates of the plan: what one unit of another currency is worth in plan currency, by bucket.

Reads the table `exchange_rates` (types budget, actual and forecast; a row holds from its first bucket
on, F10 and D7). The plan is valued at the forecast rate, the budget at the budget rate, history at the
actual one. A rate is looked up exactly as a step function: never interpolated, never borrowed from
another type or an earlier bucket than the first row. `plan` is no type of the table but what the plan was valued
at: forecast rates ahead; in closed buckets actual ones, or while the table has none the forecast's, then the budget's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.ids import Flags, Rates
from trivet.core.issues import Issue, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import round_rate
from trivet.core.steps import holding_rows


class RateType(StrEnum):
    """What an exchange rate is for; PLAN = whatever the plan was valued at."""

    BUDGET = "budget"
    ACTUAL = "actual"
    FORECAST = "forecast"
    PLAN = "plan"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateTable:
    """Rates of one type on the plan's buckets.

    Attributes:
        kind: what the rates are for.
        currencies: ISO codes, the plan currency among them.
        rates: (currency, bucket) plan currency for one unit; 0 where unknown.
        known: (currency, bucket) whether a rate holds.
    """

    kind: RateType
    currencies: tuple[str, ...]
    rates: Rates
    known: Flags

    def rows(self, currencies: Sequence[str]) -> list[int]:
        """Give the row of each currency; every one must have been asked for in `rate_table`."""
        at = {code: i for i, code in enumerate(self.currencies)}
        return [at[code] for code in currencies]

    def on(self, currency: str) -> tuple[Rates, Flags]:
        """Give the rate of one currency in every bucket, and where it is known."""
        row = self.rows([currency])[0]
        return self.rates[row], self.known[row]


def rate_table(inputs: PlanInputs, kind: RateType, currencies: Sequence[str]) -> RateTable:
    """Look up one type of rate for the currencies asked for, on every bucket of the plan.

    The plan currency is worth 1. A currency without a row is unknown everywhere.
    """
    buckets, home = inputs.model.buckets, inputs.model.company.currency
    if kind is RateType.PLAN:
        return _plan_rates(inputs, currencies)
    wanted = tuple(sorted({*currencies, home}))
    at = {code: i for i, code in enumerate(wanted)}
    table = inputs.table("exchange_rates").filter(
        (pl.col("type") == kind.value) & pl.col("currency").is_in(list(wanted)) & pl.col("rate").is_not_null()
    )
    series = np.array([at[code] for code in table["currency"].to_list()], dtype=np.int64)
    holds = holding_rows(series, table["first"].to_list(), len(wanted), buckets)
    known = holds >= 0
    values = np.append(table["rate"].to_numpy(), 0.0)
    rates = round_rate(np.where(known, values[holds], 0.0))
    rates[at[home]], known[at[home]] = 1.0, True
    return RateTable(kind=kind, currencies=wanted, rates=rates, known=known)


def _plan_rates(inputs: PlanInputs, currencies: Sequence[str]) -> RateTable:
    """Give the rates a plan is valued at: forecast ahead, in closed buckets the best that is known of them."""
    actual, forecast, budget = (
        rate_table(inputs, kind, currencies) for kind in (RateType.ACTUAL, RateType.FORECAST, RateType.BUDGET)
    )
    closed = np.arange(len(inputs.model.buckets)) < inputs.model.buckets.first_open
    rates = np.where(forecast.known, forecast.rates, np.where(closed & budget.known, budget.rates, 0.0))
    return RateTable(
        kind=RateType.PLAN,
        currencies=forecast.currencies,
        rates=round_rate(np.where(closed & actual.known, actual.rates, rates)),
        known=forecast.known | (closed & (actual.known | budget.known)),
    )


def market_currencies(inputs: PlanInputs, demand: Panel) -> list[str]:
    """Give the currency each series' market is invoiced in."""
    home = inputs.model.company.currency
    markets = inputs.table("markets")
    named = dict(zip(markets["market"].to_list(), markets["currency"].fill_null(home).to_list(), strict=True))
    return [named.get(market) or home for market in demand.keys["market"].to_list()]


def missing_rate_issue(kind: RateType, currency: str, buckets: Buckets, absent: Flags, what: str) -> Issue:
    """Say that amounts in `currency` stay out of the plan where no rate of `kind` holds."""
    columns = np.flatnonzero(absent)
    opens = int(columns[0]) >= buckets.first_open
    row = (RateType.FORECAST if opens else RateType.ACTUAL) if kind is RateType.PLAN else kind
    return Issue(
        code="finance.no-rate",
        severity=Severity.REFUSED,
        place=Place(
            source="exchange_rates",
            column="rate",
            value=currency,
            first=buckets.starts[int(columns[0])],
            last=buckets.starts[int(columns[-1])],
        ),
        message=(
            f"no {kind} rate of {currency} in {len(columns)} buckets; expected a row of type '{row}' that starts by "
            f"{buckets.label(int(columns[0]))}. {what} in {currency} are left out there."
        ),
        advice=f"Add {row},{currency},{buckets.label(int(columns[0]))},RATE to exchange_rates.csv.",
    )
