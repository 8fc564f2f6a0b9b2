"""Long work: `jobs` (list, cancel, resume) and `worker`."""

import os
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer
from trivet.cli.main import Call, app, opened

if TYPE_CHECKING:
    from trivet.usecases.list_jobs import JobLine, JobsAnswer


class Action(StrEnum):
    """What is to be done with jobs."""

    LIST = "list"
    CANCEL = "cancel"
    RESUME = "resume"


@app.command()
def jobs(
    context: typer.Context,
    action: Annotated[Action, typer.Argument(help="list, cancel N or resume [N].")] = Action.LIST,
    number: Annotated[int | None, typer.Argument(help="Number of the job.")] = None,
    as_json: Json = False,
) -> None:
    """List long work with its progress, cancel a job, or go on with what was left behind."""
    from trivet.usecases.cancel_job import cancel_job  # noqa: PLC0415
    from trivet.usecases.list_jobs import list_jobs  # noqa: PLC0415
    from trivet.usecases.resume_jobs import resume_jobs  # noqa: PLC0415

    workspace = opened(context, quiet=as_json)
    if action is Action.CANCEL:
        if number is None:
            raise typer.BadParameter("which job? Give its number: trivet jobs cancel N", param_hint="NUMBER")
        answer(cancel_job(workspace, number), as_json=as_json, show=show_job)
    elif action is Action.RESUME:
        value = resume_jobs(workspace, number)
        answer(value, as_json=as_json, show=_show_ran, refused=_any_failed(value))
    else:
        answer(list_jobs(workspace), as_json=as_json, show=_show_jobs)


@app.command()
def worker(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Run what waits, then end.")] = False,
    as_json: Json = False,
) -> None:
    """Run jobs as they come, in a process of its own; --once: run what waits or was left behind, then end."""
    if not once:
        _become_worker(context.obj, as_json=as_json)
    from trivet.usecases.run_jobs import run_jobs  # noqa: PLC0415

    value = run_jobs(opened(context, quiet=as_json))
    answer(value, as_json=as_json, show=_show_ran, refused=_any_failed(value))


def _become_worker(call: Call, *, as_json: bool) -> NoReturn:
    """Go on as `python -m trivet.worker`, with one thread a library: workers share the machine."""
    from trivet.workspace.settings import read_settings  # noqa: PLC0415

    target = read_settings({"workspace": call.workspace}).workspace
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
    words = [sys.executable, "-m", "trivet.worker", target, *(["--json"] if as_json else [])]
    os.execve(sys.executable, words, {**one, **os.environ})  # noqa: S606 - our own interpreter and module


def _any_failed(value: "JobsAnswer") -> bool:
    return any(line.state == "failed" for line in value.jobs)


def _show_jobs(value: "JobsAnswer", console: Console) -> None:
    if not value.jobs:
        console.print("No jobs. Long work goes to the background with: trivet plan --background")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("job", "what", "state", "by", "asked", ""):
        table.add_column(name)
    for line in value.jobs:
        asked = f"{line.asked:%Y-%m-%d %H:%M}"
        table.add_row(str(line.number), line.what, _state(line), line.actor, asked, line.result or line.message or "")
    console.print(table)
    if any(line.state == "waiting" or line.left_behind for line in value.jobs):
        console.print("Run what waits: trivet worker --once")


def _state(line: "JobLine") -> str:
    if line.left_behind:
        return f"left behind{_progress(line)}"
    if line.cancelling:
        return f"stopping{_progress(line)}"
    return f"running{_progress(line)}" if line.state == "running" else line.state


def _progress(line: "JobLine") -> str:
    return f", {line.stage} {line.done} of {line.of}" if line.stage else ""


def show_job(line: "JobLine", console: Console) -> None:
    """Print where one job stands, and what to do next."""
    told = ", ".join(part for part in (_state(line), line.result, line.message) if part)
    nexts = {"waiting": " Run it: trivet worker --once", "running": " See: trivet jobs"}
    console.print(f"Job {line.number}, {line.what}: {told}.{nexts.get(line.state, '')}", markup=False, soft_wrap=True)


def _show_ran(value: "JobsAnswer", console: Console) -> None:
    for line in value.jobs:
        show_job(line, console)
    if not value.jobs:
        console.print("Nothing waits.")
