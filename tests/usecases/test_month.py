"""A month with the tiny company, from a change to a published plan and its care."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import trivet
from trivet.core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from trivet.core.said import Said
from trivet.cycle.stages import State
from trivet.workspace.workspace import Workspace

Open = Callable[[str], Workspace]


def city(amount: str, *, reason: str | None = "fair", first: str = "2027-03") -> Said:
    return Said(measure="consensus_demand", amount=amount, where=("family=City",), first=first, reason=reason)


def total(workspace: Workspace, measure: str, plan: str = "main") -> Decimal:
    shown = trivet.show_numbers(workspace, measure, trivet.View(where=("family=City",), first="2027-03"), plan=plan)
    (row,) = [row for row in shown.rows if row.member == "City"]
    (value,) = row.values
    assert value is not None
    return value


def test_a_change_moves_exactly_its_total_and_planning_keeps_it(open_as: Open) -> None:
    workspace = open_as("ada")
    answer = trivet.record_changes(workspace, [city("500")])
    assert answer.recorded
    (moved,) = answer.moved
    assert moved.after == Decimal(500)
    trivet.make_plan(workspace)
    assert total(workspace, "consensus_demand") == Decimal(500)


def test_editing_revenue_moves_quantity(open_as: Open) -> None:
    workspace = open_as("ada")
    before = total(workspace, "revenue")
    said = Said(measure="revenue", amount="+10%", where=("family=City",), first="2027-03", reason="price list")
    answer = trivet.record_changes(workspace, [said])
    assert answer.recorded
    (moved,) = answer.moved
    assert (moved.measure, moved.before) == ("revenue", before)
    trivet.make_plan(workspace)
    after = total(workspace, "revenue")
    assert after == moved.after
    assert abs(after / before - Decimal("1.1")) < Decimal("0.01")


def test_an_undo_returns_the_same_plan(open_as: Open) -> None:
    workspace = open_as("ada")
    digest = workspace.version("main").digest
    seq = trivet.record_changes(workspace, [city("+20%")]).moved[0].seq
    assert trivet.make_plan(workspace).digest != digest
    assert trivet.undo_change(workspace, seq).recorded
    trivet.make_plan(workspace)
    plan = workspace.store.load_plan(workspace.version("main").id)
    first = workspace.store.load_plan(workspace.store.versions()[0].id)
    same = np.array_equal(
        plan.panel("demand").count("consensus_demand"), first.panel("demand").count("consensus_demand")
    )
    assert same
    with pytest.raises(Conflict, match="taken back already"):
        trivet.undo_change(workspace, seq)
    with pytest.raises(NotFound, match="no change 99"):
        trivet.undo_change(workspace, 99)
    lines = trivet.list_changes(workspace).lines
    assert [line.live for line in lines] == [False, True]
    assert lines[0].moved == -lines[1].moved != 0


def test_a_large_change_needs_a_reason_and_a_closed_bucket_none_helps(open_as: Open) -> None:
    workspace = open_as("ada")
    answer = trivet.record_changes(workspace, [city("+20%", reason=None)])
    assert not answer.recorded
    assert [issue.code for issue in answer.issues] == ["change.reason-needed"]
    answer = trivet.record_changes(workspace, [city("+20%", first="2026-09")])
    assert [issue.code for issue in answer.issues] == ["fence.outside"]
    assert trivet.list_changes(workspace).lines == ()


def test_all_changes_of_a_call_are_recorded_or_none(open_as: Open) -> None:
    workspace = open_as("ada")
    lock = city("lock", reason="contract")
    answer = trivet.record_changes(workspace, [lock, city("+50%")])
    assert not answer.recorded
    assert answer.issues
    assert trivet.list_changes(workspace).lines == ()


def test_the_faster_change_wins_and_the_slower_hears_who(open_as: Open) -> None:
    ada, bob = open_as("ada"), open_as("bob")
    assert trivet.record_changes(ada, [city("500")], seen=0).recorded
    with pytest.raises(Conflict, match="ada"):
        trivet.record_changes(bob, [city("510")], seen=0)
    assert len(trivet.list_changes(bob).lines) == 1


def test_a_branch_never_changes_its_parent(open_as: Open) -> None:
    workspace = open_as("ada")
    before = workspace.version("main").digest
    trivet.branch_scenario(workspace, "optimistic", title="Spring campaign")
    assert trivet.record_changes(workspace, [city("+30%")], scenario="optimistic").recorded
    trivet.make_plan(workspace, "optimistic")
    assert workspace.version("main").digest == before
    answer = trivet.compare_scenarios(workspace, "main", "optimistic")
    assert not answer.same
    assert "consensus_demand" in answer.changed
    (demand,) = [row for row in answer.differences if row.measure == "consensus_demand"]
    assert demand.member == "City"
    assert demand.change == trivet.list_changes(workspace, scenario="optimistic").lines[0].moved
    assert "City" in answer.changes[0]
    assert trivet.compare_scenarios(workspace, "main", "main").same
    with pytest.raises(Conflict):
        trivet.branch_scenario(workspace, "optimistic")


def test_a_branch_is_merged_in_whole_or_in_part_and_never_over_what_others_did(open_as: Open) -> None:
    ada, bob = open_as("ada"), open_as("bob")
    trivet.branch_scenario(ada, "high")
    trivet.record_changes(ada, [city("+10%"), city("700", first="2027-05")], scenario="high")
    dropped = trivet.record_changes(ada, [city("900", first="2027-06")], scenario="high").moved[0].seq
    trivet.undo_change(ada, dropped, scenario="high")
    with pytest.raises(NotFound, match=f"no live change {dropped}"):
        trivet.merge_scenario(ada, "high", only=[dropped])
    second = trivet.list_changes(ada, scenario="high").lines[1].seq
    merged = trivet.merge_scenario(ada, "high", only=[second])
    assert [moved.after for moved in merged.moved] == [Decimal(700)]
    assert "from high 2 by ada" in trivet.list_changes(ada).lines[0].what
    trivet.record_changes(bob, [city("123")])
    with pytest.raises(Conflict, match="bob"):
        trivet.merge_scenario(ada, "high", only=[1])
    assert trivet.merge_scenario(ada, "high", only=[1], anyway=True).recorded
    with pytest.raises(InvalidInput, match="no parent"):
        trivet.merge_scenario(ada, "main")
    trivet.branch_scenario(ada, "empty")
    with pytest.raises(InvalidInput, match="nothing to merge"):
        trivet.merge_scenario(ada, "empty")


def test_explain_names_parts_person_reason_and_file(open_as: Open) -> None:
    workspace = open_as("ada")
    trivet.record_changes(workspace, [city("+20%")])
    trivet.make_plan(workspace)
    answer = trivet.explain_cell(workspace, "consensus_demand", scope=("family=City",), first="2027-03")
    told = answer.explanation
    (cause,) = told.causes
    assert (cause.actor, cause.reason) == ("ada", "fair")
    assert told.parts[0].measure == "consensus_base"
    assert told.value == told.parts[0].value + cause.moved
    price = trivet.explain_cell(workspace, "price", scope=("item=C1",), first="2027-03")
    assert [file.name for file in price.files] == ["prices.csv"]
    forecast = trivet.explain_cell(workspace, "baseline_demand", scope=("item=C1",), first="2027-03")
    assert [part.measure for part in forecast.explanation.parts] == ["seasonal_naive"]
    assert "orders.csv" in [file.name for file in forecast.files]
    assert "solver" not in forecast.explanation.how
    revenue = trivet.explain_cell(workspace, "revenue", scope=("item=C1",), first="2027-03").explanation
    assert {part.measure for part in revenue.parts} == {"consensus_demand", "price"}
    with pytest.raises(NotFound, match="Maybe 'consensus_demand'"):
        trivet.explain_cell(workspace, "consensus_demnd")


def test_a_plan_is_published_by_two_people_and_never_again(open_as: Open) -> None:
    ada, eva = open_as("ada"), open_as("eva")
    with pytest.raises(Conflict, match="draft"):
        trivet.publish_plan(ada)
    assert trivet.submit_plan(ada).state is State.IN_REVIEW
    assert trivet.submit_plan(ada, back=True).state is State.DRAFT
    trivet.submit_plan(ada)
    trivet.approve_plan(eva)
    answer = trivet.publish_plan(ada)
    assert answer.published
    assert answer.certificate.passed
    assert answer.digest == ada.version("main").digest
    with pytest.raises(Conflict, match="published"):
        trivet.publish_plan(ada)


def test_a_plan_that_the_log_has_left_behind_is_not_submitted(open_as: Open) -> None:
    workspace = open_as("ada")
    trivet.record_changes(workspace, [city("500")])
    with pytest.raises(Conflict, match="Plan again first"):
        trivet.submit_plan(workspace)


def test_importing_the_same_files_again_changes_nothing(open_as: Open) -> None:
    from trivet.examples import bikes  # noqa: PLC0415

    workspace = open_as("ada")
    answer = trivet.import_folder(workspace, bikes())
    assert answer.unchanged
    assert answer.report.ties
    assert trivet.make_plan(workspace).digest == workspace.store.versions()[0].digest


def test_a_plan_is_exported_in_every_form(open_as: Open, tmp_path: Path) -> None:
    workspace = open_as("ada")
    pack = trivet.export_plan(workspace, tmp_path / "pack")
    assert [Path(file).suffix for file in pack.files] == [".xlsx", ".pdf"]
    csv = trivet.export_plan(workspace, tmp_path / "csv", form="csv")
    demand = next(Path(file) for file in csv.files if Path(file).name == "demand.csv")
    assert "consensus_demand" in demand.read_text("utf-8").splitlines()[0]
    parquet = trivet.export_plan(workspace, tmp_path / "parquet", form="parquet")
    assert all(Path(file).suffix == ".parquet" for file in parquet.files)
    assert [Path(file).suffix for file in trivet.export_plan(workspace, tmp_path / "pdf", form="pdf").files] == [".pdf"]
    assert [path.suffix for path in (tmp_path / "pdf").iterdir()] == [".pdf"]
    with pytest.raises(InvalidInput, match="pack, xlsx, pdf, csv or parquet"):
        trivet.export_plan(workspace, tmp_path, form="pptx")


def test_the_doctor_finds_a_sound_workspace_sound_and_the_plan_made_again_the_same(open_as: Open) -> None:
    workspace = open_as("ada")
    trivet.record_changes(workspace, [city("+20%")])
    trivet.make_plan(workspace)
    answer = trivet.run_doctor(workspace, again=True)
    assert answer.healthy, [check for check in answer.checks if not check.passed]
    assert any(check.name.startswith("V13") for check in answer.checks)


def test_a_backup_restores_the_same_plan(open_as: Open, tmp_path: Path) -> None:
    workspace = open_as("ada")
    trivet.backup_workspace(workspace, tmp_path / "backup.db")
    trivet.restore_workspace(tmp_path / "backup.db", str(tmp_path / "again"))
    again = trivet.open_workspace(str(tmp_path / "again"), actor="ada")
    assert again.version("main").digest == workspace.version("main").digest
    with pytest.raises(Conflict):
        trivet.restore_workspace(tmp_path / "backup.db", str(tmp_path / "again"))
    assert trivet.upgrade_workspace(str(tmp_path / "again")).backup is None


def test_people_of_the_company_are_needed_for_two_pairs_of_eyes(tmp_path: Path) -> None:
    """With a people table the submitter can't approve; without one (bikes) nobody else is there."""
    from trivet.examples import bikes  # noqa: PLC0415

    folder = tmp_path / "bikes"
    folder.mkdir()
    for path in bikes().iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    (folder / "people.csv").write_text("person,name,role\nada,Ada,coordinator\neva,Eva,executive\n", "utf-8")
    trivet.create_workspace(str(tmp_path / "home"))
    ada = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    trivet.import_folder(ada, folder)
    trivet.make_plan(ada)
    trivet.submit_plan(ada)
    with pytest.raises(NotPermitted, match="ada submitted"):
        trivet.approve_plan(ada)


