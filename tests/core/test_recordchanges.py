"""Records put into tables: typed, by key, all or nothing."""

from datetime import date

import polars as pl
import pytest

from tests.core.planlet import CORE, logged, model
from trivet.core.entries import RecordChange
from trivet.core.ids import Seq
from trivet.core.live import Given
from trivet.core.recordchanges import apply_record_changes
from trivet.core.tables import TableSpec, parse_tables

SPECS = parse_tables((CORE / "tables.toml").read_text(encoding="utf-8"))
BUCKETS = model().buckets


def put(table: str, key: dict[str, str], after: dict[str, str] | None) -> RecordChange:
    return RecordChange(table=table, key=tuple(key.items()), after=None if after is None else tuple(after.items()))


def applied(*entries: Given, table: str = "prices", rows: pl.DataFrame | None = None) -> pl.DataFrame:
    tables = {table: rows if rows is not None else SPECS[table].empty()}
    result, issues = apply_record_changes(tables, entries, SPECS, BUCKETS)
    assert not issues
    return result[table]


def refused(entry: RecordChange, rows: pl.DataFrame | None = None) -> str:
    before = {entry.table: rows} if rows is not None else {}
    result, (issue,) = apply_record_changes(before, [logged(3, entry)], SPECS, BUCKETS)
    assert dict(result) == before
    assert issue.code == "record.refused"
    assert issue.message.startswith("entry 3 of ann does not fit: ")
    return f"{issue.place.column}|{issue.place.value}|{issue.message}|{issue.advice}"


PROMOTION = {"family": "City", "first": "2026-12", "lift": "0.45", "cost": "1250.5"}


def test_new_record_is_typed_by_its_table() -> None:
    rows = applied(logged(1, put("promotions", {"promotion": "XMAS"}, PROMOTION)), table="promotions")
    assert rows.schema == SPECS["promotions"].empty().schema
    assert rows.row(0, named=True) | {"name": None} == {
        **dict.fromkeys(rows.columns),
        "promotion": "XMAS",
        "family": "City",
        "first": date(2026, 12, 1),
        "lift": 0.45,
        "cost": 12_505_000,
    }


def test_record_replaces_its_row_in_place_and_keeps_other_columns() -> None:
    first = put("promotions", {"promotion": "A"}, PROMOTION)
    second = put("promotions", {"promotion": "B"}, PROMOTION)
    change = put("promotions", {"promotion": "A"}, {"lift": "0.5", "status": "running"})
    rows = applied(logged(1, first), logged(2, second), logged(3, change), table="promotions")
    assert rows["promotion"].to_list() == ["A", "B"]
    assert rows.select("lift", "status", "family").row(0) == (0.5, "running", "City")
    assert rows["status"].to_list() == ["running", None]


def test_withdrawn_record_leaves_the_table_as_it_was() -> None:
    first = put("promotions", {"promotion": "A"}, PROMOTION)
    gone = put("promotions", {"promotion": "A"}, None)
    assert applied(logged(1, first), logged(2, gone), table="promotions").is_empty()
    undo = RecordChange(table="promotions", key=(), after=None, withdraws=Seq(2))
    assert applied(logged(1, first), logged(2, gone), logged(3, undo), table="promotions").height == 1


def test_empty_key_column_is_the_empty_text() -> None:
    key = {"item": "", "unit": "BOX"}
    once = put("unit_conversions", key, {"per_unit": "6"})
    again = put("unit_conversions", {"unit": "BOX"}, {"per_unit": "8"})
    rows = applied(logged(1, once), logged(2, again), table="unit_conversions")
    assert rows.rows() == [("", "BOX", "", 8.0)]


def test_attributes_of_open_tables_are_text() -> None:
    rows = applied(logged(1, put("items", {"item": "BK-1"}, {"colour": "red", "step": "0.5"})), table="items")
    assert rows.select("item", "colour", "step").row(0) == ("BK-1", "red", 500)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2026-11-30", date(2026, 11, 1)),
        ("2026-11", date(2026, 11, 1)),
        ("2026-W46", date(2026, 11, 1)),
        ("2031-05-07", date(2031, 5, 7)),
    ],
)
def test_bucket_is_its_first_day(written: str, stored: date) -> None:
    rows = applied(
        logged(1, put("promotions", {"promotion": "A"}, {**PROMOTION, "first": written})), table="promotions"
    )
    assert rows["first"][0] == stored


