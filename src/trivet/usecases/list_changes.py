"""List the log of a scenario: who changed what, when and why, and what it moved (G10)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trivet.core.ids import ScenarioId, Seq
from trivet.planning.compare import words
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="log", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One entry of the log; `moved` is the change of the total of its cells, in units."""

    seq: Seq
    scenario: ScenarioId
    actor: str
    at: datetime
    what: str
    moved: Decimal
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAnswer:
    """The log a scenario sees, oldest first."""

    scenario: ScenarioId
    lines: tuple[LogLine, ...]


def list_changes(workspace: Workspace, *, scenario: str = MAIN) -> LogAnswer:
    """Give every entry a scenario sees, its parents' included.

    Raises NotFound when there is no such scenario.
    """
    entries = workspace.store.entries(ScenarioId(scenario))
    withdrawn = {entry.entry.withdraws for entry in entries}
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
        )
        for logged in entries
    )
    return LogAnswer(scenario=ScenarioId(scenario), lines=lines)
