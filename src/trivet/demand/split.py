"""The split of a family set by hand: which part of its units each item shall take, from a bucket on (C4).

Reads the table `mix`: the rows of one family and first bucket are one set, complete in itself; it holds from that
bucket until the family's next set. Shares of a set add up to 1: a difference of at most `LOOSE` is scaled away with a
note, a larger one makes the set refused, and the set before it holds on. A set of zeros ends the split by hand.

What the split does: it keeps the total of every family, region and bucket and moves units between items until each
item has its share of the family, as near as possible to the mix between markets there was (iterative proportional
fitting, Deming & Stephan 1940). It shapes the weights streams are spread by and `consensus_base`; changes of
people come on top of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.steps import holding_rows
from trivet.demand.baseline import alive_ahead
from trivet.demand.lifecycle import launched_later
from trivet.demand.scope import Members, units_text

LOOSE: Final = 0.01
"""Most that the shares of a set may miss 1 by: what rounding to whole percents of a few items does."""
_EXACT: Final = 1e-9
_ROUNDS: Final = 200
_NEAR: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """The split of one family on the plan's buckets.

    Attributes:
        items: the items its sets name, in order.
        shares: (items, buckets) parts of 1; a column without a set holds zeros.
        holds: (buckets,) where a set holds.
    """

    items: tuple[str, ...]
    shares: Rates
    holds: Flags


def read_splits(inputs: PlanInputs) -> tuple[Mapping[str, Split], tuple[Issue, ...]]:
    """Give the split of each family that has one, and what is wrong with the sets.

    Issues: `demand.mix-refused` (shares that don't add up to 1, below 0, of items outside the family; the set is not
    used) and `demand.mix-scaled`.
    """
    parents = inputs.model.dimensions["item"].parents("family")
    splits: dict[str, Split] = {}
    issues: list[Issue] = []
    table = inputs.table("mix").sort("family", "first", "item")
    for (family,), rows in table.group_by(["family"], maintain_order=True):
        sets: list[tuple[date, dict[str, float]]] = []
        for (first,), part in rows.group_by(["first"], maintain_order=True):
            shares = dict(part.select("item", "share").iter_rows())
            wrong = _wrong(str(family), shares, parents)
            if wrong or not isinstance(first, date):
                issues.append(_issue(str(family), first, wrong, refused=True))
                continue
            total = sum(shares.values())
            if total and abs(total - 1) > _EXACT:
                words = f"its shares add up to {total:.4g}, not 1: each is divided by that."
                issues.append(_issue(str(family), first, words, refused=False))
            sets.append((first, {item: share / (total or 1.0) for item, share in shares.items()}))
        if sets:
            splits[str(family)] = _split(inputs, sets)
    return splits, tuple(issues)


def _split(inputs: PlanInputs, sets: list[tuple[date, dict[str, float]]]) -> Split:
    buckets = inputs.model.buckets
    items = tuple(sorted({item for _, shares in sets for item in shares}))
    table = np.array([[shares.get(item, 0.0) for item in items] for _, shares in sets])
    holding = holding_rows(np.zeros(len(sets), dtype=np.int64), [first for first, _ in sets], 1, buckets)[0]
    shares = np.where(holding >= 0, table[np.maximum(holding, 0)].T, 0.0)
    return Split(items=items, shares=shares, holds=shares.sum(axis=0) > 0)


def _wrong(family: str, shares: Mapping[str, float], parents: Mapping[str, str]) -> str:
    """Say why a set can't be used; "" when it can."""
    total, low = sum(shares.values()), [item for item, share in shares.items() if share < 0]
    strange = [item for item in shares if parents.get(item) != family]
    if strange:
        where = parents.get(strange[0])
        told = f"lies in family {where}" if where else "is no item"
        return f"item '{strange[0]}' {told}; expected items of {family} only."
    if low:
        return f"the share of {low[0]} is {shares[low[0]]:g}; expected 0 or more."
    if total and abs(total - 1) > LOOSE + _EXACT:
        return f"its shares add up to {total:.4g}; expected 1, to within {LOOSE}."
    return ""


def _issue(family: str, first: object, words: str, *, refused: bool) -> Issue:
    day = first if isinstance(first, date) else None
    when = f" from {day:%Y-%m-%d}" if day else ""
    end = " The set is not used." if refused else ""
    return Issue(
        code="demand.mix-refused" if refused else "demand.mix-scaled",
        severity=Severity.REFUSED if refused else Severity.NOTE,
        place=Place(source="mix", column="share", scope=_node(family), first=day),
        message=f"mix of {family}{when}: {words}{end}",
        advice="Mend the shares: mix.csv, or trivet mix --set FILE.csv.",
    )


def _node(family: str) -> tuple[Node, ...]:
    return (Node(dimension="item", level="family", member=MemberId(family)),)


