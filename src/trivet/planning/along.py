"""How a row is read along time (D4): running total, rolling sum and mean, year to date, last year beside, growth.

The words people type (`trivet show MEASURE --as rolling:12`), what they mean, and where they make no sense: a stock is
a level and does not add up over time, a price is averaged by what is sold. `course` does the arithmetic.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from trivet.core.buckets import Period
from trivet.core.errors import InvalidInput
from trivet.core.measures import MeasureSpec


class Way(StrEnum):
    """How a row is read along time."""

    CUMULATIVE = "cumulative"
    ROLLING = "rolling"
    MEAN = "mean"
    TO_DATE = "to-date"
    LAST_YEAR = "last-year"
    GROWTH = "growth"
    SHIFT = "shift"
    FILLED = "filled"
    COVER = "cover"


NUMBERED = (Way.ROLLING, Way.MEAN, Way.SHIFT)
"""Ways that need a number of periods: rolling:12."""
ADDING = (Way.CUMULATIVE, Way.ROLLING, Way.TO_DATE)
"""Ways that add values of several periods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Along:
    """A way, and over how many periods."""

    way: Way
    periods: int = 0

    def __str__(self) -> str:
        """Give it as it is typed."""
        return f"{self.way}:{self.periods}" if self.way in NUMBERED else str(self.way)

    def words(self, period: Period) -> str:
        """Say what the numbers are, for the head of a table.

        >>> Along(way=Way.ROLLING, periods=12).words(Period.BUCKET)
        'sum of the last 12 buckets'
        """
        before = "the year before" if period is Period.YEAR else f"the same {period} a year before"
        many = f"{abs(self.periods)} {period}" + ("" if abs(self.periods) == 1 else "s")
        return {
            Way.CUMULATIVE: f"running total from the first {period} shown",
            Way.ROLLING: f"sum of the last {many}",
            Way.MEAN: f"mean of the last {many}",
            Way.TO_DATE: "fiscal year to date",
            Way.LAST_YEAR: before,
            Way.GROWTH: f"growth on {before}",
            Way.SHIFT: f"{many} {'before' if self.periods >= 0 else 'later'}",
            Way.FILLED: "the last value known, carried on",
            Way.COVER: "calendar days it lasts",
        }[self.way]


def parse_along(text: str) -> Along:
    """Read how a measure is wanted along time.

    Raises InvalidInput with the ways there are and the nearest one.

    >>> parse_along("rolling:12")
    Along(way=<Way.ROLLING: 'rolling'>, periods=12)
    """
    name, colon, number = text.strip().lower().partition(":")
    expected = ", ".join(f"{way}:N" if way in NUMBERED else way for way in Way)
    if name not in set(Way):
        near = get_close_matches(name, list(Way), n=1)
        maybe = f" Maybe '{near[0]}{':12' if near[0] in NUMBERED else ''}'?" if near else ""
        raise InvalidInput(f"as is '{text}'; expected {expected}.{maybe}")
    way = Way(name)
    if way not in NUMBERED:
        if colon:
            raise InvalidInput(f"as is '{text}': {way} takes no number. Write {way}.")
        return Along(way=way)
    least = -_MOST if way is Way.SHIFT else 1
    try:
        periods = int(number)
    except ValueError:
        periods = least - 1
    if not least <= periods <= _MOST:
        raise InvalidInput(f"as is '{text}'; expected {way}:N with a whole number {least} to {_MOST}, e.g. {way}:12.")
    return Along(way=way, periods=periods)


_MOST = 520


def check_along(along: Along, spec: MeasureSpec, period: Period) -> None:
    """Raise InvalidInput where a way makes no sense of a measure or period, saying what does."""
    rule = spec.over_time.partition(":")[0]
    if period is Period.TELESCOPE:
        raise InvalidInput(
            f"{along} needs periods of one length, telescope has several. Choose bucket, quarter or year."
        )
    if along.way in ADDING and rule in ("last", "first"):
        raise InvalidInput(
            f"{spec.id} is a level at the {'end' if rule == 'last' else 'start'} of a bucket: it does not add up over "
            f"time, so there is no {along}. Choose mean:3, last-year, growth or shift:1."
        )
    if along.way in (*ADDING, Way.MEAN) and rule != "sum" and rule not in ("last", "first"):
        better = (
            "--period quarter or year shows its average by weight"
            if rule in ("mean", "ratio")
            else "choose last-year, growth or shift:1"
        )
        raise InvalidInput(f"{spec.id} does not add up over time, so there is no {along}; {better}.")
