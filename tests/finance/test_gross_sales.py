"""Net price = list price - discounts - rebates: what a row leaves out, and sales before discounts (F11)."""

from typing import Any

import numpy as np
import pytest

from tests.finance.tiny import FIRST_OPEN, loaded, make_inputs, month, panel
from trivet.core.formula import recompute
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.profit import Line, trading
from trivet.finance.exchange import RateType
from trivet.finance.gross import value_at_list
from trivet.finance.invoicing import price_shipments
from trivet.finance.price_rows import NAMED, check_price_rows, price_rows
from trivet.finance.restatement import restate
from trivet.finance.valuation import price_and_cost

EARLY = month(-22)
KEYS = {"item": ["A", "B"], "market": ["DE", "DE"]}


def filled(**given: Any) -> tuple[float | None, float | None]:
    rows = loaded("prices", [{"item": "A", "first": EARLY, **given}])
    return price_rows(rows).select("price", "list").row(0)


@pytest.mark.parametrize(
    ("given", "net", "gross"),
    [
        ({"price": 72.0, "list_price": 100.0}, 72.0, 100.0),
        ({"price": 72.0, "discount": 0.24, "rebate": 0.04}, 72.0, 100.0),
        ({"list_price": 100.0, "discount": 0.24, "rebate": 0.04}, 72.0, 100.0),
        ({"list_price": 100.0}, 100.0, 100.0),
        ({"price": 72.0}, 72.0, None),
        ({}, None, None),
        ({"discount": 0.2}, None, None),
        ({"price": 72.0, "list_price": 70.0}, 72.0, None),
        ({"price": 72.0, "list_price": 100.0, "discount": 1.2}, 72.0, None),
        ({"list_price": 100.0, "discount": 0.7, "rebate": 0.4}, None, None),
    ],
)
def test_what_a_row_leaves_out_follows_from_the_rest(given: Any, net: float | None, gross: float | None) -> None:
    assert filled(**given) == (pytest.approx(net) if net else net, pytest.approx(gross) if gross else gross)


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"price": 72.0, "discount": 24.0}, "finance.discount-outside", "discount 24 and rebate none"),
        ({"price": 72.0, "list_price": 70.0}, "finance.list-below-net", "list price 70 is below the net price 72"),
        (
            {"price": 72.0, "list_price": 100.0, "discount": 0.2},
            "finance.prices-contradict",
            "net price 72, but list price 100 less discount 0.2 and rebate none is 80",
        ),
    ],
)
def test_row_that_contradicts_itself_is_asked_about_by_name(given: Any, code: str, said: str) -> None:
    (issue,) = check_price_rows(loaded("prices", [{"item": "A", "market": "DE", "first": EARLY, **given}]))
    assert issue.code == code
    assert said in issue.message
    assert "A in DE from" in issue.message


def test_rounded_list_price_is_no_contradiction_and_many_are_summed_up() -> None:
    fine = {"first": EARLY, "price": 339.1617, "list_price": 471.06, "discount": 0.24, "rebate": 0.04}
    assert check_price_rows(loaded("prices", [{"item": "A", **fine}])) == ()
    many = [{"item": f"I{n:02}", "first": EARLY, "price": 2.0, "list_price": 1.0} for n in range(NAMED + 3)]
    issues = check_price_rows(loaded("prices", many))
    assert len(issues) == NAMED + 1
    assert issues[-1].message.startswith("3 further rows")


def company(**more: Any) -> PlanInputs:
    prices = [
        {"item": "A", "first": EARLY, "price": 72.0, "list_price": 100.0},
        {"item": "B", "first": EARLY, "price": 10.0},
    ]
    items = [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}]
    return make_inputs(**{"items": items, "prices": prices, **more})


def priced(inputs: PlanInputs, **cells: Any) -> Panel:
    base: dict[str, Any] = {"shipments": {}, "shipped_revenue": {}, "shipped_cost": {}, "consensus_demand": {}}
    demand, _ = price_and_cost(inputs, panel(inputs, "demand", KEYS, **{**base, **cells}))
    demand, _ = value_at_list(inputs, demand)
    return recompute(price_shipments(inputs, demand), inputs.model.registry)


def test_discounts_are_what_lies_between_list_and_net_price() -> None:
    inputs = company(promotions=[{"promotion": "P", "item": "A", "first": month(1), "price_change": -0.1}])
    sold = {("A", "DE"): {FIRST_OPEN: 5, FIRST_OPEN + 1: 5}, ("B", "DE"): {FIRST_OPEN: 7}}
    demand = priced(inputs, constrained_demand=sold)
    gross, less = (demand.count(name)[:, FIRST_OPEN : FIRST_OPEN + 2] for name in ("gross_sales", "discounts"))
    assert gross.tolist() == [[5_000_000, 5_000_000], [700_000, 0]]
    assert less.tolist() == [[1_400_000, 5_000_000 - 5 * 648_000], [0, 0]]


