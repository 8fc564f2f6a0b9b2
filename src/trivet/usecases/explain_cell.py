"""Explain a number: what it is, what it is made of, who changed it and why, which file it comes from."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from trivet.core.ids import VersionId
from trivet.core.issues import Issue
from trivet.core.said import parse_moment, parse_scope, parse_span
from trivet.core.scope import rows_of
from trivet.planning.explain import Explanation, explain
from trivet.planning.told import issues_about
from trivet.usecases.declare import Shells
from trivet.workspace.moments import looked_at_then
from trivet.workspace.workspace import MAIN, Workspace

MOST: Final = 10
"""Most issues an explanation brings along, those with the largest amounts."""
DECLARED = Shells(command="explain", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """A file a number comes from."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainAnswer:
    """An explanation, the version the number stands in, the files behind it, and what planning said about these cells.

    The first issue tells when changes since the version are not in a solved number. The sums of whole files are left
    out for who sees a part of the numbers.
    """

    version: VersionId
    explanation: Explanation
    files: tuple[SourceLine, ...]
    issues: tuple[Issue, ...] = ()


def explain_cell(
    workspace: Workspace,
    measure: str,
    *,
    scope: tuple[str, ...] = (),
    first: str | None = None,
    last: str | None = None,
    plan: str = MAIN,
    as_of: str | None = None,
) -> ExplainAnswer:
    """Explain a measure over a scope and a run of buckets.

    Args:
        workspace: the open workspace.
        measure: name of the measure.
        scope: nodes as `level=member`, e.g. ("family=Trekking", "region=West").
        first: first bucket (2027-03); None = the whole horizon.
        last: last bucket; None = the first.
        plan: scenario, as it stands now, or version.
        as_of: a sequence number, day or instant: the number as it was then; None = now.

    Raises:
        NotFound: something named is not known; the message offers the nearest name.
        NotPermitted: the measure is not shown to the person's role, or can't be cut to their part.
    """
    looked = looked_at_then(workspace, plan, parse_moment(as_of)) if as_of else workspace.looked_at(plan)
    model, version = looked.inputs.model, looked.version
    nodes = parse_scope(scope, model.dimensions)
    columns = parse_span(first, last, model.buckets)
    rights = workspace.rights
    rights.check_measure(workspace.registry[measure], workspace.registry)
    spec = workspace.registry[measure]
    told = explain(looked.plan, looked.inputs, looked.entries, measure, nodes, columns)
    files = workspace.store.snapshot(version.snapshot, only=()).files
    behind = looked.stale.issue(told.measure) if looked.stale else None
    measures = (spec.id, *(part.measure for part in told.parts))
    hit = np.zeros(looked.plan.panel(spec.grain).rows, dtype=np.bool_)
    hit[rows_of(looked.plan.panel(spec.grain), model, nodes)] = True
    about = issues_about(looked.plan, model, measures, hit, columns)
    return ExplainAnswer(
        version=version.id,
        explanation=replace(told, where=rights.where(", ".join(str(node) for node in nodes))),
        files=tuple(
            SourceLine(name=file.name, sha256=file.sha256)
            for file in files
            if rights.whole and file.name.split(".")[0] in told.tables
        ),
        issues=((behind,) if behind else ()) + tuple(about[:MOST]),
    )
