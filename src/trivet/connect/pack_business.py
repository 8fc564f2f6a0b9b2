"""The business on one page: fiscal years against budget, the bridge, what binds, gaps and what they ask for (E2)."""

from collections.abc import Sequence
from decimal import Decimal

from xlsxwriter.utility import xl_rowcol_to_cell

from trivet.connect.certificate import Certificate
from trivet.connect.pack_book import BAD, GOOD, Book, Cell, Page, columns_of
from trivet.connect.pack_charts import OUTLINED, PALE, SOLID, add_series, column_chart, place
from trivet.connect.pack_figures import Figures
from trivet.connect.pack_told import PricedRelief, bucket_word, told
from trivet.connect.pdf_words import change
from trivet.core.summary import Bar, Bridge, FiscalLine, PlanSummary, percent

_GAPS, _LISTED = 10, 5
_RIGHT, _LAST = 11, 21
"""Columns of the right half: charts, what binds and gaps."""
_CHART = 12
"""Rows a chart takes."""


def write_business(
    book: Book,
    figures: Figures,
    summary: PlanSummary,
    certificate: Certificate,
    *,
    reliefs: Sequence[PricedRelief] | None = None,
) -> None:
    """Write the first page; `reliefs` None = they were not computed, and the page names the command."""
    page = book.page("Business", business_message(summary), f"{book.imprint.money} unless said")
    page.sheet.fit_to_pages(1, 1)
    page.widths((0, 0, 34), (1, 9, 9.5), (10, 10, 3), (11, _LAST, 9.5))
    _outlook(page, summary)
    _health(page, summary, certificate, bucket_word(figures.buckets))
    _families(page, figures, summary)
    bottom = page.row
    page.left, page.row = _RIGHT, 3 + 2 * _CHART
    _binding(page, summary, bucket_word(figures.buckets))
    _relief(page, figures, summary, reliefs)
    _gaps(page, summary)
    page.row = max(page.row, bottom)
    page.sheet.print_area(0, 0, page.row, _LAST)
    if summary.bridges:
        _write_bridges(book, summary)


def business_message(summary: PlanSummary) -> str:
    """Say in one sentence how the year ahead stands against its budget."""
    lines = [line for line in summary.lines if line.budget_revenue is not None]
    if not lines:
        return f"{summary.company}: the plan of cycle {summary.cycle}"
    line = lines[-1]
    revenue = change(line.revenue, line.budget_revenue)
    tail = f", margin {change(line.margin, line.budget_margin)}" if line.budget_margin else ""
    return f"FY{line.year} revenue is {revenue} to budget{tail}"


_MEASURES = (("Revenue", "revenue"), ("Margin", "margin"))


def _outlook(page: Page, summary: PlanSummary) -> None:
    """Write revenue and margin of the company by fiscal year beside budget and last year."""
    page.section("Fiscal years: closed months actual, open months plan", 10)
    heads = (
        "",
        "actual months",
        "outlook",
        "budget",
        "difference",
        "difference %",
        "last year",
        "to last year",
        "not served",
    )
    for column, name in enumerate(heads):
        page.put(page.row, column, name, "head" if not column else "head_right")
    page.row += 1
    for line in summary.lines:
        for label, name in _MEASURES:
            _outlook_row(page, line, f"{label} FY{line.year}{'' if line.complete else ' (part)'}", name)
        page.put(page.row, 0, f"Margin of revenue FY{line.year}")
        share = line.margin_share
        page.put(page.row, 2, None if share is None else share / 100, "percent")
        against = percent(line.budget_margin, line.budget_revenue)
        page.put(page.row, 3, None if against is None else against / 100, "percent")
        page.row += 1
    page.row += 1


