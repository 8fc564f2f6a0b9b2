"""The benchmark by hand."""

import numpy as np

from trivet.engines.seasonal_naive import SeasonalNaive


def test_the_last_year_comes_back_and_short_series_are_their_mean() -> None:
    history = np.array([[9.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 4.0], [0.0, 0.0, 5.0, 6.0], [0.0, 0.0, 0.0, 0.0]])
    found = SeasonalNaive().predict(history, np.array([0, 3, 2, 4]), 2, 3)
    assert found.tolist() == [[2.0, 3.0, 2.0], [4.0, 4.0, 4.0], [5.0, 6.0, 5.0], [0.0, 0.0, 0.0]]
    assert SeasonalNaive().name == "seasonal-naive 1"
