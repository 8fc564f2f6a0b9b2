"""Days and buckets as people write them: ISO, 26.11.2026, 11/26/2026, 2026-11, 2026-W45, Nov 2026, Jul-91, serials.

Day and month are told apart by impossible values (18/01, 5/26); a column in which both orders occur is
refused with the rows that decide, one in which none decides is asked about. Nothing is guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:[T ]\d.*)?")
_MONTH = re.compile(r"(\d{4})[-/.M](\d{1,2})")
_WEEK = re.compile(r"(\d{4})-?W(\d{2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NAMED = re.compile(r"(?:(\d{1,2})[ -])?([A-Za-z]{3,9})\.?[ -]'?(\d{4}|\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_EXCEL_ZERO = date(1899, 12, 30)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
EARLIEST, LATEST = date(1950, 1, 1), date(2150, 1, 1)


class DayOrder(StrEnum):
    """Order of day and month in dates like 03/04/2026."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvidence:
    """Values of a column that prove an order of day and month, and those that can be read twice."""

    day_first: tuple[str, ...] = ()
    month_first: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


def weigh_order(texts: Iterable[str]) -> OrderEvidence:
    """Sort dates like 13/02/2026 by the order they prove; 05/05/2026 proves nothing and hides nothing."""
    day_first, month_first, undecided = [], [], []
    for text in texts:
        cut = _SLASHED.fullmatch(text.strip())
        if not cut:
            continue
        first, second = int(cut[1]), int(cut[3])
        if first > 12 >= second or (cut[2] == "." and second <= 12):
            day_first.append(text)
        elif second > 12 >= first:
            month_first.append(text)
        elif first != second:
            undecided.append(text)
    return OrderEvidence(day_first=tuple(day_first), month_first=tuple(month_first), open=tuple(undecided))


def read_day(text: str, order: DayOrder = DayOrder.DAY_FIRST) -> date | None:
    """Read one day (a month gives its first day, a week its Monday); None when it is none.

    >>> read_day("Jul-91"), read_day("2026-W45")
    (datetime.date(1991, 7, 1), datetime.date(2026, 11, 2))
    """
    bare = text.strip()
    for read in (_iso, _month, _week, _named, _compact, _serial):
        try:
            day = read(bare)
        except ValueError:
            return None
        if day:
            return day if EARLIEST <= day < LATEST else None
    return _slashed(bare, order)


def is_serial(text: str) -> bool:
    """Say whether a day is written as Excel counts days."""
    return bool(_SERIAL.fullmatch(text.strip()))


def _iso(text: str) -> date | None:
    cut = _ISO.fullmatch(text)
    return date(int(cut[1]), int(cut[2]), int(cut[3])) if cut else None


def _month(text: str) -> date | None:
    cut = _MONTH.fullmatch(text)
    return date(int(cut[1]), int(cut[2]), 1) if cut else None


def _week(text: str) -> date | None:
    cut = _WEEK.fullmatch(text)
    return date.fromisocalendar(int(cut[1]), int(cut[2]), 1) if cut else None


def _compact(text: str) -> date | None:
    cut = _COMPACT.fullmatch(text)
    return date(int(cut[1]), int(cut[2]), int(cut[3])) if cut else None


def _serial(text: str) -> date | None:
    cut = _SERIAL.fullmatch(text)
    return _EXCEL_ZERO + timedelta(days=int(cut[1])) if cut else None


def _named(text: str) -> date | None:
    cut = _NAMED.fullmatch(text)
    month = next((i for i, name in enumerate(_MONTHS, start=1) if cut and name.startswith(cut[2].lower())), None)
    return date(_century(cut[3]), month, int(cut[1] or 1)) if cut and month else None


def _slashed(text: str, order: DayOrder) -> date | None:
    cut = _SLASHED.fullmatch(text)
    if not cut:
        return None
    first, second, year = int(cut[1]), int(cut[3]), _century(cut[4])
    day, month = (first, second) if order is DayOrder.DAY_FIRST else (second, first)
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if EARLIEST <= found < LATEST else None


def _century(text: str) -> int:
    """Read a year of two digits as spreadsheets do: 00-49 is 20xx, 50-99 is 19xx."""
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 50 else 1900)
