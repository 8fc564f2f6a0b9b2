"""Money in other currencies: never converted without a declared basis, asked about where the codes look wrong.

An amount in a currency without an exchange rate is refused, not added. Prices that are the same number
in several currencies are most likely all in one: that is asked about, with the amount.
"""

from collections.abc import Mapping

import polars as pl

from trivet.core.company import Company
from trivet.core.issues import Issue, Place, Severity
from trivet.core.quantities import MONEY, to_decimal
from trivet.core.tables import ColumnType, TableSpec

SAME = 0.5
"""Part of comparable prices equal to the cent above which the currency codes are doubted."""


def find_currency_issues(
    tables: Mapping[str, pl.DataFrame], specs: Mapping[str, TableSpec], company: Company
) -> tuple[Issue, ...]:
    """Refuse currencies without a rate; doubt codes under which the same numbers stand."""
    rated = {company.currency}
    if "exchange_rates" in tables:
        rated |= {code.upper() for code in tables["exchange_rates"]["currency"].to_list()}
    issues: list[Issue] = []
    for name in sorted(tables):
        if name in specs and "currency" in tables[name].columns and name != "exchange_rates":
            issues += _without_rate(name, tables[name], specs[name], rated, company.currency)
    for name in ("shipments", "orders"):
        if name in tables:
            issues += _same_numbers(name, tables[name], company.currency)
    return tuple(issues)


def _without_rate(name: str, frame: pl.DataFrame, spec: TableSpec, rated: set[str], plan: str) -> list[Issue]:
    rows = frame.filter(pl.col("currency").is_not_null() & (pl.col("currency") != ""))
    codes = sorted({code for code in rows["currency"].unique().to_list() if code.upper() not in rated})
    if not codes:
        return []
    rows = rows.filter(pl.col("currency").is_in(codes))
    money = next((column.name for column in spec.columns if column.type is ColumnType.MONEY), None)
    return [
        Issue(
            code="import.no-exchange-rate",
            severity=Severity.REFUSED,
            place=Place(source=name, column="currency", value=codes[0]),
            message=(
                f"{rows.height} rows are in {', '.join(codes)}, and exchange_rates has no rate for "
                f"{'it' if len(codes) == 1 else 'them'}; expected {plan} or a currency with a rate."
            ),
            advice=(
                f"Add rates to exchange_rates; or, if the amounts are {plan} whatever their code, say "
                f'currency = "{plan}" with a reason in mapping.toml.'
            ),
            at_stake=to_decimal(int(rows[money].sum() or 0), MONEY) if money else None,
        )
    ]


def _same_numbers(name: str, frame: pl.DataFrame, plan: str) -> list[Issue]:
    """Compare average prices of one item and bucket under different currencies."""
    rows = frame.filter((pl.col("quantity") > 0) & pl.col("value").is_not_null())
    rows = rows.with_columns(
        pl.col("currency").fill_null(plan), (pl.col("value") / pl.col("quantity")).round(3).alias("price")
    )
    others = rows.filter(pl.col("currency") != plan).select("item", "bucket", "currency", "price", "value")
    base = rows.filter(pl.col("currency") == plan).select("item", "bucket", "price").unique(maintain_order=True)
    compared = others.join(base, on=["item", "bucket"], how="inner", suffix="_plan", maintain_order="left")
    if compared.is_empty():
        return []
    pairs = compared.group_by("item", "bucket", "currency", "price", maintain_order=True).agg(
        (pl.col("price") == pl.col("price_plan")).any().alias("same")
    )
    same = float(str(pairs["same"].mean()))
    if same < SAME:
        return []
    codes = ", ".join(sorted(set(others["currency"].to_list())))
    return [
        Issue(
            code="import.same-numbers",
            severity=Severity.WARNING,
            place=Place(source=name, column="currency", value=codes),
            message=(
                f"{same:.0%} of the prices in {codes} are the same number as the {plan} price of that item and "
                "bucket; expected other numbers in another currency."
            ),
            advice=f'If they are {plan}, say currency = "{plan}" with a reason in mapping.toml; else check the rates.',
            at_stake=to_decimal(int(others["value"].sum() or 0), MONEY),
        )
    ]
