"""Demand history fit to learn from: orders, with stock-outs and one-offs corrected and said, gaps marked as gaps.

Reads orders, shipments, stock and what people said (`demand.corrections`, which goes before what is found here);
writes `demand_history` (closed buckets) with a mask that is absent while a series is unborn, dead or not reported,
`history_correction` (demand_history less orders) and `stock_out_units`. Every correction is an issue with place,
amount and reason; orders themselves are never touched. Promotions stay in: customers did buy; only the
training of the forecast leaves their lift out (`demand.training`).
"""

from typing import Final

import numpy as np
import polars as pl

from trivet.core.ids import Counts, Flags, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY, round_to_counts, to_amounts
from trivet.core.seasons import YEAR_BUCKETS
from trivet.demand.corrections import read_corrections
from trivet.demand.events import event_factors
from trivet.demand.expectation import expected_values, median
from trivet.demand.feeds import not_reported
from trivet.demand.history import bucket_columns, history_sources
from trivet.demand.presence import life_of, lived
from trivet.demand.scope import Members, members_of, units_text, worth

_SHORT: Final = 0.95
"""Shipments below this part of orders, with empty shelves, are a stock-out."""
_FAR: Final = 4.5
"""Robust standard deviations (of the logarithm, chance of small counts added) that make a one-off ..."""
_TWICE: Final = 2.0
"""... and at least this many times what was due."""
_LEAST_SPREAD: Final = 0.1
_LUMPY: Final = 1.32
"""Mean interval between demands above which a spike is the normal thing (Syntetos & Boylan 2005)."""
_SCALE: Final = 1.4826


def correct_history(inputs: PlanInputs, demand: Panel) -> tuple[Panel, tuple[Issue, ...]]:
    """Write `demand_history` with its presence mask, `history_correction` and `stock_out_units`.

    Items known by shipments only get, in buckets that ended with empty shelves, what was due instead of
    what was shipped; items with orders keep their orders, which already hold the unmet part.
    """
    closed = demand.buckets.first_open
    members = members_of(inputs, demand.keys)
    verdicts, unused = read_corrections(inputs, demand, members)
    gaps, asked = not_reported(inputs, demand, members)
    alive = lived(demand, life_of(inputs, demand)) & ~(gaps & ~verdicts.kept) | verdicts.given
    present = alive & planned(inputs, demand)[:, None]
    orders = demand.count("orders")[:, :closed]
    stands = np.where(verdicts.given, verdicts.value, orders)
    season = YEAR_BUCKETS[demand.buckets.calendar]
    sources = history_sources(inputs)
    blind = np.array([sources.get(item) == "shipments" for item in members.item], dtype=np.bool_)
    empty = _empty_shelves(inputs, demand, blind) & present
    due = round_to_counts(expected_values(to_amounts(stands, QUANTITY), present & ~empty, season), QUANTITY)
    said = verdicts.kept | verdicts.given
    censored = empty & blind[:, None] & (due > stands) & ~said
    history = np.where(censored, due, stands)
    single, due = _one_offs(history, present, event_factors(inputs, demand)[:, :closed], season)
    single &= ~said
    history = np.where(present, np.where(single, due, history), 0)
    unmet = np.maximum(np.where(censored, history, orders) - demand.count("shipments")[:, :closed], 0)
    issues = [
        *unused,
        *(issue for issue in asked if not verdicts.answers(demand, members, issue)),
        *_no_goods(inputs, demand, members),
        *_stock_outs(demand, members, empty & ~blind[:, None]),
        *_corrections(demand, censored, history - orders, "demand.stock-out-corrected"),
        *_corrections(demand, single, history - orders, "demand.one-off-corrected"),
    ]
    written = {
        "demand_history": _on_all_buckets(demand, history),
        "history_correction": _on_all_buckets(demand, np.where(present, history - orders, 0)),
        "stock_out_units": _on_all_buckets(demand, np.where(empty, unmet, 0)),
    }
    mask = np.zeros(demand.shape, dtype=np.bool_)
    mask[:, :closed] = present
    return demand.with_counts(written, {"demand_history": mask}), tuple(issues)


def _on_all_buckets(demand: Panel, closed: Counts) -> Counts:
    full = np.zeros(demand.shape, dtype=np.int64)
    full[:, : demand.buckets.first_open] = closed
    return full


def planned(inputs: PlanInputs, demand: Panel) -> Flags:
    """Tell which series are goods: everything but items of the kind non-stock."""
    kinds = dict(inputs.table("items").select("item", "kind").iter_rows())
    return np.array([kinds.get(item) != "non-stock" for item in demand.keys["item"].to_list()], dtype=np.bool_)


def _empty_shelves(inputs: PlanInputs, demand: Panel, blind: Flags) -> Flags:
    """Tell in which closed buckets an item had no stock anywhere at the end and shipped below 95 % of its orders.

    For `blind` series (no orders known) empty shelves are enough. Items never counted are never short.
    """
    closed = demand.buckets.first_open
    stock = inputs.table("stock_history")
    columns = bucket_columns(inputs, stock["bucket"])
    counted = (
        stock.with_columns(pl.Series("column", columns, dtype=pl.Int64))
        .filter((pl.col("column") >= 0) & (pl.col("column") < closed))
        .group_by("item", "column", maintain_order=True)
        .agg(pl.col("quantity").sum())
        .filter(pl.col("quantity") <= 0)
    )
    gone = {(item, column) for item, column in counted.select("item", "column").iter_rows()}
    items = demand.keys["item"].to_list()
    empty = np.array([[(item, column) in gone for column in range(closed)] for item in items], dtype=np.bool_)
    orders, shipped = (demand.count(name)[:, :closed] for name in ("orders", "shipments"))
    short = shipped.astype(np.float64) < _SHORT * orders.astype(np.float64)
    return empty.reshape(len(items), closed) & (short | blind[:, None])


