"""Targets from a service (F17): safety stock by hand, fill rates, lots, lead times, what can't be computed."""

import numpy as np
import pytest

from tests.supply.supply_company import Case, Row, Rows, line
from trivet.core.ids import Rates
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.supply.panels import supply_panels
from trivet.supply.requirements import require
from trivet.supply.safety import Exposure, factor_for_fill_rate

Z95 = 1.6448536


def targets(policy: Row, *, error: float | None = 10.0, **tables: Rows) -> tuple[list[float], tuple[Issue, ...]]:
    """Give the targets of P at its last location, in units, with a forecast error of 10 unless said otherwise."""
    case = Case(
        tables={"inventory_policy": [{"family": "F", **policy}], "routings": [line()], **tables},
        demand={("P", "M"): [100.0] * 12},
    )
    inputs = case.inputs()
    demand = case.demand_panel(inputs)
    supply, load, material, _ = supply_panels(inputs)
    if error is not None:
        supply = with_error(supply, np.full(supply.rows, error))
    supply, _, _, issues = require(inputs, demand, supply, load, material)
    row = len(supply.keys) - 1
    return [float(v) / 1000 for v in supply.count("target_stock")[row, supply.buckets.horizon]], issues


def with_error(supply: Panel, error: Rates) -> Panel:
    counts = np.rint(error[:, None] * 1000 * np.ones(supply.shape)).astype(np.int64)
    return supply.with_counts({"forecast_error": counts}, present={"forecast_error": np.ones(supply.shape, dtype=bool)})


def test_safety_stock_is_z_times_the_error_of_the_review_period() -> None:
    found, issues = targets({"service": 0.95})
    assert found == [np.ceil(Z95 * 10)] * 12
    assert issues == ()


def test_fill_rate_asks_for_less_than_a_cycle_service_of_the_same_number() -> None:
    cycle, _ = targets({"service": 0.95}, error=40)
    fill, _ = targets({"service": 0.95, "service_kind": "fill"}, error=40)
    factor = factor_for_fill_rate(rate=0.95, deviation=40, lot=100)
    assert fill[0] == np.ceil(factor * 40)
    assert 0 < fill[0] < cycle[0]


def test_half_a_lot_is_kept_above_the_safety_stock() -> None:
    found, _ = targets({"service": 0.95}, routings=[line(minimum=60)])
    assert found[0] == np.ceil(Z95 * 10 + 30)


def test_lead_time_and_its_error_count_where_goods_come_by_a_lane() -> None:
    found, _ = targets(
        {"service": 0.95},
        locations=[{"location": "N", "kind": "plant"}, {"location": "Z", "kind": "dc"}],
        markets=[{"market": "M", "location": "Z"}],
        lanes=[{"origin": "N", "destination": "Z", "lead_time_days": 61, "lead_time_error_days": 6}],
    )
    month = 366 / 12
    exposure = Exposure(demand=100, error=10, lead_time=61 / month, lead_time_error=6 / month)
    assert found[0] == pytest.approx(np.ceil(Z95 * exposure.deviation), abs=1)
    assert found[0] > 30


def test_lead_time_of_the_source_counts_where_goods_are_bought() -> None:
    found, _ = targets(
        {"service": 0.95},
        routings=[],
        supply_sources=[
            {"item": "P", "supplier": "V", "location": "N", "lead_time_days": 91, "multiple": 50, "order_cost": 1}
        ],
    )
    assert found[0] == pytest.approx(np.ceil(Z95 * 10 * 2 + 25), abs=1)


def test_service_below_one_half_asks_for_no_negative_stock() -> None:
    assert targets({"service": 0.2})[0] == [0] * 12


def test_unknown_error_falls_back_to_the_days_of_the_row_and_says_so() -> None:
    found, issues = targets({"service": 0.95, "days": 30}, error=None)
    assert found[0] == pytest.approx(99, abs=3)
    (issue,) = issues
    assert issue.code == "supply.no-service-target"
    assert "P at N" in issue.message
    assert targets({"service": 0.95}, error=None)[0] == [0] * 12


@pytest.mark.parametrize("service", [0.0, 1.0])
def test_service_that_no_stock_gives_is_said(service: float) -> None:
    found, issues = targets({"service": service, "quantity": 7})
    assert found == [7] * 12
    assert issues[0].code == "supply.impossible-service"
    assert f"a service of {service:g}" in issues[0].message


def test_no_safety_stock_without_coming_demand() -> None:
    found, _ = targets({"service": 0.95}, items=[{"item": "P", "family": "F", "last_sale": "2027-02-28"}])
    assert found[0] > 0
    assert found[-1] == 0


def test_nothing_varies_nothing_is_kept() -> None:
    assert targets({"service": 0.95}, error=0.0)[0] == [0] * 12


def test_policies_hold_from_their_bucket_on() -> None:
    case = Case(
        tables={
            "routings": [line()],
            "inventory_policy": [
                {"family": "F", "quantity": 5},
                {"family": "F", "first": "2026-05", "quantity": 20},
                {"item": "P", "first": "2026-07", "quantity": 1},
            ],
        },
        demand={("P", "M"): [10.0] * 6},
    )
    assert case.plan().units("target_stock", "P", "N") == [5, 5, 20, 20, 1, 1]


def test_stated_costs_of_keeping_being_late_and_losing_decide() -> None:
    # One line of 10 a bucket; 18 are asked for in the second one.
    def lost(policy: Row) -> tuple[float, float]:
        case = Case(
            tables={
                "routings": [line()],
                "resources": [{"resource": "R", "location": "N", "lines": 1, "hours_per_day": 0.5}],
                "inventory_policy": [{"family": "F", **policy}],
            },
            demand={("P", "M"): [5, 18, 0]},
        )
        result = case.plan()
        return sum(result.units("unserved_demand", "P", "M")), result.units("projected_stock", "P", "N")[0]

    assert lost({}) == (0, 5)
    assert lost({"hold_cost": 90, "late_cost": 500, "lost_cost": 80})[1] == 0
    assert lost({"hold_cost": 90, "late_cost": 500, "lost_cost": 80})[0] == 8
    assert lost({"hold_cost": 90, "late_cost": 10, "lost_cost": 5000}) == (0, 0)
