"""A landscape page a family: orders, sales, production, stock or backlog, cover, price, revenue, margin (E1).

Each with the last 6 closed buckets against the plan made a cycle before, the current bucket, the next 12 against
the last cycle and the budget, quarters to 24 and fiscal years against budget and the year before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from trivet.connect.pack_book import GREY, INK
from trivet.connect.pack_family import family_message
from trivet.connect.pack_figures import Column, Figures, Row, known_demand, page_columns, quoted_weeks
from trivet.connect.pack_making import making_of
from trivet.connect.pdf_chart import BLUE
from trivet.connect.pdf_drawings import Line, Months, draw_months
from trivet.connect.pdf_earlier import Earlier, at_margin, at_price
from trivet.connect.pdf_notes import family_notes
from trivet.connect.pdf_paper import Cell, Paper, Table, beside, bucket_widths, bullets, gap, picture, section
from trivet.connect.pdf_words import change, less, month, number, part, signed, span
from trivet.core.ids import Counts
from trivet.core.quantities import MONEY
from trivet.core.summary import PlanSummary

Amounts = list[Decimal | None]


@dataclass(slots=True, kw_only=True)
class Sheet:
    """The table of a family page while it is written."""

    columns: Sequence[Column]
    worth: int
    lines: list[list[Cell]] = field(default_factory=list)
    rules: set[int] = field(default_factory=set)
    strong: set[int] = field(default_factory=set)

    def amounts(self, row: Row) -> Amounts:
        """Give a row by column, money in what the page shows it in."""
        worth = self.worth if row.quantum == MONEY else 1
        return [None if (value := row.value(column)) is None else value / worth for column in self.columns]

    def head(self, label: str, unit: str, values: Amounts, places: int = 0) -> None:
        """Write the first line of a block: what there was and what is planned."""
        self.rules.add(len(self.lines))
        self.strong.add(len(self.lines))
        self.lines.append([label, ("s", unit), *(_blank(value, places) for value in values)])

    def under(self, label: str, values: Amounts, places: int = 0, *, unit: str = "") -> None:
        """Write a line that the first is held against."""
        self.lines.append([("s", label), ("s", unit), *(_blank(value, places) for value in values)])

    def against(self, label: str, have: Amounts, want: Amounts, places: int = 0, *, plain: bool = False) -> None:
        """Write the difference, signed; coloured unless neither direction is better."""
        look = "s" if plain else "sign"
        gaps = [less(a, b) for a, b in zip(have, want, strict=True)]
        cells: list[Cell] = [("" if value is None else (look, signed(value, places))) for value in gaps]
        self.lines.append([("s", label), "", *cells])


def _blank(value: Decimal | None, places: int) -> Cell:
    return "" if value is None else number(value, places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What a page shows money in: its name, what one is worth, decimals."""

    name: str
    worth: int


def page_money(summary: PlanSummary) -> Money:
    """Give the unit of a page with months: thousands where the company is told in millions, else as it is."""
    worth = 1_000 if summary.scale[0] == 1_000_000 else 1
    return Money(name=f"{summary.currency} {'thousand' if worth > 1 else ''}".strip(), worth=worth)


def put_family(paper: Paper, figures: Figures, summary: PlanSummary, earlier: Earlier, family: str) -> None:
    """Add the page of one family."""
    columns, money = page_columns(figures.buckets), page_money(summary)
    rows = figures.family_rows(family)
    sheet = Sheet(columns=columns, worth=money.worth)
    _volume(sheet, figures, rows, family)
    _money(sheet, figures, rows, earlier, family)
    closed = sum(column.kind == "actual" for column in columns)
    table = Table(
        heads=["", "", *(span(column.label) for column in columns)],
        lines=sheet.lines,
        widths=f"96pt, 19pt, {bucket_widths([column.kind for column in columns])}",
        left=frozenset({0, 1}),
        shade=(2, 2 + closed),
        rules=frozenset(sheet.rules),
        strong=frozenset(sheet.strong),
        size=6.7,
        pitch=2.0,
    )
    told, asked = family_notes(figures, summary, family)
    body = [
        table.text(),
        gap(3),
        beside(
            ("1fr", _volume_chart(figures, rows, family)),
            ("1fr", _money_chart(figures, rows, money)),
            ("1.05fr", [section("Notes and what needs a decision"), bullets([*asked, *told], 7)]),
        ),
    ]
    cover = "weeks" if figures.to_order(family) else "days"
    unit = f"units, {money.name}, {cover} · grey columns are actual"
    paper.page(
        family,
        family_message(summary, family),
        unit,
        body=body,
        cells=paper.show("consensus_demand", f'--where "family={family}"')
        + " (likewise constrained_demand, production, projected_stock, order_backlog, constrained_revenue)",
    )


