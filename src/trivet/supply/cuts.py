"""What every plan with lots keeps and a plan without whole numbers does not: tighter bounds for the search.

The (l, S) inequalities of Barany, Van Roy and Wolsey (1984), for an item over all its plants and locations, with
purchases, late and lost demand beside its lots: up to a bucket l, each bucket k either counts what is made in it or
what a lot of it could serve, demand from k to l:

    opening + arrivals + bought + lost + late + sum_S made + sum_rest demand(k..l) x set up(k) >= demand up to l

Items that go into others, or are made to order, are left out: nothing is wrong with them, only not tightened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.core.linear import Solution
from trivet.supply.asked import Asked
from trivet.supply.lot_sizes import SET_UP, Sized
from trivet.supply.make_to_stock import Flows, Refused
from trivet.supply.network import Network
from trivet.supply.search import Cut

VIOLATED: Final = 1e-3
"""Part of the demand that must be missing before a row is worth adding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Item:
    """One item whose lots are tightened: columns and constants, by open bucket.

    Attributes:
        demand: (open,) units asked for; given: (open,) units there without a lot: opening, arrivals, released.
        made: (makes, open) columns with released quantities taken off as constants.
        released: (makes, open) units; set_up: (makes, open) columns, -1 where a make asks for no lot.
        others: (flows, open) columns of what is bought, lost or late.
    """

    demand: Rates
    given: Rates
    made: Counts
    released: Rates
    set_up: Counts
    others: Counts


def tightened_items(
    network: Network, asked: Asked, flows: Flows, refused: Refused, lots: tuple[Sized, ...]
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
    place = {int(site): i for i, site in enumerate(refused.sites)}
    return tuple(_item(network, asked, flows, refused, sites[item], (found, place)) for item in sorted(tight))


def _item(
    network: Network,
    asked: Asked,
    flows: Flows,
    refused: Refused,
    sites: list[int],
    known: tuple[Mapping[int, Counts], Mapping[int, int]],
) -> _Item:
    found, place = known
    makes = np.flatnonzero(np.isin(network.makes.site, sites))
    sold = [place[site] for site in sites if site in place]
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
    )


def find_cuts(items: tuple[_Item, ...], solution: Solution) -> list[Cut]:
    """Give the rows a solution violates, at most one an item and bucket."""
    cuts: list[Cut] = []
    for item in items:
        total, there = np.cumsum(item.demand), np.cumsum(item.given)
        made = solution.values[item.made] - item.released
        others = np.cumsum(solution.values[item.others].sum(axis=0))
        freely = np.cumsum(item.released.sum(axis=0))
        lots = item.set_up >= 0
        set_up = np.where(lots, solution.values[item.set_up], 0.0)
        for last in range(len(total)):
            ahead = np.maximum(total[last] - total + item.demand, 0.0)[: last + 1]
            by_lot = ahead * set_up[:, : last + 1]
            counted = lots[:, : last + 1] & (by_lot < made[:, : last + 1])
            covered = np.where(counted, by_lot, made[:, : last + 1]).sum() + others[last] + there[last] + freely[last]
            if total[last] - covered > VIOLATED * max(total[last], 1.0):
                lower = total[last] - there[last] - freely[last]
                cuts.append(_cut(item, last, counted, ahead, lower))
    return cuts


def _cut(item: _Item, last: int, counted: Counts, ahead: Rates, lower: float) -> Cut:
    made, set_up = item.made[:, : last + 1], item.set_up[:, : last + 1]
    others = item.others[:, : last + 1].ravel()
    taken = ~counted
    served = np.broadcast_to(ahead, counted.shape)[counted]
    return Cut(
        columns=np.concatenate([made[taken], set_up[counted], others]),
        coefficients=np.concatenate([np.ones(int(taken.sum())), served, np.ones(len(others))]),
        lower=float(lower + (item.released[:, : last + 1] * taken).sum()),
    )
