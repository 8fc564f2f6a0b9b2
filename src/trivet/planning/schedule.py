"""The plan week by week: what is made, bought, moved, used up and shipped at every place (Y18).

Walks the network from customers to suppliers, so that what leaves a place is known before what comes in is placed:
demand and shipments follow working days between first and last sale, parts follow the production of what they go
into, transfers leave their lead time before they arrive. Production, purchases and transfers are those of the plan to
the last count, in its steps and lots; demand, shipments and parts go in whole steps, and what is below one step is
carried. Stock = stock before + production + purchases + transfers in - transfers out - used - shipments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from trivet.core.ids import Counts
from trivet.core.plan import Plan, PlanInputs
from trivet.planning.balancing import Stream, even_stream, keep_above_zero
from trivet.planning.lane_flows import Lane, split_transfers
from trivet.planning.material_weeks import buy_materials
from trivet.planning.offers import read_offers, share_offers
from trivet.planning.weekly import CARRIED, FLOWS, STOCK, Buy, Move, Schedule
from trivet.planning.weeks import (
    WeekParts,
    cut_weeks,
    days_of,
    last_working_day,
    place_steps,
    usable,
    work_of,
    working_day,
)
from trivet.supply.calendar import closed_days
from trivet.supply.network import Network
from trivet.supply.sites import shipping_of
from trivet.supply.ways import read_network


def schedule_weeks(inputs: PlanInputs, plan: Plan) -> Schedule:
    """Lay a plan out in ISO weeks over its whole horizon."""
    supply, material = plan.panel("supply"), plan.panel("material")
    network = read_network(inputs, supply, plan.panel("load"), material)
    walk = _Walk(inputs, plan, network)
    for row in downstream_first(network, walk.ways):
        walk.place(row)
    closed = walk.closed
    buys = (*walk.buys, *buy_materials(inputs, material, network, walk.sites["production"], walk.parts, closed[""]))
    moves = tuple(sorted(walk.moves, key=lambda m: (m.origin, m.destination, m.out_of, m.into)))
    return Schedule(parts=walk.parts, closed=closed, sites=walk.sites, buys=buys, moves=moves)


@dataclass(slots=True, kw_only=True)
class Way:
    """A lane that is used: its days, counts by the open bucket they leave in, and what arrives by part once placed."""

    lane: Lane
    days: int
    sent: list[int]
    arrives: Stream | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Weights of the parts at one row: for selling, for getting goods in, for sending them."""

    sold: Sequence[int]
    got: Sequence[int]
    sent: Sequence[int]


