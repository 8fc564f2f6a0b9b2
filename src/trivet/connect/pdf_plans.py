"""The plans of the commercial side on paper: sales (family x region), marketing (events), development (launches)."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import polars as pl

from trivet.connect.pack_figures import Column, Figures, Row, page_columns
from trivet.connect.pack_plans import budget_by_region, event_scope, sold_by_region
from trivet.connect.pack_told import bucket_word
from trivet.connect.pdf_drawings import Line, Months, draw_months
from trivet.connect.pdf_family import Money, floats, months_shown, page_money
from trivet.connect.pdf_paper import WIDTH, Cell, Paper, Table, gap, picture, section
from trivet.connect.pdf_words import change, less, month, number, signed, span
from trivet.core.fiscal import outlook_revenue, outlook_units
from trivet.core.ids import Counts, Flags
from trivet.core.quantities import MONEY, QUANTITY
from trivet.core.summary import PlanSummary

_SHOWN, _PAST, _LAUNCHES = 3, 8, 6
_SHADES = ("#1F2328", "#2563EB", "#6B7280", "#B45309", "#0F766E", "#7C3AED")


def put_commercial_plans(paper: Paper, figures: Figures, summary: PlanSummary) -> None:
    """Add the sales, marketing and development plans."""
    _put_sales(paper, figures, summary)
    _put_marketing(paper, figures, summary)
    _put_development(paper, figures, summary)


def row_of(counts: Counts, quantum: Decimal, known: Flags | None = None, *, state: bool = False) -> Row:
    """Make a row of a page from counts by bucket."""
    sure = np.ones(len(counts), dtype=np.bool_) if known is None else known
    return Row(label="", unit="", style="", counts=counts, quantum=quantum, known=sure, state=state)


def plan_columns(figures: Figures) -> tuple[Column, ...]:
    """Give the columns of a plan's page: the last 3 closed buckets, the next 12, fiscal years."""
    columns = page_columns(figures.buckets, far=False)
    closed = [column for column in columns if column.kind == "actual"]
    return tuple(column for column in columns if column not in closed[:-_SHOWN])


def grid(
    columns: Sequence[Column],
    lines: Sequence[Sequence[Cell]],
    more: Sequence[str] = (),
    *,
    lead: float = 72,
    **look: object,
) -> str:
    """Write a table of buckets, closed ones shaded; `more` are heads of columns behind the buckets."""
    closed = sum(column.kind == "actual" for column in columns)
    table = Table(
        heads=["", "", *(span(column.label) for column in columns), *more],
        lines=lines,
        widths=f"{lead}pt, 48pt, {', '.join(['1fr'] * (len(columns) + len(more)))}",
        left=frozenset({0, 1}),
        shade=(2, 2 + closed),
        **look,  # type: ignore[arg-type]
    )
    return table.text()


def cells_of(row: Row, columns: Sequence[Column], worth: int = 1, places: int = 0) -> list[Cell]:
    """Print a row by column; nothing known stays empty."""
    values = [row.value(column) for column in columns]
    return ["" if value is None else number(value / worth, places) for value in values]


def _put_sales(paper: Paper, figures: Figures, summary: PlanSummary) -> None:
    """Family x region: a page of units, a page of revenue, each year against its budget."""
    money = page_money(summary)
    for name, values, quantum, budget, unit in (
        ("Sales plan, units", outlook_units(figures.demand), QUANTITY, "budget_units", Money(name="units", worth=1)),
        ("Sales plan, revenue", outlook_revenue(figures.demand), MONEY, "budget_revenue", money),
    ):
        if not values.any():
            paper.leave_out(name, "nothing is sold or planned")
            continue
        columns = plan_columns(figures)
        year = next((c for c in reversed(columns) if c.kind == "year"), None)
        lines, rules, strong = _sales_lines(figures, values, quantum, (budget, year, columns, unit.worth))
        body: list[str] = []
        title = f"{name}: what each region ships, by family"
        below, known = _below_budget(figures, values, (budget, year))
        title = (
            f"{name}: {below} of {known} families and regions are below the budget of {year.label}"
            if year and known
            else title
        )
        if quantum == MONEY:
            title, chart = company_revenue(figures, summary, WIDTH, 88)
            body += [chart, gap(3)]
        more = ["budget", "diff.", "%"] if year else []
        body.append(grid(columns, lines, more, rules=rules, strong=strong, size=6.6))
        measure = "constrained_demand" if quantum == QUANTITY else "constrained_revenue"
        paper.page(name, title, unit.name, body=body, cells=paper.show(measure, "--by region --where family=…"))


