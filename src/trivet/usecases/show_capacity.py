"""Show load against capacity: hours by resource, lines needed, who causes them, rough cuts, what was shown (F4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

import polars as pl

from trivet.core.buckets import Buckets, Period
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import MeasureId, VersionId
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.said import parse_scope, parse_span
from trivet.core.seasons import YEAR_BUCKETS
from trivet.planning.capacity_check import (
    Demonstrated,
    Fullest,
    HoursOfPeriod,
    ResourceLoad,
    check_capacity,
    fullest,
)
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

__all__ = [
    "CapacityAnswer",
    "CapacityGroup",
    "Demonstrated",
    "HoursOfPeriod",
    "Method",
    "ResourceLoad",
    "show_capacity",
]
DECLARED = Shells(command="capacity", why="pages come with the workbench")
ALL = "all"
"""Name of the group of every resource shown."""


class Method(StrEnum):
    """Ways to weigh a plan on resources, the coarsest first."""

    OVERALL = "overall"
    BILL = "bill"
    PROFILE = "profile"

    @property
    def assumes(self) -> str:
        """What it takes for given."""
        return {
            Method.OVERALL: "overall factors: all hours of the plan, shared over resources as the past year shared its",
            Method.BILL: "bill of resources: what each plant makes x hours a unit, in the bucket of completion",
            Method.PROFILE: "resource profile: the same, in the bucket the hours are needed (load_hours of the plan)",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityGroup:
    """Resources of one member: its utilisation is that of the fullest, named."""

    member: str
    resources: tuple[str, ...]
    periods: tuple[Fullest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityAnswer:
    """Load against capacity.

    Attributes:
        version: the plan.
        by: what `groups` are members of.
        where: scope in words.
        periods: names of the periods.
        resources: hours of each, by code.
        groups: utilisation of each member; none of a single resource.
        methods: rough cuts asked for, and what each assumes.
        issues: what is behind.
    """

    version: VersionId
    by: str
    where: str
    periods: tuple[str, ...]
    resources: tuple[ResourceLoad, ...]
    groups: tuple[CapacityGroup, ...]
    methods: tuple[tuple[Method, str], ...]
    issues: tuple[Issue, ...]


def show_capacity(
    workspace: Workspace,
    *,
    by: str = "resource",
    where: tuple[str, ...] = (),
    span: tuple[str | None, str | None] = (None, None),
    period: str = "bucket",
    method: str | None = None,
    plan: str = MAIN,
) -> CapacityAnswer:
    """Show load against capacity of the plan, resource by resource.

    Args:
        workspace: the open workspace.
        by: `resource`, or what resources are put together by, e.g. `location`.
        where: `resource=N-A1` or `location=N`; empty = every one.
        span: first and last bucket; None = the coming year.
        period: bucket, quarter, year or telescope.
        method: the one rough cut wanted: overall, bill or profile; None = all three.
        plan: scenario or version.

    Raises:
        NotFound: something named is not known; the message offers the nearest name.
        NotPermitted: the person sees a part of the company, of which load can't be told.
        InvalidInput: the scope names no resources, or the method or period is none.
    """
    methods = _methods(method)
    for name in ("required_hours", "load_hours", "capacity_hours"):
        workspace.rights.check_measure(workspace.registry[name], workspace.registry)
    looked = workspace.whole(plan)
    inputs, load = looked.inputs, looked.made.panel("load")
    members = _members(inputs, load, by)
    rows = _rows(inputs, load, where)
    periods = _periods(load.buckets, period, *span)
    found = check_capacity(inputs, looked.made, rows, periods)
    behind = looked.stale.issue(MeasureId("load_hours")) if looked.stale else None
    return CapacityAnswer(
        version=looked.version.id,
        by=by,
        where=workspace.rights.where(", ".join(where)),
        periods=tuple(name for name, _ in periods),
        resources=found,
        groups=_groups(found, [members[row] for row in rows]) if len(found) > 1 else (),
        methods=tuple((one, one.assumes) for one in methods),
        issues=(behind,) if behind else (),
    )


def _methods(method: str | None) -> tuple[Method, ...]:
    if method is None:
        return tuple(Method)
    try:
        return (Method(method.strip().lower()),)
    except ValueError as error:
        near = get_close_matches(method, list(Method), n=1)
        maybe = f" Maybe '{near[0]}'?" if near else ""
        raise InvalidInput(f"method is '{method}'; expected {', '.join(Method)}.{maybe}") from error


def _members(inputs: PlanInputs, load: Panel, by: str) -> list[str]:
    """Give the group of each row of the load panel."""
    if by == "resource":
        return [ALL] * load.rows
    table = inputs.table("resources")
    levels = [name for name in table.columns if table[name].dtype == pl.String and name != "name"]
    if by not in levels:
        near = get_close_matches(by, levels, n=1)
        maybe = f" Maybe '{near[0]}'?" if near else ""
        raise NotFound(f"resources are not put together by '{by}'; known are {', '.join(levels)}.{maybe}")
    member: dict[str, str | None] = dict(table.select("resource", by).iter_rows())
    return [member.get(code) or "Unassigned" for code in load.keys["resource"].to_list()]


def _rows(inputs: PlanInputs, load: Panel, where: tuple[str, ...]) -> list[int]:
    """Give the rows of the load panel that lie in a scope of resources or locations."""
    table = inputs.table("resources")
    kept = set(load.keys["resource"].to_list())
    for node in parse_scope(where, inputs.model.dimensions):
        if node.dimension == "resource":
            dimension = inputs.model.dimensions["resource"]
            kept &= set(dimension.members["resource"].gather(dimension.leaves(node)).to_list())
        elif node.level == "location":
            kept &= set(table.filter(pl.col("location") == node.member)["resource"].to_list())
        else:
            raise InvalidInput(
                f"capacity is kept by resource, so it can't be told of {node}. Name a resource=... or location=...; "
                "which families load a resource is told with it."
            )
    return [row for row, code in enumerate(load.keys["resource"].to_list()) if code in kept]


def _periods(buckets: Buckets, period: str, first: str | None, last: str | None) -> list[tuple[str, slice]]:
    try:
        chosen = Period(period)
    except ValueError as error:
        raise InvalidInput(f"period is '{period}'; expected bucket, quarter, year or telescope.") from error
    if first is None and last is None:
        ahead = min(buckets.first_open + YEAR_BUCKETS[buckets.calendar], len(buckets))
        span = slice(buckets.first_open, ahead)
    else:
        span = parse_span(first, last, buckets)
    if span.start < buckets.first_open:
        raise InvalidInput(
            f"capacity is told of open buckets, from {buckets.label(buckets.first_open)} on; what a resource did in "
            "closed ones is its demonstrated capacity. Give a later --from."
        )
    found = []
    for name, run in buckets.group(chosen):
        open_ = slice(max(run.start, buckets.first_open), run.stop)
        if open_.start < span.stop and span.start < open_.stop:
            found.append((name, open_))
    return found


def _groups(loads: tuple[ResourceLoad, ...], members: Iterable[str]) -> tuple[CapacityGroup, ...]:
    of: dict[str, list[ResourceLoad]] = {}
    for load, member in zip(loads, members, strict=True):
        of.setdefault(member, []).append(load)
    return tuple(
        CapacityGroup(member=member, resources=tuple(one.resource for one in own), periods=fullest(own))
        for member, own in sorted(of.items())
    )
