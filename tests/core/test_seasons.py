"""Seasons by hand: level, index, and what chance explains."""

import numpy as np
import pytest

from trivet.core.buckets import Calendar
from trivet.core.seasons import YEAR_BUCKETS, ahead, seasonal_index, without_season, year_level

INDEX = np.array([0.5, 1.0, 1.5, 1.0])


def test_a_pure_season_is_found_exactly() -> None:
    values = np.tile(INDEX, 4)[None, :] * 10
    np.testing.assert_allclose(year_level(values, 4), np.full((1, 16), 10.0))
    np.testing.assert_allclose(seasonal_index(values, 4)[0], INDEX)
    np.testing.assert_allclose(without_season(values, seasonal_index(values, 4)), np.full((1, 16), 10.0))


def test_the_level_goes_on_along_its_slope_at_both_ends() -> None:
    values = np.arange(1.0, 17.0)[None, :]
    np.testing.assert_allclose(year_level(values, 4), values)


def test_before_it_begins_a_series_has_no_level() -> None:
    values = np.array([[np.nan, np.nan, 4.0, 8.0]])
    np.testing.assert_array_equal(year_level(values, 4), [[np.nan, np.nan, 6.0, 6.0]])
    assert seasonal_index(values, 4).tolist() == [[1.0] * 4]


def test_less_than_two_years_show_no_season() -> None:
    values = np.array([[np.nan, *np.tile(INDEX, 2)[1:]]])
    assert seasonal_index(values, 4).tolist() == [[1.0] * 4]


def test_chance_is_shrunk_away_and_a_season_stays() -> None:
    draw = np.random.default_rng(3)
    month = np.array([0.6, 0.8, 1.2, 1.5, 1.5, 1.3, 1.1, 0.9, 0.9, 0.7, 0.6, 0.9])
    noise = draw.lognormal(0, 0.2, (200, 48))
    flat, seasonal = seasonal_index(noise, 12), seasonal_index(noise * np.tile(month, 4), 12)
    assert np.abs(flat - 1).mean() < 0.04
    assert np.abs(seasonal - month).mean() < 0.08
    np.testing.assert_allclose(seasonal.mean(axis=1), 1.0)


def test_where_the_season_is_next_to_nothing_the_level_speaks() -> None:
    values = np.tile([0.0, 20.0, 20.0, 0.0], 4)[None, :]
    flat = without_season(values, seasonal_index(values, 4))
    np.testing.assert_allclose(flat, np.full((1, 16), 10.0))


def test_what_lies_ahead_begins_at_the_right_place() -> None:
    assert ahead(INDEX[None, :], 6, 5).tolist() == [[1.5, 1.0, 0.5, 1.0, 1.5]]


@pytest.mark.parametrize("calendar", list(Calendar))
def test_every_calendar_has_a_year(calendar: Calendar) -> None:
    assert YEAR_BUCKETS[calendar] in {12, 52}
