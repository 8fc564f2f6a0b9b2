"""Numbers as people write them: which sign is the decimal, which parts the thousands, decided per column.

`1,234.56` and `1.234,56` decide themselves; a column of nothing but `1,234` can be read twice and is
refused with both readings. Exact: text to decimal to a count of the quantum, never through a float.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_MONEY_SIGN = re.compile(r"[\s\u00a0\u202f'$€£¥]|^[A-Z]{3}(?=[\s\d-])|(?<=\d)\s*[A-Z]{3}$")
_GROUPED = re.compile(r"-?\d{1,3}(?:[.,]\d{3})+")


class Decimals(StrEnum):
    """Which sign is the decimal."""

    POINT = "."
    COMMA = ","


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the values of a column say about its decimal sign: examples for each reading."""

    point: tuple[str, ...] = ()
    comma: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


def strip_money(text: str) -> str:
    """Take away currency signs, blanks and accounting brackets: `$2,899.99 ` -> `2,899.99`, `(5)` -> `-5`."""
    bare = _MONEY_SIGN.sub("", text.strip())
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    return "-" + bare[:-1] if bare.endswith("-") and len(bare) > 1 else bare


def weigh(texts: Iterable[str]) -> Evidence:
    """Sort the values of a column by the decimal sign they prove, or leave open."""
    found: dict[str, list[str]] = {"point": [], "comma": [], "open": []}
    for text in texts:
        proof = _proof(strip_money(text))
        if proof:
            found[proof].append(text)
    return Evidence(point=tuple(found["point"]), comma=tuple(found["comma"]), open=tuple(found["open"]))


def _proof(bare: str) -> str | None:
    """Say which decimal sign one value proves; None when it has neither sign."""
    points, commas = bare.count("."), bare.count(",")
    if points == commas == 0:
        return None
    if points and commas:
        return "point" if bare.rfind(".") > bare.rfind(",") else "comma"
    sign = "point" if points else "comma"
    other = "comma" if points else "point"
    if points + commas > 1:
        return other if _GROUPED.fullmatch(bare) else None
    grouped = _GROUPED.fullmatch(bare) and not bare.lstrip("-").startswith("0")
    return "open" if grouped else sign


def read_number(text: str, decimals: Decimals) -> Decimal | None:
    """Read one number; None when it is none (NaN and infinities are none).

    >>> read_number("1.234,50", Decimals.COMMA)
    Decimal('1234.50')
    """
    bare = text if _PLAIN.fullmatch(text) and decimals is Decimals.POINT else _normal(strip_money(text), decimals)
    if bare is None or not _PLAIN.fullmatch(bare):
        return None
    try:
        return Decimal(bare)
    except InvalidOperation:
        return None


def _normal(bare: str, decimals: Decimals) -> str | None:
    """Write a number with a point and without thousands; None when the groups are no groups of three."""
    thousands = "," if decimals is Decimals.POINT else "."
    whole, sign, part = bare.partition(decimals.value)
    if thousands in part:
        return None
    if thousands in whole and not _GROUPED.fullmatch(whole):
        return None
    return whole.replace(thousands, "") + ("." + part if sign else "")
