"""A company with a dimension of its own, a family move and an item that was renamed, from import to doctor."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import trivet
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.said import Said
from trivet.examples import bikes
from trivet.usecases.import_folder import ImportAnswer
from trivet.workspace.workspace import Workspace

Rows = Mapping[str, tuple[Decimal | None, ...]]
BRANDS = "brand,owner\nSwift,North\nTrail,South\n"
CONVERSIONS = "item,unit,family,per_unit\n,EQ,City,1\n,EQ,Kids,2\n"
MOVES = "dimension,member,level,first,parent\nitem,C2,family,,Kids\nitem,C2,family,2026-03,City\n"
OWN = '\n[dimensions.brand]\nof = "item"\n[hierarchies.brand]\nhouses = ["owner", "brand"]\n'


def company(folder: Path, *, new: str = "C2", more: Mapping[str, str] | None = None) -> Path:
    """Write the tiny company with brands and a move of C2, which may be called otherwise in all but its orders."""
    shutil.copytree(bikes(), folder)
    for path in folder.glob("*.csv"):
        if path.stem != "orders":  # where the old code still stands
            path.write_text(path.read_text("utf-8").replace("C2,", f"{new},"), "utf-8")
    items = (folder / "items.csv").read_text("utf-8").splitlines()
    brands = ("brand", "Swift", "swift", "Trail", "Trail")
    branded = [f"{line},{brand}" for line, brand in zip(items, brands, strict=True)]
    files = {"items.csv": "\n".join(branded) + "\n", "brand.csv": BRANDS, "unit_conversions.csv": CONVERSIONS}
    files["memberships.csv"] = MOVES.replace("C2", new)
    for name, text in {**files, **(more or {})}.items():
        (folder / name).write_text(text, "utf-8")
    with (folder / "company.toml").open("a", encoding="utf-8") as stream:
        stream.write(OWN)
    return folder


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("own")
    trivet.create_workspace(str(root / "home"), actor="ada")
    workspace = trivet.open_workspace(str(root / "home"), actor="ada")
    assert trivet.import_folder(workspace, company(root / "first")).snapshot
    trivet.make_plan(workspace)
    return workspace


@pytest.fixture(scope="module")
def again(planned: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, ImportAnswer]:
    """The month after: C2 comes in as C20, said in member_changes, with a live change on C2."""
    said = Said(measure="consensus_demand", amount="=77", where=("item=C2",), first="2027-05", reason="fair")
    assert trivet.record_changes(planned, [said]).recorded
    line = "dimension,old,new,kind,reason\nitem,C2,C20,renamed,new list\n"
    root = tmp_path_factory.mktemp("again")
    answer = trivet.import_folder(planned, company(root / "second", new="C20", more={"member_changes.csv": line}))
    trivet.make_plan(planned)
    return planned, answer


def shown(workspace: Workspace, measure: str, view: trivet.View, plan: str = "main-1") -> Rows:
    answer = trivet.show_numbers(workspace, measure, view, plan=plan)
    return {row.member: row.values for row in answer.rows}


def total(rows: Rows) -> list[Decimal]:
    return [sum((value or Decimal(0) for value in column), Decimal(0)) for column in zip(*rows.values(), strict=True)]


CLOSED = trivet.View(first="2026-01", last="2026-06")


def test_numbers_are_shown_down_a_hierarchy_of_the_companys_own(planned: Workspace) -> None:
    rows = shown(planned, "shipments", replace(CLOSED, by="houses"))
    assert list(rows) == ["North", "North / Swift", "South", "South / Trail"]
    assert rows["North"] == rows["North / Swift"]
    whole = {name: rows[name] for name in ("North", "South")}
    assert total(whole) == total(shown(planned, "shipments", CLOSED))


def test_as_it_was_moves_numbers_between_families_and_ties_to_as_it_is(planned: Workspace) -> None:
    today = shown(planned, "shipments", CLOSED)
    then = shown(planned, "shipments", replace(CLOSED, structure="as-was"))
    assert total(today) == total(then)
    assert [a == b for a, b in zip(today["Kids"], then["Kids"], strict=True)] == [False, False, True, True, True, True]
    moved = shown(planned, "shipments", replace(CLOSED, by="item", where=("family=Kids",), structure="as-was"))
    assert (moved["C2"][0], moved["C2"][2]) == (then["Kids"][0] - today["Kids"][0], Decimal(0))  # type: ignore[operator]


def test_families_of_pieces_are_shown_in_equivalent_units_whichever_structure(planned: Workspace) -> None:
    pieces = shown(planned, "shipments", CLOSED)
    equal = shown(planned, "shipments", replace(CLOSED, unit="eq"))
    assert equal["City"] == pieces["City"]
    assert equal["Kids"][0] == (pieces["Kids"][0] or Decimal(0)) / 2
    assert total(equal) == total(shown(planned, "shipments", replace(CLOSED, unit="EQ", structure="as-was")))


def test_a_unit_that_fits_no_quantity_or_no_item_is_refused_in_words(planned: Workspace) -> None:
    with pytest.raises(InvalidInput, match="shipped_revenue is money, no quantity of items"):
        trivet.show_numbers(planned, "shipped_revenue", trivet.View(unit="EQ"))
    with pytest.raises(NotFound, match=r"no item has the unit 'EQQ'; known are EA, EQ. Maybe 'EQ'\?"):
        trivet.show_numbers(planned, "shipments", trivet.View(unit="EQQ"))


def test_what_is_no_level_hierarchy_or_structure_is_named(planned: Workspace) -> None:
    with pytest.raises(NotFound, match=r"level 'hauses' is not known; .* hierarchies houses, standard\."):
        trivet.show_numbers(planned, "shipments", trivet.View(by="hauses"))
    with pytest.raises(InvalidInput, match="structure is 'old'; expected plan, today, as-was"):
        trivet.show_numbers(planned, "shipments", trivet.View(structure="old"))


def test_the_dimensions_are_listed_with_their_hierarchies(planned: Workspace) -> None:
    item = trivet.list_dimensions(planned).dimensions[0]
    assert {way.name: way.levels for way in item.hierarchies}["houses"] == ("owner", "brand", "item")
    assert (item.own, item.moves) == (("brand",), ("2026-03",))
    assert {level.name: level.some for level in item.levels}["owner"] == ("North", "South")


def test_a_renamed_item_keeps_history_and_its_change_names_entry_and_author(
    again: tuple[Workspace, ImportAnswer],
) -> None:
    workspace, answer = again
    assert answer.report.ties
    assert "import.member-vanished" not in {issue.code for issue in answer.issues}
    view = trivet.View(by="item", first="2027-05")
    assert shown(workspace, "consensus_demand", view, "main-2")["C20"] == (Decimal(77),)
    issues = workspace.store.load_plan(workspace.version("main-2").id).issues
    (said,) = [issue for issue in issues if issue.code == "change.member-renamed"]
    assert said.message == "entry 1 of ada speaks of item C2, now called C20 (new list): it is folded on C20."


def test_an_older_version_keeps_its_codes_and_is_shown_by_todays_on_request(
    again: tuple[Workspace, ImportAnswer],
) -> None:
    workspace, _ = again
    old = shown(workspace, "shipments", replace(CLOSED, by="item"), "main-1")
    now = shown(workspace, "shipments", replace(CLOSED, by="item", structure="today"), "main-1")
    assert ("C2" in old, "C20" in old, "C2" in now, "C20" in now) == (True, False, False, True)
    assert (old["C2"], total(old)) == (now["C20"], total(now))


def test_an_older_version_is_compared_by_todays_codes_or_as_it_was(again: tuple[Workspace, ImportAnswer]) -> None:
    workspace, _ = again
    names = ("consensus_demand",)
    today = trivet.compare_scenarios(workspace, "main-1", "main-2", measures=names, level="item").differences
    assert {difference.member for difference in today} == {"C20"}
    was = trivet.compare_scenarios(workspace, "main-1", "main-2", measures=names, level="item", as_was=True).differences
    assert {difference.member for difference in was} == {"C2", "C20"}
    assert sum(one.change for one in was) == sum(one.change for one in today)
    houses = trivet.compare_scenarios(workspace, "main-1", "main-2", measures=names, level="houses").differences
    assert {difference.member for difference in houses} == {"North", "North / Swift"}


def test_a_change_down_a_path_of_the_own_hierarchy_is_spread_over_its_items(
    again: tuple[Workspace, ImportAnswer],
) -> None:
    workspace, _ = again
    said = Said(measure="consensus_demand", amount="=500", where=("houses=North/Swift",), first="2027-04", reason="x")
    assert trivet.record_changes(workspace, [said]).recorded
    rows = shown(workspace, "consensus_demand", trivet.View(by="brand", first="2027-04"), "main")
    assert rows["Swift"] == (Decimal(500),)


def test_the_doctor_ties_every_level_today_and_as_it_was_and_so_does_sql(again: tuple[Workspace, ImportAnswer]) -> None:
    workspace, _ = again
    checks = {check.name: check for check in trivet.run_doctor(workspace).checks if "main-2" in check.name}
    assert checks["main-2: demand: as it was = as it is, on every level"].checked > 0
    assert all(check.passed for check in checks.values())
    assert trivet.check_plan(workspace, plan="main-2").certificate.passed