def apply_splits(
    inputs: PlanInputs, demand: Panel, values: Rates | Counts, members: Members
) -> tuple[Rates, tuple[Issue, ...]]:
    """Move units between the items of each family that has a split, open buckets only.

    Args:
        inputs: the snapshot.
        demand: panel of grain demand; tells who is alive.
        values: (series, buckets) units in any quantum, >= 0.
        members: family and region of each series.

    Returns:
        (series, buckets) with the totals of family, region and bucket kept (to float precision; a region that sells
        none of the items named keeps its own split), and the issues of `read_splits` with a note of what moved.
    """
    result = values.astype(np.float64)
    if inputs.table("mix").is_empty():
        return result, ()
    splits, issues = read_splits(inputs)
    live = np.zeros(demand.shape, dtype=np.bool_)
    live[:, demand.buckets.first_open :] = alive_ahead(inputs, demand)
    live &= ~launched_later(inputs, demand)
    told = list(issues)
    for family, split in splits.items():
        rows = np.flatnonzero(members.family == family).astype(np.int64)
        columns = np.flatnonzero(split.holds & (np.arange(len(split.holds)) >= demand.buckets.first_open))
        if not len(rows) or not len(columns):
            continue
        block = np.ix_(rows, columns)
        wanted = _wanted(split, members.item[rows].tolist(), columns)
        before = result[block]
        result[block] = fit(before, wanted, _numbered(members.item[rows]), _numbered(members.region[rows]), live[block])
        told += _moved(demand, family, split, (before, result[block], columns))
    return result, tuple(told)


def _numbered(names: np.ndarray[tuple[int, ...], np.dtype[np.object_]]) -> Counts:
    return np.unique(names.astype(str), return_inverse=True)[1].astype(np.int64)


def _wanted(split: Split, items: list[str], columns: Counts) -> Rates:
    """Give each series the share of its item, 0 for items the set does not name."""
    at = {item: i for i, item in enumerate(split.items)}
    padded = np.vstack([split.shares, np.zeros(split.shares.shape[1])])
    return padded[[at.get(item, -1) for item in items]][:, columns]


def fit(values: Rates, shares: Rates, item: Counts, region: Counts, live: Flags) -> Rates:
    """Give items their shares of each column's total while regions keep theirs.

    Args:
        values: (series, buckets) now.
        shares: (series, buckets) share of the series' item in the whole.
        item: (series,) number of each series' item.
        region: (series,) number of its region.
        live: (series, buckets) cells that may receive anything.

    Returns:
        (series, buckets); regions' totals as they were, items' at their share as near as regions let them.

    Source: iterative proportional fitting (Deming & Stephan 1940), seeded with the values; an item without any is
    seeded with its regions' totals.
    """
    takes = (live | (values > 0)) & (shares > 0)
    regions = _sums(values, region)
    seeds = np.where(takes, values, 0.0)
    lonely = takes & (_sums(seeds, item)[item] <= 0)
    seeds = np.where(lonely, regions[region], seeds)
    kept = (_sums(seeds, region)[region] <= 0) & (regions[region] > 0)
    total = (values * ~kept).sum(axis=0)
    first = np.unique(item, return_index=True)[1]
    alive = _sums(seeds, item) > 0
    target = np.where(alive, shares[first], 0.0)
    whole = target.sum(axis=0)
    target = np.divide(target, whole, out=np.zeros_like(target), where=whole > 0) * total
    aim = np.where(_sums(seeds, region) > 0, regions, 0.0)
    for _ in range(_ROUNDS):
        seeds = seeds * _ratio(target, _sums(seeds, item))[item]
        scale = _ratio(aim, _sums(seeds, region))
        seeds = seeds * scale[region]
        if np.all(np.abs(scale - 1) * (aim > 0) < _NEAR):
            break
    return np.where(kept, values, seeds)


def _sums(values: Rates, groups: Counts) -> Rates:
    total = np.zeros((int(groups.max()) + 1, values.shape[1]))
    np.add.at(total, groups, values)
    return total


def _ratio(top: Rates, bottom: Rates) -> Rates:
    return np.divide(top, bottom, out=np.ones_like(top), where=bottom > 0)


def _moved(demand: Panel, family: str, split: Split, block: tuple[Rates, Rates, Counts]) -> list[Issue]:
    """Say how many units a split moved from item to item."""
    before, after, columns = block
    moved, total = np.abs(after - before).sum() / 2, before.sum()
    if total <= 0:
        return []
    buckets = demand.buckets
    return [
        Issue(
            code="demand.mix-by-hand",
            severity=Severity.NOTE,
            place=Place(
                measure=MeasureId("consensus_base"),
                scope=_node(family),
                first=buckets.starts[int(columns[0])],
                last=buckets.starts[int(columns[-1])],
                source="mix",
            ),
            message=(
                f"the split of {family} over {len(split.items)} items is set by hand in {len(columns)} buckets: "
                f"{units_text(round(moved))} of {units_text(round(total))} units ({moved / total:.1%}) go to "
                "other items than forecast and streams would give them."
            ),
            advice=f"Look whether it is the better source: trivet mix {family}. A set of zeros ends it.",
        )
    ]
