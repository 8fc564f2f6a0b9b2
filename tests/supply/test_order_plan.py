"""Selling to order: backlog, build time, policy and lead time, by hand."""

import numpy as np
import pytest

from tests.supply.supply_company import Case, Rows, crew, line
from trivet.supply.make_to_order import backlog_weeks, quoted_lead_time


def tables(backlog: float, per_day: float = 0.5, **policy: float) -> dict[str, Rows]:
    return {
        "items": [{"item": "P", "family": "F", "policy": "make-to-order"}],
        "routings": [line()],
        "resources": [crew(per_day=per_day)],
        "order_backlog": [{"item": "P", "market": "M", "bucket": "2026-03", "quantity": backlog}],
        "inventory_policy": [{"item": "P", **policy}] if policy else [],
    }


def test_backlog_rolls_on_with_bookings_and_shipments() -> None:
    result = Case(tables=tables(30), demand={("P", "M"): [10, 12, 8]}).plan()
    # 10 hours a bucket: 10 are shipped in each; backlog 30 + 10 - 10, + 12 - 10, + 8 - 10.
    assert result.units("production", "P", "N") == [10, 10, 10]
    assert result.units("order_backlog", "P", "N") == [30, 32, 30]
    assert result.units("constrained_demand", "P", "M") == [10, 10, 10]
    assert result.units("unserved_demand", "P", "M") == [0, 0, 0]
    result.check_balance()


def test_open_orders_are_shipped_to_the_markets_that_placed_them() -> None:
    placed: Rows = [{"item": "P", "market": m, "bucket": "2026-03", "quantity": q} for m, q in (("M", 4), ("W", 16))]
    markets: Rows = [{"market": market, "location": "N"} for market in ("M", "W")]
    given = {**tables(0), "order_backlog": placed, "markets": markets}
    result = Case(tables=given, demand={("P", "M"): [5, 5, 5, 5], ("P", "W"): [5, 5, 5, 5]}).plan()
    # Ten a bucket: 20 open orders go first, a fifth of them to M; then what was booked is shared evenly.
    assert result.units("constrained_demand", "P", "M") == [2, 2, 5, 5]
    assert result.units("constrained_demand", "P", "W") == [8, 8, 5, 5]


def test_no_backlog_waits_beside_free_hours() -> None:
    result = Case(tables=tables(30, per_day=5), demand={("P", "M"): [10, 12, 8]}).plan()
    assert result.units("order_backlog", "P", "N") == [0, 0, 0]
    assert result.units("production", "P", "N") == [40, 12, 8]


def test_nothing_is_built_before_it_is_ordered() -> None:
    # The peak of 25 in the last bucket can't be pre-built though the line is idle before.
    result = Case(tables=tables(0), demand={("P", "M"): [2, 2, 25]}).plan()
    assert result.units("production", "P", "N") == [2, 2, 10]
    assert result.units("projected_stock", "P", "N") == [0, 0, 0]
    assert result.units("order_backlog", "P", "N") == [0, 0, 15]


def test_orders_wait_their_build_time() -> None:
    # 31 days of March, 30 of April: a build time of 2 weeks keeps the bookings of the last 14 days open.
    result = Case(tables=tables(0, per_day=5, build_weeks=2), demand={("P", "M"): [31, 30, 31]}).plan()
    assert result.units("order_backlog", "P", "N") == [14, 14, 14]
    assert result.units("constrained_demand", "P", "M") == [17, 30, 31]


def test_overtime_is_used_for_backlog_past_policy_only() -> None:
    costly = crew(overtime=0.2, crew_cost=20, overtime_premium=0.5)
    given = {**tables(40, maximum_weeks=8), "resources": [costly]}
    past = Case(tables=given, demand={("P", "M"): [10.0] * 6}).plan()
    assert past.units("overtime_hours", "R")[0] == 2
    inside = Case(
        tables={**given, "order_backlog": tables(10)["order_backlog"]}, demand={("P", "M"): [10.0] * 6}
    ).plan()
    assert sum(inside.units("overtime_hours", "R")) == 0


def test_backlog_past_policy_is_told_with_weeks_and_lead_time() -> None:
    result = Case(tables=tables(60, maximum_weeks=12, build_weeks=5), demand={("P", "M"): [10.0] * 8}).plan()
    issue = result.issue("supply.backlog-beyond-policy")
    assert "the policy allows 12" in issue.message
    assert "can be quoted, book-to-bill 1." in issue.message
    assert issue.at_stake is not None
    assert issue.at_stake > 0


def test_open_orders_of_a_make_to_stock_item_are_no_backlog() -> None:
    given = tables(30)
    given["items"] = [{"item": "P", "family": "F"}]
    result = Case(tables=given, demand={("P", "M"): [10, 10]}).plan()
    assert result.units("order_backlog", "P", "N") == [0, 0]


def test_backlog_weeks_look_at_coming_shipments() -> None:
    days = np.full(4, 28.0)
    weeks = backlog_weeks(np.array([10.0, 20.0, 0.0, 10.0]), np.array([10.0, 10.0, 10.0, 10.0]), days)
    # Bucket 0: 10 open, 10 ship in the next 4 weeks; bucket 3: the rate of 10 in 4 weeks goes on.
    assert weeks.tolist() == pytest.approx([4, 8, 0, 4])
    assert quoted_lead_time(weeks, 5.0).tolist() == pytest.approx([5, 8, 5, 5])
    assert np.isinf(backlog_weeks(np.array([5.0]), np.array([0.0]), np.array([28.0])))[0]
