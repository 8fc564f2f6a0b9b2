"""`trivet jobs`, `trivet worker`, and long work in the background, for people and programs; and Ctrl-C."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

import trivet
from trivet.cli.main import run
from trivet.cli.progress import Tell
from trivet.core.said import Said
from trivet.workspace.workspace import Workspace

Open = Callable[[str], Workspace]
Ended = tuple[int, str, str]


@pytest.fixture
def call(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run the command line here, and give its exit code, what it said and what it complained about."""
    monkeypatch.setenv("TRIVET_WORKSPACE", str(home))
    monkeypatch.setenv("TRIVET_ACTOR", "ada")

    def ended(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["trivet", *words])
        with pytest.raises(SystemExit) as stop:
            run()
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    return ended


Call = Callable[..., Ended]


def test_a_plan_goes_to_the_background_is_listed_and_run(call: Call) -> None:
    assert "No jobs." in call("jobs")[1]
    code, said, _ = call("plan", "--background")
    assert (code, said) == (0, "Job 1, plan main: waiting. Run it: trivet worker --once\n")
    listed = call("jobs")[1]
    assert "plan main" in listed
    assert "Run what waits: trivet worker --once" in listed
    code, said, _ = call("worker", "--once")
    assert (code, said) == (0, "Job 1, plan main: done, main-1.\n")
    assert call("worker", "--once")[1] == "Nothing waits.\n"
    (job,) = json.loads(call("jobs", "--json")[1])["jobs"]
    assert (job["state"], job["result"], job["stage"], job["done"], job["of"]) == ("done", "main-1", "money", 1, 1)


def test_progress_of_a_job_is_listed_while_it_runs(call: Call, open_as: Open) -> None:
    ada = open_as("ada")
    trivet.plan_in_background(ada)
    job = ada.store.jobs.claim("elsewhere/1/x", ada.clock())
    assert job is not None
    ada.store.jobs.tick(job.claim, 1, 3, "supply", ada.clock())
    assert "running, supply 1 of 3" in call("jobs")[1]
    assert call("jobs", "cancel", "1")[1].startswith("Job 1, plan main: stopping, supply 1 of 3.")
    assert "stopping, supply 1 of 3" in call("jobs")[1]
    assert call("doctor")[0] == 0


def test_a_waiting_job_is_cancelled_and_may_be_resumed(call: Call) -> None:
    call("plan", "--background")
    assert "cancelled" in call("jobs", "cancel", "1")[1]
    code, _, complaint = call("jobs", "cancel", "1")
    assert (code, complaint) == (1, "trivet: job 1 is cancelled already: there is nothing to cancel.\n")
    assert call("jobs", "resume", "1")[1] == "Job 1, plan main: done, main-1.\n"
    assert call("jobs", "resume")[1] == "Nothing waits.\n"
    code, _, complaint = call("jobs", "resume", "7")
    assert code == 2
    assert "job 7 does not exist (1 known)" in complaint
    code, _, complaint = call("jobs", "cancel")
    assert code == 2
    assert "which job" in complaint


def test_publish_leaves_the_pack_to_a_worker_when_asked(call: Call, home: Path) -> None:
    call("submit")
    call("approve")
    code, said, _ = call("publish", "--background")
    assert code == 0
    assert "Job 1, pack main-1: waiting. Run it: trivet worker --once" in said
    assert str(home / "packs" / "bikes-main-1.xlsx") in call("jobs", "resume")[1]


def test_a_pack_that_can_not_be_written_is_said_and_the_plan_is_published(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    call("submit")
    call("approve")
    code, said, _ = call("publish", "--to", str(tmp_path / "file"))
    assert code == 1
    assert "Published main-1" in said
    assert "Job 1, pack main-1: failed" in said
    code, said, _ = call("jobs", "resume", "1", "--json")
    assert code == 1
    assert json.loads(said)["jobs"][0]["state"] == "failed"


def test_without_once_the_worker_becomes_a_process_of_its_own_with_one_thread(
    call: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def become(_path: str, words: list[str], environment: dict[str, str]) -> NoReturn:
        assert words[1:] == ["-m", "trivet.worker", str(home), "--json"]
        assert environment["OMP_NUM_THREADS"] == environment["POLARS_MAX_THREADS"] == "1"
        raise SystemExit(7)

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("POLARS_MAX_THREADS", raising=False)
    monkeypatch.setattr(os, "execve", become)
    assert call("worker", "--json")[0] == 7


@pytest.mark.parametrize("stage", ["demand", "supply", "money"])
def test_ctrl_c_on_a_plan_leaves_no_half_state(
    call: Call, open_as: Open, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    def interrupt(_tell: Tell, told: str, _done: int, _of: int) -> None:
        if told == stage:
            raise KeyboardInterrupt

    ada = open_as("ada")
    said = Said(measure="consensus_demand", amount="500", where=("family=City",), first="2027-03", reason="fair")
    assert trivet.record_changes(ada, [said]).recorded
    before = ada.store.audit()
    monkeypatch.setattr(Tell, "__call__", interrupt)
    code, _, complaint = call("plan")
    assert (code, complaint) == (1, "trivet: cancelled; nothing half-done was kept\n")
    assert ada.store.audit() == before
    assert [version.id for version in ada.store.versions()] == ["main-1"]
    assert all(check.passed for check in ada.store.doctor())


def test_ctrl_c_after_the_freeze_says_what_is_published_and_what_waits(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_tell: Tell, told: str, _done: int, _of: int) -> None:
        if told == "pack":
            raise KeyboardInterrupt

    call("submit")
    call("approve")
    with monkeypatch.context() as patch:
        patch.setattr(Tell, "__call__", interrupt)
        code, _, complaint = call("publish")
    assert code == 1
    assert complaint == "trivet: cancelled; main-1 is published; its pack waits: trivet jobs resume 1\n"
    assert "done" in call("jobs", "resume", "1")[1]
