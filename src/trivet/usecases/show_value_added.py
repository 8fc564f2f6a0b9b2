"""Show what each step of the process added to the forecast: naive, statistical, streams, consensus, published (F8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from trivet.core.errors import InvalidInput
from trivet.core.ids import VersionId
from trivet.planning.accuracy import level_name, with_earlier_plans
from trivet.planning.added import (
    CONSENSUS,
    MEASURES,
    NAIVE,
    STATISTICAL,
    Added,
    Views,
    measure_added,
    measures_of,
    views_at,
)
from trivet.usecases.declare import Shells
from trivet.usecases.show_accuracy import LAGS, closed_span
from trivet.workspace.earlier import earlier_panels
from trivet.workspace.workspace import MAIN, Workspace

__all__ = ["ValueAddedAnswer", "ValueAddedRow", "show_value_added"]
DECLARED = Shells(command="value-added", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueAddedRow:
    """What one step added to another; errors and points are parts of demand (0.023 = 2.3 points of WMAPE).

    Attributes:
        lag: buckets between the cycle of the plans and the bucket planned.
        member: part of the company; empty = all that is shown to who asks.
        step: naive, statistical, a stream, consensus (streams brought together) or published (what people agreed on).
        against: step it is held to; empty = none, it is where the stairs begin.
        wmape, before: errors of the two on the same cells; None = nothing was asked for.
        added: before - wmape; plus = the step made the forecast better.
        beating_naive: part of the level's members, e.g. items, with a smaller error than the naive's.
        touched: part of the cells a stream gave a number for, or people moved; None where no step is told apart.
        touched_wmape, touched_before, touched_added: the same on the touched cells alone.
        cells, buckets: scored cells and buckets.
        spoken: part of what was asked for in these buckets that all views spoke of.
    """

    lag: int
    member: str
    step: str
    against: str
    wmape: float | None
    before: float | None
    added: float | None
    beating_naive: float | None
    touched: float | None
    touched_wmape: float | None
    touched_before: float | None
    touched_added: float | None
    cells: int
    buckets: tuple[str, ...]
    spoken: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueAddedAnswer:
    """What each step of the process added to the forecast.

    Attributes:
        version: the version whose history plans are held to.
        level: level errors are taken at before they are added up.
        by: levels whose members are told too.
        first, last: closed buckets looked at.
        cycles: cycles whose plan is known, in order.
        rows: lag by lag, the whole first, steps in the order of the process.
        part: whose part of the company this is; empty = all of it.
        missing: what is not known and what to do; empty when nothing is missing.
    """

    version: VersionId
    level: str
    by: tuple[str, ...]
    first: str
    last: str
    cycles: tuple[str, ...]
    rows: tuple[ValueAddedRow, ...]
    part: str = ""
    missing: tuple[str, ...] = ()


def show_value_added(
    workspace: Workspace,
    *,
    lags: Sequence[int] = LAGS,
    level: Sequence[str] = ("item",),
    by: Sequence[str] = (),
    first: str | None = None,
    last: str | None = None,
    plan: str = MAIN,
) -> ValueAddedAnswer:
    """Hold every step of earlier plans to the one before it, on the same series, buckets and lag.

    Args:
        workspace: the open workspace.
        lags: buckets ahead; 0 = the bucket the plan was made in.
        level: levels errors are taken at, e.g. item, or item and market; none = the total.
        by: levels whose members are told as well, e.g. family; several = together.
        first: first bucket; None = the last 12 closed ones.
        last: last bucket; None = the first.
        plan: scenario, or version, whose history and structure count.

    Raises:
        NotFound: the plan or a level is not known.
        InvalidInput: a lag is below 0 or the buckets are not closed.
        NotPermitted: a measure is not shown to who asks.
    """
    looked, wanted = workspace.looked_at(plan), tuple(dict.fromkeys(lags))
    if not wanted or min(wanted) < 0:
        raise InvalidInput(f"lags are {', '.join(map(str, wanted)) or 'none'}; expected 0 or more, e.g. 1,2,3.")
    measures = measures_of(looked.inputs)
    for measure in measures:
        workspace.rights.check_measure(workspace.registry[measure], workspace.registry)
    demand, model = looked.made.panel("demand"), looked.inputs.model
    span = closed_span(demand, first, last)
    earlier = earlier_panels(workspace, looked.version.scenario, model, *measures)
    inputs = looked.inputs
    for measure in measures:
        inputs = with_earlier_plans(inputs, measure, earlier, wanted)
    views = [views_at(inputs, demand, lag, span) for lag in wanted]
    published = inputs.table("published")
    cycles = published.filter(published["measure"].is_in(measures))["cycle"].unique().sort().to_list()
    return ValueAddedAnswer(
        version=looked.version.id,
        level=level_name(level),
        by=tuple(by),
        first=demand.buckets.label(span.start),
        last=demand.buckets.label(span.stop - 1),
        cycles=tuple(f"{day:%Y-%m-%d}" for day in cycles),
        rows=tuple(_row(one) for each in views for one in measure_added(model, demand, each, level=level, by=by)),
        part=workspace.rights.part,
        missing=_missing(views) if cycles else (_NOTHING,),
    )


_NOTHING = (
    "no earlier plan is known: value added begins with the first published plan. Publish each cycle (trivet publish), "
    "or add plans you have to published.csv (cycle, measure, item, market, bucket, quantity), with the measures "
    "baseline_demand and consensus_demand, seasonal_naive and the streams where you have them."
)


def _missing(views: Sequence[Views]) -> tuple[str, ...]:
    """Say which views no plan held, and what to do about it."""
    texts = []
    silent = [each.lag for each in views if not each.scored.any()]
    if silent:
        texts.append(
            f"lag {_listed(silent)}: no closed bucket that plans spoke of so far ahead is known. "
            "Widen --from and --to, or go on publishing each cycle."
        )
    spoke = [each for each in views if each.scored.any()]
    for name, advice in (
        (NAIVE, "the history is shorter than a year before these buckets"),
        (STATISTICAL, f"no plan held {MEASURES[STATISTICAL]}: streams can't be held to it; publish each cycle"),
        (CONSENSUS, f"no plan held {MEASURES[CONSENSUS]}: what streams came to and what people changed stay one step"),
    ):
        without = [each.lag for each in spoke if name not in each.views]
        if without:
            texts.append(f"lag {_listed(without)}, {name}: {advice}.")
    made = [each.lag for each in spoke if each.made_up]
    if made:
        texts.append(
            f"lag {_listed(made)}: no plan held the naive; it is the same bucket a year before, as known today."
        )
    return tuple(texts)


def _listed(lags: Sequence[int]) -> str:
    return ", ".join(map(str, lags))


def _row(one: Added) -> ValueAddedRow:
    return ValueAddedRow(
        lag=one.lag,
        member=one.member,
        step=one.step,
        against=one.against,
        wmape=_rounded(one.error),
        before=_rounded(one.before),
        added=_rounded(one.added),
        beating_naive=_rounded(one.beating),
        touched=_rounded(one.touched),
        touched_wmape=_rounded(one.touched_error),
        touched_before=_rounded(one.touched_before),
        touched_added=_rounded(one.touched_added),
        cells=one.cells,
        buckets=one.buckets,
        spoken=_rounded(one.spoken),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
