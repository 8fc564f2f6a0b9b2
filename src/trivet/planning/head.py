"""The head: the numbers people look at between two plans, a plan with the changes since then put in.

A change writes the cells it moved into its edited measure and computes what is arithmetic on it again (the summed
measures that read it, what is still to be sold), in those rows only and with the functions that make the whole plan.
*Held* means: every given measure and every other solved one keeps the value of the plan the head stands on, edited
ones are folded over their bases there, and the arithmetic follows. So the head is what `make_plan` would give over
the same log if its engines answered as they did.

A head is a value: whoever reads one is not disturbed by the next change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trivet.core.effects import apply_effects, effects_between
from trivet.core.entries import Change, Effect, Entry, Logged, Operation
from trivet.core.errors import NotFound
from trivet.core.fold import effects_of, effects_under, fold, fold_with_locks
from trivet.core.formula import in_order, names_in, parse_formula
from trivet.core.ids import Digest, Flags, GrainName, MeasureId, Seq
from trivet.core.issues import Issue, Place, Severity
from trivet.core.live import live_entries
from trivet.core.measures import Kind, Registry
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.core.scope import Members, members_by_dimension, rows_of
from trivet.core.units import Units, read_units
from trivet.demand.streams import known_streams
from trivet.planning.following import AT_ONCE, follow

Locks = Mapping[MeasureId, Flags]

BEFORE_CHANGES = frozenset(
    {"demand_history", "seasonal_naive", "baseline_demand", "consensus_base"},
)
"""Solved before people's changes are folded in, as the streams are: a change of the head does not age them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """What a head stands on; no change moves it.

    Attributes:
        plan: a plan whose given and solved measures are held.
        inputs: what it was made from.
        base: its digest, which logged effects name when they speak of its rows.
        units: conversions of amounts.
        members: grain -> members of its rows, of the grains that are edited.
    """

    plan: Plan
    inputs: PlanInputs
    base: Digest
    units: Units
    members: Mapping[GrainName, Members]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Head:
    """A plan with the changes since then put in.

    Attributes:
        ground: the plan it stands on.
        panels: grain -> numbers, changes included.
        log: every entry behind it, in order, with effects.
        locks: grain -> which cells are locked; a grain left out is not known yet.
    """

    ground: Ground
    panels: Mapping[GrainName, Panel]
    log: tuple[Logged, ...]
    locks: Mapping[GrainName, Locks]

    @property
    def seq(self) -> Seq:
        """Number of the last entry in it; 0 without one."""
        return self.log[-1].seq if self.log else Seq(0)

    @property
    def plan(self) -> Plan:
        """The head as a plan: recipe and issues are those of the plan it stands on."""
        return replace(self.ground.plan, panels=self.panels)


def stand_on(plan: Plan, inputs: PlanInputs, log: Sequence[Logged], *, base: Digest, holds: Seq | None = None) -> Head:
    """Give the head of a log over a plan.

    Args:
        plan: whose given and solved measures are held.
        inputs: what it was made from.
        log: the entries a scenario sees, in order, with their effects.
        base: digest of the plan.
        holds: last entry of this log that is in the plan's numbers already; None = fold the whole log over its
            bases.
    """
    grains = _edited_grains(inputs.model.registry)
    ground = Ground(
        plan=plan,
        inputs=inputs,
        base=base,
        units=read_units(inputs.table("unit_conversions"), inputs.table("items")),
        members={grain: members_by_dimension(plan.panel(grain), inputs.model) for grain in grains},
    )
    if holds is None or _without_an_edited_measure(plan, grains, inputs.model.registry):
        return fold_again(Head(ground=ground, panels=plan.panels, log=tuple(log), locks={}))
    held = tuple(entry for entry in log if entry.seq <= holds)
    head = Head(ground=ground, panels=plan.panels, log=held, locks={})
    return catch_up(head, tuple(log)[len(held) :])


def _without_an_edited_measure(plan: Plan, grains: Sequence[GrainName], registry: Registry) -> bool:
    """Tell whether a plan was made before some edited measure existed: nothing is known of it, not even its mask."""
    specs = [spec for grain in grains for spec in registry.of_grain(grain) if spec.kind is Kind.EDITED]
    return any(not plan.panel(spec.grain).has(spec.id) for spec in specs)


def _edited_grains(registry: Registry) -> tuple[GrainName, ...]:
    return tuple(dict.fromkeys(spec.grain for spec in registry.measures.values() if spec.kind is Kind.EDITED))


def fold_again(head: Head) -> Head:
    """Fold the whole log over the bases of the plan: the truth that logged effects are checked against."""
    ground, model = head.ground, head.ground.inputs.model
    panels, locks = dict(head.panels), {}
    for grain in ground.members:
        folded = fold_with_locks(ground.plan.panel(grain), head.log, model, ground.units)
        panels[grain] = follow(folded.panel, model)
        locks[grain] = folded.locks
    return replace(head, panels=panels, locks=locks)


def catch_up(head: Head, logged: Sequence[Logged]) -> Head:
    """Put entries of others in by their logged effects; where these speak of another plan's rows, fold again."""
    if any(isinstance(entry.entry, Change) and entry.base != head.ground.base for entry in logged):
        return fold_again(replace(head, log=(*head.log, *logged)))
    for entry in logged:
        head = put(head, entry)
    return head


