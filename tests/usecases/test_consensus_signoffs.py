"""Approving a family's consensus: by whom, what was signed, what changed since, and what publishing says (R11)."""

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import trivet
from tests.usecases.scoped import PEOPLE, people_home, scoped_home
from trivet.core.entries import RecordChange
from trivet.core.errors import Conflict, NotFound
from trivet.core.gates import GateName
from trivet.core.said import Said
from trivet.core.signoffs import CONSENSUS
from trivet.examples import bikes
from trivet.planning.agreed import Approval, FamilyConsensus
from trivet.workspace.workspace import Workspace

__all__ = ["people_home", "scoped_home"]

As = Callable[[str], Workspace]


@pytest.fixture
def seat(scoped_home: Path) -> As:
    """Open the workspace as somebody."""
    return lambda actor: trivet.open_workspace(str(scoped_home), actor=actor)


def line(workspace: Workspace, family: str, scenario: str = "main") -> FamilyConsensus:
    return next(one for one in trivet.show_consensus(workspace, scenario=scenario).families if one.family == family)


def approval(workspace: Workspace, family: str, scenario: str = "main") -> Approval:
    found = line(workspace, family, scenario).approval
    assert found is not None
    return found


def more(amount: str = "+7", family: str = "Kids", month: str = "2027-03") -> Said:
    return Said(measure="consensus_demand", amount=amount, where=(f"family={family}",), first=month, reason="because")


def test_an_approval_has_name_time_note_and_ages_no_plan(seat: As) -> None:
    clara = seat("clara")
    before = trivet.show_plan(clara).summary.digest
    done = trivet.approve_consensus(seat("kim"), ["kids"], note="seen with sales")
    assert done.recorded
    given = approval(clara, "Kids")
    assert (given.by, given.note, given.stands) == ("kim", "seen with sales", True)
    assert line(clara, "City").approval is None
    assert clara.looked_at("main").stale is None
    assert trivet.show_plan(clara).summary.digest == before
    assert trivet.submit_plan(clara).state == "in_review"
    log = trivet.list_changes(clara).lines
    assert [(one.actor, one.what, one.source) for one in log] == [
        ("kim", "consensus_signoffs: family=Kids, cycle=2026-11-01 (seen with sales)", "consensus approve")
    ]


def test_a_later_change_is_said_with_units_and_money_until_it_is_approved_again(seat: As) -> None:
    clara = seat("clara")
    trivet.approve_consensus(clara, ["Kids"])
    price = line(clara, "Kids").revenue / line(clara, "Kids").consensus
    assert trivet.record_changes(seat("kim"), [more("-12")]).recorded
    changed = approval(clara, "Kids")
    assert changed.changed
    assert changed.units == Decimal(-12)
    assert abs(changed.revenue / (-12 * price) - 1) < Decimal("0.5")
    trivet.approve_consensus(clara, ["Kids"])
    assert approval(clara, "Kids").stands


def test_units_that_only_move_between_months_are_a_change_too(seat: As) -> None:
    clara = seat("clara")
    trivet.approve_consensus(clara, ["Kids"])
    assert trivet.record_changes(clara, [more("+5"), more("-5", month="2027-04")]).recorded
    moved = approval(clara, "Kids")
    assert moved.units == 0
    assert moved.changed


def test_undo_and_withdraw_take_an_approval_back_and_undoing_the_change_brings_it_back(seat: As) -> None:
    clara = seat("clara")
    trivet.approve_consensus(clara, ["Kids", "City"])
    assert trivet.record_changes(clara, [more()]).recorded
    assert approval(clara, "Kids").changed
    trivet.undo_change(clara, 3)
    assert approval(clara, "Kids").stands
    trivet.undo_change(clara, 1)
    withdrawn = trivet.withdraw_consensus(clara, ["City"], note="not yet")
    assert withdrawn.recorded
    assert [one.approval for one in trivet.show_consensus(clara).families] == [None, None]
    with pytest.raises(NotFound, match="Kids is not approved in cycle 2026-11-01"):
        trivet.withdraw_consensus(clara, ["Kids"])


@pytest.mark.parametrize(
    ("person", "code"),
    [
        ("sam", "rights.table-not-yours"),
        ("nora", None),
        ("sofia", "rights.beyond-your-part"),
        ("sal", ""),
        ("eva", ""),
    ],
)
def test_who_answers_for_whole_families_approves_them_and_nobody_else(seat: As, person: str, code: str | None) -> None:
    if code is None:
        with pytest.raises(NotFound, match=r"family 'City' is not known \(0 known\)"):
            trivet.approve_consensus(seat(person), ["City"])
        return
    done = trivet.approve_consensus(seat(person), ["City"])
    assert done.recorded == (code == "")
    assert [issue.code for issue in done.issues] == ([code] if code else [])


def test_who_sees_one_family_approves_and_is_told_of_that_one(seat: As) -> None:
    trivet.approve_consensus(seat("clara"))
    kim = seat("kim")
    assert [(one.family, one.approval is not None) for one in trivet.show_consensus(kim).families] == [("Kids", True)]
    assert trivet.show_consensus(kim).part == "your part: family=Kids"
    with pytest.raises(NotFound, match=r"family 'City' is not known \(1 known\)"):
        trivet.approve_consensus(kim, ["City"])


