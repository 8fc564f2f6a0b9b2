"""Show the waterfall: what each cycle's plan said of each bucket, what came, and what changed since, by cause (F9)."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import MeasureId, VersionId
from trivet.core.issues import Issue, Scope
from trivet.core.mask import see_panel
from trivet.core.measures import MeasureSpec
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.renames import by_todays_codes
from trivet.core.said import parse_scope, parse_span
from trivet.planning.accuracy import PLAN
from trivet.planning.causes import TOLD, Bridge, Cause, Side, find_causes
from trivet.planning.explain import unit_in_words
from trivet.planning.ranges import is_bound
from trivet.planning.views import rows_by
from trivet.planning.waterfall import (
    Line,
    NetChange,
    Values,
    line_values,
    moving,
    needed_measures,
    net_changes,
    published_before,
    what_came,
)
from trivet.store.stored import StoredVersion, VersionState
from trivet.usecases.declare import Shells
from trivet.workspace.axes import axes_of
from trivet.workspace.seen import see, see_numbers
from trivet.workspace.taught import taught_now, taught_of
from trivet.workspace.workspace import MAIN, Looked, Workspace

__all__ = ["NetChange", "WaterfallAnswer", "WaterfallLine", "show_waterfall"]
DECLARED = Shells(command="waterfall", why="pages come with the workbench")

BACK = 12
"""Buckets before the current one that are shown at most when none are asked for."""
AHEAD = 6
"""Open buckets shown when none are asked for."""
LEVEL = "family"
"""Level net changes are told by when none is asked for."""
TABLE = "published.csv"
"""Name of plans that come from the table `published`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterfallLine:
    """One line: what a plan said of each bucket, or (`actuals`) what came.

    Attributes:
        plan: version, `published.csv`, the scenario as it stands, or `actuals`.
        cycle: current bucket of the plan; empty of actuals.
        member: whose; `all` = everything in the scope.
        values: one a bucket, in units of the measure; None where the plan says nothing.
    """

    plan: str
    cycle: str
    member: str
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterfallAnswer:
    """Plans of one measure cycle by cycle, and what changed between the last published and the one looked at.

    Attributes:
        measure, about, unit: what it is.
        where: scope and part in words.
        by: level of the members of `changes` (and of `lines`, where one was asked for).
        structure: `today` or `then`.
        buckets: target buckets of the lines.
        lines: oldest cycle first, actuals last; member by member.
        before, after: plans the changes lie between; `before` is empty where there is none.
        first, last: buckets compared: those open in both.
        causes: in the order they are replaced, without those that moved nothing.
        changes: the total, then members, largest value first; exact: before + causes = after.
        currency: of the values.
        missing: what is not known, and what to do about it.
        part: whose part is told; empty = all.
    """

    measure: MeasureId
    about: str
    unit: str
    where: str
    by: str
    structure: str
    buckets: tuple[str, ...]
    lines: tuple[WaterfallLine, ...]
    before: str
    after: VersionId
    first: str
    last: str
    causes: tuple[str, ...]
    changes: tuple[NetChange, ...]
    currency: str
    missing: str
    issues: tuple[Issue, ...] = ()
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asked:
    """What is asked for, and the plan it is asked of: whole, and cut to what the actor may see."""

    spec: MeasureSpec
    plan: str
    whole: Looked
    looked: Looked
    by: str | None
    scope: Scope
    as_was: bool

    @property
    def level(self) -> str:
        return self.by or LEVEL

    @property
    def working(self) -> Line:
        return self.line(self.looked.plan.panel(self.spec.grain))

    def line(self, panel: Panel, inputs: PlanInputs | None = None, columns: slice | None = None) -> Line:
        own = inputs or self.looked.inputs
        rows = rows_by(own, self.level)
        return Line(panel=panel, model=rows.inputs.model, rows=rows, columns=columns or panel.buckets.horizon)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Earlier:
    """A plan of an earlier cycle, or published in this one."""

    name: str
    cycle: date
    line: Line
    version: StoredVersion | None = None


