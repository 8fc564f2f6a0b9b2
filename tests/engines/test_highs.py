"""The solver adapter: right answers, every status, warm starts, the same bits twice."""

from collections.abc import Sequence

import numpy as np
import pytest

from trivet.core.errors import Unavailable
from trivet.core.linear import LinearModel, Status
from trivet.engines.highs import LARGE, HighsSolver, pack_basis, unpack_basis

INF = float("inf")


def programme(
    cost: Sequence[float],
    rows: Sequence[Sequence[float]],
    row_lower: Sequence[float],
    row_upper: Sequence[float],
    *,
    upper: Sequence[float] | None = None,
    integer: Sequence[bool] | None = None,
) -> LinearModel:
    """Build a small programme from dense rows."""
    matrix = np.array(rows, dtype=np.float64).reshape(len(row_lower), len(cost))
    starts, index = [0], list[int]()
    value = list[float]()
    for column in range(len(cost)):
        hit = np.flatnonzero(matrix[:, column])
        index += hit.tolist()
        value += matrix[hit, column].tolist()
        starts.append(len(index))
    n = len(cost)
    return LinearModel(
        cost=np.array(cost, dtype=np.float64),
        lower=np.zeros(n),
        upper=np.full(n, INF) if upper is None else np.array(upper, dtype=np.float64),
        row_lower=np.array(row_lower, dtype=np.float64),
        row_upper=np.array(row_upper, dtype=np.float64),
        starts=np.array(starts, dtype=np.int32),
        index=np.array(index, dtype=np.int32),
        value=np.array(value, dtype=np.float64),
        integer=None if integer is None else np.array(integer, dtype=np.bool_),
    )


def test_two_products_one_line_gives_the_textbook_answer() -> None:
    # Maximise 3x + 5y with x <= 4, 2y <= 12, 3x + 2y <= 18 (Dantzig's Wyndor Glass): 36 at x 2, y 6.
    answer = HighsSolver().solve(programme([-3, -5], [[1, 0], [0, 2], [3, 2]], [-INF] * 3, [4, 12, 18]))
    assert answer.status is Status.OPTIMAL
    assert answer.values == pytest.approx([2, 6])
    assert answer.objective == pytest.approx(-36)
    assert answer.duals == pytest.approx([0, -1.5, -1])


def test_infeasible_and_unbounded_are_answers() -> None:
    assert HighsSolver().solve(programme([1], [[1]], [5], [4 + 10], upper=[3])).status is Status.INFEASIBLE
    assert HighsSolver().solve(programme([-1], [[1]], [0], [INF])).status is Status.UNBOUNDED


def test_programme_without_columns_is_answered() -> None:
    assert HighsSolver().solve(programme([], [], [-1], [1])).status is Status.OPTIMAL
    assert HighsSolver().solve(programme([], [], [1], [2])).status is Status.INFEASIBLE


def test_not_a_number_is_refused_with_advice() -> None:
    with pytest.raises(Unavailable, match="Reinstall highspy"):
        HighsSolver().solve(programme([1], [[1]], [1], [float("nan")]))


def test_warm_start_gives_the_cold_answer_and_other_shapes_start_cold() -> None:
    cold = HighsSolver().solve(programme([-3, -5], [[1, 0], [0, 2], [3, 2]], [-INF] * 3, [4, 12, 18]))
    assert cold.basis is not None
    other = programme([-3, -5], [[1, 0], [0, 2], [3, 2]], [-INF] * 3, [4, 12, 19])
    warm = HighsSolver().solve(other, cold.basis)
    assert warm.values == pytest.approx(HighsSolver().solve(other).values)
    wider = programme([-3, -5, 0], [[1, 0, 1]], [-INF], [4], upper=[9, 9, 9])
    assert HighsSolver().solve(wider, cold.basis).status is Status.OPTIMAL
    assert HighsSolver().solve(wider, b"rubbish").status is Status.OPTIMAL


def test_basis_bytes_round_trip() -> None:
    assert unpack_basis(pack_basis(b"\x00\x01", b"\x02")) == (b"\x00\x01", b"\x02")
    assert unpack_basis(b"") is None
    assert unpack_basis(pack_basis(b"\x07", b"")) is None


def test_whole_numbers_are_kept_whole() -> None:
    answer = HighsSolver().solve(programme([-1, -1], [[2, 2]], [-INF], [5], integer=[True, True]))
    assert answer.status is Status.OPTIMAL
    assert answer.values.sum() == pytest.approx(2)
    assert answer.basis is None


def test_large_programme_gives_the_same_bits_twice() -> None:
    size = LARGE + 500
    rng = np.random.default_rng(5)
    model = LinearModel(
        cost=rng.uniform(1, 2, size),
        lower=np.zeros(size),
        upper=np.full(size, 5.0),
        row_lower=np.full(100, 40.0),
        row_upper=np.full(100, INF),
        starts=np.arange(size + 1, dtype=np.int32),
        index=(np.arange(size) % 100).astype(np.int32),
        value=np.ones(size),
    )
    first, second = HighsSolver().solve(model), HighsSolver().solve(model)
    assert first.status is Status.OPTIMAL
    assert first.values.tobytes() == second.values.tobytes()
    assert np.bincount(model.index, first.values) == pytest.approx(np.full(100, 40.0))


def test_name_says_version() -> None:
    assert HighsSolver().name.startswith("highs 1.")


def test_a_search_that_runs_out_of_nodes_says_its_gap() -> None:
    # Market split (Cornuejols and Dawande 1999): half of every row, as near as whole numbers come; hard to prove.
    rng = np.random.default_rng(3)
    rows = rng.integers(0, 100, (3, 18)).astype(np.float64)
    half = np.floor(rows.sum(axis=1) / 2)
    slacks = np.hstack([np.eye(3), -np.eye(3)])
    task = programme(
        [0.0] * 18 + [1.0] * 6,
        np.hstack([rows, slacks]).tolist(),
        half.tolist(),
        half.tolist(),
        upper=[1.0] * 18 + [INF] * 6,
        integer=[True] * 18 + [False] * 6,
    )
    short, longer = HighsSolver(nodes=20).solve(task), HighsSolver().solve(task)
    assert short.status is Status.OPTIMAL
    assert short.gap > 0
    assert longer.gap == 0
    assert longer.objective <= short.objective
