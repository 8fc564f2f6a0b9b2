"""Between two plans people see what was changed at once, and are told what does not know it yet."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import trivet
from trivet.core.entries import Change, Operation, RecordChange
from trivet.core.errors import NotFound
from trivet.core.ids import MeasureId
from trivet.core.said import Said
from trivet.examples import bikes
from trivet.usecases.record_changes import Followed
from trivet.usecases.show_plan import NumbersAnswer
from trivet.workspace.workspace import Workspace

Open = Callable[[str], Workspace]
MARCH = trivet.View(where=("family=City",), first="2027-03")


def city(amount: str, measure: str = "consensus_demand") -> Said:
    return Said(measure=measure, amount=amount, where=("family=City",), first="2027-03", reason="fair")


def shown(workspace: Workspace, measure: str, plan: str = "main") -> tuple[Decimal, NumbersAnswer]:
    answer = trivet.show_numbers(workspace, measure, MARCH, plan=plan)
    (row,) = [row for row in answer.rows if row.member == "City"]
    (value,) = row.values
    assert value is not None
    return value, answer


def test_a_change_is_seen_at_once_in_what_is_edited_and_summed(open_as: Open) -> None:
    workspace = open_as("ada")
    revenue, before = shown(workspace, "revenue")
    assert (before.changes, before.issues) == (0, ())
    answer = trivet.record_changes(workspace, [city("500")])
    demand, told = shown(workspace, "consensus_demand")
    assert (demand, told.changes, told.issues) == (Decimal(500), 1, ())
    after, _ = shown(workspace, "revenue")
    assert answer.moved[0].also == (Followed(measure=MeasureId("revenue"), before=revenue, after=after),)
    assert after > revenue
    assert shown(workspace, "consensus_demand", "main-1")[0] == answer.moved[0].before


def test_what_was_solved_before_a_change_says_for_which_version(open_as: Open) -> None:
    workspace = open_as("ada")
    shipped, _ = shown(workspace, "constrained_demand")
    trivet.record_changes(workspace, [city("500"), city("+10%", "revenue")])
    for measure in ("constrained_demand", "constrained_revenue", "gross_margin"):
        (issue,) = shown(workspace, measure)[1].issues
        assert issue.code == "plan.stale"
        assert "solved for version main-1" in issue.message
        assert "2 changes since are not in it" in issue.message
    assert shown(workspace, "constrained_demand")[0] == shipped
    assert shown(workspace, "baseline_demand")[1].issues == ()
    assert trivet.show_plan(workspace).changes == 2
    explained = trivet.explain_cell(workspace, "gross_margin", scope=("family=City",), first="2027-03")
    assert explained.issues[0].code == "plan.stale"
    assert {issue.code for issue in explained.issues[1:]} <= {"gap.revenue", "gap.margin"}
    trivet.make_plan(workspace)
    assert shown(workspace, "constrained_demand")[1].issues == ()
    assert trivet.show_plan(workspace).changes == 0


def test_a_change_that_is_taken_back_leaves_nothing_behind(open_as: Open) -> None:
    workspace = open_as("ada")
    before, _ = shown(workspace, "consensus_demand")
    seq = trivet.record_changes(workspace, [city("500")]).moved[0].seq
    trivet.undo_change(workspace, seq)
    after, answer = shown(workspace, "constrained_demand")
    assert shown(workspace, "consensus_demand")[0] == before
    assert (answer.changes, answer.issues) == (0, ())
    assert after


def test_a_change_of_a_table_leaves_given_measures_behind_too(open_as: Open) -> None:
    workspace = open_as("ada")
    price, _ = shown(workspace, "price")
    put = RecordChange(
        table="promotions",
        key=(("promotion", "EASTER"),),
        after=(("first", "2027-03-01"), ("last", "2027-03-31"), ("family", "City"), ("uplift", "0.2")),
        reason="agreed",
    )
    assert trivet.record_changes(workspace, [put]).moved == ()
    after, answer = shown(workspace, "price")
    assert after == price
    assert [issue.code for issue in answer.issues] == ["plan.stale"]


def test_a_branch_shows_its_own_changes_on_its_parents_plan(open_as: Open) -> None:
    workspace = open_as("ada")
    trivet.record_changes(workspace, [city("500")])
    trivet.branch_scenario(workspace, "fair")
    trivet.record_changes(workspace, [city("600")], scenario="fair")
    trivet.record_changes(workspace, [city("450")])
    assert shown(workspace, "consensus_demand", "fair")[0] == Decimal(600)
    assert shown(workspace, "consensus_demand")[0] == Decimal(450)
    trivet.make_plan(workspace)
    assert shown(workspace, "consensus_demand", "fair")[0] == Decimal(600)


def test_a_refused_change_moves_nothing_that_is_shown(open_as: Open) -> None:
    workspace = open_as("ada")
    before, _ = shown(workspace, "consensus_demand")
    closed = Said(measure="consensus_demand", amount="5", where=("family=City",), first="2026-03", reason="late")
    lock = Change(
        measure=MeasureId("consensus_demand"),
        operation=Operation.WITHDRAW,
        first=workspace.cube("main").inputs.model.buckets.current,
        last=workspace.cube("main").inputs.model.buckets.current,
        withdraws=workspace.cube("main").seq,
    )
    assert not trivet.record_changes(workspace, [city("500"), closed]).recorded
    assert not trivet.record_changes(workspace, [city("500"), lock]).recorded
    assert shown(workspace, "consensus_demand")[0] == before
    assert workspace.cube("main").seq == 0
    with pytest.raises(NotFound, match="Maybe 'consensus_demand'"):
        trivet.record_changes(workspace, [city("5", "consensus_demant")])


def test_a_workspace_keeps_few_scenarios_live_and_the_others_can_be_opened_again(open_as: Open) -> None:
    workspace = open_as("ada")
    for number in range(6):
        trivet.branch_scenario(workspace, f"b{number}")
        trivet.record_changes(workspace, [city(str(500 + number))], scenario=f"b{number}")
    assert len(workspace.cubes) == 4
    assert [shown(workspace, "consensus_demand", f"b{n}")[0] for n in range(6)] == [500 + n for n in range(6)]


def test_what_did_not_move_is_not_added_up_again(open_as: Open) -> None:
    workspace = open_as("ada")
    cube = workspace.cube("main")
    kept = {name: cube.show(name, {"item": "family"}) for name in ("consensus_demand", "revenue", "constrained_demand")}
    (moved,) = trivet.record_changes(workspace, [city("500")]).moved
    again = {name: cube.show(name, {"item": "family"}) for name in kept}
    assert again["constrained_demand"] is kept["constrained_demand"]
    name = MeasureId("consensus_demand")
    difference = again[name].counts[name] - kept[name].counts[name]
    assert difference.sum() == int((moved.after - moved.before) * 1000) != 0
    assert cube.show("revenue", {"item": "family"}) is again["revenue"]


def test_numbers_of_before_an_import_say_so(open_as: Open) -> None:
    workspace = open_as("ada")
    folder = bikes()
    tables = {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.is_file()}
    target = Path(workspace.settings.workspace) / "more"
    target.mkdir()
    for name, text in tables.items():
        (target / name).write_text(text.replace("C1,City bike 3 gears", "C1,City bike 3 speeds"), "utf-8")
    trivet.import_folder(workspace, target)
    _, answer = shown(workspace, "price")
    (issue,) = answer.issues
    assert "an import since is not in it" in issue.message
