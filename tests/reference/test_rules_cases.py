"""The published rules of planning by hand: ../shared/cases/spread/rules.json, every group through the product."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.core.buckets import Buckets, month_edges
from trivet.demand.accuracy import staircase, value_added
from trivet.demand.netting import OpenOrder, middle_of, net_forecast
from trivet.supply.allocation import Claim, allocate_by_priority
from trivet.supply.lots import net_requirements
from trivet.supply.rough_cut import overall_factors
from trivet.supply.shifts import Window, open_hours

Case = Mapping[str, Any]
YEAR = Buckets(edges=month_edges(date(2019, 1, 1), 12), first_open=0)
ALWAYS = (Window(),)
FROM_FEBRUARY = (Window(first=date(2019, 2, 2)),)
NINE_TO_FIVE = (Window(opens=9, closes=17, first=date(2019, 2, 2)),)
LUNCH = Window(opens=12, closes=13, first=date(2019, 5, 1))
JULY = frozenset(date(2019, 7, 1) + timedelta(days=d) for d in range(31))


@pytest.fixture
def rules(shared: Path) -> Mapping[str, Sequence[Case]]:
    rules: Mapping[str, Sequence[Case]] = json.loads(
        (shared / "cases" / "spread" / "rules.json").read_text(encoding="utf-8")
    )
    return rules


def test_every_published_rule_is_known(rules: Mapping[str, Sequence[Case]]) -> None:
    known = {
        "netting": {"own-bucket", "no-spill", "spill-one-month"},
        "capacity_hours_2019": set(PLANTS),
        "allocation": {"by-priority-not-by-due-date"},
        "safety_stock": {"phased-target", "lot-minimum-and-multiple"},
        "rough_cut": {"overall-factors"},
        "value_added": {"staircase"},
    }
    assert {group: {case["id"] for case in cases} for group, cases in rules.items()} == known


def test_orders_in_hand_eat_the_forecast(rules: Mapping[str, Sequence[Case]]) -> None:
    for case in rules["netting"]:
        buckets = Buckets(edges=month_edges(date(2026, 1, 1), len(case["gross"])), first_open=0)
        orders = [OpenOrder(quantity=q, due=middle_of(buckets, i)) for i, q in enumerate(case["orders"])]
        reach = {"early_days": case["early_days"], "late_days": case["late_days"]}
        net = net_forecast(np.array(case["gross"]), orders, buckets, **reach)
        assert net.tolist() == case["expected_net"], case["id"]


# The lunch stop is an hour of the whole plant: 31 x (23 + 7) = 930 hours in May.
PLANTS: Mapping[str, tuple[tuple[tuple[Window, ...], ...], tuple[Window, ...], frozenset[date]]] = {
    "one-machine-always": ((ALWAYS,), (), frozenset()),
    "second-from-2-February": ((ALWAYS, FROM_FEBRUARY), (), frozenset()),
    "second-9-to-17-from-2-February-lunch-stop-from-1-May": ((ALWAYS, NINE_TO_FIVE), (LUNCH,), frozenset()),
    "the-same-plant-shut-in-July": ((ALWAYS, NINE_TO_FIVE), (LUNCH,), JULY),
}


@pytest.mark.parametrize("name", sorted(PLANTS))
def test_machines_run_the_published_hours(rules: Mapping[str, Sequence[Case]], name: str) -> None:
    (case,) = [case for case in rules["capacity_hours_2019"] if case["id"] == name]
    machines, stops, closed = PLANTS[name]
    assert open_hours(machines, YEAR, stops=stops, closed=closed).sum(axis=0).tolist() == case["expected"]


def test_a_lunch_of_two_hours_of_the_second_machine_gives_the_same_hours(rules: Mapping[str, Sequence[Case]]) -> None:
    """The published figures do not tell the two readings apart; both are said in the same words."""
    (case,) = [case for case in rules["capacity_hours_2019"] if "lunch" in case["id"]]
    until_may = Window(opens=9, closes=17, first=date(2019, 2, 2), last=date(2019, 4, 30))
    shifts = [Window(opens=a, closes=b, first=date(2019, 5, 1)) for a, b in ((9, 12), (14, 17))]
    hours = open_hours((ALWAYS, (until_may, *shifts)), YEAR)
    assert hours.sum(axis=0).tolist() == case["expected"]


def test_priority_goes_before_the_due_date(rules: Mapping[str, Sequence[Case]]) -> None:
    (case,) = rules["allocation"]
    count = len(case["orders_by_priority"])
    assert case["lowest_priority_due_first"]
    claims = [Claim(quantity=q, priority=i, due=count - i) for i, q in enumerate(case["orders_by_priority"])]
    assert allocate_by_priority(case["supply"], claims).tolist() == case["expected"]


def test_targets_that_fall_leave_what_was_made(rules: Mapping[str, Sequence[Case]]) -> None:
    phased, lot = rules["safety_stock"]
    made, closing = net_requirements(np.array(phased["demand"]), np.array(phased["targets"]), opening=phased["opening"])
    assert made.tolist() == phased["expected_make"]
    assert closing.tolist() == phased["expected_closing"]
    order, _ = net_requirements(
        np.array([0]),
        np.array([lot["target"]]),
        opening=lot["opening"],
        minimum=lot["lot_min"],
        multiple=lot["lot_multiple"],
    )
    assert order.tolist() == [lot["expected_order"]]


def test_overall_factors_share_out_the_hours(rules: Mapping[str, Sequence[Case]]) -> None:
    (case,) = rules["rough_cut"]
    hours = overall_factors(np.array([case["total_hours"]], dtype=np.float64), np.array(case["share"]))
    assert hours[:, 0] == pytest.approx(case["expected"])


def test_every_step_of_the_process_adds_or_takes(rules: Mapping[str, Sequence[Case]]) -> None:
    (case,) = rules["value_added"]
    errors = case["error_pct"]
    added = staircase(list(errors.items()))
    assert {step: round(points or 0.0, 9) for step, points in added.items()} == case["expected_points"]
    assert value_added(errors["naive"], errors["executive"]) == pytest.approx(case["net"])
