"""A quarter or year of a table says when it holds only some of its months (D5)."""

import pytest

import trivet
from tests.planned import Open


def test_two_months_of_a_plan_are_not_shown_as_a_year(open_as: Open) -> None:
    answer = trivet.show_numbers(open_as("ada"), "constrained_revenue", trivet.View(period="year"))
    assert answer.periods[0] == "FY2026"
    assert answer.note.startswith("FY2026 holds 2 of 12 buckets")
    assert "FY2027" not in answer.note


def test_year_that_is_not_over_is_told_of_history(open_as: Open) -> None:
    answer = trivet.show_numbers(
        open_as("ada"), "shipments", trivet.View(period="quarter", first="2026-Q3", last="2026-Q4")
    )
    assert answer.note == "FY2026-Q4 holds 1 of 3 buckets"


@pytest.mark.parametrize(
    ("measure", "view"),
    [
        ("constrained_revenue", trivet.View(period="year", first="FY2027")),
        ("constrained_revenue", trivet.View()),
        ("projected_stock", trivet.View(period="year")),
    ],
    ids=["whole", "months", "stock"],
)
def test_whole_years_single_months_and_stocks_need_no_word(open_as: Open, measure: str, view: trivet.View) -> None:
    assert trivet.show_numbers(open_as("ada"), measure, view).note == ""
