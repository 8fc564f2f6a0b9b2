"""What Velmora is: items, places, lines, routes, suppliers, rules of stock. No number of a month here."""

from collections.abc import Iterator
from datetime import date

import numpy as np

from trivet.examples.generator import catalogue as c
from trivet.examples.generator import parameters as p
from trivet.examples.generator.demand import Floats
from trivet.examples.generator.money import list_cost
from trivet.examples.generator.supply import share_out
from trivet.examples.generator.tables import Table, Value, label, month, table


def master_tables() -> list[Table]:
    """Give every table that describes the company."""
    return [*_items(), *_places(), *_plants(), *_materials(), *_rules()]


def _items() -> list[Table]:
    header = "item name family kind policy unit step first_sale last_sale successor category segment size"
    pallets = [(i.code, "PALLET", p.PALLET[c.FAMILY[i.family].category]) for i in c.ITEMS]
    substitutes = [
        (asked, given, p.SUBSTITUTE_PRICE) for given in p.PHASE_OUT for asked in ("EB-210", "EB-410", *p.LAUNCHED)
    ]
    return [
        table("items", header, [*_finished(), *_spares(), *_key_materials()]),
        table("unit_conversions", "item unit per_unit", pallets),
        table("substitutes", "item substitute price_change", substitutes),
    ]


def _finished() -> Iterator[tuple[Value, ...]]:
    successors = dict(zip(p.PHASE_OUT, p.LAUNCHED, strict=True))
    for item in c.ITEMS:
        policy = "make-to-order" if item.family == "Cargo" else "make-to-stock"
        named = (item.code, item.name, item.family, "finished", policy, "EA", 1)
        life = (item.first, item.last, successors.get(item.code))
        yield *named, *life, c.FAMILY[item.family].category, item.segment, item.size


def _spares() -> Iterator[tuple[Value, ...]]:
    for spare in c.SPARES:
        named = (spare.code, spare.name, None, "finished", "bought", "EA", 1)
        yield *named, None, c.SPARES_LAST_SALE, None, "Parts", "spares", "one"


def _key_materials() -> Iterator[tuple[Value, ...]]:
    for material in c.MATERIALS:
        named = (material.code, material.name, "Materials", "material", "bought", "EA", 1)
        yield *named, None, None, None, "Materials", "key material", "one"


def _places() -> list[Table]:
    locations = [("N", "Plant North", "plant"), ("S", "Plant South", "plant"), ("A", "DC Americas", "dc")]
    markets = [
        (f"{r.code}-{channel}", f"{r.code} {channel}", r.code, channel, r.currency, r.location, channel.upper())
        for r in c.REGIONS
        for channel in c.CHANNELS
    ]
    lanes = [
        (item.code, origin, to, 0 if item.family in p.DIRECT else days, round(cost * p.FREIGHT[item.family], 4))
        for item in c.ITEMS
        for origin, to, days, cost in p.LANES
        if origin in _plants_of(item.family)
    ]
    return [
        table("locations", "location name kind", locations),
        table("markets", "market name region channel currency location terms", markets),
        table("lanes", "item origin destination lead_time_days cost", lanes),
    ]


def _plants_of(family: str) -> set[str]:
    return {routing.resource[0] for routing in p.ROUTINGS if routing.family == family}


def _plants() -> list[Table]:
    resources = [
        (r.code, r.name, r.location, p.LINES, p.HOURS_PER_DAY, p.EFFICIENCY, r.overtime, r.crew_cost, 0.5, 0.95)
        for r in p.RESOURCES
    ]
    routings = [
        (item.code, r.resource[0], r.resource, r.hours, 0, r.share, r.extra_cost or None)
        for item in c.ITEMS
        for r in p.ROUTINGS
        if r.family == item.family
    ]
    calendar = [(None, label(t), p.working_days(t)) for t in range(p.HORIZON_END)]
    closures = [(None, date(year, 8, 2), date(year, 8, 13), "Summer shutdown") for year in range(2023, 2030)]
    closures += [(None, date(year, 12, 24), date(year, 12, 31), "Christmas shutdown") for year in range(2022, 2030)]
    heads = "resource first heads wage hire_cost release_cost"
    header = "resource name location lines hours_per_day efficiency overtime crew_cost overtime_premium limit"
    return [
        table("resources", header, resources),
        table("resource_changes", "resource first last lines hours_per_day efficiency overtime", p.RESOURCE_CHANGES),
        table("routings", "item location resource hours_per_unit offset share extra_cost", routings),
        table("workforce", heads, [(r.code, label(0), r.heads, 3_900, 2_500, 9_000) for r in p.RESOURCES]),
        table("calendars", "calendar bucket working_days", calendar),
        table("closures", "calendar first last about", closures),
    ]


def _materials() -> list[Table]:
    suppliers = [(code, name, currency, "SUPPLIERS", country) for code, name, currency, country in p.SUPPLIERS]
    bill: list[tuple[str, str, int, None, None]] = []
    for item in c.ITEMS:
        bill += [(item.code, part, 1, None, None) for part in _parts(item)]
    sources: list[tuple[str | int | float | None, ...]] = [
        (m.code, m.supplier, "N", m.lead_time_days, m.price, m.currency, None, None, m.cap, None) for m in c.MATERIALS
    ]
    city = [item for item in c.ITEMS if item.family == "City"]
    weights = share_out(p.SUBCONTRACT_CAP, _weights(city))
    sources += [
        (
            item.code,
            "CYCLOFAB",
            "N",
            30,
            list_cost(item.code) + p.SUBCONTRACT_COST,
            "EUR",
            None,
            None,
            int(cap),
            p.SUBCONTRACT_COST,
        )
        for item, cap in zip(city, weights, strict=True)
    ]
    first, last, cap = p.BATTERY_CUT
    cut = ("BAT-500", "VOLTEC", month(first), month(last), cap, "Fire at the cell plant, announced 20 Oct 2026")
    header = "item supplier location lead_time_days price currency minimum multiple cap extra_cost"
    return [
        table("suppliers", "supplier name currency terms country", suppliers),
        table("bill_of_materials", "parent component quantity first last", bill),
        table("supply_sources", header, sources),
        table("supplier_caps", "item supplier first last cap about", [cut]),
    ]


def _weights(items: list[c.Item]) -> Floats:
    return np.array([item.share for item in items], dtype=np.float64)


def _parts(item: c.Item) -> list[str]:
    """Key materials of a finished item, one of each."""
    if item.code in p.PHASE_OUT:
        return ["BAT-500", "MOT-C1"]
    if item.family in {"E-bikes", "Cargo"}:
        return ["BAT-500", "MOT-M2"]
    return ["FRM-AL"] if item.family in {"City", "Trekking"} else []


def _rules() -> list[Table]:
    own, outside, cost = p.STORAGE
    bikes = [family.code for family in c.FAMILIES if family.category != "Gear" and family.code != "Cargo"]
    room = [("BIKES", None, family, own, outside, cost) for family in bikes]
    weeks, build = p.CARGO_WEEKS
    policy: list[tuple[str | float | None, ...]] = [
        (None, f.code, None, f.days or None, None, None, None if f.days else weeks, None if f.days else build)
        for f in c.FAMILIES
    ]
    return [
        table("storage", "store location family capacity outside outside_cost", room),
        table("inventory_policy", "item family location days quantity service maximum_weeks build_weeks", policy),
    ]
