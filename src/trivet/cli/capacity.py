"""Load against capacity: `capacity`."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer, print_issues
from trivet.cli.main import app, opened
from trivet.cli.planning import NUMBERS, First, Last, Plan, number

if TYPE_CHECKING:
    from trivet.usecases.show_capacity import CapacityAnswer, Demonstrated, HoursOfPeriod, ResourceLoad

Cell = tuple[str, list[str]]
MOST_FAMILIES = 4
"""Families named on the line of a resource; asked for alone it names all."""


@app.command()
def capacity(  # noqa: PLR0913 - one option a choice of the view
    context: typer.Context,
    by: Annotated[str, typer.Option(help="resource, or what they are put together by, e.g. location.")] = "resource",
    where: Annotated[list[str] | None, typer.Option("--where", help="resource=N-A1 or location=N; repeat.")] = None,
    first: First = None,
    last: Last = None,
    period: Annotated[str, typer.Option(help="bucket, quarter, year, or telescope.")] = "bucket",
    method: Annotated[str | None, typer.Option(help="One rough cut: overall, bill or profile; else all.")] = None,
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Hold load against capacity: hours, lines needed, who causes them, three rough cuts, capacity demonstrated."""
    from trivet.usecases.show_capacity import show_capacity  # noqa: PLC0415

    value = show_capacity(
        opened(context, quiet=as_json),
        by=by,
        where=tuple(where or ()),
        span=(first, last),
        period=period,
        method=method,
        plan=plan,
    )
    answer(value, as_json=as_json, show=_show_capacity)


def _show_capacity(value: "CapacityAnswer", console: Console) -> None:
    console.print(
        f"[bold]Load against capacity[/], {value.where}, version {value.version}: need = hours without limits, "
        "plan = hours of the plan, both as part of capacity without overtime",
        soft_wrap=True,
    )
    if not value.resources:
        console.print("No resources: what is made is not limited. Add resources.csv and routings.csv.")
    if len(value.resources) == 1:
        _show_alone(value.resources[0], value, console)
    else:
        _show_all(value, console)
    if value.resources:
        for _, assumes in value.methods:
            console.print(f"[dim]{assumes}[/]", soft_wrap=True)
    print_issues(value.issues, console, notes=True)


def _show_alone(one: "ResourceLoad", value: "CapacityAnswer", console: Console) -> None:
    names = {"overall": "overall factors", "bill": "bill of resources", "profile": "resource profile"}
    rows = [
        *_lines(one.periods, (("need, hours", "required"), ("plan, hours", "load"), ("capacity, hours", "capacity"))),
        *_lines(one.periods, (("overtime, hours", "overtime"), ("overtime allowed", "overtime_allowed"))),
        ("need", [_percent(at.need) for at in one.periods]),
        ("plan", [_percent(at.use) for at in one.periods]),
        *([("planning limit", [_percent(one.limit)] * len(one.periods))] if one.limit is not None else []),
        ("lines", [_plain(at.lines) for at in one.periods]),
        ("lines needed", [_plain(at.lines_needed) for at in one.periods]),
        *_lines(one.periods, tuple((names[method], str(method)) for method, _ in value.methods)),
    ]
    _print(rows, value.periods, f"{one.resource} {one.name}".strip(), console)
    _tell(one, console, most=len(one.families))


def _show_all(value: "CapacityAnswer", console: Console) -> None:
    part: tuple[tuple[str, Callable[[HoursOfPeriod], Decimal | None]], ...] = (
        ("need", lambda at: at.need),
        ("plan", lambda at: at.use),
        ("lines needed", lambda at: at.lines_needed),
    )
    for title, of in part:
        write = _plain if title == "lines needed" else _percent
        _print([(one.resource, [write(of(at)) for at in one.periods]) for one in value.resources], value.periods,
               title, console)  # fmt: skip
    groups = [
        (group.member, [f"{_percent(at.use)} {at.use_of}".strip() for at in group.periods]) for group in value.groups
    ]
    _print(groups, value.periods, "fullest in plan", console)
    for one in value.resources:
        totals = ", ".join(f"{method} {_total(one, method)}" for method, _ in value.methods)
        name = f" {one.name}" if one.name else ""
        console.print(f"[bold]{one.resource}[/]{name}: rough cut in hours: {totals}", soft_wrap=True)
        _tell(one, console, most=MOST_FAMILIES)


def _total(one: "ResourceLoad", method: str) -> str:
    hours = [getattr(at, method) for at in one.periods]
    return "not known" if any(amount is None for amount in hours) else number(sum(hours, Decimal(0)), "hours")


def _tell(one: "ResourceLoad", console: Console, *, most: int) -> None:
    named = [f"{peg.family or 'no family'} {peg.share:.0%} ({number(peg.hours, 'hours')} h)" for peg in one.families]
    rest = f" and {len(named) - most} more" if len(named) > most else ""
    console.print(f"  caused by {', '.join(named[:most]) or 'nobody'}{rest}", soft_wrap=True, highlight=False)
    console.print(f"  {_demonstrated(one.demonstrated)}", soft_wrap=True, highlight=False)
    for why in one.why:
        console.print(f"  {why}", soft_wrap=True, highlight=False)


def _demonstrated(shown: "Demonstrated | None") -> str:
    if shown is None:
        return "demonstrated capacity: not known, nothing says what it made (production.csv)"
    if shown.hours is None or shown.share is None:
        few = {0: "no closed bucket was", 1: "1 closed bucket was"}.get(
            shown.buckets, f"{shown.buckets} closed buckets were"
        )
        return f"demonstrated capacity: not shown, {few} 90 % full and 3 are needed"
    return (
        f"demonstrated capacity: {number(shown.hours, 'hours')} h a bucket, {shown.share:.0%} of the "
        f"{number(shown.rated, 'hours')} h it was rated at, in {shown.buckets} closed buckets that were 90 % full"
    )


def _lines(periods: "Sequence[HoursOfPeriod]", wanted: tuple[tuple[str, str], ...]) -> list[Cell]:
    return [(title, [number(getattr(at, name), "hours") for at in periods]) for title, name in wanted]


def _percent(part: Decimal | None) -> str:
    return "-" if part is None else f"{part * 100:.0f} %"


def _plain(amount: Decimal | None) -> str:
    return "-" if amount is None else f"{amount:.2f}"


def _print(rows: Sequence[Cell], periods: Sequence[str], title: str, console: Console) -> None:
    for part in _blocks(rows, periods, title, min(console.width, NUMBERS)):
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column(title, no_wrap=True)
        for name in periods[part]:
            table.add_column(name, justify="right", no_wrap=True)
        for name, cells in rows:
            table.add_row(name, *cells[part])
        console.print(table)


def _blocks(rows: Sequence[Cell], periods: Sequence[str], title: str, width: int) -> Iterator[slice]:
    """Cut the periods into blocks that fit beside the names of the rows."""
    names = max(len(title), *(len(name) for name, _ in rows)) if rows else len(title)
    widest = 2 + max((*map(len, periods), *(len(cell) for _, cells in rows for cell in cells)), default=0)
    step = max((width - names) // widest, 1)
    for at in range(0, len(periods), step):
        yield slice(at, min(at + step, len(periods)))
