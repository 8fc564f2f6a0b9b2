"""List the log of a scenario: who changed what, when and why, and what it moved (G10)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trivet.core.entries import Logged
from trivet.core.ids import ScenarioId, Seq
from trivet.core.live import taken_back
from trivet.core.said import parse_moment
from trivet.planning.compare import words
from trivet.usecases.declare import Shells
from trivet.workspace.moments import seq_of
from trivet.workspace.seen import see_log
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="log", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One entry of the log; `moved` is the change of the total of its cells, in units, `source` where it came from."""

    seq: Seq
    scenario: ScenarioId
    actor: str
    at: datetime
    what: str
    moved: Decimal
    live: bool
    source: str


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
    lines = tuple(
        LogLine(
            seq=logged.seq,
            scenario=logged.scenario,
            actor=logged.stamp.actor,
            at=logged.stamp.at,
            what=words(logged.entry),
            moved=sum(
                (
                    int((e.after - e.before).sum()) * (workspace.registry[e.measure].quantum or Decimal("1e-9"))
                    for e in logged.effects
                ),
                Decimal(0),
            ),
            live=logged.seq not in withdrawn,
            source=logged.stamp.source,
        )
        for logged in _seen(workspace, name, entries)
    )
    return LogAnswer(scenario=name, seq=seq, lines=lines, part=workspace.rights.part)


def _seen(workspace: Workspace, scenario: ScenarioId, entries: tuple[Logged, ...]) -> tuple[Logged, ...]:
    """Give the entries the actor may see; who sees a part of them sees none before there is a plan."""
    if workspace.rights.whole or not entries:
        return entries
    version, plan, inputs = workspace.planned(scenario)
    return see_log(workspace, version, plan, inputs.model, entries)
