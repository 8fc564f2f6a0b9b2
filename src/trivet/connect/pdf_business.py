"""The business on one page: families against budget, last cycle, last year; bridge, what binds and its price (E2)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from trivet.connect.certificate import Certificate
from trivet.connect.pack_business import business_message
from trivet.connect.pack_figures import Figures
from trivet.connect.pack_told import PricedRelief, bucket_word, told
from trivet.connect.pdf_binding import at_risk, binding
from trivet.connect.pdf_drawings import Step, draw_bridge
from trivet.connect.pdf_earlier import Earlier, at_margin, at_price
from trivet.connect.pdf_paper import Cell, Paper, Table, beside, gap, picture, quoted, section
from trivet.connect.pdf_plans import company_revenue
from trivet.connect.pdf_words import UNKNOWN, bucket, change, month, number, part, signed
from trivet.core.fiscal import years_ahead
from trivet.core.ids import Counts, Rates
from trivet.core.quantities import MONEY, QUANTITY, times_rate
from trivet.core.summary import Bar, Bridge, FiscalLine, PlanSummary, percent

_YEAR: Final = 12


def put_business(
    paper: Paper,
    figures: Figures,
    summary: PlanSummary,
    certificate: Certificate,
    *,
    earlier: Earlier,
    reliefs: Sequence[PricedRelief] | None,
) -> None:
    """Add the first page; `reliefs` None = they were not computed, and the page names the command."""
    body = [_tiles(figures, summary, certificate), gap(3), *_families(figures, summary, earlier), gap(2)]
    bridges = [bridge for bridge in summary.bridges if bridge.family is None]
    left = _bridge(summary, bridges[-1]) if bridges else _no_bridge(paper, figures, summary)
    right = [*binding(figures, summary, reliefs), gap(2), *at_risk(figures, summary)]
    body.append(beside(("1fr", left), ("1.12fr", right)))
    unit = f"{paper.imprint.money} unless said; closed {bucket_word(figures.buckets)}s actual, open ones plan"
    paper.page(
        "Business", business_message(summary), unit, body=body, cells=paper.show("constrained_revenue", "--period year")
    )


def _tiles(figures: Figures, summary: PlanSummary, certificate: Certificate) -> str:
    """Write the six figures an executive looks at first."""
    worth = summary.scale[0]
    tiles: list[tuple[str, str, Cell]] = []
    for year in summary.lines:
        tone = _tone(f"{change(year.revenue, year.budget_revenue)} to budget", known=bool(year.budget_revenue))
        tiles.append((f"Revenue FY{year.year}", number(year.revenue / worth, 2), tone))
    for line in summary.lines[-1:]:
        if not line.costed:
            continue  # no cost is known: a margin of 100 % would be none
        tone = _tone(f"{change(line.margin, line.budget_margin)} to budget", known=bool(line.budget_margin))
        share = part(line.margin, line.revenue)
        tiles.append((f"Margin FY{line.year}, {share}", number(line.margin / worth, 2), tone))
    if summary.service is not None:
        word = bucket_word(figures.buckets)
        tiles.append(
            (f"On time, next 12 {word}s", f"{number(summary.service, 1)} %", _target(figures, summary.service))
        )
    if summary.stock_value is not None:
        when = bucket(figures.buckets, figures.buckets.first_open)
        tiles.append((f"Stock at cost, end of {when}", number(summary.stock_value / worth, 2), ("s", _stock(summary))))
    cash = _cash(figures, worth)
    if cash is not None:
        tiles.append(cash)
    verdict: Cell = ("better", "ties") if certificate.passed else ("worse", "DOES NOT TIE")
    tiles.append(("Certificate", f"{len(certificate.checks)} checks", verdict))
    ruled = "block(width: 100%, stroke: (top: 1.2pt + ink), inset: (top: 3pt))"
    cells = ",\n".join(
        f"{ruled}[#text(size: 6.8pt, fill: grey, {quoted(name)})"
        f" \\ #text(size: 14pt, weight: 600, {quoted(value)}) \\ #text(size: 6.8pt)[#{_code(under)}]]"
        for name, value, under in tiles
    )
    return f"#block[#set par(leading: 0.5em)\n#grid(columns: (1fr,) * {len(tiles)}, column-gutter: 9pt, {cells})]"


def _code(cell: Cell) -> str:
    return quoted(cell) if isinstance(cell, str) else f"{cell[0]}({quoted(cell[1])})"


def _tone(text: str, *, known: bool) -> Cell:
    return ("sign", text) if known else ("s", "there is no budget")


def _target(figures: Figures, service: Decimal) -> Cell:
    """Hold service against the company's target, where it has one."""
    rows = figures.inputs.table("targets").filter((pl.col("kpi") == "fill_rate") & (pl.col("family") == ""))
    if rows.is_empty():
        return ("s", "there is no target")
    want = Decimal(str(rows["target"][0])) * 100
    return ("sign", f"{signed(service - want, 1)} points to {number(want, 1)} %")


