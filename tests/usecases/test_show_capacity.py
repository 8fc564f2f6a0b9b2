"""Load against capacity as people ask for it: scope, groups, periods, rights (F4, F6)."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

import trivet
from tests.planned import Open
from tests.usecases.scoped import people_home, scoped_home
from trivet.core.errors import InvalidInput, NotFound, NotPermitted
from trivet.examples import bikes
from trivet.usecases.show_capacity import CapacityAnswer, Method

__all__ = ["people_home", "scoped_home"]


def test_hours_are_those_of_the_measures(open_as: Open) -> None:
    ada = open_as("ada")
    told = trivet.show_capacity(ada)
    (line,) = told.resources
    assert len(told.periods) == 12
    for measure, name in (("load_hours", "load"), ("required_hours", "required"), ("capacity_hours", "capacity")):
        view = trivet.View(by="resource", first=told.periods[0], last=told.periods[-1])
        (row,) = trivet.show_numbers(ada, measure, view).rows
        assert row.values == tuple(getattr(at, name) for at in line.periods)
    assert sum(peg.share for peg in line.families) == pytest.approx(1, abs=Decimal("0.001"))
    assert {peg.family for peg in line.families} == {"City", "Kids"}
    assert [at.profile for at in line.periods] == [at.load for at in line.periods]
    assert told.groups == ()
    assert told.issues == ()


def test_a_quarter_adds_its_months_and_the_current_one_counts_open_months_only(open_as: Open) -> None:
    ada = open_as("ada")
    months = trivet.show_capacity(ada, span=("2026-11", "2026-12")).resources[0].periods
    told = trivet.show_capacity(ada, span=("2026-11", "2026-12"), period="quarter")
    assert told.periods == ("FY2026-Q4",)
    assert told.resources[0].periods[0].load == sum(at.load for at in months)


def test_what_is_asked_for_wrongly_is_told_with_the_way_out(open_as: Open) -> None:
    ada = open_as("ada")
    with pytest.raises(InvalidInput, match="Maybe 'profile'"):
        trivet.show_capacity(ada, method="profil")
    with pytest.raises(InvalidInput, match="can't be told of family City"):
        trivet.show_capacity(ada, where=("family=City",))
    with pytest.raises(InvalidInput, match="from 2026-11 on"):
        trivet.show_capacity(ada, span=("2026-01", None))
    with pytest.raises(InvalidInput, match="expected bucket, quarter, year or telescope"):
        trivet.show_capacity(ada, period="month")
    with pytest.raises(NotFound, match="Maybe 'location'"):
        trivet.show_capacity(ada, by="locaton")
    with pytest.raises(NotFound, match="resource 'L9' is not known"):
        trivet.show_capacity(ada, where=("resource=L9",))


def test_one_rough_cut_can_be_asked_for(open_as: Open) -> None:
    ((method, assumes),) = trivet.show_capacity(open_as("ada"), method="Bill").methods
    assert method is Method.BILL
    assert "bucket of completion" in assumes


def test_load_is_told_to_who_sees_the_whole_company_only(scoped_home: Path) -> None:
    def told(actor: str) -> CapacityAnswer:
        return trivet.show_capacity(trivet.open_workspace(str(scoped_home), actor=actor))

    assert told("sal").resources == told("sam").resources != ()
    for actor in ("sofia", "kim", "carl"):
        with pytest.raises(NotPermitted, match="kept for resource"):
            told(actor)


@pytest.fixture(scope="module")
def two_lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of the tiny company with a second line, and a year of what was made on both."""
    root = tmp_path_factory.mktemp("lines")
    folder = root / "bikes"
    shutil.copytree(bikes(), folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    (folder / "resources.csv").write_text(
        "resource,name,location,lines,hours_per_day,efficiency,overtime\n"
        "L1,Assembly,WORKS,1,8,0.9,0.1\nL2,Paint,WORKS,1,8,1,0\n"
    )
    with (folder / "routings.csv").open("a") as routings:
        routings.write("K1,WORKS,L2,0.2\nK2,WORKS,L2,0.2\n")
    months = [f"2026-{month:02d}" for month in range(1, 11)]
    rows = [f"C1,WORKS,{month},{300 if month > '2026-05' else 40}" for month in months]
    (folder / "production.csv").write_text("\n".join(["item,location,bucket,quantity", *rows]) + "\n")
    trivet.create_workspace(str(root / "home"), actor="ada")
    workspace = trivet.open_workspace(str(root / "home"), actor="ada")
    assert trivet.import_folder(workspace, folder).snapshot
    trivet.make_plan(workspace)
    workspace.store.close()
    return root / "home"


def test_months_with_a_load_of_nine_tenths_demonstrate_a_capacity(two_lines: Path) -> None:
    first, second = trivet.show_capacity(trivet.open_workspace(str(two_lines), actor="ada")).resources
    shown = first.demonstrated
    assert shown is not None
    assert shown.buckets == 5
    assert shown.hours == Decimal("150.000")
    assert shown.rated is not None
    assert shown.share == (150 / shown.rated).quantize(Decimal("0.0001"))
    assert second.demonstrated is None


def test_resources_together_are_as_full_as_the_fullest_and_a_scope_leaves_one(two_lines: Path) -> None:
    ada = trivet.open_workspace(str(two_lines), actor="ada")
    told = trivet.show_capacity(ada, by="location")
    (group,) = told.groups
    assert (group.member, group.resources) == ("WORKS", ("L1", "L2"))
    for at, period in enumerate(group.periods):
        uses = {one.resource: one.periods[at].use or Decimal(0) for one in told.resources}
        assert period.use == max(uses.values())
        assert uses[period.use_of] == period.use
    assert trivet.show_capacity(ada, where=("location=WORKS",)).resources == told.resources
    assert [one.resource for one in trivet.show_capacity(ada, where=("resource=L2",)).resources] == ["L2"]
    assert trivet.show_capacity(ada).groups[0].member == "all"


def test_paint_took_nothing_in_the_past_and_the_mix_says_so(two_lines: Path) -> None:
    paint = trivet.show_capacity(trivet.open_workspace(str(two_lines), actor="ada"), where=("resource=L2",))
    assert "L2 takes" in paint.resources[0].why[0]
    assert "took 0.0% of the past year's; Kids went from 0.0% to" in paint.resources[0].why[0]
