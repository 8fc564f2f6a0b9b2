"""Scores by hand: two series, two buckets."""

import numpy as np
import pytest

from trivet.demand.intervals import Bounds
from trivet.demand.scores import score_forecast

ACTUAL = np.array([[10.0, 20.0], [0.0, 4.0]])
FORECAST = np.array([[12.0, 20.0], [0.0, 8.0]])
NAIVE = np.array([[11.0, 20.0], [0.0, 4.0]])


def test_scores_are_the_published_formulas() -> None:
    low, high = np.array([[9.0, 21.0], [0.0, 5.0]]), np.array([[12.0, 22.0], [1.0, 9.0]])
    bounds = Bounds(lower={80: low, 95: low - 1}, upper={80: high, 95: high + 1}, middle=low)
    found = score_forecast(FORECAST, ACTUAL, np.array([2.0, 0.0]), NAIVE, bounds)
    assert found.smape == pytest.approx((200 * 2 / 22 + 0 + 0 + 200 * 4 / 12) / 4)
    assert found.mase == pytest.approx(1.0 / 2)  # the second series never moved and is left out
    assert found.wape == pytest.approx(6 / 34)
    assert found.bias == pytest.approx(6 / 34)
    assert found.coverage_80 == 50.0
    assert found.coverage_95 == 100.0
    assert found.worse_than_seasonal_naive == 100.0


def test_what_is_not_defined_is_said_to_be_nothing() -> None:
    zero = np.zeros((1, 2))
    found = score_forecast(zero, zero, np.zeros(1), zero, None)
    assert found.smape == 0.0
    assert (found.mase, found.wape, found.bias, found.coverage_80) == (None, None, None, None)
    assert found.worse_than_seasonal_naive == 0.0
    empty = np.zeros((0, 2))
    assert score_forecast(empty, empty, np.zeros(0), empty, None).smape is None
