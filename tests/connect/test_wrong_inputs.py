"""The wrong inputs of cases/wrong/INDEX.md: what each must get, field by field."""

import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from tests.connect.folders import COMPANY, ITEMS, ORDERS, codes, issue, load, report
from trivet.connect.csv_out import write_csv
from trivet.core.issues import Severity
from trivet.core.report import Sums

HEAD = "item,market,bucket,quantity,value\n"


def test_unknown_item_in_history_rejects_its_row_and_names_the_nearest(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": ORDERS + "BK-9,DE,2026-09,5,10\n"})
    (reject,) = report(loaded, "orders").rejects
    assert (reject.row, reject.column, reject.value) == (46, "item", "BK-9")
    assert reject.reason == "item is 'BK-9', expected a code of items (3 known)"
    assert reject.advice == "Maybe 'BK-09'? Correct it, or add it to items."
    assert reject.text == "BK-9,DE,2026-09,5,10"
    assert report(loaded, "orders").rejected == Sums(rows=1, quantity=Decimal(5), money=Decimal(10))
    assert loaded.tables["orders"].height == 44
    assert not loaded.report.refused


CLASH = HEAD + "BK-09,DE,2026-09,1313,10\nBK-09,DE,2026-10,5,1\nbk-09,DE,2026-09,1199,9\n"


def test_same_key_with_different_quantities_is_refused_until_a_rule_is_chosen(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": CLASH})
    found = issue(loaded, "import.contradicting-rows")
    assert found.severity is Severity.REFUSED
    assert (found.place.source, found.place.row, found.place.column, found.place.value) == (
        "orders.csv",
        4,
        "quantity",
        "1199",
    )
    assert "in row 2 with 1313 and in row 4 with 1199, expected one row a key (2 such rows)" in found.message
    assert found.advice.startswith('Say duplicates = "add", "last" or "reject" for this file in mapping.toml')
    assert found.at_stake == Decimal(19)


def _mapped(rule: str) -> str:
    return "\n".join(
        f'[[source]]\nfile = "{name}.csv"\ntable = "{name}"\n'
        + (f'duplicates = "{rule}"\n' if name == "orders" else "")
        for name in ("items", "orders")
    )


def test_rule_add_adds_the_amounts_of_one_key(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": CLASH}, _mapped("add"))
    september = loaded.tables["orders"].filter(pl.col("bucket") == date(2026, 9, 1))
    assert september["quantity"].to_list() == [2512000]
    assert report(loaded, "orders").merged == Sums(rows=1)
    assert report(loaded, "orders").loaded.quantity == Decimal(2517)


def test_rule_last_keeps_the_last_row_of_a_key(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": CLASH}, _mapped("last"))
    september = loaded.tables["orders"].filter(pl.col("bucket") == date(2026, 9, 1))
    assert september["quantity"].to_list() == [1199000]
    assert report(loaded, "orders").merged == Sums(rows=1, quantity=Decimal(1313), money=Decimal(10))


def test_rule_reject_rejects_every_row_of_the_key(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": CLASH}, _mapped("reject"))
    assert [one.row for one in report(loaded, "orders").rejects] == [2, 4]
    assert report(loaded, "orders").rejected == Sums(rows=2, quantity=Decimal(2512), money=Decimal(19))
    assert not loaded.report.refused


LINES = "order,line,item,ordered,quantity,value\n"


def test_equal_lines_without_line_number_are_kept_and_counted(tmp_path: Path) -> None:
    lines = LINES + "A1,,BK-09,2026-10-30,2,20\nA1,,BK-09,2026-10-30,2,20\nA1,,BK-10,2026-10-30,1,9\n"
    loaded = load(tmp_path / "f", {"order_lines.csv": lines})
    assert loaded.tables["order_lines"].height == 3
    found = issue(loaded, "import.equal-lines")
    assert (found.severity, found.place.row, found.at_stake) == (Severity.NOTE, 3, Decimal(20))
    assert found.message.startswith("1 lines are equal to an earlier one and have no line number: kept and counted")


def test_equal_lines_with_line_number_are_merged_and_counted(tmp_path: Path) -> None:
    lines = LINES + "A1,1,BK-09,2026-10-30,2,20\nA1,1,BK-09,2026-10-30,2,20\n"
    loaded = load(tmp_path / "f", {"order_lines.csv": lines})
    assert report(loaded, "order_lines").merged == Sums(rows=1, quantity=Decimal(2), money=Decimal(20))
    assert issue(loaded, "import.equal-rows").place.row == 3


def test_negative_quantity_goes_to_the_returns(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": ORDERS + "BK-09,DE,2026-09,-3,-6\nBK-09,DE,2026-09,-1,-2\n"})
    assert loaded.tables["orders"]["quantity"].min() == 10000
    assert loaded.tables["returns"].select("item", "market", "bucket", "quantity", "value").rows() == [
        ("BK-09", "DE", date(2026, 9, 1), 4000, 80000)
    ]
    assert report(loaded, "orders").routed == (("returns", Sums(rows=2, quantity=Decimal(-4), money=Decimal(-8))),)
    found = issue(loaded, "import.returns")
    assert (found.severity, found.at_stake) == (Severity.NOTE, Decimal(8))
    place = found.place
    line = len(ORDERS.splitlines()) + 1
    assert (place.source, place.row, place.column, place.value) == ("orders", line, "quantity", "-3")
    assert "take them out" in found.advice


def test_returns_of_orders_and_shipments_count_once_and_it_is_said(tmp_path: Path) -> None:
    rows = HEAD + "BK-09,DE,2026-09,9,18\nBK-09,DE,2026-09,-3,-6\n"
    loaded = load(tmp_path / "f", {"orders.csv": rows, "shipments.csv": rows.replace("-3,-6", "-2,-4")})
    assert loaded.tables["returns"]["quantity"].to_list() == [2000]
    assert issue(loaded, "import.returns-twice").at_stake == Decimal(6)


def test_price_zero_with_quantity_is_flagged(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": ORDERS + "0101,DE,2026-09,7,0\n0101,DE,2026-10,7,70\n"})
    found = issue(loaded, "import.zero-price")
    assert (found.severity, found.place.source, found.place.column) == (Severity.WARNING, "orders", "value")
    assert found.place.row == len(ORDERS.splitlines()) + 1
    assert "1 rows with 7 units are worth 0: counted, but out of the average price" in found.message


def test_decimals_turned_into_thousands_are_refused_with_both_readings(tmp_path: Path) -> None:
    lines = "order,line,item,ordered,quantity,Unit Price,value\n"
    lines += 'A,1,BK-09,2026-10-01,3,"2,024,994","6,074.98"\nA,2,BK-10,2026-10-01,1,"2,039,994","2,039.99"\n'
    loaded = load(tmp_path / "f", {"order_lines.csv": lines})
    found = issue(loaded, "import.line-total")
    assert found.severity is Severity.REFUSED
    assert (found.place.source, found.place.row, found.place.column, found.place.value) == (
        "order_lines.csv", 2, "Unit Price", "2,024,994",
    )  # fmt: skip
    assert "value 6074.98 is not quantity 3 x Unit Price '2,024,994' (read as 2024994)" in found.message
    assert "may be 2024.994 with its decimals turned into thousands" in found.message
    assert found.advice.startswith("Export it again with a decimal point")


def test_number_that_can_be_read_twice_is_refused_with_both_readings(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": HEAD + 'BK-09,DE,2026-09,"1,234",\nBK-09,DE,2026-10,"2,500",\n'})
    found = issue(loaded, "import.decimal-ambiguous")
    assert (found.severity, found.place.column, found.place.value) == (Severity.REFUSED, "quantity", "1,234")
    assert found.message == "'1,234' can be read as 1234 or 1.234, and no value of the column decides (2 like it)."
    assert found.advice == 'Say decimal = "." or decimal = "," for this file in mapping.toml.'


def test_both_orders_of_day_and_month_in_one_file_are_refused_with_the_values_that_decide(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": HEAD + "BK-09,DE,13/02/2026,5,\nBK-09,DE,02/13/2026,6,\n"})
    found = issue(loaded, "import.date-contradiction")
    assert (found.severity, found.place.source, found.place.column) == (Severity.REFUSED, "orders.csv", "bucket")
    assert (found.place.row, found.place.value) == (3, "02/13/2026")
    assert "'13/02/2026' (row 2) has the day first and '02/13/2026' (row 3) the month first" in found.message


def test_cp1252_is_decoded_and_a_sample_shown(tmp_path: Path) -> None:
    items = "item,name,family\nBK-09,Fahrradträger für Küche,City\nBK-10,Größe „M“ – ein Stück,City\n0101,Señor,Hüte\n"
    loaded = load(tmp_path / "f", {"items.csv": items.encode("cp1252")})
    names = loaded.tables["items"]["name"].to_list()
    assert names == ["Fahrradträger für Küche", "Größe „M“ – ein Stück", "Señor"]
    found = report(loaded, "items")
    assert [choice.value for choice in found.choices if choice.about == "encoding"] == ["cp1252"]
    assert "Fahrradträger für Küche" in found.sample


def test_junk_above_the_header_is_passed_over_and_shown(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": "Sales report,,,,\nprinted 2026-11-02,,,,\n" + ORDERS})
    assert loaded.tables["orders"].height == 44
    (header,) = [choice for choice in report(loaded, "orders").choices if choice.about == "header row"]
    assert (header.value, header.reason) == ("3", "5 of its 5 names are known; 2 lines above it passed over")


def test_row_of_sums_is_refused_as_an_item(tmp_path: Path) -> None:
    loaded = load(
        tmp_path / "f", {"orders.csv": ORDERS + "Grand Total,,2026-10,9999,19998\n", "items.csv": ITEMS + "Total,,\n"}
    )
    (reject,) = report(loaded, "orders").rejects
    assert (reject.row, reject.column, reject.value) == (46, "item", "Grand Total")
    assert reject.reason == "item is 'Grand Total', expected a code of one item, not a row of sums"
    assert reject.advice == "Take the row of sums out of the file: loading it would count everything twice."
    assert [one.value for one in report(loaded, "items").rejects] == ["Total"]


def test_partial_last_month_is_current_and_noted(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"orders.csv": ORDERS + "BK-09,DE,2026-11,3,6\n"})
    found = issue(loaded, "import.current-bucket")
    assert (found.severity, found.place.first, found.at_stake) == (Severity.NOTE, date(2026, 11, 1), Decimal(6))
    assert "not trained on and not scored" in found.message


def test_last_closed_month_far_below_the_others_is_asked_about(tmp_path: Path) -> None:
    orders = ORDERS.replace("2026-10,31,62", "2026-10,3,6")
    found = issue(load(tmp_path / "f", {"orders.csv": orders}), "import.partial-last-bucket")
    assert (found.severity, found.place.value, found.at_stake) == (Severity.WARNING, "2026-10-01", Decimal(12))
    assert "has 6 units, 16% of the least of 12: it looks partial" in found.message
    assert 'set cycle = "2026-10-01" in company.toml' in found.advice


def test_order_lines_that_end_early_are_asked_about(tmp_path: Path) -> None:
    lines = LINES + "A1,1,BK-09,2026-10-02,2,20\nA2,1,BK-09,2026-10-09,2,20\n"
    found = issue(load(tmp_path / "f", {"order_lines.csv": lines}), "import.partial-last-bucket")
    assert (found.place.column, found.place.value, found.at_stake) == ("ordered", "2026-10-09", Decimal(40))


def test_future_months_of_zero_are_not_reported_yet(tmp_path: Path) -> None:
    orders = ORDERS + "".join(f"BK-09,DE,2027-{month:02d},0,0\n" for month in range(1, 4))
    found = issue(load(tmp_path / "f", {"orders.csv": orders}), "import.not-yet-reported")
    assert (found.severity, found.place.first) == (Severity.NOTE, date(2027, 1, 1))
    assert found.message == "3 rows lie after the current bucket and are all zero: not reported yet."


def test_orders_for_months_to_come_are_on_hand_and_dates_beyond_the_plan_are_asked_about(tmp_path: Path) -> None:
    orders = ORDERS + "BK-09,DE,2026-12,3,6\nBK-09,DE,2027-01,4,8\nBK-09,DE,2062-01,1,2\n"
    loaded = load(tmp_path / "f", {"orders.csv": orders})
    found = issue(loaded, "import.orders-ahead")
    assert (found.severity, found.place.first, found.at_stake) == (Severity.NOTE, date(2026, 12, 1), Decimal(14))
    assert found.message == "2 rows with 7 units are ordered for buckets to come: on hand, no history yet."
    wrong = issue(loaded, "import.future-history")
    assert (wrong.severity, wrong.place.first) == (Severity.WARNING, date(2062, 1, 1))
    assert wrong.message == "1 rows lie after the current bucket."


def test_closed_months_of_nothing_but_zero_are_asked_about(tmp_path: Path) -> None:
    orders = ORDERS.replace("2026-10,31,62", "2026-10,0,0").replace("2026-09,30,60", "2026-09,0,0")
    found = issue(load(tmp_path / "f", {"orders.csv": orders}), "import.not-yet-reported")
    assert (found.severity, found.place.value) == (Severity.WARNING, "2026-09-01")
    assert "every row of the last 2 closed buckets is zero" in found.message


def test_one_history_point_and_all_zero_series_are_flagged(tmp_path: Path) -> None:
    orders = ORDERS + "0101,DE,2026-09,5,10\n" + "0101,AT,2026-08,0,0\n0101,AT,2026-09,0,0\n"
    loaded = load(tmp_path / "f", {"orders.csv": orders})
    one, zero = issue(loaded, "import.one-point"), issue(loaded, "import.all-zero")
    assert "1 series (the first: item '0101', market 'DE') have one bucket of history" in one.message
    assert "1 series (the first: item '0101', market 'AT') are zero in every bucket" in zero.message


def test_cycle_in_the_bill_of_materials_is_refused_and_named(tmp_path: Path) -> None:
    materials = "parent,component,quantity\nBK-09,BK-10,1\nBK-10,0101,1\n0101,BK-10,2\n"
    found = issue(load(tmp_path / "f", {"bill_of_materials.csv": materials}), "import.material-cycle")
    assert found.severity is Severity.REFUSED
    assert found.message == "0101 needs BK-10 needs 0101: expected no item to need itself."


def test_bill_of_materials_without_cycle_is_loaded(tmp_path: Path) -> None:
    materials = "parent,component,quantity\nBK-09,BK-10,1\nBK-10,0101,1\nBK-09,0101,2\n"
    loaded = load(tmp_path / "f", {"bill_of_materials.csv": materials})
    assert "import.material-cycle" not in codes(loaded)
    assert loaded.tables["bill_of_materials"].height == 3


def test_negative_opening_stock_is_flagged_with_its_amount(tmp_path: Path) -> None:
    files = {
        "stock_history.csv": "item,location,bucket,quantity\nBK-09,,2026-10,-4\nBK-10,,2026-10,50\n",
        "costs.csv": "item,component,first,cost\nBK-09,frame,2025-01,100.5\nBK-09,rest,2025-01,20\n",
    }
    loaded = load(tmp_path / "f", files)
    found = issue(loaded, "import.negative-stock")
    assert (found.severity, found.place.column, found.place.value) == (Severity.WARNING, "quantity", "-4")
    assert (found.place.source, found.place.row) == ("stock_history", 2)
    assert found.at_stake == Decimal("482.0000")
    assert loaded.tables["stock_history"]["quantity"].to_list() == [-4000, 50000]


def test_budget_in_another_currency_is_refused(tmp_path: Path) -> None:
    budget = "family,bucket,revenue,currency\nCity,2026-12,1000,USD\n"
    found = issue(load(tmp_path / "f", {"budget.csv": budget}), "import.other-currency")
    assert found.severity is Severity.REFUSED
    assert (found.place.source, found.place.row, found.place.column, found.place.value) == (
        "budget.csv",
        2,
        "currency",
        "USD",
    )
    assert found.message == "1 rows are in 'USD', expected EUR in table budget."


def test_money_in_a_currency_without_rate_is_refused_with_its_amount(tmp_path: Path) -> None:
    rows = "item,market,bucket,quantity,value,currency\nBK-09,US,2026-09,5,100,USD\nBK-09,DE,2026-09,5,100,\n"
    found = issue(load(tmp_path / "f", {"shipments.csv": rows}), "import.no-exchange-rate")
    assert (found.severity, found.place.value, found.at_stake) == (Severity.REFUSED, "USD", Decimal(100))
    rates = "type,currency,first,rate\nbudget,USD,2025-01,0.9\n"
    assert "import.no-exchange-rate" not in codes(
        load(tmp_path / "g", {"shipments.csv": rows, "exchange_rates.csv": rates})
    )


def test_same_numbers_in_two_currencies_are_asked_about(tmp_path: Path) -> None:
    rows = "item,market,bucket,quantity,value,currency\n"
    rows += "".join(f"BK-09,{c},2026-{m:02d},5,100.5,{c}\n" for c in ("USD", "EUR") for m in range(1, 7))
    rates = "type,currency,first,rate\nbudget,USD,2025-01,0.9\n"
    found = issue(load(tmp_path / "f", {"shipments.csv": rows, "exchange_rates.csv": rates}), "import.same-numbers")
    assert (found.severity, found.place.value, found.at_stake) == (Severity.WARNING, "USD", Decimal("603.0000"))


SHEET = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="1"><c r="A1" t="inlineStr"><is><t>item</t></is></c></row>'
    '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>'
)


def test_workbook_with_cells_at_both_ends_is_refused_and_the_process_lives(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    with zipfile.ZipFile(folder / "shipments.xlsx", "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", SHEET)
    found = issue(load(folder), "import.workbook-too-large")
    assert found.severity is Severity.REFUSED
    assert (found.place.source, found.place.value) == ("shipments.xlsx", "XFD1048576")
    assert "1,048,576 rows and 16,384 columns, expected at most 40,000,000 cells" in found.message
    assert found.advice.startswith("Delete what stands far below or right of the table")


def test_formula_text_is_loaded_as_text_escaped_on_export_and_read_back(tmp_path: Path) -> None:
    formula = '=HYPERLINK("http://x","y")'
    items = 'item,name,family\nBK-09,"=HYPERLINK(""http://x"",""y"")",City\nBK-10,\'s-Gravenhage,-x\n0101,@a,+b\n'
    loaded = load(tmp_path / "f", {"items.csv": items})
    assert loaded.tables["items"]["name"].to_list() == [formula, "'s-Gravenhage", "@a"]
    write_csv(loaded.tables["items"], tmp_path / "out.csv")
    shown = (tmp_path / "out.csv").read_text()
    assert "'=HYPERLINK" in shown
    assert "'-x" in shown
    assert "'@a,'+b" in shown
    again = load(tmp_path / "g", {"items.csv": (tmp_path / "out.csv").read_bytes()})
    assert again.tables["items"].equals(loaded.tables["items"])


def test_company_settings_are_in_the_answer(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f")
    assert loaded.company_text == COMPANY
    assert loaded.company.currency == "EUR"
