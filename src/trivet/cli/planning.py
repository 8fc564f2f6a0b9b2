"""The plan: `plan`, `show`, `compare`, `explain`, `check`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import AsOf, Json, answer, any_refused, print_issues
from trivet.cli.jobs import show_job
from trivet.cli.main import app, opened
from trivet.cli.screen import show_summary
from trivet.core.options import ForecastMode, Objective

if TYPE_CHECKING:
    from trivet.usecases.check_plan import Certificate, CheckAnswer
    from trivet.usecases.compare_scenarios import CompareAnswer
    from trivet.usecases.explain_cell import ExplainAnswer
    from trivet.usecases.make_plan import PlanAnswer
    from trivet.usecases.show_plan import IssuesAnswer, NumbersAnswer, Row, SummaryAnswer

Plan = Annotated[str, typer.Option("--plan", help="Scenario (its latest version) or a version.")]
Where = Annotated[list[str] | None, typer.Option("--where", help="level=member, e.g. family=Trekking; repeat.")]
First = Annotated[str | None, typer.Option("--from", help="First bucket: 2027-03, 2027-Q1 or FY2027.")]
Last = Annotated[str | None, typer.Option("--to", help="Last bucket; else the first.")]


@app.command()
def plan(  # noqa: PLR0913 - one option a choice of the scenario
    context: typer.Context,
    scenario: Annotated[str, typer.Option(help="Scenario to plan.")] = "main",
    overtime: Annotated[bool, typer.Option(help="Whether overtime may be used.")] = True,
    subcontract: Annotated[bool, typer.Option(help="Whether finished goods may be bought.")] = True,
    mode: Annotated[
        ForecastMode | None, typer.Option(help="How much the forecast computes; else the setting mode.")
    ] = None,
    objective: Annotated[
        Objective, typer.Option(help="margin with agreed penalties, or service: customers, then stock, then margin.")
    ] = Objective.MARGIN,
    overload: Annotated[
        bool, typer.Option(help="Whether hours beyond capacity may be used: what it would take.")
    ] = False,
    unmet: Annotated[
        bool, typer.Option(help="Whether demand may be late or lost; else served whatever it costs.")
    ] = True,
    targets: Annotated[bool, typer.Option(help="Whether stock targets count; else stock only covers demand.")] = True,
    cycles: Annotated[bool, typer.Option(help="Whether production cycles are kept.")] = True,
    smoothing: Annotated[bool, typer.Option(help="Whether changes of production are limited and priced.")] = True,
    strict: Annotated[bool, typer.Option(help="Whether least and most quantities go before customers.")] = False,
    background: Annotated[bool, typer.Option("--background", help="Leave it to a worker (trivet jobs).")] = False,
    as_json: Json = False,
) -> None:
    """Make the plan: forecast, consensus, supply under capacity, money."""
    from trivet.core.options import PlanOptions  # noqa: PLC0415
    from trivet.usecases.make_plan import make_plan  # noqa: PLC0415
    from trivet.usecases.plan_in_background import plan_in_background  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    chosen = mode or workspace.settings.mode
    options = PlanOptions(
        allow_overtime=overtime,
        allow_subcontract=subcontract,
        mode=chosen,
        objective=objective,
        allow_overload=overload,
        allow_unmet=unmet,
        use_targets=targets,
        use_cycles=cycles,
        use_smoothing=smoothing,
        strict_limits=strict,
    )
    if background:
        job = plan_in_background(workspace, scenario, options=options)
        answer(job, as_json=as_json, show=show_job)
        return
    value = make_plan(workspace, scenario, options=options)
    answer(value, as_json=as_json, show=_show_plan, refused=any_refused(value.issues))


def _show_plan(value: "PlanAnswer", console: Console) -> None:
    if value.part:
        _show_part(value.part, console)
    else:
        show_summary(value.summary, console, version=value.version)
    print_issues(value.issues, console, most=5)
    console.print(
        f"Version {value.version}, digest {value.digest[:16]}. Next: trivet show, trivet change, trivet submit"
    )


@app.command()
def show(  # noqa: PLR0913 - one option a choice of the view
    context: typer.Context,
    measure: Annotated[str | None, typer.Argument(help="Measure, e.g. consensus_demand; none = the summary.")] = None,
    by: Annotated[str, typer.Option(help="Level of the rows, e.g. family, item, region; or a hierarchy.")] = "family",
    period: Annotated[str, typer.Option(help="bucket, quarter, year, or telescope (coarser with time).")] = "bucket",
    where: Where = None,
    first: First = None,
    last: Last = None,
    unit: Annotated[str | None, typer.Option(help="Unit of measure to show quantities in.")] = None,
    currency: Annotated[
        str | None, typer.Option(help="Currency to show money in, e.g. USD; local = each market's own.")
    ] = None,
    rate: Annotated[str, typer.Option(help="Exchange rates: plan, budget, actual or forecast.")] = "plan",
    as_was: Annotated[bool, typer.Option("--as-was", help="In each bucket by where members belonged then.")] = False,
    today: Annotated[bool, typer.Option("--today", help="An older version by today's codes and parents.")] = False,
    as_of: AsOf = None,
    along: Annotated[
        str | None,
        typer.Option(
            "--as",
            help="Along time: cumulative, rolling:12, mean:3, to-date, last-year, growth, shift:1, filled, or cover "
            "(days a stock lasts).",
        ),
    ] = None,
    issues: Annotated[bool, typer.Option("--issues", help="List every issue of the plan.")] = False,
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Show the plan on one screen, a measure as a table, or every issue."""
    from trivet.usecases.show_plan import View, show_issues, show_numbers, show_plan  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    if issues:
        answer(show_issues(workspace, plan=plan), as_json=as_json, show=_show_issues)
    elif measure is None:
        answer(show_plan(workspace, plan=plan), as_json=as_json, show=_show_summary)
    else:
        view = View(
            by=by,
            period=period,
            where=tuple(where or ()),
            first=first,
            last=last,
            unit=unit,
            currency=currency,
            rate=rate,
            structure="as-was" if as_was else "today" if today else "plan",
            as_of=as_of,
            along=along,
        )
        value = show_numbers(workspace, measure, view, plan=plan)
        answer(value, as_json=as_json, show=_show_numbers)


