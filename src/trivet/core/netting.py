"""How far from its due day an order in hand counts as part of the forecast (`[netting]` of company.toml)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from trivet.core.errors import InvalidInput

_MOST: Final = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class NettingRules:
    """Windows of forecast consumption (FEATURES R13).

    Attributes:
        early_days: how far before its due day an order may eat forecast.
        late_days: how far after it.
    """

    early_days: int = 0
    late_days: int = 0


def parse_netting(given: Mapping[str, Any]) -> NettingRules:
    """Read the part [netting] of company.toml.

    Raises InvalidInput naming the key, its value and what was expected.

    >>> parse_netting({"late_days": 30}).late_days
    30
    """
    for key, value in given.items():
        if key not in ("early_days", "late_days"):
            raise InvalidInput(f"company.toml [netting]: unknown key '{key}'; known are early_days, late_days")
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
            raise InvalidInput(f"company.toml [netting]: {key} is {value!r}; expected a whole number 0 to {_MOST}")
    return NettingRules(**given)
