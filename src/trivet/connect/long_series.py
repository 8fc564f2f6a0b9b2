"""A long file of series: one row a series and bucket, for measuring forecasts without a company folder.

Columns `series`, `bucket`, `quantity` in any order and any delimiter; buckets are months (2026-11), days of a regular
grid (2026-11-02) or counted (1, 2, 3). Series may begin and end where they like, but have every bucket between: what
is missing or twice, or is no number, is refused with file, row, column and value, all at once.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from trivet.connect.codes import match_key, nearest
from trivet.connect.days import DayOrder, read_day, weigh_order
from trivet.connect.header import Hints
from trivet.connect.numbers import Decimals, read_number, weigh
from trivet.connect.raw import ROW
from trivet.connect.texts import read_text
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import Counts, Rates
from trivet.core.issues import Issue, Place, Severity

COLUMNS: Final = ("series", "bucket", "quantity")
MOST_NAMED: Final = 20
"""Problems listed one by one; the rest is counted."""
_COUNTED = re.compile(r"\d{1,4}")
_YEAR_MONTH = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])")
_NO_MONTHS: Final = frozenset({7, 52, 53, 365})
"""Seasons of weeks and days: their buckets are days apart, not months."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LongSeries:
    """Series of unequal length, each ending in the last column.

    Attributes:
        names: (series,) as written, in order of first appearance.
        values: (series, buckets) in units; 0 before a series begins.
        first: (series,) column in which each begins.
    """

    names: tuple[str, ...]
    values: Rates
    first: Counts


@dataclass(slots=True, kw_only=True)
class _Problems:
    """What is wrong with a file, so far."""

    file: str
    found: list[Issue] = field(default_factory=list)

    def add(self, code: str, message: str, advice: str, place: tuple[int | None, str, str | None]) -> None:
        row, column, value = place
        where = Place(source=self.file, row=row, column=column or None, value=value)
        self.found.append(Issue(code=code, severity=Severity.REFUSED, message=message, advice=advice, place=where))

    def stop(self) -> None:
        """Raise what was found, if anything was."""
        if not self.found:
            return
        count = len(self.found)
        more = f", the first {MOST_NAMED} are" if count > MOST_NAMED else ""
        told = "1 problem" if count == 1 else f"{count} problems{more}"
        raise InvalidInput(f"{self.file} can't be used: {told}", self.found[:MOST_NAMED])


def read_series(path: Path, season: int) -> LongSeries:
    """Read a long file of series.

    Raises:
        NotFound: there is no such file.
        InvalidInput: rows or columns can't be used; each is an issue with file, row, column, value and advice.
    """
    if not path.is_file():
        raise NotFound(f"{path} is no file. Give a CSV file with the columns series, bucket and quantity.")
    text = read_text(path, Hints(expected=frozenset(COLUMNS)))
    problems = _Problems(file=path.name, found=list(text.issues))
    for reject in text.rejects:
        problems.add(
            "series.row", f"{reject.reason}.", reject.advice, (reject.row, reject.column, reject.value or None)
        )
    problems.stop()
    frame = _named_columns(text.raw.frame, problems)
    _check_filled(frame, problems)
    quantities = _quantities(frame, problems)
    buckets = _buckets(frame, season, problems)
    problems.stop()
    return _arrange(frame.with_columns(quantity=pl.Series(quantities), place=pl.Series(buckets)), problems)


def _named_columns(frame: pl.DataFrame, problems: _Problems) -> pl.DataFrame:
    present = {match_key(name): name for name in frame.columns if name != ROW}
    for name in COLUMNS:
        if name not in present:
            near = nearest(name, present.values())
            maybe = f" Maybe '{near}' is meant: rename it." if near else ""
            message = f"the column '{name}' is missing; the file has {', '.join(present.values()) or 'no columns'}."
            advice = f"Give one row a series and bucket with the columns series, bucket, quantity.{maybe}"
            problems.add("series.missing-column", message, advice, (None, name, None))
    problems.stop()
    if not len(frame):
        problems.add("series.no-rows", "there is no row below the header.", "Add rows.", (None, "", None))
        problems.stop()
    return frame.select(ROW, *(pl.col(present[name]).str.strip_chars().alias(name) for name in COLUMNS))


def _check_filled(frame: pl.DataFrame, problems: _Problems) -> None:
    for name in COLUMNS:
        for row in frame.filter(pl.col(name).is_null())[ROW].to_list():
            advice = {"quantity": "Write 0 where nothing was sold."}.get(name, "Fill the cell or delete the row.")
            problems.add("series.empty", f"the cell is empty, expected a {name}.", advice, (row, name, ""))
    problems.stop()


