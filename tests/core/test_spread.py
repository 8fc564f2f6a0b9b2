"""Spread with locks, exactly."""

from datetime import date, timedelta

import numpy as np
import pytest

from trivet.core.buckets import Buckets, four_four_five_edges, month_edges, week_edges
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.issues import Issue, Severity
from trivet.core.spread import _hand_out, largest_remainder, share_out, split_buckets, spread


def free(count: int) -> Flags:
    return np.zeros(count, dtype=np.bool_)


def ints(*values: int) -> Counts:
    return np.array(values, dtype=np.int64)


def moved(total: int, current: Counts, **more: object) -> list[int]:
    settings: dict[str, object] = {"locked": free(len(current)), "step": 1, **more}
    weights = settings.pop("weights", current)
    result = spread(total, weights, current=current, **settings)  # type: ignore[arg-type]
    assert not isinstance(result, Issue), result
    return [int(value) for value in result]


def refusal(total: int, current: Counts, **more: object) -> Issue:
    settings: dict[str, object] = {"locked": free(len(current)), "step": 1, **more}
    result = spread(total, current, current=current, **settings)  # type: ignore[arg-type]
    assert isinstance(result, Issue), result
    assert result.severity is Severity.REFUSED
    return result


def test_moved_cells_are_multiples_of_the_step() -> None:
    values = moved(10_000, ints(1234, 5678, 2222), step=1000)
    assert sum(values) == 10_000
    assert all(value % 1000 == 0 for value in values)


def test_what_is_below_one_step_goes_to_the_largest_weight() -> None:
    assert moved(10_250, ints(1000, 7000, 2000, 7000), step=1000) == [1000, 4250, 1000, 4000]


def test_ties_go_to_the_first_even_where_floats_differ() -> None:
    # 8 pieces by 4, 1, 1: all remainders are a third, which floats do not see
    assert largest_remainder(8, ints(4, 1, 1)).tolist() == [6, 1, 1]
    assert largest_remainder(8, np.array([4.0, 1.0, 1.0])).tolist() == [6, 1, 1]


def test_shown_total_changes_nothing_though_baselines_are_not_whole() -> None:
    assert moved(6912, ints(1234, 5678), step=1000) == [1234, 5678]


def test_total_of_the_weights_gives_the_weights() -> None:
    assert moved(6912, ints(0, 0), weights=ints(1234, 5678), step=1000) == [1234, 5678]


def test_dead_cells_receive_nothing_and_lose_what_they_had() -> None:
    assert moved(90, ints(10, 10, 10), alive=np.array([True, False, True])) == [45, 0, 45]


def test_equal_shares_go_to_the_living_only() -> None:
    assert moved(90, ints(0, 0, 0), alive=np.array([True, False, True])) == [45, 0, 45]


def test_locked_dead_cell_keeps_its_value() -> None:
    alive, locked = np.array([False, True]), np.array([True, False])
    assert moved(50, ints(20, 20), alive=alive, locked=locked) == [20, 30]


def test_locked_zero_stays_zero() -> None:
    assert moved(50, ints(0, 20), weights=ints(5, 5), locked=np.array([True, False])) == [0, 50]


def test_cells_of_different_steps_keep_theirs_and_the_smallest_takes_the_rest() -> None:
    steps = ints(1000, 500, 1000)
    values = moved(10_500, ints(3000, 3000, 3000), step=steps)
    assert sum(values) == 10_500
    assert all(value % step == 0 for value, step in zip(values, steps.tolist(), strict=True))
    assert max(values) - min(values) <= 1000


def test_nothing_to_share_leaves_nothing() -> None:
    assert moved(0, ints(3, 4)) == [0, 0]


@pytest.mark.parametrize(
    ("total", "locked", "alive", "code", "text"),
    [
        (-1, (False, False), (True, True), "spread.below-zero", "-0.001"),
        (4, (True, False), (True, True), "spread.locks-exceed-total", "0.005"),
        (4, (True, True), (True, True), "spread.all-locked", "cell 1, cell 2"),
        (4, (True, False), (True, False), "spread.all-locked", "0.004"),
        (4, (False, False), (False, False), "spread.no-live-cell", "0.004"),
        (2**53, (False, False), (True, True), "spread.too-large", "9007199254740.992"),
    ],
)
def test_total_that_cannot_be_met_is_refused(
    total: int, locked: tuple[bool, ...], alive: tuple[bool, ...], code: str, text: str
) -> None:
    issue = refusal(total, ints(5, 5), locked=np.array(locked), alive=np.array(alive))
    assert issue.code == code
    assert text in issue.message
    assert issue.advice


def test_many_locks_are_named_and_counted() -> None:
    current = ints(*range(1, 10))
    issue = refusal(1, current, locked=np.ones(9, dtype=np.bool_), names=[f"item {i}" for i in range(9)])
    assert "item 0, item 1, item 2, item 3, item 4 and 4 more" in issue.message