def _outlook_row(page: Page, line: FiscalLine, label: str, name: str) -> None:
    have, budget, last = (getattr(line, f"{part}{name}") for part in ("", "budget_", "last_"))
    row = page.row
    page.put(row, 0, label, "strong")
    page.put(row, 1, line.closed, "whole")
    page.put(row, 2, have, "million")
    page.put(row, 3, budget, "million")
    page.put(row, 6, last, "million")
    out, plan, before = (xl_rowcol_to_cell(row, column) for column in (2, 3, 6))
    if budget is not None:
        page.formula((row, 4), f"={out}-{plan}", float(have - budget), "change_million")
        share = float((have - budget) / budget) if budget else None
        page.formula((row, 5), f'=IF({plan}=0,"",({out}-{plan})/{plan})', share, "change_percent")
    if last is not None:
        page.formula((row, 7), f"={out}-{before}", float(have - last), "change_million")
    if name == "revenue":
        page.put(row, 8, line.unserved or None, "million")
    page.row += 1


def _health(page: Page, summary: PlanSummary, certificate: Certificate, word: str) -> None:
    """Write service, stock and the state of the plan as short facts."""
    page.section("Service, stock and trust", 10)
    facts: list[tuple[str, Cell, str]] = [
        (f"Shipped on time, next 12 {word}s, at price", _part(summary.service), "percent"),
        (f"Demand not lost, next 12 {word}s, at price", _part(summary.served), "percent"),
        (f"Stock at cost, end of the current {word}", summary.stock_value, "million"),
        ("  target", summary.target_value, "million"),
        ("Days it covers", summary.stock_days, "days"),
        ("  target", summary.target_days, "days"),
        (f"Resource {word}s overloaded before relief", summary.overloaded, "whole"),
        ("Issues: refused, warnings, notes", f"{summary.refused}, {summary.warnings}, {summary.notes}", "right"),
    ]
    for label, value, style in facts:
        if value is not None:
            page.put(page.row, 0, label)
            page.put(page.row, 2, value, style)
            page.row += 1
    page.put(page.row, 0, "Certificate")
    page.put(page.row, 2, certificate.line, "good" if certificate.passed else "strong")
    page.row += 2


def _part(share: Decimal | None) -> Decimal | None:
    return None if share is None else share / 100


def _families(page: Page, figures: Figures, summary: PlanSummary) -> None:
    """Write family x revenue, margin, stock x outlook, budget, difference, last year."""
    for year in [line.year for line in summary.lines]:
        lines = [line for line in summary.families if line.year == year and (line.revenue or line.budget_revenue)]
        if not lines:
            continue
        page.section(f"Families FY{year}", 10)
        for column, name in enumerate(
            (
                "family",
                "revenue",
                "budget",
                "difference",
                "last year",
                "margin",
                "budget",
                "difference",
                "last year",
                "stock now",
            )
        ):
            page.put(page.row, column, name, "head" if not column else "head_right")
        page.row += 1
        first = page.row
        for line in lines:
            _family_row(page, figures, line)
        _total_row(page, lines, first)
        if year == summary.lines[-1].year:
            _family_chart(page, first, lines, year)


def _family_row(page: Page, figures: Figures, line: FiscalLine) -> None:
    row, family = page.row, line.family or ""
    stock = figures.family_rows(family)["stock_value"]
    first = figures.buckets.first_open
    page.put(row, 0, family)
    for start, name in ((1, "revenue"), (5, "margin")):
        have, budget, last = (getattr(line, f"{part}{name}") for part in ("", "budget_", "last_"))
        page.put(row, start, have, "million")
        page.put(row, start + 1, budget, "million")
        page.put(row, start + 3, last, "million")
        if budget is not None:
            cells = [xl_rowcol_to_cell(row, start + i) for i in (0, 1)]
            page.formula((row, start + 2), f"={cells[0]}-{cells[1]}", float(have - budget), "change_million")
    page.put(row, 9, int(stock.counts[first]) * stock.quantum, "million")
    page.row += 1


def _total_row(page: Page, lines: list[FiscalLine], first: int) -> None:
    """Add the families up by formula; the company's margin above is also less supply variances."""
    row = page.row
    page.put(row, 0, "All families (margin at standard cost)", "strong total")
    parts = {1: "revenue", 2: "budget_revenue", 4: "last_revenue", 5: "margin", 6: "budget_margin", 8: "last_margin"}
    totals: dict[int, Decimal] = {}
    for column, name in parts.items():
        known = [value for line in lines if (value := getattr(line, name)) is not None]
        if not known:
            page.put(row, column, None, "million total")
            continue
        totals[column] = sum(known, Decimal(0))
        cells = f"{xl_rowcol_to_cell(first, column)}:{xl_rowcol_to_cell(row - 1, column)}"
        page.formula((row, column), f"=SUM({cells})", float(totals[column]), "million total")
    for column, have, budget in ((3, 1, 2), (7, 5, 6)):
        if budget not in totals:
            page.put(row, column, None, "change_million total")
            continue
        left, right = (xl_rowcol_to_cell(row, part) for part in (have, budget))
        page.formula((row, column), f"={left}-{right}", float(totals[have] - totals[budget]), "change_million total")
    page.put(row, 9, None, "million total")
    page.row += 2


