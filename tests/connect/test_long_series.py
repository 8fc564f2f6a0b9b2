"""Long files as they come: other delimiters, decimal commas, dates of months and weeks, series of unequal length."""

from pathlib import Path

import pytest

from trivet.connect.long_series import read_series
from trivet.core.errors import InvalidInput


def write(tmp_path: Path, *lines: str, head: str = "series,bucket,quantity") -> Path:
    path = tmp_path / "long.csv"
    path.write_text("\n".join([head, *lines]) + "\n", "utf-8")
    return path


def test_series_of_unequal_length_end_together_and_rows_may_be_mixed(tmp_path: Path) -> None:
    found = read_series(write(tmp_path, "B,2,5", "A,3,3", "A,1,1", "A,2,2.5", "B,1,4"), 12)
    assert found.names == ("B", "A")
    assert found.values.tolist() == [[0, 4, 5], [1, 2.5, 3]]
    assert found.first.tolist() == [1, 0]


@pytest.mark.parametrize(
    "buckets",
    [
        ("2026-11", "2026-12", "2027-01"),
        ("2026-11-01", "2026-12-01", "2027-01-01"),
        ("2026-01-31", "2026-02-28", "2026-03-31"),
        ("202611", "202612", "202701"),
        ("Nov 2026", "Dec 2026", "Jan 2027"),
        ("2026-01-01", "2026-04-01", "2026-07-01"),
        ("2026-11-02", "2026-11-09", "2026-11-16"),
        ("2026-W45", "2026-W46", "2026-W47"),
        ("13.11.2026", "20.11.2026", "27.11.2026"),
        ("11/13/2026", "11/20/2026", "11/27/2026"),
        ("7", "8", "9"),
        ("2019", "2020", "2021"),
    ],
)
def test_buckets_as_people_write_them(tmp_path: Path, buckets: tuple[str, ...]) -> None:
    found = read_series(write(tmp_path, *(f"A,{bucket},{at}" for at, bucket in enumerate(buckets))), 12)
    assert found.values.tolist() == [[0, 1, 2]]


def test_days_that_can_be_read_twice_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as stop:
        read_series(write(tmp_path, "A,01/02/2026,1", "A,01/03/2026,1"), 12)
    assert "'01/02/2026' is no bucket" in str(stop.value.issues[0])


def test_semicolons_decimal_commas_and_other_order_of_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "1.234,50;2026-01;A", "2,25;2026-02;A", head="Quantity;Bucket;Series")
    assert read_series(path, 12).values.tolist() == [[1234.5, 2.25]]


def test_weeks_with_a_hole_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as stop:
        read_series(write(tmp_path, "A,2026-11-02,1", "A,2026-11-09,1", "A,2026-11-30,1"), 52)
    issue = stop.value.issues[0]
    assert (issue.place.row, issue.place.column, issue.place.value) == (4, "bucket", "2026-11-30")
    assert "2 buckets are missing" in issue.message


def test_uneven_steps_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as stop:
        read_series(write(tmp_path, "A,2026-11-02,1", "A,2026-11-09,1", "A,2026-11-18,1"), 52)
    assert stop.value.issues[0].code == "series.gap"
