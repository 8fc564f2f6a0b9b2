"""Every command does what it says, for people and as JSON, and ends with 0, 1 or 2."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from trivet.cli.main import run
from trivet.examples import bikes


@dataclass(frozen=True, kw_only=True)
class Ended:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Ended]


@pytest.fixture
def call(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command line in this process on a planned copy of the tiny company."""
    monkeypatch.chdir(home.parent)
    monkeypatch.setenv("TRIVET_ACTOR", "ada")

    def ended(*words: str, workspace: str | None = None) -> Ended:
        monkeypatch.setattr(sys, "argv", ["trivet", "-w", workspace or str(home), *words])
        with pytest.raises(SystemExit) as stop:
            run()
        said = capsys.readouterr()
        return Ended(code=int(stop.value.code or 0), out=said.out, err=said.err)

    return ended


def test_show_prints_one_screen_and_its_json_carries_the_digest(call: Call) -> None:
    shown = call("show")
    assert shown.code == 0
    assert "Bikes" in shown.out
    assert "FY2027" in shown.out
    answer = call("show", "--json").json()
    assert len(answer["summary"]["digest"]) == 64


def test_show_a_measure_as_a_table_with_its_unit_and_version(call: Call) -> None:
    shown = call("show", "consensus_demand", "--by", "item", "--period", "quarter", "--from", "FY2027")
    assert shown.code == 0
    assert "units" in shown.out
    assert "main-1" in shown.out
    assert "FY2027-Q1" in shown.out
    assert "C1" in shown.out
    rows = call("show", "price", "--by", "item", "--json").json()["rows"]
    assert {row["member"] for row in rows} == {"C1", "C2", "K1", "K2"}


def test_the_mix_of_a_family_adds_up_to_a_hundred(call: Call) -> None:
    shown = call("mix", "City")
    assert shown.code == 0
    assert "percent of its units, version main-1" in shown.out
    assert "no plan was published" in shown.out
    rows = call("mix", "City", "--json").json()["rows"]
    assert sum(float(row["plan"][0]) for row in rows) == pytest.approx(100)
    assert sum(float(row["history"]) for row in rows) == pytest.approx(100)
    assert call("mix", "Citty").code == 2


def test_issues_are_listed(call: Call) -> None:
    shown = call("show", "--issues")
    assert shown.code == 0
    assert "issues of main-1" in shown.out


def test_plan_answers_with_version_and_digest(call: Call) -> None:
    answer = call("plan", "--json").json()
    assert answer["version"].startswith("main-")
    assert len(answer["digest"]) == 64


def test_service_comes_first_where_it_is_asked_for(call: Call) -> None:
    answer = call("plan", "--objective", "service", "--json").json()
    assert answer["digest"] != call("plan", "--json").json()["digest"]
    assert "supply.service-first" in {issue["code"] for issue in answer["issues"]}
    assert call("plan", "--objective", "fame").code == 2


def test_choices_of_a_plan_are_shown_and_compared(call: Call) -> None:
    chosen = ("--overload", "--no-unmet", "--no-targets", "--no-cycles", "--no-smoothing", "--strict")
    before = call("plan", "--json").json()["version"]
    answer = call("plan", *chosen, "--json").json()
    assert "supply.no-targets" in {issue["code"] for issue in answer["issues"]}
    assert "Planned with hours beyond capacity allowed, all demand served whatever it costs" in call("show").out
    shown = call("show", "--json").json()
    assert "no stock targets" in shown["choices"]
    told = call("compare", before, answer["version"]).out
    assert "planned with hours beyond capacity allowed" in told
    assert "before with the usual choices" in told
    call("plan")
    assert "Planned with" not in call("show").out


def test_change_log_undo_and_explain_hang_together(call: Call) -> None:
    words = ("consensus_demand", "+5%", "--where", "family=City", "--from", "2027-03")
    changed = call("change", *words, "--reason", "fair")
    assert changed.code == 0
    assert "Recorded in main" in changed.out
    assert "fair" in call("log").out
    call("plan")
    told = call("explain", "consensus_demand", "--where", "family=City", "--from", "2027-03")
    assert "by ada" in told.out
    assert "fair" in told.out
    assert call("undo", "1").code == 0
    assert "taken back" in call("log").out


def test_a_refused_change_leaves_with_1_and_says_why(call: Call) -> None:
    ended = call("change", "consensus_demand", "+50%", "--where", "family=City", "--from", "2027-03")
    assert ended.code == 1
    assert "a reason is needed" in ended.out
    assert "Nothing was changed" in ended.out


def test_a_file_of_changes_is_recorded_row_by_row(call: Call, home: Path) -> None:
    file = home.parent / "changes.csv"
    file.write_text("measure,amount,where,from,reason\nconsensus_demand,400,family=City,2027-03,fair\n", "utf-8")
    answer = call("change", str(file), "--json").json()
    assert answer["recorded"]
    assert answer["moved"][0]["after"] == "400.000"
    file.write_text("measure,amount,where\nconsensus_demand,400,family=Citty\n", "utf-8")
    ended = call("change", str(file))
    assert ended.code == 2
    assert "changes.csv row 2: family 'Citty' is not known" in ended.err


