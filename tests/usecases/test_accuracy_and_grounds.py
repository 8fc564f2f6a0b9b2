"""Accuracy of versions published here, and what large changes must rest on, from the log to the next cycle."""

import re
from datetime import date
from pathlib import Path

import pytest

import trivet
from tests.planned import Open
from tests.usecases.scoped import people_home, scoped_home
from trivet.core.errors import InvalidInput, NotFound, NotPermitted
from trivet.core.said import Said, said_in_file
from trivet.examples import bikes
from trivet.store.codec import entry_from_json
from trivet.workspace.workspace import Workspace

__all__ = ["people_home", "scoped_home"]

ASSUMPTIONS = "assumption,statement,owner\nA-1,The dealer stays,ada\nA-2,No strike,ada\n"
RULES = "\n[changes]\nassumption_above = 10.0\namount_above = { consensus_demand = 5 }\n"


def company(folder: Path, *, cycle: str | None = None, rules: str = "", **files: str) -> Path:
    """Copy the example, with other settings and more files."""
    folder.mkdir()
    for path in bikes().iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    text = (folder / "company.toml").read_text("utf-8")
    text = re.sub(r'cycle = "?[\d-]+"?', f'cycle = "{cycle}"', text) if cycle else text
    (folder / "company.toml").write_text(text + rules, "utf-8")
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text(lines, "utf-8")
    return folder


@pytest.fixture
def ruled(tmp_path: Path) -> Workspace:
    trivet.create_workspace(str(tmp_path / "home"), actor="ada")
    workspace = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    assert trivet.import_folder(workspace, company(tmp_path / "c", rules=RULES, assumptions=ASSUMPTIONS)).snapshot
    trivet.make_plan(workspace)
    return workspace


def month(workspace: Workspace, ahead: int) -> str:
    buckets = workspace.planned("main")[2].model.buckets
    return buckets.label(buckets.first_open + ahead)


def said(
    workspace: Workspace,
    amount: str = "+20%",
    *,
    reason: str | None = None,
    reason_code: str | None = None,
    assumption: str | None = None,
    expires: str | None = None,
) -> Said:
    return Said(
        measure="consensus_demand",
        amount=amount,
        first=month(workspace, 4),
        reason=reason,
        reason_code=reason_code,
        assumption=assumption,
        expires=expires,
    )


def test_without_earlier_plans_accuracy_says_so_and_what_to_do(open_as: Open) -> None:
    answer = trivet.show_accuracy(open_as("ada"))
    assert "accuracy begins with the first published plan" in answer.missing
    assert {row.wmape for row in answer.rows} == {None}
    assert all("no plan spoke of it" in row.undefined for row in answer.rows)


def test_wrong_questions_about_accuracy_are_wrong_calls(open_as: Open) -> None:
    workspace = open_as("ada")
    with pytest.raises(InvalidInput, match="production is not planned in units of item x market"):
        trivet.show_accuracy(workspace, measure="production")
    with pytest.raises(InvalidInput, match="lags are -1; expected 0 or more"):
        trivet.show_accuracy(workspace, lags=(-1,))
    with pytest.raises(InvalidInput, match="is not closed: there is nothing to hold a plan to"):
        trivet.show_accuracy(workspace, first=month(workspace, 0))
    with pytest.raises(NotFound, match="level 'colour' is not known for demand"):
        trivet.show_accuracy(workspace, by=("colour",))


def test_a_version_published_here_is_scored_when_its_month_is_known(tmp_path: Path) -> None:
    trivet.create_workspace(str(tmp_path / "home"), actor="ada")
    workspace = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    now = trivet.import_folder(workspace, company(tmp_path / "now"))
    assert now.snapshot
    day = workspace.sources("main").inputs.model.buckets.starts
    first_open = workspace.sources("main").inputs.model.buckets.first_open
    past, current = day[first_open - 2], day[first_open]
    assert trivet.import_folder(workspace, company(tmp_path / "then", cycle=f"{past:%Y-%m}")).snapshot
    trivet.make_plan(workspace)
    trivet.submit_plan(workspace)
    other = trivet.open_workspace(str(tmp_path / "home"), actor="bea")
    trivet.approve_plan(other)
    assert trivet.publish_plan(other, to=tmp_path / "pack").published
    told = trivet.import_folder(workspace, tmp_path / "now")
    line = next(issue for issue in told.issues if issue.code == "accuracy.last-plan")
    assert f"against the plan of cycle {past:%Y-%m}" in line.message
    trivet.make_plan(workspace)
    answer = trivet.show_accuracy(workspace, lags=(1,), by=("family",))
    assert answer.cycles == (f"{past:%Y-%m-%d}",)
    whole = next(row for row in answer.rows if row.level == "item x market" and not row.member)
    assert whole.buckets == (f"{day[first_open - 1]:%Y-%m}",)
    assert whole.wmape is not None
    assert whole.cells > 1
    family = {row.member: row.wmape for row in answer.rows if row.member and row.level == "family"}
    for name, error in family.items():
        assert error is None or f"{name} {error:.1%}" in line.message
    assert current.year  # the plan of the current cycle is never scored