class _Walk:
    """Places everything, row by row of the supply panel."""

    def __init__(self, inputs: PlanInputs, plan: Plan, network: Network) -> None:
        supply = plan.panel("supply")
        self.network, self.supply, self.ahead = network, supply, supply.buckets.horizon
        self.parts = cut_weeks(supply.buckets)
        self.closed = _closed(inputs)
        self.works = _works(inputs, network, self.parts, self.closed)
        self.offers = read_offers(inputs, supply, network)
        self.ways = _used_ways(inputs, plan, network)
        self.demand = _demand_by_site(inputs, plan)
        shape = (supply.rows, len(self.parts))
        self.sites: dict[str, Counts] = {name: np.zeros(shape, np.int64) for name in (*FLOWS, *CARRIED, STOCK)}
        self.buys: list[Buy] = []
        self.moves: list[Move] = []

    def place(self, row: int) -> None:
        """Place what leaves a row, then what comes in."""
        sold, step = self.works[row].sold, int(self.network.step[row])
        for name, totals, weights in (
            ("demand", self.demand[row, self.ahead], sold),
            ("shipments", self._plan("site_shipments", row), sold),
            ("used", self._used(row), self._use_weights(row)),
        ):
            placed, carried = place_steps(totals.tolist(), weights, self.parts.spans, step)
            self.sites[name][row], self.sites[f"{name}_carried"][row] = placed, carried
        self._send(row)
        leaving = sum(self.sites[name][row] for name in ("shipments", "used", "transfers_out"))
        made, released = self._made(row)
        sources, on_order = self._bought(row)
        arriving = [self._arriving(way) for way in self.ways if way.lane.destination == row]
        streams = [made, *sources.values(), *arriving, released, on_order]
        opening = int(self.network.opening[row])
        self.sites[STOCK][row] = keep_above_zero(opening, np.asarray(leaving).tolist(), streams, self.parts.spans)
        self.sites["released"][row], self.sites["on_order"][row] = released.placed, on_order.placed
        self.sites["production"][row] = _sum([made, released], len(self.parts))
        self.sites["purchases"][row] = _sum([*sources.values(), on_order], len(self.parts))
        self.sites["transfers_in"][row] = _sum(arriving, len(self.parts))
        self.buys += [
            Buy(offer=self.offers[i], part=part, quantity=quantity)
            for i, stream in sources.items()
            for part, quantity in enumerate(stream.placed)
            if quantity
        ]

    def _plan(self, measure: str, row: int) -> Counts:
        counts: Counts = self.supply.count(measure)[row, self.ahead]
        return counts

    def _even(self, totals: Sequence[int], row: int, *, minimum: int = 0, multiple: int = 1) -> Stream:
        return even_stream(totals, self.works[row].got, self.parts.spans, minimum=minimum, multiple=multiple)

    def _used(self, row: int) -> Counts:
        """Give what production of other items takes from a row by bucket: what the plan's balance leaves."""
        gains = sum(self._plan(name, row) for name in ("production", "purchases", "transfers_in"))
        losses = sum(self._plan(name, row) for name in ("transfers_out", "site_shipments"))
        stock = self._plan("projected_stock", row)
        before = np.concatenate([[self.network.opening[row]], stock[:-1]])
        return np.asarray(before + gains - losses - stock, dtype=np.int64)

    def _use_weights(self, row: int) -> Sequence[int]:
        """Weigh weeks by the production that takes from a row; by working days where there is none."""
        parts, total = self.network.parts, np.zeros(len(self.parts))
        columns = list(self.parts.columns)
        for k in np.flatnonzero(parts.site == row):
            parent = int(self.network.makes.site[parts.make[k]])
            total += self.sites["production"][parent] * parts.quantity[k, columns]
        return usable(self.parts.spans, np.rint(total).astype(np.int64).tolist(), self.works[row].got)

    def _made(self, row: int) -> tuple[Stream, Stream]:
        """Give planned and released production."""
        total, makes = self._plan("production", row), self.network.makes
        at = np.flatnonzero(makes.site == row)
        if not len(at):
            step = int(self.network.step[row])
            return self._even(total.tolist(), row, multiple=step), self._even([0] * len(total), row)
        make = int(at[0])
        released = np.minimum(makes.released[make], total)
        lots = makes.lots
        planned = self._even(
            (total - released).tolist(), row, minimum=int(lots.minimum[make]), multiple=int(lots.multiple[make])
        )
        return planned, self._even(released.tolist(), row, multiple=int(self.network.step[row]))

    def _bought(self, row: int) -> tuple[dict[int, Stream], Stream]:
        """Give new purchases by number of the source, and what is on order."""
        total = self._plan("purchases", row)
        on_order = np.minimum(self.network.arrivals[row], total)
        new = total - on_order
        sources = np.flatnonzero(self.network.sources.row == row).tolist()
        shares = share_offers(new, sources, self.network.sources) if sources and new.any() else {}
        streams = {
            i: self._even(counts, row, minimum=self.offers[i].minimum, multiple=self.offers[i].multiple)
            for i, counts in shares.items()
        }
        return streams, self._even(on_order.tolist(), row, multiple=int(self.network.step[row]))

    def _arriving(self, way: Way) -> Stream:
        """Give what a lane brings by part, placed evenly when it is asked for first."""
        if way.arrives is None:
            open_ = len(self.parts.spans)
            totals = [way.sent[t - way.lane.lead] if t >= way.lane.lead else 0 for t in range(open_)]
            step = int(self.network.step[way.lane.origin])
            way.arrives = self._even(totals, way.lane.destination, multiple=step)
        return way.arrives

    def _send(self, row: int) -> None:
        """Let transfers leave their lead time before they arrive, inside the bucket the plan sends them in."""
        for way in self.ways:
            if way.lane.origin != row:
                continue
            arrives = self._arriving(way)
            arrives.fixed = True
            pairs = [
                (self._leaves(way, part), part, quantity) for part, quantity in enumerate(arrives.placed) if quantity
            ]
            for out, into, quantity in (*pairs, *self._beyond(way)):
                self.sites["transfers_out"][row, out] += quantity
                self.moves.append(
                    Move(
                        origin=row,
                        destination=way.lane.destination,
                        lead_days=way.days,
                        out_of=out,
                        into=into,
                        quantity=quantity,
                    )
                )

    def _leaves(self, way: Way, part: int) -> int:
        """Find the part a transfer leaves in: the last one that is in time for the part it arrives in, else the first.

        In time means: its first working day is the lead time or more before the last working day it may arrive on.
        """
        span = self.parts.spans[self.parts.columns[part] - way.lane.lead]
        sent = self.works[way.lane.origin].sent
        origin, destination = (
            self.closed[self.network.locations[row]] for row in (way.lane.origin, way.lane.destination)
        )
        latest = last_working_day(self.parts, part, destination) - timedelta(days=way.days)
        working = [p for p in span if sent[p] and p <= part] or [part]
        return max((p for p in working if working_day(self.parts, p, origin) <= latest), default=working[0])

    def _beyond(self, way: Way) -> list[tuple[int, int, int]]:
        """Give what leaves so late that it arrives after the plan."""
        open_ = len(self.parts.spans)
        totals = [amount if t + way.lane.lead >= open_ else 0 for t, amount in enumerate(way.sent)]
        step = int(self.network.step[way.lane.origin])
        placed = even_stream(totals, self.works[way.lane.origin].sent, self.parts.spans, multiple=step).placed
        return [(part, -1, quantity) for part, quantity in enumerate(placed) if quantity]


