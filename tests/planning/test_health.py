"""The health of data: each kind of fault found with its money, an owner and a day; trust follows the formula."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import trivet.examples
from tests.connect.folders import SPECS
from tests.demand.demand_company import MakeInputs, Rows, Words, company_builder, monthly
from trivet.connect.folder import read_folder
from trivet.core.health import Fault, Finding, Health
from trivet.core.issues import Issue
from trivet.core.measures import parse_measures
from trivet.core.report import ImportReport, Sums, TableReport
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.finance.valuation import price_and_cost
from trivet.planning.contradictions import find_contradictions
from trivet.planning.health import check_health
from trivet.planning.inputs import build_inputs

REGISTRY = parse_measures(files("trivet.core").joinpath("measures.toml").read_text())
make: MakeInputs = company_builder(Words(specs=SPECS, registry=REGISTRY))

CLEAN: dict[str, Rows] = {
    "items": [{"item": "A", "family": "City"}, {"item": "B", "family": "Kids"}],
    "markets": [{"market": "M", "region": "R"}],
    "shipments": [*monthly([10.0] * 36, "A", value=900), *monthly([10.0] * 36, "B", value=100)],
    "prices": [{"item": item, "first": "2023-01", "price": 90} for item in "AB"],
    "costs": [{"item": item, "first": "2023-01", "cost": 5} for item in "AB"],
    "people": [
        {"person": "cora", "name": "Cora", "role": "coordinator"},
        {"person": "sue", "name": "Sue", "role": "sales"},
        {"person": "sam", "name": "Sam", "role": "sales", "family": "City"},
    ],
}


def health(report: ImportReport | None = None, **tables: Rows) -> Health:
    return check_health(make(**{**CLEAN, **tables}), report)


def only(found: Health) -> Finding:
    (one,) = found.findings
    return one


def test_clean_data_have_no_finding_and_full_trust() -> None:
    found = health()
    assert found.findings == found.blocking == ()
    assert [(trust.family, trust.score, trust.revenue) for trust in found.families] == [
        ("City", Decimal("100.0"), Decimal(10_800)),
        ("Kids", Decimal("100.0"), Decimal(1_200)),
    ]


def test_missing_price_blocks_has_its_money_and_its_owner_by_family() -> None:
    empty: Rows = [{"item": "A", "first": "2026-02"}, {"item": "B", "first": "2023-01", "price": 90}]
    found = health(prices=empty)
    one = only(found)
    assert (one.fault, one.family, one.members, one.blocking) == (Fault.PRICE, "City", ("A",), True)
    assert (one.at_stake, one.role, one.owner) == (Decimal(10_800), "sales", "sam")
    assert "the first in 2026-02" in one.message
    assert one.due == date(2026, 1, 5)
    assert (found.families[0].family, found.families[0].score, found.families[0].touched) == (
        "City",
        Decimal(0),
        Decimal(10_800),
    )
    assert found.score == Decimal("10.0")


def test_price_that_is_missing_later_than_a_year_does_not_block() -> None:
    late = [*CLEAN["prices"], {"item": "A", "first": "2027-01"}]
    one = only(health(prices=late))
    assert (one.fault, one.blocking) == (Fault.PRICE, False)


def test_due_day_is_the_third_working_day_by_the_closures() -> None:
    shut: Rows = [{"calendar": "", "first": "2026-01-01", "last": "2026-01-06"}]
    assert only(health(closures=shut, costs=[{"item": "B", "first": "2023-01", "cost": 5}])).due == date(2026, 1, 9)


def test_small_findings_do_not_block_and_unowned_ones_go_to_their_role() -> None:
    tiny = [*monthly([10.0] * 36, "A", value=900), *monthly([10.0] * 36, "B", value=1)]
    one = only(health(shipments=tiny, costs=[{"item": "A", "first": "2023-01", "cost": 5}], people=[]))
    assert (one.fault, one.blocking, one.role, one.owner) == (Fault.COST, False, "finance", None)


NO_FAMILY: Rows = [{"item": "A", "family": "City"}, {"item": "B"}]


@pytest.mark.parametrize(
    ("tables", "fault", "blocking", "said"),
    [
        ({"items": NO_FAMILY}, Fault.PARENT, True, "1 items (B) have no family"),
        (
            {"items": [{"item": "A", "family": "F"}, {"item": "B", "family": "F", "unit": "KG"}]},
            Fault.UNIT,
            False,
            "2 items (A, B) stand in a family of several units",
        ),
        (
            {"resources": [{"resource": "L", "location": "MAIN", "lines": 1, "hours_per_day": 8}],
             "routings": [{"item": "A", "location": "MAIN", "resource": "L", "hours_per_unit": 0.1}]},
            Fault.SOURCE,
            False,
            "1 items (B) have no routing and no supplier",
        ),
        (
            {"budget": [{"family": "Citi", "region": "", "bucket": "2026-01", "revenue": 500}]},
            Fault.ORPHAN,
            True,
            "1 rows of budget name Citi, which no item has as family",
        ),
        (
            {"stock_history": [{"item": "A", "location": "", "bucket": "2025-12", "quantity": -40}]},
            Fault.NEGATIVE_STOCK,
            True,
            "1 items (A) have an opening stock below zero",
        ),
        (
            {"shipments": [*monthly([1.0] * 24 + [10.0] * 12, "A", value=900), *monthly([10.0] * 36, "B", value=100)]},
            Fault.BREAK,
            True,
            "belong to a family whose last year is over 3 times the year before",
        ),
        (
            {"markets": [{"market": "M", "region": "R", "currency": "USD"}],
             "prices": [{"item": item, "first": "2023-01", "price": 90, "currency": "USD"} for item in "AB"]},
            Fault.RATE,
            True,
            "USD",
        ),
    ],
)  # fmt: skip
def test_each_fault_is_found(tables: dict[str, Any], fault: Fault, blocking: bool, said: str) -> None:
    found = [one for one in health(**tables).findings if one.fault is fault]
    assert [one.blocking for one in found] == [blocking]
    assert said in found[0].message
    assert found[0].advice


def test_market_that_reported_nothing_is_a_break_worth_its_mean_month() -> None:
    values = [*[10.0] * 30, None, *[10.0] * 5]
    shipments = [*monthly(values, "A", value=900), *monthly([10.0] * 36, "B", "N", value=100)]
    (one,) = [
        one
        for one in health(shipments=shipments, markets=[{"market": "M"}, {"market": "N"}]).findings
        if one.fault is Fault.BREAK
    ]
    assert (one.members, one.at_stake, one.blocking) == (("M",), Decimal(825), True)
    assert "reported nothing or a part in 2025-07-01" in one.message


def test_rejected_rows_of_the_import_are_findings_with_their_money() -> None:
    sums = Sums(rows=2, quantity=Decimal(2), money=Decimal(700))
    tables = (TableReport(file="orders.csv", table="orders", read=Sums(rows=9), loaded=Sums(rows=7), rejected=sums),)
    one = only(health(ImportReport(tables=tables, issues=())))
    assert (one.fault, one.at_stake, one.owner) == (Fault.REJECTED, Decimal(700), "cora")
    assert one.message == "2 of 9 rows of orders.csv were rejected; expected none."


def contradictions(**tables: Rows) -> dict[str, Issue]:
    inputs = make(**{**CLEAN, **tables})
    panel = price_and_cost(inputs, correct_history(inputs, demand_panel(inputs)[0])[0])[0]
    return {issue.code: issue for issue in find_contradictions(inputs, panel)}


def made(item: str, quantity: float) -> Rows:
    return [
        {"item": item, "location": "", "bucket": f"2025-{month:02d}", "quantity": quantity} for month in range(1, 13)
    ]


def test_production_far_above_sales_is_told_with_what_it_is_worth() -> None:
    found = contradictions(production=made("A", 240.0))["data.production-above-sales"]
    assert found.severity == "warning"
    assert "2,880 were made and 360 shipped (8.0 times). 0 went into other items" in found.message
    assert found.at_stake == Decimal((2880 - 360) * 5)


def test_production_used_in_other_items_is_explained() -> None:
    bill: Rows = [{"parent": "B", "component": "A", "first": "", "quantity": 60}]
    found = contradictions(production=[*made("A", 630.0), *made("B", 10.0)], bill_of_materials=bill)
    one = found["data.production-above-sales"]
    assert one.severity == "note"
    assert "7,200 went into other items by the bill of materials" in one.message


def test_production_that_fits_sales_is_no_contradiction() -> None:
    assert contradictions(production=made("A", 30.0)) == {}


def test_more_hours_than_a_resource_has_are_told_with_their_cost() -> None:
    tables: dict[str, Rows] = {
        "production": made("A", 30.0),
        "resources": [{"resource": "L", "location": "MAIN", "lines": 1, "hours_per_day": 1, "crew_cost": 10}],
        "routings": [{"item": "A", "location": "MAIN", "resource": "L", "hours_per_unit": 3.0}],
        "calendars": [{"calendar": "", "bucket": f"2025-{month:02d}", "working_days": 20} for month in range(1, 13)],
    }
    found = contradictions(**tables)["data.hours-above-capacity"]
    assert "4.5 times the hours it has, overtime included" in found.message
    assert "12 closed buckets: 840 h too many" in found.message
    assert found.at_stake == 8400


def test_opening_stock_below_zero_is_told_in_the_plan() -> None:
    below: Rows = [{"item": "A", "location": "", "bucket": "2025-12", "quantity": -4}]
    found = contradictions(stock_history=below)["data.negative-stock"]
    assert found.at_stake == 20
    assert "4 units together" in found.message


@pytest.fixture(scope="module")
def adventureworks(shared: Path) -> Callable[[str, str], tuple[ImportReport, Health, dict[str, list[Issue]]]]:
    mapping = Path(trivet.examples.__file__).parent / "mappings" / "adventureworks.toml"

    def read(old: str, new: str) -> tuple[ImportReport, Health, dict[str, list[Issue]]]:
        text = mapping.read_text("utf-8")
        assert old in text
        load = read_folder(shared / "data" / "adventureworks", SPECS, mapping_text=text.replace(old, new))
        if load.report.refused:
            return load.report, check_health(make(**CLEAN)), {}
        inputs = build_inputs(load.company, load.tables, SPECS, REGISTRY)[0]
        panel = price_and_cost(inputs, correct_history(inputs, demand_panel(inputs)[0])[0])[0]
        found: dict[str, list[Issue]] = {}
        for issue in find_contradictions(inputs, panel):
            found.setdefault(issue.code, []).append(issue)
        return load.report, check_health(inputs, load.report), found

    return read


def test_contradictions_of_adventureworks_are_told_with_amounts(adventureworks: Any) -> None:
    report, found, told = adventureworks("", "")
    missing = next(issue for issue in report.issues if issue.code == "import.missing-buckets")
    assert (
        "channel 'Reseller' has no row in 2011-02-01, 2011-04-01, 2011-06-01: missing, or nothing sold?"
        in missing.message
    )
    assert missing.at_stake is not None
    assert missing.at_stake > 7_000_000
    over = {str(one.place.scope[0].member): one for one in told["data.hours-above-capacity"]}
    assert {code: one.message.split(" times")[0].split()[-1] for code, one in over.items()} == {
        "10": "5.0",
        "20": "2.3",
        "50": "8.6",
        "60": "7.2",
    }
    assert all(one.at_stake and one.at_stake > 100_000 for one in over.values())
    (production,) = told["data.production-above-sales"]
    assert "(7.5 times)" in production.message
    assert production.at_stake is not None
    assert production.at_stake > 50_000_000
    (stock,) = told["data.negative-stock"]
    assert "5 items begin below zero" in stock.message
    declared = [issue.message for issue in report.issues if issue.code == "import.declared"]
    assert any("hours of a work order do not depend on its quantity" in text for text in declared)
    gaps = [one for one in found.findings if one.fault is Fault.BREAK and "2011-02-01" in one.message]
    assert len(gaps) == 1
    assert gaps[0].members == ("Reseller",)
    assert "1 channel (Reseller) reported nothing or a part in 2011-02-01, 2011-04-01, 2011-06-01" in gaps[0].message


def test_currency_codes_of_adventureworks_are_asked_about_and_not_guessed(adventureworks: Any) -> None:
    report, _, _ = adventureworks('currency = ""\nduplicates = "add"', 'duplicates = "add"')
    (asked,) = [issue for issue in report.refused if issue.code == "import.no-exchange-rate"]
    assert "AUD, CAD" in asked.message
    assert 'currency = "USD" with a reason' in asked.advice
    assert asked.at_stake is not None
    assert asked.at_stake > 0
