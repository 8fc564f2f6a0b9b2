"""The store and the fold against a naive model: dicts of cells, refolded from scratch after every step."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from tests.core.planlet import change, model, node, panel
from trivet.core.entries import Change, Effect, Logged, Operation
from trivet.core.fold import effects_of, fold, replay
from trivet.core.ids import ActorId, Digest, ScenarioId, Seq, VersionId
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs, Recipe
from trivet.core.records import Stamp
from trivet.planning.rebase import Branch, carry_over
from trivet.store import Base, CellsChanged, Standing, VersionState, log, open_store
from trivet.store.database import writing
from trivet.store.stored import StoredScenario
from trivet.workspace.registries import table_specs

MODEL = model()
SHAPE = (15, len(MODEL.buckets))
OPEN = np.arange(SHAPE[1]) >= MODEL.buckets.first_open
BASE = panel(MODEL, {"consensus_base": np.where(OPEN, 10_000, 0) * np.ones(SHAPE, dtype=np.int64)})
INPUTS = PlanInputs(
    model=MODEL, tables={name: spec.empty() for name, spec in table_specs().items()}, digest=Digest("inputs")
)
GROUND = Digest("ground")
"""Every entry is made on the same plan: there are no new rows here, tests/usecases has them."""
MAIN = ScenarioId("main")
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
Cell = tuple[str, str, date]
CELLS: list[Cell] = [
    ("BK-1", "DE", date(2026, 12, 1)),
    ("BK-1", "DE", date(2027, 1, 1)),
    ("BK-2", "FR", date(2026, 12, 1)),
]
"""Few, so that entries meet."""
Cells = st.sampled_from(CELLS)
Amounts = st.integers(0, 500)


@dataclass
class Line:
    """What the naive model remembers of an entry: enough to fold it again."""

    operation: Operation
    cell: Cell
    value: int = 0
    withdraws: int | None = None
    seq: int = 0
    owner: ScenarioId = MAIN


@dataclass
class Naive:
    """Scenarios as lists of lines, published plans and what was seen at each number and moment as dicts of cells."""

    lines: dict[ScenarioId, list[Line]] = field(default_factory=dict)
    parents: dict[ScenarioId, ScenarioId] = field(default_factory=dict)
    heads: dict[ScenarioId, int] = field(default_factory=dict)
    snapshots: dict[ScenarioId, Digest] = field(default_factory=dict)
    published: dict[VersionId, tuple[str, dict[Cell, int]]] = field(default_factory=dict)
    past: dict[tuple[ScenarioId, int], dict[Cell, int]] = field(default_factory=dict)
    moments: list[tuple[ScenarioId, datetime, int]] = field(default_factory=list)

    def carried(self, scenario: ScenarioId, parent: ScenarioId) -> list[Line]:
        """Give the own lines that go along to the parent's head: neither taken back nor taking back one of theirs."""
        lines = self.lines[scenario]
        gone = {line.withdraws for line in lines}
        owners = {line.seq: line.owner for line in lines}
        there = {(line.owner, line.seq) for line in self.lines[parent]}
        return [
            line
            for line in lines
            if line.owner == scenario
            and line.seq not in gone
            and (line.withdraws is None or (owners[line.withdraws], line.withdraws) in there)
        ]

    def fold(self, scenario: ScenarioId) -> tuple[dict[Cell, int], set[Cell]]:
        lines = self.lines[scenario]
        gone = {line.withdraws for line in lines}
        values, locked = dict.fromkeys(CELLS, 10), set[Cell]()
        for line in lines:
            if line.seq in gone or line.operation is Operation.WITHDRAW:
                continue
            if line.operation is Operation.UNLOCK:
                locked.discard(line.cell)
            elif line.operation is Operation.LOCK:  # the newer of two locks wins: what is locked never moves
                values[line.cell] = line.value
                locked.add(line.cell)
            elif line.cell not in locked:
                values[line.cell] = line.value + (values[line.cell] if line.operation is Operation.ADD else 0)
        return values, locked


class Refused(Exception):  # noqa: N818
    """The change does not fit."""


