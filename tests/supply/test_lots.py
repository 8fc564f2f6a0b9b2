"""Lots by hand and against each other: the step-by-step method, the programme and brute force agree."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivet.core.errors import InvalidInput
from trivet.core.issues import Issue
from trivet.engines.highs import HighsSolver
from trivet.supply.lots import LotItem, LotPlan, net_requirements, order_quantity, plan_levels, plan_lots

SOLVER = HighsSolver()


def levels(items: list[LotItem], buckets: int) -> LotPlan:
    plan = plan_levels(items, buckets, SOLVER)
    assert isinstance(plan, LotPlan), plan
    return plan


@pytest.mark.parametrize(
    ("need", "minimum", "multiple", "order"),
    [(20, 50, 3, 51), (0, 50, 3, 0), (-4, 5, 1, 0), (60, 50, 3, 60), (7, 0, 5, 10)],
)
def test_an_order_is_the_least_lot_that_covers_the_need(need: int, minimum: int, multiple: int, order: int) -> None:
    assert order_quantity(need, minimum=minimum, multiple=multiple) == order


def test_wrong_lots_are_refused() -> None:
    with pytest.raises(InvalidInput, match="multiples of 0"):
        order_quantity(1, multiple=0)


def test_receipts_and_debts_count_before_an_order() -> None:
    orders, closing = net_requirements(
        np.array([10, 10, 10]), np.array([0, 0, 5]), opening=-3, receipts=np.array([0, 20, 0])
    )
    assert orders.tolist() == [13, 0, 5]
    assert closing.tolist() == [0, 10, 5]


@given(
    demand=st.lists(st.integers(0, 40), min_size=1, max_size=12),
    opening=st.integers(-20, 60),
    minimum=st.integers(0, 30),
    multiple=st.integers(1, 9),
)
def test_stock_never_falls_below_target_and_a_lot_is_never_larger_than_needed(
    demand: list[int], opening: int, minimum: int, multiple: int
) -> None:
    target = np.full(len(demand), 7)
    orders, closing = net_requirements(np.array(demand), target, opening=opening, minimum=minimum, multiple=multiple)
    assert (closing >= target).all()
    assert (orders % multiple == 0).all()
    assert all(order == 0 or order >= minimum for order in orders.tolist())
    assert np.array_equal(opening + np.cumsum(orders) - np.cumsum(demand), closing)
    assert ((orders == 0) | (closing - orders < target)).all()


def test_one_order_where_orders_are_dear_and_each_its_own_where_keeping_is() -> None:
    asked = np.array([10.0, 20.0, 30.0])
    assert plan_lots(asked, order_cost=1e6, hold=1.0).orders[0].tolist() == [60, 0, 0]
    assert plan_lots(asked, order_cost=1.0, hold=1e6).orders[0].tolist() == [10, 20, 30]


def test_nothing_is_ordered_before_the_first_demand() -> None:
    plan = plan_lots(np.array([0.0, 0.0, 5.0, 0.0]), order_cost=3.0, hold=1.0)
    assert plan.orders[0].tolist() == [0, 0, 5, 0]
    assert plan.cost == 3
    assert plan_lots(np.zeros(3), order_cost=3.0, hold=1.0).cost == 0


def test_wrong_amounts_are_refused() -> None:
    with pytest.raises(InvalidInput, match="order cost has 2 numbers"):
        plan_lots(np.ones(3), order_cost=np.ones(2), hold=1.0)
    with pytest.raises(InvalidInput, match="demand holds -1"):
        plan_lots(np.array([-1.0]), order_cost=1.0, hold=1.0)


def brute(demand: list[int], fixed: list[int], hold: list[int]) -> float:
    """Try every set of buckets with an order; each orders up to the next one."""
    best = float("inf")
    for chosen in product([False, True], repeat=len(demand)):
        cost, covered = 0.0, True
        for bucket, asked in enumerate(demand):
            starts = [s for s in range(bucket + 1) if chosen[s]]
            covered = covered and (bool(starts) or asked == 0)
            cost += asked * sum(hold[starts[-1] : bucket]) if starts else 0
        if covered:
            best = min(best, cost + sum(f for f, c in zip(fixed, chosen, strict=True) if c))
    return best


@given(data=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 60), st.integers(0, 5)), min_size=1, max_size=7))
def test_the_cheapest_lots_are_the_cheapest_of_all(data: list[tuple[int, int, int]]) -> None:
    demand, fixed, hold = (list(column) for column in zip(*data, strict=True))
    plan = plan_lots(np.array(demand), order_cost=np.array(fixed, dtype=float), hold=np.array(hold, dtype=float))
    assert plan.cost == pytest.approx(brute(demand, fixed, hold))
    orders = plan.orders[0] > 0
    told = float(np.array(fixed)[orders].sum() + (plan.stock[0] * np.array(hold)).sum())
    assert told == pytest.approx(plan.cost)
    assert plan.stock.min() >= 0


@settings(max_examples=15)
@given(demand=st.lists(st.integers(0, 30), min_size=2, max_size=8), fixed=st.integers(1, 80), hold=st.integers(1, 4))
def test_the_programme_of_one_item_agrees_with_the_step_by_step_method(
    demand: list[int], fixed: int, hold: int
) -> None:
    asked = np.array(demand, dtype=np.float64)
    plan = levels([LotItem(name="a", order_cost=float(fixed), hold=float(hold), demand=asked)], len(demand))
    assert plan.cost == pytest.approx(plan_lots(asked, order_cost=float(fixed), hold=float(hold)).cost)


def test_a_part_is_ordered_with_the_lots_of_its_parent() -> None:
    bike = LotItem(name="bike", order_cost=100.0, hold=1.0, demand=np.array([10.0, 10.0, 10.0, 10.0]))
    wheel = LotItem(name="wheel", order_cost=500.0, hold=0.1, into=((0, 2.0),))
    plan = levels([bike, wheel], 4)
    assert plan.orders[0].tolist() == pytest.approx([40, 0, 0, 0])
    assert plan.orders[1].tolist() == pytest.approx([80, 0, 0, 0])
    assert plan.cost == pytest.approx(100 + 500 + 60)
    assert plan.gap == 0


def test_lead_time_moves_orders_forward_and_stock_bridges_it() -> None:
    bike = LotItem(name="bike", order_cost=1.0, hold=50.0, demand=np.array([5.0, 5.0, 5.0]), lead_time=1, opening=5.0)
    frame = LotItem(name="frame", order_cost=1.0, hold=10.0, into=((0, 1.0),), lead_time=1, opening=6.0)
    plan = levels([bike, frame], 3)
    assert plan.orders[0].tolist() == pytest.approx([5, 5, 0])
    assert plan.orders[1].tolist() == pytest.approx([4, 0, 0])
    assert plan.cost == pytest.approx(2 + 1 + 10)


def test_demand_before_anything_can_come_is_an_answer() -> None:
    late = LotItem(name="bike", order_cost=1.0, hold=1.0, demand=np.array([5.0, 5.0]), lead_time=1)
    found = plan_levels([late], 2, SOLVER)
    assert isinstance(found, Issue)
    assert "5 are wanted before an order of today is there" in found.message
    assert isinstance(
        plan_levels([LotItem(name="x", order_cost=1.0, hold=1.0, demand=np.ones(2), lead_time=9)], 2, SOLVER), Issue
    )


def test_a_part_of_two_parents_serves_both() -> None:
    one = LotItem(name="one", order_cost=10.0, hold=9.0, demand=np.array([1.0, 2.0]))
    two = LotItem(name="two", order_cost=10.0, hold=9.0, demand=np.array([3.0, 4.0]))
    part = LotItem(name="part", order_cost=100.0, hold=1.0, into=((0, 1.0), (1, 2.0)), demand=np.array([1.0, 0.0]))
    plan = levels([one, two, part], 2)
    assert plan.orders[2].tolist() == pytest.approx([8 + 10, 0])
    assert plan.orders[:2].tolist() == [pytest.approx([1, 2]), pytest.approx([3, 4])]


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([LotItem(name="a", order_cost=1.0, hold=1.0, into=((0, 1.0),))], "a goes into itself"),
        ([LotItem(name="a", order_cost=1.0, hold=1.0, into=((7, 1.0),))], "a goes into item 7, of 1 items"),
        ([LotItem(name="a", order_cost=-1.0, hold=1.0, demand=np.ones(2))], "order cost holds -1"),
        ([LotItem(name="a", order_cost=1.0, hold=1.0, demand=np.ones(3))], "demand of a has 3 numbers"),
        ([LotItem(name="a", order_cost=1.0, hold=1.0, demand=np.ones(2), lead_time=-1)], "lead time of a is -1"),
        (
            [LotItem(name="a", order_cost=1.0, hold=1.0, demand=np.ones(2), opening=-5.0)],
            "opening stock and units of a",
        ),
    ],
)
def test_items_that_are_none_are_refused(items: list[LotItem], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        plan_levels(items, 2, SOLVER)


def test_fifty_items_over_a_year_are_solved_to_the_end() -> None:
    """An assembly of 50 items, four a level: proven within the node limit."""
    demand = np.array([80.0, 100, 125, 100, 50, 50, 100, 125, 125, 100, 50, 100])
    items = [
        LotItem(
            name=f"item {i}",
            order_cost=20.0 + 7 * (i % 11),
            hold=1.0 / (1 + i // 4),
            demand=demand if i == 0 else None,
            into=() if i == 0 else (((i - 1) // 4, 1.0),),
        )
        for i in range(50)
    ]
    assert levels(items, 12).gap == 0
