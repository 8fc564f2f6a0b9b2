"""What locks cost: `locks`."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from trivet.cli.answers import Json, answer
from trivet.cli.main import app, opened
from trivet.cli.planning import Plan

if TYPE_CHECKING:
    from trivet.usecases.price_locks import LocksAnswer


@app.command()
def locks(
    context: typer.Context,
    top: Annotated[int, typer.Option(help="Most entries to price, the latest; a solve each. 0 = list only.")] = 10,
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """List what is fixed by hand (production, purchases, transfers), by whom and why, and what each entry costs."""
    from trivet.usecases.price_locks import price_locks  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    answer(price_locks(workspace, top=top, plan=plan), as_json=as_json, show=_show_locks)


def _show_locks(value: "LocksAnswer", console: Console) -> None:
    found = value.locks
    for lock in found.locks:
        worth = "?" if lock.cost is None else "-" if lock.cost.nothing else f"{lock.cost.worth:,.0f}"
        console.print(f"{worth:>12} {found.currency}  ", end="")
        console.print(lock.said, markup=False, soft_wrap=True)
        if not lock.cells:
            console.print(f"{'':18}Later entries hold all its cells.")
        elif lock.planned != lock.held:
            console.print(
                f"{'':18}It holds {lock.held.normalize():,f} units; the plan has {lock.planned.normalize():,f}."
            )
    if not found.locks:
        console.print("Nothing is fixed by hand.")
    rest = len(found.locks) - value.priced
    if rest:
        console.print(f"{rest} not priced: trivet locks --top {len(found.locks)}")
    console.print(
        f"Version {value.version}. Cost = margin less supply costs and freight that the plan would earn without the "
        "entry, solved again."
    )
