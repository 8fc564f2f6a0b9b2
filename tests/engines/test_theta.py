"""The statistical forecaster: independent of batches, workers, names and scale; sane at every edge."""

import numpy as np
import pytest

from trivet.core.ids import Counts, Rates
from trivet.engines.processes import LocalExecutor, ProcessExecutor
from trivet.engines.theta import Theta

SEASON = np.array([0.62, 0.8, 1.25, 1.55, 1.55, 1.35, 1.1, 0.9, 0.85, 0.7, 0.6, 0.73])
HERE = Theta(executor=LocalExecutor())


@pytest.fixture(scope="module")
def series() -> tuple[Rates, Counts]:
    """130 seasonal series, among them lumpy, short, constant, empty and growing ones."""
    draw = np.random.default_rng(7)
    values = np.tile(SEASON, 4) * draw.lognormal(3, 0.2, (130, 48)) * np.linspace(1, 1.2, 48)
    first = np.zeros(130, dtype=np.int64)
    values[3] *= draw.random(48) < 0.3
    values[4], values[5] = 0.0, 12.5
    first[6:14] = [48, 47, 46, 45, 43, 35, 24, 12]
    values[np.arange(48)[None, :] < first[:, None]] = 0.0
    return np.round(values, 3), first


@pytest.fixture(scope="module")
def forecast(series: tuple[Rates, Counts]) -> Rates:
    return HERE.predict(*series, 12, 18)


def test_batches_and_workers_do_not_change_a_bit(series: tuple[Rates, Counts], forecast: Rates) -> None:
    some, first = series[0][:20], series[1][:20]
    for batch in (1, 7, 64):
        here = Theta(executor=LocalExecutor(), batch=batch).predict(some, first, 12, 18)
        np.testing.assert_array_equal(here, forecast[:20])
    away = Theta(executor=ProcessExecutor(workers=2), batch=64).predict(*series, 12, 18)
    np.testing.assert_array_equal(away, forecast)


def test_order_of_series_does_not_matter(series: tuple[Rates, Counts], forecast: Rates) -> None:
    order = np.random.default_rng(1).permutation(40)
    found = HERE.predict(series[0][order], series[1][order], 12, 18)
    np.testing.assert_array_equal(found, forecast[order])


def test_a_thousand_times_the_demand_is_a_thousand_times_the_forecast(
    series: tuple[Rates, Counts], forecast: Rates
) -> None:
    large = HERE.predict(series[0][:40] * 1000, series[1][:40], 12, 18)
    np.testing.assert_allclose(large / 1000, forecast[:40], rtol=1e-6, atol=0.000501)


def test_a_year_later_the_forecast_is_the_same(series: tuple[Rates, Counts], forecast: Rates) -> None:
    later = np.concatenate([np.zeros((40, 12)), series[0][:40]], axis=1)
    found = HERE.predict(later, series[1][:40] + 12, 12, 18)
    np.testing.assert_allclose(found, forecast[:40], rtol=1e-6, atol=0.000501)


def test_nothing_is_negative_or_no_number(forecast: Rates) -> None:
    assert np.isfinite(forecast).all()
    assert (forecast >= 0).all()
    np.testing.assert_array_equal(forecast, np.round(forecast, 3))


def test_edges_are_sane(series: tuple[Rates, Counts], forecast: Rates) -> None:
    values, first = series
    assert (forecast[4] == 0).all()
    assert (forecast[5] == 12.5).all()
    assert (forecast[6] == 0).all()
    for row in (7, 8, 9):
        own = values[row, first[row] :]
        np.testing.assert_allclose(forecast[row], own.mean(), atol=0.001)
    assert 0 < forecast[3].mean() < 2 * values[3].mean()


def test_the_season_of_four_noisy_years_is_found(series: tuple[Rates, Counts], forecast: Rates) -> None:
    mean = forecast[20:].mean(axis=0)[:12]
    np.testing.assert_allclose(mean / mean.mean(), SEASON / SEASON.mean(), atol=0.06)
    assert forecast[20:].mean() == pytest.approx(values_level(series), rel=0.08)


def values_level(series: tuple[Rates, Counts]) -> float:
    return float(series[0][20:, -12:].mean())


def test_a_series_the_method_refuses_is_marked() -> None:
    broken = np.full((1, 48), np.inf)
    assert np.isnan(HERE.predict(broken, np.zeros(1, dtype=np.int64), 12, 3)).all()


def test_no_series_no_forecast() -> None:
    assert HERE.predict(np.zeros((0, 48)), np.zeros(0, dtype=np.int64), 12, 3).shape == (0, 3)


def test_the_name_holds_the_version() -> None:
    assert HERE.name.startswith("theta 2 (statsforecast 2.")


def test_what_sells_only_before_christmas_is_expected_before_christmas() -> None:
    history = np.zeros((1, 24))
    history[0, [0, 1]] = 841.0, 786.0  # November and December of the first year
    history[0, [12, 13]] = 841.0, 871.0
    found = Theta(executor=LocalExecutor()).predict(history, np.array([0]), 12, 14)
    assert found[0, 0] == 841.0
    assert found[0, 1] == (786.0 + 871.0) / 2
    assert not found[0, 2:12].any()
    assert found[0, 12] == 841.0


def test_one_missing_month_does_not_make_a_seasonal_item_a_spare_part() -> None:
    history = np.zeros((1, 24))
    history[0, [0, 1, 13]] = 841.0, 786.0, 871.0
    found = Theta(executor=LocalExecutor()).predict(history, np.array([0]), 12, 12)
    assert found[0, 0] == 841.0 / 2
    assert not found[0, 2:].any()


def test_a_spare_part_that_sells_whenever_keeps_its_mean_pace() -> None:
    history = np.zeros((1, 36))
    history[0, [1, 6, 10, 17, 21, 29, 34]] = 4.0
    found = Theta(executor=LocalExecutor()).predict(history, np.array([0]), 12, 12)
    assert np.ptp(found) == 0
    assert 0.3 < found[0, 0] < 2.0
