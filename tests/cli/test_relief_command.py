"""`trivet relief`: prices for people and programs, and a clear line when nothing binds."""

import json
import sys
from pathlib import Path

import pytest

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


def test_relief_says_each_price_in_words_with_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("relief", "--where", "resource=L1", "--from", "2027-04") == 0
    said = capsys.readouterr().out
    assert "A Saturday (7.2 h) on L1 in 2027-04 is worth" in said
    assert "Version main-1." in said
    assert call("relief", "--where", "resource=L1", "--from", "2027-04", "--json") == 0
    (relief,) = json.loads(capsys.readouterr().out)["prices"]["reliefs"]
    assert (relief["name"], relief["bucket"], relief["block"]) == ("L1", "2027-04", "7.200")
    assert relief["said"] in said


def test_relief_of_calm_buckets_says_that_nothing_binds(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("relief", "--from", "2027-12") == 0
    assert "Nothing binds" in capsys.readouterr().out


def test_unknown_resource_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("relief", "--where", "resource=L9") == 2
    assert "L9" in capsys.readouterr().err
