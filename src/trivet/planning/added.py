"""What each step of the process added to the forecast, against what came (F8, K2).

The views of one bucket stand side by side: naive, statistical, each stream of opinions, the consensus (streams brought
together, `consensus_base`) and what was published (`consensus_demand`, people's changes in it).
`value added = error of the view it is held to - error of the view`, on the same series, buckets and lag. A stream that
gave nothing carries the statistical value. All are held to what customers asked for, never to constrained demand.
Reads earlier plans, `orders` and `demand_history`; writes no measure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags
from trivet.core.panel import Panel
from trivet.core.plan import Model, PlanInputs
from trivet.core.seasons import YEAR_BUCKETS
from trivet.demand.accuracy import due_demand, roll_up_cells, score, spoken_cycles, value_added
from trivet.demand.scope import Texts, group_rows
from trivet.demand.streams import known_streams
from trivet.planning.accuracy import PLAN, Held, hold, names_at

NAIVE: Final = "naive"
STATISTICAL: Final = "statistical"
CONSENSUS: Final = "consensus"
PUBLISHED: Final = "published"
MEASURES: Final[Mapping[str, str]] = {
    NAIVE: "seasonal_naive",
    STATISTICAL: "baseline_demand",
    CONSENSUS: "consensus_base",
    PUBLISHED: PLAN,
}
"""Steps that every plan has, and what of a plan they are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """What one step said at one lag.

    Attributes:
        planned: (series, buckets) counts.
        known: cells it speaks of.
        gave: cells in which a stream gave a number of its own; None for steps that are no stream.
    """

    planned: Counts
    known: Flags
    gave: Flags | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Views:
    """All views of one lag beside what came.

    Attributes:
        lag: buckets ahead.
        views: name -> view, those that any plan held, in the order of the process.
        actual: (series, buckets) counts.
        asked: closed cells, known in full, of the buckets asked for.
        scored: those of which naive, statistical and published all speak, as far as they are known at all.
        made_up: whether the naive is made from today's history because the plans did not hold it.
    """

    lag: int
    views: Mapping[str, View]
    actual: Counts
    asked: Flags
    scored: Flags
    made_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What one step added to another, for one member at one lag; errors are parts of demand (WMAPE).

    Attributes:
        lag, member: of what; member empty = all.
        step: e.g. `statistical`, `sales`, `published`.
        against: step it is held to; empty = none, it is where the stairs begin.
        error, before: of the step and of what it is held to; None = nothing was asked for.
        added: before - error; plus = it made the forecast better.
        beating: part of the level's members (items) with a smaller error than the naive's; None without a naive.
        touched: part of the scored cells in which it said another thing, a stream: anything; None where no matter.
        touched_error, touched_before, touched_added: the same on these cells alone.
        cells: scored cells.
        buckets: scored buckets, by label.
        spoken: part of what was asked for in these buckets that lies in scored cells.
    """

    lag: int
    member: str
    step: str
    against: str
    error: float | None
    before: float | None
    added: float | None
    beating: float | None
    touched: float | None
    touched_error: float | None
    touched_before: float | None
    touched_added: float | None
    cells: int
    buckets: tuple[str, ...]
    spoken: float | None


def measures_of(inputs: PlanInputs) -> tuple[str, ...]:
    """Name the measures of earlier plans that value added reads."""
    return (*MEASURES.values(), *known_streams(inputs).values())


def views_at(inputs: PlanInputs, demand: Panel, lag: int, span: slice) -> Views:
    """Put the views that earlier plans held of a run of closed buckets side by side.

    Where no plan held the naive it is made from today's history: the same bucket of the year before.
    """
    held = {name: hold(inputs, demand, measure, lag, span) for name, measure in MEASURES.items()}
    actual, known = due_demand(demand), held[PUBLISHED].known
    asked = known.copy()
    asked[:, : span.start] = False
    asked[:, span.stop :] = False
    views = {name: View(planned=part.planned, known=part.scored) for name, part in held.items() if part.scored.any()}
    made_up = NAIVE not in views
    naive = _year_before(demand, lag, asked) if made_up else _with_silent(inputs, demand, held[NAIVE], lag, asked)
    if naive.known.any() and len(views) > (not made_up):
        views = {NAIVE: naive, **{name: view for name, view in views.items() if name != NAIVE}}
    views |= _streams(inputs, demand, views.get(STATISTICAL), lag, span)
    scored = asked.copy()
    for name in {NAIVE, STATISTICAL, PUBLISHED} & set(views):
        scored &= views[name].known
    if not {STATISTICAL, PUBLISHED} & set(views):
        scored[:] = False
    return Views(lag=lag, views=views, actual=actual, asked=asked, scored=scored, made_up=made_up and NAIVE in views)


def _with_silent(inputs: PlanInputs, demand: Panel, held: Held, lag: int, asked: Flags) -> View:
    """Give the naive, 0 for series that a plan which held it left out: nothing was sold a year before."""
    spoken = spoken_cycles(inputs, demand, MEASURES[NAIVE], lag)
    return View(planned=held.planned, known=asked & spoken)


def _year_before(demand: Panel, lag: int, asked: Flags) -> View:
    """Give the same bucket of the latest year that was closed when the plan was made."""
    season, actual = YEAR_BUCKETS[demand.buckets.calendar], due_demand(demand)
    back = season * (1 + lag // season)
    sure = demand.mask("demand_history")
    sure = sure | ~np.logical_or.accumulate(sure, axis=1)  # not yet born: nothing was sold, and that is known
    planned, known = np.zeros_like(actual), np.zeros_like(asked)
    planned[:, back:], known[:, back:] = actual[:, :-back], sure[:, :-back]
    return View(planned=planned, known=known & asked)


def _streams(inputs: PlanInputs, demand: Panel, statistical: View | None, lag: int, span: slice) -> Mapping[str, View]:
    """Give each stream that gave a number at all; where it gave none it carries the statistical value."""
    if statistical is None:
        return {}
    found = {}
    for stream, measure in known_streams(inputs).items():
        held = hold(inputs, demand, measure, lag, span)
        if held.scored.any():
            planned = np.where(held.scored, held.planned, statistical.planned)
            found[stream] = View(planned=planned, known=statistical.known, gave=held.scored)
    return found


def measure_added(
    model: Model, demand: Panel, views: Views, *, level: Sequence[str] = ("item",), by: Sequence[str] = ()
) -> tuple[Added, ...]:
    """Tell what each step added at one lag: of the whole, then of each member of `by`.

    Args:
        model: structure.
        demand: panel the views are of.
        views: of this lag.
        level: levels errors are taken at before they are added up; none = the total.
        by: levels whose members are told one by one; several are told together.

    Raises NotFound for an unknown level. Source: F8; Gilliland (2010), The Business Forecasting Deal, the stairstep.
    """
    names = names_at(model, demand, level)
    parts = {"": np.arange(demand.rows)} | (group_rows(names_at(model, demand, by)) if by else {})
    found: list[Added] = []
    for member, rows in parts.items():
        if views.scored[rows].any():
            part = _Part(views=views, rows=rows, names=names[rows], member=member, demand=demand)
            found += [part.compare(step, against) for step, against in part.pairs()]
    return tuple(found)


class _Part:
    """The views of some series."""

    def __init__(self, *, views: Views, rows: Counts, names: Texts, member: str, demand: Panel) -> None:
        self._lag, self._names, self._member, self._label = views.lag, names, member, demand.buckets.label
        self._actual, self._asked, self._scored = views.actual[rows], views.asked[rows], views.scored[rows]
        self._views = {
            name: View(
                planned=view.planned[rows],
                known=view.known[rows],
                gave=None if view.gave is None else view.gave[rows],
            )
            for name, view in views.views.items()
            if (view.known[rows] & self._scored).any()
        }

    def pairs(self) -> list[tuple[str, str]]:
        """Give which step is held to which, in the order of the process."""
        streams = [name for name, view in self._views.items() if view.gave is not None]
        best = self._best(streams)
        consensus = CONSENSUS in self._views
        wanted = [
            (STATISTICAL, NAIVE),
            *((stream, STATISTICAL) for stream in streams),
            (CONSENSUS, STATISTICAL),
            (CONSENSUS, best),
            (PUBLISHED, CONSENSUS),
            (PUBLISHED, STATISTICAL),
            (PUBLISHED, "" if consensus else best),
            (PUBLISHED, NAIVE),
        ]
        known = [pair for pair in wanted if pair[0] in self._views and pair[1] in self._views]
        first = NAIVE if NAIVE in self._views else STATISTICAL
        return [(first, ""), *known] if known else []

    def _best(self, streams: Sequence[str]) -> str:
        """Name the stream with the least error; empty when there is none."""
        errors = {stream: self._error(self._views[stream], self._scored) for stream in streams}
        told = {stream: error for stream, error in errors.items() if error is not None}
        return min(told, key=lambda stream: told[stream]) if told else ""

    def compare(self, step: str, against: str) -> Added:
        """Hold one step to another on the cells both speak of."""
        view, other = self._views[step], self._views.get(against)
        cells = self._scored & view.known & (view.known if other is None else other.known)
        columns = np.flatnonzero(cells.any(axis=0))
        touched = None if other is None else self._touched(step, against, cells)
        error, before = self._error(view, cells), self._error(other, cells)
        near, nearly = (self._error(one, touched) for one in (view, other))
        due = int(np.where(self._asked, self._actual, 0)[:, columns].sum())
        return Added(
            lag=self._lag,
            member=self._member,
            step=step,
            against=against,
            error=error,
            before=before,
            added=value_added(before, error),
            beating=self._beating(step, cells),
            touched=None if touched is None else int(touched.sum()) / int(cells.sum()),
            touched_error=near,
            touched_before=nearly,
            touched_added=value_added(nearly, near),
            cells=int(cells.sum()),
            buckets=tuple(self._label(int(column)) for column in columns),
            spoken=int(np.where(cells, self._actual, 0).sum()) / due if due > 0 else None,
        )

    def _touched(self, step: str, against: str, cells: Flags) -> Flags | None:
        """Give the cells a step touched: where a stream gave a number, where another one moved the one before it."""
        view = self._views[step]
        if view.gave is not None:
            return cells & view.gave
        if step == STATISTICAL or against == NAIVE:
            return None
        moved: Flags = cells & (view.planned != self._views[against].planned)
        return moved

    def _error(self, view: View | None, cells: Flags | None) -> float | None:
        if view is None or cells is None or not cells.any():
            return None
        return score(*roll_up_cells(self._names, view.planned, self._actual, cells)).wmape

    def _beating(self, step: str, cells: Flags) -> float | None:
        """Give the part of the level's members that are nearer to what came than the naive is."""
        if step == NAIVE or NAIVE not in self._views:
            return None
        misses = [self._misses(self._views[name], cells) for name in (step, NAIVE)]
        there = np.stack([cells[rows].any() for rows in group_rows(self._names).values()])
        return float((misses[0] < misses[1])[there].mean())

    def _misses(self, view: View, cells: Flags) -> Counts:
        """Give the absolute error of each member of the level, in counts."""
        planned, actual, scored = roll_up_cells(self._names, view.planned, self._actual, cells)
        missed: Counts = np.abs(np.where(scored, planned - actual, 0)).sum(axis=1)
        return missed
