"""Fold: the numbers people see = the base + every entry that counts, in the order they were made.

Intent is the truth: when the base moves, the entries are folded again. SET keeps its total, ADD its
amount, SCALE its factor. LOCK keeps its value: with an amount it sets the total and locks the cells;
without one it locks what the log recorded when it was made (the cells one by one while they are the
same, else their total), or, while nothing is recorded yet, what the fold gives at that point. UNLOCK
frees the cells, WITHDRAW takes an entry back. Entries whose buckets have all closed are history and
do nothing. What no longer fits becomes an issue that names the entry and its author. Effects are a
checked cache of what each entry moved.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from trivet.core.adjust import adjust
from trivet.core.desk import Block, State, measure_moved, open_desk, refused
from trivet.core.effects import decode_rates, effects_between, encode
from trivet.core.entries import Change, Effect, Logged, Operation
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import Counts, Flags, MeasureId, Rates, Seq
from trivet.core.issues import Issue, Place, Scope, Severity
from trivet.core.live import Given, Live, live_entries, numbered
from trivet.core.measures import Kind, MeasureSpec, Registry
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.quantities import round_rate, to_decimal
from trivet.core.renames import carried_over
from trivet.core.scope import Members, members_by_dimension, rows_of
from trivet.core.units import Units


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Folded:
    """What a fold gives: the panel with its edited measures, which cells are locked, and what did not fit."""

    panel: Panel
    locks: Mapping[MeasureId, Flags]
    issues: tuple[Issue, ...]


def fold(
    panel: Panel, entries: Iterable[Given], model: Model, units: Units | None = None
) -> tuple[Panel, tuple[Issue, ...]]:
    """Fold a log over the base of every edited measure of a panel's grain.

    Args:
        panel: numbers of one grain, bases and weights among them; edited values in it are not read.
        entries: the log, in any order of the rows; entries of other grains are passed over.
        model: what the numbers mean.
        units: conversions, for amounts in another unit than the base one.

    Returns:
        The panel with its edited measures, and an issue for each entry that does not fit.

    Source: ARCHITECTURE "The idea" 2, F5.
    """
    folded = fold_with_locks(panel, entries, model, units)
    return folded.panel, folded.issues


def fold_with_locks(panel: Panel, entries: Iterable[Given], model: Model, units: Units | None = None) -> Folded:
    """Fold as `fold` does, and tell which cells are locked at the end."""
    states, issues = _states_after(panel, entries, model, units)
    return Folded(
        panel=_with(panel, states),
        locks={name: state.locked for name, state in states.items()},
        issues=tuple(issues),
    )


def _states_after(
    panel: Panel, entries: Iterable[Given], model: Model, units: Units | None
) -> tuple[dict[MeasureId, State], list[Issue]]:
    """Fold entries into fresh states, and say what does not fit."""
    members = members_by_dimension(panel, model)
    states = {spec.id: _base(panel, spec, members) for spec in _edited(model.registry, panel.grain)}
    live, problems = live_entries(entries, model.buckets.current)
    issues = [issue for issue in problems if _speaks_here(issue.place.measure, panel, model.registry)]
    for item in live:
        change = item.entry
        if not isinstance(change, Change) or not _speaks_here(change.measure, panel, model.registry):
            continue
        if change.last < model.buckets.current:
            continue
        issues += _apply(item, change, states, panel=panel, model=model, units=units)
        issues += carried_over(item, change, model)
    return states, issues


def _edited(registry: Registry, grain: str) -> tuple[MeasureSpec, ...]:
    return tuple(spec for spec in registry.of_grain(grain) if spec.kind is Kind.EDITED)


def _speaks_here(measure: MeasureId | None, panel: Panel, registry: Registry) -> bool:
    """Tell whether a measure belongs to the panel; unknown ones are told by the first grain that is edited."""
    try:
        return measure is not None and registry[measure].grain == panel.grain
    except NotFound:
        first = next((spec.grain for spec in registry.measures.values() if spec.kind is Kind.EDITED), None)
        return first == panel.grain


def _base(panel: Panel, spec: MeasureSpec, members: Members) -> State:
    """Start from the measure's base in the open buckets; without one, from nothing (absent, or 0)."""
    nothing = np.zeros(panel.shape, dtype=np.bool_)
    inside = nothing.copy()
    inside[:, panel.buckets.horizon] = True
    given = inside & panel.mask(spec.base) if spec.base is not None and panel.has(spec.base) else nothing
    before = _numbers(panel, spec.base or spec.id, spec)
    values = np.where(given, before, before.dtype.type(0))
    return State(
        spec=spec,
        members=members,
        values=values,
        locked=np.zeros(panel.shape, dtype=np.bool_),
        present=given if spec.missing == "absent" else inside,
    )


