"""How numbers, days, delimiters and encodings are found out, and that nothing is guessed."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.connect.folders import COMPANY, ITEMS, SPECS, codes, issue, load, report
from trivet.connect.codes import match_key, nearest, tidy
from trivet.connect.csv_out import write_csv
from trivet.connect.days import DayOrder, read_day
from trivet.connect.numbers import Decimals, read_number
from trivet.connect.texts import find_delimiter, find_encoding
from trivet.core.issues import Severity

HEAD = "item,market,bucket,quantity,value\n"


@pytest.mark.parametrize(
    ("text", "decimals", "expected"),
    [
        ("1234.5", Decimals.POINT, "1234.5"),
        ("$2,899.99 ", Decimals.POINT, "2899.99"),
        ("1.234,56", Decimals.COMMA, "1234.56"),
        ("1 234,56", Decimals.COMMA, "1234.56"),
        ("1'234.50", Decimals.POINT, "1234.50"),
        ("(5.25)", Decimals.POINT, "-5.25"),
        ("5-", Decimals.POINT, "-5"),
        ("EUR 12", Decimals.POINT, "12"),
        ("1.5e3", Decimals.POINT, "1500"),
        (".5", Decimals.POINT, "0.5"),
        ("1,23,456", Decimals.POINT, None),
        ("12,34", Decimals.POINT, None),
        ("NaN", Decimals.POINT, None),
        ("inf", Decimals.POINT, None),
        ("1e9999", Decimals.POINT, None),
        ("--5", Decimals.POINT, None),
        ("1.5.2", Decimals.POINT, None),
    ],
)
def test_number_is_read_exactly_or_not_at_all(text: str, decimals: Decimals, expected: str | None) -> None:
    assert read_number(text, decimals) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-30", date(2026, 11, 30)),
        ("2026-11-30 12:31:00", date(2026, 11, 30)),
        ("2026/1/5", date(2026, 1, 5)),
        ("2026-11", date(2026, 11, 1)),
        ("2026-W45", date(2026, 11, 2)),
        ("20261130", date(2026, 11, 30)),
        ("Nov 2026", date(2026, 11, 1)),
        ("Jul-91", date(1991, 7, 1)),
        ("26-Nov-2026", date(2026, 11, 26)),
        ("30.11.2026", date(2026, 11, 30)),
        ("5/6/26", date(2026, 6, 5)),
        ("46000", date(2025, 12, 9)),
        ("2026-02-30", None),
        ("2026-W60", None),
        ("Foo 2026", None),
        ("00:00.0", None),
        ("31/31/2026", None),
        ("1850-01-01", None),
        ("01/01/2200", None),
        ("soon", None),
    ],
)
def test_day_is_read_in_the_ways_people_write_it(text: str, expected: date | None) -> None:
    assert read_day(text) == expected


def test_month_first_is_read_when_asked_for() -> None:
    assert read_day("5/26/13", DayOrder.MONTH_FIRST) == date(2013, 5, 26)


def test_impossible_values_decide_the_order_of_day_and_month(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": HEAD + "BK-09,DE,5/26/2026,5,\nBK-09,DE,7/6/2026,6,\n"})
    assert loaded.tables["orders"]["bucket"].to_list() == [date(2026, 5, 1), date(2026, 7, 1)]
    (choice,) = [one for one in report(loaded, "orders").choices if one.about == "dates of bucket"]
    assert (choice.value, choice.reason) == ("mdy", "'5/26/2026' proves it")


def test_dates_no_value_decides_are_refused_until_the_mapping_says(tmp_path: Path) -> None:
    orders = HEAD + "BK-09,DE,01/02/2026,5,\n"
    found = issue(load(tmp_path / "f", {"orders.csv": orders}), "import.date-ambiguous")
    assert (found.severity, found.place.row, found.place.value) == (Severity.REFUSED, 2, "01/02/2026")
    assert found.message == "'01/02/2026' can be read as 2026-02-01 or 2026-01-02, and no value of the column decides."
    mapping = "\n".join(f'[[source]]\nfile="{n}.csv"\ntable="{n}"\ndates="mdy"' for n in ("items", "orders"))
    loaded = load(tmp_path / "g", {"orders.csv": orders}, mapping)
    assert loaded.tables["orders"]["bucket"].to_list() == [date(2026, 1, 1)]


def test_excel_serials_are_days_and_it_is_said(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": HEAD + "BK-09,DE,46000,5,\n"})
    assert loaded.tables["orders"]["bucket"].to_list() == [date(2025, 12, 1)]
    assert "Excel serial" in [one.value for one in report(loaded, "orders").choices]


def test_semicolons_and_decimal_commas_are_found_out(tmp_path: Path) -> None:
    orders = "item;market;bucket;quantity;value\nBK-09;DE;2026-01;1.234,5;12,50\nBK-09;DE;2026-02;2.000;1.000\n"
    loaded = load(tmp_path / "f", {"orders.csv": orders})
    assert loaded.tables["orders"]["quantity"].to_list() == [1234500, 2000000]
    assert loaded.tables["orders"]["value"].to_list() == [125000, 10000000]


def test_point_that_may_be_thousands_is_refused_in_a_file_cut_by_semicolons(tmp_path: Path) -> None:
    orders = "item;market;bucket;quantity\nBK-09;DE;2026-01;1.234\n"
    assert issue(load(tmp_path / "f", {"orders.csv": orders}), "import.decimal-ambiguous").place.row == 2


def test_both_decimal_signs_in_one_column_are_refused(tmp_path: Path) -> None:
    found = issue(load(tmp_path / "f", {"orders.csv": HEAD + 'BK-09,DE,2026-01,1.5,\nBK-09,DE,2026-02,"2,75",\n'}),
                  "import.decimal-contradiction")  # fmt: skip
    assert "'1.5' (row 2) has a decimal point and '2,75' (row 3) a decimal comma" in found.message
    assert (found.place.row, found.place.column, found.place.value) == (3, "quantity", "2,75")


@pytest.mark.parametrize(("sign"), [",", ";", "\t", "|"])
def test_delimiter_is_the_sign_that_cuts_lines_alike(sign: str) -> None:
    assert find_delimiter([sign.join(["a", "b", "c"]) + "\n", sign.join(["1", "2", "3"]) + "\n"])[0] == sign


def test_one_column_has_no_delimiter() -> None:
    assert find_delimiter(["item\n", "A\n"]) == (",", "one column: no sign cuts the lines")


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        ("Größe, Señor, Citroën, 5 m² Fläche\n", "cp1252", "cp1252"),
        ("Volkswagen\xa0,Mercedes-Benz\xa0\n", "latin-1", "cp1252"),
        ("Łódź,Żółty rower,Części zamienne,Gałąź\n", "cp1250", "cp1250"),
        ("Привет,Велосипед Москва\n", "cp1251", "cp1251"),
        ("Größe\n", "utf-8-sig", "utf-8-sig"),
        ("Größe\n", "utf-16", "utf-16"),
        ("Größe\n", "utf-8", "utf-8"),
    ],
)
def test_encoding_is_found(tmp_path: Path, text: str, written: str, found: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode(written))
    assert find_encoding(path)[0] == found


def test_file_in_utf_16_is_read(tmp_path: Path) -> None:
    assert load(tmp_path / "f", {"items.csv": ITEMS.encode("utf-16")}).tables["items"].height == 3


def test_wrong_encoding_of_the_mapping_is_refused(tmp_path: Path) -> None:
    for name, said in (("utf-8", "is no utf-8 text"), ("klingon", "encoding 'klingon' is not known")):
        mapping = f'[[source]]\nfile="items.csv"\ntable="items"\nencoding="{name}"'
        loaded = load(tmp_path / name, {"items.csv": "item,name\nA,Größe\n".encode("cp1252")}, mapping)
        assert said in issue(loaded, "import.encoding").message


def test_codes_match_by_nfc_case_and_blanks_and_keep_their_writing(tmp_path: Path) -> None:
    assert match_key("Stra\u00dfe \u00a0") == match_key("STRASSE")
    assert tidy("\u00a0u\u0308ber ") == "\u00fcber"
    assert nearest("BK-9", ["BK-09", "HL-1"]) == "BK-09"
    assert nearest("zzz", ["BK-09"]) is None
    loaded = load(tmp_path / "f", {"orders.csv": HEAD + "bk-09\u00a0,DE,2026-01,5,\n101,DE,2026-01,5,\n"})
    assert loaded.tables["orders"]["item"].to_list() == ["BK-09"]
    found = issue(loaded, "import.other-writing")
    assert (found.place.column, found.place.value) == ("item", "bk-09")
    (reject,) = report(loaded, "orders").rejects
    assert (reject.value, reject.advice) == ("101", "Maybe '0101'? Correct it, or add it to items.")


def test_writings_of_one_master_code_are_merged_only_when_equal(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"items.csv": ITEMS + "bk-09,Bike nine,City\n"})
    assert loaded.tables["items"]["item"].to_list() == ["BK-09", "BK-10", "0101"]
    assert {"import.equal-rows", "import.other-writing"} <= codes(loaded)
    again = load(tmp_path / "g", {"items.csv": ITEMS + "bk-09,Another,City\n"})
    assert issue(again, "import.contradicting-rows").place.column == "name"


@pytest.mark.parametrize(
    ("calendar", "text", "expected"),
    [("weeks", "2026-W45", date(2026, 11, 2)), ("weeks", "2026-11-08", date(2026, 11, 2)),
     ("4-4-5", "2026-02-10", date(2026, 1, 26))],
)  # fmt: skip
def test_bucket_follows_the_calendar_of_the_company(tmp_path: Path, calendar: str, text: str, expected: date) -> None:
    company = COMPANY.replace("[time]", f'[time]\ncalendar = "{calendar}"')
    loaded = load(tmp_path / "f", {"company.toml": company, "orders.csv": HEAD + f"BK-09,DE,{text},5,\n"})
    assert loaded.tables["orders"]["bucket"].to_list() == [expected]


def test_counts_are_exported_as_decimals_and_come_back_the_same(tmp_path: Path) -> None:
    orders = HEAD + "BK-09,DE,2026-01,12.5,0.0001\nBK-10,DE,2026-02,100,\nBK-10,DE,2026-03,0,-3.2\n"
    first = load(tmp_path / "f", {"orders.csv": orders}).tables["orders"]
    write_csv(first, tmp_path / "orders.csv", SPECS["orders"])
    assert (tmp_path / "orders.csv").read_text().splitlines()[1:] == [
        "BK-09,DE,2026-01-01,12.5,0.0001,", "BK-10,DE,2026-02-01,100,,", "BK-10,DE,2026-03-01,0,-3.2,",
    ]  # fmt: skip
    again = load(tmp_path / "g", {"orders.csv": (tmp_path / "orders.csv").read_bytes()}).tables["orders"]
    assert again.equals(first)


def test_header_row_of_the_mapping_is_taken(tmp_path: Path) -> None:
    mapping = '[[source]]\nfile = "items.csv"\ntable = "items"\nheader_row = 2'
    loaded = load(tmp_path / "f", {"items.csv": "item,name\nitem,family\nA,City\n"}, mapping)
    assert loaded.tables["items"].select("item", "family").rows() == [("A", "City")]
