"""What a change must rest on: from which size a reason, its kind and an assumption are needed (`[changes]`).

An opinion without a reason can't be judged when it turns out wrong, and one without an assumption is not looked at
again when the world changes. Small changes stay free; `cycle.grounds` applies the rules when a change is recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from trivet.core.errors import InvalidInput

REASON_CODES: Final = ("promotion", "customer", "market", "supply", "price", "launch", "correction", "other")
"""Kinds of reasons of a company that names none of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundRules:
    """From which size a change needs grounds.

    Attributes:
        assumption_above: percent of what its cells held above which a change needs a reason, a reason code and, where
            the table `assumptions` has rows, one of these; None = no percentage does.
        amount_above: measure -> amount in its units above which it needs them too, whatever the percentage.
        reason_codes: kinds of reasons people choose from.
    """

    assumption_above: float | None = None
    amount_above: Mapping[str, Decimal] = field(default_factory=dict)
    reason_codes: tuple[str, ...] = REASON_CODES


def parse_grounds(given: Mapping[str, Any]) -> GroundRules:
    """Read the part [changes] of company.toml.

    Raises InvalidInput naming the key, its value and what was expected.

    >>> parse_grounds({"assumption_above": 10}).assumption_above
    10.0
    """
    known = ("amount_above", "assumption_above", "reason_codes")
    for key in given:
        if key not in known:
            raise InvalidInput(f"company.toml [changes]: unknown key '{key}'; known are {', '.join(known)}")
    percent = given.get("assumption_above")
    if percent is not None and not _is_amount(percent):
        raise _wrong("assumption_above", percent, "a percentage of 0 or more, e.g. 10.0")
    amounts = given.get("amount_above", {})
    if not isinstance(amounts, dict) or not all(_is_amount(amount) for amount in amounts.values()):
        raise _wrong("amount_above", amounts, "amounts by measure, e.g. { consensus_demand = 500 }")
    codes = given.get("reason_codes", list(REASON_CODES))
    if not isinstance(codes, list) or not codes or not all(isinstance(code, str) and code.strip() for code in codes):
        raise _wrong("reason_codes", codes, 'a list of words, e.g. ["promotion", "customer"]')
    return GroundRules(
        assumption_above=None if percent is None else float(percent),
        amount_above={measure: Decimal(str(amount)) for measure, amount in amounts.items()},
        reason_codes=tuple(dict.fromkeys(code.strip() for code in codes)),
    )


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _wrong(key: str, value: object, expected: str) -> InvalidInput:
    return InvalidInput(f"company.toml [changes]: {key} is {value!r}; expected {expected}")