def _numbers(panel: Panel, name: MeasureId, spec: MeasureSpec) -> Counts | Rates:
    return panel.rate(name) if spec.quantum is None else panel.count(name)


def _with(panel: Panel, states: Mapping[MeasureId, State]) -> Panel:
    for name, state in states.items():
        masks = {str(name): state.present.copy()} if state.spec.missing == "absent" else {}
        if state.spec.quantum is None:
            panel = panel.with_rates({name: round_rate(state.values.astype(np.float64))}, masks)
        else:
            panel = panel.with_counts({name: state.values.astype(np.int64)}, masks)
    return panel


def _apply(
    item: Live, change: Change, states: Mapping[MeasureId, State], *, panel: Panel, model: Model, units: Units | None
) -> list[Issue]:
    """Apply one entry to the states, in place; give what has to be said about it."""
    moved = measure_moved(change, model.registry)
    if isinstance(moved, Issue):
        return [_named(moved, item)]
    state = states[moved[0].id]
    block = _block_of(item, change, state, panel=panel, model=model, units=units)
    if isinstance(block, Issue):
        return [_named(block, item)]
    _write(state, block)
    return [_named(issue, item) for issue in block.issues]


def _block_of(
    item: Live, change: Change, state: State, *, panel: Panel, model: Model, units: Units | None
) -> Block | Issue:
    """Work out what an entry makes of its cells, by what the log recorded of it where that counts."""
    recorded = next((effect for effect in item.effects if effect.measure == state.spec.id), None)
    if change.operation is Operation.LOCK and change.amount is None and recorded is not None:
        return _relock(change, state, recorded, panel, model)
    return adjust(change, state, panel, model, units, recorded=recorded)


def _write(state: State, block: Block) -> None:
    at = (block.rows, block.span)
    state.values[at], state.locked[at], state.present[at] = block.values, block.locked, block.present


def _named(issue: Issue, item: Live) -> Issue:
    """Let an issue name the entry and its author."""
    says = "does not fit" if issue.severity is Severity.REFUSED else "holds"
    return replace(issue, message=f"{item.called} {says}: {issue.message}")


def _relock(change: Change, state: State, recorded: Effect, panel: Panel, model: Model) -> Block | Issue:
    """Lock what the log recorded: cell by cell while the cells are the same, else their total."""
    desk = open_desk(change, state, panel, model, None)
    if isinstance(desk, Issue):
        return desk
    opened = recorded.columns >= desk.span.start
    kept = np.zeros(panel.shape, dtype=np.bool_)
    values = np.zeros(panel.shape, dtype=state.values.dtype)
    at = (recorded.rows[opened], recorded.columns[opened])
    fits = bool(np.all(at[0] < panel.rows) and np.all(at[1] < len(panel.buckets)))
    if fits:
        kept[at] = True
        values[at] = recorded.after[opened] if state.spec.quantum is not None else decode_rates(recorded.after[opened])
    own, inside = (desk.rows, desk.span), kept[desk.rows, desk.span]
    held, present = state.locked[own], state.present[own]
    if (
        not fits
        or inside.sum() != opened.sum()
        or np.any(inside & ~desk.alive)
        or np.any(present & desk.alive & ~inside)
    ):
        return _relock_total(change, state, int(recorded.after[opened].sum()), panel, model)
    return Block(
        rows=desk.rows,
        span=desk.span,
        values=np.where(inside, values[own], state.values[own]),
        locked=held | inside,
        present=present | inside,
    )


