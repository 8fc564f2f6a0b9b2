"""Is the data fit to open a cycle with? Findings with money at stake, owner and day; trust by family (D8).

Reads the tables of a snapshot, the history it gives and the report of its import. A finding blocks when it is of a
kind a plan can't do without and touches at least 0.5 % of the last year's value. Trust in a family = the part of
its last year's value (closed buckets) in items without any finding; where nothing was sold, the part of its items.
Findings of the whole company (rates, rejected rows, months that were not reported) stand beside it and touch no family.
What people accepted or were given to mend (`planning.answers`) is put to the findings; it changes no trust.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import polars as pl

from trivet.core.dimensions import UNASSIGNED
from trivet.core.health import Answers, Fault, Finding, Health, Trust
from trivet.core.issues import Issue, Scope
from trivet.core.owners import find_owner
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, to_decimal
from trivet.core.report import ImportReport
from trivet.core.scope import rows_of
from trivet.core.seasons import YEAR_BUCKETS
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.demand.segments import segment_items
from trivet.finance.valuation import price_and_cost
from trivet.planning.answers import answered, gone, with_charge
from trivet.planning.booked_hours import find_booked
from trivet.planning.contradictions import find_overruns
from trivet.planning.faults import ItemFault, find_item_faults
from trivet.supply.calendar import closed_days

OWNERS: Final[Mapping[Fault, str]] = {
    Fault.PRICE: "sales",
    Fault.COST: "finance",
    Fault.RATE: "finance",
    Fault.PARENT: "product",
    Fault.UNIT: "product",
    Fault.SOURCE: "supply",
    Fault.ORPHAN: "coordinator",
    Fault.REJECTED: "coordinator",
    Fault.NEGATIVE_STOCK: "supply",
    Fault.BREAK: "demand",
    Fault.CONTRADICTION: "supply",
}
"""Role that owns each kind of fault; where nobody has it, the coordinator answers."""
BLOCKING: Final = frozenset(Fault) - {Fault.SOURCE, Fault.CONTRADICTION, Fault.UNIT}
"""Kinds a cycle should not open with; the others leave a plan that is true but knows less."""
MATERIAL: Final = Decimal("0.005")
"""Part of the company's last year's value from which a finding blocks."""
DUE: Final = 3
"""Working day of the current bucket until which data are mended (the month of PRACTICE: working days 1 to 3)."""
NOBODY: Final = Answers(acceptances={}, charges={}, today=date.min)
"""Nobody said anything about any finding."""
_NAMED: Final = 5
_FAMILIES: Final = (
    "budget",
    "streams",
    "inventory_policy",
    "promotions",
    "price_changes",
    "consensus_rules",
    "forecast_methods",
)
_UNREPORTED: Final = ("demand.not-reported", "demand.partial-bucket")


def check_health(inputs: PlanInputs, report: ImportReport | None = None, answers: Answers = NOBODY) -> Health:
    """Check the data of a snapshot before a plan is made of it.

    Args:
        inputs: the snapshot.
        report: what its import said; None = not known.
        answers: what people said about findings.
    """
    demand, _ = demand_panel(inputs)
    demand, history = correct_history(inputs, demand)
    demand, money = price_and_cost(inputs, demand)
    values = _values(inputs, demand)
    faults = find_item_faults(inputs, demand)
    desk = _Desk(inputs=inputs, total=sum(values.values(), Decimal(0)), due=due_day(inputs))
    findings = [finding for fault in faults for finding in desk.by_family(fault)]
    findings += desk.rates(money) + desk.orphans() + desk.rejected(report)
    findings += desk.unreported(history, demand) + desk.overruns()
    cycle = inputs.model.buckets.current
    every = [answered(with_charge(finding, answers), answers, cycle) for finding in _told_apart(findings)]
    ordered = sorted(every, key=lambda f: (not f.blocking, -(f.at_stake or 0), f.fault, f.family, f.code))
    families = _trust(inputs, values, faults, ordered)
    return Health(
        findings=tuple(finding for finding in ordered if not finding.accepted),
        families=families,
        score=_company_score(families),
        accepted=tuple(finding for finding in ordered if finding.accepted),
        gone=gone(answers, ordered, cycle),
    )


def _told_apart(findings: Sequence[Finding]) -> list[Finding]:
    """Number findings of one kind and place, so that each code names one."""
    count: dict[str, int] = {}
    result = []
    for finding in findings:
        count[finding.code] = number = count.get(finding.code, 0) + 1
        result.append(replace(finding, code=f"{finding.code}#{number}") if number > 1 else finding)
    return result


def due_day(inputs: PlanInputs) -> date:
    """Give the third working day of the current bucket by the company's closures."""
    day, shut, left = inputs.model.buckets.current, closed_days(inputs), DUE
    while True:
        if day.weekday() < 5 and day not in shut:
            left -= 1
        if not left:
            return day
        day += timedelta(days=1)


