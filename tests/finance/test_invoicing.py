"""What is made to order is invoiced at the price it was booked at, oldest orders first (M1, F11)."""

from typing import Any

import numpy as np
import pytest

from tests.finance.tiny import FIRST_OPEN, ahead, make_inputs, month, panel
from trivet.core.formula import recompute
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.finance.exchange import RateType
from trivet.finance.invoicing import price_shipments
from trivet.finance.restatement import restate
from trivet.finance.valuation import price_and_cost
from trivet.reconcile.ties import check_money

KEYS = {"item": ["CARGO"], "market": ["DE"]}
AT = ("CARGO", "DE")
ITEMS = [{"item": "CARGO", "family": "Cargo", "policy": "make-to-order"}]
RISE = [{"item": "CARGO", "first": month(-22), "price": 10.0}, {"item": "CARGO", "first": month(0), "price": 11.0}]
BACKLOG = [{"item": "CARGO", "market": "DE", "bucket": month(0), "quantity": 100, "value": 1000}]


def company(**tables: Any) -> PlanInputs:
    return make_inputs(**{"items": ITEMS, "prices": RISE, "order_backlog": BACKLOG, **tables})


def invoiced(inputs: PlanInputs, booked: dict[int, float], shipped: dict[int, float], **more: Any) -> Panel:
    """Price a hand-made plan of one series; buckets counted from the first open one."""
    cells = {
        name: {AT: {FIRST_OPEN + t: value for t, value in given.items()}}
        for name, given in {"consensus_demand": booked, "constrained_demand": shipped, **more}.items()
    }
    demand, _ = price_and_cost(inputs, panel(inputs, "demand", KEYS, shipments={}, shipped_revenue={}, **cells))
    return recompute(price_shipments(inputs, demand), inputs.model.registry)


def money(demand: Panel, buckets: int = 3) -> list[float]:
    return [float(count) / 10000 for count in demand.count("constrained_revenue")[0, FIRST_OPEN : FIRST_OPEN + buckets]]


def test_backlog_keeps_its_price_when_prices_rise() -> None:
    demand = invoiced(company(), booked={0: 60, 1: 60}, shipped={0: 60, 1: 60})
    assert money(demand, 2) == [600.0, 40 * 10.0 + 20 * 11.0]
    assert check_money(demand).passed


def test_bookings_are_invoiced_at_the_price_of_the_bucket_they_were_booked_in() -> None:
    prices = [
        {"item": "CARGO", "first": month(0), "price": 10.0},
        {"item": "CARGO", "first": month(1), "price": 12.0},
        {"item": "CARGO", "first": month(2), "price": 15.0},
    ]
    demand = invoiced(company(prices=prices, order_backlog=[]), booked={0: 30, 1: 30, 2: 5}, shipped={1: 40, 2: 25})
    assert money(demand) == [0.0, 30 * 10.0 + 10 * 12.0, 20 * 12.0 + 5 * 15.0]


def test_what_is_booked_is_still_valued_at_the_price_of_its_bucket() -> None:
    demand = invoiced(company(), booked={0: 60}, shipped={0: 60})
    assert demand.count("revenue")[0, FIRST_OPEN] == 60 * 11 * 10000


def test_what_is_sold_from_stock_is_invoiced_at_the_price_of_the_day() -> None:
    inputs = company(items=[{"item": "CARGO", "family": "Cargo"}])
    demand = invoiced(inputs, booked={0: 60, 1: 60}, shipped={0: 60, 1: 60})
    assert money(demand, 2) == [660.0, 660.0]
    assert np.array_equal(demand.rate("invoiced_price"), demand.rate("price"))


def test_backlog_without_a_value_was_booked_at_the_price_of_the_last_closed_bucket() -> None:
    inputs = company(order_backlog=[{"item": "CARGO", "market": "DE", "bucket": month(0), "quantity": 100}])
    assert money(invoiced(inputs, booked={0: 60, 1: 60}, shipped={0: 60, 1: 60}), 2) == [600.0, 620.0]


def test_backlog_without_a_value_and_no_earlier_price_takes_the_first_one() -> None:
    inputs = company(
        prices=[{"item": "CARGO", "first": month(0), "price": 11.0}],
        order_backlog=[{"item": "CARGO", "market": "DE", "bucket": month(0), "quantity": 100}],
    )
    assert money(invoiced(inputs, booked={0: 60}, shipped={0: 60}), 1) == [660.0]