def compute(standing: tuple[Logged, ...], entry: Change) -> Sequence[tuple[Effect, ...]]:
    """Give the effects as a use-case does: fold what stands, then ask what the change moves."""
    folded, _ = fold(BASE, standing, MODEL)
    found = effects_of(entry, folded, MODEL, standing)
    if any(isinstance(part, Issue) for part in found):
        raise Refused
    return [tuple(part for part in found if isinstance(part, Effect))]


def refold(_scenario: StoredScenario, entries: tuple[Logged, ...]) -> Mapping[Seq, tuple[Effect, ...]]:
    """Compute every entry's effects again, for the doctor's V8."""
    return {turn.entry.seq: turn.effects for turn in replay(BASE, entries, MODEL, after=Seq(0))}


def carry(standing: Standing) -> Sequence[Logged]:
    """Carry a branch's entries over as the use-case does."""
    branch = Branch(
        name=standing.scenario.id, entries=standing.entries, inherited=standing.inherited, first=standing.first
    )
    plan = replace(make(BASE, 0), panels={one.grain: one for one in (BASE, SUPPLY, MATERIAL)})
    return carry_over(branch, plan, INPUTS, GROUND, lambda _: None).entries


class StoreMachine(RuleBasedStateMachine):
    """Import, edit, lock, branch, merge, rebase, withdraw, publish, look back, reopen, crash."""

    scenarios = Bundle("scenarios")

    @initialize(target=scenarios)
    def begin(self) -> ScenarioId:
        self.folder = Path(mkdtemp(prefix="trivet-machine-"))
        self.store = open_store(self.folder, create=True)
        self.naive = Naive(lines={MAIN: []}, heads={MAIN: 0})
        self.number = 0
        self.store.create_scenario(MAIN, "Working plan", None, self.stamp())
        self.import_files(MAIN, "company")
        self.first = self.naive.snapshots[MAIN]
        return MAIN

    def import_files(self, scenario: ScenarioId, company: str) -> None:
        self.naive.snapshots[scenario] = self.store.put_snapshot(company, {}, (), "{}", self.stamp(), scenario=scenario)

    def stamp(self) -> Stamp:
        self.number += 1
        return Stamp(actor=ActorId("ann"), at=self.now(), source="machine", group=str(self.number))

    def now(self) -> datetime:
        return BEGIN + timedelta(minutes=self.number)

    def record(self, scenario: ScenarioId, line: Line, *, seen: Seq | None = None) -> None:
        """Append an entry; the naive model knows beforehand whether its cell is locked."""
        values, locked = self.naive.fold(scenario)
        fits = line.cell not in locked or line.operation not in (Operation.SET, Operation.ADD)
        try:
            (logged,) = self.append(scenario, line, seen)
        except Refused:
            assert not fits
            return
        assert fits
        recorded = values[line.cell] if line.operation is Operation.LOCK else line.value
        self.naive.heads[scenario] += 1
        assert logged.seq == self.naive.heads[scenario]
        self.naive.lines[scenario].append(replace(line, value=recorded, seq=logged.seq, owner=scenario))

    def append(self, scenario: ScenarioId, line: Line, seen: Seq | None) -> tuple[Logged, ...]:
        entry = entry_of(line)
        return self.store.append(
            scenario, [entry], self.stamp(), seen=seen, effects=lambda standing: compute(standing, entry), base=GROUND
        )

    @rule(scenario=scenarios, cell=Cells, amount=Amounts, adds=st.booleans())
    def edit(self, scenario: ScenarioId, cell: Cell, amount: int, adds: bool) -> None:
        operation = Operation.ADD if adds else Operation.SET
        self.record(scenario, Line(operation, cell, amount), seen=self.store.head(scenario))

    @rule(scenario=scenarios, cell=Cells)
    def lock(self, scenario: ScenarioId, cell: Cell) -> None:
        self.record(scenario, Line(Operation.LOCK, cell))

    @rule(scenario=scenarios, cell=Cells)
    def unlock(self, scenario: ScenarioId, cell: Cell) -> None:
        if cell in self.naive.fold(scenario)[1]:
            self.record(scenario, Line(Operation.UNLOCK, cell))

    @rule(scenario=scenarios, cell=Cells, amount=Amounts)
    def lock_try_and_free(self, scenario: ScenarioId, cell: Cell, amount: int) -> None:
        for operation in (Operation.LOCK, Operation.SET, Operation.UNLOCK, Operation.SET):
            self.record(scenario, Line(operation, cell, amount))

    @rule(scenario=scenarios, pick=st.integers(0, 10**6))
    def withdraw(self, scenario: ScenarioId, pick: int) -> None:
        lines = self.naive.lines[scenario]
        gone = {line.withdraws for line in lines}
        able = [line for line in lines if line.seq not in gone and line.operation is not Operation.WITHDRAW]
        if able:
            target = able[pick % len(able)]
            self.record(scenario, Line(Operation.WITHDRAW, target.cell, withdraws=target.seq))

    @rule(scenario=scenarios, cell=Cells)
    def edit_what_somebody_else_just_edited(self, scenario: ScenarioId, cell: Cell) -> None:
        values, locked = self.naive.fold(scenario)
        if cell in locked:
            return
        seen = self.store.head(scenario)
        self.record(scenario, Line(Operation.SET, cell, values[cell] + 1), seen=seen)
        with pytest.raises(CellsChanged):
            self.append(scenario, Line(Operation.SET, cell, values[cell] + 2), seen)

    @rule(target=scenarios, parent=scenarios)
    def branch(self, parent: ScenarioId) -> ScenarioId:
        name = ScenarioId(f"branch{len(self.naive.lines)}")
        self.store.create_scenario(name, name, parent, self.stamp())
        self.naive.lines[name] = list(self.naive.lines[parent])
        self.naive.parents[name] = parent
        self.naive.heads[name] = self.naive.heads[parent]
        self.naive.snapshots[name] = self.naive.snapshots[parent]
        return name

    @rule(scenario=scenarios)
    def rebase(self, scenario: ScenarioId) -> None:
        parent = self.naive.parents.get(scenario)
        if parent is None:
            return
        others = {name: list(lines) for name, lines in self.naive.lines.items() if name != scenario}
        known = self.store.scenario(parent)
        base = Base(parent=parent, seq=known.head, version=None, snapshot=known.snapshot)
        self.store.rebase(scenario, base, carry, self.stamp())
        mark = max(self.naive.heads[scenario], self.naive.heads[parent]) + 1
        own = [replace(line, seq=mark + i) for i, line in enumerate(self.naive.carried(scenario, parent), start=1)]
        self.naive.lines[scenario] = [*self.naive.lines[parent], *own]
        self.naive.heads[scenario] = mark + len(own)
        self.naive.snapshots[scenario] = self.naive.snapshots[parent]
        assert {name: list(lines) for name, lines in self.naive.lines.items() if name != scenario} == others

    @rule(scenario=scenarios)
    def rebase_twice_is_once(self, scenario: ScenarioId) -> None:
        if scenario in self.naive.parents:
            self.rebase(scenario)
            before = self.naive.fold(scenario)
            self.rebase(scenario)
            assert self.naive.fold(scenario) == before

    @rule(scenario=scenarios)
    def merge(self, scenario: ScenarioId) -> None:
        parent = self.naive.parents.get(scenario)
        if parent is None:
            return
        gone = {line.withdraws for line in self.naive.lines[scenario]}
        for line in list(self.naive.lines[scenario]):
            if line.owner == scenario and line.seq not in gone and line.operation in (Operation.SET, Operation.ADD):
                self.record(parent, Line(line.operation, line.cell, line.value))

    @rule(scenario=scenarios, other=st.booleans())
    def import_again(self, scenario: ScenarioId, other: bool) -> None:
        entries = [entry.seq for entry in self.store.entries(scenario)]
        self.import_files(scenario, f"company {self.number}" if other else "company")
        assert other == (self.naive.snapshots[scenario] != self.first)  # the same values are the same snapshot
        found = self.store.latest_snapshot(scenario)
        assert found is not None
        assert found.digest == self.naive.snapshots[scenario]
        assert [entry.seq for entry in self.store.entries(scenario)] == entries

    @rule(pick=st.integers(0, 10**6))
    def look_back(self, pick: int) -> None:
        past = list(self.naive.past.items())
        if past:
            (scenario, seq), cells = past[pick % len(past)]
            entries = self.store.entries(scenario, upto=Seq(seq))
            assert cells_of(fold(BASE, entries, MODEL)[0]) == cells
            scenario, at, head = self.naive.moments[pick % len(self.naive.moments)]
            assert self.store.seq_at(scenario, at) == head

    @rule(scenario=scenarios)
    def publish(self, scenario: ScenarioId) -> None:
        entries = self.store.entries(scenario)
        plan = make(self.folded(scenario), len(entries))
        seq = self.store.head(scenario)
        version = self.store.put_version(scenario, seq, plan, self.naive.snapshots[scenario], self.stamp())
        if self.store.version(version).state is VersionState.PUBLISHED:
            assert version in self.naive.published
            return
        self.store.set_state(version, "in_review", self.stamp())
        self.store.set_state(version, "approved", self.stamp())
        self.store.publish(version, '{"passed": 1}', self.stamp())
        self.naive.published[version] = (plan.digest(), self.naive.fold(scenario)[0])

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = open_store(self.folder)

    @rule(scenario=scenarios, cell=Cells)
    def crash(self, scenario: ScenarioId, cell: Cell) -> None:
        """The connection dies after everything was written and before it was committed."""
        with pytest.raises(Refused):
            self.write_and_die(scenario, entry_of(Line(Operation.UNLOCK, cell)))

    def write_and_die(self, scenario: ScenarioId, entry: Change) -> None:
        with writing(self.store.engine) as connection:
            log.append(
                connection, scenario, [entry], self.stamp(), seen=None, effects=lambda _: [()], base=Digest("crash")
            )
            connection.invalidate()
            raise Refused

    def folded(self, scenario: ScenarioId) -> Panel:
        return fold(BASE, self.store.entries(scenario), MODEL)[0]

    @invariant()
    def every_scenario_folds_to_the_naive_cells(self) -> None:
        for scenario, lines in getattr(self, "naive", Naive()).lines.items():
            entries, cells = self.store.entries(scenario), self.naive.fold(scenario)[0]
            assert [(entry.scenario, entry.seq) for entry in entries] == [(line.owner, line.seq) for line in lines]
            assert cells_of(fold(BASE, entries, MODEL)[0]) == cells
            head = self.naive.heads[scenario]
            assert self.store.head(scenario) == head
            assert self.naive.past.setdefault((scenario, head), cells) == cells
            self.naive.moments.append((scenario, self.now(), head))

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        for version, (digest, cells) in self.naive.published.items():
            plan = self.store.load_plan(version)
            assert plan.digest() == digest
            assert cells_of(plan.panel("demand")) == cells
        assert [check for check in self.store.doctor(refold) if not check.passed] == []
        self.store.close()
        rmtree(self.folder)


