"""What was agreed on: `consensus` of each family, its approval, and taking that back."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer, print_issues
from trivet.cli.main import app, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trivet.usecases.approve_consensus import SignedAnswer
    from trivet.usecases.show_consensus import ConsensusAnswer, FamilyConsensus


class Action(StrEnum):
    """What is to be done with the consensus."""

    SHOW = "show"
    APPROVE = "approve"
    WITHDRAW = "withdraw"


@app.command()
def consensus(
    context: typer.Context,
    action: Annotated[Action, typer.Argument(help="show, approve FAMILY ... or withdraw FAMILY ...")] = Action.SHOW,
    families: Annotated[list[str] | None, typer.Argument(help="Families, e.g. Trekking City.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Approve every family you see.")] = False,
    note: Annotated[str | None, typer.Option(help="What is to be remembered.")] = None,
    scenario: Annotated[str, typer.Option(help="Scenario whose consensus it is.")] = "main",
    as_json: Json = False,
) -> None:
    """Show the consensus of each family: rule, forecast, changes, last published, approval; approve or withdraw it."""
    from trivet.usecases.approve_consensus import approve_consensus  # noqa: PLC0415
    from trivet.usecases.show_consensus import show_consensus  # noqa: PLC0415
    from trivet.usecases.withdraw_consensus import withdraw_consensus  # noqa: PLC0415

    chosen = tuple(families or ())
    if action is not Action.SHOW and not chosen and not (every and action is Action.APPROVE):
        said = "trivet consensus approve Trekking City, or approve --all"
        raise typer.BadParameter(f"which families? Name them: {said}", param_hint="FAMILIES")
    workspace = opened(context, quiet=as_json)
    if action is Action.SHOW:
        shown = show_consensus(workspace, scenario=scenario)
        answer(shown, as_json=as_json, show=_show)
        return
    do = approve_consensus if action is Action.APPROVE else withdraw_consensus
    value = do(workspace, chosen, note=note, scenario=scenario)
    answer(value, as_json=as_json, show=_show_signed, refused=not value.recorded)


def _show(value: "ConsensusAnswer", console: Console) -> None:
    _table(value.families, console, currency=value.currency)
    part = f"; {value.part}" if value.part else ""
    number = len(value.families)
    stand = sum(line.approval is not None and line.approval.stands for line in value.families)
    approved = f"{stand} of {number} families approved."
    told = approved if value.approvals_told else "Approvals are of whole families: ask the demand planner."
    console.print(f"Units over the horizon from {value.cycle:%Y-%m-%d}{part}. {told}", markup=False)


def _table(families: "Sequence[FamilyConsensus]", console: Console, *, currency: str) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("family", no_wrap=True)
    for name in ("statistical", "by rule", "consensus", f"revenue, {currency}", "published", "change"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("approval")
    table.add_column("rule")
    for line in families:
        amounts = (line.statistical, line.agreed, line.consensus, line.revenue)
        published = "" if line.published is None else f"{line.published:,.0f}"
        change = "" if line.change is None else f"{line.change:+,.0f}"
        cells = (*(f"{amount:,.0f}" for amount in amounts), published, change)
        table.add_row(line.family, *cells, _standing(line, currency), line.rule)
    console.print(table)


def _standing(line: "FamilyConsensus", currency: str) -> str:
    one = line.approval
    if one is None:
        return "-"
    who = f"{one.by} {one.at:%Y-%m-%d %H:%M}"
    note = f" ({one.note})" if one.note else ""
    if one.stands:
        return f"[green]{who}[/]{note}"
    moved = f"{one.units:+,.0f} units, {one.revenue:+,.0f} {currency}"
    return f"[yellow]changed since approved: {moved}[/] [dim]{who}{note}[/]"


def _show_signed(value: "SignedAnswer", console: Console) -> None:
    for line in value.families if value.recorded else ():
        one = line.approval
        said = f"approved by {one.by}" if one is not None else "open again"
        console.print(f"{line.family}: {line.consensus:,.0f} units, {said}.", markup=False)
    print_issues(value.issues, console, notes=True)
    if not value.recorded:
        console.print("[red]Nothing was signed.[/]")
