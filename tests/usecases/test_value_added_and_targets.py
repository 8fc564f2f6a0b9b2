"""Value added and targets over a cycle that was published here and the next one that knows what came."""

from pathlib import Path

import pytest

import trivet
from tests.planned import Open
from tests.usecases.test_accuracy_and_grounds import company, month
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.said import Said
from trivet.workspace.workspace import Workspace

TARGETS = (
    "kpi,family,target,tolerance,better\n"
    "wmape_item_lag_1,,0.0001,0.00001,lower\nwmape_family_lag_1,City,9,,\nwmape_total_lag_3,,0.1,,\n"
    "bias_lag_1,Nobody,0,0.04,near\nwmape_itm,,0.2,,\nfill_rate,,0.96,,\n"
)


@pytest.fixture(scope="module")
def two_cycles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str]:
    """A plan of two cycles ago, changed by people and published; then the actuals came."""
    folder = tmp_path_factory.mktemp("added")
    home = str(folder / "home")
    trivet.create_workspace(home, actor="ada")
    workspace = trivet.open_workspace(home, actor="ada")
    assert trivet.import_folder(workspace, company(folder / "now", targets=TARGETS)).snapshot
    buckets = workspace.sources("main").inputs.model.buckets
    then, scored = (buckets.label(buckets.first_open - back) for back in (2, 1))
    stream = f"stream,item,market,bucket,percent\nsales,C1,HOME,{scored},10\n"
    assert trivet.import_folder(workspace, company(folder / "then", cycle=then, streams=stream)).snapshot
    trivet.make_plan(workspace)
    wish = Said(
        measure="consensus_demand", amount="+50%", where=("family=Kids",), first=month(workspace, 1), reason="x"
    )
    assert trivet.record_changes(workspace, [wish]).recorded
    trivet.make_plan(workspace)
    trivet.submit_plan(workspace)
    other = trivet.open_workspace(home, actor="bea")
    trivet.approve_plan(other)
    assert trivet.publish_plan(other, to=folder / "pack").published
    assert trivet.import_folder(workspace, folder / "now").snapshot
    trivet.make_plan(workspace)
    return workspace, scored


def test_every_step_of_a_published_version_is_held_to_the_one_before(two_cycles: tuple[Workspace, str]) -> None:
    workspace, scored = two_cycles
    answer = trivet.show_value_added(workspace, lags=(1,), by=("family",))
    whole = {(row.step, row.against): row for row in answer.rows if not row.member}
    assert list(whole) == [
        ("naive", ""),
        ("statistical", "naive"),
        ("sales", "statistical"),
        ("consensus", "statistical"),
        ("consensus", "sales"),
        ("published", "consensus"),
        ("published", "statistical"),
        ("published", "naive"),
    ]
    assert {row.buckets for row in whole.values()} == {(scored,)}
    assert not answer.missing
    steps = [whole["statistical", "naive"], whole["consensus", "statistical"], whole["published", "consensus"]]
    total = sum(row.added or 0.0 for row in steps)
    assert total == pytest.approx(whole["published", "naive"].added, abs=3e-6)
    sales = whole["sales", "statistical"]
    assert sales.touched == pytest.approx(1 / sales.cells, abs=1e-6)
    people = {row.member: row for row in answer.rows if (row.step, row.against) == ("published", "consensus")}
    assert people["City"].touched == 0.0
    assert people["City"].touched_added is None
    assert people["Kids"].touched == 1.0
    assert people["Kids"].touched_added == people["Kids"].added != 0.0


def test_errors_are_those_of_accuracy(two_cycles: tuple[Workspace, str]) -> None:
    workspace, _ = two_cycles
    for level, name in ((("item",), "item"), ((), "total"), (("item", "market"), "item x market")):
        answer = trivet.show_value_added(workspace, lags=(1,), level=level)
        assert answer.level == name
        error = {row.step: row.wmape for row in answer.rows}
        for step, measure in (
            ("published", "consensus_demand"),
            ("statistical", "baseline_demand"),
            ("naive", "seasonal_naive"),
        ):
            rows = trivet.show_accuracy(workspace, measure=measure, lags=(1,)).rows
            assert error[step] == next(row.wmape for row in rows if row.level == name), (step, name)


