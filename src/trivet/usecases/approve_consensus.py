"""Approve the consensus of families: who answers for the number says that it stands, with the figures they saw (R11).

An approval moves no number and needs no new plan. When the numbers move later, it reads *changed since approved*.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from trivet.core.entries import RecordChange
from trivet.core.errors import NotFound
from trivet.core.ids import ScenarioId
from trivet.core.issues import Issue
from trivet.core.signoffs import CONSENSUS
from trivet.planning.agreed import FamilyConsensus, families_of, figures_of
from trivet.usecases.declare import Shells
from trivet.usecases.show_consensus import show_consensus
from trivet.workspace.signed import agreed, sign
from trivet.workspace.workspace import MAIN, Looked, Workspace

DECLARED = Shells(command="consensus", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAnswer:
    """Families whose consensus was approved, or whose approval was taken back.

    Attributes:
        scenario: whose plan.
        recorded: whether it is in the log (all families, or none).
        families: those asked for, as they stand now.
        issues: why nothing was recorded.
    """

    scenario: ScenarioId
    recorded: bool
    families: tuple[FamilyConsensus, ...]
    issues: tuple[Issue, ...]


def approve_consensus(
    workspace: Workspace, families: Sequence[str] = (), *, note: str | None = None, scenario: str = MAIN
) -> SignedAnswer:
    """Approve the consensus of families for this cycle as it stands now, every later change included.

    Args:
        workspace: the open workspace.
        families: names; none = every family the person sees.
        note: what is to be remembered.
        scenario: whose plan.

    Raises:
        NotFound: a family is not known (or not theirs), or there is no plan yet.
        Conflict: somebody else signed the same family meanwhile.
        NotPermitted: the table `people` does not name who acts.
    """

    def signed(looked: Looked, family: str) -> RecordChange:
        demand = looked.plan.panel("demand")
        figures = figures_of(demand, families_of(looked.inputs, demand)[family])
        after = (("units", str(figures.units)), ("revenue", str(figures.revenue)), ("cells", figures.cells))
        return RecordChange(table=CONSENSUS, key=key_of(looked, family), after=after, reason=note)

    return sign_families(workspace, families, signed, scenario=scenario, source="consensus approve")


def key_of(looked: Looked, family: str) -> tuple[tuple[str, str], ...]:
    """Name the sign-off of a family in this cycle."""
    return (("family", family), ("cycle", f"{looked.inputs.model.buckets.current:%Y-%m-%d}"))


def sign_families(
    workspace: Workspace,
    families: Sequence[str],
    row: Callable[[Looked, str], RecordChange],
    *,
    scenario: str,
    source: str,
) -> SignedAnswer:
    """Put one row a family into the log, where the person's rights allow it."""
    name = ScenarioId(scenario)
    seen, looked, whole = workspace.store.head(name), workspace.looked_at(scenario), workspace.whole(scenario)
    known = [line.family for line in agreed(workspace, looked, scenario)]
    chosen = _chosen(known, families)
    rows = [row(looked, family) for family in chosen]
    models = whole.inputs.model, looked.inputs.model
    refused = sign(workspace, scenario, rows, models, seen=seen, source=source)
    lines = {line.family: line for line in show_consensus(workspace, scenario=scenario).families}
    return SignedAnswer(
        scenario=name, recorded=not refused, families=tuple(lines[family] for family in chosen), issues=refused
    )


def _chosen(known: Sequence[str], families: Sequence[str]) -> list[str]:
    """Give families as the master writes them, each once."""
    found = []
    for family in dict.fromkeys(families or known):
        same = [name for name in known if name.casefold() == family.strip().casefold()]
        if not same:
            near = get_close_matches(family, known, n=1)
            maybe = f" Maybe '{near[0]}'?" if near else ""
            raise NotFound(f"family '{family}' is not known ({len(known)} known).{maybe}")
        found.append(same[0])
    return found
