"""Level, chase and hybrid (F1): the published example, blocks, orders, and what the plan does when a line is full."""

import numpy as np
import pytest

from tests.supply.supply_company import Case, Result, Row, Rows, crew, line, stock
from trivet.core.issues import Severity
from trivet.supply.strategies import level_totals

EXAMPLE = [100.0, 300.0, 100.0]
"""Demand of F1, opening stock 50, target 50: a plain average of 166.7 leaves -16.7 in the second month."""


def company(*strategies: Row, per_day: float = 50, demand: list[float] | None = None, **more: Rows) -> Case:
    tables: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew(per_day=per_day)],
        "stock_history": [stock(units=50)],
        "inventory_policy": [{"family": "F", "quantity": 50}],
        "production_strategies": [{"family": "F", **row} for row in strategies],
        **more,
    }
    return Case(tables=tables, demand={("P", "M"): demand or EXAMPLE})


def made(result: Result) -> list[float]:
    return result.units("production", "P", "N")


def test_level_is_the_rate_that_never_falls_short() -> None:
    result = company({"strategy": "level"}).plan()
    assert result.units("strategy_production", "P", "N") == [200, 200, 200]
    assert made(result) == [200, 200, 200]
    assert result.units("projected_stock", "P", "N") == [150, 50, 150]
    assert "supply.strategy-not-kept" not in result.codes()
    result.check_balance()


def test_level_is_by_working_day() -> None:
    days = [20, 20, 10, 20, 30]
    calendar: Rows = [
        {"calendar": "", "bucket": f"2026-{month:02d}", "working_days": d} for month, d in enumerate(days, 1)
    ]
    result = company({"strategy": "level"}, calendars=calendar).plan()
    # 100 by 10 days, 400 by 30, 500 by 60: 13.33 a day, whole units on the running total.
    assert result.units("strategy_production", "P", "N") == [133, 267, 400]
    assert made(result) == [133, 267, 400]


def test_chase_makes_what_is_needed_when_it_is_needed() -> None:
    result = company({"strategy": "chase"}, demand=[100, 300, 20]).plan()
    assert made(result) == [100, 300, 20]
    assert result.units("projected_stock", "P", "N") == [50, 50, 50]


def test_hybrid_is_level_inside_its_blocks_and_chases_between() -> None:
    blocks: Rows = [
        {"strategy": "hybrid", "block": "spring", "first": "2026-04", "last": "2026-05"},
        {"strategy": "hybrid", "block": "autumn", "first": "2026-07", "last": "2026-08"},
    ]
    result = company(*blocks, demand=[100, 50, 150, 80, 60, 200]).plan()
    assert made(result) == [100, 100, 100, 80, 130, 130]


def test_what_a_block_leaves_over_is_used_before_more_is_made() -> None:
    blocks: Rows = [{"strategy": "hybrid", "block": "first", "first": "2026-03", "last": "2026-05"}]
    result = company(*blocks, demand=[*EXAMPLE, 60, 100]).plan()
    assert made(result) == [200, 200, 200, 0, 60]


def test_full_line_breaks_the_level_and_the_plan_says_so() -> None:
    # 160 hours a bucket cannot make 200 units.
    result = company({"strategy": "level"}, per_day=8).plan()
    assert result.units("strategy_production", "P", "N") == [200, 200, 200]
    assert made(result) == [160, 160, 160]
    issue = result.issue("supply.strategy-not-kept")
    assert issue.severity is Severity.NOTE
    assert "F is to be made level" in issue.message
    assert "160 instead of 200" in issue.message
    assert "R is full" in issue.message
    result.check_balance()


def test_chase_builds_ahead_rather_than_lose_a_customer() -> None:
    result = company({"strategy": "chase"}, per_day=13, demand=[100, 300, 20]).plan()
    assert result.units("unserved_demand", "P", "M") == [0, 0, 0]
    assert made(result)[0] > 100
    assert "another bucket binds, or customers would be lost" in result.issue("supply.strategy-not-kept").message


def test_orders_are_built_at_the_rate_that_never_runs_ahead_of_them() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F", "policy": "make-to-order"}],
        "routings": [line()],
        "resources": [crew(per_day=50)],
        "order_backlog": [{"item": "P", "market": "M", "bucket": "2026-03", "quantity": 40}],
        "inventory_policy": [{"family": "F", "maximum_weeks": 50}],
        "production_strategies": [{"family": "F", "strategy": "level"}],
    }
    result = Case(tables=tables, demand={("P", "M"): [10, 5, 50, 30]}).plan()
    # 50 by 20 days, 55 by 40, 105 by 60, 135 by 80: 27.5 a bucket.
    assert result.units("strategy_production", "P", "N") == [27, 28, 27, 28]
    assert made(result) == [27, 28, 27, 28]
    assert result.units("order_backlog", "P", "N")[1] == 0
    result.check_balance()


def test_an_item_with_too_much_does_not_hide_one_with_too_little() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "F"}],
        "routings": [line(), line("Q")],
        "resources": [crew(per_day=50)],
        "stock_history": [stock(units=500)],
        "production_strategies": [{"family": "F", "strategy": "level"}],
    }
    result = Case(tables=tables, demand={("P", "M"): [50, 50], ("Q", "M"): [30, 60]}).plan()
    assert result.units("production", "Q", "N") == [45, 45]
    assert result.units("production", "P", "N") == [0, 0]


def test_family_without_items_is_said() -> None:
    result = company({"family": "X", "strategy": "level"}).plan()
    assert "'X'" in result.issue("supply.strategy-unknown-family").message
    assert result.units("strategy_production", "P", "N") == [0, 0, 0]


def test_without_a_strategy_the_plan_is_what_it_was() -> None:
    assert made(company().plan()) == made(
        Case(tables={**company().tables, "production_strategies": []}, demand={("P", "M"): EXAMPLE}).plan()
    )


def test_buckets_without_working_days_make_nothing() -> None:
    totals = level_totals(np.array([10.0, 20.0, 30.0]), np.array([10.0, 0.0, 10.0]), (("level", 0, 3),))
    assert totals == pytest.approx([20, 20, 40])
