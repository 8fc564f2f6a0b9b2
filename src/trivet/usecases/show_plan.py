"""Show the plan: on one screen, as a table of a measure at any level and period, or as its list of issues."""

from dataclasses import dataclass
from decimal import Decimal

from trivet.core.buckets import Buckets, Period
from trivet.core.errors import InvalidInput
from trivet.core.ids import MeasureId, VersionId
from trivet.core.issues import Issue
from trivet.core.measures import MeasureSpec
from trivet.core.rollup import RolledUp, roll_up
from trivet.core.said import parse_scope, parse_span
from trivet.core.seasons import YEAR_BUCKETS
from trivet.core.summary import PlanSummary
from trivet.core.units import read_units
from trivet.planning.explain import unit_in_words
from trivet.planning.summary import summarise
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace, level_of

DECLARED = Shells(command="show", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryAnswer:
    """A version on one screen."""

    version: VersionId
    state: str
    summary: PlanSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a measure is looked at.

    Attributes:
        by: level of the rows; a grain without its dimension shows one total.
        period: bucket, quarter or year.
        where: nodes as `level=member`.
        first: first bucket; None = the current one, or of measures of closed buckets two years back.
        last: last bucket; None = the end of the plan, or `first`.
        unit: unit of measure to show quantities in; None = each item's base unit.
    """

    by: str = "family"
    period: str = "bucket"
    where: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    unit: str | None = None


_WHOLE = View()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One member's values, one a period; None where there is none (which is not zero)."""

    member: str
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersAnswer:
    """A measure as a table: what, where, when, unit and version."""

    version: VersionId
    measure: MeasureId
    about: str
    unit: str
    where: str
    by: str
    periods: tuple[str, ...]
    rows: tuple[Row, ...]
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuesAnswer:
    """Every issue of a version, largest amount at stake first."""

    version: VersionId
    issues: tuple[Issue, ...]


def show_plan(workspace: Workspace, *, plan: str = MAIN) -> SummaryAnswer:
    """Give the summary of a scenario's latest version, or of a version.

    Raises NotFound when there is no such scenario or version, or it has no plan yet.
    """
    version, made, inputs = workspace.opened(plan)
    return SummaryAnswer(version=version.id, state=version.state, summary=summarise(inputs, made))


def show_issues(workspace: Workspace, *, plan: str = MAIN) -> IssuesAnswer:
    """Give the issues of a scenario's latest version, or of a version."""
    version = workspace.version(plan)
    return IssuesAnswer(version=version.id, issues=workspace.store.load_plan(version.id).issues)


def show_numbers(workspace: Workspace, measure: str, view: View = _WHOLE, *, plan: str = MAIN) -> NumbersAnswer:
    """Give a measure as a table.

    Args:
        workspace: the open workspace.
        measure: name of the measure.
        view: rows, columns, scope and unit.
        plan: scenario or version.

    Raises:
        NotFound: something named is not known; the message offers the nearest name.
        InvalidInput: the period is none.
    """
    version, made, inputs = workspace.opened(plan)
    spec, model = workspace.registry[measure], inputs.model
    panel = made.panel(spec.grain)
    dimension, level = level_of(inputs, view.by)
    own = level if level in panel.dimensions else dimension
    levels = {own: level} if own in panel.dimensions else {}
    rolled = roll_up(
        panel,
        model,
        levels,
        [spec.id],
        period=_period(view.period),
        scope=parse_scope(view.where, model.dimensions),
        unit=view.unit,
        units=read_units(inputs.table("unit_conversions"), inputs.table("items")),
    )
    span = _span(view, spec, model.buckets)
    wanted = {
        name
        for name, run in model.buckets.group(_period(view.period))
        if run.start < span.stop and span.start < run.stop
    }
    shown = [i for i, name in enumerate(rolled.labels) if name in wanted]
    return NumbersAnswer(
        version=version.id,
        measure=spec.id,
        about=spec.about,
        unit=view.unit or unit_in_words(spec, inputs),
        where=", ".join(view.where) or "everything",
        by=level if levels else "",
        periods=tuple(rolled.labels[i] for i in shown),
        rows=_rows(rolled, spec, shown),
        issues=rolled.issues,
    )


def _span(view: View, spec: MeasureSpec, buckets: Buckets) -> slice:
    if view.first is None and view.last is None and spec.spans == "closed":
        return slice(max(0, buckets.first_open - 2 * YEAR_BUCKETS[buckets.calendar]), buckets.first_open)
    return parse_span(view.first, view.last, buckets)


def _period(text: str) -> Period:
    try:
        return Period(text)
    except ValueError as error:
        raise InvalidInput(f"period is '{text}'; expected bucket, quarter or year.") from error


def _rows(rolled: RolledUp, spec: MeasureSpec, shown: list[int]) -> tuple[Row, ...]:
    names = rolled.keys[rolled.keys.columns[0]].to_list() if rolled.keys.width else ["total"]
    return tuple(
        Row(member=str(name), values=tuple(_value(rolled, spec, i, column) for column in shown))
        for i, name in enumerate(names)
    )


def _value(rolled: RolledUp, spec: MeasureSpec, row: int, column: int) -> Decimal | None:
    if not rolled.present[spec.id][row, column]:
        return None
    if spec.id in rolled.counts and spec.quantum is not None:
        return int(rolled.counts[spec.id][row, column]) * spec.quantum
    return Decimal(repr(float(rolled.rates[spec.id][row, column])))
