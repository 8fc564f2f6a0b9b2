"""The store at 100,000 series x 36 months: the bars of ENGINE.md, "Store".

`python -m benchmarks.bench_store [--smoke]` prints the table alone; `benchmarks.run` calls `run(size)`.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.figures import Figure, Stopwatch
from trivet.core.buckets import Buckets, month_edges
from trivet.core.entries import Change, Effect, Operation
from trivet.core.ids import ActorId, Counts, Digest, GrainName, MeasureId, ScenarioId
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import Plan, Recipe
from trivet.core.records import Stamp
from trivet.store import Store, open_store
from trivet.store.stored import VersionState

MAIN, BRANCH = ScenarioId("main"), ScenarioId("branch")
DEMAND = MeasureId("consensus_demand")
AXIS = Buckets(edges=month_edges(date(2026, 11, 1), 36), first_open=0)
STAMP = Stamp(actor=ActorId("ann"), at=datetime(2026, 11, 2, tzinfo=UTC), source="benchmark", group="g")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    series: int
    measures: int
    edited: int
    entries: int
    repeats: int


SIZES = {
    "smoke": Size(series=2_000, measures=3, edited=480, entries=50, repeats=2),
    "full": Size(series=100_000, measures=20, edited=24_000, entries=2_000, repeats=7),
}


def run(size: str) -> Sequence[Figure]:
    """Measure the store at `smoke` or `full` size on SQLite with real fsync."""
    watch = Stopwatch()
    at = SIZES[size]
    with TemporaryDirectory(prefix="trivet-bench-") as folder:
        store = open_store(Path(folder), create=True)
        store.create_scenario(MAIN, "Working plan", None, STAMP)
        snapshot = store.put_snapshot("company", {}, (), "{}", STAMP, scenario=MAIN)
        plan = make_plan(at)
        _measure_yardsticks(watch, plan)
        _measure_edits(watch, store, plan, snapshot, at)
        _measure_reading(watch, store, plan, at)
        _measure_publishing(watch, store, plan, snapshot, at)
        store.close()
    return least(watch.figures)


def make_plan(size: Size) -> Plan:
    """Make a plan of one grain with numbers like those of a company, half of them zero."""
    chance = np.random.default_rng(7)
    items = [f"I{number // 20:05d}" for number in range(size.series)]
    markets = [f"M{number % 20:02d}" for number in range(size.series)]
    shape = (size.series, len(AXIS))
    counts = {
        MeasureId(DEMAND if number == 0 else f"measure_{number:02d}"): chance.poisson(2, shape).astype(np.int64) * 1000
        for number in range(size.measures)
    }
    keys = make_keys({"item": items, "market": markets})
    panel = Panel(grain=GrainName("demand"), keys=keys, buckets=AXIS, counts=counts)
    nothing = Digest("")
    recipe = Recipe(inputs=nothing, entries=nothing, options=nothing, reference=None, engines=())
    return Plan(recipe=recipe, panels={panel.grain: panel}, issues=())


def changed(plan: Plan, step: int, measures: Sequence[MeasureId]) -> Plan:
    """Give the plan with other numbers in some measures."""
    panel = plan.panel("demand")
    moved = panel.with_counts({name: panel.count(name) + 1000 * step for name in measures})
    recipe = replace(plan.recipe, entries=Digest(f"{step} {len(measures)}"))
    return replace(plan, recipe=recipe, panels={moved.grain: moved})


def _measure_yardsticks(watch: Stopwatch, plan: Plan) -> None:
    values = plan.panel("demand").count(DEMAND)
    for _ in range(3):
        with watch("yardstick: copy a measure (numpy)"):
            values.copy()
        with watch("yardstick: sha256 of a measure"):
            sha256(values.tobytes()).hexdigest()


def _measure_edits(watch: Stopwatch, store: Store, plan: Plan, snapshot: Digest, size: Size) -> None:
    """Edit a node of so many cells, durably, its effect computed inside the lock; and branch."""
    store.put_version(MAIN, store.head(MAIN), plan, snapshot, STAMP)
    values = plan.panel("demand").count(DEMAND).copy()
    rows = np.repeat(np.arange(size.edited // 24, dtype=np.int64), 24)
    columns = np.tile(np.arange(24, dtype=np.int64), size.edited // 24)
    for step in range(size.repeats):
        with watch(f"edit {size.edited} cells, durable", bar=0.050):
            entry = _change(step)
            seen = store.head(MAIN)
            store.append(MAIN, [entry], STAMP, seen=seen, effects=lambda _: [(_scaled(values, rows, columns),)])
    many = [_change(step) for step in range(size.entries)]
    one = _scaled(values, rows[:1], columns[:1])
    store.append(MAIN, many, STAMP, seen=None, effects=lambda _: [(one,)] * len(many))
    for step in range(size.repeats):
        with watch(f"edit a cell on top of {size.entries} entries", bar=0.050):
            entry, seen = _change(step), store.head(MAIN)
            store.append(MAIN, [entry], STAMP, seen=seen, effects=lambda _: [(_scaled(values, rows[:1], columns[:1]),)])
    for number in range(size.repeats):
        with watch("branch", bar=0.010):
            store.create_scenario(ScenarioId(f"{BRANCH}{number}"), "x", MAIN, STAMP)


def _change(step: int) -> Change:
    return Change(
        measure=DEMAND,
        operation=Operation.SCALE,
        amount=Decimal(step + 1),
        first=date(2026, 11, 1),
        last=date(2028, 10, 1),
    )


def _scaled(values: Counts, rows: Counts, columns: Counts) -> Effect:
    before = values[rows, columns]
    values[rows, columns] = before + 1000
    return Effect(measure=DEMAND, rows=rows, columns=columns, before=before, after=before + 1000)


def _measure_reading(watch: Stopwatch, store: Store, plan: Plan, size: Size) -> None:
    """Compare two scenarios by the chunks that differ, and roll a measure up."""
    branch = ScenarioId(f"{BRANCH}0")
    two = changed(plan, 5, [DEMAND])
    other = store.put_version(branch, store.head(branch), two, store.versions()[0].snapshot, STAMP)
    first = store.versions(MAIN)[0].id
    groups = np.arange(size.series, dtype=np.int64) // 20
    for _ in range(min(size.repeats, 3)):
        with watch("compare two scenarios (one measure differs)", bar=0.250):
            differing = store.compare(first, other)
            pair = [store.load_panel(version, "demand", [name]) for _, name in differing for version in (first, other)]
            moved = int((pair[0].count(DEMAND) != pair[1].count(DEMAND)).sum())
        if moved != size.series * len(AXIS):
            raise AssertionError(f"{moved} cells differ")
        with watch("roll a measure up (20 leaves a node)"):
            np.add.reduceat(plan.panel("demand").count(DEMAND), np.flatnonzero(np.diff(groups, prepend=-1)), axis=0)
        with watch("load a plan of all measures"):
            store.load_plan(other)


def _measure_publishing(watch: Stopwatch, store: Store, plan: Plan, snapshot: Digest, size: Size) -> None:
    """Keep and publish a version in which one measure changed, then one in which all did."""
    every = list(plan.panel("demand").counts)
    for step, measures in ((11, [DEMAND]), (12, [DEMAND]), (13, every)):
        made = changed(plan, step, measures)
        name = "publish a measure" if len(measures) == 1 else f"publish {size.measures} measures"
        with watch(f"{name}: keep the version"):
            version = store.put_version(MAIN, store.head(MAIN), made, snapshot, STAMP)
        store.set_state(version, VersionState.IN_REVIEW, STAMP)
        store.set_state(version, VersionState.APPROVED, STAMP)
        with watch(f"{name}: freeze"):
            store.publish(version, "{}", STAMP)


def least(figures: Sequence[Figure]) -> Sequence[Figure]:
    """Give the least of the repeats of each figure, in order."""
    best: dict[str, Figure] = {}
    for figure in figures:
        if figure.name not in best or figure.seconds < best[figure.name].seconds:
            best[figure.name] = figure
    return list(best.values())


def main(arguments: Sequence[str]) -> int:
    """Print wall and CPU milliseconds, and the ratio to the first yardstick (a numpy copy of one measure)."""
    figures = run("smoke" if "--smoke" in arguments else "full")
    unit = max(figures[0].seconds, 1e-9)
    for figure in figures:
        bar = "" if figure.bar is None else f"bar {figure.bar * 1000:.0f} ms {'held' if figure.held else 'MISSED'}"
        took = f"{figure.seconds * 1000:9.1f} ms {figure.cpu * 1000:9.1f} CPU ms {figure.seconds / unit:8.1f} x"
        sys.stdout.write(f"{figure.name:<48} {took}  {bar}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
