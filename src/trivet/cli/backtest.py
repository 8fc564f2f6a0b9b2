"""How good the forecast is: `backtest`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer, print_issues
from trivet.cli.main import app

if TYPE_CHECKING:
    from trivet.usecases.backtest_series import BacktestAnswer


@app.command()
def backtest(
    file: Annotated[Path, typer.Argument(help="Long CSV file: columns series, bucket, quantity.")],
    season: Annotated[int, typer.Option(help="Buckets in a year: 12, 52, 4; 1 = no season.")] = 12,
    horizon: Annotated[int, typer.Option(help="Buckets at the end of each series that are forecast.")] = 18,
    origins: Annotated[int, typer.Option(help="Forecast from so many cycles, one bucket apart.")] = 1,
    mode: Annotated[str, typer.Option(help="fast or full.")] = "fast",
    method: Annotated[
        str, typer.Option(help="One method by its name (trivet methods), or best: the one best before, by series.")
    ] = "ensemble",
    as_json: Json = False,
) -> None:
    """Forecast what is already known and compare: how good is the forecast on your own history?"""
    from trivet.usecases.backtest_series import backtest_series  # noqa: PLC0415

    value = backtest_series(file, season=season, horizon=horizon, origins=origins, mode=mode, method=method)
    answer(value, as_json=as_json, show=_show)


def _show(value: "BacktestAnswer", console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(f"{value.n_series:,} series")
    for name in ("forecast", "seasonal naive", "naive"):
        table.add_column(name, justify="right")
    columns = (value, value.seasonal_naive, value.naive)
    for label, name, form in _LINES:
        numbers = [getattr(column, name) for column in columns]
        table.add_row(label, *("" if number is None else format(number, form) for number in numbers))
    console.print(table)
    print_issues(value.issues, console)


_LINES = (
    ("sMAPE", "smape", ".2f"),
    ("MASE", "mase", ".3f"),
    ("WAPE", "wape", ".1%"),
    ("bias", "bias", "+.1%"),
    ("inside 80 % bounds, %", "coverage_80", ".1f"),
    ("inside 95 % bounds, %", "coverage_95", ".1f"),
    ("series worse than seasonal naive, %", "worse_than_seasonal_naive", ".1f"),
    ("CPU seconds a series", "cpu_seconds_per_series", ".4f"),
)
