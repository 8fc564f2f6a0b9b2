"""The certificate forms what shipments are invoiced at by itself: first booked, first shipped."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.connect.tied import Tied, make_tied, source_rows, write_folder
from tests.finance.tiny import month
from trivet.connect.certificate import certify

INVOICED = "invoiced price = price when booked, oldest orders first"
ORDER = {"item": "CARGO", "market": "DE", "bucket": month(1), "quantity": 35}
US = {"item": "CARGO", "market": "US", "bucket": month(0), "quantity": 4, "value": 15000}


def company(backlog: list[dict[str, Any]]) -> Tied:
    """The tied company; cargo bikes become dearer in this very month and again in the next."""
    rows = source_rows()
    changes = [
        {"change": f"cargo {t}", "family": "Cargo", "first": month(t), "percent": percent}
        for t, percent in ((0, 5.0), (1, 3.0))
    ]
    return make_tied({**rows, "price_changes": [*rows["price_changes"], *changes], "order_backlog": backlog})


@pytest.mark.parametrize(
    "backlog",
    [
        [{**ORDER, "value": 35 * 3800}],
        [ORDER],
        [{**ORDER, "value": 35 * 3800}, {**ORDER, "bucket": month(2), "quantity": 10}, US],
        [{**ORDER, "market": "", "value": 35 * 3700}, US],
        [],
    ],
    ids=["with value", "without value", "two markets", "market not named", "none"],
)
def test_booked_prices_tie_out(tmp_path: Path, backlog: list[dict[str, Any]]) -> None:
    made = company(backlog)
    demand = made.plan.panel("demand")
    kept = demand.mask("price") & (demand.rate("price") != demand.rate("invoiced_price"))
    assert kept.any()
    write_folder(tmp_path, made)
    certificate = certify(tmp_path)
    assert certificate.passed, certificate.line
    assert next(check for check in certificate.checks if check.name == INVOICED).checked >= 70


def test_backlog_invoiced_at_the_new_price_is_found(tmp_path: Path) -> None:
    write_folder(tmp_path, company([{**ORDER, "value": 35 * 3800}]))
    path = tmp_path / "demand.parquet"
    pl.read_parquet(path).with_columns(pl.col("price").alias("invoiced_price")).write_parquet(path)
    wrong = {check.name: check for check in certify(tmp_path).checks if not check.passed}
    assert set(wrong) == {INVOICED, "units shipped x invoiced price = revenue"}
    assert "CARGO in DE 2026-12" in wrong[INVOICED].message


def test_plan_made_before_orders_kept_their_price_is_not_held_against_it(tmp_path: Path) -> None:
    rows = source_rows()
    made = make_tied({name: given for name, given in rows.items() if name != "order_backlog"})
    write_folder(tmp_path, made)
    path = tmp_path / "demand.parquet"
    pl.read_parquet(path).drop("invoiced_price").write_parquet(path)
    rollup = pl.read_parquet(tmp_path / "rollup.parquet")
    rollup.filter(pl.col("measure") != "invoiced_price").write_parquet(tmp_path / "rollup.parquet")
    certificate = certify(tmp_path)
    assert certificate.passed, certificate.line
    check = next(check for check in certificate.checks if check.name == INVOICED)
    assert (check.checked, "invoiced_price" in check.message) == (0, True)