def _family_chart(page: Page, first: int, lines: list[FiscalLine], year: int) -> None:
    """Draw revenue and margin of the families: last year pale, budget outlined, outlook solid."""
    count = len(lines)
    zero = all((amount or 0) >= 0 for line in lines for amount in (line.margin, line.last_margin, line.budget_margin))
    names = [page.name, first, 0, first + count - 1, 0]
    for top, label, columns in ((3, "Revenue", (4, 2, 1)), (3 + _CHART, "Margin", (8, 6, 5))):
        chart = column_chart(page)
        for name, column, look in zip(
            ("last year", "budget", "outlook"), columns, (PALE, OUTLINED, SOLID), strict=True
        ):
            values = [page.name, first, column, first + count - 1, column]
            chart.add_series({"name": name, "categories": names, "values": values, "gap": 60, **look})
        place(
            chart, page, (top, _RIGHT), f"{label} FY{year} by family", page.book.imprint.currency, (760, 230), zero=zero
        )


def _write_bridges(book: Book, summary: PlanSummary) -> None:
    """Write the bridge from budget to outlook, company and families, one a year, with the company's steps drawn."""
    page = book.page("Bridge", "Bridge: what moves the outlook off the budget", book.imprint.money)
    page.sheet.fit_to_pages(1, 1)
    page.widths((0, 0, 22), (1, 13, 9.5))
    right = 3 + max(len({bar.bar for bar in bridge.bars}) for bridge in summary.bridges)
    for number, year in enumerate(sorted({bridge.year for bridge in summary.bridges}, reverse=True)):
        bridges = [bridge for bridge in summary.bridges if bridge.year == year]
        bars = [bar for bar in Bar if any(b.bar is bar for bridge in bridges for b in bridge.bars)]
        for part, (label, name) in enumerate(_MEASURES):
            page.section(f"FY{year} {label.lower()}", len(bars) + 1)
            page.put(page.row, 0, "", "head")
            for column, bar in enumerate(bars, 1):
                page.put(page.row, column, bar.value, "head_right")
            heads = page.row
            page.row += 1
            for bridge in bridges:
                _bridge_row(page, bridge, bars, name)
            _bridge_chart(page, (heads, 3 + 14 * (2 * number + part), right), bars, bridges[0], name)
            page.row += 1


def _bridge_row(page: Page, bridge: Bridge, bars: list[Bar], name: str) -> None:
    amounts = {bar.bar: getattr(bar, name) for bar in bridge.bars}
    page.put(page.row, 0, bridge.family or "Company", "text" if bridge.family else "strong")
    for column, bar in enumerate(bars, 1):
        if bar is Bar.OUTLOOK:
            cells = f"{xl_rowcol_to_cell(page.row, 1)}:{xl_rowcol_to_cell(page.row, column - 1)}"
            page.formula((page.row, column), f"=SUM({cells})", float(amounts[bar]), "million total")
        else:
            page.put(page.row, column, amounts.get(bar), "million" if bar is Bar.BUDGET else "change_million")
    page.row += 1