def _one_offs(history: Counts, present: Flags, factor: Rates, season: int) -> tuple[Flags, Counts]:
    """Find single values far above what was due that no other year repeats; give what was due instead.

    Only in series of more than two years that sell regularly; `factor` is what known events did to each cell.
    Gives (series, closed) flags and counts.
    """
    values = to_amounts(history, QUANTITY)
    plain = np.divide(values, factor, out=np.zeros(values.shape), where=factor > 0)
    due = expected_values(plain, present, season) * factor
    usable = present & (due > 0) & (values > 0)
    excess = np.log(np.divide(values, due, out=np.ones(values.shape), where=usable))
    known: Rates = np.where(usable, excess, np.nan)
    spread = np.nan_to_num(_SCALE * median(np.abs(known - median(known)[:, None])), nan=np.inf)
    # demand that comes in pieces of `piece` units varies by chance as counts do (Poisson): 1 / expected pieces
    piece = to_amounts(np.gcd.reduce(np.where(present, history, 0), axis=1), QUANTITY)[:, None]
    chance = np.divide(piece, due, out=np.zeros(values.shape), where=usable)
    bar = np.maximum(_FAR * np.sqrt(np.maximum(spread, _LEAST_SPREAD)[:, None] ** 2 + chance), np.log(_TWICE))
    sold, told = ((part & present).sum(axis=1) for part in (history > 0, np.ones(history.shape, dtype=np.bool_)))
    regular = (told > 2 * season) & (told <= _LUMPY * sold)
    single: Flags = usable & regular[:, None] & (excess > bar)
    return single, round_to_counts(due, QUANTITY)


def _stock_outs(demand: Panel, members: Members, empty: Flags) -> list[Issue]:
    """Say, family by family and bucket, where shelves were empty and orders, not shipments, were learned from."""
    issues = []
    for family in sorted({str(name) for name in members.family}):
        rows = members.family == family
        for column in np.flatnonzero(empty[rows].any(axis=0)):
            hit = np.flatnonzero(rows & empty[:, column])
            orders, shipped = (demand.count(name)[hit, column] for name in ("orders", "shipments"))
            issues.append(
                Issue(
                    code="demand.stock-out",
                    severity=Severity.NOTE,
                    place=_place(demand, Node(dimension="item", level="family", member=MemberId(family)), int(column)),
                    message=f"{len(hit)} series were out of stock: {units_text(int(orders.sum()))} units ordered, "
                    f"{units_text(int(shipped.sum()))} shipped. The forecast learns from the orders.",
                    advice="Nothing to do; accuracy of this bucket is marked.",
                    at_stake=worth(demand, hit, orders - shipped),
                )
            )
    return issues


def _corrections(demand: Panel, where: Flags, change: Counts, code: str) -> list[Issue]:
    """Say each correction: series, bucket, amount and reason."""
    reason = code.removeprefix("demand.").removesuffix("-corrected")
    issues = []
    for row, column in np.argwhere(where):
        item, market = demand.keys.row(int(row))
        orders, moved = int(demand.count("orders")[row, column]), int(change[row, column])
        issues.append(
            Issue(
                code=code,
                severity=Severity.NOTE if reason == "one-off" else Severity.WARNING,
                place=_place(demand, Node(dimension="item", level="item", member=item), int(column), market),
                message=f"{units_text(orders)} units stand in the history, {units_text(orders + moved)} were due by "
                f"season and level: corrected by {units_text(moved)} ({reason}).",
                advice="If customers do this every year, enter it as a promotion or a change of the consensus; "
                "if it is true as it stands, say so in history_corrections.csv.",
                at_stake=worth(demand, np.array([row]), change[row, column : column + 1]),
            )
        )
    return issues


def _no_goods(inputs: PlanInputs, demand: Panel, members: Members) -> list[Issue]:
    rows = np.flatnonzero(~planned(inputs, demand) & (demand.count("orders") != 0).any(axis=1))
    if not len(rows):
        return []
    codes = sorted({str(item) for item in members.item[rows]})
    return [
        Issue(
            code="demand.no-goods",
            severity=Severity.NOTE,
            place=Place(measure=MeasureId("demand_history")),
            message=f"{len(codes)} items of the kind non-stock were sold ({', '.join(codes[:3])}): they are valued, "
            "not forecast.",
            advice="Change their kind in items.csv if they are goods.",
        )
    ]


def _place(demand: Panel, node: Node, column: int, market: str = "") -> Place:
    scope = (node, Node(dimension="market", level="market", member=MemberId(market))) if market else (node,)
    day = demand.buckets.starts[column]
    return Place(measure=MeasureId("demand_history"), scope=scope, first=day, last=day)
