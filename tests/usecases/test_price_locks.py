"""Locks of a workspace: set, previewed, planned around, priced, taken back and branched, by who may."""

from collections.abc import Callable
from decimal import Decimal

import pytest

import trivet
from trivet.core.errors import InvalidInput
from trivet.core.options import PlanOptions
from trivet.core.said import Said
from trivet.planning.locks import Lock
from trivet.workspace.workspace import Workspace

Open = Callable[[str], Workspace]


def said(measure: str, amount: str, *where: str, first: str = "2027-02") -> Said:
    return Said(measure=measure, amount=amount, where=where, first=first, reason="agreed")


def locks(workspace: Workspace, plan: str = "main", top: int = 10) -> tuple[Lock, ...]:
    return trivet.price_locks(workspace, plan=plan, top=top).locks.locks


def earned(workspace: Workspace, plan: str = "main") -> Decimal:
    """Gross margin less supply variance and freight of the open buckets."""
    _, made, _ = workspace.opened(plan)
    company, horizon = made.panel("company"), made.panel("demand").buckets.horizon
    margin = made.panel("demand").count("gross_margin")[:, horizon].sum()
    costs = sum(company.count(name)[0, horizon].sum() for name in ("supply_variance", "freight"))
    return Decimal(int(margin - costs)) / 10_000


def test_a_lock_is_previewed_planned_priced_and_taken_back(open_as: Open) -> None:
    workspace = open_as("ada")
    before = earned(workspace)
    lock = said("firm_production", "0", "family=City")
    assert trivet.preview_changes(workspace, [lock]).previews
    (moved,) = trivet.record_changes(workspace, [lock]).moved
    assert moved.cells > 0  # 0 where nothing was fixed is a lock too
    trivet.make_plan(workspace)
    (found,) = locks(workspace)
    assert (found.seq, found.author, found.reason, found.held) == (moved.seq, "ada", "agreed", Decimal(0))
    assert found.cost is not None
    assert found.cost.worth == pytest.approx(before - earned(workspace), rel=Decimal("0.01"), abs=Decimal(1))
    trivet.undo_change(workspace, moved.seq)
    trivet.make_plan(workspace)
    assert locks(workspace) == ()
    assert earned(workspace) == pytest.approx(before, rel=Decimal("0.001"))


def test_a_branch_has_the_locks_of_its_parent_and_its_own(open_as: Open) -> None:
    workspace = open_as("ada")
    trivet.record_changes(workspace, [said("firm_production", "1500", "family=City")])
    trivet.make_plan(workspace)
    trivet.branch_scenario(workspace, "held")
    trivet.record_changes(workspace, [said("firm_production", "100", "family=Kids", first="2027-03")], scenario="held")
    trivet.make_plan(workspace, scenario="held")
    assert {lock.where for lock in locks(workspace, "held", top=0)} == {"family City", "family Kids"}
    assert {lock.where for lock in locks(workspace, top=0)} == {"family City"}


def test_what_nobody_sells_is_refused_with_a_way_out(open_as: Open) -> None:
    answer = trivet.record_changes(open_as("ada"), [said("firm_purchases", "5", "family=City")])
    assert not answer.recorded
    assert [issue.code for issue in answer.issues] == ["change.no-way"]
    assert "source" in answer.issues[0].advice


def test_wrong_calls_are_refused(open_as: Open) -> None:
    workspace = open_as("ada")
    with pytest.raises(InvalidInput, match="top is -1"):
        trivet.price_locks(workspace, top=-1)
    trivet.make_plan(workspace, options=PlanOptions(late_buckets=1))
    with pytest.raises(InvalidInput, match="options of its own"):
        trivet.price_locks(workspace)
    assert trivet.price_locks(workspace, options=PlanOptions(late_buckets=1)).priced == 0
