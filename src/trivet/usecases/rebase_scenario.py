"""Rebase a branch: put it on its parent's newer plan, or on another, and say what that moves before it is done (W1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import numpy as np

from trivet.core.entries import Change, Logged
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import ScenarioId, Seq, VersionId
from trivet.core.issues import Issue, Place, Severity
from trivet.core.measures import Kind
from trivet.core.plan import Plan, PlanInputs
from trivet.core.recordchanges import apply_record_changes
from trivet.core.scope import rows_of
from trivet.core.signoffs import about_numbers
from trivet.planning.compare import Difference, compare, words
from trivet.planning.explain import total
from trivet.planning.head import stand_on
from trivet.planning.rebase import Branch, CarriedOver, carry_over
from trivet.store import Base, Standing, StoredScenario, StoredVersion
from trivet.usecases.declare import Shells
from trivet.workspace.axes import axes_of
from trivet.workspace.moments import looked_at_then
from trivet.workspace.workspace import Workspace

DECLARED = Shells(command="rebase", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What a branch stands on: a scenario up to a change, and the plan there."""

    scenario: ScenarioId
    seq: Seq
    version: VersionId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedLine:
    """One change of the branch: its number before and after, and what its cells come to on either base.

    `before` and `after` are totals of its scope and buckets in units of its measure; None for a row of a table,
    and where the place is not there. `fits` is False for one that moves nothing on the new base.
    """

    was: Seq
    seq: Seq
    actor: str
    at: datetime
    what: str
    before: Decimal | None
    after: Decimal | None
    fits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RebaseAnswer:
    """What a rebase did, or would do.

    Attributes:
        scenario: the branch.
        done: whether it stands on the new base now; False for a preview, and where it stood there already.
        same: whether it stood there already.
        before: what it stood on.
        after: what it stands on, or would.
        head: last change of the branch before; `trivet log --as-of` shows it as it was.
        carried: its changes on the new base.
        differences: edited measures of the branch by family and fiscal year, before and after.
        issues: what no longer fits, with entry and author, and what stays behind.
    """

    scenario: ScenarioId
    done: bool
    same: bool
    before: Stand
    after: Stand
    head: Seq
    carried: tuple[CarriedLine, ...]
    differences: tuple[Difference, ...]
    issues: tuple[Issue, ...]


def rebase_scenario(
    workspace: Workspace, scenario: str, *, onto: str | None = None, preview: bool = False
) -> RebaseAnswer:
    """Fold the changes of a branch again on another base: SET keeps its total, ADD its amount, SCALE its factor.

    Args:
        workspace: the open workspace.
        scenario: the branch.
        onto: a scenario (its head and latest plan) or a version; None = the branch's parent.
        preview: only say what would move.

    Raises:
        NotFound: a scenario or version is not known, or has no plan yet.
        NotPermitted: the person sees only a part of the numbers it moves.
        InvalidInput: the scenario is no branch, or the new base stands on it.
    """
    name = ScenarioId(scenario)
    known = workspace.store.scenario(name)
    workspace.rights.check_whole("A rebase")
    if known.parent is None:
        raise InvalidInput(f"scenario {scenario} is no branch: it stands on nothing. Branch one: trivet branch")
    base, version = _base(workspace, onto or known.parent)
    before = Stand(scenario=known.parent, seq=known.branched_at, version=known.base_version)
    after = Stand(scenario=base.parent, seq=base.seq, version=base.version)
    if (before, known.snapshot) == (after, base.snapshot):
        return _answer(known, before, after)
    old = looked_at_then(workspace, scenario, known.head)
    ground = _Ground(workspace, version)
    if preview:
        standing = workspace.store.stand(name, base)
        carried = ground.carry_over(standing)
    else:
        done: list[CarriedOver] = []
        standing = workspace.store.rebase(name, base, ground.into(done), workspace.stamp("rebase"))
        (carried,) = done
    heads = (old.plan, old.inputs), (ground.head(carried), ground.inputs)
    return replace(
        _answer(standing.scenario, before, after, done=not preview, same=False),
        carried=_lines(standing, carried, heads),
        differences=_differences(heads),
        issues=(*carried.issues, *ground.issues_of_tables(carried), *_own_inputs(workspace, standing, base)),
    )


def _answer(
    known: StoredScenario, before: Stand, after: Stand, *, done: bool = False, same: bool = True
) -> RebaseAnswer:
    return RebaseAnswer(
        scenario=known.id,
        done=done,
        same=same,
        before=before,
        after=after,
        head=known.head,
        carried=(),
        differences=(),
        issues=(),
    )


