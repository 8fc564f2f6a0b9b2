"""Show how good earlier plans were: error and bias against what was asked for, and to its targets (K1, F7)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trivet.core.errors import InvalidInput
from trivet.core.ids import MeasureId, VersionId
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY
from trivet.core.said import parse_span
from trivet.demand.accuracy import ALARM, LEAST
from trivet.planning.accuracy import (
    LEVELS,
    PLAN,
    Accuracy,
    hold,
    level_name,
    measure_accuracy,
    stocked_out,
    why_undefined,
    with_earlier_plans,
)
from trivet.planning.targets import Target, Verdict, accuracy_targets, judge
from trivet.usecases.declare import Shells
from trivet.workspace.earlier import earlier_panels
from trivet.workspace.workspace import MAIN, Workspace

__all__ = ["AccuracyAnswer", "AccuracyRow", "TargetRow", "show_accuracy"]
DECLARED = Shells(command="accuracy", why="pages come with the workbench")

LAGS = (1, 2, 3)
"""Lags shown when none are asked for."""
LAST = 12
"""Closed buckets scored when none are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyRow:
    """The figures of one member at one lag and level; parts of demand (0.07 = 7 %), plus = planned too much.

    Attributes:
        lag: buckets between the cycle of the plan and the bucket planned.
        level: level errors are taken at before they are added up: `item x market`, `item`, `family` or `total`.
        member: part of the company; empty = all (that is shown to who asks).
        wmape, mape, bias, mase: None = undefined, see `undefined`; of MAPE also where no cell had demand, of MASE
            also where the history is shorter than a year before the first scored bucket, or never moved.
        tracking_signal: of the last 12 buckets; None where there was no error at all, or nothing to score.
        alarm: whether it says bias: beyond 4, over at least 6 buckets.
        cells, buckets: scored cells and buckets.
        spoken: part of what was asked for in these buckets that a plan spoke of.
        stock_outs: scored buckets with empty shelves, where what was due counts.
        undefined: why there is no error, in words; empty when there is one.
    """

    lag: int
    level: str
    member: str
    wmape: float | None
    mape: float | None
    bias: float | None
    mase: float | None
    tracking_signal: float | None
    alarm: bool
    cells: int
    buckets: tuple[str, ...]
    spoken: float | None
    stock_outs: tuple[str, ...]
    undefined: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """How accuracy stands to one row of the table `targets`.

    Attributes:
        kpi, family: as the table names them; family empty = the company.
        level, lag: what the figure is taken at.
        target, tolerance, better: as the table has them, or what is usual where it is empty.
        value: the figure; None = unknown.
        state: met, nearly (within the tolerance), missed or unknown.
        beyond: by how much it misses; below 0 = what it has to spare; None = unknown.
        said: all of it in words.
    """

    kpi: str
    family: str
    level: str
    lag: int
    target: float
    tolerance: float
    better: str
    value: float | None
    state: str
    beyond: float | None
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyAnswer:
    """How good earlier plans were.

    Attributes:
        version: the version whose history they are held to.
        measure: what of them is scored.
        by: levels whose members have rows of their own.
        first, last: closed buckets looked at.
        cycles: cycles whose plan is known, in order.
        rows: the whole first, at each level; then each member.
        part: whose part of the company this is; empty = all of it.
        missing: what is not known and what to do; empty when every lag has a figure.
        targets: how the agreed plan stands to its targets; none for who sees a part, or when another measure is scored.
        odd_targets: names in the table that begin like a figure of accuracy and say nothing known.
    """

    version: VersionId
    measure: MeasureId
    by: tuple[str, ...]
    first: str
    last: str
    cycles: tuple[str, ...]
    rows: tuple[AccuracyRow, ...]
    part: str = ""
    missing: str = ""
    targets: tuple[TargetRow, ...] = ()
    odd_targets: tuple[str, ...] = ()


