"""What the plan stands on: series, capacity, targets and requirements without limits."""

from datetime import date

import numpy as np
import pytest

from tests.supply.supply_company import Case, Rows, crew, line, stock
from trivet.core.ids import GrainName
from trivet.core.panel import Panel, make_keys
from trivet.supply.calendar import working_days
from trivet.supply.network import lead_buckets
from trivet.supply.panels import caps_of, extend, supply_panels
from trivet.supply.requirements import require
from trivet.supply.ways import read_network


def test_working_days_come_from_the_calendar_else_weekdays_less_closures() -> None:
    case = Case(
        tables={
            "calendars": [
                {"calendar": "", "bucket": "2026-03", "working_days": 13},
                {"calendar": "S", "bucket": "2026-04", "working_days": 7.5},
            ],
            "closures": [
                {"calendar": "", "first": "2026-04-03", "last": "2026-04-06", "about": "Easter"},
                {"calendar": "S", "first": "2026-05-01", "about": "Labour day"},
            ],
        }
    )
    inputs = case.inputs()
    # April 2026 has 22 weekdays, two of them (Friday 3, Monday 6) closed; May has 21.
    assert working_days(inputs)[2:5].tolist() == [13, 20, 21]
    assert working_days(inputs, "S")[2:5].tolist() == [13, 7.5, 20]


def test_capacity_is_lines_times_days_times_hours_times_efficiency() -> None:
    tables: dict[str, Rows] = {
        "resources": [{"resource": "R", "location": "N", "lines": 2, "hours_per_day": 15, "efficiency": 0.9}],
        "resource_changes": [
            {"resource": "R", "first": "2026-04", "last": "2026-04", "lines": 1},
            {"resource": "R", "first": "2026-05", "hours_per_day": 10, "efficiency": 0.8},
        ],
    }
    _, load, _, _ = supply_panels(Case(tables=tables).inputs())
    # 20 days: 2 x 15 x .9, then 1 x 15 x .9, then 2 x 10 x .8.
    assert (load.count("capacity_hours")[0] / 1000).tolist()[:5] == [0, 0, 540, 270, 320]


def test_actuals_and_counts_stay_in_closed_buckets() -> None:
    tables: dict[str, Rows] = {
        "production": [{"item": "P", "location": "N", "bucket": "2026-01", "quantity": 7}],
        "stock_history": [stock(units=-5)],
        "routings": [line()],
    }
    supply, _, _, issues = supply_panels(Case(tables=tables).inputs())
    assert supply.count("production")[0].tolist()[:3] == [7000, 0, 0]
    assert supply.count("projected_stock")[0].tolist()[:3] == [0, -5000, 0]
    assert [issue.code for issue in issues] == ["supply.negative-stock"]
    assert issues[0].place.value == "-5.000"


def test_missing_count_of_the_last_closed_bucket_is_said() -> None:
    tables: dict[str, Rows] = {
        "stock_history": [{"item": "P", "location": "N", "bucket": "2026-01", "quantity": 9}],
    }
    _, _, _, issues = supply_panels(Case(tables=tables).inputs())
    assert [issue.code for issue in issues] == ["supply.no-opening-count"]


def test_many_negative_counts_are_summed_up() -> None:
    items = [f"I{n:02d}" for n in range(25)]
    tables: dict[str, Rows] = {
        "items": [{"item": item, "family": "F"} for item in items],
        "stock_history": [stock(item=item, units=-2) for item in items],
    }
    _, _, _, issues = supply_panels(Case(tables=tables).inputs())
    assert len(issues) == 21
    assert "5 more items are counted below zero, 10" in issues[-1].message


def test_caps_of_the_bucket_go_before_the_source() -> None:
    case = Case(
        tables={
            "supply_sources": [{"item": "P", "supplier": "X", "location": "N", "cap": 30}],
            "supplier_caps": [{"item": "P", "supplier": "X", "first": "2026-04", "cap": 2}],
        }
    )
    keys = make_keys({"item": ["P", "P"], "supplier": ["X", "Y"]})
    caps, capped = caps_of(case.inputs(), keys)
    assert (caps[0] / 1000).tolist()[2:5] == [30, 2, 2]
    assert capped.all(axis=1).tolist() == [True, False]


def test_extend_keeps_values_and_masks() -> None:
    inputs = Case().inputs()
    panel = Panel(
        grain=GrainName("supply"), keys=make_keys({"item": ["B"], "location": ["N"]}), buckets=inputs.model.buckets
    )
    ones = np.ones(panel.shape, dtype=np.int64)
    panel = panel.with_counts({"production": ones}, present={"production": ones > 0})
    wider = extend(panel, make_keys({"item": ["A", "B"], "location": ["N", "N"]}))
    assert wider.count("production").sum(axis=1).tolist() == [0, panel.shape[1]]
    assert wider.mask("production").any(axis=1).tolist() == [False, True]
    assert extend(wider, wider.keys) is wider


@pytest.mark.parametrize(("days", "buckets"), [(None, 0), (3, 0), (14, 0), (16, 1), (35, 1), (60, 2)])
def test_lead_times_are_whole_buckets_half_up(days: int | None, buckets: int) -> None:
    assert lead_buckets(days, Case().inputs().model.buckets) == buckets


