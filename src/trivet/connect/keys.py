"""Rows that say the same thing twice: equal ones fall together and are counted, contradicting ones are asked about.

A second equal line of orders can be a true second sale: without a line number such lines are kept and
counted. Rows of one key and different values are never picked from quietly: the mapping says add,
last or reject.
"""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from trivet.connect.codes import match_key
from trivet.connect.mapping import Duplicates
from trivet.connect.raw import ROW, SOURCE, WRITTEN, line_of
from trivet.core.issues import Issue, Place, Severity
from trivet.core.quantities import MONEY, QUANTITY, to_decimal
from trivet.core.tables import ColumnType, TableSpec

LINES = {"order_lines": "line"}
"""Tables whose rows have a key only where this column is filled."""
_KEY = "__key__"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Merged:
    """Rows after merging.

    Attributes:
        frame: rows that stay.
        merged: rows that fell together with another.
        contradicting: rows the rule `reject` takes out.
        added: whether the amounts of merged rows were added to the ones that stay.
        issues: what was merged, or has to be decided.
    """

    frame: pl.DataFrame
    merged: pl.DataFrame
    contradicting: pl.DataFrame
    added: bool = False
    issues: tuple[Issue, ...] = ()


def merge_rows(
    frame: pl.DataFrame, spec: TableSpec, file: str, *, rule: Duplicates | None = None, distinct: bool = False
) -> Merged:
    """Merge rows of one key (typed rows with ROW and SOURCE, in order of the files)."""
    none = frame.clear()
    if not spec.key or frame.is_empty():
        return Merged(frame=frame, merged=none, contradicting=none)
    keyed = _with_key(frame, spec)
    double = keyed[_KEY].is_duplicated()
    if not double.any():
        return Merged(frame=frame, merged=none, contradicting=none, issues=_equal_lines(frame, spec, file))
    if distinct:
        last = keyed[_KEY].is_last_distinct()
        return Merged(frame=frame.filter(last), merged=frame.filter(~last), contradicting=none)
    if rule is Duplicates.ADD:
        return _add(keyed, spec, file)
    return _settle(keyed, spec, file, rule)


