"""Old codes are loaded under the ones that go on, counted so that read = loaded + merged + rejected."""

from pathlib import Path

import polars as pl

from tests.connect.folders import ITEMS, ORDERS, codes, issue, load, report

MERGED = "dimension,old,new,kind,first,reason\nitem,BK-10,BK-09,merged,2026-05,one list\n"
RENAMED = "dimension,old,new,kind,reason\nitem,bk-10,BK-11,renamed,new list\n"


def quantity(frame: pl.DataFrame, item: str) -> int:
    return int(frame.filter(pl.col("item") == item)["quantity"].sum())


def test_history_of_a_merged_item_is_added_to_the_one_that_goes_on(tmp_path: Path) -> None:
    before = load(tmp_path / "before").tables["orders"]
    loaded = load(tmp_path / "after", {"member_changes.csv": MERGED})
    orders = loaded.tables["orders"]
    assert quantity(orders, "BK-09") == quantity(before, "BK-09") + quantity(before, "BK-10")
    assert orders.height == 22
    assert sorted(loaded.tables["items"]["item"].to_list()) == ["0101", "BK-09"]
    sums = report(loaded, "orders")
    assert (sums.read.rows, sums.loaded.rows, sums.merged.rows) == (44, 22, 22)
    assert (sums.loaded.quantity, sums.loaded.money) == (sums.read.quantity, sums.read.money)
    assert report(loaded, "items").merged.rows == 1


def test_it_is_said_for_each_file_with_the_reason(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"member_changes.csv": MERGED})
    said = [one for one in loaded.report.issues if one.code == "import.member-changed"]
    assert {one.place.source for one in said} == {"items.csv", "orders.csv"}
    assert "'BK-10' was merged into 'BK-09' (one list): 22 rows" in said[-1].message


def test_a_renamed_item_keeps_its_rows_under_the_new_code_whatever_the_case(tmp_path: Path) -> None:
    items = ITEMS.replace("BK-10", "BK-11")
    loaded = load(tmp_path, {"items.csv": items, "member_changes.csv": RENAMED})
    assert quantity(loaded.tables["orders"], "BK-11") > 0
    assert report(loaded, "orders").loaded == report(loaded, "orders").read
    assert "import.other-writing" not in codes(loaded)


def test_a_renamed_item_whose_master_row_stands_under_the_old_code_is_kept(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"member_changes.csv": RENAMED})
    assert sorted(loaded.tables["items"]["item"].to_list()) == ["0101", "BK-09", "BK-11"]
    assert quantity(loaded.tables["orders"], "BK-11") > 0


def test_of_what_is_no_amount_the_row_of_the_code_that_goes_on_stays(tmp_path: Path) -> None:
    prices = "item,first,price\nBK-10,2025-01,100\nBK-09,2025-01,120\nBK-10,2026-01,110\n"
    loaded = load(tmp_path, {"member_changes.csv": MERGED, "prices.csv": prices})
    assert sorted(loaded.tables["prices"]["price"].to_list()) == [110.0, 120.0]
    assert report(loaded, "prices").merged.rows == 1


def test_true_duplicates_of_one_code_are_still_asked_about(tmp_path: Path) -> None:
    double = ORDERS + "BK-10,DE,2025-01,99,7\n"
    loaded = load(tmp_path, {"orders.csv": double, "member_changes.csv": MERGED})
    assert issue(loaded, "import.contradicting-rows").place.value == "99"


def test_returns_under_an_old_code_come_back_to_the_one_that_goes_on(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"orders.csv": ORDERS + "BK-10,FR,2025-01,-3,-6\n", "member_changes.csv": MERGED})
    assert loaded.tables["returns"].select("item", "quantity").rows() == [("BK-09", 3000)]


def test_a_family_that_was_renamed_is_renamed_wherever_it_stands(tmp_path: Path) -> None:
    given = {
        "member_changes.csv": "dimension,old,new,kind\nfamily,City,Town,renamed\n",
        "budget.csv": "family,bucket,quantity\nCity,2026-11,5\nTown,2026-11,2\n",
    }
    loaded = load(tmp_path, given)
    assert set(loaded.tables["items"]["family"].to_list()) == {"Town", "Helmets"}
    assert loaded.tables["budget"].select("family", "quantity").rows() == [("Town", 7000)]


def test_an_own_dimension_is_read_from_its_table(tmp_path: Path) -> None:
    company = """
[company]
name = "Test"
currency = "EUR"
[time]
first_bucket = "2025-01"
cycle = "2026-11"
[dimensions.brand]
of = "item"
"""
    items = "item,name,family,brand\nBK-09,Nine,City,S\nBK-10,Ten,City,S\n"
    loaded = load(
        tmp_path, {"company.toml": company, "items.csv": items, "brand.csv": "brand,owner\nS,North\ns,North\n"}
    )
    assert loaded.tables["brand"].rows() == [("S", "North")]
    assert report(loaded, "brand").merged.rows == 1
    assert "import.unknown-file" not in codes(loaded)