def _bridge_chart(page: Page, at: tuple[int, int, int], bars: list[Bar], bridge: Bridge, name: str) -> None:
    """Draw the company's steps, better and worse apart; budget and outlook stand in the table.

    `at` is the row of the labels (the company's row follows it) and row and column the chart is placed at.
    """
    heads, top, right = at
    worth = {bar.bar: float(getattr(bar, name)) for bar in bridge.bars}
    chart = column_chart(page, stacked=True)
    for label, sign, color in (("better", "MAX", GOOD), ("worse", "MIN", BAD)):
        page.put(page.row, 0, f"  {label} (drawn)", "sub")
        for column in range(2, len(bars)):
            value = worth.get(bars[column - 1], 0.0)
            kept = max(value, 0.0) if sign == "MAX" else min(value, 0.0)
            cell = xl_rowcol_to_cell(heads + 1, column)
            page.formula((page.row, column), f"={sign}(N({cell}),0)", kept, "million")
        look = {"fill": {"color": color}, "border": {"none": True}}
        add_series(chart, page, label, (heads, page.row, 2, len(bars) - 1), look)
        page.row += 1
    title = f"{name.capitalize()} FY{bridge.year}: steps from budget to outlook"
    place(chart, page, (top, right), title, page.book.imprint.currency)


def _binding(page: Page, summary: PlanSummary, word: str) -> None:
    """Write overloads, short materials, backlogs and stock left over."""
    page.section("What binds", _LAST - _RIGHT + 1)
    rows: list[list[Cell]] = [
        [
            o.resource,
            f"needs {_percent(o.need)} of its hours in {o.label}, {o.over:,.0f} h too many; the plan runs "
            f"{_percent(o.planned)}; overloaded in {o.buckets} {word}{'' if o.buckets == 1 else 's'}",
        ]
        for o in summary.overloads
    ]
    rows += [
        [
            s.item,
            f"{s.short:,.0f} short by {s.last} ({', '.join(s.suppliers)} deliver {s.cap:,.0f}, stock {s.stock:,.0f}, "
            f"needed {s.need:,.0f}); goes into {', '.join(s.families)}",
        ]
        for s in summary.shortages[:_LISTED]
    ]
    rows += [
        [
            b.family,
            f"order backlog {b.units:,.0f} units, {_weeks(b.opening)} weeks now, {_weeks(b.worst)} weeks in {b.when}"
            + (f", policy {b.policy:,.0f} weeks" if b.policy is not None else ""),
        ]
        for b in summary.backlogs
    ]
    rows += [
        [e.item, f"{e.left:,.0f} units left after the last sale in {e.last}, {e.value:,.0f} at cost ({e.family})"]
        for e in summary.endings[:_LISTED]
    ]
    page.table(
        (("what", "strong"), ("how", "text")),
        rows,
        "Nothing binds: hours, materials and lead times suffice.",
    )


def _relief(page: Page, figures: Figures, summary: PlanSummary, reliefs: Sequence[PricedRelief] | None) -> None:
    """Write what relief of each scarce thing is worth, or the command that finds it."""
    things = [("resource", o.resource) for o in summary.overloads]
    things += [("item", s.item) for s in summary.shortages[:_LISTED]]
    if not things:
        return
    found = {relief.name: relief for relief in reliefs or ()}
    page.section("What relief is worth", _LAST - _RIGHT + 1)
    rows: list[list[Cell]] = []
    for level, name in things:
        said = f"not priced here: trivet relief --where {level}={name}"
        if name in found:
            said = told(found[name].brief, figures.buckets)
        elif reliefs is not None:
            said = "the plan needs no more of it"
        rows.append([name, said])
    page.table((("what", "strong"), ("how", "text")), rows, "Nothing is scarce.")


def _gaps(page: Page, summary: PlanSummary) -> None:
    page.section(f"Top {_GAPS} gaps", _LAST - _RIGHT + 1)
    rows: list[list[Cell]] = [
        [
            f"{gap.family} FY{gap.year}: {gap.kind.value}",
            None,
            None,
            gap.amount,
            None if gap.share is None else gap.share / 100,
            gap.owner,
            gap.cause,
        ]
        for gap in [gap for gap in summary.gaps if gap.beyond][:_GAPS]
    ]
    heads = columns_of("gap text | text | text | amount change_million | % change_percent | owner text | why text")
    page.table(heads, rows, "No gap is beyond its tolerance.")


def _percent(share: Decimal | None) -> str:
    return "more than 100 % (no capacity)" if share is None else f"{share:,.0f} %"


def _weeks(weeks: Decimal | None) -> str:
    return "more than the plan shows" if weeks is None else f"{weeks:,.1f}"
