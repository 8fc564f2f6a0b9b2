"""A measure along time (D4): what was rolled up runs along the periods, exactly where it is counted.

What is looked at is rolled up first, over members and periods, by the measure's own rules. A sum that would need a
period the measure says nothing of is absent, never smaller: a rolling year needs its twelve months. Closed buckets of
a plan hold what came (orders by requested date, what was shipped and invoiced), so that growth and a year to date read
across today. Reads any measure; writes none.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from trivet.core.buckets import Buckets, Period
from trivet.core.expressions import shift_array
from trivet.core.formula import span_of
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.measures import MeasureSpec
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import round_rate, round_to_counts, to_amounts
from trivet.core.rollup import RolledUp
from trivet.core.seasons import YEAR_BUCKETS
from trivet.core.timefunctions import cumulative, last_value, rolling_mean, rolling_sum, shift
from trivet.planning.along import Along, Way, check_along
from trivet.planning.currencies import InCurrency
from trivet.planning.waterfall import what_came

_Number = TypeVar("_Number", np.int64, np.float64)
NOT_RESTATED = "what came in closed buckets is told in plan currency at plan rates only"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """How a table runs along time.

    Attributes:
        along: the way.
        period: bucket, quarter or year.
        spoken: (buckets,) which the measure says something of.
        note: what stands in closed buckets.
    """

    along: Along
    period: Period
    spoken: Flags
    note: str

    @property
    def words(self) -> str:
        """What the numbers are."""
        return self.along.words(self.period)

    @property
    def ratio(self) -> bool:
        """Whether they are ratios, whatever the measure counts."""
        return self.along.way is Way.GROWTH

    def run(self, parts: list[InCurrency], spec: MeasureSpec, buckets: Buckets, first: int) -> list[InCurrency]:
        """Run the parts of a table along time; `first` is the number of the first period shown."""
        axis = make_axis(buckets, self.period, self.spoken, first)
        return [
            replace(
                part,
                rolled=run_along(self.along, part.rolled, spec, axis),
                effect=None if part.effect is None or self.ratio else run_along(self.along, part.effect, spec, axis),
            )
            for part in parts
        ]

    def tell(self, parts: list[InCurrency], spec: MeasureSpec, periods: list[tuple[str, int]]) -> str:
        """Say what stands in closed buckets, and which periods (name and number) are empty for want of others."""
        some = [any(bool(part.rolled.present[spec.id][:, at].any()) for part in parts) for _, at in periods]
        empty = [name for (name, _), told in zip(periods, some, strict=True) if not told] if parts else []
        notes = [self.note] if self.note else []
        if empty:
            several = f"{empty[0]} to {empty[-1]}: not all" if len(empty) > 1 else f"{empty[0]}: not"
            notes.append(f"{several} told, {spec.id} does not speak of every period {self.along} needs")
        return "; ".join(notes)


def start_course(
    along: Along, period: Period, inputs: PlanInputs, panel: Panel, spec: MeasureSpec, *, restated: bool
) -> tuple[Course, PlanInputs, Panel]:
    """Prepare a table that runs along time: what came stands in the closed buckets of a plan's measure.

    Args:
        along: the way.
        period: bucket, quarter or year.
        inputs: what the plan was made from.
        panel: its numbers, as somebody sees them.
        spec: the measure.
        restated: its money is shown in another currency or at other rates: what came is then left out.

    Raises InvalidInput where the way makes no sense of the measure or period.
    """
    check_along(along, spec, period)
    if restated and spec.spans == "open":
        spoken = np.zeros(len(panel.buckets), dtype=np.bool_)
        spoken[panel.buckets.horizon] = True
        return Course(along=along, period=period, spoken=spoken, note=NOT_RESTATED), inputs, panel
    inputs, panel, spoken, note = with_what_came(inputs, panel, spec)
    return Course(along=along, period=period, spoken=spoken, note=note), inputs, panel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Axis:
    """The periods a table runs along.

    Attributes:
        first: number of the first period shown.
        year: (periods,) fiscal year of each period.
        whole: (periods,) all its buckets are on the plan's axis.
        spoken: (periods,) the measure says something of every bucket of it.
        back: periods in a year.
    """

    first: int
    year: Counts
    whole: Flags
    spoken: Flags
    back: int


def make_axis(buckets: Buckets, period: Period, spoken: Flags, first: int) -> Axis:
    """Cut the axis of a table.

    Args:
        buckets: of the plan.
        period: bucket, quarter or year.
        spoken: (buckets,) which the measure says something of.
        first: number of the first period shown.
    """
    runs = [run for _, run in buckets.group(period)]
    parts = {Period.BUCKET: YEAR_BUCKETS[buckets.calendar], Period.QUARTER: 4, Period.YEAR: 1}[period]
    length = YEAR_BUCKETS[buckets.calendar] // parts
    inside = (0, len(runs) - 1)
    return Axis(
        first=first,
        year=np.array([buckets.fiscal_year(run.start) for run in runs], dtype=np.int64),
        whole=np.array(
            [i not in inside or run.stop - run.start >= length for i, run in enumerate(runs)], dtype=np.bool_
        ),
        spoken=np.array([bool(spoken[run].all()) for run in runs], dtype=np.bool_),
        back=parts,
    )


def with_what_came(inputs: PlanInputs, panel: Panel, spec: MeasureSpec) -> tuple[PlanInputs, Panel, Flags, str]:
    """Put what came into the closed buckets of a plan's measure.

    Args:
        inputs: what the plan was made from.
        panel: its numbers, as somebody sees them.
        spec: the measure.

    Returns:
        Inputs in whose registry the measure speaks of all buckets, the panel, the buckets it says something of, and
        what stands in the closed ones in words; as they were where nothing is reported of it.
    """
    buckets = panel.buckets
    spoken = np.zeros(len(buckets), dtype=np.bool_)
    came = what_came(inputs, panel, spec)
    if came is None:
        spoken[buckets.horizon if spec.spans == "both" else span_of(spec, buckets)] = True
        return inputs, panel, spoken, ""
    if spec.spans in ("both", "closed"):
        spoken[span_of(spec, buckets)] = True
        return inputs, panel, spoken, ""
    spoken[:] = True
    closed = np.zeros(panel.shape, dtype=np.bool_)
    closed[:, buckets.closed] = True
    inside = panel.mask(spec.id) & panel.has(spec.id)
    filled = panel.with_counts(
        {spec.id: np.where(closed, came.count(spec.id), panel.count(spec.id))},
        {spec.id: np.where(closed, came.mask(spec.id), inside)},
    )
    model = inputs.model
    registry = replace(model.registry, measures={**model.registry.measures, spec.id: replace(spec, spans="both")})
    return replace(inputs, model=replace(model, registry=registry)), filled, spoken, "closed buckets: what came"


def run_along(along: Along, rolled: RolledUp, spec: MeasureSpec, axis: Axis) -> RolledUp:
    """Run a rolled-up measure along the periods.

    Returns:
        The same rows and periods: counts stay counts; growth is a ratio, among `rates`. Absent where a period it
        needs is not on the axis, or the measure says nothing of it.
    """
    name = spec.id
    present, counts = rolled.present[name], rolled.counts.get(name)
    if counts is None or spec.quantum is None:
        rates = np.where(present, rolled.rates[name], 0.0)
        moved, known = _averaged(along, rates, present, axis) or _exact(along, rates, present, axis)
        return replace(rolled, rates={name: round_rate(np.where(known, moved, 0.0))}, present={name: known})
    counts = np.where(present, counts, 0)
    averaged = _averaged(along, to_amounts(counts, spec.quantum), present, axis)
    if averaged is None:
        exact, known = _exact(along, counts, present, axis)
        return replace(rolled, counts={name: np.where(known, exact, 0)}, present={name: known})
    moved, known = averaged[0], averaged[1]
    moved = np.where(known, moved, 0.0)
    if along.way is Way.GROWTH:
        return replace(rolled, counts={}, rates={name: round_rate(moved)}, present={name: known})
    return replace(rolled, counts={name: round_to_counts(moved, spec.quantum)}, present={name: known})


def _averaged(along: Along, values: Rates, present: Flags, axis: Axis) -> tuple[Rates, Flags] | None:
    """Divide: the mean of the last periods, or growth on last year; None for ways that keep values as they are."""
    if along.way is Way.MEAN:
        return rolling_mean(values, along.periods), _full(along, present, axis)
    if along.way is Way.GROWTH:
        before, known = _shifted(values, present, axis, axis.back)
        known = known & present & axis.whole & (before > 0)
        return np.divide(values, before, out=np.ones(values.shape), where=known) - 1.0, known
    return None


def _exact(
    along: Along, values: npt.NDArray[_Number], present: Flags, axis: Axis
) -> tuple[npt.NDArray[_Number], Flags]:
    """Move or add values, none of them changed."""
    match along.way:
        case Way.CUMULATIVE:
            total, some = _running(values, present, np.arange(len(axis.year)) >= axis.first)
            return total, some & axis.spoken
        case Way.TO_DATE:
            return _to_date(values, present, axis)
        case Way.ROLLING:
            return rolling_sum(values, along.periods), _full(along, present, axis)
        case Way.FILLED:
            return last_value(values, present)
        case Way.SHIFT:
            return _shifted(values, present, axis, along.periods)
        case _:
            return _shifted(values, present, axis, axis.back)


def _running(values: npt.NDArray[_Number], present: Flags, inside: Flags) -> tuple[npt.NDArray[_Number], Flags]:
    """Add up from the first period inside on."""
    kept = present & inside
    known: Flags = np.logical_or.accumulate(kept, axis=1)
    return cumulative((values * kept).astype(values.dtype)), known


def _to_date(values: npt.NDArray[_Number], present: Flags, axis: Axis) -> tuple[npt.NDArray[_Number], Flags]:
    """Add up within each fiscal year; absent where a period since its start is not told, or lies before the axis."""
    total, known = np.zeros_like(values), np.zeros(values.shape, dtype=np.bool_)
    for year in np.unique(axis.year):
        inside: Flags = axis.year == year
        if year == axis.year[0] and (int(inside.sum()) < axis.back or not axis.whole[0]):
            continue  # the plan's axis begins within this year
        ran, some = _running(values[:, inside], present[:, inside], np.ones(int(inside.sum()), dtype=np.bool_))
        total[:, inside] = ran
        known[:, inside] = some & np.logical_and.accumulate(axis.spoken[inside])
    return total, known


def _full(along: Along, present: Flags, axis: Axis) -> Flags:
    """Tell where all of the last periods are whole and told of, and at least one has a value."""
    told = rolling_sum((axis.spoken & axis.whole).astype(np.int64), along.periods)
    full: Flags = (rolling_sum(present.astype(np.int64), along.periods) > 0) & (told == along.periods)
    return full


def _shifted(values: npt.NDArray[_Number], present: Flags, axis: Axis, back: int) -> tuple[npt.NDArray[_Number], Flags]:
    return shift(values, back), shift_array(present & axis.whole & axis.spoken, back)
