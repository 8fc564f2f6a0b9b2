"""Gaps: where the plans of the legs disagree, with number, cause, owner and tolerance (C5).

Outlook against budget (revenue and margin by family and fiscal year), demand against supply (consensus the
plan does not serve). Reads measures of panels only: shipments and their money, constrained demand and its
money, unserved_demand, price and the budget panel. Ranked by money; what lies inside the tolerance is
listed but asks nobody to act.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from trivet.core.fiscal import (
    FiscalYear,
    budget_covers,
    outlook_cost,
    outlook_revenue,
    outlook_units,
    sum_by,
    unserved_revenue,
    years_ahead,
)
from trivet.core.ids import Counts, MeasureId, MemberId
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, to_decimal
from trivet.core.summary import Gap, GapKind, percent

TOLERANCE: Final = Decimal("2.0")
"""Percent of the budget up to which a gap asks nobody to act, unless `targets` names another."""
UNSERVED_TOLERANCE: Final = Decimal("0.5")
"""Percent of the consensus' revenue that may stay unserved."""
_KPI: Final = {GapKind.REVENUE: "revenue_gap", GapKind.MARGIN: "margin_gap", GapKind.UNSERVED: "unserved"}
_ABOVE: Final = {GapKind.REVENUE: GapKind.ABOVE, GapKind.MARGIN: GapKind.MARGIN_ABOVE}
_OWNER: Final = {
    GapKind.REVENUE: "sales",
    GapKind.ABOVE: "sales",
    GapKind.MARGIN: "finance",
    GapKind.MARGIN_ABOVE: "finance",
    GapKind.UNSERVED: "supply",
}


def find_gaps(inputs: PlanInputs, demand: Panel, supply: Panel, budget: Panel) -> tuple[Issue, ...]:  # noqa: ARG001
    """Say as issues which gaps are beyond their tolerance, largest first, and which budgets cover part of a year."""
    gaps = tuple(_issue(inputs, gap, demand) for gap in list_gaps(inputs, demand, budget) if gap.beyond)
    return (*gaps, *_partial_budgets(budget))


def _partial_budgets(budget: Panel) -> tuple[Issue, ...]:
    found = []
    for year in years_ahead(budget.buckets):
        for measure in (name for name in ("budget_revenue", "budget_margin") if budget.has(name) and budget.rows):
            given = int(budget.mask(measure)[:, year.columns].any(axis=0).sum())
            whole = year.columns.stop - year.columns.start
            if 0 < given < whole:
                found.append(_partial_budget(budget, MeasureId(measure), year, (given, whole)))
    return tuple(found)


def _partial_budget(budget: Panel, measure: MeasureId, year: FiscalYear, part: tuple[int, int]) -> Issue:
    starts, columns = budget.buckets.starts, year.columns
    amount = int(budget.count(measure)[:, columns].sum())
    return Issue(
        code="finance.budget-partial",
        severity=Severity.WARNING,
        place=Place(measure=measure, first=starts[columns.start], last=starts[columns.stop - 1], source="budget"),
        message=f"covers {part[0]} of the {part[1]} buckets of FY{year.year}, so the year is not held against it.",
        advice="Give a budget for every bucket of the year.",
        at_stake=to_decimal(amount, MONEY),
    )


Named = Callable[[pl.DataFrame], Sequence[str]]
"""Names the member each row of keys belongs to."""


