"""Events and price moves by hand (F16)."""

import pytest

from tests.demand.demand_company import Cell, MakeInputs, Rows, monthly
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.baseline import forecast
from trivet.demand.cleansing import correct_history
from trivet.demand.drivers import apply_drivers
from trivet.demand.history import demand_panel
from trivet.engines.seasonal_naive import SeasonalNaive

ITEMS: list[dict[str, Cell]] = [{"item": "A", "family": "F"}, {"item": "B", "family": "G"}]
MARKETS: list[dict[str, Cell]] = [
    {"market": "M", "region": "North", "channel": "dealers"},
    {"market": "O", "region": "North", "channel": "online"},
]
EVENT: dict[str, Cell] = {"promotion": "P1", "family": "F", "first": "2026-03", "lift": 0.5, "status": "planned"}
CHANGE: dict[str, Cell] = {"change": "C", "family": "F", "first": "2026-03", "percent": 4, "elasticity": -1.3}


@pytest.fixture
def company(make_inputs: MakeInputs) -> MakeInputs:
    def build(**tables: Rows) -> PlanInputs:
        orders = [row for item in "AB" for market in "MO" for row in monthly([100.0] * 36, item, market)]
        return make_inputs(items=ITEMS, markets=MARKETS, orders=orders, **tables)

    return build


def driven(inputs: PlanInputs) -> tuple[Panel, tuple[Issue, ...]]:
    panel, _ = correct_history(inputs, demand_panel(inputs)[0])
    panel, _ = forecast(inputs, panel, SeasonalNaive())
    return apply_drivers(inputs, panel)


def units(panel: Panel, item: str = "A", market: str = "M") -> list[float]:
    row = panel.keys.rows().index((item, market))
    found: list[float] = (panel.count("baseline_demand")[row, panel.buckets.first_open :] / 1000).tolist()
    return found


def test_an_event_lifts_what_it_touches_and_dips_after(company: MakeInputs) -> None:
    event = {**EVENT, "volume_share": 0.6, "lift": 0.45, "dip_1": -0.12, "dip_2": -0.06, "channel": "dealers"}
    panel, issues = driven(company(promotions=[event]))
    assert units(panel) == [100, 100, 127, 88, 94, *[100] * 9]
    assert units(panel, market="O") == [100] * 14
    assert units(panel, "B") == [100] * 14
    assert issues == ()


def test_an_event_runs_from_first_to_last(company: MakeInputs) -> None:
    panel, _ = driven(company(promotions=[{**EVENT, "last": "2026-05", "dip_1": -0.2}]))
    assert units(panel) == [100, 100, 150, 150, 150, 80, *[100] * 8]


def test_events_of_one_cell_add_up_in_any_order(company: MakeInputs) -> None:
    events = [EVENT, {**EVENT, "promotion": "P2", "family": "", "item": "A", "lift": 0.25}]
    forward, _ = driven(company(promotions=events))
    backward, _ = driven(company(promotions=events[::-1]))
    assert units(forward)[2] == units(backward)[2] == 175


@pytest.mark.parametrize("status", ["cancelled", "done"])
def test_what_is_cancelled_or_over_is_not_planned(company: MakeInputs, status: str) -> None:
    panel, _ = driven(company(promotions=[{**EVENT, "status": status}]))
    assert units(panel) == [100] * 14


def test_a_running_event_counts_in_its_open_buckets_and_dips_after(company: MakeInputs) -> None:
    event = {**EVENT, "first": "2025-12", "last": "2026-01", "status": "running", "dip_1": -0.1}
    panel, issues = driven(company(promotions=[event]))
    plain = round(100 / 1.5, 3)
    assert units(panel)[:3] == [150, 90, 100]
    assert units(panel)[11] == pytest.approx(plain, abs=0.01)
    assert [issue.code for issue in issues] == ["demand.promotion-corrected"]
    assert "66.667 units" in issues[0].message or "66.666 units" in issues[0].message


def test_the_dip_of_a_held_event_reaches_into_the_plan(company: MakeInputs) -> None:
    event = {**EVENT, "first": "2025-12", "status": "done", "lift": 0.0, "dip_1": -0.12, "dip_2": -0.06}
    assert units(driven(company(promotions=[event]))[0])[:3] == [88, 94, 100]


def test_a_price_rise_lowers_demand_by_its_elasticity(company: MakeInputs) -> None:
    panel, issues = driven(company(price_changes=[CHANGE]))
    assert units(panel) == [100, 100, *[round(100 * 1.04**-1.3, 3)] * 12]
    assert units(panel, "B") == [100] * 14
    assert issues == ()


def test_forward_buying_is_taken_from_the_first_bucket_at_the_new_price(company: MakeInputs) -> None:
    panel, _ = driven(company(price_changes=[{**CHANGE, "elasticity": 0, "forward_buying": 0.08}]))
    assert units(panel) == [100, 108, 92, *[100] * 11]


def test_forward_buying_can_not_take_more_than_there_is(company: MakeInputs) -> None:
    panel, _ = driven(company(price_changes=[{**CHANGE, "elasticity": 0, "forward_buying": 3}]))
    assert units(panel)[:4] == [100, 200, 0, 100]


def test_a_launch_at_the_new_price_never_had_the_old_one(company: MakeInputs) -> None:
    launches = [{"item": "A", "launch": "2026-03", "first_year": 10}]
    assert units(driven(company(price_changes=[CHANGE], launches=launches))[0]) == [100] * 14


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"first": "2025-03"}, "closed bucket"),
        ({"first": "2031-01"}, "after the horizon"),
        ({"percent": -100}, "can't fall by 100 %"),
        ({"first": "2026-01", "elasticity": 0, "forward_buying": 0.1}, "in the past"),
    ],
)
def test_price_changes_that_can_not_act_are_said(company: MakeInputs, change: dict[str, Cell], said: str) -> None:
    panel, issues = driven(company(price_changes=[{**CHANGE, **change}]))
    assert units(panel) == [100] * 14
    assert len(issues) == 1
    assert said in issues[0].message


def test_events_that_can_not_be_right_are_said(company: MakeInputs) -> None:
    promotions = [
        {**EVENT, "family": "Bikes"},
        {**EVENT, "promotion": "P2", "first": "2025-06"},
    ]
    panel, issues = driven(company(promotions=promotions))
    assert units(panel) == [100] * 14
    assert ["Bikes" in issues[0].message, "closed buckets" in issues[1].message] == [True, True]
