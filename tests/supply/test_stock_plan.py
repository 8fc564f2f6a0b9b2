"""Selling from stock: each rule of the plan on a company small enough to be worked out by hand."""

import pytest

from tests.supply.supply_company import Case, Rows, crew, line, stock
from trivet.core.options import PlanOptions


def test_unlimited_line_chases_demand() -> None:
    result = Case(
        tables={"routings": [line()], "resources": [crew(per_day=5)]}, demand={("P", "M"): [10, 30, 10]}
    ).plan()
    assert result.units("production", "P", "N") == [10, 30, 10]
    assert result.units("constrained_demand", "P", "M") == [10, 30, 10]
    assert result.units("projected_stock", "P", "N") == [0, 0, 0]
    assert result.units("load_hours", "R") == [10, 30, 10]
    result.check_balance()


def test_peak_is_made_ahead_when_the_line_is_full() -> None:
    # 10 hours a bucket; demand 5, 5, 18: 8 units must be made before the peak, as late as possible.
    result = Case(tables={"routings": [line()], "resources": [crew()]}, demand={("P", "M"): [5, 5, 18]}).plan()
    assert result.units("production", "P", "N") == [8, 10, 10]
    assert result.units("projected_stock", "P", "N") == [3, 8, 0]
    assert result.units("unserved_demand", "P", "M") == [0, 0, 0]


def test_overtime_serves_what_regular_hours_cannot_and_is_priced() -> None:
    # 10 h a bucket, 20 % overtime at 20 x 0.5 = 10 an hour; the first bucket needs 12, a unit late costs more.
    tables: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew(overtime=0.2, crew_cost=20, overtime_premium=0.5)],
    }
    result = Case(tables=tables, demand={("P", "M"): [12, 5, 5]}).plan()
    assert result.units("production", "P", "N") == [12, 5, 5]
    assert result.units("overtime_hours", "R") == [2, 0, 0]
    assert result.variance() == [20, 0, 0]
    without = Case(tables=tables, demand={("P", "M"): [12, 5, 5]}, options=PlanOptions(allow_overtime=False)).plan()
    assert without.units("overtime_hours", "R") == [0, 0, 0]
    assert without.units("constrained_demand", "P", "M") == [10, 7, 5]


def test_regular_hours_are_preferred_to_free_overtime() -> None:
    tables: dict[str, Rows] = {"routings": [line()], "resources": [crew(overtime=0.5)]}
    result = Case(tables=tables, demand={("P", "M"): [4, 12]}).plan()
    assert result.units("overtime_hours", "R") == [0, 2] or result.units("overtime_hours", "R") == [0, 0]
    assert result.units("unserved_demand", "P", "M") == [0, 0]


def test_demand_waits_at_most_the_late_buckets_and_is_then_lost() -> None:
    # 10 a bucket against 20: half can never be served; what is shipped is always all that is made.
    tables: dict[str, Rows] = {"routings": [line()], "resources": [crew()]}
    result = Case(tables=tables, demand={("P", "M"): [20, 20, 20, 20]}, options=PlanOptions(late_buckets=1)).plan()
    assert result.units("constrained_demand", "P", "M") == [10, 10, 10, 10]
    lost = result.units("unserved_demand", "P", "M")
    waiting = 80 - 40 - sum(lost)
    assert sum(lost) + waiting == 40
    assert 0 <= waiting <= 20
    issue = result.issue("supply.demand-lost")
    assert issue.at_stake == pytest.approx(sum(lost) * 40)
    assert "units of demand can't be met" in issue.message


def test_no_late_buckets_means_on_time_or_lost() -> None:
    tables: dict[str, Rows] = {"routings": [line()], "resources": [crew()]}
    result = Case(tables=tables, demand={("P", "M"): [20, 5, 5]}, options=PlanOptions(late_buckets=0)).plan()
    assert result.units("constrained_demand", "P", "M") == [10, 5, 5]
    assert result.units("unserved_demand", "P", "M") == [10, 0, 0]


