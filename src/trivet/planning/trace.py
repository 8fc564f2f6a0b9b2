"""What moved a cell: every change that touched it, with old, new, who, when and why, in the order of the log (G10).

The log keeps what each change moved. The value of a cell or of a node's total runs from the plan a change was
made on through the changes; where the plan was made again in between, that is a line of its own, so that every
old value is the new value of the line before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from trivet.core.effects import apply_effects
from trivet.core.entries import Change, Effect, Logged
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.formula import names_in, needed_for, parse_formula, recompute
from trivet.core.ids import Counts, Digest, GrainName, MeasureId, ScenarioId, Seq
from trivet.core.issues import Scope
from trivet.core.live import taken_back
from trivet.core.measures import Kind, Registry
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.core.scope import rows_of
from trivet.planning.compare import words
from trivet.planning.explain import total
from trivet.planning.head import stand_on
from trivet.planning.rows import on_rows_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One line of a cell's history.

    Attributes:
        seq: number of the change; of a plan made again the number its log stood at.
        scenario: where it was recorded.
        actor, at, source: who, when, from where.
        what: the change in words, or the version that was made.
        reason: why; None when none was given.
        old, new: total of the cells before and after, in units of the measure.
        cells: how many of the cells moved; 0 for a lock that holds them.
        live: whether it still counts (not taken back).
    """

    seq: Seq
    scenario: ScenarioId
    actor: str
    at: datetime
    source: str
    what: str
    reason: str | None
    old: Decimal
    new: Decimal
    cells: int
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """A plan that changes were made on, and how it came about."""

    name: str
    digest: Digest
    seq: Seq
    scenario: ScenarioId
    actor: str
    at: datetime
    plan: Plan
    inputs: PlanInputs


PLANNED = "plan"
"""Source of a move that no change made: the plan was made again."""
Grounds = Callable[[Digest], Ground | None]
"""Looks up the plan an entry was made on."""


