"""One landscape page a family: demand, supply, stock or backlog and money, past, plan and budget (E1)."""

from decimal import Decimal
from typing import Final

from xlsxwriter.utility import xl_rowcol_to_cell

from trivet.connect.pack_book import LINE, Book, Page
from trivet.connect.pack_charts import (
    HATCHED,
    LEVEL,
    OUTLINED,
    SOLID,
    WISH,
    add_series,
    column_chart,
    line_chart,
    place,
)
from trivet.connect.pack_figures import Column, Figures, Row, known_demand, page_columns, quoted_weeks
from trivet.connect.pack_making import making_of
from trivet.connect.pdf_words import change
from trivet.core.summary import PlanSummary

_HEAD: Final = 3
"""Row of the column labels."""
_STOCKED: Final = (
    ("orders", "Orders by requested date", "units"),
    ("consensus", "Consensus demand", "units"),
    ("earlier", "  as planned a cycle before", "units"),
    ("shipped", "Shipped", "units"),
    ("planned", "Shipments planned", "units"),
    ("lost", "Demand not served", "units"),
    ("production", "Production", "units"),
    ("earlier_production", "  as planned a cycle before", "units"),
    ("purchases", "Purchases", "units"),
    ("projected_stock", "Closing stock", "units"),
    ("target_stock", "Target stock", "units"),
)
_ORDERED: Final = (
    ("orders", "Bookings", "units"),
    ("consensus", "Bookings expected", "units"),
    ("earlier", "  as planned a cycle before", "units"),
    ("shipped", "Shipped", "units"),
    ("planned", "Shipments planned", "units"),
    ("production", "Production", "units"),
    ("earlier_production", "  as planned a cycle before", "units"),
    ("order_backlog", "Order backlog", "units"),
)
_KNOWN: Final = {
    "Orders": "Orders by requested date",
    "Bookings": "Bookings",
    "Shipments": "Demand known: shipments",
}
"""How the first row is called, by what the company keeps."""
_MONEY: Final = (
    ("revenue", "Revenue", "money"),
    ("last_year", "  a year before", "money"),
    ("margin", "Margin at standard cost", "money"),
    ("budget_units", "Budget units", "units"),
    ("budget_revenue", "Budget revenue", "money"),
    ("budget_margin", "Budget margin", "money"),
)


def write_family(book: Book, figures: Figures, summary: PlanSummary, family: str) -> None:
    """Write the page of one family."""
    page = book.page(family, family_message(summary, family), f"units and {book.imprint.currency}")
    page.sheet.fit_to_pages(1, 1)
    columns = page_columns(figures.buckets)
    # Narrow enough that a landscape page prints it at 6.5 points and more.
    page.widths((0, 0, 24), (1, 1, 6), (2, 1 + len(columns), 6.5))
    page.sheet.freeze_panes(4, 2)
    rows = figures.family_rows(family)
    head(page, columns)
    at = _write_rows(page, figures, family, rows, columns)
    _write_derived(page, rows, columns, at)
    if rows["production"].counts.any():
        page.put(page.row, 0, f"{making_of(figures, family).words}.", "sub")
        page.row += 1
    page.row += 1
    zero = all((rows["revenue"].value(column) or 0) >= 0 for column in columns)
    _charts(page, columns, at, to_order=figures.to_order(family), zero=zero)


def family_message(summary: PlanSummary, family: str) -> str:
    """Say in one sentence how the family stands against its budget."""
    lines = [line for line in summary.families if line.family == family and line.budget_revenue is not None]
    if not lines:
        return f"{family}: there is no budget to hold it against"
    line = lines[-1]
    gap = change(line.revenue, line.budget_revenue)
    money = f"revenue FY{line.year} {_in(line.revenue, summary)}, {gap} to budget"
    lost = f", {_in(line.unserved, summary)} not served" if line.unserved else ""
    return f"{family}: {money}{lost}"


def _in(amount: Decimal, summary: PlanSummary) -> str:
    worth, name = summary.scale
    return f"{summary.currency} {amount / worth:,.2f} {name}".strip()


def head(page: Page, columns: tuple[Column, ...], first: str = "") -> None:
    """Write the labels of the columns, actual ones shaded."""
    page.put(page.row, 0, first, "head")
    page.put(page.row, 1, "unit", "head")
    for offset, column in enumerate(columns):
        style = "head_actual" if column.kind == "actual" else "head_right"
        page.put(page.row, 2 + offset, column.label, style)
    if any(column.kind == "group" for column in columns):
        page.sheet.set_row(page.row, 3 * LINE)  # "2027-11 to 2028-01" takes three lines
    page.row += 1