def _sum(streams: Sequence[Stream], width: int) -> Counts:
    placed = np.array([stream.placed for stream in streams], dtype=np.int64).reshape(-1, width)
    return np.asarray(placed.sum(axis=0), dtype=np.int64)


def _closed(inputs: PlanInputs) -> Mapping[str, frozenset[date]]:
    table = inputs.table("locations").select("location", "calendar")
    own = {place: closed_days(inputs, calendar or "") for place, calendar in table.iter_rows()}
    return {"": closed_days(inputs), **own}


def _works(
    inputs: PlanInputs, network: Network, parts: WeekParts, closed: Mapping[str, frozenset[date]]
) -> tuple[Work, ...]:
    """Give the weights of every row; where no working day is left in a bucket, its calendar days."""
    items = inputs.table("items").select("item", "first_sale", "last_sale")
    dates = {item: (first, last) for item, first, last in items.iter_rows()}
    days = days_of(parts)
    known: dict[tuple[str, date | None, date | None], Work] = {}
    for item, place in zip(network.items, network.locations, strict=True):
        first, last = dates.get(item, (None, None))
        if (place, first, last) not in known:
            shut = closed.get(place, closed[""])
            always = work_of(parts, shut)
            known[place, first, last] = Work(
                sold=usable(parts.spans, work_of(parts, shut, first=first, last=last), always, days),
                got=usable(parts.spans, work_of(parts, shut, last=last), always, days),
                sent=usable(parts.spans, always, days),
            )
    return tuple(
        known[place, *dates.get(item, (None, None))]
        for item, place in zip(network.items, network.locations, strict=True)
    )


def _used_ways(inputs: PlanInputs, plan: Plan, network: Network) -> list[Way]:
    """Give the lanes that carry something, with what each carries."""
    supply, lanes = plan.panel("supply"), network.lanes
    ends = zip(lanes.origin.tolist(), lanes.destination.tolist(), lanes.lead.tolist(), strict=True)
    found = [Lane(origin=origin, destination=destination, lead=lead) for origin, destination, lead in ends]
    sent, received = (supply.count(name)[:, supply.buckets.horizon] for name in ("transfers_out", "transfers_in"))
    flows = split_transfers(found, sent, received, supply.count("in_transit")[:, -1])
    table = inputs.table("lanes").select("item", "origin", "destination", "lead_time_days")
    days = {(item or "", a, b): max(given or 0, 0) for item, a, b, given in table.iter_rows()}
    used = []
    for lane, flow in zip(found, flows, strict=True):
        if flow.any():
            a, b = network.locations[lane.origin], network.locations[lane.destination]
            own = days.get((network.items[lane.origin], a, b), days.get(("", a, b), 0))
            used.append(Way(lane=lane, days=own, sent=flow.tolist()))
    return used


def _demand_by_site(inputs: PlanInputs, plan: Plan) -> Counts:
    """Add the consensus of the markets each row of the supply panel ships to."""
    demand, supply, ships = plan.panel("demand"), plan.panel("supply"), shipping_of(inputs)
    rows = {pair: i for i, pair in enumerate(supply.keys.iter_rows())}
    result = np.zeros(supply.shape, dtype=np.int64)
    for counts, (item, market) in zip(demand.count("consensus_demand"), demand.keys.iter_rows(), strict=True):
        row = rows.get((item, ships.get(market, "")))
        if row is not None:
            result[row] += counts
    return result


def downstream_first(network: Network, ways: Sequence[Way]) -> tuple[int, ...]:
    """Sort rows so that who is fed comes before who feeds it; a circle is cut at its lowest row."""
    pairs = {(way.lane.destination, way.lane.origin) for way in ways}
    parents = network.makes.site[network.parts.make].tolist()
    pairs |= {(a, b) for a, b in zip(parents, network.parts.site.tolist(), strict=True) if b >= 0}
    feeders: list[list[int]] = [[] for _ in network.items]
    waits = [0] * len(network.items)
    for fed, feeder in sorted(pairs):
        feeders[fed].append(feeder)
        waits[feeder] += 1
    ready = [row for row in range(len(waits)) if not waits[row]][::-1]
    done: dict[int, None] = {}
    left = iter(range(len(waits)))
    while len(done) < len(waits):
        row = ready.pop() if ready else next(r for r in left if r not in done)
        if row in done:
            continue
        done[row] = None
        for feeder in feeders[row]:
            waits[feeder] -= 1
            if waits[feeder] == 0:
                ready.append(feeder)
    return tuple(done)
