"""Forecasts of every level become numbers that add up, as near as can be, around locks, never below 0."""

import highspy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.hierarchies import balanced, leaf_counts, summing_matrix
from trivet.core.errors import InvalidInput
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.projection import project
from trivet.core.tree import build_tree
from trivet.core.whole import round_whole

FAMILY = np.array([-1, 0, 0, 0], dtype=np.int64)
"""A family of three items."""


def column(*values: float) -> Rates:
    return np.array(values, dtype=np.float64)[:, None]


def test_a_difference_is_shared_by_variance() -> None:
    found = project(build_tree(FAMILY), column(130, 50, 30, 20), np.array([3.0, 1.0, 1.0, 1.0]))
    assert found.values is not None
    np.testing.assert_allclose(found.values[:, 0], [115, 55, 35, 25])


def test_a_locked_family_keeps_its_total_and_variance_by_value_is_pro_rata() -> None:
    locked = np.array([[True], [False], [False], [False]])
    found = project(build_tree(FAMILY), column(150, 50, 30, 20), np.array([1.0, 50.0, 30.0, 20.0]), locked)
    assert found.values is not None
    np.testing.assert_allclose(found.values[:, 0], [150, 75, 45, 30])


def test_a_locked_item_keeps_its_value_when_its_family_grows() -> None:
    locked = np.array([[True], [False], [True], [False]])
    found = project(build_tree(FAMILY), column(160, 50, 30, 20), np.ones(4), locked)
    assert found.values is not None
    np.testing.assert_allclose(found.values[:, 0], [160, 80, 30, 50])


def test_a_family_without_a_forecast_is_the_sum_of_its_items() -> None:
    found = project(build_tree(FAMILY), column(np.nan, 50, 30, 20), np.ones(4))
    assert found.values is not None
    np.testing.assert_allclose(found.values[:, 0], [100, 50, 30, 20])


def test_an_item_is_held_at_zero_and_the_others_take_its_part() -> None:
    locked = np.array([[True], [False], [False], [False]])
    found = project(build_tree(FAMILY), column(40, 50, 30, 2), np.ones(4), locked)
    assert found.values is not None
    np.testing.assert_allclose(found.values[:, 0], [40, 30, 10, 0])


def test_numbers_that_add_up_stay_as_they_are() -> None:
    parents = balanced(3, 4)
    leaves = np.random.default_rng(3).gamma(2, 10, (12, 5))
    given = summing_matrix(parents) @ leaves
    found = project(build_tree(parents), given, leaf_counts(parents))
    assert found.values is not None
    np.testing.assert_allclose(found.values, given, atol=1e-9)


def test_locks_that_cant_all_hold_are_named_from_the_top() -> None:
    locked = np.array([[True], [True], [True], [False]])
    found = project(build_tree(FAMILY), column(70, 50, 30, 20), np.ones(4), locked)
    assert found.values is None
    (clash,) = found.clashes
    assert (clash.node, clash.bucket, clash.asked, clash.least, clash.most) == (0, 0, 70, 80, None)
    assert clash.locks == (1, 2)
    whole = project(build_tree(FAMILY), column(70, 10, 30, 20), np.ones(4), np.ones((4, 1), dtype=np.bool_))
    assert [(clash.least, clash.most, clash.locks) for clash in whole.clashes] == [(60, 60, (1, 2, 3))]


def test_a_clash_names_the_nearest_locks_only() -> None:
    parents = balanced(2, 2)  # 0 over 1, 2 over 3 4, 5 6
    locked = np.zeros((7, 1), dtype=np.bool_)
    locked[[0, 1, 3, 5]] = True
    found = project(build_tree(parents), column(90, 60, 40, 30, 30, 50, 5), np.ones(7), locked)
    assert [clash.locks for clash in found.clashes] == [(1, 5)]


def test_wrong_calls_are_refused_in_words() -> None:
    tree = build_tree(FAMILY)
    with pytest.raises(InvalidInput, match="node 2 has no forecast in bucket 0"):
        project(tree, column(1, 1, np.nan, 1), np.ones(4))
    with pytest.raises(InvalidInput, match="above 0"):
        project(tree, column(1, 1, 1, 1), np.zeros(4))
    with pytest.raises(InvalidInput, match="4 nodes need as many rows"):
        project(tree, column(1, 1, 1, 1, 1), np.ones(5))
    with pytest.raises(InvalidInput, match="their own ancestors"):
        build_tree(np.array([-1, 2, 1]))
    with pytest.raises(InvalidInput, match="one of the 2 nodes"):
        build_tree(np.array([-1, 7]))


def test_an_empty_hierarchy_and_a_single_series_are_answered() -> None:
    assert project(build_tree(np.zeros(0, dtype=np.int64)), np.zeros((0, 3)), np.zeros(0)).values is not None
    alone = project(build_tree(np.array([-1])), np.array([[-4.0, 4.0]]), np.ones(1))
    np.testing.assert_array_equal(alone.values, [[0.0, 4.0]])


