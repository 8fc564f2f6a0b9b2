from typing import Any

import numpy as np

from tests.finance.tiny import FIRST_OPEN, ahead, closed, flat, make_inputs, month, panel
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.quantities import MONEY
from trivet.finance.cash import count_back
from trivet.finance.statement import budget_panel, company_plan

ITEMS = [{"item": "A", "family": "F"}]
MARKETS = [
    {"market": "DE", "region": "Central", "terms": "T45"},
    {"market": "US", "region": "Americas", "terms": "CASH"},
]
BUCKETS = FIRST_OPEN + 14


def euros(company: Panel, measure: str, offset: int) -> float | None:
    if not company.mask(measure)[0, FIRST_OPEN + offset] or not company.has(measure):
        return None
    return float(company.count(measure)[0, FIRST_OPEN + offset] * MONEY)


def planned(**tables: Any) -> tuple[Panel, Panel, Panel, tuple[Issue, ...]]:
    """Sell 10 a month at 100, make 10 at 60 (45 bought), keep 5 on stock."""
    demand_more = tables.pop("demand", {})
    supply_more = tables.pop("supply", {})
    costs = [
        {"item": "A", "component": "material", "first": month(-30), "cost": 45.0},
        {"item": "A", "component": "labour", "first": month(-30), "cost": 15.0},
    ]
    inputs = make_inputs(**{"items": ITEMS, "markets": MARKETS, "costs": costs, **tables})
    demand = panel(
        inputs,
        "demand",
        {"item": ["A", "A"], "market": ["DE", "US"]},
        **{
            "shipped_revenue": {("A", "DE"): closed(1000)},
            "constrained_revenue": {("A", "DE"): ahead(1000)},
            "gross_margin": {("A", "DE"): ahead(400)},
            **demand_more,
        },
    )
    supply = panel(
        inputs,
        "supply",
        {"item": ["A"], "location": ["N"]},
        **{"production": {("A", "N"): flat(10)}, "projected_stock": {("A", "N"): flat(5)}, **supply_more},
    )
    load = panel(inputs, "load", {"resource": []})
    material = panel(inputs, "material", {"item": [], "supplier": []})
    variance, freight = np.zeros(BUCKETS, dtype=np.int64), np.zeros((1, BUCKETS), dtype=np.int64)
    variance[FIRST_OPEN + 1], freight[0, FIRST_OPEN + 1] = 200_0000, 30_0000
    return company_plan(inputs, demand, supply, load, material, variance=variance, freight=freight)


def test_stock_is_valued_at_standard_cost_in_open_buckets_only() -> None:
    supply, _, _, _ = planned()
    value = supply.count("stock_value")[0]
    assert (value[FIRST_OPEN:] == 5 * 60 * 10_000).all()
    assert not value[:FIRST_OPEN].any()


def test_variance_and_freight_take_either_shape() -> None:
    _, _, company, _ = planned()
    assert euros(company, "supply_variance", 1) == 200.0
    assert euros(company, "freight", 1) == 30.0
    assert euros(company, "freight", 2) == 0.0


def test_promotions_cost_in_the_open_bucket_they_start_in_unless_cancelled() -> None:
    events = [
        {"promotion": "P1", "first": month(2), "last": month(4), "lift": 0.1, "cost": 700},
        {"promotion": "P2", "first": month(2), "lift": 0.1, "cost": 300, "status": "running"},
        {"promotion": "P3", "first": month(2), "lift": 0.1, "cost": 999, "status": "cancelled"},
        {"promotion": "P4", "first": month(-2), "lift": 0.1, "cost": 999, "status": "done"},
        {"promotion": "P5", "first": month(60), "lift": 0.1, "cost": 999},
        {"promotion": "P6", "first": month(2), "lift": 0.1},
    ]
    _, _, company, _ = planned(promotions=events)
    assert euros(company, "promotion_cost", 2) == 1000.0
    assert company.count("promotion_cost").sum() == 1000_0000


