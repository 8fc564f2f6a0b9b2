"""`trivet dimensions`, and `show` and `compare` down a hierarchy and by another structure."""

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


def test_dimensions_lists_levels_and_hierarchies(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("dimensions") == 0
    said = capsys.readouterr().out
    assert "item, 4 members" in said
    assert "hierarchy standard: region / channel / market" in said
    assert "family (2): City, Kids" in said
    assert call("dimensions", "--json") == 0
    lines = json.loads(capsys.readouterr().out)["dimensions"]
    assert [line["name"] for line in lines] == ["item", "market", "location", "resource", "supplier"]


@pytest.mark.parametrize("how", ["--as-was", "--today"])
def test_a_company_whose_members_never_moved_shows_the_same_by_every_structure(
    how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for words in ([], [how]):
        assert call("show", "shipments", "--by", "standard", "--from", "2026-01", "--json", *words) == 0
        said.append(json.loads(capsys.readouterr().out)["rows"])
    assert said[0] == said[1] != []
    assert call("compare", "main", "main", "--by", "standard", "--as-was") == 0
