"""Companies drawn for the benchmarks: many items over plants and distribution centres, drawn from a fixed seed.

Demand has a season and a size of its own; the lines of a plant are nearly full in the mean and short in the high
season, three suppliers of key parts are limited, one lane in five takes a month.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from trivet.core.company import Company
from trivet.core.ids import GrainName, Rates
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import PlanInputs
from trivet.core.tables import TableSpec
from trivet.planning.inputs import build_inputs
from trivet.workspace.registries import measure_registry, table_specs

MONTHS = 24
LINES = 2
"""Lines of a plant."""
PARTS = 8
"""Key parts; the first three come from a supplier with a limit."""
LIMITED = 3
SEASON = 0.30
FILLED = 0.95
"""Hours wanted in the mean, as part of the regular hours."""
CAPPED = 0.97
"""Most a limited supplier delivers, as part of what is used in the mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How large a company is: what it makes and where, and from where it sells.

    Attributes:
        items, families: of finished goods.
        plants, plants_each: of the company, and how many of them make an item.
        centres, centres_each: distribution centres, one a market, and how many of them keep an item.
    """

    items: int
    families: int
    plants: int
    plants_each: int
    centres: int
    centres_each: int


SMALL = Shape(items=50, families=50, plants=3, plants_each=3, centres=5, centres_each=5)
"""50 families x 3 plants x 5 regions x 24 months."""
LARGE = Shape(items=1000, families=50, plants=5, plants_each=2, centres=20, centres_each=6)
"""1,000 items x 5 plants x 20 distribution centres, 6 of them an item, 24 months."""
TINY = Shape(items=6, families=3, plants=2, plants_each=2, centres=3, centres_each=2)
"""For tests and the smoke of `make check`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """A company: its inputs, its demand panel, and the demand rows of the first family."""

    inputs: PlanInputs
    demand: Panel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Draw:
    """What is drawn at random, once."""

    plants: list[list[int]]
    centres: list[list[int]]
    units: Rates
    hours: Rates
    price: Rates
    part: Rates


def draw(shape: Shape, seed: int = 7) -> Drawn:
    """Draw a company of a shape."""
    chance = np.random.default_rng(seed)
    count = shape.items
    size = chance.lognormal(5.5, 0.8, count)
    season = 1 + SEASON * np.sin(2 * np.pi * (np.arange(MONTHS) - 2) / 12)
    noise = chance.uniform(0.85, 1.15, (count, shape.centres_each, MONTHS))
    share = chance.dirichlet(np.full(shape.centres_each, 4.0), count)
    drawn = _Draw(
        plants=[sorted(chance.permutation(shape.plants)[: shape.plants_each].tolist()) for _ in range(count)],
        centres=[sorted(chance.permutation(shape.centres)[: shape.centres_each].tolist()) for _ in range(count)],
        units=np.rint(size[:, None, None] * share[:, :, None] * season * noise),
        hours=chance.uniform(0.02, 0.08, count),
        price=chance.uniform(60, 240, count),
        part=chance.integers(0, PARTS, count).astype(np.float64),
    )
    tables = {**_goods(shape, drawn), **_places(shape, drawn, chance), **_materials(drawn)}
    setting = Company(
        name="scale", currency="EUR", first_bucket=date(2026, 1, 1), cycle=date(2026, 2, 1), horizon=MONTHS
    )
    specs = table_specs()
    typed = {name: _whole(table, specs[name]) for name, table in tables.items()}
    inputs, _ = build_inputs(setting, typed, specs, measure_registry())
    return Drawn(inputs=inputs, demand=_demand(inputs, drawn))


def _item(number: int) -> str:
    return f"I{number:04d}"


def _goods(shape: Shape, drawn: _Draw) -> dict[str, pl.DataFrame]:
    numbers = range(shape.items)
    kinds = ["finished"] * shape.items + ["component"] * PARTS
    made = [(i, plant) for i in numbers for plant in drawn.plants[i]]
    return {
        "items": pl.DataFrame(
            {
                "item": [_item(i) for i in numbers] + [f"PART{p}" for p in range(PARTS)],
                "family": [f"F{i % shape.families:02d}" for i in numbers] + ["PARTS"] * PARTS,
                "kind": kinds,
            }
        ),
        "routings": pl.DataFrame(
            {
                "item": [_item(i) for i, _ in made],
                "location": [f"P{plant}" for _, plant in made],
                "resource": [_line(plant, i) for i, plant in made],
                "hours_per_unit": [drawn.hours[i] for i, _ in made],
                "extra_cost": [float(drawn.plants[i].index(plant)) * 0.02 * drawn.price[i] for i, plant in made],
            }
        ),
        "prices": pl.DataFrame(
            {
                "item": [_item(i) for i in numbers for _ in drawn.centres[i]],
                "market": [f"M{centre:02d}" for i in numbers for centre in drawn.centres[i]],
                "first": [date(2026, 1, 1)] * (shape.items * shape.centres_each),
                "price": [drawn.price[i] for i in numbers for _ in drawn.centres[i]],
            }
        ),
        "inventory_policy": pl.DataFrame({"item": [""], "family": [""], "location": [""], "days": [15.0]}),
    }


