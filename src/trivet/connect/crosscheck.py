"""Columns of a file held against each other: line total = quantity x price, and the currency it says it is in.

Decimals that a spreadsheet turned into thousands ("2,024,994" for 2024.994) can be read without an
error and are wrong a thousandfold; where price, quantity and total stand in one file they give it away.
"""

import re
from decimal import Decimal

import polars as pl

from trivet.connect.codes import match_key
from trivet.connect.numbers import Decimals, read_number
from trivet.connect.raw import ROW, RawTable, line_of
from trivet.core.company import Company
from trivet.core.issues import Issue, Place, Severity
from trivet.core.quantities import MONEY, QUANTITY, to_decimal
from trivet.core.tables import ColumnType, TableSpec

_PRICE = re.compile(r"(unit[ _]?|net[ _]?|list[ _]?)?price")
_TOLERANCE = Decimal("0.01")
_LOOKED_AT = 20_000
_POWERS = tuple(Decimal(10) ** power for power in (-6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6))
WRONG = Decimal("0.02")
"""Part of the rows whose total must be a power of ten off to refuse the file (discounts are none)."""


def check_totals(raw: RawTable, typed: pl.DataFrame, spec: TableSpec) -> list[Issue]:
    """Refuse a file whose values are not quantity x price although it has all three."""
    names = {column.name for column in spec.columns}
    price = next(
        (name for name in raw.columns if _PRICE.fullmatch(match_key(name)) and match_key(name) not in names), None
    )
    if price is None or not {"quantity", "value"} <= names:
        return []
    rows = raw.frame.select(ROW, price).join(typed.select(ROW, "quantity", "value"), on=ROW, how="inner")
    rows = rows.drop_nulls().filter(pl.col("quantity") != 0).head(_LOOKED_AT)
    wrong = [row for row in rows.iter_rows() if _is_mangled(row[1], row[2], row[3])]
    if not wrong or len(wrong) < WRONG * rows.height:
        return []
    return [_mangled(raw.file, price, wrong[0], len(wrong), rows.height)]


def _is_mangled(price: str, quantity: int, value: int) -> bool:
    """Say whether a value is quantity x price, but for the place of the decimal sign."""
    unit = read_number(price, Decimals.POINT)
    expected = (unit or 0) * to_decimal(quantity, QUANTITY)
    if not expected or not value:
        return False
    ratio = to_decimal(value, MONEY) / expected
    return any(abs(ratio / power - 1) <= _TOLERANCE for power in _POWERS)


def _mangled(file: str, column: str, row: tuple[int, str, int, int], wrong: int, of: int) -> Issue:
    line, price, quantity, value = row
    units, total = (f"{amount.normalize():f}" for amount in (to_decimal(quantity, QUANTITY), to_decimal(value, MONEY)))
    digits = re.sub(r"\D", "", price)
    other = f"{Decimal(digits) / 1000:f}" if digits else price
    as_read = read_number(price, Decimals.POINT)
    return Issue(
        code="import.line-total",
        severity=Severity.REFUSED,
        place=Place(source=file, row=line_of(line), column=column, value=price),
        message=(
            f"value {total} is not quantity {units} x {column} '{price}' (read as {as_read}), "
            f"nor in {wrong - 1} more of {of} rows; expected them to agree. '{price}' may be {other} with its decimals "
            "turned into thousands."
        ),
        advice="Export it again with a decimal point and without thousands, or leave the column out by a mapping.",
    )


def check_currency(raw: RawTable, spec: TableSpec, company: Company, declared: str | None) -> list[Issue]:
    """Refuse a file that says it is in another currency where its table has no column to say so."""
    column = next((name for name in raw.columns if match_key(name) == "currency"), None)
    money = any(one.type is ColumnType.MONEY for one in spec.columns)
    if column is None or not money or declared is not None or any(one.name == "currency" for one in spec.columns):
        return []
    rows = raw.frame.filter(pl.col(column).str.strip_chars().str.to_uppercase() != company.currency)
    if rows.is_empty():
        return []
    code = str(rows[column][0])
    return [
        Issue(
            code="import.other-currency",
            severity=Severity.REFUSED,
            place=Place(source=raw.file, row=line_of(int(rows[ROW][0])), column=column, value=code),
            message=f"{rows.height} rows are in '{code}', expected {company.currency} in table {spec.name}.",
            advice=f'Convert it, or say currency = "{company.currency}" with a reason in mapping.toml if it is.',
        )
    ]
