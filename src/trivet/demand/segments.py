"""Which items deserve a person's time: ABC by money, XYZ by steadiness, and where each stands in its life.

Reads demand_history, shipped_revenue, price and unit_cost of a demand panel; writes no measure. Class A are the
items that bring the first 80 % of the last year's value, B up to 95 %, C the rest (Pareto). X, Y, Z cut the
coefficient of variation (standard deviation / mean) of the last two years of demand, taken after the season is
divided out, so that a bicycle is not "unsteady" because of its summer. All cuts are the company's
(`core.segments.SegmentRules`). Hints say where review pays and where the statistic may be left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.issues import Issue, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, to_amounts, to_decimal
from trivet.core.seasons import YEAR_BUCKETS, seasonal_index, without_season
from trivet.core.segments import SegmentRules
from trivet.demand.presence import life_of

Texts = npt.NDArray[np.str_]
_LEAST: Final = 3
"""Buckets with a meaning below which nobody can say that demand is steady."""
_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segments:
    """Classes of items, or of items in markets.

    Attributes:
        keys: one row each: `item`, or `item` and `market`.
        abc: A, B or C.
        xyz: X, Y or Z.
        life_cycle: new, mature, dying or dead.
        value: value of the last year of closed buckets, in counts of 0.0001 of the plan currency.
        variation: coefficient of variation of season-corrected demand; NaN where nothing can be said.
    """

    keys: pl.DataFrame
    abc: Texts
    xyz: Texts
    life_cycle: Texts
    value: Counts
    variation: Rates


def segment_series(inputs: PlanInputs, demand: Panel) -> Segments:
    """Class each series (item in a market): arrays in the order of the panel's keys."""
    return _segment(inputs, demand, np.arange(demand.rows, dtype=np.int64), demand.keys)


def segment_items(inputs: PlanInputs, demand: Panel) -> Segments:
    """Class each item over all its markets, in order of code; items without history or launch are not there."""
    names, place = np.unique(np.array(demand.keys["item"].to_list(), dtype=np.str_), return_inverse=True)
    keys = pl.DataFrame({"item": names.tolist()}, schema={"item": pl.String})
    return _segment(inputs, demand, place.astype(np.int64), keys)


def _segment(inputs: PlanInputs, demand: Panel, place: Counts, keys: pl.DataFrame) -> Segments:
    rules, closed = inputs.model.company.segments, demand.buckets.first_open
    year = YEAR_BUCKETS[demand.buckets.calendar]
    last = slice(max(closed - year, 0), closed)
    history = np.zeros((keys.height, closed), dtype=np.int64)
    np.add.at(history, place, demand.count("demand_history")[:, :closed])
    present = np.zeros(history.shape, dtype=np.bool_)
    np.logical_or.at(present, place, demand.mask("demand_history")[:, :closed])
    value = np.zeros(keys.height, dtype=np.int64)
    np.add.at(value, place, _value(demand, last))
    variation = _variation(to_amounts(history, QUANTITY), present, year)
    return Segments(
        keys=keys,
        abc=_abc(value, rules),
        xyz=np.where(variation <= rules.x, "X", np.where(variation <= rules.y, "Y", "Z")),
        life_cycle=_life_cycle(inputs, demand, place, history, rules),
        value=value,
        variation=variation,
    )


def _value(demand: Panel, last: slice) -> Counts:
    """Value each series' last year: what it earned, else its demand at the first open price, else its units."""
    revenue: Counts = demand.count("shipped_revenue")[:, last].sum(axis=1)
    if revenue.any():
        return revenue
    units = to_amounts(demand.count("demand_history")[:, last].sum(axis=1), QUANTITY)
    first = demand.buckets.first_open
    price = demand.rate("price")[:, first] if demand.has("price") and len(demand.buckets) > first else np.zeros(0)
    priced = units * price if price.any() else units
    return np.rint(priced / float(MONEY)).astype(np.int64)


def _abc(value: Counts, rules: SegmentRules) -> Texts:
    """Rank by value, largest first (ties in order of keys); the class is where an item's own share begins."""
    gain = np.maximum(value, 0)
    order = np.argsort(-gain, kind="stable")
    total = max(int(gain.sum()), 1)
    before = np.empty(len(value), dtype=np.float64)
    before[order] = (np.cumsum(gain[order]) - gain[order]) / total
    big: Texts = np.where(before < rules.a, "A", np.where(before < rules.b, "B", "C"))
    return np.where(gain > 0, big, "C")


def _variation(values: Rates, present: Flags, year: int) -> Rates:
    """Give standard deviation / mean of the last two years of season-corrected demand (n - 1 in the divisor)."""
    born = np.maximum.accumulate(present, axis=1)
    index = seasonal_index(np.where(born, np.where(present, values, 0.0), np.nan), year)
    flat = without_season(values, index)[:, -2 * year :]
    there = present[:, -2 * year :]
    count = there.sum(axis=1)
    mean = np.divide(np.where(there, flat, 0.0).sum(axis=1), count, out=np.zeros(len(values)), where=count > 0)
    square = np.where(there, (flat - mean[:, None]) ** 2, 0.0).sum(axis=1)
    usable = (count >= _LEAST) & (mean > 0)
    deviation = np.sqrt(np.divide(square, count - 1, out=np.zeros(len(values)), where=usable))
    variation: Rates = np.divide(deviation, mean, out=np.full(len(values), np.nan), where=usable)
    return variation


