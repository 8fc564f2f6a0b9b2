"""The reconciliation matrix: every pair of plans that should be one, by member and period (C5).

Each cell has its number in units and money, its share against a tolerance, its cause, who answers and what to do. The
tolerance is that of the table `targets` (percent; of the family, else of the company), else that of the pair. Budget
and demand not served are the gaps of `gaps`; opinions, published plan and systems come from `opinions` and `systems`.
Reads a plan's panels and tables; writes no measure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

import polars as pl

from trivet.core.buckets import Period
from trivet.core.dimensions import UNASSIGNED
from trivet.core.fiscal import FiscalYear, years_ahead
from trivet.core.owners import find_owner
from trivet.core.pairs import COMPANY, NOW, RULES, TOGETHER, GapCell, GapMatrix, Pair
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.summary import Gap, GapKind, percent
from trivet.reconcile.capability import find_overloads, find_shortages
from trivet.reconcile.compared import Compared, Sum, sum_up
from trivet.reconcile.gaps import list_gaps, tolerance_of
from trivet.reconcile.opinions import Seen, compare_levels, compare_opinions, compare_orders, compare_published
from trivet.reconcile.systems import compare_ledger, compare_production, compare_purchases, compare_stock
from trivet.reconcile.topdown import spread_budget

_PAIR_OF: Final = {
    GapKind.REVENUE: Pair.REVENUE,
    GapKind.ABOVE: Pair.REVENUE,
    GapKind.MARGIN: Pair.MARGIN,
    GapKind.MARGIN_ABOVE: Pair.MARGIN,
    GapKind.UNSERVED: Pair.SERVED,
}
_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sides:
    """What a matrix is drawn from.

    Attributes:
        inputs: what the plan was made from; its `targets` say tolerances, its `people` who answers.
        panels: demand, supply, load, material and budget of the plan.
        published: consensus of the plan published before, by today's codes; None = there is none.
        systems: whether stock, orders and parts of what is seen are told (not of a part of the markets).
        ledger: whether the ledger of the whole company is told.
        proof: what the tie-out certificate says of detail and aggregate.
    """

    inputs: PlanInputs
    panels: Mapping[str, Panel]
    published: Panel | None = None
    systems: bool = True
    ledger: bool = True
    proof: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Which members have a row: those of a level of the items or markets; `title` is what the level is called."""

    dimension: str = "item"
    level: str = "family"
    title: str = "family"


FAMILIES: Final = Rows()
"""The rows management looks at."""


def draw_matrix(sides: Sides, rows: Rows = FAMILIES, period: Period = Period.YEAR) -> GapMatrix:
    """Draw the matrix: what is planned by fiscal year or quarter from now on, what systems say as it stands.

    Args:
        sides: plans and tables.
        rows: members.
        period: year or quarter.

    Returns:
        Cells by period, pair and member; the row of all together first. At a level below the family the budget
        is spread top-down by the plan's split (`topdown`).
    """
    seen = Seen(
        named=_named(sides.inputs, rows), below="market" if rows.level == "item" else "item", model=sides.inputs.model
    )
    desk = _Desk(sides=sides, rows=rows, seen=seen, family=sides.inputs.model.dimensions["item"].parents("family"))
    spans = spans_of(sides.inputs, period)
    cells = [cell for label, span in spans for cell in desk.budget(label, span)]
    for compared in _by_period(sides, rows, seen):
        cells += [cell for label, span in spans for cell in desk.cells(compared, label, span.columns)]
    whole = slice(0, len(sides.inputs.model.buckets))
    for compared, label in _standing(sides, rows, seen):
        cells += desk.cells(compared, label, whole)
    order = {label: at for at, label in enumerate([*(label for label, _ in spans), NOW])}
    pairs = list(Pair)
    cells.sort(key=lambda cell: (order.get(cell.period, len(order)), pairs.index(cell.pair), cell.member))
    return GapMatrix(by=rows.title, currency=sides.inputs.model.company.currency, cells=tuple(cells))


