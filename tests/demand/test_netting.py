"""Forecast consumption against the published cases and by hand."""

import json
from datetime import date
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trivet.core.buckets import Buckets, month_edges
from trivet.demand.netting import OpenOrder, consume, middle_of, net_forecast, remaining_forecast

MONTHS = Buckets(edges=month_edges(date(2026, 1, 1), 4), first_open=0)


def test_published_netting_cases(shared: Path) -> None:
    for case in json.loads((shared / "cases/spread/rules.json").read_text())["netting"]:
        buckets = Buckets(edges=month_edges(date(2026, 1, 1), len(case["gross"])), first_open=0)
        orders = [OpenOrder(quantity=amount, due=middle_of(buckets, i)) for i, amount in enumerate(case["orders"])]
        net = net_forecast(
            np.array(case["gross"]), orders, buckets, early_days=case["early_days"], late_days=case["late_days"]
        )
        assert net.tolist() == case["expected_net"], case["id"]


def test_higher_priority_eats_first() -> None:
    late = OpenOrder(quantity=60, due=date(2026, 2, 10), priority=2)
    first = OpenOrder(quantity=80, due=date(2026, 2, 20), priority=1)
    net = net_forecast(np.array([0, 100, 50, 0]), [late, first], MONTHS, late_days=30)
    assert net.tolist() == [0, 0, 10, 0]


def test_orders_outside_the_forecast_eat_nothing() -> None:
    order = OpenOrder(quantity=60, due=date(2026, 2, 10), outside=True)
    assert net_forecast(np.array([0, 100, 0, 0]), [order], MONTHS).tolist() == [0, 100, 0, 0]


def test_an_order_due_before_the_axis_eats_only_what_it_reaches() -> None:
    order = OpenOrder(quantity=60, due=date(2025, 12, 20))
    assert net_forecast(np.array([100, 0, 0, 0]), [order], MONTHS).tolist() == [100, 0, 0, 0]
    assert net_forecast(np.array([100, 0, 0, 0]), [order], MONTHS, late_days=15).tolist() == [40, 0, 0, 0]


@given(
    gross=st.lists(st.integers(0, 500), min_size=4, max_size=4),
    orders=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.integers(0, 2)), max_size=8),
    reach=st.integers(0, 60),
)
def test_nothing_is_eaten_twice(gross: list[int], orders: list[tuple[int, int, int]], reach: int) -> None:
    open_orders = [OpenOrder(quantity=q, due=middle_of(MONTHS, b), priority=p) for q, b, p in orders]
    net = net_forecast(np.array(gross), open_orders, MONTHS, early_days=reach, late_days=reach)
    assert (net >= 0).all()
    assert (net <= gross).all()
    assert sum(gross) - int(net.sum()) <= sum(q for q, _, _ in orders)


def test_the_open_month_keeps_what_is_neither_shipped_nor_ordered() -> None:
    left = remaining_forecast(np.array([100, 100]), np.array([30, 80]), np.array([20, 50]))
    assert left.tolist() == [50, 0]


def test_what_found_no_forecast_is_said_of_each_order_as_given() -> None:
    held = [
        OpenOrder(quantity=60, due=date(2026, 2, 10), priority=2),
        OpenOrder(quantity=80, due=date(2026, 2, 20), priority=1),
        OpenOrder(quantity=999, due=date(2026, 2, 20), outside=True),
    ]
    net, beyond = consume(np.array([0, 100, 30, 0]), held, MONTHS, late_days=30)
    assert net.tolist() == [0, 0, 0, 0]
    assert beyond == [10, 0, 0]