def show_waterfall(
    workspace: Workspace,
    measure: str = PLAN,
    *,
    by: str | None = None,
    where: tuple[str, ...] = (),
    span: tuple[str | None, str | None] = (None, None),
    since: str | None = None,
    as_was: bool = False,
    plan: str = MAIN,
) -> WaterfallAnswer:
    """Show what published plans said of a measure cycle by cycle, and what changed since the last one, by cause.

    Args:
        workspace: the open workspace.
        measure: any that adds up over members.
        by: level, or hierarchy, whose members are told; None = one line a plan, changes by family.
        where: nodes as `level=member`.
        span: first and last target bucket; None = from the first cycle known (a year back at most) to half a year
            ahead.
        since: version the changes are told from; None = the last one published in an earlier cycle (or in this one).
        as_was: roll each published version up by the structure it was made with; else all by that of the plan.
        plan: scenario, as it stands now, or version.

    Raises:
        NotFound: something named is not known; the message offers the nearest name.
        NotPermitted: the measure is not shown to the person's role, or can't be cut to their part.
        InvalidInput: the measure does not add up, or `since` is a plan of a later cycle.
    """
    spec = workspace.registry[measure]
    workspace.rights.check_measure(spec, workspace.registry)
    if is_bound(spec.id) or spec.over_members == "none":
        raise InvalidInput(f"{measure} does not add up over members; choose {PLAN}, baseline_demand or revenue.")
    whole = workspace.whole(plan)
    looked = see(workspace, whole)
    scope = parse_scope(where, looked.inputs.model.dimensions)
    asked = _Asked(spec=spec, plan=plan, whole=whole, looked=looked, by=by, scope=scope, as_was=as_was)
    earlier = _earlier(workspace, asked)
    buckets, shown = looked.inputs.model.buckets, _span(asked, earlier, *span)
    compared, causes, changes, missing = _changes(workspace, asked, earlier, since)
    behind = looked.stale.issue(spec.id) if looked.stale else None
    return WaterfallAnswer(
        measure=spec.id,
        about=spec.about,
        unit=unit_in_words(spec, looked.inputs),
        where=workspace.rights.where(", ".join(str(node) for node in scope)),
        by=asked.level,
        structure="then" if as_was else "today",
        buckets=tuple(buckets.label(column) for column in range(shown.start, shown.stop)),
        lines=_lines(asked, earlier, list(buckets.starts[shown])),
        before=compared[0],
        after=looked.version.id,
        first=compared[1],
        last=compared[2],
        causes=tuple(causes),
        changes=changes,
        currency=looked.inputs.model.company.currency,
        missing=missing,
        issues=(behind,) if behind else (),
        part=workspace.rights.part,
    )


def _earlier(workspace: Workspace, asked: _Asked) -> tuple[_Earlier, ...]:
    """Give the published plans of each cycle, oldest first: a version counts before the table."""
    looked, spec = asked.looked, asked.spec
    panel = looked.plan.panel(spec.grain)
    found = {
        cycle: _Earlier(name=TABLE, cycle=cycle, line=asked.line(then))
        for cycle, then in published_before(looked.inputs, panel, spec).items()
    }
    for version in _published(workspace, looked.version, asked.plan):
        line = _line_of(workspace, asked, version)
        if line is not None:
            cycle = line.panel.buckets.current
            found[cycle] = _Earlier(name=version.id, cycle=cycle, line=line, version=version)
    return tuple(found[cycle] for cycle in sorted(found))


def _published(workspace: Workspace, after: StoredVersion, asked: str) -> list[StoredVersion]:
    """Give the published versions of a scenario and those it was branched from, oldest first, without the one asked."""
    parents = {known.id: known.parent for known in workspace.store.scenarios()}
    line = [after.scenario]
    while parent := parents.get(line[-1]):
        line.append(parent)
    return [
        version
        for version in workspace.store.versions()
        if version.state is VersionState.PUBLISHED and version.scenario in line and version.id != asked
    ]


