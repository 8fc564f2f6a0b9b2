"""Theta for many series at once: what the library finds series by series, exact where it can be said by hand."""

import numpy as np
import pytest
from statsforecast import models

from trivet.core.ids import Counts, Rates
from trivet.engines.theta import theta_ahead


@pytest.fixture(scope="module")
def series() -> tuple[Rates, Counts]:
    """40 series without season: noise around lines and random walks, of different length."""
    draw = np.random.default_rng(5)
    walk = 1000 + np.cumsum(draw.normal(2, 40, (40, 60)), axis=1) + draw.normal(0, 60, (40, 60))
    first = np.where(np.arange(40) % 2, 0, 60 - draw.integers(8, 50, 40)).astype(np.int64)
    return np.where(np.arange(60) >= first[:, None], walk, np.nan), first


@pytest.mark.parametrize(("dynamic", "name"), [(True, "DynamicOptimizedTheta"), (False, "OptimizedTheta")])
def test_finds_what_the_library_finds(series: tuple[Rates, Counts], dynamic: bool, name: str) -> None:
    values, first = series
    found = theta_ahead(values, first, 12, dynamic=dynamic)
    theirs = np.stack(
        [
            getattr(models, name)(season_length=1).forecast(y=own[at:], h=12)["mean"]
            for own, at in zip(*series, strict=True)
        ]
    )
    apart = np.abs(found - theirs).mean(axis=1) / np.nanmean(np.abs(np.diff(values, axis=1)), axis=1)
    # of short series their optimiser finds another optimum now and then; ours the least squares
    long = values.shape[1] - first >= 24
    assert np.median(apart[long]) < 0.06
    assert np.mean(apart[long]) < 0.25


@pytest.mark.parametrize("dynamic", [True, False])
def test_a_constant_series_stays(dynamic: bool) -> None:
    found = theta_ahead(np.full((1, 20), 7.0), np.array([0]), 5, dynamic=dynamic)
    np.testing.assert_allclose(found, 7.0)


def test_a_straight_line_goes_on() -> None:
    line = (100 + 3 * np.arange(40)).astype(np.float64)
    found = theta_ahead(line[None, :], np.array([0]), 10, dynamic=False)
    np.testing.assert_allclose(found[0], 100 + 3.0 * np.arange(40, 50), rtol=1e-6)


@pytest.mark.parametrize("dynamic", [True, False])
def test_each_series_is_forecast_by_itself(series: tuple[Rates, Counts], dynamic: bool) -> None:
    values, first = series
    whole = theta_ahead(values, first, 12, dynamic=dynamic)
    for row in (0, 7, 33):
        alone = theta_ahead(values[row : row + 1], first[row : row + 1], 12, dynamic=dynamic)
        np.testing.assert_array_equal(alone[0], whole[row])
    later = np.concatenate([np.full((40, 7), np.nan), values], axis=1)
    np.testing.assert_array_equal(theta_ahead(later, first + 7, 12, dynamic=dynamic), whole)


def test_what_is_no_number_gives_none() -> None:
    with np.errstate(all="ignore"):
        found = theta_ahead(np.full((1, 20), np.inf), np.array([0]), 3, dynamic=True)
    assert not np.isfinite(found).any()
