"""Where plans differ that should be one, with cause, tolerance and who answers: `gaps`."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer, print_issues
from trivet.cli.main import app, opened
from trivet.cli.planning import NUMBERS, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trivet.core.pairs import GapCell, GapMatrix, Pair
    from trivet.usecases.show_gaps import GapsAnswer

MOST = 20
"""Gaps outside their tolerance that are printed; --json has all of them."""
ROWS = 40
"""Members of the matrix that are printed."""


@app.command()
def gaps(
    context: typer.Context,
    by: Annotated[str, typer.Option("--by", "--level", help="Level of the rows: family, item, region, ...")] = "family",
    period: Annotated[str, typer.Option(help="year (this fiscal year and the next) or quarter.")] = "year",
    proof: Annotated[bool, typer.Option("--proof", help="Run the tie-out certificate for detail = family.")] = False,
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Show the reconciliation matrix: every pair of plans that should be one, its gap, tolerance, cause and owner."""
    from trivet.usecases.show_gaps import show_gaps  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    value = show_gaps(workspace, by=by, period=period, plan=plan, proof=proof)
    answer(value, as_json=as_json, show=_show)


def _show(value: "GapsAnswer", console: Console) -> None:
    part = f"; {value.part}" if value.part else ""
    beyond, number = len(value.beyond), len(value.matrix.ranked)
    console.print(
        f"[bold]{beyond} of {number} gaps are outside their tolerance[/], {value.matrix.currency}, "
        f"by {value.matrix.by}{part}",
        soft_wrap=True,
    )
    if value.beyond:
        _print_beyond(value.beyond, value.matrix, console)
    _print_matrix(value.matrix, console)
    if value.unsigned:
        console.print(f"Not signed: {', '.join(value.unsigned)}. trivet consensus", markup=False, soft_wrap=True)
    print_issues(value.issues, console, notes=True)


def _print_beyond(beyond: "Sequence[GapCell]", matrix: "GapMatrix", console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in (matrix.by, "gap", "when"):
        table.add_column(name, no_wrap=True)
    for name in ("units", matrix.currency, "%", "tolerance"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("who answers")
    table.add_column("what the numbers say")
    for cell in beyond[:MOST]:
        who = f"{cell.owner}: {cell.person}" if cell.person else cell.owner
        numbers = (_signed(cell.units), _signed(cell.amount), _signed(cell.share, 1), f"{cell.tolerance:,.1f}")
        table.add_row(cell.member or "all", cell.pair, cell.period, *numbers, who, cell.cause)
    console.print(table)
    if len(beyond) > MOST:
        console.print(f"[dim]{len(beyond) - MOST} more: trivet gaps --json[/]")
    console.print("[bold]What to do[/]")
    for pair in dict.fromkeys(cell.pair for cell in beyond):
        own = next(cell for cell in beyond if cell.pair == pair)
        console.print(f"  {pair} ({own.owner}): {own.advice}", markup=False, soft_wrap=True)


def _print_matrix(matrix: "GapMatrix", console: Console) -> None:
    """Print a table a period: money where it is known, else units; ! = outside its tolerance."""
    from trivet.core.pairs import RULES  # noqa: PLC0415 - after the import of the use-case it costs nothing

    worth, scale = _scale(matrix)
    shown = f"{scale}{matrix.currency}; u = units; ! = outside the tolerance"
    console.print(f"[bold]Matrix[/], {shown}", soft_wrap=True)
    for period in dict.fromkeys(cell.period for cell in matrix.cells):
        cells = {(cell.member, cell.pair): cell for cell in matrix.cells if cell.period == period}
        pairs = list(dict.fromkeys(pair for _, pair in cells))
        members = sorted({member for member, _ in cells})
        for some in _blocks(pairs, min(console.width, NUMBERS)):
            table = Table(box=None, pad_edge=False, header_style="dim")
            table.add_column(period, no_wrap=True)
            for pair in some:
                table.add_column(RULES[pair].heading, justify="right", no_wrap=True)
            for member in members[: ROWS + 1]:
                table.add_row(member or "all", *(_cell(cells.get((member, pair)), worth) for pair in some))
            console.print(table)
        if len(members) > ROWS + 1:
            console.print(f"[dim]{len(members) - ROWS - 1} more: trivet gaps --json[/]")


def _blocks(pairs: "list[Pair]", width: int) -> "list[list[Pair]]":
    """Cut the columns into blocks that fit beside the members."""
    step = max((width - 20) // 16, 1)
    return [pairs[first : first + step] for first in range(0, len(pairs), step)]


def _scale(matrix: "GapMatrix") -> tuple[int, str]:
    largest = max((abs(cell.amount) for cell in matrix.cells if cell.amount is not None), default=Decimal(0))
    return (1_000, "thousand ") if largest >= 1_000_000 else (1, "")


def _cell(cell: "GapCell | None", worth: int) -> str:
    if cell is None:
        return "-"
    said = f"{_signed(cell.units)} u" if cell.amount is None else _signed(cell.amount / worth)
    return f"[yellow]{said}![/]" if cell.beyond else said


def _signed(amount: Decimal | None, places: int = 0) -> str:
    """Write a number with its sign; a dash where there is none."""
    if amount is None:
        return "-"
    text = f"{amount:+,.{places}f}"
    return text[1:] if not any(digit in "123456789" for digit in text) else text