def _line_of(workspace: Workspace, asked: _Asked, version: StoredVersion) -> Line | None:
    """Give what a version said, cut to the actor's part; None without the measure, of a later cycle or another axis."""
    spec, model = asked.spec, asked.whole.inputs.model
    chunks = version.manifest.grains.get(spec.grain)
    if chunks is None or spec.id not in chunks.measures or chunks.buckets.calendar is not model.buckets.calendar:
        return None
    if chunks.buckets.current > model.buckets.current:
        return None
    if asked.as_was:
        plan = workspace.store.load_plan(version.id)
        own, inputs = see_numbers(workspace, plan, workspace.sources_of(version, plan).inputs)
        return asked.line(own.panel(spec.grain), inputs)
    panel = workspace.store.load_panel(version.id, spec.grain, needed_measures(spec, model))
    return asked.line(_cut(workspace, asked, by_todays_codes(panel, model.dimensions)))


def _cut(workspace: Workspace, asked: _Asked, panel: Panel) -> Panel:
    rights = workspace.rights
    return panel if rights.whole else see_panel(panel, asked.whole.inputs.model, rights)


def _span(asked: _Asked, earlier: tuple[_Earlier, ...], first: str | None, last: str | None) -> slice:
    buckets = asked.looked.inputs.model.buckets
    if first is not None or last is not None:
        return parse_span(first, last, buckets)
    oldest = min((one.cycle for one in earlier), default=buckets.current)
    start = next(column for column, day in enumerate(buckets.starts) if day >= oldest)
    opens = buckets.first_open
    return slice(max(start, opens - BACK, 0), min(opens + AHEAD, len(buckets)))


def _lines(asked: _Asked, earlier: tuple[_Earlier, ...], days: list[date]) -> tuple[WaterfallLine, ...]:
    """Give the lines of each member: cycles, the plan looked at, and what came."""
    buckets = asked.looked.inputs.model.buckets
    working = asked.working
    came = what_came(asked.whole.inputs, working.panel, asked.spec)
    told = [(one.name, buckets.label(_column(asked, one.cycle)), one.line) for one in earlier]
    told.append((asked.plan, buckets.label(buckets.first_open), working))
    if came is not None:
        told.append(("actuals", "", replace(working, panel=came, columns=buckets.closed)))
    found: list[WaterfallLine] = []
    for plan, cycle, line in told:
        values: Mapping[str, Values] = {}
        with suppress(NotFound):  # a member of the scope that the structure of then did not know
            values = line_values(line, asked.spec, asked.scope, days, total=asked.by is None)
        found += [WaterfallLine(plan=plan, cycle=cycle, member=name, values=row) for name, row in values.items()]
    told_of = [line for line in found if line.plan != TABLE or any(value is not None for value in line.values)]
    members = sorted({line.member for line in told_of})
    return tuple(line for member in members for line in told_of if line.member == member)


def _column(asked: _Asked, day: date) -> int:
    return asked.looked.inputs.model.buckets.index(day)


_Told = tuple[tuple[str, str, str], list[str], tuple[NetChange, ...], str]