def test_chase_nets_stock_and_target_and_never_goes_below_zero() -> None:
    # The published law (rules.json, phased-target): targets 10, 20, 5, demand 10 each -> make 20, 20, 0.
    case = Case(tables={"routings": [line()], "resources": [crew()]}, demand={("P", "M"): [10, 10, 10]})
    inputs = case.inputs()
    demand = case.demand_panel(inputs)
    supply, load, material, _ = supply_panels(inputs)
    from trivet.supply.chase import Chase  # noqa: PLC0415

    network = read_network(inputs, supply, load, material)
    asked = np.array([[10_000, 10_000, 10_000]])
    target = np.array([[10_000, 20_000, 5_000]])
    made = Chase(inputs, network, asked, target, np.zeros(1, dtype=np.int64)).run()
    assert made.tolist() == [[20_000, 20_000, 0]]
    assert demand.rows == 1


def test_quota_shares_the_requirement_in_whole_steps() -> None:
    tables: dict[str, Rows] = {
        "locations": [{"location": "N", "kind": "plant"}, {"location": "S", "kind": "plant"}],
        "routings": [line(share=0.6), line(location="S", resource="Q", share=0.4)],
        "resources": [crew(), crew(resource="Q", location="S")],
        "lanes": [{"item": "", "origin": "S", "destination": "N", "lead_time_days": 2}],
    }
    result = Case(tables=tables, demand={("P", "M"): [11, 10]}).plan()
    assert result.units("required_production", "P", "N") == [6, 6]
    assert result.units("required_production", "P", "S") == [5, 4]
    assert result.units("required_hours", "R") == [6, 6]


def test_hours_before_completion_load_the_earlier_bucket() -> None:
    tables: dict[str, Rows] = {"routings": [line(offset=1)], "resources": [crew(per_day=9)]}
    result = Case(tables=tables, demand={("P", "M"): [10, 20, 30]}).plan()
    # What should have started before today loads today.
    assert result.units("required_hours", "R") == [30, 30, 0]
    assert result.units("load_hours", "R")[0] >= 30


def test_unlimited_need_leaves_a_lead_time_earlier() -> None:
    tables: dict[str, Rows] = {
        "locations": [{"location": "N", "kind": "plant"}, {"location": "A", "kind": "dc"}],
        "markets": [{"market": "M", "location": "A"}],
        "routings": [line()],
        "resources": [crew(per_day=9)],
        "lanes": [{"item": "P", "origin": "N", "destination": "A", "lead_time_days": 35, "share": 1}],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 12, 14]}).plan()
    assert result.units("required_production", "P", "N") == [22, 14, 0]


def test_overload_names_who_causes_it() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "G"}],
        "routings": [line(), line(item="Q")],
        "resources": [crew()],
    }
    result = Case(tables=tables, demand={("P", "M"): [9, 3, 3], ("Q", "M"): [6, 2, 2]}).plan()
    message = result.issue("supply.overload").message
    assert "150% of its regular hours in 2026-03 (15 h of 10 h)" in message
    assert "F 60%, G 40%" in message


def test_seasonal_target_does_not_load_the_bucket_before_the_season() -> None:
    # 12 months, 30-day target: the need of a peak shows in the peak, not a month before it.
    season = [10.0, 10, 10, 40, 10, 10, 10, 10, 10, 10, 10, 10]
    tables: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew(per_day=9)],
        "inventory_policy": [{"item": "P", "days": 30}],
        "stock_history": [stock(units=12)],
    }
    result = Case(tables=tables, demand={("P", "M"): season}).plan()
    required = result.units("required_production", "P", "N")
    assert required[2] == 10
    assert required[3] == 40
    # The plan itself does build up to the target of the peak.
    assert result.units("projected_stock", "P", "N")[2] == result.units("target_stock", "P", "N")[2] > 35


def test_target_in_units_is_shared_by_coming_demand() -> None:
    tables: dict[str, Rows] = {
        "locations": [{"location": "N", "kind": "plant"}, {"location": "A", "kind": "dc"}],
        "markets": [{"market": "M", "location": "N"}, {"market": "O", "location": "A"}],
        "routings": [line()],
        "resources": [crew(per_day=9)],
        "lanes": [{"item": "", "origin": "N", "destination": "A", "lead_time_days": 1}],
        "inventory_policy": [{"family": "F", "quantity": 40}],
    }
    result = Case(tables=tables, demand={("P", "M"): [30.0] * 6, ("P", "O"): [10.0] * 6}).plan()
    assert result.units("target_stock", "P", "N") == [30] * 6
    assert result.units("target_stock", "P", "A") == [10] * 6


def test_nothing_is_wanted_after_the_last_sale() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F", "last_sale": "2026-05-31"}],
        "routings": [line()],
        "resources": [crew(per_day=9)],
        "inventory_policy": [{"item": "P", "days": 30}],
        "stock_history": [stock(units=50)],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 10, 10, 0, 0, 0]}, cost={"P": 1190}).plan()
    assert result.units("target_stock", "P", "N")[2:] == [0, 0, 0, 0]
    assert sum(result.units("production", "P", "N")) == 0
    issue = result.issue("supply.excess-after-last-sale")
    assert issue.at_stake == 20 * 1190
    assert issue.place.first == date(2026, 5, 1)


def test_months_of_another_calendar_and_no_demand_are_planned() -> None:
    case = Case(tables={"routings": [line()], "resources": [crew()]}, demand={("P", "M"): [0.0] * 3})
    result = case.plan()
    assert result.units("required_production", "P", "N") == [0, 0, 0]
    inputs = case.inputs()
    supply, load, material, _ = supply_panels(inputs)
    again, _, _, issues = require(inputs, case.demand_panel(inputs), supply, load, material)
    assert again.count("required_production").sum() == 0
    assert issues == ()
