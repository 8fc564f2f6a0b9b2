"""Show the mix of a family: each item's part of its units, in history, forecast and plan, and how wrong it was (C4)."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from trivet.core.buckets import Period
from trivet.core.ids import VersionId
from trivet.core.said import parse_scope, parse_span
from trivet.demand.mix import Mix, MixSource, best_source, family_mix, mix_by_hand, mix_errors
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="mix", why="pages come with the workbench")

ERRORS = 12
"""Closed buckets whose mix error is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixRow:
    """One item's share of its family in percent: last 12 closed buckets, then forecast and plan by period.

    `by_hand` is the split the table `mix` sets, None in periods without one; the forecast holds it already.
    """

    item: str
    history: Decimal
    forecast: tuple[Decimal, ...]
    plan: tuple[Decimal, ...]
    by_hand: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixError:
    """Percent of the family's units that went to other items than published one bucket before; None = unknown."""

    bucket: str
    percent: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceError:
    """Mix error of one source of the split over the last 12 closed buckets: plan, forecast, history or by hand.

    Attributes:
        percent: bucket by bucket, as in `MixAnswer.errors`; None = it said nothing.
        mean: over the buckets all sources that spoke have in common; None = there are none.
    """

    source: str
    percent: tuple[Decimal | None, ...]
    mean: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MixAnswer:
    """The split table of a family in a version (and what changed since); shares of a column add up to 100.

    Attributes:
        errors: mix error of the published plan by closed bucket.
        sources: mix error of every source of a split, one bucket ahead.
        compared: closed buckets the means of the sources are over.
        best: the source with the least mean error.
    """

    version: VersionId
    family: str
    periods: tuple[str, ...]
    rows: tuple[MixRow, ...]
    errors: tuple[MixError, ...]
    sources: tuple[SourceError, ...]
    compared: int
    best: str | None


def show_mix(
    workspace: Workspace, family: str, *, first: str | None = None, last: str | None = None, plan: str = MAIN
) -> MixAnswer:
    """Give the split table of a family by fiscal quarter.

    Args:
        workspace: the open workspace.
        family: member of the level `family`.
        first: first bucket of the table; None = the current one.
        last: last bucket; None = the end of the plan, or `first`.
        plan: scenario, as it stands now, or version, which keeps its mix for good.

    Raises:
        NotFound: the family, scenario or version is not known.
    """
    looked = workspace.looked_at(plan)
    version, made, inputs = looked.version, looked.plan, looked.inputs
    parse_scope([f"family={family}"], inputs.model.dimensions)
    demand, buckets = made.panel("demand"), inputs.model.buckets
    span = parse_span(first, last, buckets)
    quarters = [
        (name, slice(max(run.start, span.start), min(run.stop, span.stop)))
        for name, run in buckets.group(Period.QUARTER)
        if run.start < span.stop and span.start < run.stop
    ]
    year = slice(max(buckets.first_open - ERRORS, 0), buckets.first_open)
    history = family_mix(inputs, demand, family, "demand_history", [year])
    runs = [run for _, run in quarters]
    forecast = family_mix(inputs, demand, family, "consensus_base", runs)
    planned = family_mix(inputs, demand, family, "consensus_demand", runs)
    by_hand = mix_by_hand(inputs, demand, family, runs)
    errors = {source: mix_errors(inputs, demand, family, 1, source)[year] for source in MixSource}
    best, means, compared = best_source(errors)
    return MixAnswer(
        version=version.id,
        family=family,
        periods=tuple(name for name, _ in quarters),
        rows=_rows(history, forecast, planned, by_hand),
        errors=tuple(
            MixError(bucket=buckets.label(at), percent=_error(float(error)))
            for at, error in zip(range(year.start, year.stop), errors[MixSource.PLAN], strict=True)
        ),
        sources=tuple(
            SourceError(
                source=source,
                percent=tuple(_error(float(error)) for error in row),
                mean=_error(means.get(source, np.nan)),
            )
            for source, row in errors.items()
        ),
        compared=compared,
        best=best,
    )


def _rows(history: Mix, forecast: Mix, planned: Mix, by_hand: Mix) -> tuple[MixRow, ...]:
    given = [bool(by_hand.shares[:, column].any()) for column in range(by_hand.shares.shape[1])]
    return tuple(
        MixRow(
            item=item,
            history=_percent(int(history.shares[row, 0])),
            forecast=tuple(_percent(int(share)) for share in forecast.shares[row]),
            plan=tuple(_percent(int(share)) for share in planned.shares[row]),
            by_hand=tuple(
                _percent(int(share)) if set_ else None for share, set_ in zip(by_hand.shares[row], given, strict=True)
            ),
        )
        for row, item in enumerate(planned.items)
    )


def _error(percent: float) -> Decimal | None:
    return None if np.isnan(percent) else Decimal(repr(round(percent, 2)))


def _percent(basis_points: int) -> Decimal:
    return Decimal(basis_points) / 100
