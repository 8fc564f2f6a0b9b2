"""Show the plan: on one screen, as a table of a measure at any level and period, or as its list of issues."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from trivet.core.buckets import Buckets, Period
from trivet.core.errors import InvalidInput
from trivet.core.ids import MeasureId, VersionId
from trivet.core.issues import Issue, Scope
from trivet.core.measures import MeasureSpec
from trivet.core.ownmeasures import read_by, with_own_measures, with_own_values
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.core.rollup import RolledUp, roll_up
from trivet.core.said import parse_moment, parse_scope, parse_span
from trivet.core.seasons import YEAR_BUCKETS
from trivet.core.summary import PlanSummary
from trivet.core.units import check_unit, read_units
from trivet.finance.exchange import RateType
from trivet.finance.restatement import LOCAL
from trivet.planning.along import Way, parse_along
from trivet.planning.course import start_course
from trivet.planning.cover import LASTS_AGAINST, check_cover, cover, flow_after
from trivet.planning.currencies import Asked, InCurrency, currency_words, roll_up_in_currency
from trivet.planning.explain import unit_in_words
from trivet.planning.make import choices_of
from trivet.planning.ranges import is_bound, roll_bound
from trivet.planning.summary import name_only, summarise
from trivet.planning.views import PATH, By, Rows, at_detail, by_structure, level_shown, rows_by
from trivet.usecases.declare import Shells
from trivet.workspace.moments import looked_at_then
from trivet.workspace.seen import see_today
from trivet.workspace.workspace import MAIN, Looked, Workspace

RollUp = Callable[[PlanInputs, Panel, MeasureSpec, Asked], tuple[tuple[InCurrency, ...], tuple[Issue, ...]]]
_PERCENT = "0.0 %"
DECLARED = Shells(command="show", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryAnswer:
    """A version on one screen; `changes` were recorded since and are not in it.

    `choices` are those of its scenario that are not the usual ones, in words.
    `part` is for who does not see everything: the summary then only names the plan, and these tables say what they
    see of it.
    """

    version: VersionId
    state: str
    summary: PlanSummary
    changes: int = 0
    part: "tuple[NumbersAnswer, ...]" = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a measure is looked at.

    Attributes:
        by: level of the rows, or a hierarchy: every level above its leaves, members named by their path;
            a grain without its dimension shows one total.
        period: bucket, quarter, year, or telescope (the coarser the farther).
        where: nodes as `level=member`.
        first: first bucket; None = the current one, or of measures of closed buckets two years back.
        last: last bucket; None = the end of the plan, or `first`.
        unit: unit of measure to show quantities in; None = each item's base unit.
        currency: ISO code to show money in, or `local`: each market's invoice currency; None = plan currency.
        rate: exchange rates money is valued at: plan, budget, actual or forecast.
        structure: `plan` = the structure of the plan's own cycle, `today` = of the latest import (an older
            version's codes by those of today), `as-was` = in each bucket where members lay then.
        as_of: a sequence number, day or instant: the numbers as they were looked at then; None = now.
        along: how they run along time: cumulative, rolling:N, mean:N, to-date, last-year, growth, shift:N, filled, or
            cover (days a stock, backlog or material lasts); None = as they are.
    """

    by: str = "family"
    period: str = "bucket"
    where: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    unit: str | None = None
    currency: str | None = None
    rate: str = "plan"
    structure: str = By.PLAN
    as_of: str | None = None
    along: str | None = None


