"""Purchases and transfers fixed by hand: the plan is solved around them, and says what can't be."""

from dataclasses import replace

import numpy as np
import pytest

from tests.supply.supply_company import Case, Result, Row, Rows, crew, line, stock
from tests.supply.test_random_companies import company
from trivet.core.options import PlanOptions
from trivet.supply.strains import Strain, Why

ON_TIME = PlanOptions(late_buckets=0)
PACKS, GOODS, MOVED = "firm_material_purchases", "firm_purchases", "firm_transfers"


def two_suppliers(**first: float) -> dict[str, Rows]:
    """Two batteries a unit: A at no extra cost, B at 2 more."""
    return {
        "items": [{"item": "P", "family": "F"}, {"item": "K", "kind": "material", "family": "X"}],
        "routings": [line()],
        "resources": [crew(per_day=50)],
        "bill_of_materials": [{"parent": "P", "component": "K", "quantity": 2}],
        "supply_sources": [
            {"item": "K", "supplier": "A", "location": "N", **first},
            {"item": "K", "supplier": "B", "location": "N", "extra_cost": 2},
        ],
    }


def plant_and_centre(days: int = 0, **more: Rows) -> dict[str, Rows]:
    """A plant N that makes, a centre D that sells."""
    return {
        "locations": [{"location": "N", "kind": "plant"}, {"location": "D", "kind": "warehouse"}],
        "markets": [{"market": "M", "location": "D"}, {"market": "H", "location": "N"}],
        "lanes": [{"origin": "N", "destination": "D", "lead_time_days": days, "cost": 1}],
        "routings": [line()],
        "resources": [crew(per_day=5)],
        **more,
    }


def strain(result: Result, why: Why) -> Strain:
    return next(strain for strain in result.plan.strains if strain.why is why)


def whys(result: Result) -> set[Why]:
    return {strain.why for strain in result.plan.strains}


def test_packs_fixed_at_the_dearer_supplier_cost_the_difference() -> None:
    demand = {("P", "M"): [100.0, 100.0, 100.0]}
    free = Case(tables=two_suppliers(), demand=demand, options=ON_TIME).plan()
    held = {PACKS: {("K", "B"): [-1.0, 100.0, -1.0]}}
    fixed = Case(tables=two_suppliers(), demand=demand, options=ON_TIME, held=held).plan()
    assert free.variance() == [0, 0, 0]
    assert fixed.units("material_purchases", "K", "B") == [0, 100, 0]
    assert fixed.units("material_purchases", "K", "A")[1] == 100
    assert fixed.variance() == [0, 200, 0]
    assert fixed.units("constrained_demand", "P", "M") == [100, 100, 100]
    assert fixed.plan.strains == ()


def test_packs_fixed_above_the_cap_are_planned_and_the_excess_is_said() -> None:
    held = {PACKS: {("K", "A"): [30.0, -1.0, -1.0]}}
    case = Case(tables=two_suppliers(cap=10), demand={("P", "M"): [10.0] * 3}, options=ON_TIME, held=held)
    result = case.plan()
    assert result.units("material_purchases", "K", "A")[0] == 30
    above = strain(result, Why.ABOVE_CAP)
    assert (above.measure, above.amount.sum()) == (PACKS, 20_000)
    assert above.amount[0, 0] == 20_000


def test_packs_fixed_at_none_lose_the_customers_and_say_so() -> None:
    tables = two_suppliers()
    tables["supply_sources"] = [{"item": "K", "supplier": "A", "location": "N"}]
    held = {PACKS: {("K", "A"): [-1.0, 0.0, -1.0]}}
    result = Case(tables=tables, demand={("P", "M"): [10.0] * 3}, options=ON_TIME, held=held).plan()
    # Nothing hinders the plan from buying a month earlier.
    assert result.units("material_purchases", "K", "A") == [40, 0, 20]
    assert result.plan.strains == ()
    held = {PACKS: {("K", "A"): [0.0, 0.0, -1.0]}}
    result = Case(tables=tables, demand={("P", "M"): [10.0] * 3}, options=ON_TIME, held=held).plan()
    assert result.units("unserved_demand", "P", "M") == [10, 10, 0]
    assert strain(result, Why.CUSTOMERS).amount.sum() == 20_000


