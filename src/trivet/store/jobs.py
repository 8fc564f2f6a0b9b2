"""Long work as jobs: who runs which, how far it is, and that its effect happens once (V10).

A job is a use-case with its arguments; its recipe is their address, so that asking twice while it waits or runs gives
the same job. A worker holds a job for `LEASE`, renewed at every tick; who takes a job over raises its fencing token,
and from then on nothing of the former holder is written: every effect locks the job's row, compares the token and
leaves its address as checkpoint in its own transaction. States: waiting → running → done, failed or cancelled;
failed and cancelled may wait again. Times are arguments: nothing here reads a clock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, and_, func, insert, or_, select, update

from trivet.core.errors import Conflict, NotFound
from trivet.core.ids import ActorId, Digest
from trivet.core.records import Stamp
from trivet.store.database import reading, writing
from trivet.store.schema import job as table
from trivet.store.schema import workspace
from trivet.store.stored import instant, moment
from trivet.store.trail import note

LEASE: Final = timedelta(seconds=60)
"""How long a job belongs to a worker that says nothing."""
MOST_ATTEMPTS: Final = 10
"""A job that was begun this often and never ended takes its workers down: it fails instead."""


class JobState(StrEnum):
    """How far a job has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


LIVE: Final = (JobState.WAITING, JobState.RUNNING)


class JobLost(Conflict):
    """Another worker holds the job now: nothing more of this one is written."""


