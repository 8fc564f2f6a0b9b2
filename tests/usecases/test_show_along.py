"""A measure along time and stock in days, as people see them in the plan of the tiny company (D4, F3)."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import trivet
from tests.planned import Open
from tests.usecases.scoped import people_home, scoped_home
from trivet.core.errors import InvalidInput, NotPermitted
from trivet.usecases.show_plan import NumbersAnswer, Row
from trivet.workspace.workspace import Workspace

__all__ = ["people_home", "scoped_home"]

Ask = Callable[..., NumbersAnswer]
YEAR = {"first": "2027-01", "last": "2027-12"}


@pytest.fixture
def ask(open_as: Open) -> Ask:
    workspace = open_as("ada")
    return lambda measure, **view: trivet.show_numbers(workspace, measure, trivet.View(**view))


def row(answer: NumbersAnswer, member: str) -> Row:
    return next(row for row in answer.rows if row.member == member)


def values(answer: NumbersAnswer, member: str) -> list[Decimal]:
    found = row(answer, member).values
    assert all(value is not None for value in found)
    return [value for value in found if value is not None]


def test_a_running_total_of_a_year_ends_at_the_year(ask: Ask) -> None:
    ran = ask("consensus_demand", along="cumulative", **YEAR)
    whole = ask("consensus_demand", period="year", first="FY2027")
    assert values(ran, "City")[-1] == values(whole, "City")[0]
    assert ran.along == "running total from the first bucket shown"
    assert ran.unit == "units"


def test_last_year_of_the_plan_is_what_customers_asked_for_then(ask: Ask) -> None:
    before = ask("consensus_demand", along="last-year", first="2027-01", last="2027-06")
    came = ask("demand_history", first="2026-01", last="2026-06")
    assert values(before, "City") == values(came, "City")
    assert before.note == "closed buckets: what came"
    grown = ask("consensus_demand", along="growth", first="2027-01", last="2027-06")
    plan = ask("consensus_demand", first="2027-01", last="2027-06")
    for told, now, then in zip(values(grown, "City"), values(plan, "City"), values(came, "City"), strict=True):
        assert told == pytest.approx(now / then - 1, abs=Decimal("1e-8"))
    assert (grown.unit, grown.format) == ("ratio", "0.0 %")


def test_a_rolling_year_and_a_year_to_date_reach_into_what_came(ask: Ask) -> None:
    came = values(ask("demand_history", first="2026-01", last="2026-10"), "Kids")
    plan = values(ask("consensus_demand", first="2026-11", last="2026-12"), "Kids")
    for along in ("rolling:12", "to-date"):
        assert values(ask("consensus_demand", along=along, first="2026-12"), "Kids") == [sum([*came, *plan])]


def test_money_grows_on_what_was_invoiced_and_in_another_unit_or_period(ask: Ask) -> None:
    grown = values(ask("revenue", along="growth", period="quarter", first="2027-Q3"), "City")
    now = values(ask("revenue", period="quarter", first="2027-Q3"), "City")
    then = values(ask("shipped_revenue", period="quarter", first="2026-Q3"), "City")
    assert grown[0] == pytest.approx(now[0] / then[0] - 1, abs=Decimal("1e-8"))


def test_hours_say_nothing_before_the_plan_and_the_empty_months_say_why(ask: Ask) -> None:
    told = ask("load_hours", by="resource", along="rolling:3", first="2026-11", last="2027-02")
    assert row(told, "L1").values[:2] == (None, None)
    assert row(told, "L1").values[2] is not None
    assert "2026-11 to 2026-12: not all told, load_hours does not speak of every period rolling:3 needs" in told.note


def test_a_stock_is_not_added_over_time(ask: Ask) -> None:
    with pytest.raises(InvalidInput, match="does not add up over time"):
        ask("projected_stock", along="cumulative")
    mean = values(ask("projected_stock", along="mean:2", first="2027-02"), "City")
    pair = values(ask("projected_stock", first="2027-01", last="2027-02"), "City")
    assert mean == [sum(pair) / 2]


def test_in_another_currency_only_the_plan_itself_runs_on(ask: Ask) -> None:
    told = ask("revenue", along="rolling:2", currency="EUR", first="2026-11", last="2026-12")
    plan = values(ask("revenue", currency="EUR", first="2026-11", last="2026-12"), "City")
    assert row(told, "City").values == (None, sum(plan))
    assert "plan currency at plan rates only" in told.note


def test_days_of_supply_follow_the_demand_ahead(ask: Ask) -> None:
    days = ask("projected_stock", along="cover", first="2027-01", last="2027-01")
    stock = values(ask("projected_stock", first="2027-01", last="2027-01"), "City")[0]
    ahead = values(ask("consensus_demand", first="2027-02", last="2027-04"), "City")
    left, lasts = stock, Decimal(0)
    for length, wanted in zip((28, 31, 30), ahead, strict=True):
        part = min(Decimal(1), left / wanted)
        lasts, left = lasts + part * length, left - wanted
        if part < 1:
            break
    assert values(days, "City") == [pytest.approx(lasts, abs=Decimal("0.05"))]
    assert (days.unit, days.along) == ("days", "calendar days it lasts")
    assert "against demand that follows" in days.note


def test_the_last_bucket_of_the_plan_is_followed_by_nothing_known(ask: Ask) -> None:
    days = ask("projected_stock", along="cover", by="item", first="2027-11", last="2027-12")
    for told in days.rows:
        assert told.values[-1] is None
        assert told.values[0] is not None


def test_a_family_says_how_many_of_its_items_are_below_target(ask: Ask) -> None:
    view = {"first": "2027-02", "last": "2027-05"}
    below = {told.member: told.values for told in ask("projected_stock", along="cover", **view).below}
    stock, target = (ask(name, by="item", **view) for name in ("projected_stock", "target_stock"))
    items = ("C1", "C2")
    for column, told in enumerate(below["City"]):
        have = [(row(stock, item).values[column] or 0, row(target, item).values[column] or 0) for item in items]
        some = [level < wanted for level, wanted in have if wanted > 0]
        assert told == pytest.approx(Decimal(sum(some)) / len(some), abs=Decimal("0.0001"))
    assert ask("projected_stock", along="cover", by="item").below == ()


def test_one_location_also_meets_what_it_sends_on(ask: Ask) -> None:
    assert "what goes to other locations" in ask("projected_stock", along="cover", by="location").note
    assert "other locations" not in ask("projected_stock", along="cover").note


@pytest.mark.parametrize(
    ("measure", "view", "says"),
    [
        ("consensus_demand", {}, "cover is told of projected_stock, order_backlog, material_stock"),
        ("projected_stock", {"unit": "EA"}, "Leave --unit out"),
        ("projected_stock", {"structure": "as-was"}, "Leave --today and --as-was out"),
        ("projected_stock", {"as_of": "0"}, "Leave --as-of out"),
    ],
)
def test_cover_of_something_else_is_refused_in_words(ask: Ask, measure: str, view: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        ask(measure, along="cover", **view)


def test_backlog_and_material_last_against_what_follows_them(ask: Ask) -> None:
    assert "site_shipments" in ask("order_backlog", along="cover").note
    assert ask("material_stock", along="cover", by="item").rows == ()


def test_days_of_a_part_are_those_the_whole_company_sees(scoped_home: Path) -> None:
    def open_as(actor: str) -> Workspace:
        return trivet.open_workspace(str(scoped_home), actor=actor)

    view = trivet.View(by="item", along="cover", first="2027-02", last="2027-04")
    whole, kim = (trivet.show_numbers(open_as(one), "projected_stock", view) for one in ("ada", "kim"))
    assert {told.member for told in kim.rows} == {"K1", "K2"}
    assert [told for told in whole.rows if told.member.startswith("K")] == list(kim.rows)
    with pytest.raises(NotPermitted, match="kept for item x location"):
        trivet.show_numbers(open_as("sofia"), "projected_stock", view)
    grown = trivet.show_numbers(open_as("sofia"), "revenue", trivet.View(by="region", along="growth"))
    assert {told.member for told in grown.rows} == {"Home"}
