"""`trivet pushdown`: what was handed over in one line, refusals in words, JSON for programs."""

import json
import sys
from pathlib import Path

import pytest

import trivet
from tests.planned import Open
from trivet.cli.main import run


def call(*words: str) -> int:
    sys.argv = ["trivet", *words]
    with pytest.raises(SystemExit) as stop:
        run()
    return int(stop.value.code or 0)


@pytest.fixture(autouse=True)
def there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setenv("TRIVET_WORKSPACE", str(home))
    monkeypatch.setenv("TRIVET_ACTOR", "ada")


def test_pushdown_refuses_a_draft_and_hands_a_published_plan_over(
    open_as: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "erp"
    assert call("pushdown", "--to", str(folder)) != 0
    assert "main-1 is draft; only a published plan is pushed down" in capsys.readouterr().err
    trivet.submit_plan(open_as("ada"))
    trivet.approve_plan(open_as("eva"))
    assert call("publish", "--background", "--pushdown", str(folder)) == 0
    assert "Job 2, push-down main-1: waiting." in capsys.readouterr().out
    assert call("pushdown", "--to", str(folder), "--weeks", "6") == 0
    said = capsys.readouterr().out
    assert "Version main-1 in 10 weeks, 2026-11 to 2026-12: 15 files in" in said
    assert "- " in said
    assert call("pushdown", "--to", str(folder), "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["passed"] is True
    assert answer["files"][-1] == "manifest.json"