def write_row(
    page: Page, row: Row, columns: tuple[Column, ...], label: str, unit: str, style: str | None = None
) -> int:
    """Write one row of figures; gives its number."""
    at = page.row
    page.put(at, 0, label)
    page.put(at, 1, unit, "sub")
    for offset, column in enumerate(columns):
        page.put(at, 2 + offset, row.value(column), style or row.style)
    page.row += 1
    return at


def _write_rows(
    page: Page, figures: Figures, family: str, rows: dict[str, Row], columns: tuple[Column, ...]
) -> dict[str, int]:
    at: dict[str, int] = {}
    ordered = figures.to_order(family)
    for name, label, unit in _ORDERED if ordered else _STOCKED:
        if name in ("earlier", "earlier_production", "purchases", "target_stock") and not rows[name].counts.any():
            continue
        called = _KNOWN[known_demand(figures, family)] if name == "orders" else label
        if name == "production":
            called = f"Production, {making_of(figures, family).label}"
        at[name] = write_row(page, rows[name], columns, called, unit)
        if name == "production":
            _write_asked(page, figures, family, columns)
        if name.startswith("earlier"):
            _against_earlier(page, rows, columns, at, name)
    cover = figures.backlog_weeks(family) if ordered else figures.days_of_supply(family)
    _write_cover(page, cover, columns, ("Backlog", "weeks") if ordered else ("Days of supply", "days"))
    if ordered:
        _write_cover(page, quoted_weeks(figures, family), columns, ("Lead time to quote", "weeks"))
        _write_book_to_bill(page, rows, columns, at)
    for name, label, _ in _MONEY:
        if name.startswith("budget") and not rows[name].known.any():
            continue
        money = rows[name].style == "money"
        unit, style = shown_money(page) if money else ("units", "units")
        at[name] = write_row(page, rows[name], columns, label, unit, style)
    at["units"] = page.row
    write_row(page, rows["units"], columns, "Units shipped and planned", "units")
    return at


def _write_book_to_bill(page: Page, rows: dict[str, Row], columns: tuple[Column, ...], at: dict[str, int]) -> None:
    """Write what is booked as a part of what is shipped, as formulas on the rows above (F2)."""
    page.put(page.row, 0, "Book-to-bill")
    page.put(page.row, 1, "booked / shipped", "sub")
    for offset, column in enumerate(columns):
        names = ("orders", "shipped") if column.kind == "actual" else ("consensus", "planned")
        booked, shipped = (rows[name].value(column) for name in names)
        if booked is not None and shipped and all(name in at for name in names):
            above, below = (xl_rowcol_to_cell(at[name], 2 + offset) for name in names)
            page.formula((page.row, 2 + offset), f"={above}/{below}", float(booked / shipped), "price")
    page.row += 1


def _write_asked(page: Page, figures: Figures, family: str, columns: tuple[Column, ...]) -> None:
    """Write the production the family's strategy asks for, where it has one."""
    asked = making_of(figures, family).asked
    if asked is not None:
        write_row(page, asked, columns, "  strategy asks for", "units")


def _against_earlier(
    page: Page, rows: dict[str, Row], columns: tuple[Column, ...], at: dict[str, int], name: str
) -> None:
    """Write what became of the earlier plan: orders, consensus or production less what was planned."""
    page.put(page.row, 0, "  difference")
    page.put(page.row, 1, "units", "sub")
    for offset, column in enumerate(columns):
        base = "production" if name == "earlier_production" else "orders" if column.kind == "actual" else "consensus"
        have, want = rows[base].value(column), rows[name].value(column)
        if column.kind == "year" or have is None or want is None:
            continue
        cells = [xl_rowcol_to_cell(at[row], 2 + offset) for row in (base, name)]
        page.formula((page.row, 2 + offset), f"={cells[0]}-{cells[1]}", float(have - want), "change")
    page.row += 1


