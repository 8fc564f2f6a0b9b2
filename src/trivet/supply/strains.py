"""Strains: where what somebody fixed by hand asks for what can't be, or stands beside customers who get nothing.

Reads firm purchases, deliveries and transfers (`held`) against caps, lead times, what is on order and what the plan
played through. It says how much and why, cell by cell; who fixed it is known to the log (`planning.locks`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.supply.found import Found
from trivet.supply.held import hand_of
from trivet.supply.materials import delivery_room
from trivet.supply.network import Hand, Sources


class Why(StrEnum):
    """Why a quantity fixed by hand is more or less than what can be."""

    ABOVE_CAP = "above what suppliers deliver"
    TOO_EARLY = "earlier than a new order can arrive"
    ON_ORDER = "less than what is on order"
    NO_SOURCE = "bought where nobody sells it"
    NO_LANE = "sent where no lane leads"
    LEFT_ALREADY = "would have left before today"
    NOT_THERE = "not there to be sent"
    CUSTOMERS = "customers get nothing"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strain:
    """One reason in the cells of one measure.

    Attributes:
        measure: the one that was fixed.
        why: the reason.
        amount: (rows, open) counts: above, below or missing; 0 = nothing there.
    """

    measure: MeasureId
    why: Why
    amount: Counts


PURCHASES = MeasureId("firm_purchases")
DELIVERIES = MeasureId("firm_material_purchases")
TRANSFERS = MeasureId("firm_transfers")


def find_strains(found: Found, room: Rates) -> tuple[Strain, ...]:
    """Find where fixed purchases and transfers strain the plan.

    Args:
        found: the plan played through.
        room: (sources, open) units each source of goods can deliver.
    """
    every = (*_purchases(found, room), *_deliveries(found), *_transfers(found))
    return tuple(strain for strain in every if strain.amount.any())


def _purchases(found: Found, room: Rates) -> Iterator[Strain]:
    network, hand = found.network, hand_of(found.filled.supply, PURCHASES)
    if not hand.fixed.any():
        return
    sold = np.zeros(len(network.items), dtype=np.bool_)
    sold[network.sources.row] = True
    beyond = network.held.purchases
    most = np.zeros(hand.amount.shape)
    np.add.at(most, network.sources.row, room)
    early = _before(network.sources, len(network.items), network.open)
    yield Strain(measure=PURCHASES, why=Why.NO_SOURCE, amount=np.where(sold[:, None], 0, beyond.amount))
    yield from _bought(PURCHASES, hand, network.arrivals, (beyond.amount * sold[:, None], most, early))
    yield Strain(measure=PURCHASES, why=Why.CUSTOMERS, amount=np.where(hand.fixed, found.run.lost, 0))


def _deliveries(found: Found) -> Iterator[Strain]:
    network, hand = found.network, hand_of(found.filled.material, DELIVERIES)
    if not hand.fixed.any():
        return
    early = np.arange(network.open)[None, :] < network.deliveries.earliest[:, None]
    beyond = network.held.deliveries.amount
    yield from _bought(DELIVERIES, hand, network.material_arrivals, (beyond, delivery_room(network), early))
    # A material that is left over is not what customers wait for.
    spare = np.zeros((len(network.materials), network.open), dtype=np.int64)
    np.maximum.at(spare, network.material_of, found.run.material_stock)
    waits = hand.fixed & (spare <= 0)[network.material_of]
    yield Strain(measure=DELIVERIES, why=Why.CUSTOMERS, amount=np.where(waits, _lost_by_material(found), 0))


def _lost_by_material(found: Found) -> Counts:
    """Add up what customers lose of the goods each row of the material panel goes into: (rows, open)."""
    network = found.network
    lost = np.zeros((len(network.materials), network.open), dtype=np.int64)
    by_item: dict[str, Counts] = {}
    for item, amount in zip(network.items, found.run.lost, strict=True):
        by_item[item] = by_item[item] + amount if item in by_item else amount
    pairs = {
        (material, network.items[int(network.makes.site[make])])
        for make, material in zip(network.parts.make.tolist(), network.parts.material.tolist(), strict=True)
        if material >= 0
    }
    for material, item in sorted(pairs):
        lost[material] += by_item[item]
    result: Counts = lost[network.material_of]
    return result


def _bought(measure: MeasureId, hand: Hand, on_order: Counts, asked: tuple[Counts, Rates, Flags]) -> Iterator[Strain]:
    """Say where what is fixed is more than can be delivered, or less than what is on order."""
    amount, most, early = asked
    above = np.maximum(amount - np.where(np.isfinite(most), np.rint(most * 1000.0), amount), 0).astype(np.int64)
    yield Strain(measure=measure, why=Why.TOO_EARLY, amount=np.where(early, above, 0))
    yield Strain(measure=measure, why=Why.ABOVE_CAP, amount=np.where(early, 0, above))
    ordered = np.where(hand.fixed, np.maximum(on_order - hand.amount, 0), 0)
    yield Strain(measure=measure, why=Why.ON_ORDER, amount=ordered)


def _before(sources: Sources, sites: int, open_: int) -> Flags:
    """Mark the buckets before a new order of any source of a site can arrive: (sites, open)."""
    earliest = np.full(sites, open_, dtype=np.int64)
    np.minimum.at(earliest, sources.row, sources.earliest)
    flags: Flags = np.arange(open_)[None, :] < earliest[:, None]
    return flags


def _transfers(found: Found) -> Iterator[Strain]:
    network, hand, run = found.network, found.network.held.transfers, found.run
    if not hand.fixed.any():
        return
    lead = np.full(len(network.items), network.open, dtype=np.int64)
    reached = np.zeros(len(network.items), dtype=np.bool_)
    reached[network.lanes.destination] = True
    np.minimum.at(lead, network.lanes.destination, network.lanes.lead)
    missed = np.where(hand.fixed, np.maximum(hand.amount - run.received, 0), 0)
    left = np.arange(network.open)[None, :] < lead[:, None]
    no_lane = ~reached[:, None] & hand.fixed
    yield Strain(measure=TRANSFERS, why=Why.NO_LANE, amount=np.where(no_lane, missed, 0))
    yield Strain(measure=TRANSFERS, why=Why.LEFT_ALREADY, amount=np.where(~no_lane & left, missed, 0))
    yield Strain(measure=TRANSFERS, why=Why.NOT_THERE, amount=np.where(~no_lane & ~left, missed, 0))
    yield Strain(measure=TRANSFERS, why=Why.CUSTOMERS, amount=np.where(hand.fixed, run.lost, 0))
