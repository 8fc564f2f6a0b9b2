"""Prices of scarcity of a stored plan, held against planning again."""

from collections.abc import Callable
from decimal import Decimal

import pytest

import trivet
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.options import PlanOptions
from trivet.core.said import Said
from trivet.workspace.workspace import Workspace

Open = Callable[[str], Workspace]


def earned(workspace: Workspace, plan: str = "main") -> Decimal:
    """Gross margin less supply variance and freight of the open buckets."""
    _, made, _ = workspace.opened(plan)
    company, horizon = made.panel("company"), made.panel("demand").buckets.horizon
    margin = made.panel("demand").count("gross_margin")[:, horizon].sum()
    costs = sum(company.count(name)[0, horizon].sum() for name in ("supply_variance", "freight"))
    return Decimal(int(margin - costs)) / 10_000


def say(workspace: Workspace, measure: str, amount: str, first: str) -> int:
    said = Said(measure=measure, amount=amount, where=("family=City",), first=first, reason="test")
    answer = trivet.record_changes(workspace, [said])
    assert answer.recorded
    trivet.make_plan(workspace)
    return answer.moved[0].seq


def test_cost_of_firm_production_is_what_undoing_it_earns(open_as: Open) -> None:
    workspace = open_as("ada")
    seq = say(workspace, "firm_production", "1500", "2027-02")
    before = earned(workspace)
    (cost,) = trivet.price_relief(workspace, top=1).prices.firm
    assert cost.seq == seq
    assert cost.author == "ada"
    trivet.undo_change(workspace, cost.seq)
    trivet.make_plan(workspace)
    moved = earned(workspace) - before
    assert cost.value.worth == pytest.approx(moved, rel=Decimal("0.01"), abs=Decimal(1))


def test_relief_of_a_plan_that_binds_names_version_and_price(open_as: Open) -> None:
    workspace = open_as("ada")
    say(workspace, "consensus_demand", "4000", "2027-03")
    answer = trivet.price_relief(workspace, where=("resource=L1",), first="2027-03")
    assert answer.version == workspace.version("main").id
    (relief,) = answer.prices.reliefs
    assert (relief.name, relief.bucket, relief.block) == ("L1", "2027-03", Decimal("7.2"))
    assert relief.value.worth > 0
    assert relief.value.gains[0].family == "City"


def test_wrong_calls_are_refused(open_as: Open) -> None:
    workspace = open_as("ada")
    with pytest.raises(InvalidInput, match="top is 0"):
        trivet.price_relief(workspace, top=0)
    with pytest.raises(NotFound, match="L9"):
        trivet.price_relief(workspace, where=("resource=L9",))
    trivet.make_plan(workspace, options=PlanOptions(late_buckets=1))
    with pytest.raises(InvalidInput, match="options of its own"):
        trivet.price_relief(workspace)
    assert trivet.price_relief(workspace, options=PlanOptions(late_buckets=1)).prices.currency == "EUR"