def list_gaps(
    inputs: PlanInputs,
    demand: Panel,
    budget: Panel,
    *,
    named: Named | None = None,
    spans: Sequence[FiscalYear] | None = None,
    every: bool = False,
) -> tuple[Gap, ...]:
    """List the gaps of this fiscal year and the next by family, largest money first.

    Args:
        inputs: what the plan was made from.
        demand: its demand panel.
        budget: the budget, by family and region or at any keys `named` knows.
        named: members the gaps are told of; None = families.
        spans: buckets they are told of; None = this fiscal year and the next.
        every: whether pairs that do not differ are told as well, with an amount of 0.

    Money in plan currency: outlook less budget (negative = below), and revenue not served (negative).
    """
    sums = _sums(demand, budget, named or _families(inputs))
    found = []
    for year in years_ahead(demand.buckets) if spans is None else spans:
        covered = [pair for pair in _BUDGETED if budget_covers(budget, pair[1], year.columns)]
        for row in range(len(sums.families)):
            found += [*_budget_gaps(inputs, sums, row, year, covered), *_unserved(inputs, sums, row, year)]
    found = [gap for gap in found if every or gap.amount]
    return tuple(sorted(found, key=lambda gap: (-abs(gap.amount), gap.year, gap.family or "", gap.kind)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sums:
    """Counts by family and bucket; budget with its masks."""

    families: tuple[str, ...]
    units: Counts
    revenue: Counts
    margin: Counts
    unserved: Counts
    lost: Counts
    wanted: Counts
    budget: Panel
    budgeted: Mapping[str, list[int]]


_BUDGETED: Final = ((GapKind.REVENUE, "budget_revenue"), (GapKind.MARGIN, "budget_margin"))
"""What is held against the budget."""


def _families(inputs: PlanInputs) -> Named:
    """Name the family of each row: its own, or that of its item."""
    family = inputs.model.dimensions["item"].parents("family")

    def named(keys: pl.DataFrame) -> Sequence[str]:
        if "family" in keys.columns:
            return keys["family"].to_list()
        return [family.get(item, "") for item in keys["item"].to_list()]

    return named


def _sums(demand: Panel, budget: Panel, named: Named) -> _Sums:
    """Add up by family; a family that only the budget knows has an outlook of 0."""
    labels, revenue = list(named(demand.keys)), outlook_revenue(demand)
    budgeted: dict[str, list[int]] = {}
    for row, name in enumerate(named(budget.keys)):
        budgeted.setdefault(name, []).append(row)
    absent = sorted(set(budgeted) - set(labels))
    nothing = np.zeros((len(absent), len(demand.buckets)), dtype=np.int64)

    def by_family(values: Counts) -> Counts:
        return sum_by([*labels, *absent], np.concatenate([values, nothing]))[1]

    return _Sums(
        families=tuple(sorted({*labels, *absent})),
        units=by_family(outlook_units(demand)),
        revenue=by_family(revenue),
        margin=by_family(revenue - outlook_cost(demand)),
        unserved=by_family(unserved_revenue(demand)),
        lost=by_family(demand.count("unserved_demand")),
        wanted=by_family(demand.count("revenue")),
        budget=budget,
        budgeted=budgeted,
    )


def _budget_gaps(
    inputs: PlanInputs, sums: _Sums, row: int, year: FiscalYear, covered: Sequence[tuple[GapKind, str]]
) -> Sequence[Gap]:
    family, found = sums.families[row], []
    rows = sums.budgeted.get(family, [])
    for kind, measure in covered:
        have = sums.revenue if kind is GapKind.REVENUE else sums.margin
        if not sums.budget.mask(measure)[rows][:, year.columns].any():
            continue
        planned = _total(sums.budget.count(measure)[rows], year)
        amount = int(have[row, year.columns].sum()) - planned
        what = _ABOVE[kind] if amount > 0 else kind
        found.append(
            Gap(
                kind=what,
                family=family,
                year=year.year,
                amount=to_decimal(amount, MONEY),
                share=percent(to_decimal(amount, MONEY), to_decimal(planned, MONEY)),
                cause=_cause(sums, row, rows, year, inputs.model.company.currency, margin=kind is GapKind.MARGIN),
                owner=_OWNER[what],
                tolerance=tolerance_of(inputs, _KPI[kind], family, TOLERANCE),
                units=_units(sums, row, rows, year),
                against=to_decimal(planned, MONEY),
            )
        )
    return found


def _cause(sums: _Sums, row: int, rows: Sequence[int], year: FiscalYear, currency: str, *, margin: bool = False) -> str:
    """Say what the numbers say: units against budget, money a unit, and how much was not served."""
    units = int(sums.units[row, year.columns].sum())
    revenue = int(sums.revenue[row, year.columns].sum())
    words = []
    if sums.budget.mask("budget_units")[list(rows)][:, year.columns].any():
        planned = _total(sums.budget.count("budget_units")[list(rows)], year)
        money = _total(sums.budget.count("budget_revenue")[list(rows)], year)
        words.append(f"units {_signed(to_decimal(units - planned, QUANTITY))}")
        if planned and units:
            scale = float(MONEY) / float(QUANTITY)
            a_unit = round((revenue / units - money / planned) * scale, 2)
            words += [f"{currency} {_signed(Decimal(str(a_unit)), 2)} a unit"] if a_unit else []
            if margin:
                words += _margin_a_unit(sums, row, rows, year, currency)
    lost = to_decimal(int(sums.unserved[row, year.columns].sum()), MONEY)
    if lost:
        words.append(f"not served {currency} {_signed(-lost)}")
    return ", ".join(words) or "the budget has no units to compare"


def _margin_a_unit(sums: _Sums, row: int, rows: Sequence[int], year: FiscalYear, currency: str) -> list[str]:
    """Say how much more or less a unit earns than the budget wanted; nothing where it is the same."""
    units, planned = int(sums.units[row, year.columns].sum()), _total(sums.budget.count("budget_units")[rows], year)
    earned, wanted = int(sums.margin[row, year.columns].sum()), _total(sums.budget.count("budget_margin")[rows], year)
    apart = round((earned / units - wanted / planned) * float(MONEY) / float(QUANTITY), 2)
    return [f"margin {currency} {_signed(Decimal(str(apart)), 2)} a unit"] if apart else []


def _unserved(inputs: PlanInputs, sums: _Sums, row: int, year: FiscalYear) -> Sequence[Gap]:
    lost = to_decimal(int(sums.unserved[row, year.columns].sum()), MONEY)
    units = to_decimal(int(sums.lost[row, year.columns].sum()), QUANTITY)
    wanted = to_decimal(int(sums.wanted[row, year.columns].sum()), MONEY)
    family = sums.families[row]
    return (
        Gap(
            kind=GapKind.UNSERVED,
            family=family,
            year=year.year,
            amount=-lost,
            share=percent(-lost, wanted),
            cause=f"{units:,.0f} units of the consensus can't be shipped in time",
            owner=_OWNER[GapKind.UNSERVED],
            tolerance=tolerance_of(inputs, _KPI[GapKind.UNSERVED], family, UNSERVED_TOLERANCE),
            units=-units,
            against=wanted,
        ),
    )


def _units(sums: _Sums, row: int, rows: Sequence[int], year: FiscalYear) -> Decimal | None:
    """Give the units of the outlook less those of the budget; None when the budget has none."""
    if not rows or not sums.budget.mask("budget_units")[list(rows)][:, year.columns].any():
        return None
    planned = _total(sums.budget.count("budget_units")[list(rows)], year)
    return to_decimal(int(sums.units[row, year.columns].sum()) - planned, QUANTITY)


def tolerance_of(inputs: PlanInputs, kpi: str, family: str, default: Decimal) -> Decimal:
    """Take the tolerance, in percent, of the family's target, else the company's, else the default."""
    targets = inputs.table("targets")
    named = {
        row["family"]: row["tolerance"]
        for row in targets.iter_rows(named=True)
        if row["kpi"] == kpi and row["tolerance"] is not None
    }
    found = named.get(family, named.get(""))
    return default if found is None else Decimal(str(found))


def _issue(inputs: PlanInputs, gap: Gap, demand: Panel) -> Issue:
    currency = inputs.model.company.currency
    year = next(y for y in years_ahead(demand.buckets) if y.year == gap.year)
    buckets = demand.buckets
    share = "" if gap.share is None else f" ({_signed(gap.share, 1)} %, tolerance {gap.tolerance} %)"
    against = "revenue not served of" if gap.kind is GapKind.UNSERVED else f"{_subject(gap.kind)} outlook less budget"
    good = gap.amount > 0
    return Issue(
        code=f"gap.{gap.kind.name.lower()}",
        severity=Severity.NOTE if good else Severity.WARNING,
        place=Place(
            measure=MeasureId(_MEASURE[gap.kind]),
            scope=(Node(dimension="item", level="family", member=MemberId(gap.family or "")),),
            first=buckets.starts[year.columns.start],
            last=buckets.starts[year.columns.stop - 1],
        ),
        message=f"{against} FY{gap.year}: {currency} {_signed(gap.amount)}{share}: {gap.cause}.",
        advice=_ADVICE[gap.kind],
        at_stake=abs(gap.amount),
    )


_MEASURE: Final = {
    GapKind.REVENUE: "constrained_revenue",
    GapKind.ABOVE: "constrained_revenue",
    GapKind.MARGIN: "gross_margin",
    GapKind.MARGIN_ABOVE: "gross_margin",
    GapKind.UNSERVED: "unserved_demand",
}
_ADVICE: Final = {
    GapKind.REVENUE: "Sales: confirm the consensus or name what closes the gap.",
    GapKind.ABOVE: "Sales: confirm that the consensus is not too high.",
    GapKind.MARGIN: "Finance: see the bridge for volume, mix, price and cost.",
    GapKind.MARGIN_ABOVE: "Finance: see the bridge for volume, mix, price and cost.",
    GapKind.UNSERVED: "Supply: see load against capacity and key materials of these buckets.",
}


def _subject(kind: GapKind) -> str:
    return "margin" if kind in (GapKind.MARGIN, GapKind.MARGIN_ABOVE) else "revenue"


def _total(counts: Counts, year: FiscalYear) -> int:
    return int(np.asarray(counts)[:, year.columns].sum())


def _signed(amount: Decimal, places: int = 0) -> str:
    return f"{amount:+,.{places}f}"
