"""Files into tables: masters first, so that codes of the histories can be checked against them.

Each table may be fed by several files; its rows are typed, codes are matched with the masters, rows
of one key are merged or asked about, and the sums of each file are tied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from trivet.connect.cells import Fault, Reading
from trivet.connect.codes import match_key, nearest
from trivet.connect.mapping import Source
from trivet.connect.raw import ROW, RawTable
from trivet.connect.typed import Typed, add_up, reject, type_rows, with_text
from trivet.core.company import Company
from trivet.core.issues import Issue, Severity
from trivet.core.report import Reject, Sums, TableReport
from trivet.core.tables import TableSpec

SOURCE = "__source__"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opened:
    """A file of the folder, opened as text, on its way into one table."""

    source: Source
    raw: RawTable
    rejects: tuple[Reject, ...] = ()
    semicolons: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loaded:
    """Typed tables, what happened to each file, and the problems found."""

    tables: Mapping[str, pl.DataFrame]
    reports: tuple[TableReport, ...]
    issues: tuple[Issue, ...]


def load_tables(specs: Mapping[str, TableSpec], opened: Sequence[Opened], company: Company) -> Loaded:
    """Load every opened file into its table, masters before what refers to them."""
    tables: dict[str, pl.DataFrame] = {}
    reports: list[TableReport] = []
    issues: list[Issue] = []
    for spec in load_order(specs):
        feeding = [one for one in opened if one.source.table == spec.name]
        if not feeding:
            continue
        frames = []
        for number, one in enumerate(feeding):
            typed = type_rows(one.raw, spec, one.source, _reading(one, company))
            issues += typed.issues
            typed = check_codes(typed, one.raw, spec, known_codes(specs, tables))
            frames.append(typed.frame.with_columns(pl.lit(number, dtype=pl.Int32).alias(SOURCE)))
            reports.append(_report(one, spec, typed))
        tables[spec.name] = _finish(pl.concat(frames, how="diagonal"), spec)
    return Loaded(tables=tables, reports=tuple(reports), issues=tuple(issues))


def _reading(one: Opened, company: Company) -> Reading:
    source = one.source
    return Reading(
        file=one.raw.file, company=company, decimals=source.decimal, day_order=source.dates,
        semicolons=one.semicolons, strip_point_zero=source.strip_point_zero,
    )  # fmt: skip


def load_order(specs: Mapping[str, TableSpec]) -> list[TableSpec]:
    """Give the tables with masters first; the order of the registry otherwise."""
    return sorted(specs.values(), key=lambda spec: master_of(spec) is None)


def master_of(spec: TableSpec) -> str | None:
    """Give the dimension a table is the master of: its only key refers to nothing else and names the file."""
    only = spec.key[0] if len(spec.key) == 1 else None
    return only if only and spec.name == f"{only}s" and spec.column(only).refers is None else None


def known_codes(specs: Mapping[str, TableSpec], tables: Mapping[str, pl.DataFrame]) -> dict[str, dict[str, str]]:
    """Give, for each dimension whose master is loaded, match key -> code as the master writes it."""
    known: dict[str, dict[str, str]] = {}
    for spec in specs.values():
        dimension = master_of(spec)
        if dimension and spec.name in tables:
            known[dimension] = {match_key(code): code for code in tables[spec.name][dimension].to_list()}
    return known


def check_codes(typed: Typed, raw: RawTable, spec: TableSpec, known: Mapping[str, Mapping[str, str]]) -> Typed:
    """Write codes as their master does; reject rows whose code no master knows, with the nearest one."""
    frame, rejects = typed.frame, []
    for column in spec.columns:
        codes = known.get(column.refers or "")
        if codes is None:
            continue
        texts = sorted(set(frame[column.name].drop_nulls().to_list()) - {""})
        written = {text: codes[match_key(text)] for text in texts if match_key(text) in codes}
        faults = {text: _unknown(column.refers or "", text, codes) for text in texts if text not in written}
        if faults:
            bad = frame.filter(pl.col(column.name).is_in(list(faults)))
            rejects += [reject(column.name, row, text, faults[text]) for row, text in bad.select(ROW, column.name).iter_rows()]
            frame = frame.filter(~pl.col(column.name).is_in(list(faults)).fill_null(value=False))
        frame = frame.with_columns(pl.col(column.name).replace(written))
    out = typed.frame.join(frame.select(ROW), on=ROW, how="anti")
    return Typed(
        frame=frame, read=typed.read, rejected=typed.rejected + add_up(out, spec),
        rejects=typed.rejects + with_text(raw, rejects), choices=typed.choices, issues=typed.issues,
    )  # fmt: skip


def _unknown(dimension: str, text: str, codes: Mapping[str, str]) -> Fault:
    near = nearest(text, codes.values())
    return Fault(
        expected=f"a code of {dimension}s ({len(codes)} known)",
        advice=f"Maybe '{near}'? Correct it, or add it to {dimension}s." if near else f"Add it to {dimension}s.",
    )


def _finish(frame: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    return frame.drop(ROW, SOURCE)


def _report(one: Opened, spec: TableSpec, typed: Typed) -> TableReport:
    ragged = Sums(rows=len(one.rejects))
    return TableReport(
        file=one.raw.file, table=spec.name, read=typed.read + ragged, loaded=add_up(typed.frame, spec),
        rejected=typed.rejected + ragged, blank=one.raw.blank, choices=one.raw.choices + typed.choices,
        sample=one.raw.sample, rejects=tuple(sorted(one.rejects + typed.rejects, key=lambda found: found.row)),
    )  # fmt: skip


def refused(issues: Sequence[Issue]) -> bool:
    """Say whether one of the issues refuses the load."""
    return any(issue.severity is Severity.REFUSED for issue in issues)
