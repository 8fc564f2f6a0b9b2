"""Which feeds are complete: a channel's file may skip months, end before the others, or stop in the middle of one.

A feed is what one channel sends (the whole table where no channels are named). What it lacks is asked about with
place, value and the money a usual bucket of it carries; nothing is filled in and nothing is read as no sales.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final

import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.issues import Issue, Place, Severity
from trivet.core.quantities import MONEY, to_decimal

Tables = Mapping[str, pl.DataFrame]

_YEAR: Final = 365
"""Days in which a feed shows how regular it is; a channel silent for longer is closed, not late."""
_WEEK: Final = 7
"""Days without an order that are odd in any feed."""
_SILENT: Final = 2
"""Days without an order at the end that are odd in a feed that never paused as long."""


def find_missing_buckets(name: str, tables: Tables, buckets: Buckets) -> list[Issue]:
    """Find buckets in which a whole feed has no row between its first and last one."""
    issues = []
    for channel, rows in _feeds(tables[name], tables.get("markets")):
        there = sorted(set(rows["bucket"].to_list()))
        gaps = [
            day for day in buckets.starts if there[0] < day < min(there[-1], buckets.current) and day not in set(there)
        ]
        if gaps:
            issues.append(_gap(name, channel, gaps, _usual(rows) * len(gaps)))
    return issues


def find_ended_feeds(name: str, tables: Tables, buckets: Buckets) -> list[Issue]:
    """Find feeds that end before the last closed bucket, after a year in which they never paused as long.

    Where every feed ends early it is one question about the table, however long ago; a single channel that ended
    more than a year ago is taken for closed.
    """
    closed = [day for day in buckets.starts if day < buckets.current]
    past = _in_buckets(tables[name], buckets).filter(pl.col("bucket") < buckets.current)
    if not closed or past.is_empty():
        return []
    latest = _last(past)
    ended = [_ended(name, "", past, closed, latest)] if latest < closed[-1] else []
    for channel, rows in _feeds(past, tables.get("markets")):
        due = [day for day in closed if _last(rows) < day <= latest]
        if due and (latest - _last(rows)).days <= _YEAR and len(due) > _longest_pause(rows, closed):
            ended.append(_ended(name, channel, rows, [day for day in closed if day <= latest], latest))
    return ended


def find_partial_lines(lines: pl.DataFrame, buckets: Buckets) -> list[Issue]:
    """Find order lines that stop before the last closed bucket ends.

    More than a week is odd in any feed; fewer days, two at least, are where no pause of the year before was as long.
    """
    past = lines.filter(pl.col("ordered") < buckets.current)
    last = past["ordered"].max()
    if not isinstance(last, date) or buckets.first_open == 0:
        return []
    start = buckets.edges[buckets.first_open - 1]
    missing = (buckets.current - last).days - 1
    if last < start or missing <= min(_WEEK, max(_longest_silence(past["ordered"], last), _SILENT - 1)):
        return []
    length = (buckets.current - start).days
    return [
        Issue(
            code="import.partial-last-bucket",
            severity=Severity.WARNING,
            place=Place(source="order_lines", column="ordered", value=f"{last}", first=start),
            message=f"the last order of the last closed bucket is of {last}, {missing} days before it ends: "
            f"it looks partial, {length - missing} of {length} days.",
            advice=f'If it is, set cycle = "{start:%Y-%m-%d}" in company.toml.',
            at_stake=_money(past.filter(pl.col("ordered") >= start)),
        )
    ]


def _feeds(frame: pl.DataFrame, markets: pl.DataFrame | None) -> Iterator[tuple[str, pl.DataFrame]]:
    """Give the rows of each channel; all of them under "" where markets name no channels."""
    parts = frame.select("market", "bucket", "value")
    if markets is not None and markets["channel"].null_count() < markets.height:
        parts = parts.join(markets.select("market", "channel"), on="market", how="left")
    else:
        parts = parts.with_columns(pl.lit("", dtype=pl.String).alias("channel"))
    for (channel,), rows in parts.group_by(["channel"], maintain_order=True):
        yield str(channel or ""), rows


def _in_buckets(frame: pl.DataFrame, buckets: Buckets) -> pl.DataFrame:
    """Give order lines the bucket of the day they came in; tables by bucket stay."""
    if "bucket" in frame.columns:
        return frame
    starts = pl.DataFrame({"bucket": list(buckets.starts)}, schema={"bucket": pl.Date}).with_columns(
        pl.col("bucket").alias("ordered")
    )
    lines = frame.filter(pl.col("ordered") >= buckets.edges[0]).sort("ordered")
    return lines.join_asof(starts, on="ordered", strategy="backward")


def _last(rows: pl.DataFrame) -> date:
    last: date = max(rows["bucket"].to_list())
    return last


def _usual(rows: pl.DataFrame) -> Decimal:
    """Give the money of a usual bucket of a feed: the mean over those it has."""
    return to_decimal(int(rows["value"].sum() or 0) // rows["bucket"].n_unique(), MONEY)


def _money(frame: pl.DataFrame) -> Decimal | None:
    return to_decimal(int(frame["value"].sum() or 0), MONEY) if "value" in frame.columns else None


def _longest_pause(rows: pl.DataFrame, closed: list[date]) -> int:
    """Count the longest run of buckets without a row in the last year of a feed."""
    there, last = set(rows["bucket"].to_list()), _last(rows)
    longest = pause = 0
    for day in closed:
        if min(there) <= day <= last and (last - day).days <= _YEAR:
            pause = 0 if day in there else pause + 1
            longest = max(longest, pause)
    return longest


def _longest_silence(ordered: pl.Series, last: date) -> int:
    """Count the most days in a row without an order in a year; a week where under a month of it is known."""
    days: list[date] = sorted({day for day in ordered.drop_nulls().to_list() if (last - day).days <= _YEAR})
    if (last - days[0]).days < 4 * _WEEK:
        return _WEEK
    return max((after - before).days - 1 for before, after in pairwise(days))


def _ended(name: str, channel: str, rows: pl.DataFrame, closed: list[date], latest: date) -> Issue:
    last = _last(rows)
    due = [day for day in closed if day > last]
    beside = f" while the others go on to {latest:%Y-%m-%d}" if last < latest else ""
    which = f"{len(due)} closed buckets {due[0]:%Y-%m-%d} to {due[-1]:%Y-%m-%d} have" if len(due) > 1 else ""
    which = which or f"the closed bucket {due[0]:%Y-%m-%d} has"
    return Issue(
        code="import.feed-ends",
        severity=Severity.WARNING,
        place=_place(name, due[0], due[-1]),
        message=f"{_who(channel)} ends in {last:%Y-%m-%d}{beside}: {which} no row: not reported yet, or nothing sold?",
        advice=f'Import what is missing, or set cycle = "{due[0]:%Y-%m-%d}" in company.toml; '
        "write rows of 0 if nothing was sold.",
        at_stake=_usual(rows) * len(due),
    )


def _gap(name: str, channel: str, gaps: list[date], stake: Decimal) -> Issue:
    months = ", ".join(f"{day:%Y-%m-%d}" for day in gaps[:12])
    return Issue(
        code="import.missing-buckets",
        severity=Severity.WARNING,
        place=_place(name, gaps[0], gaps[-1]),
        message=f"{_who(channel)} has no row in {months}: missing, or nothing sold?",
        advice="They are not filled. Write rows of 0 if nothing was sold; move what was booked in the next bucket.",
        at_stake=stake,
    )


def _who(channel: str) -> str:
    return f"channel '{channel}'" if channel else "the whole table"


def _place(name: str, first: date, last: date) -> Place:
    column = "ordered" if name == "order_lines" else "bucket"
    return Place(source=name, column=column, value=f"{first:%Y-%m-%d}", first=first, last=last)