class JobCancelled(Conflict):
    """Somebody asked the job to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """Work to be done: a use-case, its arguments as JSON, and the sha256 of everything that decides its output."""

    use_case: str
    arguments: str
    recipe: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to run a job, until somebody takes it over."""

    job: int
    token: int

    @property
    def group(self) -> str:
        """Group under which everything the job writes stands in the log and the audit trail."""
        return f"job-{self.job}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it stands.

    Attributes:
        id: its number.
        use_case, arguments, recipe: what is to be done.
        state: waiting, running, done, failed or cancelled.
        done, of, words: how far it is: `done` of `of` steps of the stage `words`.
        worker, lease: who holds it, and until when if nothing more is heard.
        token: raised each time somebody takes it.
        cancel: whether it was asked to stop.
        attempts: how often it was begun.
        checkpoint: address of the last effect it wrote.
        result: address of its output.
        message: why it failed or was cancelled.
        asked, actor, ended: when and by whom it was asked for, and when it ended.
    """

    id: int
    use_case: str
    arguments: str
    recipe: Digest
    state: JobState
    done: int
    of: int
    words: str
    worker: str | None
    lease: datetime | None
    token: int
    cancel: bool
    attempts: int
    checkpoint: str | None
    result: str | None
    message: str | None
    asked: datetime
    actor: ActorId
    ended: datetime | None

    @property
    def claim(self) -> Claim:
        """The right its holder has."""
        return Claim(job=self.id, token=self.token)


class Jobs:
    """The jobs of a workspace; every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        """Keep the engine of the workspace's database."""
        self._engine = engine

    def ask(self, new: NewJob, stamp: Stamp) -> Job:
        """Put a job among the waiting ones, and give it; see `put_job`."""
        with writing(self._engine) as connection:
            return _read(connection, put_job(connection, new, stamp))

    def claim(self, worker: str, at: datetime, *, gone: Collection[str] = (), only: int | None = None) -> Job | None:
        """Take the oldest job that waits, whose lease has run out or whose holder is `gone`; None when there is none.

        Args:
            worker: who takes it.
            at: now, UTC.
            gone: workers that are known to have ended.
            only: take this job or none.
        """
        with writing(self._engine) as connection:
            return _claim(connection, worker, at, gone, only)

    def tick(self, claim: Claim, done: int, of: int, words: str, at: datetime) -> None:
        """Say how far a job is, and hold it for another lease.

        Raises JobLost when it is another worker's by now, JobCancelled when it is to stop.
        """
        with writing(self._engine) as connection:
            hold(connection, claim)
            _set(connection, claim.job, done=done, of=of, words=words, lease=instant(at + LEASE))

    def renew(self, claim: Claim, at: datetime) -> bool:
        """Hold a job for another lease while a stage says nothing; False when it is another worker's by now."""
        mine = (table.c.id == claim.job, table.c.token == claim.token, table.c.state == JobState.RUNNING)
        with writing(self._engine) as connection:
            return connection.execute(update(table).where(*mine).values(lease=instant(at + LEASE))).rowcount == 1

    def end(
        self, claim: Claim, state: JobState, at: datetime, *, result: str | None = None, message: str | None = None
    ) -> Job:
        """End a job that this claim holds; JobLost when it is another worker's by now."""
        with writing(self._engine) as connection:
            found = _held(connection, claim)
            _close(connection, found, state, at, result=result, message=message)
            return _read(connection, claim.job)

    def release(self, claim: Claim) -> None:
        """Let a job wait again that its worker can't go on with; nothing happens when it is another's by now."""
        mine = (table.c.id == claim.job, table.c.token == claim.token, table.c.state == JobState.RUNNING)
        with writing(self._engine) as connection:
            values = {"state": JobState.WAITING, "worker": None, "lease": None}
            connection.execute(update(table).where(*mine).values(values))

    def cancel(self, number: int, stamp: Stamp, *, gone: Collection[str] = ()) -> Job:
        """Cancel a waiting job, or ask a running one to stop at its next tick.

        Raises NotFound, and Conflict when it has ended.
        """
        with writing(self._engine) as connection:
            found = _locked(connection, number)
            if found.state not in LIVE:
                raise Conflict(f"job {number} is {found.state} already: there is nothing to cancel.")
            note(connection, stamp, "cancel job", _name(number), {"state": found.state})
            _set(connection, number, cancel=1)
            held = found.state == JobState.RUNNING and found.worker not in gone and found.lease >= instant(stamp.at)
            if not held:
                _set(connection, number, token=found.token + 1)  # a holder that comes back writes nothing more
                _close(connection, _locked(connection, number), JobState.CANCELLED, stamp.at, message=_STOPPED)
            return _read(connection, number)

    def again(self, number: int, stamp: Stamp) -> Job:
        """Let a failed or cancelled job wait again, from its checkpoint; others stay as they are. NotFound."""
        with writing(self._engine) as connection:
            found = _locked(connection, number)
            if found.state in (JobState.FAILED, JobState.CANCELLED):
                note(connection, stamp, "resume job", _name(number), {"state": found.state})
                _set(connection, number, state=JobState.WAITING, cancel=0, attempts=0, message=None, ended=None)
            return _read(connection, number)

    def read(self, number: int) -> Job:
        """Give a job; NotFound."""
        with reading(self._engine) as connection:
            return _read(connection, number)

    def all(self) -> tuple[Job, ...]:
        """Give every job, oldest first."""
        with reading(self._engine) as connection:
            return read_jobs(connection)

    def workers(self) -> tuple[str, ...]:
        """Give the workers that hold a job."""
        held = select(table.c.worker).where(table.c.state == JobState.RUNNING).distinct().order_by(table.c.worker)
        with reading(self._engine) as connection:
            return tuple(connection.execute(held).scalars())

    def newest(self, recipe: Digest) -> Job | None:
        """Give the job last asked for with a recipe; None when there is none."""
        with reading(self._engine) as connection:
            row = connection.execute(
                select(table).where(table.c.recipe == recipe).order_by(table.c.id.desc()).limit(1)
            ).one_or_none()
        return None if row is None else _job(row)


_STOPPED: Final = "cancelled before it wrote anything more; nothing half-done was kept"


def put_job(connection: Connection, new: NewJob, stamp: Stamp) -> int:
    """Put a job among the waiting ones and give its number; the same recipe waits or runs once."""
    connection.execute(select(workspace.c.id).with_for_update()).all()  # numbers are given one at a time
    live = select(table.c.id).where(table.c.recipe == new.recipe, table.c.state.in_(LIVE), table.c.cancel == 0)
    there = connection.execute(live).scalars().first()
    if there is not None:
        return int(there)
    number = int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()) + 1
    connection.execute(
        insert(table),
        {
            "id": number,
            "use_case": new.use_case,
            "arguments": new.arguments,
            "recipe": new.recipe,
            "state": JobState.WAITING,
            "words": "",
            "asked": instant(stamp.at),
            "actor": stamp.actor,
            **dict.fromkeys(("done", "of", "token", "cancel", "attempts"), 0),
        },
    )
    note(connection, stamp, "ask job", _name(number), {"use_case": new.use_case, "recipe": new.recipe})
    return number


