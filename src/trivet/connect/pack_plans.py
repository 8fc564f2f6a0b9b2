"""The six plans of the pack: sales, marketing, development, manufacturing, sourcing, finance.

One set: each shows the same version, and the certificate at the end of the pack ties them together.
"""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import polars as pl
from xlsxwriter.utility import xl_rowcol_to_cell

from trivet.connect.pack_book import Book, Cell, Page, columns_of
from trivet.connect.pack_family import head, write_row
from trivet.connect.pack_figures import Column, Figures, Row, page_columns
from trivet.connect.pack_making import making_of
from trivet.connect.pack_statement import write_finance
from trivet.connect.pack_told import bucket_word
from trivet.core.fiscal import (
    budget_covers,
    outlook_revenue,
    outlook_units,
    sum_by,
    years_ahead,
)
from trivet.core.ids import Counts, Flags
from trivet.core.quantities import MONEY, QUANTITY
from trivet.core.summary import PlanSummary


def write_plans(book: Book, figures: Figures, summary: PlanSummary) -> None:
    """Write the six plans, a sheet each."""
    _sales(book, figures)
    _marketing(book, figures)
    _development(book, figures, summary)
    _manufacturing(book, figures)
    _sourcing(book, figures)
    write_finance(book, figures)


def _row(label: str, counts: Counts, quantum: Decimal, known: Flags | None = None, *, state: bool = False) -> Row:
    sure = np.ones(len(counts), dtype=np.bool_) if known is None else known
    style = "money" if quantum == MONEY else "units"
    return Row(label=label, unit="", style=style, counts=counts, quantum=quantum, known=sure, state=state)


def _sales(book: Book, figures: Figures) -> None:
    """Family x region: units, then revenue with its totals by formula."""
    page = book.page("Sales plan", "Sales plan: what each region ships", f"units, then {book.imprint.currency}")
    columns = page_columns(figures.buckets, far=False)
    page.widths((0, 0, 30), (1, 1, 7), (2, 1 + len(columns), 9))
    page.sheet.freeze_panes(4, 2)
    demand = figures.demand
    for title, values, quantum, unit in (
        ("Units shipped and planned", outlook_units(demand), QUANTITY, "units"),
        ("Revenue", outlook_revenue(demand), MONEY, book.imprint.currency),
    ):
        shown = sold_by_region(figures, values)
        head(page, columns, title)
        if not shown:
            page.say("There is nothing sold or planned.")
            continue
        first = page.row
        for names, counts in shown:
            write_row(page, _row("", counts, quantum), columns, " · ".join(names), unit)
        if quantum == MONEY:
            _sum_row(
                page, columns, (first, page.row - 1), "All families and regions", _row("", values.sum(axis=0), MONEY)
            )
        page.row += 1


def sold_by_region(figures: Figures, values: Counts) -> list[tuple[tuple[str, str], Counts]]:
    """Add a demand measure up by (family, region); what is nothing everywhere is left out."""
    model = figures.inputs.model
    region, family = (
        model.dimensions[name].parents(level) for name, level in (("market", "region"), ("item", "family"))
    )
    keys = figures.demand.keys.select("item", "market").iter_rows()
    names, sums = sum_by([f"{family.get(i, '')}\x1f{region.get(m, '')}" for i, m in keys], values)
    split = [name.partition("\x1f") for name in names]
    return [((name[0], name[2]), sums[i]) for i, name in enumerate(split) if sums[i].any()]


def budget_by_region(figures: Figures, measure: str) -> dict[tuple[str, str], Counts]:
    """Give a budget measure by (family, region); nothing where the last year shown is not budgeted whole."""
    budget, years = figures.budget, years_ahead(figures.buckets)
    if not years or not budget_covers(budget, measure, years[-1].columns):
        return {}
    keys = budget.keys.select("family", "region").iter_rows()
    return {(family, region): budget.count(measure)[i] for i, (family, region) in enumerate(keys)}


