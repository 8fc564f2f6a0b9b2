"""Functions over time."""

import doctest

import numpy as np
import pytest

from trivet.core import company, expressions, quantities, spread, timefunctions, units
from trivet.core.ids import Counts
from trivet.core.timefunctions import (
    Fill,
    count,
    coverage,
    cumulative,
    current_value,
    dynamic_rolling,
    fill_missing,
    last_value,
    rolling_mean,
    rolling_sum,
    shift,
    weighted_average,
)

TRUE, FALSE = True, False


def rows(*values: list[int]) -> Counts:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize("module", [company, expressions, quantities, spread, timefunctions, units])
def test_examples_in_docstrings_run(module: object) -> None:
    failed, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)  # type: ignore[arg-type]
    assert failed == 0


def test_shift_looks_back_and_ahead() -> None:
    values = rows([1, 2, 3], [4, 5, 6])
    assert shift(values, 1).tolist() == [[0, 1, 2], [0, 4, 5]]
    assert shift(values, -2).tolist() == [[3, 0, 0], [6, 0, 0]]
    assert shift(values, 0).tolist() == values.tolist()
    assert shift(values, 9).tolist() == [[0] * 3] * 2


def test_cumulative_runs_along_the_buckets_of_each_series() -> None:
    assert cumulative(rows([1, 2], [3, 4])).tolist() == [[1, 3], [3, 7]]


def test_rolling_windows_are_short_at_the_start() -> None:
    values = rows([6, 3, 0, 3])
    assert rolling_sum(values, 3).tolist() == [[6, 9, 9, 6]]
    assert rolling_mean(values, 3).tolist() == [[6.0, 4.5, 3.0, 2.0]]
    with pytest.raises(ValueError, match="0 buckets"):
        rolling_sum(values, 0)


def test_dynamic_window_differs_by_series_and_bucket() -> None:
    windows = rows([1, 2, 0], [3, 3, 3])
    assert dynamic_rolling(rows([1, 2, 3], [1, 2, 3]), windows).tolist() == [[1, 3, 0], [1, 3, 6]]
    with pytest.raises(ValueError, match="fewer than 0"):
        dynamic_rolling(rows([1]), rows([-1]))


def test_count_of_values_so_far() -> None:
    assert count(np.array([[TRUE, FALSE, TRUE]])).tolist() == [[1, 1, 2]]


def test_weighted_average_without_weight_is_unknown() -> None:
    average, known = weighted_average(np.array([[1.0, 3.0], [1.0, 3.0]]), np.array([[1.0, 1.0], [0.0, 0.0]]))
    assert average.tolist() == [2.0, 0.0]
    assert known.tolist() == [True, False]


def test_last_value_is_unknown_before_the_first() -> None:
    values, known = last_value(rows([0, 7, 0, 9]), np.array([[FALSE, TRUE, FALSE, TRUE]]))
    assert values.tolist() == [[0, 7, 7, 9]]
    assert known.tolist() == [[False, True, True, True]]


def test_current_value_is_a_copy() -> None:
    values = rows([1, 2])
    found = current_value(values, 1)
    found[0] = 9
    assert values.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("how", "expected", "known"),
    [
        (Fill.ZERO, [0.0, 2.0, 0.0, 0.0, 8.0, 0.0], [TRUE] * 6),
        (Fill.PREVIOUS, [0.0, 2.0, 2.0, 2.0, 8.0, 8.0], [FALSE, *[TRUE] * 5]),
        (Fill.LINEAR, [0.0, 2.0, 4.0, 6.0, 8.0, 0.0], [FALSE, *[TRUE] * 4, FALSE]),
    ],
)
def test_missing_buckets_are_filled_only_as_asked(how: Fill, expected: list[float], known: list[bool]) -> None:
    present = np.array([FALSE, TRUE, FALSE, FALSE, TRUE, FALSE])
    values, there = fill_missing(np.array([0.0, 2.0, 0.0, 0.0, 8.0, 0.0]), present, how)
    assert values.tolist() == expected
    assert there.tolist() == known


DAYS = np.array([31, 28, 31, 30], dtype=np.int64)


def test_coverage_counts_whole_buckets_and_the_fraction_in_calendar_days() -> None:
    found = coverage(rows([30, 15, 0, 5]), rows([99, 20, 20, 40]), DAYS)
    assert found.days[0].tolist() == [28 + 31 * 0.5, 31 * 0.75, 0.0, 0.0]
    assert found.beyond[0].tolist() == [False, False, False, True]
    assert not found.without_demand.any()


def test_stock_beyond_the_last_known_demand_lasts_at_least_until_then() -> None:
    found = coverage(rows([80, 0, -5, 0]), rows([0, 20, 20, 40]), DAYS)
    assert found.days[0].tolist() == [89.0, 0.0, 0.0, 0.0]
    assert found.beyond[0].tolist() == [True, False, False, False]


def test_demand_known_for_some_buckets_only() -> None:
    found = coverage(rows([25, 25, 25, 25]), rows([0, 20, 20, 40]), DAYS, known=3)
    assert found.days[0].tolist() == [28 + 31 * 0.25, 31.0, 0.0, 0.0]
    assert found.beyond[0].tolist() == [False, True, True, True]


def test_no_known_demand_at_all() -> None:
    found = coverage(rows([5, 5]), rows([1, 1]), DAYS[:2], known=0)
    assert found.days.tolist() == [[0.0, 0.0]]
    assert found.beyond.all()


def test_stock_without_any_demand_has_no_days() -> None:
    found = coverage(rows([5, 5, 5]), rows([9, 0, 0]), DAYS[:3])
    assert found.without_demand[0].tolist() == [True, True, False]
    assert found.days[0].tolist() == [0.0, 0.0, 0.0]


def test_buckets_without_demand_are_passed_over() -> None:
    found = coverage(rows([10, 10, 0, 0]), rows([0, 0, 10, 10]), DAYS)
    assert found.days[0, 0] == 28 + 31
    assert not found.beyond[0, 0]
