"""Run long work, one job after the other: it tells how far it is, stops at a step when cancelled, goes on after a kill.

What a job writes is written through a store that its claim fences: when another worker took the job over, the former
one writes nothing more.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Final

from pydantic import TypeAdapter

from trivet.core.errors import Conflict, TrivetError
from trivet.store import Claim, Job, JobCancelled, JobLost, JobState
from trivet.usecases.declare import Shells
from trivet.usecases.export_plan import PackJob, export_plan
from trivet.usecases.list_jobs import JobLine, JobsAnswer, to_line
from trivet.usecases.make_plan import make_plan
from trivet.usecases.plan_in_background import PlanJob
from trivet.usecases.push_down import PushDownJob, push_down
from trivet.workspace.workers import ended_workers, this_worker
from trivet.workspace.workspace import Workspace

DECLARED = Shells(command="worker", why="a worker has no page; its jobs will have one with the workbench")

BEAT: Final = 10.0
"""Seconds between two signs of life while a stage says nothing; a lease is six of them."""


def run_jobs(workspace: Workspace, *, only: int | None = None, most: int | None = None) -> JobsAnswer:
    """Run every job that waits or was left behind, oldest first, until none is left.

    Args:
        workspace: the open workspace.
        only: run this job or none.
        most: so many jobs at most.
    """
    jobs = workspace.store.jobs
    ran: list[JobLine] = []
    while most is None or len(ran) < most:
        job = jobs.claim(this_worker(), workspace.clock(), gone=ended_workers(jobs.workers()), only=only)
        if job is None:
            break
        ran.append(to_line(workspace, _run(workspace, job)))
    return JobsAnswer(jobs=tuple(ran))


def _run(workspace: Workspace, job: Job) -> Job:
    """Do a job and end it, whatever happens; give it as it stands then."""
    try:
        return _end(workspace, job, *_do(workspace, job))
    except BaseException:  # stopped from outside, or the database is gone: somebody else may go on with it
        with suppress(TrivetError):
            workspace.store.jobs.release(job.claim)
        raise


def _do(workspace: Workspace, job: Job) -> tuple[JobState, str | None, str | None]:
    """Do a job; give its end, the address of its output and why it has none."""
    try:
        with _beating(workspace, job.claim):
            return JobState.DONE, _WORK[job.use_case](_held(workspace, job), job), None
    except JobCancelled:
        stage = f" at {job.words}" if (job := workspace.store.jobs.read(job.id)).words else ""
        return JobState.CANCELLED, None, f"stopped{stage}; nothing half-done was kept"
    except JobLost as error:
        return JobState.RUNNING, None, error.message
    except TrivetError as error:
        return JobState.FAILED, None, f"{error.message} Once mended: trivet jobs resume {job.id}"
    except Exception as error:  # noqa: BLE001 - a worker survives what one job runs into, and says it
        told = f"{type(error).__name__}: {error}"
        return JobState.FAILED, None, f"{told}. Nothing half-done was kept; report it with the job's input."


def _end(workspace: Workspace, job: Job, state: JobState, result: str | None, message: str | None) -> Job:
    jobs = workspace.store.jobs
    with suppress(JobLost):  # another worker's by now: it ends it
        if state is not JobState.RUNNING:
            return jobs.end(job.claim, state, workspace.clock(), result=result, message=message)
    return jobs.read(job.id)


def _held(workspace: Workspace, job: Job) -> Workspace:
    """Give the workspace as the job sees it: its asker's name, its group, its fence, its progress."""

    def tell(stage: str, done: int, of: int) -> None:
        workspace.store.jobs.tick(job.claim, done, of, stage, workspace.clock())
        workspace.progress(stage, done, of)

    return replace(
        workspace,
        settings=replace(workspace.settings, actor=job.actor),
        store=workspace.store.under(job.claim),
        new_id=lambda: job.claim.group,
        progress=tell,
    )


@contextmanager
def _beating(workspace: Workspace, claim: Claim) -> Iterator[None]:
    """Hold the job's lease while a stage says nothing, as long as this process lives."""
    stop = Event()

    def beat() -> None:
        while not stop.wait(BEAT):
            with suppress(TrivetError):  # a busy database; the next beat tries again
                if not workspace.store.jobs.renew(claim, workspace.clock()):
                    return

    thread = Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _plan(workspace: Workspace, job: Job) -> str:
    if job.checkpoint is not None:  # kept by an earlier attempt, which did not live to say so
        return job.checkpoint
    told = TypeAdapter(PlanJob).validate_json(job.arguments)
    latest = workspace.store.latest_version(told.scenario)
    if latest is not None and latest.seq > told.seq:  # a later state was planned meanwhile
        return latest.id
    made = make_plan(workspace, told.scenario, options=told.options, snapshot=told.snapshot, upto=told.seq)
    return made.version


def _pack(workspace: Workspace, job: Job) -> str:
    told = TypeAdapter(PackJob).validate_json(job.arguments)
    for part in Path(told.folder).glob(f".*.{job.claim.group}.*.part"):  # of an attempt that was killed
        part.unlink(missing_ok=True)
    return export_plan(workspace, Path(told.folder), plan=told.version).files[0]


def _push(workspace: Workspace, job: Job) -> str:
    told = TypeAdapter(PushDownJob).validate_json(job.arguments)
    answer = push_down(workspace, Path(told.folder), plan=told.version, weeks=told.weeks)
    if not answer.passed:
        first = next(check.message for check in answer.ties if not check.passed)
        raise Conflict(f"nothing was handed over, the files do not tie: {first}")
    return str(Path(told.folder) / answer.files[-1])


_WORK: Final[Mapping[str, Callable[[Workspace, Job], str]]] = {
    "make_plan": _plan,
    "export_plan": _pack,
    "push_down": _push,
}
"""What a job does, by the use-case it names."""