def _sales_lines(
    figures: Figures, values: Counts, quantum: Decimal, look: tuple[str, Column | None, Sequence[Column], int]
) -> tuple[list[Sequence[Cell]], frozenset[int], frozenset[int]]:
    """Write a line a family and region and, for money, the company."""
    budget, year, columns, worth = look
    lines: list[Sequence[Cell]] = []
    rules: set[int] = set()
    planned = budget_by_region(figures, budget)
    last = ""
    for (family, region), counts in sold_by_region(figures, values):
        if family != last:
            rules.add(len(lines))
        row = row_of(counts, quantum)
        against = _against(row, planned.get((family, region)), year, quantum, worth)
        lines.append([("b", family) if family != last else "", region, *cells_of(row, columns, worth), *against])
        last = family
    strong: frozenset[int] = frozenset()
    if quantum == MONEY:
        whole = row_of(values.sum(axis=0), quantum)
        total = sum(planned.values()) if planned else None
        strong = frozenset({len(lines)})
        rules.add(len(lines))
        known = total if isinstance(total, np.ndarray) else None
        lines.append(["Company", "", *cells_of(whole, columns, worth), *_against(whole, known, year, quantum, worth)])
    return lines, frozenset(rules), strong


def _against(row: Row, budget: Counts | None, year: Column | None, quantum: Decimal, worth: int) -> list[Cell]:
    """Hold the last fiscal year against its budget."""
    if year is None:
        return []
    have = row.value(year)
    want = None if budget is None else int(budget[year.buckets].sum()) * quantum
    gaps = less(have, want)
    if want is None or gaps is None:
        return ["–", "–", "–"]
    return [number(want / worth), ("sign", signed(gaps / worth)), ("sign", change(have, want))]


def _below_budget(figures: Figures, values: Counts, look: tuple[str, Column | None]) -> tuple[int, int]:
    """Count the families and regions with a budget for the year, and those that stay below it."""
    budget, year = look
    planned = budget_by_region(figures, budget) if year else {}
    if year is None:
        return 0, 0
    sums = {key: int(counts[year.buckets].sum()) for key, counts in sold_by_region(figures, values)}
    wanted = {key: int(counts[year.buckets].sum()) for key, counts in planned.items() if counts[year.buckets].any()}
    return sum(sums.get(key, 0) < want for key, want in wanted.items()), len(wanted)


def company_revenue(figures: Figures, summary: PlanSummary, width: float, height: float) -> tuple[str, str]:
    """Draw the company's revenue with budget and the year before; give what it says, and the drawing."""
    columns, labels, kinds = months_shown(figures)
    worth, name = summary.scale
    revenue = row_of(outlook_revenue(figures.demand).sum(axis=0), MONEY)
    known = np.asarray(figures.budget.mask("budget_revenue").any(axis=0), dtype=np.bool_)
    budget = row_of(figures.budget.count("budget_revenue").sum(axis=0), MONEY, known)
    chart = Months(
        labels=labels,
        kinds=kinds,
        bars=floats(revenue, columns, worth),
        plan=floats(budget, columns, worth),
        prior=floats(figures.year_before(revenue), columns, worth),
    )
    ahead = [column for column in columns if column.kind == "plan"]
    peak = max(ahead, key=lambda column: revenue.value(column) or Decimal(0))
    top = (revenue.value(peak) or Decimal(0)) / worth
    title = f"Sales plan: revenue peaks in {month(peak.label)} at {number(top, 2)} {summary.currency} {name}".rstrip()
    words = f"{summary.currency} {name} · solid actual, hatched forecast, outlined budget, light year before"
    drawn = picture(draw_months(chart, width, height), width, title)
    return title, "\n".join([section(f"Revenue of the company by {bucket_word(figures.buckets)}", words), drawn])


