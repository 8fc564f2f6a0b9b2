"""`trivet statement` as typed: lines by period, fiscal years beside the budget, notes, JSON."""

import re

import pytest

from tests.cli.test_commands import Call, call

__all__ = ["call"]


def test_statement_prints_its_lines_in_order_and_what_is_left_out(call: Call) -> None:
    shown = call("statement", "--from", "2027-01", "--to", "2027-03")
    assert shown.code == 0
    labels = ["Revenue of the whole consensus", "Net sales", "  less standard cost of goods sold", "Gross margin"]
    labels += ["Contribution", "Stock at standard cost"]
    assert sorted(labels, key=shown.out.index) == labels
    assert "EBITDA" not in shown.out
    assert re.search(r"2027-01 +2027-02 +2027-03\n", shown.out)
    assert re.search(r"outlook +budget +\+/- +last year +\+/-\n", shown.out)
    assert "prices.csv gives no list price" in shown.out
    assert "there is no table operating_expense" in shown.out


def test_families_stand_below_each_other_and_programs_get_the_same(call: Call) -> None:
    shown = call("statement", "--by", "family", "--period", "year")
    assert re.search(r"\ncompany level +less supply variances", shown.out)
    told = call("statement", "--by", "family", "--period", "year", "--json").json()
    assert told["periods"][-1] == "FY2027"
    assert {row["member"] for row in told["rows"]} == {"all", "City", "Kids", "company level"}
    net = {row["member"]: row["values"][-1] for row in told["rows"] if row["line"] == "net_sales"}
    assert float(net["all"]) == pytest.approx(float(net["City"]) + float(net["Kids"]))


def test_wrong_period_is_told(call: Call) -> None:
    shown = call("statement", "--period", "week")
    assert shown.code == 2
    assert "expected month, quarter or year" in shown.err
