"""`trivet waterfall` as typed: lines of cycles, what came, and what changed since."""

import re
from pathlib import Path

import pytest

from tests.cli.test_accuracy_command import published_folder
from tests.cli.test_commands import Call, call

__all__ = ["call", "published_folder"]


def test_a_first_plan_has_a_waterfall_of_one_line_and_says_what_to_do(call: Call) -> None:
    shown = call("waterfall")
    assert shown.code == 0
    assert "consensus_demand, units, everything: what each cycle's plan said of each bucket" in shown.out
    assert "there is one version only" in shown.out
    assert "What changed since" not in shown.out


def test_earlier_plans_stand_above_what_came_and_changes_follow(
    tmp_path: Path, published_folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = str(tmp_path / "home")
    call("create", workspace=home)
    call("import", str(published_folder), workspace=home)
    call("plan", workspace=home)
    call("submit", workspace=home)
    monkeypatch.setenv("TRIVET_ACTOR", "eva")
    call("approve", workspace=home)
    assert call("publish", "--background", workspace=home).code == 0
    where = ("--where", "family=City", "--from", "2027-06")
    assert call("change", "consensus_demand", "+40", *where, "--reason", "x", workspace=home).code == 0
    shown = call("waterfall", "--by", "family", "--from", "2026-10", "--to", "2026-12", workspace=home)
    assert re.search(r"family +cycle +plan +2026-10 +2026-11 +2026-12\n", shown.out)
    assert re.search(r"City +2026-09 +published\.csv +[\d,]+ *\n", shown.out)
    assert "2026-08" not in shown.out
    found = re.search(r"City +2026-11 +(main-\d) +[\d,]+ +[\d,]+\n", shown.out)
    assert found
    version = found[1]
    assert re.search(r"City +2026-11 +main +[\d,]+ +[\d,]+\n", shown.out)
    assert re.search(r"City +actuals +[\d,]+", shown.out)
    since = call("waterfall", "--at", "family=City", workspace=home)
    assert re.search(rf"What changed since {version}, buckets 2026-11 to 20\d\d-\d\d, units; value in EUR", since.out)
    assert re.search(r"City +[\d,]+ +\+40 +[\d,]+ +\+40 +\+[\d,]+\n", since.out)
    same = call("waterfall", "baseline_demand", "--since", version, workspace=home)
    assert "Nothing." in same.out
    told = call("waterfall", "--since", version, "--json", workspace=home).json()
    assert told["causes"] == ["adjustments"]
    assert told["changes"][0]["causes"][0]["moved"] == "40.000"