_WHOLE = View()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One member's values, one a period; None where there is none (which is not zero).

    `currency` is given where rows stand in different currencies, which are never added. Of days of cover, `marks` says
    how each is read: `at least`, `no demand`, or nothing.
    """

    member: str
    values: tuple[Decimal | None, ...]
    currency: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersAnswer:
    """A measure as a table: what, where, when, unit and version.

    Attributes:
        unit: what the values count in; of money the currency shown, or `local currency`.
        rate: exchange rates money is valued at.
        format: decimals people read it with, as the measure says: 0, 0.00 or 0.0 %.
        effects: exchange effect of each row: its value at plan rates less the value shown; empty at plan rates.
        changes: how many were recorded since the version; edited and summed measures know them, solved ones do not
            and an issue says so.
        along: how the values run along time, in words; empty = as they are.
        note: what stands in closed buckets, why some periods are empty, and which quarters and years are not whole.
        below: of days of supply, share of each row's items with a target that are below it.
    """

    version: VersionId
    measure: MeasureId
    about: str
    unit: str
    where: str
    by: str
    periods: tuple[str, ...]
    rows: tuple[Row, ...]
    issues: tuple[Issue, ...]
    rate: str = "plan"
    effects: tuple[Row, ...] = ()
    format: str = "0"
    changes: int = 0
    along: str = ""
    note: str = ""
    below: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuesAnswer:
    """Every issue of a version, largest amount at stake first."""

    version: VersionId
    issues: tuple[Issue, ...]


def show_plan(workspace: Workspace, *, plan: str = MAIN) -> SummaryAnswer:
    """Give the summary of a scenario's latest version, or of a version: a set of plans that fit together.

    Raises NotFound when there is no such scenario or version, or it has no plan yet.
    """
    looked = workspace.looked_at(plan)
    return SummaryAnswer(
        version=looked.version.id,
        state=looked.version.state,
        summary=summarise_for(workspace, looked.inputs, looked.made),
        changes=looked.stale.changes if looked.stale else 0,
        part=show_part(workspace, looked.version.id),
        choices=choices_of(looked.made.recipe.options),
    )


PART = ("consensus_demand", "constrained_demand", "revenue", "constrained_revenue", "gross_margin")
"""Measures on the screen of somebody who sees a part of the plan, where they see them."""


def show_part(workspace: Workspace, version: VersionId) -> tuple[NumbersAnswer, ...]:
    """Give the first tables of who sees a part of the plan, by family and fiscal year; none for who sees it all."""
    rights, registry = workspace.rights, workspace.registry
    if rights.whole:
        return ()
    names = [name for name in PART if rights.sees(name) and rights.reaches(registry[name], registry)]
    view = View(by="family", period="year")
    return tuple(show_numbers(workspace, name, view, plan=version) for name in names)


def summarise_for(workspace: Workspace, inputs: PlanInputs, plan: Plan) -> PlanSummary:
    """Sum up what the actor sees of a plan."""
    return summarise(inputs, plan) if workspace.rights.whole else name_only(inputs, plan)


def show_issues(workspace: Workspace, *, plan: str = MAIN) -> IssuesAnswer:
    """Give the issues of a scenario's latest version, or of a version."""
    version, made, _ = workspace.seen(plan)
    return IssuesAnswer(version=version.id, issues=made.issues)


