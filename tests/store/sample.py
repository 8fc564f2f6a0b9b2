"""A tiny company's plan, entries with plain effects, and stamps: what the store's tests put in and expect back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets, month_edges
from trivet.core.entries import Change, Effect, Entry, Logged, Operation
from trivet.core.ids import ActorId, Counts, Digest, GrainName, MeasureId, MemberId, ScenarioId, Seq, VersionId
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import Plan, Recipe
from trivet.core.records import Stamp
from trivet.store import SourceFile, Store, VersionState

MAIN = ScenarioId("main")
START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
DEMAND = MeasureId("consensus_demand")
AXIS = Buckets(edges=month_edges(date(2026, 9, 1), 6), first_open=2)
COMPANY = '[company]\nname = "Tiny"\ncurrency = "EUR"\n'
FILES = (SourceFile(name="items.csv", sha256="ab" * 32, bytes=120, rows=3),)
TABLES = {
    "items": pl.DataFrame(
        {
            "item": ["A", "B", "Ä"],
            "step": pl.Series([1000, None, 500], dtype=pl.Int64),
            "weight": [1.5, 2.25, None],
            "launch": [date(2026, 1, 1), None, date(2027, 1, 1)],
            "make": [True, False, None],
        }
    ),
    "orders": pl.DataFrame(schema={"item": pl.String, "bucket": pl.Date, "quantity": pl.Int64}),
}


def stamp(actor: str = "anna", minute: int = 0, group: str = "g1") -> Stamp:
    return Stamp(actor=ActorId(actor), at=START + timedelta(minutes=minute), source="test", group=group)


def recipe(inputs: str = "in") -> Recipe:
    return Recipe(
        inputs=Digest(inputs), entries=Digest("en"), options=Digest("op"), reference=None, engines=(("solver", "1"),)
    )


def plan(*, quantity: int = 1000, inputs: str = "in", series: int = 3) -> Plan:
    """A plan of three grains: masks, rates, the company's grain without keys, issues and a basis."""
    keys = make_keys({"item": [f"I{i:06d}" for i in range(series)], "market": ["DE"] * series})
    demand = Panel(
        grain=GrainName("demand"),
        keys=keys,
        buckets=AXIS,
        counts={DEMAND: counts(series, quantity), MeasureId("demand_history"): counts(series, 7)},
        rates={MeasureId("price"): np.round(np.full((series, len(AXIS)), 1 / 3), 9)},
        present={MeasureId("demand_history"): counts(series, 1) % 2 == 0},
    )
    company = Panel(
        grain=GrainName("company"),
        keys=pl.DataFrame(),
        buckets=AXIS,
        counts={MeasureId("revenue"): np.arange(len(AXIS), dtype=np.int64)[None, :] * quantity},
    )
    nothing = Panel(
        grain=GrainName("material"), keys=make_keys({"item": [], "supplier": []}), buckets=AXIS, counts={}
    ).with_counts({"purchases": np.zeros((0, len(AXIS)), dtype=np.int64)})
    issue = Issue(
        code="supply.short",
        severity=Severity.WARNING,
        message="BAT-S is short by 1,520",
        advice="Find a second source.",
        place=Place(
            measure=DEMAND,
            scope=(Node(dimension="item", level="family", member=MemberId("E")),),
            first=date(2027, 1, 1),
        ),
        at_stake=Decimal("2150.10"),
    )
    panels = {panel.grain: panel for panel in (demand, company, nothing)}
    return Plan(recipe=recipe(inputs), panels=panels, issues=(issue,), basis=b"\x00basis\xff")


def counts(series: int, factor: int) -> Counts:
    return (np.arange(series * len(AXIS), dtype=np.int64) * factor).reshape(series, len(AXIS))


def change(amount: int = 120, operation: Operation = Operation.SET, withdraws: int | None = None) -> Change:
    return Change(
        measure=DEMAND,
        operation=operation,
        amount=Decimal(amount) if operation in (Operation.SET, Operation.ADD) else None,
        scope=(Node(dimension="item", level="item", member=MemberId("A")),),
        first=date(2026, 11, 1),
        last=date(2026, 11, 1),
        reason="customer called",
        withdraws=None if withdraws is None else Seq(withdraws),
    )


def effect(cells: Sequence[tuple[int, int]], after: int, before: int = 0, measure: str = DEMAND) -> Effect:
    rows, columns = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    values = np.full(len(cells), after, dtype=np.int64)
    return Effect(
        measure=MeasureId(measure), rows=rows, columns=columns, before=np.full_like(values, before), after=values
    )


@dataclass(frozen=True)
class Moves:
    """Gives every new entry the same effects, as a use-case's fold would."""

    effects: tuple[Effect, ...]
    entries: int = 1

    def __call__(self, _standing: tuple[Logged, ...]) -> Sequence[tuple[Effect, ...]]:
        return [self.effects] * self.entries


def moves(*cells: tuple[int, int], after: int = 120_000, before: int = 0) -> Moves:
    return Moves(effects=(effect(cells, after, before),) if cells else ())


def start(store: Store) -> Digest:
    """Create the main scenario over the tiny company's snapshot."""
    store.create_scenario(MAIN, "Working plan", None, stamp())
    return store.put_snapshot(COMPANY, TABLES, FILES, "{}", stamp(), scenario=MAIN)


def add(store: Store, entry: Entry | None = None, *, seen: int | None = None, who: str = "anna") -> tuple[Logged, ...]:
    """Append one entry that moves cell (0, 2)."""
    at = None if seen is None else Seq(seen)
    return store.append(MAIN, [entry or change()], stamp(who), seen=at, effects=moves((0, 2)))


def keep(store: Store, snapshot: Digest, quantity: int = 1000) -> VersionId:
    """Keep the tiny plan as a version at the head."""
    made = plan(quantity=quantity, inputs=f"in{quantity}")
    return store.put_version(MAIN, store.head(MAIN), made, snapshot, stamp())


def approve(store: Store, version: VersionId) -> None:
    store.set_state(version, VersionState.IN_REVIEW, stamp("anna"))
    store.set_state(version, VersionState.APPROVED, stamp("eva"))


CERTIFICATE = '{"passed": 12, "failed": 0, "waived": 1, "checks": []}'


def same_log(one: Sequence[Logged], other: Sequence[Logged]) -> bool:
    """Whether two logs say the same, effects bit by bit."""
    return [_line(entry) for entry in one] == [_line(entry) for entry in other]


def _line(logged: Logged) -> tuple[object, ...]:
    parts = [
        (e.measure, e.rows.tolist(), e.columns.tolist(), e.before.tolist(), e.after.tolist()) for e in logged.effects
    ]
    return logged.scenario, logged.seq, logged.base, logged.entry, logged.stamp, parts
