"""Each method by its name: sane edges, never negative, and nothing that depends on batches, workers or units."""

from dataclasses import replace

import numpy as np
import pytest

from trivet.core.forecasting import Method
from trivet.core.ids import Counts, Digest, Rates
from trivet.core.ports import MethodForecaster
from trivet.engines.cached import Cached
from trivet.engines.ensemble import Ensemble
from trivet.engines.processes import LocalExecutor, ProcessExecutor
from trivet.engines.seasonal_naive import SeasonalNaive

SEASON = np.array([0.62, 0.8, 1.25, 1.55, 1.55, 1.35, 1.1, 0.9, 0.85, 0.7, 0.6, 0.73])
HERE = Ensemble(executor=LocalExecutor(), seeds=(11,))
ALL = tuple(Method)
SERIES = 60
LUMPY, EMPTY, CONSTANT, UNBORN, NEW, SHORT, FALLING = range(3, 10)


@pytest.fixture(scope="module")
def series() -> tuple[Rates, Counts]:
    """60 seasonal series, among them lumpy, empty, constant, unborn, new, short and falling ones."""
    draw = np.random.default_rng(5)
    values = np.tile(SEASON, 4) * draw.lognormal(3, 0.2, (SERIES, 48)) * np.linspace(1, 1.2, 48)
    first = np.zeros(SERIES, dtype=np.int64)
    values[LUMPY] *= draw.random(48) < 0.3
    values[EMPTY], values[CONSTANT] = 0.0, 12.5
    first[[UNBORN, NEW, SHORT]] = [48, 46, 40]
    values[FALLING] = np.maximum(np.linspace(100, -20, 48), 0)
    values[np.arange(48)[None, :] < first[:, None]] = 0.0
    return np.round(values, 3), first


@pytest.fixture(scope="module")
def model(series: tuple[Rates, Counts]) -> bytes:
    return HERE.train(*series, 12)


@pytest.fixture(scope="module")
def found(series: tuple[Rates, Counts], model: bytes) -> Rates:
    return HERE.predict_each(*series, 12, 15, model, methods=ALL)


def of(found: Rates, method: Method) -> Rates:
    forecast: Rates = found[ALL.index(method)]
    return forecast


@pytest.mark.parametrize("method", ALL)
def test_a_method_gives_sane_numbers_for_every_kind_of_series(
    series: tuple[Rates, Counts], found: Rates, method: Method
) -> None:
    forecast = of(found, method)
    assert forecast.shape == (SERIES, 15)
    usual = np.delete(forecast, [LUMPY, SHORT, FALLING], axis=0)  # the common model says nothing of short ones
    assert np.isfinite(usual).all()
    assert not (forecast < 0).any()
    assert not forecast[[EMPTY, UNBORN]].any()
    assert (forecast[CONSTANT] == 12.5).all() or method is Method.GLOBAL
    largest = series[0].max(axis=1)
    told = np.isfinite(forecast).all(axis=1)
    assert (forecast[told].max(axis=1) <= 10.001 * largest[told]).all()
    long = slice(20, SERIES)
    assert forecast[long].mean() == pytest.approx(series[0][long, -12:].mean(), rel=0.35)


def test_the_naive_ones_can_be_done_by_hand(series: tuple[Rates, Counts], found: Rates) -> None:
    values = series[0]
    assert (of(found, Method.NAIVE)[20] == values[20, -1]).all()
    np.testing.assert_array_equal(of(found, Method.SEASONAL_NAIVE)[20], values[20, -12:][np.arange(15) % 12])
    np.testing.assert_allclose(of(found, Method.AVERAGE)[20], values[20, -12:].mean(), atol=0.0006)


def test_methods_are_not_one_and_the_same(found: Rates) -> None:
    apart = {np.round(np.nan_to_num(one[20:]), 1).tobytes() for one in found}
    assert len(apart) == len(ALL)


