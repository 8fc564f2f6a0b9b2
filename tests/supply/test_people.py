"""People in the plan: hours they give, who joins and leaves, overtime, temporary labour, and what it costs."""

import pytest

from tests.supply.supply_company import Case, Result, Row, Rows, crew, line, stock
from trivet.core.options import PlanOptions

DEAR_STOCK: Rows = [{"family": "F", "hold_cost": 20}]


def company(people: Row, demand: list[float], *, per_day: float = 50, **more: Rows) -> Case:
    """A head gives half an hour a working day: 10 units a bucket of 20 days."""
    row: Row = {"resource": "R", "first": "2026-01", "heads": 2, "hours_per_head": 0.5, **people}
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F", "last_sale": "2026-08-31"}],
        "routings": [line()],
        "resources": [crew(per_day=per_day, crew_cost=4, overtime_premium=1.0)],
        "workforce": [row],
        **more,
    }
    return Case(tables=tables, demand={("P", "M"): demand}, options=PlanOptions(late_buckets=0))


def people(result: Result, measure: str) -> list[float]:
    return result.units(measure, "R")


def test_heads_without_hours_are_shown_and_limit_nothing() -> None:
    result = company({"hours_per_head": None, "hire_cost": 5, "release_cost": 5}, [10, 40]).plan()
    assert people(result, "heads") == [2, 2]
    assert people(result, "hires") == [0, 0]
    assert result.units("production", "P", "N") == [10, 40]
    assert result.variance() == [0, 0]


def test_agreed_heads_limit_what_is_made() -> None:
    result = company({}, [30, 30]).plan()
    assert result.units("production", "P", "N") == [20, 20]
    assert result.units("unserved_demand", "P", "M") == [10, 10]
    assert people(result, "heads") == [2, 2]
    assert people(result, "overtime_hours") == [0, 0]


def test_table_rows_hold_from_their_bucket_on_and_changes_are_counted() -> None:
    later: Row = {"resource": "R", "first": "2026-04", "heads": 3, "hours_per_head": 0.5, "hire_cost": 7}
    case = company({}, [20, 30, 30])
    case = Case(tables={**case.tables, "workforce": [*case.tables["workforce"], later]}, demand=case.demand)
    result = case.plan()
    assert people(result, "heads") == [2, 3, 3]
    assert people(result, "hires") == [0, 1, 0]
    assert result.variance() == [0, 7, 0]


def test_plan_hires_for_a_peak_when_that_is_cheaper_than_losing_it() -> None:
    result = company({"hire_cost": 30, "wage": 10}, [20, 40, 40], inventory_policy=DEAR_STOCK).plan()
    assert people(result, "heads") == [2, 4, 4]
    assert people(result, "hires") == [0, 2, 0]
    assert result.units("unserved_demand", "P", "M") == [0, 0, 0]
    assert result.variance() == [0, 60, 0]
    assert dict(result.plan.costs)["hiring and release"].sum() == pytest.approx(60)
    assert "2.0 heads join" in result.issue("supply.people-move").message


def test_plan_lets_people_go_when_their_wages_cost_more_than_their_leaving() -> None:
    result = company({"release_cost": 15, "wage": 10}, [20, 10, 10, 10]).plan()
    assert people(result, "heads") == [2, 1, 1, 1]
    assert people(result, "leavers") == [0, 1, 0, 0]
    kept = company({"release_cost": 45, "wage": 10}, [20, 10, 10, 10]).plan()
    assert people(kept, "heads") == [2, 2, 2, 2]


def test_the_horizon_ends_with_the_people_of_the_year_after() -> None:
    going: Rows = [{"item": "P", "family": "F"}]
    row: Row = {"release_cost": 15, "hire_cost": 15, "wage": 10}
    ends = company(row, [20, 20, 20, 20, 0, 0]).plan()
    goes_on = company(row, [20, 20, 20, 20, 0, 0], items=going).plan()
    assert people(ends, "heads")[-1] < 1
    assert people(goes_on, "heads")[-1] == pytest.approx(40 / 30, abs=0.01)


def test_overtime_is_that_of_the_heads_there_are() -> None:
    result = company({"overtime_per_head": 2}, [30, 10]).plan()
    assert result.units("production", "P", "N") == [24, 10]
    assert people(result, "overtime_hours") == [4, 0]
    assert result.variance() == [16, 0]
    none = Case(
        tables=company({"overtime_per_head": 2}, [30, 10]).tables,
        demand={("P", "M"): [30, 10]},
        options=PlanOptions(late_buckets=0, allow_overtime=False),
    ).plan()
    assert people(none, "overtime_hours") == [0, 0]


def test_temporary_labour_helps_where_it_may_be_had() -> None:
    later: Row = {"resource": "R", "first": "2026-04", "heads": 2, "hours_per_head": 0.5}
    case = company({"temporary_cost": 3}, [30, 30])
    result = Case(
        tables={**case.tables, "workforce": [*case.tables["workforce"], later]},
        demand=case.demand,
        options=PlanOptions(late_buckets=0),
    ).plan()
    # Whatever both months lack is made by temporary hands in the first one.
    assert people(result, "temporary_hours") == [20, 0]
    assert result.units("unserved_demand", "P", "M") == [0, 0]
    assert result.variance() == [60, 0]
    assert people(result, "overtime_hours") == [0, 0]


def test_machines_limit_as_well_as_people() -> None:
    result = company({"heads": 9}, [30, 30], per_day=1).plan()
    assert result.units("production", "P", "N") == [20, 20]


def test_whole_people_are_whole() -> None:
    row: Row = {"hire_cost": 30, "release_cost": 30, "wage": 10, "whole": True}
    result = company(row, [20, 34, 34], inventory_policy=DEAR_STOCK).plan()
    assert people(result, "heads") == [2, 4, 4]
    part = company({**row, "whole": False}, [20, 34, 34], inventory_policy=DEAR_STOCK).plan()
    assert people(part, "heads") == pytest.approx([2, 3.4, 3.4])


def test_busy_people_make_what_they_can() -> None:
    result = company({"idle": False}, [10, 10, 20]).plan()
    assert result.units("production", "P", "N") == [20, 20, 20]
    assert result.units("projected_stock", "P", "N") == [10, 20, 20]
    result.check_balance()


def test_fewest_and_most_heads_are_kept() -> None:
    row: Row = {"hire_cost": 5, "release_cost": 5, "wage": 10, "minimum": 1.5, "maximum": 3}
    result = company(row, [40, 5, 5]).plan()
    assert max(people(result, "heads")) == 3
    assert min(people(result, "heads")) == 1.5


def test_firm_production_beyond_the_people_is_made_and_said() -> None:
    case = company({}, [20, 20])
    result = Case(tables=case.tables, demand=case.demand, firm={("P", "N"): [50, -1]}).plan()
    assert result.units("production", "P", "N")[0] == 50
    assert "supply.load-beyond-capacity" in result.codes()


def test_agreed_heads_outside_the_limits_stand_where_nobody_may_be_moved() -> None:
    result = company({"minimum": 5, "maximum": 1}, [20, 20]).plan()
    assert people(result, "heads") == [2, 2]
    assert "supply.not-solved" not in result.codes()


def test_stock_is_paid_out_before_people_are_hired() -> None:
    held: Rows = [stock(units=20)]
    result = company({"hire_cost": 30, "wage": 10}, [20, 40], stock_history=held).plan()
    assert sum(people(result, "hires")) == 0