def test_the_agreed_plan_is_held_to_its_targets(two_cycles: tuple[Workspace, str]) -> None:
    workspace, _ = two_cycles
    answer = trivet.show_accuracy(workspace, lags=(2,))
    told = {(row.kpi, row.family): row for row in answer.targets}
    assert told["wmape_item_lag_1", ""].state == "missed"
    wmape = next(row.wmape for row in trivet.show_accuracy(workspace, lags=(1,)).rows if row.level == "item")
    assert told["wmape_item_lag_1", ""].value == wmape
    assert told["wmape_item_lag_1", ""].beyond == pytest.approx((wmape or 0.0) - 0.0001, abs=2e-6)
    assert told["wmape_family_lag_1", "City"].state == "met"
    assert told["wmape_total_lag_3", ""].state == "unknown"
    assert "no plan spoke of it 3 ahead" in told["wmape_total_lag_3", ""].said
    assert "nothing of Nobody is known" in told["bias_lag_1", "Nobody"].said
    assert answer.odd_targets == ("wmape_itm",)
    assert trivet.show_accuracy(workspace, measure="baseline_demand").targets == ()


def test_what_is_not_known_yet_is_said_with_what_is_needed(two_cycles: tuple[Workspace, str], open_as: Open) -> None:
    fresh = trivet.show_value_added(open_as("ada"))
    assert fresh.rows == ()
    assert "value added begins with the first published plan. Publish each cycle (trivet publish)" in fresh.missing[0]
    later = trivet.show_value_added(two_cycles[0], lags=(1, 5))
    assert {row.lag for row in later.rows} == {1}
    assert later.missing == (
        "lag 5: no closed bucket that plans spoke of so far ahead is known. Widen --from and --to, or go on publishing "
        "each cycle.",
    )


def test_who_sees_a_part_is_told_of_that_part_and_of_no_targets(tmp_path: Path) -> None:
    rows = "cycle,measure,item,market,location,bucket,quantity\n" + "".join(
        f"2026-09,{measure},{item},{market},,2026-10,{units}\n"
        for measure, units in (("consensus_demand", 80), ("baseline_demand", 60))
        for item in ("C1", "K1")
        for market in ("HOME", "EXPORT")
    )
    people = "person,name,role,region,family\nclara,Clara,coordinator,,\nsofia,Sofia,sales,Home,City\n"
    targets = "kpi,family,target\nwmape_item_lag_1,,0.2\nwmape_item_lag_1,City,9\nwmape_item_lag_1,Kids,0.2\n"
    trivet.create_workspace(str(tmp_path / "home"), actor="clara")
    clara, sofia = (trivet.open_workspace(str(tmp_path / "home"), actor=name) for name in ("clara", "sofia"))
    folder = company(tmp_path / "c", published=rows, people=people, targets=targets)
    assert trivet.import_folder(clara, folder).snapshot
    trivet.make_plan(clara)
    assert {row.family for row in trivet.show_accuracy(clara, lags=(1,)).targets} == {"", "City", "Kids"}
    assert trivet.show_accuracy(sofia, lags=(1,)).targets == ()
    added = trivet.show_value_added(sofia, lags=(1,), by=("item",))
    assert added.part == "your part: region=Home, family=City"
    assert {row.member for row in added.rows} == {"", "C1"}
    assert {row.cells for row in added.rows} == {1}
    assert {row.cells for row in trivet.show_value_added(clara, lags=(1,)).rows} == {4}


def test_plans_from_elsewhere_without_forecasts_say_which_steps_are_missing(tmp_path: Path) -> None:
    rows = "cycle,measure,item,market,location,bucket,quantity\n2026-08,consensus_demand,C1,HOME,,2026-09,80\n"
    trivet.create_workspace(str(tmp_path / "home"), actor="ada")
    workspace = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    assert trivet.import_folder(workspace, company(tmp_path / "c", published=rows)).snapshot
    trivet.make_plan(workspace)
    answer = trivet.show_value_added(workspace, lags=(1,))
    assert [(row.step, row.against) for row in answer.rows] == [("naive", ""), ("published", "naive")]
    statistical, consensus, naive = answer.missing
    assert statistical.startswith("lag 1, statistical: no plan held baseline_demand")
    assert consensus.startswith("lag 1, consensus: no plan held consensus_base")
    assert naive.startswith("lag 1: no plan held the naive; it is the same bucket a year before")


def test_wrong_questions_about_value_added_are_wrong_calls(open_as: Open) -> None:
    workspace = open_as("ada")
    with pytest.raises(InvalidInput, match="lags are none; expected 0 or more"):
        trivet.show_value_added(workspace, lags=())
    with pytest.raises(InvalidInput, match="is not closed"):
        trivet.show_value_added(workspace, first=month(workspace, 0))
    with pytest.raises(NotFound, match="level 'colour' is not known for demand"):
        trivet.show_value_added(workspace, level=("colour",))