def _axes(ground: Ground | None) -> Mapping[GrainName, Panel] | None:
    return ground.plan.panels if ground else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Which cells: a measure over a scope and days."""

    measure: MeasureId
    scope: Scope
    first: date
    last: date


def trace(entries: Sequence[Logged], cells: Cells, grounds: Grounds, last: Ground) -> tuple[Move, ...]:
    """List what moved some cells.

    Args:
        entries: the log, in order, with effects.
        cells: a measure people edit or one that is computed from such, over a scope and buckets.
        grounds: looks up the plan an entry was made on; entries on one that is not known are left out.
        last: the plan the numbers stand on at the end.

    Returns:
        The moves in order; each `old` is the `new` of the line before.

    Raises:
        NotFound: the measure, or a node of the scope, is not known.
        InvalidInput: nobody edits the measure or what it is computed from.
    """
    edited = edited_behind(cells.measure, last.inputs.model.registry)
    gone = taken_back(entries)
    found: list[Move] = []
    run: _Run | None = None
    for number, logged in enumerate(entries):
        if not any(effect.measure in edited for effect in logged.effects):
            continue
        if run is None or run.ground.digest != logged.base:
            ground = grounds(logged.base)
            if ground is None:
                continue
            run = _Run(ground, cells, entries[:number], grounds)
            found += run.made_again(found)
        found += run.take(logged, edited, live=logged.seq not in gone)
    if run is None or run.ground.digest != last.digest:
        found += _Run(last, cells, entries, grounds).made_again(found)
    return tuple(found)


def edited_behind(measure: MeasureId, registry: Registry) -> frozenset[MeasureId]:
    """Give the edited measures a measure is or is computed from.

    Raises NotFound for an unknown one, InvalidInput where there are none.
    """
    spec = registry[measure]
    names = {spec.id}
    if spec.kind is Kind.SUMMED:
        for part in needed_for(registry, spec.id):
            names.update(names_in(parse_formula(part.formula or "")))
    edited = frozenset(name for name in names if registry[name].kind is Kind.EDITED)
    if not edited:
        can = ", ".join(name for name, other in registry.measures.items() if other.editable)
        raise InvalidInput(f"{spec.id} is not changed by people, so no log tells of it; {can} are. See: trivet explain")
    return edited


class _Run:
    """The value of the cells on one plan, change after change; `entries` are those before the first."""

    def __init__(self, ground: Ground, cells: Cells, entries: Sequence[Logged], grounds: Grounds) -> None:
        self.ground = ground
        model = ground.inputs.model
        self._registry, self._spec = model.registry, model.registry[cells.measure]
        plan = ground.plan
        if any(isinstance(entry.entry, Change) for entry in entries):
            log = on_rows_of(entries, ground.digest, plan.panels, lambda base: _axes(grounds(base)), self._registry)
            plan = stand_on(plan, ground.inputs, log, base=ground.digest).plan
        panel = plan.panel(self._spec.grain)
        try:
            self._rows = rows_of(panel, model, cells.scope)
        except NotFound:  # a member that this plan did not know yet
            self._rows = np.zeros(0, dtype=np.int64)
        inside = [i for i, start in enumerate(panel.buckets.starts) if cells.first <= start <= cells.last]
        self._columns = slice(inside[0], inside[-1] + 1) if inside else slice(0, 0)
        self._panel = some_rows(panel, self._rows)
        self.value = self._total()

    def made_again(self, found: Sequence[Move]) -> list[Move]:
        """Give the line that says the plan was made again, when that moved the cells since the last line."""
        ground = self.ground
        if not found or found[-1].new == self.value:
            return []
        return [
            Move(
                seq=ground.seq,
                scenario=ground.scenario,
                actor=ground.actor,
                at=ground.at,
                source=PLANNED,
                what=f"stands on plan {ground.name}",
                reason=None,
                old=found[-1].new,
                new=self.value,
                cells=self._panel.rows * (self._columns.stop - self._columns.start),
                live=True,
            )
        ]

    def take(self, logged: Logged, edited: frozenset[MeasureId], *, live: bool) -> list[Move]:
        """Apply what an entry moved; give its line when it touched the cells."""
        own = [
            part for effect in logged.effects if effect.measure in edited and (part := self._own(effect)) is not None
        ]
        if not own:
            return []
        old = self.value
        rows = np.unique(np.concatenate([part.rows for part in own]))
        moved = {part.measure for part in own}
        self._panel = recompute(apply_effects(self._panel, own), self._registry, rows, moved=moved)
        self.value = self._total()
        return [
            Move(
                seq=logged.seq,
                scenario=logged.scenario,
                actor=logged.stamp.actor,
                at=logged.stamp.at,
                source=logged.stamp.source,
                what=words(replace(logged.entry, reason=None)),
                reason=logged.entry.reason,
                old=old,
                new=self.value,
                cells=sum(int((part.after != part.before).sum()) for part in own),
                live=live,
            )
        ]

    def _own(self, effect: Effect) -> Effect | None:
        """Give the part of an effect that lies in the cells, in their rows; None without one."""
        at = np.searchsorted(self._rows, effect.rows)
        inside = (effect.columns >= self._columns.start) & (effect.columns < self._columns.stop)
        inside &= at < len(self._rows)
        inside[inside] = self._rows[at[inside]] == effect.rows[inside]
        if not inside.any():
            return None
        return replace(
            effect,
            rows=at[inside].astype(np.int64),
            columns=effect.columns[inside],
            before=effect.before[inside],
            after=effect.after[inside],
        )

    def _total(self) -> Decimal:
        if self._columns.start == self._columns.stop:
            return Decimal(0)
        return total(self._panel, self._spec, np.ones(self._panel.rows, dtype=np.bool_), self._columns)


def some_rows(panel: Panel, rows: Counts) -> Panel:
    """Give a panel of some rows of another."""
    return replace(
        panel,
        keys=panel.keys[rows.tolist()],
        counts={name: array[rows] for name, array in panel.counts.items()},
        rates={name: array[rows] for name, array in panel.rates.items()},
        present={name: array[rows] for name, array in panel.present.items()},
    )
