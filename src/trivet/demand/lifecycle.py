"""Births and deaths: launches with their ramp, what they take from others, endings and who takes over.

Reads `launches`, `launch_victims`, item dates and successors; changes `baseline_demand` in open buckets.
`F_t = (V - fill) x ramp(buckets since launch) x season(place in the year) / norm + fill in the first bucket` (F15): the
first 12 buckets add up to V = `first_year` exactly, pipeline fill within. Victims lose `share x V` along the curve of
what consumers buy (the fill is stock on the shelf, nobody has bought it yet), never below 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from trivet.core.ids import Counts, Flags, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY, round_to_counts, to_amounts
from trivet.core.seasons import YEAR_BUCKETS, seasonal_index
from trivet.core.spread import spread
from trivet.demand.baseline import alive_ahead
from trivet.demand.presence import life_of
from trivet.demand.scope import Members, members_of, units_text
from trivet.demand.training import Training, training_series

_WHOLE: Final = 1.0 + 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One launch: bucket numbers may lie outside the axis."""

    item: str
    starts: int
    first_year: int
    fill: int
    ramp: tuple[float, ...]
    like: str


def apply_life_cycle(inputs: PlanInputs, demand: Panel) -> tuple[Panel, tuple[Issue, ...]]:
    """Put launches, victims, endings and successors into `baseline_demand`.

    A launch whose `in_plan` is false stays out (an empty flag is in). A launch that is already selling is left to its
    own history. Quantities are exact: the buckets of a launch add up, and so do its markets.
    """
    members = members_of(inputs, demand.keys)
    training = training_series(inputs, demand)
    alive = np.zeros(demand.shape, dtype=np.bool_)
    alive[:, demand.buckets.first_open :] = alive_ahead(inputs, demand)
    baseline = demand.count("baseline_demand").copy()
    issues: list[Issue] = list(_take_over(inputs, demand, members, baseline))
    fresh: Flags = np.asarray(launched_later(inputs, demand).any(axis=1))
    for launch in _launches(inputs, demand, members, issues):
        rows = np.flatnonzero(members.item == launch.item)
        curve, volume = _curve(launch, training, members, demand)
        mix = _market_mix(launch, training, members, rows)
        for column in range(demand.buckets.first_open, len(demand.buckets)):
            baseline[rows, column] = _split(int(volume[column]), mix, alive[rows, column])
        issues += _take(inputs.table("launch_victims"), members, fresh, baseline, launch, curve)
    return demand.with_counts({"baseline_demand": baseline}), tuple(issues)


def launched_later(inputs: PlanInputs, demand: Panel) -> Flags:
    """Tell in which buckets a launch keeps its item out: before it starts, or always when it is not in the plan."""
    out = np.zeros(demand.shape, dtype=np.bool_)
    items = demand.keys["item"].to_numpy()
    history = demand.mask("demand_history")[:, : demand.buckets.first_open].any(axis=1)
    for item, day, in_plan in inputs.table("launches").select("item", "launch", "in_plan").iter_rows():
        rows = np.flatnonzero((items == item) & ~history)
        out[rows, : None if in_plan is False else max(_column(demand, day), 0)] = True
    return out


def _launches(inputs: PlanInputs, demand: Panel, members: Members, issues: list[Issue]) -> Iterator[Launch]:
    """Give the launches that bring volume: in the plan, inside the horizon, not selling yet."""
    names = ("item", "launch", "first_year", "pipeline_fill", "ramp", "like_item", "in_plan")
    selling = np.asarray(demand.mask("demand_history")[:, : demand.buckets.first_open].any(axis=1))
    table = inputs.table("launches").sort("item").select(names)
    for item, day, first_year, fill, ramp, like, in_plan in table.iter_rows():
        rows = np.flatnonzero(members.item == item)
        refused = _kept_out(demand, item, day, len(rows), first_year if in_plan is False else None)
        if refused:
            issues.append(refused)
        elif not selling[rows].any():
            shares = _ramp(ramp)
            issues += _doubts(item, day, first_year, fill or 0, ramp if shares is None else None)
            yield Launch(
                item=item,
                starts=_column(demand, day),
                first_year=first_year,
                fill=min(fill or 0, first_year),
                ramp=shares or (1.0,),
                like=like or "",
            )


