"""Undo: take an entry back and fold again; what nobody else touched returns bit by bit."""

from trivet.core.entries import Change, Logged, Operation, RecordChange
from trivet.core.errors import Conflict, NotFound
from trivet.core.ids import ScenarioId
from trivet.usecases.declare import Shells
from trivet.usecases.record_changes import ChangeAnswer, record_changes
from trivet.workspace.seen import see_log
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="undo", why="pages come with the workbench")


def undo_change(workspace: Workspace, seq: int, *, scenario: str = MAIN, reason: str | None = None) -> ChangeAnswer:
    """Withdraw an entry of a scenario.

    Raises:
        NotFound: the scenario has no entry of that number.
        Conflict: it is withdrawn already.
    """
    entries = _seen(workspace, scenario)
    logged = next((entry for entry in entries if entry.seq == seq), None)
    if logged is None:
        last = entries[-1].seq if entries else 0
        raise NotFound(f"scenario {scenario} has no change {seq}; its last is {last}. See: trivet log")
    if any(entry.entry.withdraws == seq for entry in entries):
        raise Conflict(f"change {seq} is taken back already. See: trivet log")
    told = reason or f"undo {seq}"
    old = logged.entry
    entry: Change | RecordChange
    if isinstance(old, RecordChange):
        entry = RecordChange(table=old.table, key=old.key, after=None, reason=told, withdraws=logged.seq)
    else:
        entry = Change(
            measure=old.measure,
            operation=Operation.WITHDRAW,
            first=old.first,
            last=old.last,
            scope=old.scope,
            reason=told,
            withdraws=logged.seq,
        )
    return record_changes(workspace, (entry,), scenario=scenario, source=f"undo {seq}")


def _seen(workspace: Workspace, scenario: str) -> tuple[Logged, ...]:
    """Give the entries the actor may see: another one is not there for them."""
    entries = workspace.store.entries(ScenarioId(scenario))
    if workspace.rights.whole or not entries:
        return entries
    version, plan, inputs = workspace.planned(scenario)
    return see_log(workspace, version, plan, inputs.model, entries)
