"""A company folder in, typed tables and an honest report out.

`company.toml` says the calendar; each table of `core/tables.toml` stands in NAME.csv, NAME.parquet or
NAME.xlsx, or a mapping says which file feeds it. Nothing is dropped in silence: read = loaded +
merged + rejected for rows, quantity and money of every file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import polars as pl

from trivet.connect.codes import nearest
from trivet.connect.currencies import find_currency_issues
from trivet.connect.health import find_health_issues
from trivet.connect.load import Opened, load_tables
from trivet.connect.mapping import Mapped, Source, parse_mapping
from trivet.connect.mapping_advice import MAPPING, advise, call_by_name, declared
from trivet.connect.opening import ENDINGS, open_source
from trivet.connect.raw import ROW, line_of
from trivet.connect.unit_slips import find_unit_slips
from trivet.core.company import Company, parse_company
from trivet.core.errors import InvalidInput
from trivet.core.issues import Issue, Place, Severity
from trivet.core.owndimensions import company_tables
from trivet.core.ports import Progress
from trivet.core.report import ImportReport
from trivet.core.tables import TableSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file that was read: its name, sha256, bytes and rows."""

    name: str
    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FolderLoad:
    """A company folder, loaded.

    Attributes:
        company_text: text of `company.toml` (or of the mapping's [company] part).
        company: what it says.
        tables: table name -> frame typed by `core.tables.STORED`; further columns of tables with
            `extra` are String. Tables without a file are absent.
        report: what was read, merged and rejected, and the problems found; look at `report.refused`
            before using the tables.
        files: what was read.
    """

    company_text: str
    company: Company
    tables: Mapping[str, pl.DataFrame]
    report: ImportReport
    files: tuple[SourceFile, ...]


def read_folder(
    folder: Path,
    specs: Mapping[str, TableSpec],
    *,
    mapping_text: str | None = None,
    mapping_name: str = MAPPING,
    progress: Progress | None = None,
) -> FolderLoad:
    """Read a company folder as `specs` and, if given, a mapping say; texts call the mapping by its name.

    Problems of the files are in `report`; when `report.refused` is not empty nothing may be planned
    with the tables. Raises InvalidInput when there is no folder, no company.toml or it is wrong, or
    when the mapping is.
    """
    try:
        load = _read(folder, specs, mapping_text, progress)
    except InvalidInput as error:
        raise InvalidInput(call_by_name(error.message, mapping_name), error.issues) from error
    issues = advise(load.report.issues, load.files, mapping_name, given=mapping_text is not None)
    return replace(load, report=replace(load.report, issues=issues))


def _read(
    folder: Path, specs: Mapping[str, TableSpec], mapping_text: str | None, progress: Progress | None
) -> FolderLoad:
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder; expected one with company.toml and items.csv. Try `trivet init`.")
    mapped = parse_mapping(mapping_text) if mapping_text is not None else Mapped(company_text=None, sources=())
    company_text = _company_text(folder, mapped)
    company = parse_company(company_text)
    if not company.buckets().first_open:
        raise InvalidInput(
            f"company.toml: cycle {company.cycle} lies in the first bucket; a plan stands on at least one closed "
            "bucket (nothing need have been sold in it). Set first_bucket at least one bucket earlier."
        )
    specs = company_tables(specs, company)
    sources, issues = _find_sources(folder, specs, mapped)
    issues += declared(sources)
    opened = []
    for done, source in enumerate(sources):
        if progress:
            progress("read files", done, len(sources))
        one, found = open_source(folder / source.file, source, specs[source.table])
        issues += found
        opened += [one] if one else []
    loaded = load_tables(specs, opened, company)
    issues += [*loaded.issues, *_missing_tables(specs, loaded.tables)]
    issues += find_currency_issues(loaded.tables, specs, company)
    issues += [_on_its_row(issue, loaded.odd) for issue in find_health_issues(loaded.tables, company)]
    issues += find_unit_slips(loaded.tables)
    return FolderLoad(
        company_text=company_text,
        company=company,
        tables=loaded.tables,
        report=ImportReport(tables=loaded.reports, issues=tuple(issues)),
        files=_fingerprint(folder, opened),
    )