def expense(version: str, offset: int, amount: float, account: str = "rent") -> dict[str, Any]:
    return {"account": account, "version": version, "bucket": month(offset), "amount": amount}


def test_expense_is_actual_then_planned_then_budget_and_investment_stays_out() -> None:
    rows = [expense("actual", -1, 100), expense("budget", -1, 90), expense("plan", 0, 110), expense("budget", 0, 80)]
    rows += [expense("budget", 1, 70), expense("plan", 0, 5000, "Capex")]
    _, _, company, issues = planned(operating_expense=rows)
    assert [euros(company, "operating_expense", i) for i in (-1, 0, 1, 2)] == [100.0, 110.0, 70.0, 0.0]
    found = {issue.code: issue for issue in issues}
    assert (found["finance.expense-from-budget"].place.first, found["finance.expense-from-budget"].place.last) == (
        month(1),
        month(1),
    )
    assert (found["finance.no-expense"].place.first, found["finance.no-expense"].place.last) == (month(2), month(13))


def test_budget_is_by_family_and_region_and_absent_where_nothing_was_given() -> None:
    rows = [
        {"family": "F", "region": "Central", "bucket": month(0), "quantity": 2, "revenue": 200, "margin": 80},
        {"family": "F", "bucket": month(1), "revenue": 50},
        {"family": "F", "bucket": month(99), "revenue": 7},
        {"family": "X", "bucket": month(1), "revenue": 50},
    ]
    budget, issues = budget_panel(make_inputs(items=ITEMS, budget=rows))
    assert list(budget.keys.iter_rows()) == [("F", ""), ("F", "Central"), ("X", "")]
    assert budget.count("budget_revenue")[1, FIRST_OPEN] == 200_0000
    assert budget.count("budget_units")[1, FIRST_OPEN] == 2000
    assert not budget.mask("budget_units")[0].any()
    assert budget.mask("budget_revenue")[0].sum() == 1
    codes = {issue.code: issue for issue in issues}
    assert "revenue 7.00" in codes["finance.outside-horizon"].message
    assert codes["finance.budget-family-unknown"].place.value == "X"


def test_count_back_takes_whole_buckets_then_the_part_of_the_one_before() -> None:
    days = np.array([30, 31, 30], dtype=np.int64)
    flow = np.array([300, 310, 600], dtype=np.int64)
    assert count_back(flow, 45.0, days).tolist() == [300, 310 + 140, 600 + 150]
    assert count_back(flow, 0.0, days).tolist() == [0, 0, 0]
    assert count_back(flow, 500.0, days).tolist() == [300, 610, 1210]


TERMS = [
    {"terms": "T45", "side": "customer", "days": 45},
    {"terms": "CASH", "side": "customer", "days": 0},
    {"terms": "S30", "side": "supplier", "days": 30},
]


def test_without_terms_or_balance_there_is_no_cash() -> None:
    for tables in ({}, {"payment_terms": TERMS}, {"balance": [{"line": "cash", "amount": 1}]}):
        _, _, company, _ = planned(**tables)
        assert not company.has("cash")


def test_steady_business_turns_its_profit_into_cash() -> None:
    balance = [{"line": "cash", "amount": 1000}, {"line": "debt", "amount": 400}]
    rent = [expense("plan", i, 100) for i in range(14)] + [expense("plan", 3, 50, "capex")]
    _, _, company, issues = planned(payment_terms=TERMS, balance=balance, operating_expense=rent)
    # November after October: 45 days are all of November (30) and 15 of October's 31.
    owed_before = 1000 + 1000 * 14 / 30
    owed = 1000 + 1000 * 15 / 31
    bought = 450.0
    assert euros(company, "receivables", 0) == round(owed, 4)
    assert euros(company, "payables", 0) == bought
    profit = 400 - 100
    owing_before = bought * 30 / 31
    expected = 1000 - 400 + profit - (owed - owed_before) + (bought - owing_before)
    assert euros(company, "cash", 0) == round(expected, 4)
    cash = company.count("cash")[0]
    moved = np.diff(cash[FIRST_OPEN:]) * float(MONEY)
    assert abs(moved[2] - (profit - 50)) < 60, "investment leaves in its bucket"
    assert [issue.code for issue in issues if "terms" in issue.code or "balance" in issue.code] == []


