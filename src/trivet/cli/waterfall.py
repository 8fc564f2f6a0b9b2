"""What plans said cycle by cycle, what came, and what changed since the last one: `waterfall`."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer, print_issues
from trivet.cli.main import app, opened
from trivet.cli.planning import NUMBERS, First, Last, Plan, number

if TYPE_CHECKING:
    from trivet.usecases.show_waterfall import NetChange, WaterfallAnswer, WaterfallLine

MOST = 40
"""Members printed of a long list of changes; --json has all of them."""


@app.command()
def waterfall(  # noqa: PLR0913 - one option a choice of the view
    context: typer.Context,
    measure: Annotated[str, typer.Argument(help="Any measure that adds up.")] = "consensus_demand",
    by: Annotated[str | None, typer.Option(help="Level, or hierarchy, whose members are told one by one.")] = None,
    at: Annotated[
        list[str] | None, typer.Option("--at", "--where", help="level=member, e.g. family=Trekking; repeat.")
    ] = None,
    first: First = None,
    last: Last = None,
    since: Annotated[
        str | None, typer.Option(help="Version changes are told from; else the last one published.")
    ] = None,
    as_was: Annotated[bool, typer.Option("--as-was", help="Each version by the structure it was made with.")] = False,
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Show what published plans said of each bucket, cycle by cycle, and what changed since the last one, by cause."""
    from trivet.usecases.show_waterfall import show_waterfall  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    value = show_waterfall(
        workspace,
        measure,
        by=by,
        where=tuple(at or ()),
        span=(first, last),
        since=since,
        as_was=as_was,
        plan=plan,
    )
    answer(value, as_json=as_json, show=_show_waterfall)


def _show_waterfall(value: "WaterfallAnswer", console: Console) -> None:
    then = ", each by the structure of then" if value.structure == "then" else ""
    console.print(
        f"[bold]{value.measure}[/], {value.unit}, {value.where}{then}: what each cycle's plan said of each bucket",
        soft_wrap=True,
    )
    _print_lines(value, console)
    if value.before:
        _print_changes(value, console)
    if value.missing:
        console.print(f"Note: {value.missing}", soft_wrap=True)
    print_issues(value.issues, console, notes=True)


def _print_lines(value: "WaterfallAnswer", console: Console) -> None:
    alone = {line.member for line in value.lines} == {"all"}
    for part in _blocks(value.lines, value, min(console.width, NUMBERS)):
        table = Table(box=None, pad_edge=False, header_style="dim")
        for name in (*(() if alone else (value.by,)), "cycle", "plan"):
            table.add_column(name, no_wrap=True)
        for name in value.buckets[part]:
            table.add_column(name, justify="right", no_wrap=True)
        for line in value.lines:
            cells = [number(cell, value.unit) for cell in line.values[part]]
            table.add_row(*(() if alone else (line.member,)), line.cycle, line.plan, *cells)
        console.print(table)


def _blocks(lines: "Sequence[WaterfallLine]", value: "WaterfallAnswer", width: int) -> Iterator[slice]:
    """Cut the buckets into blocks that fit beside the names of the lines."""
    if not lines:
        return
    names = max(len(line.member) + len(line.plan) + len(line.cycle) for line in lines) + 6
    numbers = (len(number(cell, value.unit)) for line in lines for cell in line.values)
    widest = 2 + max((*map(len, value.buckets), *numbers), default=0)
    step = max((width - names) // widest, 1)
    for first in range(0, len(value.buckets), step):
        yield slice(first, min(first + step, len(value.buckets)))


def _print_changes(value: "WaterfallAnswer", console: Console) -> None:
    valued = any(row.value is not None for row in value.changes)
    console.print(
        f"[bold]What changed since {value.before}[/], buckets {value.first} to {value.last}, {value.unit}"
        + (f"; value in {value.currency}, largest first" if valued else ""),
        soft_wrap=True,
    )
    if not any(row.change or any(part.moved for part in row.causes) for row in value.changes):
        console.print("Nothing.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(value.by, no_wrap=True)
    for name in ("before", *value.causes, "after", "change", *(("value",) if valued else ())):
        table.add_column(name, justify="right")
    for row in value.changes[:MOST]:
        table.add_row(*_cells(row, value, valued=valued))
    console.print(table)
    if len(value.changes) > MOST:
        console.print(f"[dim]{len(value.changes) - MOST} more: trivet waterfall --json[/]")


def _cells(row: "NetChange", value: "WaterfallAnswer", *, valued: bool) -> list[str]:
    def signed(amount: object, unit: str = value.unit) -> str:
        text = number(amount, unit)  # type: ignore[arg-type]
        return text if text.startswith("-") or not amount else f"+{text}"

    parts = [signed(part.moved) for part in row.causes]
    cells = [row.member, number(row.before, value.unit), *parts, number(row.after, value.unit), signed(row.change)]
    return [*cells, signed(row.value, value.currency)] if valued else cells
