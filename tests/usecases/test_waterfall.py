"""The waterfall through the store: cycle by cycle, what came, and what changed since the last published plan."""

import re
import shutil
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

import trivet
from tests.planned import Open
from tests.usecases.scoped import PEOPLE
from trivet.core.errors import InvalidInput, NotFound, NotPermitted
from trivet.engines.ensemble import Ensemble
from trivet.examples import bikes
from trivet.usecases.show_waterfall import TABLE, WaterfallAnswer
from trivet.workspace.workspace import Workspace

CYCLES = ("2026-09", "2026-10", "2026-11")


def folder(root: Path, cycle: str, *, moved: bool = False) -> Path:
    """Copy the example into another cycle; `moved`: K2 lies in another family."""
    target = root / cycle
    target.mkdir()
    for path in bikes().iterdir():
        if path.is_file():
            (target / path.name).write_bytes(path.read_bytes())
    text = (target / "company.toml").read_text("utf-8")
    (target / "company.toml").write_text(re.sub(r'cycle = "?[\d-]+"?', f'cycle = "{cycle}"', text), "utf-8")
    (target / "people.csv").write_text(PEOPLE, "utf-8")
    if moved:
        items = (target / "items.csv").read_text("utf-8").splitlines()
        lines = [line.replace("Kids", "City") if line.startswith("K2,") else line for line in items]
        (target / "items.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return target


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two published cycles, and a third whose working plan has a change that is not planned yet."""
    root = tmp_path_factory.mktemp("cycles")
    trivet.create_workspace(str(root / "home"), actor="ada")
    ada, clara = (trivet.open_workspace(str(root / "home"), actor=name) for name in ("ada", "clara"))
    for cycle in CYCLES:
        assert trivet.import_folder(ada, folder(root, cycle, moved=cycle == CYCLES[-1])).snapshot
        trivet.make_plan(ada)
        if cycle == CYCLES[1]:
            change(ada, "+5%", "family=City")
            trivet.make_plan(ada)
        if cycle != CYCLES[-1]:
            trivet.submit_plan(ada)
            trivet.approve_plan(clara)
            assert trivet.publish_plan(clara, background=True).published
    change(ada, "+10", "item=K1")
    for workspace in (ada, clara):
        workspace.store.close()
    return root / "home"


def change(workspace: Workspace, amount: str, where: str) -> None:
    said = trivet.Said(measure="consensus_demand", amount=amount, where=(where,), first="2027-02", reason="x")
    assert trivet.record_changes(workspace, [said]).recorded


@pytest.fixture
def cycles(kept: Path, tmp_path: Path) -> Open:
    shutil.copytree(kept, tmp_path / "home")
    return lambda actor: trivet.open_workspace(str(tmp_path / "home"), actor=actor)


def shown(workspace: Workspace, name: str, plan: str, **where: str) -> list[Decimal | None]:
    """Give one line of `trivet show`."""
    view = trivet.View(by="family", **where)  # type: ignore[arg-type]
    rows = trivet.show_numbers(workspace, name, view, plan=plan).rows
    return [sum((row.values[at] or Decimal(0) for row in rows), Decimal(0)) for at in range(len(rows[0].values))]


def exact(answer: WaterfallAnswer) -> None:
    """Check that every change is the sum of its causes, and the total that of its members."""
    assert answer.changes
    for row in answer.changes:
        if answer.causes:
            assert row.before + sum((part.moved for part in row.causes), Decimal(0)) == row.after
        for part in row.causes:
            assert sum(part.buckets, Decimal(0)) == part.moved
    total, *members = answer.changes
    assert total.member == "all"
    assert sum((row.change for row in members), Decimal(0)) == total.change


def test_each_cycle_is_a_line_as_its_plan_was_published_and_the_last_is_what_came(cycles: Open) -> None:
    ada = cycles("ada")
    answer = trivet.show_waterfall(ada)
    assert [(line.plan, line.cycle) for line in answer.lines] == [
        ("main-1", "2026-09"),
        ("main-3", "2026-10"),
        ("main", "2026-11"),
        ("actuals", ""),
    ]
    assert answer.buckets[:3] == CYCLES
    assert len(answer.buckets) == 8
    for line in answer.lines[:3]:
        span = {"first": line.cycle, "last": answer.buckets[-1]}
        told = [value for value in line.values if value is not None]
        assert told == shown(ada, "consensus_demand", line.plan, **span)
    came = answer.lines[-1].values
    assert list(came[:2]) == shown(ada, "orders", "main", first="2026-09", last="2026-10")
    assert set(came[2:]) == {None}


def test_what_changed_since_the_last_published_plan_is_exact_and_ranked_by_value(cycles: Open) -> None:
    answer = trivet.show_waterfall(cycles("ada"))
    exact(answer)
    assert (answer.before, answer.after, answer.first) == ("main-3", "main-4", "2026-11")
    assert "another release" not in answer.causes
    assert {"actuals", "adjustments"} <= set(answer.causes)
    rows = answer.changes[1:]
    values = [abs(row.value) for row in rows if row.value is not None]
    assert len(values) == len(rows)
    assert all(one >= two for one, two in pairwise(values))
    adjusted = {part.cause: part.moved for part in answer.changes[0].causes}
    assert adjusted["adjustments"] == 10
    assert answer.missing == ""
    baseline = trivet.show_waterfall(cycles("ada"), "baseline_demand")
    exact(baseline)
    assert "adjustments" not in baseline.causes


def test_a_level_and_a_place_are_told_member_by_member(cycles: Open) -> None:
    ada = cycles("ada")
    answer = trivet.show_waterfall(ada, by="item", where=("region=Home",), span=("2026-12", "FY2027"))
    exact(answer)
    assert answer.buckets[0] == "2026-12"
    assert {line.member for line in answer.lines} == {"C1", "C2", "K1", "K2"}
    assert answer.changes[0].member == "all"
    values = {line.member: line.values for line in answer.lines if line.plan == "main"}
    rows = trivet.show_numbers(
        ada, "consensus_demand", trivet.View(by="item", where=("region=Home",), first="2026-12", last="FY2027")
    ).rows
    assert values == {row.member: row.values for row in rows}


def test_the_structure_of_then_and_of_today_differ_where_an_item_moved(cycles: Open) -> None:
    ada = cycles("ada")

    def first_of(answer: WaterfallAnswer, member: str) -> Sequence[Decimal | None]:
        return next(line.values for line in answer.lines if (line.plan, line.member) == ("main-1", member))

    today, then = (trivet.show_waterfall(ada, by="family", as_was=flag) for flag in (False, True))
    for member, other in (("City", 1), ("Kids", -1)):
        pairs = zip(first_of(today, member), first_of(then, member), strict=True)
        assert all(((one or 0) - (two or 0)) * other > 0 for one, two in pairs)
    exact(today)


def test_other_measures_show_lines_and_net_changes_without_causes(cycles: Open) -> None:
    ada = cycles("ada")
    revenue = trivet.show_waterfall(ada, "constrained_revenue")
    exact(revenue)
    assert revenue.causes == ()
    assert "constrained_revenue follows from them" in revenue.missing
    assert revenue.lines[-1].plan == "actuals"
    assert [issue.code for issue in revenue.issues]  # a change since the plan is not in what is solved
    stock = trivet.show_waterfall(ada, "projected_stock")
    last = trivet.show_numbers(ada, "projected_stock", trivet.View(by="item", first=stock.last, last=stock.last)).rows
    assert stock.changes[0].after == sum((row.values[0] or Decimal(0) for row in last), Decimal(0))
    price = trivet.show_waterfall(ada, "price", by="item")
    assert price.changes == ()
    assert "is an average" in price.missing
    margin = trivet.show_waterfall(ada, "gross_margin")
    assert {line.plan for line in margin.lines} == {"main-1", "main-3", "main"}


def test_changes_are_told_from_any_published_version_and_of_any_version(cycles: Open) -> None:
    ada = cycles("ada")
    older = trivet.show_waterfall(ada, since="main-1")
    exact(older)
    assert older.before == "main-1"
    closed = trivet.show_waterfall(ada, plan="main-3")
    assert [line.plan for line in closed.lines] == ["main-1", "main-3", "actuals"]
    exact(closed)
    with pytest.raises(InvalidInput, match="main-4 says nothing of consensus_demand before main-3"):
        trivet.show_waterfall(ada, plan="main-3", since="main-4")


def test_a_branch_has_the_cycles_of_the_plan_it_came_from(cycles: Open) -> None:
    ada = cycles("ada")
    trivet.branch_scenario(ada, "high")
    said = trivet.Said(measure="consensus_demand", amount="+25", where=("item=C1",), first="2027-03", reason="x")
    assert trivet.record_changes(ada, [said], scenario="high").recorded
    answer = trivet.show_waterfall(ada, plan="high")
    assert [line.plan for line in answer.lines] == ["main-1", "main-3", "high", "actuals"]
    exact(answer)
    adjusted = {part.cause: part.moved for part in answer.changes[0].causes}
    assert adjusted["adjustments"] == 35


def test_a_published_plan_of_this_cycle_is_compared_where_none_is_earlier(open_as: Open) -> None:
    ada, eva = open_as("ada"), open_as("eva")
    alone = trivet.show_waterfall(ada)
    assert (alone.before, alone.changes, alone.causes) == ("", (), ())
    assert "there is one version only" in alone.missing
    trivet.submit_plan(ada)
    trivet.approve_plan(eva)
    assert trivet.publish_plan(eva, background=True).published
    change(ada, "+10", "family=Kids")
    trivet.make_plan(ada)
    answer = trivet.show_waterfall(ada)
    assert answer.causes == ("adjustments",)
    assert answer.changes[0].change == 10


def test_what_was_not_kept_is_said_and_nothing_is_learned_again(cycles: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = cycles("ada")
    before = ada.version("main-3").snapshot
    kept = type(ada).kept_learned
    monkeypatch.setattr(
        type(ada), "kept_learned", lambda self, snapshot, of: None if snapshot == before else kept(self, snapshot, of)
    )
    monkeypatch.setattr(Ensemble, "train", lambda *_: pytest.fail("learned again"))
    answer = trivet.show_waterfall(ada)
    exact(answer)
    assert "actuals and model change" in answer.causes
    assert "what main-3 predicted with is not kept" in answer.missing


def test_plans_of_the_table_published_are_lines_without_causes(tmp_path: Path) -> None:
    target = folder(tmp_path, "2026-11")
    rows = [f"2026-10,consensus_demand,C1,{market},,{month},7" for market in ("N", "S") for month in CYCLES[1:]]
    markets = (target / "markets.csv").read_text("utf-8").splitlines()
    names = [line.split(",")[0] for line in markets[1:3]]
    text = "\n".join(rows).replace(",N,", f",{names[0]},").replace(",S,", f",{names[1]},")
    (target / "published.csv").write_text(f"cycle,measure,item,market,location,bucket,quantity\n{text}\n", "utf-8")
    trivet.create_workspace(str(tmp_path / "home"), actor="ada")
    ada = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    assert trivet.import_folder(ada, target).snapshot
    trivet.make_plan(ada)
    answer = trivet.show_waterfall(ada)
    line = answer.lines[0]
    assert (line.plan, line.cycle) == (TABLE, "2026-10")
    assert line.values[:3] == (Decimal(14), Decimal(14), None)
    assert (answer.first, answer.last, answer.causes) == ("2026-11", "2026-11", ())
    assert answer.changes[0].before == 14
    assert "cycle 2026-10 is known from the table published only" in answer.missing


def test_a_plan_of_the_table_that_ends_before_today_is_a_line_and_no_comparison(tmp_path: Path) -> None:
    target = folder(tmp_path, "2026-11")
    market = (target / "markets.csv").read_text("utf-8").splitlines()[1].split(",")[0]
    lines = f"cycle,measure,item,market,location,bucket,quantity\n2026-09,consensus_demand,C1,{market},,2026-10,7\n"
    (target / "published.csv").write_text(lines, "utf-8")
    trivet.create_workspace(str(tmp_path / "home"), actor="ada")
    ada = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    assert trivet.import_folder(ada, target).snapshot
    trivet.make_plan(ada)
    answer = trivet.show_waterfall(ada)
    assert [line.plan for line in answer.lines] == [TABLE, "main", "actuals"]
    assert (answer.before, answer.changes) == ("", ())
    assert "all closed by now" in answer.missing


def test_a_part_of_the_company_is_told_to_who_sees_a_part(cycles: Open) -> None:
    kim = trivet.show_waterfall(cycles("kim"), by="item")
    exact(kim)
    assert kim.part == "your part: family=Kids"
    assert {line.member for line in kim.lines} == {"K1"}
    assert {row.member for row in kim.changes} == {"all", "K1"}
    whole = trivet.show_waterfall(cycles("ada"), by="item", where=("family=Kids",))
    assert [row.change for row in kim.changes] == [row.change for row in whole.changes]
    then = trivet.show_waterfall(cycles("kim"), by="item", as_was=True)
    assert {line.member for line in then.lines if line.plan == "main-1"} == {"K1", "K2"}
    with pytest.raises(NotPermitted):
        trivet.show_waterfall(cycles("sofia"), "gross_margin")
    with pytest.raises(NotPermitted):
        trivet.show_waterfall(cycles("kim"), "capacity_hours")
    with pytest.raises(NotPermitted):
        trivet.show_waterfall(cycles("nobody"))


def test_wrong_questions_are_wrong_calls(cycles: Open) -> None:
    ada = cycles("ada")
    with pytest.raises(InvalidInput, match="baseline_low does not add up over members"):
        trivet.show_waterfall(ada, "baseline_low")
    with pytest.raises(NotFound, match="level 'colour' is not known"):
        trivet.show_waterfall(ada, by="colour")
    with pytest.raises(NotFound, match="main-9"):
        trivet.show_waterfall(ada, since="main-9")
