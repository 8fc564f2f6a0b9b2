"""The ways goods can take: makes, lanes, sources and parts, as arrays by row number.

The nouns of the supply plan: `ways` reads them from the tables of one snapshot. Time is open buckets only,
0 = the current one. Lead times are whole buckets: days / mean days of an open bucket, half up (35 days are
1 month, 14 days are 0): a month is the grain, and a lane of days is filled within its month.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

import numpy as np

from trivet.core.buckets import Buckets
from trivet.core.ids import Counts, Flags, Rates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lots:
    """How much is made or ordered at once, by make or source.

    Attributes:
        minimum: counts of the smallest lot, a multiple of `multiple`; 0 = any.
        multiple: counts lots are multiples of, at least a step.
        cost: (rows, open) of one lot whatever its size, plan currency: set-up or order.
        sized: whether a lot is a yes or no (a least size, a cost or hours of its own).
    """

    minimum: Counts
    multiple: Counts
    cost: Rates
    sized: Flags


def in_lots(room: Rates, lots: Lots) -> Rates:
    """Bring room, units by row and bucket, down to whole multiples of the row's lots; no limit stays none."""
    multiple = lots.multiple[:, None] / 1000.0
    finite = np.where(np.isfinite(room), room, 0.0)
    return np.where(np.isfinite(room), np.floor(finite / multiple + 1e-9) * multiple, room)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Makes:
    """Ways to make an item at a plant, one a site.

    Attributes:
        site: row of the supply panel.
        share: quota of the item's requirement, adding to 1 over the item's makes.
        extra_cost: (makes, open) above standard, plan currency a unit.
        released: (makes, open) counts of released orders by due bucket.
        firm, fixed: (makes, open) production fixed by hand and where.
        routed: whether a routing stands behind it (else only released or fixed quantities are made).
        lots: how much is made at once.
    """

    site: Counts
    share: Rates
    extra_cost: Rates
    released: Counts
    firm: Counts
    fixed: Flags
    routed: Flags
    lots: Lots


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Uses:
    """Hours a make takes on resources: make, row of the load panel, hours a unit, buckets before, hours a set-up."""

    make: Counts
    resource: Counts
    hours: Rates
    offset: Counts
    setup: Rates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """What a make uses up: either a site (kept at a location) or a material (pooled), units each by bucket."""

    make: Counts
    site: Counts
    material: Counts
    quantity: Rates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lanes:
    """Ways between sites of one item; `share` NaN = the plan decides; `implied` where no table names one."""

    origin: Counts
    destination: Counts
    lead: Counts
    cost: Rates
    share: Rates
    implied: Flags


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sources:
    """Ways to buy: `row` is a site (finished goods) or a row of the material panel.

    `cap` is units a bucket, inf = no limit; `earliest` the first open bucket a new order can arrive in;
    `free` marks sources nobody named: bought without limit, flagged. `lots` is how much is ordered at once.
    """

    row: Counts
    cap: Rates
    earliest: Counts
    extra_cost: Rates
    free: Flags
    lots: Lots


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hand:
    """Quantities fixed by hand: counts, and where they are fixed; both by row and open bucket."""

    amount: Counts
    fixed: Flags


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """What people fixed of what is bought and moved, by the bucket it arrives in.

    Attributes:
        purchases: of sites, beyond what is on order; deliveries: of rows of the material panel, likewise.
        transfers: into sites, over all their lanes.
    """

    purchases: Hand
    deliveries: Hand
    transfers: Hand


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """All ways of one snapshot.

    Attributes:
        buckets: the plan's axis; arrays with a bucket axis hold its open ones.
        items: item code of each site; step: its smallest amount in counts; to_order: made to order.
        opening: counts on hand at the end of the last closed bucket, by site.
        arrivals: (sites, open) counts of open purchases.
        materials: codes of the key materials; material_of: material of each row of the material panel.
        material_opening, material_arrivals: pooled stock, and open purchases by row of the panel.
        makes, uses, parts, lanes: the ways; sources of sites, deliveries of materials.
        held: purchases, deliveries and transfers fixed by hand.
    """

    buckets: Buckets
    items: tuple[str, ...]
    locations: tuple[str, ...]
    step: Counts
    to_order: Flags
    opening: Counts
    arrivals: Counts
    materials: tuple[str, ...]
    material_of: Counts
    material_opening: Counts
    material_arrivals: Counts
    makes: Makes
    uses: Uses
    parts: Parts
    lanes: Lanes
    sources: Sources
    deliveries: Sources
    held: Held

    @property
    def open(self) -> int:
        """Number of open buckets."""
        return len(self.buckets) - self.buckets.first_open

    @property
    def days(self) -> Rates:
        """Calendar days of the open buckets."""
        return self.buckets.days()[self.buckets.horizon].astype(np.float64)


def lead_buckets(days: int | None, buckets: Buckets) -> int:
    """Give a lead time in whole buckets, half up.

    Args:
        days: calendar days, None = 0.
        buckets: the axis; the mean length of its open buckets counts.
    """
    mean = float(buckets.days()[buckets.horizon].mean())
    return int(np.floor(max(days or 0, 0) / mean + 0.5))


def column_of(buckets: Buckets, day: date) -> int:
    """Give the open bucket of a due day: what is overdue comes in the current one, beyond the horizon is -1."""
    if day >= buckets.edges[-1]:
        return -1
    return max(bisect_right(buckets.edges, day) - 1 - buckets.first_open, 0)


def order_sites(network: Network, active: Flags) -> tuple[int, ...]:
    """Sort sites so that parts come before what they go into, and origins before where they send at once.

    Args:
        network: the ways.
        active: (lanes,) lanes that send something; those with a lead time do not matter.

    A circle (in a bill of materials, or goods sent both ways) is cut at its lowest row: what it lacks is taken
    from stock.
    """
    feeds: list[list[int]] = [[] for _ in network.items]
    waits = [0] * len(network.items)
    pairs = {
        (site, int(network.makes.site[make]))
        for make, site in zip(network.parts.make.tolist(), network.parts.site.tolist(), strict=True)
        if site >= 0
    }
    at_once = active & (network.lanes.lead == 0)
    pairs |= set(zip(network.lanes.origin[at_once].tolist(), network.lanes.destination[at_once].tolist(), strict=True))
    for a, b in sorted(pairs):
        feeds[a].append(b)
        waits[b] += 1
    ready = [s for s in range(len(waits)) if not waits[s]]
    done: dict[int, None] = {}
    while len(done) < len(waits):
        site = ready.pop() if ready else next(s for s in range(len(waits)) if s not in done)
        if site in done:
            continue
        done[site] = None
        for fed in feeds[site]:
            waits[fed] -= 1
            if waits[fed] == 0:
                ready.append(fed)
    return tuple(done)
