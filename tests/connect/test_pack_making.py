"""The pack says how each family is made, by how many people, and speaks of issues as people do."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import openpyxl
import pytest

from tests.connect.tied import Tied, make_tied, source_rows, tied, write_folder
from tests.finance.tiny import month
from trivet.connect.certificate import certify
from trivet.connect.pack import write_pack
from trivet.connect.pack_figures import Figures
from trivet.connect.pack_making import making_of, people_message, people_rows
from trivet.connect.pack_told import (
    PricedRelief,
    advice_told,
    bucket_word,
    by_weight,
    issue_told,
    kind_told,
    place_told,
    told,
)
from trivet.connect.pdf import draw_pack
from trivet.connect.pdf_words import number
from trivet.core.buckets import Buckets, Calendar
from trivet.core.ids import MemberId
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.quantities import QUANTITY

RELIEF = PricedRelief(name="L1", worth=Decimal(42), said="A Saturday on L1 in 2027-03 is worth EUR 42: BIKE +3 units.")


@cache
def made() -> Tied:
    """The tied company: bikes are made level from December to March, cargo by chase; L1 has people."""
    rows = source_rows()
    rows["production_strategies"] = [
        {"family": "Bikes", "block": "Winter", "strategy": "hybrid", "first": month(1), "last": month(4)},
        {"family": "Cargo", "strategy": "chase"},
    ]
    rows["workforce"] = [
        {
            "resource": "L1",
            "first": month(-22),
            "heads": 4.0,
            "wage": 3000.0,
            "hire_cost": 100.0,
            "release_cost": 100.0,
            "hours_per_head": 7.0,
            "temporary_cost": 30.0,
        }
    ]
    return make_tied(rows)


def figures(company: Tied) -> Figures:
    return Figures(company.plan, company.inputs)


def page(text: list[str], name: str) -> str:
    return next(each for each in text if f'bookmarked: true, "{name}")' in each)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pack")
    write_folder(path, made())
    certificate = certify(path)
    write_pack(
        path / "pack.xlsx", made().plan, made().inputs, made().summary, certificate, version="main-7", reliefs=(RELIEF,)
    )
    return path


def test_strategy_is_told_with_its_blocks() -> None:
    bikes, cargo, helmets = (making_of(figures(made()), family) for family in ("Bikes", "Cargo", "Unassigned"))
    assert (bikes.label, cargo.label, helmets.label) == ("hybrid", "chase", "free")
    assert bikes.words == "Strategy hybrid: level in Winter (Dec 26 to Mar 27), what is needed between"
    assert cargo.words == "Strategy chase: what is needed is made when it is needed"
    assert "none is set" in helmets.words


@pytest.mark.parametrize(
    ("first", "last", "when"),
    [(None, None, "over the whole plan"), (1, None, "from Dec 26 on"), (None, 2, "until Jan 27")],
)
def test_level_without_ends_says_when(first: int | None, last: int | None, when: str) -> None:
    row = {"family": "Bikes", "strategy": "level"}
    ends = {name: month(at) for name, at in (("first", first), ("last", last)) if at is not None}
    company = make_tied({**source_rows(), "production_strategies": [{**row, **ends}]})
    assert making_of(figures(company), "Bikes").words == f"Strategy level: the same every working day, {when}"


def test_family_page_sets_production_beside_what_its_strategy_asks_for(folder: Path) -> None:
    shown = figures(made())
    asked = shown.at_sites(shown.supply.count("strategy_production"), "Bikes")
    assert asked.any()
    text = page(draw_pack(made().plan, made().inputs, made().summary, certify(folder), version="main-7").pages, "Bikes")
    assert "Production, hybrid" in text
    assert "strategy asks for" in text
    assert number(int(asked[shown.buckets.first_open]) * QUANTITY) in text
    assert "level in Winter (Dec 26 to Mar 27)" in text
    sheet = openpyxl.load_workbook(folder / "pack.xlsx", data_only=True)["Bikes"]
    rows = {row[0].value: [cell.value for cell in row[2:]] for row in sheet.iter_rows(min_row=4)}
    assert "Production, hybrid" in rows
    assert rows["  strategy asks for"][6] == pytest.approx(int(asked[shown.buckets.first_open]) / 1000)


def test_manufacturing_plan_names_strategies_and_says_what_holds_without_one(folder: Path) -> None:
    pages = draw_pack(made().plan, made().inputs, made().summary, certify(folder), version="main-7").pages
    assert "Bikes, hybrid" in page(pages, "Manufacturing plan")
    none = draw_pack(tied().plan, tied().inputs, tied().summary, certify(folder), version="main-7").pages
    assert "no family has a strategy of its own" in page(none, "Manufacturing plan")
    sheet = openpyxl.load_workbook(folder / "pack.xlsx")["Manufacturing plan"]
    assert any(str(row[0].value).startswith("Bikes, hybrid · ") for row in sheet.iter_rows())


def test_people_stand_under_capacity(folder: Path) -> None:
    shown = figures(made())
    assert people_rows(figures(tied())) == []
    rows = people_rows(shown)
    assert {name for name, _, _ in rows} == {"L1"}
    heads = shown.load.count("heads")[shown.load.keys["resource"].to_list().index("L1")]
    first = shown.buckets.first_open
    assert people_message(shown).startswith(f"{int(heads[first]) / 1000:,.0f} people now")
    text = page(
        draw_pack(made().plan, made().inputs, made().summary, certify(folder), version="main-7").pages, "Capacity"
    )
    assert people_message(shown) in text
    sheet = openpyxl.load_workbook(folder / "pack.xlsx", data_only=True)["Capacity"]
    cells = {row[0].value: row[2].value for row in sheet.iter_rows()}
    assert cells["L1: people"] == pytest.approx(int(heads[first]) / 1000)


def test_issues_of_a_scarce_thing_quote_the_price_the_business_page_quotes(folder: Path) -> None:
    codes = {issue.code for issue in made().plan.issues}
    assert "supply.overload" in codes
    book = openpyxl.load_workbook(folder / "pack.xlsx", data_only=True)
    told_ways = [row[5].value for row in book["Issues"].iter_rows(min_row=5) if row[1].value == "overload"]
    assert any(str(way).endswith("A Saturday on L1 in Mar 27 is worth EUR 42.") for way in told_ways)
    business = [cell.value for row in book["Business"].iter_rows() for cell in row]
    assert "A Saturday on L1 in Mar 27 is worth EUR 42." in business


ISSUE = Issue(
    code="supply.overload",
    severity=Severity.WARNING,
    place=Place(
        scope=(Node(dimension="resource", level="resource", member=MemberId("L1")),),
        first=month(1),
        last=month(3),
    ),
    message="too many hours in 3 buckets from 2027-01, sold until 2027-02-28; cycle 2026-10 said so.",
    advice="Add hours. What a Saturday earns: trivet relief --where resource=L1 --from 2027-01",
)


def test_issue_is_told_in_months_and_names() -> None:
    shown = figures(made())
    said = "L1: too many hours in 3 months from Jan 27, sold until 28 Feb 2027; cycle 2026-10 said so."
    command = "What a Saturday earns: trivet relief --where resource=L1 --from 2027-01"
    assert issue_told(ISSUE, shown) == f"{said} Add hours. {command}"
    assert advice_told(ISSUE, shown, (RELIEF,)) == "Add hours. A Saturday on L1 in Mar 27 is worth EUR 42."
    assert place_told(ISSUE, shown) == "L1 · Dec 26 to Feb 27"
    assert (kind_told(ISSUE.code), kind_told("gap.margin"), kind_told("gap.unserved")) == (
        "overload",
        "margin gap",
        "demand not served",
    )


def test_issue_without_members_is_of_its_table() -> None:
    issue = Issue(code="a.b", severity=Severity.NOTE, message="x.", advice="y.", place=Place(source="prices"))
    assert place_told(issue, figures(made())) == "table prices"
    odd = Issue(code="a.b", severity=Severity.NOTE, message="x.", advice="y.", place=Place(first=date(2027, 1, 9)))
    assert place_told(odd, figures(made())) == "09 Jan 2027"


def test_what_needs_action_stands_before_notes() -> None:
    note, warning, refused = (
        Issue(code=f"a.{kind}", severity=kind, message="", advice="")
        for kind in (Severity.NOTE, Severity.WARNING, Severity.REFUSED)
    )
    assert by_weight([note, warning, refused, note]) == [refused, warning, note, note]


def test_weeks_are_called_weeks_and_what_is_no_day_stays() -> None:
    weeks = Buckets(edges=(date(2026, 11, 2), date(2026, 11, 9)), calendar=Calendar.WEEKS, first_open=0)
    assert bucket_word(weeks) == "week"
    assert told("in 2 buckets, one bucket, 2027-02-31", weeks) == "in 2 weeks, one week, 2027-02-31"
