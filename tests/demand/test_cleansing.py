"""History fit to learn from: what is corrected, what is absent, and that it is said."""

import numpy as np
import pytest

from tests.demand.demand_company import Cell, MakeInputs, monthly
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel

SEASON = [60.0, 80, 120, 150, 150, 130, 110, 90, 80, 70, 60, 100]
YEARS = SEASON * 3
ITEM = {"item": "A", "family": "F"}


def corrected(inputs: PlanInputs) -> tuple[Panel, tuple[Issue, ...]]:
    return correct_history(inputs, demand_panel(inputs)[0])


def codes(issues: tuple[Issue, ...]) -> list[str]:
    return [issue.code for issue in issues]


def test_clean_history_stays_as_ordered(make_inputs: MakeInputs) -> None:
    panel, issues = corrected(make_inputs(items=[ITEM], orders=monthly(YEARS)))
    assert panel.count("demand_history")[0, :36].tolist() == [1000 * int(v) for v in YEARS]
    assert panel.mask("demand_history")[0].tolist() == [True] * 36 + [False] * 14
    assert issues == ()


def test_a_one_off_is_replaced_by_what_was_due_and_said(make_inputs: MakeInputs) -> None:
    spiked = [*YEARS]
    spiked[14] += 500
    panel, issues = corrected(make_inputs(items=[ITEM], orders=monthly(spiked)))
    assert panel.count("demand_history")[0, :36].tolist() == [1000 * int(v) for v in YEARS]
    assert panel.count("orders")[0, 14] == 620_000
    assert codes(issues) == ["demand.one-off-corrected"]
    assert "620 units" in issues[0].message
    assert "corrected by -500" in issues[0].message
    assert str(issues[0].place) == "demand_history item A market M 2024-03"


def test_a_peak_of_every_year_is_a_season_not_a_one_off(make_inputs: MakeInputs) -> None:
    peaked = [v * (4 if i % 12 == 10 else 1) for i, v in enumerate(YEARS)]
    panel, issues = corrected(make_inputs(items=[ITEM], orders=monthly(peaked)))
    assert panel.count("demand_history")[0, :36].tolist() == [1000 * int(v) for v in peaked]
    assert issues == ()


def test_spikes_of_lumpy_demand_stay(make_inputs: MakeInputs) -> None:
    lumpy = [0.0, 0, 5] * 11 + [0, 0, 90]
    panel, issues = corrected(
        make_inputs(items=[ITEM, {"item": "B"}], orders=[*monthly(lumpy), *monthly(YEARS, item="B")])
    )
    assert panel.count("demand_history")[0, 35] == 90_000
    assert issues == ()


def test_a_known_event_is_no_one_off(make_inputs: MakeInputs) -> None:
    event: dict[str, Cell] = {"promotion": "P", "family": "F", "first": "2024-03", "lift": 4.0, "status": "done"}
    lifted = [v * (5 if i == 14 else 1) for i, v in enumerate(YEARS)]
    held = make_inputs(items=[ITEM], orders=monthly(lifted), promotions=[event])
    called_off = make_inputs(items=[ITEM], orders=monthly(lifted), promotions=[{**event, "status": "cancelled"}])
    assert codes(corrected(held)[1]) == []
    assert codes(corrected(called_off)[1]) == ["demand.one-off-corrected"]


def test_an_item_is_absent_before_its_first_and_after_its_last_sale(make_inputs: MakeInputs) -> None:
    sold = [0.0] * 6 + YEARS[6:20] + [0.0] * 4 + [0.0] * 12
    inputs = make_inputs(
        items=[{**ITEM, "last_sale": "2024-08-31"}, {"item": "B"}],
        orders=[*monthly(sold), *monthly(YEARS, item="B")],
    )
    panel, _ = corrected(inputs)
    assert np.flatnonzero(panel.mask("demand_history")[0]).tolist() == list(range(6, 20))


