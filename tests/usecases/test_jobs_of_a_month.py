"""Long work of the tiny company: in the background, cancelled, killed at every stage, and done once."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

import trivet
import trivet.usecases.run_jobs as run_jobs_module
from trivet.core.errors import Conflict, NotFound
from trivet.core.ids import Digest
from trivet.core.options import PlanOptions
from trivet.core.said import Said
from trivet.engines.cached import Cached
from trivet.store import JobState, NewJob
from trivet.store.database import reading, writing
from trivet.store.schema import stage
from trivet.workspace.workers import ended_workers, this_worker
from trivet.workspace.workspace import Workspace

Open = Callable[[str], Workspace]
ROOT = Path(__file__).parents[2]


def edit(workspace: Workspace, amount: str = "500") -> None:
    said = Said(measure="consensus_demand", amount=amount, where=("family=City",), first="2027-03", reason="fair")
    assert trivet.record_changes(workspace, [said]).recorded


@dataclass
class Seen:
    """Remembers the steps it was told."""

    steps: list[tuple[str, int, int]] = field(default_factory=list)

    def __call__(self, stage: str, done: int, of: int) -> None:
        self.steps.append((stage, done, of))


@dataclass(kw_only=True)
class When:
    """Does something when the work has come to a step; remembers what came after it."""

    stage: str
    done: int
    act: Callable[[], None]
    then: Seen = field(default_factory=Seen)
    acted: bool = False

    def __call__(self, stage: str, done: int, of: int) -> None:
        if self.acted:
            self.then(stage, done, of)
        elif (stage, done) == (self.stage, self.done):
            self.acted = True
            self.act()


def v10(workspace: Workspace) -> bool:
    return all(check.passed for check in workspace.store.doctor() if check.name.startswith("V10"))


def test_a_plan_in_the_background_is_the_plan_made_at_once(open_as: Open) -> None:
    ada = open_as("ada")
    edit(ada)
    asked = trivet.plan_in_background(ada)
    assert (asked.number, asked.what, asked.state, asked.actor) == (1, "plan main", "waiting", "ada")
    assert trivet.plan_in_background(open_as("bob")).number == 1
    (ran,) = trivet.run_jobs(open_as("worker")).jobs
    assert (ran.state, ran.result, ran.stage, ran.done, ran.of) == ("done", "main-2", "money", 1, 1)
    version = ada.version("main")
    assert (version.actor, version.seq) == ("ada", 1)
    assert trivet.make_plan(ada).digest == version.digest
    assert trivet.run_jobs(ada).jobs == ()
    assert trivet.run_doctor(ada).healthy


def test_the_background_plans_what_was_asked_for_and_never_goes_back_behind_a_later_plan(open_as: Open) -> None:
    ada = open_as("ada")
    early = trivet.plan_in_background(ada, options=PlanOptions(allow_overtime=False))
    edit(ada)
    assert trivet.plan_in_background(ada).number == 2
    (first,) = trivet.resume_jobs(ada, early.number).jobs
    assert first.result is not None
    assert ada.version(first.result).seq == 0
    later = trivet.make_plan(ada).version
    again = trivet.plan_in_background(ada)
    assert again.number == 2
    assert [line.result for line in trivet.run_jobs(ada).jobs] == [later]
    assert len(ada.store.versions()) == 3


def test_a_plan_overtaken_by_a_later_state_is_not_made(open_as: Open) -> None:
    ada = open_as("ada")
    trivet.plan_in_background(ada, options=PlanOptions(allow_overtime=False))
    edit(ada)
    later = trivet.make_plan(ada).version
    (ran,) = trivet.run_jobs(ada).jobs
    assert (ran.state, ran.result) == ("done", later)
    assert len(ada.store.versions()) == 2


def test_nothing_is_put_among_the_jobs_that_can_not_be_planned(open_as: Open, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="scenario 'mian' does not exist"):
        trivet.plan_in_background(open_as("ada"), "mian")
    trivet.create_workspace(str(tmp_path / "new"))
    with pytest.raises(NotFound, match="trivet import"):
        trivet.plan_in_background(trivet.open_workspace(str(tmp_path / "new")))


def test_cancelling_stops_a_running_job_at_its_next_step_and_keeps_nothing(open_as: Open) -> None:
    ada, eva = open_as("ada"), open_as("eva")
    edit(ada)
    number = trivet.plan_in_background(ada).number

    def cancel() -> None:
        line = trivet.cancel_job(eva, number)
        assert (line.state, line.cancelling, line.stage, line.done) == ("running", True, "demand", 2)

    later = Seen()
    watched = replace(ada, progress=When(stage="demand", done=2, act=cancel, then=later))
    (ran,) = trivet.run_jobs(watched).jobs
    assert (ran.state, ran.message) == ("cancelled", "stopped at demand; nothing half-done was kept")
    assert later.steps == []
    assert [version.id for version in ada.store.versions()] == ["main-1"]
    with pytest.raises(Conflict, match="cancelled already"):
        trivet.cancel_job(ada, number)
    (again,) = trivet.resume_jobs(ada, number).jobs
    assert (again.state, again.result) == ("done", "main-2")
    assert v10(ada)


def test_a_failed_job_says_why_and_is_done_once_mended(open_as: Open, tmp_path: Path) -> None:
    ada = open_as("ada")
    (tmp_path / "file").write_text("no folder")
    publishable(ada, open_as("eva"))
    answer = trivet.publish_plan(ada, to=tmp_path / "file" / "packs")
    assert answer.published
    assert answer.pack is not None
    assert answer.pack.state == "failed"
    assert "Once mended" in (answer.pack.message or "") or "Nothing half-done" in (answer.pack.message or "")
    (tmp_path / "file").unlink()
    (again,) = trivet.resume_jobs(ada, answer.pack.number).jobs
    assert again.state == "done"
    assert Path(again.result or "").is_file()
    (unchanged,) = trivet.resume_jobs(ada, answer.pack.number).jobs
    assert unchanged == again


def publishable(ada: Workspace, eva: Workspace) -> None:
    trivet.submit_plan(ada)
    trivet.approve_plan(eva)


def test_publishing_writes_the_pack_at_once_or_leaves_it_to_a_worker(open_as: Open, home: Path) -> None:
    ada = open_as("ada")
    publishable(ada, open_as("eva"))
    answer = trivet.publish_plan(ada, background=True)
    assert answer.pack is not None
    assert (answer.pack.what, answer.pack.state) == ("pack main-1", "waiting")
    assert not (home / "packs").exists()
    (ran,) = trivet.run_jobs(ada).jobs
    pack = Path(ran.result or "")
    assert {pack, pack.with_suffix(".pdf")} == set((home / "packs").iterdir())
    assert [job.state for job in ada.store.jobs.all()] == [JobState.DONE]


def test_stopping_between_freeze_and_pack_loses_nothing(open_as: Open, home: Path) -> None:
    ada = open_as("ada")
    publishable(ada, open_as("eva"))

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="main-1 is published; its pack waits: trivet jobs resume 1"):
        trivet.publish_plan(replace(ada, progress=When(stage="pack", done=3, act=interrupt)))
    assert trivet.list_jobs(ada).jobs[0].state == "waiting"
    assert not [path for path in (home / "packs").iterdir() if path.suffix == ".xlsx"]
    (ran,) = trivet.resume_jobs(ada).jobs
    assert Path(ran.result or "").is_file()
    assert ran.attempts == 2
    assert v10(ada)


def forget_stages(workspace: Workspace) -> None:
    with writing(workspace.store.engine) as connection:
        connection.execute(delete(stage))


def stage_recipes(workspace: Workspace) -> set[str]:
    with reading(workspace.store.engine) as connection:
        return set(connection.execute(select(stage.c.recipe)).scalars())


CHILD = """
import os, signal, sys
from dataclasses import dataclass, field, replace
import trivet
stage, at = sys.argv[2], int(sys.argv[3])
def die(told, done, of):
    if (told, done) == (stage, at):
        os.kill(os.getpid(), signal.SIGKILL)