def test_stock_on_hand_serves_before_the_line_runs() -> None:
    tables: dict[str, Rows] = {"routings": [line()], "resources": [crew()], "stock_history": [stock(units=25)]}
    result = Case(tables=tables, demand={("P", "M"): [10, 10, 10]}).plan()
    assert result.units("production", "P", "N") == [0, 0, 5]
    assert result.units("projected_stock", "P", "N") == [15, 5, 0]


def test_last_bucket_ends_at_target_for_the_following_year() -> None:
    # Target: 30 days of coming demand; beyond the horizon last year's demand goes on (constant 10 a month here).
    tables: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew(per_day=2)],
        "inventory_policy": [{"item": "P", "days": 30}],
        "stock_history": [stock(units=10)],
    }
    result = Case(tables=tables, demand={("P", "M"): [10.0] * 12}).plan()
    target = result.units("target_stock", "P", "N")
    assert all(9 <= value <= 11 for value in target)
    assert result.units("projected_stock", "P", "N") == target
    made = result.units("production", "P", "N")
    assert made[-1] >= 9


def test_no_stock_is_built_from_lost_sales() -> None:
    # Hopelessly short, with a target: every unit goes to a customer, none into the target.
    tables: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew()],
        "inventory_policy": [{"item": "P", "days": 60}],
        "stock_history": [stock(units=4)],
    }
    result = Case(tables=tables, demand={("P", "M"): [40.0] * 6}).plan()
    assert result.units("projected_stock", "P", "N") == [0] * 6
    assert sum(result.units("constrained_demand", "P", "M")) == 64


def test_price_rise_does_not_keep_stock_from_todays_customer() -> None:
    tables: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew(per_day=0.25)],
        "stock_history": [stock(units=5)],
    }
    case = Case(tables=tables, demand={("P", "M"): [10, 10]}, price={"P": [100, 200]})
    assert case.plan().units("constrained_demand", "P", "M") == [10, 5]


def test_dearer_plant_helps_only_when_the_cheap_one_is_full() -> None:
    tables: dict[str, Rows] = {
        "locations": [{"location": "N", "kind": "plant"}, {"location": "S", "kind": "plant"}],
        "routings": [line(), line(location="S", resource="Q", extra_cost=6)],
        "resources": [crew(), crew(resource="Q", location="S")],
        "lanes": [{"item": "", "origin": "S", "destination": "N", "lead_time_days": 2, "cost": 4}],
    }
    result = Case(tables=tables, demand={("P", "M"): [15, 8]}).plan()
    assert result.units("production", "P", "N") == [10, 8]
    assert result.units("production", "P", "S") == [5, 0]
    assert result.units("transfers_out", "P", "S") == [5, 0]
    assert result.units("transfers_in", "P", "N") == [5, 0]
    assert result.variance() == [30, 0]
    assert result.freight() == [20, 0]
    result.check_balance()


def test_long_lane_ships_a_bucket_ahead_and_is_in_transit() -> None:
    tables: dict[str, Rows] = {
        "locations": [{"location": "N", "kind": "plant"}, {"location": "A", "kind": "dc"}],
        "markets": [{"market": "M", "location": "A"}],
        "routings": [line()],
        "resources": [crew(per_day=2)],
        "lanes": [{"item": "P", "origin": "N", "destination": "A", "lead_time_days": 35, "cost": 16}],
        "stock_history": [stock(location="A", units=10)],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 12, 14]}).plan()
    assert result.units("transfers_out", "P", "N")[:2] == [12, 14]
    assert result.units("in_transit", "P", "A")[:2] == [12, 14]
    assert result.units("transfers_in", "P", "A") == [0, 12, 14]
    assert result.units("constrained_demand", "P", "M") == [10, 12, 14]
    # The last bucket fills the lane for the following year.
    assert result.units("in_transit", "P", "A")[2] > 0
    result.check_balance()