def _base(workspace: Workspace, onto: str) -> tuple[Base, StoredVersion]:
    """Give the base somebody names, and the plan its numbers come from."""
    scenario = next((known for known in workspace.store.scenarios() if known.id == onto), None)
    if scenario is None:
        version = workspace.version(onto)
        return _of_version(version), version
    version = workspace.planned_version(onto)
    base = Base(parent=scenario.id, seq=scenario.head, version=version.id, snapshot=scenario.snapshot)
    return base, version


def _of_version(version: StoredVersion) -> Base:
    return Base(parent=version.scenario, seq=version.seq, version=version.id, snapshot=version.snapshot)


class _Ground:
    """The plan of the new base, on which the branch's changes are folded again."""

    def __init__(self, workspace: Workspace, version: StoredVersion) -> None:
        self._workspace, self._version = workspace, version
        self._plan = workspace.store.load_plan(version.id)
        self.inputs = workspace.sources_of(version, self._plan).inputs
        self._axes = axes_of(workspace)

    def carry_over(self, standing: Standing) -> CarriedOver:
        """Fold the branch's changes on this plan."""
        branch = Branch(
            name=standing.scenario.id,
            entries=standing.entries,
            inherited=standing.inherited,
            first=standing.first,
        )
        return carry_over(branch, self._plan, self.inputs, self._version.digest, self._axes)

    def into(self, done: list[CarriedOver]) -> Callable[[Standing], Sequence[Logged]]:
        """Give what carries over inside the store's transaction and keeps what came of it."""

        def keep(standing: Standing) -> Sequence[Logged]:
            done.append(self.carry_over(standing))
            return done[-1].entries

        return keep

    def head(self, carried: CarriedOver) -> Plan:
        """Give the numbers of the branch on this plan."""
        return stand_on(self._plan, self.inputs, carried.log, base=self._version.digest).plan

    def issues_of_tables(self, carried: CarriedOver) -> tuple[Issue, ...]:
        """Say which rows of tables the branch put no longer fit."""
        tables = self._workspace.store.snapshot(self._version.snapshot).tables
        log, specs = about_numbers(carried.log), self._workspace.specs
        found = apply_record_changes(tables, log, specs, self.inputs.model.buckets)[1]
        own = tuple(f"entry {entry.seq} of " for entry in carried.entries)
        return tuple(issue for issue in found if issue.message.startswith(own))


def _own_inputs(workspace: Workspace, standing: Standing, base: Base) -> tuple[Issue, ...]:
    """Say that inputs the branch imported itself are replaced by those of the base."""
    branch = standing.scenario
    stood = workspace.store.version(branch.base_version).snapshot if branch.base_version else branch.snapshot
    if branch.snapshot in (stood, base.snapshot):
        return ()
    return (
        Issue(
            code="rebase.own-inputs",
            severity=Severity.WARNING,
            place=Place(source=str(branch.id)),
            message=f"{branch.id} had imported files of its own; on the new base it has those of {base.parent}.",
            advice=f"Import them again: trivet import FOLDER --scenario {branch.id}",
        ),
    )


Heads = tuple[tuple[Plan, PlanInputs], tuple[Plan, PlanInputs]]
"""The branch on its old base and on the new one."""


def _lines(standing: Standing, carried: CarriedOver, heads: Heads) -> tuple[CarriedLine, ...]:
    was = {entry.seq: entry for entry in standing.entries}
    return tuple(
        CarriedLine(
            was=old,
            seq=entry.seq,
            actor=entry.stamp.actor,
            at=entry.stamp.at,
            what=words(entry.entry),
            before=_total(was[old], *heads[0]),
            after=_total(entry, *heads[1]),
            fits=entry.seq not in carried.unfit,
        )
        for old, entry in zip(carried.was, carried.entries, strict=True)
    )


def _total(logged: Logged, plan: Plan, inputs: PlanInputs) -> Decimal | None:
    """Give the total of a change's scope and open buckets; None where there are none."""
    change, model = logged.entry, inputs.model
    if not isinstance(change, Change):
        return None
    try:
        spec = model.registry[change.measure]
        panel = plan.panel(spec.grain)
        span = model.buckets.span(max(change.first, model.buckets.current), change.last)
        hit = np.zeros(panel.rows, dtype=np.bool_)
        hit[rows_of(panel, model, change.scope)] = True
    except (InvalidInput, NotFound):
        return None
    return total(panel, spec, hit, span)


def _differences(heads: Heads) -> tuple[Difference, ...]:
    (one, _), (other, inputs) = heads
    edited = [spec for spec in inputs.model.registry.measures.values() if spec.kind is Kind.EDITED]
    level = "family" if "family" in inputs.model.dimensions["item"].levels else "item"
    return compare(one, other, inputs, edited, ("item", level))
