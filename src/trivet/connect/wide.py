"""A column for each month, as people keep history and budgets in a spreadsheet: turned into a row for each bucket.

A file of a table by bucket that has no column `bucket` but columns headed 2026-01, Jan 26 or W05 2026 is wide: each
filled cell becomes a row, an empty one none (not reported is not zero). A heading may carry the measure too
("revenue 2026-01"); else the table's only needed amount is meant, or the mapping says `wide = "revenue"`. What is
a column of sums stays out. Everything that was turned, and what was left, is said.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from trivet.connect.codes import TOTAL_WORDS, match_key
from trivet.connect.days import read_day
from trivet.connect.mapping import Source
from trivet.connect.raw import CELL, ROW, RawTable
from trivet.core.errors import InvalidInput
from trivet.core.issues import Issue, Place, Severity
from trivet.core.report import Choice
from trivet.core.tables import ColumnType, TableSpec

_BUCKET = "bucket"
_MEASURES = (ColumnType.QUANTITY, ColumnType.MONEY, ColumnType.RATE, ColumnType.SHARE)
_YEAR_MONTH = re.compile(r"((?:19|20)\d\d)[ _]?(0[1-9]|1[0-2])")
_MONTH_YEAR = re.compile(r"(0?[1-9]|1[0-2])[/.-]((?:19|20)\d\d)")
_WEEK_YEAR = re.compile(
    r"(?:(?P<year>(?:19|20)\d\d)[ _-]?)?(?:CW|KW|W) ?(?P<week>\d{1,2})(?:[ _/-](?P<later>(?:19|20)\d\d))?",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:(?P<year>\d{4})[ _-]?)?(?P<name>[A-Za-zäöüéûç]{3,9})\.?[ _-]?'?(?P<later>\d{4}|\d{2})?")
_NAMES: Mapping[str, int] = {
    name: month
    for month, names in enumerate(
        (
            "jan january januar janvier jän jänner", "feb february februar février", "mar march mär märz mars",
            "apr april avril avr", "may mai", "jun june juni juin", "jul july juli juillet",
            "aug august août", "sep sept september septembre", "oct october okt oktober octobre",
            "nov november novembre", "dec december dez dezember décembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""Names of months in English, German and French."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """A column that holds one bucket: its name, the bucket as the table reads it, and the measure it names."""

    column: str
    bucket: str
    measure: str | None


def period_text(heading: str) -> str | None:
    """Give the bucket a heading names, as text a bucket column can hold; None when it names none.

    >>> period_text("Jan 26"), period_text("202601"), period_text("KW5 2026"), period_text("2026")
    ('2026-01', '2026-01', '2026-W05', None)
    """
    bare = heading.strip()
    for pattern in (_YEAR_MONTH, _MONTH_YEAR):
        if cut := pattern.fullmatch(bare):
            year, month = (cut[1], cut[2]) if pattern is _YEAR_MONTH else (cut[2], cut[1])
            return f"{year}-{int(month):02d}"
    if cut := _WEEK_YEAR.fullmatch(bare):
        spoken = cut["year"] or cut["later"]
        return f"{spoken}-W{int(cut['week']):02d}" if spoken and 1 <= int(cut["week"]) <= 53 else None
    if (cut := _NAMED.fullmatch(bare)) and cut["name"].lower() in _NAMES and (cut["year"] or cut["later"]):
        said = cut["year"] or cut["later"]
        return f"{said if len(said) == 4 else '20' + said}-{_NAMES[cut['name'].lower()]:02d}"
    return bare if isinstance(read_day(bare), date) and not bare.isdigit() else None


def unpivot(raw: RawTable, spec: TableSpec, source: Source) -> tuple[RawTable, Source, tuple[Issue, ...]]:
    """Turn a wide file into rows by bucket; any other file comes back as it is.

    Gives the file, what the mapping says of it now, and reasons to refuse it.
    Raises InvalidInput when the mapping's `wide` names no amount of the table.
    """
    if source.wide == "" or not _may_be_wide(raw, spec, source):
        return raw, source, ()
    heads = [head for name in raw.columns if (head := _head(name, spec))]
    heads = [head for head in heads if head.column not in _spoken_of(raw, source)]
    if not heads:
        return raw, source, ()
    measures, issues = _measures(raw, spec, source, heads)
    if issues:
        return raw, source, issues
    turned = _turn(raw, heads, measures)
    if source.columns:
        own = {name: name for name in (_BUCKET, *sorted(set(measures)))}
        source = replace(source, columns={**own, **source.columns})
    return turned, source, ()


def _may_be_wide(raw: RawTable, spec: TableSpec, source: Source) -> bool:
    """Say whether a table is by bucket and its file has no column for it."""
    by_bucket = any(column.name == _BUCKET and column.key for column in spec.columns)
    spoken = {*source.columns, *source.constants, *source.rules}
    return by_bucket and _BUCKET not in spoken and _BUCKET not in {match_key(name) for name in raw.columns}


def _spoken_of(raw: RawTable, source: Source) -> set[str]:
    """Give the columns of the file the mapping takes for something else."""
    known = {match_key(name): name for name in raw.columns}
    return {known[match_key(theirs)] for theirs in source.columns.values() if match_key(theirs) in known}


def _head(name: str, spec: TableSpec) -> _Head | None:
    """Read a heading: a bucket, alone or with the name of an amount before or after it."""
    bucket = period_text(name)
    if bucket:
        return _Head(column=name, bucket=bucket, measure=None)
    for column in spec.columns:
        if column.type in _MEASURES and not column.key:
            cut = re.fullmatch(
                rf"{column.name}[ _:(-]+(.+?)\)?|(.+?)[ _:(-]+{column.name}\)?", name.strip(), re.IGNORECASE
            )
            bucket = period_text(cut[1] or cut[2]) if cut else None
            if bucket:
                return _Head(column=name, bucket=bucket, measure=column.name)
    return None


def _measures(
    raw: RawTable, spec: TableSpec, source: Source, heads: Sequence[_Head]
) -> tuple[tuple[str, ...], tuple[Issue, ...]]:
    """Name the amount of each column; refuse when a heading leaves it open."""
    amounts = [column for column in spec.columns if column.type in _MEASURES and not column.key]
    names = [column.name for column in amounts]
    if source.wide and source.wide not in names:
        raise InvalidInput(f"mapping ({source.file}): wide is '{source.wide}'; expected one of {', '.join(names)}")
    needed = [column.name for column in amounts if column.needed]
    default = source.wide or (needed[0] if len(needed) == 1 else names[0] if len(names) == 1 else None)
    unnamed = [head for head in heads if head.measure is None]
    there = {match_key(name) for name in raw.columns}
    if unnamed and (default is None or match_key(default) in there):
        return (), (_open_measure(raw, spec, unnamed, names),)
    return tuple(head.measure or str(default) for head in heads), ()


def _open_measure(raw: RawTable, spec: TableSpec, heads: Sequence[_Head], names: Sequence[str]) -> Issue:
    return Issue(
        code="import.wide-measure",
        severity=Severity.REFUSED,
        place=Place(source=raw.file, column=heads[0].column),
        message=f"{len(heads)} columns are buckets ('{heads[0].column}' to '{heads[-1].column}'), but nothing says "
        f"which amount of {spec.name} they hold; expected one of {', '.join(names)}.",
        advice=f'Say wide = "{names[0]}" for this file in mapping.toml, or head them "{names[0]} {heads[0].column}".',
    )


def _turn(raw: RawTable, heads: Sequence[_Head], measures: Sequence[str]) -> RawTable:
    """Make a row of each filled cell; rows of one line and bucket carry all their amounts."""
    wide = {head.column for head in heads}
    totals = [name for name in raw.columns if name not in wide and match_key(name) in TOTAL_WORDS]
    fixed = [name for name in raw.columns if name not in wide and name not in totals]
    buckets = list(dict.fromkeys(head.bucket for head in heads))
    parts = []
    for number, bucket in enumerate(buckets, start=1):
        own = {measure: head.column for head, measure in zip(heads, measures, strict=True) if head.bucket == bucket}
        cells = [
            pl.col(own[measure]).alias(measure) if measure in own else pl.lit(None, dtype=pl.String).alias(measure)
            for measure in dict.fromkeys(measures)
        ]
        part = raw.frame.select(pl.col(ROW) + number * CELL, *fixed, pl.lit(bucket).alias(_BUCKET), *cells)
        parts.append(part.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in dict.fromkeys(measures))))
    turned = pl.concat(parts).sort((pl.col(ROW) % CELL), pl.col(ROW))
    empty = raw.frame.height * len(buckets) - turned.height
    left = f"; '{totals[0]}' is a column of sums and was left out" if totals else ""
    reason = (
        f"no column bucket, but '{heads[0].column}' to '{heads[-1].column}': {raw.frame.height:,} rows became "
        f"{turned.height:,}, {empty:,} empty cells are no rows{left}"
    )
    layout = Choice(
        about="layout", value=f"a column a bucket, holding {', '.join(dict.fromkeys(measures))}", reason=reason
    )
    return replace(raw, frame=turned, choices=(*raw.choices, layout))
