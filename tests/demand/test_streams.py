"""Opinions at their own grain and unit, brought to item x market, exact to the quantum."""

import numpy as np
import pytest

from tests.demand.demand_company import Cell, MakeInputs, Rows, monthly
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.baseline import forecast
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.demand.lifecycle import apply_life_cycle
from trivet.demand.streams import spread_streams
from trivet.engines.seasonal_naive import SeasonalNaive

ITEMS: list[dict[str, Cell]] = [
    {"item": "A", "family": "F"},
    {"item": "B", "family": "F"},
    {"item": "C", "family": "G", "last_sale": "2026-01-31"},
]
MARKETS: list[dict[str, Cell]] = [
    {"market": "M", "region": "North", "channel": "dealers"},
    {"market": "O", "region": "South", "channel": "online"},
]
PRICES = {"A": 10.0, "B": 20.0}
SOLD = {"A": 30.0, "B": 10.0, "C": 5.0}


@pytest.fixture
def company(make_inputs: MakeInputs) -> MakeInputs:
    def build(streams: Rows = (), **tables: Rows) -> PlanInputs:
        orders = [row for item in SOLD for market in "MO" for row in monthly([SOLD[item]] * 36, item, market)]
        return make_inputs(items=ITEMS, markets=MARKETS, orders=orders, streams=streams, **tables)

    return build


def spreaded(inputs: PlanInputs) -> tuple[Panel, tuple[Issue, ...]]:
    panel, _ = correct_history(inputs, demand_panel(inputs)[0])
    panel, _ = forecast(inputs, panel, SeasonalNaive())
    panel, _ = apply_life_cycle(inputs, panel)
    rate = np.zeros(panel.shape)
    for row, item in enumerate(panel.keys["item"].to_list()):
        rate[row] = PRICES.get(item, 0.0)
    panel = panel.with_rates({"price": rate}, {"price": rate > 0})
    return spread_streams(inputs, panel)


def cells(panel: Panel, stream: str = "sales_demand", lag: int = 0) -> dict[str, int]:
    """Cells the stream spoke of: 'AM' -> counts."""
    column = panel.buckets.first_open + lag
    given = np.flatnonzero(panel.mask(stream)[:, column])
    return {"".join(panel.keys.row(int(row))): int(panel.count(stream)[row, column]) for row in given}


def row(**said: Cell) -> dict[str, Cell]:
    return {"stream": "sales", "bucket": "2026-01", **said}


def test_units_are_spread_by_the_baseline_mix_to_the_quantum(company: MakeInputs) -> None:
    panel, issues = spreaded(company([row(family="F", quantity=100)]))
    assert cells(panel) == {"AM": 37_500, "AO": 37_500, "BM": 12_500, "BO": 12_500}
    assert not panel.mask("sales_demand")[:, 37:].any()
    assert issues == ()


def test_totals_that_do_not_divide_come_back_exactly(company: MakeInputs) -> None:
    panel, _ = spreaded(company([row(region="North", quantity=0.1), row(bucket="2026-02", quantity=7.777)]))
    assert sum(cells(panel).values()) == 100
    assert sum(cells(panel, lag=1).values()) == 7_777
    assert set(cells(panel)) == {"AM", "BM", "CM"}
    assert set(cells(panel, lag=1)) == {"AM", "AO", "BM", "BO"}


def test_value_becomes_units_at_the_price_of_the_mix(company: MakeInputs) -> None:
    panel, _ = spreaded(company([row(family="F", value=1000)]))
    # the mix 3 : 1 of 10 and 20 costs 12.50 a unit: 80 units, 60 of A and 20 of B
    assert cells(panel) == {"AM": 30_000, "AO": 30_000, "BM": 10_000, "BO": 10_000}


def test_value_without_a_price_is_said_and_not_guessed(company: MakeInputs) -> None:
    panel, issues = spreaded(company([row(family="G", value=1000)]))
    assert cells(panel) == {}
    assert [issue.code for issue in issues] == ["demand.stream-price"]
    assert "1,000.00" in issues[0].message


def test_percent_is_on_the_statistical_forecast(company: MakeInputs) -> None:
    panel, _ = spreaded(company([row(channel="online", family="F", percent=-10)]))
    assert cells(panel) == {"AO": 27_000, "BO": 9_000}


