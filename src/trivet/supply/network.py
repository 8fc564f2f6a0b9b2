"""The ways goods can take: makes, lanes, sources and parts, as arrays by row number.

Reads routings, lanes, supply sources, bills of materials, open orders and firm production of one snapshot
and lines them up with the series of the supply, load and material panels. Time is open buckets only,
0 = the current one. Lead times are whole buckets: days / mean days of an open bucket, half up (35 days are
1 month, 14 days are 0): a month is the grain, and a lane of days is filled within its month.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.supply.panels import caps_of
from trivet.supply.sites import Geography, reach, read_geography, to_order


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Makes:
    """Ways to make an item at a plant, one a site.

    Attributes:
        site: row of the supply panel.
        share: quota of the item's requirement, adding to 1 over the item's makes.
        extra_cost: above standard, plan currency a unit.
        released: (makes, open) counts of released orders by due bucket.
        firm, fixed: (makes, open) production fixed by hand and where.
        routed: whether a routing stands behind it (else only released or fixed quantities are made).
    """

    site: Counts
    share: Rates
    extra_cost: Rates
    released: Counts
    firm: Counts
    fixed: Flags
    routed: Flags


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Uses:
    """Hours a make takes on resources: make, row of the load panel, hours a unit, buckets before completion."""

    make: Counts
    resource: Counts
    hours: Rates
    offset: Counts


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
    `free` marks sources nobody named: bought without limit, flagged.
    """

    row: Counts
    cap: Rates
    earliest: Counts
    extra_cost: Rates
    free: Flags


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

    @property
    def open(self) -> int:
        """Number of open buckets."""
        return len(self.buckets) - self.buckets.first_open

    @property
    def days(self) -> Rates:
        """Calendar days of the open buckets."""
        return self.buckets.days()[self.buckets.horizon].astype(np.float64)


def read_network(inputs: PlanInputs, supply: Panel, load: Panel, material: Panel) -> Network:
    """Line up all ways with the rows of the three panels."""
    geography = read_geography(inputs)
    reader = _Reader(inputs, supply, geography)
    makes = reader.makes()
    lanes = reader.lanes()
    sources = reader.sources()
    materials = tuple(dict.fromkeys(material.keys["item"].to_list()))
    numbers = {item: i for i, item in enumerate(materials)}
    first = supply.buckets.first_open
    counted = supply.count("projected_stock")
    parts = reader.parts(makes, numbers)
    return Network(
        buckets=supply.buckets,
        items=tuple(reader.items),
        locations=tuple(reader.places),
        step=reader.steps(),
        to_order=to_order(inputs, reader.items),
        opening=counted[:, first - 1].copy() if first else np.zeros(supply.rows, dtype=np.int64),
        arrivals=reader.arrivals(),
        materials=materials,
        material_of=np.array([numbers[item] for item in material.keys["item"].to_list()], dtype=np.int64),
        material_opening=_pooled_stock(inputs, supply.buckets, numbers),
        material_arrivals=_material_arrivals(inputs, material),
        makes=makes,
        uses=reader.uses(makes, load),
        parts=parts,
        lanes=lanes,
        sources=sources,
        deliveries=_deliveries(inputs, material),
    )


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