def show_numbers(workspace: Workspace, measure: str, view: View = _WHOLE, *, plan: str = MAIN) -> NumbersAnswer:
    """Give a measure as a table: of a scenario as it stands now, of a version as it was made.

    Args:
        workspace: the open workspace.
        measure: name of the measure.
        view: rows, columns, scope and unit.
        plan: scenario or version.

    Raises:
        NotFound: something named is not known; the message offers the nearest name.
        NotPermitted: the measure is not shown to the person's role, or can't be cut to their part.
        InvalidInput: the period is none, or a currency or rate is asked for that the measure does not have.
    """
    looked = looked_at_then(workspace, plan, parse_moment(view.as_of)) if view.as_of else workspace.looked_at(plan)
    looked = _with_own(workspace, looked, measure)
    inputs, model = looked.inputs, looked.inputs.model
    spec = model.registry[measure]
    workspace.rights.check_measure(spec, model.registry)
    panel, told = at_detail(inputs, looked.plan, spec, rows_by(inputs, view.by), _scope(view, inputs))
    behind = looked.stale.issue(spec.id) if looked.stale else None
    check_unit(spec, view.unit, inputs.table("unit_conversions"), inputs.table("items"))
    along = parse_along(view.along) if view.along else None
    if along is not None and along.way is Way.COVER:
        return _covered(workspace, looked, view, spec, plan)
    course = None
    if along is not None:
        course, inputs, panel = start_course(along, _period(view.period), inputs, panel, spec, restated=_is_money(view))
    rows = rows_by(inputs, view.by)
    panel, seen = _seen(workspace, looked, rows, view, panel)
    asked = _asked(view, seen)
    money = _is_money(view)
    levels = _levels(panel, seen, rows)
    rolling = roll_up_in_currency if money else _plain(view.unit)
    if is_bound(spec.id) and not money:
        rolling = _formed(looked.plan.panel("company"), view.unit)
    tables = [rolling(seen, panel, spec, replace(asked, levels=level)) for level in levels]
    parts = [part for table, _ in tables for part in table]
    issues = tuple(dict.fromkeys((*told, *(issue for _, said in tables for issue in said))))
    labels, shown = _shown(view, spec, model.buckets)
    unit = currency_words(inputs, spec, view.currency) if money else view.unit or unit_in_words(spec, inputs)
    head = replace(
        _head(workspace, looked, view, spec),
        unit=unit,
        by=rows.title if levels[0] else "",
        periods=labels,
        issues=(*issues, behind) if behind else issues,
        rate=asked.kind,
    )
    if course is not None:
        parts = course.run(parts, spec, model.buckets, shown[0])
        note = course.tell(parts, spec, list(zip(labels, shown, strict=True)))
        head = replace(head, along=course.words, note=note)
        head = replace(head, unit="ratio", format=_PERCENT) if course.ratio else head
    elif spec.over_time == "sum":
        head = replace(head, note=_not_whole(labels, shown, spec, model.buckets, _period(view.period)))
    return replace(
        head,
        rows=_every_row(((part.currency, part.rolled) for part in parts), spec, shown, view.currency),
        effects=_every_row(((part.currency, part.effect) for part in parts), spec, shown, view.currency),
    )


def _with_own(workspace: Workspace, looked: Looked, measure: str) -> Looked:
    """Compute a measure the company adds itself; as it is for the others. NotFound, NotPermitted."""
    own, model = looked.inputs.model.company.measures, looked.inputs.model
    if not own:
        return looked
    registry = with_own_measures(workspace.registry, own)
    spec, names = registry[measure], [one.name for one in own]
    model = replace(model, registry=registry)
    looked = replace(looked, inputs=replace(looked.inputs, model=model))
    if spec.id not in names:
        return looked
    for name in sorted(read_by(registry, spec.id)):
        workspace.rights.check_measure(registry[name], registry)
    panel = with_own_values(looked.plan.panel(spec.grain), registry, spec.id, names)
    panels = {**looked.plan.panels, panel.grain: panel}
    return replace(looked, plan=replace(looked.plan, panels=panels))


def _head(workspace: Workspace, looked: Looked, view: View, spec: MeasureSpec) -> NumbersAnswer:
    """Give what stands above a table, before it has rows."""
    return NumbersAnswer(
        version=looked.version.id,
        measure=spec.id,
        about=spec.about,
        unit="",
        where=workspace.rights.where(", ".join(view.where)),
        by="",
        periods=(),
        rows=(),
        issues=(),
        format=spec.format,
        changes=looked.stale.changes if looked.stale else 0,
    )


def _asked(view: View, inputs: PlanInputs) -> Asked:
    """Say what is asked of a roll-up, but for its levels."""
    return Asked(
        levels={},
        period=_period(view.period),
        scope=_scope(view, inputs),
        currency=view.currency,
        kind=_kind(view.rate),
    )


def _scope(view: View, inputs: PlanInputs) -> Scope:
    return parse_scope(view.where, inputs.model.dimensions)


def _is_money(view: View) -> bool:
    return view.currency is not None or _kind(view.rate) is not RateType.PLAN


