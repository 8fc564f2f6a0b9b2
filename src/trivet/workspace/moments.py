"""Moments: what somebody would have seen at an earlier change or instant, read from the log.

The numbers of then are the plan people looked at then with the changes up to then folded in. A scenario stood on
its latest plan of that time, or, before its first one, on the plan it was branched from.
"""

from datetime import datetime

from trivet.core.entries import RecordChange
from trivet.core.errors import NotFound
from trivet.core.ids import ScenarioId, Seq
from trivet.planning.head import aged_measures, moved_measures, stand_on
from trivet.planning.rebase import edited_grains
from trivet.planning.rows import on_rows_of
from trivet.store.stored import StoredVersion
from trivet.workspace.axes import axes_of
from trivet.workspace.cube import Stale
from trivet.workspace.seen import see
from trivet.workspace.workspace import Looked, Workspace

Moment = Seq | datetime
"""A sequence number of the log, or an instant with its zone."""


def version_at(workspace: Workspace, scenario: ScenarioId, seq: Seq, at: datetime | None = None) -> StoredVersion:
    """Give the version a scenario stood on when its log was at `seq` (and, if asked, not later than an instant).

    Raises NotFound when there was none yet.
    """
    standing = workspace.store.standing(scenario, upto=seq)
    for version in reversed(workspace.store.versions(scenario)):
        if standing.since <= version.seq <= seq and (at is None or version.created <= at):
            return version
    if standing.base_version is not None:
        return workspace.store.version(standing.base_version)
    if standing.parent is not None:
        return version_at(workspace, standing.parent, Seq(min(standing.branched_at, seq)), at)
    raise NotFound(f"scenario {scenario} had no plan yet at change {seq}. Ask for a later one: trivet log")


def looked_at_then(workspace: Workspace, name: str, moment: Moment) -> Looked:
    """Give a scenario, or the log behind a version, as it stood at a change or an instant, cut to what one may see.

    Raises NotFound when there is no such scenario or version, or it was not there or had no plan yet.
    """
    return see(workspace, whole_then(workspace, name, moment))


def whole_then(workspace: Workspace, name: str, moment: Moment) -> Looked:
    """Give the same, whole: for what is worked out, not shown."""
    of_scenario = any(scenario.id == name for scenario in workspace.store.scenarios())
    fixed = None if of_scenario else workspace.version(name)
    scenario = fixed.scenario if fixed else ScenarioId(name)
    at = moment if isinstance(moment, datetime) else None
    seq = seq_of(workspace, scenario, moment, limit=fixed.seq if fixed else None)
    version = fixed or version_at(workspace, scenario, seq, at)
    plan = workspace.store.load_plan(version.id)
    inputs = workspace.sources_of(version, plan).inputs
    entries = workspace.store.entries(scenario, upto=seq)
    if version.scenario == scenario and version.seq == seq:
        return Looked(version=version, plan=plan, made=plan, inputs=inputs, entries=entries, stale=None)
    panels = {grain: plan.panel(grain) for grain in edited_grains(inputs)}
    log = on_rows_of(entries, version.digest, panels, axes_of(workspace), workspace.registry)
    head = stand_on(plan, inputs, log, base=version.digest)
    since = [entry for entry in entries if entry.seq > version.seq]
    tables = any(isinstance(entry.entry, RecordChange) for entry in since)
    stale = Stale(
        version=version.id,
        digest=version.digest,
        changes=len(since),
        measures=aged_measures(inputs, everything=tables),
    )
    behind = stale if tables or moved_measures(head) else None
    return Looked(version=version, plan=head.plan, made=plan, inputs=inputs, entries=log, stale=behind)


def seq_of(workspace: Workspace, scenario: ScenarioId, moment: Moment | None, *, limit: Seq | None = None) -> Seq:
    """Give the sequence number a scenario's log stood at; None = now. Raises NotFound for one that was never there.

    `limit` is the last number that counts, of a version.
    """
    head = workspace.store.head(scenario) if limit is None else limit
    if moment is None:
        return head
    if isinstance(moment, datetime):
        return Seq(min(workspace.store.seq_at(scenario, moment), head))
    if not 0 <= moment <= head:
        raise NotFound(f"scenario {scenario} stands at change {head}; change {moment} was never there. See: trivet log")
    return moment
