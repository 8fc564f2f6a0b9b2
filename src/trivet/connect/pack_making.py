"""How each family is made, and by how many people: the strategy beside the production it asks for (F1, F2, Y1).

Reads the tables `production_strategies` and `items`, `strategy_production` of the supply panel and the people of the
load panel: heads at the end of the bucket, who joins, who leaves, and hours of temporary labour.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from trivet.connect.pack_figures import Figures, Row
from trivet.connect.pack_told import bucket_word
from trivet.connect.pdf_words import bucket
from trivet.core.buckets import Buckets
from trivet.core.measures import QUANTUM, Unit
from trivet.core.quantities import QUANTITY

_HOURS: Final = QUANTUM[Unit.HOURS] or Decimal("0.001")
PEOPLE: Final = (
    ("people", "heads", True),
    ("join", "hires", False),
    ("leave", "leavers", False),
    ("temporary, h", "temporary_hours", False),
)
"""Rows of the people plan: label, measure, and whether it is a state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How a family is made.

    Attributes:
        strategy: level, chase or hybrid; None where the company sets none.
        words: the same in a sentence, with the blocks of level production.
        asked: production the strategy asks for, without limits; None where there is no strategy.
    """

    strategy: str | None
    words: str
    asked: Row | None

    @property
    def label(self) -> str:
        """What stands beside "Production"."""
        return self.strategy or "free"


def making_of(figures: Figures, family: str) -> Making:
    """Say how a family is made, from its rows of `production_strategies`."""
    table = figures.inputs.table("production_strategies").filter(pl.col("family") == family)
    if table.is_empty():
        free = "free: production follows demand and is built ahead where hours or material bind"
        return Making(strategy=None, words=f"Strategy {free} (none is set)", asked=None)
    rows = table.sort("first", nulls_last=False).select("strategy", "block", "first", "last").rows()
    strategy = str(rows[-1][0])
    blocks = [_block(figures.buckets, block, first, last) for kind, block, first, last in rows if kind != "chase"]
    words = {
        "level": f"the same every working day, {' and '.join(blocks)}",
        "chase": "what is needed is made when it is needed",
        "hybrid": f"level in {' and '.join(blocks)}, what is needed between",
    }[strategy]
    return Making(strategy=strategy, words=f"Strategy {strategy}: {words}", asked=_asked(figures, family))


def _block(buckets: Buckets, name: str | None, first: date | None, last: date | None) -> str:
    """Name a block of level production and when it is."""
    starts = list(buckets.starts)
    begin, end = (
        bucket(buckets, starts.index(day)) if day in starts else "" if day is None else f"{day:%b %y}"
        for day in (first, last)
    )
    when = f"{begin} to {end}" if begin and end else f"from {begin} on" if begin else f"until {end}" if end else ""
    when = when or "over the whole plan"
    return f"{name} ({when})" if name else when


def _asked(figures: Figures, family: str) -> Row | None:
    counts = figures.at_sites(figures.supply.count("strategy_production"), family)
    if not counts.any():
        return None
    return Row(label="", unit="", style="units", counts=counts, quantum=QUANTITY, known=figures.is_open, whole=True)


def people_rows(figures: Figures) -> list[tuple[str, str, Row]]:
    """Give the people plan: (resource, label, row), resources with people only; nothing that is 0 throughout."""
    load, found = figures.load, list[tuple[str, str, Row]]()
    for index, name in enumerate(load.keys["resource"].to_list()):
        if not load.count("heads")[index].any():
            continue
        for label, measure, state in PEOPLE:
            counts = load.count(measure)[index]
            if state or counts.any():
                quantum = _HOURS if measure == "temporary_hours" else QUANTITY
                row = Row(
                    label="",
                    unit="",
                    style="people",
                    counts=counts,
                    quantum=quantum,
                    known=figures.is_open,
                    state=state,
                )
                found.append((name, label, row))
    return found


def people_message(figures: Figures) -> str:
    """Say how many people there are at the end of the plan's year, and how many join and leave on the way."""
    load, first = figures.load, figures.buckets.first_open
    year = slice(first, min(first + 12, len(figures.buckets)))
    now, then = (int(load.count("heads")[:, t].sum()) * QUANTITY for t in (year.start, year.stop - 1))
    joined, left = (int(load.count(name)[:, year].sum()) * QUANTITY for name in ("hires", "leavers"))
    moved = f"{joined:,.0f} join and {left:,.0f} leave" if joined or left else "nobody joins or leaves"
    span = f"{year.stop - year.start} {bucket_word(figures.buckets)}s"
    return f"{now:,.0f} people now, {then:,.0f} in {span}: {moved}"
