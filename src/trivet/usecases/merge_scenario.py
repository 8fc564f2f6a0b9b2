"""Merge a branch: bring its changes, all or some, into the scenario it came from, in one transaction (W1)."""

from collections.abc import Sequence
from dataclasses import replace

from trivet.core.entries import Change, Logged
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import ScenarioId
from trivet.core.live import live_entries
from trivet.core.signoffs import about_numbers
from trivet.usecases.declare import Shells
from trivet.usecases.record_changes import ChangeAnswer, record_changes
from trivet.workspace.workspace import Workspace

DECLARED = Shells(command="merge", why="pages come with the workbench")


def merge_scenario(
    workspace: Workspace, scenario: str, *, only: Sequence[int] = (), anyway: bool = False
) -> ChangeAnswer:
    """Record the live changes of a branch in its parent, in their order; the branch stays as it is.

    Sign-offs (an approved consensus, an accepted finding) speak of the branch's numbers, and stay with it.

    Args:
        workspace: the open workspace.
        scenario: the branch.
        only: sequence numbers to bring; none = every live change of the branch itself.
        anyway: bring them also where the parent changed the same cells since the branch.

    Raises:
        NotFound: there is no such scenario, or it has no live change of a number in `only`.
        InvalidInput: the scenario has no parent, or nothing of its own to bring.
        Conflict: the parent changed the same cells since; both values and who are named.
    """
    known = workspace.store.scenario(ScenarioId(scenario))
    if known.parent is None:
        raise InvalidInput(f"scenario {scenario} has no parent to merge into; see: trivet branch")
    chosen = _chosen(workspace, scenario, only)
    entries = [
        replace(logged.entry, reason=_reason(logged)) if isinstance(logged.entry, Change) else logged.entry
        for logged in chosen
    ]
    seen = None if anyway else known.branched_at
    return record_changes(workspace, entries, scenario=known.parent, seen=seen, source=f"merge {scenario}")


def _chosen(workspace: Workspace, scenario: str, only: Sequence[int]) -> list[Logged]:
    entries = workspace.store.entries(ScenarioId(scenario))
    current = workspace.sources(scenario).inputs.model.buckets.current
    live = {item.seq for item in live_entries(entries, current)[0]}
    own = {e.seq: e for e in about_numbers(entries) if e.scenario == scenario and e.seq in live}
    if not own:
        raise InvalidInput(f"scenario {scenario} has no live change of its own: there is nothing to merge.")
    missing = [seq for seq in only if seq not in own]
    if missing:
        raise NotFound(
            f"scenario {scenario} has no live change {missing[0]} of its own; it has {', '.join(map(str, own))}."
        )
    return [entry for seq, entry in own.items() if not only or seq in only]


def _reason(logged: Logged) -> str:
    told = logged.entry.reason or "no reason given"
    return f"{told} (from {logged.scenario} {logged.seq} by {logged.stamp.actor})"