def test_cash_identity_holds_to_the_quantum() -> None:
    balance = [
        {"line": "cash", "amount": 0},
        {"line": "receivables", "amount": 1450},
        {"line": "payables", "amount": 430},
    ]
    stock = {("A", "N"): {**flat(5), **{FIRST_OPEN + t: 5 + t for t in range(14)}}}
    _, _, company, _ = planned(payment_terms=TERMS, balance=balance, supply={"projected_stock": stock})
    now, before = FIRST_OPEN + 5, FIRST_OPEN + 4
    change = {
        name: int(company.count(name)[0, now] - company.count(name)[0, before])
        for name in ("receivables", "payables", "cash")
    }
    grown = 60 * 10_000
    assert change["cash"] == 400_0000 - change["receivables"] + change["payables"] - grown


def test_dearer_standard_cost_moves_no_cash() -> None:
    costs = [{"item": "A", "first": month(-30), "cost": 60.0}, {"item": "A", "first": month(4), "cost": 90.0}]
    balance = [{"line": "cash", "amount": 0}]
    no_supplier = TERMS[:2]
    _, _, company, _ = planned(payment_terms=no_supplier, balance=balance, costs=costs)
    cash = company.count("cash")[0]
    owed = company.count("receivables")[0]
    at = FIRST_OPEN + 4
    assert cash[at] - cash[at - 1] == 400_0000 - (owed[at] - owed[at - 1])


def test_balance_far_from_the_terms_and_markets_without_terms_are_said() -> None:
    markets = [{"market": "DE", "region": "Central", "terms": "T45"}, {"market": "US", "region": "Americas"}]
    balance = [{"line": "cash", "amount": 0}, {"line": "receivables", "amount": 9000}]
    sold = {"constrained_revenue": {("A", "US"): ahead(10), ("A", "DE"): ahead(1000)}}
    _, _, _, issues = planned(markets=markets, payment_terms=TERMS, balance=balance, demand=sold)
    found = {issue.code: issue for issue in issues}
    assert found["finance.no-terms"].place.value == "US"
    assert "receivables of 9,000" in found["finance.balance-differs"].message


def test_key_materials_bought_early_take_cash_and_are_owed_to_suppliers() -> None:
    tables: dict[str, Any] = {
        "items": [*ITEMS, {"item": "PACK", "kind": "material"}],
        "suppliers": [{"supplier": "V", "currency": "USD"}],
        "supply_sources": [
            {"item": "PACK", "supplier": "V", "price": 100.0},
            {"item": "PACK", "supplier": "W", "price": 500.0},
        ],
        "exchange_rates": [{"type": "forecast", "currency": "USD", "first": month(0), "rate": 0.9}],
        "stock_history": [{"item": "PACK", "location": "N", "bucket": month(-1), "quantity": 4}],
        "payment_terms": TERMS,
        "balance": [{"line": "cash", "amount": 0}],
        "markets": MARKETS,
    }
    inputs = make_inputs(**tables)
    empty = panel(inputs, "demand", {"item": [], "market": []})
    supply = panel(inputs, "supply", {"item": [], "location": []})
    material = panel(
        inputs,
        "material",
        {"item": ["PACK"], "supplier": ["V"]},
        material_stock={("PACK", "V"): {**ahead(14), FIRST_OPEN: 4}},
    )
    nothing = np.zeros(BUCKETS, dtype=np.int64)
    load = panel(inputs, "load", {"resource": []})
    _, _, company, _ = company_plan(inputs, empty, supply, load, material, variance=nothing, freight=nothing)
    assert euros(company, "cash", 0) == 0.0
    bought = 10 * 90.0
    assert euros(company, "payables", 1) == round(bought * 30 / 31, 4)
    assert euros(company, "cash", 1) == round(-bought + bought * 30 / 31, 4)
    assert euros(company, "cash", 2) == -bought
