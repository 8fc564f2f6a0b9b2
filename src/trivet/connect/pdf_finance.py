"""The finance plan on paper: profit and loss, stock, working capital and cash by bucket (F11)."""

from collections.abc import Sequence
from decimal import Decimal

from trivet.connect.pack_book import INK
from trivet.connect.pack_figures import Column, Figures, Row, page_columns
from trivet.connect.pack_plans import LINES, statement_rows
from trivet.connect.pack_told import bucket_word
from trivet.connect.pdf_chart import BLUE
from trivet.connect.pdf_drawings import Line, Months, draw_months
from trivet.connect.pdf_family import floats, months_shown, page_money
from trivet.connect.pdf_paper import Cell, Paper, Table, beside, bucket_widths, gap, picture, section
from trivet.connect.pdf_words import number, span
from trivet.core.summary import PlanSummary

_SUMS = (("Gross margin", 3), ("Contribution", 5), ("EBITDA", 6))
"""Subtotals and how many lines of the statement stand above them."""


def put_finance(paper: Paper, figures: Figures, summary: PlanSummary) -> None:
    """Add the statement with its charts."""
    rows, money = statement_rows(figures), page_money(summary)
    columns = page_columns(figures.buckets)
    lines, strong = _statement(rows, columns, money.worth)
    rules = frozenset({*strong, len(lines)})
    for label, name in _BALANCE:
        if rows[name].known.any() and rows[name].counts.any():
            _write(lines, label, rows[name], columns, money.worth)
    closed = sum(column.kind == "actual" for column in columns)
    heads = ["", *(span(column.label) for column in columns)]
    table = Table(
        heads=heads,
        lines=lines,
        widths=f"122pt, {bucket_widths([column.kind for column in columns])}",
        shade=(1, 1 + closed),
        rules=rules,
        strong=strong,
        size=6.6,
        pitch=2.6,
    )
    if not rows["cash"].known.any():
        paper.leave_out("Cash curve", "cash needs the tables payment_terms and balance")
    if not rows["operating_expense"].counts.any():
        paper.leave_out("EBITDA", "there is no table operating_expense, so the statement ends at contribution")
    title, charts = _charts(figures, rows, summary)
    body = [
        charts,
        gap(4),
        section("Profit and loss, stock and cash", f"{money.name}; variances, freight and events of what is planned"),
        table.text(),
    ]
    paper.page(
        "Finance plan",
        title,
        money.name,
        body=body,
        cells=paper.show("constrained_revenue")
        + " (likewise gross_margin, supply_variance, operating_expense, stock_value, cash)",
    )


_BALANCE = (
    ("Stock at standard cost", "stock_value"),
    ("Receivables", "receivables"),
    ("Payables", "payables"),
    ("Net cash", "cash"),
)


def _statement(
    rows: dict[str, Row], columns: Sequence[Column], worth: int
) -> tuple[list[Sequence[Cell]], frozenset[int]]:
    """Write profit and loss; give its lines and which are subtotals."""
    lines: list[Sequence[Cell]] = []
    strong: set[int] = set()
    shown = LINES if rows["operating_expense"].counts.any() else LINES[:-1]
    _write(lines, "Revenue of the whole consensus", rows["wanted"], columns, worth, look="s")
    for count, (name, label, sign) in enumerate(shown, 1):
        _write(lines, label if sign > 0 else f"  less {label[0].lower()}{label[1:]}", rows[name], columns, worth)
        for title, after in _SUMS:
            if after == count:
                strong.add(len(lines))
                parts = [(rows[part], sign) for part, _, sign in shown[:count]]
                lines.append([title, *(number(total_of(parts, c) / worth) for c in columns)])
    return lines, frozenset(strong)


def _write(
    lines: list[Sequence[Cell]], label: str, row: Row, columns: Sequence[Column], worth: int, look: str = ""
) -> None:
    values = [row.value(column) for column in columns]
    texts: list[Cell] = ["" if value is None else number(value / worth) for value in values]
    lines.append([(look, label) if look else label, *((look, str(text)) if look and text else text for text in texts)])


def total_of(parts: Sequence[tuple[Row, int]], column: Column) -> Decimal:
    """Add lines of the statement with their signs; what is not known counts nothing."""
    return sum(((row.value(column) or Decimal(0)) * sign for row, sign in parts), Decimal(0))


def _charts(figures: Figures, rows: dict[str, Row], summary: PlanSummary) -> tuple[str, str]:
    """Draw gross margin in net sales, and stock with cash; give the page's message."""
    columns, labels, kinds = months_shown(figures)
    worth, name = summary.scale
    unit = f"{summary.currency} {name}".strip()
    margin = [(rows[part], sign) for part, _, sign in LINES[:3]]
    earned = [total_of(margin, column) / worth for column in columns]
    sales = Line(name="Net sales", values=floats(rows["revenue"], columns, worth), color=INK)
    first = Months(labels=labels, kinds=kinds, bars=[float(value) for value in earned], lines=[sales], tail=44)
    ahead = [i for i, kind in enumerate(kinds) if kind == "forecast"]
    best = max(ahead, key=lambda i: earned[i])
    left = f"Gross margin peaks in {labels[best]} at {number(earned[best], 2)}"
    names = [
        (label, key, color)
        for label, key, color in (("Stock", "stock_value", BLUE), ("Cash", "cash", INK))
        if rows[key].counts.any()
    ]
    lines = [Line(name=label, values=floats(rows[key], columns, worth), color=color) for label, key, color in names]
    parts: list[tuple[str, Sequence[str]]] = [
        (
            "1fr",
            [
                section(left, f"{unit} · bars: gross margin, line: net sales"),
                picture(draw_months(first, 385, 150), 385, left),
            ],
        )
    ]
    title = f"Finance plan: {left[0].lower()}{left[1:]} {unit}"
    if lines:
        key = "cash" if rows["cash"].counts.any() else "stock_value"
        known = [(value, i) for i in ahead if (value := rows[key].value(columns[i])) is not None]
        least, low = min(known)
        right = f"{'Net cash' if key == 'cash' else 'Stock'} is lowest in {labels[low]} at {number(least / worth, 2)}"
        drawn = draw_months(Months(labels=labels, lines=lines, tail=44), 385, 150)
        parts.append(
            ("1fr", [section(right, f"{unit}, end of {bucket_word(figures.buckets)}"), picture(drawn, 385, right)])
        )
        title = f"Finance plan: {right[0].lower()}{right[1:]} {unit}"
    return title, beside(*parts)
