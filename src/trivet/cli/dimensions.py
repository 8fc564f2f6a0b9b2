"""What numbers can be shown by: `dimensions`."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from trivet.cli.answers import Json, answer
from trivet.cli.main import app, opened

if TYPE_CHECKING:
    from trivet.usecases.list_dimensions import DimensionLine, DimensionsAnswer


@app.command()
def dimensions(
    context: typer.Context,
    scenario: Annotated[str, typer.Option(help="Scenario whose data are looked at.")] = "main",
    as_json: Json = False,
) -> None:
    """List dimensions, their levels and hierarchies: what numbers can be shown, filtered and changed by."""
    from trivet.usecases.list_dimensions import list_dimensions  # noqa: PLC0415

    answer(list_dimensions(opened(context, quiet=as_json), scenario=scenario), as_json=as_json, show=_show)


def _show(value: "DimensionsAnswer", console: Console) -> None:
    for line in value.dimensions:
        _show_one(line, console)
    console.print("[dim]A level or a hierarchy: trivet show MEASURE --by NAME; a place: --where level=member[/]")


def _show_one(line: "DimensionLine", console: Console) -> None:
    own = f", with the company's own {', '.join(line.own)}" if line.own else ""
    console.print(f"[bold]{line.name}[/], {line.members:,} members{own}", highlight=False)
    for way in line.hierarchies:
        console.print(f"  hierarchy {way.name}: {' / '.join(way.levels)}", highlight=False)
    for level in line.levels:
        more = ", ..." if level.members > len(level.some) else ""
        console.print(f"  {level.name} ({level.members:,}): {', '.join(level.some)}{more}", highlight=False)
    if line.moves:
        console.print(f"  members lie elsewhere from {', '.join(line.moves)} on (--as-was)", highlight=False)
    if line.renamed:
        console.print(f"  {line.renamed:,} codes were renamed or merged", highlight=False)
