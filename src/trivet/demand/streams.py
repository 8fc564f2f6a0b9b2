"""Opinions brought to one grain: what sales, marketing, finance and customers expect, each spread from its own level.

Reads `streams`, `baseline_demand`, `price`; writes `<stream>_demand` with a mask of the cells the stream spoke of.
A row says units, value (converted by the bucket's prices and mix) or percent on the statistical forecast, over any of
item, family, market, region, channel (F5, F18: streams first come to one unit, level and price). The finer row
counts: a coarser one spreads what is left of its total. Every total comes back to the quantum.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

import numpy as np
import polars as pl

from trivet.core.ids import Counts, Flags, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Scope, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, round_to_counts, to_amounts, to_decimal
from trivet.core.seasons import YEAR_BUCKETS
from trivet.core.spread import spread
from trivet.demand.baseline import alive_ahead
from trivet.demand.history import bucket_columns
from trivet.demand.lifecycle import launched_later
from trivet.demand.scope import LEVELS, Members, members_of, units_text
from trivet.demand.split import apply_splits

_DIMENSION: Final = {"item": "item", "family": "item", "market": "market", "region": "market", "channel": "market"}
_SAYS: Final = ("quantity", "value", "percent")


def spread_streams(inputs: PlanInputs, demand: Panel) -> tuple[Panel, tuple[Issue, ...]]:
    """Write one measure a stream, absent where the stream said nothing.

    Issues: unknown streams and members, rows in closed buckets or beyond the horizon (with their amounts), rows
    that say nothing or two things, values without a price, totals below what finer rows already hold.
    """
    spreading = _Spreading(inputs=inputs, demand=demand, members=members_of(inputs, demand.keys))
    rows = spreading.placed(inputs.table("streams"))
    counts: dict[str, Counts] = {}
    present: dict[str, Flags] = {}
    known = known_streams(inputs)
    for stream, measure in known.items():
        counts[measure], present[measure] = spreading.stream(rows.filter(pl.col("stream") == stream), measure)
    unknown = rows.filter(~pl.col("stream").is_in(list(known)))["stream"].unique().sort().to_list()
    for name in unknown:
        near = get_close_matches(name, list(known), n=1)
        spreading.say(
            "demand.unknown-stream",
            f"'{name}' is no stream of this plan; known are {', '.join(known)}."
            f"{f' Maybe {near[0]!r}?' if near else ''} Its rows are not used.",
            f"Rename it, or add a measure {name}_demand to the registry.",
        )
    return demand.with_counts(counts, present), tuple(spreading.issues)


def known_streams(inputs: PlanInputs) -> Mapping[str, str]:
    """Give the streams of this plan and their measures: absent-able measures of the demand grain called NAME_demand."""
    measures = inputs.model.registry.of_grain("demand")
    return {
        spec.id.removesuffix("_demand"): spec.id
        for spec in measures
        if spec.id.endswith("_demand") and spec.missing == "absent"
    }


@dataclass(slots=True)
class _Spreading:
    """Spreads the rows of one plan and remembers what went wrong."""

    inputs: PlanInputs
    demand: Panel
    members: Members
    issues: list[Issue] = field(default_factory=list)
    alive: Flags = field(init=False)
    mix: Rates = field(init=False)

    def __post_init__(self) -> None:
        """Find the cells that can take a part, and the mix they are spread by."""
        self.mix = apply_splits(self.inputs, self.demand, self.demand.count("baseline_demand"), self.members)[0]
        open_buckets = np.zeros(self.demand.shape, dtype=np.bool_)
        open_buckets[:, self.demand.buckets.first_open :] = alive_ahead(self.inputs, self.demand)
        self.alive = open_buckets & ~launched_later(self.inputs, self.demand)

    def placed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Keep rows of open buckets, in a fixed order, with `column`; say what the others carry."""
        buckets = self.demand.buckets
        ordered = rows.with_columns(pl.col("stream").str.to_lowercase()).sort("stream", *LEVELS, "bucket")
        ordered = ordered.with_columns(
            pl.Series("column", bucket_columns(self.inputs, ordered["bucket"]), dtype=pl.Int64)
        )
        closed = ordered.filter(pl.col("column") < buckets.first_open)
        beyond = ordered.filter(pl.col("column") >= len(buckets))
        for part, code, where in (
            (closed, "demand.stream-closed", "closed buckets"),
            (beyond, "demand.stream-beyond", "buckets beyond the horizon"),
        ):
            if part.height:
                words = f"{part.height} rows lie in {where} and are not used: {_amounts(part)}."
                self.say(code, words, "Nothing to do if they are old; else mend their bucket.", note=True)
        return ordered.filter((pl.col("column") >= buckets.first_open) & (pl.col("column") < len(buckets)))

    def stream(self, rows: pl.DataFrame, measure: str) -> tuple[Counts, Flags]:
        """Spread all rows of a stream, finest scope first."""
        counts = np.zeros(self.demand.shape, dtype=np.int64)
        given = np.zeros(self.demand.shape, dtype=np.bool_)
        scopes = []
        for scope, part in rows.group_by(list(LEVELS), maintain_order=True):
            names = dict(zip(LEVELS, (str(name) for name in scope), strict=True))
            cells = np.flatnonzero(self.members.rows(names)).astype(np.int64)
            if len(cells):
                scopes.append((len(cells), tuple(names.values()), cells, part))
            else:
                self._nobody(measure, names, part)
        for _, scope, cells, part in sorted(scopes, key=lambda one: one[:2]):
            for row in part.select("column", *_SAYS).iter_rows():
                self._give(measure, scope, cells, row, (counts, given))
        return counts, given

    def _give(
        self,
        measure: str,
        scope: Sequence[str],
        cells: Counts,
        row: tuple[int, int | None, int | None, float | None],
        into: tuple[Counts, Flags],
    ) -> None:
        """Spread one row over its live cells; cells a finer row gave keep their value."""
        column, counts, given = row[0], into[0], into[1]
        alive = self.alive[cells, column] | given[cells, column]
        live = cells[alive]
        total = self._total(measure, scope, live, row)
        if total is None:
            return
        if not len(live):
            words = f"{units_text(total)} units are expected where nothing is sold in that bucket."
            self.say("demand.stream-nowhere", words, "Check item dates and launches.", self._at(measure, scope, column))
            return
        locked = given[live, column]
        found = spread(total, self._weights(live, column), current=counts[live, column] * locked, locked=locked, step=1)
        if isinstance(found, Issue):
            words = f"{units_text(total)} units are less than finer rows already give: {found.message}"
            self.say("demand.stream-conflict", words, "Mend one of the rows.", self._at(measure, scope, column))
            found = counts[live, column]
        counts[live, column] = found
        given[live, column] = True

    def _total(
        self, measure: str, scope: Sequence[str], live: Counts, row: tuple[int, int | None, int | None, float | None]
    ) -> int | None:
        """Give the row's total in counts of quantity; None when it says nothing that can be used."""
        column, quantity, value, percent = row
        said = [name for name, amount in zip(_SAYS, row[1:], strict=True) if amount is not None]
        if len(said) != 1:
            words = f"a row must say one of quantity, value or percent; it says {', '.join(said) or 'none'}."
            used = f" {said[0]} is used." if said else ""
            self.say("demand.stream-says", words + used, "Leave one of them.", self._at(measure, scope, column))
        total: int | None = quantity
        if quantity is None and value is not None:
            total = self._from_value(measure, scope, live, column, value)
        elif quantity is None and percent is not None:
            base = float(to_amounts(self.demand.count("baseline_demand")[live, column].sum(), QUANTITY))
            total = int(round_to_counts(np.array(base * (1 + percent / 100)), QUANTITY))
        if total is not None and total < 0:
            words = f"{units_text(total)} units: demand can't be negative; it is not used."
            self.say("demand.stream-negative", words, "Mend the row.", self._at(measure, scope, column))
            return None
        return total

    def _from_value(self, measure: str, scope: Sequence[str], live: Counts, column: int, value: int) -> int | None:
        """Turn money into units: `value / (sum of weight x price / sum of weight)` over cells with a price."""
        priced = self.demand.mask("price")[live, column] & (self.demand.rate("price")[live, column] > 0)
        weight = np.where(priced, self._weights(live, column), 0.0)
        if not weight.sum() > 0:
            words = f"{to_decimal(value, MONEY):,.2f} can't be turned into units: no price is known."
            self.say("demand.stream-price", words, "Add prices, or give units.", self._at(measure, scope, column))
            return None
        mean = float((weight * self.demand.rate("price")[live, column]).sum() / weight.sum())
        return int(round_to_counts(np.array(float(to_decimal(value, MONEY)) / mean), QUANTITY))

    def _weights(self, live: Counts, column: int) -> Rates:
        """Give the mix: the baseline's with splits set by hand, else last year's, else equal."""
        mix = self.mix[live, column]
        year = YEAR_BUCKETS[self.demand.buckets.calendar]
        back = column - year * -(-(column - self.demand.buckets.first_open + 1) // year)
        if not mix.any() and back >= 0:
            mix = self.demand.count("demand_history")[live, back].astype(np.float64)
        return mix if mix.any() else np.ones(len(live))

    def _nobody(self, measure: str, names: Mapping[str, str], rows: pl.DataFrame) -> None:
        """Say that no series lies under the members named, with the nearest name where one is unknown."""
        hints = []
        for level, name in names.items():
            known = self.inputs.model.dimensions[_DIMENSION[level]]
            members = sorted(set(known.members[level].to_list())) if level in known.levels else []
            if name and name not in members:
                near = get_close_matches(name, members, n=1)
                hints.append(f"{level} '{name}' is not known.{f' Maybe {near[0]!r}?' if near else ''}")
        words = f"{rows.height} rows speak of no series: {_amounts(rows)}. {' '.join(hints)}".strip()
        self.say(
            "demand.stream-nobody", words, "Mend the names.", Place(measure=MeasureId(measure), scope=_scope(names))
        )

    def _at(self, measure: str, scope: Sequence[str], column: int) -> Place:
        day = self.demand.buckets.starts[column]
        return Place(
            measure=MeasureId(measure), scope=_scope(dict(zip(LEVELS, scope, strict=True))), first=day, last=day
        )

    def say(self, code: str, words: str, advice: str, place: Place | None = None, *, note: bool = False) -> None:
        """Remember an issue."""
        severity = Severity.NOTE if note else Severity.WARNING
        where = place or Place(source="streams")
        self.issues.append(Issue(code=code, severity=severity, place=where, message=words, advice=advice))


def _scope(names: Mapping[str, str]) -> Scope:
    return tuple(
        Node(dimension=_DIMENSION[level], level=level, member=MemberId(name)) for level, name in names.items() if name
    )


def _amounts(rows: pl.DataFrame) -> str:
    """Show what rows carry: units and money."""
    units, money = (int(rows[name].fill_null(0).sum()) for name in ("quantity", "value"))
    worth = f"{to_decimal(money, MONEY).quantize(Decimal('0.01')):,}" if money else ""
    parts = [f"{units_text(units)} units" if units else "", f"{worth} in money" if worth else ""]
    return " and ".join(part for part in parts if part) or "no amounts"
