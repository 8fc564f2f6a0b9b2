"""Show the mix of a family: each item's part of its units, in history, forecast and plan, and how wrong it was (C4)."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from trivet.core.buckets import Period
from trivet.core.ids import VersionId
from trivet.core.said import parse_scope, parse_span
from trivet.demand.mix import family_mix, mix_errors
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="mix", why="pages come with the workbench")

ERRORS = 12
"""Closed buckets whose mix error is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixRow:
    """One item's share of its family in percent: last 12 closed buckets, then forecast and plan by period."""

    item: str
    history: Decimal
    forecast: tuple[Decimal, ...]
    plan: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixError:
    """Percent of the family's units that went to other items than published one bucket before; None = unknown."""

    bucket: str
    percent: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MixAnswer:
    """The split table of a family in a version; shares of a column add up to 100."""

    version: VersionId
    family: str
    periods: tuple[str, ...]
    rows: tuple[MixRow, ...]
    errors: tuple[MixError, ...]


def show_mix(
    workspace: Workspace, family: str, *, first: str | None = None, last: str | None = None, plan: str = MAIN
) -> MixAnswer:
    """Give the split table of a family by fiscal quarter.

    Args:
        workspace: the open workspace.
        family: member of the level `family`.
        first: first bucket of the table; None = the current one.
        last: last bucket; None = the end of the plan, or `first`.
        plan: scenario or version; the version keeps its mix for good.

    Raises:
        NotFound: the family, scenario or version is not known.
    """
    version, made, inputs = workspace.opened(plan)
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
    errors = mix_errors(inputs, demand, family, lag=1)
    return MixAnswer(
        version=version.id,
        family=family,
        periods=tuple(name for name, _ in quarters),
        rows=tuple(
            MixRow(
                item=item,
                history=_percent(int(history.shares[row, 0])),
                forecast=tuple(_percent(int(share)) for share in forecast.shares[row]),
                plan=tuple(_percent(int(share)) for share in planned.shares[row]),
            )
            for row, item in enumerate(planned.items)
        ),
        errors=tuple(
            MixError(
                bucket=buckets.label(at),
                percent=None if np.isnan(errors[at]) else Decimal(repr(round(float(errors[at]), 2))),
            )
            for at in range(year.start, year.stop)
        ),
    )


def _percent(basis_points: int) -> Decimal:
    return Decimal(basis_points) / 100