def _quantities(frame: pl.DataFrame, problems: _Problems) -> Rates:
    """Read the quantities: plain numbers at once, others as people write them."""
    texts = frame["quantity"]
    numbers = texts.cast(pl.Float64, strict=False)
    plain = texts.str.contains(r"^[+-]?[0-9.]+([eE][+-]?[0-9]{1,3})?$") & numbers.is_finite().fill_null(value=False)
    values = numbers.fill_null(0.0).to_numpy().copy()
    odd = np.flatnonzero(~plain.to_numpy())
    if not len(odd):
        return values
    evidence = weigh(texts.to_list())
    decimals = Decimals.COMMA if evidence.comma and not evidence.point else Decimals.POINT
    if decimals is Decimals.COMMA:
        odd = np.arange(len(values))
    for at in odd:
        found = read_number(texts[int(at)], decimals)
        if found is None:
            message = f"'{texts[int(at)]}' is no number, expected a quantity such as 12.5."
            advice = "Correct it; write 0 where nothing was sold."
            problems.add("series.no-number", message, advice, (frame[ROW][int(at)], "quantity", texts[int(at)]))
        values[at] = float(found or 0)
    return values


def _buckets(frame: pl.DataFrame, season: int, problems: _Problems) -> Counts:
    """Give each row's bucket as a number that counts on by the same step."""
    texts = frame["bucket"].unique(maintain_order=True).to_list()
    places = _counted(texts)
    if places is None:
        places = _dated(texts, season)
    unread = [text for text in texts if text not in places]
    if unread:
        rows = frame.filter(pl.col("bucket").is_in(unread))
        for row, text in rows.select(ROW, "bucket").iter_rows():
            message = f"'{text}' is no bucket, expected a month (2026-11), a day (2026-11-02) or a count (1, 2, 3)."
            problems.add("series.no-bucket", message, "Write buckets as ISO dates.", (row, "bucket", text))
    return np.array([places.get(text, 0) for text in frame["bucket"].to_list()], dtype=np.int64)


def _counted(texts: Sequence[str]) -> Mapping[str, int] | None:
    """Read counted buckets, and months such as 202611; None when these are dates."""
    if all(_COUNTED.fullmatch(text) for text in texts):
        return {text: int(text) for text in texts}
    if all(_YEAR_MONTH.fullmatch(text) for text in texts):
        return {text: int(text[:4]) * 12 + int(text[4:]) - 1 for text in texts}
    return None


def _dated(texts: Sequence[str], season: int) -> Mapping[str, int]:
    evidence = weigh_order(texts)
    month_first = bool(evidence.month_first) and not evidence.day_first
    undecided = not month_first and not evidence.day_first and evidence.open
    open_texts = set(evidence.open) if undecided else set()
    order = DayOrder.MONTH_FIRST if month_first else DayOrder.DAY_FIRST
    read = {text: read_day(text, order) for text in texts if text not in open_texts}
    days = {text: day for text, day in read.items() if day is not None}
    if season not in _NO_MONTHS and _at_month_ends(days.values()):
        return {text: day.year * 12 + day.month - 1 for text, day in days.items()}
    return {text: day.toordinal() for text, day in days.items()}


def _at_month_ends(days: Iterable[date]) -> bool:
    """Tell whether all days are first, or all last days of a month."""
    known = list(days)
    last = all(day.day == monthrange(day.year, day.month)[1] for day in known)
    return last or all(day.day == 1 for day in known)


def _arrange(rows: pl.DataFrame, problems: _Problems) -> LongSeries:
    names = rows["series"].unique(maintain_order=True).to_list()
    number = {name: at for at, name in enumerate(names)}
    series = np.array([number[name] for name in rows["series"].to_list()], dtype=np.int64)
    place = rows["place"].to_numpy()
    order = np.lexsort((place, series))
    series, place, ordered = series[order], place[order], rows[order]
    same = series[1:] == series[:-1]
    steps = place[1:] - place[:-1]
    ahead = steps[same & (steps > 0)]
    step = int(ahead.min()) if len(ahead) else 1
    for at in np.flatnonzero(same & (steps != step)):
        _not_next(ordered, int(at) + 1, int(steps[at]), step, problems)
    problems.stop()
    length = np.bincount(series, minlength=len(names)).astype(np.int64)
    longest = int(length.max())
    start = np.concatenate([[0], np.cumsum(length)[:-1]])
    column = longest - length[series] + np.arange(len(series)) - start[series]
    values = np.zeros((len(names), longest))
    values[series, column] = ordered["quantity"].to_numpy()
    return LongSeries(names=tuple(names), values=values, first=longest - length)


def _not_next(rows: pl.DataFrame, at: int, found: int, step: int, problems: _Problems) -> None:
    """Say that a row is no next bucket of the one before: it is there twice, or some are missing."""
    name, text, row = rows["series"][at], rows["bucket"][at], int(rows[ROW][at])
    before, row_before = rows["bucket"][at - 1], int(rows[ROW][at - 1])
    if found == 0:
        doubled = f"'{text}' of series '{name}' stands in row {row_before} already; expected one row a bucket."
        place = (max(row, row_before), "bucket", text)
        problems.add("series.twice", doubled, "Add the rows up or delete one.", place)
        return
    missing = -(-found // step) - 1
    amount = f"{missing} bucket{'s are' if missing > 1 else ' is'} missing" if missing else "the step is uneven"
    hole = f"'{text}' of series '{name}' follows '{before}' (row {row_before}): {amount}."
    way_out = "Add a row a bucket, with 0 where nothing was sold; expected buckets at one distance."
    problems.add("series.gap", hole, way_out, (row, "bucket", text))
