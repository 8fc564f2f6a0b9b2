"""List the log of a scenario: who changed what, when and why, and what it moved (G10)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from trivet.core.company import parse_company
from trivet.core.entries import Change, Logged, RecordChange
from trivet.core.ids import ScenarioId, Seq
from trivet.core.live import expired, taken_back
from trivet.core.said import parse_moment
from trivet.planning.compare import words
from trivet.usecases.declare import Shells
from trivet.workspace.moments import seq_of
from trivet.workspace.seen import see_log
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="log", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One entry of the log.

    Attributes:
        moved: change of the total of its cells, in units.
        live: whether it counts: not taken back and not expired.
        source: where it came from.
        reason, reason_code, assumption: why, of what kind, and what it rests on; empty when not given.
        expires: first day of the cycle from which it no longer counts; None = for good.
        expired: whether that cycle has begun.
    """

    seq: Seq
    scenario: ScenarioId
    actor: str
    at: datetime
    what: str
    moved: Decimal
    live: bool
    source: str
    reason: str = ""
    reason_code: str = ""
    assumption: str = ""
    expires: date | None = None
    expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAnswer:
    """The log a scenario sees (or saw when it stood at `seq`), oldest first; `part` says whose part of it."""

    scenario: ScenarioId
    seq: Seq
    lines: tuple[LogLine, ...]
    part: str = ""


def list_changes(workspace: Workspace, *, scenario: str = MAIN, as_of: str | None = None) -> LogAnswer:
    """Give every entry a scenario sees, its parents' included.

    Args:
        workspace: the open workspace.
        scenario: whose log.
        as_of: a sequence number, day or instant: the log as it was then; None = now.

    Raises:
        NotFound: there is no such scenario, or it was not there then.
        InvalidInput: `as_of` can't be read.
    """
    name = ScenarioId(scenario)
    seq = seq_of(workspace, name, parse_moment(as_of) if as_of else None)
    entries = workspace.store.entries(name, upto=seq)
    withdrawn = taken_back(entries)
    cycle = _cycle(workspace, name, entries)
    lines = tuple(_line(workspace, logged, withdrawn, cycle) for logged in _seen(workspace, name, entries))
    return LogAnswer(scenario=name, seq=seq, lines=lines, part=workspace.rights.part)


def _cycle(workspace: Workspace, scenario: ScenarioId, entries: Sequence[Logged]) -> date | None:
    """Give the current cycle of a scenario's data, where an entry expires; else None."""
    snapshot = workspace.store.scenario(scenario).snapshot
    if snapshot is None or all(isinstance(e.entry, RecordChange) or e.entry.expires is None for e in entries):
        return None
    return parse_company(workspace.store.snapshot(snapshot, only=()).company_text).buckets().current


def _line(workspace: Workspace, logged: Logged, withdrawn: Collection[Seq], cycle: date | None) -> LogLine:
    entry = logged.entry
    over = cycle is not None and expired(entry, cycle)
    moved = (
        int((e.after - e.before).sum()) * (workspace.registry[e.measure].quantum or Decimal("1e-9"))
        for e in logged.effects
    )
    change = entry if isinstance(entry, Change) else None
    return LogLine(
        seq=logged.seq,
        scenario=logged.scenario,
        actor=logged.stamp.actor,
        at=logged.stamp.at,
        what=words(entry),
        moved=sum(moved, Decimal(0)),
        live=logged.seq not in withdrawn and not over,
        source=logged.stamp.source,
        reason=entry.reason or "",
        reason_code=(change.reason_code if change else None) or "",
        assumption=(change.assumption if change else None) or "",
        expires=change.expires if change else None,
        expired=over,
    )


def _seen(workspace: Workspace, scenario: ScenarioId, entries: tuple[Logged, ...]) -> tuple[Logged, ...]:
    """Give the entries the actor may see; who sees a part of them sees none before there is a plan."""
    if workspace.rights.whole or not entries:
        return entries
    version, plan, inputs = workspace.planned(scenario)
    return see_log(workspace, version, plan, inputs.model, entries)