def _values(inputs: PlanInputs, demand: Panel) -> dict[str, Decimal]:
    found = segment_items(inputs, demand)
    rows = zip(found.keys["item"].to_list(), found.value.tolist(), strict=True)
    return {item: to_decimal(max(value, 0), MONEY) for item, value in rows}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Desk:
    """Turns faults into findings: who answers, until when, and whether the cycle waits."""

    inputs: PlanInputs
    total: Decimal
    due: date

    def finding(
        self, fault: Fault, said: tuple[str, str], stake: Decimal | None, *, family: str = "",
        members: Sequence[str] = (), later: bool = False, place: str = "",
    ) -> Finding:  # fmt: skip
        """Build one finding; an amount nobody can say counts as material. `place` names it where no family does."""
        role, owner = self._owner(fault, family)
        material = stake is None or stake >= MATERIAL * self.total
        return Finding(
            code=f"{fault}{'-later' if later else ''}/{place or family}", fault=fault, family=family,
            blocking=fault in BLOCKING and material and not later, members=tuple(members), message=said[0],
            advice=said[1], at_stake=stake, role=role, owner=owner, due=self.due,
        )  # fmt: skip

    def _owner(self, fault: Fault, family: str) -> tuple[str, str | None]:
        """Find who answers: of the role and the family, of the role, else the coordinator."""
        return find_owner(self.inputs.table("people"), (OWNERS[fault], "coordinator"), family)

    def by_family(self, fault: ItemFault) -> list[Finding]:
        """Cut a fault of items into one finding a family."""
        parents = self.inputs.model.dimensions["item"].parents("family")
        groups: dict[str, list[str]] = {}
        for item in sorted(fault.stakes):
            groups.setdefault(parents.get(item, UNASSIGNED), []).append(item)
        return [
            self.finding(
                fault.fault,
                (f"{len(items)} items ({_some(items)}) {fault.said}.", fault.advice),
                sum((fault.stakes[item] for item in items), Decimal(0)),
                family=family, members=items, later=fault.later,
            )
            for family, items in sorted(groups.items())
        ]  # fmt: skip

    def rates(self, money: Sequence[Issue]) -> list[Finding]:
        """Take over what valuation said about currencies without a rate."""
        return [
            self.finding(Fault.RATE, (issue.message, issue.advice), issue.at_stake, place=issue.place.value or "")
            for issue in money
            if issue.code == "finance.no-rate"
        ]

    def orphans(self) -> list[Finding]:
        """Find rows of other tables that name a family no item has."""
        known = set(self.inputs.table("items")["family"].to_list()) | {"", UNASSIGNED}
        findings = []
        for name in _FAMILIES:
            frame = self.inputs.table(name)
            lost = frame.filter(pl.col("family").is_not_null() & ~pl.col("family").is_in(sorted(known)))
            if lost.height:
                families = lost["family"].unique().sort().to_list()
                amount = next((column for column in ("revenue", "value") if column in lost.columns), None)
                stake = to_decimal(int(lost[amount].sum() or 0), MONEY) if amount else Decimal(0)
                said = (
                    f"{lost.height} rows of {name} name {_some(families)}, which no item has as family.",
                    f"Correct {name}.csv, or give the items that family.",
                )
                findings.append(self.finding(Fault.ORPHAN, said, stake, members=families, place=name))
        return findings

    def rejected(self, report: ImportReport | None) -> list[Finding]:
        """Say what the import rejected, file by file, with its money."""
        return [
            self.finding(
                Fault.REJECTED,
                (
                    f"{table.rejected.rows} of {table.read.rows} rows of {table.file} were rejected; expected none.",
                    "Mend them as the reject file says and import again.",
                ),
                abs(table.rejected.money) or None,
                place=table.file,
            )
            for table in (report.tables if report else ())
            if table.rejected.rows
        ]

    def overruns(self) -> list[Finding]:
        """Take over resources that ran more hours than they have, and hours booked that contradict the routings."""
        return [
            self.finding(
                Fault.CONTRADICTION, (f"{issue.place.scope[0]}: {issue.message}", issue.advice), issue.at_stake,
                members=[str(issue.place.scope[0].member)],
                place=f"{issue.place.scope[0].member}:{issue.code.rpartition('.')[2]}",
            )
            for issue in (*find_overruns(self.inputs), *find_booked(self.inputs))
        ]  # fmt: skip

    def unreported(self, history: Sequence[Issue], demand: Panel) -> list[Finding]:
        """Take over buckets feeds did not report, one finding for all feeds of a level that miss the same ones."""
        missing: dict[Scope, set[date]] = {}
        for issue in (one for one in history if one.code in _UNREPORTED):
            first, last = issue.place.first or demand.buckets.current, issue.place.last or demand.buckets.current
            days = {start for start in demand.buckets.starts if first <= start <= last}
            missing.setdefault(issue.place.scope, set()).update(days)
        alike: dict[tuple[str, tuple[date, ...]], list[Scope]] = {}
        for scope, days in sorted(missing.items(), key=lambda one: str(one[0])):
            level = scope[0].level if scope else "company"
            alike.setdefault((level, tuple(sorted(days))), []).append(scope)
        return [self._unreported(level, days, scopes, demand) for (level, days), scopes in sorted(alike.items())]

    def _unreported(self, level: str, days: Sequence[date], scopes: Sequence[Scope], demand: Panel) -> Finding:
        """Say which buckets are missing or partial; worth a mean bucket of the last year each."""
        year, closed = YEAR_BUCKETS[demand.buckets.calendar], demand.buckets.first_open
        revenue = demand.count("shipped_revenue")[:, max(closed - year, 0) : closed].sum(axis=1)
        own = sum(int(revenue[rows_of(demand, self.inputs.model, scope)].sum()) for scope in scopes)
        some = ", ".join(f"{day:%Y-%m-%d}" for day in days[:_NAMED])
        recent = demand.buckets.starts[max(closed - year, 0)]
        names = [str(scope[0].member) for scope in scopes if scope]
        who = f"{len(names)} {_feeds(level, len(names))} ({_some(names)})" if names else "the company"
        verb = "sell" if len(names) > 1 else "sells"
        return self.finding(
            Fault.BREAK,
            (
                f"{who} reported nothing or a part in {some}, and otherwise always {verb}: not learned from.",
                "Import what is missing; if it is true, enter it as a correction of the history.",
            ),
            to_decimal(own // year * len(days), MONEY) if own else None,
            members=names,
            later=days[-1] < recent,
            place=f"{level}:{','.join(f'{day:%Y-%m-%d}' for day in days)}",
        )


def _feeds(level: str, count: int) -> str:
    """Give the noun of a level, for one or several."""
    if count == 1:
        return level
    return f"{level.removesuffix('y')}ies" if level.endswith("y") else f"{level}s"


def _trust(
    inputs: PlanInputs, values: Mapping[str, Decimal], faults: Sequence[ItemFault], findings: Sequence[Finding]
) -> tuple[Trust, ...]:
    """Score each family that has planned items, the least trusted first."""
    parents = inputs.model.dimensions["item"].parents("family")
    touched = {item for fault in faults for item in fault.stakes}
    open_ = {item for finding in findings if not finding.accepted for item in finding.members}
    groups: dict[str, list[str]] = {}
    for item in sorted(values):
        groups.setdefault(parents.get(item, UNASSIGNED), []).append(item)
    scores = []
    for family, items in groups.items():
        revenue = sum((values[item] for item in items), Decimal(0))
        bad = [item for item in items if item in touched]
        lost = sum((values[item] for item in bad), Decimal(0))
        known = sum((values[item] for item in bad if item not in open_), Decimal(0))
        part = lost / revenue if revenue else Decimal(len(bad)) / len(items)
        scores.append(
            Trust(
                family=family, revenue=revenue, touched=lost, score=_percent(1 - part),
                findings=sum(finding.family == family for finding in findings), accepted=known,
            )
        )  # fmt: skip
    return tuple(sorted(scores, key=lambda trust: (trust.score, -trust.revenue, trust.family)))


def _company_score(families: Sequence[Trust]) -> Decimal:
    revenue = sum((trust.revenue for trust in families), Decimal(0))
    touched = sum((trust.touched for trust in families), Decimal(0))
    return _percent(1 - touched / revenue) if revenue else Decimal(100)


def _percent(part: Decimal) -> Decimal:
    return (part * 100).quantize(Decimal("0.1"))


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
