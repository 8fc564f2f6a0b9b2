from dataclasses import replace
from decimal import Decimal

from tests.finance.tiny import FIRST_OPEN, ahead, closed, flat, make_inputs, month, panel
from trivet.core.formula import recompute
from trivet.core.summary import FiscalLine
from trivet.finance.outlook import fiscal_outlook
from trivet.finance.statement import budget_panel

ITEMS = [{"item": "A", "family": "F"}, {"item": "B", "family": "G"}]


def lines(*, cost: float | None = 600, budget: bool = True) -> dict[tuple[str | None, int], FiscalLine]:
    """A sells 10 a month at 100 (then 110), cost 60; B from December 2026 2 at 50 without cost."""
    rows = [{"family": "F", "bucket": month(m), "quantity": 11, "revenue": 1100, "margin": 440} for m in range(-10, 2)]
    inputs = make_inputs(items=ITEMS, markets=[{"market": "DE"}], budget=rows if budget else [])
    booked = {} if cost is None else {"shipped_cost": {("A", "DE"): closed(cost)}}
    demand = panel(
        inputs,
        "demand",
        {"item": ["A", "B"], "market": ["DE", "DE"]},
        shipments={("A", "DE"): closed(10)},
        shipped_revenue={("A", "DE"): closed(1000)},
        constrained_demand={("A", "DE"): ahead(10), ("B", "DE"): flat(2, FIRST_OPEN + 1)},
        unserved_demand={("A", "DE"): {FIRST_OPEN: 3}},
        price={("A", "DE"): ahead(110), ("B", "DE"): ahead(50)},
        unit_cost={("A", "DE"): ahead(60)},
        **booked,
    )
    company = panel(inputs, "company", {}, supply_variance={(): {FIRST_OPEN: 70}})
    demand = recompute(demand, inputs.model.registry)
    found = fiscal_outlook(inputs.model, demand, budget_panel(inputs)[0], company)
    return {(line.family, line.year): line for line in found}


def test_outlook_is_closed_actual_plus_open_plan() -> None:
    line = lines()["F", 2026]
    assert (line.closed, line.complete) == (10, True)
    assert line.units == Decimal(120)
    assert line.revenue == Decimal(10 * 1000 + 2 * 1100)
    assert line.margin == Decimal(10 * 400 + 2 * 500)
    assert not line.estimated


def test_company_margin_is_after_supply_variances_and_its_units_are_not_added() -> None:
    company, family = lines()[None, 2026], lines()["F", 2026]
    assert company.units is None
    assert company.revenue == family.revenue + 100
    assert company.margin == family.margin + 100 - 70


def test_budget_last_year_and_what_was_lost_stand_beside() -> None:
    line = lines()["F", 2026]
    assert (line.budget_units, line.budget_revenue, line.budget_margin) == (Decimal(132), Decimal(13200), Decimal(5280))
    assert line.revenue_gap == Decimal(12200 - 13200)
    assert line.margin_gap == Decimal(5000 - 5280)
    assert (line.last_revenue, line.last_margin, line.last_units) == (Decimal(12000), Decimal(4800), Decimal(120))
    assert line.unserved == Decimal(330)
    assert line.margin_share == Decimal("40.98")
    assert replace(line, margin=line.revenue).margin_share is None
    assert replace(line, revenue=Decimal(0), margin=Decimal(0)).costed


def test_next_year_has_this_year_before_it_and_no_budget_is_none() -> None:
    found = lines()
    assert found["F", 2027].budget_revenue is None
    assert found["F", 2027].revenue_gap is None
    assert found["F", 2027].last_revenue == found["F", 2026].revenue
    assert found["G", 2026].budget_units is None
    assert lines(budget=False)[None, 2026].budget_revenue is None


def test_shipments_booked_without_cost_take_todays_standard_and_say_so() -> None:
    line = lines(cost=None)["F", 2026]
    assert line.estimated
    assert line.margin == Decimal(10 * 400 + 2 * 500)
    assert lines(cost=None)["G", 2026].estimated is False
