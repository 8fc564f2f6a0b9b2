from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.store.sample import CERTIFICATE, MAIN, START, add, approve, change, keep, plan, stamp, start
from trivet.core.errors import Conflict, NotFound
from trivet.core.ids import Digest, Seq
from trivet.store import Job, JobCancelled, JobLost, JobState, NewJob, Store, restore
from trivet.store.database import writing
from trivet.store.jobs import LEASE, MOST_ATTEMPTS
from trivet.store.stored import VersionState

SOON = START + timedelta(seconds=1)
LATE = START + 2 * LEASE


def new(recipe: str = "r1", use_case: str = "make_plan") -> NewJob:
    return NewJob(use_case=use_case, arguments="{}", recipe=Digest(recipe))


def begun(store: Store, recipe: str = "r1", worker: str = "w1") -> Job:
    store.jobs.ask(new(recipe), stamp())
    job = store.jobs.claim(worker, START)
    assert job is not None
    return job


def v10(store: Store) -> tuple[bool, str]:
    (check,) = [check for check in store.doctor() if check.name.startswith("V10")]
    return check.passed, check.message


def test_the_same_recipe_waits_or_runs_once_and_again_after_its_end(store: Store) -> None:
    first = store.jobs.ask(new(), stamp())
    assert (first.id, first.state, first.actor, first.asked) == (1, JobState.WAITING, "anna", START)
    assert store.jobs.ask(new(), stamp("bert")).id == 1
    job = store.jobs.claim("w1", START)
    assert job is not None
    assert store.jobs.ask(new(), stamp("bert")).id == 1
    store.jobs.end(job.claim, JobState.DONE, SOON, result="main-1")
    assert store.jobs.ask(new(), stamp("bert")).id == 2
    newest = store.jobs.newest(Digest("r1"))
    assert newest is not None
    assert newest.id == 2
    assert store.jobs.newest(Digest("other")) is None


def test_jobs_are_taken_oldest_first_and_each_by_one(store: Store) -> None:
    for recipe in ("a", "b", "c"):
        store.jobs.ask(new(recipe), stamp())
    taken = [store.jobs.claim(worker, START) for worker in ("w1", "w2")]
    assert [job and (job.id, job.worker, job.token, job.attempts) for job in taken] == [
        (1, "w1", 1, 1),
        (2, "w2", 1, 1),
    ]
    assert store.jobs.claim("w1", START, only=2) is None
    only = store.jobs.claim("w1", START, only=3)
    assert only is not None
    assert only.id == 3
    assert store.jobs.claim("w1", START) is None


def test_progress_is_seen_and_holds_the_job_for_another_lease(store: Store) -> None:
    job = begun(store)
    store.jobs.tick(job.claim, 2, 4, "demand", SOON)
    seen = store.jobs.read(job.id)
    assert (seen.done, seen.of, seen.words, seen.lease) == (2, 4, "demand", SOON + LEASE)
    assert store.jobs.claim("w2", START + LEASE) is None
    assert store.jobs.renew(job.claim, LATE)
    assert store.jobs.claim("w2", LATE + LEASE) is None


def test_a_job_whose_lease_ran_out_goes_to_another_and_its_former_holder_writes_nothing(store: Store) -> None:
    snapshot = start(store)
    job = begun(store)
    fenced = store.under(job.claim)
    taken = store.jobs.claim("w2", LATE)
    assert taken is not None
    assert (taken.id, taken.token, taken.attempts, taken.worker) == (job.id, 2, 2, "w2")
    with pytest.raises(JobLost, match="attempt 2, this worker began attempt 1"):
        fenced.put_version(MAIN, Seq(0), plan(), snapshot, stamp())
    with pytest.raises(JobLost):
        add(fenced)
    with pytest.raises(JobLost):
        fenced.put_snapshot("other", {}, (), "{}", stamp())
    with pytest.raises(JobLost):
        store.jobs.tick(job.claim, 1, 1, "x", LATE)
    with pytest.raises(JobLost):
        store.jobs.end(job.claim, JobState.DONE, LATE)
    assert not store.jobs.renew(job.claim, LATE)
    store.jobs.release(job.claim)
    assert store.jobs.read(job.id) == taken
    assert (store.versions(), store.head(MAIN)) == ((), 0)
    assert store.under(taken.claim).put_version(MAIN, Seq(0), plan(), snapshot, stamp(group=taken.claim.group))
    assert store.jobs.read(job.id).checkpoint == "main-1"


def test_a_worker_known_to_be_gone_loses_its_job_at_once(store: Store) -> None:
    begun(store, worker="dead")
    assert store.jobs.claim("w2", SOON) is None
    assert store.jobs.claim("w2", SOON, gone=("dead",)) is not None


def test_what_a_job_writes_leaves_its_address_as_checkpoint_in_the_same_transaction(store: Store) -> None:
    start(store)
    job = begun(store)
    fenced = store.under(job.claim)
    with pytest.raises(ValueError, match="1 entries but effects of 0"):
        fenced.append(MAIN, [change()], stamp(), seen=None, effects=lambda _: [])
    assert store.jobs.read(job.id).checkpoint is None
    add(fenced)
    assert store.jobs.read(job.id).checkpoint == "main:1"
    digest = fenced.put_snapshot("other", {}, (), "{}", stamp())
    assert store.jobs.read(job.id).checkpoint == digest