def _show_summary(value: "SummaryAnswer", console: Console) -> None:
    if value.part:
        _show_part(value.part, console)
    else:
        show_summary(value.summary, console, version=value.version, state=value.state)
    if value.choices:
        console.print(f"Planned with {', '.join(value.choices)}.")
    if value.changes:
        console.print(f"[yellow]{_since(value.changes)} since, not in it.[/] Next: trivet plan")


def _show_part(tables: "tuple[NumbersAnswer, ...]", console: Console) -> None:
    """Print the first tables of who sees a part of the plan."""
    for table in tables:
        _show_numbers(table, console)


def _since(changes: int) -> str:
    return "1 change" if changes == 1 else f"{changes} changes"


def _show_issues(value: "IssuesAnswer", console: Console) -> None:
    print_issues(value.issues, console, most=len(value.issues), notes=True)
    console.print(f"{len(value.issues)} issues of {value.version}")


def _show_numbers(value: "NumbersAnswer", console: Console) -> None:
    at = "" if value.rate == "plan" else f" at {value.rate} rates"
    since = f" and {_since(value.changes)} since" if value.changes else ""
    along = f", {value.along}" if value.along else ""
    console.print(
        f"[bold]{value.measure}[/]{along}, {value.unit}{at}, {value.where}, version {value.version}{since}: "
        f"{value.about}"
    )
    if not value.rows:
        console.print(
            "No rows: nothing of this kind is in the plan or the scope. What is missing: trivet show --issues"
        )
    _print_rows(value, value.rows, console)
    if value.below:
        console.print("[bold]Items below target[/], of those with one")
        _print_rows(replace(value, unit="ratio", format="0 %"), value.below, console)
    if value.note:
        console.print(f"[dim]{value.note}.[/]", soft_wrap=True)
    if value.effects:
        console.print(f"[bold]Exchange effect[/], {value.unit}: at plan rates less at {value.rate} rates")
        _print_rows(value, value.effects, console)
    print_issues(value.issues, console, notes=True)


