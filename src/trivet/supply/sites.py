"""Where each item lives: the item x location pairs that a supply plan speaks of.

A *site item* is kept location by location (finished goods, and parts made in own routings); a *key
material* is bought and kept as one pool per item. An item lives where it is made, bought, counted, sold
from or built in, and on the lanes between those places. Reads master data and histories, writes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from trivet.core.backlog import made_to_order
from trivet.core.ids import Flags
from trivet.core.panel import make_keys
from trivet.core.plan import PlanInputs

SOLD_IN: Final = ("orders", "order_lines", "shipments", "bookings", "order_backlog", "prices", "streams", "launches")
"""Tables whose rows say that an item is sold."""

HELD_BY: Final = ("stock_history", "production", "open_purchases", "open_production")
"""Tables whose rows say that an item is or will be somewhere."""

Places = Mapping[str, frozenset[str]]
"""Item -> locations."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Geography:
    """Who is made, bought, sold and moved where.

    Attributes:
        sites: items kept location by location.
        materials: items kept as one pool, with the suppliers they may come from.
        made, bought, sold, held, built_in: item -> locations.
        lanes: item -> (origin, destination) pairs; "" = every item.
        parts: component -> parents.
    """

    sites: tuple[str, ...]
    materials: tuple[str, ...]
    made: Places
    bought: Places
    sold: Places
    held: Places
    built_in: Places
    lanes: Mapping[str, frozenset[tuple[str, str]]]
    parts: Places

    def ways(self, item: str) -> tuple[tuple[str, str], ...]:
        """Give the lanes an item may take, in order of their codes."""
        return tuple(sorted(self.lanes.get("", frozenset()) | self.lanes.get(item, frozenset())))

    def sources(self, item: str) -> frozenset[str]:
        """Give the locations where an item is made or bought."""
        return self.made.get(item, frozenset()) | self.bought.get(item, frozenset())

    def wanted(self, item: str) -> frozenset[str]:
        """Give the locations where an item is sold from or built into others."""
        return self.sold.get(item, frozenset()) | self.built_in.get(item, frozenset())

    def locations(self, item: str) -> tuple[str, ...]:
        """Give every location an item lives at."""
        sources, wanted = self.sources(item), self.wanted(item)
        held = self.held.get(item, frozenset())
        ways = self.ways(item)
        ahead = reach(sources | held, ways)
        behind = reach(wanted, [(b, a) for a, b in ways])
        return tuple(sorted(sources | wanted | held | (ahead & behind)))


