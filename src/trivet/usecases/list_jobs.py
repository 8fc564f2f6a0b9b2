"""List long work: what waits, what runs and how far it is, what came of it."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from trivet.core.ids import ActorId
from trivet.store import Job, JobState
from trivet.usecases.declare import Shells
from trivet.workspace.workers import ended_workers
from trivet.workspace.workspace import Workspace

DECLARED = Shells(command="jobs", why="pages come with the workbench")

_WHAT = {"make_plan": ("plan", "scenario"), "export_plan": ("pack", "version"), "push_down": ("push-down", "version")}
"""How a job is called: a word, and the argument that says of what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """A job for people.

    Attributes:
        number: its number.
        what: what is done, e.g. `plan main`.
        state: waiting, running, done, failed or cancelled.
        stage, done, of: how far it is: `done` of `of` steps of the stage.
        left_behind: whether its worker ended without a word; the next worker goes on with it.
        cancelling: whether it was asked to stop and has not yet.
        attempts: how often it was begun.
        asked, actor, ended: when and by whom it was asked for, and when it ended.
        result: the version or file it made.
        message: why it failed or was cancelled.
    """

    number: int
    what: str
    state: str
    stage: str
    done: int
    of: int
    left_behind: bool
    cancelling: bool
    attempts: int
    asked: datetime
    actor: ActorId
    ended: datetime | None
    result: str | None
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsAnswer:
    """Jobs, oldest first."""

    jobs: tuple[JobLine, ...]


def list_jobs(workspace: Workspace) -> JobsAnswer:
    """Give every job with its progress, oldest first; what came of others' jobs only to who sees the whole plan."""
    lines = tuple(to_line(workspace, job) for job in workspace.store.jobs.all())
    if not workspace.rights.whole:
        own = workspace.settings.actor
        lines = tuple(line if line.actor == own else replace(line, result=None, message=None) for line in lines)
    return JobsAnswer(jobs=lines)


def to_line(workspace: Workspace, job: Job) -> JobLine:
    """Say a job in words."""
    word, argument = _WHAT.get(job.use_case, (job.use_case, ""))
    running = job.state is JobState.RUNNING
    late = running and job.lease is not None and job.lease < workspace.clock()
    return JobLine(
        number=job.id,
        what=f"{word} {json.loads(job.arguments).get(argument, '')}".strip(),
        state=job.state,
        stage=job.words,
        done=job.done,
        of=job.of,
        left_behind=late or (running and bool(ended_workers([job.worker or ""]))),
        cancelling=running and job.cancel,
        attempts=job.attempts,
        asked=job.asked,
        actor=job.actor,
        ended=job.ended,
        result=job.result,
        message=job.message,
    )