def test_zero_in_a_lifetime_is_zero_demand(make_inputs: MakeInputs) -> None:
    holes = [v if i != 20 else 0.0 for i, v in enumerate(YEARS)]
    panel, issues = corrected(
        make_inputs(items=[ITEM, {"item": "B"}], orders=[*monthly(holes), *monthly(YEARS, item="B")])
    )
    assert panel.mask("demand_history")[0, 20]
    assert panel.count("demand_history")[0, 20] == 0
    assert issues == ()


@pytest.mark.parametrize("gap", [[35], [34, 35], [20]])
def test_a_market_that_sends_nothing_is_asked_about(make_inputs: MakeInputs, gap: list[int]) -> None:
    missing = [None if i in gap else v for i, v in enumerate(YEARS)]
    orders = [*monthly(missing, market="West"), *monthly(YEARS, market="East")]
    panel, issues = corrected(make_inputs(items=[ITEM], orders=orders))
    east, west = panel.mask("demand_history")[:, :36]
    assert east.all()
    assert np.flatnonzero(~west).tolist() == gap
    assert codes(issues) == ["demand.not-reported"]
    assert "market West" in str(issues[0].place)


def test_a_market_that_rests_every_summer_is_believed(make_inputs: MakeInputs) -> None:
    resting = [0.0 if i % 12 == 7 else v for i, v in enumerate(YEARS)]
    panel, issues = corrected(make_inputs(items=[ITEM], orders=monthly(resting)))
    assert panel.mask("demand_history")[0, :36].all()
    assert issues == ()


def test_a_last_bucket_cut_short_is_not_learned_from(make_inputs: MakeInputs) -> None:
    cut = [*YEARS[:-1], YEARS[-1] * 0.6]
    orders = [*monthly(cut, market="North"), *monthly(YEARS, market="South")]
    panel, issues = corrected(make_inputs(items=[ITEM], orders=orders))
    north, south = panel.mask("demand_history")
    assert not north[35]
    assert south[35]
    assert codes(issues) == ["demand.partial-bucket"]
    assert "60 units" in issues[0].message
    assert "100 were due" in issues[0].message


def test_a_fall_of_all_markets_is_the_market_not_the_feed(make_inputs: MakeInputs) -> None:
    fallen = [*YEARS[:-1], YEARS[-1] * 0.6]
    orders = [*monthly(fallen, market="North"), *monthly(fallen, market="South")]
    panel, issues = corrected(make_inputs(items=[ITEM], orders=orders))
    assert panel.mask("demand_history")[:, 35].all()
    assert issues == ()


def stock(values: dict[int, float]) -> list[dict[str, Cell]]:
    counted = [values.get(i, 500.0) for i in range(36)]
    return [{**row, "location": "MAIN", "market": None} for row in monthly(counted)]


def test_a_stock_out_behind_shipments_is_filled_with_what_was_due(make_inputs: MakeInputs) -> None:
    shipped = [*YEARS]
    shipped[29] = 40.0
    panel, issues = corrected(make_inputs(items=[ITEM], shipments=monthly(shipped), stock_history=stock({29: 0.0})))
    assert panel.count("demand_history")[0, 29] == 130_000
    assert codes(issues) == ["demand.stock-out-corrected"]


def test_a_stock_out_behind_orders_keeps_the_orders(make_inputs: MakeInputs) -> None:
    shipped = [*YEARS]
    shipped[29] = 100.0
    inputs = make_inputs(
        items=[ITEM],
        orders=monthly(YEARS),
        shipments=monthly(shipped, value=1000),
        stock_history=stock({29: 0.0, 30: 0.0}),
    )
    panel, issues = corrected(inputs)
    assert panel.count("demand_history")[0, 29] == 130_000
    assert codes(issues) == ["demand.stock-out"]
    assert "130 units ordered, 100 shipped" in issues[0].message
    assert str(issues[0].place) == "demand_history family F 2025-06"
    assert issues[0].at_stake is not None
    assert issues[0].at_stake > 0


def test_what_is_no_good_is_valued_but_not_learned_from(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(items=[{**ITEM, "kind": "non-stock"}], orders=monthly(YEARS))
    panel, issues = corrected(inputs)
    assert not panel.mask("demand_history").any()
    assert panel.count("orders").any()
    assert codes(issues) == ["demand.no-goods"]
