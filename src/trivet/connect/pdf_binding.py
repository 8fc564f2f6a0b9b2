"""What binds on the business page: overloads and short materials with the price of relief, risks, the largest gaps."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import polars as pl

from trivet.connect.pack_figures import Figures
from trivet.connect.pack_told import PricedRelief, bucket_word, told
from trivet.connect.pdf_paper import Cell, Table, bullets, gap, section
from trivet.connect.pdf_words import month, number, signed
from trivet.core.quantities import MONEY
from trivet.core.summary import Overload, PlanSummary

_LISTED: Final = 5


def binding(figures: Figures, summary: PlanSummary, reliefs: Sequence[PricedRelief] | None) -> list[str]:
    """Write overloads with the price of relief, then shortages by name."""
    by_name = {relief.name: relief for relief in reliefs or ()}

    def price(level: str, name: str) -> Cell:
        found = by_name.get(name)
        return told(found.said, figures.buckets) if found else _price(summary, level, name, known=reliefs is not None)

    rows: list[Sequence[Cell]] = [
        [("b", load.resource), _overload(load, bucket_word(figures.buckets)), price("resource", load.resource)]
        for load in summary.overloads[:_LISTED]
    ]
    for short in summary.shortages[:_LISTED]:
        text = (
            f"{number(short.short)} short by {month(short.last)}: need {number(short.need)}, "
            f"{', '.join(short.suppliers)} deliver {number(short.cap)}, stock {number(short.stock)}; "
            f"for {', '.join(short.families)}"
        )
        rows.append([("b", short.item), text, price("item", short.item)])
    word = bucket_word(figures.buckets)
    title = (
        f"{len(summary.overloads)} resources are overloaded before relief, {summary.overloaded} resource {word}s in all"
    )
    if not rows:
        return [section("Nothing binds: hours and materials suffice")]
    if not summary.overloads:
        title = f"{len(summary.shortages)} key materials are short"
    table = Table(
        heads=["", "what binds", "what relief is worth"],
        lines=rows,
        widths="42pt, 1fr, 1.25fr",
        left=frozenset({0, 1, 2}),
        rules=frozenset(range(1, len(rows))),
        size=7,
        pitch=2.2,
    )
    return [section(title, f"worst {word}; worth of one block more"), table.text()]


def _overload(load: Overload, word: str) -> str:
    need = "has no capacity" if load.need is None else f"needs {number(load.need)} %"
    runs = "" if load.planned is None else f", plan runs {number(load.planned)} %"
    times = f"{load.buckets} {word}{'' if load.buckets == 1 else 's'}"
    return f"{need} in {month(load.label)} ({number(load.over)} h over){runs}; {times}"


def _price(summary: PlanSummary, level: str, name: str, *, known: bool) -> Cell:
    """Say that no relief is needed, or how to find out what it is worth."""
    if known:
        return ("s", f"the plan needs no more of it ({summary.currency} 0)")
    return ("s", f"not priced here: trivet relief --where {level}={name}")


def at_risk(figures: Figures, summary: PlanSummary) -> list[str]:
    """Write the range that registered risks and opportunities span, and the largest gaps with owners."""
    blocks: list[str] = []
    risks = figures.inputs.table("risks")
    outside = risks.filter(pl.col("in_plan").fill_null(value=False).not_()) if risks.height else risks
    worth, name = summary.scale
    if outside.height:
        texts = [_spanned(outside, measure, worth) for measure in ("revenue", "margin")]
        title = f"Risks and opportunities outside the plan are worth {texts[0][1]} of revenue"
        words = [
            f"{m.capitalize()}: {low} if every risk comes true, {high} if every chance does; expected {likely}"
            for m, (low, likely, high) in zip(("revenue", "margin"), texts, strict=True)
        ]
        blocks += [
            section(title, f"{summary.currency} {name}, expected by probability"),
            bullets(words),
        ]
    beyond = [each for each in summary.gaps if each.beyond][:_LISTED]
    if beyond:
        rows: list[Sequence[Cell]] = [
            [
                f"{each.family or 'Company'} FY{each.year}: {each.kind.value}",
                ("sign", signed(each.amount / worth, 2)),
                ("sign", f"{signed(each.share, 1)} %") if each.share is not None else "–",
                each.owner,
            ]
            for each in beyond
        ]
        table = Table(
            heads=["largest gaps", "amount", "%", "who answers"],
            lines=rows,
            widths="1fr, 40pt, 40pt, 60pt",
            left=frozenset({0, 3}),
        )
        blocks += [
            gap(2),
            section(
                f"{sum(g.beyond for g in summary.gaps)} gaps to budget and demand are beyond tolerance",
                f"{summary.currency} {name}; every pair of plans: Gaps",
            ),
            table.text(),
        ]
    return blocks


def _spanned(risks: pl.DataFrame, measure: str, worth: int) -> tuple[str, str, str]:
    """Give the sum of what is against us, what is expected, and the sum of what is for us."""
    amounts = [int(v) * MONEY for v in risks[measure].to_list() if v is not None]
    chances = [
        Decimal(str(p)) * int(v) * MONEY
        for p, v in risks.select("probability", measure).iter_rows()
        if v is not None and p is not None
    ]
    low, high = (sum((a for a in amounts if (a > 0) is up), Decimal(0)) for up in (False, True))
    return signed(low / worth, 2), signed(sum(chances, Decimal(0)) / worth, 2), signed(high / worth, 2)
