"""What a person with a role and a part may see, change and do, in every use-case (U1)."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

import trivet
from tests.usecases.scoped import PARTS, people_home, scoped_home
from trivet.core.entries import RecordChange
from trivet.core.errors import NotFound, NotPermitted
from trivet.core.said import Said
from trivet.usecases.show_plan import View, show_issues
from trivet.workspace.workspace import Workspace

__all__ = ["people_home", "scoped_home"]

As = Callable[[str], Workspace]


@pytest.fixture
def seat(scoped_home: Path) -> As:
    """Open the workspace as somebody."""
    return lambda actor: trivet.open_workspace(str(scoped_home), actor=actor)


def said(amount: str, *where: str, measure: str = "consensus_demand") -> Said:
    return Said(measure=measure, amount=amount, where=where, first="2027-03", reason="because")


def test_totals_are_those_of_their_part_and_say_so(seat: As) -> None:
    view = View(by="region", period="year")
    whole, home, export = (trivet.show_numbers(seat(one), "revenue", view) for one in ("ada", "sofia", "wim"))
    assert [row.member for row in home.rows] == ["Home"]
    assert home.where == "your part: region=Home"
    assert whole.where == "everything"
    assert [row for row in whole.rows if row.member == "Home"] == list(home.rows)
    assert [row for row in whole.rows if row.member == "Export"] == list(export.rows)
    city = trivet.show_numbers(seat("sofia"), "revenue", View(by="family", where=("family=City",)))
    assert city.where == "family=City; your part: region=Home"


@pytest.mark.parametrize("structure", ["today", "as-was"])
def test_their_part_is_the_same_by_every_structure_where_nothing_moved(seat: As, structure: str) -> None:
    for person in ("sofia", "kim"):
        plain, other = (
            trivet.show_numbers(seat(person), "revenue", View(by="region", period="year", structure=how))
            for how in ("plan", structure)
        )
        assert plain.rows == other.rows != ()


def test_who_sees_a_part_gets_tables_instead_of_the_companys_screen(seat: As) -> None:
    screen = trivet.show_plan(seat("sofia"))
    assert [table.measure for table in screen.part] == [
        "consensus_demand", "constrained_demand", "revenue", "constrained_revenue"
    ]  # fmt: skip
    assert screen.summary.lines == ()
    assert screen.summary.stock_value is None
    assert screen.summary.digest == ""
    assert "gross_margin" in [table.measure for table in trivet.show_plan(seat("kim")).part]
    assert trivet.show_plan(seat("eva")).part == ()
    assert trivet.show_plan(seat("eva")).summary.lines
    assert trivet.show_plan(seat("nora")).part[0].rows == ()


def test_a_plan_made_by_who_sees_a_part_answers_with_that_part(seat: As) -> None:
    made = trivet.make_plan(seat("sofia"))
    assert made.summary.lines == ()
    assert made.part
    assert all(
        all(node.member != "Export" for node in issue.place.scope) and issue.place.scope for issue in made.issues
    )


@pytest.mark.parametrize("measure", ["gross_margin", "unit_cost", "constrained_cost", "stock_value", "cash"])
def test_a_hidden_measure_is_refused_wherever_it_is_asked_for(seat: As, measure: str) -> None:
    sales = seat("sal")
    for ask in (
        lambda: trivet.show_numbers(sales, measure),
        lambda: trivet.explain_cell(sales, measure),
        lambda: trivet.compare_scenarios(sales, "main", measures=(measure,)),
        lambda: trivet.trace_cell(sales, measure),
    ):
        with pytest.raises(NotPermitted, match=f"{measure} is not shown to the role sales"):
            ask()


def test_a_region_has_no_stock_of_its_own(seat: As) -> None:
    with pytest.raises(NotPermitted, match="kept for item x location"):
        trivet.show_numbers(seat("sofia"), "projected_stock")
    assert trivet.show_numbers(seat("kim"), "projected_stock", View(by="item")).rows[0].member.startswith("K")


def test_explanations_compare_and_segments_are_of_their_part(seat: As) -> None:
    ada, sofia = seat("ada"), seat("sofia")
    trivet.branch_scenario(sofia, "idea")
    trivet.record_changes(sofia, [said("+10%", "region=Home")], scenario="idea")
    trivet.record_changes(ada, [said("+20%", "family=City")], scenario="idea")
    trivet.make_plan(ada, "idea")
    mine = trivet.compare_scenarios(sofia, "main", "idea", level="region", measures=("consensus_demand",))
    assert {row.member for row in mine.differences} == {"Home"}
    assert mine.part == "your part: region=Home"
    assert any("part of a wider change" in line for line in mine.changes)
    assert not any("1.2" in line for line in mine.changes)
    default = trivet.compare_scenarios(sofia, "main", "idea")
    assert {row.measure for row in default.differences} <= {
        "consensus_demand", "constrained_demand", "unserved_demand", "constrained_revenue"
    }  # fmt: skip
    told = trivet.explain_cell(sofia, "revenue", first="2027-03", plan="idea")
    assert told.explanation.where == "your part: region=Home"
    assert [cause.reason for cause in told.explanation.causes] == ["because", "part of a wider change"]
    value = trivet.explain_cell(ada, "revenue", scope=("region=Home",), first="2027-03", plan="idea")
    assert told.explanation.value == value.explanation.value
    assert trivet.explain_cell(ada, "price").files
    assert trivet.explain_cell(sofia, "price").files == ()
    assert {row.market for row in trivet.show_segments(sofia, by="series").rows} == {"HOME"}
    mix = trivet.show_mix(sofia, "City")
    assert {row.item for row in mix.rows} == {"C1", "C2"}
    with pytest.raises(NotFound):
        trivet.show_mix(seat("kim"), "City")


def test_the_log_and_the_trace_show_what_touched_their_cells_and_no_amount_of_wider_changes(seat: As) -> None:
    ada, wim = seat("ada"), seat("wim")
    trivet.record_changes(ada, [said("+10%", "region=Home")])
    trivet.record_changes(ada, [said("=54321", "family=City")])
    trivet.record_changes(ada, [RecordChange(table="promotions", key=(("promotion", "P"), ("market", "HOME")),
                                             after=None, reason="home only")])  # fmt: skip
    log = trivet.list_changes(wim)
    assert [line.seq for line in log.lines] == [2]
    assert log.part == "your part: region=Export"
    assert "54321" not in repr(log)
    assert "because" not in repr(log)
    assert [line.seq for line in trivet.list_changes(seat("sofia")).lines] == [1, 2, 3]
    traced = trivet.trace_cell(wim, "consensus_demand", first="2027-03")
    assert [move.seq for move in traced.moves] == [2]
    assert traced.moves[-1].new == traced.value
    assert "54321" not in repr(traced)
    assert traced.where == "your part: region=Export"
    whole = trivet.trace_cell(ada, "consensus_demand", scope=("region=Export",), first="2027-03")
    assert (whole.value, whole.moves[-1].old) == (traced.value, traced.moves[-1].old)
    with pytest.raises(NotFound, match="has no change 1;"):
        trivet.undo_change(wim, 1)


def test_changes_beyond_their_part_or_role_are_refused_and_nothing_is_recorded(seat: As) -> None:
    sofia = seat("sofia")
    for entry, code in (
        (said("+10%"), "rights.beyond-your-part"),
        (said("+10%", "family=City"), "rights.beyond-your-part"),
        (said("lock"), "rights.beyond-your-part"),
        (said("50", "family=City", measure="firm_production"), "rights.measure-not-yours"),
        (replace(said("+10%", "region=Home"), weights="constrained_cost"), "rights.weights-not-shown"),
        (
            RecordChange(table="people", key=(("person", "sofia"),), after=(("role", "admin"),)),
            "rights.table-not-yours",
        ),
        (RecordChange(table="promotions", key=(("promotion", "P"),), after=None), "rights.beyond-your-part"),
    ):
        answer = trivet.record_changes(sofia, [entry])
        assert not answer.recorded
        assert [issue.code for issue in answer.issues] == [code]
        assert [issue.code for issue in trivet.preview_changes(sofia, [entry]).issues] == [code]
    with pytest.raises(NotFound, match=r"region 'Export' is not known \(1 known\)\.$"):
        trivet.record_changes(sofia, [said("+10%", "region=Export")])
    assert trivet.list_changes(seat("ada")).lines == ()
    done = trivet.record_changes(sofia, [said("+10%", "region=Home")])
    assert done.recorded
    assert {other.measure for other in done.moved[0].also} == {"revenue"}
    assert trivet.undo_change(sofia, 1).recorded


def test_taking_back_what_would_move_other_parts_is_refused(seat: As) -> None:
    ada, sofia = seat("ada"), seat("sofia")
    trivet.record_changes(sofia, [said("+50%", "region=Home")])
    trivet.record_changes(ada, [said("=9000", "family=City")])
    before = trivet.show_numbers(ada, "consensus_demand", View(by="region"))
    answer = trivet.undo_change(sofia, 1)
    assert [issue.code for issue in answer.issues] == ["rights.beyond-your-part"]
    assert trivet.show_numbers(ada, "consensus_demand", View(by="region")).rows == before.rows
    assert trivet.undo_change(ada, 1).recorded


def test_a_row_put_into_people_changes_rights_at_once_and_a_branch_gives_none(seat: As, tmp_path: Path) -> None:
    ada, wim = seat("ada"), seat("wim")
    row = RecordChange(
        table="people", key=(("person", "wim"),), after=(("name", "Wim"), ("role", "demand"), ("region", ""))
    )
    assert trivet.record_changes(ada, [row]).recorded
    assert wim.rights.whole
    trivet.undo_change(ada, 1)
    assert wim.rights.part == "your part: region=Export"
    trivet.branch_scenario(wim, "mine")
    with pytest.raises(NotPermitted, match="may not import data"):
        trivet.import_folder(wim, tmp_path, scenario="mine")


def test_the_split_of_a_family_is_set_by_who_sees_all_of_it(seat: As) -> None:
    shares = [trivet.ItemShare(family="Kids", item=item, first="2027-03", share="0.5") for item in ("K1", "K2")]
    assert trivet.set_mix(seat("kim"), shares, reason="agreed").recorded
    refused = trivet.set_mix(
        seat("dora"), [replace(one, family="City", item=f"C{one.item[1]}") for one in shares], reason="x"
    )
    assert {issue.code for issue in refused.issues} == {"rights.beyond-your-part"}
    with pytest.raises(Exception, match=r"family 'City' is not known \(1 are\)\.$"):
        trivet.set_mix(seat("kim"), [replace(one, family="City") for one in shares], reason="x")


def test_exports_hold_their_part_and_say_whose(seat: As, tmp_path: Path) -> None:
    answer = trivet.export_plan(seat("sofia"), tmp_path / "csv", form="csv")
    assert {Path(file).name for file in answer.files} == {"budget.csv", "demand.csv", "part.txt"}
    assert answer.part == "your part: region=Home"
    rows = list(csv.DictReader((tmp_path / "csv" / "demand.csv").read_text("utf-8").splitlines()))
    assert {row["market"] for row in rows} == {"HOME"}
    assert not {"unit_cost", "gross_margin", "constrained_cost", "shipped_cost"} & set(rows[0])
    note = (tmp_path / "csv" / "part.txt").read_text("utf-8")
    assert "sofia sees it: your part: region=Home" in note
    assert "gross_margin" in note
    with pytest.raises(NotPermitted, match="The review pack speaks of the whole company"):
        trivet.export_plan(seat("sofia"), tmp_path / "pack")
    assert not (tmp_path / "pack").exists()
    everything = trivet.export_plan(seat("sal"), tmp_path / "parquet", form="parquet")
    assert {"company.parquet", "supply.parquet"} <= {Path(file).name for file in everything.files}


def test_what_only_the_whole_company_has_is_not_told_in_parts(seat: As) -> None:
    sofia = seat("sofia")
    trivet.branch_scenario(sofia, "idea")
    for ask, what in (
        (lambda: trivet.show_health(sofia), "The health of the data"),
        (lambda: trivet.price_relief(sofia), "A price of scarcity"),
        (lambda: trivet.price_locks(sofia), "The cost of a lock"),
        (lambda: trivet.rebase_scenario(sofia, "idea"), "A rebase"),
    ):
        with pytest.raises(NotPermitted, match=what):
            ask()
    certificate = trivet.check_plan(sofia).certificate
    assert certificate.checks
    assert all(not check.places and not check.message and not check.amount for check in certificate.checks)
    dimensions = {line.name: line for line in trivet.list_dimensions(sofia).dimensions}
    assert dimensions["market"].members == 1
    assert dimensions["location"].members == 0
    assert {line.name: line.members for line in trivet.list_dimensions(seat("ada")).dimensions}["market"] == 2
    job = trivet.plan_in_background(seat("ada"))
    assert [line.message for line in trivet.list_jobs(sofia).jobs] == [None]
    with pytest.raises(NotPermitted, match="may not look after the workspace"):
        trivet.cancel_job(sofia, job.number)


def test_steps_of_the_month_are_taken_by_the_roles_that_may(seat: As, tmp_path: Path) -> None:
    for step in (
        lambda: trivet.submit_plan(seat("sofia")),
        lambda: trivet.submit_plan(seat("eva")),
        lambda: trivet.approve_plan(seat("sam")),
        lambda: trivet.publish_plan(seat("eva")),
        lambda: trivet.run_doctor(seat("sofia")),
        lambda: trivet.backup_workspace(seat("sofia"), tmp_path / "b.db"),
        lambda: trivet.submit_plan(seat("carl")),
    ):
        with pytest.raises(NotPermitted, match="may not"):
            step()
    trivet.submit_plan(seat("sam"))
    trivet.approve_plan(seat("eva"))
    assert trivet.publish_plan(seat("clara"), to=tmp_path / "pack").published


def test_a_stranger_sees_and_does_nothing(seat: As) -> None:
    eve = seat("eve")
    for ask in (
        lambda: trivet.show_plan(eve),
        lambda: show_issues(eve),
        lambda: trivet.list_changes(eve),
        lambda: trivet.list_dimensions(eve),
        lambda: trivet.list_jobs(eve),
        lambda: trivet.list_people(eve),
        lambda: trivet.check_plan(eve),
        lambda: trivet.branch_scenario(eve, "own"),
        lambda: trivet.record_changes(eve, [said("+1%")]),
        lambda: trivet.make_plan(eve),
    ):
        with pytest.raises(NotPermitted, match="'eve' is not in the table people"):
            ask()


def test_people_are_listed_to_who_looks_after_the_workspace_and_to_themselves(seat: As) -> None:
    everybody = trivet.list_people(seat("clara"))
    assert {line.person for line in everybody.people} == {*PARTS, "clara", "eva", "sam"}
    assert not everybody.everybody
    own = trivet.list_people(seat("sofia"))
    assert [line.person for line in own.people] == ["sofia"]
    assert own.you.part == ("region=Home",)
    assert "gross_margin" in own.you.hidden
    assert own.you.tasks == ("make a plan",)
    assert trivet.list_people(seat("ada")).you.tables == ("*",)


def test_the_doctor_checks_every_person(seat: As) -> None:
    answer = trivet.run_doctor(seat("clara"))
    (check,) = [check for check in answer.checks if check.name.startswith("V11")]
    assert check.passed, check
    assert check.checked > 100
    assert answer.healthy


def test_answers_of_parts_are_json(seat: As) -> None:
    answer = trivet.show_plan(seat("sofia"))
    assert json.loads(TypeAdapter(type(answer)).dump_json(answer))["part"]
