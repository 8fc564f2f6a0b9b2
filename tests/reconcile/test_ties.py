from collections.abc import Mapping

import numpy as np
import pytest

from tests.connect.tied import tied
from tests.finance.tiny import FIRST_OPEN, make_inputs, month, panel
from trivet.core.ids import GrainName
from trivet.core.panel import Panel
from trivet.core.summary import Check
from trivet.reconcile.ties import check_stock, run_ties

Panels = Mapping[GrainName, Panel]


def spoiled(grain: str, measure: str, row: Mapping[str, str], offset: int, by: int) -> Panels:
    """The panels of a sound plan with one cell changed by some quanta."""
    panels = dict(tied().plan.panels)
    old = panels[GrainName(grain)]
    keys = [dict(zip(old.keys.columns, key, strict=True)) for key in old.keys.iter_rows()]
    values = old.count(measure).copy()
    values[keys.index(dict(row)), FIRST_OPEN + offset] += by
    panels[GrainName(grain)] = old.with_counts({measure: values})
    return panels


def failed(checks: tuple[Check, ...]) -> dict[str, Check]:
    return {check.name: check for check in checks if not check.passed}


def test_sound_plan_ties_and_says_how_many_places_were_compared() -> None:
    checks = run_ties(tied().inputs, tied().plan.panels)
    assert failed(checks) == {}
    assert all(check.checked > 0 for check in checks)
    assert all("all tie" in check.message for check in checks)


@pytest.mark.parametrize(
    ("grain", "measure", "row", "name", "place"),
    [
        (
            "supply",
            "projected_stock",
            {"item": "BIKE", "location": "N"},
            "stock = opening + receipts - issues",
            "BIKE N 2027-02",
        ),
        (
            "supply",
            "in_transit",
            {"item": "BIKE", "location": "A"},
            "in transit = before + sent - arrived",
            "BIKE 2027-02",
        ),
        (
            "supply",
            "site_shipments",
            {"item": "RACER", "location": "N"},
            "constrained demand = shipments of the sites",
            "RACER 2027-02",
        ),
        (
            "demand",
            "constrained_revenue",
            {"item": "BIKE", "market": "DE"},
            "units x price = money, revenue - cost = margin",
            "BIKE DE 2027-02",
        ),
        (
            "demand",
            "gross_margin",
            {"item": "BIKE", "market": "US"},
            "units x price = money, revenue - cost = margin",
            "BIKE US 2027-02",
        ),
        ("load", "load_hours", {"resource": "L1"}, "load <= capacity + overtime", "L1 2027-02"),
    ],
)
def test_one_quantum_off_fails_and_is_named(
    grain: str, measure: str, row: dict[str, str], name: str, place: str
) -> None:
    by = 1 if measure != "load_hours" else 10**6
    found = failed(run_ties(tied().inputs, spoiled(grain, measure, row, 3, by)))[name]
    assert found.failed >= 1
    assert found.places[0].startswith(place)
    assert found.amount > 0
    assert "differ by" in found.message


def test_stock_off_by_one_unit_is_off_again_in_the_next_bucket() -> None:
    panels = spoiled("supply", "projected_stock", {"item": "BIKE", "location": "N"}, 3, 1000)
    found = failed(run_ties(tied().inputs, panels))["stock = opening + receipts - issues"]
    assert found.places == ("BIKE N 2027-02: differs by +1.000", "BIKE N 2027-03: differs by -1.000")


def test_member_without_a_parent_breaks_the_roll_up() -> None:
    inputs = make_inputs(items=[{"item": "A", "family": "F"}], markets=[{"market": "DE"}])
    keys = {"item": ["A", "GHOST"], "market": ["DE", "DE"]}
    demand = panel(inputs, "demand", keys, shipments={("GHOST", "DE"): {3: 7}, ("A", "DE"): {3: 1}})
    panels = {**tied().plan.panels, GrainName("demand"): demand}
    found = failed(run_ties(inputs, panels))["demand: detail = aggregate on every level"]
    assert any("shipments by family 2025-04: differs by -7.000" in place for place in found.places)


def test_parts_taken_by_production_leave_the_stock_only_while_the_bill_holds() -> None:
    bill = [
        {"parent": "A", "component": "P", "quantity": 2.0, "first": month(0), "last": month(1)},
        {"parent": "A", "component": "ELSEWHERE", "quantity": 2.0},
    ]
    inputs = make_inputs(items=[{"item": "A"}, {"item": "P"}], bill_of_materials=bill)
    keys = {"item": ["A", "P"], "location": ["N", "N"]}
    stock = {FIRST_OPEN - 1: 10, FIRST_OPEN: 6, **dict.fromkeys(range(FIRST_OPEN + 1, FIRST_OPEN + 14), 2)}
    made = {FIRST_OPEN: 2, FIRST_OPEN + 1: 2, FIRST_OPEN + 2: 2}
    left = {t: min(2 * (t - FIRST_OPEN + 1), 6) for t in range(FIRST_OPEN, FIRST_OPEN + 14)}
    supply = panel(
        inputs, "supply", keys, production={("A", "N"): made}, projected_stock={("P", "N"): stock, ("A", "N"): left}
    )
    assert check_stock(inputs, supply).passed
    more = supply.count("production").copy()
    more[0, FIRST_OPEN] += 1000
    assert not check_stock(inputs, supply.with_counts({"production": more})).passed


def test_at_most_ten_places_are_named_largest_first() -> None:
    panels = dict(tied().plan.panels)
    supply = panels[GrainName("supply")]
    spread = np.arange(supply.rows * len(supply.buckets), dtype=np.int64).reshape(supply.shape)
    panels[GrainName("supply")] = supply.with_counts({"purchases": supply.count("purchases") + spread})
    found = failed(run_ties(tied().inputs, panels))["stock = opening + receipts - issues"]
    sizes = [float(place.rpartition(" ")[2].replace(",", "")) for place in found.places]
    assert len(sizes) == 10
    assert sizes == sorted(sizes)
    assert found.failed > 10
