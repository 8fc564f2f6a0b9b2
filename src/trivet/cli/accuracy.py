"""How good earlier plans were: `accuracy`, `value-added`."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer
from trivet.cli.main import app, opened
from trivet.cli.planning import First, Last, Plan

if TYPE_CHECKING:
    from trivet.usecases.show_accuracy import AccuracyAnswer
    from trivet.usecases.show_value_added import ValueAddedAnswer, ValueAddedRow

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
    """Show how far earlier published plans were off what was asked for: error, bias, alarm and targets, by lag."""
    from trivet.usecases.show_accuracy import show_accuracy  # noqa: PLC0415

    lags = _lags(lag)
    workspace = opened(context, quiet=as_json)
    value = show_accuracy(workspace, measure=measure, lags=lags, by=tuple(by or ()), first=first, last=last, plan=plan)
    answer(value, as_json=as_json, show=_show_accuracy)


@app.command("value-added")
def value_added(
    context: typer.Context,
    lag: Annotated[str, typer.Option(help="Buckets ahead, e.g. 1,2,3.")] = "1,2,3",
    level: Annotated[
        str, typer.Option(help="Level errors are taken at: item, family, total, or several: item,market.")
    ] = "item",
    by: Annotated[
        list[str] | None, typer.Option("--by", help="Level whose members are told too: family, market, abc; repeat.")
    ] = None,
    first: First = None,
    last: Last = None,
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Show what each step added to the forecast: statistical on naive, streams, consensus and what people changed."""
    from trivet.usecases.show_value_added import show_value_added  # noqa: PLC0415

    lags, levels = _lags(lag), tuple(name for name in level.split(",") if name != "total")
    workspace = opened(context, quiet=as_json)
    value = show_value_added(workspace, lags=lags, level=levels, by=tuple(by or ()), first=first, last=last, plan=plan)
    answer(value, as_json=as_json, show=_show_value_added)


def _lags(text: str) -> tuple[int, ...]:
    from trivet.core.errors import InvalidInput  # noqa: PLC0415

    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidInput(f"lag '{text}' can't be read; write whole numbers, e.g. --lag 1,2,3.") from error


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
    _show_targets(value, console)
    if value.missing:
        console.print(f"Not known: {value.missing}", soft_wrap=True)


def _show_targets(value: "AccuracyAnswer", console: Console) -> None:
    for target in value.targets:
        whose = f"{target.family}: " if target.family else ""
        console.print(f"Target  {whose}{target.said}", soft_wrap=True, highlight=False)
    for name in value.odd_targets:
        console.print(f"Target  '{name}' names no figure, level and lag, e.g. wmape_item_lag_1.", soft_wrap=True)


def _show_value_added(value: "ValueAddedAnswer", console: Console) -> None:
    part = f", {value.part}" if value.part else ""
    console.print(
        f"[bold]What each step added[/], {value.level} WMAPE of {len(value.cycles)} earlier plans against what was "
        f"asked for, {value.first} to {value.last}{part}; plus = it made the forecast better",
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("of", "lag", "step", "against"):
        table.add_column(name, no_wrap=True)
    for name in ("WMAPE", "before", "added", "cells touched", "added there", "beat naive", "buckets", "of demand"):
        table.add_column(name, justify="right", no_wrap=True)
    seen: tuple[str, int] | None = None
    for row in value.rows[:MOST]:
        again = seen == (row.member, row.lag)
        seen = (row.member, row.lag)
        table.add_row(*(("", "") if again else (row.member or "all", str(row.lag))), *_step(row))
    if value.rows:
        console.print(table)
    if len(value.rows) > MOST:
        console.print(f"[dim]{len(value.rows) - MOST} more: trivet value-added --json[/]")
    for text in value.missing:
        console.print(f"Not known: {text}", soft_wrap=True)


def _step(row: "ValueAddedRow") -> tuple[str, ...]:
    return (
        row.step,
        row.against,
        _percent(row.wmape),
        _percent(row.before),
        _points(row.added),
        _percent(row.touched, digits=0),
        _points(row.touched_added),
        _percent(row.beating_naive, digits=0),
        str(len(row.buckets)),
        _percent(row.spoken, digits=0),
    )


def _points(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:+.1f}"


def _percent(value: float | None, sign: str = "", digits: int = 1) -> str:
    return "-" if value is None else format(value, f"{sign}.{digits}%")
