"""From the solver's answer to a plan that ties: flows rounded once, states computed from them in whole counts.

Production is rounded down on its running total (limits hold), what is bought and sent is rounded up on its own
and never more than there is. Then each bucket is played through, parts before what they go into and origins
before destinations: receive, make (no more than parts allow), send, ship. Customers are served oldest first as
far as stock goes, so there is never late or lost demand beside usable stock. The balance of F1 holds exactly.
"""

from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.supply.asked import Asked
from trivet.supply.held import hands_on, kept_for_transfers, with_held_purchases, with_held_transfers
from trivet.supply.lots import order_quantity
from trivet.supply.make_to_stock import fixed_makes
from trivet.supply.materials import delivery_room, limited_materials
from trivet.supply.network import Network, order_sites
from trivet.supply.requirements import first_rows, material_use
from trivet.supply.serving import Lot, No, Queue

NOISE = 1e-6
"""Part of a step below which a solver's value counts as the whole step (its own tolerance is 1e-7)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wished:
    """Flows as solved, in units a bucket.

    Attributes:
        made: by make; sent: by lane; bought: by source, `room` being the most; material: by row of its panel.
        refused: demand from stock told no when it is asked for, by site.
        spared: stock kept from all but first claims for a first claim of a later bucket, by site.
        spare: (resources, open) hours that `made` leaves.
    """

    made: Rates
    sent: Rates
    bought: Rates
    room: Rates
    material: Rates
    refused: Rates
    spared: Rates
    spare: Rates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """A plan played through, in counts.

    Attributes:
        made, sent, bought: (makes | lanes | sources, open); `bought` without open purchases.
        received: (sites, open) transfers that arrived.
        stock, backlog, in_transit: (sites, open) at the end of each bucket.
        shipped: (sites, open) shipped to customers.
        lots: by site, what was shipped; refused: by site, what is never served; lost: (sites, open) of that, by the
            bucket of demand.
        spared: (sites, open) stock kept for a first claim of a later bucket.
        material_bought: (rows, open) open orders included; material_stock: (rows, open).
    """

    made: Counts
    sent: Counts
    bought: Counts
    received: Counts
    stock: Counts
    backlog: Counts
    in_transit: Counts
    shipped: Counts
    lots: tuple[tuple[Lot, ...], ...]
    refused: tuple[tuple[No, ...], ...]
    lost: Counts
    spared: Counts
    material_bought: Counts
    material_stock: Counts


def run_plan(network: Network, asked: Asked, wished: Wished, late_buckets: int) -> Run:
    """Round the flows and play the plan through bucket by bucket."""
    return _Player(network, asked, wished, late_buckets).play()


def whole_steps(units: Rates, step: Counts, *, up: bool) -> Counts:
    """Round flows to whole steps on their running totals: (rows, open) units to counts.

    Args:
        units: what the solver says, >= 0.
        step: (rows,) counts of a step.
        up: up or down; either way no running total is off by a step or more.
    """
    total = np.cumsum(units, axis=1) * 1000.0 / step[:, None]
    whole = np.ceil(total - NOISE) if up else np.floor(total + NOISE)
    return np.diff(np.maximum.accumulate(whole, axis=1), axis=1, prepend=0).astype(np.int64) * step[:, None]


def whole_lots(network: Network, units: Rates, spare: Rates) -> Counts:
    """Round production to whole lots on its running totals: down where a lot is a step, else up where hours allow.

    Args:
        network: the ways; `lots.multiple` of its makes counts.
        units: (makes, open) what the solver says beyond released orders.
        spare: (resources, open) hours that leaves.

    Returns:
        (makes, open) counts.
    """
    lots, step = network.makes.lots, network.step[network.makes.site]
    result = whole_steps(units, step, up=False)
    spare = spare.copy()
    for make in np.flatnonzero(lots.multiple > step).tolist():
        uses = np.flatnonzero(network.uses.make == make)
        lot, wanted, made = float(lots.multiple[make]) / 1000.0, np.cumsum(units[make]), 0.0
        for t in range(network.open):
            at = np.maximum(t - network.uses.offset[uses], 0)
            down = max(np.floor((wanted[t] - made) / lot + NOISE), 0.0)
            more = (down + 1) * lot - units[make, t]
            ahead = wanted[t] - made - down * lot > NOISE * lot and units[make, t] > 0
            fits = (more * network.uses.hours[uses] <= spare[network.uses.resource[uses], at] + NOISE).all()
            amount = (down + (1 if ahead and fits else 0)) * lot if units[make, t] > 0 or down else 0.0
            spare[network.uses.resource[uses], at] -= (amount - units[make, t]) * network.uses.hours[uses]
            made += amount
            result[make, t] = round(amount * 1000.0)
    return result


class _Player:
    """Holds the state of one run."""

    def __init__(self, network: Network, asked: Asked, wished: Wished, late_buckets: int) -> None:
        self.network, self.asked, self.late = network, asked, late_buckets
        makes, lanes, sources = network.makes, network.lanes, network.sources
        free = np.where(makes.fixed, 0.0, np.maximum(wished.made - makes.released / 1000.0, 0.0))
        self.made = np.where(makes.fixed, makes.firm, makes.released + whole_lots(network, free, wished.spare))
        self.hands = hands_on(network)
        sent = whole_steps(np.where(self.hands.lanes, 0.0, wished.sent), network.step[lanes.origin], up=True)
        self.sent = with_held_transfers(network, sent, wished.sent)
        step = sources.lots.multiple
        most = np.where(np.isfinite(wished.room), np.floor(wished.room * 1000.0 / step[:, None] + NOISE), 0.0)
        room = most.astype(np.int64) * step[:, None]
        bought = whole_steps(np.where(self.hands.sources, 0.0, wished.bought), step, up=True)
        bought = np.where(np.isfinite(wished.room), np.minimum(bought, room), bought)
        self.bought = with_held_purchases(network, bought, wished.bought)
        self.held = fixed_makes(network)
        self._index()
        self._start(wished)

    def _index(self) -> None:
        network = self.network
        count = len(network.items)
        self.make_at: list[list[int]] = [[] for _ in range(count)]
        self.source_at: list[list[int]] = [[] for _ in range(count)]
        self.out: list[list[int]] = [[] for _ in range(count)]
        self.into: list[list[int]] = [[] for _ in range(count)]
        self.parts_of: list[list[int]] = [[] for _ in range(len(network.makes.site))]
        for i, site in enumerate(network.makes.site.tolist()):
            self.make_at[site].append(i)
        for i, site in enumerate(network.sources.row.tolist()):
            self.source_at[site].append(i)
        for i, (a, b) in enumerate(zip(network.lanes.origin.tolist(), network.lanes.destination.tolist(), strict=True)):
            self.out[a].append(i)
            self.into[b].append(i)
        for i, make in enumerate(network.parts.make.tolist()):
            self.parts_of[make].append(i)

    def _start(self, wished: Wished) -> None:
        network, shape = self.network, self.asked.demand.shape
        self.stock = network.opening.copy()
        refuse = np.rint(np.cumsum(wished.refused, axis=1) * 1000.0).astype(np.int64)
        self.spared = np.floor(wished.spared * 1000.0 + NOISE).astype(np.int64)
        self.queue = Queue(self.asked, self.late, refuse, self.spared)
        self.stocks, self.backlogs, self.received, self.shipped = (np.zeros(shape, dtype=np.int64) for _ in range(4))
        limited = limited_materials(network)
        self.pooled = set(limited.tolist())
        self.pool = network.material_opening.copy()
        room = delivery_room(network)
        lot = network.deliveries.lots.multiple[:, None]
        by_hand = network.held.deliveries
        free = np.where(by_hand.fixed, 0.0, wished.material)
        bought = np.ceil(np.cumsum(free, axis=1) * 1000.0 / lot - 1e3 * NOISE / lot).astype(np.int64)
        bought = np.diff(bought, axis=1, prepend=0) * lot
        capped = np.where(np.isfinite(room), np.rint(np.where(np.isfinite(room), room, 0.0) * 1000.0), bought)
        bought = np.where(by_hand.fixed, by_hand.amount, np.minimum(bought, capped.astype(np.int64)))
        self.material = bought + network.material_arrivals
        self.kept = kept_for_transfers(network, self.hands, self.sent, self._inflow())

    def _inflow(self) -> Counts:
        """Give what comes in at each site as planned: (sites, open)."""
        network, inflow = self.network, self.network.arrivals.copy()
        np.add.at(inflow, network.makes.site, self.made)
        np.add.at(inflow, network.sources.row, self.bought)
        for lane, (into, lead) in enumerate(
            zip(network.lanes.destination.tolist(), network.lanes.lead.tolist(), strict=True)
        ):
            inflow[into, lead:] += self.sent[lane, : max(network.open - lead, 0)]
        return inflow

    def play(self) -> Run:
        for t in range(self.network.open):
            for row, material in enumerate(self.network.material_of.tolist()):
                self.pool[material] += self.material[row, t]
            reserved = self._reserved(t)
            for site in order_sites(self.network, self.sent[:, t] > 0):
                self._receive(site, t)
                self._make(site, t)
                self._send(site, t, int(reserved[site]))
                self._ship(site, t, int(reserved[site]))
            self.stocks[:, t] = self.stock
        bought, stock = self._materials()
        return Run(
            made=self.made,
            sent=self.sent,
            bought=self.bought,
            received=self.received,
            stock=self.stocks,
            backlog=self.backlogs,
            in_transit=self._in_transit(),
            shipped=self.shipped,
            lots=tuple(tuple(lots) for lots in self.queue.lots),
            refused=tuple(tuple(lost) for lost in self.queue.refused),
            lost=self.queue.lost,
            spared=self.spared,
            material_bought=bought,
            material_stock=stock,
        )

    def _reserved(self, t: int) -> Counts:
        """Add up what planned production of this bucket wants of each site's stock."""
        parts, result = self.network.parts, np.zeros(len(self.stock), dtype=np.int64)
        for i in range(len(parts.make)):
            site = int(parts.site[i])
            if site >= 0:
                result[site] += round(int(self.made[parts.make[i], t]) * float(parts.quantity[i, t]))
        return result

    def _receive(self, site: int, t: int) -> None:
        arrived = 0
        for lane in self.into[site]:
            left = t - int(self.network.lanes.lead[lane])
            arrived += int(self.sent[lane, left]) if left >= 0 else 0
        self.received[site, t] = arrived
        bought = sum(int(self.bought[source, t]) for source in self.source_at[site])
        self.stock[site] += arrived + bought + int(self.network.arrivals[site, t])

    def _make(self, site: int, t: int) -> None:
        """Make what is planned, no more than parts allow; fixed quantities are made whatever is missing."""
        for make in self.make_at[site]:
            amount = int(self.made[make, t])
            if not self.network.makes.fixed[make, t] and amount > int(self.network.makes.released[make, t]):
                amount = self._a_lot(make, t, self._possible(make, t, amount))
            self.made[make, t] = amount
            self.stock[site] += amount
            for part in self.parts_of[make]:
                self._use(part, round(amount * float(self.network.parts.quantity[part, t])))

    def _a_lot(self, make: int, t: int, amount: int) -> int:
        """Make what is released, and beyond it a lot or nothing."""
        released = int(self.network.makes.released[make, t])
        return amount if amount - released >= int(self.network.makes.lots.minimum[make]) else released

    def _possible(self, make: int, t: int, amount: int) -> int:
        step = int(self.network.makes.lots.multiple[make])
        for part in self.parts_of[make]:
            quantity = float(self.network.parts.quantity[part, t])
            site, material = int(self.network.parts.site[part]), int(self.network.parts.material[part])
            if quantity <= 0 or (site < 0 and material not in self.pooled):
                continue
            there = max(int(self.stock[site] if site >= 0 else self.pool[material]), 0)
            if round(amount * quantity) > there:
                amount = min(amount, int(there / quantity + NOISE) // step * step)
        return amount

    def _use(self, part: int, amount: int) -> None:
        site, material = int(self.network.parts.site[part]), int(self.network.parts.material[part])
        if site >= 0:
            self.stock[site] -= amount
        else:
            self.pool[material] -= amount

    def _send(self, site: int, t: int, reserved: int) -> None:
        """Send what is held by hand first; the rest leaves what later transfers held by hand will need."""
        step, held = int(self.network.step[site]), self.hands.lanes
        for lane in sorted(self.out[site], key=lambda lane: not held[lane, t]):
            left = int(self.stock[site]) - reserved
            there = max(left if held[lane, t] else left - int(self.kept[site, t]), 0)
            there = there if held[lane, t] else there // step * step
            amount = min(int(self.sent[lane, t]), there)
            self.sent[lane, t] = amount
            self.stock[site] -= amount

    def _ship(self, site: int, t: int, reserved: int) -> None:
        """Serve who waits; orders whose build time runs are not due yet."""
        queue = self.queue
        queue.join(site, t)
        total = queue.waiting(site)
        if not total:
            return
        ordered = bool(self.asked.ordered[site])
        due = total - int(self.asked.floor[site, t]) if ordered else total
        there = max(int(self.stock[site]) - reserved - int(self.kept[site, t]), 0)
        self.shipped[site, t] = shipped = queue.serve(site, t, there, max(due, 0))
        self.stock[site] -= shipped
        if ordered:
            self.backlogs[site, t] = total - shipped
        else:
            queue.give_up(site, t)

    def _in_transit(self) -> Counts:
        """Count what has left for each site and not arrived at the end of each bucket."""
        result = np.zeros_like(self.stocks)
        for lane, site in enumerate(self.network.lanes.destination.tolist()):
            result[site] += np.cumsum(self.sent[lane])
        return result - np.cumsum(self.received, axis=1)

    def _materials(self) -> tuple[Counts, Counts]:
        """Give what is bought of every material and what is left, by row of the material panel."""
        network = self.network
        first, use = first_rows(network), material_use(network, self.made)
        bought = self.material.copy()
        stock = np.zeros_like(bought)
        for material, row in enumerate(first.tolist()):
            rows = np.flatnonzero(network.material_of == material)
            level = int(network.material_opening[material])
            for t in range(network.open):
                level += int(bought[rows, t].sum()) - int(use[material, t])
                if material not in self.pooled and level < 0:
                    lots = network.deliveries.lots
                    order = order_quantity(-level, minimum=int(lots.minimum[row]), multiple=int(lots.multiple[row]))
                    bought[row, t] += order
                    level += order
                stock[row, t] = level
        return bought, stock