SUPPLY = panel(MODEL, {}, grain="supply")
MATERIAL = panel(MODEL, {}, grain="material")


def entry_of(line: Line) -> Change:
    item, market, day = line.cell
    amount = str(line.value) if line.operation in (Operation.SET, Operation.ADD) else None
    where = (node("item", item), node("market", market))
    return change(line.operation, amount, *where, first=day, last=day, withdraws=line.withdraws, reason="machine")


def cells_of(of: Panel) -> dict[Cell, int]:
    """Give the cells the naive model knows, in units; every other open cell is the base."""
    values = of.count("consensus_demand").copy()
    keys = of.keys.rows()
    found = {}
    for item, market, day in CELLS:
        at = keys.index((item, market)), MODEL.buckets.index(day)
        found[item, market, day] = int(values[at]) // 1000
        values[at] = 10_000
    assert np.array_equal(values, BASE.count("consensus_base"))
    return found


def make(folded: Panel, entries: int) -> Plan:
    nothing = Digest("")
    recipe = Recipe(
        inputs=nothing, entries=Digest(folded.digest() + str(entries)), options=nothing, reference=None, engines=()
    )
    return Plan(recipe=recipe, panels={folded.grain: folded}, issues=())


TestStore = StoreMachine.TestCase
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
TestStore.settings = settings(
    max_examples=500 if LONG else 10,
    stateful_step_count=30,
    deadline=None,
    phases=tuple(Phase) if LONG else (Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes minutes
)
