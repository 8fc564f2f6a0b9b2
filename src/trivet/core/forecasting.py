"""How a company wants its forecast made: the way families, items and series are brought together (`[forecast]`).

Every level is forecast from its own sums, and no two agree. Which of them is believed is the company's choice;
`demand.levels` does it, with one method (`core.projection`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

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