def test_a_running_job_stops_at_its_next_step_when_cancelled(store: Store) -> None:
    start(store)
    job = begun(store)
    asked = store.jobs.cancel(job.id, stamp("bert"))
    assert (asked.state, asked.cancel) == (JobState.RUNNING, True)
    with pytest.raises(JobCancelled):
        store.jobs.tick(job.claim, 1, 4, "demand", SOON)
    with pytest.raises(JobCancelled):
        add(store.under(job.claim))
    ended = store.jobs.end(job.claim, JobState.CANCELLED, SOON, message="stopped")
    assert (ended.state, ended.message, ended.lease, ended.worker, ended.ended) == (
        JobState.CANCELLED, "stopped", None, None, SOON,
    )  # fmt: skip
    assert store.head(MAIN) == 0
    assert v10(store) == (True, "")


def test_a_waiting_or_abandoned_job_is_cancelled_at_once_and_an_ended_one_not_at_all(store: Store) -> None:
    waiting = store.jobs.ask(new("a"), stamp())
    assert store.jobs.cancel(waiting.id, stamp()).state is JobState.CANCELLED
    abandoned = begun(store, "b")
    assert store.jobs.cancel(abandoned.id, stamp(), gone=("w1",)).state is JobState.CANCELLED
    with pytest.raises(JobLost):
        store.jobs.end(abandoned.claim, JobState.DONE, SOON)
    with pytest.raises(Conflict, match="job 1 is cancelled already"):
        store.jobs.cancel(1, stamp())
    with pytest.raises(NotFound, match=r"job 9 does not exist \(2 known\)"):
        store.jobs.cancel(9, stamp())
    assert v10(store) == (True, "")


def test_a_cancelled_job_whose_worker_died_is_ended_by_the_next_one(store: Store) -> None:
    job = begun(store)
    store.jobs.cancel(job.id, stamp())
    assert store.jobs.claim("w2", LATE) is None
    assert store.jobs.read(job.id).state is JobState.CANCELLED


def test_a_job_that_takes_its_workers_down_fails_and_may_be_tried_again(store: Store) -> None:
    store.jobs.ask(new(), stamp())
    for attempt in range(MOST_ATTEMPTS):
        assert store.jobs.claim("w", START + attempt * 2 * LEASE) is not None
    assert store.jobs.claim("w", START + timedelta(days=1)) is None
    failed = store.jobs.read(1)
    assert failed.state is JobState.FAILED
    assert "begun 10 times" in (failed.message or "")
    again = store.jobs.again(1, stamp())
    assert (again.state, again.attempts, again.message) == (JobState.WAITING, 0, None)
    assert store.jobs.again(1, stamp()) == again
    job = store.jobs.claim("w", LATE)
    assert job is not None
    store.jobs.end(job.claim, JobState.DONE, LATE)
    assert v10(store) == (False, "job 1 made version None, which is not there. "
                          "Restore the last backup (trivet restore) and compare.")  # fmt: skip


def test_a_released_job_waits_for_the_next_worker(store: Store) -> None:
    job = begun(store)
    store.jobs.release(job.claim)
    assert store.jobs.read(job.id).state is JobState.WAITING
    taken = store.jobs.claim("w2", START)
    assert taken is not None
    assert taken.token == 2


def test_publishing_puts_what_follows_among_the_jobs_in_the_same_transaction(store: Store) -> None:
    version = keep(store, start(store))
    with pytest.raises(Conflict):
        store.publish(version, CERTIFICATE, stamp(), then=[new("pack", "export_plan")])
    assert store.jobs.all() == ()
    approve(store, version)
    store.publish(version, CERTIFICATE, stamp(), then=[new("pack", "export_plan")])
    assert [(job.use_case, job.state) for job in store.jobs.all()] == [("export_plan", JobState.WAITING)]
    assert store.version(version).state is VersionState.PUBLISHED


def done(store: Store) -> Job:
    """A plan made by a job."""
    snapshot = start(store)
    job = begun(store)
    version = store.under(job.claim).put_version(MAIN, Seq(0), plan(), snapshot, stamp(group=job.claim.group))
    return store.jobs.end(job.claim, JobState.DONE, SOON, result=version)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM audit WHERE what = 'end job'", "the audit trail does not say so"),
        ("UPDATE job SET token = 7", "the audit trail does not say so"),
        ("UPDATE job SET state = 'waiting'", "was done before"),
        ("UPDATE job SET result = 'main-9'", "made version main-9, which is not there"),
        ('INSERT INTO audit SELECT 99, at, actor, source, "group", what, subject, detail FROM audit '
         "WHERE what = 'end job'", "ended twice under one token"),
        ('INSERT INTO audit SELECT 99, at, actor, source, "group", what, subject, detail FROM audit '
         "WHERE what = 'keep plan'", "was done more than once"),
    ],
)  # fmt: skip
def test_the_doctor_finds_a_job_whose_effect_did_not_happen_once(store: Store, statement: str, fault: str) -> None:
    done(store)
    assert v10(store) == (True, "")
    with writing(store.engine) as connection:
        ending = " ON audit" if store.engine.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER freeze_audit_delete{ending}"))
        connection.execute(text(statement))
    passed, message = v10(store)
    assert not passed
    assert fault in message


def test_the_doctor_finds_one_recipe_running_twice_and_minds_no_running_job(store: Store) -> None:
    begun(store)
    assert v10(store) == (True, "")
    with writing(store.engine) as connection:
        columns = 'use_case, arguments, recipe, state, words, asked, actor, done, "of", token, cancel, attempts'
        connection.execute(text(f"INSERT INTO job (id, {columns}) SELECT 9, {columns} FROM job"))  # noqa: S608
    assert "recipe r1 waits or runs 2 times" in v10(store)[1]


def test_a_backup_carries_the_jobs_and_their_numbers_go_on(store: Store, tmp_path: Path) -> None:
    job = done(store)
    store.backup(tmp_path / "b.db")
    back = restore(tmp_path / "b.db", tmp_path / "back")
    assert back.jobs.all() == (job,)
    assert back.jobs.ask(new("next"), stamp()).id == 2
    back.close()
