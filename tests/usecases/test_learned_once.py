"""Through the store: what was learned from a snapshot is kept, and a branch's correction moves its own series only."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import trivet
from tests.planned import Open
from trivet.core.entries import RecordChange
from trivet.core.errors import InvalidInput
from trivet.core.options import ForecastMode, PlanOptions
from trivet.engines.ensemble import Ensemble
from trivet.planning.make import find_options
from trivet.workspace.workspace import Workspace


def corrected(workspace: Workspace) -> tuple[str, str, RecordChange]:
    """Give a row of the orders half a year old, and the change that makes it half as much again."""
    orders = workspace.sources("main").inputs.table("orders")
    buckets = workspace.sources("main").inputs.model.buckets
    day: date = buckets.starts[buckets.first_open - 6]
    row = orders.filter(orders["bucket"] == day).sort("quantity", "item", descending=True).row(0, named=True)
    key = (("item", row["item"]), ("market", row["market"]), ("bucket", day.isoformat()[:7]))
    units = row["quantity"] * 3 // 2 / 1000
    change = RecordChange(table="orders", key=key, after=(("quantity", f"{units:.3f}"),), reason="counted again")
    return row["item"], row["market"], change


def test_a_correction_in_a_branch_moves_its_own_series_only(open_as: Open) -> None:
    workspace = open_as("ada")
    item, market, change = corrected(workspace)
    trivet.branch_scenario(workspace, "what-if")
    answer = trivet.record_changes(workspace, [change], scenario="what-if")
    assert answer.recorded, answer.issues
    trivet.make_plan(workspace, "what-if")
    base, other = (workspace.opened(name)[1].panel("demand") for name in ("main", "what-if"))
    moved = (base.count("baseline_demand") != other.count("baseline_demand")).any(axis=1)
    hit = [key for key, flag in zip(base.keys.iter_rows(), moved, strict=True) if flag]
    assert hit == [(item, market)]


def test_what_a_snapshot_taught_is_learned_once(open_as: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = open_as("ada")
    snapshot = workspace.sources("main").snapshot
    one = workspace.learned(snapshot, workspace.engines().forecaster)

    def refuse(*_: object) -> bytes:
        raise AssertionError("learned again")

    monkeypatch.setattr(Ensemble, "train", refuse)
    again = open_as("eva").learned(snapshot, workspace.engines().forecaster)
    assert again.digest() == one.digest()
    trivet.make_plan(workspace)


def test_the_mode_of_the_settings_is_in_the_recipe(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVET_MODE", "full")
    workspace = trivet.open_workspace(str(home), actor="ada")
    monkeypatch.setattr(Ensemble, "train", lambda *_: b"")
    monkeypatch.setattr(Ensemble, "predict", lambda _self, *asked: np.ones((len(asked[0]), asked[3])))
    made = trivet.make_plan(workspace)
    recipe = workspace.store.load_plan(made.version).recipe
    assert find_options(recipe.options) == PlanOptions(mode=ForecastMode.FULL)
    assert dict(recipe.engines)["forecaster"].startswith("ensemble 3 full")
    assert len(dict(recipe.engines)["learned"]) == 64


def test_bounds_are_shown_at_every_level(open_as: Open) -> None:
    workspace = open_as("ada")
    names = ("baseline_lowest", "baseline_low", "baseline_demand", "baseline_high", "baseline_highest")
    highs = []
    for by in ("item", "family", "market"):
        shown = [
            np.array([row.values for row in trivet.show_numbers(workspace, name, trivet.View(by=by)).rows], dtype=float)
            for name in names
        ]
        assert all((low <= high).all() for low, high in pairwise(shown))
        assert (shown[1] < shown[3]).any()
        highs.append(shown[3][:, 0].sum())
    assert highs[1] <= highs[0]


def test_bounds_are_not_formed_in_another_unit(open_as: Open) -> None:
    with pytest.raises(InvalidInput, match="base units"):
        trivet.show_numbers(open_as("ada"), "baseline_high", trivet.View(by="item", unit="EA"))


def test_explain_and_show_say_the_same_bound(open_as: Open) -> None:
    workspace = open_as("ada")
    model = workspace.planned("main")[2].model
    label = model.buckets.label(model.buckets.first_open + 2)
    for name in ("baseline_low", "baseline_middle", "baseline_highest"):
        shown = trivet.show_numbers(workspace, name, trivet.View(by="family", first=label, last=label)).rows[0]
        told = trivet.explain_cell(workspace, name, scope=(f"family={shown.member}",), first=label, last=label)
        assert told.explanation.value == shown.values[0]
        assert told.explanation.how.startswith("formed from the bounds of its series")
