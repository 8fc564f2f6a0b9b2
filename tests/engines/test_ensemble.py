"""The mean of many methods: the noise law, sane edges, and nothing that depends on batches or workers."""

from dataclasses import replace

import numpy as np
import pytest

from trivet.core.ids import Counts, Rates
from trivet.core.options import ForecastMode
from trivet.engines import global_model
from trivet.engines.ensemble import Ensemble
from trivet.engines.processes import LocalExecutor, ProcessExecutor

SEASON = np.array([0.62, 0.8, 1.25, 1.55, 1.55, 1.35, 1.1, 0.9, 0.85, 0.7, 0.6, 0.73])
HERE = Ensemble(executor=LocalExecutor(), seeds=(11,))
COUNT = 70


@pytest.fixture(scope="module")
def series() -> tuple[Rates, Counts]:
    """70 seasonal series, among them lumpy, short, constant, empty and growing ones."""
    draw = np.random.default_rng(7)
    values = np.tile(SEASON, 4) * draw.lognormal(3, 0.2, (COUNT, 48)) * np.linspace(1, 1.2, 48)
    first = np.zeros(COUNT, dtype=np.int64)
    values[3] *= draw.random(48) < 0.3
    values[4], values[5] = 0.0, 12.5
    first[6:14] = [48, 47, 46, 45, 43, 35, 24, 12]
    values[np.arange(48)[None, :] < first[:, None]] = 0.0
    return np.round(values, 3), first


@pytest.fixture(scope="module")
def model(series: tuple[Rates, Counts]) -> bytes:
    return HERE.train(*series, 12)


@pytest.fixture(scope="module")
def forecast(series: tuple[Rates, Counts], model: bytes) -> Rates:
    return HERE.predict(*series, 12, 18, model)


def test_a_model_is_learned_and_heard(series: tuple[Rates, Counts], model: bytes, forecast: Rates) -> None:
    assert model
    assert not np.array_equal(HERE.predict(*series, 12, 18), forecast)


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_batches_do_not_change_a_bit(series: tuple[Rates, Counts], model: bytes, forecast: Rates, batch: int) -> None:
    found = replace(HERE, batch=batch).predict(series[0][:20], series[1][:20], 12, 18, model)
    np.testing.assert_array_equal(found, forecast[:20])


def test_children_give_the_same_bits(series: tuple[Rates, Counts], model: bytes, forecast: Rates) -> None:
    there = replace(HERE, executor=ProcessExecutor(workers=2), batch=35)
    assert there.train(*series, 12) == model
    away = there.predict(*series, 12, 18, model)
    np.testing.assert_array_equal(away, forecast)


def test_order_of_series_does_not_matter_though_the_model_is_learned_again(
    series: tuple[Rates, Counts], forecast: Rates
) -> None:
    order = np.random.default_rng(1).permutation(COUNT)
    mixed = series[0][order], series[1][order]
    found = HERE.predict(*mixed, 12, 18, HERE.train(*mixed, 12))
    np.testing.assert_array_equal(found, forecast[order])


def test_a_thousand_times_the_demand_is_a_thousand_times_the_forecast(
    series: tuple[Rates, Counts], forecast: Rates
) -> None:
    larger = series[0] * 1000, series[1]
    large = HERE.predict(*larger, 12, 18, HERE.train(*larger, 12))
    np.testing.assert_allclose(large / 1000, forecast, rtol=1e-6, atol=0.000501)


def test_a_year_later_the_forecast_is_the_same(series: tuple[Rates, Counts], forecast: Rates) -> None:
    later = np.concatenate([np.zeros((COUNT, 12)), series[0]], axis=1)
    found = HERE.predict(later, series[1] + 12, 12, 18, HERE.train(later, series[1] + 12, 12))
    np.testing.assert_allclose(found, forecast, rtol=1e-6, atol=0.000501)


def test_one_outlier_moves_no_other_series_of_a_trained_ensemble(
    series: tuple[Rates, Counts], model: bytes, forecast: Rates
) -> None:
    values = series[0].copy()
    values[30, 40] *= 20
    found = HERE.predict(values, series[1], 12, 18, model)
    others = np.arange(COUNT) != 30
    np.testing.assert_array_equal(found[others], forecast[others])
    assert not np.array_equal(found[30], forecast[30])


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
        np.testing.assert_allclose(forecast[row], values[row, first[row] :].mean(), atol=0.001)
    assert 0 < forecast[3].mean() < 2 * values[3].mean()
    assert np.ptp(forecast[3]) < 0.01


def test_the_season_is_found_by_both_modes(series: tuple[Rates, Counts], model: bytes) -> None:
    values, first = series[0][20:40], series[1][20:40]
    for mode in ForecastMode:
        mean = replace(HERE, mode=mode).predict(values, first, 12, 12, model).mean(axis=0)
        np.testing.assert_allclose(mean / mean.mean(), SEASON / SEASON.mean(), atol=0.09)
        assert mean.mean() == pytest.approx(values[:, -12:].mean(), rel=0.08)


