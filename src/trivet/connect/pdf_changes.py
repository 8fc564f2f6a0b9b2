"""What changed since last cycle and why, what needs a decision, and what this pack holds (E6, F9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from trivet.connect.pack_figures import Figures
from trivet.connect.pack_told import PricedRelief, issue_told
from trivet.connect.pdf_drawings import Difference, draw_differences
from trivet.connect.pdf_earlier import Earlier, amount, at_price
from trivet.connect.pdf_notes import clipped, said_gap
from trivet.connect.pdf_paper import LEFT_OUT, Cell, Paper, Table, beside, bullets, gap, picture, section
from trivet.connect.pdf_words import bucket, change, number, signed
from trivet.core.issues import Severity
from trivet.core.quantities import MONEY, QUANTITY
from trivet.core.summary import PlanSummary

_MOVED, _ASKED, _AHEAD = 10, 8, 12


def put_changes(
    paper: Paper, figures: Figures, summary: PlanSummary, earlier: Earlier, *, reliefs: Sequence[PricedRelief] = ()
) -> None:
    """Add the page of what changed, what needs a decision and the contents."""
    decide = _decide(figures, summary, reliefs)
    contents = [section("What this pack holds"), *_contents()]
    if not earlier.there:
        paper.leave_out("What changed since last cycle", "no earlier plan is known (table published)")
        body = [beside(("1.4fr", decide), ("1fr", [section("What this pack holds"), *_contents()]))]
        paper.page(
            "Decisions and contents", "What needs a decision, and what this pack holds", paper.imprint.money, body=body
        )
        return
    over = _compared(figures, earlier)
    title, left = _changed(figures, summary, earlier, over)
    paper.page(
        "What changed",
        title,
        f"demand of {bucket(figures.buckets, over.start)} to {bucket(figures.buckets, over.stop - 1)}, "
        f"this cycle less cycle {earlier.cycle}, at this version's price",
        body=[beside(("1.5fr", left), ("1fr", [*decide, gap(4), *contents]))],
        cells=paper.show("consensus_demand", "--by family"),
    )


def _compared(figures: Figures, earlier: Earlier) -> slice:
    """Give the open buckets both plans hold, the next 12 at most."""
    first = figures.buckets.first_open
    known = np.flatnonzero(earlier.known[first : first + _AHEAD])
    return slice(first, first + int(known[-1]) + 1)


def _changed(figures: Figures, summary: PlanSummary, earlier: Earlier, over: slice) -> tuple[str, list[str]]:
    now, then = figures.demand.count("consensus_demand"), earlier.units
    worth, name = summary.scale
    rows = [_family(figures, earlier, family, over) for family in figures.families if figures.is_alive(family)]
    rows = sorted((row for row in rows if row.value), key=lambda row: (-abs(row.value), row.name))
    total = int((at_price(figures, now - then))[:, over].sum()) * MONEY
    if not rows:
        return f"Nothing changed since cycle {earlier.cycle}", [section("No family's demand moved")]
    base = int(at_price(figures, then)[:, over].sum()) * MONEY
    money = f"{summary.currency} {signed(total / worth, 2)} {name}".strip()
    title = f"Demand moved by {money} ({change(base + total, base)}) since cycle {earlier.cycle}"
    bars = [
        Difference(
            name=row.name,
            amount=float(row.value / worth),
            said=signed(row.value / worth, 2),
            more=f"{signed(row.units)} units",
        )
        for row in rows
    ]
    message = f"{rows[0].name} moved most: {signed(rows[0].value / worth, 2)}"
    blocks = [
        section(message, f"{summary.currency} {name}, demand before supply limits".strip()),
        picture(draw_differences(bars, 456, 15), 456, message),
        gap(4),
        *_table(figures, rows, earlier, over, worth),
        gap(4),
        *_items(figures, earlier, over, worth),
    ]
    return title, blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    """How a family's demand moved: units then and now, what it is worth, and what the forecast and people moved."""

    name: str
    then: Decimal
    now: Decimal
    value: Decimal
    forecast: Decimal
    people: Decimal

    @property
    def units(self) -> Decimal:
        return self.now - self.then