def _line(plant: int, item: int) -> str:
    return f"P{plant}-L{item % LINES}"


def _places(shape: Shape, drawn: _Draw, chance: np.random.Generator) -> dict[str, pl.DataFrame]:
    plants, centres = range(shape.plants), range(shape.centres)
    lanes = sorted({(p, c) for i in range(shape.items) for p in drawn.plants[i] for c in drawn.centres[i]})
    days = {pair: 35 if (pair[0] + pair[1]) % 5 == 0 else 5 for pair in lanes}
    cost = {pair: float(chance.uniform(1.0, 6.0)) for pair in lanes}
    ways = [(i, p, c) for i in range(shape.items) for p in drawn.plants[i] for c in drawn.centres[i]]
    wanted = {_line(p, line): 0.0 for p in plants for line in range(LINES)}
    for i in range(shape.items):
        for p in drawn.plants[i]:
            wanted[_line(p, i)] += drawn.hours[i] * float(drawn.units[i].sum()) / MONTHS / len(drawn.plants[i])
    lines = sorted(wanted)
    return {
        "locations": pl.DataFrame(
            {
                "location": [f"P{p}" for p in plants] + [f"D{c:02d}" for c in centres],
                "kind": ["plant"] * shape.plants + ["centre"] * shape.centres,
            }
        ),
        "markets": pl.DataFrame({"market": [f"M{c:02d}" for c in centres], "location": [f"D{c:02d}" for c in centres]}),
        "lanes": pl.DataFrame(
            {
                "item": [_item(i) for i, _, _ in ways],
                "origin": [f"P{p}" for _, p, _ in ways],
                "destination": [f"D{c:02d}" for _, _, c in ways],
                "lead_time_days": [days[(p, c)] for _, p, c in ways],
                "cost": [cost[(p, c)] for _, p, c in ways],
            }
        ),
        "resources": pl.DataFrame(
            {
                "resource": lines,
                "location": [line.partition("-")[0] for line in lines],
                "lines": [1.0] * len(lines),
                "hours_per_day": [max(wanted[line], 1.0) / FILLED / 20 for line in lines],
                "overtime": [0.1] * len(lines),
                "crew_cost": [120.0] * len(lines),
                "overtime_premium": [0.5] * len(lines),
            }
        ),
    }


def _materials(drawn: _Draw) -> dict[str, pl.DataFrame]:
    used = np.bincount(drawn.part.astype(np.int64), drawn.units.sum(axis=(1, 2)), minlength=PARTS) / MONTHS
    parts = [f"PART{p}" for p in range(PARTS)]
    limits = [round(float(used[p]) * CAPPED) * 1000 if p < LIMITED else None for p in range(PARTS)]
    return {
        "bill_of_materials": pl.DataFrame(
            {
                "parent": [_item(i) for i in range(len(drawn.part))],
                "component": [f"PART{int(p)}" for p in drawn.part],
                "quantity": [1.0] * len(drawn.part),
            }
        ),
        "suppliers": pl.DataFrame({"supplier": ["S"]}),
        "supply_sources": pl.DataFrame(
            {"item": parts, "supplier": ["S"] * PARTS, "price": [8.0] * PARTS, "cap": limits},
            schema_overrides={"cap": pl.Int64},
        ),
    }


def _whole(table: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    """Give a table the types and all columns of its specification, the others empty."""
    empty = spec.empty()
    return pl.concat([table.cast({name: empty.schema[name] for name in table.columns}), empty], how="diagonal")


def _demand(inputs: PlanInputs, drawn: _Draw) -> Panel:
    buckets = inputs.model.buckets
    pairs: Sequence[tuple[str, str]] = [
        (_item(i), f"M{centre:02d}") for i, centres in enumerate(drawn.centres) for centre in centres
    ]
    items, markets = [i for i, _ in pairs], [m for _, m in pairs]
    panel = Panel(grain=GrainName("demand"), keys=make_keys({"item": items, "market": markets}), buckets=buckets)
    rows = panel.find(pl.DataFrame({"item": items, "market": markets}))
    counts = np.zeros(panel.shape, dtype=np.int64)
    counts[rows, buckets.first_open :] = drawn.units.reshape(len(pairs), MONTHS).astype(np.int64) * 1000
    price = np.zeros(panel.shape)
    price[rows] = np.repeat(drawn.price, len(drawn.centres[0]))[:, None]
    return panel.with_counts({"consensus_demand": counts}).with_rates({"price": price, "unit_cost": 0.6 * price})
