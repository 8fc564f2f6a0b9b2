from decimal import Decimal

import numpy as np

from tests.finance.tiny import FIRST_OPEN, ahead, flat, make_inputs, month, panel
from trivet.core.company import Company
from trivet.reconcile.capability import (
    backlog_weeks,
    count_overloads,
    find_backlogs,
    find_endings,
    find_overloads,
    find_shortages,
)

ITEMS = [
    {"item": "A", "family": "F"},
    {"item": "B", "family": "G", "policy": "make-to-order"},
    {"item": "SUB", "family": "P"},
    {"item": "PACK", "family": "P", "kind": "material"},
]


def test_overload_names_the_worst_bucket_of_each_resource_worst_first() -> None:
    inputs = make_inputs(items=ITEMS)
    load = panel(
        inputs,
        "load",
        {"resource": ["L1", "L2", "L3"]},
        capacity_hours={("L1",): ahead(100), ("L2",): ahead(50), ("L3",): ahead(10)},
        required_hours={
            ("L1",): {**ahead(90), FIRST_OPEN + 2: 130, FIRST_OPEN + 3: 110},
            ("L2",): {FIRST_OPEN + 1: 75},
        },
        load_hours={("L1",): {FIRST_OPEN + 2: 100}},
    )
    found = find_overloads(load)
    assert [o.resource for o in found] == ["L2", "L1"]
    assert (found[1].label, found[1].need, found[1].planned, found[1].over, found[1].buckets) == (
        "2027-01",
        Decimal("130.00"),
        Decimal("100.00"),
        Decimal("30.000"),
        2,
    )
    assert count_overloads(load) == 3


def test_need_without_any_capacity_is_the_worst_and_has_no_percentage() -> None:
    inputs = make_inputs(items=ITEMS)
    load = panel(inputs, "load", {"resource": ["L1"]}, required_hours={("L1",): {FIRST_OPEN: 5}})
    (found,) = find_overloads(load)
    assert found.need is None
    assert found.over == Decimal(5)


def test_material_built_ahead_of_a_peak_is_no_shortage() -> None:
    inputs = make_inputs(items=ITEMS)
    keys = {"item": ["PACK"], "supplier": ["V"]}
    need = {("PACK", "V"): {FIRST_OPEN + 2: 30}}
    material = panel(inputs, "material", keys, material_need=need, material_cap={("PACK", "V"): ahead(10)})
    assert find_shortages(inputs, material) == ()


def test_shortage_counts_stock_and_says_from_when_how_much_and_for_whom() -> None:
    bill = [
        {"parent": "A", "component": "SUB", "quantity": 1.0},
        {"parent": "SUB", "component": "PACK", "quantity": 2.0},
    ]
    bill += [
        {"parent": "B", "component": "PACK", "quantity": 1.0},
        {"parent": "SUB", "component": "SUB", "quantity": 1.0},
    ]
    counted = [
        {"item": "PACK", "location": "N", "bucket": month(-1), "quantity": 5},
        {"item": "PACK", "location": "S", "bucket": month(-1), "quantity": 3},
        {"item": "PACK", "location": "S", "bucket": month(-2), "quantity": 99},
    ]
    inputs = make_inputs(items=ITEMS, bill_of_materials=bill, stock_history=counted)
    keys = {"item": ["PACK", "PACK"], "supplier": ["V", "W"]}
    material = panel(
        inputs,
        "material",
        keys,
        material_need={("PACK", "V"): {FIRST_OPEN: 20, FIRST_OPEN + 1: 25, FIRST_OPEN + 2: 30}},
        material_cap={("PACK", "V"): ahead(10), ("PACK", "W"): ahead(5)},
    )
    (short,) = find_shortages(inputs, material)
    assert (short.short, short.need, short.cap, short.stock) == tuple(map(Decimal, (22, 75, 45, 8)))
    assert (short.first, short.last) == ("2026-12", "2027-01")
    assert short.suppliers == ("V", "W")
    assert short.families == ("F", "G", "P")


def test_material_without_a_limit_is_never_short() -> None:
    inputs = make_inputs(items=ITEMS)
    keys = {"item": ["PACK", "PACK"], "supplier": ["V", "W"]}
    need = {("PACK", "V"): ahead(1000)}
    material = panel(inputs, "material", keys, material_need=need, material_cap={("PACK", "V"): ahead(1)})
    assert find_shortages(inputs, material) == ()


