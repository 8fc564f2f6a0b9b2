"""The scripts of make: coverage bars and touched rooms."""

from pathlib import Path

import pytest

from tools.coverage_bars import compare, count_rooms
from tools.touched_rooms import folders


def summary(ran: int, there: int) -> dict[str, dict[str, int]]:
    return {"summary": {"covered_lines": ran, "num_statements": there, "covered_branches": 0, "num_branches": 0}}


FILES = {
    "src/trivet/core/spread.py": summary(9, 10),
    "/clone/src/trivet/demand/history.py": summary(10, 10),
    "src/trivet/__init__.py": summary(1, 1),
}


def test_coverage_adds_up_by_room() -> None:
    rooms = count_rooms(FILES)
    assert rooms == {"core": (9, 10), "demand": (10, 10), "trivet": (1, 1), "total": (20, 21)}


@pytest.mark.parametrize(("bar", "missed"), [(90, 0), (90.1, 1)])
def test_room_under_its_bar_is_missed(bar: float, missed: int) -> None:
    assert len(compare(count_rooms(FILES), {"core": bar})[1]) == missed


def test_room_that_was_not_measured_is_missed() -> None:
    assert compare(count_rooms(FILES), {"reconcile": 95})[1] == ["no file of room reconcile was measured"]


def test_touched_room_runs_its_tests_and_the_architecture(tmp_path: Path) -> None:
    for room in ("architecture", "core", "demand"):
        (tmp_path / "tests" / room).mkdir(parents=True)
    changed = ["src/trivet/core/spread.py", "docs/index.md", "tests/store/test_log.py", "src/trivet/__init__.py"]
    assert folders(changed, tmp_path) == ["tests/architecture", "tests/core"]
