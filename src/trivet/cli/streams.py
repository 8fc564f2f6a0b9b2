"""What everybody says about demand, side by side: `streams`."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer, print_issues
from trivet.cli.main import app, opened
from trivet.cli.planning import First, Last, Plan, Where

if TYPE_CHECKING:
    from trivet.usecases.show_streams import StreamLine, StreamsAnswer


@app.command()
def streams(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="Level of the rows: family, item, market, region or channel.")] = "family",
    where: Where = None,
    first: First = None,
    last: Last = None,
    period: Annotated[str, typer.Option(help="bucket, quarter or year.")] = "quarter",
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Show forecast and opinions side by side: last year, statistics, each stream, and what they came to."""
    from trivet.usecases.show_streams import show_streams  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    value = show_streams(workspace, by=by, where=tuple(where or ()), span=(first, last), period=period, plan=plan)
    answer(value, as_json=as_json, show=_show)


def _show(value: "StreamsAnswer", console: Console) -> None:
    console.print(
        f"[bold]Views on demand[/], {value.unit}, {value.where}, version {value.version}"
        + (f" and {value.changes} changes since" if value.changes else ""),
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in (value.by, ""):
        table.add_column(name, no_wrap=True)
    for name in value.periods:
        table.add_column(name, justify="right", no_wrap=True)
    said = ""
    for line in value.lines:
        if said and line.member != said:
            table.add_section()
        table.add_row("" if line.member == said else line.member, line.label, *_cells(line))
        said = line.member
    console.print(table)
    if any(0 < part < 1 for line in value.lines for part in line.spoken):
        console.print("In brackets: the part of the statistical forecast a stream speaks of; the rest is not its.")
    if value.note:
        console.print(value.note)
    print_issues(value.issues, console, notes=True)


def _cells(line: "StreamLine") -> list[str]:
    parts = line.spoken or (Decimal(1),) * len(line.values)
    return [
        "" if value is None else f"{value:,.0f}" + (f" ({part:.0%})" if part < 1 else "")
        for value, part in zip(line.values, parts, strict=True)
    ]