def _stock(summary: PlanSummary) -> str:
    days = "" if summary.stock_days is None else f"{number(summary.stock_days)} days"
    worth = summary.scale[0]
    target = "" if summary.target_value is None else f"target {number(summary.target_value / worth, 2)}"
    return ", ".join(text for text in (target, days) if text) or "there is no target"


def _cash(figures: Figures, worth: int) -> tuple[str, str, Cell] | None:
    company = figures.company
    if not company.has("cash") or not company.mask("cash")[0].any():
        return None
    last = years_ahead(figures.buckets)[-1].columns.stop - 1
    amounts, first = company.count("cash")[0], figures.buckets.first_open
    lowest = int(amounts[first : last + 1].argmin()) + first
    low = f"lowest {number(int(amounts[lowest]) * MONEY / worth, 2)} in {month(figures.buckets.label(lowest))}"
    return f"Net cash, {month(figures.buckets.label(last))}", number(int(amounts[last]) * MONEY / worth, 2), ("s", low)


def _families(figures: Figures, summary: PlanSummary, earlier: Earlier) -> list[str]:
    """Write family x revenue, margin, service, stock x outlook, budget, last cycle, last year."""
    if not summary.lines:
        return []
    year, worth = summary.lines[-1].year, summary.scale[0]
    lines = [line for line in summary.families if line.year == year and (line.revenue or line.budget_revenue)]
    rows: list[Sequence[Cell]] = [_family(figures, earlier, line, worth) for line in lines]
    rows.append(_family(figures, earlier, summary.lines[-1], worth))
    money = ["outlook", "budget", "diff.", "%", "last cycle¹", "last year"]
    heads = ["", *money, *money, "ahead", "last 12", "year end", "target"]
    kept = [i for i in range(len(heads)) if not i or any(row[i] != UNKNOWN for row in rows)]
    table = Table(
        heads=[heads[i] for i in kept],
        lines=[[row[i] for i in kept] for row in rows],
        widths=", ".join(["74pt"] + ["1fr"] * (len(kept) - 1)),
        rules=frozenset({len(rows) - 1}),
        strong=frozenset({len(rows) - 1}),
        size=7.2,
        pitch=2.5,
    )
    groups = {f"Revenue FY{year}": range(1, 7), f"Margin FY{year}": range(7, 13)}
    groups |= {"On time, %²": range(13, 15), "Stock at cost³": range(15, 17)}
    wide = {name: sum(i in kept for i in columns) for name, columns in groups.items()}
    names = ", ".join(f"b({quoted(name)})" for name, count in wide.items() if count)
    widths = ", ".join(f"{count}fr" for count in wide.values() if count)
    over = f'#grid(columns: (74pt, {widths}), align: center, "", {names})'
    note = (
        "¹ the units the cycle before planned for its open buckets, at this version's price and cost, before supply "
        "limits. ² percent of demand not made to order that ships in the bucket it is wanted in, at price: the 12 "
        "buckets ahead, and the last 12 (at today's price) where orders are known. ³ at standard cost, end of the "
        "fiscal year; target stock likewise. Families' margin is at standard cost, the company's after variances."
    )
    written = quoted(told(note, figures.buckets))
    small = f"#block(above: 2pt, below: 4pt)[#set par(leading: 0.4em)\n#text(size: 6.5pt, fill: grey, {written})]"
    return ["#block(below: 3pt)[#set text(size: 7.2pt)\n" + over + "]", table.text(), small]


def _family(figures: Figures, earlier: Earlier, line: FiscalLine, worth: int) -> list[Cell]:
    cells: list[Cell] = [line.family or "Company"]
    for name in ("revenue", "margin"):
        have, budget, last = (getattr(line, f"{kind}{name}") for kind in ("", "budget_", "last_"))
        gaps = None if budget is None else have - budget
        before = _last_cycle(figures, earlier, line, name)
        cells += [number(have / worth, 2), _scaled(budget, worth)]
        cells += [("sign", signed(gaps / worth, 2)) if gaps is not None else "–"]
        cells += [("sign", change(have, budget)) if budget else "–", _scaled(before, worth), _scaled(last, worth)]
    ahead, past = service(figures, line.family)
    cells += [number(ahead, 1), number(past, 1)]
    stock, target = year_end_stock(figures, line.family)
    return [*cells, _scaled(stock, worth), _scaled(target, worth)]


def _scaled(value: Decimal | None, worth: int) -> str:
    return number(None if value is None else value / worth, 2)


