"""The live cube at 100,000 series x 36 months (24 open) x 20 measures: an edit, and every aggregate after it (D12).

A workspace on SQLite with real fsync, a plan of generated numbers, and one scenario live. What is timed is what a
planner waits for: the change worked out inside the lock, logged, committed and put into the head.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from benchmarks.bench_store import least
from benchmarks.figures import Figure, Stopwatch
from trivet.core.buckets import Period
from trivet.core.company import parse_company
from trivet.core.entries import Change, Operation
from trivet.core.formula import recompute
from trivet.core.ids import ActorId, Digest, GrainName, MeasureId, MemberId, ScenarioId, Seq
from trivet.core.issues import Node
from trivet.core.measures import Kind
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import Plan, Recipe
from trivet.core.records import Stamp
from trivet.usecases.create_workspace import create_workspace
from trivet.workspace.cube import Cube
from trivet.workspace.workspace import Workspace, open_workspace

MAIN = ScenarioId("main")
STAMP = Stamp(actor=ActorId("ann"), at=datetime(2026, 11, 2, tzinfo=UTC), source="benchmark", group="g")
COMPANY = """
[company]
name = "Bench"
currency = "EUR"

[time]
first_bucket = 2025-11-01
cycle = 2026-11-01
horizon = 24
"""
FIRST, LAST = date(2026, 11, 1), date(2028, 10, 1)
FAMILY = Node(dimension="item", level="family", member=MemberId("F003"))
REGION = Node(dimension="market", level="region", member=MemberId("R1"))
EDIT = 0.050
"""Seconds an edit at any node but the top may take (ENGINE.md, Store)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured: items, each in every market; 50 items a family, 5 markets a region."""

    items: int
    markets: int
    entries: int
    repeats: int


SIZES = {
    "smoke": Size(items=200, markets=10, entries=10, repeats=2),
    "full": Size(items=5_000, markets=20, entries=200, repeats=7),
}


def run(size: str) -> Sequence[Figure]:
    """Measure edits and aggregates at `smoke` or `full` size."""
    watch, at = Stopwatch(), SIZES[size]
    with TemporaryDirectory(prefix="trivet-bench-") as folder:
        create_workspace(folder, actor="ann")
        workspace = open_workspace(folder, actor="ann")
        tables = _tables(at)
        snapshot = workspace.store.put_snapshot(COMPANY, tables, (), "{}", STAMP, scenario=MAIN)
        workspace.store.put_version(MAIN, Seq(0), _plan(workspace, tables), snapshot, STAMP)
        with watch("open a scenario"):
            cube = Cube.open(workspace, MAIN)
        _measure_edits(watch, cube, at)
        _measure_aggregates(watch, cube, at)
        _measure_others(watch, workspace, cube, at)
        workspace.store.close()
    return least(watch.figures)


def _tables(size: Size) -> dict[str, pl.DataFrame]:
    items = [f"I{number:05d}" for number in range(size.items)]
    markets = [f"M{number:02d}" for number in range(size.markets)]
    families = [f"F{number // 50:03d}" for number in range(size.items)]
    regions = [f"R{number // 5}" for number in range(size.markets)]
    return {
        "items": pl.DataFrame({"item": items, "name": items, "family": families}),
        "markets": pl.DataFrame({"market": markets, "name": markets, "region": regions}),
    }


def _plan(workspace: Workspace, tables: dict[str, pl.DataFrame]) -> Plan:
    """Make a plan whose demand grain holds every measure of the registry, half of its quantities zero."""
    chance, buckets = np.random.default_rng(7), parse_company(COMPANY).buckets()
    items, markets = tables["items"]["item"].to_list(), tables["markets"]["market"].to_list()
    keys = {
        "demand": make_keys({"item": [i for i in items for _ in markets], "market": markets * len(items)}),
        "supply": make_keys({"item": items, "location": ["MAIN"] * len(items)}),
    }
    panels = {}
    for grain, dimensions in workspace.registry.grains.items():
        empty = pl.DataFrame({name: [] for name in dimensions}, schema=dict.fromkeys(dimensions, pl.String))
        panels[grain] = _panel(workspace, Panel(grain=grain, keys=keys.get(grain, empty), buckets=buckets), chance)
    nothing = Digest("")
    recipe = Recipe(inputs=nothing, entries=nothing, options=nothing, reference=None, engines=())
    return Plan(recipe=recipe, panels=panels, issues=())


def _panel(workspace: Workspace, panel: Panel, chance: np.random.Generator) -> Panel:
    absent = {}
    for spec in workspace.registry.of_grain(panel.grain):
        absent = {str(spec.id): chance.random(panel.shape) < 0.9} if spec.missing == "absent" else {}
        if spec.kind is Kind.SUMMED:
            continue
        if spec.quantum is None:
            panel = panel.with_rates({spec.id: np.round(chance.random(panel.shape) * 90 + 10, 4)}, absent)
        else:
            panel = panel.with_counts({spec.id: chance.poisson(2, panel.shape).astype(np.int64) * 1000}, absent)
    if panel.has("consensus_base"):
        panel = panel.with_counts({"consensus_demand": panel.count("consensus_base")})
    return recompute(panel, workspace.registry)


def _change(step: int, *scope: Node, measure: str = "consensus_demand") -> Change:
    return Change(
        measure=MeasureId(measure),
        operation=Operation.SCALE,
        amount=Decimal("1.10") if step % 2 else Decimal("0.93"),
        scope=scope,
        first=FIRST,
        last=LAST,
    )


def _record(cube: Cube, *changes: Change) -> None:
    told = cube.record(
        changes, STAMP, seen=cube.seq, refuse=lambda *_: (), tell=lambda _, before, after: before is not after
    )
    if not all(told):
        raise AssertionError("a change moved nothing")


def _measure_edits(watch: Stopwatch, cube: Cube, size: Size) -> None:
    item = Node(dimension="item", level="item", member=MemberId("I00007"))
    for step in range(size.repeats):
        with watch("edit an item", bar=EDIT):
            _record(cube, _change(step, item))
        with watch("edit a family", bar=EDIT):
            _record(cube, _change(step, FAMILY))
        with watch("edit a family's revenue", bar=EDIT):
            _record(cube, _change(step, FAMILY, measure="revenue"))
        with watch("edit a region (a quarter of everything)"):
            _record(cube, _change(step, REGION))
    _record(cube, *(_change(step, item) for step in range(size.entries)))
    for step in range(size.repeats):
        with watch(f"edit a family on top of {size.entries} changes", bar=EDIT):
            _record(cube, _change(step, FAMILY))


def _measure_aggregates(watch: Stopwatch, cube: Cube, size: Size) -> None:
    """Roll every measure of the grain up by family, region and in total, after an edit."""
    measures = [spec.id for spec in cube.inputs.model.registry.of_grain("demand")]

    def every() -> None:
        for measure in measures:
            cube.show(measure, {"item": "family"})
            cube.show(measure, {"market": "region"}, period=Period.QUARTER)
            cube.show(measure)

    with watch(f"every aggregate of {len(measures)} measures: 3 tables each, from nothing"):
        every()
    for step in range(min(size.repeats, 3)):
        with watch("edit a family -> every aggregate of 3 tables", bar=1.0):
            _record(cube, _change(step, FAMILY))
            every()


def _measure_others(watch: Stopwatch, workspace: Workspace, cube: Cube, size: Size) -> None:
    """Take in what somebody else recorded; and take a change back."""
    other = Cube.open(workspace, MAIN)
    for step in range(min(size.repeats, 3)):
        _record(cube, _change(step, FAMILY))
        with watch("catch up with a family edit of another worker"):
            other.catch_up()
        back = Change(
            measure=MeasureId("consensus_demand"),
            operation=Operation.WITHDRAW,
            first=FIRST,
            last=LAST,
            withdraws=cube.seq,
        )
        with watch(f"undo on top of {size.entries} changes"):
            _record(cube, back)
    other.catch_up()
    if not np.array_equal(
        other.plan.panel(GrainName("demand")).count("revenue"), cube.plan.panel(GrainName("demand")).count("revenue")
    ):
        raise AssertionError("two workers see different numbers")
