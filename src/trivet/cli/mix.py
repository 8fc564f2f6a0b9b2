"""The split of a family over its items: `mix`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer
from trivet.cli.changes import show_change
from trivet.cli.main import app, opened
from trivet.cli.planning import First, Last, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from trivet.usecases.show_mix import MixAnswer

QUARTERS = 8
"""Quarters that fit a line; --json has all of them, and the forecast's shares."""


@app.command()
def mix(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="Family whose split is shown, e.g. City.")] = "",
    first: First = None,
    last: Last = None,
    file: Annotated[
        Path | None, typer.Option("--set", help="CSV of family, item, first, share: the split set by hand.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why (with --set).")] = None,
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Show the split of a family over its items and how wrong it was; or set it by hand from a file."""
    from trivet.core.errors import InvalidInput, NotFound  # noqa: PLC0415
    from trivet.usecases.set_mix import set_mix, shares_in_file  # noqa: PLC0415
    from trivet.usecases.show_mix import show_mix  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    if file is None:
        if not family:
            raise InvalidInput("whose split? Name a family: trivet mix City; or set one: trivet mix --set FILE.csv.")
        answer(show_mix(workspace, family, first=first, last=last, plan=plan), as_json=as_json, show=_show_mix)
        return
    if not file.is_file():
        raise NotFound(f"{file} is no file. Write it with the columns family, item, first, share.")
    value = set_mix(workspace, shares_in_file(file.name, file.read_text("utf-8")), scenario=plan, reason=reason)
    answer(value, as_json=as_json, show=show_change, refused=not value.recorded)


def _show_mix(value: "MixAnswer", console: Console) -> None:
    console.print(f"[bold]Mix of {value.family}[/], percent of its units, version {value.version}")
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("item", no_wrap=True)
    for name in ("last year", *value.periods[:QUARTERS]):
        table.add_column(name, justify="right", no_wrap=True)
    for row in value.rows:
        table.add_row(row.item, *[f"{share:.2f}" for share in (row.history, *row.plan[:QUARTERS])])
    console.print(table)
    if any(share is not None for row in value.rows for share in row.by_hand):
        console.print("[bold]Set by hand[/]")
        for row in value.rows:
            console.print(f"  {row.item}: {_listed(row.by_hand[:QUARTERS])}", soft_wrap=True)
    told = [f"{error.bucket} {error.percent}" for error in value.errors if error.percent is not None]
    missing = "no plan was published a bucket ahead of the closed ones yet"
    console.print(f"Mix error against the plan of the bucket before, %: {', '.join(told) or missing}", soft_wrap=True)
    if value.best is not None:
        means = ", ".join(f"{one.source} {one.mean}" for one in value.sources if one.mean is not None)
        console.print(f"Mean over {value.compared} buckets, %: {means}. Best: {value.best}.", soft_wrap=True)


def _listed(shares: "Sequence[Decimal | None]") -> str:
    return ", ".join("-" if share is None else f"{share:.2f}" for share in shares)
