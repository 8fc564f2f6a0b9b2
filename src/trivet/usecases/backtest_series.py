"""Backtest the forecast on a long file of series: how good are the numbers planning would start from?"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from trivet.connect.long_series import read_series
from trivet.core.errors import InvalidInput
from trivet.core.forecasting import BEST
from trivet.core.forecasting import Method as Named
from trivet.core.issues import Issue, Place, Severity
from trivet.core.options import ForecastMode
from trivet.demand.trials import LEAST_HISTORY
from trivet.engines.ensemble import Ensemble
from trivet.engines.processes import ProcessExecutor
from trivet.planning.backtest import (
    Method,
    Question,
    Tested,
    as_planned,
    backtest,
    last_value,
    long_enough,
    year_before,
)
from trivet.usecases.declare import Shells
from trivet.workspace.settings import read_settings

DECLARED = Shells(command="backtest", why="measures the forecast on a file; needs no workspace, and no page yet")
_NAMED: Final = 10
_PLACES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How well one method did; None where a score is not defined.

    Attributes:
        smape: symmetric absolute percentage error, 0 to 200.
        mase: absolute error against that of the seasonal naive inside the history.
        wape: sum of absolute errors over what was sold.
        bias: sum of errors over what was sold; plus = planned too much.
        coverage_80, coverage_95: per cent of outcomes between the bounds.
        worse_than_seasonal_naive: per cent of series.
        cpu_seconds_per_series: CPU seconds, children included, forecasts for the bounds included.
        n_series: series tested.
    """

    smape: float | None
    mase: float | None
    wape: float | None
    bias: float | None
    coverage_80: float | None
    coverage_95: float | None
    worse_than_seasonal_naive: float | None
    cpu_seconds_per_series: float
    n_series: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestAnswer(Scores):
    """How well the forecast did, beside the two benchmarks.

    Attributes:
        naive: the last value stays.
        seasonal_naive: the same bucket a year earlier.
        issues: what was left out, and why.
    """

    naive: Scores
    seasonal_naive: Scores
    issues: tuple[Issue, ...]


def backtest_series(
    file: Path, *, season: int = 12, horizon: int = 18, origins: int = 1, mode: str = "fast", method: str = "ensemble"
) -> BacktestAnswer:
    """Forecast the last buckets of each series of a file from those before, and compare; the plan's way.

    Args:
        file: long CSV with the columns series, bucket, quantity.
        season: buckets in a year, 1 = no season.
        horizon: buckets at the end of each series that are forecast.
        origins: forecasts from so many cycles, one bucket apart, averaged.
        mode: fast or full.
        method: one by its name, or best: found for each series alone.

    Raises:
        NotFound: there is no such file.
        InvalidInput: an argument or the file can't be used; issues give file, row, column, value and advice.
    """
    _check_asked({"season": season, "horizon": horizon, "origins": origins}, mode)
    if method not in (BEST, *Named):
        raise InvalidInput(f"method is '{method}', expected {', '.join(Named)} or {BEST}.")
    series = read_series(file, season)
    asked = Question(season=season, horizon=horizon, origins=origins)
    length = series.values.shape[1] - series.first
    tested = long_enough(length, asked)
    issues = _left_out(file.name, [name for name, fits in zip(series.names, tested, strict=True) if not fits], asked)
    if not tested.any():
        raise InvalidInput(f"{file.name}: no series is long enough to test", issues)
    columns = int(length[tested].max())
    values, first = series.values[tested][:, -columns:], columns - length[tested]
    executor = ProcessExecutor(workers=read_settings().workers)
    methods: dict[str, Method] = {
        "forecast": as_planned(Ensemble(mode=ForecastMode(mode), executor=executor), method),
        "naive": last_value,
        "seasonal_naive": year_before,
    }
    found = {name: _scores(one, len(values)) for name, one in backtest(values, first, asked, methods, _cpu).items()}
    forecast = {name: getattr(found["forecast"], name) for name in Scores.__dataclass_fields__}
    return BacktestAnswer(
        **forecast, naive=found["naive"], seasonal_naive=found["seasonal_naive"], issues=tuple(issues)
    )


def _check_asked(numbers: dict[str, int], mode: str) -> None:
    for name, value in numbers.items():
        if value < 1:
            raise InvalidInput(f"{name} is {value}, expected a whole number from 1, such as --{name} 12.")
    if mode not in set(ForecastMode):
        raise InvalidInput(f"mode is '{mode}', expected fast or full.")


def _left_out(file: str, names: list[str], asked: Question) -> list[Issue]:
    if not names:
        return []
    needed = asked.horizon + asked.origins - 1 + LEAST_HISTORY
    shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    return [
        Issue(
            code="series.too-short",
            severity=Severity.WARNING,
            place=Place(source=file, column="series", value=names[0]),
            message=f"{len(names)} series have less than {needed} buckets and are not tested: {shown}.",
            advice="Shorten --horizon, or give them more history.",
        )
    ]


def _scores(one: Tested, series: int) -> Scores:
    known = {
        name: None if value is None else float(np.round(value, _PLACES))
        for name, value in ((name, getattr(one.skill, name)) for name in type(one.skill).__dataclass_fields__)
    }
    return Scores(**known, cpu_seconds_per_series=round(one.cpu_seconds / series, _PLACES), n_series=series)


def _cpu() -> float:
    """Give the CPU seconds of this process and of its finished children."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
