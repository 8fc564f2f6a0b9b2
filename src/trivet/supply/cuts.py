"""What every plan with lots keeps and a plan without whole numbers does not: tighter bounds for the search.

The (l, S) inequalities of Barany, Van Roy and Wolsey (1984), for an item over all its plants and locations, with
purchases, late and lost demand beside its lots: up to a bucket l, each bucket k either counts what is made in it or
what a lot of it could serve, demand from k to l:

    stock + arrivals + bought + lost + late + sum_S made + sum_rest demand(k..l) x set up(k) >= demand from first to l

Items that go into others, or are made to order, are left out: nothing is wrong with them, only not tightened.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.linear import Solution
from trivet.supply.asked import Asked
from trivet.supply.lot_sizes import SET_UP, Sized
from trivet.supply.make_to_stock import Flows, Refused, Stocked
from trivet.supply.network import Network
from trivet.supply.search import Cut

SPAN: Final = 6
"""Buckets of the rows that count lots only."""
FAR: Final = 0.05
"""Part of the demand that must be missing before such a row is worth adding."""
VIOLATED: Final = 1e-3
"""Part of the demand that must be missing before a row is worth adding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Item:
    """One item whose lots are tightened: columns and constants, by open bucket.

    Attributes:
        demand: (open,) units asked for; given: (open,) units there without a lot: opening, arrivals, released.
        made: (makes, open) columns with released quantities taken off as constants.
        released: (makes, open) units; set_up: (makes, open) columns, -1 where a make asks for no lot.
        others: (flows, open) columns of what is bought, lost or late; stock: (sites, open) columns.
        short: (sites, open) columns of stock below target, -1 without; target: (open,) units.
        alone: nothing of it is on the way when a bucket ends: a row may begin in any bucket, with its stock.
    """

    demand: Rates
    given: Rates
    made: Counts
    released: Rates
    set_up: Counts
    others: Counts
    stock: Counts
    short: Counts
    target: Rates
    alone: bool


def tightened_items(
    network: Network, asked: Asked, flows: Flows, refused: Refused, lots: tuple[Sized, ...], stocked: Stocked
) -> tuple[_Item, ...]:
    """Collect the items made in lots that customers buy from stock and nothing else is built from."""
    found = {
        int(make): kind.set_up[i] for kind in lots if kind.kind == SET_UP for i, make in enumerate(kind.number.tolist())
    }
    built_in = {network.items[site] for site in network.parts.site.tolist() if site >= 0}
    ordered = {network.items[site] for site in np.flatnonzero(network.to_order).tolist()}
    sites: dict[str, list[int]] = {}
    for site, item in enumerate(network.items):
        sites.setdefault(item, []).append(site)
    tight = {network.items[int(network.makes.site[make])] for make in found} - built_in - ordered
    place: dict[int, list[int]] = {}
    for i, site in enumerate(refused.sites.tolist()):
        place.setdefault(site, []).append(i)
    return tuple(
        _item(network, asked, flows, refused, (sites[item], stocked), (found, place)) for item in sorted(tight)
    )


def _item(
    network: Network,
    asked: Asked,
    flows: Flows,
    refused: Refused,
    held: tuple[list[int], Stocked],
    known: tuple[Mapping[int, Counts], Mapping[int, list[int]]],
) -> _Item:
    (sites, stocked), (found, place) = held, known
    makes = np.flatnonzero(np.isin(network.makes.site, sites))
    sold = [i for site in sites for i in place.get(site, ())]
    waiting = refused.late[sold] if len(refused.late) else refused.late
    given = network.arrivals[sites].sum(axis=0) / 1000.0
    given[:1] += np.maximum(network.opening[sites], 0).sum() / 1000.0
    none = np.full(network.open, -1, dtype=np.int64)
    return _Item(
        demand=asked.grid[[s for s in sites if s in place]].sum(axis=0) / 1000.0,
        given=given,
        made=flows.made[makes],
        released=network.makes.released[makes] / 1000.0,
        set_up=np.stack([found.get(int(make), none) for make in makes]),
        others=np.concatenate(
            [flows.bought[np.isin(network.sources.row, sites)], *refused.lost[:, sold], waiting], axis=0
        ),
        stock=stocked.stock[sites],
        short=stocked.short[sites],
        target=np.where(stocked.short[sites] >= 0, asked.target[sites], 0).sum(axis=0) / 1000.0,
        alone=not (network.lanes.lead[np.isin(network.lanes.destination, sites)] > 0).any(),
    )


def find_cuts(items: tuple[_Item, ...], solution: Solution) -> list[Cut]:
    """Give the rows a solution violates, for every item and last bucket.

    The first bucket that misses most counts what is made where that is less than what a lot could serve; rows of a few
    buckets that count lots only are added too, since the plan leans on them once the others are kept.
    """
    return [cut for item in items for cut in _cuts_of(item, solution.values)]


def _cuts_of(item: _Item, values: Rates) -> Iterator[Cut]:
    made, set_up = values[item.made] - item.released, np.zeros(item.made.shape)
    lots = item.set_up >= 0
    set_up[lots] = values[item.set_up[lots]]
    there = item.given + item.released.sum(axis=0) + values[item.others].sum(axis=0)
    before = np.concatenate([[0.0], values[item.stock].sum(axis=0)])
    short = np.where(item.short >= 0, values[item.short], 0.0).sum(axis=0)
    total = np.cumsum(item.demand)
    for last in range(len(total)):
        # Stock wanted at the end is served like demand, but for what the plan lets it fall short.
        for kept in (0.0, item.target[last]) if item.target[last] > 0 else (0.0,):
            ahead = np.maximum(total[last] - total + item.demand, 0.0)[: last + 1] + kept
            by_lot = ahead * set_up[:, : last + 1]
            counted = lots[:, : last + 1] & (by_lot < made[:, : last + 1])
            rest = before[: last + 1] + (short[last] if kept else 0.0)
            flow = np.where(counted, by_lot, made[:, : last + 1]).sum(axis=0) + there[: last + 1]
            missing = ahead - np.cumsum(flow[::-1])[::-1] - rest
            first = int(np.argmax(missing)) if item.alone else 0
            if missing[first] > VIOLATED * max(ahead[first], 1.0):
                yield _cut(item, (first, last), counted, ahead, kept)
            if not (item.alone and lots.all()):
                continue
            missing = ahead - np.cumsum((by_lot.sum(axis=0) + there[: last + 1])[::-1])[::-1] - rest
            for first in range(max(last - SPAN + 1, 0), last + 1):
                if missing[first] > FAR * max(ahead[first], 1.0):
                    yield _cut(item, (first, last), lots[:, : last + 1], ahead, kept)


def _cut(item: _Item, buckets: tuple[int, int], counted: Flags, ahead: Rates, kept: float) -> Cut:
    first, last = buckets
    span = slice(first, last + 1)
    made, set_up, others = item.made[:, span], item.set_up[:, span], item.others[:, span].ravel()
    stock = item.stock[:, first - 1] if first else np.zeros(0, dtype=np.int64)
    short = item.short[:, last][item.short[:, last] >= 0] if kept else np.zeros(0, dtype=np.int64)
    in_lots = counted[:, span]
    served = np.broadcast_to(ahead[span], in_lots.shape)[in_lots]
    there = float(item.given[span].sum() + (item.released[:, span] * in_lots).sum())
    plain = np.concatenate([made[~in_lots], others, stock, short])
    return Cut(
        columns=np.concatenate([set_up[in_lots], plain]),
        coefficients=np.concatenate([served, np.ones(len(plain))]),
        lower=float(ahead[first]) - there,
    )