def _covered(workspace: Workspace, looked: Looked, view: View, spec: MeasureSpec, plan: str) -> NumbersAnswer:
    """Give the days a level lasts, as a table."""
    check_cover(spec.id)
    for value, option in ((view.unit, "--unit"), (view.currency, "--currency"), (view.as_of, "--as-of")):
        if value is not None:
            raise InvalidInput(f"cover counts days of the plan as it stands. Leave {option} out.")
    if view.structure != By.PLAN:
        raise InvalidInput("cover is told by the structure of the plan. Leave --today and --as-was out.")
    rows, whole = rows_by(looked.inputs, view.by), workspace.whole(plan)
    panel, seen = looked.plan.panel(spec.grain), rows.inputs
    scope, levels = parse_scope(view.where, seen.model.dimensions), _levels(panel, seen, rows)
    apart = rows.dimension == "location" or any(node.dimension == "location" for node in scope)
    flow = flow_after(whole.inputs, whole.plan, spec.id, apart=apart)[whole.plan.panel(spec.grain).find(panel.keys)]
    labels, shown = _shown(view, spec, looked.inputs.model.buckets)
    found = [cover(seen, panel, flow, spec.id, level, period=_period(view.period), scope=scope) for level in levels]
    behind = looked.stale.issue(spec.id) if looked.stale else None
    return replace(
        _head(workspace, looked, view, spec),
        unit="days",
        format="0",
        by=rows.title if levels[0] else "",
        periods=labels,
        rows=_sorted(
            Row(member=name, values=values, marks=marks) for one in found for name, values, marks in one.told(shown)
        ),
        issues=(behind,) if behind else (),
        along="calendar days it lasts",
        note=f"against {LASTS_AGAINST[spec.id]}" + (", what goes to other locations" if apart else ""),
        below=_sorted(Row(member=name, values=values) for one in found for name, values in one.told_below(shown)),
    )


def _sorted(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: row.member.split(PATH)))


def _names(keys: pl.DataFrame, rows: int) -> list[str]:
    """Name the rows of a rolled-up table; without levels there is one, the total."""
    return [str(name) for name in keys[keys.columns[0]].to_list()] if keys.width else ["total"][:rows]


def _seen(workspace: Workspace, looked: Looked, rows: Rows, view: View, panel: Panel) -> tuple[Panel, PlanInputs]:
    """Give the numbers and inputs by the structure that is asked for."""
    try:
        by = By(view.structure)
    except ValueError as error:
        raise InvalidInput(f"structure is '{view.structure}'; expected {', '.join(By)}.") from error
    today = rows_by(see_today(workspace, looked), view.by).inputs if by is By.TODAY else None
    return by_structure(panel, rows.inputs, by, today)


def _levels(panel: Panel, inputs: PlanInputs, rows: Rows) -> list[Mapping[str, str | None]]:
    """Give what to roll up by, one a level of the rows; a grain without their dimension has one total."""
    if rows.levels[0] in panel.dimensions and rows.levels[0] not in inputs.model.dimensions:
        return [{rows.levels[0]: rows.levels[0]}]
    if rows.dimension not in panel.dimensions:
        return [{}]
    return [{rows.dimension: level_shown(inputs, rows.dimension, level)} for level in rows.levels]


def _plain(unit: str | None) -> RollUp:
    """Roll up in plan currency and the unit asked for."""

    def rolled(
        inputs: PlanInputs, panel: Panel, spec: MeasureSpec, asked: Asked
    ) -> tuple[tuple[InCurrency, ...], tuple[Issue, ...]]:
        units = read_units(inputs.table("unit_conversions"), inputs.table("items"))
        table = roll_up(
            panel,
            inputs.model,
            asked.levels,
            [spec.id],
            period=asked.period,
            scope=asked.scope,
            unit=unit,
            units=units,
        )
        return (InCurrency(currency="", rolled=table, effect=None),), table.issues

    return rolled


