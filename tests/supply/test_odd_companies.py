"""Companies with holes: nothing is a traceback, everything odd is said with what it is worth."""

import pytest

from tests.supply.supply_company import Case, Counting, Rows, crew, line, stock
from trivet.core.ids import Counts
from trivet.core.issues import Severity
from trivet.core.linear import LinearModel, Solution, Status
from trivet.core.options import PlanOptions
from trivet.engines.highs import HighsSolver
from trivet.supply.blocks import Programme


def test_item_without_routing_is_bought_without_limit_and_priced() -> None:
    result = Case(demand={("P", "M"): [10, 20]}).plan()
    assert result.units("purchases", "P", "N") == [10, 20]
    issue = result.issue("supply.no-routing")
    assert issue.at_stake == 3000
    assert "P" in issue.message


def test_market_without_a_lane_is_served_from_the_plant_and_said() -> None:
    tables: dict[str, Rows] = {
        "locations": [{"location": "N", "kind": "plant"}, {"location": "D", "kind": "dc"}],
        "markets": [{"market": "M", "location": "D"}],
        "routings": [line()],
        "resources": [crew(per_day=9)],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 20]}).plan()
    assert result.units("constrained_demand", "P", "M") == [10, 20]
    assert result.issue("supply.no-lane").message.startswith("no lane leads from N to D")
    result.check_balance()


def test_line_without_hours_gives_a_plan_with_everything_lost() -> None:
    tables: dict[str, Rows] = {"routings": [line()], "resources": [crew(per_day=0)]}
    result = Case(tables=tables, demand={("P", "M"): [10, 20]}, options=PlanOptions(late_buckets=0)).plan()
    assert result.units("unserved_demand", "P", "M") == [10, 20]
    assert "hours but has no regular hours" in result.issue("supply.overload").message


def test_company_without_demand_has_an_empty_plan() -> None:
    result = Case(demand={}).plan()
    assert result.units("production") == [0] * 6
    assert result.plan.demand.rows == 0
    assert result.codes() == []


def test_company_without_goods_serves_its_services() -> None:
    tables: dict[str, Rows] = {"items": [{"item": "P", "family": "F", "kind": "non-stock"}]}
    result = Case(tables=tables, demand={("P", "M"): [3, 4]}).plan()
    assert result.units("constrained_demand", "P", "M") == [3, 4]
    assert result.plan.supply.rows == 0


def test_item_without_price_is_not_worthless() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "F"}],
        "routings": [line(), line(item="Q", resource="S")],
        "resources": [crew(), crew(resource="S")],
    }
    result = Case(tables=tables, demand={("P", "M"): [5, 5], ("Q", "M"): [5, 5]}, price={"Q": 0}).plan()
    assert result.units("constrained_demand", "Q", "M") == [5, 5]


def test_price_that_ends_is_worth_the_last_known_one() -> None:
    # Q loses its price in the second bucket: it still counts at 200 there and is served before P.
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "F"}],
        "routings": [line(), line(item="Q")],
        "resources": [crew()],
    }
    asked = {("P", "M"): [0, 8, 0], ("Q", "M"): [1, 19, 0]}
    case = Case(tables=tables, demand=asked, price={"Q": [200, 0, 0]}, options=PlanOptions(late_buckets=0))
    assert case.plan().units("unserved_demand", "Q", "M") == [0, 0, 0]


def test_worth_comes_from_cost_rows_where_nothing_is_sold() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "K", "family": "X", "last_sale": "2026-03-31"}],
        "costs": [
            {"item": "K", "location": "", "component": "material", "first": "2026-01", "cost": 7},
            {"item": "K", "location": "", "component": "labour", "first": "2026-01", "cost": 3},
        ],
        "stock_history": [stock(item="K", units=5)],
    }
    result = Case(tables=tables, demand={("P", "M"): [1, 1]}).plan()
    assert result.issue("supply.excess-after-last-sale").at_stake == 50


def test_negative_count_is_paid_back_before_customers_are_served() -> None:
    tables: dict[str, Rows] = {"routings": [line()], "resources": [crew()], "stock_history": [stock(units=-4)]}
    result = Case(tables=tables, demand={("P", "M"): [10, 5]}).plan()
    assert result.units("production", "P", "N") == [10, 9]
    assert result.units("constrained_demand", "P", "M") == [6, 9]
    assert result.units("projected_stock", "P", "N") == [0, 0]
    result.check_balance()


def test_debt_nothing_pays_back_stays_on_the_books() -> None:
    tables: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew(per_day=0)],
        "stock_history": [stock(units=-4)],
    }
    result = Case(tables=tables, demand={("P", "M"): [1, 1]}).plan()
    assert result.units("projected_stock", "P", "N") == [-4, -4]
    result.check_balance()