@pytest.mark.parametrize(("season", "horizon"), [(1, 6), (4, 8), (52, 26)])
def test_other_seasons_are_forecast(season: int, horizon: int) -> None:
    draw = np.random.default_rng(3)
    wave = 1 + 0.5 * np.sin(2 * np.pi * np.arange(130) / season) if season > 1 else np.ones(130)
    values = np.round(100 * wave * draw.lognormal(0, 0.1, (20, 130)), 3)
    found = HERE.predict(values, np.zeros(20, dtype=np.int64), season, horizon)
    coming = 1 + 0.5 * np.sin(2 * np.pi * np.arange(130, 130 + horizon) / season) if season > 1 else np.ones(horizon)
    np.testing.assert_allclose(found.mean(axis=0), 100 * coming, rtol=0.15, atol=6)


def test_negative_and_vanishing_histories_stay_sane() -> None:
    values = np.tile(SEASON * 100, (3, 4))
    values[0, 10] = -40.0
    values[1, 36:] = 0.0
    values[2] = np.linspace(500, 1, 48)
    found = HERE.predict(values, np.zeros(3, dtype=np.int64), 12, 18)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert found[2].max() < 200


def test_a_call_without_examples_is_answered_without_a_model(series: tuple[Rates, Counts]) -> None:
    assert global_model.train(series[0][:3], series[1][:3], 12, 1) == b""
    assert global_model.join([b""]) == b""
    assert np.isnan(global_model.predict(b"", *series, 12, 3)).all()


def test_few_series_teach_no_global_model_and_are_forecast_by_the_others() -> None:
    values = np.tile(SEASON * 100, (2, 3))
    first = np.zeros(2, dtype=np.int64)
    assert HERE.train(values, first, 12) == b""
    np.testing.assert_allclose(HERE.predict(values, first, 12, 12)[0], SEASON * 100, rtol=0.02)


def test_a_series_every_method_refuses_is_marked() -> None:
    broken = np.full((1, 48), np.inf)
    assert np.isnan(HERE.predict(broken, np.zeros(1, dtype=np.int64), 12, 3)).all()


def test_no_series_no_forecast() -> None:
    assert HERE.predict(np.zeros((0, 48)), np.zeros(0, dtype=np.int64), 12, 3).shape == (0, 3)


def test_the_name_holds_mode_and_versions() -> None:
    assert Ensemble(mode=ForecastMode.FULL).name.startswith("ensemble 3 full (statsforecast 2.")
    assert "lightgbm 4." in HERE.name


def test_a_bag_of_other_members_is_another_lesson_of_the_same_engine(
    series: tuple[Rates, Counts], model: bytes, forecast: Rates
) -> None:
    """What was learned before the bag grew goes on predicting as it did."""
    today = Ensemble(executor=LocalExecutor())
    assert len(today.seeds) == 5
    assert today.name == HERE.name
    np.testing.assert_array_equal(today.predict(*series, 12, 18, model), forecast)


def test_the_bag_is_the_mean_of_its_members(series: tuple[Rates, Counts]) -> None:
    members = [global_model.train(*series, 12, seed) for seed in (1, 2)]
    alone = [global_model.predict(global_model.join([member]), *series, 12, 6) for member in members]
    both = global_model.predict(global_model.join(members), *series, 12, 6)
    seen = np.asarray(np.isfinite(both).all(axis=1))
    assert seen[20:].all()
    assert not seen[[4, 6, 7]].any()
    np.testing.assert_allclose(both[seen], (alone[0][seen] + alone[1][seen]) / 2)
    assert not np.array_equal(alone[0][seen], alone[1][seen])


def test_more_series_than_examples_are_thinned_evenly(
    series: tuple[Rates, Counts], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(global_model, "MOST_ROWS", 5_000)
    thin = global_model.join([global_model.train(*series, 12, 1)])
    found = global_model.predict(thin, *series, 12, 12)[20:].mean(axis=0)
    np.testing.assert_allclose(found / found.mean(), SEASON / SEASON.mean(), atol=0.15)


def test_a_member_that_runs_away_is_not_heard() -> None:
    history = np.concatenate([np.full(30, 1.0), np.geomspace(1, 4000, 10)])[None, :]
    found = HERE.predict(history, np.zeros(1, dtype=np.int64), 12, 24)
    assert found.max() <= 10 * history.max()


def test_what_sells_only_before_christmas_is_expected_before_christmas() -> None:
    history = np.zeros((1, 24))
    history[0, [0, 1]] = 841.0, 786.0  # November and December of the first year
    history[0, [12, 13]] = 841.0, 871.0
    found = HERE.predict(history, np.array([0]), 12, 14)
    assert found[0, 0] == 841.0
    assert found[0, 1] == (786.0 + 871.0) / 2
    assert not found[0, 2:12].any()
    assert found[0, 12] == 841.0
