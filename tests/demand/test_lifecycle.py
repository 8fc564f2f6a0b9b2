"""Launches, victims, endings and successors by hand."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.demand.demand_company import Cell, MakeInputs, monthly
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.baseline import forecast
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.demand.lifecycle import apply_life_cycle
from trivet.engines.seasonal_naive import SeasonalNaive

FLAT = [100.0] * 36
ITEMS: list[dict[str, Cell]] = [{"item": "A", "family": "F"}, {"item": "N", "family": "F"}]
LAUNCH: dict[str, Cell] = {"item": "N", "launch": "2026-03", "first_year": 1200, "like_item": "A"}


def lived(inputs: PlanInputs) -> tuple[Panel, tuple[Issue, ...]]:
    panel, _ = correct_history(inputs, demand_panel(inputs)[0])
    panel, _ = forecast(inputs, panel, SeasonalNaive())
    return apply_life_cycle(inputs, panel)


def units(panel: Panel, item: str, market: str = "M") -> list[float]:
    row = panel.keys.rows().index((item, market))
    found: list[float] = (panel.count("baseline_demand")[row, panel.buckets.first_open :] / 1000).tolist()
    return found


def codes(issues: Sequence[Issue]) -> list[str]:
    return [issue.code for issue in issues]


def test_the_first_twelve_buckets_are_the_first_year_fill_within(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        items=ITEMS, orders=monthly(FLAT), launches=[{**LAUNCH, "ramp": "0.5 0.75 1", "pipeline_fill": 75}], horizon=16
    )
    panel, issues = lived(inputs)
    # 1,125 units by shares .5 .75 and ten times 1 = 100 a full month; the fill comes in the first
    assert units(panel, "N") == [0, 0, 50 + 75, 75, *[100] * 12]
    assert sum(units(panel, "N")[2:14]) == 1200
    assert issues == ()


def test_the_ramp_rides_on_the_season_of_the_like_item(make_inputs: MakeInputs) -> None:
    season = [60.0, 80, 120, 150, 150, 130, 110, 90, 80, 70, 60, 100]
    inputs = make_inputs(items=ITEMS, orders=monthly(season * 3), launches=[LAUNCH], horizon=14)
    volume = units(lived(inputs)[0], "N")
    assert sum(volume[2:]) == pytest.approx(1200, abs=1e-9)
    np.testing.assert_allclose(volume[2:12], season[2:], rtol=0.02)


def test_markets_share_a_launch_as_they_share_the_like_item(make_inputs: MakeInputs) -> None:
    orders = [*monthly(FLAT, market="M"), *monthly([33.0] * 36, market="S")]
    panel, _ = lived(make_inputs(items=ITEMS, orders=orders, launches=[LAUNCH]))
    assert units(panel, "N")[2:] == [pytest.approx(10_000 / 133, abs=0.001)] * 12
    total = panel.count("baseline_demand")[2:, 38:50].sum()
    assert int(total) == 1_200_000


def test_victims_lose_their_share_along_what_consumers_buy(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        items=ITEMS,
        orders=monthly(FLAT),
        launches=[{**LAUNCH, "pipeline_fill": 600}],
        launch_victims=[{"item": "N", "family": "F", "share": 0.35}],
    )
    panel, issues = lived(inputs)
    assert units(panel, "N")[2:4] == [650, 50]
    assert units(panel, "A") == [100, 100, *[65] * 12]
    assert issues == ()


def test_victims_never_fall_below_zero_and_the_rest_is_said(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        items=ITEMS,
        orders=monthly([30.0] * 36),
        launches=[LAUNCH],
        launch_victims=[{"item": "N", "victim": "A", "share": 0.5}],
    )
    panel, issues = lived(inputs)
    assert units(panel, "A") == [30, 30, *[0] * 12]
    assert codes(issues) == ["demand.victims-floor"]
    assert "240 units" in issues[0].message


def test_more_than_all_can_not_be_taken(make_inputs: MakeInputs) -> None:
    victims = [{"item": "N", "victim": "A", "share": 0.9}, {"item": "N", "family": "F", "share": 0.9}]
    inputs = make_inputs(items=ITEMS, orders=monthly([500.0] * 36), launches=[LAUNCH], launch_victims=victims)
    panel, issues = lived(inputs)
    assert units(panel, "A")[2:] == [400.0] * 12
    assert codes(issues) == ["demand.victims-over"]
    assert "180%" in issues[0].message


def test_a_launch_outside_the_plan_brings_nothing(make_inputs: MakeInputs) -> None:
    panel, issues = lived(make_inputs(items=ITEMS, orders=monthly(FLAT), launches=[{**LAUNCH, "in_plan": False}]))
    assert units(panel, "N") == [0] * 14
    assert codes(issues) == ["demand.launch-out"]
    assert "1,200 units" in issues[0].message


def test_a_launch_that_sells_already_is_left_to_its_history(make_inputs: MakeInputs) -> None:
    orders = [*monthly(FLAT), *monthly([0.0] * 30 + [40.0] * 6, item="N")]
    panel, issues = lived(make_inputs(items=ITEMS, orders=orders, launches=[{**LAUNCH, "launch": "2025-07"}]))
    assert units(panel, "N") == [pytest.approx(40, rel=0.01)] * 14
    assert issues == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ramp": "half"}, "demand.launch-ramp"),
        ({"pipeline_fill": 5000}, "demand.launch-fill"),
        ({"launch": "2029-01"}, "demand.launch-late"),
        ({"item": "X"}, "demand.launch-unknown"),
    ],
)
def test_odd_launches_are_said(make_inputs: MakeInputs, change: dict[str, Cell], code: str) -> None:
    _, issues = lived(make_inputs(items=ITEMS, orders=monthly(FLAT), launches=[{**LAUNCH, **change}]))
    assert codes(issues) == [code]


def test_a_successor_takes_over_what_ends(make_inputs: MakeInputs) -> None:
    items: list[dict[str, Cell]] = [
        {"item": "A", "family": "F", "last_sale": "2026-05-31", "successor": "N"},
        {"item": "N", "family": "F"},
    ]
    season = [float(v) for v in range(10, 130, 10)]
    panel, issues = lived(make_inputs(items=items, orders=monthly(season * 3)))
    assert units(panel, "A") == [*season[:5], *[0] * 9]
    assert units(panel, "N") == [*[0] * 5, *season[5:], 10, 20]
    assert codes(issues) == ["demand.taken-over"]


def test_a_launched_successor_brings_its_own_volume_only(make_inputs: MakeInputs) -> None:
    items: list[dict[str, Cell]] = [
        {"item": "A", "family": "F", "last_sale": "2026-05-31", "successor": "N"},
        {"item": "N", "family": "F"},
    ]
    panel, issues = lived(make_inputs(items=items, orders=monthly(FLAT), launches=[LAUNCH]))
    assert sum(units(panel, "N")) == pytest.approx(1200)
    assert issues == ()