def test_a_negative_amount_is_an_amount(call: Call) -> None:
    changed = call("change", "consensus_demand", "-10", "--where", "family=City", "--from", "2027-03", "--reason", "x")
    assert changed.code == 0
    assert "(-10)" in changed.out


def test_history_is_shown_without_being_asked_for_its_months(call: Call) -> None:
    answer = call("show", "demand_history", "--period", "quarter", "--json").json()
    assert len(answer["periods"]) >= 8
    assert all(value is not None for row in answer["rows"] for value in row["values"][1:-1])


def test_no_line_is_broken_or_cut_where_output_goes_to_a_file(call: Call) -> None:
    shown = call("show", "consensus_demand", "--by", "item", "--period", "quarter").out
    assert "…" not in shown
    assert "FY2027-Q4" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("change", "nothing.csv"), "nothing.csv is no file"),
        (("show", "consensus_demnd"), "Maybe 'consensus_demand'?"),
        (("show", "consensus_demand", "--by", "colour"), "level 'colour' is not known"),
        (("show", "consensus_demand", "--period", "decade"), "period is 'decade'"),
        (("plan", "--scenario", "other"), "other"),
        (("demo", "--company", "acme"), "example 'acme' is not known"),
        (("export", "--as", "docx"), "docx"),
    ],
)
def test_a_wrong_call_leaves_with_2_and_one_line(call: Call, words: tuple[str, ...], message: str) -> None:
    ended = call(*words)
    assert ended.code == 2
    assert message in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("show", "nosuch"), "NotFound", "nosuch"),
        (("shoow",), "UsageError", "Did you mean 'show'"),
        (("show", "--foo"), "NoSuchOption", "--foo"),
    ],
)
def test_a_wrong_call_answers_with_json_where_json_was_asked_for(
    call: Call, words: tuple[str, ...], error: str, said: str
) -> None:
    ended = call(*words, "--json")
    assert ended.code == 2
    assert ended.json()["error"] == error
    assert said in ended.json()["message"]
    assert said in ended.err


def test_advice_names_the_workspace_of_the_call_and_can_be_typed_as_it_stands(call: Call, home: Path) -> None:
    assert f"Next: trivet -w {home} show" in call("plan").out
    missing = call("plan", workspace="/nowhere at/all")
    assert "trivet -w '/nowhere at/all' create" in missing.err


def test_a_missing_workspace_says_how_to_make_one(call: Call, tmp_path: Path) -> None:
    ended = call("show", workspace=str(tmp_path / "none"))
    assert ended.code == 2
    assert " create" in ended.err


def test_branch_and_compare(call: Call) -> None:
    assert call("branch", "high").code == 0
    call("change", "consensus_demand", "+20%", "--where", "family=City", "--reason", "high case", "--scenario", "high")
    call("plan", "--scenario", "high")
    shown = call("compare", "main", "high")
    assert "changed: scale 1.2 consensus_demand, family City" in shown.out
    assert "consensus_demand" in shown.out
    assert "Every number is the same" in call("compare", "main", "main").out
    assert "Recorded in main" in call("merge", "high").out
    assert "from high 1 by ada" in call("log").out


def test_the_way_to_a_published_plan(call: Call, home: Path) -> None:
    assert call("check").code == 0
    assert "in review" in call("submit").out
    assert "approved" in call("approve").out
    published = call("publish")
    assert published.code == 0
    assert "Published main-1" in published.out
    assert call("publish").code == 1
    files = call("export", "--to", str(home.parent / "out")).out.split()
    assert [Path(file).suffix for file in files] == [".xlsx", ".pdf"]


def test_a_folder_starts_from_templates_and_is_imported(call: Call, tmp_path: Path) -> None:
    assert "company.toml" in call("init", str(tmp_path / "mine")).out
    assert call("init", str(tmp_path / "mine")).code == 1
    home = str(tmp_path / "fresh")
    assert "is ready" in call("create", workspace=home).out
    shown = call("import", str(bikes()), workspace=home)
    assert shown.code == 0
    assert "orders.csv" in shown.out
    assert f"Next: trivet -w {home} plan" in shown.out


def test_care_commands(call: Call, tmp_path: Path) -> None:
    assert "Healthy" in call("doctor").out
    file = tmp_path / "b.db"
    assert call("backup", str(file)).code == 0
    assert "is restored" in call("restore", str(file), workspace=str(tmp_path / "again")).out
    assert "nothing to do" in call("upgrade").out
    shown = call("settings")
    assert "TRIVET_ACTOR" in shown.out
    assert "flag" in shown.out


def test_demo_publishes_the_tiny_company_and_may_be_run_again(call: Call, tmp_path: Path) -> None:
    home = str(tmp_path / "demo")
    first = call("demo", "--company", "bikes", "--json", workspace=home).json()
    assert Path(first["pack"]).is_file()
    assert first["certificate"]["checks"]
    again = call("demo", "--company", "bikes", workspace=home)
    assert again.code == 0
    assert first["digest"][:16] in again.out
    assert "Next" in again.out


def test_demo_never_touches_a_workspace_that_is_no_demos(call: Call) -> None:
    ended = call("demo", "--company", "bikes")
    assert ended.code == 1
    assert "no demo's" in ended.err
