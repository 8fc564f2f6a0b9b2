"""One file into the columns of one table: columns matched, cells read, rows at fault set aside with their reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from trivet.connect.arrange import arrange, may_be_empty, taken_up
from trivet.connect.cells import Cells, Fault, Reading, read_column
from trivet.connect.codes import match_key
from trivet.connect.crosscheck import check_currency, check_totals
from trivet.connect.mapping import Source
from trivet.connect.raw import ROW, WRITTEN, RawTable, line_of
from trivet.connect.texts import join_cells
from trivet.core.issues import Issue, Severity
from trivet.core.quantities import MONEY, QUANTITY, to_decimal
from trivet.core.report import Choice, Reject, Sums
from trivet.core.tables import ColumnType, TableSpec


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Typed:
    """A file as typed rows.

    Attributes:
        frame: typed columns of the table, ROW and (tables by bucket) WRITTEN; only rows without fault.
        read: everything that was read, rows at fault included.
        left_out: rows the mapping passes over.
        rejected: the rows at fault.
        rejects: each with its reason.
        choices: what was decided.
        issues: reasons to refuse the file, and notes.
    """

    frame: pl.DataFrame
    read: Sums
    left_out: Sums
    rejected: Sums
    rejects: tuple[Reject, ...]
    choices: tuple[Choice, ...]
    issues: tuple[Issue, ...]


def add_up(frame: pl.DataFrame, spec: TableSpec) -> Sums:
    """Add rows, the first quantity column and the first money column, exactly."""
    quantity, money = (_first(spec, frame, kind) for kind in (ColumnType.QUANTITY, ColumnType.MONEY))
    return Sums(
        rows=frame.height,
        quantity=to_decimal(int(frame[quantity].sum() or 0), QUANTITY) if quantity else to_decimal(0, QUANTITY),
        money=to_decimal(int(frame[money].sum() or 0), MONEY) if money else to_decimal(0, MONEY),
    )


def _first(spec: TableSpec, frame: pl.DataFrame, kind: ColumnType) -> str | None:
    """Name the first column whose amounts may be added: limits and smallest steps are no amounts."""
    amounts = (column.name for column in spec.columns if column.type is kind and column.name not in LIMITS)
    return next((name for name in amounts if name in frame.columns), None)


LIMITS = frozenset({"step", "minimum", "multiple", "cap", "capacity", "outside", "minimum_lot", "lot_multiple"})
"""Quantities that bound others: their sum says nothing."""


def type_rows(raw: RawTable, spec: TableSpec, source: Source, reading: Reading) -> Typed:
    """Read the rows of a file as the table's columns; rows with a fault are rejected, not guessed."""
    texts, issues = arrange(raw, spec, source)
    taken = taken_up(raw, source)
    cells = {column.name: read_column(texts[column.name], column, reading, texts[ROW]) for column in spec.columns}
    issues += [issue for column in cells.values() for issue in column.issues]
    issues += check_currency(raw, spec, reading.company, source.currency)
    choices = tuple(choice for column in cells.values() for choice in column.choices)
    typed = pl.DataFrame([texts[ROW], *(cells[column.name].values for column in spec.columns)])
    issues += check_totals(raw, typed, spec) if "value" not in source.products else []
    keys = [column.name for column in spec.columns if column.key and column.type is ColumnType.CODE]
    typed = typed.with_columns(pl.col(name).fill_null("") for name in keys)
    if spec.extra:
        further = [name for name in texts.columns if name not in typed.columns]
        typed = typed.hstack(texts.select(pl.col(name).str.strip_chars().alias(name) for name in further))
    if any(issue.severity is Severity.REFUSED for issue in issues):
        nothing = Sums()
        return Typed(
            frame=typed.clear(),
            read=nothing,
            left_out=nothing,
            rejected=nothing,
            rejects=(),
            choices=choices,
            issues=tuple(issues),
        )
    if spec.period:
        typed = typed.with_columns(texts["bucket"].alias(WRITTEN))
    left_out = add_up(typed.filter(~taken), spec)
    typed, texts = typed.filter(taken), texts.filter(taken)
    rejects = _find_rejects(texts, spec, cells)
    bad = typed[ROW].is_in([reject.row for reject in rejects])
    return Typed(
        frame=typed.filter(~bad), read=add_up(typed, spec), rejected=add_up(typed.filter(bad), spec), left_out=left_out,
        rejects=with_text(raw, rejects), choices=choices, issues=tuple(issues),
    )  # fmt: skip


def _find_rejects(texts: pl.DataFrame, spec: TableSpec, cells: Mapping[str, Cells]) -> tuple[Reject, ...]:
    """Give each row at fault once, with its first column at fault."""
    found: dict[int, Reject] = {}
    for column in spec.columns:
        column_texts = texts[column.name]
        faults = cells[column.name].faults
        if faults:
            bad = texts.select(ROW, column.name).filter(column_texts.is_in(list(faults)))
            for row, text in bad.iter_rows():
                found.setdefault(row, reject(column.name, row, text, faults[text]))
        if not may_be_empty(column):
            for row in texts.filter(column_texts.is_null())[ROW]:
                found.setdefault(row, reject(column.name, row, "", _EMPTY))
    return tuple(found[row] for row in sorted(found))


_EMPTY = Fault(expected="a value", advice="Fill it in, or delete the row.")


def reject(column: str, row: int, text: str, fault: Fault) -> Reject:
    """Build a reject from a fault; `with_text` adds the row as it stands in the file."""
    what = f"{column} is '{text}'" if text else f"{column} is empty"
    return Reject(
        row=row, column=column, value=text, reason=f"{what}, expected {fault.expected}", advice=fault.advice, text=""
    )


def with_text(raw: RawTable, rejects: Sequence[Reject]) -> tuple[Reject, ...]:
    """Put the line of the file and the text of the row beside each reject."""
    if not rejects:
        return ()
    rows = raw.frame.filter(pl.col(ROW).is_in([one.row for one in rejects]))
    lines = dict(zip(rows[ROW].to_list(), rows.drop(ROW).rows(), strict=True))
    return tuple(
        Reject(
            row=line_of(one.row),
            column=one.column,
            value=one.value,
            reason=one.reason,
            advice=one.advice,
            text=join_cells(lines[one.row], raw.delimiter),
        )
        for one in rejects
    )


def reject_rows(raw: RawTable, rows: Sequence[int], column: str, expected: str, advice: str) -> tuple[Reject, ...]:
    """Reject whole rows (lines of the file) for one reason, each with its text."""
    fault = Fault(expected=expected, advice=advice)
    named = [name for name in raw.columns if match_key(name) == match_key(column)]
    lines = raw.frame.filter(pl.col(ROW).is_in(list(rows)))
    texts = lines[named[0]].to_list() if named else [""] * lines.height
    return with_text(raw, [reject(column, row, text or "", fault) for row, text in zip(lines[ROW], texts, strict=True)])
