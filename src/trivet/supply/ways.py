"""Where the ways of goods are read: routings, lanes and bills of materials of one snapshot (Y9).

Lines up routings, lanes, bills of materials, open orders and firm production with the series of the supply, load and
material panels. What is bought is read in `sources`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from trivet.core.ids import Counts, MeasureId, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.supply.held import read_held
from trivet.supply.network import Lanes, Lots, Makes, Network, Parts, Uses, column_of, lead_buckets
from trivet.supply.sites import Geography, reach, read_geography, to_order
from trivet.supply.sources import lots_of, material_arrivals, pooled_stock, read_deliveries, read_sources


def read_network(inputs: PlanInputs, supply: Panel, load: Panel, material: Panel) -> Network:
    """Line up all ways with the rows of the three panels."""
    geography = read_geography(inputs)
    reader = _Reader(inputs, supply, geography)
    makes = reader.makes()
    lanes = reader.lanes()
    step = reader.steps()
    materials = tuple(dict.fromkeys(material.keys["item"].to_list()))
    numbers = {item: i for i, item in enumerate(materials)}
    first = supply.buckets.first_open
    counted = supply.count("projected_stock")
    arrivals, on_order = reader.arrivals(), material_arrivals(inputs, material)
    parts = reader.parts(makes, numbers)
    return Network(
        buckets=supply.buckets,
        items=tuple(reader.items),
        locations=tuple(reader.places),
        step=step,
        to_order=to_order(inputs, reader.items),
        opening=counted[:, first - 1].copy() if first else np.zeros(supply.rows, dtype=np.int64),
        arrivals=arrivals,
        materials=materials,
        material_of=np.array([numbers[item] for item in material.keys["item"].to_list()], dtype=np.int64),
        material_opening=pooled_stock(inputs, supply.buckets, numbers),
        material_arrivals=on_order,
        makes=makes,
        uses=reader.uses(makes, load),
        parts=parts,
        lanes=lanes,
        sources=read_sources(inputs, supply, step, reader.sourceless()),
        deliveries=read_deliveries(inputs, material),
        held=read_held(supply, material, arrivals, on_order),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Routed:
    """The rows of routings of one item at one plant, put together."""

    share: float | None = None
    extra: float = 0.0
    minimum: int = 0
    multiple: int = 0
    setup_cost: float = 0.0
    sets_up: bool = False


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
        routed = self._routed()
        released = self._by_due("open_production")
        firm = self.supply.count("firm_production")[:, self.supply.buckets.horizon]
        fixed = self.supply.present.get(MeasureId("firm_production"))
        held = np.zeros(firm.shape, dtype=np.bool_) if fixed is None else fixed[:, self.supply.buckets.horizon]
        rows = sorted(routed.keys() | set(np.flatnonzero((released != 0).any(axis=1) | held.any(axis=1)).tolist()))
        site = np.array(rows, dtype=np.int64)
        return Makes(
            site=site,
            share=self._shares(rows, routed),
            extra_cost=self._by_bucket(
                rows, "extra_cost", [routed[row].extra if row in routed else 0.0 for row in rows]
            ),
            released=released[site],
            firm=firm[site],
            fixed=held[site],
            routed=np.array([row in routed for row in rows], dtype=np.bool_),
            lots=self._lots(rows, routed),
        )

    def _routed(self) -> dict[int, "_Routed"]:
        """Put the rows of routings of one item and plant together: costs add up, the largest lot counts."""
        names = ("item", "location", "share", "extra_cost", "minimum", "multiple", "setup_cost", "setup_hours")
        found: dict[int, _Routed] = {}
        table = self.inputs.table("routings").sort("item", "location", "resource").select(names)
        for item, place, share, extra, minimum, multiple, cost, hours in table.iter_rows():
            row = self.rows.get((item, place))
            if row is not None:
                before = found.get(row, _Routed())
                found[row] = _Routed(
                    share=before.share if share is None else float(share),
                    extra=before.extra + float(extra or 0.0),
                    minimum=max(before.minimum, minimum or 0),
                    multiple=max(before.multiple, multiple or 0),
                    setup_cost=before.setup_cost + float(cost or 0.0),
                    sets_up=before.sets_up or bool(hours),
                )
        return found

    def _lots(self, rows: list[int], routed: Mapping[int, "_Routed"]) -> Lots:
        said = [routed.get(row, _Routed()) for row in rows]
        step = self.steps()[np.array(rows, dtype=np.int64)]
        lots = lots_of([(one.minimum, one.multiple, one.setup_cost) for one in said], step, self.open)
        cost = self._by_bucket(rows, "setup_cost", [one.setup_cost for one in said])
        sets_up = np.array([one.sets_up for one in said], dtype=np.bool_)
        return replace(lots, cost=cost, sized=lots.sized | sets_up | (cost > 0).any(axis=1))

    def _by_bucket(self, rows: list[int], column: str, given: list[float]) -> Rates:
        """Give a cost of makes by open bucket, with what `routing_changes` says of it, in order of first buckets."""
        result = np.repeat(np.array(given, dtype=np.float64)[:, None], self.open, axis=1)
        place = {row: i for i, row in enumerate(rows)}
        starts = self.supply.buckets.starts[self.supply.buckets.first_open :]
        table = self.inputs.table("routing_changes").sort("item", "location", "first", "last", nulls_last=True)
        for item, location, first, last, value in table.select("item", "location", "first", "last", column).iter_rows():
            at = place.get(self.rows.get((item, location), -1))
            if at is not None and value is not None:
                inside = [t for t, s in enumerate(starts) if s >= first and (last is None or s <= last)]
                result[at, inside] = float(value)
        return result

    def _shares(self, rows: list[int], routed: Mapping[int, "_Routed"]) -> Rates:
        """Bring the quotas of an item's makes to 1; where none is given they are equal."""
        shares = np.zeros(len(rows))
        for item in sorted({self.items[row] for row in rows if row in routed}):
            mine = [i for i, row in enumerate(rows) if self.items[row] == item and row in routed]
            given = np.array([routed[rows[i]].share or 0.0 for i in mine])
            total = float(given.sum())
            shares[mine] = given / total if total > 0 else 1.0 / len(mine)
        return shares

    def uses(self, makes: Makes, load: Panel) -> Uses:
        resources = {name: i for i, name in enumerate(load.keys["resource"].to_list())}
        numbers = {int(row): i for i, row in enumerate(makes.site)}
        found: list[tuple[int, int, float, int, float]] = []
        names = ("item", "location", "resource", "hours_per_unit", "offset", "setup_hours")
        for item, place, resource, hours, offset, setup in self.inputs.table("routings").select(names).iter_rows():
            make = numbers.get(self.rows.get((item, place), -1))
            if make is not None and resource in resources and (hours or setup):
                setting = max(float(setup or 0.0), 0.0)
                found.append((make, resources[resource], float(hours or 0.0), max(int(offset or 0), 0), setting))
        found.sort()
        return Uses(
            make=np.array([f[0] for f in found], dtype=np.int64),
            resource=np.array([f[1] for f in found], dtype=np.int64),
            hours=np.array([f[2] for f in found], dtype=np.float64),
            offset=np.array([f[3] for f in found], dtype=np.int64),
            setup=np.array([f[4] for f in found], dtype=np.float64),
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

    def sourceless(self) -> list[int]:
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
