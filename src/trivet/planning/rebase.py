"""Rebase: what becomes of a branch's opinions when the plan under them moves.

A branch is its base and its entries. On another base (the parent's newer plan, after an import or what others
changed) the entries are folded again: SET keeps its total, ADD its amount, SCALE its factor, LOCK its value. What
its parent took over by a merge, and what was taken back, stays behind; what no longer fits is kept as somebody's
intent, moves nothing, and is an issue that names the entry and its author.
"""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from trivet.core.entries import Change, Effect, Entry, Logged
from trivet.core.fold import replay
from trivet.core.ids import Digest, GrainName, ScenarioId, Seq
from trivet.core.issues import Issue, Place, Severity
from trivet.core.live import taken_back
from trivet.core.measures import Kind
from trivet.core.plan import Plan, PlanInputs
from trivet.core.units import read_units
from trivet.planning.rows import Axes, on_rows_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Branch:
    """A branch and the base it is to stand on.

    Attributes:
        name: the branch.
        entries: what it sees now, inherited first.
        inherited: what it will inherit.
        first: number its first entry will have.
    """

    name: ScenarioId
    entries: tuple[Logged, ...]
    inherited: tuple[Logged, ...]
    first: Seq


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CarriedOver:
    """The branch's entries on the new base.

    Attributes:
        entries: with their new numbers and the effects they have there.
        was: the number each had.
        log: everything the branch sees there, effects in the rows of the new base.
        issues: what does not fit, what was left behind.
        unfit: new numbers of entries that move nothing because they do not fit.
    """

    entries: tuple[Logged, ...]
    was: tuple[Seq, ...]
    log: tuple[Logged, ...]
    issues: tuple[Issue, ...]
    unfit: frozenset[Seq]


def carry_over(branch: Branch, plan: Plan, inputs: PlanInputs, base: Digest, axes: Axes) -> CarriedOver:
    """Fold a branch's entries again on another base.

    Args:
        branch: the branch, its entries, and what it will inherit.
        plan: the plan of the new base.
        inputs: what it was made from.
        base: digest of the plan.
        axes: looks up the rows of plans that logged effects speak of.
    """
    own, was, issues = _chosen(branch)
    log = on_rows_of((*branch.inherited, *own), base, plan.panels, axes, inputs.model.registry)
    moved: dict[Seq, tuple[Effect, ...]] = {}
    unfit: set[Seq] = set()
    for grain in edited_grains(inputs):
        units = read_units(inputs.table("unit_conversions"), inputs.table("items"))
        for turn in replay(plan.panel(grain), log, inputs.model, units, after=Seq(branch.first - 1)):
            moved[turn.entry.seq] = turn.effects
            issues += turn.issues
            if any(issue.severity is Severity.REFUSED for issue in turn.issues):
                unfit.add(turn.entry.seq)
    fresh = tuple(
        replace(entry, base=base, effects=moved.get(entry.seq, ())) for entry in log if entry.seq >= branch.first
    )
    return CarriedOver(
        entries=fresh,
        was=was,
        log=(*log[: len(branch.inherited)], *fresh),
        issues=tuple(issues),
        unfit=frozenset(unfit),
    )


def edited_grains(inputs: PlanInputs) -> tuple[GrainName, ...]:
    """Give the grains with measures people edit, in the order of the registry."""
    edited = (spec for spec in inputs.model.registry.measures.values() if spec.kind is Kind.EDITED)
    return tuple(dict.fromkeys(spec.grain for spec in edited))


def _chosen(branch: Branch) -> tuple[tuple[Logged, ...], tuple[Seq, ...], list[Issue]]:
    """Give the entries that go along, renumbered, with their old numbers, and what stays behind."""
    gone = taken_back(branch.entries)
    before = {entry.seq: entry for entry in branch.entries}
    chosen: list[Logged] = []
    was: list[Seq] = []
    issues: list[Issue] = []
    taken: set[Seq] = set()
    for logged in branch.entries:
        if logged.scenario != branch.name or logged.seq in gone:
            continue
        entry: Entry = logged.entry
        if entry.withdraws is not None:
            if before[entry.withdraws].scenario == branch.name:
                continue  # what it took back stays behind too
            target = _same_entry(before[entry.withdraws], branch.inherited, taken)
            if target is None:
                issues.append(_left(logged, f"the new base does not hold entry {entry.withdraws}, which it takes back"))
                continue
            taken.add(target)
            entry = replace(entry, withdraws=target)
        merged = _merged_as(logged, branch)
        if merged is not None:
            issues.append(_left(logged, f"it was merged into {merged.scenario} as entry {merged.seq}"))
            continue
        chosen.append(replace(logged, entry=entry, seq=Seq(branch.first + len(chosen))))
        was.append(logged.seq)
    return tuple(chosen), tuple(was), issues


def _same_entry(wanted: Logged, inherited: Sequence[Logged], taken: Container[Seq]) -> Seq | None:
    """Find an entry behind the new base: by its number, or (rebased there since) the next that says the same.

    `taken` were found for others already.
    """
    same = [
        logged.seq
        for logged in inherited
        if (logged.scenario, logged.stamp, _intent(logged)) == (wanted.scenario, wanted.stamp, _intent(wanted))
    ]
    if wanted.seq in same:
        return wanted.seq
    return next((seq for seq in same if seq not in taken), None)


def _intent(logged: Logged) -> Entry:
    return replace(logged.entry, withdraws=None)


def _merged_as(logged: Logged, branch: Branch) -> Logged | None:
    """Give the entry of the new base that a merge made of this one, while it counts."""
    gone = taken_back(branch.inherited)
    for other in branch.inherited:
        if other.stamp.source != f"merge {branch.name}" or other.seq in gone:
            continue
        if _before_merge(other.entry, branch.name, logged) == logged.entry:
            return other
    return None


def _before_merge(entry: Entry, branch: ScenarioId, logged: Logged) -> Entry:
    """Give a merged entry with the reason it had in the branch."""
    if not isinstance(entry, Change) or entry.reason is None:
        return entry
    mark = rf"(.*) \(from {re.escape(branch)} \d+ by {re.escape(logged.stamp.actor)}\)"
    found = re.fullmatch(mark, entry.reason, flags=re.DOTALL)
    if found is None:
        return entry
    return replace(entry, reason=logged.entry.reason if found[1] == "no reason given" else found[1])


def _left(logged: Logged, why: str) -> Issue:
    entry = logged.entry
    place = (
        Place(measure=entry.measure, scope=entry.scope, first=entry.first, last=entry.last)
        if isinstance(entry, Change)
        else Place(source=entry.table)
    )
    return Issue(
        code="rebase.left-behind",
        severity=Severity.NOTE,
        place=place,
        message=f"entry {logged.seq} of {logged.stamp.actor} stays behind: {why}.",
        advice="It can be read in the log of before.",
    )
