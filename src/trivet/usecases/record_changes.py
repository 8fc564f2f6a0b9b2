"""Record changes: somebody's opinion, with a reason, in one transaction, seen against what they looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

import numpy as np

from trivet.core.entries import Change, Entry, Logged, Operation
from trivet.core.formula import readers
from trivet.core.ids import MeasureId, ScenarioId, Seq
from trivet.core.issues import Issue
from trivet.core.rights import Rights
from trivet.core.said import Said
from trivet.core.scope import rows_of
from trivet.planning.explain import total
from trivet.planning.head import Head
from trivet.usecases.declare import Shells
from trivet.workspace.admission import admit
from trivet.workspace.cube import Refused
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="change", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A measure that moved with a change: its total over the same scope and buckets, in units of the measure."""

    measure: MeasureId
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What one change did: the total of its scope and buckets before and after, in units of the measure.

    `cells` is the number of cells that moved, `also` what moved with them: revenue with demand, say.
    """

    seq: Seq
    measure: MeasureId
    cells: int
    before: Decimal
    after: Decimal
    also: tuple[Followed, ...] = ()


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


def record_changes(
    workspace: Workspace,
    changes: Sequence[Entry | Said],
    *,
    scenario: str = MAIN,
    seen: int | None = None,
    source: str = "change",
) -> ChangeAnswer:
    """Record changes of editable measures or of rows of tables, all of them or none, where the person may.

    Args:
        workspace: the open workspace.
        changes: in the order they apply, as entries or in people's words.
        scenario: scenario they belong to.
        seen: sequence number of the log the person looked at; a later change of the same cells is
            a Conflict that names both values and who. None = do not check.
        source: where it came from, for the audit trail.

    Raises:
        Conflict: somebody changed the same cells since `seen`.
        NotFound: a measure, level or member is not known (or not theirs), or there is no plan yet.
        NotPermitted: the table `people` does not name who acts.
    """
    cube, name = workspace.cube(scenario), ScenarioId(scenario)
    asked = admit(workspace, cube, changes)
    if asked.refused:
        return ChangeAnswer(scenario=name, recorded=False, moved=(), issues=asked.refused)
    try:
        moved = cube.record(
            asked.entries,
            workspace.stamp(source),
            seen=None if seen is None else Seq(seen),
            refuse=asked.refuse,
            tell=lambda logged, before, after: _moved(logged, before, after, asked.rights),
        )
    except Refused as refusal:
        return ChangeAnswer(scenario=name, recorded=False, moved=(), issues=refusal.issues)
    return ChangeAnswer(scenario=name, recorded=True, moved=moved, issues=asked.warnings)


def _moved(logged: Logged, was: Head, head: Head, rights: Rights) -> Moved:
    """Give the totals of a change's scope and buckets before and after it, and of the summed measures that follow."""
    model = head.ground.inputs.model
    change, registry = cast("Change", logged.entry), model.registry
    spec, buckets = registry[change.measure], model.buckets
    before, after = was.panels[spec.grain], head.panels[spec.grain]
    columns = slice(max(buckets.index(change.first), buckets.first_open), buckets.index(change.last) + 1)
    hit = np.zeros(before.rows, dtype=np.bool_)
    hit[rows_of(before, model, change.scope)] = True
    edited = {effect.measure for effect in logged.effects}
    follow = [registry[name] for name in (*sorted(edited), *(m.id for m in readers(registry, before.grain, edited)))]
    return Moved(
        seq=logged.seq,
        measure=spec.id,
        # A lock records every cell it holds; any other effect is a cell that moved, were it from nothing to 0.
        cells=sum(
            int((effect.after != effect.before).sum()) if change.operation is Operation.LOCK else len(effect.rows)
            for effect in logged.effects
        ),
        before=total(before, spec, hit, columns),
        after=total(after, spec, hit, columns),
        also=tuple(
            Followed(
                measure=other.id, before=total(before, other, hit, columns), after=total(after, other, hit, columns)
            )
            for other in follow
            if other.id != spec.id and rights.sees(other.id)
        ),
    )
