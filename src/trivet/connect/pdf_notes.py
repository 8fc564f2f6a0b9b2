"""What the numbers of a family or the company ask for, in words: gaps, issues, launches, events, endings."""

from decimal import Decimal

import polars as pl

from trivet.connect.pack_figures import Figures
from trivet.connect.pack_making import making_of
from trivet.connect.pack_told import issue_told
from trivet.connect.pdf_paper import Cell
from trivet.connect.pdf_words import bucket, month, number, signed
from trivet.core.issues import Issue, Severity
from trivet.core.summary import Gap, PlanSummary

ASKED, TOLD = 3, 6
"""Most points that need a decision, and most notes, on a family's page."""


def family_notes(figures: Figures, summary: PlanSummary, family: str) -> tuple[list[Cell], list[Cell]]:
    """Give notes of a family, and what needs a decision; at least one line together."""
    asked: list[Cell] = [("b", said_gap(summary, gap)) for gap in summary.gaps if gap.family == family and gap.beyond]
    asked += [
        clipped(issue_told(issue, figures))
        for issue in issues_of(figures, family)
        if issue.severity is not Severity.NOTE and not issue.code.startswith("gap.")
    ]
    notes = [
        *_making(figures, family),
        *_backlog(summary, family),
        *_endings(summary, family),
        *_launches(figures, family),
    ]
    notes += _events(figures, family)
    if not asked:
        notes.insert(0, "Inside its tolerances: nothing needs a decision.")
    return notes[:TOLD], asked[:ASKED]


def _making(figures: Figures, family: str) -> list[Cell]:
    """Say how the family is made, where it is made at all."""
    made = figures.family_rows(family)["production"].counts.any()
    return [f"{making_of(figures, family).words}."] if made else []


def clipped(text: str, most: int = 230) -> str:
    """Shorten a text at a word."""
    return text if len(text) <= most else text[: text.rfind(" ", 0, most)] + " …"


def said_gap(summary: PlanSummary, gap: Gap, *, whose: bool = False) -> str:
    """Say a gap with amount, owner and cause; `whose`: with its family first."""
    worth, name = summary.scale
    share = "" if gap.share is None else f" ({signed(gap.share, 1)} %)"
    money = f"{summary.currency} {signed(gap.amount / worth, 2)} {name}".strip()
    kind = f"{gap.family or 'Company'}: {gap.kind.value}" if whose else gap.kind.value.capitalize()
    return f"{kind} FY{gap.year}: {money}{share}, {gap.owner}: {gap.cause}"


def issues_of(figures: Figures, family: str) -> list[Issue]:
    """Give the issues whose place lies in a family, largest amount first."""
    family_of = figures.inputs.model.dimensions["item"].parents("family")
    found = []
    for issue in figures.plan.issues:
        for node in issue.place.scope:
            mine = node.member == family if node.level == "family" else family_of.get(node.member, "") == family
            if node.dimension == "item" and mine:
                found.append(issue)
                break
    return found


def _backlog(summary: PlanSummary, family: str) -> list[Cell]:
    return [
        f"Backlog {number(line.units)} units, {number(line.opening, 1)} weeks now, {number(line.worst, 1)} in "
        f"{month(line.when)}" + (f"; policy {number(line.policy)} weeks" if line.policy is not None else "")
        for line in summary.backlogs
        if line.family == family
    ]


def _endings(summary: PlanSummary, family: str) -> list[Cell]:
    return [
        f"{end.item} ends in {month(end.last)}: {number(end.left)} left, {summary.currency} {number(end.value)} at cost"
        for end in summary.endings
        if end.family == family
    ]


def _launches(figures: Figures, family: str) -> list[Cell]:
    items = figures.inputs.table("items").filter(pl.col("family") == family).select("item", "name")
    mine = figures.inputs.table("launches").join(items, on="item").sort("launch", "item")
    return [
        f"Launch {row['name'] or row['item']}: {row['launch']:%d %b %Y}"
        + (f" (budget {row['budget_launch']:%d %b %Y})" if row["budget_launch"] else "")
        for row in mine.iter_rows(named=True)
        if row["launch"] and row["launch"] >= figures.buckets.current
    ]


def _events(figures: Figures, family: str) -> list[Cell]:
    current = figures.buckets.current
    table = figures.inputs.table("promotions")
    mine = table.filter((pl.col("family") == family) & (pl.col("last").fill_null(pl.col("first")) >= current))
    found: list[Cell] = []
    for row in mine.sort("first", "promotion").iter_rows(named=True):
        lift = "" if row["lift"] is None else f", lift {signed(Decimal(str(row['lift'])) * 100)} %"
        found.append(f"Event {row['name'] or row['promotion']} from {row['first']:%d %b %Y}{lift}")
    return found


def horizon_words(figures: Figures) -> str:
    """Say which buckets are open."""
    buckets = figures.buckets
    return f"{bucket(buckets, buckets.first_open)} to {bucket(buckets, len(buckets) - 1)}"
