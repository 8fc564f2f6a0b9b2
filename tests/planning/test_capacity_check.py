"""Load against capacity and the three rough cuts, on companies small enough to reckon by hand (F4, Y2, Y3)."""

from decimal import Decimal

import pytest

from tests.supply.supply_company import Case, Result, Rows, crew, line
from trivet.core.ids import Digest, GrainName
from trivet.core.plan import Plan, Recipe
from trivet.planning.capacity_check import ResourceLoad, check_capacity, fullest
from trivet.planning.rough_cuts import cut_roughly


def plan_of(result: Result) -> Plan:
    panels = [result.panel(name) for name in ("demand", "supply", "load", "material")]
    recipe = Recipe(inputs=Digest(""), entries=Digest(""), options=Digest(""), reference=None, engines=())
    return Plan(recipe=recipe, panels={GrainName(panel.grain): panel for panel in panels}, issues=())


def held(result: Result, *, whole: bool = False) -> tuple[ResourceLoad, ...]:
    load = result.panel("load")
    horizon = range(load.buckets.first_open, len(load.buckets))
    runs = [(load.buckets.label(at), slice(at, at + 1)) for at in horizon]
    periods = [("all", slice(horizon.start, horizon.stop))] if whole else runs
    return check_capacity(result.inputs, plan_of(result), range(load.rows), periods)


def made(*quantities: tuple[str, float, float]) -> Rows:
    """Give rows of production of January and February."""
    return [
        {"item": item, "location": "N", "bucket": bucket, "quantity": units}
        for item, january, february in quantities
        for bucket, units in (("2026-01", january), ("2026-02", february))
    ]


def company(**more: Rows) -> dict[str, Rows]:
    """Give two families on two lines, 10 h each a bucket: P takes an hour of R, Q one of R and two of T."""
    return {
        "items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "G"}],
        "resources": [crew("R", name="Saw", overtime=0.2, limit=0.95), crew("T")],
        "routings": [line("P", resource="R"), line("Q", resource="R"), line("Q", resource="T", hours=2.0)],
        **more,
    }


DEMAND = {("P", "M"): [4.0, 6.0], ("Q", "M"): [2.0, 4.0]}


def test_hours_of_a_resource_are_those_of_the_plan_with_its_share_lines_and_overtime() -> None:
    result = Case(tables=company(), demand=DEMAND).plan()
    saw = held(result)[0]
    assert (saw.resource, saw.name, saw.location, saw.limit) == ("R", "Saw", "N", Decimal("0.95"))
    march, april = saw.periods
    assert (march.required, march.load, march.capacity) == (Decimal("6.000"), Decimal("6.000"), Decimal("10.000"))
    assert (march.need, march.lines, march.lines_needed) == (Decimal("0.6000"), Decimal("1.00"), Decimal("0.60"))
    assert (april.need, april.overtime_allowed) == (Decimal("1.0000"), Decimal("2.000"))
    assert [float(at.load) for at in saw.periods] == result.units("load_hours", "R")


def test_hours_of_a_year_add_up_and_two_lines_are_two() -> None:
    tables = company(resources=[crew("R", per_day=0.25) | {"lines": 2}, crew("T")])
    saw = held(Case(tables=tables, demand=DEMAND).plan(), whole=True)[0]
    (year,) = saw.periods
    assert (year.required, year.capacity, year.need) == (Decimal("16.000"), Decimal("20.000"), Decimal("0.8000"))
    assert (year.lines, year.lines_needed) == (Decimal("2.00"), Decimal("1.60"))


def test_who_causes_the_load_adds_up_to_it() -> None:
    saw, table = held(Case(tables=company(), demand=DEMAND).plan())
    assert [(peg.family, peg.hours, peg.share) for peg in saw.families] == [
        ("F", Decimal("10.000"), Decimal("0.6250")),
        ("G", Decimal("6.000"), Decimal("0.3750")),
    ]
    assert [(peg.family, peg.share) for peg in table.families] == [("G", Decimal("1.0000"))]


def test_what_is_made_is_weighed_not_what_is_asked_for() -> None:
    tables = company(resources=[crew("R"), crew("T", per_day=0.2)])
    result = Case(tables=tables, demand=DEMAND).plan()
    table = held(result)[1]
    assert [float(at.bill) for at in table.periods] == result.units("load_hours", "T")
    assert sum(float(at.bill) for at in table.periods) < sum(float(at.required) for at in table.periods)


