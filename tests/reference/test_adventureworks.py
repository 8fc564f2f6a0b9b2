"""The AdventureWorks extract through its mapping: exact sums, and its contradictions asked about."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import polars as pl

import trivet.examples
from tests.connect.folders import SPECS, codes, issue, report
from trivet.connect.folder import FolderLoad, read_folder
from trivet.core.issues import Severity

MAPPING = (Path(trivet.examples.__file__).parent / "mappings" / "adventureworks.toml").read_text(encoding="utf-8")
MONEY = Decimal("0.0001")


@cache
def _load(shared: Path) -> FolderLoad:
    return read_folder(shared / "data" / "adventureworks", SPECS, mapping_text=MAPPING)


def test_revenue_and_units_are_reproduced_exactly(shared: Path, figure: Callable[[str, object], None]) -> None:
    loaded = _load(shared)
    facts = json.loads((shared / "data" / "adventureworks" / "facts.json").read_text())
    shipments = loaded.tables["shipments"]
    revenue, units = int(shipments["value"].sum()) * MONEY, int(shipments["quantity"].sum()) // 1000
    assert (revenue, units) == (Decimal("82383528.2852"), 192_455)
    assert (float(revenue), units) == (facts["revenue"], facts["units"])
    assert shipments["item"].n_unique() == facts["items_sold"]
    figure("AdventureWorks revenue and units", f"{revenue} {units}")


def test_revenue_by_category_and_year_is_as_in_facts(shared: Path) -> None:
    loaded = _load(shared)
    facts = json.loads((shared / "data" / "adventureworks" / "facts.json").read_text())
    rows = loaded.tables["shipments"].join(loaded.tables["items"].select("item", "family"), on="item")
    found = rows.group_by(pl.col("bucket").dt.year().cast(pl.String).alias("year"), "family").agg(pl.col("value").sum())
    expected = {
        (year, family): int((Decimal(str(value)) / MONEY).to_integral_value())
        for year, families in facts["revenue_by_year_category"].items()
        for family, value in families.items()
    }
    assert {(year, family): value for year, family, value in found.iter_rows()} == expected


def test_every_file_ties_and_nothing_is_refused_or_rejected(shared: Path) -> None:
    loaded = _load(shared)
    assert loaded.report.ties
    assert not loaded.report.refused
    assert sum(table.rejected.rows for table in loaded.report.tables) == 0


def test_months_without_reseller_orders_are_asked_about(shared: Path) -> None:
    found = issue(_load(shared), "import.missing-buckets")
    assert "channel 'Reseller' has no row in 2011-02-01, 2011-04-01, 2011-06-01" in found.message
    assert found.at_stake is not None
    assert found.at_stake > 0


def test_negative_stock_is_flagged_with_its_amount(shared: Path) -> None:
    found = issue(_load(shared), "import.negative-stock")
    assert found.place.first == date(2013, 5, 1)
    assert found.at_stake == Decimal("55.0797")


def test_declared_currency_is_shown_with_its_reason(shared: Path) -> None:
    shown = [one for one in report(_load(shared), "shipments").choices if one.about == "currency"]
    assert [one.value for one in shown] == ["plan currency"]
    assert "equal the USD list and discount prices" in shown[0].reason


def test_currency_codes_are_refused_when_nothing_is_declared(shared: Path) -> None:
    undeclared = MAPPING.replace('currency = ""\n', "")
    assert undeclared != MAPPING
    loaded = read_folder(shared / "data" / "adventureworks", SPECS, mapping_text=undeclared)
    found = issue(loaded, "import.no-exchange-rate")
    assert found.severity is Severity.REFUSED
    assert "AUD, CAD, DEM, EUR, FRF, GBP" in found.message
    assert found.at_stake is not None
    assert found.at_stake > 20_000_000


def test_same_numbers_under_other_codes_are_doubted_even_with_rates(shared: Path) -> None:
    rates = """
[[source]]
file = "fx_monthly.csv"
table = "exchange_rates"
columns = { currency = "currency", first = "month", rate = "average_rate" }
constants = { type = "actual" }
"""
    loaded = read_folder(
        shared / "data" / "adventureworks", SPECS, mapping_text=MAPPING.replace('currency = ""\n', "") + rates
    )
    found = issue(loaded, "import.same-numbers")
    assert found.severity is Severity.WARNING
    assert "are the same number as the USD price of that item and bucket" in found.message


def test_versions_of_one_item_are_one_stock(shared: Path) -> None:
    loaded = _load(shared)
    raw = pl.read_parquet(shared / "data" / "adventureworks" / "inventory_monthly.parquet")
    stock = loaded.tables["stock_history"]
    assert int(stock["quantity"].sum()) == int(raw["closing_units"].sum()) * 1000
    assert stock.select("item", "bucket").is_duplicated().sum() == 0
    assert "import.added-rows" in codes(loaded)
