from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.finance.tiny import FIRST_OPEN, closed, make_inputs, month, panel
from trivet.core.issues import Issue, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.finance.cost import standard_cost
from trivet.finance.valuation import price_and_cost

ITEMS = [{"item": "A", "family": "F"}, {"item": "B", "family": "G"}]
MARKETS = [
    {"market": "DE", "region": "Central", "channel": "dealers"},
    {"market": "US", "region": "Americas", "channel": "online", "currency": "USD"},
]
KEYS = {"item": ["A", "A", "B", "B"], "market": ["DE", "US", "DE", "US"]}
USD = [{"type": "forecast", "currency": "USD", "first": month(0), "rate": 0.88}]


def priced(**tables: Any) -> tuple[PlanInputs, Panel, tuple[Issue, ...]]:
    history = tables.pop("history", {})
    inputs = make_inputs(**{"items": ITEMS, "markets": MARKETS, "exchange_rates": USD, **tables})
    demand, issues = price_and_cost(inputs, panel(inputs, "demand", KEYS, **history))
    return inputs, demand, issues


def cell(demand: Panel, measure: str, key: tuple[str, str], offset: int = 0) -> float | None:
    row = list(demand.keys.iter_rows()).index(key)
    known = demand.mask(measure)[row, FIRST_OPEN + offset]
    return float(demand.rate(measure)[row, FIRST_OPEN + offset]) if known else None


def test_market_row_goes_before_the_row_for_every_market() -> None:
    _, demand, _ = priced(
        prices=[
            {"item": "A", "first": month(-5), "price": 100.0},
            {"item": "A", "market": "DE", "first": month(2), "price": 90.0},
            {"item": "A", "first": month(4), "price": 110.0},
        ]
    )
    assert [cell(demand, "price", ("A", "DE"), i) for i in range(6)] == [100, 100, 90, 90, 90, 90]


def test_price_is_in_the_markets_currency_unless_the_row_names_one() -> None:
    _, demand, _ = priced(
        prices=[
            {"item": "A", "first": month(-5), "price": 100.0},
            {"item": "B", "first": month(-5), "price": 50.0, "currency": "EUR"},
        ]
    )
    assert cell(demand, "price", ("A", "DE")) == 100.0
    assert cell(demand, "price", ("A", "US")) == 88.0
    assert cell(demand, "price", ("B", "US")) == 50.0


def test_price_without_a_forecast_rate_is_absent_and_said() -> None:
    _, demand, issues = priced(prices=[{"item": "A", "first": month(-5), "price": 100.0}], exchange_rates=[])
    assert cell(demand, "price", ("A", "DE")) == 100.0
    assert cell(demand, "price", ("A", "US")) is None
    (issue,) = [i for i in issues if i.code == "finance.no-rate"]
    assert issue.severity is Severity.REFUSED
    assert issue.place.value == "USD"
    assert issue.place.first == month(0)
    assert issue.place.last == month(13)
    assert "14 buckets" in issue.message


def test_rate_that_starts_late_leaves_only_the_earlier_buckets_without_price() -> None:
    late = [{"type": "forecast", "currency": "USD", "first": month(3), "rate": 0.9}]
    _, demand, issues = priced(prices=[{"item": "A", "first": month(-5), "price": 100.0}], exchange_rates=late)
    assert [cell(demand, "price", ("A", "US"), i) for i in (2, 3)] == [None, 90.0]
    assert [i.place.last for i in issues if i.code == "finance.no-rate"] == [month(2)]


def test_empty_price_ends_the_price_and_names_the_units_at_stake() -> None:
    history = {"shipments": {("A", "DE"): closed(120)}, "shipped_revenue": {("A", "DE"): closed(12000)}}
    _, demand, issues = priced(
        prices=[{"item": "A", "first": month(-20), "price": 100.0}, {"item": "A", "first": month(10)}], history=history
    )
    assert [cell(demand, "price", ("A", "DE"), i) for i in (9, 10, 13)] == [100.0, None, None]
    (issue,) = [i for i in issues if i.code == "finance.no-price"]
    assert issue.place.first == month(10)
    assert issue.place.scope[0].member == "A"
    assert "4 open buckets" in issue.message
    assert "480 units" in issue.message
    assert issue.at_stake == Decimal("48000.0000")


