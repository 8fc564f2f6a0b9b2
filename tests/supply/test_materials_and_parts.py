"""Key materials, own parts, firm production: what else limits a plan, and what fixed wishes do to it."""

import pytest

from tests.supply.supply_company import Case, Rows, crew, line, stock
from trivet.core.options import PlanOptions

ON_TIME = PlanOptions(late_buckets=0)


def battery(**source: float) -> dict[str, Rows]:
    return {
        "items": [{"item": "P", "family": "F"}, {"item": "B", "kind": "material", "family": "X"}],
        "routings": [line()],
        "resources": [crew(per_day=5)],
        "bill_of_materials": [{"parent": "P", "component": "B", "quantity": 2}],
        "supply_sources": [{"item": "B", "supplier": "V", "location": "N", **source}],
    }


def test_unlimited_material_is_bought_as_it_is_used() -> None:
    result = Case(tables=battery(), demand={("P", "M"): [10, 20, 5]}).plan()
    assert result.units("material_purchases", "B", "V") == [20, 40, 10]
    assert result.units("material_stock", "B", "V") == [0, 0, 0]
    assert result.units("material_need", "B", "V") == [20, 40, 10]


def test_cap_of_a_supplier_is_bridged_with_material_not_with_goods() -> None:
    # 30 packs a bucket, 2 a unit: the peak of 20 units needs 40, of which 10 are bought a bucket earlier and kept.
    result = Case(tables=battery(cap=30), demand={("P", "M"): [10, 20, 5]}).plan()
    assert result.units("production", "P", "N") == [10, 20, 5]
    assert result.units("material_purchases", "B", "V")[:2] == [30, 30]
    assert result.units("material_stock", "B", "V") == [10, 0, 0]
    assert result.units("projected_stock", "P", "N") == [0, 0, 0]


def test_material_short_names_units_and_money() -> None:
    result = Case(tables=battery(cap=10), demand={("P", "M"): [10, 10, 10]}, options=ON_TIME).plan()
    assert result.units("constrained_demand", "P", "M") == [5, 5, 5]
    issue = result.issue("supply.material-short")
    assert issue.at_stake == pytest.approx(15 * 40)
    assert "15 units of finished goods are lost (F 15)" in issue.message.replace("\n", " ")
    # The same loss is not counted twice.
    assert result.issue("supply.demand-lost").at_stake is None


def test_opening_pool_and_open_orders_count() -> None:
    given = battery(cap=0)
    given["stock_history"] = [stock(item="B", units=12)]
    given["open_purchases"] = [
        {"order": "1", "item": "B", "supplier": "V", "location": "N", "due": "2026-04", "quantity": 8},
        {"order": "2", "item": "B", "supplier": "V", "location": "N", "due": "2026-01", "quantity": 2},
        {"order": "3", "item": "B", "supplier": "V", "location": "N", "due": "2030-01", "quantity": 99},
    ]
    result = Case(tables=given, demand={("P", "M"): [10, 10, 10]}, options=ON_TIME).plan()
    # 12 + 2 overdue = 7 units at once, 8 more packs = 4 units in April.
    assert result.units("production", "P", "N") == [7, 4, 0]
    assert result.units("material_purchases", "B", "V") == [2, 8, 0]


def test_dearer_second_source_is_used_last() -> None:
    given = battery(cap=10)
    given["supply_sources"] = [
        {"item": "B", "supplier": "V", "location": "N", "cap": 10},
        {"item": "B", "supplier": "W", "location": "N", "cap": 6, "extra_cost": 3},
    ]
    result = Case(tables=given, demand={("P", "M"): [8, 8]}, options=ON_TIME).plan()
    assert result.units("material_purchases", "B", "V") == [10, 10]
    assert result.units("material_purchases", "B", "W") == [6, 6]
    assert result.variance() == [18, 18]


