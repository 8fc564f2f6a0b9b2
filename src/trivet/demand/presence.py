"""Which cells of the history mean something: an item not yet born, dead or not reported has no demand, not zero demand.

Writes no measure; gives masks over (series, closed bucket). A market whose feed is empty or cut short
in a bucket is asked about (issue), never read as a collapse of demand.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY, round_to_counts, to_amounts
from trivet.core.seasons import YEAR_BUCKETS
from trivet.demand.expectation import expected_values, median
from trivet.demand.scope import Members, sums_by, units_text

_FULL: Final = 0.75
"""A last bucket below this part of what was due, while the others deliver, looks cut short."""
_NOT_FULL: Final = 0.9
"""What a market reports below this part of what was due is not full."""
_REGULAR: Final = 6
"""Buckets with sales a market needs before an empty one is odd."""
_LOW: Final = 0.1
"""A market whose worst bucket is below this part of its median may well have an empty one."""
_SCALE: Final = 1.4826
"""Median absolute deviation to standard deviation of a normal law."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Life:
    """First and last bucket in which each series can sell.

    Attributes:
        born: first bucket with a sale; the number of closed buckets where there was none.
        dies: first bucket after the last day of sale; the number of buckets where it is open.
        opens: first bucket that lies in the time of sale.
    """

    born: Counts
    dies: Counts
    opens: Counts


def life_of(inputs: PlanInputs, panel: Panel) -> Life:
    """Read the life of each series from its first sale and its item's dates."""
    closed = panel.buckets.first_open
    sold = panel.count("orders")[:, :closed] != 0
    born = np.where(sold.any(axis=1), sold.argmax(axis=1), closed)
    items = inputs.table("items").select("item", "first_sale", "last_sale")
    dates = {item: (first, last) for item, first, last in items.iter_rows()}
    lives = [dates.get(item, (None, None)) for item in panel.keys["item"].to_list()]
    return Life(
        born=born.astype(np.int64),
        dies=np.array([_bucket_after(panel, last) for _, last in lives], dtype=np.int64),
        opens=np.array([_bucket_of(panel, first) for first, _ in lives], dtype=np.int64),
    )


def _bucket_after(panel: Panel, last: date | None) -> int:
    edges = panel.buckets.edges
    if last is None:
        return len(panel.buckets)
    return bisect_right(edges, last, hi=len(panel.buckets))


def _bucket_of(panel: Panel, first: date | None) -> int:
    return max(_bucket_after(panel, first) - 1, 0) if first is not None else 0


def lived(panel: Panel, life: Life) -> Flags:
    """Tell in which closed buckets each series was born and not yet dead; a sale proves life."""
    columns = np.arange(panel.buckets.first_open)[None, :]
    alive: Flags = (columns >= life.born[:, None]) & (columns < life.dies[:, None])
    return alive | (panel.count("orders")[:, : panel.buckets.first_open] > 0)


def not_reported(inputs: PlanInputs, panel: Panel, members: Members) -> tuple[Flags, tuple[Issue, ...]]:
    """Find buckets a market did not report, or reported in part at the end.

    Returns:
        (series, closed) mask of cells that mean nothing, and one issue per market and run of buckets.
    """
    closed = panel.buckets.first_open
    season = YEAR_BUCKETS[panel.buckets.calendar]
    names, totals = sums_by(members.market, panel.count("orders")[:, :closed])
    values = to_amounts(totals, QUANTITY)
    silent = _silent(values, season)
    cut, part = _cut_short(values, silent, season)
    cut |= (part < _NOT_FULL) & _regions_cut(panel, members, names, season)
    issues = [_issue(inputs, panel, name, cell, totals[i]) for i, name in enumerate(names) for cell in _runs(silent[i])]
    issues += [_cut_issue(inputs, panel, names[i], totals[i], season) for i in np.flatnonzero(cut)]
    silent[cut, -1] = True
    place = {name: i for i, name in enumerate(names)}
    rows = np.array([place[str(market)] for market in members.market], dtype=np.int64)
    mask: Flags = silent[rows] if len(rows) else np.zeros((0, closed), dtype=np.bool_)
    return mask, tuple(issues)


