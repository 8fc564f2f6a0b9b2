"""Branches on another base: `rebase`."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer, print_issues
from trivet.cli.changes import exact
from trivet.cli.main import app, opened

if TYPE_CHECKING:
    from trivet.usecases.rebase_scenario import RebaseAnswer, Stand

MOST = 40
"""Lines printed of each list; --json has all."""


@app.command()
def rebase(
    context: typer.Context,
    name: str,
    onto: Annotated[
        str | None, typer.Option(help="Scenario (its head and latest plan) or version; else the branch's parent.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only say what would move.")] = False,
    as_json: Json = False,
) -> None:
    """Put a branch on its parent's newer plan, or another: its changes keep their totals, amounts and factors."""
    from trivet.usecases.rebase_scenario import rebase_scenario  # noqa: PLC0415

    value = rebase_scenario(opened(context, quiet=as_json), name, onto=onto, preview=preview)
    answer(value, as_json=as_json, show=_show_rebase)


def _show_rebase(value: "RebaseAnswer", console: Console) -> None:
    if value.same:
        console.print(f"{value.scenario} stands on {_stand(value.after)} already: nothing moved.")
        return
    moves = "stands now" if value.done else "would stand"
    console.print(f"[bold]{value.scenario}[/] {moves} on {_stand(value.after)}; it stood on {_stand(value.before)}.")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("was", "now", "who", "change"):
        table.add_column(column, no_wrap=column != "change")
    for column in ("before", "after"):
        table.add_column(column, justify="right", no_wrap=True)
    for line in value.carried[:MOST]:
        what = line.what if line.fits else f"{line.what} [red]does not fit[/]"
        table.add_row(str(line.was), str(line.seq), line.actor, what, _told(line.before), _told(line.after))
    if value.carried:
        console.print(table)
    for row in value.differences[:MOST]:
        told = f"{exact(row.before)} -> {exact(row.after)} {row.unit} ({exact(row.change, '+')})"
        console.print(f"  {row.measure} {row.member} {row.period}: {told}", markup=False)
    hidden = max(len(value.carried) - MOST, 0) + max(len(value.differences) - MOST, 0)
    if hidden:
        console.print(f"[dim]{hidden} more lines: --json[/]")
    print_issues(value.issues, console, most=MOST, notes=True, rest="--json")
    if value.done:
        console.print(
            f"As it was: trivet log --scenario {value.scenario} --as-of {value.head}. "
            f"Next: trivet plan --scenario {value.scenario}"
        )
    else:
        console.print(f"Nothing was changed. Do it: trivet rebase {value.scenario} --onto {value.after.scenario}")


def _stand(stand: "Stand") -> str:
    plan = f", plan {stand.version}" if stand.version else ""
    return f"{stand.scenario} at change {stand.seq}{plan}"


def _told(value: Decimal | None) -> str:
    return "" if value is None else exact(value)
