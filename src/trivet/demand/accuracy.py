"""How good the plans were: error and bias at a lag and a level, and what each step of the process added.

All errors are forecast minus actual: plus = planned too much. `WMAPE = sum |F - A| / sum A`,
`MAPE = mean |F - A| / A` over cells with A > 0, `bias = sum (F - A) / sum A`,
`tracking signal = sum (F - A) / mean |F - A|` over the last 12 buckets (F7),
value added = error of the benchmark minus error of the stream on the same series, buckets and lag (F8).
Reads `published` plans, `orders` and `demand_history`; writes no measure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.history import bucket_columns
from trivet.demand.scope import Texts, group_rows

ALARM: Final = 4.0
"""Tracking signal beyond which a forecast is called biased."""
ONLY_MARKET: Final = "ALL"
"""Market of rows that name none, as history has it."""
LEAST: Final = 6
"""Buckets a tracking signal needs before it alarms."""
_LAST: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Accuracy of one forecast; None where it is not defined (nothing was sold, nothing was forecast).

    Attributes:
        wmape, bias: parts of actual demand (0.07 = 7 %).
        mase: mean error against that of the in-sample seasonal naive.
        tracking_signal: sum of the totals' errors over their mean absolute error, last 12 buckets.
        cells: scored cells.
        buckets: scored buckets.
        mape: mean error in parts of each cell's demand; cells without demand have none.
    """

    wmape: float | None
    bias: float | None
    mase: float | None
    tracking_signal: float | None
    cells: int
    buckets: int
    mape: float | None = None

    @property
    def alarm(self) -> bool:
        """Whether the tracking signal says bias: beyond 4 over at least 6 buckets."""
        return self.tracking_signal is not None and self.buckets >= LEAST and abs(self.tracking_signal) > ALARM


def score(forecast: Counts, actual: Counts, scored: Flags, scale: Rates | None = None) -> Score:
    """Score a forecast.

    Args:
        forecast: (series, buckets) counts.
        actual: (series, buckets) counts of the same quantum.
        scored: cells with both.
        scale: (series,) mean absolute error of the in-sample seasonal naive in the same quantum, for MASE.

    Returns:
        The score over all scored cells; level = whatever the rows are (roll up first for families).
    """
    error = np.where(scored, forecast - actual, 0)
    sold = int(np.where(scored, actual, 0).sum())
    ordered = scored & (actual > 0)
    parts = np.abs(error[ordered]) / actual[ordered]
    usable = scored.any(axis=0)
    by_bucket = error.sum(axis=0)[usable][-_LAST:]
    typical = float(np.abs(by_bucket).mean()) if len(by_bucket) else 0.0
    return Score(
        wmape=int(np.abs(error).sum()) / sold if sold > 0 else None,
        bias=int(error.sum()) / sold if sold > 0 else None,
        mase=_mase(np.abs(error), scored, scale),
        tracking_signal=int(by_bucket.sum()) / typical if typical > 0 else None,
        cells=int(scored.sum()),
        buckets=int(usable.sum()),
        mape=float(parts.mean()) if len(parts) else None,
    )


def _mase(error: Counts, scored: Flags, scale: Rates | None) -> float | None:
    """Give the mean over series of mean error / scale, series without a scale left out."""
    if scale is None:
        return None
    cells = scored.sum(axis=1)
    usable = (cells > 0) & (scale > 0)
    if not usable.any():
        return None
    return float((error.sum(axis=1)[usable] / cells[usable] / scale[usable]).mean())


def naive_scale(history: Counts, known: Flags, season: int) -> Rates:
    """Give each series' mean absolute change on a year before, over pairs of known cells; 0 where there is none."""
    if history.shape[1] <= season:
        return np.zeros(len(history))
    pair = known[:, season:] & known[:, :-season]
    change = np.where(pair, np.abs(history[:, season:] - history[:, :-season]), 0).sum(axis=1)
    pairs = pair.sum(axis=1)
    scale: Rates = np.divide(change, pairs, out=np.zeros(len(history)), where=pairs > 0)
    return scale