def test_goods_fetched_both_ways_between_plants_do_not_go_in_circles() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "F"}],
        "locations": [{"location": "N", "kind": "plant"}, {"location": "S", "kind": "plant"}],
        "markets": [{"market": "M", "location": "N"}, {"market": "O", "location": "S"}],
        "routings": [line(), line(item="Q", location="S", resource="T")],
        "resources": [crew(per_day=9), crew(resource="T", location="S", per_day=9)],
        "lanes": [
            {"item": "", "origin": "S", "destination": "N", "lead_time_days": 2, "cost": 1},
            {"item": "", "origin": "N", "destination": "S", "lead_time_days": 2, "cost": 1},
        ],
    }
    asked = {(item, market): [4.0, 6.0] for item in "PQ" for market in "MO"}
    result = Case(tables=tables, demand=asked).plan()
    assert result.units("unserved_demand") == [0, 0]
    assert result.freight() == [8, 12]
    result.check_balance()


def test_bill_of_materials_in_a_circle_is_no_traceback() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "F"}],
        "routings": [line(), line(item="Q")],
        "resources": [crew(per_day=9)],
        "bill_of_materials": [
            {"parent": "P", "component": "Q", "quantity": 0.5},
            {"parent": "Q", "component": "P", "quantity": 0.5},
        ],
    }
    result = Case(tables=tables, demand={("P", "M"): [4, 4], ("Q", "M"): [0, 0]}).plan()
    assert result.plan.basis is not None


def test_material_left_after_the_last_sale_is_valued() -> None:
    tables: dict[str, Rows] = {
        "items": [
            {"item": "P", "family": "F", "last_sale": "2026-04-30"},
            {"item": "B", "kind": "material", "family": "X"},
        ],
        "routings": [line()],
        "resources": [crew(per_day=9)],
        "bill_of_materials": [{"parent": "P", "component": "B", "quantity": 1}],
        "supply_sources": [{"item": "B", "supplier": "V", "location": "N", "price": 310}],
        "stock_history": [stock(item="B", units=300)],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 10, 0]}).plan()
    assert result.issue("supply.material-left").at_stake == 280 * 310


def test_many_items_after_their_last_sale_are_summed_up() -> None:
    items = [f"I{n:02d}" for n in range(23)]
    tables: dict[str, Rows] = {
        "items": [{"item": item, "family": "F", "last_sale": "2026-01-31"} for item in items],
        "stock_history": [stock(item=item, units=2) for item in items],
    }
    result = Case(tables=tables, demand={("I00", "M"): [0, 0]}).plan()
    issues = [issue for issue in result.issues if issue.code == "supply.excess-after-last-sale"]
    assert len(issues) == 21
    # I00 was sold once: what lies of it is told as dead stock, and once is enough.
    assert not any("I00" in str(issue.place) for issue in issues)
    assert issues[-1].message.startswith("2 more items")


class Broken:
    """A solver that fails: always, or only from a basis."""

    def __init__(self, *, always: bool) -> None:
        self.always = always
        self.calls = 0

    @property
    def name(self) -> str:
        return "broken"

    def solve(self, model: LinearModel, basis: bytes | None = None) -> Solution:
        self.calls += 1
        good = HighsSolver().solve(model)
        if not self.always and basis is None:
            return good
        none = good.values[:0]
        return Solution(
            status=Status.FAILED, values=none, duals=none, reduced_costs=none, objective=float("nan"), basis=None
        )


def test_solver_that_fails_leaves_fixed_production_and_says_so() -> None:
    tables: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew()],
        "open_production": [{"order": "1", "item": "P", "location": "N", "due": "2026-03", "quantity": 3}],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 10]}, solver=Broken(always=True)).plan()
    issue = result.issue("supply.not-solved")
    assert issue.severity is Severity.REFUSED
    assert result.units("production", "P", "N") == [3, 0]
    result.check_balance()


def test_failed_warm_start_is_tried_cold() -> None:
    solver = Broken(always=False)
    tables: dict[str, Rows] = {"routings": [line()], "resources": [crew()]}
    result = Case(tables=tables, demand={("P", "M"): [10, 10]}, solver=solver, basis=b"old").plan()
    assert solver.calls == 2
    assert result.units("production", "P", "N") == [10, 10]


def test_warm_start_gives_the_same_plan() -> None:
    tables: dict[str, Rows] = {"routings": [line()], "resources": [crew()]}
    first = Case(tables=tables, demand={("P", "M"): [5, 5, 18]}).plan()
    solver = Counting()
    second = Case(tables=tables, demand={("P", "M"): [5, 5, 18]}, basis=first.plan.basis, solver=solver).plan()
    assert second.plan.supply.digest() == first.plan.supply.digest()
    assert solver.answers[0].status is Status.OPTIMAL


def test_columns_and_rows_say_what_they_are() -> None:
    programme = Programme(2)
    made: Counts = programme.columns("make", ["P at N"], cost=1.0)
    rows = programme.rows("hours", ["R"], upper=8.0)
    programme.add(rows, made, 0.5)
    programme.add(rows, made, 0.5)
    model = programme.build()
    assert programme.column_name(1) == "make: P at N, bucket 1"
    assert programme.row_name(0) == "hours: R, bucket 0"
    assert programme.column_name(9) == "column 9"
    assert programme.row_name(9) == "row 9"
    assert model.value.tolist() == pytest.approx([1, 1])
    assert model.starts.tolist() == [0, 1, 2]