def test_what_is_on_order_comes_whatever_the_hand_says() -> None:
    order: Row = {"order": "1", "item": "K", "supplier": "A", "location": "N", "due": "2026-04", "quantity": 8}
    tables = {**two_suppliers(), "open_purchases": [order]}
    held = {PACKS: {("K", "A"): [-1.0, 5.0, -1.0]}}
    result = Case(tables=tables, demand={("P", "M"): [10.0] * 3}, options=ON_TIME, held=held).plan()
    assert result.units("material_purchases", "K", "A")[1] == 8
    assert strain(result, Why.ON_ORDER).amount.sum() == 3_000
    more = {PACKS: {("K", "A"): [-1.0, 12.0, -1.0]}}
    result = Case(tables=tables, demand={("P", "M"): [10.0] * 3}, options=ON_TIME, held=more).plan()
    assert result.units("material_purchases", "K", "A")[1] == 12


def bought_goods(*suppliers: str, **terms: float) -> dict[str, Rows]:
    rows: list[Row] = [
        {"item": "P", "supplier": s, "location": "N", "extra_cost": i, **terms} for i, s in enumerate(suppliers)
    ]
    return {"supply_sources": rows}


@pytest.mark.parametrize("suppliers", [("A",), ("A", "B")])
def test_goods_bought_are_what_the_hand_says_and_more_is_kept(suppliers: tuple[str, ...]) -> None:
    case = Case(tables=bought_goods(*suppliers), demand={("P", "M"): [10.0] * 3}, options=ON_TIME)
    result = replace(case, held={GOODS: {("P", "N"): [25.0, -1.0, 0.0]}}).plan()
    assert result.units("purchases", "P", "N") == [25, 5, 0]
    assert result.units("unserved_demand") == [0, 0, 0]
    result.check_balance()
    short = replace(case, held={GOODS: {("P", "N"): [4.0, -1.0, -1.0]}}).plan()
    assert short.units("purchases", "P", "N") == [4, 10, 10]
    assert strain(short, Why.CUSTOMERS).amount.sum() == 6_000


def test_goods_fixed_above_caps_come_from_the_cheapest_and_below_a_lot_too() -> None:
    tables = bought_goods("A", "B", cap=6)
    case = Case(tables=tables, demand={("P", "M"): [10.0] * 3}, options=ON_TIME)
    result = replace(case, held={GOODS: {("P", "N"): [20.0, -1.0, -1.0]}}).plan()
    assert result.units("purchases", "P", "N")[0] == 20
    assert strain(result, Why.ABOVE_CAP).amount.sum() == 8_000
    assert result.variance()[0] == 6  # B gives its 6 at 1 more each, A the rest
    lots = bought_goods("A", minimum=8, order_cost=5)
    small = replace(case, tables=lots, held={GOODS: {("P", "N"): [3.0, -1.0, -1.0]}}).plan()
    assert small.units("purchases", "P", "N")[0] == 3
    assert small.codes().count("supply.not-solved") == 0


def test_goods_fixed_where_nobody_sells_them_are_not_planned_and_said() -> None:
    case = Case(tables=plant_and_centre(), demand={("P", "M"): [10.0] * 3}, options=ON_TIME)
    result = replace(case, held={GOODS: {("P", "D"): [5.0, 0.0, -1.0]}}).plan()
    assert result.units("purchases") == [0, 0, 0]
    assert strain(result, Why.NO_SOURCE).amount.sum() == 5_000


def test_transfers_fixed_at_none_leave_the_centre_short() -> None:
    case = Case(tables=plant_and_centre(), demand={("P", "M"): [10.0] * 3}, options=ON_TIME)
    result = replace(case, held={MOVED: {("P", "D"): [0.0, -1.0, -1.0]}}).plan()
    assert result.units("transfers_in", "P", "D") == [0, 10, 10]
    assert result.units("unserved_demand", "P", "M") == [10, 0, 0]
    assert strain(result, Why.CUSTOMERS).amount.sum() == 10_000
    result.check_balance()