def _sum_row(page: Page, columns: Sequence[Column], rows: tuple[int, int], label: str, total: Row) -> int:
    """Add the rows above up by formula."""
    at = page.row
    page.put(at, 0, label, "strong total")
    page.put(at, 1, page.book.imprint.currency, "sub total")
    for offset, column in enumerate(columns):
        cells = f"{xl_rowcol_to_cell(rows[0], 2 + offset)}:{xl_rowcol_to_cell(rows[1], 2 + offset)}"
        value = total.value(column)
        page.formula((at, 2 + offset), f"=SUM({cells})", None if value is None else float(value), "money total")
    page.row += 1
    return at


def _marketing(book: Book, figures: Figures) -> None:
    """Events: running and to come, then those that are over."""
    page = book.page(
        "Marketing plan", "Marketing plan: events with their lift and cost", f"shares, cost in {book.imprint.currency}"
    )
    page.widths((0, 0, 22), (1, 1, 30), (2, 2, 22), (3, 4, 11), (5, 5, 34), (6, 10, 9), (11, 12, 11))
    table = figures.inputs.table("promotions").sort("first", "promotion")
    current = figures.buckets.current
    heads = columns_of(
        "event strong | name text | scope text | first date | last date | mechanic text | "
        "price change_percent | of volume percent | lift change_percent | just after change_percent | "
        "then change_percent | cost money | status text"
    )
    last = pl.col("last").fill_null(pl.col("first"))
    for title, rows, empty in (
        ("Running and planned", table.filter(last >= current), "No event is planned (table promotions)."),
        ("Over", table.filter(last < current).reverse(), "No event lies behind (table promotions)."),
    ):
        page.section(title, len(heads))
        page.table(heads, [_event(row) for row in rows.iter_rows(named=True)], empty)
    cost = figures.company.count("promotion_cost")[0]
    word = bucket_word(figures.buckets)
    page.section(f"Cost of events by {word}", len(heads))
    columns = page_columns(figures.buckets, far=False)
    months: list[list[Cell]] = [
        [column.label, int(cost[column.buckets].sum()) * MONEY] for column in columns if column.kind == "plan"
    ]
    page.table(((word, "text"), ("cost", "money")), months, f"There is no {word} ahead.")


def event_scope(row: dict[str, object]) -> str:
    """Say what an event is about."""
    return " · ".join(str(row[name]) for name in ("family", "item", "region", "channel") if row[name]) or "everything"


def _event(row: dict[str, object]) -> list[Cell]:
    scope = event_scope(row)
    cost = row["cost"]
    values: list[Cell] = [row["promotion"], row["name"], scope, row["first"], row["last"] or row["first"]]  # type: ignore[list-item]
    values += [row[name] for name in ("mechanic", "price_change", "volume_share", "lift", "dip_1", "dip_2")]  # type: ignore[misc]
    return [*values, int(cost) * MONEY if isinstance(cost, int) else None, str(row["status"] or "planned")]


def _development(book: Book, figures: Figures, summary: PlanSummary) -> None:
    """Launches with what the plan ships of them, and endings with what is left."""
    page = book.page(
        "Development plan", "Development plan: what comes and what goes", f"units and {book.imprint.currency}"
    )
    page.widths((0, 0, 16), (1, 1, 30), (2, 12, 13))
    items = figures.inputs.table("items")
    page.section("Launches", 11)
    launches = (
        figures.inputs.table("launches")
        .join(items.select("item", "name", "family"), on="item", how="left")
        .sort("launch", "item")
    )
    heads = columns_of(
        "item strong | name text | family text | launch date | budget launch date | gate text | "
        "in the plan text | first year units | pipeline fill units | planned next 12 units | "
        "revenue next 12 money"
    )
    page.table(
        heads,
        [_launch(figures, row) for row in launches.iter_rows(named=True)],
        "No launch is planned (table launches).",
    )
    page.section("Endings", 11)
    left = {ending.item: ending for ending in summary.endings}
    ending = items.filter(pl.col("last_sale") >= figures.buckets.current).sort("last_sale", "item")
    rows: list[list[Cell]] = [
        [
            row["item"],
            row["name"],
            row["family"],
            row["last_sale"],
            row["successor"],
            left[row["item"]].left if row["item"] in left else Decimal(0),
            left[row["item"]].value if row["item"] in left else Decimal(0),
        ]
        for row in ending.iter_rows(named=True)
    ]
    heads = columns_of(
        "item strong | name text | family text | last sale date | successor text | units left units | at cost money"
    )
    page.table(heads, rows, "No item is sold for the last time within the plan (column last_sale of items).")


