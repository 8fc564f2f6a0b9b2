"""Record changes: somebody's opinion, with a reason, in one transaction, seen against what they looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from trivet.core.entries import Change, Effect, Entry, Logged, Operation
from trivet.core.ids import MeasureId, ScenarioId, Seq
from trivet.core.issues import Issue, Place, Severity
from trivet.core.plan import Plan, PlanInputs
from trivet.core.said import Said, to_change
from trivet.core.scope import rows_of
from trivet.cycle.fences import check_fence
from trivet.planning.effects import effects_in_turn, heads_in_turn
from trivet.planning.explain import total
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="change", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What one change did: the total of its scope and buckets before and after, in units of the measure.

    `cells` is the number of cells that moved.
    """

    seq: Seq
    measure: MeasureId
    cells: int
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAnswer:
    """What was recorded, or why nothing was.

    Attributes:
        scenario: scenario changed.
        recorded: whether the changes are in the log (all of them, or none).
        moved: per change what it moved.
        issues: refusals, or warnings of fences.
    """

    scenario: ScenarioId
    recorded: bool
    moved: tuple[Moved, ...]
    issues: tuple[Issue, ...]


class _Refused(Exception):  # noqa: N818 - carries issues out of the store's transaction
    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__()
        self.issues = issues


def record_changes(
    workspace: Workspace,
    changes: Sequence[Entry | Said],
    *,
    scenario: str = MAIN,
    seen: int | None = None,
    source: str = "change",
) -> ChangeAnswer:
    """Record changes of editable measures or of rows of tables, all of them or none.

    Args:
        workspace: the open workspace.
        changes: in the order they apply, as entries or in people's words.
        scenario: scenario they belong to.
        seen: sequence number of the log the person looked at; a later change of the same cells is
            a Conflict that names both values and who. None = do not check.
        source: where it came from, for the audit trail.

    Raises:
        Conflict: somebody changed the same cells since `seen`.
        NotFound: a measure, level or member is not known, or there is no plan yet.
    """
    name = ScenarioId(scenario)
    version, plan, inputs = workspace.planned(scenario)
    entries = tuple(to_change(said, inputs.model) if isinstance(said, Said) else said for said in changes)
    fences = tuple(
        i for entry in entries if isinstance(entry, Change) for i in check_fence(entry, inputs.model.buckets)
    )
    refused = tuple(issue for issue in fences if issue.severity is Severity.REFUSED)
    if refused:
        return ChangeAnswer(scenario=name, recorded=False, moved=(), issues=refused)
    try:
        logged = workspace.store.append(
            name,
            entries,
            workspace.stamp(source),
            seen=None if seen is None else Seq(seen),
            effects=lambda live: _effects(plan, inputs, live, entries),
            base=version.digest,
            registry=workspace.registry,
        )
    except _Refused as refusal:
        return ChangeAnswer(scenario=name, recorded=False, moved=(), issues=refusal.issues)
    before = [entry for entry in workspace.store.entries(name) if entry.seq < logged[0].seq]
    moved = _moved(plan, inputs, before, logged)
    return ChangeAnswer(scenario=name, recorded=True, moved=moved, issues=fences)


def _effects(
    plan: Plan, inputs: PlanInputs, live: Sequence[Logged], entries: Sequence[Entry]
) -> tuple[tuple[Effect, ...], ...]:
    found = []
    for entry, result in zip(entries, effects_in_turn(plan, inputs, live, entries), strict=False):
        refused = tuple(part for part in result if isinstance(part, Issue))
        effects = tuple(part for part in result if isinstance(part, Effect))
        if isinstance(entry, Change):
            refused = refused or _reason_missing(entry, effects, inputs.model.company.reason_above)
        if refused:
            raise _Refused(refused)
        found.append(effects)
    return tuple(found)


def _reason_missing(change: Change, effects: Sequence[Effect], limit: float) -> tuple[Issue, ...]:
    """Refuse a change above the company's limit that gives no reason (R6)."""
    if change.reason or change.operation not in (Operation.SET, Operation.ADD, Operation.SCALE):
        return ()
    before = sum(int(effect.before.sum()) for effect in effects)
    after = sum(int(effect.after.sum()) for effect in effects)
    percent = abs(after - before) / before * 100 if before else (100.0 if after else 0.0)
    if percent <= limit:
        return ()
    return (
        Issue(
            code="change.reason-needed",
            severity=Severity.REFUSED,
            place=Place(measure=change.measure, scope=change.scope, first=change.first, last=change.last),
            message=f"this moves its cells by {percent:.1f} %; above {limit:g} % a reason is needed.",
            advice='Give one: --reason "...".',
        ),
    )


def _moved(plan: Plan, inputs: PlanInputs, before: Sequence[Logged], logged: Sequence[Logged]) -> tuple[Moved, ...]:
    lines = []
    for entry, one, other in heads_in_turn(plan, inputs, before, logged):
        change = entry.entry
        if not isinstance(change, Change):
            continue
        spec = inputs.model.registry[change.measure]
        buckets = inputs.model.buckets
        columns = slice(max(buckets.index(change.first), buckets.first_open), buckets.index(change.last) + 1)
        hit = np.zeros(one.rows, dtype=np.bool_)
        hit[rows_of(one, inputs.model, change.scope)] = True
        lines.append(
            Moved(
                seq=entry.seq,
                measure=spec.id,
                cells=sum(int((effect.after != effect.before).sum()) for effect in entry.effects),
                before=total(one, spec, hit, columns),
                after=total(other, spec, hit, columns),
            )
        )
    return tuple(lines)