def spans_of(inputs: PlanInputs, period: Period) -> tuple[tuple[str, FiscalYear], ...]:
    """Give the fiscal years ahead, or their quarters from the current one on, by name."""
    buckets, years = inputs.model.buckets, years_ahead(inputs.model.buckets)
    if period is Period.YEAR:
        return tuple((f"FY{year.year}", year) for year in years)
    stop = max((year.columns.stop for year in years), default=0)
    return tuple(
        (label, FiscalYear(year=buckets.fiscal_year(run.start), columns=run, complete=True))
        for label, run in buckets.group(Period.QUARTER)
        if buckets.first_open < run.stop <= stop
    )


def _named(inputs: PlanInputs, rows: Rows) -> Callable[[pl.DataFrame], Sequence[str]]:
    """Name the member of each row of keys; of a budget by its own family or region."""
    parents = inputs.model.dimensions[rows.dimension].parents(rows.level)

    def named(keys: pl.DataFrame) -> Sequence[str]:
        if rows.level in keys.columns:
            return [name or UNASSIGNED for name in keys[rows.level].to_list()]
        return [parents.get(leaf) or UNASSIGNED for leaf in keys[rows.dimension].to_list()]

    return named


def _by_period(sides: Sides, rows: Rows, seen: Seen) -> list[Compared]:
    demand = sides.panels["demand"]
    found = list(compare_opinions(demand, seen))
    if rows.level != rows.dimension:
        found.insert(0, compare_levels(demand, seen, rows.dimension, rows.level))
    if sides.published is not None:
        found.append(compare_published(demand, seen, sides.published))
    return found


