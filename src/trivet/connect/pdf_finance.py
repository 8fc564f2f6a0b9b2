"""The finance plan on paper: profit and loss, stock, working capital and cash by bucket (F11)."""

from collections.abc import Sequence
from decimal import Decimal

from trivet.connect.pack_book import INK
from trivet.connect.pack_figures import Column, Figures, Row, page_columns
from trivet.connect.pack_statement import statement_rows
from trivet.connect.pack_told import bucket_word
from trivet.connect.pdf_chart import BLUE
from trivet.connect.pdf_drawings import Line as Curve
from trivet.connect.pdf_drawings import Months, draw_months
from trivet.connect.pdf_family import floats, months_shown, page_money
from trivet.connect.pdf_paper import Cell, Paper, Table, beside, bucket_widths, gap, picture, section
from trivet.connect.pdf_words import number, span
from trivet.core.profit import LESS, STATES, SUBTOTALS, Line
from trivet.core.summary import PlanSummary


def put_finance(paper: Paper, figures: Figures, summary: PlanSummary) -> None:
    """Add the statement with its charts."""
    rows, money = statement_rows(figures), page_money(summary)
    columns = page_columns(figures.buckets)
    lines, strong = _statement(rows, columns, money.worth)
    rules = frozenset({*strong, len(lines)})
    for line in STATES:
        if line in rows and rows[line].counts.any():
            _write(lines, line, rows[line], columns, money.worth)
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
    if Line.CASH not in rows:
        paper.leave_out("Cash curve", "cash needs the tables payment_terms and balance")
    if Line.EBITDA not in rows:
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
        cells=f"trivet statement --plan {paper.imprint.version}; trivet statement --by family",
    )


def _statement(
    rows: dict[Line, Row], columns: Sequence[Column], worth: int
) -> tuple[list[Sequence[Cell]], frozenset[int]]:
    """Write profit and loss; give its lines and which are subtotals."""
    lines: list[Sequence[Cell]] = []
    strong: set[int] = set()
    for line, row in rows.items():
        if line in STATES:
            continue
        if line in SUBTOTALS:
            strong.add(len(lines))
        _write(lines, line, row, columns, worth)
    return lines, frozenset(strong)


def _write(lines: list[Sequence[Cell]], line: Line, row: Row, columns: Sequence[Column], worth: int) -> None:
    """Write a line; the consensus, which is more than what ships, stands small above the rest."""
    look = "s" if line is Line.WANTED else ""
    label = f"  less {row.label[0].lower()}{row.label[1:]}" if line in LESS else row.label
    values = [row.value(column) for column in columns]
    texts: list[Cell] = ["" if value is None else number(value / worth) for value in values]
    lines.append([(look, label) if look else label, *((look, str(text)) if look and text else text for text in texts)])


def _charts(figures: Figures, rows: dict[Line, Row], summary: PlanSummary) -> tuple[str, str]:
    """Draw gross margin in net sales, and stock with cash; give the page's message."""
    columns, labels, kinds = months_shown(figures)
    worth, name = summary.scale
    unit = f"{summary.currency} {name}".strip()
    earned = [(rows[Line.GROSS_MARGIN].value(column) or Decimal(0)) / worth for column in columns]
    sales = Curve(name="Net sales", values=floats(rows[Line.NET], columns, worth), color=INK)
    first = Months(labels=labels, kinds=kinds, bars=[float(value) for value in earned], lines=[sales], tail=44)
    ahead = [i for i, kind in enumerate(kinds) if kind == "forecast"]
    best = max(ahead, key=lambda i: earned[i])
    left = f"Gross margin peaks in {labels[best]} at {number(earned[best], 2)}"
    names = [
        (label, key, color)
        for label, key, color in (("Stock", Line.STOCK, BLUE), ("Cash", Line.CASH, INK))
        if key in rows and rows[key].counts.any()
    ]
    lines = [Curve(name=label, values=floats(rows[key], columns, worth), color=color) for label, key, color in names]
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
        key = names[-1][1]
        known = [(value, i) for i in ahead if (value := rows[key].value(columns[i])) is not None]
        least, low = min(known)
        right = f"{'Net cash' if key == 'cash' else 'Stock'} is lowest in {labels[low]} at {number(least / worth, 2)}"
        drawn = draw_months(Months(labels=labels, lines=lines, tail=44), 385, 150)
        parts.append(
            ("1fr", [section(right, f"{unit}, end of {bucket_word(figures.buckets)}"), picture(drawn, 385, right)])
        )
        title = f"Finance plan: {right[0].lower()}{right[1:]} {unit}"
    return title, beside(*parts)