def _last_cycle(figures: Figures, earlier: Earlier, line: FiscalLine, name: str) -> Decimal | None:
    """Give closed months as they were and last cycle's open months at today's price; None if it missed one."""
    year, first = (
        next(year for year in years_ahead(figures.buckets) if year.year == line.year),
        figures.buckets.first_open,
    )
    wanted = slice(max(year.columns.start, first), year.columns.stop)
    if not earlier.known[wanted].all():
        return None
    counts = (at_price if name == "revenue" else at_margin)(figures, earlier.units)
    mine = counts.sum(axis=0) if line.family is None else figures.by_family(counts, line.family)
    names = figures.families if line.family is None else (line.family,)
    closed = slice(year.columns.start, max(year.columns.start, first))
    done = sum(int(figures.family_rows(family)[name].counts[closed].sum()) for family in names)
    return (int(mine[wanted].sum()) + done) * MONEY


def service(figures: Figures, family: str | None) -> tuple[Decimal | None, Decimal | None]:
    """Give percent of stocked demand shipped in its own bucket, at price: the next 12 buckets, and the last 12 (F6).

    None where nothing is stocked, and for the past where orders are not known apart from shipments. The past is at
    the price of the current bucket.
    """
    demand, first = figures.demand, figures.buckets.first_open
    items = figures.inputs.table("items")
    ordered = set(items.filter(pl.col("policy") == "make-to-order")["item"].to_list())
    mine = np.array(
        [
            item not in ordered and family in (None, name)
            for item, name in zip(demand.keys["item"].to_list(), figures.row_families, strict=True)
        ],
        dtype=np.bool_,
    )
    price, ahead = demand.rate("price")[mine], slice(first, min(first + _YEAR, len(figures.buckets)))
    past = slice(max(first - _YEAR, 0), first)
    now = np.broadcast_to(price[:, [first]], price[:, past].shape)
    names = ("consensus_demand", "constrained_demand"), ("orders", "shipments")
    (want, have), (asked, gone) = ((demand.count(a)[mine], demand.count(b)[mine]) for a, b in names)
    return (
        _on_time(want[:, ahead], have[:, ahead], price[:, ahead]),
        _on_time(asked[:, past], gone[:, past], now) if figures.orders_known else None,
    )


def _on_time(wanted: Counts, shipped: Counts, price: Rates) -> Decimal | None:
    whole = int(times_rate(wanted, price, QUANTITY, MONEY).sum())
    met = int(times_rate(np.minimum(wanted, shipped), price, QUANTITY, MONEY).sum())
    return percent(met * MONEY, whole * MONEY)


def year_end_stock(figures: Figures, family: str | None) -> tuple[Decimal | None, Decimal | None]:
    """Give stock and target stock at standard cost at the end of the last fiscal year shown."""
    last = years_ahead(figures.buckets)[-1].columns.stop - 1
    supply = figures.supply
    mine = np.array([family in (None, name) for name in figures.place_families], dtype=np.bool_)
    stock = int(supply.count("stock_value")[mine][:, last].sum())
    target = int(
        times_rate(
            supply.count("target_stock")[mine][:, last], figures.unit_costs[mine][:, last], QUANTITY, MONEY
        ).sum()
    )
    return (stock * MONEY if stock else None), (target * MONEY if target else None)


def _bridge(summary: PlanSummary, bridge: Bridge) -> list[str]:
    """Draw the company's bridge of revenue and of margin from budget to outlook."""
    blocks: list[str] = []
    worth, name = summary.scale
    for measure in ("revenue", "margin"):
        steps = bridge_steps(bridge, measure, worth)
        moves = [step for step in steps if not step.look]
        title = f"{measure.capitalize()} FY{bridge.year}: the outlook is the budget"
        if moves:
            most = max(moves, key=lambda step: abs(step.amount))
            title = f"{measure.capitalize()} FY{bridge.year}: {most.name} moves it most, {most.said}"
        unit = f"{summary.currency} {name} · outlined budget, hatched outlook".strip()
        blocks += [section(title, unit), picture(draw_bridge(steps, 366, 15.5 * len(steps)), 366, title), gap(3)]
    return blocks


def bridge_steps(bridge: Bridge, measure: str, worth: int) -> list[Step]:
    """Give the bars of a bridge that are not nothing, with its totals."""
    looks = {Bar.BUDGET: "plan", Bar.OUTLOOK: "forecast"}
    steps: list[Step] = []
    for bar in bridge.bars:
        value: Decimal = getattr(bar, measure) / worth
        look = looks.get(bar.bar, "")
        said = number(value, 2) if look else signed(value, 2)
        if look or said != "0.00":
            steps.append(Step(name=bar.bar.value, amount=float(value), said=said, look=look))
    return steps


def _no_bridge(paper: Paper, figures: Figures, summary: PlanSummary) -> list[str]:
    """Draw revenue by bucket where there is no budget to build a bridge from."""
    paper.leave_out("Bridge from budget to outlook", "there is no budget (table budget)")
    return [company_revenue(figures, summary, 366, 150)[1]]
