"""Files in: `init`, `create`, `import`."""

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer, any_refused, print_issues
from trivet.cli.main import Call, app, opened

MISSING_TABLE = "import.missing-table"
"""Code of the notes that say what a missing table switches off."""

USUAL: Final = {"encoding": "utf-8", "delimiter": ",", "header row": "1"}
"""What a file is read as without a word on the screen."""

SILENT: Final = ("format", "rows taken", "rows of one key", "currency")
"""Choices nobody doubts, or that the mapping made: notes say those."""

SAMPLED: Final = 3
"""Most decoded cells shown of a file."""

if TYPE_CHECKING:
    from trivet.core.report import Choice, Sums
    from trivet.usecases.create_workspace import CreateAnswer
    from trivet.usecases.import_folder import ImportAnswer
    from trivet.usecases.init_folder import InitAnswer


@app.command()
def init(folder: Path, as_json: Json = False) -> None:
    """Write templates of a company folder: one file per table, and a page that explains them."""
    from trivet.usecases.init_folder import init_folder  # noqa: PLC0415

    def show(value: "InitAnswer", console: Console) -> None:
        console.print(
            f"{len(value.files)} files in {value.folder}. Start with company.toml and items.csv; README.md explains."
        )
        console.print("Then: trivet create && trivet import " + value.folder)

    answer(init_folder(folder), as_json=as_json, show=show)


@app.command()
def create(context: typer.Context, as_json: Json = False) -> None:
    """Create an empty workspace."""
    from trivet.usecases.create_workspace import create_workspace  # noqa: PLC0415
    from trivet.workspace.settings import DEFAULT_WORKSPACE, read_settings  # noqa: PLC0415

    call: Call = context.obj
    target = read_settings({"workspace": call.workspace}).workspace or DEFAULT_WORKSPACE

    def show(value: "CreateAnswer", console: Console) -> None:
        console.print(f"Workspace {value.workspace} is ready. Next: trivet import FOLDER")

    answer(create_workspace(target, actor=call.actor), as_json=as_json, show=show)


@app.command("import")
def import_(
    context: typer.Context,
    folder: Path,
    mapping: Annotated[Path | None, typer.Option(help="Mapping file for folders with other names.")] = None,
    scenario: Annotated[str, typer.Option(help="Scenario the data are for.")] = "main",
    as_json: Json = False,
) -> None:
    """Import a company folder with a report: read = loaded + merged + rejected."""
    from trivet.usecases.import_folder import import_folder  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    value = import_folder(workspace, folder, mapping=mapping, scenario=scenario)
    rejected = any(table.rejected.rows for table in value.report.tables)
    named = f"{shlex.quote(str(folder))}{f' --mapping {shlex.quote(str(mapping))}' if mapping else ''}"
    shown = partial(show_import, named=named)
    answer(value, as_json=as_json, show=shown, refused=rejected or any_refused(value.issues))


def show_import(value: "ImportAnswer", console: Console, *, named: str = "FOLDER") -> None:
    """Print what an import did, file by file, with its tie-out and what was guessed; `named` is what was imported."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("file")
    table.add_column("table")
    for name in ("read", "loaded", "merged", "rejected", "quantity loaded", "money loaded"):
        table.add_column(name, justify="right")
    table.add_column("ties")
    filled = [row for row in value.report.tables if row.read.rows]
    for row in filled:
        parts = (row.read, row.loaded, row.merged, row.rejected)
        amounts = (_amount(row.loaded, "quantity"), _amount(row.loaded, "money"))
        counts = [f"{part.rows:,}" for part in parts]
        table.add_row(row.file, row.table, *counts, *amounts, "yes" if row.ties else "[red]NO[/]")
    _show_missing(value, console)
    console.print(table)
    _show_choices(value, console)
    empty = len(value.report.tables) - len(filled)
    if empty:
        console.print(f"[dim]{empty} {'file has' if empty == 1 else 'files have'} no row[/]")
    found = [issue for issue in value.issues if issue.code != MISSING_TABLE]
    print_issues(found, console, notes=True, rest=f"trivet import {named} --json")
    if value.rejects:
        console.print(f"Rejected rows with reasons: {value.rejects}")
    if value.snapshot is None:
        console.print("[red]Nothing was loaded: mend what is refused above and import again.[/]")
        return
    same = "the same values as before" if value.unchanged else "new values"
    console.print(f"Snapshot {value.snapshot[:12]} ({same}). Next: trivet plan")


def _show_choices(value: "ImportAnswer", console: Console) -> None:
    """Print what was guessed of a file where it isn't the usual, once a file: header row, signs, dates, blank rows."""
    said: dict[str, None] = {}
    for row in value.report.tables:
        for choice in row.choices:
            if not _is_usual(choice):
                said[f"{row.file}: {choice.about} {choice.value} ({choice.reason})"] = None
        if row.blank:
            said[f"{row.file}: {row.blank:,} blank rows passed over"] = None
        if row.sample:
            said[f"{row.file}: reads like {', '.join(row.sample[:SAMPLED])}"] = None
    for line in said:
        console.print(line, markup=False, style="dim", soft_wrap=True)


def _is_usual(choice: "Choice") -> bool:
    """Whether a choice needs no word: what most files are, a decimal point, or what the mapping said."""
    usual = "." if choice.about.startswith("decimal sign") else USUAL.get(choice.about)
    return choice.value == usual or choice.about in SILENT


def _show_missing(value: "ImportAnswer", console: Console) -> None:
    """Print what is switched off because its table is not there, one line a table."""
    missing = [issue for issue in value.issues if issue.code == MISSING_TABLE]
    if not missing:
        return
    console.print("[dim]Not there or empty, and what that means:[/]")
    table = Table(box=None, pad_edge=False, show_header=False, style="dim")
    table.add_column(no_wrap=True)
    table.add_column()
    for issue in missing:
        said = issue.message.removeprefix("is not there. ").removeprefix("has no row. ")
        table.add_row(f"  {Path(issue.place.source or '').stem}", said)
    console.print(table)
    console.print()


def _amount(sums: "Sums", name: str) -> str:
    value = sums.quantity if name == "quantity" else sums.money
    return f"{value:,.0f}" if value else ""