def _kept_out(demand: Panel, item: str, day: date, rows: int, left_out: int | None) -> Issue | None:
    """Say why a launch brings nothing; None when it does."""
    if not rows:
        return _issue("demand.launch-unknown", item, day, "is launched but is not in items.", "Add it to items.csv.")
    if left_out is not None:
        words = f"is out of the plan: {units_text(left_out)} units of its first year are not counted."
        return _issue("demand.launch-out", item, day, words, "Set in_plan when it passes its gate.", note=True)
    if _column(demand, day) >= len(demand.buckets):
        return _issue("demand.launch-late", item, day, "is launched after the horizon.", "", note=True)
    return None


def _doubts(item: str, day: date, first_year: int, fill: int, ramp: str | None) -> Iterator[Issue]:
    """Say what is odd about a launch that is planned all the same."""
    if ramp is not None:
        words = f"has the ramp '{ramp}'; expected shares like 0.35 0.6 0.85 1. It is taken as full from the start."
        yield _issue("demand.launch-ramp", item, day, words, "Mend ramp in launches.csv.")
    if fill > first_year:
        words = f"fills the pipeline with {units_text(fill)}, more than its first year of {units_text(first_year)}."
        yield _issue("demand.launch-fill", item, day, words, "The fill is part of first_year: mend one of them.")


def _ramp(text: str | None) -> tuple[float, ...] | None:
    """Read `0.35 0.6 0.85 1`; full from the start when empty, None when it can't be read."""
    try:
        shares = tuple(float(part) for part in (text or "1").replace(";", " ").replace(",", " ").split())
    except ValueError:
        return None
    return shares if shares and all(0 <= share <= 10 for share in shares) and shares[-1] > 0 else None


def _column(demand: Panel, day: date) -> int:
    """Give the bucket of a day; -1 before the axis, len(buckets) after it."""
    edges = np.array(demand.buckets.edges, dtype="datetime64[D]")
    return int(np.searchsorted(edges, np.datetime64(day, "D"), side="right")) - 1


def _curve(launch: Launch, training: Training, members: Members, demand: Panel) -> tuple[Rates, Counts]:
    """Give the consumer curve (parts of the first year's volume) and the volume in counts, by bucket of the axis."""
    year = YEAR_BUCKETS[demand.buckets.calendar]
    like = (members.item == launch.like) if launch.like else np.zeros(len(members.item), dtype=np.bool_)
    if not (training.length[like] >= 2 * year).any():
        family = members.family[members.item == launch.item][0]
        like = members.family == family
    like &= training.length >= 2 * year
    index = seasonal_index(training.values[like].sum(axis=0, keepdims=True), year)[0]
    ages = np.arange(max(len(demand.buckets) - launch.starts, year))
    full = np.array(launch.ramp)[np.minimum(ages, len(launch.ramp) - 1)] * index[(launch.starts + ages) % year]
    curve = full / full[:year].sum()
    first = spread(launch.first_year - launch.fill, curve[:year], current=_none(year), locked=_never(year), step=1)
    volume = round_to_counts(curve * float(to_amounts(np.array(launch.first_year - launch.fill), QUANTITY)), QUANTITY)
    volume[:year] = first if not isinstance(first, Issue) else volume[:year]
    volume[0] += launch.fill
    by_bucket, counts = np.zeros(len(demand.buckets)), np.zeros(len(demand.buckets), dtype=np.int64)
    inside = (launch.starts + ages >= demand.buckets.first_open) & (launch.starts + ages < len(demand.buckets))
    by_bucket[launch.starts + ages[inside]], counts[launch.starts + ages[inside]] = curve[inside], volume[inside]
    return by_bucket, counts


def _none(size: int) -> Counts:
    return np.zeros(size, dtype=np.int64)


def _never(size: int) -> Flags:
    return np.zeros(size, dtype=np.bool_)


