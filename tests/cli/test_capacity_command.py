"""`trivet capacity` and `trivet show --as` as typed: tables for people, JSON for programs."""

import io
from decimal import Decimal

import pytest
from rich.console import Console

from tests.cli.test_commands import Call, call
from trivet.cli.capacity import _show_capacity
from trivet.core.ids import VersionId
from trivet.planning.capacity_check import Demonstrated, HoursOfPeriod, Peg, ResourceLoad, fullest
from trivet.usecases.show_capacity import CapacityAnswer, CapacityGroup, Method

__all__ = ["call"]


def test_one_resource_is_shown_with_its_hours_lines_cuts_and_who_causes_them(call: Call) -> None:
    shown = call("capacity", "--where", "resource=L1", "--from", "2027-03", "--to", "2027-06")
    assert shown.code == 0
    assert "Load against capacity, resource=L1, version main-1" in shown.out
    for words in ("need, hours", "overtime allowed", "lines needed", "overall factors", "resource profile"):
        assert words in shown.out
    assert "caused by " in shown.out
    assert "demonstrated capacity: not known" in shown.out
    assert "bill of resources: what each plant makes x hours a unit" in shown.out
    one = call("capacity", "--method", "bill", "--period", "quarter", "--from", "FY2027")
    assert "resource profile" not in one.out
    assert "FY2027-Q3" in one.out


def test_json_holds_every_hour(call: Call) -> None:
    told = call("capacity", "--from", "2027-03", "--json").json()
    (line,) = told["resources"]
    assert line["resource"] == "L1"
    assert set(line["periods"][0]) >= {"required", "load", "capacity", "overtime", "need", "use", "bill", "profile"}
    assert call("capacity", "--where", "resource=L9").code == 2


def test_a_measure_along_time_is_a_table_with_its_words(call: Call) -> None:
    shown = call("show", "revenue", "--as", "growth", "--period", "quarter", "--from", "2027-Q1", "--to", "2027-Q2")
    assert shown.code == 0
    assert "revenue, growth on the same quarter a year before, ratio" in shown.out
    assert "closed buckets: what came." in shown.out
    days = call("show", "projected_stock", "--as", "cover", "--from", "2027-02", "--to", "2027-04")
    assert "calendar days it lasts, days" in days.out
    assert "Items below target, of those with one" in days.out
    wrong = call("show", "projected_stock", "--as", "cumulativ")
    assert wrong.code == 2
    assert "Maybe 'cumulative'?" in wrong.err
    told = call("show", "projected_stock", "--as", "cover", "--json").json()
    assert told["rows"][0]["marks"]
    assert told["along"] == "calendar days it lasts"


def hours(period: str, required: int, load: int, *, known: bool = True, capacity: int = 100) -> HoursOfPeriod:
    part = (Decimal(required) / capacity, Decimal(load) / capacity) if capacity else (None, None)
    return HoursOfPeriod(
        period=period,
        required=Decimal(required),
        load=Decimal(load),
        capacity=Decimal(capacity),
        overtime=Decimal(0),
        overtime_allowed=Decimal(0),
        need=part[0],
        use=part[1],
        lines=Decimal(1),
        lines_needed=part[0],
        overall=Decimal(load + 1) if known else None,
        bill=Decimal(load),
        profile=Decimal(load),
    )


def resource(code: str, *periods: HoursOfPeriod, shown: Demonstrated | None = None) -> ResourceLoad:
    pegs = tuple(Peg(family=f"F{i}", hours=Decimal(40 - i), share=Decimal("0.2")) for i in range(5))
    return ResourceLoad(
        resource=code,
        name="Line",
        location="N",
        limit=None,
        periods=periods,
        families=pegs,
        demonstrated=shown,
        why=("the mix moved",),
    )


def printed(*loads: ResourceLoad, width: int = 100) -> str:
    text = io.StringIO()
    answer = CapacityAnswer(
        version=VersionId("main-1"),
        by="location",
        where="everything",
        periods=tuple(at.period for at in loads[0].periods) if loads else (),
        resources=loads,
        groups=(CapacityGroup(member="N", resources=tuple(one.resource for one in loads), periods=fullest(loads)),)
        if len(loads) > 1
        else (),
        methods=tuple((method, method.assumes) for method in Method),
        issues=(),
    )
    _show_capacity(answer, Console(file=text, width=width))
    return text.getvalue()


def test_several_resources_stand_below_each_other_and_the_fullest_is_named() -> None:
    months = [f"2027-{month:02d}" for month in range(1, 13)]
    one = resource("A", *(hours(month, 90, 80) for month in months), shown=Demonstrated(buckets=2))
    two = resource("B", *(hours(month, 130, 100, known=False, capacity=0) for month in months))
    shown = printed(one, two)
    assert "fullest in plan" in shown
    assert "80 % A" in shown
    assert "rough cut in hours: overall 972, bill 960, profile 960" in shown
    assert "overall not known, bill 1,200" in shown
    assert "F3 20% (37 h) and 1 more" in shown
    assert "2 closed buckets were 90 % full and 3 are needed" in shown
    assert "the mix moved" in shown
    assert shown.count("need   ") + shown.count("need  2027") >= 2, "months that do not fit stand below"


@pytest.mark.parametrize(("full", "says"), [(0, "no closed bucket was"), (1, "1 closed bucket was")])
def test_too_few_full_months_are_counted_in_words(full: int, says: str) -> None:
    assert f"not shown, {says} 90 % full" in printed(resource("A", hours("x", 1, 1), shown=Demonstrated(buckets=full)))


def test_what_was_demonstrated_stands_beside_what_was_rated() -> None:
    given = Demonstrated(buckets=4, hours=Decimal(90), rated=Decimal(100), share=Decimal("0.9"))
    shown = printed(resource("A", hours("x", 1, 1), shown=given), width=200)
    assert "90 h a bucket, 90% of the 100 h it was rated at, in 4 closed buckets that were 90 % full" in shown


def test_without_resources_the_way_out_is_told() -> None:
    assert "Add resources.csv and routings.csv" in printed()
