"""The budget spread top-down to the plan's detail: exact, by the plan's split (M3, F5)."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.finance.tiny import FIRST_OPEN, ahead, make_inputs, month, panel
from trivet.core.fiscal import families_of, sum_by
from trivet.core.formula import recompute
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.finance.statement import budget_panel
from trivet.reconcile.topdown import spread_budget

NEXT = FIRST_OPEN + 1


def case(*budget: dict[str, Any], plan: dict[tuple[str, str], dict[int, float]]) -> tuple[PlanInputs, Panel, Panel]:
    inputs = make_inputs(
        items=[{"item": "A", "family": "F"}, {"item": "B", "family": "F"}, {"item": "C", "family": "G"}],
        markets=[{"market": "DE", "region": "North"}, {"market": "FR", "region": "West"}],
        budget=[{"bucket": month(1), **row} for row in budget],
    )
    demand = panel(
        inputs,
        "demand",
        {"item": [key[0] for key in plan], "market": [key[1] for key in plan]},
        constrained_demand=plan,
        price={key: ahead(10) for key in plan},
        unit_cost={key: ahead(6) for key in plan},
    )
    return inputs, recompute(demand, inputs.model.registry), budget_panel(inputs)[0]


def spread(*budget: dict[str, Any], plan: dict[tuple[str, str], dict[int, float]]) -> tuple[Panel, dict[Any, int]]:
    inputs, demand, given_budget = case(*budget, plan=plan)
    found = spread_budget(inputs.model, demand, given_budget)
    return found, dict(zip(found.keys.rows(), found.count("budget_units")[:, NEXT].tolist(), strict=True))


SPLIT = {("A", "DE"): {NEXT: 3.0}, ("A", "FR"): {NEXT: 1.0}, ("B", "DE"): {NEXT: 1.0}, ("C", "DE"): {NEXT: 5.0}}


def test_a_family_is_spread_by_the_plans_split() -> None:
    _, units = spread({"family": "F", "quantity": 20}, plan=SPLIT)
    assert units == {("A", "DE"): 12_000, ("A", "FR"): 4_000, ("B", "DE"): 4_000, ("C", "DE"): 0}


def test_a_region_is_spread_over_its_own_markets() -> None:
    _, units = spread({"family": "F", "region": "North", "quantity": 20}, plan=SPLIT)
    assert units == {("A", "DE"): 15_000, ("A", "FR"): 0, ("B", "DE"): 5_000, ("C", "DE"): 0}


def test_the_remainder_goes_to_the_largest_and_nothing_is_lost() -> None:
    found, _ = spread({"family": "F", "revenue": 0.0002}, plan=SPLIT)
    assert (
        sorted(found.count("budget_revenue")[:, NEXT].tolist()) == [0, 0, 1, 1]
        or found.count("budget_revenue").sum() == 2
    )
    assert found.mask("budget_revenue")[:, NEXT].sum() == 3
    assert not found.mask("budget_units").any()


def test_a_bucket_without_a_plan_is_split_as_its_year_and_else_equally() -> None:
    later = {("A", "DE"): {NEXT + 1: 3.0}, ("B", "DE"): {FIRST_OPEN: 1.0}, ("C", "DE"): {}}
    _, units = spread({"family": "F", "quantity": 8}, {"family": "G", "quantity": 3}, plan=later)
    assert units == {("A", "DE"): 0, ("B", "DE"): 8_000, ("C", "DE"): 3_000}  # only B is planned in FY2026
    _, units = spread({"family": "F", "quantity": 8}, plan={("A", "DE"): {}, ("B", "DE"): {}})
    assert units == {("A", "DE"): 4_000, ("B", "DE"): 4_000}


def test_a_loss_is_spread_as_a_loss() -> None:
    found, _ = spread({"family": "F", "margin": -100}, plan=SPLIT)
    assert found.count("budget_margin")[:, NEXT].tolist() == [-600_000, -200_000, -200_000, 0]


def test_a_budget_of_what_nobody_plans_stays_in_the_total() -> None:
    _, units = spread({"family": "GONE", "quantity": 7}, {"family": "F", "quantity": 4}, plan=SPLIT)
    assert units["Unassigned", "Unassigned"] == 7_000
    assert sum(units.values()) == 11_000


@given(
    weights=st.lists(st.integers(0, 10**6), min_size=3, max_size=3),
    total=st.integers(-(10**12), 10**12),
)
@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_added_up_by_family_it_is_the_budget(weights: list[int], total: int) -> None:
    keys = [("A", "DE"), ("B", "DE"), ("C", "DE")]
    plan = {key: {NEXT: weight / 1000} for key, weight in zip(keys, weights, strict=True)}
    inputs, demand, budget = case({"family": "F", "revenue": 1}, plan=plan)
    counts = np.where(budget.mask("budget_revenue"), total, 0).astype(np.int64)
    budget = budget.with_counts({"budget_revenue": counts})
    found = spread_budget(inputs.model, demand, budget)
    names, sums = sum_by(families_of(inputs.model, found), found.count("budget_revenue"))
    assert sums[names.index("F"), NEXT] == total
    assert int(found.count("budget_revenue").sum()) == total
