"""A branch is solved from where its base stood: what was not changed has no reason to move."""

from datetime import date
from decimal import Decimal

import pytest

import trivet
from tests.planned import Open
from trivet.core.entries import Change, Operation
from trivet.core.ids import MeasureId, MemberId
from trivet.core.issues import Node
from trivet.core.linear import LinearModel, Solution
from trivet.engines.highs import HighsSolver
from trivet.workspace.workspace import Workspace


def families(workspace: Workspace) -> dict[str, str]:
    return dict(workspace.sources("main").inputs.table("items").select("item", "family").iter_rows())


def grown(workspace: Workspace, family: str) -> Change:
    buckets = workspace.sources("main").inputs.model.buckets
    first: date = buckets.starts[buckets.first_open]
    return Change(
        measure=MeasureId("consensus_demand"),
        operation=Operation.SCALE,
        amount=Decimal("1.01"),
        scope=(Node(dimension="item", level="family", member=MemberId(family)),),
        first=first,
        last=buckets.starts[-1],
        reason="a hair more",
    )


def test_a_branch_is_solved_from_the_basis_of_its_base(open_as: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = open_as("ada")
    base = workspace.opened("main")[1]
    family_of = families(workspace)
    asked: list[tuple[bytes | None, int]] = []
    solve = HighsSolver.solve

    def watched(solver: HighsSolver, model: LinearModel, basis: bytes | None = None) -> Solution:
        asked.append((basis, len(model.cost) + len(model.row_lower)))
        return solve(solver, model, basis)

    monkeypatch.setattr(HighsSolver, "solve", watched)
    names = sorted({family_of[item] for item in base.panel("supply").keys["item"].to_list()})
    for family in names:
        scenario = f"more-{family.lower().replace(' ', '-')}"
        trivet.branch_scenario(workspace, scenario)
        assert trivet.record_changes(workspace, [grown(workspace, family)], scenario=scenario).recorded
        asked.clear()
        trivet.make_plan(workspace, scenario)
        basis, size = asked[0]
        assert basis is not None
        assert basis == base.basis
        assert len(basis) == 8 + size, "the stored basis fits the branch's programme, column by column"
