"""The reconciliation matrix of a company small enough to add up by hand (C5)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.finance.tiny import FIRST_OPEN, ahead, flat, make_inputs, month, panel
from trivet.core.buckets import Period
from trivet.core.formula import recompute
from trivet.core.pairs import NOW, TOGETHER, GapCell, GapMatrix, Pair
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.finance.statement import budget_panel
from trivet.reconcile.matrix import Rows, Sides, draw_matrix, spans_of

YEAR = [month(m) for m in range(2, 14)]
ITEMS = [
    {"item": "A", "family": "F"},
    {"item": "B", "family": "F"},
    {"item": "C", "family": "G"},
    {"item": "M", "family": "Parts", "kind": "material"},
]
PEOPLE = [
    {"person": "clara", "name": "Clara", "role": "coordinator"},
    {"person": "kai", "name": "Kai", "role": "supply", "family": "F"},
    {"person": "piotr", "name": "Piotr", "role": "supply"},
    {"person": "sofia", "name": "Sofia", "role": "sales", "region": "North"},
    {"person": "wim", "name": "Wim", "role": "sales", "region": "West"},
]
TABLES: dict[str, Any] = {
    "items": ITEMS,
    "markets": [{"market": "DE", "region": "North"}, {"market": "FR", "region": "West"}],
    "budget": [
        {"family": "F", "region": region, "bucket": b, "quantity": 12, "revenue": 1200, "margin": 480}
        for b in YEAR
        for region in ("North", "West")
    ],
    "stock_history": [
        {"item": "A", "location": "MAIN", "bucket": month(-1), "quantity": 50},
        {"item": "C", "location": "MAIN", "bucket": month(-1), "quantity": 7},
        {"item": "M", "location": "MAIN", "bucket": month(-1), "quantity": 99},
    ],
    "open_production": [
        {"order": "P1", "item": "A", "location": "MAIN", "due": month(0), "quantity": 8},
        {"order": "P0", "item": "A", "location": "MAIN", "due": month(-2), "quantity": 2},
        {"order": "P2", "item": "B", "location": "MAIN", "due": month(1), "quantity": 4},
    ],
    "open_purchases": [
        {"order": "B1", "item": "M", "supplier": "S", "location": "MAIN", "due": month(1), "quantity": 25, "price": 7.0}
    ],
    "supply_sources": [{"item": "M", "supplier": "S", "location": "MAIN"}],
    "routings": [{"item": "A", "location": "MAIN", "resource": "L1", "hours_per_unit": 1.0}],
    "resources": [{"resource": "L1", "location": "MAIN", "lines": 1.0, "hours_per_day": 8.0}],
    "ledger": [{"account": "4000", "bucket": month(-1), "amount": -5100}],
    "ledger_map": [{"account": "4000", "line": "revenue"}],
    "people": PEOPLE,
}


def sides(**tables: Any) -> Sides:
    """F: A asks 10 a month in DE and 5 in FR and loses 1 in DE; B asks 4 in DE. G: C asks 3. Price 100, cost 60."""
    inputs = make_inputs(**{**TABLES, **tables})
    rows = [("A", "DE"), ("A", "FR"), ("B", "DE"), ("C", "DE")]
    asked = dict(zip(rows, (10.0, 5.0, 4.0, 3.0), strict=True))
    demand = panel(
        inputs,
        "demand",
        {"item": [item for item, _ in rows], "market": [market for _, market in rows]},
        consensus_demand={key: ahead(value) for key, value in asked.items()},
        baseline_demand={key: ahead(value) for key, value in asked.items()} | {("B", "DE"): ahead(3)},
        sales_demand={("A", "DE"): ahead(11)},
        marketing_demand={("C", "DE"): {FIRST_OPEN: 3.0}},
        constrained_demand={key: ahead(value - (key == ("A", "DE"))) for key, value in asked.items()},
        unserved_demand={("A", "DE"): ahead(1)},
        open_orders={("A", "DE"): {FIRST_OPEN: 9.0}, ("A", "FR"): {FIRST_OPEN: 8.0}},
        shipped_revenue={("A", "DE"): {FIRST_OPEN - 1: 5000.0}},
        price={key: ahead(100) for key in rows},
        unit_cost={key: ahead(60) for key in rows},
    )
    supply = panel(
        inputs,
        "supply",
        {"item": ["A", "B"], "location": ["MAIN", "MAIN"]},
        projected_stock={("A", "MAIN"): {FIRST_OPEN - 1: 48.0}},
        production={("A", "MAIN"): {FIRST_OPEN: 6.0}, ("B", "MAIN"): {FIRST_OPEN + 1: 9.0}},
    )
    material = panel(
        inputs,
        "material",
        {"item": ["M"], "supplier": ["S"]},
        material_purchases={("M", "S"): {FIRST_OPEN + 1: 20.0}},
    )
    load = panel(
        inputs,
        "load",
        {"resource": ["L1"]},
        required_hours={("L1",): {FIRST_OPEN + 2: 15.0}},
        capacity_hours={("L1",): flat(10, FIRST_OPEN)},
    )
    panels = {"demand": recompute(demand, inputs.model.registry), "supply": supply, "load": load, "material": material}
    return Sides(inputs=inputs, panels={**panels, "budget": budget_panel(inputs)[0]})


def cell(matrix: GapMatrix, pair: Pair, member: str = "F", period: str = "FY2027") -> GapCell:
    (found,) = [c for c in matrix.cells if (c.pair, c.member, c.period) == (pair, member, period)]
    return found


def numbers(found: GapCell) -> tuple[object, ...]:
    return found.units, found.amount, found.share


@pytest.fixture(scope="module")
def drawn() -> GapMatrix:
    return draw_matrix(sides(), Rows())


def test_detail_and_family_agree(drawn: GapMatrix) -> None:
    for member in ("F", "G", TOGETHER):
        found = cell(drawn, Pair.FAMILY, member)
        assert numbers(found) == (0, 0, 0)
        assert not found.beyond
        assert found.cause == "they agree"


def test_the_certificate_is_the_proof_of_detail_and_family() -> None:
    matrix = draw_matrix(replace(sides(), proof="certificate passed"), Rows())
    assert cell(matrix, Pair.FAMILY).cause == "they agree; certificate passed"


def test_a_stream_is_held_against_the_consensus_where_it_says_something(drawn: GapMatrix) -> None:
    sales = cell(drawn, Pair.SALES)
    assert numbers(sales) == (12, 1200, Decimal("10.00"))  # of A in DE only: B is not in the sales stream
    assert (sales.beyond, sales.tolerance, sales.owner) == (True, Decimal(5), "sales")
    assert sales.cause == "largest: A +12 = EUR +1,200"
    assert cell(drawn, Pair.SALES, period="FY2026").units == 2
    assert numbers(cell(drawn, Pair.MARKETING, "G", "FY2026")) == (0, 0, 0)
    assert not [c for c in drawn.cells if c.pair is Pair.MARKETING and c.period == "FY2027"]
    assert not [c for c in drawn.cells if c.pair in (Pair.FINANCE, Pair.CUSTOMER)]


def test_the_forecast_is_held_against_the_consensus(drawn: GapMatrix) -> None:
    found = cell(drawn, Pair.STATISTICAL)
    assert numbers(found) == (-12, -1200, Decimal("-5.26"))  # 12 of 19 x 12
    assert not found.beyond


def test_what_is_not_served_names_what_binds(drawn: GapMatrix) -> None:
    found = cell(drawn, Pair.SERVED)
    assert numbers(found) == (-12, -1200, Decimal("-5.26"))
    assert found.cause == "12 units of the consensus can't be shipped in time; binds: L1 needs 150 % in 2027-01"
    assert (found.owner, found.person) == ("supply", "kai")
    assert cell(drawn, Pair.SERVED, "G").person == "piotr"
    assert not cell(drawn, Pair.SERVED, "G").beyond


def test_outlook_is_held_against_budget_in_revenue_and_margin(drawn: GapMatrix) -> None:
    found = cell(drawn, Pair.REVENUE)  # 18 x 12 shipped of 24 x 12 budgeted
    assert numbers(found) == (-72, -7200, Decimal("-25.00"))
    assert found.person == "sofia, wim"
    assert found.cause == "units -72, not served EUR -1,200"
    margin = cell(drawn, Pair.MARGIN)  # a unit earns 40 as budgeted
    assert margin.amount == 12 * (18 * 40 - 2 * 480)
    assert margin.cause == "units -72, not served EUR -1,200"
    assert cell(drawn, Pair.REVENUE, TOGETHER).cause == "largest: F EUR -7,200"
    assert not [c for c in drawn.cells if c.pair is Pair.REVENUE and c.member == "G"]


def test_a_margin_that_costs_eat_is_said_a_unit() -> None:
    rows = [{**row, "margin": 540} for row in TABLES["budget"]]
    assert cell(draw_matrix(sides(budget=rows)), Pair.MARGIN).cause == (
        "units -72, margin EUR -5.00 a unit, not served EUR -1,200"
    )


def test_orders_beyond_the_plan_are_those_of_an_item_and_bucket(drawn: GapMatrix) -> None:
    found = cell(drawn, Pair.ORDERS, period=NOW)  # A: 17 ordered of 15 planned in November
    assert numbers(found) == (-2, -200, Decimal("-11.76"))
    assert found.cause == "largest: A -2 = EUR -200"


def test_opening_stock_is_held_against_the_count(drawn: GapMatrix) -> None:
    found = cell(drawn, Pair.STOCK, period=NOW)
    assert numbers(found) == (-2, -120, Decimal("-4.00"))
    lost = cell(drawn, Pair.STOCK, "G", NOW)
    assert numbers(lost) == (-7, -420, Decimal("-100.00"))
    assert lost.cause == "largest: C -7 = EUR -420; not in the supply plan: C"
    assert not [c for c in drawn.cells if c.pair is Pair.STOCK and c.member == "Parts"]  # planned with the count


def test_released_orders_the_plan_makes_less_of_are_a_gap(drawn: GapMatrix) -> None:
    found = cell(drawn, Pair.PRODUCTION, period=NOW)  # 8 due and 2 overdue, 6 planned; B is made in full
    assert numbers(found) == (-4, -240, Decimal("-28.57"))
    assert found.cause == "largest: A -4 = EUR -240; overdue, taken as due now: 2 units"
    bought = cell(drawn, Pair.PURCHASES, "Parts", NOW)
    assert numbers(bought) == (-5, -35, Decimal("-20.00"))
    assert (bought.owner, bought.person) == ("coordinator", "clara")  # nobody is in sourcing


def test_shipments_are_held_against_a_ledger_that_books_revenue_as_credit(drawn: GapMatrix) -> None:
    found = cell(drawn, Pair.LEDGER_REVENUE, TOGETHER, "2026-10")
    assert numbers(found) == (None, -100, Decimal("-1.96"))
    assert found.cause == "largest: 2026-10 EUR -100"
    assert found in drawn.beyond
    assert not [c for c in drawn.cells if c.pair is Pair.LEDGER_COST]


def test_beyond_is_ranked_by_money_and_leaves_totals_out(drawn: GapMatrix) -> None:
    amounts = [abs(c.amount or Decimal(0)) for c in drawn.beyond]
    assert amounts == sorted(amounts, reverse=True)
    assert amounts[0] == 7200
    assert {c.member for c in drawn.beyond} == {"F", "G", "Parts", TOGETHER}
    assert [c.pair for c in drawn.beyond if c.member == TOGETHER] == [Pair.LEDGER_REVENUE]


@pytest.mark.parametrize(("tolerance", "beyond"), [(24.99, True), (25.0, False), (25.01, False)])
def test_a_gap_as_large_as_its_tolerance_is_inside_it(tolerance: float, beyond: bool) -> None:
    targets = [{"kpi": "revenue_gap", "family": "F", "target": 0.0, "tolerance": tolerance}]
    found = cell(draw_matrix(sides(targets=targets), Rows()), Pair.REVENUE)
    assert (found.tolerance, found.beyond) == (Decimal(str(tolerance)), beyond)


def test_tolerance_of_the_family_holds_for_its_items() -> None:
    targets = [
        {"kpi": "sales_gap", "family": "F", "target": 0.0, "tolerance": 50.0},
        {"kpi": "sales_gap", "target": 0.0, "tolerance": 1.0},
    ]
    matrix = draw_matrix(sides(targets=targets), Rows(level="item", title="item"))
    assert cell(matrix, Pair.SALES, "A").tolerance == 50
    assert not cell(matrix, Pair.SALES, "A").beyond
    assert cell(matrix, Pair.SALES, TOGETHER).tolerance == 1


def test_what_is_held_against_nothing_is_beyond_every_tolerance() -> None:
    given = sides()
    budget = given.panels["budget"]
    nothing = budget.with_counts({"budget_revenue": budget.count("budget_revenue") * 0})
    found = cell(draw_matrix(replace(given, panels={**given.panels, "budget": nothing}), Rows()), Pair.REVENUE)
    assert found.share is None
    assert found.beyond


def _published(given: Sides) -> Panel:
    """What was published: A in DE 8 a month, and Z, sold no more."""
    inputs: PlanInputs = given.inputs
    return panel(
        inputs,
        "demand",
        {"item": ["A", "B"], "market": ["DE", "FR"]},
        consensus_demand={("A", "DE"): ahead(8), ("B", "FR"): ahead(1)},
    )


def test_the_plan_is_held_against_the_published_one_and_what_it_no_longer_has() -> None:
    given = sides()
    matrix = draw_matrix(replace(given, published=_published(given)), Rows())
    found = cell(matrix, Pair.PUBLISHED)  # A: 15 - 8, B: 4 - 1, 12 months
    assert numbers(found) == (120, 12000, Decimal("111.11"))
    assert cell(matrix, Pair.PUBLISHED, "G").share is None


def test_quarters_begin_with_the_current_one(drawn: GapMatrix) -> None:
    given = sides()
    labels = [label for label, _ in spans_of(given.inputs, Period.QUARTER)]
    assert labels == ["FY2026-Q4", "FY2027-Q1", "FY2027-Q2", "FY2027-Q3", "FY2027-Q4"]
    matrix = draw_matrix(given, Rows(), Period.QUARTER)
    for pair in (Pair.REVENUE, Pair.SALES, Pair.SERVED, Pair.STATISTICAL):
        quarters = [cell(matrix, pair, period=label) for label in labels[1:]]
        assert sum(c.amount or 0 for c in quarters) == cell(drawn, pair).amount


def test_below_the_family_the_budget_is_spread_and_adds_up(drawn: GapMatrix) -> None:
    matrix = draw_matrix(sides(), Rows(level="item", title="item"))
    items = [cell(matrix, Pair.REVENUE, item) for item in ("A", "B")]
    assert sum(c.amount or 0 for c in items) == cell(drawn, Pair.REVENUE).amount
    assert cell(matrix, Pair.SALES, "A").cause == "largest: DE +12 = EUR +1,200"
    assert not [c for c in matrix.cells if c.pair is Pair.FAMILY]


def test_markets_have_rows_and_no_stock() -> None:
    matrix = draw_matrix(sides(), Rows(dimension="market", level="region", title="region"))
    north = cell(matrix, Pair.SALES, "North")
    assert (north.units, north.person) == (Decimal(12), "sofia")
    assert cell(matrix, Pair.REVENUE, "West").person == "wim"
    assert cell(matrix, Pair.REVENUE, "West").amount == 12 * (500 - 1200)
    assert not [c for c in matrix.cells if c.pair in (Pair.STOCK, Pair.PRODUCTION, Pair.PURCHASES)]


def test_without_cost_stock_is_told_in_units_only() -> None:
    given = sides()
    demand = given.panels["demand"]
    rates = {name: rate for name, rate in demand.rates.items() if name != "unit_cost"}
    matrix = draw_matrix(replace(given, panels={**given.panels, "demand": replace(demand, rates=rates)}), Rows())
    found = cell(matrix, Pair.STOCK, period=NOW)
    assert numbers(found) == (-2, None, Decimal("-4.00"))
    assert found.cause == "largest: A -2"


def test_an_item_without_a_cost_has_no_amount_but_units() -> None:
    purchases = [{"order": "B1", "item": "M", "supplier": "S", "due": month(1), "quantity": 25}]
    found = cell(draw_matrix(sides(open_purchases=purchases), Rows()), Pair.PURCHASES, "Parts", NOW)
    assert numbers(found) == (-5, None, Decimal("-20.00"))


def test_a_company_without_systems_has_no_columns_of_them() -> None:
    empty: dict[str, Any] = {name: [] for name in ("stock_history", "open_production", "open_purchases", "ledger")}
    matrix = draw_matrix(sides(**empty), Rows())
    told = {c.pair for c in matrix.cells}
    assert not told & {Pair.STOCK, Pair.PRODUCTION, Pair.PURCHASES, Pair.LEDGER_REVENUE, Pair.LEDGER_COST}


def test_families_of_several_units_have_no_common_number() -> None:
    items = [{**row, "unit": "KG" if row["item"] == "B" else "EA"} for row in ITEMS]
    matrix = draw_matrix(sides(items=items), Rows())
    for pair in (Pair.STATISTICAL, Pair.REVENUE, Pair.SERVED):
        found = cell(matrix, pair)
        assert found.units is None
        assert found.amount
        assert found.share
