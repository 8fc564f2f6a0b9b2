"""Lots in the plan: smallest lots, multiples, set-ups that cost time and money, of makes, sources and materials."""

from typing import Any

import numpy as np
import pytest

from tests.supply.supply_company import Case, Counting, Result, Rows, crew, line, stock
from trivet.core.linear import LinearModel, Solution, Status
from trivet.core.options import PlanOptions
from trivet.engines.highs import HighsSolver
from trivet.supply.lot_sizes import Sized, choose_lots
from trivet.supply.search import GOOD, solve_whole

LATE_0 = PlanOptions(late_buckets=0)


def company(routing: dict[str, Any], demand: list[float], *, per_day: float = 10, **more: Rows) -> Case:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F", "last_sale": "2026-12-31"}],
        "routings": [line(**routing)],
        "resources": [crew(per_day=per_day)],
        **more,
    }
    return Case(tables=tables, demand={("P", "M"): demand}, options=LATE_0)


def made(result: Result) -> list[float]:
    return result.units("production", "P", "N")


def test_smallest_lot_is_made_or_nothing() -> None:
    result = company({"minimum": 25}, [10, 10, 10, 10, 10]).plan()
    assert sum(made(result)) >= 50
    assert all(amount == 0 or amount >= 25 for amount in made(result))
    assert result.units("unserved_demand", "P", "M") == [0] * 5
    result.check_balance()


def test_lots_are_multiples() -> None:
    result = company({"multiple": 12}, [10, 10, 10, 10]).plan()
    assert all(amount % 12 == 0 for amount in made(result))
    assert result.units("unserved_demand", "P", "M") == [0, 0, 0, 0]
    assert made(result) == [12, 12, 12, 12]


def test_multiples_do_not_break_the_hours() -> None:
    # 20 hours a bucket are one lot of 12 and no more.
    result = company({"multiple": 12}, [15, 15, 6], per_day=1).plan()
    assert made(result) == [12, 12, 12]
    assert max(result.units("load_hours", "R")) <= 20


def test_set_up_cost_is_weighed_against_keeping() -> None:
    # The published instance of Wagner and Whitin: 500 an order, 2 a unit and bucket, lots of 210 and 150, cost 1380.
    case = company(
        {"setup_cost": 500},
        [90, 120, 80, 70],
        per_day=100,
        inventory_policy=[{"family": "F", "hold_cost": 2, "lost_cost": 10_000}],
    )
    result = case.plan()
    assert made(result) == [210, 0, 150, 0]
    assert result.variance() == [500, 0, 500, 0]
    assert sum(result.variance()) + 2 * sum(result.units("projected_stock", "P", "N")) == 1380
    assert result.plan.gap == 0
    assert "supply.search-gap" not in result.codes()


def test_set_up_hours_take_time_of_the_line() -> None:
    # 20 hours, 5 of them to set up: 15 units a bucket with production.
    result = company({"setup_hours": 5}, [15, 15, 0], per_day=1).plan()
    assert made(result) == [15, 15, 0]
    assert result.units("load_hours", "R") == [20, 20, 0]
    # The unlimited plan sets up as well.
    assert result.units("required_hours", "R") == [20, 20, 0]


def test_a_lot_too_large_for_its_hours_is_not_made_and_demand_is_lost() -> None:
    result = company({"minimum": 30}, [10, 10], per_day=1).plan()
    assert made(result) == [0, 0]
    assert result.units("unserved_demand", "P", "M") == [10, 10]


def test_released_orders_need_no_lot_and_firm_ones_keep_what_was_said() -> None:
    released: Rows = [{"order": "1", "item": "P", "location": "N", "due": "2026-03", "quantity": 7}]
    case = company({"minimum": 25}, [7, 9, 20], open_production=released)
    result = Case(tables=case.tables, demand=case.demand, options=LATE_0, firm={("P", "N"): [-1, 9, -1]}).plan()
    assert made(result)[:2] == [7, 9]
    assert made(result)[2] in {0, *range(25, 60)}
    assert result.units("unserved_demand", "P", "M") == [0, 0, 0]


def test_purchases_keep_the_smallest_order_and_its_multiple() -> None:
    tables: dict[str, Rows] = {
        "supply_sources": [{"item": "P", "supplier": "V", "location": "N", "minimum": 24, "multiple": 8}]
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 10, 10, 10]}, options=LATE_0).plan()
    bought = result.units("purchases", "P", "N")
    assert all(amount == 0 or (amount >= 24 and amount % 8 == 0) for amount in bought)
    assert sum(bought) >= 40
    assert result.units("unserved_demand", "P", "M") == [0] * 4
    result.check_balance()


@pytest.mark.parametrize("cap", [None, 60])
def test_materials_come_in_lots_too(cap: int | None) -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "B", "kind": "material", "family": "X"}],
        "routings": [line()],
        "resources": [crew(per_day=9)],
        "bill_of_materials": [{"parent": "P", "component": "B", "quantity": 1}],
        "supply_sources": [
            {"item": "B", "supplier": "V", "location": "N", "minimum": 30, "multiple": 10, "cap": cap, "price": 5}
        ],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 10, 10, 10]}, options=LATE_0).plan()
    bought = result.units("material_purchases", "B", "V")
    assert all(amount == 0 or (amount >= 30 and amount % 10 == 0) for amount in bought)
    assert result.units("unserved_demand", "P", "M") == [0] * 4
    assert min(result.units("material_stock", "B", "V")) >= 0