def _life_cycle(inputs: PlanInputs, demand: Panel, place: Counts, history: Counts, rules: SegmentRules) -> Texts:
    """Tell new, mature, dying and dead items apart by their dates and their demand."""
    closed, life = demand.buckets.first_open, life_of(inputs, demand)
    year = YEAR_BUCKETS[demand.buckets.calendar]
    born, dies = (np.full(len(history), edge, dtype=np.int64) for edge in (len(demand.buckets), 0))
    np.minimum.at(born, place, np.maximum(life.born, life.opens))
    np.maximum.at(dies, place, life.dies)
    sold = history != 0
    silent = ~sold[:, max(closed - rules.dead, 0) :].any(axis=1)
    opens = np.full(len(history), len(demand.buckets), dtype=np.int64)
    np.minimum.at(opens, place, life.opens)
    never = ~sold.any(axis=1) & ~_expected(inputs, demand, place, len(history)) & (opens < closed - rules.new)
    dead = (dies <= closed) | (silent & sold.any(axis=1)) | never
    new = (born >= closed - rules.new) & ~dead
    this, before = (
        history[:, max(closed - end, 0) : max(closed - start, 0)].sum(axis=1)
        for start, end in ((0, year), (year, 2 * year))
    )
    falling = (before > 0) & (this < rules.decline * before)
    dying = (dies < len(demand.buckets)) | falling
    return np.select([dead, new, dying], ["dead", "new", "dying"], default="mature")


def _expected(inputs: PlanInputs, demand: Panel, place: Counts, rows: int) -> Flags:
    """Tell which items a launch or somebody's opinion expects to sell."""
    named = {item for table in ("launches", "streams") for item in inputs.table(table)["item"].to_list() if item}
    expected = np.zeros(rows, dtype=np.bool_)
    hit = np.array([item in named for item in demand.keys["item"].to_list()], dtype=np.bool_)
    np.logical_or.at(expected, place, hit)
    return expected


def review_hints(inputs: PlanInputs, demand: Panel) -> tuple[Issue, ...]:
    """Say where a person's time pays: big unsteady items, small steady ones, dead ones that still lie in stock."""
    found = segment_items(inputs, demand)
    alive, big, small = found.life_cycle != "dead", found.abc != "C", found.abc == "C"
    kinds = dict(inputs.table("items").select("item", "kind").iter_rows())
    goods = np.array([kinds.get(item) != "non-stock" for item in found.keys["item"].to_list()], dtype=np.bool_)
    hints = [
        _hint(
            found, goods & alive & big & (found.xyz == "Z"), "demand.review-by-hand",
            "items bring much money and sell unsteadily (class A or B, Z)",
            "Agree on them with sales one by one; the statistic alone is weak here. List: trivet segments.",
        ),
        _hint(
            found, goods & alive & small & (found.xyz == "X"), "demand.leave-to-statistic",
            "items bring little money and sell steadily (class C, X)",
            "Leave them to the statistical forecast; changes here cost more time than they earn.",
        ),
        _dead_stock(inputs, demand, found, goods),
    ]  # fmt: skip
    return tuple(hint for hint in hints if hint)


def _hint(found: Segments, which: Flags, code: str, said: str, advice: str) -> Issue | None:
    if not which.any():
        return None
    names = [name for name, hit in zip(found.keys["item"].to_list(), which, strict=True) if hit]
    return Issue(
        code=code,
        severity=Severity.NOTE,
        place=Place(measure=MeasureId("demand_history")),
        message=f"{len(names)} {said}: {_some(names)}.",
        advice=advice,
        at_stake=to_decimal(int(found.value[which].sum()), MONEY),
    )


def _dead_stock(inputs: PlanInputs, demand: Panel, found: Segments, goods: Flags) -> Issue | None:
    """Value what lies in stock of items nobody asks for any more."""
    edges, first = demand.buckets.edges, demand.buckets.first_open
    stock = inputs.table("stock_history")
    stock = stock.filter((pl.col("bucket") == edges[max(first - 1, 0)]) & (pl.col("quantity") > 0))
    lying = dict(stock.group_by("item", maintain_order=True).agg(pl.col("quantity").sum()).iter_rows())
    costs = _unit_costs(demand)
    names = [
        name
        for name, life, good in zip(found.keys["item"].to_list(), found.life_cycle, goods, strict=True)
        if life == "dead" and good and lying.get(name, 0) > 0
    ]
    if not names:
        return None
    worths = {name: to_decimal(lying[name], QUANTITY) * costs.get(name, Decimal(0)) for name in names}
    names.sort(key=lambda name: -worths[name])
    worth = sum(worths.values(), Decimal(0))
    return Issue(
        code="demand.dead-stock",
        severity=Severity.WARNING,
        place=Place(measure=MeasureId("demand_history"), source="stock_history"),
        message=f"{len(names)} items have not been asked for in {inputs.model.company.segments.dead} buckets or are "
        f"past their last sale, and lie in stock: {_some(names)}.",
        advice="Sell them off, or write them off; end them with last_sale in items.csv.",
        at_stake=worth.quantize(Decimal("0.01")),
    )


def _unit_costs(demand: Panel) -> dict[str, Decimal]:
    first = demand.buckets.first_open
    if not demand.has("unit_cost") or len(demand.buckets) <= first:
        return {}
    costs = demand.rate("unit_cost")[:, first].tolist()
    return {item: Decimal(repr(cost)) for item, cost in zip(demand.keys["item"].to_list(), costs, strict=True)}


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