def _put_marketing(paper: Paper, figures: Figures, summary: PlanSummary) -> None:
    """Events to come with lift and cost, their cost by bucket, then the last that are over."""
    table = figures.inputs.table("promotions").sort("first", "promotion")
    if table.is_empty():
        paper.leave_out("Marketing plan", "no event is known (table promotions)")
        return
    last = pl.col("last").fill_null(pl.col("first"))
    current = figures.buckets.current
    ahead, over = table.filter(last >= current), table.filter(last < current).reverse().head(_PAST)
    cost = row_of(figures.company.count("promotion_cost")[0], MONEY, figures.is_open)
    body: list[str] = []
    if ahead.height:
        body += [
            section(f"{ahead.height} events run or are planned", "shares of volume and price; lift on the baseline"),
            _events(ahead),
            gap(4),
        ]
    columns, labels, kinds = months_shown(figures)
    open_months = [i for i, kind in enumerate(kinds) if kind == "forecast"]
    spent = floats(cost, [columns[i] for i in open_months])
    if any(spent):
        total = sum(value for value in spent if value)
        word = bucket_word(figures.buckets)
        message = f"Events of the next {len(spent)} {word}s cost {number(total)}"
        chart = Months(labels=[labels[i] for i in open_months], kinds=["forecast"] * len(spent), bars=spent)
        body += [
            section(message, f"{summary.currency}, by {word}"),
            picture(draw_months(chart, 785, 80), 785, message),
            gap(4),
        ]
    if over.height:
        body += [section("What ran last", "the latest first"), _events(over)]
    whole = int(cost.counts[cost.known].sum()) * MONEY
    title = f"Marketing plan: {ahead.height} events run or lie ahead and cost {summary.currency} {number(whole)}"
    title = title if ahead.height else "Marketing plan: no event is planned"
    paper.page(
        "Marketing plan",
        title,
        f"shares, cost in {summary.currency}",
        body=body,
        cells=paper.show("baseline_demand") + " (lift is inside)",
    )


def _events(table: pl.DataFrame) -> str:
    lines: list[Sequence[Cell]] = []
    for row in table.iter_rows(named=True):
        days = row["first"], row["last"] or row["first"]
        shares = [_share(row[name]) for name in ("price_change", "volume_share", "lift", "dip_1", "dip_2")]
        shares[1] = shares[1].removeprefix("+")
        cost = None if row["cost"] is None else int(row["cost"]) * MONEY
        texts = [("b", row["promotion"]), row["name"] or "", event_scope(row), *(f"{day:%d %b %Y}" for day in days)]
        lines.append([*texts, ("c", row["mechanic"] or ""), *shares, number(cost), row["status"] or "planned"])
    heads = [
        "event",
        "name",
        "scope",
        "first",
        "last",
        "mechanic",
        "price",
        "of volume",
        "lift",
        "just after",
        "then",
        "cost",
        "status",
    ]
    widths = "92pt, 1fr, 0.6fr, 50pt, 50pt, 1.3fr, 34pt, 42pt, 34pt, 50pt, 36pt, 46pt, 44pt"
    return Table(heads=heads, lines=lines, widths=widths, left=frozenset({0, 1, 2, 3, 4, 5, 12}), size=6.8).text()


def _share(value: object) -> str:
    return f"{signed(Decimal(str(value)) * 100)} %" if isinstance(value, float) else "–"