def test_seasonal_methods_find_the_season_again(found: Rates) -> None:
    seasonal = (
        Method.SMOOTHING, Method.HOLT_WINTERS, Method.ETS, Method.THETA, Method.DYNAMIC_THETA, Method.CES,
        Method.GLOBAL,
    )  # fmt: skip
    for method in seasonal:
        shape = of(found, method)[20:, :12].mean(axis=0)
        assert np.corrcoef(shape, SEASON)[0, 1] > 0.95, method


def test_the_ensemble_is_what_predict_gives(series: tuple[Rates, Counts], model: bytes, found: Rates) -> None:
    np.testing.assert_array_equal(of(found, Method.ENSEMBLE), HERE.predict(*series, 12, 15, model))


def test_batches_and_children_give_the_same_bits(series: tuple[Rates, Counts], model: bytes, found: Rates) -> None:
    few = (series[0][:12], series[1][:12], 12, 15, model)
    one_by_one = replace(HERE, batch=1).predict_each(*few, methods=ALL)
    np.testing.assert_array_equal(one_by_one, found[:, :12])
    some = (Method.SMOOTHING, Method.THETA)
    away = replace(HERE, executor=ProcessExecutor(workers=2), batch=6).predict_each(*few, methods=some)
    np.testing.assert_array_equal(away, found[[ALL.index(method) for method in some], :12])


@pytest.mark.parametrize("method", ALL)
def test_a_thousand_times_the_demand_is_a_thousand_times_the_forecast(
    series: tuple[Rates, Counts], model: bytes, found: Rates, method: Method
) -> None:
    large = HERE.predict_each(series[0] * 1000, series[1], 12, 15, model, methods=(method,))[0]
    np.testing.assert_allclose(large / 1000, of(found, method), atol=0.002)


def test_weeks_are_forecast_without_a_method_following_52_places_by_itself() -> None:
    draw = np.random.default_rng(2)
    values = 100 * (1 + 0.4 * np.sin(np.arange(160) * 2 * np.pi / 52)) * draw.lognormal(0, 0.1, (2, 160))
    found = HERE.predict_each(values, np.zeros(2, dtype=np.int64), 52, 10, methods=(Method.HOLT_WINTERS, Method.CES))
    assert np.isfinite(found).all()
    assert found.mean() == pytest.approx(values[:, 108:118].mean(), rel=0.2)


def test_no_series_has_no_forecast() -> None:
    assert HERE.predict_each(np.zeros((0, 9)), np.zeros(0, dtype=np.int64), 12, 4, methods=ALL).shape == (
        len(ALL),
        0,
        4,
    )


class Kept:
    """A stage store that counts what was put."""

    def __init__(self) -> None:
        self.bodies: dict[Digest, bytes] = {}

    def get(self, recipe: Digest) -> bytes | None:
        return self.bodies.get(recipe)

    def put(self, recipe: Digest, body: bytes) -> None:
        self.bodies[recipe] = body


def test_a_method_asked_again_is_remembered(series: tuple[Rates, Counts], monkeypatch: pytest.MonkeyPatch) -> None:
    store = Kept()
    cached = Cached(forecaster=HERE, stages=store)
    assert isinstance(cached, MethodForecaster)
    asked = (series[0], series[1], 12, 6)
    one = cached.predict_each(*asked, methods=(Method.NAIVE, Method.THETA))
    assert len(store.bodies) == 2
    two = cached.predict_each(*asked, methods=(Method.AVERAGE, Method.THETA))
    assert len(store.bodies) == 3
    np.testing.assert_array_equal(one[1], two[1])

    def refuse(*_: object, **__: object) -> Rates:
        raise AssertionError("worked out again")

    monkeypatch.setattr(Ensemble, "predict_each", refuse)
    np.testing.assert_array_equal(cached.predict_each(*asked, methods=(Method.AVERAGE,))[0], two[0])


def test_a_forecaster_without_methods_says_so() -> None:
    with pytest.raises(TypeError, match="can't be asked for a method"):
        Cached(forecaster=SeasonalNaive(), stages=Kept()).predict_each(
            np.ones((1, 24)), np.zeros(1, dtype=np.int64), 12, 3, methods=(Method.NAIVE,)
        )