def test_nothing_imported_and_nothing_planned_are_said(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    trivet.create_workspace(home)
    workspace = trivet.open_workspace(home, actor="ada")
    with pytest.raises(NotFound, match="trivet import"):
        trivet.make_plan(workspace)
    with pytest.raises(NotFound, match="trivet plan"):
        trivet.show_plan(workspace)
    with pytest.raises(Conflict, match="already holds a workspace"):
        trivet.create_workspace(home)
    with pytest.raises(NotFound, match="is no folder"):
        trivet.import_folder(workspace, tmp_path / "nowhere")


def test_a_budget_of_two_months_is_not_held_against_a_year(tmp_path: Path) -> None:
    from trivet.examples import bikes  # noqa: PLC0415

    folder = tmp_path / "bikes"
    folder.mkdir()
    for path in bikes().iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    lines = (folder / "budget.csv").read_text("utf-8").splitlines()
    kept = [lines[0], *(line for line in lines[1:] if ",2027-01," in line or ",2027-02," in line)]
    assert len(kept) > 2
    (folder / "budget.csv").write_text("\n".join(kept) + "\n", "utf-8")
    trivet.create_workspace(str(tmp_path / "home"))
    ada = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    trivet.import_folder(ada, folder)
    made = trivet.make_plan(ada)
    assert all(line.budget_revenue is None for line in made.summary.lines)
    assert not [gap for gap in made.summary.gaps if "budget" in gap.kind]
    partial = [issue for issue in made.issues if issue.code == "finance.budget-partial"]
    assert partial
    assert "covers 2 of the 12 buckets of FY2027" in partial[0].message
    assert trivet.check_plan(ada).certificate.passed
    assert trivet.export_plan(ada, tmp_path / "pack").files
