"""Why demand moved between two plans: one thing that went in is replaced after the other, until the later plan stands.

The earlier plan is forecast again with what went into the later one, cause by cause in this order: actuals (history,
structure and calendar of the later plan, predicted with what the earlier one had learned) · model change (what was
learned anew) · launches, endings, promotions and prices · opinions (streams, rules, mix) · adjustments (the log). A
cause is what its step moved, so that the causes add up to the change, count by count; what a plan says otherwise than
these very steps gives a line of its own (another release of the program). Source: sequential replacement, as in a
price-volume bridge; the order decides who is given what two causes do together. Reads `baseline_demand`,
`consensus_base` and `consensus_demand` of both plans; writes no measure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.entries import Change, Logged
from trivet.core.fold import fold
from trivet.core.ids import Counts, GrainName, MeasureId
from trivet.core.learned import Learned
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import Model, PlanInputs
from trivet.core.ports import Forecaster
from trivet.core.renames import by_todays_codes
from trivet.planning.make import Agreed, agree_demand, units_of
from trivet.planning.rows import Axes, in_rows_of

TOLD: Final = (MeasureId("baseline_demand"), MeasureId("consensus_base"), MeasureId("consensus_demand"))
"""Measures whose causes are told."""
EVENTS: Final = ("launches", "launch_victims", "promotions", "price_changes")
"""Tables of what is planned with items and events; the dates of items go with them."""
OPINIONS: Final = ("streams", "consensus_rules", "forecast_methods", "mix", "prices", "exchange_rates")
"""Tables of what people and markets say; prices turn streams in money into units."""
DATES: Final = ("first_sale", "last_sale", "successor")


class Cause(StrEnum):
    """What moved a plan, in the order it is replaced."""

    ACTUALS = "actuals"
    MODEL = "model change"
    LEARNED = "actuals and model change"
    EVENTS = "launches, endings, promotions, prices"
    OPINIONS = "opinions"
    ADJUSTMENTS = "adjustments"
    RELEASE = "another release"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Taught:
    """A forecaster and what it learned from a snapshot."""

    forecaster: Forecaster
    learned: Learned


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """One of the two plans, and what it was made from.

    Attributes:
        demand: its numbers, in the grain demand, as they are looked at.
        inputs: what they were made from, before classes are added or after.
        entries: the log in them.
        taught: what it was predicted with; None of the earlier plan = not kept.
    """

    demand: Panel
    inputs: PlanInputs
    entries: Sequence[Logged]
    taught: Taught | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bridge:
    """Why demand moved from one plan to another: `before` and all causes add up to `after`.

    Attributes:
        before, after: numbers of the plans in the buckets compared, 0 elsewhere.
        causes: what each cause moved, in the order of replacement.
        columns: buckets compared: those open in both plans.
    """

    before: Panel
    after: Panel
    causes: Mapping[Cause, Panel]
    columns: slice


def find_causes(before: Side, after: Side, axes: Axes | None) -> Bridge:
    """Tell why demand moved between two plans of one scenario.

    Args:
        before: the earlier plan, of the same cycle or an earlier one.
        after: the later plan; its calendar, codes and structure are those of the answer.
        axes: looks up the series of the plan an entry was made on.

    Raises ValueError when the later side does not say what it was taught.

    Returns:
        Panels over the series of both plans and the buckets of the later one, with the measures of `TOLD`.
    """
    model = after.inputs.model
    if after.taught is None:
        raise ValueError("the later plan's forecaster and what it learned are needed to tell causes")
    states = _states(before, after, after.taught, axes)
    panels = [panel for _, panel in states]
    keys = _all_keys(panels)
    columns = slice(model.buckets.first_open, _reach(before.demand.buckets, model.buckets))
    placed = [_placed(panel, keys, model.buckets, columns) for panel in panels]
    moved: dict[Cause, Panel] = {}
    for (cause, _), (one, two) in zip(states[1:], pairwise(placed), strict=True):
        moved[cause] = _plus(moved.get(cause), one, two)
    order = [cause for cause in Cause if cause in moved]
    return Bridge(before=placed[0], after=placed[-1], causes={cause: moved[cause] for cause in order}, columns=columns)


def _states(before: Side, after: Side, now: Taught, axes: Axes | None) -> list[tuple[Cause, Panel]]:
    """Give the demand of each step and the cause it adds, from the one plan to the other, by the later one's codes."""
    dimensions = after.inputs.model.dimensions
    found = [(Cause.RELEASE, by_todays_codes(before.demand, dimensions))]
    facts = _with_plans_of(after.inputs, before.inputs, (*EVENTS, *OPINIONS))
    kept = [_lasting(logged) for logged in before.entries]
    if before.taught is None:
        agreed = _agree(facts, now)
        found.append((Cause.LEARNED, _fold(agreed, kept, axes)))
    else:
        again = make_demand(before.inputs, before.entries, before.taught, axes)
        found.append((Cause.RELEASE, by_todays_codes(again, dimensions)))
        found.append((Cause.ACTUALS, make_demand(facts, kept, before.taught, axes)))
        agreed = _agree(facts, now)
        found.append((Cause.MODEL, _fold(agreed, kept, axes)))
    for cause, held in ((Cause.EVENTS, OPINIONS), (Cause.OPINIONS, ())):
        inputs = _with_plans_of(after.inputs, before.inputs, held)
        if not _same_tables(facts, inputs):
            agreed, facts = _agree(inputs, now), inputs
        found.append((cause, _fold(agreed, kept, axes)))
    found.append((Cause.ADJUSTMENTS, _fold(agreed, after.entries, axes)))
    return [*found, (Cause.RELEASE, after.demand)]


