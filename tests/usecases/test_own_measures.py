"""The measures of docs/company-folder.md, in the tiny company: shown at any level, refused where they must be."""

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import trivet
from tests.usecases.scoped import PEOPLE
from trivet.core.errors import NotFound, NotPermitted
from trivet.examples import bikes
from trivet.workspace.workspace import Workspace

DOCS = Path(__file__).parents[2] / "docs" / "company-folder.md"
MARGIN = """
[measures.margin_a_unit]
about = "Margin a unit shipped."
unit = "rate"
formula = "gross_margin / constrained_demand"
"""


def example() -> str:
    """Give the measures of the docs, as they are written there."""
    part = DOCS.read_text("utf-8").partition("## Measures of your own")[2]
    return part.partition("```toml")[2].partition("```")[0]


def folder_with(root: Path, measures: str) -> Path:
    folder = root / "bikes"
    shutil.copytree(bikes(), folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    with (folder / "company.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"\n{measures}")
    (folder / "people.csv").write_text(PEOPLE, "utf-8")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("own")
    trivet.create_workspace(str(root / "home"), actor="ada")
    workspace = trivet.open_workspace(str(root / "home"), actor="ada")
    assert trivet.import_folder(workspace, folder_with(root, example() + MARGIN)).snapshot
    trivet.make_plan(workspace)
    workspace.store.close()
    return root / "home"


@pytest.fixture
def ada(home: Path) -> Workspace:
    return trivet.open_workspace(str(home), actor="ada")


def city(workspace: Workspace, measure: str, first: str, last: str | None = None, **view: Any) -> list[Decimal]:
    answer = trivet.show_numbers(workspace, measure, trivet.View(first=first, last=last, **view))
    found = next(row for row in answer.rows if row.member == "City").values
    return [value for value in found if value is not None]


def test_shift_reaches_back_into_the_history(ada: Workspace) -> None:
    now, then = city(ada, "consensus_demand", "2027-03"), city(ada, "demand_history", "2026-03")
    assert city(ada, "on_last_year", "2027-03") == [now[0] - then[0]]


def test_roll_adds_the_last_buckets_and_a_quarter_is_its_last(ada: Workspace) -> None:
    year = city(ada, "demand_history", "2025-11", "2026-10")
    assert len(year) == 12
    assert city(ada, "rolling_year", "2026-10") == [sum(year)]
    last = city(ada, "rolling_year", "2026-09")
    assert city(ada, "rolling_year", "2026-Q3", period="quarter") == last


def test_cumulate_adds_up_from_the_start(ada: Workspace) -> None:
    plan, forecast = (city(ada, name, "2026-11", "2027-02") for name in ("consensus_demand", "baseline_demand"))
    assert city(ada, "ahead_of_forecast", "2027-02") == [sum(plan) - sum(forecast)]


def test_a_ratio_is_formed_of_sums_at_every_level(ada: Workspace) -> None:
    for view in ({"period": "bucket"}, {"period": "quarter"}):
        top, bottom = (
            city(ada, name, "2027-04", "2027-06", **view) for name in ("constrained_demand", "consensus_demand")
        )
        told = city(ada, "fill_rate", "2027-04", "2027-06", **view)
        assert told == [pytest.approx(a / b, abs=Decimal("1e-8")) for a, b in zip(top, bottom, strict=True)]


def test_an_own_measure_runs_along_time_as_any_other(ada: Workspace) -> None:
    parts = city(ada, "on_last_year", "2027-01", "2027-03")
    assert city(ada, "on_last_year", "2027-01", "2027-03", along="cumulative")[-1] == sum(parts)


def test_a_part_of_the_company_sees_its_own_and_who_sees_no_cost_no_margin(home: Path) -> None:
    sofia, sal = (trivet.open_workspace(str(home), actor=actor) for actor in ("sofia", "sal"))
    view = trivet.View(by="region", first="2027-03")
    mine = trivet.show_numbers(sofia, "on_last_year", view)
    whole = trivet.show_numbers(trivet.open_workspace(str(home), actor="ada"), "on_last_year", view)
    assert [row.member for row in mine.rows] == ["Home"]
    assert mine.rows[0] in whole.rows
    with pytest.raises(NotPermitted, match="is not shown to the role sales"):
        trivet.show_numbers(sal, "margin_a_unit")


def test_names_are_offered_with_the_others(ada: Workspace) -> None:
    with pytest.raises(NotFound, match="Maybe 'rolling_year'"):
        trivet.show_numbers(ada, "roling_year")


def test_a_formula_that_reads_nothing_known_is_refused_at_import(tmp_path: Path) -> None:
    trivet.create_workspace(str(tmp_path / "home"), actor="ada")
    workspace = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    folder = folder_with(tmp_path, '[measures.mine]\nabout = "x"\nunit = "quantity"\nformula = "ordrs"\n')
    answer = trivet.import_folder(workspace, folder)
    assert answer.snapshot is None
    assert any("Maybe 'orders'?" in issue.message for issue in answer.issues)