def _on_its_row(issue: Issue, odd: Mapping[str, pl.DataFrame]) -> Issue:
    """Add to an issue about prices of 0 or stock below 0 the line of the first row it speaks of."""
    place = issue.place
    rows = odd.get(place.source or "")
    if issue.code not in ("import.zero-price", "import.negative-stock") or rows is None:
        return issue
    if issue.code == "import.zero-price":
        rows = rows.filter((pl.col("quantity") > 0) & (pl.col("value") == 0))
    else:
        rows = rows.filter((pl.col("quantity") < 0) & (pl.col("bucket") == place.first)).sort("quantity").head(1)
    return replace(issue, place=replace(place, row=line_of(int(rows[ROW].to_list()[0])))) if rows.height else issue


def _company_text(folder: Path, mapped: Mapped) -> str:
    path = folder / "company.toml"
    if mapped.company_text is not None:
        return mapped.company_text
    if not path.is_file():
        raise InvalidInput(f"{folder} has no company.toml; expected name, currency and calendar. Try `trivet init`.")
    return path.read_text(encoding="utf-8-sig")


def _find_sources(
    folder: Path, specs: Mapping[str, TableSpec], mapped: Mapped
) -> tuple[tuple[Source, ...], list[Issue]]:
    """Give what feeds the tables: the mapping's sources, or the files that have our names."""
    if mapped.sources:
        return mapped.sources, _check_sources(folder, specs, mapped.sources)
    found, issues = [], []
    for path in sorted(folder.iterdir()):
        name = path.stem.strip().casefold()
        if path.suffix.lower() in ENDINGS and name in specs:
            found.append(Source(file=path.name, table=name))
        elif path.is_file() and path.name not in _OURS and not path.name.startswith("."):
            issues.append(_unknown_file(path, specs))
    return tuple(found), issues


_OURS = {"company.toml", "mapping.toml", "README.md", "truth.json"}


def _check_sources(folder: Path, specs: Mapping[str, TableSpec], sources: tuple[Source, ...]) -> list[Issue]:
    for number, source in enumerate(sources, start=1):
        if source.table not in specs:
            near = nearest(source.table, specs)
            maybe = f" Maybe '{near}'?" if near else ""
            raise InvalidInput(f"mapping.toml source {number}: no table '{source.table}'.{maybe}")
        if not (folder / source.file).is_file():
            near = nearest(source.file, sorted(path.name for path in folder.iterdir()))
            maybe = f" Maybe '{near}'?" if near else ""
            raise InvalidInput(f"mapping.toml source {number}: no file '{source.file}' in {folder}.{maybe}")
    return []


def _unknown_file(path: Path, specs: Mapping[str, TableSpec]) -> Issue:
    near = nearest(path.stem, specs)
    return Issue(
        code="import.unknown-file",
        severity=Severity.NOTE,
        place=Place(source=path.name),
        message=f"is no table of the company folder and was not read ({len(specs)} tables known).",
        advice=f"Maybe '{near}{path.suffix}'? Rename it then."
        if near
        else "Nothing to do if it is not meant for Trivet.",
    )


def _missing_tables(specs: Mapping[str, TableSpec], tables: Mapping[str, pl.DataFrame]) -> list[Issue]:
    """Say what each missing table switches off; refuse when a needed one or every history is missing."""
    there = {name for name, frame in tables.items() if frame.height}
    issues = [_missing(spec, spec.name in tables) for spec in specs.values() if spec.name not in there]
    if not there.intersection(HISTORIES):
        issues.append(
            Issue(
                code="import.no-history",
                severity=Severity.REFUSED,
                message=f"no demand history was loaded; expected one of {', '.join(HISTORIES)}.",
                advice="Add one of these files: one is enough.",
            )
        )
    return issues


HISTORIES = ("orders", "order_lines", "bookings", "shipments")
"""Tables one of which must be there: what customers ordered."""


def _missing(spec: TableSpec, empty: bool) -> Issue:
    what = "has no row" if empty else "is not there"
    return Issue(
        code="import.missing-table",
        severity=Severity.REFUSED if spec.needed else Severity.NOTE,
        place=Place(source=f"{spec.name}.csv"),
        message=f"{what}: {spec.about}" if spec.needed else f"{what}. {spec.off}",
        advice=f"Fill in {spec.name}.csv; `trivet init` writes an empty one."
        if spec.needed
        else "Add it to switch it on.",
    )


def _fingerprint(folder: Path, opened: list[Opened]) -> tuple[SourceFile, ...]:
    rows = {one.source.file: one.raw.frame.height + len(one.rejects) for one in opened}
    return tuple(
        SourceFile(name=name, sha256=_sha256(folder / name), bytes=(folder / name).stat().st_size, rows=rows[name])
        for name in sorted(rows)
    )


def _sha256(path: Path) -> str:
    total = sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 22):
            total.update(block)
    return total.hexdigest()
