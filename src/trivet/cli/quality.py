"""What the items are like: `segments`."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer
from trivet.cli.main import app, opened
from trivet.cli.planning import Plan

if TYPE_CHECKING:
    from trivet.usecases.show_segments import SegmentsAnswer

MOST = 20
"""Rows printed of a long list; --json has all of them."""


@app.command()
def segments(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="item, or series: each item in each market.")] = "item",
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Show ABC (money), XYZ (steadiness) and life cycle of items or series."""
    from trivet.usecases.show_segments import show_segments  # noqa: PLC0415

    value = show_segments(opened(context, quiet=as_json), by=by, plan=plan)
    answer(value, as_json=as_json, show=_show_segments)


def _show_segments(value: "SegmentsAnswer", console: Console) -> None:
    rules = value.rules
    noun = "items" if value.by == "item" else "series"
    console.print(
        f"A up to {rules.a:.0%} of the last year's value, B up to {rules.b:.0%}; X up to a variation of {rules.x:.0%} "
        f"(season taken out), Y up to {rules.y:.0%}. Set them in company.toml [segments].",
        markup=False,
    )
    matrix = Table(box=None, pad_edge=False, header_style="dim")
    matrix.add_column("")
    for letter in "XYZ":
        matrix.add_column(f"{letter}: {noun}, {value.currency}", justify="right", no_wrap=True)
    cells = {(cell.abc, cell.xyz): cell for cell in value.matrix}
    for abc in "ABC":
        row = (cells[abc, xyz] for xyz in "XYZ")
        matrix.add_row(abc, *(f"{cell.count} {cell.value:>14,.0f}" for cell in row))
    console.print(matrix)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("item", "market") if value.by == "series" else ("item",):
        table.add_column(name, no_wrap=True)
    for name in ("class", "life cycle"):
        table.add_column(name)
    for name in (f"last year, {value.currency}", "variation"):
        table.add_column(name, justify="right")
    for line in value.rows[:MOST]:
        key = (line.item, line.market) if value.by == "series" else (line.item,)
        variation = "" if line.variation is None else f"{line.variation:.0%}"
        table.add_row(*key, line.abc + line.xyz, line.life_cycle, f"{line.value:,.0f}", variation)
    console.print(table)
    if len(value.rows) > MOST:
        console.print(f"[dim]{len(value.rows) - MOST} more: trivet segments --json[/]")