def test_the_finer_row_counts_inside_the_coarser_ones_total(company: MakeInputs) -> None:
    panel, issues = spreaded(company([row(family="F", quantity=100), row(item="B", market="M", quantity=40)]))
    assert cells(panel)["BM"] == 40_000
    assert sum(cells(panel).values()) == 100_000
    assert issues == ()


def test_a_total_below_what_finer_rows_hold_is_said(company: MakeInputs) -> None:
    panel, issues = spreaded(company([row(family="F", quantity=30), row(item="B", market="M", quantity=40)]))
    assert cells(panel) == {"AM": 0, "AO": 0, "BM": 40_000, "BO": 0}
    assert [issue.code for issue in issues] == ["demand.stream-conflict"]
    assert "30 units" in issues[0].message


def test_dead_items_take_no_part(company: MakeInputs) -> None:
    panel, issues = spreaded(company([row(family="G", quantity=5, bucket="2026-03")]))
    assert cells(panel, lag=2) == {}
    assert [issue.code for issue in issues] == ["demand.stream-nowhere"]


def test_an_item_without_forecast_is_spread_by_last_years_mix_else_equally(make_inputs: MakeInputs) -> None:
    silent = [*monthly([9.0] * 12 + [0] * 12 + [0] * 12, "A", "M"), *monthly([1.0] * 36, "B", "M")]
    inputs = make_inputs(
        items=[{"item": "A", "family": "F"}, {"item": "B", "family": "G"}],
        orders=[*silent, *monthly([3.0] * 12 + [0] * 24, "A", "O")],
        streams=[row(family="F", quantity=10)],
    )
    assert cells(spreaded(inputs)[0]) == {"AM": 5_000, "AO": 5_000}


def test_closed_and_far_buckets_are_said_with_their_amounts(company: MakeInputs) -> None:
    rows = [row(bucket="2025-12", quantity=12), row(bucket="2031-01", value=5000)]
    panel, issues = spreaded(company(rows))
    assert not panel.mask("sales_demand").any()
    assert [issue.code for issue in issues] == ["demand.stream-closed", "demand.stream-beyond"]
    assert "12 units" in issues[0].message
    assert "5,000.00 in money" in issues[1].message


def test_unknown_streams_and_names_are_said_with_the_nearest(company: MakeInputs) -> None:
    rows = [row(stream="sale", quantity=1), row(family="FF", quantity=3)]
    panel, issues = spreaded(company(rows))
    assert not panel.mask("sales_demand").any()
    said = {issue.code: issue.message for issue in issues}
    assert "sales, marketing, finance, customer" in said["demand.unknown-stream"]
    assert "Maybe 'sales'?" in said["demand.unknown-stream"]
    assert "family 'FF' is not known. Maybe 'F'?" in said["demand.stream-nobody"]
    assert "3 units" in said["demand.stream-nobody"]


def test_a_row_says_one_thing(company: MakeInputs) -> None:
    rows = [row(item="A", quantity=10, percent=5), row(item="B"), row(item="B", market="M", quantity=-1)]
    panel, issues = spreaded(company(rows))
    assert cells(panel) == {"AM": 5_000, "AO": 5_000}
    assert sorted(issue.code for issue in issues) == [
        "demand.stream-negative",
        "demand.stream-says",
        "demand.stream-says",
    ]


def test_order_of_rows_does_not_matter(company: MakeInputs) -> None:
    rows = [row(family="F", quantity=100), row(item="B", market="M", quantity=40), row(region="South", quantity=31)]
    there, back = (spreaded(company(some))[0].count("sales_demand") for some in (rows, rows[::-1]))
    np.testing.assert_array_equal(there, back)


def test_a_launch_out_of_plan_takes_no_part(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        items=[{"item": "A", "family": "F"}, {"item": "N", "family": "F"}],
        orders=monthly([10.0] * 36, "A", "M"),
        launches=[{"item": "N", "launch": "2026-01", "first_year": 120, "in_plan": False}],
        streams=[row(family="F", quantity=8)],
    )
    assert cells(spreaded(inputs)[0]) == {"AM": 8_000}