def effects_on(head: Head, entry: Entry) -> tuple[Effect, ...] | tuple[Issue, ...]:
    """Tell what an entry would do to the head, as the log keeps it; or the issues that refuse it.

    A record change moves no cell: it counts from the next plan on.
    """
    if not isinstance(entry, Change):
        return ()
    ground, model = head.ground, head.ground.inputs.model
    grain = _grain_of(entry, model.registry)
    panel = head.panels.get(grain) if grain else None
    if grain is None or panel is None:
        return effects_of(entry, head.panels[next(iter(ground.members))], model, head.log, ground.units)
    if entry.operation is Operation.WITHDRAW:
        if all(logged.seq != entry.withdraws for logged in head.log):
            return effects_of(entry, panel, model, head.log, ground.units)
        after, _ = fold(ground.plan.panel(grain), (*head.log, entry), model, ground.units)
        return effects_between(panel, after, model.registry)
    refused = late_weights(entry, ground.inputs)
    if refused:
        return refused
    locks = known_locks(head, grain)
    return effects_under(entry, panel, model, locks, ground.units, members=ground.members.get(grain))


def late_weights(change: Change, inputs: PlanInputs) -> tuple[Issue, ...]:
    """Refuse weights that are made after changes are folded in: the next plan would share by something else."""
    registry = inputs.model.registry
    if change.spread_by is None or change.operation is Operation.WITHDRAW:
        return ()
    spec, weights = registry[change.measure], registry[change.spread_by]
    moved = [registry[name] for name in spec.inverse] or [spec]
    own = {name for edited in moved for name in (edited.id, edited.base, *edited.spread_by)}
    if weights.kind is Kind.GIVEN or weights.id in own or weights.id in _early(inputs):
        return ()
    known = ", ".join(sorted(str(name) for name in own if name))
    return (
        Issue(
            code="change.late-weights",
            severity=Severity.REFUSED,
            place=Place(measure=change.measure, scope=change.scope, first=change.first, last=change.last),
            message=f"{weights.id} is made after changes are put in: its shares would be others in the next plan.",
            advice=f"Share by one of {known}, by a stream, or by history.",
        ),
    )


def _early(inputs: PlanInputs) -> frozenset[str]:
    """Name the solved measures that stand before changes are folded in."""
    return BEFORE_CHANGES | frozenset(known_streams(inputs).values())


def _grain_of(change: Change, registry: Registry) -> GrainName | None:
    try:
        return registry[change.measure].grain
    except NotFound:
        return None


def put(head: Head, logged: Logged) -> Head:
    """Put a logged entry of this plan's rows in by its effects.

    What is arithmetic on what moved is computed again in the rows that moved; nothing else changes.
    """
    entry = logged.entry
    after = replace(head, log=(*head.log, logged))
    grain = _grain_of(entry, head.ground.inputs.model.registry) if isinstance(entry, Change) else None
    if not isinstance(entry, Change) or grain is None or grain not in head.ground.members:
        return after
    panel = _moved(after, grain, entry, logged.effects)
    locks = {name: known for name, known in head.locks.items() if name != grain}
    if grain in head.locks and entry.operation is not Operation.WITHDRAW:
        locks[grain] = _locked(head, grain, entry, logged.effects)
    return replace(after, panels={**head.panels, grain: panel}, locks=locks)


