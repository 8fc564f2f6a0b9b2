"""Files of a folder opened as text: CSV, Parquet and workbooks, within limits that keep the process alive."""

import re
from dataclasses import replace
from pathlib import Path

import polars as pl

from trivet.connect.header import Hints
from trivet.connect.load import Opened
from trivet.connect.mapping import Source
from trivet.connect.raw import ROW, RawTable
from trivet.connect.rules import column_named
from trivet.connect.sheets import open_sheets, with_amounts
from trivet.connect.texts import TextFile, empty_to_null, read_text, refuse
from trivet.connect.wide import unpivot
from trivet.connect.workbook import read_workbook
from trivet.core.issues import Issue
from trivet.core.report import Choice
from trivet.core.tables import TableSpec

ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".xlsm")
"""Formats a table may stand in."""
LARGEST_FILE = 2 * 1024**3
"""Bytes: larger files are refused with advice."""
MOST_ROWS = 50_000_000
"""Rows of a Parquet file: more are refused before they are read."""
_HOLE = re.compile(r"\{([^{}]+)\}")


def open_source(path: Path, source: Source, spec: TableSpec) -> tuple[Opened | None, tuple[Issue, ...]]:
    """Open one file as text; None with the reasons when it can't be used.

    Raises InvalidInput when the mapping's join names a file or column that is not there.
    """
    expected = expected_names(source, spec)
    if source.sheets:
        beside, issues = open_sheets(path, source, spec, lambda one: _open(path, one, expected))
        return (Opened(source=with_amounts(source), raw=beside), issues) if beside else (None, issues)
    text = _open(path, source, expected)
    if text.issues:
        return None, text.issues
    raw = text.raw
    if source.join:
        other = _open(path.parent / source.join.file, source, frozenset({source.join.on}))
        if other.issues:
            return None, other.issues
        raw = _joined(raw, other.raw, source.join.on)
    raw, source, issues = unpivot(raw, spec, source)
    if issues:
        return None, issues
    return Opened(source=source, raw=raw, rejects=text.rejects, semicolons=text.delimiter == ";"), ()


def expected_names(source: Source, spec: TableSpec) -> frozenset[str]:
    """Give the names that may stand in the header of a file: the mapping's, else the table's."""
    named = {hole for theirs in source.columns.values() for hole in _HOLE.findall(theirs) or [theirs]}
    factors = {name for factors in source.products.values() for name in factors}
    return frozenset(named | factors if source.columns else {column.name for column in spec.columns})


def _open(path: Path, source: Source, expected: frozenset[str]) -> TextFile:
    size = path.stat().st_size
    if size > LARGEST_FILE:
        message = f"has {size / 1024**3:.1f} GB, expected at most {LARGEST_FILE / 1024**3:.0f} GB"
        return refuse(
            path.name, "import.too-large", message, "Cut it into several files and name them in mapping.toml."
        )
    hints = Hints(
        expected=expected, encoding=source.encoding, delimiter=source.delimiter, header_row=source.header_row,
        names=source.names, transposed=source.transposed,
    )  # fmt: skip
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return read_workbook(path, hints, source.sheet)
    return read_text(path, hints)


def _read_parquet(path: Path) -> TextFile:
    """Read a Parquet file as text: numbers with all their digits, days in ISO form."""
    try:
        lazy = pl.scan_parquet(path)
        rows = int(lazy.select(pl.len()).collect().item())
        if rows > MOST_ROWS:
            message = f"has {rows:,} rows, expected at most {MOST_ROWS:,}"
            return refuse(path.name, "import.too-large", message, "Add its lines up by bucket first.")
        frame = lazy.collect()
    except pl.exceptions.PolarsError as error:
        message = f"is no Parquet file that can be read: {str(error).splitlines()[0][:120]}"
        return refuse(path.name, "import.bad-parquet", message, "Write it again, or give a CSV file.")
    nested = [name for name, kind in frame.schema.items() if kind.is_nested() or kind == pl.Binary]
    texts = frame.drop(nested).select(_as_text(name, kind) for name, kind in frame.schema.items() if name not in nested)
    raw = RawTable(
        file=path.name,
        frame=texts.with_columns(empty_to_null(name) for name in texts.columns)
        .with_row_index(ROW, offset=1)
        .cast({ROW: pl.Int64}),
        choices=(Choice(about="format", value="Parquet", reason="rows are counted from 1"),),
    )
    return TextFile(raw=raw)


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        return column.dt.to_string("%Y-%m-%d %H:%M:%S").alias(name)
    return column.cast(pl.String).alias(name)


def _joined(raw: RawTable, other: RawTable, on: str) -> RawTable:
    """Add the columns of another file by equal values; its first row of a value counts."""
    own, theirs = column_named(on, raw.columns), column_named(on, other.columns)
    right = other.frame.drop(ROW).unique(theirs, keep="first", maintain_order=True)
    right = right.select([theirs, *(name for name in right.columns if name != theirs and name not in raw.columns)])
    frame = raw.frame.join(right, left_on=own, right_on=theirs, how="left", maintain_order="left")
    return replace(raw, frame=frame)