def test_a_least_size_without_a_cost_is_tried_once_and_one_with_a_cost_in_parts_too() -> None:
    solved = {}
    for cost in (0, 40):
        rows: Rows = [{"item": "P", "supplier": "V", "location": "N", "minimum": 24, "order_cost": cost}]
        case = Case(tables={"supply_sources": rows}, demand={("P", "M"): [10, 10, 10, 10]}, options=LATE_0)
        case.solver = counting = Counting()
        case.plan()
        guesses = [model for model in counting.models if model.integer is None]
        solved[cost] = len(guesses)
    assert solved[0] < solved[40]


def test_order_cost_of_a_material_bundles_orders() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "B", "kind": "material", "family": "X"}],
        "routings": [line()],
        "resources": [crew(per_day=9)],
        "bill_of_materials": [{"parent": "P", "component": "B", "quantity": 1}],
        "supply_sources": [{"item": "B", "supplier": "V", "location": "N", "order_cost": 100, "price": 5}],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 10, 10, 10]}, options=LATE_0).plan()
    assert result.units("material_purchases", "B", "V") == [40, 0, 0, 0]
    assert result.variance()[0] == 100


def test_a_lot_that_its_parts_do_not_allow_is_left_out() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "B", "kind": "material", "family": "X"}],
        "routings": [line(minimum=20)],
        "resources": [crew(per_day=9)],
        "bill_of_materials": [{"parent": "P", "component": "B", "quantity": 1}],
        "supply_sources": [{"item": "B", "supplier": "V", "location": "N", "cap": 8}],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 10, 10, 10]}, options=LATE_0).plan()
    assert all(amount == 0 or amount >= 20 for amount in made(result))
    assert min(result.units("material_stock", "B", "V")) >= 0


def test_unlimited_plan_orders_in_lots() -> None:
    result = company({"minimum": 25, "multiple": 5}, [10, 10, 10]).plan()
    assert result.units("required_production", "P", "N") == [25, 0, 25]


def test_stock_on_hand_counts_before_a_lot() -> None:
    result = company({"minimum": 25}, [10, 10, 10], stock_history=[stock(units=20)]).plan()
    assert made(result)[:2] == [0, 0]


def lots(minimum: float = 0, cost: float = 0, hold: float = 1) -> Sized:
    buckets = 4
    ids = np.zeros((1, buckets), dtype=np.int64)
    return Sized(
        kind="set up",
        number=np.array([0]),
        flow=ids,
        given=np.zeros((1, buckets)),
        held=np.zeros((1, buckets), dtype=np.bool_),
        minimum=np.array([minimum]),
        cost=np.array([cost]),
        hold=np.array([hold]),
        set_up=ids,
    )


def test_lots_are_chosen_where_the_one_before_is_used_up() -> None:
    flow = np.array([[10.0, 10.0, 10.0, 10.0]])
    none = np.zeros((1, 4))
    assert choose_lots(lots(minimum=20), flow, none).tolist() == [[True, False, True, False]]
    assert choose_lots(lots(cost=15), flow, none).tolist() == [[True, False, True, False]]
    assert choose_lots(lots(), flow, none).tolist() == [[True] * 4]
    assert choose_lots(lots(), flow, none + 100.0).tolist() == [[True, False, False, False]]


class _FewNodes:
    """A solver whose branch and bound ends without an answer of its own."""

    def __init__(self, *, fails: bool) -> None:
        self.fails = fails

    @property
    def name(self) -> str:
        return "few nodes"

    def solve(self, model: LinearModel, basis: bytes | None = None) -> Solution:
        if model.integer is None or not self.fails:
            return HighsSolver().solve(model, basis)
        none = np.zeros(0)
        return Solution(
            status=Status.FAILED, values=none, duals=none, reduced_costs=none, objective=float("nan"), basis=None
        )


def test_what_was_chosen_stands_when_the_search_finds_nothing_and_the_gap_is_said() -> None:
    case = company({"minimum": 25}, [10, 10, 10, 10, 10])
    result = Case(tables=case.tables, demand=case.demand, options=LATE_0, solver=_FewNodes(fails=True)).plan()
    assert all(amount == 0 or amount >= 25 for amount in made(result))
    assert result.plan.gap > GOOD
    assert f"up to {result.plan.gap:.1%} cheaper" in result.issue("supply.search-gap").message


def test_a_guess_that_fits_nothing_leaves_the_search_to_itself() -> None:
    case = company({"minimum": 25}, [10, 10, 10])
    remembered = Counting()
    Case(tables=case.tables, demand=case.demand, options=LATE_0, solver=remembered).plan()
    model = next(m for m in remembered.models if m.integer is not None)
    found = solve_whole(model, HighsSolver(), None, lambda relaxed: [relaxed.values * 0.0])
    known = solve_whole(model, HighsSolver(), None, lambda relaxed: [np.ceil(relaxed.values)])
    assert found.gap == 0
    assert found.solution.objective == pytest.approx(known.solution.objective)


def test_same_lots_from_the_same_company() -> None:
    case = company({"minimum": 25, "setup_cost": 40}, [10, 14, 9, 30, 3])
    first, second = case.plan().plan, case.plan().plan
    assert first.supply.digest() == second.supply.digest()
    assert first.basis == second.basis


def test_costs_of_making_change_by_month() -> None:
    changes: Rows = [
        {"item": "P", "location": "N", "first": "2026-04", "last": "2026-04", "extra_cost": 8},
        {"item": "P", "location": "N", "first": "2026-05", "setup_cost": 30},
    ]
    kept: Rows = [{"family": "F", "hold_cost": 2}]
    result = company({"extra_cost": 1}, [10, 10, 10, 10], routing_changes=changes, inventory_policy=kept).plan()
    # April's dear units are made in March; from May on one set-up makes for two months.
    assert made(result) == [20, 0, 20, 0]
    assert result.variance() == [20, 0, 50, 0]
