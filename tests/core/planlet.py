"""A small plan for tests of the core: five items, three markets, 22 closed months and 14 open ones.

BK-1 and BK-2 are City bikes, BK-3 is a Kids bike that ends in December 2026, BK-4 one that starts in
February 2027, OIL is sold in litres by the half.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl

import trivet.core
from trivet.core.buckets import Calendar
from trivet.core.company import Company
from trivet.core.dimensions import Dimension, Hierarchy
from trivet.core.entries import Change, Effect, Entry, Logged, Operation
from trivet.core.ids import ActorId, Counts, Digest, GrainName, MeasureId, MemberId, Rates, ScenarioId, Seq
from trivet.core.issues import Node, Scope
from trivet.core.measures import Registry, parse_measures
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import Model
from trivet.core.records import Stamp

NOW = date(2026, 11, 1)
CORE = Path(trivet.core.__file__).parent
REGISTRY = parse_measures((CORE / "measures.toml").read_text(encoding="utf-8"))
ITEMS = pl.DataFrame(
    {
        "item": ["BK-1", "BK-2", "BK-3", "BK-4", "OIL"],
        "family": ["City", "City", "Kids", "Kids", "Care"],
        "unit": ["EA", "EA", "EA", "EA", "L"],
        "step": [1000, 1000, 1000, 1000, 500],
        "first_sale": [None, None, None, date(2027, 2, 10), None],
        "last_sale": [None, None, date(2026, 12, 15), None, None],
    },
    schema_overrides={"first_sale": pl.Date, "last_sale": pl.Date},
)
MARKETS = pl.DataFrame({"market": ["DE", "FR", "US"], "region": ["Europe", "Europe", "America"]})


def dimension(name: str, members: pl.DataFrame, *levels: str) -> Dimension:
    return Dimension(
        name=name, members=members, hierarchies=(Hierarchy(name="standard", levels=levels),), digest=Digest("")
    )


def model(calendar: Calendar = Calendar.MONTHS, registry: Registry = REGISTRY, items: pl.DataFrame = ITEMS) -> Model:
    company = Company(
        name="Planlet", currency="EUR", first_bucket=date(2025, 1, 1), cycle=NOW, horizon=14, calendar=calendar
    )
    return Model(
        company=company,
        registry=registry,
        dimensions={
            "item": dimension("item", items, "family", "item"),
            "market": dimension("market", MARKETS, "region", "market"),
            "location": dimension("location", pl.DataFrame({"location": ["MAIN", "WEST"]}), "location"),
        },
        buckets=company.buckets(),
    )


def panel(
    given: Model, measures: Mapping[str, Counts], rates: Mapping[str, Rates] | None = None, grain: str = "demand"
) -> Panel:
    """Every item in every market (or location)."""
    other = "market" if grain == "demand" else "location"
    others = given.dimensions[other].ids
    items = given.dimensions["item"].ids
    keys = make_keys({"item": [i for i in items for _ in others], other: others * len(items)})
    empty = Panel(grain=GrainName(grain), keys=keys, buckets=given.buckets)
    return empty.with_counts(measures).with_rates(dict(rates or {}))


def row(of: Panel, item: str, other: str) -> int:
    return of.keys.rows().index((item, other))


def base(given: Model, seed: int = 1, largest: int = 90_000) -> Counts:
    """A base in the open buckets, in thousandths, for 15 series."""
    values = np.zeros((15, len(given.buckets)), dtype=np.int64)
    opens = given.buckets.horizon
    values[:, opens] = np.random.default_rng(seed).integers(1, largest, values[:, opens].shape)
    return values


def node(level: str, member: str) -> Node:
    dimension = {"item": "item", "family": "item", "market": "market", "region": "market", "location": "location"}
    return Node(dimension=dimension[level], level=level, member=MemberId(member))


def change(
    operation: str,
    amount: str | None = None,
    *scope: Node,
    first: date = date(2026, 12, 1),
    last: date | None = None,
    measure: str = "consensus_demand",
    **more: object,
) -> Change:
    made: Scope = scope
    return Change(
        measure=MeasureId(measure),
        operation=Operation(operation),
        amount=None if amount is None else Decimal(amount),
        scope=made,
        first=first,
        last=last or first,
        **more,  # type: ignore[arg-type]
    )


def log(*entries: Entry) -> list[tuple[Seq, Entry]]:
    return [(Seq(number), entry) for number, entry in enumerate(entries, start=1)]


def logged(seq: int, entry: Entry, effects: tuple[Effect, ...] = (), actor: str = "ann") -> Logged:
    return Logged(
        scenario=ScenarioId("working"),
        seq=Seq(seq),
        base=Digest(""),
        entry=entry,
        stamp=Stamp(actor=ActorId(actor), at=datetime(2026, 11, 22, tzinfo=UTC), source="test", group="1"),
        effects=effects,
    )