def _standing(sides: Sides, rows: Rows, seen: Seen) -> list[tuple[Compared, str]]:
    """Give what is compared as it stands, each with the name of its period."""
    inputs, panels = sides.inputs, sides.panels
    found = [(compare_orders(panels["demand"], seen), NOW)]
    if sides.systems and rows.dimension == "item":
        for compare in (compare_stock, compare_production, compare_purchases):
            compared = compare(inputs, panels, seen)
            if compared is not None:
                found.append((compared, NOW))
    return [*found, *(compare_ledger(inputs, panels["demand"]) if sides.ledger else ())]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Desk:
    """Turns sums into cells: tolerance, cause, who answers and what to do.

    Attributes:
        sides, rows: what the matrix is drawn from, and its members.
        seen: what rows of keys are called.
        family: of every item.
        known: tolerance, role and person by pair, family and region.
    """

    sides: Sides
    rows: Rows
    seen: Seen
    family: Mapping[str, str]
    known: dict[tuple[Pair, str, str], tuple[Decimal, str, str | None]] = field(default_factory=dict)

    def cells(self, compared: Compared, label: str, columns: slice) -> list[GapCell]:
        """Give the cells of one pair in one period."""
        company = compared.pair in COMPANY
        currency = self.sides.inputs.model.company.currency
        sums = sum_up(compared, columns, currency, together=not company)
        return [self._cell(compared, one, label) for one in sums]

    def _cell(self, compared: Compared, one: Sum, label: str) -> GapCell:
        words = compared.words.get(one.member, "")
        if one.member == TOGETHER:
            words = "; ".join(f"{member}: {said}" for member, said in sorted(compared.words.items())[:_NAMED])
        largest = f"largest: {one.largest}" if one.largest else "they agree"
        if compared.pair is Pair.FAMILY and self.sides.proof:
            words = self.sides.proof
        cause = "; ".join(text for text in (largest, words) if text)
        return self._said(compared.pair, one.member, label, (one.units, one.amount, one.share), cause)

    def _said(
        self,
        pair: Pair,
        member: str,
        label: str,
        numbers: tuple[Decimal | None, Decimal | None, Decimal | None],
        cause: str,
    ) -> GapCell:
        units, amount, share = numbers
        tolerance, owner, person = self._rule(pair, member)
        return GapCell(
            pair=pair,
            member=member,
            period=label,
            units=units,
            amount=amount,
            share=share,
            tolerance=tolerance,
            cause=cause,
            owner=owner,
            person=person,
            advice=RULES[pair].advice,
        )

    def _rule(self, pair: Pair, member: str) -> tuple[Decimal, str, str | None]:
        family, region = self._family(member), member if self.rows.level == "region" else ""
        found = self.known.get((pair, family, region))
        if found is None:
            rule, inputs = RULES[pair], self.sides.inputs
            tolerance = tolerance_of(inputs, rule.kpi, family, rule.tolerance)
            found = (tolerance, *find_owner(inputs.table("people"), (rule.owner, "coordinator"), family, region))
            self.known[pair, family, region] = found
        return found

    def _family(self, member: str) -> str:
        """Give the family of a member: itself, that of an item, else none."""
        if self.rows.level == "family":
            return member
        if self.rows.level == "item":
            return self.family.get(member) or ""
        return ""

    def budget(self, label: str, span: FiscalYear) -> list[GapCell]:
        """Give the cells of budget and demand not served, and those of all together."""
        panels, inputs = self.sides.panels, self.sides.inputs
        plan = panels["budget"]
        level = self.rows.level
        if level not in plan.dimensions or (plan.keys[level] == "").any():
            plan = spread_budget(inputs.model, panels["demand"], plan)
        mixed, named = self._mixed(), self.seen.named
        gaps = [
            replace(gap, units=None) if gap.family in mixed else gap
            for gap in list_gaps(inputs, panels["demand"], plan, named=named, spans=[span], every=True)
        ]
        binding = self._binding()
        pairs: dict[Pair, list[Gap]] = {}
        for gap in gaps:
            pairs.setdefault(_PAIR_OF[gap.kind], []).append(gap)
        found = []
        for pair, own in pairs.items():
            told = [gap for gap in own if gap.amount or gap.units or gap.against]
            found += [self._of_gap(pair, gap, label, binding) for gap in told]
            if told:
                found.append(self._together(pair, told, label))
        return found

    def _mixed(self) -> set[str]:
        """Name the members whose items count in several units: they have no common number."""
        keys, seen = self.sides.panels["demand"].keys, self.seen
        found: dict[str, set[str]] = {}
        for member, kind in zip(seen.named(keys), seen.kinds(keys), strict=True):
            found.setdefault(member, set()).add(kind)
        return {member for member, own in found.items() if len(own) > 1}

    def _of_gap(self, pair: Pair, gap: Gap, label: str, binding: Mapping[str, str]) -> GapCell:
        member = gap.family or ""
        limit = binding.get(self._family(member), "") if pair is Pair.SERVED and gap.amount else ""
        cause = "; ".join(text for text in (gap.cause if gap.amount else "they agree", limit) if text)
        return self._said(pair, member, label, (gap.units, gap.amount, gap.share), cause)

    def _together(self, pair: Pair, gaps: Sequence[Gap], label: str) -> GapCell:
        amount, against = (sum((getattr(gap, name) for gap in gaps), Decimal(0)) for name in ("amount", "against"))
        currency = self.sides.inputs.model.company.currency
        largest = sorted((gap for gap in gaps if gap.amount), key=lambda gap: (-abs(gap.amount), gap.family or ""))
        told = ", ".join(f"{gap.family} {currency} {gap.amount:+,.0f}" for gap in largest[:_NAMED])
        cause = f"largest: {told}" if told else "they agree"
        return self._said(pair, TOGETHER, label, (None, amount, percent(amount, against)), cause)

    def _binding(self) -> dict[str, str]:
        """Name what binds each family: resources its items run on that are overloaded, key materials short."""
        inputs, panels = self.sides.inputs, self.sides.panels
        runs: dict[str, set[str]] = {}
        for item, resource in inputs.table("routings").select("item", "resource").iter_rows():
            runs.setdefault(resource, set()).add(self.family.get(item) or UNASSIGNED)
        said: dict[str, list[str]] = {}
        for each in find_overloads(panels["load"]) if panels["load"].has("required_hours") else ():
            need = "without capacity" if each.need is None else f"needs {each.need:,.0f} %"
            for name in sorted(runs.get(each.resource, ())):
                said.setdefault(name, []).append(f"{each.resource} {need} in {each.label}")
        for short in find_shortages(inputs, panels["material"]):
            for name in short.families:
                said.setdefault(name, []).append(f"{short.item} short by {short.short:,.0f} from {short.first}")
        return {name: "binds: " + ", ".join(words[:_NAMED]) for name, words in said.items()}
