"""Trace a cell: its value now or at any earlier change or instant, and every change that moved it (G10)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import cache

import numpy as np

from trivet.core.entries import Entry
from trivet.core.ids import Digest, MeasureId, ScenarioId, Seq, VersionId
from trivet.core.said import parse_moment, parse_scope, parse_span
from trivet.core.scope import rows_of
from trivet.planning.compare import words
from trivet.planning.explain import total, unit_in_words
from trivet.planning.trace import PLANNED, Cells, Ground, Move, edited_behind, trace
from trivet.store import StoredVersion
from trivet.usecases.declare import Shells
from trivet.workspace.moments import looked_at_then, seq_of
from trivet.workspace.seen import see_log
from trivet.workspace.workspace import MAIN, Looked, Workspace

DECLARED = Shells(command="log", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceAnswer:
    """The history of a cell or of a node's total.

    Attributes:
        scenario: whose log.
        seq: number of the log it is told up to.
        version: the plan the numbers stand on.
        measure, unit, where, when: which cells.
        value: their total at `seq`, in units of the measure.
        moves: what moved it, oldest first; each `old` is the `new` of the line before, the last `new` is `value`.
    """

    scenario: ScenarioId
    seq: Seq
    version: VersionId
    measure: MeasureId
    unit: str
    where: str
    when: str
    value: Decimal
    moves: tuple[Move, ...]


def trace_cell(
    workspace: Workspace,
    measure: str,
    *,
    scope: tuple[str, ...] = (),
    first: str | None = None,
    last: str | None = None,
    plan: str = MAIN,
    as_of: str | None = None,
) -> TraceAnswer:
    """Tell what a cell was and who moved it.

    Args:
        workspace: the open workspace.
        measure: a measure people edit, or one computed from such.
        scope: nodes as `level=member`, e.g. ("family=Trekking",).
        first: first bucket (2027-03); None = the whole horizon.
        last: last bucket; None = the first.
        plan: scenario, or version: its log up to it.
        as_of: a sequence number, day or instant; None = now.

    Raises:
        NotFound: something named is not known, or was not there then.
        NotPermitted: the measure is not shown to the person's role, or can't be cut to their part.
        InvalidInput: nobody edits the measure, or a bucket or moment can't be read.
    """
    of_scenario = any(known.id == plan for known in workspace.store.scenarios())
    fixed = None if of_scenario else workspace.version(plan)
    scenario = fixed.scenario if fixed else ScenarioId(plan)
    moment = parse_moment(as_of) if as_of else None
    seq = seq_of(workspace, scenario, moment, limit=fixed.seq if fixed else None)
    looked = looked_at_then(workspace, plan, moment if moment is not None else seq)
    model, spec = looked.inputs.model, workspace.registry[measure]
    workspace.rights.check_measure(spec, workspace.registry)
    edited_behind(spec.id, workspace.registry)
    nodes, columns = parse_scope(scope, model.dimensions), parse_span(first, last, model.buckets)
    panel = looked.plan.panel(spec.grain)
    hit = np.zeros(panel.rows, dtype=np.bool_)
    hit[rows_of(panel, model, nodes)] = True
    edges, labels = model.buckets.edges, [model.buckets.label(i) for i in (columns.start, columns.stop - 1)]
    cells = Cells(
        measure=spec.id,
        scope=(*workspace.rights.nodes, *nodes),
        first=edges[columns.start],
        last=edges[columns.stop] - timedelta(days=1),
    )
    return TraceAnswer(
        scenario=scenario,
        seq=seq,
        version=looked.version.id,
        measure=spec.id,
        unit=unit_in_words(spec, looked.inputs),
        where=workspace.rights.where(", ".join(scope)),
        when=" to ".join(dict.fromkeys(labels)),
        value=total(panel, spec, hit, columns),
        moves=_moves(workspace, scenario, seq, looked, cells),
    )


def _moves(workspace: Workspace, scenario: ScenarioId, seq: Seq, looked: Looked, cells: Cells) -> tuple[Move, ...]:
    """Trace the log as it was written, every entry on the plan it was made on."""
    grounds = _grounds(workspace)
    last = grounds(looked.version.digest)
    if last is None:  # pragma: no cover - the version was read a moment ago
        return ()
    entries = workspace.store.entries(scenario, upto=seq)
    moves = trace(entries, cells, grounds, last)
    if workspace.rights.whole:
        return moves
    seen = {e.seq: e.entry for e in see_log(workspace, looked.version, last.plan, last.inputs.model, entries)}
    return tuple(_as_seen(move, seen.get(move.seq)) for move in moves if move.source == PLANNED or move.seq in seen)


def _as_seen(move: Move, entry: Entry | None) -> Move:
    """Say a change in the words of who sees a part of it."""
    if move.source == PLANNED or entry is None:
        return move
    return replace(move, what=words(replace(entry, reason=None)), reason=entry.reason)


def _grounds(workspace: Workspace) -> Callable[[Digest], Ground | None]:
    versions: dict[Digest, StoredVersion] = {}
    for version in workspace.store.versions():
        versions.setdefault(version.digest, version)

    @cache
    def ground(digest: Digest) -> Ground | None:
        version = versions.get(digest)
        if version is None:
            return None
        plan = workspace.store.load_plan(version.id)
        return Ground(
            name=version.id,
            digest=digest,
            seq=version.seq,
            scenario=version.scenario,
            actor=version.actor,
            at=version.created,
            plan=plan,
            inputs=workspace.sources_of(version, plan).inputs,
        )

    return ground
