from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.connect.tied import Tied, make_tied, source_rows, tied, write_folder
from tests.finance.tiny import FIRST_OPEN, month
from trivet.connect.certificate import Certificate, certify
from trivet.connect.pack import write_pack
from trivet.connect.pack_book import Book, Imprint
from trivet.connect.pack_told import by_weight, kind_told
from trivet.core.errors import Unavailable

PLANS = ["Sales plan", "Marketing plan", "Development plan", "Manufacturing plan", "Sourcing plan", "Finance plan"]


def packed(folder: Path, made: Tied) -> tuple[Path, Certificate]:
    write_folder(folder, made)
    certificate = certify(folder)
    path = folder / "pack.xlsx"
    write_pack(path, made.plan, made.inputs, made.summary, certificate, version="main-7")
    return path, certificate


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(tmp_path_factory.mktemp("pack"), tied())[0]


@pytest.fixture(scope="module")
def book(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path, data_only=True)


@pytest.fixture(scope="module")
def formulas(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


def cells(sheet: Worksheet) -> Iterator[tuple[str, object]]:
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None:
                yield cell.coordinate, cell.value


def row_of(sheet: Worksheet, label: str) -> dict[str, object]:
    """The cells of the row that begins with a label, by the heads in row 4."""
    heads = {cell.column: str(cell.value) for cell in sheet[4]}
    (row,) = [row for row in sheet.iter_rows() if row[0].value == label]
    return {heads[cell.column]: cell.value for cell in row[1:]}


def test_pack_holds_the_business_every_family_six_plans_and_the_proof(book: openpyxl.Workbook) -> None:
    families = ["Bikes", "Cargo", "Unassigned"]
    tail = ["Capacity", "Gaps", "Issues", "Certificate", "Assumptions and risks"]
    assert book.sheetnames == ["Business", "Bridge", *families, *PLANS, *tail]


def test_every_sheet_says_company_cycle_version_digest_and_prints_on_landscape_pages(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets:
        assert sheet["A1"].value, sheet.title
        line = str(sheet["A2"].value)
        for word in ("Tiny", "cycle 2026-11", "version main-7", tied().plan.digest()[:12]):
            assert word in line, sheet.title
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert "main-7" in str(sheet.oddFooter.left.text)


def test_family_page_is_one_page_wide_and_tall_with_charts(book: openpyxl.Workbook, path: Path) -> None:
    # one page is what the file format takes for granted
    assert (book["Bikes"].page_setup.fitToWidth, book["Bikes"].page_setup.fitToHeight) == (None, None)
    assert book["Issues"].page_setup.fitToHeight == 0
    with ZipFile(path) as parts:
        charts = [name for name in parts.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 2 + 4 + 2 * 3 + 2 + 2, "business, bridge, families, finance, capacity"


def test_no_cell_shows_an_error_and_no_text_is_a_formula(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets:
        for where, value in cells(sheet):
            assert not str(value).startswith("#"), f"{sheet.title} {where}: {value}"


def test_numbers_are_amounts_and_not_quanta(book: openpyxl.Workbook) -> None:
    plan = tied().plan
    mine = (plan.panel("demand").keys["item"].is_in(["BIKE", "RACER"])).to_numpy()
    demand = plan.panel("demand")
    page = book["Bikes"]
    planned = int(demand.count("constrained_demand")[mine][:, FIRST_OPEN + 2].sum()) / 1000
    assert row_of(page, "Shipments planned")["2027-01"] == planned
    revenue = int(demand.count("constrained_revenue")[mine][:, FIRST_OPEN + 2].sum()) / 10_000
    assert row_of(page, "Revenue")["2027-01"] == pytest.approx(revenue, abs=1e-9)
    shipped = int(demand.count("shipments")[mine][:, FIRST_OPEN - 1].sum()) / 1000
    assert row_of(page, "Shipped")["2026-10"] == shipped


def test_years_on_family_pages_are_the_lines_of_the_summary(book: openpyxl.Workbook) -> None:
    for line in tied().summary.families:
        if line.family not in book.sheetnames:
            continue
        page = book[str(line.family)]
        assert row_of(page, "Revenue")[f"FY{line.year}"] == pytest.approx(float(line.revenue), abs=1e-4)
        assert row_of(page, "Margin at standard cost")[f"FY{line.year}"] == pytest.approx(float(line.margin), abs=1e-4)
        assert row_of(page, "Units shipped and planned")[f"FY{line.year}"] == float(line.units or 0)


def test_family_to_order_shows_backlog_and_weeks_instead_of_stock(book: openpyxl.Workbook) -> None:
    page = book["Cargo"]
    assert row_of(page, "Order backlog")["2026-10"] == 35
    assert row_of(page, "Backlog")["unit"] == "weeks"
    labels = {row[0].value for row in page.iter_rows()}
    assert "Closing stock" not in labels
    assert "Days of supply" not in labels


def test_days_of_supply_beyond_the_last_bucket_say_at_least(book: openpyxl.Workbook) -> None:
    values = row_of(book["Bikes"], "Days of supply")
    assert isinstance(values["2026-10"], float)
    assert values["2026-09"] is None


def test_totals_are_formulas_that_carry_their_value(book: openpyxl.Workbook, formulas: openpyxl.Workbook) -> None:
    found = 0
    for sheet in formulas.worksheets:
        for where, value in cells(sheet):
            if isinstance(value, str) and value.startswith("="):
                found += 1
                assert not isinstance(book[sheet.title][where].value, str) or book[sheet.title][where].value == ""
    assert found > 300


def test_subtotals_of_the_statement_are_what_their_rows_give(book: openpyxl.Workbook) -> None:
    page = book["Finance plan"]
    for when in ("2027-01", "FY2027"):
        amounts = {
            label: row_of(page, label)[when]
            for label in (
                "Net sales",
                "Standard cost of goods sold",
                "Supply variances",
                "Gross margin",
                "Freight between locations",
                "Promotion cost",
                "Operating expense",
                "EBITDA",
            )
        }
        sales, cost, variance, margin, freight, events, rent, profit = (float(str(v)) for v in amounts.values())
        assert margin == pytest.approx(sales - cost - variance, abs=1e-4)
        assert profit == pytest.approx(margin - freight - events - rent, abs=1e-4)
    line = next(line for line in tied().summary.lines if line.year == 2027)
    assert float(str(row_of(page, "Gross margin")["FY2027"])) == pytest.approx(float(line.margin), abs=1e-4)
    assert row_of(page, "Net cash")["2026-11"] is not None


def test_business_page_states_the_gap_of_the_summary(book: openpyxl.Workbook) -> None:
    line = next(line for line in tied().summary.lines if line.year == 2027)
    rows = {str(row[0].value): row for row in book["Business"].iter_rows()}
    row = rows["Revenue FY2027"]
    assert [row[i].value for i in (2, 3)] == [
        pytest.approx(float(line.revenue)),
        pytest.approx(float(line.budget_revenue or 0)),
    ]
    assert row[4].value == pytest.approx(float(line.revenue_gap or 0))
    assert "FY2027 revenue is" in str(book["Business"]["A1"].value)


def test_bridge_rows_add_up_to_the_outlook(book: openpyxl.Workbook) -> None:
    rows = [row for row in book["Bridge"].iter_rows() if row[0].value == "Company"]
    assert len(rows) == 4
    for row in rows:
        values = [float(cell.value) for cell in row[1:] if isinstance(cell.value, int | float)]
        assert sum(values[:-1]) == pytest.approx(values[-1], abs=1e-3)


def test_certificate_and_issues_are_printed_in_full(book: openpyxl.Workbook, path: Path) -> None:
    certificate = certify(path.parent)
    names = [row[0].value for row in book["Certificate"].iter_rows(min_row=5)]
    assert {check.name for check in certificate.checks} <= set(names)
    kinds = [row[1].value for row in book["Issues"].iter_rows(min_row=5) if row[1].value]
    assert kinds == [kind_told(issue.code) for issue in by_weight(tied().plan.issues)]


def test_failed_certificate_is_the_title_of_its_page(tmp_path: Path) -> None:
    made = tied()
    _, certificate = packed(tmp_path, made)
    bad = replace(certificate.checks[0], passed=False, failed=2, amount=Decimal(3), places=("here: found 1",))
    waived = replace(bad, name="other", waived_by="eva", waived_why="known")
    certificate = replace(certificate, checks=(bad, waived, *certificate.checks[2:]))
    path = tmp_path / "bad.xlsx"
    write_pack(path, made.plan, made.inputs, made.summary, certificate, version="main-7")
    page = openpyxl.load_workbook(path)["Certificate"]
    assert page["A1"].value == "Certificate: THE PLAN DOES NOT TIE"
    verdicts = {row[0].value: (row[1].value, row[6].value) for row in page.iter_rows(min_row=5)}
    assert verdicts[bad.name] == ("FAILS", "here: found 1")
    assert verdicts["other"] == ("waived", "waived by eva: known")


def test_company_with_little_says_what_is_missing_instead_of_empty_tables(tmp_path: Path) -> None:
    rows = source_rows()
    few = {name: rows[name] for name in ("items", "shipments", "exchange_rates")}
    few["shipments"] = [{**row, "market": "", "currency": ""} for row in few["shipments"]]
    path, _ = packed(tmp_path, make_tied(few))
    book = openpyxl.load_workbook(path)
    assert "Bridge" not in book.sheetnames
    assert "Assumptions and risks" not in book.sheetnames
    said = {sheet.title: " ".join(str(value) for _, value in cells(sheet)) for sheet in book.worksheets}
    assert "There is no table resources" in said["Capacity"]
    assert "No event is planned (table promotions)" in said["Marketing plan"]
    assert "No launch is planned (table launches)" in said["Development plan"]
    assert "statement ends at contribution" in said["Finance plan"]
    assert "payment_terms and balance" in said["Finance plan"]
    assert "there is no budget to hold it against" in said["Bikes"]


def test_names_of_families_that_excel_refuses_are_made_fit_and_stay_apart(tmp_path: Path) -> None:
    mark = Imprint(company="A & B", currency="EUR", cycle="2026-11", version="v", digest="d" * 64)
    book = Book(tmp_path / "names.xlsx", mark)
    long = "A very long family name that goes on and on"
    for name in ("Road/Gravel", "road gravel", long, long, "='cmd'!A1", ""):
        page = book.page(name, "=1+1", "units")
        page.put(3, 0, "=cmd|' /C calc'!A0")
    book.close()
    read = openpyxl.load_workbook(tmp_path / "names.xlsx")
    names = read.sheetnames
    assert names[:2] == ["Road Gravel", "road gravel 2"]
    assert all(len(name) <= 31 for name in names)
    assert len({name.casefold() for name in names}) == 6
    assert read.worksheets[0]["A4"].data_type == "s"
    assert read.worksheets[0]["A1"].data_type == "s"


def test_same_plan_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    again, _ = packed(tmp_path, tied())
    assert again.read_bytes() == path.read_bytes()


def test_disk_that_refuses_is_said(tmp_path: Path) -> None:
    made = tied()
    _, certificate = packed(tmp_path, made)
    with pytest.raises(Unavailable, match="can't be written"):
        write_pack(tmp_path / "no" / "pack.xlsx", made.plan, made.inputs, made.summary, certificate, version="v")


def test_earlier_plans_stand_beside_what_became_of_them(tmp_path: Path) -> None:
    rows = source_rows()
    targets = [(-2, -1, 100), (-3, -1, 77), (-1, 2, 150), (-2, 2, 999)]
    rows["published"] = [
        {
            "cycle": month(cycle),
            "measure": measure,
            "item": "BIKE",
            "market": "DE",
            "bucket": month(at),
            "quantity": units,
        }
        for cycle, at, units in targets
        for measure in ("consensus_demand", "production")
    ]
    made = make_tied(rows)
    page = openpyxl.load_workbook(packed(tmp_path, made)[0], data_only=True)["Bikes"]
    rows_below = {str(row[0].value): number for number, row in enumerate(page.iter_rows(), 1)}
    heads = {str(cell.value): cell.column for cell in page[4]}
    consensus = rows_below["Consensus demand"]
    planned, difference = consensus + 1, consensus + 2
    assert page.cell(planned, 1).value == "  as planned a cycle before"
    assert page.cell(planned, heads["2026-10"]).value == 100, "planned in September's cycle for October"
    assert page.cell(planned, heads["2027-01"]).value == 150, "planned in October's cycle for January"
    assert page.cell(planned, heads["2026-12"]).value is None
    now = page.cell(consensus, heads["2027-01"]).value
    assert page.cell(difference, heads["2027-01"]).value == pytest.approx(now - 150)
    ordered = page.cell(rows_below["Demand known: shipments"], heads["2026-10"]).value
    assert page.cell(difference, heads["2026-10"]).value == pytest.approx(ordered - 100)
