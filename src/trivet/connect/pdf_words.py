"""Numbers and buckets as a page of the pack prints them: short, with a sign where they are a difference.

Decimals are rounded once, half to even, when they are printed; a minus is a minus sign, a thousand a comma,
what is not known a dash. Empty is not zero.
"""

import re
from decimal import Decimal
from typing import Final

from trivet.core.buckets import Buckets

UNKNOWN: Final = "–"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HYPHEN: Final = re.compile(r"(?<![\w-])-(?=\d)")
_MONTH: Final = re.compile(r"(\d\d)(\d\d)-(\d\d)")


def number(value: Decimal | float | None, places: int = 0) -> str:
    """Print an amount: 12,345 or −3.2.

    >>> number(Decimal("-12345.6")), number(None)
    ('−12,346', '–')
    """
    if value is None:
        return UNKNOWN
    text = f"{value:,.{places}f}"
    return text.replace("-", "") if not text.strip("-0.,") else text.replace("-", "−")


def signed(value: Decimal | float | None, places: int = 0) -> str:
    """Print a difference: always with a sign, but for nothing.

    >>> signed(Decimal("4.26"), 1), signed(Decimal("-0.01"), 1)
    ('+4.3', '0.0')
    """
    text = number(value, places)
    return f"+{text}" if value is not None and value > 0 and text.strip("0.,") else text


def part(value: Decimal | None, whole: Decimal | None, places: int = 1) -> str:
    """Print value / whole in percent; a dash where it can't be said."""
    return f"{number(value / whole * 100, places)} %" if value is not None and whole else UNKNOWN


def change(value: Decimal | None, base: Decimal | None, places: int = 1) -> str:
    """Print (value - base) / base in percent, with its sign; a dash where it can't be said."""
    return f"{signed((value - base) / base * 100, places)} %" if value is not None and base else UNKNOWN


def less(value: Decimal | None, base: Decimal | None) -> Decimal | None:
    """Give value - base; None where one is unknown."""
    return None if value is None or base is None else value - base


def month(label: str) -> str:
    """Print the label of a month as people write it; others stay as they are.

    >>> month("2026-11"), month("2026-W05")
    ('Nov 26', '2026-W05')
    """
    found = _MONTH.fullmatch(label)
    return f"{_MONTHS[int(found[3]) - 1]} {found[2]}" if found and 1 <= int(found[3]) <= len(_MONTHS) else label


def span(label: str) -> str:
    r"""Print the label of a column: a month, or from one to another.

    >>> span("2027-11 to 2028-01").replace("\\u00a0", " ")
    'Nov 27– Jan 28'
    """
    first, _, last = (month(part) for part in label.partition(" to "))
    return f"{first}– {last}".replace(" ", "\u00a0").replace("–\u00a0", "– ") if last else first.replace(" ", "\u00a0")


def typeset(text: str) -> str:
    """Print a minus sign where a text from elsewhere has a hyphen before a number.

    >>> typeset("main-1 is -3.7 %")
    'main-1 is −3.7 %'
    """
    return _HYPHEN.sub("−", text)


def bucket(buckets: Buckets, index: int) -> str:
    """Print a bucket."""
    return month(buckets.label(index))
