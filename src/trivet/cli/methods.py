"""Which forecasting method fits: `methods`."""

from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer
from trivet.cli.main import app, opened
from trivet.cli.planning import Plan, Where

if TYPE_CHECKING:
    from trivet.usecases.show_methods import MethodsAnswer, MethodScore, MethodsRow

MOST: Final = 20
"""Members printed; --json has all of them."""
_SAME: Final = 0.002
"""Difference of two WMAPE below which nobody should choose by it."""
_ENSEMBLE, _NAIVE = "ensemble", "seasonal-naive"


@app.command()
def methods(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="family, item, market, region, channel or series.")] = "family",
    where: Where = None,
    origins: Annotated[int, typer.Option(help="Points in time the methods are tried from, half a year apart.")] = 3,
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Try every forecasting method on your own history: which would have been best, where, and which is used."""
    from trivet.usecases.show_methods import show_methods  # noqa: PLC0415

    value = show_methods(opened(context, quiet=as_json), by=by, where=tuple(where or ()), origins=origins, plan=plan)
    answer(value, as_json=as_json, show=_show)


def _show(value: "MethodsAnswer", console: Console) -> None:
    whole, members = value.rows[0], value.rows[1:]
    place = f" at {', '.join(value.where)}" if value.where else ""
    console.print(
        f"{whole.series} series{place}, forecast {value.steps} buckets ahead from {', '.join(value.origins)}; errors "
        f"of item x market, and of their sum over all shown.{f' {value.part}' if value.part else ''}",
        markup=False,
    )
    console.print(_methods(whole))
    console.print(_members(value.by, members))
    if len(members) > MOST:
        console.print(f"[dim]{len(members) - MOST} more: trivet methods --by {value.by} --json[/]")
    console.print(_verdict(value), markup=False, soft_wrap=True)


def _methods(whole: "MethodsRow") -> Table:
    """List every method on all series together, the least error first."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("method", no_wrap=True)
    for name in ("WMAPE", "WMAPE of sum", "bias", "MASE"):
        table.add_column(name, justify="right")
    table.add_column("")
    for score in sorted(whole.scores, key=lambda one: (one.wmape is None, one.wmape or 0.0)):
        marks = ["best"] * (score.method == whole.best) + ["used"] * (score.method in whole.used)
        mase = "" if score.mase is None else f"{score.mase:.3f}"
        bias = "" if score.bias is None else f"{score.bias:+.1%}"
        table.add_row(score.method, _share(score.wmape), _share(score.group_wmape), bias, mase, ", ".join(marks))
    return table


def _members(by: str, members: "tuple[MethodsRow, ...]") -> Table:
    """List the members: their best method beside what is used and the two lines that always stand."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(by, no_wrap=True)
    table.add_column("series", justify="right")
    table.add_column("best", no_wrap=True)
    for name in ("WMAPE", "ensemble", "seasonal naive"):
        table.add_column(name, justify="right")
    table.add_column("used")
    for row in members[:MOST]:
        scores: dict[str, MethodScore] = {str(score.method): score for score in row.scores}
        errors = [scores[name].wmape if name else None for name in (row.best, _ENSEMBLE, _NAIVE)]
        used = ", ".join(row.used)
        table.add_row(row.member, str(row.series), row.best or "", *(_share(error) for error in errors), used)
    return table


def _verdict(value: "MethodsAnswer") -> str:
    """Say whether choosing would have paid, honestly: with choices made before what they are judged by."""
    if value.chosen_before is None or value.ensemble_then is None:
        return "One point in time only: whether choosing by it pays can't be said. More history tells."
    gain = value.ensemble_then - value.chosen_before
    told = "made no difference" if abs(gain) < _SAME else "paid" if gain > 0 else "did not pay"
    return (
        f"Best is known afterwards ({_share(value.chosen_after)} with each {value.by}'s own). Chosen by the earlier "
        f"forecasts, it would have missed {_share(value.chosen_before)} in the last one, the ensemble "
        f"{_share(value.ensemble_then)}: choosing {told} here. Set a method in "
        "forecast_methods.csv."
    )


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
