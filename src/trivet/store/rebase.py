"""Rebase: put a branch on another base, in one transaction, with what it was before still readable.

The entries of a branch are opinions: they are written again behind the new base, with new numbers and the
effects they have there, under the names and times of those who made them. The rebase itself takes a number
between the old log and the new one, so every number ever given out keeps its meaning.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, update

from trivet.core.entries import Logged
from trivet.core.errors import InvalidInput
from trivet.core.ids import Digest, ScenarioId, Seq, VersionId
from trivet.core.records import Stamp
from trivet.store.log import read_entries, write_entries
from trivet.store.scenarios import lock_head, read_scenario, read_scenarios
from trivet.store.schema import head as head_table
from trivet.store.schema import rebase as rebase_table
from trivet.store.schema import scenario as scenario_table
from trivet.store.stored import StoredScenario, instant
from trivet.store.trail import note


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a branch stands on: a scenario up to an entry, a plan of it, and the inputs of that plan."""

    parent: ScenarioId
    seq: Seq
    version: VersionId | None
    snapshot: Digest | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """What a rebase starts from, read in one transaction.

    Attributes:
        scenario: the branch as it is.
        entries: what it sees now, inherited first.
        inherited: what it will inherit.
        first: number its first entry will have.
    """

    scenario: StoredScenario
    entries: tuple[Logged, ...]
    inherited: tuple[Logged, ...]
    first: Seq


CarryOver = Callable[[Standing], Sequence[Logged]]
"""Gives the entries of the branch on the new base, numbered from `first` on; may raise to refuse."""


def stand(connection: Connection, name: ScenarioId, onto: Base) -> Standing:
    """Read what a rebase starts from.

    Raises NotFound for an unknown scenario, InvalidInput where it can't stand on that base.
    """
    scenario = read_scenario(connection, name)
    _refuse_circle(connection, scenario, onto)
    return Standing(
        scenario=scenario,
        entries=read_entries(connection, name),
        inherited=read_entries(connection, onto.parent, upto=onto.seq),
        first=Seq(max(scenario.head, onto.seq) + 2),
    )


def rebase(connection: Connection, name: ScenarioId, onto: Base, carry_over: CarryOver, stamp: Stamp) -> Standing:
    """Put a branch on another base; what `carry_over` gives becomes its own entries.

    Raises what `stand` and `carry_over` raise; then nothing has changed.
    """
    lock_head(connection, name)
    standing = stand(connection, name, onto)
    carried = tuple(carry_over(standing))
    scenario, mark = standing.scenario, Seq(standing.first - 1)
    connection.execute(
        insert(rebase_table),
        {
            "scenario": name,
            "seq": mark,
            "at": instant(stamp.at),
            "actor": stamp.actor,
            "parent": scenario.parent,
            "branched_at": scenario.branched_at,
            "head": scenario.head,
            "carried": len(carried),
            "base_version": scenario.base_version,
            "snapshot": scenario.snapshot,
        },
    )
    write_entries(connection, carried)
    values = {
        "parent": onto.parent,
        "branched_at": onto.seq,
        "base_version": onto.version,
        "snapshot": onto.snapshot,
    }
    connection.execute(update(scenario_table).where(scenario_table.c.id == name).values(**values))
    head = update(head_table).where(head_table.c.scenario == name)
    connection.execute(head.values(seq=mark + len(carried)))
    was, is_ = f"{scenario.parent} {scenario.branched_at}", f"{onto.parent} {onto.seq}"
    told = {"was": was, "onto": is_, "version": onto.version, "seq": mark, "carried": len(carried)}
    note(connection, stamp, "rebase", name, told)
    return standing


def _refuse_circle(connection: Connection, scenario: StoredScenario, onto: Base) -> None:
    if scenario.parent is None:
        raise InvalidInput(f"scenario '{scenario.id}' is no branch: it stands on nothing. Branch one: trivet branch")
    parents = {known.id: known.parent for known in read_scenarios(connection)}
    above: ScenarioId | None = onto.parent
    while above is not None:
        if above == scenario.id:
            raise InvalidInput(
                f"scenario '{scenario.id}' can't stand on '{onto.parent}', which stands on it. "
                "Choose its parent or a scenario beside it."
            )
        above = parents.get(above)