def _print_rows(value: "NumbersAnswer", rows: "Sequence[Row]", console: Console) -> None:
    for part in _blocks(value, rows, min(console.width, NUMBERS)):
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column(value.by, no_wrap=True)
        for name in value.periods[part]:
            table.add_column(name, justify="right", no_wrap=True)
        for row in rows:
            table.add_row(_called(row), *_cells(value, row)[part])
        console.print(table)


_MARKED = {"at least": "≥ ", "no demand": "no demand", "": ""}


def _cells(value: "NumbersAnswer", row: "Row") -> list[str]:
    """Write the values of a row, each with how it is read."""
    texts = [number(cell, value.unit, value.format) for cell in row.values]
    return [f"{_MARKED[mark]}{text}" for mark, text in zip(row.marks, texts, strict=True)] if row.marks else texts


def _called(row: "Row") -> str:
    return f"{row.member} {row.currency}".rstrip()


NUMBERS = 120
"""Columns a table of numbers takes at most; what does not fit beside each other stands below."""


def _blocks(value: "NumbersAnswer", rows: "Sequence[Row]", width: int) -> Iterator[slice]:
    """Cut the periods into blocks whose numbers fit into a line of `width` characters."""
    if not rows:
        return
    room = width - max(len(name) for name in (value.by, *(_called(row) for row in rows)))
    first, used = 0, 0
    for i, name in enumerate(value.periods):
        need = 2 + max((len(name), *(len(_cells(value, row)[i]) for row in rows)))
        if i > first and used + need > room:
            yield slice(first, i)
            first, used = i, 0
        used += need
    if value.periods:
        yield slice(first, len(value.periods))


def number(value: Decimal | None, unit: str = "", form: str = "0") -> str:
    """Write a number for people: thousands separated, decimals by its format, more for small ones; empty is not zero.

    >>> number(Decimal("795.13"), "units"), number(Decimal("607.42"), "EUR"), number(Decimal("4.9"), "hours")
    ('795', '607.42', '4.90')
    >>> number(Decimal("1250.5"), "EUR a unit", "0.00"), number(Decimal("0.985"), "ratio", "0.0 %")
    ('1,250.50', '98.5 %')
    """
    if value is None:
        return ""
    places = len(form.removesuffix(" %").partition(".")[2])
    if form.endswith(" %"):
        return f"{value * 100:,.{places}f} %"
    small = 10 if unit in ("units", "hours", "days") else 1000
    whole = abs(value) >= small or value == value.to_integral_value()
    return f"{value:,.{places if whole else max(places, 2)}f}"


@app.command()
def compare(
    context: typer.Context,
    before: Annotated[str, typer.Argument(help="Scenario or version to compare against.")],
    after: Annotated[str, typer.Argument(help="The other one.")] = "main",
    by: Annotated[str, typer.Option(help="Level of the rows, or a hierarchy.")] = "family",
    as_was: Annotated[bool, typer.Option("--as-was", help="Each by the structure it was made with.")] = False,
    measure: Annotated[list[str] | None, typer.Option(help="Measure to compare; repeat.")] = None,
    as_json: Json = False,
) -> None:
    """Say what differs between two plans: first what went in, then what came out."""
    from trivet.usecases.compare_scenarios import SHOWN, compare_scenarios  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    value = compare_scenarios(workspace, before, after, measures=tuple(measure or SHOWN), level=by, as_was=as_was)
    answer(value, as_json=as_json, show=_show_compare)