def _volume(sheet: Sheet, figures: Figures, rows: dict[str, Row], family: str) -> None:
    """Write demand, sales, production and stock or backlog with what covers them."""
    ordered = figures.to_order(family)
    wanted = sheet.amounts(joined(rows["orders"], rows["consensus"], figures))
    sheet.head(f"{known_demand(figures, family)} → demand", "units", wanted)
    _before(sheet, wanted, rows["earlier"])
    sold = sheet.amounts(rows["units"])
    sheet.head("Sales: shipped → planned", "units", sold)
    if rows["budget_units"].known.any():
        budget = sheet.amounts(rows["budget_units"])
        sheet.under("  budget", budget)
        sheet.against("  difference", sold, budget)
    if rows["lost"].counts.any():
        sheet.under("  demand not served", sheet.amounts(rows["lost"]))
    made = sheet.amounts(rows["production"])
    if rows["production"].counts.any():
        making = making_of(figures, family)
        sheet.head(f"Production, {making.label}", "units", made)
        if making.asked is not None:
            asked = sheet.amounts(making.asked)
            sheet.under("  strategy asks for", asked)
            sheet.against("  difference", made, asked, plain=True)
        _before(sheet, made, rows["earlier_production"])
    if rows["purchases"].counts.any():
        sheet.head("Purchases", "units", sheet.amounts(rows["purchases"]))
    if ordered:
        sheet.head("Order backlog", "units", sheet.amounts(rows["order_backlog"]))
        sheet.lines.append(_cover("  covers coming shipments", "weeks", sheet, figures.backlog_weeks(family)))
        sheet.lines.append(_cover("  lead time to quote", "weeks", sheet, quoted_weeks(figures, family)))
        booked = sheet.amounts(joined(rows["orders"], rows["consensus"], figures))
        sheet.under("  book-to-bill", _ratios(booked, sheet.amounts(rows["units"]), 1), 2)
        return
    if not rows["projected_stock"].counts.any():
        return
    stock = sheet.amounts(rows["projected_stock"])
    sheet.head("Closing stock", "units", stock)
    if rows["target_stock"].counts.any():
        target = sheet.amounts(rows["target_stock"])
        sheet.under("  target", target)
        sheet.against("  difference", stock, target, plain=True)
    sheet.lines.append(_cover("  days of supply", "days", sheet, figures.days_of_supply(family)))


def joined(closed: Row, ahead: Row, figures: Figures) -> Row:
    """Join what was (closed buckets) and what is planned (open ones) into one row."""
    counts = np.where(figures.is_open, ahead.counts, closed.counts)
    return Row(
        label="",
        unit="",
        style=ahead.style,
        counts=counts,
        quantum=ahead.quantum,
        known=np.ones_like(figures.is_open),
        state=ahead.state,
    )


def _before(sheet: Sheet, have: Amounts, row: Row) -> None:
    """Write the plan of a cycle before and the difference, where it was published."""
    if row.counts.any():
        before = sheet.amounts(row)
        sheet.under("  as planned a cycle before", before)
        sheet.against("  difference", have, before)


def _cover(label: str, unit: str, sheet: Sheet, cover: list[tuple[Decimal, bool] | None]) -> list[Cell]:
    """Write days or weeks at the end of each column; "≥" where the plan ends before."""
    cells: list[Cell] = []
    for column in sheet.columns:
        found = cover[column.buckets.stop - 1]
        cells.append("" if found is None else f"≥{found[0]:.0f}" if found[1] else number(found[0], 1))
    return [("s", label), ("s", unit), *cells]


def _money(sheet: Sheet, figures: Figures, rows: dict[str, Row], earlier: Earlier, family: str) -> None:
    """Write net price, revenue and margin against last cycle, budget and the year before."""
    units, revenue, margin = (sheet.amounts(rows[name]) for name in ("units", "revenue", "margin"))
    prices = _ratios(revenue, units, sheet.worth)
    places = 2 if max((p or 0 for p in prices), default=0) < 100 else 0
    sheet.head("Net price a unit", "", prices, places)
    if rows["budget_revenue"].known.any() and rows["budget_units"].known.any():
        planned = _ratios(sheet.amounts(rows["budget_revenue"]), sheet.amounts(rows["budget_units"]), sheet.worth)
        sheet.under("  budget", planned, places)
        sheet.against("  difference", prices, planned, places)
    for label, name, have in (("Revenue", "revenue", revenue), ("Margin at standard cost", "margin", margin)):
        sheet.head(label, "", have)
        if earlier.there:
            value = at_price if name == "revenue" else at_margin
            before = _valued(rows[name], figures.by_family(value(figures, earlier.units), family), earlier)
            sheet.under("  last cycle's demand", sheet.amounts(before))
        if rows[f"budget_{name}"].known.any():
            budget = sheet.amounts(rows[f"budget_{name}"])
            sheet.under("  budget", budget)
            sheet.against("  difference", have, budget)
        before_year = sheet.amounts(figures.year_before(rows[name]))
        sheet.under("  a year before", before_year)
        cells: list[Cell] = [
            "" if value in ("–", "") else ("sign", value)
            for value in (change(a, b, 0) for a, b in zip(have, before_year, strict=True))
        ]
        sheet.lines.append([("s", "  difference, %"), "", *(_no_unit(cell) for cell in cells)])
    shares: list[Cell] = [
        part(a, b, 0).replace("–", "").replace(" %", "") for a, b in zip(margin, revenue, strict=True)
    ]
    sheet.lines.append([("s", "  of revenue"), ("s", "%"), *shares])