@st.composite
def cases(draw: st.DrawFn) -> tuple[Counts, Rates, Rates, Flags]:
    """Draw a hierarchy of some tops, forecasts (some missing above, some negative), variances and locks."""
    count = draw(st.integers(2, 16))
    parents = np.array([-1] + [draw(st.integers(-1, i - 1)) for i in range(1, count)], dtype=np.int64)
    noise = np.random.default_rng(draw(st.integers(0, 10**6)))
    forecasts = noise.normal(4, 8, (count, 2)).round(1)
    locked = noise.random((count, 2)) < draw(st.sampled_from([0.0, 0.1, 0.3]))
    forecasts = np.where(locked, np.abs(forecasts).round(0), forecasts)
    inner = np.isin(np.arange(count), parents)
    forecasts[inner & (noise.random(count) < 0.3) & ~locked.any(axis=1)] = np.nan
    return parents, forecasts, noise.uniform(0.3, 5.0, count), locked


def by_solver(parents: Counts, forecasts: Rates, variance: Rates, locked: Flags) -> float | None:
    """Solve one bucket as a quadratic programme; give its least distance, None when it has no answer."""
    count = len(parents)
    inner = np.isin(np.arange(count), parents)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    for node in range(count):
        low = forecasts[node] if locked[node] else (-1e20 if inner[node] else 0.0)
        solver.addVar(low, forecasts[node] if locked[node] else 1e20)
    for node in np.flatnonzero(inner).tolist():
        children = np.flatnonzero(parents == node)
        row = np.array([node, *children], dtype=np.int32)
        solver.addRow(0, 0, len(row), row, np.array([1.0] + [-1.0] * len(children)))
    known = ~np.isnan(forecasts)
    for node in np.flatnonzero(known).tolist():
        solver.changeColCost(node, float(-2 * forecasts[node] / variance[node]))
    hessian = highspy.HighsHessian()
    hessian.dim_, hessian.format_ = count, highspy.HessianFormat.kTriangular
    hessian.start_ = np.arange(count + 1, dtype=np.int32)
    hessian.index_ = np.arange(count, dtype=np.int32)
    hessian.value_ = np.where(known, 2 / variance, 0.0)
    solver.passHessian(hessian)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return distance(np.array(solver.getSolution().col_value), forecasts, variance)


def distance(values: Rates, forecasts: Rates, variance: Rates) -> float:
    return float(np.nansum((values - forecasts) ** 2 / variance))


@given(cases())
def test_it_is_the_optimum_of_the_quadratic_programme_or_both_have_no_answer(
    case: tuple[Counts, Rates, Rates, Flags],
) -> None:
    parents, forecasts, variance, locked = case
    tree = build_tree(parents)
    least = [by_solver(parents, forecasts[:, t], variance, locked[:, t]) for t in range(2)]
    found = project(tree, forecasts, variance, locked)
    if found.values is None:
        assert {clash.bucket for clash in found.clashes} == {t for t in range(2) if least[t] is None}
        return
    for t in range(2):
        expected = least[t]
        assert expected is not None
        assert distance(found.values[:, t], forecasts[:, t], variance) == pytest.approx(expected, rel=1e-4, abs=1e-5)
    leaves = ~np.isin(np.arange(len(parents)), parents)
    assert found.values[leaves].min() >= -1e-9
    np.testing.assert_allclose(found.values[locked], forecasts[locked], atol=1e-9)


@given(cases())
def test_rounded_it_still_adds_up_and_no_node_moves_by_a_whole_one(case: tuple[Counts, Rates, Rates, Flags]) -> None:
    parents, forecasts, variance, locked = case
    tree = build_tree(parents)
    found = project(tree, forecasts, variance, locked)
    if found.values is None:
        return
    counts = round_whole(tree, found.values, locked)
    for node in set(parents[parents >= 0].tolist()):
        np.testing.assert_array_equal(counts[node], counts[parents == node].sum(axis=0))
    assert np.array_equal(counts[locked], forecasts[locked])
    assert np.abs(counts - found.values).max() < 1 + 1e-5
    assert counts[~np.isin(np.arange(len(parents)), parents)].min() >= 0


def test_the_order_of_nodes_does_not_matter() -> None:
    noise = np.random.default_rng(5)
    parents = balanced(3, 3)
    forecasts, variance = noise.gamma(1, 20, (13, 4)), noise.uniform(1, 2, 13)
    shuffled = noise.permutation(13)
    place = np.argsort(shuffled)
    moved = np.array([-1 if parents[node] < 0 else place[parents[node]] for node in shuffled])
    one = project(build_tree(parents), forecasts, variance).values
    other = project(build_tree(moved), forecasts[shuffled], variance[shuffled]).values
    assert one is not None
    assert other is not None
    np.testing.assert_allclose(other, one[shuffled], atol=1e-9)
