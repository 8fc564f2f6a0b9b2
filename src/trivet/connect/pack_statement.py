"""The finance page of the workbook: the statement of `core.profit` by bucket, subtotals by formula (F11)."""

from collections.abc import Sequence

from xlsxwriter.utility import xl_rowcol_to_cell

from trivet.connect.pack_book import Book, Page
from trivet.connect.pack_charts import LEVEL, OUTLINED, SOLID, add_series, column_chart, line_chart, place
from trivet.connect.pack_family import head, write_row
from trivet.connect.pack_figures import Column, Figures, Row, page_columns
from trivet.core.profit import LABELS, PROFIT, SUBTOTALS, Line, company_statement
from trivet.core.quantities import MONEY


def statement_rows(figures: Figures) -> dict[Line, Row]:
    """Give the statement of the company, each line as a row of a page, in order; what is not known is left out."""
    accounts = company_statement(figures.demand, figures.supply, figures.company)
    return {
        line: Row(
            label=LABELS[line],
            unit="",
            style="money",
            counts=account.counts,
            quantum=MONEY,
            known=account.known,
            state=account.state,
            whole=account.whole,
        )
        for line, account in accounts.items()
        if account.known.any()
    }


def write_finance(book: Book, figures: Figures) -> None:
    """Profit and loss, stock and cash by month, subtotals by formula (F11)."""
    page = book.page("Finance plan", "Finance plan: profit and loss, stock and cash", book.imprint.currency)
    columns = page_columns(figures.buckets)
    page.widths((0, 0, 34), (1, 1, 6), (2, 1 + len(columns), 10.5))
    page.sheet.freeze_panes(4, 2)
    lines, currency = statement_rows(figures), book.imprint.currency
    head(page, columns)
    at: dict[Line, int] = {}
    for line, row in lines.items():
        if line is Line.STOCK:
            _say_end(page, lines)
            page.row += 1
        if line in SUBTOTALS:
            _subtotal(page, columns, at, lines, line)
        elif line is Line.NET and Line.GROSS in at:
            _write_net(page, columns, at, row)
        else:
            at[line] = write_row(page, row, columns, row.label, currency)
    if Line.CASH not in at:
        page.say("Cash is not drawn: it needs the tables payment_terms and balance.")
    _finance_charts(page, columns, at)


def _say_end(page: Page, lines: dict[Line, Row]) -> None:
    if Line.EBITDA not in lines:
        page.say("There is no table operating_expense: the statement ends at contribution.")


def _write_net(page: Page, columns: Sequence[Column], at: dict[Line, int], row: Row) -> None:
    """Write net sales as gross sales less discounts."""
    at[Line.NET] = _write_sum(page, columns, (row, "money"), (at[Line.GROSS], at[Line.DISCOUNTS]))


def _subtotal(page: Page, columns: Sequence[Column], at: dict[Line, int], lines: dict[Line, Row], line: Line) -> None:
    """Write net sales less the costs above, by formula on their rows."""
    names = [part for part, _ in PROFIT[: SUBTOTALS[line]] if part in at]
    at[line] = _write_sum(page, columns, (lines[line], "money total"), [at[name] for name in names])


def _write_sum(page: Page, columns: Sequence[Column], what: tuple[Row, str], rows: Sequence[int]) -> int:
    """Write the first of some rows less the others, by formula, where the amount is known."""
    row, style = what
    number = page.row
    page.put(number, 0, row.label, "strong total" if "total" in style else "text")
    page.put(number, 1, page.book.imprint.currency, "sub total" if "total" in style else "sub")
    for offset, column in enumerate(columns):
        cells = [xl_rowcol_to_cell(at, 2 + offset) for at in rows]
        value = row.value(column)
        if value is None:
            page.put(number, 2 + offset, None, style)
        else:
            page.formula((number, 2 + offset), f"={cells[0]}-" + "-".join(cells[1:]), float(value), style)
    page.row += 1
    return number


def _finance_charts(page: Page, columns: Sequence[Column], at: dict[Line, int]) -> None:
    months = [i for i, column in enumerate(columns) if column.kind in ("actual", "plan")]
    if not months:
        return
    first, last = 2 + months[0], 2 + months[-1]
    page.row += 1
    chart = column_chart(page)
    add_series(chart, page, "Net sales", (3, at[Line.NET], first, last), OUTLINED)
    add_series(chart, page, "Gross margin", (3, at[Line.GROSS_MARGIN], first, last), SOLID)
    place(chart, page, (page.row, 0), "Net sales and gross margin", page.book.imprint.currency)
    lines = line_chart(page)
    for name, label, look in (
        (Line.STOCK, "Stock", LEVEL),
        (Line.CASH, "Net cash", {"line": {"color": "#1F2328", "width": 1.75}}),
    ):
        if name in at:
            add_series(lines, page, label, (3, at[name], first, last), look)
    if Line.STOCK in at or Line.CASH in at:
        place(
            lines,
            page,
            (page.row, 9),
            "Stock" + (" and net cash" if Line.CASH in at else ""),
            page.book.imprint.currency,
        )