@pytest.mark.parametrize("weights", [np.array([1.0, np.nan]), np.array([1.0, -1.0])])
def test_weights_must_be_numbers_above_zero(weights: Rates) -> None:
    with pytest.raises(ValueError, match="weight of a spread"):
        spread(10, weights, current=ints(1, 1), locked=free(2), step=1)


@pytest.mark.parametrize("whole", [1, 7, 2**52 + 1, 2**53 - 1])
def test_sum_is_exact_near_the_largest_numbers(whole: int) -> None:
    weights = np.random.default_rng(3).random(1001)
    result = largest_remainder(whole, weights)
    assert sum(result.tolist()) == whole
    assert result.min() >= 0


def test_quotients_just_below_a_whole_number_are_not_rounded_up() -> None:
    rng = np.random.default_rng(8)
    for _ in range(50):
        weights = rng.integers(1, 2**20, 50)
        whole = int(rng.integers(2**31, 2**32))
        result = largest_remainder(whole, weights)
        exact = [whole * w // int(weights.sum()) for w in weights.tolist()]
        assert sum(result.tolist()) == whole
        assert all(0 <= r - e <= 1 for r, e in zip(result.tolist(), exact, strict=True))


@pytest.mark.parametrize("left", [-2, 3, 5])
def test_what_floats_are_off_near_the_largest_numbers_goes_to_the_largest_weight(left: int) -> None:
    result = ints(10, 20, 30)
    _hand_out(result, np.zeros(3), left, ints(1, 3, 2))
    assert result.tolist() == [10, 20 + left, 30]


def test_largest_remainder_agrees_with_whole_number_arithmetic() -> None:
    rng = np.random.default_rng(9)
    for _ in range(100):
        weights = rng.integers(0, 50, 12)
        weights[0] += 1
        whole, total = int(rng.integers(0, 500)), int(weights.sum())
        floors = [whole * w // total for w in weights.tolist()]
        order = sorted(range(12), key=lambda i: (-(whole * int(weights[i]) % total), i))
        for i in order[: whole - sum(floors)]:
            floors[i] += 1
        assert largest_remainder(whole, weights).tolist() == floors


def test_share_out_keeps_each_group_and_shares_equally_without_weight() -> None:
    groups = ints(0, 1, 0, 2, 1, 2, 2)
    result = share_out(ints(100, 7, -10), ints(1, 0, 3, 1, 0, 1, 1), groups)
    assert result.tolist() == [25, 4, 75, -4, 3, -3, -3]


def test_share_out_gives_steps_and_the_rest_to_the_largest() -> None:
    assert share_out(ints(10_300), ints(1, 3, 1), ints(0, 0, 0), 1000).tolist() == [2000, 6300, 2000]


def test_share_out_of_nothing() -> None:
    assert share_out(ints(5), ints(), ints()).tolist() == []


def _buckets(edges: tuple[date, ...]) -> Buckets:
    return Buckets(edges=edges, first_open=0)


def _working(first: date, last: date) -> list[date]:
    days = [first + timedelta(days=i) for i in range((last - first).days)]
    return [day for day in days if day.weekday() < 5]


def test_four_four_five_quarter_split_into_weeks_and_back_is_equal() -> None:
    first = date(2027, 1, 4)
    fiscal, weeks = _buckets(four_four_five_edges(first, 3)), _buckets(week_edges(first, 13))
    counts = np.array([[4001, 4002, 5003], [0, 7, 1]], dtype=np.int64)
    working = _working(fiscal.edges[0], fiscal.edges[-1])
    by_week = split_buckets(counts, fiscal, weeks, working)
    assert by_week[:, :4].sum(axis=1).tolist() == [4001, 0]
    assert by_week[0, :4].tolist() == [1001, 1000, 1000, 1000]
    assert split_buckets(by_week, weeks, fiscal, working).tolist() == counts.tolist()


def test_weeks_split_onto_months_keep_each_series_to_the_quantum() -> None:
    weeks, months = _buckets(week_edges(date(2026, 11, 2), 20)), _buckets(month_edges(date(2026, 11, 1), 6))
    counts = np.random.default_rng(5).integers(0, 10_000, (40, 20))
    split = split_buckets(counts, weeks, months, _working(weeks.edges[0], weeks.edges[-1]))
    assert split.sum(axis=1).tolist() == counts.sum(axis=1).tolist()
    november = counts[:, :4].sum(axis=1) + counts[:, 4] / 5  # Monday the 30th is one of the fifth week's five days
    assert np.abs(split[:, 0] - november).max() <= 1


def test_what_lies_outside_the_target_is_left_out() -> None:
    weeks, month = _buckets(week_edges(date(2026, 11, 23), 2)), _buckets(month_edges(date(2026, 11, 1), 1))
    split = split_buckets(np.array([[50, 50]]), weeks, month, _working(weeks.edges[0], weeks.edges[-1]))
    assert split.tolist() == [[60]]