def _market_mix(launch: Launch, training: Training, members: Members, rows: Counts) -> Rates:
    """Give the weight of each of the launch's markets: the like item's last year, else its family's, else equal."""
    for same in (members.item == launch.like, members.family == members.family[rows[0]]):
        sold = np.where(same, training.values[:, -training.season :].sum(axis=1), 0.0)
        mix = np.array([sold[members.market == market].sum() for market in members.market[rows]])
        if mix.sum() > 0:
            return mix
    return np.ones(len(rows))


def _split(total: int, weights: Rates, alive: Flags) -> Counts:
    """Spread over live cells; nothing where none is alive."""
    size = len(weights)
    found = spread(total, weights, current=_none(size), locked=_never(size), step=1, alive=alive)
    return _none(size) if isinstance(found, Issue) else found


def _take(
    victims: pl.DataFrame, members: Members, fresh: Flags, baseline: Counts, launch: Launch, curve: Rates
) -> Iterator[Issue]:
    """Take the victims' part out of `baseline`, never below 0; say what could not be taken.

    Other items not yet selling (`fresh`) lose nothing: what they bring was said net of each other.
    """
    own = victims.filter(pl.col("item") == launch.item).sort("victim", "family")
    whole = float(own["share"].sum())
    if whole > _WHOLE:
        words = f"takes {whole:.0%} of its volume from others; at most 100 % is possible: all shares are scaled down."
        yield _issue("demand.victims-over", launch.item, None, words, "Mend launch_victims.csv.")
    total = float(to_amounts(np.array(launch.first_year), QUANTITY))
    for victim, family, share in own.select("victim", "family", "share").iter_rows():
        rows = np.flatnonzero(members.rows({"item": victim or "", "family": family or ""}) & ~fresh)
        lost = round_to_counts(curve * total * share / max(whole, 1.0), QUANTITY)
        missed = 0
        for column in np.flatnonzero(lost):
            there = baseline[rows, column]
            taken = min(int(lost[column]), int(there.sum()))
            missed += int(lost[column]) - taken
            baseline[rows, column] = there - _split(taken, there, there > 0)
        if missed:
            name = victim or f"family {family}"
            words = f"would take {units_text(missed)} units more from {name} than it sells: it stops at 0."
            yield _issue("demand.victims-floor", launch.item, None, words, "Lower the share.")


def _take_over(inputs: PlanInputs, demand: Panel, members: Members, baseline: Counts) -> Iterator[Issue]:
    """Move what an ending item would have sold to its successor, unless a launch gives the successor's volume."""
    launched = set(inputs.table("launches")["item"].to_list())
    dies = life_of(inputs, demand).dies
    year = YEAR_BUCKETS[demand.buckets.calendar]
    follows = dict(inputs.table("items").select("item", "successor").iter_rows())
    place = {key: row for row, key in enumerate(demand.keys.select("item", "market").iter_rows())}
    for item in sorted({str(name) for name in members.item}):
        heir = follows.get(item) or ""
        rows = [row for row in np.flatnonzero(members.item == item) if dies[row] < len(demand.buckets)]
        rows = [row for row in rows if dies[row] > demand.buckets.first_open]
        pairs = [
            (row, place[heir, str(members.market[row])]) for row in rows if (heir, str(members.market[row])) in place
        ]
        if heir in launched or not pairs:
            continue
        moved = 0
        for row, to in pairs:
            course = (
                np.where(demand.mask("demand_history")[row], demand.count("demand_history")[row], 0) + baseline[row]
            )
            for column in range(int(dies[row]), len(demand.buckets)):
                course[column] = course[column - year] if column >= year else 0
                baseline[to, column] += course[column]
                moved += int(course[column])
        words = f"ends: {units_text(moved)} units a year earlier's pace are moved to its successor {heir}."
        yield _issue(
            "demand.taken-over", item, None, words, "Plan a launch of the successor to say otherwise.", note=True
        )


def _issue(code: str, item: str, day: date | None, words: str, advice: str, *, note: bool = False) -> Issue:
    return Issue(
        code=code,
        severity=Severity.NOTE if note else Severity.WARNING,
        place=Place(
            measure=MeasureId("baseline_demand"),
            scope=(Node(dimension="item", level="item", member=MemberId(item)),),
            first=day,
            last=day,
        ),
        message=f"{item} {words}",
        advice=advice,
    )
