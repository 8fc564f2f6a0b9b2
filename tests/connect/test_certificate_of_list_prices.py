"""The certificate forms sales before discounts by itself, from the rows of the price list."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.connect.tied import Tied, make_tied, source_rows, write_folder
from tests.finance.tiny import month
from trivet.connect.certificate import certify

LISTED = "list price = source x rate"
SOLD = "units shipped x invoiced list price = gross sales"
LESS = "gross sales - discounts = net revenue"
SENT = "shipments x list price = shipped at list price"
INVOICED = "invoiced list price = list price when booked, oldest orders first"
ORDER = {"item": "CARGO", "market": "DE", "bucket": month(1), "quantity": 35}


def company(changed: dict[str, Any] | None = None) -> Tied:
    """The tied company with list prices for two of its items and a price that follows from a list price."""
    rows = source_rows()
    early = month(-22)
    prices = [row for row in rows["prices"] if row["item"] not in ("BIKE", "CARGO")]
    prices += [
        {"item": "BIKE", "first": early, "price": 400.0, "discount": 0.25, "rebate": 0.05},
        {"item": "BIKE", "market": "US", "first": early, "price": 450.0, "list_price": 600.0, "currency": "USD"},
        {"item": "BIKE", "first": month(3), "price": 410.0, "list_price": 400.0},
        {"item": "CARGO", "first": early, "list_price": 5000.0, "discount": 0.2},
        {"item": "CARGO", "first": month(1), "list_price": 5200.0, "discount": 0.2, "rebate": 0.02},
    ]
    return make_tied({**rows, "prices": prices, "order_backlog": [ORDER], **(changed or {})})


@pytest.fixture(scope="module")
def made() -> Tied:
    return company()


def test_sales_before_discounts_tie_out(tmp_path: Path, made: Tied) -> None:
    demand = made.plan.panel("demand")
    assert (demand.count("discounts") > 0).any()
    assert (demand.count("shipped_gross") > demand.count("shipped_revenue")).any()
    write_folder(tmp_path, made)
    certificate = certify(tmp_path)
    assert certificate.passed, certificate.line
    checked = {check.name: check.checked for check in certificate.checks}
    assert min(checked[name] for name in (LISTED, SOLD, LESS, SENT, INVOICED)) >= 70


@pytest.mark.parametrize(
    ("measure", "wrong"),
    [
        ("list_price", {LISTED, INVOICED}),
        ("invoiced_list_price", {INVOICED, SOLD}),
        ("gross_sales", {SOLD, LESS}),
        ("discounts", {LESS}),
        ("shipped_gross", {SENT}),
    ],
)
def test_moved_amount_is_found(tmp_path: Path, made: Tied, measure: str, wrong: set[str]) -> None:
    write_folder(tmp_path, made)
    path = tmp_path / "demand.parquet"
    frame = pl.read_parquet(path)
    kind = frame.schema[measure]
    frame.with_columns((pl.col(measure) * 2).cast(kind)).write_parquet(path)
    found = {check.name for check in certify(tmp_path).checks if not check.passed}
    assert wrong <= found


def test_company_without_list_prices_has_nothing_to_check(tmp_path: Path) -> None:
    write_folder(tmp_path, make_tied(source_rows()))
    certificate = certify(tmp_path)
    assert certificate.passed, certificate.line
    assert {check.checked for check in certificate.checks if check.name in (LISTED, SOLD, LESS, SENT)} == {0}
