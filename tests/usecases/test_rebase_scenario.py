"""A branch on another base: its opinions stay, the plan under them moves, its parent does not."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import trivet
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.said import Said
from trivet.examples import bikes
from trivet.store.stored import VersionState
from trivet.workspace.workspace import Workspace

Open = Callable[[str], Workspace]


def said(amount: str, first: str = "2027-03", *, where: str = "family=City", reason: str = "fair") -> Said:
    return Said(measure="consensus_demand", amount=amount, where=(where,), first=first, reason=reason)


def total(workspace: Workspace, plan: str, first: str = "2027-03", *, where: str = "family=City") -> Decimal:
    view = trivet.View(by=where.partition("=")[0], where=(where,), first=first)
    (row,) = [row for row in trivet.show_numbers(workspace, "consensus_demand", view, plan=plan).rows if row.values[0]]
    assert row.values[0] is not None
    return row.values[0]


def healthy(workspace: Workspace) -> None:
    answer = trivet.run_doctor(workspace)
    assert [check for check in answer.checks if not check.passed] == []


def test_set_keeps_its_total_add_its_amount_scale_its_factor_and_lock_its_value(open_as: Open) -> None:
    ada, bob = open_as("ada"), open_as("bob")
    trivet.branch_scenario(ada, "high")
    changes = [said("700", "2027-04"), said("+50", "2027-05"), said("x1.5", "2027-06"), said("lock", where="item=C1")]
    trivet.record_changes(ada, changes, scenario="high")
    locked = total(ada, "high", where="item=C1")
    news = [said("900", month, reason="news") for month in ("2027-03", "2027-04", "2027-05", "2027-06")]
    trivet.record_changes(bob, news)
    trivet.make_plan(bob)
    before = [trivet.show_numbers(bob, "consensus_demand", plan="main"), trivet.list_changes(bob)]
    answer = trivet.rebase_scenario(ada, "high")
    assert answer.done
    assert answer.issues == ()
    assert [line.was for line in answer.carried] == [1, 2, 3, 4]
    assert {line.actor for line in answer.carried} == {"ada"}
    found = [total(ada, "high", month) for month in ("2027-04", "2027-05", "2027-06")]
    assert found == [700, 950, 1350]
    assert total(ada, "high", where="item=C1") == locked
    assert [trivet.show_numbers(bob, "consensus_demand", plan="main"), trivet.list_changes(bob)] == before
    healthy(ada)
    trivet.make_plan(ada, "high")
    assert [total(ada, "high", month) for month in ("2027-04", "2027-05", "2027-06")] == found
    healthy(ada)


def test_a_preview_says_what_the_rebase_then_does_and_changes_nothing(open_as: Open) -> None:
    ada = open_as("ada")
    trivet.branch_scenario(ada, "high")
    trivet.record_changes(ada, [said("+50")], scenario="high")
    trivet.record_changes(ada, [said("900")])
    trivet.make_plan(ada)
    stood, log = ada.store.scenario(ada.store.scenarios()[1].id), trivet.list_changes(ada, scenario="high")
    told = trivet.rebase_scenario(ada, "high", preview=True)
    assert not told.done
    assert ada.store.scenario(stood.id) == stood
    assert trivet.list_changes(ada, scenario="high") == log
    (line,) = told.carried
    assert line.after == 950
    done = trivet.rebase_scenario(ada, "high")
    assert (done.carried, done.differences, done.issues) == (told.carried, told.differences, told.issues)
    (difference,) = [row for row in done.differences if row.measure == "consensus_demand"]
    assert (difference.member, difference.unit) == ("City", "units")
    assert line.before is not None
    assert difference.change == line.after - line.before


def test_rebasing_onto_the_same_base_changes_nothing(open_as: Open) -> None:
    ada = open_as("ada")
    trivet.branch_scenario(ada, "high")
    trivet.record_changes(ada, [said("+50"), said("lock")], scenario="high")
    stood, audit = ada.store.scenarios(), ada.store.audit()
    for onto in (None, "main", "main-1"):
        answer = trivet.rebase_scenario(ada, "high", onto=onto)
        assert (answer.same, answer.done, answer.carried) == (True, False, ())
    assert ada.store.scenarios() == stood
    assert ada.store.audit() == audit


def test_the_branch_as_it_was_stays_readable(open_as: Open) -> None:
    ada = open_as("ada")
    trivet.branch_scenario(ada, "high")
    trivet.record_changes(ada, [said("+50"), said("x2", "2027-05")], scenario="high")
    made = trivet.make_plan(ada, "high")
    log, numbers = trivet.list_changes(ada, scenario="high"), trivet.show_numbers(ada, "revenue", plan="high")
    trivet.record_changes(ada, [said("900")])
    trivet.make_plan(ada)
    answer = trivet.rebase_scenario(ada, "high")
    assert answer.head == 2
    assert trivet.list_changes(ada, scenario="high", as_of="2") == log
    then = trivet.show_numbers(ada, "revenue", trivet.View(as_of="2"), plan="high")
    assert (then.rows, then.version) == (numbers.rows, numbers.version)
    assert trivet.show_numbers(ada, "revenue", plan=made.version).rows == numbers.rows
    assert ada.sources_of(ada.version(made.version), ada.store.load_plan(made.version)).entries[-1].seq == 2
    with pytest.raises(NotFound, match="no plan on its new base yet"):
        trivet.compare_scenarios(ada, "main", "high")
    line = ada.store.audit()[-1]
    assert (line.what, line.subject, line.stamp.actor) == ("rebase", "high", "ada")


def test_a_branch_of_a_branch_follows_it_only_when_it_is_rebased_itself(open_as: Open) -> None:
    ada = open_as("ada")
    trivet.branch_scenario(ada, "high")
    trivet.record_changes(ada, [said("+50")], scenario="high")
    trivet.branch_scenario(ada, "leaf", parent="high")
    trivet.record_changes(ada, [said("+7")], scenario="leaf")
    trivet.make_plan(ada, "leaf")
    was = total(ada, "leaf")
    trivet.record_changes(ada, [said("900")])
    trivet.make_plan(ada)
    trivet.rebase_scenario(ada, "high")
    trivet.make_plan(ada, "high")
    assert total(ada, "high") == 950
    assert total(ada, "leaf") == was
    trivet.make_plan(ada, "leaf")
    assert total(ada, "leaf") == was
    answer = trivet.rebase_scenario(ada, "leaf")
    assert (answer.before.seq, answer.after.scenario) == (1, "high")
    assert total(ada, "leaf") == 957
    trivet.record_changes(ada, [said("+3")], scenario="leaf")
    assert total(ada, "leaf") == 960
    assert trivet.merge_scenario(ada, "leaf").recorded
    assert total(ada, "high") == 960
    healthy(ada)
    again = trivet.open_workspace(ada.settings.workspace, actor="ada")
    assert total(again, "leaf") == 960
    with pytest.raises(InvalidInput, match="which stands on it"):
        trivet.rebase_scenario(ada, "high", onto="leaf")
    with pytest.raises(InvalidInput, match="is no branch"):
        trivet.rebase_scenario(ada, "main", onto="high")


def test_a_branch_takes_the_inputs_of_a_new_import_and_what_no_longer_fits_names_entry_and_author(
    open_as: Open, tmp_path: Path
) -> None:
    ada, bob = open_as("ada"), open_as("bob")
    trivet.branch_scenario(ada, "high")
    trivet.record_changes(bob, [said("500"), said("+40", "2027-05", where="item=C2")], scenario="high")
    folder = tmp_path / "bikes"
    folder.mkdir()
    for path in bikes().iterdir():
        if path.is_file():
            lines = path.read_text("utf-8").splitlines()
            gone = [line for line in lines if "C2" not in line.split(",")]
            (folder / path.name).write_text("\n".join(gone) + "\n", "utf-8")
    assert trivet.import_folder(ada, folder).snapshot
    trivet.make_plan(ada)
    answer = trivet.rebase_scenario(ada, "high")
    assert [line.fits for line in answer.carried] == [True, False]
    (issue,) = [issue for issue in answer.issues if "does not fit" in issue.message]
    assert issue.message.startswith(f"entry {answer.carried[1].seq} of bob does not fit: ")
    assert total(ada, "high") == 500
    made = trivet.make_plan(ada, "high")
    assert ada.version("high").snapshot == ada.version("main").snapshot
    assert any(issue.message.startswith(f"entry {answer.carried[1].seq} of bob") for issue in made.issues)
    healthy(ada)


def test_what_was_merged_or_taken_back_is_not_carried_twice(open_as: Open) -> None:
    ada = open_as("ada")
    trivet.record_changes(ada, [said("600", "2027-07")])
    trivet.make_plan(ada)
    trivet.branch_scenario(ada, "high")
    trivet.record_changes(ada, [said("+50"), said("+11", "2027-05")], scenario="high")
    trivet.undo_change(ada, 3, scenario="high")
    trivet.undo_change(ada, 1, scenario="high", reason="not for us")
    trivet.merge_scenario(ada, "high", only=[2])
    trivet.make_plan(ada)
    expected = total(ada, "main")
    answer = trivet.rebase_scenario(ada, "high")
    assert total(ada, "high") == expected
    assert [line.what for line in answer.carried if "withdraw" in line.what] == [line.what for line in answer.carried]
    assert len(answer.carried) == 1
    assert total(ada, "high", "2027-07") != 600
    (note,) = answer.issues
    assert note.code == "rebase.left-behind"
    assert note.message == "entry 2 of ada stays behind: it was merged into main as entry 2."
    healthy(ada)


def test_an_undo_of_what_the_new_base_does_not_hold_stays_behind(open_as: Open) -> None:
    ada = open_as("ada")
    trivet.branch_scenario(ada, "sister")
    trivet.record_changes(ada, [said("600")])
    trivet.make_plan(ada)
    trivet.branch_scenario(ada, "high")
    trivet.undo_change(ada, 1, scenario="high")
    answer = trivet.rebase_scenario(ada, "high", onto="sister")
    assert answer.carried == ()
    assert [issue.message for issue in answer.issues] == [
        "entry 2 of ada stays behind: the new base does not hold entry 1, which it takes back."
    ]
    assert ada.store.scenario(ada.store.scenarios()[2].id).parent == "sister"
    assert trivet.make_plan(ada, "high").seq == 3
    trivet.submit_plan(ada, plan="high")
    assert ada.version("high").state is VersionState.IN_REVIEW


def test_a_rebase_onto_a_version_stands_on_the_log_of_then(open_as: Open) -> None:
    ada = open_as("ada")
    trivet.branch_scenario(ada, "high")
    trivet.record_changes(ada, [said("+50")], scenario="high")
    trivet.record_changes(ada, [said("900")])
    trivet.make_plan(ada)
    trivet.record_changes(ada, [said("100")])
    answer = trivet.rebase_scenario(ada, "high", onto="main-2")
    assert (answer.after.seq, answer.after.version) == (1, "main-2")
    assert total(ada, "high") == 950
    assert trivet.rebase_scenario(ada, "high").after.seq == 2
    assert total(ada, "high") == 150


def test_two_undos_of_the_same_words_stay_two_when_their_numbers_move(open_as: Open) -> None:
    ada = open_as("ada")
    base = total(ada, "main")
    trivet.branch_scenario(ada, "high")
    trivet.record_changes(ada, [said("+50"), said("+50")], scenario="high")
    trivet.branch_scenario(ada, "leaf", parent="high")
    for seq in (1, 2):
        trivet.undo_change(ada, seq, scenario="leaf")
    trivet.record_changes(ada, [said("900", "2027-04")])
    trivet.rebase_scenario(ada, "high")
    assert total(ada, "high") == base + 100
    answer = trivet.rebase_scenario(ada, "leaf")
    assert [line.was for line in answer.carried] == [3, 4]
    assert total(ada, "leaf") == base
