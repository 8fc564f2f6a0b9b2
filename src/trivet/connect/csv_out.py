"""Tables out as CSV that other programs read rightly: ISO days, decimals instead of quanta, no formulas.

Text that a spreadsheet would run (it begins with = + - @, tab or return) gets an apostrophe before it,
which the import takes off again; numbers stay numbers.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import polars as pl

from trivet.core.quantities import MONEY, QUANTITY, to_decimal
from trivet.core.tables import ColumnType, TableSpec

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""First signs of a text that spreadsheets take for a formula."""


def write_csv(
    frame: pl.DataFrame, path: Path, spec: TableSpec | None = None, units: Mapping[str, Decimal] | None = None
) -> None:
    """Write a frame as UTF-8 CSV.

    Columns of counts are shown as decimals of the quantum their type in `spec`, or `units`, names.
    """
    quanta = {**quanta_of(spec), **(units or {})}
    frame.select(_shown(frame[name], quanta.get(name)) for name in frame.columns).write_csv(path)


def quanta_of(spec: TableSpec | None) -> dict[str, Decimal]:
    """Give the quantum of each column of counts of a table."""
    known = {ColumnType.QUANTITY: QUANTITY, ColumnType.MONEY: MONEY}
    return {column.name: known[column.type] for column in (spec.columns if spec else ()) if column.type in known}


def _shown(column: pl.Series, quantum: Decimal | None) -> pl.Series:
    if column.dtype == pl.String:
        return pl.select(escape_text(pl.lit(column)).alias(column.name)).to_series()
    if quantum is None:
        return column
    counts = column.drop_nulls().unique().to_list()
    texts = [decimal_text(count, quantum) for count in counts]
    return column.replace_strict(counts, texts, default=None, return_dtype=pl.String)


def decimal_text(count: int, quantum: Decimal) -> str:
    """Write a count as people do: `12.5`, without zeros at the end.

    >>> decimal_text(12500, QUANTITY)
    '12.5'
    """
    text = f"{to_decimal(count, quantum):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def escape_text(column: pl.Expr) -> pl.Expr:
    """Put an apostrophe before texts a spreadsheet would run."""
    dangerous = pl.any_horizontal(column.str.starts_with(sign) for sign in DANGEROUS)
    return pl.when(dangerous).then(pl.concat_str(pl.lit("'"), column)).otherwise(column)


def unescape_text(text: str) -> str:
    """Take off the apostrophe `escape_text` put there.

    >>> unescape_text("'=A1"), unescape_text("'s-Hertogenbosch")
    ('=A1', "'s-Hertogenbosch")
    """
    return text[1:] if text.startswith("'") and text[1:].startswith(DANGEROUS) else text
