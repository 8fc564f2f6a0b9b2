"""A fair share of what is short: the locations an item is served from lose in proportion to what is asked of them.

short(item, span) = sum of what its sites lose in the span
lost(site, span) <= share(site, span) x short(item, span) + beyond its share

A span is half a year, not one bucket: a market behind a long lane can't be helped at once, so it may lose first and
others later. Beyond its share a lost unit costs UNFAIR more: where time and place allow, nobody is let down by
accident (ENGINE.md, Y11). Claims of one tier share with each other only (`claims`). Within a location markets share in
`fill`.
"""

from typing import Final

import numpy as np

from trivet.supply.asked import Asked
from trivet.supply.blocks import Programme
from trivet.supply.make_to_stock import Refused
from trivet.supply.network import Network

UNFAIR: Final = 0.25
"""Cost of a lost unit beyond the fair share, as part of losing it: above freight and season, below losing another."""
SPAN_DAYS: Final = 182.0
"""Days over which shares are kept: a long lane and the months around a shortage."""


def add_fair_share(programme: Programme, network: Network, asked: Asked, refused: Refused) -> None:
    """Add the spans of items that are served from several sites.

    Args:
        programme: to add to.
        network: the ways.
        asked: demand and what a unit is worth.
        refused: columns of lost demand.
    """
    sites, tiers = refused.sites, asked.claims.tier[refused.claims]
    places: dict[tuple[str, int], list[int]] = {}
    for i, (site, tier) in enumerate(zip(sites.tolist(), tiers.tolist(), strict=True)):
        places.setdefault((network.items[site], tier), []).append(i)
    shared = {
        item + (f", claim {tier + 1}" if tier else ""): rows
        for (item, tier), rows in sorted(places.items())
        if len(rows) > 1
    }
    if not shared:
        return
    spans = _spans(network)
    items = programme.columns("short", list(shared), buckets=len(spans))
    sums = programme.rows("short of the item", list(shared), lower=0.0, upper=0.0, buckets=len(spans))
    members = np.array([i for rows in shared.values() for i in rows], dtype=np.int64)
    labels = [f"{network.items[s]} at {network.locations[s]}" for s in sites[members]]
    worth = np.array([asked.worth.lost[sites[members], span].mean(axis=1) for span in spans]).T
    worth *= asked.claims.weight[refused.claims[members]][:, None]
    beyond = programme.columns("beyond its share", labels, cost=UNFAIR * worth, buckets=len(spans))
    rows = programme.rows("share", labels, upper=0.0, buckets=len(spans))
    programme.add(sums, items, -1.0)
    programme.add(rows, beyond, -1.0)
    item_of = np.array([n for n, mine in enumerate(shared.values()) for _ in mine], dtype=np.int64)
    for k, span in enumerate(spans):
        units = refused.units[members, span].sum(axis=1)
        whole = np.bincount(item_of, units, minlength=len(shared))[item_of]
        share = np.divide(units, whole, out=np.zeros_like(units), where=whole > 0)
        programme.add(rows[:, k], items[item_of, k], -share)
        columns = refused.lost[:, members, span]
        programme.add(np.broadcast_to(rows[None, :, k, None], columns.shape), columns)
        programme.add(np.broadcast_to(sums[item_of, k][None, :, None], columns.shape), columns)


def _spans(network: Network) -> list[slice]:
    """Cut the horizon into spans of about half a year; the last one may be shorter."""
    width = max(round(SPAN_DAYS / float(network.days.mean())), 1)
    return [slice(first, min(first + width, network.open)) for first in range(0, network.open, width)]