def roll_up_cells(groups: Texts, forecast: Counts, actual: Counts, scored: Flags) -> tuple[Counts, Counts, Flags]:
    """Add up scored cells by group, so that errors inside a family cancel as they do on its line."""
    parts = list(group_rows(groups).values())
    summed = [
        np.stack([np.where(scored[rows], values[rows], 0).sum(axis=0) for rows in parts])
        for values in (forecast, actual)
    ]
    return summed[0], summed[1], np.stack([scored[rows].any(axis=0) for rows in parts])


def published_at_lag(inputs: PlanInputs, demand: Panel, measure: str, lag: int) -> tuple[Counts, Flags]:
    """Give what earlier cycles published for each bucket `lag` buckets ahead.

    A plan leaves zeros out: what it said of a series at all, it said of every bucket up to its last one. A stream
    of opinions says what it says and no more.

    Returns:
        (series, buckets) counts, and the cells that were published; keys the panel does not have are left out.
    """
    rows = inputs.table("published").filter(pl.col("measure") == measure)
    rows = rows.with_columns(
        market=pl.when(pl.col("market") == "").then(pl.lit(ONLY_MARKET)).otherwise(pl.col("market"))
    )
    target, cycle = bucket_columns(inputs, rows["bucket"]), bucket_columns(inputs, rows["cycle"])
    place, end = demand.find(rows), len(demand.buckets)
    hit = (target - cycle == lag) & (place >= 0) & (cycle >= 0) & (target < end)
    counts = np.zeros(demand.shape, dtype=np.int64)
    given = np.zeros(demand.shape, dtype=np.bool_)
    np.add.at(counts, (place[hit], target[hit]), rows["quantity"].fill_null(0).to_numpy()[hit])
    if inputs.model.registry[measure].missing == "absent":
        given[place[hit], target[hit]] = True
        return counts, given
    reach = np.full(end, -1, dtype=np.int64)
    inside = (cycle >= 0) & (cycle < end)
    np.maximum.at(reach, cycle[inside], target[inside])
    spoken = inside & (place >= 0) & (cycle + lag < end)
    spoken[spoken] = cycle[spoken] + lag <= reach[cycle[spoken]]
    given[place[spoken], cycle[spoken] + lag] = True
    return counts, given


def spoken_cycles(inputs: PlanInputs, demand: Panel, measure: str, lag: int) -> Flags:
    """Tell the buckets that some plan spoke of `lag` buckets ahead, of whatever series: (buckets,)."""
    rows = inputs.table("published").filter(pl.col("measure") == measure)
    target, cycle = bucket_columns(inputs, rows["bucket"]), bucket_columns(inputs, rows["cycle"])
    inside = (target - cycle == lag) & (cycle >= 0) & (target < len(demand.buckets))
    spoken = np.zeros(len(demand.buckets), dtype=np.bool_)
    spoken[target[inside]] = True
    return spoken


def due_demand(demand: Panel) -> Counts:
    """Give what plans are held to: orders by requested date, in buckets of stock-outs what was due.

    A one-off is no reason to forgive a plan that missed it; a stock-out is.
    """
    return np.maximum(demand.count("orders"), demand.count("demand_history"))


def score_published(inputs: PlanInputs, demand: Panel, measure: str, lag: int, groups: Texts | None = None) -> Score:
    """Score a published measure at a lag against orders, stock-outs corrected.

    Series by series, or by `groups` (a name a series). Closed buckets in which the series lived and the plan spoke.
    """
    planned, given = published_at_lag(inputs, demand, measure, lag)
    actual = due_demand(demand)
    scored = given & demand.mask("demand_history")
    scored[:, demand.buckets.first_open :] = False
    if groups is not None:
        planned, actual, scored = roll_up_cells(groups, planned, actual, scored)
    return score(planned, actual, scored)


def value_added(benchmark: float | None, stream: float | None) -> float | None:
    """Give the points of error a stream takes away against its benchmark; negative = it made things worse."""
    return None if benchmark is None or stream is None else benchmark - stream


def staircase(errors: Sequence[tuple[str, float | None]]) -> Mapping[str, float | None]:
    """Give what each step added to the one before it, first step = benchmark: {step: points}."""
    steps = list(errors)
    return {name: value_added(steps[at][1], error) for at, (name, error) in enumerate(steps[1:])}
