"""What a company folder gives: tables, report, files; what is missing, unknown, broken or nasty in it."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.connect.folders import COMPANY, ITEMS, ORDERS, SPECS, codes, issue, load, report, write_folder
from trivet.connect.folder import read_folder
from trivet.connect.rejects import write_rejects
from trivet.connect.report_text import describe_report
from trivet.connect.templates import describe_tables, write_templates
from trivet.core.errors import Conflict, InvalidInput
from trivet.core.issues import Severity
from trivet.core.tables import STORED

HEAD = "item,market,bucket,quantity,value\n"


def test_clean_folder_gives_typed_tables_and_ties(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    loaded = read_folder(write_folder(tmp_path / "f"), SPECS, progress=lambda *step: seen.append(step))
    assert seen == [("read files", 0, 2), ("read files", 1, 2)]
    for name, frame in loaded.tables.items():
        for column in SPECS[name].columns:
            assert frame.schema[column.name] == STORED[column.type]
    assert loaded.tables["orders"].row(0) == ("BK-09", "DE", date(2025, 1, 1), 10000, 200000, None)
    assert report(loaded, "orders").read.money == Decimal(1804)
    assert [file.name for file in loaded.files] == ["items.csv", "orders.csv"]
    assert re.fullmatch(r"[0-9a-f]{64}", loaded.files[0].sha256)
    assert (loaded.files[1].rows, loaded.files[1].bytes) == (44, len(ORDERS))
    assert not loaded.report.refused


def test_reading_twice_gives_identical_tables_and_reports(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "f", {"orders.csv": ORDERS + "BK-9,DE,2026-09,x,\nBK-10,DE,2026-09,-2,\n"})
    first, second = read_folder(folder, SPECS), read_folder(folder, SPECS)
    assert first.report == second.report
    assert first.files == second.files
    assert all(frame.equals(second.tables[name]) for name, frame in first.tables.items())


def test_further_columns_of_a_master_are_attributes(tmp_path: Path) -> None:
    loaded = load(
        tmp_path / "f", {"items.csv": "Item,Frame Colour,family\nBK-09, red ,City\nBK-10,,City\n0101,blue,x\n"}
    )
    assert loaded.tables["items"]["frame_colour"].to_list() == ["red", None, "blue"]


def test_missing_optional_table_says_what_it_switches_off(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f")
    missing = {one.place.source: one for one in loaded.report.issues if one.code == "import.missing-table"}
    assert len(missing) == len(SPECS) - 2
    assert missing["resources.csv"].severity is Severity.NOTE
    assert SPECS["resources"].off in missing["resources.csv"].message


def test_missing_items_and_missing_history_refuse(tmp_path: Path) -> None:
    (tmp_path / "company.toml").write_text(COMPANY)
    refused = read_folder(tmp_path, SPECS).report.refused
    assert {(one.code, one.place.source) for one in refused} == {
        ("import.missing-table", "items.csv"),
        ("import.no-history", None),
    }


def test_unknown_file_gets_the_nearest_table(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"shipment.csv": "a\n", "photo.png": b"\x00"})
    first, second = [one for one in loaded.report.issues if one.code == "import.unknown-file"]
    assert (first.place.source, first.severity) == ("photo.png", Severity.NOTE)
    assert (second.place.source, second.advice) == ("shipment.csv", "Maybe 'shipments.csv'? Rename it then.")


def test_wrong_folder_company_or_mapping_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no folder"):
        read_folder(tmp_path / "none", SPECS)
    with pytest.raises(InvalidInput, match=r"has no company\.toml"):
        read_folder(tmp_path, SPECS)
    young = write_folder(tmp_path / "young", {"company.toml": COMPANY.replace("2025-01", "2026-11")})
    with pytest.raises(InvalidInput, match="Set first_bucket at least one bucket earlier"):
        read_folder(young, SPECS)
    folder = write_folder(tmp_path / "f")
    with pytest.raises(InvalidInput, match=r"no table 'shipment'\. Maybe 'shipments'\?"):
        read_folder(folder, SPECS, mapping_text='[[source]]\nfile="orders.csv"\ntable="shipment"')
    with pytest.raises(InvalidInput, match=r"no file 'order\.csv' in .* Maybe 'orders\.csv'\?"):
        read_folder(folder, SPECS, mapping_text='[[source]]\nfile="order.csv"\ntable="orders"')


def test_missing_column_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    found = issue(
        load(tmp_path / "f", {"orders.csv": "item,market,bucket,quantty\nBK-09,DE,2026-01,5\n"}),
        "import.missing-column",
    )
    assert (found.severity, found.place.source, found.place.column) == (Severity.REFUSED, "orders.csv", "quantity")
    assert found.advice == "Maybe 'quantty'? Rename the column, or name it in mapping.toml."


def test_column_that_is_not_used_is_said(tmp_path: Path) -> None:
    found = issue(load(tmp_path / "f", {"orders.csv": ORDERS.replace("value", "valeu")}), "import.unused-column")
    assert (found.severity, found.place.column, found.advice) == (
        Severity.NOTE,
        "valeu",
        "Maybe 'value'? Rename it then.",
    )


@pytest.mark.parametrize(
    ("row", "column", "value", "reason", "advice"),
    [
        ("BK-09,DE,2026-09,NaN,", "quantity", "NaN",
         "quantity is 'NaN', expected a number with decimal '.', e.g. 1234.5",
         "Put a number there, or leave the cell empty if it is not known."),
        ("BK-09,DE,2026-09,,7", "quantity", "", "quantity is empty, expected a value",
         "Fill it in, or delete the row."),
        ("BK-09,DE,,5,7", "bucket", "", "bucket is empty, expected a value", "Fill it in, or delete the row."),
        (",DE,2026-09,5,7", "item", "", "item is empty, expected a value", "Fill it in, or delete the row."),
        ("BK-09,DE,00:00.0,5,7", "bucket", "00:00.0",
         "bucket is '00:00.0', expected a bucket like 2026-11 or a day like "
         "2026-11-30, 1950 to 2149", "Correct the date."),
        ("BK-09,DE,2024-12,5,7", "bucket", "2024-12-01",
         "bucket is '2024-12-01', expected 2025-01-01 or later",
         "Move first_bucket in company.toml back to load it."),
        ("BK-09,DE,2026-09,99999999999999,7", "quantity", "99999999999999",
         "quantity is '99999999999999', "
         "expected less than 9,007,199,254,741", "Check the unit, or a missing decimal sign."),
        ("BK-09,DE,2026-09", "", "", "the row has 3 cells, expected 5 as in the header",
         "Put quotes round cells that hold the delimiter, and give every row all its cells."),
        ("null,null,null,null,null", "", "", "the row holds placeholders, expected values", "Delete the row."),
    ],
)  # fmt: skip
def test_row_at_fault_is_rejected_with_line_reason_and_advice(
    tmp_path: Path, row: str, column: str, value: str, reason: str, advice: str
) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": ORDERS + row + "\n"})
    (reject,) = report(loaded, "orders").rejects
    assert (reject.row, reject.column, reject.value, reject.reason, reject.advice) == (
        46,
        column,
        value,
        reason,
        advice,
    )
    assert reject.text.rstrip(",") == row.rstrip(",")
    assert loaded.tables["orders"].height == 44


def test_choices_flags_shares_and_whole_numbers_are_read_or_rejected(tmp_path: Path) -> None:
    files = {
        "items.csv": "item,kind\nBK-09,Finished\nBK-10,finishd\n0101,material\n",
        "launches.csv": "item,launch,first_year,in_plan,probability\n"
        "BK-09,2027-03,100,yes,60 %\n0101,2027-03,100,maybe,0.5\n",
        "payment_terms.csv": "terms,side,days\nA,customer,30\nB,customer,30.5\n",
    }
    loaded = load(tmp_path / "f", files)
    (kind,) = report(loaded, "items").rejects
    assert kind.reason == "kind is 'finishd', expected one of finished, material, non-stock"
    assert kind.advice == "Maybe 'finished'? Write one of them."
    assert loaded.tables["items"]["kind"].to_list() == ["finished", "material"]
    assert loaded.tables["launches"].select("in_plan", "probability").rows() == [(True, 0.6)]
    assert report(loaded, "launches").rejects[0].reason == "in_plan is 'maybe', expected true or false"
    assert report(loaded, "payment_terms").rejects[0].reason == "days is '30.5', expected a whole number, e.g. 12"


def test_blank_rows_and_rows_of_commas_are_counted(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": ORDERS + "\n,,,,\n , ,,,\n,,,,,,,\n"})
    assert report(loaded, "orders").blank == 4
    assert loaded.tables["orders"].height == 44


def test_double_header_and_table_on_its_side_and_no_header_are_refused(tmp_path: Path) -> None:
    twice = load(tmp_path / "a", {"orders.csv": "item,bucket,quantity,Quantity\nBK-09,2026-01,5,6\n"})
    assert (issue(twice, "import.double-header").place.row, issue(twice, "import.double-header").place.value) == (
        1,
        "quantity",
    )
    suffixed = load(tmp_path / "b", {"orders.csv": "item,bucket,quantity,quantity.1\nBK-09,2026-01,5,6\n"})
    assert issue(suffixed, "import.double-header").place.value == "quantity.1"
    turned = load(tmp_path / "c", {"orders.csv": "item,BK-09,BK-10\nbucket,2026-01,2026-01\nquantity,5,6\n"})
    assert "transposed = true" in issue(turned, "import.transposed").advice
    none = load(tmp_path / "d", {"orders.csv": "BK-09,2026-01,5\n"})
    found = issue(none, "import.no-header")
    assert (found.place.row, found.place.value) == (1, "BK-09 | 2026-01 | 5")
    assert "give names = [...]" in found.advice
    empty = load(tmp_path / "e", {"orders.csv": ""})
    assert issue(empty, "import.no-header").place.row is None


def test_mapping_turns_a_table_and_names_columns(tmp_path: Path) -> None:
    mapping = """
    [[source]]
    file = "items.csv"
    table = "items"
    names = ["item", "", "family"]
    [[source]]
    file = "orders.csv"
    table = "orders"
    transposed = true
    """
    files = {
        "items.csv": "BK-09,?,City\nBK-10,?,City\n",
        "orders.csv": "item,BK-09,BK-10\nbucket,2026-01,2026-02\nquantity,5,6\n",
    }
    loaded = load(tmp_path / "f", files, mapping)
    assert loaded.tables["orders"].select("item", "quantity").rows() == [("BK-09", 5000), ("BK-10", 6000)]
    assert loaded.tables["items"]["family"].to_list() == ["City", "City"]


def test_cell_longer_than_a_spreadsheet_holds_is_refused_with_its_line(tmp_path: Path) -> None:
    found = issue(
        load(tmp_path / "f", {"orders.csv": ORDERS + f"BK-09,DE,2026-01,{'F' * 32_768},\n"}), "import.long-cell"
    )
    assert (found.severity, found.place.source, found.place.row) == (Severity.REFUSED, "orders.csv", 46)
    assert "more than 32,767 characters" in found.message


def test_too_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trivet.connect.opening.LARGEST_FILE", 100)
    found = issue(load(tmp_path / "f"), "import.too-large")
    assert found.place.source == "orders.csv"


def test_empty_master_does_not_reject_the_history(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"markets.csv": "market,name\n"})
    assert loaded.tables["orders"].height == 44
    assert any("markets.csv: has no row. One market" in str(one) for one in loaded.report.issues)


def test_unknown_market_is_rejected_when_there_is_a_master(tmp_path: Path) -> None:
    loaded = load(
        tmp_path / "f",
        {
            "markets.csv": "market,channel\nDE,dealers\n",
            "orders.csv": ORDERS + "BK-09,AT,2026-01,5,\nBK-09,,2026-01,5,\n",
        },
    )
    assert [one.value for one in report(loaded, "orders").rejects] == ["AT"]
    assert loaded.tables["orders"].row(-1)[1] == ""


def test_months_missing_from_a_whole_channel_are_asked_about(tmp_path: Path) -> None:
    files = {
        "markets.csv": "market,channel\nDE,dealers\nAT,online\n",
        "orders.csv": ORDERS + "BK-09,AT,2026-01,5,10\nBK-09,AT,2026-03,5,20\nBK-09,AT,2026-06,5,30\n",
    }
    found = issue(load(tmp_path / "f", files), "import.missing-buckets")
    assert (
        "channel 'online' has no row in 2026-02-01, 2026-04-01, 2026-05-01: missing, or nothing sold?" in found.message
    )
    assert (found.place.first, found.place.last, found.at_stake) == (date(2026, 2, 1), date(2026, 5, 1), Decimal(60))


def test_parquet_is_read_with_every_digit(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"item": ["BK-09", None, "BK-10"], "bucket": [date(2026, 1, 1)] * 3, "quantity": [1.125, 2.0, 3.0],
         "value": [Decimal("0.0001")] * 3, "blob": [b"x"] * 3}
    )  # fmt: skip
    folder = write_folder(tmp_path / "f")
    frame.with_columns(pl.col("bucket").cast(pl.Datetime)).write_parquet(folder / "shipments.parquet")
    loaded = read_folder(folder, SPECS)
    assert loaded.tables["shipments"].select("quantity", "value").rows() == [(1125, 1), (3000, 1)]
    assert [one.row for one in report(loaded, "shipments").rejects] == [2]
    (folder / "shipments.parquet").write_bytes(b"PAR1 nothing")
    assert issue(read_folder(folder, SPECS), "import.bad-parquet").severity is Severity.REFUSED


def test_workbook_is_read_like_a_csv_file(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "f")
    (folder / "orders.csv").unlink()
    with xlsxwriter.Workbook(str(folder / "orders.xlsx")) as book:
        sheet = book.add_worksheet("Orders")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(1, 0, ["Report of orders"])
        sheet.write_row(3, 0, ["item", "market", "bucket", "quantity", "value"])
        for row in range(3):
            sheet.write_row(4 + row, 0, ["BK-09", "DE"])
            sheet.write_datetime(4 + row, 2, date(2026, 1 + row, 1), day)
            sheet.write_row(4 + row, 3, [5 + row, 10.25])
        sheet.write_row(7, 0, ["BK-9", "DE", "2026-05", 1])
    loaded = read_folder(folder, SPECS)
    assert loaded.report.ties
    assert loaded.tables["orders"].select("bucket", "quantity", "value").rows() == [
        (date(2026, 1 + row, 1), 5000 + row * 1000, 102500) for row in range(3)
    ]
    assert [(one.row, one.value) for one in report(loaded, "orders").rejects] == [(8, "BK-9")]


def test_broken_workbook_and_missing_sheet_are_refused(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"shipments.xlsx": b"no zip at all"})
    assert issue(loaded, "import.workbook").place.source == "shipments.xlsx"
    folder = write_folder(tmp_path / "g")
    with xlsxwriter.Workbook(str(folder / "book.xlsx")) as book:
        book.add_worksheet("One").write_row(0, 0, ["item"])
    mapping = '[[source]]\nfile="book.xlsx"\ntable="items"\nsheet="Two"'
    assert (
        "there is no sheet 'Two'; it has One"
        in issue(read_folder(folder, SPECS, mapping_text=mapping), "import.workbook").message
    )


def test_templates_are_written_once_described_and_ask_for_items_when_loaded(tmp_path: Path) -> None:
    files = write_templates(tmp_path / "new", SPECS)
    assert len(files) == len(SPECS) + 2
    assert (tmp_path / "new" / "orders.csv").read_text() == "item,market,bucket,quantity,value,currency\n"
    before = (tmp_path / "new" / "company.toml").read_bytes()
    with pytest.raises(Conflict, match=r"README\.md exists already \(\d+ of the files do\); nothing was written"):
        write_templates(tmp_path / "new", SPECS)
    assert (tmp_path / "new" / "company.toml").read_bytes() == before
    loaded = read_folder(tmp_path / "new", SPECS)
    assert loaded.report.ties
    assert {one.code for one in loaded.report.refused} == {"import.missing-table", "import.no-history"}


def test_description_names_every_table_and_column() -> None:
    text = describe_tables(SPECS)
    for spec in SPECS.values():
        section = text.split(f"\n## {spec.name}\n")[1].split("\n## ")[0]
        assert all(re.search(rf"\| [*]*{column.name}[*]* \|", section) for column in spec.columns)


def test_report_and_reject_files_say_what_happened(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": ORDERS + "BK-9,DE,2026-09,5,10\nBK-09,DE,2026-09,-1,-2\n"})
    text = describe_report(loaded.report)
    assert "| orders.csv | orders | rows | 46 | 45 | 0 | 1 | 0 | 0 |" in text
    assert "| | | money | 1,812.0000 | 1,802.0000 | 0.0000 | 10.0000 | 0.0000 | |" in text
    assert "every file ties" in text
    assert "- row 46: item is 'BK-9', expected a code of items (3 known). Maybe 'BK-09'?" in text
    assert "- 1 rows, quantity -1, money -2.00 went to returns" in text
    (path,) = write_rejects(loaded.report, tmp_path / "rejects")
    assert path.name == "rejects_orders.csv-orders.csv"
    assert pl.read_csv(path).row(0)[:3] == (46, "item", "BK-9")
    assert write_rejects(load(tmp_path / "g").report, tmp_path / "none") == ()
    assert not (tmp_path / "none").exists()


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["BK-09", "bk-09 ", "BK-10", "0101", "BK-9", "Total", "", "null"]),
        st.sampled_from(["2026-01", "2026-02-03", "2020-01", "soon", "", "2027-05"]),
        st.sampled_from(["1", "-2", "2.5", "x", "", "NaN", "1e3", "0"]),
        st.sampled_from(["10", "-20", "0.0001", "abc", ""]),
        st.sampled_from(["", ",", ",,,", ",more"]),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(rows=ROWS, rule=st.sampled_from(["add", "last", "reject", None]))
def test_every_file_ties_whatever_stands_in_it(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], rule: str | None
) -> None:
    body = "".join(f"{item},DE,{bucket},{quantity},{value}{tail}\n" for item, bucket, quantity, value, tail in rows)
    mapping = None if rule is None else (
        f'[[source]]\nfile="items.csv"\ntable="items"\n[[source]]\nfile="orders.csv"\ntable="orders"\nduplicates="{rule}"'
    )  # fmt: skip
    loaded = load(tmp_path_factory.mktemp("f"), {"items.csv": ITEMS, "orders.csv": HEAD + body}, mapping)
    found = report(loaded, "orders")
    assert found.read.rows == len(rows)
    assert found.rejected.rows == len(found.rejects) or "import.contradicting-rows" in codes(loaded)
    routed = sum((sums.rows for _, sums in found.routed), 0)
    assert found.loaded.rows == loaded.tables["orders"].height + routed
    total = Decimal(int(loaded.tables["orders"]["quantity"].sum())) / 1000
    assert found.loaded.quantity == total + sum((sums.quantity for _, sums in found.routed), Decimal(0))


def test_workbook_that_takes_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "f")
    with xlsxwriter.Workbook(str(folder / "shipments.xlsx")) as book:
        book.add_worksheet().write_row(0, 0, ["item", "bucket", "quantity"])
    monkeypatch.setattr("trivet.connect.workbook.SECONDS", 0.001)
    assert "took longer than 0.001 s to read" in issue(read_folder(folder, SPECS), "import.workbook").message


def test_workbook_that_is_too_large_unzipped_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "f")
    with xlsxwriter.Workbook(str(folder / "shipments.xlsx")) as book:
        book.add_worksheet().write_row(0, 0, ["item", "bucket", "quantity"])
    monkeypatch.setattr("trivet.connect.workbook.LARGEST_UNZIPPED", 100)
    assert (
        "GB unzipped, expected at most 2 GB" in issue(read_folder(folder, SPECS), "import.workbook-too-large").message
    )