def test_without_a_price_row_the_last_year_is_averaged_and_noted() -> None:
    shipped = {("A", "DE"): {**closed(10), FIRST_OPEN - 13: 1000}}
    earned = {("A", "DE"): {**closed(420), FIRST_OPEN - 13: 1}}
    _, demand, issues = priced(history={"shipments": shipped, "shipped_revenue": earned})
    assert cell(demand, "price", ("A", "DE")) == 42.0
    assert cell(demand, "price", ("A", "US")) == 42.0, "the item's average where a market sold nothing"
    assert cell(demand, "price", ("B", "DE")) is None
    (note,) = [i for i in issues if i.code == "finance.average-price"]
    assert note.severity is Severity.NOTE
    assert "1 items (A)" in note.message


def test_closed_buckets_carry_no_price_or_cost() -> None:
    _, demand, _ = priced(
        prices=[{"item": "A", "first": month(-20), "price": 1.0}],
        costs=[{"item": "A", "first": month(-20), "cost": 1.0}],
    )
    for measure in ("price", "unit_cost"):
        assert not demand.mask(measure)[:, :FIRST_OPEN].any()
        assert not demand.rate(measure)[:, :FIRST_OPEN].any()


def test_price_change_moves_the_family_from_its_first_bucket() -> None:
    prices = [{"item": i, "first": month(-20), "price": 100.0} for i in ("A", "B")]
    changes = [
        {"change": "rise", "family": "F", "first": month(3), "percent": 4.0},
        {"change": "all", "family": "", "first": month(5), "percent": -10.0},
    ]
    _, demand, _ = priced(prices=prices, price_changes=changes)
    assert [cell(demand, "price", ("A", "DE"), i) for i in (2, 3, 5)] == [100.0, 104.0, 93.6]
    assert [cell(demand, "price", ("B", "DE"), i) for i in (3, 5)] == [100.0, 90.0]


def test_price_change_of_a_closed_bucket_is_in_the_average_already() -> None:
    history = {"shipments": {("A", "DE"): closed(1)}, "shipped_revenue": {("A", "DE"): closed(100)}}
    changes = [{"change": "rise", "family": "F", "first": month(-2), "percent": 4.0}]
    _, demand, _ = priced(history=history, price_changes=changes)
    assert cell(demand, "price", ("A", "DE")) == 100.0


def promotion(**more: Any) -> list[dict[str, Any]]:
    event = {"promotion": "P", "family": "F", "first": month(1), "price_change": -0.15, "lift": 0.45}
    return [{**event, "volume_share": 0.6, **more}]


def test_promotion_takes_the_touched_volumes_cut_off_the_average_price() -> None:
    prices = [{"item": "A", "first": month(-20), "price": 190.0}]
    _, demand, _ = priced(prices=prices, promotions=promotion())
    touched = 0.6 * 1.45
    expected = 190 * (0.4 + touched * 0.85) / (0.4 + touched)
    assert cell(demand, "price", ("A", "DE"), 1) == pytest.approx(expected, abs=1e-9)
    assert cell(demand, "price", ("A", "DE"), 2) == 190.0


@pytest.mark.parametrize(
    "more", [{"status": "cancelled"}, {"region": "Nordics"}, {"channel": "online"}, {"first": month(-40)}]
)
def test_promotion_elsewhere_or_cancelled_leaves_the_price(more: dict[str, Any]) -> None:
    prices = [{"item": "A", "first": month(-20), "price": 190.0}]
    more = {**more, "last": more["first"]} if "first" in more else more
    _, demand, _ = priced(prices=prices, promotions=promotion(**more))
    assert cell(demand, "price", ("A", "DE"), 1) == 190.0


