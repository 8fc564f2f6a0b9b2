"""Show how each forecasting method would have done on the company's own history, and which one is used (R1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.errors import InvalidInput
from trivet.core.forecasting import Method
from trivet.core.ids import Counts, VersionId
from trivet.core.ports import Forecaster, MethodForecaster
from trivet.core.said import parse_scope
from trivet.core.scope import rows_of
from trivet.demand.baseline import known_series
from trivet.demand.scope import Texts, group_rows, members_of
from trivet.demand.statistical import Known
from trivet.demand.trials import ORIGINS, Score, Trials, best_of, hindsight, score_methods, try_methods
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="methods", why="pages come with the workbench")
LEVELS: Final = ("family", "item", "market", "region", "channel", "series")
_PLACES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodScore:
    """How one method did; None where nothing was compared or sold, or the method has no forecast.

    Attributes:
        method: its name, as the table forecast_methods takes it.
        wmape: sum of absolute errors of series (item x market) / sum of what came.
        group_wmape: the same of the member's own sums, bucket by bucket.
        bias: sum of errors / sum of what came; plus = too much.
        mase: error of series against the change on a year before in their history; below 1 is better than that.
    """

    method: Method
    wmape: float | None
    group_wmape: float | None
    bias: float | None
    mase: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodsRow:
    """One member of the level: its methods.

    Attributes:
        member: its code; "" = all of them together.
        series: series compared.
        best: the method whose series were missed least; None where nothing can be said.
        used: methods the plan forecasts its series with.
        scores: every method, in the order of `core.forecasting.Method`.
    """

    member: str
    series: int
    best: Method | None
    used: tuple[Method, ...]
    scores: tuple[MethodScore, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodsAnswer:
    """Every method on the history behind a version.

    Attributes:
        version: whose history, events and structure count.
        by: level of the rows.
        where: nodes looked at.
        origins: buckets the forecasts were made in, as the calendar names them: the first one forecast.
        steps: buckets ahead of each.
        rows: all together first, then member by member, what sold most first.
        chosen_before: WMAPE at the last origin, had each member taken its best method of the earlier ones.
        ensemble_then: that of the ensemble there.
        chosen_after: WMAPE over all origins with each member's best method, which is known afterwards only.
        part: what of the company is shown, where it is not all.
    """

    version: VersionId
    by: str
    where: tuple[str, ...]
    origins: tuple[str, ...]
    steps: int
    rows: tuple[MethodsRow, ...]
    chosen_before: float | None
    ensemble_then: float | None
    chosen_after: float | None
    part: str = ""


def show_methods(
    workspace: Workspace, *, by: str = "family", where: Sequence[str] = (), origins: int = ORIGINS, plan: str = MAIN
) -> MethodsAnswer:
    """Forecast the corrected history from earlier points in time with each method, and hold it against what came.

    Args:
        workspace: the open workspace.
        by: level told member by member: family, item, market, region, channel or series.
        where: nodes as `level=member`.
        origins: points in time, half a year apart, as far as the history reaches.
        plan: scenario or version whose history, events and structure count.

    Raises:
        NotFound: the plan or a member is not known, or there is no plan yet.
        InvalidInput: the level is not one of these, origins are none, or no history is long enough.
        NotPermitted: the demand history is not shown to who asks.
        Unavailable: a worker ended.
    """
    if by not in LEVELS:
        raise InvalidInput(f"by is '{by}'; expected one of {', '.join(LEVELS)}.")
    if origins < 1:
        raise InvalidInput(f"origins is {origins}; expected a whole number from 1.")
    spec = workspace.registry["demand_history"]
    workspace.rights.check_measure(spec, workspace.registry)
    version, made, inputs = workspace.opened(plan)
    demand = made.panel("demand")
    rows = rows_of(demand, inputs.model, parse_scope(where, inputs.model.dimensions))
    seen = demand.find(workspace.seen(plan)[1].panel("demand").keys)
    forecaster = workspace.engines(workspace.settings.mode).forecaster
    kept = workspace.kept_learned(version.snapshot, forecaster)
    known = known_series(inputs, demand).settled({} if kept is None else kept.chosen)
    trials = _try(workspace, known, len(demand.buckets) - demand.buckets.first_open, forecaster, origins)
    shown = np.intersect1d(rows, seen[np.asarray(trials.compared.any(axis=(0, 2)))[seen]]).astype(np.int64)
    if not len(shown):
        raise InvalidInput(
            f"no series{' there' if where else ''} is long enough to compare methods: two years to learn from and "
            "three buckets to compare with are needed. Import more history."
        )
    labels = np.array(known.keys, dtype=object) if by == "series" else members_of(inputs, demand.keys).level(by)
    before, then, after = hindsight(trials, shown, labels)
    closed = demand.buckets.first_open
    return MethodsAnswer(
        version=version.id,
        by=by,
        where=tuple(where),
        origins=tuple(demand.buckets.label(closed - back) for back in trials.backs),
        steps=trials.steps,
        rows=_rows(trials, known, labels, shown),
        chosen_before=_rounded(before),
        ensemble_then=_rounded(then),
        chosen_after=_rounded(after),
        part=workspace.rights.part,
    )


def _try(workspace: Workspace, known: Known, horizon: int, forecaster: Forecaster, origins: int) -> Trials:
    """Try every method; what was asked before is remembered."""
    if not isinstance(forecaster, MethodForecaster):
        raise TypeError(f"{forecaster.name} can't be asked for a method")
    return try_methods(known, horizon, forecaster, origins=origins, tell=workspace.progress)


def _rows(trials: Trials, known: Known, labels: Texts, shown: Counts) -> tuple[MethodsRow, ...]:
    groups = {str(labels[shown[rows[0]]]): shown[rows] for rows in group_rows(labels[shown]).values()}
    came = np.where(trials.compared, trials.actual, 0.0).sum(axis=(0, 2))
    largest = sorted(groups, key=lambda name: (-float(came[groups[name]].sum()), name))
    members = [("", shown), *((name, groups[name]) for name in largest)]
    return tuple(_row(name.replace("\x1f", " in "), trials, known, rows) for name, rows in members)


def _row(member: str, trials: Trials, known: Known, rows: Counts) -> MethodsRow:
    scores, used = score_methods(trials, rows), set(known.methods[rows])
    return MethodsRow(
        member=member,
        series=len(rows),
        best=best_of(scores),
        used=tuple(method for method in Method if method in used),
        scores=tuple(_score(method, score) for method, score in scores.items()),
    )


def _score(method: Method, score: Score) -> MethodScore:
    return MethodScore(
        method=method,
        wmape=_rounded(score.wmape),
        group_wmape=_rounded(score.group_wmape),
        bias=_rounded(score.bias),
        mase=_rounded(score.mase),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _PLACES)