def _relock_total(change: Change, state: State, total: int, panel: Panel, model: Model) -> Block | Issue:
    """Lock the total the log recorded, when series were born, ended or renumbered since."""
    if state.spec.quantum is None:
        return adjust(change, state, panel, model, None)
    amount = to_decimal(total, state.spec.quantum)
    first = max(change.first, model.buckets.current)
    again = replace(change, measure=state.spec.id, amount=amount, unit=None, first=first)
    block = adjust(again, state, panel, model, None)
    if isinstance(block, Issue):
        return block
    note = Issue(
        code="change.lock-moved",
        severity=Severity.WARNING,
        place=Place(measure=change.measure, scope=change.scope, first=change.first, last=change.last),
        message=f"the series under the lock are not those of then; its total {amount.normalize():f} is kept.",
        advice="Look at the cells and lock them anew.",
    )
    return replace(block, issues=(*block.issues, note))


def effects_of(
    change: Change, head: Panel, model: Model, entries: Iterable[Given] = (), units: Units | None = None
) -> tuple[Effect, ...] | tuple[Issue, ...]:
    """Tell what a change would do to the head, before it is logged.

    Args:
        change: any operation; WITHDRAW folds the log again without what it takes back.
        head: the folded panel people see, with bases and weights.
        model: what the numbers mean.
        entries: the log behind the head: its locks hold, and a withdrawal is looked up in it.
        units: conversions, for amounts in another unit than the base one.

    Returns:
        Effects (none: it changes nothing; a LOCK records every cell it holds), or the issues that
        refuse it, and then nothing would happen.
    """
    log = tuple(entries)
    live, _ = live_entries(log, model.buckets.current)
    moved = measure_moved(change, model.registry)
    if isinstance(moved, Issue):
        return (moved,)
    if change.operation is Operation.WITHDRAW:
        return _withdrawn(change, head, model, log, units)
    locks: Mapping[MeasureId, Flags] = {}
    if any(isinstance(item.entry, Change) and item.entry.operation is Operation.LOCK for item in live):
        locks = fold_with_locks(head, log, model, units).locks
    return effects_under(change, head, model, locks, units)


def effects_under(
    change: Change,
    head: Panel,
    model: Model,
    locks: Mapping[MeasureId, Flags],
    units: Units | None = None,
    *,
    members: Members | None = None,
) -> tuple[Effect, ...] | tuple[Issue, ...]:
    """Tell what a change (not a withdrawal) would do to the head under these locks, as `effects_of` does.

    `members` of the head's rows spare finding them again.
    """
    moved = measure_moved(change, model.registry)
    if isinstance(moved, Issue):
        return (moved,)
    spec = moved[0]
    if change.first < model.buckets.current:
        opens = model.buckets.label(model.buckets.first_open)
        place = Place(measure=change.measure, scope=change.scope, first=change.first, last=change.last)
        message = f"{change.first:%Y-%m-%d} lies in a closed bucket: it holds actuals."
        return (refused(place, "closed", message, f"Change buckets from {opens} on."),)
    state = _state_of(head, spec, locks, members_by_dimension(head, model) if members is None else members)
    block = adjust(change, state, head, model, units)
    if isinstance(block, Issue):
        return (block,)
    return _effects_of_block(change, state, block)


def _effects_of_block(change: Change, state: State, block: Block) -> tuple[Effect, ...]:
    """Tell what a block moves of a state that it is not written into yet."""
    spec = state.spec
    before = state.values[block.rows, block.span]
    records = change.operation is Operation.LOCK
    hit = block.locked & block.present if records else (before != block.values)
    if spec.missing == "absent" and not records:
        hit = hit | (block.present & ~state.present[block.rows, block.span])
    if not hit.any():
        return ()
    at = np.nonzero(hit)
    return (
        Effect(
            measure=spec.id,
            rows=block.rows[at[0]],
            columns=at[1].astype(np.int64) + block.span.start,
            before=encode(before[at]),
            after=encode(block.values[at]),
        ),
    )


def _state_of(head: Panel, spec: MeasureSpec, locks: Mapping[MeasureId, Flags], members: Members) -> State:
    """Take the state of a measure from the head."""
    nothing = np.zeros(head.shape, dtype=np.bool_)
    opens = nothing.copy()
    opens[:, head.buckets.horizon] = True
    present = opens if spec.missing != "absent" else (head.mask(spec.id) if head.has(spec.id) else nothing)
    return State(
        spec=spec,
        members=members,
        values=_numbers(head, spec.id, spec),
        locked=locks.get(spec.id, nothing),
        present=present,
    )