def test_flag_day_and_whole_number_are_read() -> None:
    launch = {"launch": "2027-01", "first_year": "500", "in_plan": "Yes", "probability": "0.75", "ramp": " 0.5 1 "}
    rows = applied(logged(1, put("launches", {"item": "BK-9"}, launch)), table="launches")
    assert rows.select("in_plan", "probability", "ramp", "first_year").row(0) == (True, 0.75, "0.5 1", 500_000)
    item = applied(logged(1, put("items", {"item": "BK-9"}, {"first_sale": "2027-01-15"})), table="items")
    assert item["first_sale"][0] == date(2027, 1, 15)
    rule = {"family": "City", "region": "", "stream": "sales"}
    rules = applied(logged(1, put("consensus_rules", rule, {"weight": "1", "first_lag": "3"})), table="consensus_rules")
    assert rules.row(0, named=True)["first_lag"] == 3


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (put("promotion", {"promotion": "A"}, PROMOTION), "there is no table 'promotion'.|Maybe 'promotions'?"),
        (put("qqq", {"promotion": "A"}, PROMOTION), "there is no table 'qqq'."),
        (put("promotions", {"promotion": "A"}, {"lft": "1"}), "lft|None|"),
        (put("promotions", {"promotion": "A"}, {"lft": "1"}), "promotions has no column 'lft'.|Maybe 'lift'?"),
        (put("promotions", {"promotion": "A"}, {"zzzzz": "1"}), "has no column 'zzzzz'.|Columns: promotion, name"),
        (put("promotions", {"promotion": "A"}, {"lift": "much"}), "lift|much|"),
        (put("promotions", {"promotion": "A"}, {"lift": "much"}), "lift is 'much'; expected a share like 0.05."),
        (put("promotions", {"promotion": "A"}, {"lift": "NaN"}), "lift is 'NaN'"),
        (put("promotions", {"promotion": "A"}, {"cost": "1.00001"}), "expected an amount with at most 4 decimals"),
        (put("promotions", {"promotion": "A"}, {"cost": "Infinity"}), "cost is 'Infinity'"),
        (put("promotions", {"promotion": "A"}, {"first": "2026-13"}), "expected 2026-11, 2026-W45 or a day"),
        (put("promotions", {"promotion": "A"}, {"first": "2026-W60"}), "bucket is '2026-W60'"),
        (put("promotions", {"promotion": "A"}, {"first": "soon"}), "bucket is 'soon'"),
        (put("promotions", {"promotion": "A"}, {"status": "late"}), "expected planned, running, done, cancelled."),
        (put("promotions", {"promotion": "A"}, {"first": "2026-12"}), "promotions promotion 'A' has no lift."),
        (put("promotions", {"promotion": "A"}, None), "promotions has no row promotion 'A'."),
        (put("launches", {"item": "A"}, {"in_plan": "maybe"}), "expected true or false"),
        (put("items", {"item": "A"}, {"step": "0.0005"}), "expected a quantity with at most 3 decimals"),
        (put("items", {"item": "A"}, {"last_sale": "31.12.2026"}), "expected a date like 2026-11-30"),
        (put("budget", {"family": "City"}, {"revenue": "5"}), "the key of budget lacks bucket"),
    ],
)
def test_record_that_does_not_fit_does_nothing_and_says_why(entry: RecordChange, says: str) -> None:
    assert says in refused(entry)


def test_two_wrong_values_are_two_issues() -> None:
    entry = put("promotions", {"promotion": "A"}, {"lift": "x", "cost": "y"})
    _, issues = apply_record_changes({}, [logged(1, entry)], SPECS, BUCKETS)
    assert [issue.place.column for issue in issues] == ["lift", "cost"]
    assert all(isinstance(spec, TableSpec) for spec in SPECS.values())


def test_record_of_a_bucket_key_finds_its_row() -> None:
    key = {"family": "City", "region": "", "bucket": "2026-12"}
    rows = applied(
        logged(1, put("budget", key, {"revenue": "100"})),
        logged(2, put("budget", {**key, "bucket": "2026-12-24"}, {"revenue": "120"})),
        table="budget",
    )
    assert rows.select("bucket", "revenue").rows() == [(date(2026, 12, 1), 1_200_000)]


def test_withdrawal_of_an_unknown_record_is_said() -> None:
    undo = RecordChange(table="budget", key=(), after=None, withdraws=Seq(9))
    _, (issue,) = apply_record_changes({}, [logged(1, undo)], SPECS, BUCKETS)
    assert issue.code == "entry.withdraws-unknown"
    assert issue.place.source == "budget"
