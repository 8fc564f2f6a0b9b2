"""`trivet people`, and what the shell says to somebody who sees a part of the plan."""

import json
import sys
from pathlib import Path

import pytest

from tests.usecases.scoped import people_home, scoped_home
from trivet.cli.main import run

__all__ = ["people_home", "scoped_home"]


@pytest.fixture(autouse=True)
def there(scoped_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setenv("TRIVET_WORKSPACE", str(scoped_home))
    monkeypatch.setenv("COLUMNS", "160")


def call(actor: str, *words: str) -> int:
    sys.argv = ["trivet", "--actor", actor, *words]
    with pytest.raises(SystemExit) as stop:
        run()
    return int(stop.value.code or 0)


def test_people_are_listed_with_what_they_see_and_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("ada", "people") == 0
    said = capsys.readouterr().out
    assert "You are ada, who made the workspace" in said
    assert "region=Home, family=City" in said
    assert "guard against mistakes" in said
    assert call("sofia", "people", "--json") == 0
    assert [line["person"] for line in json.loads(capsys.readouterr().out)["people"]] == ["sofia"]


def test_who_sees_a_part_is_shown_that_part_and_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("sofia", "show") == 0
    said = capsys.readouterr().out
    assert "your part: region=Home" in said
    assert "stock" not in said
    assert call("sofia", "compare", "main") == 0
    assert "your part: region=Home" in capsys.readouterr().out
    assert call("sofia", "log") == 0
    assert "0 changes in main; your part: region=Home" in capsys.readouterr().out
    assert call("sofia", "plan") == 0
    assert "your part: region=Home" in capsys.readouterr().out


def test_refusals_end_with_1_and_strangers_are_told_the_way_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("sofia", "change", "consensus_demand", "+5%", "--from", "2027-03", "--reason", "x") == 1
    assert "--where region=Home" in capsys.readouterr().out
    assert call("sofia", "show", "gross_margin") == 1
    assert "not shown to the role sales" in capsys.readouterr().err
    assert call("eve", "show") == 1
    assert "trivet --actor NAME" in capsys.readouterr().err
