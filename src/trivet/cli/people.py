"""Who takes part: `people`."""

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer
from trivet.cli.main import app, opened

if TYPE_CHECKING:
    from trivet.usecases.list_people import PeopleAnswer, PersonLine


@app.command()
def people(context: typer.Context, as_json: Json = False) -> None:
    """List who takes part, and what each may see, change and do."""
    from trivet.usecases.list_people import list_people  # noqa: PLC0415

    answer(list_people(opened(context, quiet=as_json)), as_json=as_json, show=_show)


def _show(value: "PeopleAnswer", console: Console) -> None:
    if value.everybody:
        console.print("There is no table people: everybody may see and do everything. See: docs/people.md")
        return
    if all(line.person != value.you.person for line in value.people):
        console.print(f"You are {value.you.person}, who made the workspace: you may see and do everything.")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("person", "role", "sees", "hidden", "changes", "tables", "steps"):
        table.add_column(name)
    for line in value.people:
        table.add_row(*_cells(line))
    console.print(table)
    console.print("[dim]Rights on a local workspace guard against mistakes, not against the owner of its file.[/]")


def _cells(line: "PersonLine") -> tuple[str, ...]:
    return (
        line.person,
        line.role,
        ", ".join(line.part) or "everything",
        f"{len(line.hidden)} measures" if line.hidden else "",
        ", ".join(line.edits),
        "all" if "*" in line.tables else str(len(line.tables)),
        ", ".join(task.split()[0] for task in line.tasks),
    )
