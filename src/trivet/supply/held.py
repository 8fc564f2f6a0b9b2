"""The planner's hand on what is bought and moved: quantities fixed by hand, and the programme solved around them.

bought(all sources of a site) = firm_purchases - on order
delivered(supplier of a material) = firm_material_purchases - on order
sum of what is sent over all lanes to arrive(t) + missed(t) = firm_transfers(t)

What is bought is held to the unit, whatever caps and lead times say: somebody agreed it with the supplier. What is
already on order comes too: where that is more, the plan cannot have less. A transfer needs goods at its origin: it is
missed only at a price above every customer, and goods are kept for it before others are served. Reads `firm_purchases`,
`firm_material_purchases` and `firm_transfers`; `strains` says where they ask for what can't be, or cost customers.
"""

from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.panel import Panel
from trivet.core.spread import largest_remainder
from trivet.supply.asked import Asked
from trivet.supply.blocks import Programme
from trivet.supply.make_to_stock import FORBIDDEN, Flows
from trivet.supply.network import Hand, Held, Network


def read_held(supply: Panel, material: Panel, arrivals: Counts, on_order: Counts) -> Held:
    """Read what is fixed by hand.

    Args:
        supply: with firm_purchases and firm_transfers; a measure it does not have fixes nothing.
        material: with firm_material_purchases.
        arrivals: (sites, open) counts of goods on order.
        on_order: (rows of the material panel, open) counts of materials on order.
    """
    return Held(
        purchases=_beyond(hand_of(supply, "firm_purchases"), arrivals),
        deliveries=_beyond(hand_of(material, "firm_material_purchases"), on_order),
        transfers=hand_of(supply, "firm_transfers"),
    )


def hand_of(panel: Panel, measure: str) -> Hand:
    """Read one measure fixed by hand on the open buckets."""
    horizon = panel.buckets.horizon
    fixed = panel.mask(measure) if panel.has(measure) else np.zeros(panel.shape, dtype=np.bool_)
    return Hand(amount=np.where(fixed, panel.count(measure), 0)[:, horizon], fixed=fixed[:, horizon])


def no_hand(rows: int, open_: int) -> Hand:
    """Give a hand that fixes nothing."""
    return Hand(amount=np.zeros((rows, open_), dtype=np.int64), fixed=np.zeros((rows, open_), dtype=np.bool_))


def _beyond(hand: Hand, on_order: Counts) -> Hand:
    return Hand(amount=np.where(hand.fixed, np.maximum(hand.amount - on_order, 0), 0), fixed=hand.fixed)


def source_bounds(network: Network, room: Rates) -> tuple[Rates, Rates]:
    """Give least and most units each source of goods delivers: (sources, open).

    Where a site's purchases are fixed, its cheapest source gives what the room of all of them does not: a cap is no
    reason to buy less than what was agreed.

    Args:
        network: the ways.
        room: (sources, open) units by caps, lead times and lots.
    """
    sources, hand = network.sources, network.held.purchases
    lower, upper = np.zeros(room.shape), room.copy()
    for site in np.flatnonzero(hand.fixed.any(axis=1)).tolist():
        mine = np.flatnonzero(sources.row == site)
        if not len(mine):
            continue
        fixed, amount = hand.fixed[site], hand.amount[site] / 1000.0
        most = np.minimum(room[mine], amount)
        most[int(np.argmin(sources.extra_cost[mine]))] += np.maximum(amount - most.sum(axis=0), 0.0)
        upper[mine] = np.where(fixed, most, upper[mine])
        if len(mine) == 1:
            lower[mine] = np.where(fixed, amount, 0.0)
    return lower, upper


def delivery_bounds(network: Network, room: Rates) -> tuple[Rates, Rates]:
    """Give least and most units of each row of the material panel beyond what is on order: (rows, open)."""
    hand = network.held.deliveries
    amount = hand.amount / 1000.0
    return np.where(hand.fixed, amount, 0.0), np.where(hand.fixed, amount, room)


def add_held(programme: Programme, network: Network, asked: Asked, flows: Flows) -> None:
    """Add the rows of what is fixed over several sources of a site, and of transfers into it."""
    _add_purchases(programme, network, flows)
    _add_transfers(programme, network, asked, flows)


def _add_purchases(programme: Programme, network: Network, flows: Flows) -> None:
    hand, sources = network.held.purchases, network.sources
    several = np.bincount(sources.row, minlength=len(network.items)) > 1
    sites = np.flatnonzero(hand.fixed.any(axis=1) & several)
    if not len(sites):
        return
    fixed, amount = hand.fixed[sites], hand.amount[sites] / 1000.0
    rows = programme.rows(
        "purchases held",
        [_named(network, site) for site in sites.tolist()],
        lower=np.where(fixed, amount, -np.inf),
        upper=np.where(fixed, amount, np.inf),
    )
    for i, site in enumerate(sites.tolist()):
        mine = np.flatnonzero(sources.row == site)
        programme.add(np.broadcast_to(rows[i], (len(mine), network.open)), flows.bought[mine])


