"""Show the gaps: every pair of plans that should be one, with number, cause, tolerance and owner (C5)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from trivet.core.buckets import Period
from trivet.core.errors import InvalidInput
from trivet.core.ids import MeasureId, ScenarioId, VersionId
from trivet.core.issues import Issue
from trivet.core.pairs import GapCell, GapMatrix
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.planning.views import rows_by
from trivet.planning.waterfall import published_before
from trivet.reconcile.matrix import FAMILIES, Rows, Sides, draw_matrix
from trivet.reconcile.opinions import PLAN
from trivet.usecases.check_plan import Certificate, check_plan
from trivet.usecases.declare import Shells
from trivet.workspace.signed import agreed, last_published, standing
from trivet.workspace.workspace import MAIN, Looked, Workspace

__all__ = ["DECLARED", "GapCell", "GapsAnswer", "matrix_of", "said_of", "show_gaps"]
DECLARED = Shells(command="gaps", why="pages come with the workbench")
SYSTEMS = ("stock_history", "open_production", "open_purchases", "routings")
"""Tables of items that somebody who sees a family is told of, as far as they speak of its items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsAnswer:
    """The reconciliation matrix of a plan.

    Attributes:
        version: the plan, or what it stands on.
        matrix: every cell.
        beyond: cells outside their tolerance, most money first.
        unsigned: families whose consensus nobody approved as it stands, with what is missing.
        part: whose part it is, in words; empty for everything.
        changes: recorded since the version: demand knows them, what supply made of them does not.
    """

    version: VersionId
    matrix: GapMatrix
    beyond: tuple[GapCell, ...]
    unsigned: tuple[str, ...]
    part: str = ""
    changes: int = 0
    issues: tuple[Issue, ...] = ()


def show_gaps(
    workspace: Workspace, *, by: str = "family", period: str = "year", plan: str = MAIN, proof: bool = False
) -> GapsAnswer:
    """Show by how much plans differ that should be one: by member, pair and period.

    Args:
        workspace: the open workspace.
        by: level of the rows: of the items or markets. Below family and region the budget is spread top-down.
        period: year (this fiscal year and the next) or quarter.
        plan: scenario, as it stands now, or version.
        proof: run the tie-out certificate and say in the column of detail and family what it found.

    Raises:
        NotFound: there is no such scenario, version or level, or no plan yet.
        InvalidInput: the rows are neither items nor markets, or the period is none.
        NotPermitted: the table `people` does not name who acts.
    """
    looked, rows = workspace.looked_at(plan), _rows(workspace, plan, by)
    said = said_of(check_plan(workspace, plan=looked.version.id).certificate) if proof else ""
    matrix = matrix_of(workspace, looked, plan, rows=rows, period=_period(period), proof=said)
    behind = looked.stale.issue(MeasureId("constrained_demand")) if looked.stale else None
    return GapsAnswer(
        version=looked.version.id,
        matrix=matrix,
        beyond=matrix.beyond,
        unsigned=_unsigned(workspace, looked, plan),
        part=workspace.rights.part,
        changes=looked.stale.changes if looked.stale else 0,
        issues=(behind,) if behind else (),
    )


def matrix_of(
    workspace: Workspace,
    looked: Looked,
    plan: str,
    *,
    rows: Rows = FAMILIES,
    period: Period = Period.YEAR,
    proof: str = "",
) -> GapMatrix:
    """Draw the matrix of what somebody looks at, cut to what they may see."""
    rights, whole = workspace.rights, workspace.whole(plan)  # cut below, table by table
    inputs = looked.inputs if rights.whole else _inputs(looked.inputs, whole.inputs)
    inputs = replace(inputs, model=rows_by(inputs, rows.title).inputs.model)
    sees_stock = rights.reaches(workspace.registry["projected_stock"], workspace.registry)
    sides = Sides(
        inputs=inputs,
        panels={str(grain): panel for grain, panel in looked.plan.panels.items()},
        published=_published(workspace, looked, plan),
        systems=sees_stock,
        ledger=rights.whole,
        proof=proof,
    )
    return draw_matrix(sides, rows, period)


def _rows(workspace: Workspace, plan: str, by: str) -> Rows:
    """Give the members of a level; of a hierarchy those of its level above the leaves, named by their path."""
    found = rows_by(workspace.looked_at(plan).inputs, by)
    if found.dimension not in ("item", "market"):
        raise InvalidInput(f"'{by}' is a level of {found.dimension}; gaps are told of items or markets: family, item.")
    return Rows(dimension=found.dimension, level=found.levels[-1], title=by)


def _period(text: str) -> Period:
    if text not in (Period.YEAR, Period.QUARTER):
        raise InvalidInput(f"period is '{text}'; expected year or quarter.")
    return Period(text)


def _inputs(seen: PlanInputs, whole: PlanInputs) -> PlanInputs:
    """Give what somebody sees, with the tolerances (rules are no secret) and what systems say of their items."""
    items = pl.Series("item", seen.model.dimensions["item"].ids, dtype=pl.String).implode()
    own: Mapping[str, pl.DataFrame] = {name: whole.table(name).filter(pl.col("item").is_in(items)) for name in SYSTEMS}
    return replace(seen, tables={**seen.tables, **own, "targets": whole.table("targets")})


def said_of(certificate: Certificate) -> str:
    """Say what the certificate found of detail and aggregate."""
    verdict = "passed" if certificate.passed else "NOT passed: trivet check"
    return f"certificate {verdict}, {certificate.places:,} places compared"


def _unsigned(workspace: Workspace, looked: Looked, plan: str) -> tuple[str, ...]:
    """Name the families whose consensus is not approved as it stands; of a scenario, for who sees whole families."""
    if plan == looked.version.id or any(node.dimension != "item" for node in workspace.rights.nodes):
        return ()
    lines = agreed(workspace, looked, plan)
    return tuple(
        f"{line.family}: {standing(line)}" for line in lines if line.approval is None or not line.approval.stands
    )


def _published(workspace: Workspace, looked: Looked, plan: str) -> Panel | None:
    """Give the consensus published before the plan: a version, else the last cycle of the table `published`.

    Changes since a published version make it the one before.
    """
    scenario = looked.version.scenario if plan == looked.version.id else ScenarioId(plan)
    before = None if looked.stale is not None and looked.stale.changes else looked.version.id
    panel = last_published(workspace, scenario, looked.inputs, before=before)
    if panel is not None:
        return panel
    spec = workspace.registry[PLAN]
    earlier = published_before(looked.inputs, looked.plan.panel("demand"), spec)
    return earlier[max(earlier)] if earlier else None