def test_backlog_weeks_are_whole_buckets_then_the_part_of_the_next() -> None:
    days = np.array([30, 28, 35, 30], dtype=np.int64)
    shipped = np.array([0, 100, 200, 50], dtype=np.int64)
    assert backlog_weeks(np.array([200, 0, 0, 0]), shipped, days, 0) == Decimal("6.5")
    assert backlog_weeks(np.array([0, 0, 0, 0]), shipped, days, 0) == Decimal("0.0")
    assert backlog_weeks(np.array([100, 0, 0, 0]), shipped, days, 0) == Decimal("4.0")


def test_backlog_beyond_the_horizon_runs_on_at_the_mean_pace() -> None:
    days = np.array([28, 28, 28], dtype=np.int64)
    shipped = np.array([0, 10, 10], dtype=np.int64)
    assert backlog_weeks(np.array([40, 0, 0]), shipped, days, 0) == Decimal("16.0")
    assert backlog_weeks(np.array([40, 0, 0]), np.zeros(3, dtype=np.int64), days, 0) is None


def test_backlog_of_a_family_now_at_worst_and_by_policy() -> None:
    inputs = make_inputs(items=ITEMS, inventory_policy=[{"family": "G", "maximum_weeks": 6.0}])
    keys = {"item": ["A", "B"], "location": ["N", "N"]}
    backlog = {FIRST_OPEN - 1: 20, FIRST_OPEN: 30, FIRST_OPEN + 1: 60, **flat(30, FIRST_OPEN + 2)}
    supply = panel(inputs, "supply", keys, order_backlog={("B", "N"): backlog}, site_shipments={("B", "N"): ahead(10)})
    (found,) = find_backlogs(inputs, supply)
    assert (found.family, found.units, found.policy) == ("G", Decimal(20), Decimal(6))
    assert found.opening == Decimal("8.7")
    assert found.when == "2026-12"
    assert found.worst is not None
    assert found.worst > Decimal(25)


def test_nothing_shipped_leaves_the_weeks_open() -> None:
    inputs = make_inputs(items=ITEMS)
    supply = panel(inputs, "supply", {"item": ["B"], "location": ["N"]}, order_backlog={("B", "N"): ahead(5)})
    (found,) = find_backlogs(inputs, supply)
    assert found.worst is None
    assert found.policy is None


def test_stock_left_after_the_last_sale_is_valued_at_cost() -> None:
    items = [
        {"item": "A", "family": "F", "last_sale": month(3).replace(day=28)},
        {"item": "B", "family": "G", "last_sale": month(2)},
        {"item": "C", "family": "G", "last_sale": month(2)},
        {"item": "D", "family": "G", "last_sale": month(-2)},
    ]
    inputs = make_inputs(items=items, markets=[{"market": "DE"}, {"market": "US"}])
    supply = panel(
        inputs,
        "supply",
        {"item": ["A", "A", "B"], "location": ["N", "S", "N"]},
        projected_stock={("A", "N"): {FIRST_OPEN + 3: 7}, ("A", "S"): {FIRST_OPEN + 3: 3}},
    )
    demand = panel(inputs, "demand", {"item": ["A", "A"], "market": ["DE", "US"]}, unit_cost={("A", "US"): ahead(12.5)})
    (found,) = find_endings(inputs, demand, supply)
    assert (found.item, found.last, found.left, found.value) == ("A", "2027-02", Decimal(10), Decimal(125))


def test_company_without_history_has_no_counts() -> None:
    young = Company(name="New", currency="EUR", first_bucket=month(0), cycle=month(0), horizon=3)
    inputs = make_inputs(young, items=ITEMS)
    keys = {"item": ["PACK"], "supplier": ["V"]}
    material = panel(
        inputs, "material", keys, material_need={("PACK", "V"): {0: 5}}, material_cap={("PACK", "V"): {0: 1}}
    )
    assert [short.short for short in find_shortages(inputs, material)] == [Decimal(4)]
    supply = panel(inputs, "supply", {"item": ["B"], "location": ["N"]}, order_backlog={("B", "N"): {0: 2}})
    assert find_backlogs(inputs, supply)[0].units == 0