def test_a_large_change_needs_text_code_and_assumption_and_all_that_lacks_is_said(ruled: Workspace) -> None:
    refused = trivet.record_changes(ruled, [said(ruled)])
    assert not refused.recorded
    issue = refused.issues[-1]
    assert issue.code == "change.reason-needed"
    assert "a reason and a reason code and an assumption are needed" in issue.message
    assert "--reason-code promotion|customer" in issue.advice
    partly = trivet.record_changes(ruled, [said(ruled, reason="fair", reason_code="promotion")])
    assert "an assumption is needed" in partly.issues[-1].message
    whole = said(ruled, reason="fair", reason_code="promotion", assumption="A-1")
    assert trivet.record_changes(ruled, [whole]).recorded
    line = trivet.list_changes(ruled).lines[-1]
    assert (line.reason, line.reason_code, line.assumption, line.live) == ("fair", "promotion", "A-1", True)
    assert "(promotion; fair; assumes A-1)" in line.what


def test_an_amount_above_the_limit_of_its_measure_needs_grounds_however_small_its_share(ruled: Workspace) -> None:
    refused = trivet.record_changes(ruled, [said(ruled, "+6", reason="order")])
    assert "this moves consensus_demand by 6; above 5 a reason code and an assumption are needed" in str(
        refused.issues[-1]
    )
    assert trivet.record_changes(ruled, [said(ruled, "+5", reason="order")]).recorded


def test_unknown_codes_are_refused_with_the_nearest(ruled: Workspace) -> None:
    wrong = said(ruled, "+1", reason_code="promotoin", assumption="A-3")
    answer = trivet.record_changes(ruled, [wrong])
    assert not answer.recorded
    assert [issue.code for issue in answer.issues] == ["change.reason-code-unknown", "change.assumption-unknown"]
    assert "Maybe 'promotion'?" in answer.issues[0].message
    assert "2 are registered: A-1, A-2. Maybe 'A-" in answer.issues[1].message
    assert [i.code for i in trivet.preview_changes(ruled, [wrong]).issues] == [i.code for i in answer.issues]
    assert trivet.list_changes(ruled).lines == ()


def test_without_rules_and_assumptions_a_reason_is_enough(open_as: Open) -> None:
    workspace = open_as("ada")
    assert trivet.record_changes(workspace, [said(workspace, reason="fair")]).recorded
    unknown = trivet.record_changes(workspace, [said(workspace, reason="fair", assumption="A-1")])
    assert "the table assumptions has none" in unknown.issues[0].message


def test_an_expired_change_stops_counting_with_its_cycle_and_is_said(tmp_path: Path, open_as: Open) -> None:
    workspace = open_as("ada")
    buckets = workspace.planned("main")[2].model.buckets
    expires = month(workspace, 1)
    answer = trivet.record_changes(workspace, [said(workspace, reason="deal", expires=expires)])
    assert answer.recorded
    line = trivet.list_changes(workspace).lines[-1]
    assert (line.live, line.expired, line.expires) == (True, False, buckets.starts[buckets.first_open + 1])
    assert f"expires {line.expires}" in line.what
    later = company(tmp_path / "later", cycle=expires)
    assert trivet.import_folder(workspace, later).snapshot
    after = trivet.list_changes(workspace).lines[-1]
    assert (after.live, after.expired) == (False, True)
    trivet.make_plan(workspace)
    plan, inputs = workspace.planned("main")[1:]
    told = [issue for issue in plan.issues if issue.code == "entry.expired"]
    assert len(told) == 1
    assert "entry 1 of ada (scale) expired with cycle" in told[0].message
    demand, column = plan.panel("demand"), inputs.model.buckets.first_open + 3
    assert (demand.count("consensus_demand")[:, column] == demand.count("consensus_base")[:, column]).all()


def test_an_expiry_that_never_counts_or_never_comes_is_a_wrong_call(open_as: Open) -> None:
    workspace = open_as("ada")
    with pytest.raises(InvalidInput, match="is not after the current cycle"):
        trivet.record_changes(workspace, [said(workspace, reason="x", expires=month(workspace, 0))])
    with pytest.raises(InvalidInput, match="behind the end of the plan"):
        trivet.record_changes(workspace, [said(workspace, reason="x", expires="2099-01")])


def test_a_file_of_changes_has_their_grounds() -> None:
    text = "measure,amount,reason_code,assumption,expires\nconsensus_demand,+1,launch,A-1,2027-03\n"
    (found,) = said_in_file("changes.csv", text)
    assert (found.reason_code, found.assumption, found.expires) == ("launch", "A-1", "2027-03")


def test_entries_logged_before_there_were_grounds_still_open() -> None:
    old = (
        '{"change":{"measure":"consensus_demand","operation":"scale","amount":"1.05","unit":null,"scope":[],'
        '"first":"2027-01-01","last":"2027-01-01","spread_by":null,"reason":"x","expires":null,"withdraws":null},'
        '"record":null}'
    )
    entry = entry_from_json(old)
    assert (entry.reason, getattr(entry, "reason_code", 0), getattr(entry, "assumption", 0)) == ("x", None, None)
    assert getattr(entry, "first", None) == date(2027, 1, 1)


def test_accuracy_is_cut_to_the_part_of_who_asks(scoped_home: Path) -> None:
    mine = trivet.show_accuracy(trivet.open_workspace(str(scoped_home), actor="kim"), by=("family",))
    assert mine.part == "your part: family=Kids"
    assert {row.member for row in mine.rows} <= {"", "Kids"}
    with pytest.raises(NotPermitted):
        trivet.show_accuracy(trivet.open_workspace(str(scoped_home), actor="nobody"))
