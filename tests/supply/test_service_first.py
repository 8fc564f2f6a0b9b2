"""Service first: customers before stock before money, each tier with its tolerance, told in the answer."""

from dataclasses import replace

import pytest

from tests.supply.supply_company import Case, Result, Rows, crew, line
from tests.supply.test_random_companies import (
    check_hours,
    check_lots,
    check_markets,
    check_nothing_lost_beside_stock,
    check_people,
    company,
)
from trivet.core.options import Objective, PlanOptions

SERVICE = PlanOptions(objective=Objective.SERVICE)


def dear_overtime(**more: Rows) -> Case:
    """Overtime costs more than a lost unit earns: 10 hours a month, 12 asked for."""
    tables: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew(overtime=0.5, crew_cost=400, overtime_premium=1.0)],
        **more,
    }
    return Case(tables=tables, demand={("P", "M"): [12.0] * 6})


def served(result: Result) -> float:
    return sum(result.units("constrained_demand"))


def test_margin_refuses_what_costs_more_than_it_earns_and_service_does_not() -> None:
    case = dear_overtime()
    margin, service = case.plan(), replace(case, options=SERVICE).plan()
    assert served(margin) == 60
    assert served(service) == 72
    assert sum(service.variance()) > sum(margin.variance())
    service.check_balance()


def test_every_tier_is_told_with_its_least_value_and_tolerance() -> None:
    result = replace(dear_overtime(inventory_policy=[{"item": "P", "quantity": 40}]), options=SERVICE).plan()
    said = result.issue("supply.service-first").message
    assert "lost and late demand 0 (at least 0, tolerance 0.1%)" in said
    assert "stock below target" in said
    assert "tolerance 1.0%" in said
    assert [one.tier.name for one in result.plan.tiers] == ["lost and late demand", "stock below target"]
    for one in result.plan.tiers:
        assert one.least is not None
        assert one.least * (1 - 1e-6) <= one.value <= one.least * (1 + one.tier.tolerance) + 1


def test_plan_by_margin_has_no_tiers() -> None:
    result = dear_overtime().plan()
    assert result.plan.tiers == ()
    assert "supply.service-first" not in result.codes()


def test_stock_wanted_comes_before_money_too() -> None:
    # Demand is met from regular hours; only overtime dearer than SHORT of a lost unit fills the stock.
    case = Case(
        tables={
            "routings": [line()],
            "resources": [crew(overtime=0.5, crew_cost=400, overtime_premium=1.0)],
            "inventory_policy": [{"item": "P", "quantity": 5}],
        },
        demand={("P", "M"): [10.0] * 6},
    )
    margin, service = case.plan(), replace(case, options=SERVICE).plan()
    assert sum(margin.units("projected_stock")[:-1]) == 0
    assert service.units("projected_stock") == [5] * 6


def test_among_plans_that_serve_alike_the_cheapest_is_chosen() -> None:
    # Enough hours for all: both ways make the same plan.
    case = Case(tables={"routings": [line()], "resources": [crew(per_day=2)]}, demand={("P", "M"): [12.0] * 6})
    margin, service = case.plan(), replace(case, options=SERVICE).plan()
    assert margin.plan.demand.digest() == service.plan.demand.digest()
    assert margin.plan.supply.digest() == service.plan.supply.digest()


@pytest.mark.parametrize("seed", range(6))
def test_random_companies_keep_common_sense_and_lose_no_more_than_by_margin(seed: int) -> None:
    case = company(seed)
    result = replace(case, options=replace(case.options, objective=Objective.SERVICE)).plan()
    result.check_balance()
    check_markets(result)
    check_nothing_lost_beside_stock(result)
    check_hours(result)
    check_lots(result)
    check_people(result)
    lost = {one.tier.name: one for one in result.plan.tiers}["lost and late demand"]
    assert lost.least is not None
    if seed % 3 == 0:  # without lots and whole people every tier is kept
        assert lost.value <= lost.least * 1.001 + 1


def test_service_first_is_the_same_plan_again_cold_and_nearly_the_same_warm() -> None:
    case = replace(dear_overtime(), options=SERVICE)
    first, again = case.plan(), case.plan()
    assert first.plan.supply.digest() == again.plan.supply.digest()
    assert first.issues == again.issues
    warm = replace(case, basis=first.plan.basis).plan()
    assert warm.plan.supply.digest() == first.plan.supply.digest()


def test_a_plan_by_margin_begins_from_the_basis_of_one_by_service_and_back() -> None:
    case = dear_overtime()
    service = replace(case, options=SERVICE).plan()
    margin = replace(case, basis=service.plan.basis).plan()
    assert margin.plan.demand.digest() == case.plan().plan.demand.digest()
    back = replace(case, options=SERVICE, basis=margin.plan.basis).plan()
    assert back.plan.demand.digest() == service.plan.demand.digest()


def test_in_pieces_tiers_are_weights_and_the_answer_says_so() -> None:
    case = company(0)
    options = replace(case.options, objective=Objective.SERVICE, largest_programme=1)
    result = replace(case, options=options).plan()
    result.check_balance()
    said = result.issue("supply.service-first").message
    assert "weighed 100 times, since the plan is solved in pieces" in said
    whole = replace(case, options=replace(options, largest_programme=600_000)).plan()
    assert served(result) == pytest.approx(served(whole), rel=0.03)


def test_rules_of_allocation_hold_in_pieces() -> None:
    case = company(3)
    rules: Rows = [{"market": "Y", "rule": "priority", "priority": 1}]
    tables = {**case.tables, "allocation": rules}
    options = replace(case.options, largest_programme=1)
    pieces = replace(case, tables=tables, options=options).plan()
    whole = replace(case, tables=tables).plan()
    assert "supply.in-pieces" in pieces.codes()
    for market in ("Y", "K", "M"):
        amounts = [sum(sum(r.units("constrained_demand", item, market)) for item in "ABCD") for r in (pieces, whole)]
        assert amounts[0] == pytest.approx(amounts[1], rel=0.05)