def test_who_sees_a_region_gets_their_part_of_the_figures_and_no_sign_off_of_the_whole(seat: As) -> None:
    clara, sofia = seat("clara"), seat("sofia")
    trivet.approve_consensus(clara)
    mine, whole = line(sofia, "City"), line(clara, "City")
    assert 0 < mine.consensus < whole.consensus
    assert mine.approval is None
    assert whole.approval is not None
    told = [trivet.show_consensus(one).approvals_told for one in (sofia, seat("kim"), seat("sal"), clara)]
    assert told == [False, True, True, True]
    assert mine.rule == whole.rule


def test_a_misspelt_family_is_offered_the_nearest(seat: As) -> None:
    with pytest.raises(NotFound, match=r"family 'Citty' is not known \(2 known\). Maybe 'City'\?"):
        trivet.approve_consensus(seat("clara"), ["Citty"])


def test_a_branch_inherits_approvals_changes_only_its_own_and_keeps_them_in_a_merge(seat: As) -> None:
    clara = seat("clara")
    trivet.approve_consensus(clara, ["Kids"])
    trivet.branch_scenario(clara, "bold")
    assert approval(clara, "Kids", "bold").stands
    assert trivet.record_changes(clara, [more()], scenario="bold").recorded
    trivet.approve_consensus(clara, ["City"], scenario="bold")
    assert approval(clara, "Kids", "bold").changed
    assert approval(clara, "Kids").stands
    assert line(clara, "City").approval is None
    merged = trivet.merge_scenario(clara, "bold")
    assert merged.recorded
    assert len(merged.moved) == 1
    assert approval(clara, "Kids").units == Decimal(7)
    assert line(clara, "City").approval is None


def test_a_rebase_carries_approvals_with_their_authors(seat: As) -> None:
    clara = seat("clara")
    trivet.branch_scenario(clara, "bold")
    trivet.approve_consensus(seat("eva"), ["City"], scenario="bold")
    assert trivet.record_changes(clara, [more("+3", "City")]).recorded
    trivet.make_plan(clara)
    trivet.rebase_scenario(clara, "bold")
    carried = approval(clara, "City", "bold")
    assert (carried.by, carried.units) == ("eva", Decimal(3))


def test_sign_offs_are_never_typed_in_as_rows(seat: As) -> None:
    row = RecordChange(table=CONSENSUS, key=(("family", "City"),), after=(("units", "1"),))
    told = trivet.record_changes(seat("clara"), [row])
    assert not told.recorded
    assert [issue.code for issue in told.issues] == ["signoff.not-a-row"]


def test_an_approval_of_an_earlier_cycle_does_not_count(seat: As, tmp_path: Path) -> None:
    clara = seat("clara")
    trivet.approve_consensus(clara)
    folder = tmp_path / "later"
    shutil.copytree(bikes(), folder)
    text = (folder / "company.toml").read_text("utf-8")
    assert "cycle = 2026-11-01" in text
    (folder / "company.toml").write_text(text.replace("cycle = 2026-11-01", "cycle = 2026-12-01"), "utf-8")
    (folder / "people.csv").write_text(PEOPLE, "utf-8")
    assert trivet.import_folder(clara, folder).snapshot
    trivet.make_plan(clara)
    assert [one.approval for one in trivet.show_consensus(clara).families] == [None, None]


def test_publishing_says_which_families_nobody_approved_and_keeps_it_in_the_certificate(seat: As) -> None:
    clara, eva = seat("clara"), seat("eva")
    trivet.approve_consensus(eva, ["Kids"])
    trivet.submit_plan(clara)
    trivet.approve_plan(eva)
    trivet.approve_consensus(eva, ["City"])
    trivet.withdraw_consensus(eva, ["City"])
    done = trivet.publish_plan(clara)
    assert done.published
    gate = next(one for one in done.certificate.gates if one.name is GateName.CONSENSUS)
    assert (gate.demanded, gate.passed, gate.open) == (False, 1, ("City: not approved",))
    assert '"City: not approved"' in clara.store.certificate(done.version).body
    assert all(check.passed for check in trivet.run_doctor(clara).checks)
    published = line(clara, "Kids")
    assert (published.published, published.change) == (published.consensus, Decimal(0))
    trivet.record_changes(clara, [more()])
    assert line(clara, "Kids").change == Decimal(7)


def test_a_change_after_the_plan_still_keeps_it_from_being_published(seat: As) -> None:
    clara = seat("clara")
    trivet.submit_plan(clara)
    trivet.approve_plan(seat("eva"))
    trivet.approve_consensus(clara)
    trivet.record_changes(clara, [more()])
    with pytest.raises(Conflict, match="was made at change 0 and the log stands at 3"):
        trivet.publish_plan(clara)


def test_a_company_that_demands_approval_publishes_with_it_or_with_a_name_and_reason(tmp_path: Path) -> None:
    folder = tmp_path / "strict"
    shutil.copytree(bikes(), folder)
    text = (folder / "company.toml").read_text("utf-8")
    (folder / "company.toml").write_text(text + '\n[gates]\ndemanded = ["consensus"]\n', "utf-8")
    trivet.create_workspace(str(tmp_path / "home"), actor="ada")
    ada = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    assert trivet.import_folder(ada, folder).snapshot
    trivet.make_plan(ada)
    trivet.submit_plan(ada)
    trivet.approve_plan(ada)
    held = trivet.publish_plan(ada)
    assert not held.published
    assert held.certificate.passed
    trivet.approve_consensus(ada, ["City"])
    done = trivet.publish_plan(ada, waive="Kids decides next week")
    gate = next(one for one in done.certificate.gates if one.name is GateName.CONSENSUS)
    assert done.published
    assert (gate.open, gate.waived_by, gate.waived_why) == (("Kids: not approved",), "ada", "Kids decides next week")