def _changes(workspace: Workspace, asked: _Asked, earlier: tuple[_Earlier, ...], since: str | None) -> _Told:
    """Tell what changed since an earlier plan: names and buckets compared, causes, changes, what is not known."""
    none = ("", "", "")
    if not earlier:
        return none, [], (), _FIRST.format(measure=asked.spec.id)
    if asked.spec.over_members != "sum" or asked.spec.quantum is None:
        return none, [], (), f"{asked.spec.id} is an average: its lines are shown, a change of it has no parts."
    before = _chosen(workspace, asked, earlier, since)
    buckets, missing = asked.looked.inputs.model.buckets, ""
    bridge: Mapping[Cause, Line] = {}
    lines = before.line, asked.working
    reach = before.line.panel.buckets.edges[-1]
    if before.version is None:
        missing = _TABLE_ONLY.format(cycle=buckets.label(_column(asked, before.cycle)))
        reach = max((before.line.panel.buckets.edges[1:][c] for c in _spoken(before, asked)), default=reach)
    elif asked.spec.id not in TOLD:
        missing = f"causes are told of {', '.join(TOLD)}; {asked.spec.id} follows from them."
    else:
        found, missing = _bridge(workspace, asked, before.version)
        lines = asked.line(_cut(workspace, asked, found.before)), asked.line(_cut(workspace, asked, found.after))
        bridge = {
            cause: asked.line(_cut(workspace, asked, panel)) for cause, panel in moving(found, asked.spec).items()
        }
    columns = [at for at in range(buckets.first_open, len(buckets)) if buckets.edges[at + 1] <= reach]
    if not columns:
        return none, [], (), f"{missing} Its buckets are all closed by now: nothing to compare.".lstrip()
    days = [buckets.starts[at] for at in columns]
    prices = asked.looked.plan.panel("demand") if workspace.rights.sees("price") and bridge else None
    changes = net_changes(lines, asked.spec, asked.scope, days, bridge=bridge, prices=prices)
    names = buckets.label(columns[0]), buckets.label(columns[-1])
    return (before.name, *names), [cause.value for cause in bridge], changes, missing


_FIRST = (
    "no earlier plan of {measure} is known: there is one version only. The waterfall begins with the first published "
    "plan. Publish each cycle (trivet publish), or add plans you have to published.csv (cycle, measure, item, market, "
    "bucket, quantity)."
)
_TABLE_ONLY = (
    "cycle {cycle} is known from the table published only: what it was made from is not here, so causes begin with "
    "the first plan published here (trivet publish)."
)


def _spoken(before: _Earlier, asked: _Asked) -> list[int]:
    """Give the buckets a plan of the table `published` speaks of."""
    return [int(column) for column in np.flatnonzero(before.line.panel.mask(asked.spec.id).any(axis=0))]


def _chosen(workspace: Workspace, asked: _Asked, earlier: tuple[_Earlier, ...], since: str | None) -> _Earlier:
    """Give the plan changes are told from: the one asked for, else the last of an earlier cycle, else of this one."""
    if since is None:
        buckets = asked.looked.inputs.model.buckets
        ahead = [
            one
            for one in earlier
            if one.version is not None or max(_spoken(one, asked), default=-1) >= buckets.first_open
        ]
        return next((one for one in reversed(ahead) if one.cycle < buckets.current), [*earlier, *ahead][-1])
    version = workspace.version(since)
    line = _line_of(workspace, asked, version)
    if line is None:
        raise InvalidInput(
            f"{version.id} says nothing of {asked.spec.id} before {asked.looked.version.id}; choose an earlier version "
            "with the same calendar: trivet waterfall lists them."
        )
    return _Earlier(name=version.id, cycle=line.panel.buckets.current, line=line, version=version)


def _bridge(workspace: Workspace, asked: _Asked, version: StoredVersion) -> tuple[Bridge, str]:
    """Find the causes between a version and the plan looked at, whole; and what is not known."""
    plan = workspace.store.load_plan(version.id)
    sources, whole = workspace.sources_of(version, plan), asked.whole
    before = Side(
        demand=plan.panel("demand"),
        inputs=sources.inputs,
        entries=sources.entries,
        taught=taught_of(workspace, version),
    )
    after = Side(
        demand=whole.plan.panel("demand"),
        inputs=whole.inputs,
        entries=whole.entries,
        taught=taught_of(workspace, whole.version) or taught_now(workspace, whole.version),
    )
    lacks = f"what {version.id} predicted with is not kept: actuals and model change are told together."
    return find_causes(before, after, axes_of(workspace)), lacks if before.taught is None else ""
