"""The way from a published plan to execution: `pushdown`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from trivet.cli.answers import Json, answer
from trivet.cli.main import app, opened
from trivet.cli.planning import Plan

if TYPE_CHECKING:
    from trivet.usecases.push_down import PushDownAnswer


@app.command()
def pushdown(
    context: typer.Context,
    to: Annotated[Path, typer.Option(help="Folder the files go to.")],
    plan: Plan = "main",
    weeks: Annotated[int | None, typer.Option(help="So many weeks, completed to whole buckets; else all.")] = None,
    as_json: Json = False,
) -> None:
    """Hand a published plan to ERP, buyers and finance: item by site by week, purchases, transfers, accounts."""
    from trivet.usecases.push_down import push_down  # noqa: PLC0415

    value = push_down(opened(context, quiet=as_json), to, plan=plan, weeks=weeks)
    answer(value, as_json=as_json, show=_show, refused=not value.passed)


def _show(value: "PushDownAnswer", console: Console) -> None:
    places = sum(check.checked for check in value.ties)
    for check in value.ties:
        if not check.passed:
            console.print(f"[red]{check.message}[/]")
    if not value.passed:
        console.print("[red]Not handed over: the files do not tie.[/] Report it with the version and its input.")
        return
    console.print(
        f"Version {value.version} in {value.weeks} weeks, {value.first} to {value.last}: {len(value.files)} files in "
        f"{value.folder}; {len(value.ties)} ties over {places:,} places hold.",
        soft_wrap=True,
    )
    for note in value.notes:
        console.print(f"- {note}", markup=False, soft_wrap=True)
    console.print("What is in which file: docs/pushdown.md. Its proof: manifest.json")