def _claim(connection: Connection, worker: str, at: datetime, gone: Collection[str], only: int | None) -> Job | None:
    left = and_(table.c.state == JobState.RUNNING, or_(table.c.lease < instant(at), table.c.worker.in_(gone)))
    free = select(table).where(or_(table.c.state == JobState.WAITING, left)).order_by(table.c.id).limit(1)
    if only is not None:
        free = free.where(table.c.id == only)
    while (row := connection.execute(free.with_for_update(skip_locked=True)).one_or_none()) is not None:
        if row.cancel:
            _close(connection, row, JobState.CANCELLED, at, message=_STOPPED)
        elif row.attempts >= MOST_ATTEMPTS:
            said = f"begun {row.attempts} times and never came to an end; the last worker was {row.worker}."
            _close(connection, row, JobState.FAILED, at, message=f"{said} Once mended: trivet jobs resume {row.id}")
        else:
            raised = {"token": row.token + 1, "attempts": row.attempts + 1}
            _set(connection, row.id, state=JobState.RUNNING, worker=worker, lease=instant(at + LEASE), **raised)
            return _read(connection, row.id)
    return None


def hold(connection: Connection, claim: Claim) -> None:
    """Lock a job's row until the transaction ends, so that what is written here is written by its holder.

    Raises JobLost when it is another worker's by now, JobCancelled when it is to stop.
    """
    if _held(connection, claim).cancel:
        raise JobCancelled(f"job {claim.job} was cancelled")


def keep(connection: Connection, claim: Claim, address: str) -> None:
    """Leave the address of what a job wrote as its checkpoint, in the transaction that wrote it."""
    _set(connection, claim.job, checkpoint=address)


def _held(connection: Connection, claim: Claim) -> Row[*tuple[Any, ...]]:
    row = _locked(connection, claim.job)
    if row.token != claim.token or row.state != JobState.RUNNING:
        raise JobLost(
            f"job {claim.job} is {row.state} at its attempt {row.token}, this worker began attempt {claim.token}: "
            "another one goes on with it. Nothing was written."
        )
    return row


def _locked(connection: Connection, number: int) -> Row[*tuple[Any, ...]]:
    row = connection.execute(select(table).where(table.c.id == number).with_for_update()).one_or_none()
    return row if row is not None else _unknown(connection, number)


def _unknown(connection: Connection, number: int) -> Row[*tuple[Any, ...]]:
    known = connection.execute(select(func.count()).select_from(table)).scalar_one()
    raise NotFound(f"job {number} does not exist ({known} known). See: trivet jobs")


def _set(connection: Connection, number: int, **values: str | int | None) -> None:
    connection.execute(update(table).where(table.c.id == number).values(values))


def _close(
    connection: Connection,
    row: Row[*tuple[Any, ...]],
    state: JobState,
    at: datetime,
    *,
    result: str | None = None,
    message: str | None = None,
) -> None:
    _set(connection, row.id, state=state, worker=None, lease=None, ended=instant(at), result=result, message=message)
    stamp = Stamp(actor=ActorId(row.actor), at=at, source="job", group=_name(row.id))
    note(connection, stamp, "end job", _name(row.id), {"state": state, "token": row.token, "result": result})


def _name(number: int) -> str:
    return f"job-{number}"


def read_jobs(connection: Connection) -> tuple[Job, ...]:
    """Give every job, oldest first."""
    return tuple(_job(row) for row in connection.execute(select(table).order_by(table.c.id)))


def _read(connection: Connection, number: int) -> Job:
    row = connection.execute(select(table).where(table.c.id == number)).one_or_none()
    return _job(row if row is not None else _unknown(connection, number))


def _job(row: Row[*tuple[Any, ...]]) -> Job:
    return Job(
        id=row.id,
        use_case=row.use_case,
        arguments=row.arguments,
        recipe=Digest(row.recipe),
        state=JobState(row.state),
        done=row.done,
        of=row.of,
        words=row.words,
        worker=row.worker,
        lease=moment(row.lease) if row.lease else None,
        token=row.token,
        cancel=bool(row.cancel),
        attempts=row.attempts,
        checkpoint=row.checkpoint,
        result=row.result,
        message=row.message,
        asked=moment(row.asked),
        actor=ActorId(row.actor),
        ended=moment(row.ended) if row.ended else None,
    )
