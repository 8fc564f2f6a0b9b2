"""Choices of a scenario: hours beyond capacity, no unmet demand, no targets, cycles, even production, limits."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.supply.supply_company import Case, Result, Row, Rows, crew, line, stock
from tests.supply.test_random_companies import check_markets, check_nothing_lost_beside_stock, company
from trivet.core.options import Objective, PlanOptions

OVERLOAD = PlanOptions(allow_overload=True)
SERVE_ALL = PlanOptions(allow_unmet=False)
STRICT = PlanOptions(strict_limits=True)


def one_line(demand: list[float], per_day: float = 0.5, options: PlanOptions | None = None, **tables: Rows) -> Case:
    """An hour a unit; half an hour a day are 10 hours a month."""
    given: dict[str, Rows] = {"routings": [line()], "resources": [crew(per_day=per_day, crew_cost=5)], **tables}
    return Case(tables=given, demand={("P", "M"): demand}, options=options or PlanOptions())


def limits(**more: object) -> Row:
    row: dict[str, object] = {"item": "P", **more}
    return row  # type: ignore[return-value]


def made(result: Result) -> list[float]:
    return result.units("production")


def served(result: Result) -> float:
    return sum(result.units("constrained_demand"))


def test_overload_serves_what_capacity_can_not_and_tells_its_hours() -> None:
    case = one_line([14.0] * 6)
    assert served(case.plan()) == 60
    result = replace(case, options=OVERLOAD).plan()
    assert made(result) == [14.0] * 6
    assert served(result) == 84
    said = result.issue("supply.overload-planned").message
    assert "24.0 h more than regular hours and overtime in 6 buckets" in said
    assert "(14.0 h of 10.0 h); made there: F 100%" in said
    assert "supply.load-beyond-capacity" not in result.codes()
    result.check_balance()


def test_overload_comes_after_building_ahead_and_overtime() -> None:
    ahead = one_line([0.0, 0.0, 30.0, 0.0, 0.0, 0.0], options=OVERLOAD).plan()
    assert made(ahead)[:3] == [10.0] * 3
    assert "supply.overload-planned" not in ahead.codes()
    crews: Rows = [crew(crew_cost=5, overtime=0.2, overtime_premium=0.5)]
    result = one_line([14.0] * 6, options=OVERLOAD, resources=crews).plan()
    assert "12.0 h more than regular hours and overtime" in result.issue("supply.overload-planned").message


def test_overload_that_costs_more_than_it_earns_is_not_used_unless_all_is_to_be_served() -> None:
    case = one_line([14.0] * 6, options=OVERLOAD, resources=[crew(crew_cost=100)])
    assert served(case.plan()) == 60
    every = replace(case, options=replace(OVERLOAD, allow_unmet=False)).plan()
    assert served(every) == 84
    assert "supply.all-served" in every.codes()


def test_overload_reaches_hours_of_people_too() -> None:
    heads: Rows = [{"resource": "R", "first": "2026-01", "heads": 1, "hours_per_head": 0.5}]
    case = one_line([14.0] * 6, options=OVERLOAD, workforce=heads)
    assert served(case.plan()) == 84


def test_serve_everything_uses_overtime_dearer_than_the_customer() -> None:
    dear: Rows = [crew(overtime=0.5, crew_cost=400, overtime_premium=1.0)]
    case = one_line([12.0] * 6, resources=dear)
    assert served(case.plan()) == 60
    result = replace(case, options=SERVE_ALL).plan()
    assert served(result) == 72
    assert result.units("overtime_hours", "R") == [2.0] * 6
    assert "served on time" in result.issue("supply.all-served").message


def test_where_all_can_not_be_served_the_answer_says_what_binds() -> None:
    result = one_line([14.0] * 6, options=SERVE_ALL).plan()
    said = result.issue("supply.not-all-served").message
    assert served(result) == 60
    assert "20 units are lost and 4 late or still waiting" in said
    assert "R is full" in said


def test_serve_everything_never_breaks_capacity_that_fixed_orders_share() -> None:
    case = replace(one_line([14.0] * 6, options=SERVE_ALL), firm={("P", "N"): [5.0]})
    result = case.plan()
    assert max(made(result)) <= 10
    check = replace(case, options=PlanOptions(allow_unmet=False, objective=Objective.SERVICE)).plan()
    assert served(check) == served(result)


def test_without_targets_stock_only_covers_demand() -> None:
    case = one_line([4.0] * 6, inventory_policy=[{"item": "P", "quantity": 7}])
    assert case.plan().units("projected_stock")[-1] == 7
    result = replace(case, options=PlanOptions(use_targets=False)).plan()
    assert result.units("projected_stock") == [0.0] * 6
    assert result.units("target_stock") == [0.0] * 6
    assert made(result) == [4.0] * 6
    assert "supply.no-targets" in result.codes()
    assert "supply.no-targets" not in case.plan().codes()


def test_item_in_a_cycle_is_made_every_third_bucket_for_the_ones_between() -> None:
    rows: Rows = [limits(cycle_buckets=3, first="2026-03")]
    case = one_line([4.0] * 6, per_day=1.0, production_limits=rows)
    result = case.plan()
    assert made(result) == [12.0, 0.0, 0.0, 12.0, 0.0, 0.0]
    assert served(result) == 24
    assert made(replace(case, options=PlanOptions(use_cycles=False)).plan()) == [4.0] * 6


def test_cycle_without_a_first_bucket_is_counted_from_the_first_one_of_the_plan() -> None:
    # 2026-01 is the first bucket of the axis, 2026-03 the first open one: made in May and July.
    rows: Rows = [limits(cycle_buckets=2)]
    result = one_line([4.0] * 6, production_limits=rows, stock_history=[stock(units=4)]).plan()
    assert made(result)[1::2] == [0.0] * 3
    assert made(result)[0] > 0


def test_fixed_production_goes_before_the_cycle() -> None:
    rows: Rows = [limits(cycle_buckets=3, first="2026-03")]
    result = replace(one_line([4.0] * 6, production_limits=rows), firm={("P", "N"): [-1, 3.0]}).plan()
    assert made(result)[1] == 3
    assert made(result)[2] == 0


def test_cycle_and_lots_go_together() -> None:
    lots: Rows = [line(minimum=5, setup_cost=20)]
    rows: Rows = [limits(cycle_buckets=2, first="2026-03")]
    result = one_line([4.0] * 6, per_day=1.0, routings=lots, production_limits=rows).plan()
    assert made(result)[1::2] == [0.0] * 3
    assert served(result) == 24
    assert min(amount for amount in made(result) if amount) >= 5


def test_cycle_of_a_family_holds_for_its_items_at_the_plant_named() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "F"}, {"item": "Z", "family": "G"}],
        "routings": [line("P"), line("Q"), line("Z")],
        "resources": [crew(per_day=5)],
        "production_limits": [{"family": "F", "location": "N", "cycle_buckets": 2, "first": "2026-03"}],
    }
    result = Case(tables=tables, demand={(item, "M"): [4.0] * 6 for item in "PQZ"}).plan()
    assert result.units("production", "P", "N") == [8.0, 0.0] * 3
    assert result.units("production", "Q", "N") == [8.0, 0.0] * 3
    assert result.units("production", "Z", "N") == [4.0] * 6


def test_least_production_is_made_though_nobody_asks_yet() -> None:
    rows: Rows = [limits(minimum=5)]
    result = one_line([2.0, 2.0, 2.0, 8.0, 8.0, 8.0], production_limits=rows).plan()
    assert min(made(result)[:5]) >= 5
    assert served(result) == 30


def test_most_production_is_kept_by_building_ahead() -> None:
    rows: Rows = [limits(maximum=6)]
    result = one_line([2.0, 2.0, 8.0, 8.0, 2.0, 2.0], production_limits=rows).plan()
    assert max(made(result)) <= 6
    assert served(result) == 24


def test_most_production_gives_way_to_customers_unless_limits_are_strict() -> None:
    rows: Rows = [limits(maximum=6)]
    case = one_line([8.0] * 6, production_limits=rows)
    soft = case.plan()
    assert served(soft) == 48
    assert "8 instead of 6 units" in soft.issue("supply.limit-broken").message
    strict = replace(case, options=STRICT).plan()
    assert made(strict) == [6.0] * 6
    assert served(strict) == 36
    assert "supply.limit-broken" not in strict.codes()


def test_least_load_keeps_a_line_busy() -> None:
    crews: Rows = [crew(minimum_load=0.6)]
    result = one_line([2.0, 2.0, 2.0, 9.0, 9.0, 9.0], resources=crews).plan()
    assert min(result.units("load_hours", "R")) >= 6
    assert min(one_line([2.0, 2.0, 2.0, 9.0, 9.0, 9.0]).plan().units("load_hours", "R")) == 2


def test_strict_limits_that_can_not_all_hold_name_a_minimal_conflict() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": item, "family": item} for item in ("P", "Q", "Z")],
        "routings": [line("P"), line("Q"), line("Z")],
        "resources": [crew()],
        "production_limits": [
            {"item": "P", "minimum": 7},
            {"item": "Q", "minimum": 6},
            {"item": "Z", "minimum": 1},
        ],
    }
    result = Case(tables=tables, demand={(item, "M"): [3.0] * 6 for item in "PQZ"}, options=STRICT).plan()
    said = result.issue("supply.limit-broken").message
    assert "R has 10 h there" in said
    assert "P 7 h, Q 6 h are 13 h together: not all of them can hold" in said
    assert "Z 1 h" not in said
    assert max(result.units("load_hours", "R")) <= 10
    clash = result.issue("supply.limits-clash").message
    assert clash.startswith(
        "the least production of P, the least production of Q can't all be kept with the hours of R"
    )


def test_clash_of_limits_of_different_kinds_is_minimal() -> None:
    # 30 to be made in three months, of which 12 can be sold: the rest is above its most stock. The line is no limit.
    case = one_line(
        [4.0] * 3,
        per_day=5,
        options=STRICT,
        production_limits=[{"item": "P", "minimum": 10}, {"family": "F", "maximum": 90}],
        inventory_policy=[{"item": "P", "maximum_quantity": 5}],
    )
    clash = case.plan().issue("supply.limits-clash").message
    assert clash == (
        "the least production of P, the most stock of P at N can't all be kept; without any one of them the others can."
    )


def test_limit_that_can_not_be_kept_alone_is_told_so() -> None:
    policy: Rows = [{"item": "P", "maximum_quantity": 5}]
    case = one_line([1.0] * 6, options=STRICT, inventory_policy=policy, stock_history=[stock(units=20)])
    assert case.plan().issue("supply.limits-clash").message == "the most stock of P at N can't be kept."
    assert "it opens with 20" in case.plan().issue("supply.limit-broken").message
    crews: Rows = [crew(minimum_load=0.6)]
    busy = one_line([1.0] * 6, options=STRICT, resources=crews, inventory_policy=[{"item": "P", "maximum_days": 31}])
    assert "the least load of R, the most stock of P at N" in busy.plan().issue("supply.limits-clash").message


def test_most_stock_keeps_the_plan_from_building_too_far_ahead() -> None:
    policy: Rows = [{"item": "P", "maximum_quantity": 5}]
    demand = [2.0, 2.0, 2.0, 2.0, 12.0, 12.0]
    free = one_line(demand).plan()
    assert max(free.units("projected_stock")) == 4
    tight = one_line([2.0, 2.0, 2.0, 2.0, 20.0, 12.0], inventory_policy=policy)
    assert served(tight.plan()) == 40
    assert "above its most stock" in tight.plan().issue("supply.limit-broken").message
    strict = replace(tight, options=STRICT).plan()
    assert max(strict.units("projected_stock")) <= 5
    assert served(strict) == 33


def test_target_above_the_most_stock_asks_for_the_most() -> None:
    policy: Rows = [{"item": "P", "quantity": 9, "maximum_quantity": 5}]
    result = one_line([4.0] * 6, inventory_policy=policy).plan()
    assert max(result.units("projected_stock")) == 5


def test_most_stock_in_days_follows_demand() -> None:
    policy: Rows = [{"item": "P", "maximum_days": 31}]
    result = one_line([2.0, 2.0, 2.0, 2.0, 14.0, 4.0], inventory_policy=policy, options=STRICT).plan()
    assert result.units("projected_stock")[3] == 4
    assert max(result.units("projected_stock")[:3]) <= 3
    assert served(result) == 26


@pytest.mark.parametrize("family", [False, True])
def test_change_is_limited_to_a_part_of_the_bucket_before(family: bool) -> None:
    rules: Row = {"family": "F"} if family else {"item": "P"}
    case = one_line([4.0, 4.0, 4.0, 8.0, 8.0, 8.0], per_day=5, production_limits=[{**rules, "change": 0.25}])
    amounts = made(case.plan())
    for before, after in pairwise(amounts):
        assert abs(after - before) <= 0.25 * before + 1
    assert served(case.plan()) == 36
    assert made(replace(case, options=PlanOptions(use_smoothing=False)).plan()) == [4.0, 4.0, 4.0, 8.0, 8.0, 8.0]


def test_dear_change_of_a_line_makes_production_level_by_working_day() -> None:
    crews: Rows = [crew(per_day=5, change_cost=1000)]
    days: Rows = [
        {"calendar": "", "bucket": f"2026-0{month}", "working_days": 20 if month % 2 else 10} for month in range(1, 9)
    ]
    demand = [10.0, 10.0, 10.0, 10.0, 10.0, 10.0]
    result = one_line(demand, resources=crews, calendars=days).plan()
    hours = np.array(result.units("load_hours", "R"))
    rates = hours / np.array([20, 10, 20, 10, 20, 10])
    assert np.ptp(rates) <= 0.11
    assert served(result) == 60


def test_change_that_can_not_be_kept_is_told_in_words() -> None:
    rows: Rows = [limits(change=0.1)]
    tight = replace(one_line([4.0] * 6, per_day=1, production_limits=rows), firm={("P", "N"): [4.0, 9.0]}).plan()
    said = tight.issue("supply.limit-broken").message
    assert "P changes by more than 10%" in said
    assert "from 0.45 to 0.15 units a working day in 2026-05" in said


def test_row_that_holds_for_nothing_is_told() -> None:
    result = one_line([4.0] * 6, production_limits=[{"family": "NONE", "minimum": 4}]).plan()
    assert "production_limits names family NONE" in result.issue("supply.limit-of-nothing").message


def ruled(seed: int, options: PlanOptions) -> Case:
    """A random company with a rule of every kind."""
    case = company(seed)
    tables = dict(case.tables)
    tables["production_limits"] = [
        {"item": "A", "cycle_buckets": 2},
        {"family": "G", "minimum": 20, "maximum": 200},
        {"item": "B", "change": 0.5, "change_cost": 3},
    ]
    tables["resources"] = [{**row, "minimum_load": 0.3, "change": 0.4} for row in case.tables["resources"]]
    tables["inventory_policy"] = [{**row, "maximum_days": 60} for row in case.tables["inventory_policy"]]
    return replace(case, tables=tables, options=replace(options, late_buckets=case.options.late_buckets))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "options",
    [PlanOptions(), STRICT, PlanOptions(allow_overload=True, allow_unmet=False, use_targets=False)],
    ids=["wanted", "strict", "everything"],
)
def test_random_companies_tie_and_keep_common_sense_with_rules(seed: int, options: PlanOptions) -> None:
    result = ruled(seed, options).plan()
    result.check_balance()
    check_markets(result)
    check_nothing_lost_beside_stock(result)
    for place in ("N", "S"):
        assert sum(result.units("production", "A", place)[1::2]) == 0
    again = ruled(seed, options).plan()
    assert again.plan.supply.digest() == result.plan.supply.digest()
    assert again.issues == result.issues


@pytest.mark.parametrize("options", [PlanOptions(), OVERLOAD, SERVE_ALL, STRICT])
def test_plan_in_pieces_keeps_rules_and_choices(options: PlanOptions) -> None:
    whole = ruled(0, options)
    pieces = replace(whole, options=replace(whole.options, largest_programme=10)).plan()
    pieces.check_balance()
    check_nothing_lost_beside_stock(pieces)
    for place in ("N", "S"):
        assert sum(pieces.units("production", "A", place)[1::2]) == 0
    assert served(pieces) >= 0.95 * served(whole.plan())
