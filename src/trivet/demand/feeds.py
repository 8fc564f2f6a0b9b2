"""Feeds that stopped or were cut short: what nobody reported is asked about, never read as a collapse of demand.

A feed is what one file or system brings: the whole company, a channel, a region, a family or a market. Where one that
always sells holds nothing for a bucket or more, it was not reported; where its last bucket stays far below what was
due while the others deliver, it was reported in part. A row of 0 in a file is a report: zero, not missing. Rest months
that come back with the year are believed, and so is an end: a feed that was dying before, or is silent for as long as
an item needs to count as dead (`[segments] dead`) while the others go on. Writes no measure; gives a mask over
(series, closed bucket).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Scope, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY, round_to_counts, to_amounts
from trivet.core.seasons import YEAR_BUCKETS
from trivet.demand.expectation import expected_values, median, rolling_median
from trivet.demand.history import written_zeros
from trivet.demand.presence import life_of, lived
from trivet.demand.scope import Members, Texts, group_rows, sums_by, units_text, worth

_FULL: Final = 0.75
"""A last bucket below this part of what was due, while the others deliver, looks cut short."""
_NOT_FULL: Final = 0.9
"""What a market reports below this part of what was due is not full."""
_REGULAR: Final = 6
"""Buckets with sales a feed needs before an empty one is odd."""
_LOW: Final = 0.1
"""A feed whose worst bucket is below this part of the year around it may well have an empty one."""
_CHANCE: Final = 7.0
"""Least orders that stayed away at once: fewer may be chance (Poisson: e^-7 = one time in a thousand)."""
_TOGETHER: Final = 3
"""Items of a family that must stop at once; one or two may have ended."""
_SCALE: Final = 1.4826
"""Median absolute deviation to standard deviation of a normal law."""
_COMPANY: Final = ""
_LEVELS: Final = (_COMPANY, "channel", "region", "market", "family")
"""Feeds from the widest on: what a wide one explains is asked once."""


def not_reported(inputs: PlanInputs, panel: Panel, members: Members) -> tuple[Flags, tuple[Issue, ...]]:
    """Find buckets a feed did not report, or a market reported in part at the end.

    Returns:
        (series, closed) mask of cells that mean nothing, and one issue a feed and run of buckets:
        `demand.not-reported`, `demand.partial-bucket`, or `demand.stopped` for a market that is believed to have
        ended (not in the mask).
    """
    desk = _Desk(inputs, panel, members)
    mask = np.zeros(desk.orders.shape, dtype=np.bool_)
    issues: list[Issue] = []
    for level in _LEVELS:
        found = mask.copy()
        for feed in desk.feeds(level):
            silent, ended = desk.silent(feed)
            explained: Flags = np.asarray((mask | ~desk.alive)[feed.rows].all(axis=0))
            issues += [desk.issue(feed, run) for run in _runs(silent) if not explained[run[0] : run[1] + 1].all()]
            issues += [desk.stopped(feed, run) for run in _runs(ended) if level == "market"]
            found[np.ix_(feed.rows, silent)] = True
        mask = found
    cut, asked = desk.cut_short(mask)
    mask[cut, -1] = True
    return mask, (*issues, *asked)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Feed:
    """What one file may bring: its level and member, its series and their sum (closed buckets, counts)."""

    level: str
    name: str
    rows: Counts
    total: Counts

    @property
    def scope(self) -> Scope:
        if not self.level:
            return ()
        dimension = "item" if self.level == "family" else "market"
        return (Node(dimension=dimension, level=self.level, member=MemberId(self.name)),)


class _Desk:
    """The orders of the closed buckets, and what is known about who should have reported."""

    def __init__(self, inputs: PlanInputs, panel: Panel, members: Members) -> None:
        """Lay the orders beside the lives of the series."""
        self._inputs, self._panel, self._members = inputs, panel, members
        self.orders: Counts = panel.count("orders")[:, : panel.buckets.first_open]
        self.alive = lived(panel, life_of(inputs, panel))
        self._zeros = written_zeros(inputs, panel)
        self._season = YEAR_BUCKETS[panel.buckets.calendar]
        self._whole: Counts = self.orders.sum(axis=0)

    def feeds(self, level: str) -> Iterator[_Feed]:
        """Give the feeds of a level; one that is no more than a narrower one is left to it."""
        markets = self._members.market
        groups: Texts = self._members.level(level) if level else np.full(len(markets), _COMPANY, dtype=object)
        of_level = group_rows(groups)
        if level in ("channel", "region") and len(of_level) < 2:  # one of all is the company
            return
        for name, rows in of_level.items():
            if level in ("market", "family") or len(set(markets[rows])) > 1:
                yield _Feed(level=level, name=name, rows=rows, total=self.orders[rows].sum(axis=0))

    def silent(self, feed: _Feed) -> tuple[Flags, Flags]:
        """Tell in which buckets a feed did not report, and in which it is silent because it ended."""
        own, closed = to_amounts(feed.total, QUANTITY), len(feed.total)
        silent, ended = (np.zeros(closed, dtype=np.bool_) for _ in range(2))
        orders = _orders(feed.total, self._season)
        if not orders:
            return silent, ended
        empty = (own == 0) & self.alive[feed.rows].any(axis=0) & (np.arange(closed) > int(np.argmax(own > 0)))
        empty &= ~self._zeros[feed.rows].any(axis=0)
        for first, last in _runs(empty):
            span = np.arange(first, last + 1)
            odd = span[~_yearly(empty, span, self._season)]
            if len(odd) * orders < _CHANCE or not self._at_once(feed, first):
                continue
            if last < closed - 1 or not feed.level or not self._whole[-1]:
                silent[odd] = True
            elif not _fading(own[:first], self._season, self._inputs.model.company.segments.decline):
                (ended if len(odd) >= self._inputs.model.company.segments.dead else silent)[odd] = True
        return silent, ended

    def _at_once(self, feed: _Feed, first: int) -> bool:
        """Tell whether enough items of a family stopped with the same bucket to be more than ends of their own."""
        if feed.level != "family":
            return True
        sold = feed.rows[self.orders[feed.rows, first - 1] > 0]
        return len(set(self._members.item[sold])) >= _TOGETHER

    def cut_short(self, mask: Flags) -> tuple[Flags, list[Issue]]:
        """Find the series of markets whose last bucket was reported in part, and ask about it."""
        names, totals, silent = self._markets(self._members.market, mask)
        values = to_amounts(totals, QUANTITY)
        cut, part = _cut_short(values, silent, self._season)
        regions, sums, quiet = self._markets(self._members.region, mask)
        short, _ = _cut_short(to_amounts(sums, QUANTITY), quiet, self._season)
        of_region = dict(zip(regions, short, strict=True))
        of_market = dict(zip(self._members.market, self._members.region, strict=True))
        cut |= (part < _NOT_FULL) & np.array([of_region[of_market[name]] for name in names], dtype=np.bool_)
        issues = [self._cut_issue(names[i], totals[i]) for i in np.flatnonzero(cut)]
        hit: Flags = np.isin(self._members.market.astype(str), [names[i] for i in np.flatnonzero(cut)])
        return hit, issues

    def _markets(self, groups: Texts, mask: Flags) -> tuple[list[str], Counts, Flags]:
        """Sum up by group; a bucket none of its series reported is silent."""
        names, totals = sums_by(groups, self.orders)
        _, told = sums_by(groups, (~mask).astype(np.int64))
        return names, totals, told == 0

    def _place(self, scope: Scope, run: tuple[int, int]) -> Place:
        starts = self._panel.buckets.starts
        return Place(measure=MeasureId("orders"), scope=scope, first=starts[run[0]], last=starts[run[1]])

    def issue(self, feed: _Feed, run: tuple[int, int]) -> Issue:
        """Ask about a run of empty buckets, with what they usually bring."""
        return Issue(
            code="demand.not-reported",
            severity=Severity.WARNING,
            place=self._place(feed.scope, run),
            message=f"nothing is on record in {_buckets(run)} of a {feed.level or 'company'} that sells "
            f"{self._usual_units(feed)} units in a usual one: read as not reported, not as no demand "
            f"({self._inputs.model.company.name}).",
            advice="Import what is missing; if it is true, write a row of 0, or say so in history_corrections.csv.",
            at_stake=self._missed(feed, run),
        )

    def stopped(self, feed: _Feed, run: tuple[int, int]) -> Issue:
        """Say that a run of empty buckets at the end was believed."""
        return Issue(
            code="demand.stopped",
            severity=Severity.WARNING,
            place=self._place(feed.scope, run),
            message=f"nothing is on record in the last {_buckets(run)} of a {feed.level} that sold "
            f"{self._usual_units(feed)} units in a usual one, while the others go on: read as an end of demand "
            f"({self._inputs.model.company.name}).",
            advice="Import what is missing; if it is true, give the items that ended a last_sale.",
            at_stake=self._missed(feed, run),
        )

    @staticmethod
    def _usual_units(feed: _Feed) -> str:
        return units_text(int(np.median(feed.total[feed.total > 0])))

    def _missed(self, feed: _Feed, run: tuple[int, int]) -> Decimal | None:
        """Give what a run of buckets would have brought at the mean of the year before it, in money."""
        year = slice(max(0, run[0] - self._season), run[0])
        mean = self.orders[feed.rows, year].sum(axis=1) // (year.stop - year.start)
        return worth(self._panel, feed.rows, mean * (run[1] - run[0] + 1))

    def _cut_issue(self, market: str, totals: Counts) -> Issue:
        last = len(totals) - 1
        values = to_amounts(totals[None, :], QUANTITY)
        usable = np.ones(values.shape, dtype=np.bool_)
        usable[:, -1] = False
        due = int(round_to_counts(expected_values(values, usable, self._season), QUANTITY)[0, -1])
        scope = (Node(dimension="market", level="market", member=MemberId(market)),)
        return Issue(
            code="demand.partial-bucket",
            severity=Severity.WARNING,
            place=self._place(scope, (last, last)),
            message=f"{units_text(int(totals[-1]))} units in the last closed bucket, about {units_text(due)} were due "
            f"and the other markets delivered: it looks reported in part and is not learned from "
            f"({self._inputs.model.company.name}).",
            advice="Import the complete bucket; if it is complete, say so in history_corrections.csv.",
        )


def _buckets(run: tuple[int, int]) -> str:
    count = run[1] - run[0] + 1
    return "1 bucket" if count == 1 else f"{count} buckets"


def _orders(total: Counts, season: int) -> float:
    """Give how many orders a feed gets in a usual bucket; 0 where an empty bucket would not be odd.

    It is odd in a feed that sells in three buckets of four at least, and whose worst one is no tenth of the year
    around it; its first bucket may have begun late. Orders come in multiples of their greatest common part; a feed as
    steady as n orders would be (Poisson: variance / mean^2 = 1 / n) counts as n.
    """
    own = to_amounts(total, QUANTITY)
    sold = np.flatnonzero(own > 0)
    if len(sold) < _REGULAR or len(own) - sold[0] - len(sold) > len(sold) / 3:
        return 0.0
    told = np.where(own > 0, own, np.nan)[None, sold[0] :]
    around = rolling_median(told, season)
    around = np.where(np.isfinite(around), around, median(told)[:, None])
    part = (told / around)[0, 1:]
    if np.nanmin(part) < _LOW:
        return 0.0
    pieces = float(np.median(total[sold])) / float(np.gcd.reduce(total))
    return max(pieces, 1 / max(float(np.nanvar(part)), 1e-9))


def _yearly(empty: Flags, span: Counts, season: int) -> Flags:
    """Tell which buckets of an empty run are empty in the year before or after too, in another run."""
    rests = np.zeros(len(span), dtype=np.bool_)
    for other in (span - season, span + season):
        inside = (other >= 0) & (other < len(empty)) & ((other < span[0]) | (other > span[-1]))
        rests[inside] |= empty[other[inside]]
    return rests


def _fading(own: Rates, season: int, decline: float) -> bool:
    """Tell whether the last quarter before a gap brought less than a part (`decline`) of that of the year before."""
    quarter = max(season // 4, 1)
    now, before = own[-quarter:], own[-season - quarter : -season]
    return len(before) == quarter and bool(0 < now.sum() < decline * before.sum())


def _cut_short(values: Rates, silent: Flags, season: int) -> tuple[Flags, Rates]:
    """Find groups whose last bucket stays far below what was due while the others deliver.

    Gives the flags and, for each group, what it reported as a part of what was due.
    """
    if values.shape[1] < 2 * season or len(values) < 2:
        return np.zeros(len(values), dtype=np.bool_), np.ones(len(values))
    usable = ~silent & (np.cumsum(values, axis=1) > 0)
    usable[:, -1] = False
    due = expected_values(values, usable, season)
    ratio = np.divide(values, due, out=np.full(values.shape, np.nan), where=(due > 0) & ~silent)
    usual = median(ratio[:, -season - 1 : -1])
    spread = _SCALE * median(np.abs(ratio[:, :-1] - median(ratio[:, :-1])[:, None]))
    part = np.divide(ratio[:, -1], usual, out=np.ones(len(values)), where=usual > 0)
    low = part < 1 - np.maximum(1 - _FULL, 4 * spread)
    rest = values[~low, -1].sum()
    delivers = rest >= _NOT_FULL * (due[~low, -1] * usual[~low]).sum() and rest > 0
    # what holds nothing at all is silent or has ended
    short: Flags = low & (values[:, -1] > 0) & ~silent[:, -1] & bool(delivers)
    return short, part


def _runs(flags: Flags) -> list[tuple[int, int]]:
    """Give first and last column of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]