def _show_compare(value: "CompareAnswer", console: Console) -> None:
    console.print(
        f"{value.before} ({value.before_scenario}) -> {value.after} ({value.after_scenario}), "
        f"buckets {value.first} to {value.last}" + (f"; {value.part}" if value.part else "")
    )
    for said in value.changes:
        console.print(f"  changed: {said}")
    if value.same:
        console.print("Every number is the same.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, side in (("measure", "left"), ("unit", "left"), ("member", "left"), ("year", "left")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    moved = any(row.exchange for row in value.differences)
    for name in ("before", "after", "change", *(("of it exchange rates",) if moved else ())):
        table.add_column(name, justify="right")
    for row in value.differences[:40]:
        cells = [row.measure, row.unit, row.member, row.period]
        cells += [number(row.before), number(row.after), _change(row.change)]
        table.add_row(*cells, *([_change(row.exchange) if row.exchange is not None else ""] if moved else []))
    console.print(table)
    if len(value.differences) > 40:
        console.print(f"[dim]{len(value.differences) - 40} more: --json[/]")


def _change(value: Decimal) -> str:
    return ("+" if value > 0 else "") + number(value)


@app.command()
def explain(
    context: typer.Context,
    measure: str,
    where: Where = None,
    first: First = None,
    last: Last = None,
    as_of: AsOf = None,
    plan: Plan = "main",
    as_json: Json = False,
) -> None:
    """Explain a number: formula and parts, changes with person and reason, tables and files."""
    from trivet.usecases.explain_cell import explain_cell  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    value = explain_cell(workspace, measure, scope=tuple(where or ()), first=first, last=last, plan=plan, as_of=as_of)
    answer(value, as_json=as_json, show=_show_explanation)


def _show_explanation(value: "ExplainAnswer", console: Console) -> None:
    told = value.explanation
    console.print(f"[bold]{told.measure} = {number(told.value)} {told.unit}[/], {told.where}, {told.when}")
    console.print(f"{told.about} {told.cells:,} cells of version {value.version}.")
    console.print(f"How: {told.how}")
    for part in told.parts:
        console.print(f"  {part.measure} = {number(part.value)}: {part.about}")
    for cause in told.causes:
        why = f' "{cause.reason}"' if cause.reason else ""
        who = f"  change {cause.seq} by {cause.actor}, {cause.at:%Y-%m-%d %H:%M}"
        console.print(f"{who}: {cause.change}{why} moved it {cause.moved:+,.3f}")
    for file in value.files:
        console.print(f"  from {file.name} (sha256 {file.sha256[:16]})")
    print_issues(value.issues, console, notes=True)


@app.command()
def check(context: typer.Context, plan: Plan = "main", as_json: Json = False) -> None:
    """Tie the plan out with SQL that shares no code with it."""
    from trivet.usecases.check_plan import check_plan  # noqa: PLC0415

    value = check_plan(opened(context, quiet=as_json), plan=plan)
    answer(value, as_json=as_json, show=_show_check, refused=not value.certificate.passed)


def _show_check(value: "CheckAnswer", console: Console) -> None:
    show_certificate(value.certificate, console)
    console.print(f"Version {value.version}.")


def show_certificate(value: "Certificate", console: Console, *, passed: bool = True) -> None:
    """Print a tie-out certificate: one line a check, places where it fails, the sum of all.

    Args:
        value: the certificate.
        console: where to.
        passed: whether checks that passed have their line too.
    """
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "check", "checked", "failed", "amount"):
        table.add_column(name, justify="right" if name in ("checked", "failed", "amount") else "left")
    shown = [line for line in value.checks if passed or not line.passed]
    for line in shown:
        done = "[green]ok[/]" if line.checked else "[dim]nothing to check[/]"
        mark = done if line.passed else "[yellow]waived[/]" if line.waived_by else "[red]FAILED[/]"
        amount = f"{line.amount:,.4f} {line.unit}" if line.failed else ""
        table.add_row(mark, line.name, f"{line.checked:,}", f"{line.failed:,}", amount)
    if shown:
        console.print(table)
    for line in value.checks:
        for place in line.places if not line.passed else ():
            console.print(f"  {line.name}: {place}")
    checked, failed = (sum(getattr(line, name) for line in value.checks) for name in ("checked", "failed"))
    console.print(f"Tie-out: {len(value.checks)} checks over {checked:,} places, {failed:,} differ.")
