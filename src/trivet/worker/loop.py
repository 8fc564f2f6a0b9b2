"""Run jobs as they come: one at a time, one line each; what the database does not do now is tried again later.

Several workers may serve one workspace, on several machines with PostgreSQL: each job is taken by one.
"""

import sys
from time import sleep
from types import FrameType
from typing import NoReturn

from pydantic import TypeAdapter

from trivet.core.errors import Unavailable
from trivet.usecases.list_jobs import JobLine
from trivet.usecases.run_jobs import run_jobs
from trivet.workspace.workspace import open_workspace

LOOK = 2.0
"""Seconds between two looks for new jobs."""


def serve(target: str, *, as_json: bool = False, look: float = LOOK) -> NoReturn:
    """Run the jobs of a workspace as they come, until the process is stopped.

    Args:
        target: folder or database URL of the workspace.
        as_json: tell each finished job as one line of JSON instead of text.
        look: seconds between two looks for new jobs.

    Raises:
        NotFound: there is no workspace.
    """
    workspace = open_workspace(target)
    say(f"waiting for jobs in {workspace.store.where}; stop with Ctrl-C")
    while True:
        try:
            ran = run_jobs(workspace, most=1).jobs
            for line in ran:
                sys.stdout.write(f"{to_json(line) if as_json else to_text(line)}\n")
                sys.stdout.flush()
            if not ran:
                sleep(look)
        except Unavailable as error:
            say(error.message)
            sleep(look)


def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End the worker; the job it runs waits for the next one."""
    say("stopped; what was open waits for the next worker")
    sys.exit(0)


def say(text: str) -> None:
    """Tell people something on standard error."""
    sys.stderr.write(f"trivet worker: {text}\n")
    sys.stderr.flush()


def to_text(line: JobLine) -> str:
    """Say how a job ended: `job 3, plan main: done, main-4`."""
    told = [line.state, *(text for text in (line.result, line.message) if text)]
    return f"job {line.number}, {line.what}: {', '.join(told)}"


def to_json(line: JobLine) -> str:
    """Say how a job ended, for programs."""
    return TypeAdapter(JobLine).dump_json(line).decode()
