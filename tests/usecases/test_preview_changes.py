"""A preview tells what recording would do, to the last cell, and records nothing."""

from decimal import Decimal

import pytest

import trivet
from tests.planned import Open
from trivet import Said
from trivet.core.buckets import Period
from trivet.core.errors import Conflict, InvalidInput
from trivet.core.said import said_in_file, to_change


def said(amount: str, item: str = "", weights: str | None = None) -> Said:
    """A change of the demand plan in 2027-03, of one item or of everything."""
    where = (f"item={item}",) if item else ()
    return Said(measure="consensus_demand", amount=amount, where=where, first="2027-03", reason="x", weights=weights)


def test_a_preview_promises_what_recording_gives_and_records_nothing(open_as: Open) -> None:
    workspace = open_as("ada")
    changes = (
        Said(measure="consensus_demand", amount="+10%", first="2027-03", reason="fair"),
        Said(measure="revenue", amount="=500k", first="2027-03", last="2027-04", reason="goal"),
    )
    told = trivet.preview_changes(workspace, changes)
    assert trivet.list_changes(workspace).lines == ()
    done = trivet.record_changes(workspace, changes)
    assert [(one.before, one.after, one.cells) for one in told.previews] == [
        (one.before, one.after, one.cells) for one in done.moved
    ]
    assert told.previews[1].moves == "consensus_demand"
    assert told.issues == done.issues


def test_children_that_hit_zero_leave_it_or_are_locked_are_counted_and_named(open_as: Open) -> None:
    workspace = open_as("ada")
    item = workspace.planned("main")[1].panel("demand").keys["item"][0]
    trivet.record_changes(workspace, [said("=0", item)])
    trivet.record_changes(workspace, [said("lock", item)])
    (told,) = trivet.preview_changes(workspace, [said("+20%")]).previews
    assert told.locked.count == len(told.locked.named) > 0
    assert all(item in child.name for child in told.locked.named)
    assert told.most is not None
    assert told.most_percent is not None
    assert told.most_percent == round((told.most.after / told.most.before - 1) * 100, 1)
    changes = [said("unlock", item), said("=40", item, "mix"), said("=0")]
    free, up, down = trivet.preview_changes(workspace, changes).previews
    assert free.cells == 0
    assert up.after == Decimal(40)
    assert up.most is None
    assert up.from_zero.count > 0
    assert down.to_zero.count >= up.from_zero.count
    assert down.most_percent == Decimal("-100.0")


def test_a_refused_change_ends_the_preview_with_its_reason(open_as: Open) -> None:
    workspace = open_as("ada")
    good = Said(measure="consensus_demand", amount="+1%", first="2027-03")
    bad = Said(measure="production", amount="+1%", first="2027-03")
    told = trivet.preview_changes(workspace, [good, bad, good])
    assert len(told.previews) == 1
    assert [issue.code for issue in told.issues] == ["change.not-editable"]


def test_weights_are_a_measure_of_the_same_grain_or_the_mix(open_as: Open) -> None:
    model = open_as("ada").planned("main")[2].model
    said = said_in_file("c.csv", "measure,amount,from,weights\nconsensus_demand,100,2027-03,mix\n")[0]
    assert to_change(said, model).spread_by == "consensus_base"
    history = Said(measure="revenue", amount="100", first="2027-03", weights="demand_history")
    assert to_change(history, model).spread_by == "demand_history"
    assert to_change(Said(measure="revenue", amount="100", first="2027-03"), model).spread_by is None
    with pytest.raises(InvalidInput, match="weights 'production' are numbers of supply, consensus_demand is of demand"):
        to_change(Said(measure="consensus_demand", amount="100", first="2027-03", weights="production"), model)


def test_cells_share_by_the_mix_when_it_is_asked_for(open_as: Open) -> None:
    workspace = open_as("ada")
    panel = workspace.planned("main")[1].panel("demand")
    item = panel.keys["item"][0]
    trivet.record_changes(workspace, [said("x3", item)])
    column = panel.buckets.group(Period.BUCKET)
    at = next(run.start for name, run in column if name == "2027-03")
    base = panel.count("consensus_base")[:, at]
    total = Decimal(int(base.sum())) / 1000
    trivet.record_changes(workspace, [said(f"={total}", weights="mix")])
    head = trivet.make_plan(workspace)
    assert head.version
    after = workspace.planned("main")[1].panel("demand").count("consensus_demand")[:, at]
    assert abs(after - base).max() <= 1000


def test_a_change_refused_for_its_size_is_shown_with_its_size(open_as: Open) -> None:
    workspace = open_as("ada")
    large = Said(measure="consensus_demand", amount="+50%", first="2027-03")
    told = trivet.preview_changes(workspace, [large, large])
    assert not told.accepted
    assert [issue.code for issue in told.issues] == ["change.reason-needed"]
    assert [one.after / one.before for one in told.previews] == [Decimal("1.5")]
    assert told.issues == trivet.record_changes(workspace, [large]).issues


def test_a_preview_says_that_somebody_was_faster(open_as: Open) -> None:
    ann, bob = open_as("ann"), open_as("bob")
    assert trivet.record_changes(ann, [said("+1%")]).recorded
    assert trivet.preview_changes(bob, [said("+2%")], seen=1).accepted
    with pytest.raises(Conflict, match="changed since entry 0 by ann"):
        trivet.preview_changes(bob, [said("+2%")], seen=0)
    with pytest.raises(InvalidInput, match="entry 9 was never there"):
        trivet.preview_changes(bob, [said("+2%")], seen=9)