def test_markets_of_one_location_share_fairly_what_is_short() -> None:
    tables: dict[str, Rows] = {
        "markets": [{"market": "M", "location": "N"}, {"market": "O", "location": "N"}],
        "routings": [line()],
        "resources": [crew()],
    }
    case = Case(tables=tables, demand={("P", "M"): [12, 0], ("P", "O"): [8, 0]}, options=PlanOptions(late_buckets=0))
    result = case.plan()
    assert result.units("constrained_demand", "P", "M")[0] == 6
    assert result.units("constrained_demand", "P", "O")[0] == 4
    assert result.units("unserved_demand", "P", "M")[0] == 6


def test_fractions_of_a_forecast_are_served_from_whole_units() -> None:
    tables: dict[str, Rows] = {"routings": [line()], "resources": [crew(per_day=2)]}
    result = Case(tables=tables, demand={("P", "M"): [10.4, 10.4, 10.4, 10.4]}).plan()
    assert result.units("production", "P", "N") == [11, 10, 11, 10]
    assert result.units("constrained_demand", "P", "M") == [10.4] * 4
    result.check_balance()


def test_step_of_an_item_is_kept() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F", "step": 6}],
        "routings": [line()],
        "resources": [crew(per_day=2)],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 10, 10]}).plan()
    assert result.units("production", "P", "N") == [12, 12, 6]


def test_subcontractor_fills_the_gap_up_to_its_cap() -> None:
    tables: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew()],
        "supply_sources": [{"item": "P", "supplier": "X", "location": "N", "cap": 3, "extra_cost": 34}],
    }
    result = Case(tables=tables, demand={("P", "M"): [15, 10]}, options=PlanOptions(late_buckets=0)).plan()
    assert result.units("purchases", "P", "N") == [3, 0]
    assert result.units("unserved_demand", "P", "M") == [2, 0]
    assert result.variance()[0] == 102
    forbidden = Case(tables=tables, demand={("P", "M"): [15, 10]}, options=PlanOptions(allow_subcontract=False)).plan()
    assert forbidden.units("purchases", "P", "N") == [0, 0]


def test_supplier_caps_go_before_the_source_cap() -> None:
    tables: dict[str, Rows] = {
        "supply_sources": [{"item": "P", "supplier": "X", "location": "N", "cap": 30}],
        "supplier_caps": [{"item": "P", "supplier": "X", "first": "2026-04", "last": "2026-04", "cap": 2}],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 10, 10]}, options=PlanOptions(late_buckets=0)).plan()
    # What April can't get is bought in March.
    assert result.units("purchases", "P", "N") == [18, 2, 10]


def test_open_purchases_arrive_and_lead_time_binds_what_is_ordered_now() -> None:
    tables: dict[str, Rows] = {
        "supply_sources": [{"item": "P", "supplier": "X", "location": "N", "lead_time_days": 60}],
        "open_purchases": [
            {"order": "1", "item": "P", "supplier": "X", "location": "N", "due": "2026-03", "quantity": 4}
        ],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 10, 10, 10]}, options=PlanOptions(late_buckets=0)).plan()
    assert result.units("purchases", "P", "N") == [4, 0, 10, 10]
    assert result.units("unserved_demand", "P", "M") == [6, 10, 0, 0]


def test_room_limits_prebuilding_and_rent_is_priced() -> None:
    tables: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew()],
        "storage": [{"store": "W", "family": "F", "capacity": 4, "outside": 2, "outside_cost": 1.5}],
    }
    result = Case(tables=tables, demand={("P", "M"): [2, 2, 25]}, options=PlanOptions(late_buckets=0)).plan()
    assert result.units("projected_stock", "P", "N")[1] == 6
    assert result.variance() == [0, 3, 0]
    assert "supply.room-rented" in result.codes()
    assert sum(result.units("unserved_demand", "P", "M")) == 9
