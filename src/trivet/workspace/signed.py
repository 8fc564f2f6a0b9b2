"""The sign-offs of a scenario, and the gates they open: what people said of its plan beside the numbers.

Reads the log, the plan as it stands and the data it is made from; writes sign-offs only. Gates are looked at when a
plan is published: are the data ready (no blocking finding nobody accepted), is the consensus of every family approved.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from trivet.core.entries import Logged, RecordChange
from trivet.core.gates import Gate, GateName
from trivet.core.health import Acceptance, Answers, Charge, Health
from trivet.core.ids import ScenarioId, Seq, VersionId
from trivet.core.issues import Issue
from trivet.core.mask import see_panel
from trivet.core.panel import Panel
from trivet.core.permits import refuse_entries
from trivet.core.plan import Model, PlanInputs
from trivet.core.quantities import MONEY, to_decimal
from trivet.core.recordchanges import Cell
from trivet.core.renames import MEMBER_CHANGES, by_todays_codes, read_renames
from trivet.core.report import ImportReport
from trivet.core.signoffs import ACCEPTANCES, CONSENSUS, OWNERS, Signed, read_signoffs
from trivet.planning.agreed import FamilyConsensus, agreed_families
from trivet.planning.health import check_health
from trivet.store.stored import StoredVersion, VersionState
from trivet.workspace.registries import signoff_specs

if TYPE_CHECKING:
    from trivet.workspace.workspace import Looked, Sources, Workspace


def signed(entries: Sequence[Logged], table: str, inputs: PlanInputs) -> tuple[Signed, ...]:
    """Give the rows of a table of sign-offs that count in a log."""
    renames = read_renames(inputs.tables.get(MEMBER_CHANGES))
    return read_signoffs(entries, signoff_specs()[table], inputs.model.buckets, renames)


def agreed(workspace: "Workspace", looked: "Looked", scenario: str) -> tuple[FamilyConsensus, ...]:
    """Give the consensus of each family in what somebody looks at, with its approval in this cycle."""
    demand = looked.plan.panel("demand")
    published = last_published(workspace, scenario, looked.inputs)
    whole = workspace.whole(scenario).inputs  # rules and renames are no secret; a part of their tables tells wrong ones
    approvals = signed(looked.entries, CONSENSUS, whole)
    return agreed_families(looked.inputs, demand, approvals, published, whole)


def sign(
    workspace: "Workspace",
    scenario: str,
    rows: Sequence[RecordChange],
    models: tuple[Model, Model],
    *,
    seen: Seq,
    source: str,
) -> tuple[Issue, ...]:
    """Put rows of tables of sign-offs into the log of a scenario, all of them or none.

    They move no number, so that no plan is needed.

    Args:
        workspace: the open workspace.
        scenario: whose log.
        rows: what is signed or taken back.
        models: the model with every member, and the one with the members the actor sees.
        seen: last entry that was looked at; a later one on the same row is a Conflict.
        source: where it came from, for the audit trail.

    Returns:
        Why nothing was recorded; empty when it was.

    Raises:
        NotFound: a row names a member the actor does not see.
        Conflict: somebody signed the same since `seen`.
    """
    refused = refuse_entries(rows, *models, workspace.rights)
    if not refused:
        stamp = workspace.stamp(source)
        workspace.store.append(
            ScenarioId(scenario), rows, stamp, seen=seen, effects=lambda _standing: ((),) * len(rows)
        )
    return refused


def last_published(
    workspace: "Workspace", scenario: str, inputs: PlanInputs, *, before: VersionId | None = None
) -> Panel | None:
    """Give the consensus of the last plan a scenario or what it stands on published, cut to what the actor may see.

    Args:
        workspace: the open workspace.
        scenario: whose.
        inputs: of the plan it is held against, as the actor sees them.
        before: only versions older than this one; None = every one.
    """
    version = _last_published(workspace, scenario, before)
    if version is None:
        return None
    panel = workspace.store.load_panel(version.id, "demand", ["consensus_demand"])
    if panel.buckets.calendar is not inputs.model.buckets.calendar:
        return None
    now = by_todays_codes(panel, inputs.model.dimensions)
    return now if workspace.rights.whole else see_panel(now, inputs.model, workspace.rights)


def _last_published(workspace: "Workspace", scenario: str, before: VersionId | None) -> StoredVersion | None:
    name: ScenarioId | None = ScenarioId(scenario)
    every = [version.id for version in workspace.store.versions()]
    older = set(every if before is None else every[: every.index(before)])
    while name is not None:
        versions = [v for v in workspace.store.versions(name) if v.state is VersionState.PUBLISHED and v.id in older]
        if versions:
            return versions[-1]
        name = workspace.store.scenario(name).parent
    return None


def answers(workspace: "Workspace", entries: Sequence[Logged], inputs: PlanInputs) -> Answers:
    """Give what people said about findings of the data, as of today."""
    return Answers(
        acceptances={str(one.row["finding"]): _acceptance(one) for one in signed(entries, ACCEPTANCES, inputs)},
        charges={
            str(one.row["finding"]): Charge(owner=_text(one.row.get("owner")), due=_day(one.row.get("due")))
            for one in signed(entries, OWNERS, inputs)
        },
        today=workspace.clock().date(),
    )


def _acceptance(one: Signed) -> Acceptance:
    amount = one.row.get("amount")
    return Acceptance(
        by=one.by,
        at=one.at,
        reason=one.note,
        cycle=_day(one.row["cycle"]) or date.min,
        until=_day(one.row.get("until")),
        amount=None if amount is None else to_decimal(int(str(amount)), MONEY),
        members=tuple(str(one.row.get("members") or "").split(";")) if one.row.get("members") else (),
        seq=one.seq,
    )


def _text(cell: Cell) -> str | None:
    return None if cell is None else str(cell)


def _day(cell: Cell) -> date | None:
    return cell if isinstance(cell, date) else None


def health_of(workspace: "Workspace", sources: "Sources") -> Health:
    """Check the data of a scenario, with what people said about the findings."""
    stored = workspace.store.snapshot(sources.snapshot, only=())
    report = TypeAdapter(ImportReport).validate_json(stored.report_json)
    return check_health(sources.inputs, report, answers(workspace, sources.entries, sources.inputs))


def gates_of(workspace: "Workspace", scenario: str) -> tuple[Gate, ...]:
    """Look at the gates of a scenario as it stands now."""
    demanded = workspace.sources(scenario).inputs.model.company.gates
    return (
        _data_gate(workspace, scenario, demanded=GateName.DATA in demanded),
        _consensus_gate(workspace, scenario, demanded=GateName.CONSENSUS in demanded),
    )


def _data_gate(workspace: "Workspace", scenario: str, *, demanded: bool) -> Gate:
    found = health_of(workspace, workspace.sources(scenario))
    return Gate(
        name=GateName.DATA,
        demanded=demanded,
        passed=sum(not trust.touched for trust in found.families),
        open=tuple(
            f"{finding.code}{_money(finding.at_stake)}: {finding.owner or f'role {finding.role}'}, until {finding.due}"
            for finding in found.blocking
        ),
        accepted=tuple(
            f"{finding.code}{_money(finding.at_stake)}: accepted by {one.by} ({one.reason})"
            for finding in found.accepted
            if finding.blocking and (one := finding.acceptance) is not None
        ),
    )


def _money(amount: Decimal | None) -> str:
    return "" if amount is None else f" ({amount:,.0f})"


def _consensus_gate(workspace: "Workspace", scenario: str, *, demanded: bool) -> Gate:
    lines = agreed(workspace, workspace.looked_at(scenario), scenario)
    return Gate(
        name=GateName.CONSENSUS,
        demanded=demanded,
        passed=sum(line.approval is not None and line.approval.stands for line in lines),
        open=tuple(
            f"{line.family}: {standing(line)}" for line in lines if line.approval is None or not line.approval.stands
        ),
    )


def standing(line: FamilyConsensus) -> str:
    """Say in words who approved a family's consensus, or what changed since."""
    one = line.approval
    if one is None:
        return "not approved"
    if one.stands:
        return f"approved by {one.by}"
    moved = f"{one.units:+,.0f} units, {one.revenue:+,.0f}"
    return f"changed since {one.by} approved it: {moved}"
