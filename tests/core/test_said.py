"""What people type becomes the change they mean, or a message that says how to write it."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from trivet.core.buckets import Buckets, Calendar, month_edges, week_edges
from trivet.core.dimensions import Dimension, Hierarchy
from trivet.core.entries import Operation
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import Digest
from trivet.core.said import Said, parse_amount, parse_scope, parse_span, said_in_file

MONTHS = Buckets(edges=month_edges(date(2026, 1, 1), 36), first_open=10)


def item() -> Dimension:
    members = pl.DataFrame({"item": ["A", "B"], "family": ["City", "Cargo"]})
    return Dimension(
        name="item", members=members, hierarchies=(Hierarchy(name="x", levels=("family", "item")),), digest=Digest("")
    )


@pytest.mark.parametrize(
    ("text", "operation", "amount"),
    [
        ("12000", Operation.SET, "12000"),
        ("=1.2k", Operation.SET, "1200.0"),
        ("1,500", Operation.SET, "1500"),
        ("2m", Operation.SET, "2000000"),
        ("+300", Operation.ADD, "300"),
        ("-300", Operation.ADD, "-300"),
        ("+5%", Operation.SCALE, "1.05"),
        ("- 12.5 %", Operation.SCALE, "0.875"),
        ("x1.1", Operation.SCALE, "1.1"),
    ],
)
def test_amounts_are_read_as_excel_hands_write_them(text: str, operation: Operation, amount: str) -> None:
    assert parse_amount(text) == (operation, Decimal(amount))


def test_lock_and_unlock_carry_no_amount() -> None:
    assert parse_amount("lock") == (Operation.LOCK, None)
    assert parse_amount(" UNLOCK ") == (Operation.UNLOCK, None)


@pytest.mark.parametrize("text", ["", "about 5", "1.2.3", "5%", "--3"])
def test_an_amount_that_cannot_be_read_is_refused_with_the_value(text: str) -> None:
    with pytest.raises(InvalidInput, match="amount"):
        parse_amount(text)


def test_a_node_finds_its_dimension_by_its_level() -> None:
    (node,) = parse_scope(["family=City"], {"item": item()})
    assert (node.dimension, node.level, node.member) == ("item", "family", "City")


def test_members_match_whatever_their_case_and_keep_their_writing() -> None:
    (node,) = parse_scope(["family=ciTY"], {"item": item()})
    assert node.member == "City"


def test_unknown_level_and_member_offer_the_nearest() -> None:
    with pytest.raises(NotFound, match="Maybe 'family'"):
        parse_scope(["familly=City"], {"item": item()})
    with pytest.raises(NotFound, match="Maybe 'City'"):
        parse_scope(["family=Citty"], {"item": item()})
    with pytest.raises(InvalidInput, match="level=member"):
        parse_scope(["City"], {"item": item()})


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, slice(10, 36)),
        ("2027-03", None, slice(14, 15)),
        ("2027-03-17", None, slice(14, 15)),
        ("2027-Q1", None, slice(12, 15)),
        ("FY2027", None, slice(12, 24)),
        ("2027", None, slice(12, 24)),
        ("2027-03", "2027-Q2", slice(14, 18)),
    ],
)
def test_buckets_quarters_and_years_name_runs(first: str | None, last: str | None, expected: slice) -> None:
    assert parse_span(first, last, MONTHS) == expected


def test_a_week_names_its_bucket() -> None:
    weeks = Buckets(edges=week_edges(date(2026, 1, 1), 60), first_open=40, calendar=Calendar.WEEKS)
    assert parse_span("2026-W10", None, weeks) == slice(9, 10)


@pytest.mark.parametrize(("first", "last"), [("soon", None), ("2027-05", "2027-03"), ("2031-01", None)])
def test_a_bucket_that_cannot_be_meant_is_refused(first: str, last: str | None) -> None:
    with pytest.raises(InvalidInput):
        parse_span(first, last, MONTHS)


def test_a_file_of_changes_keeps_its_rows() -> None:
    text = "measure,amount,where,from,to,reason\nconsensus_demand,+5%,family=City;region=West,2027-03,,fair\n"
    (said,) = said_in_file("changes.csv", text)
    assert said == Said(
        measure="consensus_demand",
        amount="+5%",
        where=("family=City", "region=West"),
        first="2027-03",
        reason="fair",
        place="changes.csv row 2",
    )


def test_a_file_of_changes_with_a_strange_column_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"changes.csv row 1.*colour"):
        said_in_file("changes.csv", "measure,amount,colour\n")
