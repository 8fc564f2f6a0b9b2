"""How good earlier plans were: `accuracy`."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer
from trivet.cli.main import app, opened
from trivet.cli.planning import First, Last, Plan

if TYPE_CHECKING:
    from trivet.usecases.show_accuracy import AccuracyAnswer

MOST = 60
"""Rows printed of a long table; --json has all of them."""


@app.command()
def accuracy(
    context: typer.Context,
    measure: Annotated[
        str, typer.Option(help="consensus_demand, baseline_demand, seasonal_naive, or another published number.")
    ] = "consensus_demand",
    lag: Annotated[str, typer.Option(help="Buckets ahead, e.g. 1,2,3.")] = "1,2,3",
    by: Annotated[
        list[str] | None, typer.Option("--by", help="Level whose members are told too: family, market, abc; repeat.")
    ] = None,
    first: First = None,
    last: Last = None,
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Show how far earlier published plans were off what was asked for: error, bias and alarm by lag and level."""
    from trivet.core.errors import InvalidInput  # noqa: PLC0415
    from trivet.usecases.show_accuracy import show_accuracy  # noqa: PLC0415

    try:
        lags = tuple(int(part) for part in lag.split(","))
    except ValueError as error:
        raise InvalidInput(f"lag '{lag}' can't be read; write whole numbers, e.g. --lag 1,2,3.") from error
    workspace = opened(context, quiet=as_json)
    value = show_accuracy(workspace, measure=measure, lags=lags, by=tuple(by or ()), first=first, last=last, plan=plan)
    answer(value, as_json=as_json, show=_show_accuracy)


def _show_accuracy(value: "AccuracyAnswer", console: Console) -> None:
    part = f", {value.part}" if value.part else ""
    console.print(
        f"[bold]{value.measure} of {len(value.cycles)} earlier plans[/] against what was asked for, {value.first} to "
        f"{value.last}{part}; plus = planned too much",
        soft_wrap=True,
    )
    scored = [row for row in value.rows if not row.undefined]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("of", "level", "lag"):
        table.add_column(name, no_wrap=True)
    for name in ("WMAPE", "MAPE", "bias", "tracking signal", "MASE", "buckets", "of demand"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in scored[:MOST]:
        signal = "-" if row.tracking_signal is None else f"{row.tracking_signal:+.1f}{' ALARM' if row.alarm else ''}"
        amounts = (_percent(row.wmape), _percent(row.mape), _percent(row.bias, "+"), signal)
        more = ("-" if row.mase is None else f"{row.mase:.2f}", str(len(row.buckets)), _percent(row.spoken, digits=0))
        table.add_row(row.member or "all", row.level, str(row.lag), *amounts, *more)
    if scored:
        console.print(table)
    if len(scored) > MOST:
        console.print(f"[dim]{len(scored) - MOST} more: trivet accuracy --json[/]")
    told = dict.fromkeys((row.member or "all", row.lag, row.undefined) for row in value.rows if row.undefined)
    for member, lag, why in list(told)[:MOST]:
        console.print(f"{member}, lag {lag}: {why}.", soft_wrap=True)
    marked = sorted({bucket for row in value.rows for bucket in row.stock_outs})
    if marked:
        console.print(f"Shelves were empty somewhere in {', '.join(marked)}: what was due counts.", soft_wrap=True)
    if value.missing:
        console.print(f"Not known: {value.missing}", soft_wrap=True)


def _percent(value: float | None, sign: str = "", digits: int = 1) -> str:
    return "-" if value is None else format(value, f"{sign}.{digits}%")