class _Reader:
    """Reads the tables of one snapshot into row numbers of the supply panel."""

    def __init__(self, inputs: PlanInputs, supply: Panel, geography: Geography) -> None:
        self.inputs = inputs
        self.supply = supply
        self.geography = geography
        self.items: list[str] = supply.keys["item"].to_list()
        self.places: list[str] = supply.keys["location"].to_list()
        self.rows: Mapping[tuple[str, ...], int] = {pair: i for i, pair in enumerate(supply.keys.iter_rows())}
        self.by_item: dict[str, list[int]] = {}
        for row, item in enumerate(self.items):
            self.by_item.setdefault(item, []).append(row)
        self.open = len(supply.buckets) - supply.buckets.first_open

    def steps(self) -> Counts:
        table = self.inputs.table("items")
        given = dict(zip(table["item"].to_list(), table["step"].to_list(), strict=True))
        return np.array([max(int(given.get(item) or 1), 1) for item in self.items], dtype=np.int64)

    def makes(self) -> Makes:
        routed: dict[int, tuple[float | None, float]] = {}
        for item, place, share, extra in (
            self.inputs.table("routings")
            .sort("item", "location", "resource")
            .select("item", "location", "share", "extra_cost")
        ).iter_rows():
            row = self.rows.get((item, place))
            if row is not None:
                before = routed.get(row, (None, 0.0))
                routed[row] = (before[0] if share is None else float(share), before[1] + float(extra or 0.0))
        released = self._by_due("open_production")
        firm = self.supply.count("firm_production")[:, self.supply.buckets.horizon]
        fixed = self.supply.present.get(MeasureId("firm_production"))
        held = np.zeros(firm.shape, dtype=np.bool_) if fixed is None else fixed[:, self.supply.buckets.horizon]
        rows = sorted(routed.keys() | set(np.flatnonzero((released != 0).any(axis=1) | held.any(axis=1)).tolist()))
        site = np.array(rows, dtype=np.int64)
        return Makes(
            site=site,
            share=self._shares(rows, routed),
            extra_cost=np.array([routed.get(row, (None, 0.0))[1] for row in rows]),
            released=released[site],
            firm=firm[site],
            fixed=held[site],
            routed=np.array([row in routed for row in rows], dtype=np.bool_),
        )

    def _shares(self, rows: list[int], routed: Mapping[int, tuple[float | None, float]]) -> Rates:
        """Bring the quotas of an item's makes to 1; where none is given they are equal."""
        shares = np.zeros(len(rows))
        for item in sorted({self.items[row] for row in rows if row in routed}):
            mine = [i for i, row in enumerate(rows) if self.items[row] == item and row in routed]
            given = np.array([routed[rows[i]][0] or 0.0 for i in mine])
            total = float(given.sum())
            shares[mine] = given / total if total > 0 else 1.0 / len(mine)
        return shares

    def uses(self, makes: Makes, load: Panel) -> Uses:
        resources = {name: i for i, name in enumerate(load.keys["resource"].to_list())}
        numbers = {int(row): i for i, row in enumerate(makes.site)}
        found: list[tuple[int, int, float, int]] = []
        for item, place, resource, hours, offset in (
            self.inputs.table("routings").select("item", "location", "resource", "hours_per_unit", "offset").iter_rows()
        ):
            make = numbers.get(self.rows.get((item, place), -1))
            if make is not None and resource in resources and hours:
                found.append((make, resources[resource], float(hours), max(int(offset or 0), 0)))
        found.sort()
        return Uses(
            make=np.array([f[0] for f in found], dtype=np.int64),
            resource=np.array([f[1] for f in found], dtype=np.int64),
            hours=np.array([f[2] for f in found], dtype=np.float64),
            offset=np.array([f[3] for f in found], dtype=np.int64),
        )

    def parts(self, makes: Makes, materials: Mapping[str, int]) -> Parts:
        buckets = self.supply.buckets
        starts = buckets.starts[buckets.first_open :]
        found: dict[tuple[int, int, int], Rates] = {}
        table = self.inputs.table("bill_of_materials").sort("parent", "component", "first", nulls_last=False)
        by_parent: dict[str, list[int]] = {}
        for number, row in enumerate(makes.site.tolist()):
            by_parent.setdefault(self.items[row], []).append(number)
        for parent, component, quantity, first, last in table.select(
            "parent", "component", "quantity", "first", "last"
        ).iter_rows():
            holds = np.array([(first is None or s >= first) and (last is None or s <= last) for s in starts])
            for make in by_parent.get(parent, ()):
                site = self._built_from(component, self.places[int(makes.site[make])])
                key = (make, site, -1 if site >= 0 else materials.get(component, -1))
                if key[1:] != (-1, -1):
                    found[key] = found.get(key, np.zeros(self.open)) + holds * float(quantity)
        keys = sorted(found)
        return Parts(
            make=np.array([k[0] for k in keys], dtype=np.int64),
            site=np.array([k[1] for k in keys], dtype=np.int64),
            material=np.array([k[2] for k in keys], dtype=np.int64),
            quantity=np.array([found[k] for k in keys]).reshape(len(keys), self.open),
        )

    def _built_from(self, component: str, place: str) -> int:
        """Give the site a part is taken from: at the plant, else the part's first site, -1 when pooled."""
        sites = self.by_item.get(component, [])
        return self.rows.get((component, place), sites[0] if sites else -1)

    def lanes(self) -> Lanes:
        given = self._given_lanes()
        found: list[tuple[int, int, int, float, float, bool]] = []
        for item, sites in sorted(self.by_item.items()):
            ways = [pair for pair in self.geography.ways(item) if all((item, place) in self.rows for place in pair)]
            for a, b in ways:
                lead, cost, share = given.get((item, a, b), given.get(("", a, b), (0, 0.0, float("nan"))))
                found.append((self.rows[(item, a)], self.rows[(item, b)], lead, cost, share, False))
            sources = sorted(self.geography.sources(item) & {self.places[row] for row in sites})
            reached = reach(sources, ways)
            for place in sorted(self.geography.wanted(item)) if sources else ():
                if place not in reached and (item, place) in self.rows:
                    found += [
                        (self.rows[(item, a)], self.rows[(item, place)], 0, 0.0, float("nan"), True) for a in sources
                    ]
        return Lanes(
            origin=np.array([f[0] for f in found], dtype=np.int64),
            destination=np.array([f[1] for f in found], dtype=np.int64),
            lead=np.array([f[2] for f in found], dtype=np.int64),
            cost=np.array([f[3] for f in found], dtype=np.float64),
            share=np.array([f[4] for f in found], dtype=np.float64),
            implied=np.array([f[5] for f in found], dtype=np.bool_),
        )

    def _given_lanes(self) -> Mapping[tuple[str, str, str], tuple[int, float, float]]:
        table = self.inputs.table("lanes")
        names = ("item", "origin", "destination", "lead_time_days", "cost", "share")
        return {
            (item or "", a, b): (
                lead_buckets(days, self.supply.buckets),
                float(cost or 0.0),
                float("nan") if share is None else float(share),
            )
            for item, a, b, days, cost, share in table.select(names).iter_rows()
        }

    def sources(self) -> Sources:
        table = self.inputs.table("supply_sources")
        names = ("item", "location", "supplier", "lead_time_days", "extra_cost")
        rows = table.filter(pl.col("item").is_in(list(self.by_item))).sort("item", "location", "supplier")
        caps, capped = caps_of(self.inputs, rows.select("item", "supplier"))
        pending = set(self.inputs.table("open_purchases")["item"].to_list())
        found: list[tuple[int, Rates, int, float, bool]] = []
        for i, (item, place, _, days, extra) in enumerate(rows.select(names).iter_rows()):
            row = self.rows.get((item, place))
            if row is not None:
                cap = np.where(capped[i], caps[i] / 1000.0, np.inf)[self.supply.buckets.horizon]
                earliest = lead_buckets(days, self.supply.buckets) if item in pending else 0
                found.append((row, cap, earliest, float(extra or 0.0), False))
        found += [(row, np.full(self.open, np.inf), 0, 0.0, True) for row in self._sourceless()]
        return _sources(found, self.open)

    def _sourceless(self) -> list[int]:
        """Find the sites of items nobody makes or sells to us: they are filled without limit."""
        rows: list[int] = []
        for item, sites in sorted(self.by_item.items()):
            if not self.geography.sources(item):
                wanted = [row for row in sites if self.places[row] in self.geography.wanted(item)]
                rows += wanted
        return rows

    def arrivals(self) -> Counts:
        return self._by_due("open_purchases")

    def _by_due(self, name: str) -> Counts:
        result = np.zeros((len(self.items), self.open), dtype=np.int64)
        for item, place, due, quantity in (
            self.inputs.table(name).select("item", "location", "due", "quantity").iter_rows()
        ):
            row, column = self.rows.get((item, place)), column_of(self.supply.buckets, due)
            if row is not None and column >= 0:
                result[row, column] += quantity or 0
        return result


