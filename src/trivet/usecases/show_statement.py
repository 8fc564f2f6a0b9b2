"""Show the statement: gross sales to EBITDA, stock and cash, beside the budget, the last cycle and last year."""

from dataclasses import dataclass
from typing import Final

from trivet.core.buckets import Period
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.fiscal import years_ahead
from trivet.core.ids import GrainName, VersionId
from trivet.core.issues import Scope
from trivet.core.profit import Line
from trivet.core.said import parse_scope, parse_span
from trivet.finance.ledger_tie import Cause, LedgerTie, tie_to_ledger
from trivet.planning.statements import COMPANY, Stated, StatementRow, state, statement_rows
from trivet.store.stored import StoredVersion, VersionState
from trivet.usecases.declare import Shells
from trivet.workspace.seen import see_numbers
from trivet.workspace.workspace import MAIN, Looked, Workspace

__all__ = ["Cause", "LedgerTie", "StatementAnswer", "StatementRow", "show_statement"]
DECLARED = Shells(command="statement", why="pages come with the workbench")

PERIODS: Final = {"month": Period.BUCKET, "bucket": Period.BUCKET, "quarter": Period.QUARTER, "year": Period.YEAR}
"""Words for periods and what they are."""
LEAST: Final = {Period.BUCKET: 1, Period.QUARTER: 3, Period.YEAR: 12}
"""Buckets a whole period has at least; the plan may begin or end within one."""
BACK, AHEAD = 3, 12
"""Closed and open buckets shown when none are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementAnswer:
    """A statement in plan currency: lines by member and period, fiscal years, and the ledger beside the history.

    Attributes:
        version: which plan; `state` of it.
        currency: plan currency.
        where: scope and part in words.
        by: level of the members; empty = the total only.
        periods: names of the columns of `rows`.
        closed: how many buckets of each period are actual, of how many.
        rows: lines; parts of a line add up to its total exactly.
        years: fiscal years, this one and the next, as far as the plan has them.
        outlook: the same lines by fiscal year: closed buckets actual, open ones planned.
        last_cycle: version the rows stand beside; empty where none was published before.
        ledger: history against the general ledger, line by line and bucket by bucket.
        notes: what is not known, and why.
        part: whose part is told; empty = all.
    """

    version: VersionId
    state: VersionState
    currency: str
    where: str
    by: str
    periods: tuple[str, ...]
    closed: tuple[tuple[int, int], ...]
    rows: tuple[StatementRow, ...]
    years: tuple[str, ...]
    outlook: tuple[StatementRow, ...]
    last_cycle: str
    ledger: tuple[LedgerTie, ...]
    notes: tuple[str, ...]
    part: str = ""


def show_statement(
    workspace: Workspace,
    *,
    by: str | None = None,
    period: str = "month",
    where: tuple[str, ...] = (),
    span: tuple[str | None, str | None] = (None, None),
    plan: str = MAIN,
) -> StatementAnswer:
    """Show what a plan means in money, line by line.

    Args:
        workspace: the open workspace.
        by: level of items or markets whose members are told one by one, e.g. family; None = the total.
        period: month (bucket), quarter or year.
        where: nodes as `level=member`; with one, the lines of the whole company are left out.
        span: first and last bucket; None = from a quarter back to a year ahead, or all of it by quarter and year.
        plan: scenario, as it stands now, or version.

    Raises:
        InvalidInput: the period is none of the three.
        NotFound: something named is not known; the message offers the nearest name.
    """
    if period not in PERIODS:
        raise InvalidInput(f"period is '{period}'; expected month, quarter or year.")
    rights, looked = workspace.rights, workspace.looked_at(plan)
    cost = rights.sees("constrained_cost")
    scope = parse_scope(where, looked.inputs.model.dimensions)
    stated = state(looked.inputs, looked.plan, by=by, scope=scope, cost=cost)
    earlier = _last_cycle(workspace, looked)
    before = _stated_then(workspace, earlier, by, scope, cost=cost) if earlier else None
    buckets = looked.inputs.model.buckets
    periods = _periods(looked, PERIODS[period], span)
    years = [(f"FY{year.year}", year.columns) for year in years_ahead(buckets)]
    first = buckets.first_open
    whole = looked.plan.panel("demand"), looked.plan.panel("company")
    return StatementAnswer(
        version=looked.version.id,
        state=looked.version.state,
        currency=looked.inputs.model.company.currency,
        where=rights.where(", ".join(where)),
        by=by or "",
        periods=tuple(name for name, _ in periods),
        closed=tuple((max(0, min(c.stop, first) - c.start), c.stop - c.start) for _, c in periods),
        rows=statement_rows(stated, periods, before),
        years=tuple(name for name, _ in years),
        outlook=statement_rows(stated, years, before),
        last_cycle=earlier.id if earlier and before else "",
        ledger=tie_to_ledger(looked.inputs, *whole) if rights.whole and not scope else (),
        notes=_notes(looked, stated, scope, cost=cost, by=by),
        part=rights.part,
    )


def _periods(looked: Looked, period: Period, span: tuple[str | None, str | None]) -> list[tuple[str, slice]]:
    """Give the names and buckets of the columns."""
    buckets = looked.inputs.model.buckets
    first = buckets.first_open
    if span != (None, None):
        asked = parse_span(*span, buckets)
    elif period is Period.BUCKET:
        asked = slice(max(first - BACK, 0), min(first + AHEAD, len(buckets)))
    else:
        asked = slice(0, len(buckets))
    found = []
    for name, columns in buckets.group(period):
        inside = slice(max(columns.start, asked.start), min(columns.stop, asked.stop))
        if inside.start < inside.stop:
            length = columns.stop - columns.start
            part = "" if inside == columns and length >= LEAST[period] else " (part)"
            found.append((f"{name}{part}", inside))
    return found


def _last_cycle(workspace: Workspace, looked: Looked) -> StoredVersion | None:
    """Find the version published last in an earlier cycle, else before this one in the same."""
    current = looked.inputs.model.buckets.current
    known = [
        version
        for version in workspace.store.versions()
        if version.state is VersionState.PUBLISHED and version.id != looked.version.id
    ]
    line = [version for version in known if version.scenario in (looked.version.scenario, MAIN)]
    cycles = [(version.manifest.grains[GrainName("demand")].buckets.current, version) for version in line]
    before = [version for cycle, version in cycles if cycle < current]
    same = [version for cycle, version in cycles if cycle == current and version.seq < looked.version.seq]
    found = before or same
    return found[-1] if found else None


def _stated_then(
    workspace: Workspace, version: StoredVersion, by: str | None, scope: Scope, *, cost: bool
) -> Stated | None:
    """Give what a version said, cut to what the actor sees; None where it did not know the scope or level."""
    plan = workspace.store.load_plan(version.id)
    own, inputs = see_numbers(workspace, plan, workspace.sources_of(version, plan).inputs)
    try:
        return state(inputs, own, by=by, scope=scope, cost=cost)
    except NotFound:
        return None


def _notes(looked: Looked, stated: Stated, scope: Scope, *, cost: bool, by: str | None) -> tuple[str, ...]:
    """Say what is left out, and why."""
    total, said = stated.members["all"], list[str]()
    if Line.GROSS not in total:
        said.append("gross sales and discounts are left out: prices.csv gives no list price.")
    if not cost:
        return (*said, "costs and what follows from them are not shown to your role.")
    if scope:
        said.append("variances, freight, events, expense and cash are kept for the whole company: leave --where out.")
    elif Line.VARIANCES not in total:
        said.append("variances, freight, events, expense and cash are kept for the whole company, not for your part.")
    else:
        said.append("supply variances, freight and events are of open buckets: what closed ones cost is not known.")
        if Line.EXPENSE not in total:
            said.append("the statement ends at contribution: there is no table operating_expense.")
        if Line.CASH not in total:
            said.append("receivables, payables and cash need the tables payment_terms and balance.")
    if by and COMPANY in stated.members:
        said.append(
            f"'{COMPANY}' holds what belongs to no {by}; members and it add up to all. Their gross margin is at "
            "standard cost."
        )
        if any(Line.CASH in accounts for name, accounts in stated.members.items() if name not in ("all", COMPANY)):
            said.append(
                f"net cash of a {by} is what it brings in from the first open bucket on: margin less what stock and "
                f"receivables take, plus payables; '{COMPANY}' holds the cash there was and what is spent as one."
            )
    if looked.stale:
        said.append(f"{looked.stale.changes} changes since the plan was made: trivet plan solves supply again.")
    return tuple(said)
