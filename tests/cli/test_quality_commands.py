"""`trivet health` and `trivet segments`, and classes as levels of `trivet show`."""

from pathlib import Path

import pytest

import trivet
from tests.cli.test_commands import Call, call
from tests.planned import Open
from trivet.core.errors import InvalidInput, NotFound

__all__ = ["call"]


def test_health_prints_trust_by_family_and_ends_with_one_when_something_blocks(call: Call) -> None:
    shown = call("health")
    answer = call("health", "--json")
    found = answer.json()
    assert shown.code == answer.code == (0 if found["ready"] else 1)
    assert "Trust of the company" in shown.out
    assert [trust["family"] for trust in found["health"]["families"]]
    assert all(finding["due"] and finding["role"] for finding in found["health"]["findings"])
    assert found["ready"] == (not any(finding["blocking"] for finding in found["health"]["findings"]))


def test_health_of_broken_data_blocks_and_names_role_and_day(tmp_path: Path, call: Call) -> None:
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "company.toml").write_text(
        '[company]\nname = "T"\ncurrency = "EUR"\n[time]\nfirst_bucket = "2025-01"\ncycle = "2026-11"\n'
    )
    (folder / "items.csv").write_text("item,family\nA,F\n")
    (folder / "orders.csv").write_text("item,bucket,quantity\nA,2026-09,5\nA,2026-10,6\n")
    home = str(tmp_path / "broken")
    call("create", workspace=home)
    call("import", str(folder), workspace=home)
    shown = call("health", workspace=home)
    assert shown.code == 1
    assert "blocks missing-price/F: 1 items (A) have no price" in shown.out
    assert "[role sales, until 2026-11-04]" in shown.out
    assert "finding blocks the cycle" in shown.out or "findings block the cycle" in shown.out
    assert "1 findings" not in shown.out


def test_health_needs_data(tmp_path: Path) -> None:
    trivet.create_workspace(str(tmp_path / "empty"), actor="ada")
    workspace = trivet.open_workspace(str(tmp_path / "empty"), actor="ada")
    with pytest.raises(NotFound, match="nothing was imported into scenario main yet"):
        trivet.show_health(workspace)


def test_segments_show_the_matrix_and_every_item(call: Call) -> None:
    shown = call("segments")
    assert shown.code == 0
    assert "X: items" in shown.out
    answer = call("segments", "--json").json()
    assert sum(cell["count"] for cell in answer["matrix"]) == len(answer["rows"])
    assert {row["life_cycle"] for row in answer["rows"]} <= {"new", "mature", "dying", "dead"}
    series = call("segments", "--by", "series")
    assert "market" in series.out


def test_classes_are_levels_of_show_and_filters(call: Call) -> None:
    shown = call("show", "demand_history", "--by", "abc", "--period", "year", "--json").json()
    assert {row["member"] for row in shown["rows"]} <= {"A", "B", "C", "Unassigned"}
    one = shown["rows"][0]["member"]
    part = call("show", "demand_history", "--by", "item", "--where", f"abc={one}", "--json").json()
    assert part["rows"]


def test_segments_of_anything_else_are_a_wrong_call(open_as: Open) -> None:
    with pytest.raises(InvalidInput, match="by is 'family'; expected item or series"):
        trivet.show_segments(open_as("ada"), by="family")