def _no_unit(cell: Cell) -> Cell:
    return cell if isinstance(cell, str) else (cell[0], cell[1].removesuffix(" %"))


def _valued(like: Row, counts: Counts, earlier: Earlier) -> Row:
    return Row(
        label="",
        unit="",
        style=like.style,
        counts=counts,
        quantum=MONEY,
        known=earlier.known,
        whole=True,
    )


def _ratios(above: Amounts, below: Amounts, worth: int) -> Amounts:
    return [a * worth / b if a is not None and b else None for a, b in zip(above, below, strict=True)]


def months_shown(figures: Figures) -> tuple[Sequence[Column], list[str], list[str]]:
    """Give the single buckets of a page, their labels and how they are drawn."""
    columns = [c for c in page_columns(figures.buckets, far=False, years=False) if c.kind in ("actual", "plan")]
    kinds = ["actual" if column.kind == "actual" else "forecast" for column in columns]
    return columns, [month(column.label) for column in columns], kinds


def floats(row: Row, columns: Sequence[Column], worth: int = 1) -> list[float | None]:
    """Give a row by column for a drawing."""
    return [None if (value := row.value(column)) is None else float(value / worth) for column in columns]


def _volume_chart(figures: Figures, rows: dict[str, Row], family: str) -> list[str]:
    """Draw sales as bars, demand and stock or backlog as lines."""
    columns, labels, kinds = months_shown(figures)
    level = "order_backlog" if figures.to_order(family) else "projected_stock"
    lines: list[Line] = []
    if rows["consensus"].counts.any():
        lines.append(Line(name="Demand", values=floats(rows["consensus"], columns), color=INK, dash="2.5 1.5"))
    if rows[level].counts.any():
        name = "Backlog" if level == "order_backlog" else "Stock"
        lines.append(Line(name=name, values=floats(rows[level], columns), color=BLUE))
    if level == "projected_stock" and rows["target_stock"].counts.any():
        lines.append(Line(name="Target", values=floats(rows["target_stock"], columns), color=GREY, dash="1 1.2"))
    chart = Months(labels=labels, kinds=kinds, bars=floats(rows["units"], columns), lines=lines, tail=40)
    title = _volume_message(figures, rows, level)
    return [section(title, "units · bars: shipped, to be shipped"), picture(draw_months(chart, 250, 165), 250, title)]


def _volume_message(figures: Figures, rows: dict[str, Row], level: str) -> str:
    """Say what the chart shows: where demand peaks, and how stock or backlog stands then."""
    columns = [c for c in page_columns(figures.buckets, far=False, years=False) if c.kind == "plan"]
    wanted = [(rows["consensus"].value(column) or Decimal(0), column) for column in columns]
    if not any(value for value, _ in wanted):
        return "No demand is planned"
    most, peak = max(wanted, key=lambda pair: pair[0])
    below = sum((rows["projected_stock"].value(c) or 0) < (rows["target_stock"].value(c) or 0) for c in columns)
    if level == "order_backlog":
        ends = rows["order_backlog"].value(columns[-1])
        return f"Demand peaks in {month(peak.label)}; backlog ends at {number(ends)}"
    tail = f"; stock below target in {below} of {len(columns)}" if below else "; stock holds its target"
    tail = tail if rows["target_stock"].counts.any() else ""
    return f"Demand peaks at {number(most)} in {month(peak.label)}{tail}"


def _money_chart(figures: Figures, rows: dict[str, Row], money: Money) -> list[str]:
    """Draw revenue with the budget outlined and the year before light behind it."""
    columns, labels, kinds = months_shown(figures)
    revenue, budget = (floats(rows[name], columns, money.worth) for name in ("revenue", "budget_revenue"))
    prior = floats(figures.year_before(rows["revenue"]), columns, money.worth)
    chart = Months(labels=labels, kinds=kinds, bars=revenue, plan=budget, prior=prior)
    title = _money_message(rows, columns)
    words = "solid actual, hatched forecast, " + ("outlined budget, " if any(budget) else "") + "light year before"
    return [section(title, f"{money.name} · {words}"), picture(draw_months(chart, 250, 165), 250, title)]


def _money_message(rows: dict[str, Row], columns: Sequence[Column]) -> str:
    ahead = [column for column in columns if column.kind == "plan"]
    pairs = [(rows["revenue"].value(column), rows["budget_revenue"].value(column)) for column in ahead]
    known = [(have, want) for have, want in pairs if have is not None and want is not None]
    if not known:
        return f"Revenue of the {len(ahead)} columns ahead: there is no budget"
    under = sum(have < want for have, want in known)
    have, want = (sum((pair[i] for pair in known), Decimal(0)) for i in (0, 1))
    return f"Revenue {change(have, want)} to budget; under it in {under} of {len(known)}"