def show_accuracy(
    workspace: Workspace,
    *,
    measure: str = PLAN,
    lags: Sequence[int] = LAGS,
    by: Sequence[str] = (),
    first: str | None = None,
    last: str | None = None,
    plan: str = MAIN,
) -> AccuracyAnswer:
    """Hold what earlier cycles published against what was asked for.

    Args:
        workspace: the open workspace.
        measure: consensus_demand, baseline_demand or seasonal_naive, or another published number of item x market.
        lags: buckets ahead; 0 = the bucket the plan was made in.
        by: levels whose members are told as well, e.g. family, market, abc; several = together.
        first: first bucket; None = the last 12 closed ones.
        last: last bucket; None = the first.
        plan: scenario, or version, whose history and structure count.

    Raises:
        NotFound: the plan, the measure or a level is not known.
        InvalidInput: a lag is below 0, the buckets are not closed, or the measure is not in units of item x market.
        NotPermitted: the measure is not shown to who asks.
    """
    looked = workspace.looked_at(plan)
    spec = workspace.registry[measure]
    workspace.rights.check_measure(spec, workspace.registry)
    demand, wanted = looked.made.panel("demand"), tuple(dict.fromkeys(lags))
    if spec.grain != demand.grain or spec.quantum != QUANTITY:
        raise InvalidInput(f"{measure} is not planned in units of item x market; choose {PLAN} or baseline_demand.")
    if not wanted or min(wanted) < 0:
        raise InvalidInput(f"lags are {', '.join(map(str, wanted)) or 'none'}; expected 0 or more, e.g. 1,2,3.")
    span = closed_span(demand, first, last)
    targets, odd = accuracy_targets(looked.inputs.table("targets")) if measure == PLAN else ((), ())
    earlier = earlier_panels(workspace, looked.version.scenario, looked.inputs.model, measure)
    inputs = with_earlier_plans(looked.inputs, measure, earlier, [*wanted, *(target.lag for target in targets)])
    short = stocked_out(demand, inputs.model, looked.made.issues)
    found = [
        _row(one)
        for lag in wanted
        for one in measure_accuracy(
            inputs, demand, hold(inputs, demand, measure, lag, span), lag, levels=LEVELS, by=by, short=short
        )
    ]
    rows = tuple(sorted(found, key=lambda row: (row.member != "", row.member)))
    published = inputs.table("published")
    cycles = published.filter(published["measure"] == measure)["cycle"].unique().sort().to_list()
    return AccuracyAnswer(
        version=looked.version.id,
        measure=spec.id,
        by=tuple(by),
        first=demand.buckets.label(span.start),
        last=demand.buckets.label(span.stop - 1),
        cycles=tuple(f"{day:%Y-%m-%d}" for day in cycles),
        rows=rows,
        part=workspace.rights.part,
        missing=_missing(measure, bool(cycles), rows),
        targets=tuple(_target_row(_judged(target, inputs, demand, span)) for target in targets),
        odd_targets=odd,
    )


def closed_span(demand: Panel, first: str | None, last: str | None) -> slice:
    """Give the closed buckets asked for, the last 12 when none are; InvalidInput when they are not closed."""
    closed = demand.buckets.first_open
    if first is None and last is None:
        return slice(max(closed - LAST, 0), closed)
    asked = parse_span(first, last, demand.buckets)
    if asked.start >= closed:
        raise InvalidInput(
            f"{demand.buckets.label(asked.start)} is not closed: there is nothing to hold a plan to. "
            f"Choose buckets up to {demand.buckets.label(max(closed - 1, 0))}: --from and --to."
        )
    return slice(asked.start, min(asked.stop, closed))


def _row(one: Accuracy) -> AccuracyRow:
    score = one.score
    return AccuracyRow(
        lag=one.lag,
        level=one.level,
        member=one.member,
        wmape=_rounded(score.wmape),
        mape=_rounded(score.mape),
        bias=_rounded(score.bias),
        mase=_rounded(score.mase),
        tracking_signal=_rounded(score.tracking_signal),
        alarm=score.alarm,
        cells=score.cells,
        buckets=one.buckets,
        spoken=_rounded(one.spoken),
        stock_outs=one.stock_outs,
        undefined=why_undefined(one) if score.wmape is None else "",
    )


def _judged(target: Target, inputs: PlanInputs, demand: Panel, span: slice) -> Verdict:
    """Hold the agreed plan to one target: of a family, or of all."""
    found = measure_accuracy(
        inputs,
        demand,
        hold(inputs, demand, PLAN, target.lag, span),
        target.lag,
        levels=(target.level,),
        by=("family",) if target.family else (),
        short=np.zeros(demand.shape, dtype=np.bool_),
    )
    named = [one for one in found if one.member == target.family]
    if not named:
        return judge(target, None, f"nothing of {target.family or 'the company'} is known")
    return judge(target, named[0], why_undefined(named[0]))


def _target_row(one: Verdict) -> TargetRow:
    target = one.target
    return TargetRow(
        kpi=target.kpi,
        family=target.family,
        level=level_name(target.level),
        lag=target.lag,
        target=target.aim,
        tolerance=target.tolerance,
        better=target.better,
        value=_rounded(one.value),
        state=one.state,
        beyond=_rounded(one.beyond),
        said=one.said,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _missing(measure: str, known: bool, rows: Sequence[AccuracyRow]) -> str:
    """Say what is not known, and what to do about it."""
    if not known:
        return (
            f"no earlier plan of {measure} is known: accuracy begins with the first published plan. Publish each cycle "
            "(trivet publish), or add plans you have to published.csv (cycle, measure, item, market, bucket, quantity)."
        )
    silent = sorted({row.lag for row in rows if not row.member and not row.cells})
    few = sorted({row.lag for row in rows if not row.member and 0 < len(row.buckets) < LEAST})
    texts = [f"no plan spoke of these buckets at lag {_listed(silent)}"] * bool(silent)
    texts += [f"lag {_listed(few)} has fewer than {LEAST} buckets: no alarm (beyond {ALARM:g}) yet"] * bool(few)
    return "; ".join(texts) + (". Widen --from and --to, or go on publishing each cycle." if texts else "")


def _listed(lags: Sequence[int]) -> str:
    return ", ".join(map(str, lags))