def _sources(found: list[tuple[int, Rates, int, float, bool]], open_: int) -> Sources:
    return Sources(
        row=np.array([f[0] for f in found], dtype=np.int64),
        cap=np.array([f[1] for f in found], dtype=np.float64).reshape(len(found), open_),
        earliest=np.array([f[2] for f in found], dtype=np.int64),
        extra_cost=np.array([f[3] for f in found], dtype=np.float64),
        free=np.array([f[4] for f in found], dtype=np.bool_),
    )


def _deliveries(inputs: PlanInputs, material: Panel) -> Sources:
    """Give one way to buy for every row of the material panel."""
    horizon = material.buckets.horizon
    caps = np.where(material.mask("material_cap"), material.count("material_cap") / 1000.0, np.inf)[:, horizon]
    terms: dict[tuple[str, str], tuple[int | None, float]] = {}
    names = ("item", "supplier", "lead_time_days", "extra_cost")
    for item, supplier, days, extra in (
        inputs.table("supply_sources").sort("item", "supplier", "location").select(names).iter_rows()
    ):
        terms.setdefault((item, supplier), (days, float(extra or 0.0)))
    pending = set(inputs.table("open_purchases")["item"].to_list())
    found: list[tuple[int, Rates, int, float, bool]] = []
    for row, (item, supplier) in enumerate(material.keys.iter_rows()):
        days, extra = terms.get((item, supplier), (None, 0.0))
        earliest = lead_buckets(days, material.buckets) if item in pending else 0
        found.append((row, caps[row], earliest, extra, (item, supplier) not in terms))
    return _sources(found, len(material.buckets) - material.buckets.first_open)


def _pooled_stock(inputs: PlanInputs, buckets: Buckets, numbers: Mapping[str, int]) -> Counts:
    result = np.zeros(len(numbers), dtype=np.int64)
    if not buckets.first_open:
        return result
    last = buckets.edges[buckets.first_open - 1]
    for item, quantity in (
        inputs.table("stock_history").filter(pl.col("bucket") == last).select("item", "quantity").iter_rows()
    ):
        if item in numbers:
            result[numbers[item]] += quantity or 0
    return result


def _material_arrivals(inputs: PlanInputs, material: Panel) -> Counts:
    open_ = len(material.buckets) - material.buckets.first_open
    result = np.zeros((material.rows, open_), dtype=np.int64)
    rows: dict[tuple[str, str], int] = {}
    for row, (item, supplier) in enumerate(material.keys.iter_rows()):
        rows[(item, supplier)] = row
        rows.setdefault((item, ""), row)
    for item, supplier, due, quantity in (
        inputs.table("open_purchases").select("item", "supplier", "due", "quantity").iter_rows()
    ):
        row_of = rows.get((item, supplier or ""))
        column = column_of(material.buckets, due)
        if row_of is not None and column >= 0:
            result[row_of, column] += quantity or 0
    return result


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
