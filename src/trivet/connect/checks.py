"""Rows against what else is known: codes of the masters, the plan's time axis, placeholder rows.

What does not fit is rejected with its line, the nearest code and a way out; writings of one code that
differ by case or blanks are matched to the master's writing and said.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from trivet.connect.cells import Fault, bucket_start
from trivet.connect.codes import match_key, nearest
from trivet.connect.keys import Merged
from trivet.connect.raw import ROW, RawTable
from trivet.connect.typed import Typed, add_up, reject, with_text
from trivet.core.company import Company
from trivet.core.issues import Issue, Place, Severity
from trivet.core.report import Reject
from trivet.core.tables import TableSpec

HISTORY = frozenset({"orders", "shipments", "returns", "bookings", "production", "stock_history"})
"""Tables whose buckets must not lie before the first bucket of the plan."""


def master_of(spec: TableSpec) -> str | None:
    """Give the dimension a table is the master of: its only key refers to nothing else and names the table.

    A company's own dimension stands in a table of the same name.
    """
    only = spec.key[0] if len(spec.key) == 1 else None
    return only if only and spec.name in (only, f"{only}s") and spec.column(only).refers is None else None


def check_rows(
    typed: Typed, raw: RawTable, spec: TableSpec, known: Mapping[str, Mapping[str, str]], company: Company
) -> Typed:
    """Write codes as their master does; reject rows with unknown codes or before the plan's first bucket."""
    frame, rejects, issues = typed.frame, [], list(typed.issues)
    for column in spec.columns:
        codes = known.get(column.refers or "")
        if codes is None:
            continue
        frame, found, notes = _match(frame, column.name, column.refers or "", codes, raw.file)
        rejects += found
        issues += notes
    if spec.name in HISTORY:
        frame, found = _inside(frame, bucket_start(company.first_bucket, company))
        rejects += found
    out = typed.frame.join(frame.select(ROW), on=ROW, how="anti")
    return Typed(
        frame=frame, read=typed.read, left_out=typed.left_out, rejected=typed.rejected + add_up(out, spec),
        rejects=typed.rejects + with_text(raw, rejects), choices=typed.choices, issues=tuple(issues),
    )  # fmt: skip


def _match(
    frame: pl.DataFrame, name: str, dimension: str, codes: Mapping[str, str], file: str
) -> tuple[pl.DataFrame, list[Reject], list[Issue]]:
    texts = sorted(set(frame[name].drop_nulls().to_list()) - {""})
    written = {text: codes[match_key(text)] for text in texts if match_key(text) in codes}
    faults = {text: _unknown(dimension, text, codes) for text in texts if text not in written}
    bad = frame.select(ROW, name).filter(pl.col(name).is_in(list(faults)))
    rejects = [reject(name, row, text, faults[text]) for row, text in bad.iter_rows()]
    good = frame.filter(~pl.col(name).is_in(list(faults)).fill_null(value=False)) if faults else frame
    other = {text: code for text, code in written.items() if text != code}
    notes = [_written(file, name, other, int(frame[name].is_in(list(other)).sum()))] if other else []
    return good.with_columns(pl.col(name).replace(other)), rejects, notes


def _unknown(dimension: str, text: str, codes: Mapping[str, str]) -> Fault:
    near = nearest(text, codes.values())
    return Fault(
        expected=f"a code of {dimension}s ({len(codes)} known)",
        advice=f"Maybe '{near}'? Correct it, or add it to {dimension}s." if near else f"Add it to {dimension}s.",
    )


def _written(file: str, name: str, other: Mapping[str, str], rows: int) -> Issue:
    text, code = next(iter(other.items()))
    return Issue(
        code="import.other-writing",
        severity=Severity.NOTE,
        place=Place(source=file, column=name, value=text),
        message=f"'{text}' was matched with '{code}' of the master ({len(other)} such writings in {rows} rows).",
        advice="Nothing to do if they are the same; else give them codes that differ by more than case and blanks.",
    )


def _inside(frame: pl.DataFrame, first: date) -> tuple[pl.DataFrame, list[Reject]]:
    early = frame["bucket"] < first
    fault = Fault(expected=f"{first} or later", advice="Move first_bucket in company.toml back to load it.")
    rejects = [
        reject("bucket", row, str(day), fault) for row, day in frame.filter(early).select(ROW, "bucket").iter_rows()
    ]
    return frame.filter(~early), rejects


def same_writing(joined: pl.DataFrame, merged: Merged, spec: TableSpec, files: str) -> list[Issue]:
    """Say which codes of a master were merged although they are written differently."""
    dimension = master_of(spec)
    if not dimension or merged.merged.is_empty():
        return []
    kept = {match_key(code): code for code in merged.frame[dimension].to_list()}
    other = {
        code: kept[match_key(code)]
        for code in sorted(set(joined[dimension].to_list()) - set(kept.values()))
        if match_key(code) in kept
    }
    rows = int(joined[dimension].is_in(list(other)).sum())
    return [_written(files, dimension, other, rows)] if other else []
