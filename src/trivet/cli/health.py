"""What is wrong with the data: `health`, who mends it, and what somebody answers for instead."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer, print_issues
from trivet.cli.main import app, opened

if TYPE_CHECKING:
    from trivet.core.health import Finding
    from trivet.usecases.accept_finding import FindingAnswer
    from trivet.usecases.show_health import HealthAnswer
    from trivet.workspace.workspace import Workspace

MOST = 20
"""Findings printed of a long list; --json has all of them."""


class Action(StrEnum):
    """What is to be done with findings."""

    SHOW = "show"
    ACCEPT = "accept"
    REOPEN = "reopen"
    ASSIGN = "assign"


@app.command()
def health(  # noqa: PLR0913 - one option a field of an answer
    context: typer.Context,
    action: Annotated[Action, typer.Argument(help="show; accept, reopen or assign FINDING.")] = Action.SHOW,
    finding: Annotated[str | None, typer.Argument(help="Code of a finding, e.g. missing-price/City.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why; accept needs one.")] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day until which it is accepted; else this cycle.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Person who mends it (assign).")] = None,
    due: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day until which it is mended (assign).")
    ] = None,
    scenario: Annotated[str, typer.Option(help="Scenario whose data are checked.")] = "main",
    as_json: Json = False,
) -> None:
    """Check the data before a cycle opens: what to mend, by whom, until when; accept, reopen or assign a finding."""
    from trivet.usecases.show_health import show_health  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    if action is Action.SHOW:
        value = show_health(workspace, scenario=scenario)
        answer(value, as_json=as_json, show=_show_health, refused=not value.ready)
        return
    if finding is None:
        raise typer.BadParameter(f"which finding? trivet health {action} missing-price/City", param_hint="FINDING")
    said = _said(
        workspace, action, finding, reason=reason, until=_day(until), owner=owner, due=_day(due), scenario=scenario
    )
    answer(said, as_json=as_json, show=_show_said, refused=not said.recorded)


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()


def _said(
    workspace: "Workspace",
    action: Action,
    finding: str,
    *,
    reason: str | None,
    until: date | None,
    owner: str | None,
    due: date | None,
    scenario: str,
) -> "FindingAnswer":
    from trivet.usecases.accept_finding import accept_finding  # noqa: PLC0415
    from trivet.usecases.assign_finding import assign_finding  # noqa: PLC0415
    from trivet.usecases.reopen_finding import reopen_finding  # noqa: PLC0415

    if action is Action.ACCEPT:
        return accept_finding(workspace, finding, reason=reason or "", until=until, scenario=scenario)
    if action is Action.REOPEN:
        return reopen_finding(workspace, finding, reason=reason, scenario=scenario)
    return assign_finding(workspace, finding, owner=owner, due=due, reason=reason, scenario=scenario)


def _show_said(value: "FindingAnswer", console: Console) -> None:
    if value.recorded:
        _line(value.finding, console)
    print_issues(value.issues, console, notes=True)
    if not value.recorded:
        console.print("[red]Nothing was recorded.[/]")


def _line(finding: "Finding", console: Console) -> None:
    """Print a finding: amount, whether it blocks, what, who, until when; and who answers for it."""
    amount = f"{finding.at_stake:>14,.0f} " if finding.at_stake is not None else " " * 15
    colour, word = ("red", "blocks") if finding.blocking else ("yellow", "mend")
    if finding.accepted:
        colour, word = "dim", "accepted"
    console.print(f"{amount}[{colour}]{word}[/] ", end="")
    who = finding.owner or f"role {finding.role}"
    console.print(
        f"{finding.code}: {finding.message} {finding.advice} [{who}, until {finding.due}]", markup=False, soft_wrap=True
    )
    given = finding.acceptance
    if given is None:
        return
    until = f"until {given.until}" if given.until else f"in cycle {given.cycle:%Y-%m-%d}"
    verb = "no longer accepted" if finding.lapsed else "accepted"
    changed = f" {finding.changed}." if finding.changed else ""
    said = f"{' ' * 15}{verb}: {given.by} on {given.at:%Y-%m-%d}, {until}: {given.reason}.{changed}"
    console.print(said, markup=False, soft_wrap=True)


def _show_health(value: "HealthAnswer", console: Console) -> None:
    found = value.health
    for finding in found.findings[:MOST]:
        _line(finding, console)
    if len(found.findings) > MOST:
        console.print(f"[dim]{len(found.findings) - MOST} more: trivet health --json[/]")
    if found.accepted:
        console.print(f"[bold]Accepted[/] {len(found.accepted)}: they do not block, and trust stays as low as it is.")
    for finding in found.accepted[:MOST]:
        _line(finding, console)
    for one in found.gone:
        console.print(f"{one.code}: accepted by {one.acceptance.by}, no longer found.", markup=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("family", no_wrap=True)
    for name in ("trust", f"last year, {value.currency}", "in items with findings", "of it accepted", "findings"):
        table.add_column(name, justify="right", no_wrap=True)
    for trust in found.families:
        amounts = (f"{amount:,.0f}" for amount in (trust.revenue, trust.touched, trust.accepted))
        table.add_row(trust.family, f"{trust.score} %", *amounts, str(trust.findings))
    console.print(table)
    console.print(f"Trust of the company {found.score} %: the part of last year's value in items without a finding.")
    if value.ready:
        console.print("Nothing blocks: the cycle can open.")
    else:
        count = len(found.blocking)
        blocked = "1 finding blocks" if count == 1 else f"{count} findings block"
        console.print(
            f"[red]{blocked} the cycle.[/] Mend them and import again, or have the "
            "coordinator answer for one: trivet health accept FINDING --reason ..."
        )
