"""Show the consensus of each family: its rule, what people changed, what moved since, and who approved it (R11)."""

from dataclasses import dataclass
from datetime import date

from trivet.core.ids import ScenarioId, Seq
from trivet.planning.agreed import Approval, FamilyConsensus
from trivet.usecases.declare import Shells
from trivet.workspace.signed import agreed
from trivet.workspace.workspace import MAIN, Workspace

__all__ = ["DECLARED", "Approval", "ConsensusAnswer", "FamilyConsensus", "show_consensus"]
DECLARED = Shells(command="consensus", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsensusAnswer:
    """The consensus of each family as it stands now.

    Attributes:
        scenario: whose.
        seq: last entry of the log in it.
        cycle: first day of the cycle; an approval of an earlier one does not count.
        currency: of amounts.
        families: one line each, by name.
        part: whose part of it, in words; empty for everything.
        approvals_told: whether approvals are told; not to who sees a part of a family only, such as a region.
    """

    scenario: ScenarioId
    seq: Seq
    cycle: date
    currency: str
    families: tuple[FamilyConsensus, ...]
    part: str = ""
    approvals_told: bool = True


def show_consensus(workspace: Workspace, *, scenario: str = MAIN) -> ConsensusAnswer:
    """Give the consensus of every family in units over the horizon, with its approval in this cycle.

    Who sees one region gets that part of each family and no approvals: these are of whole families.

    Raises:
        NotFound: there is no such scenario, or it has no plan yet.
        NotPermitted: the table `people` does not name who acts.
    """
    looked = workspace.looked_at(scenario)
    model = looked.inputs.model
    return ConsensusAnswer(
        scenario=ScenarioId(scenario),
        seq=workspace.store.head(ScenarioId(scenario)),
        cycle=model.buckets.current,
        currency=model.company.currency,
        families=agreed(workspace, looked, scenario),
        part=workspace.rights.part,
        approvals_told=all(node.dimension == "item" for node in workspace.rights.nodes),
    )
