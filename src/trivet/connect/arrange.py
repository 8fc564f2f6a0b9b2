"""From the columns of a file to the columns of a table: names matched, templates, constants and rules applied.

Everything is still text here. Without a mapping the columns have our names (case does not matter);
with one, each of our columns is a column of the file, a template like "{territory}-{channel}", a
constant, an ordered list of rules of which the first that holds decides, or an exact product.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from trivet.connect.codes import match_key, nearest
from trivet.connect.mapping import Source
from trivet.connect.numbers import Decimals, read_number
from trivet.connect.raw import ROW, RawTable
from trivet.connect.rules import column_named, condition
from trivet.core.issues import Issue, Place, Severity
from trivet.core.tables import ColumnSpec, TableSpec

_HOLE = re.compile(r"\{([^{}]+)\}")


def may_be_empty(column: ColumnSpec) -> bool:
    """Say whether a cell may be empty: not a needed one, not a key unless its description says what empty means."""
    return not column.needed and (not column.key or "empty" in column.about.lower())


def taken_up(raw: RawTable, source: Source) -> pl.Series:
    """Say for each row whether the mapping's `where` takes it up (bool, length of the frame)."""
    if source.where is None:
        return pl.Series([True] * raw.frame.height, dtype=pl.Boolean)
    return raw.frame.select(condition(source.where, raw.columns).alias("taken"))["taken"]


def arrange(raw: RawTable, spec: TableSpec, source: Source) -> tuple[pl.DataFrame, list[Issue]]:
    """Give a frame of text with the table's columns and ROW, and issues about columns.

    Raises InvalidInput when the mapping names a column the file does not have.
    """
    wanted = _explicit(raw, source)
    issues: list[Issue] = []
    names = {match_key(name): name for name in raw.columns}
    columns = [pl.col(ROW)]
    for column in spec.columns:
        if column.name in wanted:
            columns.append(wanted[column.name].alias(column.name))
        elif match_key(column.name) in names and not source.columns:
            columns.append(pl.col(names[match_key(column.name)]).alias(column.name))
        else:
            columns.append(pl.lit(None, dtype=pl.String).alias(column.name))
            issues += [] if may_be_empty(column) else [_missing(raw, column)]
    further, notes = _further(raw, spec, source, wanted)
    return raw.frame.select(columns + further), issues + notes


def _explicit(raw: RawTable, source: Source) -> dict[str, pl.Expr]:
    """Give an expression of text for each column the mapping speaks of."""
    found = {ours: _template(raw, theirs) for ours, theirs in source.columns.items()}
    found |= {ours: pl.lit(text) for ours, text in source.constants.items()}
    found |= {ours: pl.lit(_products(raw, factors)) for ours, factors in source.products.items()}
    for ours, rules in source.rules.items():
        otherwise = found.get(ours, pl.lit(None, dtype=pl.String))
        for rule, text in reversed(rules):
            otherwise = pl.when(condition(rule, raw.columns)).then(pl.lit(text or None)).otherwise(otherwise)
        found[ours] = otherwise
    if source.currency is not None:
        found["currency"] = pl.lit(source.currency or None, dtype=pl.String)
    return found


def _template(raw: RawTable, theirs: str) -> pl.Expr:
    """Give a column of the file, or the text of a template with its holes filled; empty when a hole is."""
    holes = _HOLE.findall(theirs)
    if not holes:
        return pl.col(column_named(theirs, raw.columns))
    pattern = _HOLE.sub("{}", theirs)
    filled = [pl.col(column_named(hole, raw.columns)).str.strip_chars() for hole in holes]
    return pl.when(pl.all_horizontal(part.is_not_null() for part in filled)).then(pl.format(pattern, *filled))


def _products(raw: RawTable, factors: Sequence[str]) -> pl.Series:
    """Multiply columns and numbers exactly; a factor that is no number leaves the text of both for the message."""
    parts = [
        pl.lit(one) if read_number(one, Decimals.POINT) is not None else pl.col(column_named(one, raw.columns))
        for one in factors
    ]
    joined = raw.frame.select(pl.concat_str(parts, separator="\u00d7").alias("factors"))["factors"]
    uniques = joined.drop_nulls().unique().to_list()
    return joined.replace_strict(uniques, [_multiply(text) for text in uniques], default=None, return_dtype=pl.String)


def _multiply(text: str) -> str:
    numbers = [read_number(part, Decimals.POINT) for part in text.split("\u00d7")]
    total = Decimal(1)
    for number in numbers:
        if number is None:
            return text
        total *= number
    return f"{total:f}"


def _further(
    raw: RawTable, spec: TableSpec, source: Source, wanted: dict[str, pl.Expr]
) -> tuple[list[pl.Expr], list[Issue]]:
    """Give the columns that become attributes, and notes about the ones that are not used."""
    ours = {column.name for column in spec.columns}
    if source.columns:
        attributes = [wanted[name].alias(name) for name in wanted if name not in ours]
        return (attributes, []) if spec.extra else ([], [])
    unknown = [name for name in raw.columns if match_key(name) not in {match_key(own) for own in ours}]
    if spec.extra:
        return [pl.col(name).alias(match_key(name).replace(" ", "_")) for name in unknown], []
    return [], [_not_used(raw, spec, name) for name in unknown]


def _missing(raw: RawTable, column: ColumnSpec) -> Issue:
    near = nearest(column.name, raw.columns)
    return Issue(
        code="import.missing-column",
        severity=Severity.REFUSED,
        place=Place(source=raw.file, column=column.name),
        message=f"has no column '{column.name}' ({column.about.rstrip('.')}); it has {', '.join(raw.columns)}.",
        advice=(f"Maybe '{near}'? " if near else "") + "Rename the column, or name it in mapping.toml.",
    )


def _not_used(raw: RawTable, spec: TableSpec, name: str) -> Issue:
    near = nearest(name, [column.name for column in spec.columns])
    return Issue(
        code="import.unused-column",
        severity=Severity.NOTE,
        place=Place(source=raw.file, column=name),
        message=f"column '{name}' is not one of table {spec.name} and was not loaded.",
        advice=f"Maybe '{near}'? Rename it then." if near else "Nothing to do if it is not needed.",
    )