trivet.run_jobs(replace(trivet.open_workspace(sys.argv[1], actor="worker"), progress=die))
"""


def killed_at(home: Path, stage: str, done: int) -> None:
    ended = subprocess.run([sys.executable, "-c", CHILD, str(home), stage, str(done)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL


def test_a_killed_plan_repeats_only_its_unfinished_stage(open_as: Open, home: Path) -> None:
    ada = open_as("ada")
    trivet.plan_in_background(ada, options=PlanOptions(allow_overtime=False))
    forget_stages(ada)
    killed_at(home, "demand", 2)  # the forecast is finished, the plan is not
    stages = stage_recipes(ada)
    assert stages
    (left,) = trivet.list_jobs(ada).jobs
    assert (left.state, left.left_behind, left.stage, left.done) == ("running", True, "demand", 2)
    assert trivet.run_doctor(ada).healthy

    def refuse(*_: object) -> None:
        raise AssertionError("the forecast was worked out again")

    forecaster = ada.engines().forecaster
    assert isinstance(forecaster, Cached)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(forecaster.forecaster), "predict", refuse)
        (ran,) = trivet.run_jobs(ada).jobs
    assert (ran.state, ran.attempts) == ("done", 2)
    assert stage_recipes(ada) == stages


PLAN_STEPS = [*(("demand", done) for done in range(5)), *(("supply", done) for done in (0, 1, 3)), ("money", 1)]
PACK_STEPS = [("pack", done) for done in range(4)]


def killed_everywhere(ada: Workspace, eva: Workspace, home: Path, steps: int) -> None:
    """Plan and publish with a kill at every so many steps of the work; each effect is there once."""
    edit(ada)
    plan = trivet.plan_in_background(ada)
    kills = PLAN_STEPS[::steps]
    for step in kills:
        killed_at(home, *step)
    (ran,) = trivet.run_jobs(ada).jobs
    assert (ran.number, ran.state, ran.attempts) == (plan.number, "done", len(kills) + 1)
    assert [version.id for version in ada.store.versions()] == ["main-1", "main-2"]
    publishable(ada, eva)
    trivet.publish_plan(ada, background=True)
    kills = PACK_STEPS[::steps]
    for step in kills:
        killed_at(home, *step)
    (packed,) = trivet.run_jobs(ada).jobs
    assert (packed.state, packed.attempts) == ("done", len(kills) + 1)
    pack = Path(packed.result or "")
    assert {pack, pack.with_suffix(".pdf")} == set((home / "packs").iterdir())
    assert len(trivet.list_changes(ada).lines) == 1
    ends = [line for line in ada.store.audit() if line.what == "end job"]
    assert [json.loads(line.detail)["state"] for line in ends] == ["done", "done"]
    assert trivet.run_doctor(ada).healthy


def test_plan_and_pack_are_made_once_through_kills(open_as: Open, home: Path) -> None:
    killed_everywhere(open_as("ada"), open_as("eva"), home, steps=5)


@pytest.mark.accept
def test_plan_and_pack_are_made_once_through_a_kill_at_every_step(open_as: Open, home: Path) -> None:
    killed_everywhere(open_as("ada"), open_as("eva"), home, steps=1)


def test_a_plan_kept_by_a_worker_that_did_not_live_to_say_so_is_not_kept_again(open_as: Open) -> None:
    ada = open_as("ada")
    edit(ada)
    trivet.plan_in_background(ada)
    job = ada.store.jobs.claim("elsewhere/1/dead", ada.clock())
    assert job is not None
    held = replace(ada, store=ada.store.under(job.claim), new_id=lambda: job.claim.group)
    kept = trivet.make_plan(held).version
    ada.store.jobs.release(job.claim)
    (ran,) = trivet.run_jobs(ada).jobs
    assert (ran.state, ran.result) == ("done", kept)
    assert len(ada.store.versions()) == 2
    assert v10(ada)


def test_a_worker_whose_job_was_taken_over_writes_nothing_more(open_as: Open) -> None:
    ada = open_as("ada")
    edit(ada)
    trivet.plan_in_background(ada)

    def lose() -> None:
        assert ada.store.jobs.claim("another/1/x", datetime.now(UTC) + timedelta(hours=1))

    (ran,) = trivet.run_jobs(replace(ada, progress=When(stage="supply", done=0, act=lose))).jobs
    assert (ran.state, ran.attempts, ran.left_behind) == ("running", 2, False)
    assert len(ada.store.versions()) == 1
    assert trivet.run_jobs(ada).jobs == ()


def test_two_workers_at_once_do_every_job_once(open_as: Open, home: Path) -> None:
    ada = open_as("ada")
    for overtime in (True, False):
        for subcontract in (True, False):
            options = PlanOptions(allow_overtime=overtime, allow_subcontract=subcontract)
            trivet.plan_in_background(ada, options=options)
    edit(ada)
    trivet.plan_in_background(ada)
    ran: list[str] = []
    spaces = [trivet.open_workspace(str(home), actor=name) for name in ("w1", "w2")]
    threads = [threading.Thread(target=lambda w=w: ran.extend(j.what for j in trivet.run_jobs(w).jobs)) for w in spaces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ran) == 5
    assert [job.attempts for job in ada.store.jobs.all()] == [1] * 5
    assert v10(ada)


def test_a_silent_stage_keeps_its_lease_while_the_worker_lives(open_as: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = open_as("ada")
    monkeypatch.setattr(run_jobs_module, "BEAT", 0.01)
    trivet.plan_in_background(ada)
    leases: list[datetime] = []

    def wait() -> None:
        while len(leases) < 2 or leases[-1] == leases[0]:
            lease = ada.store.jobs.read(1).lease
            assert lease is not None
            leases.append(lease)

    (ran,) = trivet.run_jobs(replace(ada, progress=When(stage="demand", done=1, act=wait))).jobs
    assert ran.state == "done"
    assert leases[-1] > leases[0]


def test_a_mistake_in_a_job_fails_it_and_the_worker_lives_on(open_as: Open) -> None:
    ada = open_as("ada")
    new = NewJob(use_case="make_coffee", arguments="{}", recipe=Digest("c"))
    ada.store.jobs.ask(new, ada.stamp("test"))
    trivet.plan_in_background(ada)
    coffee, plan = trivet.run_jobs(ada).jobs
    assert (coffee.state, plan.state) == ("failed", "done")
    assert "KeyError: 'make_coffee'" in (coffee.message or "")


def test_only_processes_of_this_machine_that_are_no_more_count_as_ended() -> None:
    machine, number, nonce = this_worker().rsplit("/", 2)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    dead, own_number_before = f"{machine}/{child.pid}/x", f"{machine}/{number}/earlier"
    names = [this_worker(), dead, own_number_before, f"{machine}/1/init", f"elsewhere/{child.pid}/{nonce}"]
    assert ended_workers(names) == (dead, own_number_before)