def test_bill_of_materials_ends_with_its_dates() -> None:
    given = battery(cap=10)
    given["bill_of_materials"] = [{"parent": "P", "component": "B", "quantity": 2, "last": "2026-03"}]
    result = Case(tables=given, demand={("P", "M"): [8, 8]}, options=ON_TIME).plan()
    assert result.units("production", "P", "N") == [5, 8]


def own_parts() -> dict[str, Rows]:
    return {
        "items": [{"item": "P", "family": "F"}, {"item": "K", "kind": "material", "family": "X"}],
        "routings": [line(), line(item="K", resource="Q")],
        "resources": [crew(per_day=5), crew(resource="Q")],
        "bill_of_materials": [{"parent": "P", "component": "K", "quantity": 1}],
    }


def test_own_part_limits_what_it_goes_into_and_is_made_ahead() -> None:
    # The part's line makes 10 a bucket; the peak of 16 needs 6 parts (not goods) made before.
    result = Case(tables=own_parts(), demand={("P", "M"): [4, 16, 10]}, options=ON_TIME).plan()
    assert result.units("production", "K", "N") == [10, 10, 10]
    assert result.units("constrained_demand", "P", "M") == [4, 16, 10]
    assert result.units("required_production", "K", "N") == [4, 16, 10]
    result.check_balance()


def test_part_of_another_plant_is_fetched_without_a_lane_and_said() -> None:
    given = own_parts()
    given["locations"] = [{"location": "N", "kind": "plant"}, {"location": "S", "kind": "plant"}]
    given["routings"] = [line(), line(item="K", location="S", resource="Q")]
    given["resources"] = [crew(per_day=5), crew(resource="Q", location="S")]
    result = Case(tables=given, demand={("P", "M"): [4, 8]}).plan()
    assert result.units("transfers_in", "K", "N") == [4, 8]
    assert "supply.no-lane" in result.codes()
    result.check_balance()


def test_firm_production_is_kept_to_the_unit() -> None:
    given: dict[str, Rows] = {"routings": [line()], "resources": [crew(per_day=5)]}
    result = Case(tables=given, demand={("P", "M"): [10, 10, 10]}, firm={("P", "N"): [25, 0, -1]}).plan()
    assert result.units("production", "P", "N") == [25, 0, 5]
    result.check_balance()


def test_firm_production_beyond_the_line_is_planned_and_flagged() -> None:
    given: dict[str, Rows] = {"routings": [line()], "resources": [crew()]}
    result = Case(tables=given, demand={("P", "M"): [10, 10]}, firm={("P", "N"): [30, -1]}).plan()
    assert result.units("production", "P", "N") == [30, 0]
    assert result.units("load_hours", "R") == [30, 0]
    assert "20 h more" in result.issue("supply.load-beyond-capacity").message


def test_firm_production_without_material_is_planned_and_flagged() -> None:
    result = Case(tables=battery(cap=4), demand={("P", "M"): [2, 2]}, firm={("P", "N"): [10, 0]}).plan()
    assert result.units("production", "P", "N") == [10, 0]
    assert min(result.units("material_stock", "B", "V")) == -16
    assert "supply.fixed-without-material" in result.codes()


def test_everything_fixed_is_still_a_plan() -> None:
    given: dict[str, Rows] = {"routings": [line()], "resources": [crew()]}
    result = Case(tables=given, demand={("P", "M"): [10, 10]}, firm={("P", "N"): [0, 0]}, options=ON_TIME).plan()
    assert result.units("unserved_demand", "P", "M") == [10, 10]
    result.check_balance()


def test_released_orders_are_made_when_they_are_due() -> None:
    given: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew(per_day=5)],
        "open_production": [{"order": "1", "item": "P", "location": "N", "due": "2026-04", "quantity": 14}],
    }
    result = Case(tables=given, demand={("P", "M"): [10, 10, 10]}).plan()
    assert result.units("production", "P", "N") == [10, 14, 6]
    assert result.units("required_production", "P", "N") == [10, 14, 6]
