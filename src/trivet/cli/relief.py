"""What relief is worth: `relief`."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from trivet.cli.answers import Json, answer
from trivet.cli.main import app, opened
from trivet.cli.planning import First, Last, Plan

if TYPE_CHECKING:
    from trivet.usecases.price_relief import ReliefAnswer


@app.command()
def relief(
    context: typer.Context,
    where: Annotated[
        list[str] | None, typer.Option("--where", help="resource=, item= or supplier=, e.g. resource=N-A1; repeat.")
    ] = None,
    first: First = None,
    last: Last = None,
    top: Annotated[int, typer.Option(help="Most blocks to price; each is up to three solves.")] = 6,
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Price relief: what a Saturday on a full line or 100 packs of a capped material would earn."""
    from trivet.usecases.price_relief import price_relief  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    value = price_relief(workspace, where=tuple(where or ()), first=first, last=last, top=top, plan=plan)
    answer(value, as_json=as_json, show=_show_relief)


def _show_relief(value: "ReliefAnswer", console: Console) -> None:
    prices = value.prices
    lines = [(line.value, line.said) for line in prices.reliefs] + [(line.value, line.said) for line in prices.firm]
    for worth, said in lines:
        amount = "-" if worth.nothing else f"{worth.worth:,.0f}"
        console.print(f"{amount:>12} {prices.currency}  ", end="")
        console.print(said, markup=False, soft_wrap=True)
    if not lines:
        console.print("Nothing binds: no line is full and no supplier gives all it can.")
    console.print(
        f"Version {value.version}. Worth = margin less supply costs and freight, from a plan solved again with it."
    )
