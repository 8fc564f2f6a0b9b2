"""Accuracy by hand: check 8 of PRACTICE.md, the staircase of the published rules."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.demand.demand_company import MakeInputs, Rows, monthly
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.accuracy import (
    Score,
    naive_scale,
    roll_up_cells,
    score,
    score_published,
    staircase,
    value_added,
)
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.demand.scope import members_of

PLANS: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "2025-12": {
        "A": {"2026-01": 110, "2026-02": 110, "2026-03": 110},
        "B": {"2026-01": 45, "2026-02": 45, "2026-03": 45},
    },
    "2026-01": {"A": {"2026-02": 115, "2026-03": 100}, "B": {"2026-02": 45, "2026-03": 55}},
    "2026-02": {"A": {"2026-03": 95}, "B": {"2026-03": 58}},
}


def published() -> Rows:
    return [
        {
            "cycle": cycle,
            "measure": "consensus_demand",
            "item": item,
            "market": "M",
            "bucket": bucket,
            "quantity": planned,
        }
        for cycle, items in PLANS.items()
        for item, buckets in items.items()
        for bucket, planned in buckets.items()
    ]


@pytest.fixture
def hand_case(make_inputs: MakeInputs) -> tuple[PlanInputs, Panel]:
    inputs = make_inputs(
        first="2025-12-01",
        cycle="2026-04-01",
        items=[{"item": "A", "family": "F"}, {"item": "B", "family": "F"}],
        orders=[
            *monthly([100, 120, 90], item="A", first="2026-01-01"),
            *monthly([50, 40, 60], item="B", first="2026-01-01"),
        ],
        published=published(),
    )
    return inputs, correct_history(inputs, demand_panel(inputs)[0])[0]


def test_item_error_at_lag_1_is_32_of_460(hand_case: tuple[PlanInputs, Panel]) -> None:
    found = score_published(*hand_case, "consensus_demand", 1)
    assert found.wmape == 32 / 460
    assert round(found.wmape, 4) == 0.0696
    assert found.cells == 6


def test_family_error_cancels_inside_the_family_and_the_bias_does_not(hand_case: tuple[PlanInputs, Panel]) -> None:
    inputs, demand = hand_case
    found = score_published(inputs, demand, "consensus_demand", 1, members_of(inputs, demand.keys).family)
    assert found.wmape == 8 / 460
    assert round(found.wmape, 4) == 0.0174
    assert found.bias == 8 / 460
    assert found.tracking_signal == pytest.approx(3.0, abs=1e-12)
    assert found.alarm is False


def test_item_error_at_lag_2_is_30_of_310(hand_case: tuple[PlanInputs, Panel]) -> None:
    found = score_published(*hand_case, "consensus_demand", 2)
    assert found.wmape == 30 / 310
    assert round(found.wmape, 4) == 0.0968


def test_a_lag_nobody_published_has_no_score(hand_case: tuple[PlanInputs, Panel]) -> None:
    assert score_published(*hand_case, "consensus_demand", 9) == Score(
        wmape=None, bias=None, mase=None, tracking_signal=None, cells=0, buckets=0
    )


def test_nothing_sold_leaves_the_error_undefined() -> None:
    found = score(np.array([[5, 5]]), np.array([[0, 0]]), np.ones((1, 2), dtype=np.bool_))
    assert (found.wmape, found.bias) == (None, None)
    assert found.tracking_signal == 2.0


def test_bias_alarms_from_six_buckets_on() -> None:
    forecast, actual = np.full((1, 6), 110), np.full((1, 6), 100)
    six, five = np.ones((1, 6), dtype=np.bool_), np.array([[True] * 5 + [False]])
    assert score(forecast, actual, six).tracking_signal == 6.0
    assert score(forecast, actual, six).alarm
    assert not score(forecast, actual, five).alarm


def test_mase_is_scaled_by_the_change_on_a_year_before() -> None:
    history = np.array([[10, 20, 14, 26], [7, 7, 7, 7]])
    scale = naive_scale(history, np.ones((2, 4), dtype=np.bool_), 2)
    np.testing.assert_array_equal(scale, [5.0, 0.0])
    found = score(np.array([[20], [9]]), np.array([[10], [7]]), np.ones((2, 1), dtype=np.bool_), scale)
    assert found.mase == 2.0
    assert naive_scale(history, np.ones((2, 4), dtype=np.bool_), 4).tolist() == [0.0, 0.0]


def test_unscored_cells_stay_out_of_the_family() -> None:
    groups = np.array(["F", "F"], dtype=object)
    scored = np.array([[True, False], [True, False]])
    forecast, actual, cells = roll_up_cells(groups, np.array([[1, 9], [2, 9]]), np.array([[3, 9], [4, 9]]), scored)
    assert (forecast.tolist(), actual.tolist(), cells.tolist()) == ([[3, 0]], [[7, 0]], [[True, False]])


def test_value_added_meets_the_published_staircase(shared: Path) -> None:
    case = json.loads((shared / "cases/spread/rules.json").read_text())["value_added"][0]
    steps = staircase(list(case["error_pct"].items()))
    assert {name: round(points or 0, 1) for name, points in steps.items()} == case["expected_points"]
    errors = list(case["error_pct"].values())
    assert round((value_added(errors[0], errors[-1]) or 0), 1) == case["net"]
    assert value_added(None, 1.0) is None


def test_a_plan_that_leaves_its_zeros_out_is_held_to_them(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        first="2025-12-01",
        cycle="2026-04-01",
        items=[{"item": "A", "family": "F"}],
        orders=monthly([100, 120, 90], item="A", first="2026-01-01"),
        published=[row for row in published() if row["item"] == "A" and row["bucket"] != "2026-02"],
    )
    demand = correct_history(inputs, demand_panel(inputs)[0])[0]
    found = score_published(inputs, demand, "consensus_demand", 1)
    assert (found.cells, found.wmape) == (3, (10 + 120 + 5) / 310)


def test_rows_without_a_market_are_those_of_a_company_without_markets(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        first="2025-12-01",
        cycle="2026-04-01",
        items=[{"item": "A", "family": "F"}],
        orders=[{**row, "market": ""} for row in monthly([100, 120, 90], item="A", first="2026-01-01")],
        published=[{**row, "market": ""} for row in published() if row["item"] == "A"],
    )
    demand = correct_history(inputs, demand_panel(inputs)[0])[0]
    assert score_published(inputs, demand, "consensus_demand", 1).wmape == 20 / 310


def test_mape_weighs_every_cell_alike_and_leaves_those_without_demand_out() -> None:
    found = score(np.array([[110, 5, 9]]), np.array([[100, 10, 0]]), np.ones((1, 3), dtype=np.bool_))
    assert found.mape == pytest.approx((0.1 + 0.5) / 2)
    assert found.wmape == 24 / 110
