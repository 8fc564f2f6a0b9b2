"""Hours by the clock, allocation by priority and rough cut, by hand."""

from datetime import date

import numpy as np
import pytest

from trivet.core.buckets import Buckets, month_edges
from trivet.core.errors import InvalidInput
from trivet.supply.allocation import Claim, allocate_by_priority
from trivet.supply.rough_cut import bill_of_resources, overall_factors, resource_profile
from trivet.supply.shifts import Window, open_hours

JUNE = Buckets(edges=month_edges(date(2026, 6, 1), 1), first_open=0)
WEEKDAYS = frozenset(range(5))


def hours(
    *machines: tuple[Window, ...], stops: tuple[Window, ...] = (), closed: frozenset[date] = frozenset()
) -> float:
    return float(open_hours(machines, JUNE, stops=stops, closed=closed).sum())


def test_overlapping_shifts_count_once() -> None:
    assert hours((Window(opens=6, closes=14), Window(opens=12, closes=20))) == 30 * 14


def test_a_shift_on_weekdays_runs_on_weekdays() -> None:
    assert hours((Window(opens=6, closes=14, weekdays=WEEKDAYS),)) == 22 * 8


def test_a_stop_takes_only_hours_that_are_run() -> None:
    lunch = (Window(opens=12, closes=13),)
    assert hours((Window(opens=6, closes=12),), stops=lunch) == 30 * 6
    assert hours((Window(opens=6, closes=12.5),), stops=lunch) == 30 * 6
    assert hours((Window(first=date(2026, 6, 30)),), stops=lunch) == 23


def test_a_closed_day_gives_nothing_and_a_window_ends_with_its_last_day() -> None:
    assert hours((Window(last=date(2026, 6, 10)),), closed=frozenset({date(2026, 6, 3), date(2026, 6, 20)})) == 9 * 24


def test_each_machine_has_its_row() -> None:
    assert open_hours(((Window(),), ()), JUNE).tolist() == [[720.0], [0.0]]


def test_hours_that_are_none_are_refused() -> None:
    with pytest.raises(InvalidInput, match="from 17 to 9"):
        Window(opens=17, closes=9)


def test_equal_priorities_are_served_by_due_date_then_as_given() -> None:
    claims = [Claim(quantity=5, due=2), Claim(quantity=5, due=1), Claim(quantity=5, due=1)]
    assert allocate_by_priority(7, claims).tolist() == [0, 5, 2]
    assert allocate_by_priority(99, claims).tolist() == [5, 5, 5]
    with pytest.raises(InvalidInput, match="below 0"):
        allocate_by_priority(-1, claims)


def test_bill_of_resources_is_the_profile_without_offsets() -> None:
    quantity, hours = np.array([[10.0, 20.0], [5.0, 0.0]]), np.array([[1.0, 0.5], [2.0, 0.0]])
    assert bill_of_resources(quantity, hours).tolist() == [[20.0, 20.0], [5.0, 10.0]]


def test_profile_needs_hours_before_completion_and_the_past_counts_now() -> None:
    quantity, hours = np.array([[10.0, 20.0, 30.0]]), np.array([[[1.0, 2.0, 0.0, 0.0, 0.5]]])
    assert resource_profile(quantity, hours).tolist() == [[10 + 20 + 40 + 30.0, 20 + 60.0, 30.0]]


def test_overall_factors_lose_no_hour() -> None:
    shared_out = overall_factors(np.array([100.0, 50.0]), np.array([0.25, 0.75]))
    assert shared_out.tolist() == [[25.0, 12.5], [75.0, 37.5]]


def test_tables_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"add to 1\.1"):
        overall_factors(np.array([1.0]), np.array([0.6, 0.5]))
    with pytest.raises(InvalidInput, match="hours of 2 families for quantities of 1"):
        bill_of_resources(np.ones((1, 3)), np.ones((2, 2)))
