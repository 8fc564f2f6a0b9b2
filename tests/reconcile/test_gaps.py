from decimal import Decimal
from typing import Any

import pytest

from tests.finance.tiny import FIRST_OPEN, flat, make_inputs, month, panel
from trivet.core.formula import recompute
from trivet.core.issues import Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.summary import Gap, GapKind
from trivet.finance.statement import budget_panel
from trivet.reconcile.gaps import find_gaps, list_gaps

YEAR = [month(m) for m in range(2, 14)]
ITEMS = [{"item": "A", "family": "F"}, {"item": "B", "family": "G"}]


def case(**tables: Any) -> tuple[PlanInputs, Panel, Panel]:
    """Family F sells 10 a month at 100 (cost 60) in 2027 and loses 1; the budget wanted 12 at 100."""
    budget = [{"family": "F", "bucket": b, "quantity": 12, "revenue": 1200, "margin": 480} for b in YEAR]
    inputs = make_inputs(**{"items": ITEMS, "markets": [{"market": "DE"}], "budget": budget, **tables})
    keys = {"item": ["A", "B"], "market": ["DE", "DE"]}
    ahead = flat(10, FIRST_OPEN + 2)
    demand = panel(
        inputs,
        "demand",
        keys,
        consensus_demand={("A", "DE"): flat(11, FIRST_OPEN + 2), ("B", "DE"): ahead},
        constrained_demand={("A", "DE"): ahead, ("B", "DE"): ahead},
        unserved_demand={("A", "DE"): flat(1, FIRST_OPEN + 2)},
        price={("A", "DE"): flat(100, FIRST_OPEN), ("B", "DE"): flat(5, FIRST_OPEN)},
        unit_cost={("A", "DE"): flat(60, FIRST_OPEN), ("B", "DE"): flat(3, FIRST_OPEN)},
    )
    return inputs, recompute(demand, inputs.model.registry), budget_panel(inputs)[0]


def gaps(**tables: Any) -> dict[tuple[str | None, GapKind], Gap]:
    inputs, demand, budget = case(**tables)
    found = list_gaps(inputs, demand, budget)
    assert {gap.year for gap in found} <= {2026, 2027}
    return {(gap.family, gap.kind): gap for gap in found}


def test_gap_is_outlook_less_budget_with_its_cause_and_owner() -> None:
    gap = gaps()["F", GapKind.REVENUE]
    assert gap.amount == Decimal(12 * (1000 - 1200))
    assert gap.share == Decimal("-16.67")
    assert gap.cause == "units -24, not served EUR -1,200"
    assert gap.owner == "sales"
    assert gap.beyond


def test_margin_gap_belongs_to_finance_and_unserved_demand_to_supply() -> None:
    found = gaps()
    assert found["F", GapKind.MARGIN].amount == Decimal(12 * (400 - 480))
    assert found["F", GapKind.MARGIN].owner == "finance"
    lost = found["F", GapKind.UNSERVED]
    assert (lost.amount, lost.owner, lost.share) == (Decimal(-1200), "supply", Decimal("-9.09"))
    assert "12 units" in lost.cause


def test_family_without_budget_has_no_budget_gap() -> None:
    assert [key for key in gaps() if key[0] == "G"] == []


def test_family_only_the_budget_knows_is_a_gap_of_its_whole_budget() -> None:
    budget = [{"family": "GONE", "bucket": bucket, "revenue": 500} for bucket in YEAR]
    gap = gaps(budget=budget)["GONE", GapKind.REVENUE]
    assert gap.amount == Decimal(-500 * len(YEAR))
    assert gap.cause == "the budget has no units to compare"


def test_a_budget_of_part_of_a_year_is_said_and_not_held_against_it() -> None:
    budget = [{"family": "F", "bucket": YEAR[0], "quantity": 5, "revenue": 500}]
    assert not [key for key in gaps(budget=budget) if key[1] is GapKind.REVENUE]
    inputs, demand, plan = case(budget=budget)
    supply = panel(inputs, "supply", {"item": [], "location": []})
    (issue,) = [i for i in find_gaps(inputs, demand, supply, plan) if i.code == "finance.budget-partial"]
    assert f"covers 1 of the {len(YEAR)} buckets" in issue.message
    assert issue.at_stake == 500


def test_more_than_the_budget_is_a_note_and_less_a_warning() -> None:
    budget = [{"family": "F", "bucket": b, "quantity": 5, "revenue": 500, "margin": 100} for b in YEAR]
    inputs, demand, plan = case(budget=budget)
    supply = panel(inputs, "supply", {"item": [], "location": []})
    issues = {issue.code: issue for issue in find_gaps(inputs, demand, supply, plan)}
    assert issues["gap.above"].severity is Severity.NOTE
    assert issues["gap.margin_above"].severity is Severity.NOTE
    assert issues["gap.unserved"].severity is Severity.WARNING
    assert "EUR +6,000" in issues["gap.above"].message
    assert issues["gap.above"].at_stake == Decimal(6000)


def test_issue_names_family_year_amount_share_and_tolerance() -> None:
    inputs, demand, budget = case()
    supply = panel(inputs, "supply", {"item": [], "location": []})
    first = find_gaps(inputs, demand, supply, budget)[0]
    assert first.place.scope[0].member == "F"
    assert (first.place.first, first.place.last) == (month(2), month(13))
    assert "FY2027: EUR -2,400 (-16.7 %, tolerance 2.0 %)" in first.message
    assert first.at_stake == Decimal(2400)


@pytest.mark.parametrize(("tolerance", "family", "beyond"), [(20.0, "F", False), (20.0, "", False), (20.0, "G", True)])
def test_tolerance_of_the_family_goes_before_the_companys(tolerance: float, family: str, beyond: bool) -> None:
    targets = [{"kpi": "revenue_gap", "family": family, "target": 0.0, "tolerance": tolerance}]
    assert gaps(targets=targets)["F", GapKind.REVENUE].beyond is beyond


def test_gap_inside_its_tolerance_is_listed_but_no_issue() -> None:
    targets = [{"kpi": kpi, "target": 0.0, "tolerance": 50.0} for kpi in ("revenue_gap", "margin_gap", "unserved")]
    inputs, demand, budget = case(targets=targets)
    supply = panel(inputs, "supply", {"item": [], "location": []})
    assert len(list_gaps(inputs, demand, budget)) == 3
    assert find_gaps(inputs, demand, supply, budget) == ()


def test_gaps_are_ranked_by_money() -> None:
    inputs, demand, budget = case()
    amounts = [abs(gap.amount) for gap in list_gaps(inputs, demand, budget)]
    assert amounts == sorted(amounts, reverse=True)


def test_plan_on_budget_has_no_gap() -> None:
    budget = [{"family": "F", "bucket": b, "quantity": 10, "revenue": 1000, "margin": 400} for b in YEAR]
    assert set(gaps(budget=budget)) == {("F", GapKind.UNSERVED)}
