"""Quantities in cases, slips of unit, units that changed between imports: converted, rejected or asked about."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from tests.connect.folders import ITEMS, codes, issue, load, report
from trivet.connect.unit_slips import find_unit_changes
from trivet.core.issues import Severity
from trivet.core.report import Sums

HEAD = "item,market,bucket,quantity,value,unit\n"
CASES = "item,unit,per_unit\nBK-09,CASE,12\n,PALLET,100\n"


def test_rows_in_other_units_are_brought_to_the_base_unit_and_said(tmp_path: Path) -> None:
    rows = "BK-09,DE,2026-09,2,20,case\nBK-10,DE,2026-09,3,30,PALLET\nBK-10,DE,2026-10,4,40,\n"
    loaded = load(tmp_path / "f", {"orders.csv": HEAD + rows, "unit_conversions.csv": CASES})
    assert loaded.tables["orders"]["quantity"].to_list() == [24_000, 300_000, 4_000]
    assert report(loaded, "orders").loaded == Sums(rows=3, quantity=Decimal(328), money=Decimal(90))
    told = {choice.about: choice.value for choice in report(loaded, "orders").choices}
    assert (told["unit case"], told["unit PALLET"]) == ("1 rows × 12", "1 rows × 100")


def test_unit_without_conversion_rejects_its_row_and_names_the_units_there_are(tmp_path: Path) -> None:
    rows = "BK-10,DE,2026-09,2,20,CASE\nBK-10,DE,2026-10,3,30,EA\n"
    loaded = load(tmp_path / "f", {"orders.csv": HEAD + rows, "unit_conversions.csv": CASES})
    (reject,) = report(loaded, "orders").rejects
    assert (reject.row, reject.column, reject.value) == (2, "unit", "CASE")
    assert reject.reason == "unit is 'CASE', expected a unit item 'BK-10' has: EA, pallet"
    assert reject.advice == "Add the conversion to unit_conversions, or correct the unit."
    assert loaded.tables["orders"]["quantity"].to_list() == [3_000]


def test_unit_may_be_named_by_the_mapping_and_needs_no_table_of_conversions(tmp_path: Path) -> None:
    text = """
[[source]]
file = "items.csv"
table = "items"
[[source]]
file = "orders.csv"
table = "orders"
columns = { item = "item", bucket = "bucket", quantity = "quantity", unit = "ME" }
"""
    rows = "item,bucket,quantity,ME\nBK-09,2026-09,2,EA\nBK-09,2026-10,2,KG\n"
    loaded = load(tmp_path / "f", {"orders.csv": rows}, text)
    assert [one.value for one in report(loaded, "orders").rejects] == ["KG"]
    assert loaded.tables["orders"]["quantity"].to_list() == [2_000]


def monthly(item: str, quantities: list[int], price: float | None) -> str:
    return "".join(
        f"{item},DE,{2025 + month // 12}-{month % 12 + 1:02d},{count}," + (f"{100 * price}" if price else "") + "\n"
        for month, count in enumerate(quantities)
    )


def test_quantity_twelve_times_its_usual_for_the_usual_money_is_asked_about(tmp_path: Path) -> None:
    rows = monthly("BK-09", [100] * 21 + [1200], 2.0)
    loaded = load(tmp_path / "f", {"orders.csv": HEAD.replace(",unit", "") + rows})
    found = issue(loaded, "import.unit-slip")
    assert found.severity is Severity.WARNING
    assert (found.place.source, found.place.column, found.place.value) == ("orders", "quantity", "1200")
    assert found.place.first == date(2026, 10, 1)
    assert "item 'BK-09', market 'DE' has 1,200, 12 times its usual; its money is what it always was" in found.message
    assert found.at_stake == Decimal(2200)


@pytest.mark.parametrize(("factor", "flagged"), [(12, True), (24, True), (1000, True), (30, True), (13, False)])
def test_without_money_a_steady_series_gives_a_slip_away(tmp_path: Path, factor: int, flagged: bool) -> None:
    rows = monthly("BK-09", [100] * 21 + [100 * factor], None)
    files = {
        "orders.csv": HEAD.replace(",unit", "") + rows,
        "unit_conversions.csv": "item,unit,per_unit\nBK-09,BOX,30\n",
    }
    assert ("import.unit-slip" in codes(load(tmp_path / "f", files))) is flagged


def test_large_order_at_its_usual_price_is_no_slip(tmp_path: Path) -> None:
    lines = "".join(
        f"BK-09,DE,{2025 + m // 12}-{m % 12 + 1:02d},{q},{2 * q}\n" for m, q in enumerate([100] * 21 + [1200])
    )
    assert "import.unit-slip" not in codes(load(tmp_path / "f", {"orders.csv": HEAD.replace(",unit", "") + lines}))


def test_unit_changed_since_the_last_import_is_asked_about_with_what_history_did(tmp_path: Path) -> None:
    before = load(tmp_path / "a").tables
    for factor, said in ((1, "as if it were still in EA"), (12, "its history is 12 times what it was")):
        rows = before["orders"].with_columns(pl.col("quantity") * factor)
        items = before["items"].with_columns(pl.when(pl.col("item") == "BK-09").then(pl.lit("DOZ")).alias("unit"))
        (found,) = find_unit_changes(before, {"items": items, "orders": rows})
        assert (found.code, found.place.value) == ("import.unit-changed", "DOZ")
        assert "item 'BK-09' was in EA at the last import and is in DOZ now" in found.message
        assert said in found.message
    (alone,) = find_unit_changes({"items": before["items"]}, {"items": items})
    assert "no history of both imports" in alone.message
    assert find_unit_changes(before, before) == ()
    assert find_unit_changes({}, before) == ()


def test_smallest_steps_are_not_summed_as_a_quantity(tmp_path: Path) -> None:
    loaded = load(
        tmp_path / "f", {"items.csv": ITEMS.replace("family\n", "family,step\n").replace("City\n", "City,5\n")}
    )
    assert report(loaded, "items").loaded.quantity == 0