def _silent(values: Rates, season: int) -> Flags:
    """Find empty buckets of markets that otherwise always sell, and sell in that place of other years."""
    silent = np.zeros(values.shape, dtype=np.bool_)
    for row, own in enumerate(values):
        sold = np.flatnonzero(own > 0)
        if len(sold) < _REGULAR or own[sold].min() < _LOW * np.median(own[sold]):
            continue
        empty = np.flatnonzero(own[sold[0] :] == 0) + sold[0]
        if len(empty) <= len(sold) / 3:
            silent[row, [place for place in empty if not _empty_yearly(own[sold[0] :], place - sold[0], season)]] = True
    return silent


def _empty_yearly(own: Rates, place: int, season: int) -> bool:
    """Tell whether the same place of another year is empty too."""
    others = [other for other in range(place % season, len(own), season) if other != place]
    return any(own[other] == 0 for other in others)


def _cut_short(values: Rates, silent: Flags, season: int) -> tuple[Flags, Rates]:
    """Find markets whose last bucket stays far below what was due while the other markets deliver.

    Gives the flags and, for each market, what it reported as a part of what was due.
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
    short: Flags = low & ~silent[:, -1] & bool(delivers)
    return short, part


def _regions_cut(panel: Panel, members: Members, names: list[str], season: int) -> Flags:
    """Tell for each market whether its whole region looks cut short: one file feeds them all."""
    regions, totals = sums_by(members.region, panel.count("orders")[:, : panel.buckets.first_open])
    values = to_amounts(totals, QUANTITY)
    cut, _ = _cut_short(values, _silent(values, season), season)
    short = {region for region, flag in zip(regions, cut, strict=True) if flag}
    of_market = dict(zip(members.market, members.region, strict=True))
    return np.array([of_market[name] in short for name in names], dtype=np.bool_)


def _runs(flags: Flags) -> list[tuple[int, int]]:
    """Give first and last column of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _place(panel: Panel, market: str, run: tuple[int, int]) -> Place:
    return Place(
        measure=MeasureId("orders"),
        scope=(Node(dimension="market", level="market", member=MemberId(market)),),
        first=panel.buckets.starts[run[0]],
        last=panel.buckets.starts[run[1]],
    )


def _issue(inputs: PlanInputs, panel: Panel, market: str, run: tuple[int, int], totals: Counts) -> Issue:
    sold = totals[totals > 0]
    return Issue(
        code="demand.not-reported",
        severity=Severity.WARNING,
        place=_place(panel, market, run),
        message=f"nothing is on record in {run[1] - run[0] + 1} buckets of a market that sells "
        f"{units_text(int(np.median(sold)))} units in a usual one: read as not reported, not as no demand "
        f"({inputs.model.company.name}).",
        advice="Import what is missing; if it is true, say so in history_corrections.csv.",
    )


def _cut_issue(inputs: PlanInputs, panel: Panel, market: str, totals: Counts, season: int) -> Issue:
    last = len(totals) - 1
    values = to_amounts(totals[None, :], QUANTITY)
    usable = np.ones(values.shape, dtype=np.bool_)
    usable[:, -1] = False
    due = int(round_to_counts(expected_values(values, usable, season), QUANTITY)[0, -1])
    return Issue(
        code="demand.partial-bucket",
        severity=Severity.WARNING,
        place=_place(panel, market, (last, last)),
        message=f"{units_text(int(totals[-1]))} units in the last closed bucket, about {units_text(due)} were due and "
        f"the other markets delivered: it looks reported in part and is not learned from "
        f"({inputs.model.company.name}).",
        advice="Import the complete bucket; if it is complete, say so in history_corrections.csv.",
    )
