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
    background: Annotated[bool, typer.Option("--background", help="Leave the pack to a worker.")] = False,
    as_json: Json = False,
) -> None:
    """Tie the approved plan out, freeze it (it never changes again) and write its review pack."""
    from trivet.usecases.publish_plan import publish_plan  # noqa: PLC0415

    value = publish_plan(opened(context, quiet=as_json), plan=plan, waive=waive, to=to, background=background)
    failed = value.pack is not None and value.pack.state == "failed"
    answer(value, as_json=as_json, show=_show_published, refused=failed or not value.published)


@app.command()
def export(
    context: typer.Context,
    to: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(),
    plan: Plan = "main",
    form: Annotated[str, typer.Option("--as", help="pack (xlsx), csv or parquet.")] = "pack",
    as_json: Json = False,
) -> None:
    """Write the review pack, or every number as CSV or Parquet."""
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
    if value.published:
        console.print(f"Published {value.version}, digest {value.digest}.")
        if value.pack is not None:
            show_job(value.pack, console)
    else:
        console.print("[red]Not published: the plan does not tie.[/] Mend it, or publish with --waive REASON.")
