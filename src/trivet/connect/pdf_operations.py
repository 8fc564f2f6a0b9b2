"""The plans of operations on paper: manufacturing (family x site), capacity, sourcing (material x supplier)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from trivet.connect.pack_book import BAD, INK
from trivet.connect.pack_figures import Column, Figures, page_columns
from trivet.connect.pack_making import PEOPLE, making_of, people_message, people_rows
from trivet.connect.pack_told import bucket_word
from trivet.connect.pdf_chart import BLUE
from trivet.connect.pdf_drawings import Line, Months, draw_months
from trivet.connect.pdf_family import floats, months_shown
from trivet.connect.pdf_paper import Cell, Paper, gap, picture, section
from trivet.connect.pdf_plans import cells_of, grid, plan_columns, row_of
from trivet.connect.pdf_words import month, number
from trivet.core.fiscal import sum_by
from trivet.core.measures import QUANTUM, Unit
from trivet.core.quantities import QUANTITY
from trivet.core.summary import PlanSummary

HOURS: Final = QUANTUM[Unit.HOURS] or Decimal("0.001")
_ACROSS, _MOST = 3, 9
"""Small multiples beside each other, and the most on a page."""
_CEILING: Final = 200.0
"""Percent of capacity beyond which a bar is not drawn longer; its label still says how much."""


def put_operations(paper: Paper, figures: Figures, summary: PlanSummary) -> None:
    """Add the manufacturing plan, load against capacity and the sourcing plan."""
    _put_manufacturing(paper, figures)
    _put_capacity(paper, figures, summary)
    _put_sourcing(paper, figures, summary)


def _put_manufacturing(paper: Paper, figures: Figures) -> None:
    """Family x site: production, purchases, transfers, closing stock."""
    columns, supply, ahead = plan_columns(figures), figures.supply, figures.is_open
    labels = [
        f"{family}\x1f{site}"
        for family, site in zip(figures.place_families, supply.keys["location"].to_list(), strict=True)
    ]
    body: list[str] = []
    called, words = _strategies(figures)
    sites_called = dict(figures.inputs.table("locations").select("location", "name").iter_rows())
    for title, measure, known, state in (
        ("Production", "production", figures.made, False),
        ("Purchased and subcontracted", "purchases", ahead, False),
        ("Transfers in", "transfers_in", ahead, False),
        ("Closing stock", "projected_stock", None, True),
    ):
        names, sums = sum_by(labels, supply.count(measure))
        lines: list[Sequence[Cell]] = []
        for i, name in enumerate(names):
            if sums[i][page_span(columns)].any():
                family, _, site = name.partition("\x1f")
                shown = called.get(family, family) if measure == "production" else family
                lines.append(
                    [
                        shown,
                        ("s", sites_called.get(site) or site),
                        *cells_of(row_of(sums[i], QUANTITY, known, state=state), columns),
                    ]
                )
        if lines:
            unit = "units by family and site" + (words if measure == "production" else "")
            body += [section(title, unit), grid(columns, lines, size=6.6), gap(2)]
    if not body:
        paper.leave_out("Manufacturing plan", "nothing is made or stocked: no item has a routing, a source or a count")
        return
    makes = np.asarray(supply.count("production")[:, figures.is_open].any(axis=1), dtype=np.bool_)
    sites = supply.keys.filter(makes)["location"].n_unique()
    families = len({family for family, busy in zip(figures.place_families, makes, strict=True) if busy})
    title = f"Manufacturing plan: {families} families are made at {sites} sites"
    paper.page(
        "Manufacturing plan",
        title,
        "units",
        body=body,
        cells=paper.show("production", "--by family") + " (likewise purchases, transfers_in, projected_stock)",
    )


def _strategies(figures: Figures) -> tuple[dict[str, str], str]:
    """Name families with the strategy they are made by, and say what holds for those that have none."""
    making = {family: making_of(figures, family) for family in sorted(set(figures.place_families))}
    called = {family: f"{family}, {made.strategy}" for family, made in making.items() if made.strategy}
    free = "follows demand and is built ahead where hours or material bind"
    if not called:
        return {}, f" · no family has a strategy of its own: production {free}"
    return called, f" · level, chase or hybrid where a strategy is set; other production {free}"


def page_span(columns: Sequence[Column]) -> slice:
    """Give the buckets a page shows."""
    return slice(min(c.buckets.start for c in columns), max(c.buckets.stop for c in columns))


def _put_capacity(paper: Paper, figures: Figures, summary: PlanSummary) -> None:
    """Draw load against capacity of every resource on one scale, then the shares by bucket, red beyond 100 %."""
    names = figures.load.keys["resource"].to_list()
    if not names:
        paper.leave_out("Capacity", "no resource limits the plan (table resources)")
        return
    worst = [overload.resource for overload in summary.overloads]
    ranked = sorted(names, key=lambda name: (worst.index(name) if name in worst else len(worst), name))
    columns = tuple(c for c in page_columns(figures.buckets, years=False) if c.kind in ("plan", "group"))
    body = [
        section(
            "Load against capacity",
            "percent of the hours without overtime · hatched: planned, dashed: need of the unlimited plan; one scale",
        ),
        _multiples(figures, ranked),
        gap(3),
    ]
    lines: list[Sequence[Cell]] = []
    rules: set[int] = set()
    for name in ranked:
        rules.add(len(lines))
        index = names.index(name)
        for label, measure in (("need", "required_hours"), ("planned", "load_hours")):
            lines.append(
                [
                    ("b", name) if label == "need" else "",
                    ("s", f"{label}, %"),
                    *_shares(figures, index, measure, columns),
                ]
            )
        overtime = row_of(figures.load.count("overtime_hours")[index], HOURS, figures.is_open)
        if overtime.counts.any():
            lines.append(["", ("s", "overtime, h"), *cells_of(overtime, columns)])
    body += [section("Need and plan in percent of capacity"), grid(columns, lines, rules=frozenset(rules), size=6.6)]
    staff = _people(figures, columns)
    body += staff
    title = (
        f"Capacity: {worst[0]} is the tightest of {len(worst)} overloaded resources"
        if worst
        else "Capacity: every resource has room"
    )
    paper.page(
        "Capacity",
        title,
        "percent of hours without overtime; hours of overtime" + ("; people" if staff else ""),
        body=body,
        cells=paper.show("load_hours", "--by resource")
        + " (likewise required_hours, capacity_hours, overtime_hours"
        + (", heads, hires, leavers, temporary_hours)" if staff else ")"),
    )


def _people(figures: Figures, columns: Sequence[Column]) -> list[str]:
    """Write heads, who joins and leaves, and temporary hours of each resource; nothing where no people are planned."""
    staff = people_rows(figures)
    if not staff:
        return []
    first = PEOPLE[0][0]
    lines: list[Sequence[Cell]] = [
        [("b", name) if label == first else "", ("s", label), *cells_of(row, columns)] for name, label, row in staff
    ]
    rules = frozenset(i for i, (_, label, _) in enumerate(staff) if label == first)
    unit = f"heads at the end of the {bucket_word(figures.buckets)}"
    return [gap(3), section(people_message(figures), unit), grid(columns, lines, rules=rules, size=6.6)]


def utilisation(figures: Figures, index: int, measure: str, columns: Sequence[Column]) -> list[Decimal | None]:
    """Give hours in percent of capacity without overtime by column; None without capacity."""
    load = figures.load
    hours = [
        (int(load.count(measure)[index, c.buckets].sum()), int(load.count("capacity_hours")[index, c.buckets].sum()))
        for c in columns
    ]
    return [Decimal(have) / room * 100 if room else None for have, room in hours]


def _shares(figures: Figures, index: int, measure: str, columns: Sequence[Column]) -> list[Cell]:
    values = utilisation(figures, index, measure, columns)
    return ["–" if v is None else ("worse", number(v)) if v > Decimal("100.5") else number(v) for v in values]


def _multiples(figures: Figures, names: Sequence[str]) -> str:
    """Draw a small chart a resource, all on the scale of the largest."""
    columns, labels, kinds = months_shown(figures)
    ahead = [column for column, kind in zip(columns, kinds, strict=True) if kind == "forecast"]
    months = [label for label, kind in zip(labels, kinds, strict=True) if kind == "forecast"]
    every = figures.load.keys["resource"].to_list()
    shown: list[tuple[str, list[float | None], list[float | None]]] = []
    for name in names[:_MOST]:
        need, runs = (
            [None if v is None else min(float(v), _CEILING) for v in utilisation(figures, every.index(name), m, ahead)]
            for m in ("required_hours", "load_hours")
        )
        shown.append((name, need, runs))
    high = max([100.0, *(v for _, need, runs in shown for v in (*need, *runs) if v)])
    return small_multiples(
        [(name, _load_chart(months, need, runs, high), _tightest(need, ahead)) for name, need, runs in shown]
    )


def _load_chart(months: Sequence[str], need: list[float | None], runs: list[float | None], high: float) -> str:
    full = [100.0] * len(months)
    lines = [
        Line(name="100 %", values=full, color=BAD, width=0.9),
        Line(name="need", values=need, color=INK, dash="2.5 1.5"),
    ]
    return draw_months(
        Months(labels=months, kinds=["forecast"] * len(months), bars=runs, lines=lines, high=high, tail=30), 250, 78
    )


def _tightest(need: Sequence[float | None], columns: Sequence[Column]) -> str:
    known = [(value, column) for value, column in zip(need, columns, strict=True) if value is not None]
    if not known:
        return "no capacity"
    most, column = max(known, key=lambda pair: pair[0])
    more = "at least " if most >= _CEILING else ""
    return f"needs {more}{number(most)} % in {month(column.label)}"


def small_multiples(charts: Sequence[tuple[str, str, str]]) -> str:
    """Set charts (name, drawing, message) beside each other."""
    cells = ",\n".join(
        f"[{section(f'{name}: {said}')}\n{picture(svg, 250, f'{name}: {said}')}]" for name, svg, said in charts
    )
    return f"#grid(columns: (1fr,) * {_ACROSS}, column-gutter: 14pt, row-gutter: 5pt, {cells})"


def _put_sourcing(paper: Paper, figures: Figures, summary: PlanSummary) -> None:
    """Material x supplier: need, cap, purchases, stock; charts, then the table."""
    material = figures.material
    if not material.keys.height:
        paper.leave_out("Sourcing plan", "no key material is planned (table bill_of_materials)")
        return
    columns = tuple(c for c in page_columns(figures.buckets) if c.kind != "actual")
    short = [each.item for each in summary.shortages]
    keys = list(material.keys.iter_rows())
    order = sorted(range(len(keys)), key=lambda i: (keys[i][0] not in short, keys[i]))
    lines: list[Sequence[Cell]] = []
    rules: set[int] = set()
    for index in order:
        rules.add(len(lines))
        item, supplier = keys[index]
        for label, measure, state in _MATERIAL:
            known = figures.is_open & (material.mask(measure)[index] if measure == "material_cap" else True)
            if known.any():
                row = row_of(material.count(measure)[index], QUANTITY, np.asarray(known, dtype=np.bool_), state=state)
                lead: list[Cell] = [("b", f"{item} · {supplier}") if label == "need" else "", ("s", label)]
                lines.append([*lead, *cells_of(row, columns)])
    used = [
        i for i in order if material.count("material_need")[i].any() or material.count("material_purchases")[i].any()
    ]
    charts = [_material_chart(figures, keys[index], index) for index in used[:_MOST]]
    body = [
        section("Need, cap and purchases of key materials", _SOURCING), small_multiples(charts), gap(3),
        section("By material and supplier", "units"), grid(columns, lines, lead=98, rules=frozenset(rules), size=6.6),
    ]  # fmt: skip
    title = "Sourcing plan: suppliers deliver what is needed"
    if summary.shortages:
        most = summary.shortages[0]
        makes = " and ".join(most.families)
        title = f"Sourcing plan: {most.item} is {number(most.short)} short by {month(most.last)}, for {makes}"
    paper.page(
        "Sourcing plan",
        title,
        "units",
        body=body,
        cells=paper.show("material_purchases", "--by item") + " (likewise material_need, material_cap, material_stock)",
    )


_SOURCING: Final = "units, each on its own scale · hatched: bought, red: cap, dashed: need of the unlimited plan"
_MATERIAL: Final = (
    ("need", "material_need", False),
    ("at most", "material_cap", False),
    ("bought", "material_purchases", False),
    ("stock", "material_stock", True),
)


def _material_chart(figures: Figures, key: tuple[str, ...], index: int) -> tuple[str, str, str]:
    columns, labels, kinds = months_shown(figures)
    ahead = [column for column, kind in zip(columns, kinds, strict=True) if kind == "forecast"]
    months = [label for label, kind in zip(labels, kinds, strict=True) if kind == "forecast"]
    material = figures.material
    need, bought, stock = (
        floats(row_of(material.count(name)[index], QUANTITY, state=state), ahead)
        for name, state in (("material_need", False), ("material_purchases", False), ("material_stock", True))
    )
    cap = floats(row_of(material.count("material_cap")[index], QUANTITY, material.mask("material_cap")[index]), ahead)
    lines = [Line(name="need", values=need, color=INK, dash="2.5 1.5"), Line(name="stock", values=stock, color=BLUE)]
    lines += [Line(name="cap", values=cap, color=BAD, width=0.9)] if any(v is not None for v in cap) else []
    chart = Months(labels=months, kinds=["forecast"] * len(months), bars=bought, lines=lines, tail=30)
    total = sum(v for v in bought if v)
    return f"{key[0]} · {key[1]}", draw_months(chart, 250, 104), f"{number(total)} bought"
