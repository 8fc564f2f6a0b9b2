"""Typed records people put into a plan: a promotion, a launch, a price, a lane — rows of master tables.

A record change upserts one row of a table by its key, or takes the row away. Its values are text, read by
the table's own column types: quantities and money exactly, buckets as the first day of their bucket.
Nothing is half applied: a change with a wrong value does nothing and is an issue that names it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Final

import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.entries import RecordChange
from trivet.core.errors import InvalidInput
from trivet.core.issues import Issue, Place, Severity
from trivet.core.live import Given, Live, live_entries
from trivet.core.quantities import MONEY, QUANTITY
from trivet.core.renames import MEMBER_CHANGES, carry_record, read_renames
from trivet.core.tables import ColumnSpec, ColumnType, TableSpec

Cell = str | bool | int | float | date | None
_FLAGS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_WEEK: Final = re.compile(r"(\d{4})-W(\d{2})")


def apply_record_changes(
    tables: Mapping[str, pl.DataFrame],
    entries: Iterable[Given],
    specs: Mapping[str, TableSpec],
    buckets: Buckets,
) -> tuple[Mapping[str, pl.DataFrame], tuple[Issue, ...]]:
    """Put the records of a log into loaded tables.

    Args:
        tables: loaded tables by name, typed as `core.tables.STORED` says; not changed.
        entries: the log; changes of measures are passed over.
        specs: what each table holds.
        buckets: the time axis, for bucket columns.

    Returns:
        The tables with every live record put in, in the order of the log, and an issue for each that
        does not fit (it does nothing).
    """
    result = dict(tables)
    live, problems = live_entries(entries, buckets.current)
    issues = [issue for issue in problems if issue.place.source is not None]
    renames = read_renames(tables.get(MEMBER_CHANGES))
    for item in live:
        if not isinstance(item.entry, RecordChange):
            continue
        change, told = carry_record(item, item.entry, specs, renames)
        issues += [*told, *_apply(item, change, result, specs, buckets)]
    return result, tuple(issues)


def _apply(
    item: Live,
    change: RecordChange,
    tables: dict[str, pl.DataFrame],
    specs: Mapping[str, TableSpec],
    buckets: Buckets,
) -> list[Issue]:
    spec = specs.get(change.table)
    if spec is None:
        near = get_close_matches(change.table, list(specs), n=1)
        return [_refused(item, change, f"there is no table '{change.table}'.", f"Maybe '{near[0]}'?" if near else "")]
    row, issues = _read(item, change, spec, buckets)
    if issues:
        return issues
    table = tables.get(change.table, spec.empty())
    key = {name: row.get(name) or "" if spec.column(name).type in _TEXTS else row.get(name) for name in spec.key}
    found = pl.Series([True] * table.height, dtype=pl.Boolean)
    for name, value in key.items():
        found &= table[name].is_null() if value is None else (table[name] == value).fill_null(value=False)
    if change.after is None:
        if not found.any():
            return [_refused(item, change, f"{spec.name} has no row {_shown(change)}.", "Look up its key.")]
        tables[change.table] = table.filter(~found)
        return []
    before = table.filter(found).row(0, named=True) if found.any() else {}
    missing = [column.name for column in spec.columns if column.needed and (before | row).get(column.name) is None]
    if missing:
        return [
            _refused(item, change, f"{spec.name} {_shown(change)} has no {missing[0]}.", "Give it.", column=missing[0])
        ]
    _put(tables, spec, table, found, before | row | key)
    return []


_TEXTS: Final = (ColumnType.CODE, ColumnType.TEXT, ColumnType.CHOICE)


def _put(
    tables: dict[str, pl.DataFrame], spec: TableSpec, table: pl.DataFrame, found: pl.Series, row: Mapping[str, Cell]
) -> None:
    """Replace the row that was found, in its place, or add one at the end."""
    full = {**dict.fromkeys(table.columns), **row}
    schema = {name: table.schema.get(name, pl.String()) for name in full}
    fresh = pl.DataFrame([full], schema=schema)
    at = found.arg_max() if found.any() else table.height
    place = at if at is not None else table.height
    rest = table.slice(place + 1) if found.any() else table.clear()
    tables[spec.name] = pl.concat([table.slice(0, place), fresh, rest], how="diagonal")


def _read(item: Live, change: RecordChange, spec: TableSpec, buckets: Buckets) -> tuple[dict[str, Cell], list[Issue]]:
    """Read the texts of a record; an issue for each that can't be read."""
    columns = {column.name: column for column in spec.columns}
    row: dict[str, Cell] = {}
    issues: list[Issue] = []
    for name, text in (*change.key, *(change.after or ())):
        column = columns.get(name)
        if column is None and not spec.extra:
            near = get_close_matches(name, list(columns), n=1)
            advice = f"Maybe '{near[0]}'?" if near else f"Columns: {', '.join(columns)}."
            issues.append(_refused(item, change, f"{spec.name} has no column '{name}'.", advice, column=name))
            continue
        try:
            row[name] = text.strip() or None if column is None else read_cell(column, text, buckets)
        except InvalidInput as error:
            issues.append(_refused(item, change, error.message, "Correct the value.", column=name, value=text))
    given = dict(change.key)
    lacking = [name for name in spec.key if name not in given and columns[name].type not in _TEXTS]
    if lacking:
        issues.append(
            _refused(item, change, f"the key of {spec.name} lacks {lacking[0]}.", "Give it.", column=lacking[0])
        )
    return row, issues


