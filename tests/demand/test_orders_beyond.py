"""Orders in hand beyond the forecast are told by family and bucket; orders marked outside of it eat nothing."""

from dataclasses import replace
from decimal import Decimal

import numpy as np

from tests.demand.demand_company import Cell, MakeInputs, Rows, monthly
from trivet.core.ids import Counts
from trivet.core.issues import Issue, Severity
from trivet.core.netting import NettingRules
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.beyond import find_orders_beyond
from trivet.demand.history import demand_panel
from trivet.demand.remaining import net_orders, read_orders

ITEMS: Rows = [{"item": item, "family": "F" if item in "AB" else "G"} for item in "ABC"]
MARKETS: Rows = [{"market": market, "region": "R"} for market in "MN"]
PAST = [row for item in "ABC" for market in "MN" for row in monthly([10.0] * 36, item, market)]


def company(make_inputs: MakeInputs, rules: NettingRules | None = None, **tables: Rows) -> PlanInputs:
    inputs = make_inputs(items=ITEMS, markets=MARKETS, **tables)
    settings = replace(inputs.model.company, netting=rules or NettingRules())
    return replace(inputs, model=replace(inputs.model, company=settings))


def agreed(inputs: PlanInputs, units: int = 100, price: float = 2.5) -> Panel:
    """Give the demand panel with so many units of each item in each market agreed in every open bucket."""
    panel = read_orders(inputs, demand_panel(inputs)[0])
    counts: Counts = np.zeros(panel.shape, dtype=np.int64)
    counts[:, panel.buckets.first_open :] = units * 1000
    rates, known = np.full(panel.shape, price), np.full(panel.shape, fill_value=price > 0)
    return panel.with_counts({"consensus_demand": counts}).with_rates({"price": rates}, {"price": known})


def told(inputs: PlanInputs, price: float = 2.5) -> tuple[Issue, ...]:
    return find_orders_beyond(inputs, agreed(inputs, price=price))


def order(item: str, bucket: str, quantity: int, market: str = "M") -> dict[str, Cell]:
    return {"item": item, "market": market, "bucket": bucket, "quantity": quantity}


def line(number: str, quantity: int, *, outside: bool | None = None, **more: Cell) -> dict[str, Cell]:
    dated: dict[str, Cell] = {"ordered": "2025-12-20", "requested": "2026-01-20"}
    return {"order": number, "item": "A", "market": "M", "quantity": quantity, "outside": outside, **dated, **more}


def test_orders_beyond_the_forecast_of_items_are_told_by_family_and_bucket(make_inputs: MakeInputs) -> None:
    ahead = [order("A", "2026-02", 260), order("A", "2026-02", 20, "N"), order("B", "2026-02", 260, "N")]
    inputs = company(make_inputs, orders=[*PAST, *ahead, order("C", "2026-03", 201), order("C", "2026-02", 200)])
    first, second = told(inputs)
    # A: 280 of 2 x 100, B: 260 of 200
    assert first.message == (
        "orders on hand exceed what is left of the forecast of F 2026-02 by 140 units (A by 80, B by 60)."
    )
    assert (first.at_stake, first.severity) == (Decimal("350.00"), Severity.NOTE)
    assert "G 2026-03 by 1 units (C by 1)" in second.message
    assert [node.member for node in second.place.scope] == ["G"]


def test_what_has_left_is_no_forecast_for_orders_any_more(make_inputs: MakeInputs) -> None:
    orders = [*PAST, order("A", "2026-01", 230)]
    inputs = company(make_inputs, orders=orders, shipments=[*PAST, order("A", "2026-01", 90)])
    assert [issue.message.split(" by ")[1][:8] for issue in told(inputs)] == ["30 units"]


def test_orders_within_the_forecast_of_an_item_are_not_told(make_inputs: MakeInputs) -> None:
    assert told(company(make_inputs, orders=[*PAST, order("A", "2026-02", 200)])) == ()
    assert told(company(make_inputs, orders=PAST)) == ()


def test_what_windows_let_an_order_eat_of_other_buckets_is_not_beyond(make_inputs: MakeInputs) -> None:
    orders = [*PAST, order("A", "2026-02", 450)]
    assert "by 50 units" in told(company(make_inputs, NettingRules(late_days=31), orders=orders))[0].message
    assert "by 250 units" in told(company(make_inputs, orders=orders))[0].message


def test_more_than_three_items_are_counted_and_without_a_price_no_money_is_at_stake(make_inputs: MakeInputs) -> None:
    items: Rows = [{"item": f"A{number}", "family": "F"} for number in range(5)]
    past = [row for number in range(5) for row in monthly([10.0] * 36, f"A{number}")]
    ahead = [order(f"A{number}", "2026-01", 110 + number) for number in range(5)]
    inputs = make_inputs(items=items, markets=MARKETS, orders=[*past, *ahead])
    (issue,) = told(inputs, price=0.0)
    assert "by 60 units (A4 by 14, A3 by 13, A2 by 12, 2 more items)" in issue.message
    assert issue.at_stake is None


def test_lines_marked_outside_the_forecast_eat_none_of_it_and_are_told(make_inputs: MakeInputs) -> None:
    lines: Rows = [line("1", 25), line("2", 300, outside=True), line("3", 40, outside=False)]
    inputs = company(make_inputs, order_lines=lines)
    panel = net_orders(agreed(inputs), inputs.model.company.netting)
    first = panel.buckets.first_open
    assert panel.count("open_orders")[0, first] == 65_000
    assert panel.count("remaining_demand")[0, first] == 35_000
    (issue,) = told(inputs)
    assert issue.code == "demand.orders-outside-forecast"
    assert "300 units of F are on order for 2026-01 outside the forecast" in issue.message
    assert issue.at_stake == Decimal("750.00")


def test_lines_outside_that_left_took_nothing_off_the_forecast_either(make_inputs: MakeInputs) -> None:
    lines: Rows = [
        line("1", 30, shipped="2026-01-03"),
        line("2", 300, outside=True, shipped="2026-01-03"),
        line("3", 50, outside=True, shipped_quantity=20),
    ]
    inputs = company(make_inputs, order_lines=lines)
    panel = agreed(inputs)
    assert panel.count("shipped_to_date")[0, panel.buckets.first_open] == 30_000
    assert "30 units of F" in told(inputs)[0].message


def test_marks_of_items_whose_orders_come_by_bucket_are_not_read(make_inputs: MakeInputs) -> None:
    assert told(company(make_inputs, orders=PAST, order_lines=[line("1", 300, outside=True)])) == ()
