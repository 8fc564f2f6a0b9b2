"""Which forecasting method fits, through the store: compared, chosen by a table, used by the plan, shown."""

import json
from pathlib import Path

import numpy as np
import pytest

import trivet
from tests.cli.test_commands import Call, call
from tests.planned import Open
from trivet.core.entries import RecordChange
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.forecasting import Method
from trivet.engines.ensemble import Ensemble
from trivet.engines.processes import LocalExecutor, ProcessExecutor

__all__ = ["call"]


def run_here(patch: pytest.MonkeyPatch) -> None:
    """Run batches in this process: what children do is tested with the engines."""
    local = LocalExecutor()
    patch.setattr(ProcessExecutor, "map_batches", lambda _, fn, batches: local.map_batches(fn, batches))


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    run_here(monkeypatch)


@pytest.fixture(scope="module")
def planned_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan four years of four items in two families, and of one that is a year old; in two markets."""
    folder, home = tmp_path_factory.mktemp("company"), tmp_path_factory.mktemp("planned") / "home"
    (folder / "company.toml").write_text(
        '[company]\nname = "T"\ncurrency = "EUR"\n[time]\nfirst_bucket = "2022-11"\ncycle = "2026-11"\n'
    )
    (folder / "items.csv").write_text("item,family\nA,F\nB,F\nC,G\nD,G\nNEW,H\n")
    draw = np.random.default_rng(11)
    months = [f"{2022 + (at + 10) // 12}-{(at + 10) % 12 + 1:02d}" for at in range(48)]
    rows = [
        f"{item},{market},{months[at]},{100 + 40 * (at % 12) * draw.lognormal(0, 0.2):.0f}"
        for item, begin in (("A", 0), ("B", 0), ("C", 0), ("D", 0), ("NEW", 36))
        for market in ("North", "South")
        for at in range(begin, 48)
    ]
    (folder / "orders.csv").write_text("\n".join(["item,market,bucket,quantity", *rows]) + "\n")
    (folder / "markets.csv").write_text("market\nNorth\nSouth\n")
    trivet.create_workspace(str(home), actor="ada")
    workspace = trivet.open_workspace(str(home), actor="ada")
    assert trivet.import_folder(workspace, folder).snapshot
    with pytest.MonkeyPatch.context() as patch:
        run_here(patch)
        trivet.make_plan(workspace)
    workspace.store.close()
    return home


def test_every_method_stands_beside_the_naive_line_and_the_ensemble(open_as: Open) -> None:
    answer = trivet.show_methods(open_as("ada"), by="item")
    whole, *members = answer.rows
    assert [score.method for score in whole.scores] == list(Method)
    assert whole.series == sum(row.series for row in members)
    assert whole.used == (Method.ENSEMBLE,)
    told = {score.method: score.wmape for score in whole.scores if score.wmape is not None}
    assert {Method.SEASONAL_NAIVE, Method.ENSEMBLE, Method.NAIVE} <= set(told)
    assert whole.best == min(told, key=lambda method: told[method])
    for row in members:
        own = {score.method: score.wmape for score in row.scores if score.wmape is not None}
        assert row.best is not None
        assert own[row.best] == min(own.values())
    assert answer.chosen_after is not None
    assert answer.chosen_after <= min(told.values()) + 1e-6


def test_asked_again_nothing_is_forecast_again(open_as: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = open_as("ada")
    first = trivet.show_methods(workspace)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("worked out again")

    monkeypatch.setattr(Ensemble, "predict_each", refuse)
    assert trivet.show_methods(workspace) == first


def test_wrong_questions_are_refused_with_what_was_expected(open_as: Open) -> None:
    workspace = open_as("ada")
    with pytest.raises(InvalidInput, match="by is 'colour'; expected one of family, item"):
        trivet.show_methods(workspace, by="colour")
    with pytest.raises(InvalidInput, match="origins is 0"):
        trivet.show_methods(workspace, origins=0)
    with pytest.raises(InvalidInput, match="no series there is long enough to compare methods"):
        trivet.show_methods(workspace, where=("item=NEW",))
    with pytest.raises(NotFound, match="nowhere"):
        trivet.show_methods(workspace, where=("family=nowhere",))


def test_a_branch_fixes_a_method_for_one_item_and_only_that_moves(open_as: Open) -> None:
    workspace = open_as("ada")
    item = trivet.show_methods(workspace, by="item", origins=1).rows[1].member
    key = (("item", item), ("family", ""), ("market", ""))
    change = RecordChange(table="forecast_methods", key=key, after=(("method", "naive"),), reason="strike last year")
    trivet.branch_scenario(workspace, "fixed")
    answer = trivet.record_changes(workspace, [change], scenario="fixed")
    assert answer.recorded, answer.issues
    trivet.make_plan(workspace, "fixed")
    base, other = (workspace.opened(name)[1].panel("demand") for name in ("main", "fixed"))
    moved = (base.count("baseline_demand") != other.count("baseline_demand")).any(axis=1)
    assert moved.any()
    assert {key[0] for key, hit in zip(base.keys.iter_rows(), moved, strict=True) if hit} == {item}
    np.testing.assert_array_equal(base.count("seasonal_naive"), other.count("seasonal_naive"))
    used = {row.member: row.used for row in trivet.show_methods(workspace, by="item", plan="fixed").rows[1:]}
    assert used[item] == (Method.NAIVE,)
    assert {name for name, methods in used.items() if methods != (Method.ENSEMBLE,)} == {item}


def test_the_command_prints_methods_members_and_an_honest_verdict(call: Call) -> None:
    shown = call("methods", "--by", "item")
    assert shown.code == 0, shown.err
    assert "seasonal-naive" in shown.out
    assert "Set a method in forecast_methods.csv" in shown.out or "can't be said" in shown.out
    answer = call("methods", "--by", "item", "--origins", "1", "--json").json()
    assert answer["chosen_before"] is None
    assert len(answer["rows"][0]["scores"]) == len(Method)
    alone = call("methods", "--origins", "1")
    assert "One point in time only" in alone.out


def test_a_backtest_takes_a_method_by_name_or_the_best_of_the_past(tmp_path: Path, call: Call) -> None:
    draw = np.random.default_rng(8)
    rows = [
        f"S{number},{2019 + at // 12}-{at % 12 + 1:02d},{round(100 + 30 * (at % 12) * draw.lognormal(0, 0.1), 2)}"
        for number in range(3)
        for at in range(72)
    ]
    (tmp_path / "sold.csv").write_text("\n".join(["series,bucket,quantity", *rows]) + "\n", "utf-8")
    found = {
        name: json.loads(call("backtest", str(tmp_path / "sold.csv"), "--horizon", "6", "--method", name, "--json").out)
        for name in ("seasonal-naive", "best")
    }
    assert found["seasonal-naive"]["wape"] == pytest.approx(found["seasonal-naive"]["seasonal_naive"]["wape"])
    assert found["best"]["wape"] < found["seasonal-naive"]["wape"]
    assert found["best"]["coverage_80"] is not None
    refused = call("backtest", str(tmp_path / "sold.csv"), "--method", "magic")
    assert refused.code == 2
    assert "method is 'magic', expected naive, seasonal-naive" in refused.err
