"""A worker in a process of its own, to be killed: does jobs of many effects, and says each it was told is written.

`python -m tests.store.job_writer ADDRESS NAME AHEAD`: AHEAD = minutes its clock is ahead; one that is far ahead takes
every job from its holder. A job writes `STEPS` entries, then keeps a plan; each third job also publishes it, which puts
a pack among the jobs. `do JOB TOKEN` begins a job, `step ADDRESS` was written, `done JOB` ends it, `lost JOB` was
taken over, `idle` = nothing is left. It says `ready` and begins when it reads a line.
"""

import json
import sys
from datetime import UTC, datetime, timedelta

from tests.store.sample import CERTIFICATE, MAIN, change, moves, plan, stamp
from trivet.core.ids import Digest, ScenarioId, Seq, VersionId
from trivet.core.records import Stamp
from trivet.store import Job, JobLost, JobState, NewJob, Store, VersionState, open_store

STEPS = 4


def say(*words: object) -> None:
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def new_job(number: int) -> NewJob:
    return NewJob(
        use_case="make_plan",
        arguments=json.dumps({"number": number, "publish": number % 3 == 2}),
        recipe=Digest(f"work {number}"),
    )


def scenario_of(job: Job) -> ScenarioId:
    """Each job has a scenario of its own, so that two workers' jobs don't refuse each other's publication."""
    return ScenarioId(f"s{json.loads(job.arguments)['number']}")


def do(store: Store, job: Job, now: datetime) -> str:
    """Go on where the job stands and give the address of its output."""
    if job.use_case == "export_plan":
        return f"pack of {json.loads(job.arguments)['version']}"
    held, scenario, by = store.under(job.claim), scenario_of(job), stamp("worker", group=job.claim.group)
    written = 0 if job.checkpoint is None else store.head(scenario)
    for step in range(written, STEPS):
        store.jobs.tick(job.claim, step, STEPS, "entries", now)
        held.append(scenario, [change(100 + step)], by, seen=None, effects=moves((step % 3, 2), after=step))
        say("step", scenario, step)
    version = keep(held, job, scenario, by)
    if json.loads(job.arguments)["publish"]:
        publish(held, version, by)
    return version


def keep(held: Store, job: Job, scenario: ScenarioId, by: Stamp) -> VersionId:
    kept = held.latest_version(scenario)
    if kept is not None:  # by an earlier attempt
        return kept.id
    snapshot = held.scenario(MAIN).snapshot
    assert snapshot is not None
    made = plan(quantity=job.id, inputs=f"in{job.id}", series=200)
    version = held.put_version(scenario, Seq(STEPS), made, snapshot, by)
    say("step", version)
    return version


def publish(held: Store, version: VersionId, by: Stamp) -> None:
    if held.version(version).state is VersionState.PUBLISHED:
        return
    if held.version(version).state is VersionState.DRAFT:
        held.set_state(version, VersionState.IN_REVIEW, by)
    if held.version(version).state is VersionState.IN_REVIEW:
        held.set_state(version, VersionState.APPROVED, by)
    pack = NewJob(use_case="export_plan", arguments=json.dumps({"version": version}), recipe=Digest(f"pack {version}"))
    held.publish(version, CERTIFICATE, by, then=[pack])
    say("step", "published", version)


def work(store: Store, name: str, ahead: timedelta) -> None:
    def now() -> datetime:
        return datetime.now(UTC) + ahead

    while (job := store.jobs.claim(name, now())) is not None:
        say("do", job.id, job.token)
        try:
            store.jobs.end(job.claim, JobState.DONE, now(), result=do(store, job, now()))
            say("done", job.id)
        except JobLost:
            say("lost", job.id)
    say("idle")


if __name__ == "__main__":
    opened = open_store(sys.argv[1])
    say("ready")
    sys.stdin.readline()  # so that two of them begin together
    work(opened, sys.argv[2], timedelta(minutes=int(sys.argv[3])))
    opened.close()
