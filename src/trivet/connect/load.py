"""Files into tables: masters first, so that codes of the histories can be checked against them.

Each table may be fed by several files. Their rows are typed, codes are matched with the masters,
negative quantities go to the returns, rows of one key are merged or asked about, and the sums of
each file are tied: read = loaded + merged + rejected.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from trivet.connect.base_units import to_base_units
from trivet.connect.cancelled import pair_cancellations, sums_by_kind
from trivet.connect.cells import Reading
from trivet.connect.checks import check_rows, master_of, same_writing
from trivet.connect.codes import match_key
from trivet.connect.mapping import Duplicates, Source
from trivet.connect.raw import ROW, SOURCE, WRITTEN, RawTable
from trivet.connect.renamed import Joined, merge_renamed, rename_codes
from trivet.connect.returns import ROUTED, merge_returns, split_returns
from trivet.connect.typed import Typed, add_up, reject_rows, type_rows
from trivet.core.company import Company
from trivet.core.issues import Issue
from trivet.core.renames import MEMBER_CHANGES, read_renames
from trivet.core.report import Choice, Reject, Sums, TableReport
from trivet.core.tables import TableSpec


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opened:
    """A file of the folder, opened as text, on its way into one table."""

    source: Source
    raw: RawTable
    rejects: tuple[Reject, ...] = ()
    semicolons: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loaded:
    """Typed tables, what happened to each file, the problems found, and rows worth 0 or below it with their lines."""

    tables: Mapping[str, pl.DataFrame]
    reports: tuple[TableReport, ...]
    issues: tuple[Issue, ...]
    odd: Mapping[str, pl.DataFrame]


@dataclass(slots=True, kw_only=True, eq=False)
class _State:
    """What is loaded so far."""

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    returned: dict[str, pl.DataFrame] = field(default_factory=dict)
    reports: list[TableReport] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    odd: dict[str, pl.DataFrame] = field(default_factory=dict)


def load_tables(specs: Mapping[str, TableSpec], opened: Sequence[Opened], company: Company) -> Loaded:
    """Load every opened file into its table, masters before what refers to them."""
    state = _State()
    for spec in sorted(specs.values(), key=lambda spec: (spec.name != MEMBER_CHANGES, master_of(spec) is None)):
        feeding = [one for one in opened if one.source.table == spec.name]
        if feeding:
            _load_table(spec, specs, feeding, company, state)
    if "returns" in specs:
        returns, notes = merge_returns(state.tables.get("returns"), state.returned, specs["returns"])
        state.issues += notes
        if returns is not None:
            state.tables["returns"] = returns
    return Loaded(tables=state.tables, reports=tuple(state.reports), issues=tuple(state.issues), odd=state.odd)


def _load_table(
    spec: TableSpec, specs: Mapping[str, TableSpec], feeding: Sequence[Opened], company: Company, state: _State
) -> None:
    """Type, check, merge and report the files of one table."""
    known = known_codes(specs, state.tables)
    renames = read_renames(state.tables.get(MEMBER_CHANGES))
    kept: list[Typed] = []
    for one in feeding:
        typed = type_rows(one.raw, spec, one.source, _reading(one, company))
        renamed, notes = rename_codes(typed.frame, spec, renames, known, one.raw.file)
        state.issues += notes
        typed = replace(typed, frame=renamed)
        typed = check_rows(typed, one.raw, spec, known, company)
        typed = to_base_units(typed, one.raw, spec, one.source, state.tables)
        if spec.name == "order_lines":
            typed = _with_kinds(typed, one)
        state.issues += typed.issues
        kept.append(typed)
    frames = [typed.frame.with_columns(pl.lit(n, dtype=pl.Int32).alias(SOURCE)) for n, typed in enumerate(kept)]
    joined, returned = split_returns(pl.concat(frames, how="diagonal"), spec)
    if returned.height:
        state.returned[spec.name] = returned
    files = ", ".join(sorted({one.raw.file for one in feeding}))
    distinct = any(one.source.distinct for one in feeding)
    merged = merge_renamed(joined, spec, files, rule=_rule(feeding), distinct=distinct)
    state.issues += [*merged.merged.issues, *same_writing(joined, merged.merged, spec, files)]
    if {"quantity", "bucket", ROW} <= set(merged.frame.columns):
        sums = [pl.col(name) <= 0 for name in ("quantity", "value") if name in merged.frame.columns]
        state.odd[spec.name] = merged.frame.filter(pl.any_horizontal(sums))
    state.tables[spec.name] = merged.frame.drop(ROW, SOURCE, WRITTEN, strict=False)
    parts = _Parts(joined=joined, returned=returned, merged=merged)
    for number, (one, typed) in enumerate(zip(feeding, kept, strict=True)):
        state.reports.append(_report(number, one, typed, spec, parts))


def _with_kinds(typed: Typed, one: Opened) -> Typed:
    """Keep cancelled pairs of order lines apart, and say what each kind holds."""
    paired = pair_cancellations(typed.frame, one.raw.file, one.source.cancelled_within)
    choices = (*typed.choices, *sums_by_kind(typed.frame, paired.frame))
    return replace(typed, frame=paired.frame, choices=choices, issues=(*typed.issues, *paired.issues))


def _rule(feeding: Sequence[Opened]) -> Duplicates | None:
    return next((one.source.duplicates for one in feeding if one.source.duplicates), None)


def _reading(one: Opened, company: Company) -> Reading:
    source = one.source
    return Reading(
        file=one.raw.file, company=company, decimals=source.decimal, day_order=source.dates,
        semicolons=one.semicolons, strip_point_zero=source.strip_point_zero,
    )  # fmt: skip


def known_codes(specs: Mapping[str, TableSpec], tables: Mapping[str, pl.DataFrame]) -> dict[str, dict[str, str]]:
    """Give, for each dimension whose master has rows, match key -> code as the master writes it."""
    known: dict[str, dict[str, str]] = {}
    for spec in specs.values():
        dimension = master_of(spec)
        if dimension and spec.name in tables and tables[spec.name].height:
            known[dimension] = {match_key(code): code for code in tables[spec.name][dimension].to_list()}
    return known


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Parts:
    """The rows of all files of a table: those that compete for keys, those that are returns, and the outcome."""

    joined: pl.DataFrame
    returned: pl.DataFrame
    merged: Joined


def _report(number: int, one: Opened, typed: Typed, spec: TableSpec, parts: _Parts) -> TableReport:
    """Tie one file: each part is summed from the rows that are there, not from the difference of the others."""
    own = pl.col(SOURCE) == number
    each = parts.merged.merged
    fallen, clash, renamed = (frame.filter(own) for frame in (each.merged, each.contradicting, parts.merged.fallen))
    returned = add_up(parts.returned.filter(own), spec)
    if each.added:
        kept = add_up(parts.joined.filter(own), spec)
        loaded, merged = kept + Sums(rows=-fallen.height), Sums(rows=fallen.height)
    else:
        loaded, merged = add_up(each.frame.filter(own), spec), add_up(fallen, spec)
    went = Sums(rows=renamed.height) if parts.merged.added else add_up(renamed, spec)
    loaded, merged = loaded + Sums(rows=-went.rows, quantity=-went.quantity, money=-went.money), merged + went
    ragged = Sums(rows=len(one.rejects))
    rejects = one.rejects + typed.rejects + _clashes(clash, one.raw, spec)
    return TableReport(
        file=one.raw.file, table=spec.name, read=typed.read + ragged, loaded=loaded + returned, merged=merged,
        rejected=typed.rejected + add_up(clash, spec) + ragged,
        routed=((ROUTED, returned),) if returned.rows else (), left_out=typed.left_out, blank=one.raw.blank,
        choices=_said(one.source) + one.raw.choices + typed.choices, sample=one.raw.sample,
        rejects=tuple(sorted(rejects, key=lambda found: found.row)),
    )  # fmt: skip


def _clashes(clash: pl.DataFrame, raw: RawTable, spec: TableSpec) -> tuple[Reject, ...]:
    return reject_rows(
        raw, clash[ROW].to_list(), spec.key[0], f"one row for each {', '.join(spec.key)}; another row says otherwise",
        'Keep the right one, or say duplicates = "add" or "last" in mapping.toml.',
    )  # fmt: skip


def _said(source: Source) -> tuple[Choice, ...]:
    """Show what the mapping declares, with its reason."""
    declared = [("currency", source.currency), ("rows taken", source.where), ("rows of one key", source.duplicates)]
    return tuple(
        Choice(about=about, value=value or "plan currency", reason=source.reason or "the mapping says so")
        for about, value in declared
        if value is not None
    )
