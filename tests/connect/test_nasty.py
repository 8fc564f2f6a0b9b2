"""Files that are broken in real life get the response of the list that came with them."""

from datetime import date
from pathlib import Path

import pytest

from tests.connect.folders import COMPANY, SPECS, issue, report
from trivet.connect.folder import FolderLoad, read_folder
from trivet.core.issues import Severity

SALES = "junk_header_AdventureWorks_Sales_2015.csv"
RETURNS = "junk_header_AdventureWorks_Returns.csv"
PRODUCTS = "junk_header_AdventureWorks_Products.csv"
CATEGORIES = "junk_header_AdventureWorks_Product_Categories.csv"
ITEMS = f"""
[company]
text = '''{COMPANY.replace("2025-01", "2015-01").replace("2026-11", "2016-01")}'''
[[source]]
file = "{PRODUCTS}"
table = "items"
columns = {{ item = "Product-ID", name = "ProductName" }}
"""


def _read(shared: Path, source: str) -> FolderLoad:
    loaded = read_folder(shared / "data" / "nasty", SPECS, mapping_text=ITEMS + source)
    assert loaded.report.ties
    return loaded


def test_header_below_junk_is_found_and_shown(shared: Path) -> None:
    loaded = _read(shared, "")
    (header,) = [one for one in report(loaded, "items").choices if one.about == "header row"]
    assert (header.value, header.reason) == ("4", "2 of its 9 names are known; 3 lines above it passed over")
    assert loaded.tables["items"].row(0)[:2] == ("214", "Sport-100 Helmet, Red")


def test_days_first_is_found_and_unknown_keys_are_rejected_with_their_line(shared: Path) -> None:
    source = f"""
[[source]]
file = "{RETURNS}"
table = "returns"
columns = {{ item = "ProductKey", market = "TerritoryKey", bucket = "ReturnDate", quantity = "ReturnQuantity" }}
duplicates = "add"
"""
    loaded = _read(shared, source)
    found = report(loaded, "returns")
    assert "dmy" in [one.value for one in found.choices]
    assert [(one.row, one.value) for one in found.rejects if one.value.startswith("AA")] == [
        (5, "AA311"),
        (20, "AA311"),
    ]
    assert loaded.tables["returns"]["bucket"].min() == date(2015, 1, 1)


def test_placeholder_and_blank_lines_after_the_header_are_no_rows(shared: Path) -> None:
    source = f"""
[[source]]
file = "{SALES}"
table = "order_lines"
[source.columns]
order = "OrderNumber"
line = "OrderLineItem"
item = "ProductKey"
ordered = "OrderDate"
quantity = "OrderQuantity"
"""
    found = report(_read(shared, source), "order_lines")
    assert found.blank >= 3
    assert found.rejects[0].reason == "the row holds placeholders, expected values"
    assert found.rejects[0].row == 4


def test_table_on_its_side_is_refused_and_turned_when_asked(shared: Path) -> None:
    source = f"""
[[source]]
file = "{CATEGORIES}"
table = "suppliers"
columns = {{ supplier = "CategoryKey", name = "CategoryName" }}
"""
    assert "lies on its side" in issue(_read(shared, source), "import.transposed").message
    turned = _read(shared, source + "transposed = true\n")
    assert turned.tables["suppliers"]["name"].to_list() == ["Bikes", "Components", "Clothings", "Accessories"]


@pytest.mark.parametrize("file", ["tab_no_header_product.csv", "mangled_decimals_blank_rows.csv"])
def test_file_without_our_names_is_asked_for_names(shared: Path, file: str) -> None:
    loaded = _read(shared, f'[[source]]\nfile = "{file}"\ntable = "locations"\n')
    assert "give names = [...] for this file" in issue(loaded, "import.no-header").advice


def test_tab_file_is_loaded_once_its_columns_have_names(shared: Path) -> None:
    names = ", ".join(f'"{name}"' for name in ["location", "name", "number", *[""] * 22])
    loaded = _read(shared, f'[[source]]\nfile = "tab_no_header_product.csv"\ntable = "locations"\nnames = [{names}]\n')
    assert "TAB" in [one.value for one in report(loaded, "locations").choices]
    assert loaded.tables["locations"].row(0)[:2] == ("1", "Adjustable Race")


def test_picture_in_a_cell_is_refused_with_its_line(shared: Path) -> None:
    loaded = _read(shared, '[[source]]\nfile = "pipe_hex_blob_territory.csv"\ntable = "locations"\n')
    assert issue(loaded, "import.long-cell").place.row == 1


MANGLED = """
[[source]]
file = "mangled_decimals_blank_rows.csv"
table = "order_lines"
decimal = "."
reason = "said against all evidence"
[source.columns]
order = "SalesOrderNumber"
line = "SalesOrderLineNumber"
item = "ProductKey"
ordered = "OrderDateKey"
quantity = "OrderQuantity"
value = "SalesAmount"
"""


def test_mangled_decimals_are_refused_and_rows_of_commas_counted(shared: Path) -> None:
    loaded = _read(shared, MANGLED.replace('decimal = "."\n', ""))
    assert report(loaded, "order_lines").blank == 60_268
    found = issue(loaded, "import.decimal-contradiction")
    assert (found.severity, found.place.column) == (Severity.REFUSED, "value")
    assert "a decimal point and" in found.message


def test_mangled_decimals_are_refused_by_their_totals_even_if_the_mapping_names_the_sign(shared: Path) -> None:
    found = issue(_read(shared, MANGLED), "import.line-total")
    assert (found.severity, found.place.column, found.place.value) == (Severity.REFUSED, "UnitPrice", "51,865")
    assert "value 10373 is not quantity 2 x UnitPrice '51,865' (read as 51865)" in found.message
    assert "may be 51.865" in found.message


def test_codes_with_point_zero_lose_it_only_by_a_shown_rule(shared: Path) -> None:
    source = """
[[source]]
file = "2010-12-03.csv"
table = "suppliers"
columns = { supplier = "CustomerID", name = "Country" }
where = "CustomerID != ''"
distinct = true
"""
    kept = _read(shared, source).tables["suppliers"]["supplier"].to_list()
    assert "17135.0" in kept
    taken = _read(shared, source + "strip_point_zero = true\n")
    assert "17135" in taken.tables["suppliers"]["supplier"].to_list()
    assert report(taken, "suppliers").left_out.rows > 0
