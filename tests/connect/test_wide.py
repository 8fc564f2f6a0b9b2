"""Files with a column for each month: turned into rows, said, overridable, and tied like every other file."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from tests.connect.folders import SPECS, issue, load, report, write_folder
from trivet.connect.folder import read_folder
from trivet.connect.wide import period_text
from trivet.core.errors import InvalidInput
from trivet.core.issues import Severity
from trivet.core.report import Sums

WIDE = "item,market,2026-08,2026-09,2026-10,Total\nBK-09,DE,5,,7,12\nBK-10,DE,0,3,,3\n"


def mapping(*lines: str, file: str = "orders.csv", table: str = "orders") -> str:
    return "\n".join(
        ['[[source]]\nfile = "items.csv"\ntable = "items"', f'[[source]]\nfile = "{file}"\ntable = "{table}"', *lines]
    )


@pytest.mark.parametrize(
    ("heading", "bucket"),
    [
        ("2026-01", "2026-01"),
        ("Jan 26", "2026-01"),
        ("January 2026", "2026-01"),
        ("Jan-26", "2026-01"),
        ("2026 Jan", "2026-01"),
        ("Mär 2026", "2026-03"),
        ("Dez. 26", "2026-12"),
        ("202612", "2026-12"),
        ("1/2026", "2026-01"),
        ("01.2026", "2026-01"),
        ("2026-W05", "2026-W05"),
        ("KW5 2026", "2026-W05"),
        ("2026 W05", "2026-W05"),
        ("2026-01-01 00:00:00", "2026-01-01 00:00:00"),
        ("2026", None),
        ("W05", None),
        ("W60 2026", None),
        ("Jan", None),
        ("Margin 26", None),
        ("quantity", None),
        ("45000", None),
    ],
)
def test_heading_names_a_bucket_or_none(heading: str, bucket: str | None) -> None:
    assert period_text(heading) == bucket


def test_wide_file_becomes_rows_and_empty_cells_are_no_rows(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": WIDE})
    assert loaded.tables["orders"].select("item", "bucket", "quantity").rows() == [
        ("BK-09", date(2026, 8, 1), 5000),
        ("BK-09", date(2026, 10, 1), 7000),
        ("BK-10", date(2026, 8, 1), 0),
        ("BK-10", date(2026, 9, 1), 3000),
    ]
    assert report(loaded, "orders").read == Sums(rows=4, quantity=Decimal(15))
    layout = next(choice for choice in report(loaded, "orders").choices if choice.about == "layout")
    assert layout.value == "a column a bucket, holding quantity"
    assert "2 rows became 4, 2 empty cells are no rows; 'Total' is a column of sums and was left out" in layout.reason


def test_headings_may_carry_the_amount(tmp_path: Path) -> None:
    text = "item,quantity 2026-09,value 2026-09,2026-10 quantity\nBK-09,5,50.5,6\n"
    loaded = load(tmp_path / "f", {"orders.csv": text})
    assert loaded.tables["orders"].select("bucket", "quantity", "value").rows() == [
        (date(2026, 9, 1), 5000, 505000),
        (date(2026, 10, 1), 6000, None),
    ]


def test_rejected_cell_keeps_its_line_and_only_itself(tmp_path: Path) -> None:
    text = "item;market;2026-08;2026-09\nBK-09;DE;5;x\nBK-77;DE;1;\n"
    loaded = load(tmp_path / "f", {"orders.csv": text})
    assert [(one.row, one.column, one.value) for one in report(loaded, "orders").rejects] == [
        (2, "quantity", "x"),
        (3, "item", "BK-77"),
    ]
    assert report(loaded, "orders").rejects[0].text == "BK-09;DE;2026-09;x"
    assert loaded.tables["orders"]["quantity"].to_list() == [5000]


def test_equal_rows_of_a_wide_file_contradict_each_other_with_their_lines(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": "item,market,2026-09\nBK-09,DE,1\nBK-09,DE,2\n"})
    found = issue(loaded, "import.contradicting-rows")
    assert (found.severity, found.place.row) == (Severity.REFUSED, 3)
    assert "in row 2 with 1 and in row 3 with 2" in found.message


BUDGET = "family,region,2026-11,2026-12\nCity,,1000,2000\n"


def test_wide_table_of_several_amounts_is_asked_which_one_it_holds(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"budget.csv": BUDGET})
    found = issue(loaded, "import.wide-measure")
    assert (found.severity, found.place.source, found.place.column) == (Severity.REFUSED, "budget.csv", "2026-11")
    assert "expected one of quantity, revenue, margin" in found.message
    assert found.advice.startswith('Say wide = "quantity" for this file in mapping.toml')


def test_mapping_names_the_amount_and_may_name_columns_too(tmp_path: Path) -> None:
    files = {"budget.csv": BUDGET.replace("family", "Produktlinie")}
    text = mapping('wide = "revenue"', 'columns = { family = "Produktlinie" }', file="budget.csv", table="budget")
    orders = '[[source]]\nfile = "orders.csv"\ntable = "orders"'
    loaded = load(tmp_path / "f", files, f"{text}\n{orders}")
    assert loaded.tables["budget"].select("family", "bucket", "quantity", "revenue").rows() == [
        ("City", date(2026, 11, 1), None, 10_000_000),
        ("City", date(2026, 12, 1), None, 20_000_000),
    ]


def test_mapping_may_say_that_columns_are_no_buckets(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": WIDE}, mapping('wide = ""'))
    assert {one.place.column for one in loaded.report.refused if one.code == "import.missing-column"} == {
        "bucket",
        "quantity",
    }


def test_amount_the_table_does_not_have_is_a_wrong_mapping(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"wide is 'weight'; expected one of quantity, value"):
        load(tmp_path / "f", {"orders.csv": WIDE}, mapping('wide = "weight"'))


def test_file_with_a_bucket_column_stays_as_it_is(tmp_path: Path) -> None:
    text = "item,bucket,quantity,2026-09\nBK-09,2026-08,4,9\n"
    loaded = load(tmp_path / "f", {"orders.csv": text})
    assert loaded.tables["orders"]["quantity"].to_list() == [4000]
    assert issue(loaded, "import.unused-column").place.column == "2026-09"


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


SHEETS = 'sheets = { quantity = "Units", value = "Revenue" }'


def test_sheets_of_a_workbook_are_laid_beside_each_other(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "f", {})
    head = ["item", "market", date(2026, 9, 1), date(2026, 10, 1)]
    units = [head, ["BK-09", "DE", 5, 6], ["BK-10", "DE", 1, None]]
    workbook(
        folder / "book.xlsx", {"Units": units, "Revenue": [head, ["BK-10", "DE", 9.5, None], ["BK-09", "DE", 50, 60]]}
    )
    loaded = read_folder(folder, SPECS, mapping_text=mapping(SHEETS, file="book.xlsx"))
    assert loaded.report.ties
    assert not loaded.report.refused
    assert sorted(loaded.tables["orders"].select("item", "bucket", "quantity", "value").rows()) == [
        ("BK-09", date(2026, 9, 1), 5000, 500_000),
        ("BK-09", date(2026, 10, 1), 6000, 600_000),
        ("BK-10", date(2026, 9, 1), 1000, 95_000),
    ]


def test_sheet_with_a_double_row_or_without_buckets_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "f", {})
    head: list[object] = ["item", "market", "2026-09"]
    workbook(
        folder / "book.xlsx",
        {"Units": [head, ["BK-09", "DE", 5], ["BK-09", "DE", 6]], "Revenue": [["item", "market"], ["BK-09", "DE"]]},
    )
    loaded = read_folder(folder, SPECS, mapping_text=mapping(SHEETS, file="book.xlsx"))
    found = issue(loaded, "import.double-row")
    assert (found.severity, found.place.row) == (Severity.REFUSED, 3)
    turned = SHEETS.replace('quantity = "Units", ', "")
    with pytest.raises(
        InvalidInput, match=r"plan\.toml: sheet 'Revenue' of book\.xlsx has no columns headed by buckets"
    ):
        read_folder(folder, SPECS, mapping_text=mapping(turned, file="book.xlsx"), mapping_name="plan.toml")
