"""How a company wants its forecast made: by which methods, and how families, items and series are brought together.

Every level is forecast from its own sums, and no two agree. Which of them is believed is the company's choice
(`[forecast]`); `demand.levels` does it, with one method (`core.projection`). Which method forecasts what is the
table `forecast_methods` (`demand.wishes`); where it says nothing it is the mean of several, `ensemble`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final

from trivet.core.errors import InvalidInput


class Reconciliation(StrEnum):
    """A way to make the forecasts of families, items and series agree.

    WLS_STRUCT: every level is heard, the error of a sum grows with what it sells (structural scaling, MinT).
    WLS_VAR: every level is heard, each as sure as it was steady in the past (variance scaling, MinT).
    OLS: every level is heard, all equally sure: the large sums decide.
    BOTTOM_UP: series alone; sums follow.
    MIDDLE_OUT: items decide; their series follow in proportion, families are their sums.
    TOP_DOWN: families decide; all below follow in proportion.
    """

    WLS_STRUCT = "wls_struct"
    WLS_VAR = "wls_var"
    OLS = "ols"
    BOTTOM_UP = "bottom-up"
    MIDDLE_OUT = "middle-out"
    TOP_DOWN = "top-down"


class Method(StrEnum):
    """A way to forecast a series, by the name it is asked for.

    NAIVE: the last value stays. SEASONAL_NAIVE: the same bucket a year earlier. AVERAGE: the mean of the last year.
    SMOOTHING: simple exponential smoothing, season taken out first.
    HOLT_WINTERS: level, trend and season smoothed (Winters 1960).
    ETS: exponential smoothing with error and trend chosen by information criterion, season taken out first.
    THETA, DYNAMIC_THETA: optimised and dynamic optimised Theta (Fiorucci et al. 2016).
    CES: complex exponential smoothing (Svetunkov et al. 2022).
    CROSTON: size and interval of demand smoothed apart, Syntetos & Boylan's correction (2005).
    IMAPA: smoothing over several aggregations in time (Petropoulos & Kourentzes 2015).
    GLOBAL: one model all series teach together.
    ENSEMBLE: the mean of several of these, by the kind of the series; the default.
    """

    NAIVE = "naive"
    SEASONAL_NAIVE = "seasonal-naive"
    AVERAGE = "average"
    SMOOTHING = "smoothing"
    HOLT_WINTERS = "holt-winters"
    ETS = "ets"
    THETA = "theta"
    DYNAMIC_THETA = "dynamic-theta"
    CES = "ces"
    CROSTON = "croston"
    IMAPA = "imapa"
    GLOBAL = "global"
    ENSEMBLE = "ensemble"


BEST: Final = "best"
"""Asks for the method that missed least in forecasts of the past, chosen once for each import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRules:
    """How the forecast is made.

    Attributes:
        reconciliation: how levels are made to agree.
    """

    reconciliation: Reconciliation = Reconciliation.WLS_STRUCT


def parse_forecast(given: Mapping[str, Any]) -> ForecastRules:
    """Read the part [forecast] of company.toml.

    Raises InvalidInput naming the key, its value and what was expected.

    >>> parse_forecast({"reconciliation": "top-down"}).reconciliation
    <Reconciliation.TOP_DOWN: 'top-down'>
    """
    for key in given:
        if key != "reconciliation":
            raise InvalidInput(f"company.toml [forecast]: unknown key '{key}'; known are reconciliation")
    names = [str(way) for way in Reconciliation]
    value = given.get("reconciliation", names[0])
    if value in names:
        return ForecastRules(reconciliation=Reconciliation(value))
    near = get_close_matches(str(value).lower().replace("_", "-"), [name.replace("_", "-") for name in names], 1)
    meant = next((f' Did you mean "{name}"?' for name in names if name.replace("_", "-") in near), "")
    raise InvalidInput(
        f"company.toml [forecast]: reconciliation is {value!r}; expected one of {', '.join(names)}.{meant}"
    )
