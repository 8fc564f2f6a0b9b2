"""Booked hours against hours a unit: what ignores quantity, takes longer than its standard, or was never shown."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Final

import pytest

import trivet.examples
from tests.connect.folders import SPECS
from tests.demand.demand_company import MakeInputs, Rows, Words, company_builder, monthly
from trivet.connect.folder import read_folder
from trivet.core.issues import Issue
from trivet.core.measures import parse_measures
from trivet.core.plan import PlanInputs
from trivet.planning.booked_hours import find_booked
from trivet.planning.contradictions import find_overruns
from trivet.planning.inputs import build_inputs

REGISTRY = parse_measures(files("trivet.core").joinpath("measures.toml").read_text())
make: MakeInputs = company_builder(Words(specs=SPECS, registry=REGISTRY))
QUANTITIES: Final = (100.0, 20.0, 60.0, 100.0, 20.0, 60.0)
"""Units of A made from July to December 2025; half an hour each by the routing."""


def company(hours: list[float], operations: list[int | None], item: str = "", per_day: float = 10) -> PlanInputs:
    months = [f"2025-{month:02d}" for month in range(7, 13)]
    tables: dict[str, Rows] = {
        "items": [{"item": "A", "family": "City"}],
        "markets": [{"market": "M"}],
        "shipments": monthly([10.0] * 36, "A"),
        "production": [
            {"item": "A", "location": "", "bucket": month, "quantity": quantity}
            for month, quantity in zip(months, QUANTITIES, strict=True)
        ],
        "resources": [{"resource": "L", "location": "MAIN", "lines": 1, "hours_per_day": per_day, "crew_cost": 10}],
        "routings": [{"item": "A", "location": "MAIN", "resource": "L", "hours_per_unit": 0.5}],
        "calendars": [{"calendar": "", "bucket": month, "working_days": 5} for month in months],
        "hours_worked": [
            {"resource": "L", "item": item, "bucket": month, "hours": booked, "operations": count}
            for month, booked, count in zip(months, hours, operations, strict=True)
        ],
    }
    return make(**tables)


def told(inputs: PlanInputs) -> dict[str, Issue]:
    return {issue.code: issue for issue in find_booked(inputs)}


@pytest.mark.parametrize("item", ["", "A"])
def test_hours_that_are_the_same_for_every_order_are_told_with_hours_and_money(item: str) -> None:
    found = told(company([20.0, 20.0, 40.0, 20.0, 20.0, 40.0], [5, 5, 10, 5, 5, 10], item))
    assert list(found) == ["data.hours-ignore-quantity"]
    one = found["data.hours-ignore-quantity"]
    # Standard: 50, 10, 30, 50, 10, 30 h; off by 30 + 10 + 10, twice.
    assert "160 h were booked on 40 operations, 4 h each whatever they made" in one.message
    assert "Quantity x hours a unit gives 180 h, and bucket by bucket 100 h more or less (62%)" in one.message
    assert "2.0 times as many hours were booked in 2025-08, 0.4 times in 2025-07" in one.message
    assert one.at_stake == 1000
    assert str(one.place.scope[0]) == "resource L"


def test_hours_that_follow_quantity_are_no_contradiction() -> None:
    assert told(company([50.0, 10.0, 30.0, 50.0, 10.0, 30.0], [5, 5, 10, 5, 5, 10])) == {}


def test_a_steady_crew_whose_orders_are_not_counted_is_not_accused() -> None:
    assert "data.hours-ignore-quantity" not in told(company([30.0] * 6, [None] * 6))


def test_hours_above_standard_are_told_with_what_a_standard_hour_took() -> None:
    one = told(company([60.0, 12.0, 36.0, 60.0, 12.0, 36.0], [5] * 6, per_day=100))["data.hours-off-standard"]
    assert "216 h were booked, 20% more than quantity x hours a unit gives (180 h)" in one.message
    assert "a standard hour took 1.20 h" in one.message
    assert one.at_stake == 360


def test_capacity_is_demonstrated_by_full_buckets_only() -> None:
    # 50 h a bucket; full in July, September, October and December: 50, 30, 50, 30 standard hours.
    one = told(company([50.0, 20.0, 46.0, 50.0, 20.0, 48.0], [5] * 6))["data.capacity-not-demonstrated"]
    assert "in the 4 closed buckets with a load of 90% or more it gave 40 standard hours a bucket" in one.message
    assert "it is planned with 50 (80% demonstrated)" in one.message
    assert one.at_stake == 400
    few = told(company([50.0, 20.0, 30.0, 50.0, 20.0, 30.0], [5] * 6))
    assert "data.capacity-not-demonstrated" not in few


def test_too_few_buckets_prove_nothing() -> None:
    assert told(company([20.0, 0.0, 20.0, 0.0, 20.0, 0.0], [5, 0, 5, 0, 5, 0])) == {}


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (300.0, "300 h were booked in that bucket, 6.0 times what it has: lines are missing"),
        (20.0, "20 h were booked in that bucket: hours a unit are too long"),
    ],
)
def test_booked_hours_say_which_side_of_an_overrun_is_wrong(hours: float, said: str) -> None:
    inputs = company([hours] * 6, [5] * 6, per_day=10)
    routings = inputs.table("routings").with_columns(hours_per_unit=2.0)
    (one,) = find_overruns(replace(inputs, tables={**inputs.tables, "routings": routings}))
    assert "4.0 times the hours it has" in one.message
    assert said in one.message
    assert "(4 lines would have run it)" in one.advice


def test_hours_of_adventureworks_ignore_quantity_at_every_centre(shared: Path) -> None:
    mapping = (Path(trivet.examples.__file__).parent / "mappings" / "adventureworks.toml").read_text("utf-8")
    load = read_folder(shared / "data" / "adventureworks", SPECS, mapping_text=mapping)
    inputs = build_inputs(load.company, load.tables, SPECS, REGISTRY)[0]
    found = find_booked(inputs)
    assert {issue.code for issue in found} == {"data.hours-ignore-quantity"}
    assert [
        (str(issue.place.scope[0].member), issue.message.split(" whatever")[0], str(issue.at_stake)) for issue in found
    ] == [
        ("10", "27,044 h were booked on 6,596 operations, 4.1 h each", "240974.96"),
        ("20", "13,408 h were booked on 3,831 operations, 3.5 h each", "141866.39"),
        ("30", "863 h were booked on 863 operations, 1 h each", "6380.01"),
        ("40", "984 h were booked on 492 operations, 2 h each", "7870.51"),
        ("45", "742 h were booked on 371 operations, 2 h each", "7134.84"),
        ("50", "62,505 h were booked on 20,835 operations, 3 h each", "296909.54"),
        ("60", "44,776 h were booked on 11,194 operations, 4 h each", "218916.55"),
    ]
    assert "bucket by bucket 17,871 h more or less (40%)" in found[-1].message