def reach(start: Iterable[str], ways: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Give all places that can be reached from `start` over directed `ways`, start included."""
    ways = tuple(ways)
    found = set(start)
    grew = True
    while grew:
        further = {b for a, b in ways if a in found} - found
        found |= further
        grew = bool(further)
    return frozenset(found)


def ways_in(inputs: PlanInputs) -> Mapping[str, frozenset[tuple[str, ...]]]:
    """Give the item x location pairs that goods can be made at, bought for, and moved to.

    What has routings is made where they are; what has none may be made wherever it lives. Where nobody makes or sells
    an item, it is bought where it is wanted; where no lane leads to a place that wants an item, one is taken for
    granted, as the plan does.
    """
    geography = read_geography(inputs)
    bought: set[tuple[str, ...]] = set()
    moved: set[tuple[str, ...]] = set()
    made: set[tuple[str, ...]] = set()
    for item in geography.sites:
        sources, wanted, ways = geography.sources(item), geography.wanted(item), geography.ways(item)
        places = set(geography.locations(item))
        bought |= {(item, place) for place in (geography.bought.get(item, frozenset()) if sources else wanted)}
        making = geography.made.get(item, frozenset())
        made |= {(item, place) for place in (making if making and "" not in making else places)}
        taken = wanted - reach(sources, ways) if sources else frozenset()
        moved |= {(item, b) for a, b in ways if {a, b} <= places} | {(item, place) for place in taken}
    return {
        "firm_production": frozenset(made),
        "firm_purchases": frozenset(bought),
        "firm_transfers": frozenset(moved),
    }


def read_geography(inputs: PlanInputs) -> Geography:
    """Read from the tables where each item is made, bought, sold, counted and moved."""
    items = inputs.table("items")
    stocked = set(items.filter(pl.col("kind") != "non-stock")["item"].to_list())
    made = _places(inputs.table("routings"), "item", "location")
    parts = _places(inputs.table("bill_of_materials"), "component", "parent")
    selling = {item for table in SOLD_IN for item in inputs.table(table)["item"].drop_nulls().to_list()}
    finished = set(items.filter(pl.col("kind") == "finished")["item"].to_list())
    sites = {i for i in stocked if i in made or i in selling or (i in finished and i not in parts)}
    materials = stocked - sites
    sold = _sold_from(inputs, sites & (selling | (finished - set(parts))))
    return Geography(
        sites=tuple(sorted(sites)),
        materials=tuple(sorted(materials)),
        made=made,
        bought=_places(inputs.table("supply_sources"), "item", "location"),
        sold=sold,
        held=_join(*(_places(inputs.table(t), "item", "location") for t in HELD_BY)),
        built_in={
            part: frozenset(p for parent in parents for p in made.get(parent, ())) for part, parents in parts.items()
        },
        lanes=_lanes(inputs),
        parts=parts,
    )


def site_keys(inputs: PlanInputs, geography: Geography) -> pl.DataFrame:
    """Give the item x location pairs of the supply panel, sorted, known locations only."""
    known = set(inputs.model.dimensions["location"].ids)
    pairs = [(item, place) for item in geography.sites for place in geography.locations(item) if place in known]
    return make_keys({"item": [i for i, _ in pairs], "location": [p for _, p in pairs]})


def material_keys(inputs: PlanInputs, geography: Geography) -> pl.DataFrame:
    """Give the material x supplier pairs; a material without a supplier comes from `ANY`."""
    tables = ("supply_sources", "supplier_caps", "open_purchases")
    pairs = [
        pair
        for table in tables
        for pair in inputs.table(table).select("item", pl.col("supplier").fill_null("")).iter_rows()
        if pair[1]
    ]
    wanted = set(geography.materials)
    kept = {pair for pair in pairs if pair[0] in wanted}
    kept |= {(item, "ANY") for item in wanted - {item for item, _ in kept}}
    ordered = sorted(kept)
    return make_keys({"item": [i for i, _ in ordered], "supplier": [s for _, s in ordered]})


def shipping_of(inputs: PlanInputs) -> Mapping[str, str]:
    """Map every market to the location that ships to it."""
    markets = inputs.table("markets")
    return dict(zip(markets["market"].to_list(), markets["location"].to_list(), strict=True))


def to_order(inputs: PlanInputs, items: Iterable[str]) -> Flags:
    """Tell which items are made or assembled to order."""
    return made_to_order(inputs, items)


def _sold_from(inputs: PlanInputs, items: set[str]) -> Places:
    """Find the shipping locations of an item: of the markets that ever asked for it, else of all markets."""
    ships = shipping_of(inputs)
    found: dict[str, set[str]] = {}
    for table in ("orders", "order_lines", "shipments", "bookings", "order_backlog", "prices", "streams"):
        rows = inputs.table(table).select("item", "market").unique()
        for item, market in rows.iter_rows():
            if market in ships:
                found.setdefault(item, set()).add(ships[market])
    every = frozenset(ships.values())
    launched = set(inputs.table("launches")["item"].to_list())
    return {item: every if item in launched else frozenset(found.get(item, every)) for item in sorted(items)}


def _lanes(inputs: PlanInputs) -> Mapping[str, frozenset[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for item, origin, destination in inputs.table("lanes").select("item", "origin", "destination").iter_rows():
        if origin != destination:
            found.setdefault(item or "", set()).add((origin, destination))
    return {item: frozenset(ways) for item, ways in found.items()}


def _places(table: pl.DataFrame, key: str, value: str) -> Places:
    found: dict[str, set[str]] = {}
    for item, place in table.select(key, value).drop_nulls().unique().iter_rows():
        if place:
            found.setdefault(item, set()).add(place)
    return {item: frozenset(places) for item, places in found.items()}


def _join(*several: Places) -> Places:
    items = sorted({item for places in several for item in places})
    return {item: frozenset().union(*(places.get(item, frozenset()) for places in several)) for item in items}