def _formed(company: Panel, unit: str | None) -> RollUp:
    """Form bounds of the forecast in base units: they do not add."""

    def rolled(
        inputs: PlanInputs, panel: Panel, spec: MeasureSpec, asked: Asked
    ) -> tuple[tuple[InCurrency, ...], tuple[Issue, ...]]:
        if unit is not None:
            raise InvalidInput(f"{spec.id} is formed in base units, not in '{unit}'. Leave --unit out.")
        table = roll_bound(panel, company, inputs.model, asked.levels, spec.id, period=asked.period, scope=asked.scope)
        return (InCurrency(currency="", rolled=table, effect=None),), table.issues

    return rolled


def _shown(view: View, spec: MeasureSpec, buckets: Buckets) -> tuple[tuple[str, ...], list[int]]:
    """Give the labels and the numbers of the periods asked for."""
    span = _span(view, spec, buckets)
    periods = buckets.group(_period(view.period))
    shown = [i for i, (_, run) in enumerate(periods) if run.start < span.stop and span.start < run.stop]
    return tuple(periods[i][0] for i in shown), shown


def _not_whole(labels: tuple[str, ...], shown: list[int], spec: MeasureSpec, buckets: Buckets, period: Period) -> str:
    """Name the quarters and years of which only some buckets have a value: two months are no year."""
    whole = slice(0, len(buckets))
    known = {"open": buckets.horizon, "closed": slice(0, buckets.first_open)}.get(spec.spans, whole)
    year, told = YEAR_BUCKETS[buckets.calendar], []
    for label, (_, run) in zip(labels, (buckets.group(period)[i] for i in shown), strict=True):
        usual = 1 if not label.startswith("FY") else year // 4 if "-Q" in label else year
        length = max(run.stop - run.start, usual if run.start == whole.start or run.stop == whole.stop else 1)
        inside = min(run.stop, known.stop) - max(run.start, known.start)
        if inside < length:
            told.append(f"{label} holds {max(inside, 0)} of {length} buckets")
    return ", ".join(told)


def _span(view: View, spec: MeasureSpec, buckets: Buckets) -> slice:
    if view.first is None and view.last is None and spec.spans == "closed":
        return slice(max(0, buckets.first_open - 2 * YEAR_BUCKETS[buckets.calendar]), buckets.first_open)
    return parse_span(view.first, view.last, buckets)


def _period(text: str) -> Period:
    try:
        return Period(text)
    except ValueError as error:
        raise InvalidInput(f"period is '{text}'; expected bucket, quarter, year or telescope.") from error


def _kind(text: str) -> RateType:
    try:
        return RateType(text.lower())
    except ValueError as error:
        raise InvalidInput(f"rate is '{text}'; expected {', '.join(RateType)}.") from error


def _every_row(
    parts: Iterable[tuple[str, RolledUp | None]], spec: MeasureSpec, shown: list[int], currency: str | None
) -> tuple[Row, ...]:
    """Give the rows of all currencies, by member; in local currency only those that have a value."""
    rows = [row for code, rolled in parts if rolled is not None for row in _rows(rolled, spec, shown, code)]
    rows.sort(key=lambda row: row.member.split(PATH))
    if currency != LOCAL:
        return tuple(replace(row, currency="") for row in rows)
    return tuple(sorted((row for row in rows if any(row.values)), key=lambda row: (row.member, row.currency)))


def _rows(rolled: RolledUp, spec: MeasureSpec, shown: list[int], currency: str) -> tuple[Row, ...]:
    groups = len(rolled.present[spec.id])  # without rows there is no total either
    names = _names(rolled.keys, groups)
    return tuple(
        Row(member=name, values=tuple(_value(rolled, spec, i, column) for column in shown), currency=currency)
        for i, name in enumerate(names)
    )


def _value(rolled: RolledUp, spec: MeasureSpec, row: int, column: int) -> Decimal | None:
    if not rolled.present[spec.id][row, column]:
        return None
    if spec.id in rolled.counts and spec.quantum is not None:
        return int(rolled.counts[spec.id][row, column]) * spec.quantum
    return Decimal(repr(float(rolled.rates[spec.id][row, column])))