def _with_key(frame: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    """Add a text by which rows of one key are equal: codes match; a row without a line number is alone."""
    parts = []
    for name in spec.key:
        values = pl.col(name).cast(pl.String).fill_null("")
        if spec.column(name).type is ColumnType.CODE:
            uniques = frame[name].unique().to_list()
            values = values.replace_strict(uniques, [match_key(text) for text in uniques], return_dtype=pl.String)
        if LINES.get(spec.name) == name:
            alone = pl.format("\x00{}-{}", pl.col(SOURCE), pl.col(ROW))
            values = pl.when(pl.col(name) == "").then(alone).otherwise(values)
        parts.append(values)
    return frame.with_columns(pl.concat_str(parts, separator="\x1f").alias(_KEY))


def _bare(keyed: pl.DataFrame) -> pl.DataFrame:
    return keyed.drop(_KEY)


def _again(frame: pl.DataFrame) -> pl.Series:
    """Say for each row whether an earlier one has the same values (lines, and whether one was cancelled, apart)."""
    values = [name for name in frame.columns if name not in {ROW, SOURCE, "kind"}]
    return ~frame.select(pl.struct(values).is_first_distinct().alias("first"))["first"]


def _settle(keyed: pl.DataFrame, spec: TableSpec, file: str, rule: Duplicates | None) -> Merged:
    """Let equal rows fall together; then reject, keep the last, or ask."""
    again = _again(keyed.drop(spec.key))
    kept, merged = keyed.filter(~again), keyed.filter(again)
    issues = [_said(merged, spec, file)] if merged.height else []
    clash = kept[_KEY].is_duplicated()
    none = _bare(keyed.clear())
    if not clash.any():
        return Merged(frame=_bare(kept), merged=_bare(merged), contradicting=none, issues=tuple(issues))
    if rule is Duplicates.LAST:
        last = keyed[_KEY].is_last_distinct()
        return Merged(
            frame=_bare(keyed.filter(last)), merged=_bare(keyed.filter(~last)), contradicting=none, issues=tuple(issues)
        )
    if rule is None:
        issues.append(_ask(kept.filter(clash), spec, file))
    return Merged(
        frame=_bare(kept.filter(~clash)),
        merged=_bare(merged),
        contradicting=_bare(kept.filter(clash)),
        issues=tuple(issues),
    )


def _add(keyed: pl.DataFrame, spec: TableSpec, file: str) -> Merged:
    """Add the amounts of rows of one key; what is no amount is taken from the last row."""
    adds = {c.name for c in spec.columns if c.type in (ColumnType.QUANTITY, ColumnType.MONEY) and not c.key}
    rates = {c.name for c in spec.columns if c.type is ColumnType.RATE and not c.key}
    bare = [name for name in keyed.columns if name != _KEY]
    nano = 1e9  # rates are kept to 1e-9: added as whole numbers, so that the order of rows does not matter
    total = keyed.group_by(_KEY, maintain_order=True).agg(
        _total(name, nano) if name in rates else _total(name, None) if name in adds else pl.col(name).last()
        for name in bare
    )
    first = keyed[_KEY].is_last_distinct()
    return Merged(
        frame=total.select(bare),
        merged=_bare(keyed.filter(~first)),
        contradicting=_bare(keyed.clear()),
        added=True,
        issues=(_added(keyed.filter(~first), spec, file),),
    )


def _total(name: str, scale: float | None) -> pl.Expr:
    column = pl.col(name)
    counted = column if scale is None else (column * scale).round().cast(pl.Int64)
    total = pl.when(column.is_not_null().any()).then(counted.sum())
    return (total if scale is None else total / scale).alias(name)


def money_of(frame: pl.DataFrame, spec: TableSpec) -> Decimal | None:
    """Give the sum of the first money column, in the file's currency; None when the table has no money."""
    name = next((column.name for column in spec.columns if column.type is ColumnType.MONEY), None)
    return to_decimal(int(frame[name].sum() or 0), MONEY) if name else None


def _said(merged: pl.DataFrame, spec: TableSpec, file: str) -> Issue:
    row = line_of(int(merged[ROW][0]))
    return Issue(
        code="import.equal-rows",
        severity=Severity.NOTE,
        place=Place(source=file, row=row),
        message=f"{merged.height} rows say again what another row says (same key, same values): merged and counted.",
        advice='Nothing to do. If they are true second entries, say duplicates = "add" in mapping.toml.',
        at_stake=money_of(merged, spec),
    )


def _added(merged: pl.DataFrame, spec: TableSpec, file: str) -> Issue:
    return Issue(
        code="import.added-rows",
        severity=Severity.NOTE,
        place=Place(source=file),
        message=f"{merged.height} rows had the key of another and were added to it, as the mapping says.",
        advice="Nothing to do.",
        at_stake=money_of(merged, spec),
    )


def _equal_lines(frame: pl.DataFrame, spec: TableSpec, file: str) -> tuple[Issue, ...]:
    """Count equal lines without a line number: kept, because a second equal line can be a true second sale."""
    if spec.name not in LINES:
        return ()
    again = _again(frame)
    if not again.any():
        return ()
    return (
        Issue(
            code="import.equal-lines",
            severity=Severity.NOTE,
            place=Place(source=file, row=line_of(int(frame.filter(again)[ROW][0]))),
            message=f"{again.sum()} lines are equal to an earlier one and have no line number: kept and counted.",
            advice="If the file was exported twice, give lines their numbers or take the second copy out.",
            at_stake=money_of(frame.filter(again), spec),
        ),
    )


def _ask(clash: pl.DataFrame, spec: TableSpec, file: str) -> Issue:
    """Ask what to do with contradicting rows, showing the first two."""
    group = clash.filter(clash[_KEY] == clash[_KEY][0])
    one, two = group.row(0, named=True), group.row(1, named=True)
    key = ", ".join(f"{name} '{one[name]}'" for name in spec.key)
    differing = next((c for c in spec.columns if not c.key and one[c.name] != two[c.name]), None)
    if differing is None:
        return _ask_days(clash, spec, file)
    first, second = (_shown(row[differing.name], differing.type) for row in (one, two))
    return Issue(
        code="import.contradicting-rows",
        severity=Severity.REFUSED,
        place=Place(source=file, row=line_of(two[ROW]), column=differing.name, value=second),
        message=(
            f"{key} stands in row {line_of(one[ROW])} with {first} and in row {line_of(two[ROW])} with {second}, "
            f"expected one row a key ({clash.height} such rows)."
        ),
        advice='Say duplicates = "add", "last" or "reject" for this file in mapping.toml, or mend the file.',
        at_stake=money_of(clash, spec),
    )


def _ask_days(clash: pl.DataFrame, spec: TableSpec, file: str) -> Issue:
    """Ask what to do with rows of several days in one bucket: they are equal but for the day."""
    group = clash.filter(clash[_KEY] == clash[_KEY][0])
    one, two = group.row(0, named=True), group.row(1, named=True)
    return Issue(
        code="import.several-days",
        severity=Severity.REFUSED,
        place=Place(source=file, row=line_of(two[ROW]), column="bucket", value=two[WRITTEN]),
        message=(
            f"rows {line_of(one[ROW])} ({one[WRITTEN]}) and {line_of(two[ROW])} ({two[WRITTEN]}) lie in one bucket "
            f"of the calendar, expected one row a bucket ({clash.height} such rows)."
        ),
        advice='If they are parts of the bucket, say duplicates = "add" for this file in mapping.toml; else mend it.',
        at_stake=money_of(clash, spec),
    )


def _shown(value: object, kind: ColumnType) -> str:
    quantum = {ColumnType.QUANTITY: QUANTITY, ColumnType.MONEY: MONEY}.get(kind)
    if quantum is not None and isinstance(value, int):
        return f"{to_decimal(value, quantum).normalize():f}"
    return "" if value is None else str(value)