def _moved(head: Head, grain: GrainName, change: Change, effects: Sequence[Effect]) -> Panel:
    model, before = head.ground.inputs.model, head.panels[grain]
    if not effects:
        return before
    panel = apply_effects(before, effects)
    absent = [effect.measure for effect in effects if effect.measure in panel.present]
    if change.operation is Operation.WITHDRAW and absent:
        # Effects say what a cell holds, not that it holds nothing again: that only the fold knows.
        folded = fold_with_locks(head.ground.plan.panel(grain), head.log, model, head.ground.units).panel
        panel = panel.with_counts({}, {name: folded.mask(name) for name in absent})
    rows = np.unique(np.concatenate([effect.rows for effect in effects]))
    return follow(panel, model, rows, moved={effect.measure for effect in effects})


def _locked(head: Head, grain: GrainName, change: Change, effects: Sequence[Effect]) -> Locks:
    """Give the locks after a change: a LOCK's effects are the cells it holds, an UNLOCK frees its block."""
    model, panel = head.ground.inputs.model, head.panels[grain]
    locks = dict(head.locks[grain])
    if change.operation is Operation.LOCK:
        for effect in effects:
            flags = locks.get(effect.measure, np.zeros(panel.shape, dtype=np.bool_)).copy()
            flags[effect.rows, effect.columns] = True
            locks[effect.measure] = flags
    if change.operation is Operation.UNLOCK:
        rows = rows_of(panel, model, change.scope, head.ground.members[grain])
        span = model.buckets.span(change.first, change.last)
        spec = model.registry[change.measure]
        for name in {spec.id, *spec.inverse} & set(locks):
            flags = locks[name].copy()
            flags[rows, max(span.start, model.buckets.first_open) : span.stop] = False
            locks[name] = flags
    return locks


def known_locks(head: Head, grain: GrainName) -> Locks:
    """Give the locked cells of a grain; the log is folded for them only when it holds a lock."""
    if grain in head.locks:
        return head.locks[grain]
    model = head.ground.inputs.model
    live, _ = live_entries(head.log, model.buckets.current)
    if not any(isinstance(item.entry, Change) and item.entry.operation is Operation.LOCK for item in live):
        return {}
    return fold_with_locks(head.ground.plan.panel(grain), head.log, model, head.ground.units).locks


def with_locks(head: Head) -> Head:
    """Give the head with the locks of every edited grain, so that the next changes need no fold."""
    if len(head.locks) == len(head.ground.members):
        return head
    return replace(head, locks={grain: known_locks(head, grain) for grain in head.ground.members})


def moved_measures(head: Head) -> tuple[MeasureId, ...]:
    """Give the edited measures whose numbers differ from those of the plan the head stands on."""
    found = []
    for spec in head.ground.inputs.model.registry.measures.values():
        if spec.kind is not Kind.EDITED:
            continue
        one, other = head.ground.plan.panel(spec.grain), head.panels[spec.grain]
        arrays = (p.count(spec.id) if spec.quantum is not None else p.rate(spec.id) for p in (one, other))
        masks = (p.mask(spec.id) for p in (one, other))
        if not all(np.array_equal(*pair) for pair in (tuple(arrays), tuple(masks))):
            found.append(spec.id)
    return tuple(found)


def aged_measures(inputs: PlanInputs, *, everything: bool) -> frozenset[MeasureId]:
    """Give the measures that a change leaves behind until the next plan.

    Args:
        inputs: of the plan that is held.
        everything: whether tables moved too (a record change, an import): then given measures are behind as well.

    Returns:
        Solved measures made after the consensus but for what follows it at once, and the summed ones that read them.
    """
    registry, held = inputs.model.registry, _early(inputs) | frozenset(AT_ONCE)
    kinds = (Kind.GIVEN, Kind.SOLVED) if everything else (Kind.SOLVED,)
    found = {
        spec.id
        for spec in registry.measures.values()
        if spec.kind in kinds and spec.spans != "closed" and (everything or spec.id not in held)
    }
    for grain in registry.grains:
        for spec in in_order(registry, grain):
            if found & set(names_in(parse_formula(spec.formula or ""))):
                found.add(spec.id)
    return frozenset(found)
