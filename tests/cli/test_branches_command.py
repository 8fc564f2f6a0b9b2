"""`trivet rebase`, `log --cell` and `--as-of`, for people and programs."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from trivet.cli.main import run

CITY = ("--where", "family=City", "--from", "2027-03")


@pytest.fixture(autouse=True)
def there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setenv("TRIVET_WORKSPACE", str(home))
    monkeypatch.setenv("TRIVET_ACTOR", "ada")


def test_a_branch_is_rebased_and_its_history_told(capsys: pytest.CaptureFixture[str]) -> None:
    def call(*words: str, code: int = 0) -> str:
        sys.argv = ["trivet", *words]
        with pytest.raises(SystemExit) as stop:
            run()
        said = capsys.readouterr()
        assert int(stop.value.code or 0) == code, said.err
        return said.out + said.err if code else said.out

    def answer(*words: str) -> Any:
        return json.loads(call(*words, "--json"))

    call("branch", "high")
    call("change", "consensus_demand", "+50", *CITY, "--reason", "case", "--scenario", "high")
    assert "stands on main at change 0, plan main-1 already: nothing moved" in call("rebase", "high")
    call("change", "consensus_demand", "700", *CITY, "--reason", "news")
    call("plan")
    shown = call("rebase", "high", "--preview")
    assert "high would stand on main at change 1, plan main-2; it stood on main at change 0, plan main-1." in shown
    assert "add 50 consensus_demand, family City" in shown
    assert "Nothing was changed. Do it: trivet rebase high --onto main" in shown
    done = answer("rebase", "high")
    assert (done["done"], done["head"], done["carried"][0]["after"]) == (True, 1, "750.000")
    assert {row["unit"] for row in done["differences"]} == {"units"}
    told = call("log", "--cell", "consensus_demand", *CITY, "--scenario", "high")
    assert "consensus_demand = 750 units, family=City, 2027-03, high at change 3, plan main-2" in told
    assert '"news": 180 -> 700 (+520)' in told
    assert '"case": 700 -> 750 (+50)' in told
    assert "Nobody changed it" in call("log", "--cell", "consensus_demand", "--where", "family=Kids")
    was = answer("log", "--scenario", "high", "--as-of", "1")
    assert [(line["scenario"], line["seq"]) for line in was["lines"]] == [("high", 1)]
    then = answer("show", "consensus_demand", *CITY, "--plan", "high", "--as-of", "1")
    assert [row["values"] for row in then["rows"] if row["member"] == "City"] == [["230.000"]]
    assert (
        answer("explain", "consensus_demand", *CITY, "--plan", "high", "--as-of", "1")["explanation"]["value"]
        == "230.000"
    )
    assert "change 77 was never there" in call("log", "--as-of", "77", code=2)
    assert "is no branch" in call("rebase", "main", code=2)
    compared = answer("compare", "main-1", "main-2")
    assert (compared["before_scenario"], compared["after_scenario"]) == ("main", "main")
    assert (compared["first"], compared["last"]) == ("2026-11", "2027-12")
    assert {row["measure"]: row["unit"] for row in compared["differences"]}["constrained_revenue"] == "EUR"
    assert "main-1 (main) -> main-2 (main), buckets 2026-11 to 2027-12" in call("compare", "main-1", "main-2")


def test_the_doctor_speaks_in_words_and_its_json_has_the_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    for more in ((), ("--json",)):
        sys.argv = ["trivet", "doctor", *more]
        with pytest.raises(SystemExit):
            run()
    people, _, machine = capsys.readouterr().out.partition("Healthy.")
    assert "a locked cell never moves" in people
    assert not [line for line in people.splitlines() if " V1" in line or " V5" in line]
    assert any(check["name"].startswith("V5 ") for check in json.loads(machine)["checks"])
