"""The ledger beside the plan's history: what is known to stand in one only, what is rounding, what is not explained."""

from decimal import Decimal
from typing import Any

from tests.finance.tiny import FIRST_OPEN, make_inputs, month, panel
from trivet.core.plan import PlanInputs
from trivet.core.profit import Line
from trivet.finance.ledger_tie import UNBOOKED, UNPLANNED, LedgerTie, tie_to_ledger

AT = FIRST_OPEN - 1
SHIPPED = [
    {"item": "A", "market": "DE", "bucket": month(-1), "quantity": 10, "value": 1000, "cost": 600},
    {"item": "FEE", "market": "US", "bucket": month(-1), "quantity": 1, "value": 50, "currency": "USD"},
]
MAP = [{"account": a, "line": line} for a, line in (("4000", "revenue"), ("4900", "revenue"), ("5000", "cogs"),
                                                    ("6000", "operating_expense"), ("1400", "stock"))]  # fmt: skip


def tied(booked: dict[str, float], cost: float | None = 600, **more: Any) -> dict[Line, LedgerTie]:
    ledger = [{"account": a, "bucket": month(-1), "amount": amount} for a, amount in booked.items()]
    inputs: PlanInputs = make_inputs(**{
        "items": [{"item": "A", "family": "F"}, {"item": "FEE", "kind": "non-stock"}],
        "shipments": SHIPPED, "ledger": ledger, "ledger_map": MAP,
        "exchange_rates": [{"type": "actual", "currency": "USD", "first": month(-3), "rate": 0.9}],
        **more,
    })  # fmt: skip
    key = ("A", "DE")
    cells: dict[str, Any] = {
        "shipments": {key: {AT: 10}},
        "shipped_revenue": {key: {AT: 1000}},
        "shipped_cost": {key: {AT: cost}} if cost else {},
    }
    demand = panel(inputs, "demand", {"item": ["A"], "market": ["DE"]}, **cells)
    rate = demand.rate("unit_cost").copy() + 55.0
    demand = demand.with_rates({"unit_cost": rate})
    company = panel(inputs, "company", {}, operating_expense={(): {AT: 200}})
    return {tie.line: tie for tie in tie_to_ledger(inputs, demand, company)}


def test_goods_that_are_not_planned_explain_a_difference() -> None:
    tie = tied({"4000": 1000, "4900": 45})[Line.NET]
    assert (tie.ledger, tie.plan, tie.difference) == (Decimal(1045), Decimal(1000), Decimal(45))
    assert [(cause.what, cause.amount) for cause in tie.causes] == [(UNPLANNED, Decimal(45))]
    assert (tie.unexplained, tie.accounts) == (Decimal(0), ("4000", "4900"))
    assert tie.said == f"{UNPLANNED} 45.00"


def test_small_rest_is_rounding_a_larger_one_is_not_explained() -> None:
    near, far = tied({"4000": 1046})[Line.NET], tied({"4000": 1047})[Line.NET]
    assert (near.unexplained, near.rounding) == (Decimal(1), True)
    assert (far.unexplained, far.rounding) == (Decimal(2), False)
    assert "NOT EXPLAINED 2.00" in far.said


def test_cost_nobody_booked_is_told_apart() -> None:
    tie = tied({"5000": 0}, cost=None)[Line.COGS]
    assert (tie.plan, tie.difference) == (Decimal(550), Decimal(-550))
    assert [(cause.what, cause.amount) for cause in tie.causes] == [(UNBOOKED, Decimal(-550))]
    assert tie.unexplained == 0


def test_expense_is_held_against_its_accounts_and_stock_is_not() -> None:
    found = tied({"6000": 200, "1400": 9})
    assert set(found) == {Line.EXPENSE}
    assert found[Line.EXPENSE].said == "none"


def test_without_a_ledger_there_is_nothing_to_say() -> None:
    assert tied({}) == {}
    assert tied({"4000": 1}, ledger_map=[]) == {}