def _family(figures: Figures, earlier: Earlier, family: str, over: slice) -> _Moved:
    """Split a family's change in what the statistical forecast moved, and what streams and changes over it did (F9).

    The split is of the buckets for which the cycle before published its forecast.
    """
    why = np.zeros_like(earlier.forecast)
    why[over] = earlier.forecast[over]
    demand = figures.demand
    moved = figures.by_family(demand.count("consensus_demand") - earlier.units, family)
    base = figures.by_family(demand.count("baseline_demand") - earlier.baseline, family)
    worth = figures.by_family(at_price(figures, demand.count("consensus_demand") - earlier.units), family)
    then = figures.by_family(earlier.units, family)
    return _Moved(
        name=family,
        then=amount(then[over], QUANTITY),
        now=amount((then + moved)[over], QUANTITY),
        value=amount(worth[over], MONEY),
        forecast=amount(base[why], QUANTITY),
        people=amount((moved - base)[why], QUANTITY),
    )


def _table(figures: Figures, rows: Sequence[_Moved], earlier: Earlier, over: slice, worth: int) -> list[str]:
    heads = ["", f"cycle {earlier.cycle}", "now", "change", "%", "at price"]
    why = np.flatnonzero(earlier.forecast[over]) + over.start
    heads += ["by forecast", "by people"] if why.size else []
    lines: list[Sequence[Cell]] = []
    for row in rows:
        cells: list[Cell] = [row.name, number(row.then), number(row.now), ("sign", signed(row.units))]
        cells += [("sign", change(row.now, row.then)), ("sign", signed(row.value / worth, 2))]
        cells += [("s", signed(row.forecast)), ("s", signed(row.people))] if why.size else []
        lines.append(cells)
    unit = "units"
    if why.size:
        first, last = bucket(figures.buckets, int(why[0])), bucket(figures.buckets, int(why[-1]))
        unit = f"units; by whom: {first} to {last}, people = streams, launches, changes"
    widths = f"80pt, {', '.join(['1fr'] * (len(heads) - 1))}"
    return [section("Where it moved, and by whose hand", unit), Table(heads=heads, lines=lines, widths=widths).text()]


def _items(figures: Figures, earlier: Earlier, over: slice, worth: int) -> list[str]:
    """Write the items that moved most."""
    demand = figures.demand
    moved = (at_price(figures, demand.count("consensus_demand") - earlier.units))[:, over].sum(axis=1)
    units = (demand.count("consensus_demand") - earlier.units)[:, over].sum(axis=1)
    sums: dict[str, list[int]] = {}
    for row, item in enumerate(demand.keys["item"].to_list()):
        found = sums.setdefault(item, [0, 0])
        found[0] += int(moved[row])
        found[1] += int(units[row])
    names = {
        row["item"]: row["name"] or ""
        for row in figures.inputs.table("items").select("item", "name").iter_rows(named=True)
    }
    most = sorted((item for item in sums if sums[item][0]), key=lambda item: (-abs(sums[item][0]), item))[:_MOVED]
    lines: list[Sequence[Cell]] = [
        [
            item,
            names.get(item, ""),
            ("sign", signed(sums[item][1] * QUANTITY)),
            ("sign", signed(sums[item][0] * MONEY / worth, 2)),
        ]
        for item in most
    ]
    table = Table(
        heads=["item", "", "units", "at price"], lines=lines, widths="52pt, 1fr, 60pt, 60pt", left=frozenset({0, 1})
    )
    return [section(f"The {len(lines)} items that moved most"), table.text()] if lines else []


DECIDE: Final = "What needs a decision"


def _decide(figures: Figures, summary: PlanSummary, reliefs: Sequence[PricedRelief]) -> list[str]:
    """Write the gaps beyond tolerance and the costliest issues, with the way out."""
    points: list[Cell] = []
    points += [said_gap(summary, each, whose=True) for each in summary.gaps if each.beyond][: _ASKED // 2]
    for issue in figures.plan.issues:
        if issue.severity is not Severity.NOTE and not issue.code.startswith("gap.") and len(points) < _ASKED:
            stake = "" if issue.at_stake is None else f"{summary.currency} {number(issue.at_stake)}: ".lstrip()
            points.append(clipped(f"{stake}{issue_told(issue, figures, reliefs)}", 300))
    if not points:
        return [section("Nothing needs a decision: every gap to budget and demand is inside its tolerance")]
    beyond = sum(each.beyond for each in summary.gaps)
    return [
        section(
            DECIDE,
            f"{beyond} gaps to budget and demand beyond tolerance, {summary.warnings} warnings; the largest first",
        ),
        bullets(points, 7.2),
    ]


def _contents() -> list[str]:
    """Write the contents with page numbers, and what is not there and why."""
    return ["#[#set text(size: 7.2pt)\n#outline(title: none)]", LEFT_OUT]