def test_cost_is_the_sum_of_components_with_the_plants_own_first() -> None:
    inputs = make_inputs(
        items=ITEMS,
        costs=[
            {"item": "A", "component": "frame", "first": month(-30), "cost": 50.0},
            {"item": "A", "component": "frame", "first": month(2), "cost": 52.0},
            {"item": "A", "component": "labour", "first": month(-30), "cost": 20.0},
            {"item": "A", "location": "S", "component": "labour", "first": month(-30), "cost": 30.0},
        ],
        routings=[
            {"item": "A", "location": "N", "resource": "L1", "hours_per_unit": 1.0, "share": 0.75},
            {"item": "A", "location": "N", "resource": "L2", "hours_per_unit": 1.0, "share": 0.75},
            {"item": "A", "location": "S", "resource": "L3", "hours_per_unit": 1.0, "share": 0.25},
        ],
    )
    cost = standard_cost(inputs, ["A", "B"])
    assert cost.cost[0, FIRST_OPEN] == 50 + 0.75 * 20 + 0.25 * 30
    assert cost.cost[0, FIRST_OPEN + 2] == 52 + 0.75 * 20 + 0.25 * 30
    assert cost.bought[0, FIRST_OPEN] == 50.0, "labour is not owed to suppliers"
    assert not cost.known[1].any()


def test_component_in_a_currency_without_rate_leaves_the_whole_item_without_cost() -> None:
    _, demand, issues = priced(
        costs=[
            {"item": "A", "component": "frame", "first": month(-30), "cost": 50.0},
            {"item": "A", "component": "motor", "first": month(-30), "cost": 70.0, "currency": "JPY"},
            {"item": "B", "component": "motor", "first": month(-30), "cost": 100.0, "currency": "USD"},
        ]
    )
    assert cell(demand, "unit_cost", ("A", "DE")) is None
    assert cell(demand, "unit_cost", ("B", "DE")) == 88.0
    assert [i.place.value for i in issues if i.code == "finance.no-rate"] == ["JPY"]


def test_missing_cost_falls_back_to_last_years_or_is_said_with_the_revenue_at_stake() -> None:
    history = {
        "shipments": {("A", "DE"): closed(10), ("B", "DE"): closed(5)},
        "shipped_revenue": {("A", "DE"): closed(100), ("B", "DE"): closed(100)},
        "shipped_cost": {("A", "DE"): closed(60)},
    }
    _, demand, issues = priced(history=history)
    assert cell(demand, "unit_cost", ("A", "US")) == 6.0
    assert cell(demand, "unit_cost", ("B", "DE")) is None
    (issue,) = [i for i in issues if i.code == "finance.no-cost"]
    assert issue.at_stake == Decimal(5 * 14 * 20)


def test_item_past_its_last_sale_or_never_sold_raises_no_issue() -> None:
    items = [{"item": "A", "family": "F", "last_sale": month(-1)}, {"item": "B", "family": "G"}]
    history = {"shipments": {("A", "DE"): closed(10)}}
    _, _, issues = priced(items=items, history=history)
    assert [i for i in issues if i.code in {"finance.no-price", "finance.no-cost"}] == []


def test_launch_without_price_is_named() -> None:
    launch = [{"item": "B", "launch": month(2), "first_year": 100.0}]
    _, _, issues = priced(launches=launch)
    (issue,) = [i for i in issues if i.code == "finance.no-price"]
    assert issue.place.scope[0].member == "B"
    assert issue.at_stake is None


def test_many_items_without_price_are_summed_up_after_the_first() -> None:
    items = [{"item": f"I{n:03}", "family": "F"} for n in range(40)]
    inputs = make_inputs(items=items, markets=MARKETS)
    shipped = {(f"I{n:03}", "DE"): closed(n + 1) for n in range(40)}
    keys = {"item": [i["item"] for i in items], "market": ["DE"] * 40}
    _, issues = price_and_cost(inputs, panel(inputs, "demand", keys, shipments=shipped))
    found = [i for i in issues if i.code == "finance.no-price"]
    assert len(found) == 26
    assert found[-1].message.startswith("15 further items")


def test_no_rows_and_no_items_give_an_empty_panel() -> None:
    inputs = make_inputs(items=ITEMS)
    demand, issues = price_and_cost(inputs, panel(inputs, "demand", {"item": [], "market": []}))
    assert demand.rate("price").shape == (0, 36)
    assert issues == ()
    assert np.all(demand.mask("price"))