def test_shipped_at_list_price_stands_beside_what_was_invoiced() -> None:
    at = FIRST_OPEN - 1
    demand = priced(
        company(),
        shipments={("A", "DE"): {at: 10, at - 1: 3}, ("B", "DE"): {at: 4}},
        shipped_revenue={("A", "DE"): {at: 700}, ("B", "DE"): {at: 39}},
        constrained_demand={},
    )
    assert demand.count("shipped_gross")[:, at - 1 : at + 1].tolist() == [[0, 10_000_000], [0, 390_000]]
    found = trading(demand)
    assert int(found[Line.DISCOUNTS].counts[at]) == 3_000_000


def test_company_without_list_prices_gets_no_such_measures() -> None:
    inputs = company(prices=[{"item": "A", "first": EARLY, "price": 72.0}])
    demand = priced(inputs, constrained_demand={("A", "DE"): {FIRST_OPEN: 5}})
    assert not demand.has("list_price")
    assert not demand.has("shipped_gross")
    assert not demand.mask("gross_sales").any()
    assert not demand.mask("discounts").any()
    assert not demand.count("discounts").any()
    assert Line.GROSS not in trading(demand)


def test_orders_keep_the_list_price_they_were_booked_at() -> None:
    prices = [
        {"item": "A", "first": EARLY, "price": 72.0, "list_price": 100.0},
        {"item": "A", "first": month(1), "price": 80.0, "list_price": 110.0},
    ]
    items = [{"item": "A", "family": "F", "policy": "make-to-order"}, {"item": "B", "family": "F"}]
    backlog = [{"item": "A", "market": "DE", "bucket": month(0), "quantity": 10, "value": 700}]
    inputs = company(prices=prices, items=items, order_backlog=backlog)
    booked = {("A", "DE"): {FIRST_OPEN: 10, FIRST_OPEN + 1: 10}}
    shipped = {("A", "DE"): {FIRST_OPEN: 10, FIRST_OPEN + 1: 15}}
    demand = priced(inputs, consensus_demand=booked, constrained_demand=shipped)
    net, gross = (
        demand.count(name)[0, FIRST_OPEN : FIRST_OPEN + 2] / 10000 for name in ("constrained_revenue", "gross_sales")
    )
    assert net.tolist() == [700.0, 720.0 + 400.0]
    assert gross.tolist() == pytest.approx([700 / 0.72, 1000.0 + 550.0], abs=1e-4)


def test_identity_holds_to_the_count_in_other_currencies_and_at_other_rates() -> None:
    rates = [{"type": kind, "currency": "USD", "first": EARLY, "rate": rate} for kind, rate in (
        ("actual", 0.91), ("forecast", 0.937), ("budget", 0.951))]  # fmt: skip
    prices = [
        {"item": "A", "first": EARLY, "price": 71.37, "discount": 0.213, "currency": "USD"},
        {"item": "B", "first": EARLY, "price": 9.99},
    ]
    markets = [{"market": "DE", "currency": "USD"}]
    inputs = company(prices=prices, exchange_rates=rates, markets=markets)
    at = FIRST_OPEN - 2
    cells = {("A", "DE"): {at: 7.5, FIRST_OPEN: 3.217, FIRST_OPEN + 4: 12}, ("B", "DE"): {at: 2, FIRST_OPEN: 5}}
    demand = priced(
        inputs,
        constrained_demand=cells,
        shipments=cells,
        shipped_revenue={("A", "DE"): {at: 500}, ("B", "DE"): {at: 20}},
    )
    asked = ({"currency": "USD"}, {"currency": "local"}, {"kind": RateType.BUDGET})
    others = [restate(inputs, demand, **each).panel for each in asked]
    for view in (demand, *others):
        assert view.count("discounts").any()
        assert np.array_equal(view.count("gross_sales") - view.count("discounts"), view.count("constrained_revenue"))
        b = view.keys["item"].to_list().index("B")
        assert not view.count("discounts")[b].any()
        a = 1 - b
        part = view.count("discounts")[a, FIRST_OPEN] / view.count("gross_sales")[a, FIRST_OPEN]
        assert part == pytest.approx(0.213, abs=1e-6)
        shipped = view.count("shipped_gross")[b, at], view.count("shipped_revenue")[b, at]
        assert shipped[0] == shipped[1] > 0