def _shown(change: RecordChange) -> str:
    return ", ".join(f"{name} '{value}'" for name, value in change.key)


def _refused(
    item: Live, change: RecordChange, message: str, advice: str, *, column: str | None = None, value: str | None = None
) -> Issue:
    return Issue(
        code="record.refused",
        severity=Severity.REFUSED,
        place=Place(source=change.table, column=column, value=value),
        message=f"{item.called} does not fit: {message}",
        advice=advice,
    )


def read_cell(column: ColumnSpec, text: str, buckets: Buckets) -> Cell:
    """Read one text as its column's type; empty gives None.

    Raises InvalidInput naming the value and what was expected.
    """
    bare = unicodedata.normalize("NFC", text.strip())
    if not bare:
        return None
    if column.type is ColumnType.BUCKET:
        return _bucket(bare, buckets)
    if column.type is ColumnType.CHOICE and bare not in column.choices:
        raise InvalidInput(f"{column.name} is '{bare}'; expected {', '.join(column.choices)}.")
    reader, expected = _READERS.get(column.type, (str, "text"))
    try:
        return reader(bare)
    except (ValueError, KeyError, InvalidOperation) as error:
        raise InvalidInput(f"{column.name} is '{bare}'; expected {expected}.") from error


def _flag(text: str) -> bool:
    return _FLAGS[text.casefold()]


def _rate(text: str) -> float:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return round(float(number), 9)


def _counts(quantum: Decimal) -> Callable[[str], int]:
    def read(text: str) -> int:
        counts = Decimal(text) / quantum
        if not counts.is_finite() or counts != counts.to_integral_value() or abs(counts) >= 2**53:
            raise ValueError(text)
        return int(counts)

    return read


_READERS: Final[Mapping[ColumnType, tuple[Callable[[str], Cell], str]]] = {
    ColumnType.FLAG: (_flag, "true or false"),
    ColumnType.WHOLE: (int, "a whole number"),
    ColumnType.SHARE: (_rate, "a share like 0.05"),
    ColumnType.RATE: (_rate, "a number"),
    ColumnType.QUANTITY: (_counts(QUANTITY), "a quantity with at most 3 decimals"),
    ColumnType.MONEY: (_counts(MONEY), "an amount with at most 4 decimals"),
    ColumnType.DAY: (date.fromisoformat, "a date like 2026-11-30"),
}


def _bucket(text: str, buckets: Buckets) -> date:
    """Give the first day of the bucket a text names; outside the axis, the day itself."""
    month, week = _MONTH.fullmatch(text), _WEEK.fullmatch(text)
    try:
        if month:
            day = date(int(month[1]), int(month[2]), 1)
        elif week:
            day = date.fromisocalendar(int(week[1]), int(week[2]), 1)
        else:
            day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"bucket is '{text}'; expected 2026-11, 2026-W45 or a day like 2026-11-30.") from error
    inside = buckets.edges[0] <= day <= buckets.edges[-1] - timedelta(days=1)
    return buckets.edges[buckets.index(day)] if inside else day