def make_demand(inputs: PlanInputs, entries: Sequence[Logged], taught: Taught, axes: Axes | None) -> Panel:
    """Make demand up to the consensus, people's changes included.

    Args:
        inputs: what it is made from.
        entries: people's changes.
        taught: what it is predicted with.
        axes: looks up the series of the plan an entry was made on; None = the same as here.
    """
    return _fold(_agree(inputs, taught), entries, axes)


def _agree(inputs: PlanInputs, taught: Taught) -> Agreed:
    return agree_demand(inputs, taught.forecaster, taught.learned)


def _fold(agreed: Agreed, entries: Sequence[Logged], axes: Axes | None) -> Panel:
    inputs = agreed.inputs
    moves = in_rows_of(entries, agreed.demand, axes, inputs.model)
    return fold(agreed.demand, moves, inputs.model, units_of(inputs))[0]


def _same_tables(one: PlanInputs, other: PlanInputs) -> bool:
    """Tell whether two inputs of one model say the same, so that demand need not be made again."""
    return all(one.tables[name].equals(other.tables[name]) for name in (*EVENTS, *OPINIONS, "items"))


def _lasting(logged: Logged) -> Logged:
    """Give an adjustment that does not expire with the later cycle: that it no longer counts is an adjustment's end."""
    if not isinstance(logged.entry, Change) or logged.entry.expires is None:
        return logged
    return replace(logged, entry=replace(logged.entry, expires=None))


def _with_plans_of(inputs: PlanInputs, earlier: PlanInputs, tables: Sequence[str]) -> PlanInputs:
    """Give inputs with some tables as an earlier plan had them, by today's codes."""
    model = inputs.model
    held = {name: _carried(earlier.table(name), model) for name in tables}
    if "promotions" in held:
        held["promotions"] = _planned_then(held["promotions"], inputs.table("promotions"), model.buckets)
    if "launches" in held:
        held["items"] = _dated_then(inputs.table("items"), _carried(earlier.table("items"), model, known=False))
    return replace(inputs, tables={**inputs.tables, **held})


def _carried(frame: pl.DataFrame, model: Model, *, known: bool = True) -> pl.DataFrame:
    """Give a table of an earlier plan by today's codes; rows of members that are gone are left out where asked."""
    for name in frame.columns:
        if frame[name].dtype != pl.String:
            continue
        owner = next((one for one in model.dimensions.values() if name in one.renames), None)
        if owner is not None:
            frame = frame.with_columns(pl.col(name).replace({old: to.new for old, to in owner.renames[name].items()}))
        if known and name in model.dimensions:
            there = model.dimensions[name].members[name].cast(pl.String).implode()
            frame = frame.filter(pl.col(name).is_null() | (pl.col(name) == "") | pl.col(name).is_in(there))
    return frame


def _planned_then(then: pl.DataFrame, now: pl.DataFrame, buckets: Buckets) -> pl.DataFrame:
    """Give the promotions that began, as they are known now, and those to come as they were planned then."""
    began = now.filter(pl.col("first") < buckets.current)
    coming = then.filter(
        (pl.col("first") >= buckets.current) & ~pl.col("promotion").is_in(began["promotion"].implode())
    )
    return pl.concat([began, coming.select(began.columns)])


def _dated_then(now: pl.DataFrame, then: pl.DataFrame) -> pl.DataFrame:
    """Give the items with the dates and successors they had then; new ones with their own."""
    was = then.select("item", *DATES).unique("item", keep="first", maintain_order=True)
    was = was.rename({name: f"{name} then" for name in DATES}).with_columns(pl.lit(value=True).alias("known then"))
    joined = now.join(was, on="item", how="left", maintain_order="left")
    own = pl.col("known then").is_null()
    dates = [pl.when(own).then(name).otherwise(f"{name} then").alias(name) for name in DATES]
    return joined.with_columns(dates).select(now.columns)


def _reach(earlier: Buckets, later: Buckets) -> int:
    """Give the first bucket of the later axis that the earlier plan does not reach."""
    return int(sum(edge <= earlier.edges[-1] for edge in later.edges[1:]))


def _all_keys(panels: Sequence[Panel]) -> pl.DataFrame:
    names = panels[-1].keys.columns
    columns: Mapping[str, list[str]] = {
        name: [code for panel in panels for code in panel.keys[name].to_list()] for name in names
    }
    return make_keys(columns)


def _placed(panel: Panel, keys: pl.DataFrame, buckets: Buckets, columns: slice) -> Panel:
    """Give the open numbers of a panel on other keys and buckets, 0 outside the buckets compared."""
    whole = Panel(grain=GrainName(panel.grain), keys=keys, buckets=buckets)
    there = {start: at for at, start in enumerate(panel.buckets.starts)}
    into = [at for at in range(columns.start, columns.stop) if buckets.starts[at] in there]
    taken = [there[buckets.starts[at]] for at in into]
    rows, counts = whole.find(panel.keys), {}
    for name in TOLD:
        values: Counts = np.zeros((panel.rows, len(buckets)), dtype=np.int64)
        values[:, into] = panel.count(name)[:, taken]
        array = np.zeros(whole.shape, dtype=np.int64)
        np.add.at(array, rows, values)
        counts[name] = array
    return whole.with_counts({str(name): array for name, array in counts.items()})


def _plus(sofar: Panel | None, one: Panel, two: Panel) -> Panel:
    """Add what lies between two states to what a cause moved before."""
    moved = {str(name): two.count(name) - one.count(name) for name in TOLD}
    if sofar is not None:
        moved = {name: array + sofar.count(name) for name, array in moved.items()}
    return two.with_counts(moved)
