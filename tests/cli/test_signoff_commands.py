"""`trivet consensus` and `trivet health accept`: tables for people, JSON for programs, exits for scripts."""

from pathlib import Path

from tests.cli.test_commands import Call, call
from tests.usecases.test_finding_answers import PRICE, write_folder

__all__ = ["call"]


def test_consensus_shows_rule_forecast_and_approval_and_what_changed_since(call: Call, tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    call("create", workspace=home)
    call("import", str(write_folder(tmp_path / "folder", "C1")), workspace=home)
    call("plan", workspace=home)
    none = call("consensus", workspace=home)
    assert none.code == 0
    assert "0 of 2 families approved." in none.out
    assert "statistical" in none.out
    done = call("consensus", "approve", "kids", "--note", "with sales", workspace=home)
    assert done.code == 0
    assert "approved by" in done.out
    changed = call(
        "change", "consensus_demand", "+9", "--where", "family=Kids", "--from", "2027-03", "--reason", "x",
        workspace=home,
    )  # fmt: skip
    assert changed.code == 0
    assert "changed since approved: +9 units, +" in call("consensus", workspace=home).out
    found = call("consensus", "--json", workspace=home).json()
    kids = next(one for one in found["families"] if one["family"] == "Kids")
    assert (kids["approval"]["changed"], kids["approval"]["units"], kids["approval"]["note"]) == (
        True,
        "9.000",
        "with sales",
    )
    back = call("consensus", "withdraw", "Kids", workspace=home)
    assert "Kids" in back.out
    assert "open again" in back.out
    assert call("consensus", "approve", workspace=home).code == 2
    assert call("consensus", "approve", "--all", "--json", workspace=home).json()["recorded"]
    assert "2 of 2 families approved." in call("consensus", workspace=home).out
    held = call("--actor", "sam", "consensus", "approve", "City", workspace=home)
    assert held.code == 1
    assert "Nothing was signed." in held.out


def test_health_accepts_assigns_and_reopens_and_says_so(call: Call, tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    call("create", workspace=home)
    call("import", str(write_folder(tmp_path / "folder", "C1")), workspace=home)
    assert "trivet" in call("health", workspace=home).out
    assert call("health", "accept", workspace=home).code == 2
    assert call("health", "accept", PRICE, workspace=home).code == 2
    assigned = call("health", "assign", PRICE, "--owner", "kim", "--due", "2030-11-20", workspace=home)
    assert "[kim, until 2030-11-20]" in assigned.out
    done = call("health", "accept", PRICE, "--reason", "on Friday", "--until", "2099-01-31", workspace=home)
    assert done.code == 0
    assert "until 2099-01-31: on Friday." in done.out
    shown = call("health", workspace=home)
    assert shown.code == 0
    assert "Accepted 1: they do not block" in shown.out
    assert call("health", "--json", workspace=home).json()["health"]["accepted"][0]["code"] == PRICE
    held = call("--actor", "eva", "health", "reopen", PRICE, workspace=home)
    assert held.code == 1
    assert "Nothing was recorded." in held.out
    assert call("health", "reopen", PRICE, workspace=home).code == 0
    assert call("health", workspace=home).code == 1
    call("health", "accept", PRICE, "--reason", "on Friday", workspace=home)
    call("import", str(write_folder(tmp_path / "mended")), workspace=home)
    assert "no longer found." in call("health", workspace=home).out