def _withdrawn(
    change: Change, head: Panel, model: Model, log: tuple[Given, ...], units: Units | None
) -> tuple[Effect, ...] | tuple[Issue, ...]:
    """Fold with and without what is taken back."""
    known = {item.seq for item in numbered(log)}
    if change.withdraws not in known:
        place = Place(measure=change.measure)
        message = f"there is no entry {change.withdraws} to take back."
        return (refused(place, "withdraws-unknown", message, "Name the number of an entry of this log."),)
    before, _ = fold(head, log, model, units)
    after, _ = fold(head, (*log, change), model, units)
    return effects_between(before, after, model.registry)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turn:
    """One entry's turn in a fold: the cells it moved there, and what has to be said about it."""

    entry: Logged
    effects: tuple[Effect, ...]
    issues: tuple[Issue, ...]


def replay(
    panel: Panel, entries: Sequence[Logged], model: Model, units: Units | None = None, *, after: Seq
) -> Iterator[Turn]:
    """Fold a log entry by entry and tell what each one after a number moves, as the log holds it.

    Args:
        panel: numbers of one grain, as `fold` takes them.
        entries: the log in order; entries of other grains are passed over.
        model: what the numbers mean.
        units: conversions, for amounts in another unit than the base one.
        after: entries up to this number are folded at once, without turns.

    Yields one turn for each later change of an edited measure of this grain; one that no longer fits moves nothing.
    """
    standing = [entry for entry in entries if entry.seq <= after]
    states, _ = _states_after(panel, standing, model, units)
    for entry in entries[len(standing) :]:
        standing.append(entry)
        change = entry.entry
        if not isinstance(change, Change) or not _speaks_here(change.measure, panel, model.registry):
            continue
        if change.operation is Operation.WITHDRAW:
            before = _with(panel, states)
            states, _ = _states_after(panel, standing, model, units)
            effects = effects_between(before, _with(panel, states), model.registry)
            yield Turn(entry=entry, effects=effects, issues=())
            continue
        yield _turn(entry, change, states, panel=panel, model=model, units=units)


def _turn(
    entry: Logged, change: Change, states: Mapping[MeasureId, State], *, panel: Panel, model: Model, units: Units | None
) -> Turn:
    """Apply one entry to the states, in place, and tell what it moved."""
    items, _ = live_entries([entry], model.buckets.current)
    if not items or change.last < model.buckets.current:
        return Turn(entry=entry, effects=(), issues=())
    moved = measure_moved(change, model.registry)
    if isinstance(moved, Issue):
        return Turn(entry=entry, effects=(), issues=(_named(moved, items[0]),))
    state = states[moved[0].id]
    block = _block_of(items[0], change, state, panel=panel, model=model, units=units)
    if isinstance(block, Issue):
        return Turn(entry=entry, effects=(), issues=(_named(block, items[0]),))
    effects = _effects_of_block(change, state, block)
    _write(state, block)
    return Turn(entry=entry, effects=effects, issues=tuple(_named(issue, items[0]) for issue in block.issues))


def entries_under(
    entries: Iterable[Given], panel: Panel, model: Model, scope: Scope, *, first: date, last: date
) -> tuple[Seq, ...]:
    """Give the live changes whose cells all lie under a scope and range: what "clear" withdraws.

    A child's change lies under its parent: an item's under its family's.
    """
    inside = np.zeros(panel.rows, dtype=np.bool_)
    inside[rows_of(panel, model, scope)] = True
    span = model.buckets.span(first, last)
    live, _ = live_entries(entries, model.buckets.current)
    members = members_by_dimension(panel, model)
    found: list[Seq] = []
    for item in live:
        change = item.entry
        if not isinstance(change, Change) or not _speaks_here(change.measure, panel, model.registry):
            continue
        try:
            rows = rows_of(panel, model, change.scope, members)
            own = model.buckets.span(change.first, change.last)
        except (NotFound, InvalidInput):
            continue
        if len(rows) and inside[rows].all() and span.start <= own.start and own.stop <= span.stop:
            found.append(item.seq)
    return tuple(found)
