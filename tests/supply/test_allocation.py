"""Who is served first when an item is short: priority, margin, contract minimum; the rest by a fair share (Y11)."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.supply.supply_company import Case, Result, Row, Rows, crew, line, stock
from tests.supply.test_random_companies import company
from trivet.core.options import PlanOptions
from trivet.supply.allocation import Claim, allocate_by_priority

ON_TIME = PlanOptions(late_buckets=0)
MARKETS: Rows = [
    {"market": "M", "location": "N", "region": "North", "channel": "dealers"},
    {"market": "K", "location": "N", "region": "North", "channel": "online"},
    {"market": "W", "location": "A", "region": "West", "channel": "dealers"},
]


def short(*rules: Row, asked: float = 20, hours: float = 1, **more: Rows) -> Case:
    """Plant N makes 20 a month and asks 20 for each of three markets; W is served from A."""
    tables: dict[str, Rows] = {
        "locations": [{"location": "N", "kind": "plant"}, {"location": "A", "kind": "dc"}],
        "markets": MARKETS,
        "routings": [line()],
        "resources": [crew(per_day=hours)],
        "lanes": [{"origin": "N", "destination": "A", "lead_time_days": 0, "cost": 2}],
        "allocation": list(rules),
        **more,
    }
    demand = {("P", market): [asked] * 4 for market in ("M", "K", "W")}
    price = {"P": 100.0, "P in K": 130.0, "P in W": 110.0}
    return Case(tables=tables, demand=demand, price=price, options=ON_TIME)


def got(result: Result, *markets: str) -> list[float]:
    return [sum(result.units("constrained_demand", "P", market)) for market in markets]


def test_without_rules_all_lose_alike() -> None:
    assert got(short().plan(), "M", "K", "W") == pytest.approx([80 / 3] * 3, abs=1.5)


def test_higher_priority_is_served_in_full_before_the_next_gets_anything() -> None:
    rules: Rows = [
        {"market": "W", "rule": "priority", "priority": 1},
        {"market": "K", "rule": "priority", "priority": 2},
        {"market": "M", "rule": "priority", "priority": 3},
    ]
    result = short(*rules, hours=1.5).plan()
    assert got(result, "W", "K", "M") == [80, 40, 0]
    said = result.issue("supply.allotted").message
    assert "W 80 of 80 (priority 1); K 40 of 80 (priority 2); M 0 of 80 (priority 3)" in said


def test_who_has_no_priority_comes_last_and_shares() -> None:
    result = short({"channel": "online", "rule": "priority", "priority": 7}, hours=1.5).plan()
    assert got(result, "K") == [80]
    assert got(result, "M", "W") == pytest.approx([20, 20], abs=1)


def test_best_unit_margin_is_served_first() -> None:
    # Cost is 60 everywhere: K earns 70, W 50, M 40.
    assert got(short({"rule": "margin"}, hours=1.5).plan(), "K", "W", "M") == [80, 40, 0]


def test_equal_margins_share() -> None:
    case = short({"rule": "margin"})
    result = Case(tables=case.tables, demand=case.demand, options=ON_TIME).plan()
    assert got(result, "M", "K", "W") == pytest.approx([80 / 3] * 3, abs=1.5)


def test_contract_minimum_comes_first_and_the_rest_is_shared() -> None:
    # 12 of 20 promised to M; the other 8 are shared over 8 + 20 + 20.
    result = short({"market": "M", "rule": "minimum", "minimum": 12}).plan()
    assert got(result, "M") == pytest.approx([4 * (12 + 8 * 8 / 48)], abs=1.5)
    assert got(result, "K", "W") == pytest.approx([4 * 8 * 20 / 48] * 2, abs=1.5)
    assert min(result.units("constrained_demand", "P", "M")) >= 12
    assert "48 promised first, a fair share of the rest" in result.issue("supply.allotted").message


def test_minimum_share_is_a_part_of_what_is_asked() -> None:
    result = short({"region": "West", "rule": "minimum", "minimum_share": 0.9}).plan()
    assert min(result.units("constrained_demand", "P", "W")) >= 18


def test_minimum_stands_before_any_priority() -> None:
    rules: Rows = [
        {"market": "M", "rule": "minimum", "minimum": 15},
        {"market": "W", "rule": "priority", "priority": 1},
    ]
    assert got(short(*rules).plan(), "M", "W", "K") == [60, 20, 0]


def test_minimum_above_demand_promises_what_is_asked() -> None:
    result = short({"market": "M", "rule": "minimum", "minimum": 30}).plan()
    assert got(result, "M") == [80]
    assert "in 2026-03 20" in result.issue("supply.minimum-above-demand").message


def test_minima_above_supply_are_shared_and_said() -> None:
    rules: Rows = [{"market": m, "rule": "minimum", "minimum": 16} for m in ("M", "W")]
    result = short(*rules).plan()
    assert got(result, "M", "W", "K") == pytest.approx([40, 40, 0], abs=1.5)
    missed = [issue for issue in result.issues if issue.code == "supply.minimum-missed"]
    assert len(missed) == 2
    assert all("instead of 16" in issue.message for issue in missed)


def test_minimum_of_a_family_is_of_all_it_covers_together() -> None:
    result = short({"family": "F", "rule": "minimum", "minimum": 9, "region": "North"}).plan()
    claims = sum(got(result, "M", "K"))
    assert claims >= 36
    assert got(result, "M") == pytest.approx(got(result, "K"), abs=1.5)


def test_nearest_row_holds_and_the_later_one_from_its_month_on() -> None:
    rules: Rows = [
        {"rule": "priority", "priority": 5},
        {"market": "M", "rule": "priority", "priority": 2},
        {"market": "M", "first": "2026-05", "rule": "priority", "priority": 9},
    ]
    result = short(*rules).plan()
    assert result.units("constrained_demand", "P", "M")[2:] == [0, 0]
    # Stock may be kept for who comes first later; M is served before the others in its first months.
    assert result.units("constrained_demand", "P", "M")[:2] == [20, 20]
    assert "supply.allocation-overlap" not in result.codes()


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([{"market": "M", "rule": "priority", "priority": 1}, {"market": "M", "rule": "margin"}], "overlap"),
        (
            [
                {"market": "M", "rule": "priority", "priority": 1, "last": "2026-05"},
                {"market": "M", "first": "2026-04", "rule": "priority", "priority": 2},
            ],
            "overlap",
        ),
        ([{"market": "M", "rule": "priority"}], "incomplete"),
        ([{"market": "M", "rule": "priority", "priority": 0}], "incomplete"),
        ([{"market": "M", "rule": "minimum"}], "incomplete"),
        ([{"market": "M", "rule": "minimum", "minimum_share": 1.5}], "incomplete"),
        ([{"market": "XX", "rule": "priority", "priority": 1}], "unused"),
        ([{"family": "none", "rule": "margin"}], "unused"),
    ],
)
def test_rows_that_say_too_little_or_too_much_are_told(rules: list[Row], code: str) -> None:
    result = short(*rules).plan()
    assert f"supply.allocation-{code}" in result.codes()
    if code != "overlap":
        assert got(result, "M", "K", "W") == pytest.approx([80 / 3] * 3, abs=1.5)


def test_priority_counts_before_the_day_it_is_due() -> None:
    # 30 in stock and nothing made: M is asked first and comes last, as in `allocate_by_priority`.
    tables: dict[str, Rows] = {
        "markets": [{"market": m, "location": "N"} for m in ("A", "B", "C")],
        "stock_history": [stock(units=25)],
        "supply_sources": [{"item": "P", "supplier": "S", "location": "N", "cap": 0}],
        "allocation": [{"market": m, "rule": "priority", "priority": p} for m, p in (("A", 1), ("B", 2), ("C", 3))],
    }
    demand = {("P", "C"): [10.0, 0, 0], ("P", "B"): [0, 10.0, 0], ("P", "A"): [0, 0, 10.0]}
    result = Case(tables=tables, demand=demand, options=ON_TIME).plan()
    assert got(result, "A", "B", "C") == [10, 10, 5]
    claims = [Claim(quantity=10, priority=p, due=3 - p) for p in (1, 2, 3)]
    assert allocate_by_priority(25, claims).tolist() == got(result, "A", "B", "C")
    assert "kept for who comes first" in result.issue("supply.allotted").message


def test_orders_of_the_first_market_are_shipped_first() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F", "policy": "make-to-order"}],
        "markets": [{"market": "M", "location": "N"}, {"market": "K", "location": "N"}],
        "routings": [line()],
        "resources": [crew(per_day=0.5)],
        "allocation": [{"market": "K", "rule": "priority", "priority": 1}],
    }
    result = Case(tables=tables, demand={("P", "M"): [8.0] * 4, ("P", "K"): [8.0] * 4}).plan()
    assert got(result, "K", "M") == [32, 8]


@pytest.mark.parametrize("seed", range(6))
def test_random_companies_keep_their_promises_and_priorities(seed: int) -> None:
    case = company(seed)
    rules: Rows = [
        {"market": "Y", "rule": "priority", "priority": 1},
        {"market": "K", "family": "F", "rule": "minimum", "minimum_share": 0.8},
        {"family": "G", "rule": "margin"},
    ]
    result = Case(
        tables={**case.tables, "allocation": rules},
        demand=case.demand,
        price=case.price,
        cost=case.cost,
        options=case.options,
    ).plan()
    result.check_balance()
    check_kept_only_for_first_claims(result)
    check_order_at_each_site(result)


def check_kept_only_for_first_claims(result: Result) -> None:
    """Where somebody waits or hears no beside stock, the issue says it is kept for a first claim."""
    supply, demand = result.plan.supply, result.plan.demand
    horizon = supply.buckets.horizon
    ships = {"M": "N", "K": "N", "Y": "Z"}
    beside = 0
    for site, (item, place) in enumerate(supply.keys.iter_rows()):
        rows = [r for r, (i, m) in enumerate(demand.keys.iter_rows()) if i == item and ships[m] == place]
        if item == "O" or not rows:
            continue
        lost = demand.count("unserved_demand")[rows][:, horizon].sum(axis=0)
        left = supply.count("projected_stock")[site, horizon]
        beside = max(beside, int(np.where(lost > 0, left, 0).max()))
    told = [issue.message for issue in result.issues if issue.code == "supply.allotted"]
    assert beside < 1000 or any("kept for who comes first" in message for message in told)


def check_order_at_each_site(result: Result) -> None:
    """M and K are both served from N: what K was promised of family F is lost only when M gets nothing of it."""
    demand = result.plan.demand
    horizon = demand.buckets.horizon
    rows = {key: row for row, key in enumerate(demand.keys.iter_rows())}
    for item in ("A", "B"):
        asked, lost = (
            demand.count(name)[rows[(item, "K")], horizon] for name in ("consensus_demand", "unserved_demand")
        )
        others = demand.count("consensus_demand") - demand.count("unserved_demand")
        broken = lost > asked - np.floor(asked * 0.8) + 1000
        assert (others[rows[(item, "M")], horizon][broken] <= 1000).all()


def test_cases_of_the_project_by_priority(shared: Path) -> None:
    for case in json.loads((shared / "cases" / "spread" / "rules.json").read_text("utf-8"))["allocation"]:
        claims = [
            Claim(quantity=quantity, priority=rank, due=-rank)
            for rank, quantity in enumerate(case["orders_by_priority"])
        ]
        assert allocate_by_priority(case["supply"], claims).tolist() == case["expected"]
