"""`trivet locks`: what is fixed by hand, what it costs, and how many are not priced."""

import json
from pathlib import Path

import pytest

from tests.cli.test_relief_command import call


@pytest.fixture(autouse=True)
def there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [])
    monkeypatch.setenv("TRIVET_WORKSPACE", str(home))
    monkeypatch.setenv("TRIVET_ACTOR", "ada")


def test_without_a_lock_nothing_is_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("locks") == 0
    assert "Nothing is fixed by hand." in capsys.readouterr().out


def test_locks_are_told_with_cost_and_what_a_later_one_took_over(capsys: pytest.CaptureFixture[str]) -> None:
    for amount in ("100", "120"):
        where = ("--where", "family=City", "--from", "2027-02", "--reason", "agreed")
        assert call("change", "firm_production", amount, *where) == 0
    assert call("plan") == 0
    capsys.readouterr()
    assert call("locks", "--top", "1") == 0
    told = capsys.readouterr().out
    assert "entry 2 of ada, set 120 firm_production, family City, 2027-02 to 2027-02 (agreed), " in told
    assert "entry 1 of ada, set 100 firm_production, family City, 2027-02 to 2027-02 (agreed), is not priced." in told
    assert "Later entries hold all its cells." in told
    assert "1 not priced: trivet locks --top 2" in told
    assert call("locks", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["priced"], [lock["seq"] for lock in answer["locks"]["locks"]][:1]) in ((2, [2]), (2, [1]))
    assert {lock["held"] for lock in answer["locks"]["locks"]} == {"120.000", "0.000"}
