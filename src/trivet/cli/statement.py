"""What the plan means in money, line by line: `statement`."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer
from trivet.cli.main import app, opened
from trivet.cli.planning import NUMBERS, First, Last, Plan, Where, number

if TYPE_CHECKING:
    from trivet.usecases.show_statement import LedgerTie, StatementAnswer, StatementRow

SHOWN = 6
"""Closed buckets of each line held against the ledger that are printed; --json has all of them."""
BESIDE = ("budget", "last_cycle", "last_year")
"""What a fiscal year stands beside."""


@app.command()
def statement(
    context: typer.Context,
    by: Annotated[
        str | None, typer.Option(help="Level of items or markets told one by one, e.g. family, region.")
    ] = None,
    period: Annotated[str, typer.Option(help="month (bucket), quarter or year.")] = "month",
    where: Where = None,
    first: First = None,
    last: Last = None,
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Show profit and loss, stock and cash beside budget, last cycle and last year, and the ledger's difference."""
    from trivet.usecases.show_statement import show_statement  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    value = show_statement(workspace, by=by, period=period, where=tuple(where or ()), span=(first, last), plan=plan)
    answer(value, as_json=as_json, show=_show_statement)


def _show_statement(value: "StatementAnswer", console: Console) -> None:
    console.print(
        f"[bold]Statement[/], {value.currency}, {value.where}, version {value.version}: closed buckets actual, "
        "open ones planned",
        soft_wrap=True,
    )
    for part in _blocks(value, min(console.width, NUMBERS)):
        console.print(_table(value, part))
    for at, year in enumerate(value.years):
        beside = f", last cycle {value.last_cycle}" if value.last_cycle else ""
        console.print(f"[bold]Outlook {year}[/], closed and open buckets together, beside what is known of it{beside}")
        console.print(_outlook(value, at))
    if value.ledger:
        _show_ledger(value.ledger, console)
    for note in value.notes:
        console.print(f"Note: {note}", soft_wrap=True)


def _table(value: "StatementAnswer", part: slice) -> Table:
    """Lay out lines by period; subtotals stand out, what is taken off is said so."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    names = (*((value.by,) if value.by else ()), "")
    for name in names:
        table.add_column(name, no_wrap=True)
    for name in value.periods[part]:
        table.add_column(name, justify="right", no_wrap=True)
    said = ""
    for row in value.rows:
        member = (row.member if row.member != said else "",) if value.by else ()
        said = row.member
        table.add_row(*member, _called(row), *(_whole(cell) for cell in row.values[part]))
    return table


def _called(row: "StatementRow") -> str:
    label = row.label
    return f"  less {label[0].lower()}{label[1:]}" if row.less else label


def _whole(value: Decimal | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _blocks(value: "StatementAnswer", width: int) -> Iterator[slice]:
    """Cut the periods into blocks that fit beside the names of the lines."""
    names = max((len(_called(row)) + (len(row.member) if value.by else 0) for row in value.rows), default=0) + 4
    cells = (len(_whole(cell)) for row in value.rows for cell in row.values)
    widest = 2 + max((*map(len, value.periods), *cells), default=0)
    step = max((width - names) // widest, 1)
    for first in range(0, len(value.periods), step):
        yield slice(first, min(first + step, len(value.periods)))


def _outlook(value: "StatementAnswer", at: int) -> Table:
    """Lay out one fiscal year beside budget, last cycle and last year, each with its difference."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    beside = [name for name in BESIDE if any(getattr(row, name)[at] is not None for row in value.outlook)]
    for name in (*((value.by,) if value.by else ()), ""):
        table.add_column(name, no_wrap=True)
    for head in ("outlook", *(part for name in beside for part in (name.replace("_", " "), "+/-"))):
        table.add_column(head, justify="right", no_wrap=True)
    said = ""
    for row in value.outlook:
        if row.values[at] is None:
            continue
        member = (row.member if row.member != said else "",) if value.by else ()
        said = row.member
        table.add_row(*member, _called(row), _whole(row.values[at]), *_beside(row, beside, at))
    return table


def _beside(row: "StatementRow", beside: Sequence[str], at: int) -> Iterator[str]:
    have = row.values[at]
    for name in beside:
        other = getattr(row, name)[at]
        yield _whole(other)
        yield "" if other is None or have is None else f"{have - other:+,.0f}"


def _show_ledger(ties: "Sequence[LedgerTie]", console: Console) -> None:
    """Print the last line of the statement: how far the books are from it, and why."""
    console.print("[bold]Difference to the ledger[/], ledger less plan: last closed buckets", soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("line", "bucket"):
        table.add_column(name, no_wrap=True)
    for name in ("ledger", "plan", "difference"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("explained by")
    for line in dict.fromkeys(tie.line for tie in ties):
        own = [tie for tie in ties if tie.line == line]
        for tie in own[-SHOWN:]:
            name = tie.line.value.replace("_", " ")
            table.add_row(name, tie.bucket, _whole(tie.ledger), _whole(tie.plan), number(tie.difference), tie.said)
    console.print(table)
    open_ = [tie for tie in ties if tie.unexplained and not tie.rounding]
    if open_:
        console.print(f"{len(open_)} of {len(ties)} differences are not explained: trivet statement --json lists them.")