def _put_development(paper: Paper, figures: Figures, summary: PlanSummary) -> None:
    """Launches with gates and what the plan ships of them, endings with what is left."""
    items = figures.inputs.table("items")
    launches = figures.inputs.table("launches").join(items.select("item", "name", "family"), on="item", how="left")
    ending = items.filter(pl.col("last_sale") >= figures.buckets.current).sort("last_sale", "item")
    if launches.is_empty() and ending.is_empty():
        paper.leave_out(
            "Development plan", "no launch and no ending is known (table launches, column last_sale of items)"
        )
        return
    body: list[str] = []
    if launches.height:
        body += _launches(figures, summary, launches.sort("launch", "item"))
    left = {end.item: end for end in summary.endings}
    lines: list[Sequence[Cell]] = []
    for row in ending.iter_rows(named=True):
        end = left.get(row["item"])
        amounts = [end.left if end else Decimal(0), end.value if end else Decimal(0)]
        texts: list[Cell] = [("b", row["item"]), row["name"] or "", row["family"] or "", f"{row['last_sale']:%d %b %Y}"]
        lines.append([*texts, row["successor"] or "–", *(number(value) for value in amounts)])
    if lines:
        value = sum((end.value for end in summary.endings), Decimal(0))
        heads = ["item", "name", "family", "last sale", "successor", "units left", f"{summary.currency} at cost"]
        table = Table(
            heads=heads, lines=lines, widths="60pt, 1fr, 1fr, 80pt, 1fr, 70pt, 80pt", left=frozenset({0, 1, 2, 3, 4})
        )
        body += [
            section(f"{len(lines)} items end; {summary.currency} {number(value)} of them are left over at cost"),
            table.text(),
        ]
    late = launches.filter(pl.col("launch") > pl.col("budget_launch")).height
    behind = f" ({late} later than budget)" if late else ""
    title = f"Development plan: {launches.height} launches{behind}, {ending.height} endings"
    paper.page(
        "Development plan",
        title,
        f"units and {summary.currency}",
        body=body,
        cells=paper.show("constrained_demand", "--by item --where item=…"),
    )


def _launches(figures: Figures, summary: PlanSummary, launches: pl.DataFrame) -> list[str]:
    first = figures.buckets.first_open
    ahead = slice(first, min(first + 12, len(figures.buckets)))
    lines: list[Sequence[Cell]] = []
    drawn: list[Line] = []
    columns, labels, kinds = months_shown(figures)
    months = [column for column, kind in zip(columns, kinds, strict=True) if kind == "forecast"]
    for row in launches.iter_rows(named=True):
        mine = (figures.demand.keys["item"] == row["item"]).to_numpy()
        units, money = (
            figures.demand.count(name)[mine].sum(axis=0) for name in ("constrained_demand", "constrained_revenue")
        )
        dates = [f"{row[name]:%d %b %Y}" if row[name] else "–" for name in ("launch", "budget_launch")]
        amounts = [None if row[name] is None else int(row[name]) * QUANTITY for name in ("first_year", "pipeline_fill")]
        texts = [("b", row["item"]), row["name"] or "", row["family"] or "", *dates, row["stage"] or "–"]
        planned = "no" if row["in_plan"] is False else "yes"
        sums = [int(units[ahead].sum()) * QUANTITY, int(money[ahead].sum()) * MONEY]
        lines.append([*texts, planned, *(number(value) for value in (*amounts, *sums))])
        if units[ahead].any() and len(drawn) < _LAUNCHES:
            values = floats(row_of(units, QUANTITY), months)
            drawn.append(Line(name=str(row["item"]), values=values, color=_SHADES[len(drawn)]))
    heads = [
        "item",
        "name",
        "family",
        "launch",
        "budget",
        "gate",
        "in plan",
        "first year",
        "pipeline fill",
        "next 12, units",
        f"next 12, {summary.currency}",
    ]
    widths = "56pt, 1.2fr, 1fr, 62pt, 62pt, 60pt, 36pt, 50pt, 54pt, 62pt, 76pt"
    table = Table(heads=heads, lines=lines, widths=widths, left=frozenset({0, 1, 2, 3, 4, 5, 6}))
    blocks = [
        section(
            f"{launches.height} launches",
            "first year and pipeline fill as the product manager says, next 12 as planned",
        ),
        table.text(),
        gap(4),
    ]
    if drawn:
        names = [label for label, kind in zip(labels, kinds, strict=True) if kind == "forecast"]
        message, unit = "What the launches are planned to ship", f"units by {bucket_word(figures.buckets)}"
        chart = Months(labels=names, lines=drawn)
        blocks += [section(message, unit), picture(draw_months(chart, 785, 110), 785, message), gap(4)]
    return blocks