def _launch(figures: Figures, row: dict[str, object]) -> list[Cell]:
    mine = (figures.demand.keys["item"] == str(row["item"])).to_numpy()
    first = figures.buckets.first_open
    units, money = (
        int(figures.demand.count(name)[mine][:, first : first + 12].sum())
        for name in ("constrained_demand", "constrained_revenue")
    )
    amounts = [
        int(value) * QUANTITY if isinstance(value, int) else None for value in (row["first_year"], row["pipeline_fill"])
    ]
    planned = row["in_plan"] is not False
    texts: list[Cell] = [row["item"], row["name"], row["family"], row["launch"], row["budget_launch"], row["stage"]]  # type: ignore[list-item]
    return [*texts, planned, *amounts, units * QUANTITY, money * MONEY]


def _manufacturing(book: Book, figures: Figures) -> None:
    """Family x site: production by month."""
    page = book.page("Manufacturing plan", "Manufacturing plan: what each site makes", "units")
    columns = page_columns(figures.buckets, far=False)
    page.widths((0, 0, 30), (1, 1, 7), (2, 1 + len(columns), 9))
    page.sheet.freeze_panes(4, 2)
    supply = figures.supply
    family = figures.inputs.model.dimensions["item"].parents("family")
    labels = [f"{family.get(item, '')} · {site}" for item, site in supply.keys.iter_rows()]
    ahead = figures.is_open
    wrote = False
    for title, measure, known, state in (
        ("Production", "production", figures.made, False),
        ("Purchased and subcontracted", "purchases", ahead, False),
        ("Transfers in", "transfers_in", ahead, False),
        ("Closing stock", "projected_stock", None, True),
    ):
        names, sums = sum_by(labels, supply.count(measure))
        shown = [i for i in range(len(names)) if sums[i].any()]
        if not shown:
            continue
        wrote = True
        head(page, columns, title)
        for i in shown:
            what, _, site = names[i].partition(" · ")
            made = making_of(figures, what).strategy if measure == "production" else None
            label = f"{what}, {made} · {site}" if made else names[i]
            write_row(page, _row("", sums[i], QUANTITY, known, state=state), columns, label, "units")
        page.row += 1
    if not wrote:
        page.say("Nothing is made or stocked: there are no items with a routing, source or count.")


def _sourcing(book: Book, figures: Figures) -> None:
    """Material x supplier: need, cap, purchases, stock."""
    page = book.page("Sourcing plan", "Sourcing plan: key materials by supplier", "units")
    columns = tuple(c for c in page_columns(figures.buckets) if c.kind != "actual")
    page.widths((0, 0, 34), (1, 1, 7), (2, 1 + len(columns), 9))
    page.sheet.freeze_panes(4, 2)
    material = figures.material
    if not material.keys.height:
        page.say("No key material is planned: bill_of_materials is empty, so no material limits the plan.")
        return
    head(page, columns)
    ahead = figures.is_open
    for index, (item, supplier) in enumerate(material.keys.iter_rows()):
        measures = (
            ("need of the unlimited plan", "material_need", ahead, False),
            ("supplier delivers at most", "material_cap", material.mask("material_cap")[index], False),
            ("bought", "material_purchases", ahead, False),
            ("closing stock", "material_stock", ahead, True),
        )
        for label, measure, known, state in measures:
            if known.any():
                row = _row("", material.count(measure)[index], QUANTITY, known & ahead, state=state)
                write_row(page, row, columns, f"{item} · {supplier}: {label}", "units")
        page.row += 1
