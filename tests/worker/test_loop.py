"""The worker's loop: jobs as they come, a line each, and an end that leaves nothing half-done."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import trivet
from trivet.core.errors import NotFound, Unavailable
from trivet.usecases.list_jobs import JobsAnswer
from trivet.worker import loop
from trivet.workspace.workspace import Workspace

Open = Callable[[str], Workspace]
ROOT = Path(__file__).parents[2]


class Enough(Exception):  # noqa: N818 - no error
    """Ends the endless loop of a test."""


def stop_at(look: int, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let the loop end when it has found nothing so many times."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) >= look:
            raise Enough

    monkeypatch.setattr(loop, "sleep", sleep)
    return slept


def test_jobs_are_done_as_they_come_and_each_is_told(
    open_as: Open, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = open_as("ada")
    trivet.plan_in_background(ada)
    slept = stop_at(2, monkeypatch)
    with pytest.raises(Enough):
        loop.serve(str(home), look=0.5)
    said = capsys.readouterr()
    assert said.out == "job 1, plan main: done, main-1\n"
    assert "waiting for jobs in sqlite" in said.err
    assert slept == [0.5, 0.5]


def test_a_program_reads_a_line_of_json_a_job(
    open_as: Open, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trivet.plan_in_background(open_as("ada"))
    stop_at(1, monkeypatch)
    with pytest.raises(Enough):
        loop.serve(str(home), as_json=True)
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["state"] == "done"


def test_a_database_that_is_away_for_a_moment_does_not_end_the_worker(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers: Iterator[Unavailable | JobsAnswer] = iter(
        [Unavailable("the database server is gone"), JobsAnswer(jobs=())]
    )

    def run(_workspace: Workspace, *, most: int) -> JobsAnswer:
        assert most == 1
        found = next(answers)
        if isinstance(found, Unavailable):
            raise found
        return found

    monkeypatch.setattr(loop, "run_jobs", run)
    stop_at(2, monkeypatch)
    with pytest.raises(Enough):
        loop.serve(str(home))
    assert "the database server is gone" in capsys.readouterr().err


def test_a_worker_without_a_workspace_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="trivet create"):
        loop.serve(str(tmp_path / "none"))


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_told_to_stop_ends_well(home: Path, sent: signal.Signals) -> None:
    command = [sys.executable, "-m", "trivet.worker", str(home)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        assert "waiting for jobs" in child.stderr.readline()
        child.send_signal(sent)
        told = child.stderr.read()
    assert child.returncode == 0
    assert "stopped" in told
