"""The way to a published plan: `submit`, `approve`, `publish`, and `export` of its pack."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from trivet.cli.answers import Json, answer
from trivet.cli.jobs import show_job
from trivet.cli.main import app, opened
from trivet.cli.planning import Plan, show_certificate

if TYPE_CHECKING:
    from trivet.core.gates import Gate
    from trivet.usecases.export_plan import ExportAnswer
    from trivet.usecases.publish_plan import PublishAnswer
    from trivet.usecases.submit_plan import StateAnswer


@app.command()
def submit(
    context: typer.Context,
    plan: Plan = "main",
    back: Annotated[bool, typer.Option("--back", help="Take it back to draft.")] = False,
    as_json: Json = False,
) -> None:
    """Put the latest plan of a scenario into review."""
    from trivet.usecases.submit_plan import submit_plan  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    answer(submit_plan(workspace, plan=plan, back=back), as_json=as_json, show=_show_state)


@app.command()
def approve(context: typer.Context, plan: Plan = "main", as_json: Json = False) -> None:
    """Approve the plan in review."""
    from trivet.usecases.approve_plan import approve_plan  # noqa: PLC0415

    answer(approve_plan(opened(context, quiet=as_json), plan=plan), as_json=as_json, show=_show_state)


@app.command()
def publish(
    context: typer.Context,
    plan: Plan = "main",
    waive: Annotated[str | None, typer.Option(help="Reason to publish although a check fails.")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder of the pack; else packs in the workspace.")] = None,
    pushdown: Annotated[Path | None, typer.Option(help="Push down into this folder; else the setting's.")] = None,
    background: Annotated[bool, typer.Option("--background", help="Leave pack and push-down to a worker.")] = False,
    as_json: Json = False,
) -> None:
    """Tie the approved plan out, freeze it (it never changes again), write its pack, and push it down when asked."""
    from trivet.usecases.publish_plan import publish_plan  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    value = publish_plan(workspace, plan=plan, waive=waive, to=to, pushdown=pushdown, background=background)
    failed = any(job is not None and job.state == "failed" for job in (value.pack, value.pushdown))
    answer(value, as_json=as_json, show=_show_published, refused=failed or not value.published)


@app.command()
def export(
    context: typer.Context,
    to: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(),
    plan: Plan = "main",
    form: Annotated[str, typer.Option("--as", help="pack (xlsx and pdf), xlsx, pdf, csv or parquet.")] = "pack",
    as_json: Json = False,
) -> None:
    """Write the review pack (workbook and PDF), or every number as CSV or Parquet."""
    from trivet.usecases.export_plan import export_plan  # noqa: PLC0415

    def show(value: "ExportAnswer", console: Console) -> None:
        for file in value.files:
            console.print(file)

    value = export_plan(opened(context, quiet=as_json), to, plan=plan, form=form)
    answer(value, as_json=as_json, show=show)


def _show_state(value: "StateAnswer", console: Console) -> None:
    nexts = {"draft": "trivet submit", "in_review": "trivet approve", "approved": "trivet publish"}
    told = f" Next: {nexts[value.state]}" if value.state in nexts else ""
    console.print(f"Version {value.version} is {value.state.replace('_', ' ')} ({value.actor}).{told}")


def _show_published(value: "PublishAnswer", console: Console) -> None:
    show_certificate(value.certificate, console, passed=False)
    for gate in value.certificate.gates:
        _show_gate(gate, console)
    if value.published:
        console.print(f"Published {value.version}, digest {value.digest}.")
        for job in (value.pack, value.pushdown):
            if job is not None:
                show_job(job, console)
    else:
        why = "a demanded gate is open" if value.certificate.passed else "the plan does not tie"
        console.print(f"[red]Not published: {why}.[/] Mend it, or publish with --waive REASON.")


_GATES = {"data": "of the data block", "consensus": "families not approved"}


def _show_gate(gate: "Gate", console: Console) -> None:
    """Say what is open at a gate, who answers for what, and who let it pass."""
    if gate.open:
        colour = "red" if gate.holds_back else "yellow"
        waived = f"; waived by {gate.waived_by}: {gate.waived_why}" if gate.waived_by else ""
        console.print(f"[{colour}]{len(gate.open)} {_GATES[gate.name]}[/]{waived}")
    for line in (*gate.open, *gate.accepted):
        console.print(f"  {line}", markup=False, soft_wrap=True)