def test_orders_without_a_value_are_worth_what_the_others_are() -> None:
    more = [*BACKLOG, {"item": "CARGO", "market": "DE", "bucket": month(1), "quantity": 50}]
    assert money(invoiced(company(order_backlog=more), booked={}, shipped={0: 150}), 1) == [1500.0]


def test_more_shipped_than_was_ordered_is_invoiced_at_the_price_of_the_day() -> None:
    assert money(invoiced(company(), booked={}, shipped={0: 110}), 1) == [100 * 10.0 + 10 * 11.0]


def test_lost_bookings_take_no_place_in_the_queue() -> None:
    demand = invoiced(
        company(prices=[*RISE, {"item": "CARGO", "first": month(1), "price": 20.0}], order_backlog=[]),
        booked={0: 30, 1: 30},
        shipped={0: 10, 1: 30},
        unserved_demand={0: 20},
    )
    assert money(demand, 2) == [110.0, 600.0]


def test_orders_booked_before_the_price_ended_keep_it() -> None:
    prices = [{"item": "CARGO", "first": month(0), "price": 10.0}, {"item": "CARGO", "first": month(1)}]
    demand = invoiced(company(prices=prices, order_backlog=[]), booked={0: 50, 1: 10}, shipped={1: 50, 2: 10})
    assert money(demand) == [0.0, 500.0, 0.0]
    assert demand.mask("invoiced_price")[0, FIRST_OPEN : FIRST_OPEN + 3].tolist() == [True, True, False]


def test_orders_booked_without_a_price_are_invoiced_at_the_one_they_ship_at() -> None:
    prices = [{"item": "CARGO", "first": month(1), "price": 12.0}]
    demand = invoiced(company(prices=prices, order_backlog=[]), booked={0: 50, 1: 10}, shipped={0: 20, 1: 40})
    assert money(demand, 2) == [0.0, 480.0]
    assert demand.mask("invoiced_price")[0, FIRST_OPEN : FIRST_OPEN + 2].tolist() == [False, True]


@pytest.mark.parametrize("seed", range(20))
def test_every_order_is_invoiced_once_at_its_own_price(seed: int) -> None:
    draw = np.random.default_rng(seed)
    price = {t: float(draw.integers(5, 50)) for t in range(-1, 14)}
    prices = [{"item": "CARGO", "first": month(t), "price": at} for t, at in price.items()]
    booked = {t: float(draw.integers(0, 40)) for t in range(14)}
    left, shipped = 100.0, {}
    for t in range(14):
        left += booked[t]
        shipped[t] = left if t == 13 else float(draw.integers(0, int(left) + 1))
        left -= shipped[t]
    demand = invoiced(company(prices=prices), booked=booked, shipped=shipped)
    worth = 100 * 10.0 + sum(units * price[t] for t, units in booked.items())
    # Each cell's price is stored to 1e-9, its money to 0.0001.
    assert demand.count("constrained_revenue").sum() / 10000 == pytest.approx(worth, abs=14 * 0.00005)
    assert check_money(demand).passed


def test_restated_orders_follow_the_rate_of_the_bucket_they_are_invoiced_in() -> None:
    inputs = company(
        markets=[{"market": "DE", "currency": "USD"}],
        exchange_rates=[
            {"type": "forecast", "currency": "USD", "first": month(-22), "rate": 0.88},
            {"type": "budget", "currency": "USD", "first": month(-22), "rate": 0.92},
        ],
        order_backlog=[{**BACKLOG[0], "value": 880}],
    )
    demand = invoiced(inputs, booked={0: 60, 1: 60}, shipped={0: 60, 1: 60})
    assert money(demand, 2) == [60 * 8.8, 40 * 8.8 + 20 * 9.68]
    at_budget = restate(inputs, demand, kind=RateType.BUDGET).panel
    assert money(at_budget, 2) == pytest.approx([60 * 9.2, 40 * 9.2 + 20 * 10.12], abs=0.0001)
    in_dollars = restate(inputs, demand, currency="USD").panel
    assert money(in_dollars, 2) == pytest.approx([600.0, 620.0], abs=0.0001)


def test_plan_made_before_orders_kept_their_price_is_read_at_the_price_of_the_bucket() -> None:
    inputs = company()
    cells = {"consensus_demand": {AT: ahead(60)}, "constrained_demand": {AT: ahead(60)}}
    old, _ = price_and_cost(inputs, panel(inputs, "demand", KEYS, shipments={}, shipped_revenue={}, **cells))
    old = recompute(old, inputs.model.registry)
    assert money(old, 1) == [660.0]
    assert check_money(old).passed
    assert money(restate(inputs, old).panel, 1) == [660.0]
