"""Opinions: `change`, `undo`, `log`, `branch`, `merge`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from trivet.cli.answers import AsOf, Json, answer, print_issues
from trivet.cli.main import app, opened

if TYPE_CHECKING:
    from decimal import Decimal

    from trivet.usecases.branch_scenario import BranchAnswer
    from trivet.usecases.list_changes import LogAnswer
    from trivet.usecases.preview_changes import Children, PreviewAnswer
    from trivet.usecases.record_changes import ChangeAnswer
    from trivet.usecases.trace_cell import TraceAnswer

Scenario = Annotated[str, typer.Option(help="Scenario to change.")]


@app.command(context_settings={"ignore_unknown_options": True})  # so that -300 is an amount
def change(  # noqa: PLR0913 - one option a field of a change
    context: typer.Context,
    measure: Annotated[
        str, typer.Argument(help="Measure, e.g. consensus_demand or revenue; or a CSV file of changes.")
    ],
    amount: Annotated[str, typer.Argument(help="12000, +300, -300, +5%, x1.05, lock or unlock.")] = "",
    where: Annotated[
        list[str] | None, typer.Option("--where", help="level=member, e.g. family=Trekking; repeat.")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", help="First bucket, e.g. 2027-03.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last bucket; else the first.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    reason_code: Annotated[
        str | None, typer.Option(help="Kind of reason: promotion, customer, market ... (company.toml [changes]).")
    ] = None,
    assumption: Annotated[str | None, typer.Option(help="What it rests on: a code of the table assumptions.")] = None,
    expires: Annotated[str | None, typer.Option(help="Cycle from which it no longer counts, e.g. 2027-03.")] = None,
    unit: Annotated[str | None, typer.Option(help="Unit of measure of the amount.")] = None,
    weights: Annotated[
        str | None, typer.Option(help="What cells share by: mix, or a measure; else their own values.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show what it would do; record nothing.")] = False,
    seen: Annotated[int | None, typer.Option(help="Sequence number you looked at.")] = None,
    scenario: Scenario = "main",
    as_json: Json = False,
) -> None:
    """Change a number at any level: its detail follows, exactly, around locks."""
    from trivet.core.errors import NotFound  # noqa: PLC0415
    from trivet.core.said import COLUMNS, Said, said_in_file  # noqa: PLC0415
    from trivet.usecases.preview_changes import preview_changes  # noqa: PLC0415
    from trivet.usecases.record_changes import record_changes  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    file = Path(measure)
    if file.suffix == ".csv" and not file.is_file():
        raise NotFound(f"{file} is no file. Write it with columns {', '.join(COLUMNS)}.")
    said = (
        said_in_file(file.name, file.read_text("utf-8"))
        if file.suffix == ".csv"
        else (
            Said(
                measure=measure,
                amount=amount,
                where=tuple(where or ()),
                first=first,
                last=last,
                reason=reason,
                reason_code=reason_code,
                assumption=assumption,
                expires=expires,
                unit=unit,
                weights=weights,
            ),
        )
    )
    if preview:
        told = preview_changes(workspace, said, scenario=scenario, seen=seen)
        answer(told, as_json=as_json, show=_show_preview, refused=not told.accepted)
        return
    value = record_changes(workspace, said, scenario=scenario, seen=seen, source=f"change {measure}")
    answer(value, as_json=as_json, show=show_change, refused=not value.recorded)


@app.command()
def undo(
    context: typer.Context,
    seq: Annotated[int, typer.Argument(help="Sequence number of the change (trivet log).")],
    scenario: Scenario = "main",
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    as_json: Json = False,
) -> None:
    """Take a change back; what others did since stays."""
    from trivet.usecases.undo_change import undo_change  # noqa: PLC0415

    value = undo_change(opened(context, quiet=as_json), seq, scenario=scenario, reason=reason)
    answer(value, as_json=as_json, show=show_change, refused=not value.recorded)


@app.command()
def log(
    context: typer.Context,
    cell: Annotated[
        str | None, typer.Option("--cell", help="Measure: tell what moved it, at --where, --from and --to.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", help="level=member, e.g. family=Trekking; repeat.")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", help="First bucket, e.g. 2027-03.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last bucket; else the first.")] = None,
    as_of: AsOf = None,
    scenario: Annotated[str, typer.Option(help="Scenario; with --cell also a version.")] = "main",
    as_json: Json = False,
) -> None:
    """List who changed what, when and why, oldest first; or what moved one cell or total, with old and new."""
    from trivet.usecases.list_changes import list_changes  # noqa: PLC0415
    from trivet.usecases.trace_cell import trace_cell  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    if cell is not None:
        told = trace_cell(workspace, cell, scope=tuple(where or ()), first=first, last=last, plan=scenario, as_of=as_of)
        answer(told, as_json=as_json, show=_show_trace)
        return

    def show(value: "LogAnswer", console: Console) -> None:
        for line in value.lines:
            state = "" if line.live else f" [dim]({'expired' if line.expired else 'taken back'})[/]"
            console.print(
                f"{line.seq} {line.at:%Y-%m-%d %H:%M} {line.actor}: {line.what}, moved {exact(line.moved, '+')}{state}"
            )
        part = f"; {value.part}" if value.part else ""
        console.print(f"{len(value.lines)} changes in {value.scenario}{part}")

    answer(list_changes(workspace, scenario=scenario, as_of=as_of), as_json=as_json, show=show)


def _show_trace(value: "TraceAnswer", console: Console) -> None:
    stands = f"{value.scenario} at change {value.seq}, plan {value.version}"
    console.print(
        f"[bold]{value.measure} = {exact(value.value)} {value.unit}[/], {value.where}, {value.when}, {stands}"
    )
    for move in value.moves:
        why = f' "{move.reason}"' if move.reason else ""
        state = "" if move.live else " [dim](taken back)[/]"
        console.print(
            f"{move.seq} {move.at:%Y-%m-%d %H:%M} {move.actor}: {move.what}{why}: "
            f"{exact(move.old)} -> {exact(move.new)} ({exact(move.new - move.old, '+')}){state}"
        )
    if not value.moves:
        console.print("Nobody changed it.")


@app.command()
def branch(
    context: typer.Context,
    name: str,
    parent: Annotated[str, typer.Option(help="Scenario to branch from.")] = "main",
    title: Annotated[str, typer.Option(help="What it is about.")] = "",
    as_json: Json = False,
) -> None:
    """Branch a scenario: free, and its parent never moves."""
    from trivet.usecases.branch_scenario import branch_scenario  # noqa: PLC0415

    def show(value: "BranchAnswer", console: Console) -> None:
        console.print(
            f"Scenario {value.scenario} branches from {value.parent} at change {value.seq}. "
            f"Next: trivet change ... --scenario {value.scenario}; trivet plan --scenario {value.scenario}"
        )

    answer(
        branch_scenario(opened(context, quiet=as_json), name, parent=parent, title=title), as_json=as_json, show=show
    )


def _plan(scenario: str) -> str:
    return "trivet plan" if scenario == "main" else f"trivet plan --scenario {scenario}"


def exact(amount: "Decimal", sign: str = "") -> str:
    """Write an amount to the thousandth, without zeros that say nothing; `sign` "+" shows a plus.

    >>> from decimal import Decimal
    >>> exact(Decimal("1250.000")), exact(Decimal("-434.8780"), "+")
    ('1,250', '-434.878')
    """
    text = format(amount, f"{sign},.3f").rstrip("0").rstrip(".")
    return "0" if text in ("+0", "-0") else text


@app.command()
def merge(
    context: typer.Context,
    name: str,
    only: Annotated[list[int] | None, typer.Option(help="Sequence number to bring (trivet log); repeat.")] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also where the parent changed the same cells.")] = False,
    as_json: Json = False,
) -> None:
    """Bring the changes of a branch, all or some, into the scenario it came from."""
    from trivet.usecases.merge_scenario import merge_scenario  # noqa: PLC0415

    value = merge_scenario(opened(context, quiet=as_json), name, only=tuple(only or ()), anyway=anyway)
    answer(value, as_json=as_json, show=show_change, refused=not value.recorded)


def show_change(value: "ChangeAnswer", console: Console) -> None:
    """Print what was recorded and moved, or why nothing was."""
    for moved in value.moved:
        console.print(
            f"{moved.seq}: {moved.measure} {exact(moved.before)} -> {exact(moved.after)} "
            f"({exact(moved.after - moved.before, '+')}) in {moved.cells} cells"
        )
        for other in moved.also:
            console.print(f"   with it {other.measure} {exact(other.before)} -> {exact(other.after)}")
    print_issues(value.issues, console, notes=True)
    if value.recorded:
        console.print(f"Recorded in {value.scenario}. Next: {_plan(value.scenario)}")
    else:
        console.print("[red]Nothing was changed.[/]")


def _show_preview(value: "PreviewAnswer", console: Console) -> None:
    for told in value.previews:
        moves = "" if told.moves == told.measure else f" of {told.moves}"
        console.print(
            f"[bold]{told.measure}[/] {exact(told.before)} -> {exact(told.after)} "
            f"({exact(told.after - told.before, '+')}) in {told.cells} cells{moves}"
        )
        if told.most is not None and told.most_percent is not None:
            most = f"{exact(told.most.before)} -> {exact(told.most.after)} ({told.most_percent:+} %)"
            console.print(f"  largest change: {told.most.name} {most}", soft_wrap=True)
        for children, what in (
            (told.to_zero, "would be 0"),
            (told.from_zero, "would no longer be 0"),
            (told.locked, "locked, keep their value"),
        ):
            if children.count:
                console.print(f"  {children.count} {what}: {_named(children)}", soft_wrap=True)
    print_issues(value.issues, console, notes=True)
    would = "" if value.accepted else " [red]Recording it would be refused.[/]"
    console.print(f"Preview of {value.scenario}: nothing was recorded.{would}")


def _named(children: "Children") -> str:
    more = children.count - len(children.named)
    return ", ".join(child.name for child in children.named) + (f" and {more} more" if more else "")