def test_transfers_fixed_are_sent_before_customers_of_the_plant_are_served() -> None:
    # The plant makes 10 a month; 8 must reach the centre in the third, and goods are kept for them.
    tables = plant_and_centre(resources=[crew()])
    demand = {("P", "M"): [0.0, 0.0, 0.0], ("P", "H"): [10.0, 10.0, 10.0]}
    case = Case(tables=tables, demand=demand, options=ON_TIME, held={MOVED: {("P", "D"): [-1.0, 0.0, 18.0]}})
    result = case.plan()
    assert result.units("transfers_in", "P", "D") == [0, 0, 18]
    assert sum(result.units("constrained_demand", "P", "H")) == 12
    assert result.plan.strains == ()
    result.check_balance()


def test_transfers_that_would_have_left_before_today_or_are_not_there_are_missed_and_said() -> None:
    tables = plant_and_centre(30, resources=[crew()])
    case = Case(tables=tables, demand={("P", "M"): [0.0, 5.0, 5.0]}, options=ON_TIME)
    result = replace(case, held={MOVED: {("P", "D"): [7.0, 25.0, -1.0]}}).plan()
    assert strain(result, Why.LEFT_ALREADY).amount.sum() == 7_000
    assert strain(result, Why.NOT_THERE).amount.sum() == 15_000
    assert result.units("transfers_in", "P", "D")[:2] == [0, 10]
    result.check_balance()


def test_transfers_where_no_lane_leads_are_said() -> None:
    case = Case(tables=plant_and_centre(), demand={("P", "M"): [10.0] * 3}, options=ON_TIME)
    result = replace(case, held={MOVED: {("P", "N"): [3.0, 0.0, -1.0]}}).plan()
    assert strain(result, Why.NO_LANE).amount.sum() == 3_000


def test_transfers_over_several_lanes_add_up_to_the_hand() -> None:
    tables: dict[str, Rows] = {
        "locations": [{"location": place, "kind": "plant"} for place in "NSD"],
        "markets": [{"market": "M", "location": "D"}],
        "lanes": [
            {"origin": "N", "destination": "D", "lead_time_days": 0, "cost": 1},
            {"origin": "S", "destination": "D", "lead_time_days": 30, "cost": 2},
        ],
        "routings": [line(), line(location="S", resource="Q")],
        "resources": [crew(per_day=0.35), crew("Q", "S")],
        "stock_history": [stock(location="S", units=20)],
    }
    case = Case(tables=tables, demand={("P", "M"): [10.0] * 4}, options=ON_TIME)
    result = replace(case, held={MOVED: {("P", "D"): [-1.0, 13.0, 0.0, -1.0]}}).plan()
    assert result.units("transfers_in", "P", "D")[1:3] == [13, 0]
    result.check_balance()


def in_hand(case: Case, seed: int) -> Case:
    """Fix by hand, at random, what a plan buys and moves."""
    draw, free = np.random.default_rng(seed), case.plan()
    held: dict[str, dict[tuple[str, str], list[float]]] = {}
    for firm, solved in ((GOODS, "purchases"), (MOVED, "transfers_in"), (PACKS, "material_purchases")):
        for key in free.panel("material" if firm == PACKS else "supply").keys.rows():
            units = free.units(solved, *key)
            if any(units) and draw.random() < 0.5:
                moved = [float(round(u * draw.choice([0.0, 0.5, 1.0]))) if draw.random() < 0.4 else -1.0 for u in units]
                held.setdefault(firm, {})[key] = moved
    return replace(case, held=held)


@pytest.mark.parametrize("pieces", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 5, 8])
def test_what_is_held_never_moves(seed: int, pieces: bool) -> None:
    case = in_hand(company(seed), seed)
    if pieces:
        case.options = replace(case.options, largest_programme=0)
    result = case.plan()
    assert "supply.not-solved" not in result.codes()
    result.check_balance()
    for firm, solved in ((GOODS, "purchases"), (MOVED, "transfers_in"), (PACKS, "material_purchases")):
        panel = result.panel("material" if firm == PACKS else "supply")
        open_ = panel.buckets.horizon
        off = np.zeros_like(panel.count(firm)[:, open_])
        for one in result.plan.strains:
            if one.measure == firm:
                off += {Why.ON_ORDER: 1, Why.LEFT_ALREADY: -1, Why.NOT_THERE: -1}.get(one.why, 0) * one.amount
        if firm in case.held:
            fixed = panel.mask(firm)[:, open_]
            assert np.array_equal(panel.count(solved)[:, open_][fixed], (panel.count(firm)[:, open_] + off)[fixed])