def _add_transfers(programme: Programme, network: Network, asked: Asked, flows: Flows) -> None:
    hand, lanes = network.held.transfers, network.lanes
    reached = np.zeros(len(network.items), dtype=np.bool_)
    reached[lanes.destination] = True
    sites = np.flatnonzero(hand.fixed.any(axis=1) & reached)
    if not len(sites):
        return
    labels = [_named(network, site) for site in sites.tolist()]
    fixed, amount = hand.fixed[sites], hand.amount[sites] / 1000.0
    price = FORBIDDEN * float(asked.worth.lost.max(initial=1.0))
    missed = programme.columns("transfer missed", labels, cost=price, upper=np.where(fixed, amount, 0.0))
    rows = programme.rows(
        "transfers held",
        labels,
        lower=np.where(fixed, amount, -np.inf),
        upper=np.where(fixed, amount, np.inf),
    )
    programme.add(rows, missed)
    for i, site in enumerate(sites.tolist()):
        for lane in np.flatnonzero(lanes.destination == site).tolist():
            lead = int(lanes.lead[lane])
            if lead < network.open:
                programme.add(rows[i, lead:], flows.sent[lane, : network.open - lead])


def _named(network: Network, site: int) -> str:
    return f"{network.items[site]} at {network.locations[site]}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HandsOn:
    """Which flows the hand fixes, by the bucket they are decided in: (lanes, open) when sent, (sources, open)."""

    lanes: Flags
    sources: Flags


def hands_on(network: Network) -> HandsOn:
    """Tell which flows of lanes and sources are fixed by hand."""
    fixed, lanes = network.held.transfers.fixed, network.lanes
    sent = np.zeros((len(lanes.lead), network.open), dtype=np.bool_)
    if fixed.any():
        for lane, (into, lead) in enumerate(zip(lanes.destination.tolist(), lanes.lead.tolist(), strict=True)):
            sent[lane, : max(network.open - lead, 0)] = fixed[into, lead:]
    return HandsOn(lanes=sent, sources=network.held.purchases.fixed[network.sources.row])


def with_held_transfers(network: Network, sent: Counts, wished: Rates) -> Counts:
    """Give what is sent, with transfers fixed by hand shared over the lanes of a site as the solver does.

    Args:
        network: the ways.
        sent: (lanes, open) counts of the others.
        wished: (lanes, open) units as solved.
    """
    hand, lanes = network.held.transfers, network.lanes
    for site in np.flatnonzero(hand.fixed.any(axis=1)).tolist():
        mine = np.flatnonzero(lanes.destination == site)
        for t in np.flatnonzero(hand.fixed[site]).tolist():
            early = mine[lanes.lead[mine] <= t]
            left = t - lanes.lead[early]
            amount = int(hand.amount[site, t])
            sent[early, left] = _shared(amount, wished[early, left], int(network.step[site]))
    return sent


def with_held_purchases(network: Network, bought: Counts, wished: Rates) -> Counts:
    """Give what is bought, with purchases fixed by hand shared over the sources of a site as the solver does."""
    hand, sources = network.held.purchases, network.sources
    for site in np.flatnonzero(hand.fixed.any(axis=1)).tolist():
        mine = np.flatnonzero(sources.row == site)
        mine = mine[np.argsort(sources.extra_cost[mine], kind="stable")]
        for t in np.flatnonzero(hand.fixed[site]).tolist():
            bought[mine, t] = _shared(int(hand.amount[site, t]), wished[mine, t], int(network.step[site]))
    return bought


def _shared(amount: int, wished: Rates, step: int) -> Counts:
    """Share an amount over ways in proportion to what is wished of each, in whole steps; the rest to the largest."""
    if not len(wished):
        return np.zeros(0, dtype=np.int64)
    weights = wished if wished.sum() > 0 else np.eye(1, len(wished))[0]
    shares = largest_remainder(amount // step, np.asarray(weights, dtype=np.float64)) * step
    shares[int(np.argmax(weights))] += amount % step
    return shares


def kept_for_transfers(network: Network, hands: HandsOn, sent: Counts, inflow: Counts) -> Counts:
    """Give what must be left at each site at the end of a bucket for transfers fixed by hand: (sites, open) counts.

    Args:
        network: the ways.
        hands: which flows are fixed.
        sent: (lanes, open) counts as planned.
        inflow: (sites, open) counts that come in as planned.
    """
    kept = np.zeros(inflow.shape, dtype=np.int64)
    if hands.lanes.any():
        out = np.zeros(inflow.shape, dtype=np.int64)
        np.add.at(out, network.lanes.origin, np.where(hands.lanes, sent, 0))
        for t in range(network.open - 1, 0, -1):
            kept[:, t - 1] = np.maximum(kept[:, t] + out[:, t] - inflow[:, t], 0)
    return kept