def test_overall_factors_share_hours_as_the_past_did_and_the_mix_says_why_the_bill_differs() -> None:
    # The past: 9 P and 1 Q make 12 h, 10 of them on R. The plan: 10 P and 6 Q make 28 h, 16 on R, 12 on T.
    tables = company(production=made(("P", 4, 5), ("Q", 1, 0)))
    saw, table = held(Case(tables=tables, demand=DEMAND).plan(), whole=True)
    assert (saw.periods[0].bill, table.periods[0].bill) == (Decimal("16.000"), Decimal("12.000"))
    assert saw.periods[0].overall == Decimal(f"{28 * 10 / 12:.3f}")
    assert table.periods[0].overall == Decimal(f"{28 * 2 / 12:.3f}")
    (why,) = table.why
    assert "together overall factors give 5 h, the bill 12 h" in why
    assert "T takes 42.9% of the hours made then and took 16.7% of the past year's" in why
    assert "G went from 25.0% to 64.3% of all hours" in why


def test_the_worst_month_is_told_where_the_months_make_up_for_each_other() -> None:
    tables = company(production=made(("P", 5, 5), ("Q", 5, 5)))
    saw, table = held(Case(tables=tables, demand={("P", "M"): [0.0, 4.0], ("Q", "M"): [4.0, 0.0]}).plan())
    assert any("in 2026-0" in why for why in (*saw.why, *table.why))


def test_without_a_past_there_are_no_overall_factors_and_nothing_demonstrated() -> None:
    for one in held(Case(tables=company(), demand=DEMAND).plan()):
        assert all(at.overall is None for at in one.periods)
        assert one.demonstrated is None
        assert one.why == ()


def test_the_profile_takes_hours_when_they_are_needed_and_is_the_load_of_the_plan() -> None:
    tables = company(
        routings=[line("P", resource="R"), line("Q", resource="R"), line("Q", resource="T", hours=2.0, offset=1)],
        resources=[crew("R", per_day=5), crew("T", per_day=5)],
    )
    result = Case(tables=tables, demand={("P", "M"): [4.0, 6.0, 5.0], ("Q", "M"): [0.0, 0.0, 5.0]}).plan()
    table = held(result)[1]
    assert [float(at.profile) for at in table.periods] == result.units("load_hours", "T")
    assert [at.profile for at in table.periods] != [at.bill for at in table.periods]
    assert any("offset in routings.csv" in why for why in table.why)


def test_set_ups_are_part_of_every_cut() -> None:
    tables = company(
        routings=[line("P", resource="R", setup_hours=0.5), line("Q", resource="R"), line("Q", resource="T")],
        resources=[crew("R", per_day=5), crew("T", per_day=5)],
    )
    result = Case(tables=tables, demand=DEMAND).plan()
    saw = held(result)[0]
    assert [float(at.profile) for at in saw.periods] == result.units("load_hours", "R")
    assert sum(at.bill for at in saw.periods) > 16
    assert sum(peg.hours for peg in saw.families) == sum(at.bill for at in saw.periods)


def test_only_full_months_demonstrate_a_capacity_and_fewer_than_three_show_nothing() -> None:
    few = held(Case(tables=company(production=made(("P", 9.5, 4))), demand=DEMAND).plan())[0].demonstrated
    assert few is not None
    assert (few.buckets, few.hours, few.share) == (1, None, None)


def test_utilisation_of_several_is_that_of_the_fullest_named() -> None:
    loads = held(Case(tables=company(), demand=DEMAND).plan())
    march, april = fullest(loads)
    assert (march.need, march.need_of) == (Decimal("0.6000"), "R")
    assert (april.need_of, april.use_of) == ("R", "R")
    assert fullest(()) == ()


def test_a_resource_without_capacity_has_no_utilisation() -> None:
    tables = company(resources=[crew("R"), crew("T", per_day=0)])
    table = held(Case(tables=tables, demand=DEMAND).plan())[1]
    assert all(at.need is None and at.lines_needed is None for at in table.periods)
    assert fullest([table])[0].use_of == ""


def test_cuts_leave_closed_buckets_alone() -> None:
    result = Case(tables=company(), demand=DEMAND).plan()
    cuts = cut_roughly(result.inputs, plan_of(result))
    assert not cuts.bill[:, :2].any()
    assert cuts.bill.sum() == pytest.approx(28)