def _write_cover(
    page: Page, cover: list[tuple[Decimal, bool] | None], columns: tuple[Column, ...], words: tuple[str, str]
) -> None:
    """Write days of supply or weeks of backlog at the end of each column; "≥" beyond the last bucket."""
    page.put(page.row, 0, words[0])
    page.put(page.row, 1, words[1], "sub")
    for offset, column in enumerate(columns):
        found = cover[column.buckets.stop - 1]
        if found is None:
            page.put(page.row, 2 + offset, None, "days")
        elif found[1]:
            page.put(page.row, 2 + offset, f"≥ {found[0]:.0f}", "right")
        else:
            page.put(page.row, 2 + offset, found[0].quantize(Decimal("0.1")), "days")
    page.row += 1


def _write_derived(page: Page, rows: dict[str, Row], columns: tuple[Column, ...], at: dict[str, int]) -> None:
    """Write price, margin share and the differences as formulas on the rows above."""
    price = f"{page.book.imprint.currency}/unit"
    ratios = [("Net price", price, "revenue", "units", "price"), ("Margin", "%", "margin", "revenue", "percent")]
    if "budget_revenue" in at and "budget_units" in at:
        ratios.insert(1, ("  budget", price, "budget_revenue", "budget_units", "price"))
    for label, unit, top, bottom, style in ratios:
        page.put(page.row, 0, label)
        page.put(page.row, 1, unit, "sub")
        for offset, column in enumerate(columns):
            above, below = (xl_rowcol_to_cell(at[name], 2 + offset) for name in (top, bottom))
            value = _ratio(rows[top].value(column), rows[bottom].value(column))
            page.formula((page.row, 2 + offset), f'=IF(N({below})=0,"",{above}/{below})', value, style)
        page.row += 1
    for label, base in (("Revenue less budget", "revenue"), ("Margin less budget", "margin")):
        if f"budget_{base}" in at:
            _difference(page, columns, (at[base], at[f"budget_{base}"]), (rows[base], rows[f"budget_{base}"]), label)


def shown_money(page: Page) -> tuple[str, str]:
    """Give unit and style of amounts on a page of many columns: thousands where the company is told in millions."""
    currency = page.book.imprint.currency
    return (f"k {currency}", "thousand") if page.book.imprint.scale[0] == 1_000_000 else (currency, "money")


def _difference(
    page: Page, columns: tuple[Column, ...], at: tuple[int, int], rows: tuple[Row, Row], label: str
) -> None:
    unit, style = shown_money(page)
    look = "change_thousand" if style == "thousand" else "change"
    page.put(page.row, 0, label, "strong")
    page.put(page.row, 1, unit, "sub")
    for offset, column in enumerate(columns):
        have, want = rows[0].value(column), rows[1].value(column)
        if have is None or want is None:
            page.put(page.row, 2 + offset, None, look)
            continue
        cells = [xl_rowcol_to_cell(row, 2 + offset) for row in at]
        page.formula((page.row, 2 + offset), f"={cells[0]}-{cells[1]}", float(have - want), look)
    page.row += 1


def _ratio(above: Decimal | None, below: Decimal | None) -> float | None:
    return float(above / below) if above is not None and below else None


def _charts(page: Page, columns: tuple[Column, ...], at: dict[str, int], *, to_order: bool, zero: bool) -> None:
    """Draw demand with stock (or backlog), and revenue against the budget, month by month; `zero`: none is negative."""
    months = [i for i, column in enumerate(columns) if column.kind in ("actual", "plan")]
    if not months:
        return
    first, last = 2 + months[0], 2 + months[-1]
    volume, level = column_chart(page, stacked=True), line_chart(page)
    add_series(volume, page, "Shipped (actual)", (_HEAD, at["shipped"], first, last), SOLID)
    add_series(volume, page, "Shipments planned", (_HEAD, at["planned"], first, last), HATCHED)
    name, row = ("Order backlog", "order_backlog") if to_order else ("Closing stock", "projected_stock")
    add_series(level, page, name, (_HEAD, at[row], first, last), LEVEL)
    add_series(level, page, "Consensus demand", (_HEAD, at["consensus"], first, last), WISH)
    volume.combine(level)
    place(volume, page, (page.row, 0), f"Demand, shipments and {name.lower()}", "units", zero=True)
    money = column_chart(page)
    add_series(money, page, "Revenue", (_HEAD, at["revenue"], first, last), SOLID)
    if "budget_revenue" in at:
        add_series(money, page, "Budget", (_HEAD, at["budget_revenue"], first, last), OUTLINED)
    place(money, page, (page.row, 11), "Revenue against budget", page.book.imprint.currency, zero=zero)
