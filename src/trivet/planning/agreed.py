"""The consensus of each family on one line: by which rule, how much, what moved, and who approved it when (R11).

Reads `baseline_demand`, `consensus_base`, `consensus_demand` and `revenue` of the open buckets; writes no measure. An
approval keeps the figures that were approved: when later entries, prices or data move them, it reads *changed since
approved: -212 units, -EUR 118,000* until somebody approves the family again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Final

import numpy as np

from trivet.core.dimensions import UNASSIGNED
from trivet.core.ids import Counts
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, to_decimal
from trivet.core.signoffs import Signed
from trivet.demand.consensus import rule_in_words, weighed_rules

_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is approved of a family: units and revenue (plan currency) over the horizon, and a digest of the cells."""

    units: Decimal
    revenue: Decimal
    cells: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who approved a family's consensus for this cycle, when (UTC) and with what note.

    Attributes:
        by, at, note: who, when, why.
        seq: number of its entry in the log.
        changed: whether the consensus moved since.
        units, revenue: by how much it moved since; both 0 where units only moved between months or items.
    """

    by: str
    at: datetime
    note: str
    seq: int
    changed: bool
    units: Decimal
    revenue: Decimal

    @property
    def stands(self) -> bool:
        """Whether what was approved is what stands."""
        return not self.changed


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyConsensus:
    """The consensus of one family over the open buckets, in units.

    Attributes:
        family: the family.
        rule: which streams it is made of.
        statistical: the forecast alone.
        agreed: by the rule, before people's changes.
        consensus: with people's changes.
        revenue: of the consensus, in plan currency.
        published: the consensus of the last published plan in the buckets both hold; None = none was published.
        change: by how much the consensus of those buckets moved since.
        approval: who approved it; None = nobody did in this cycle.
    """

    family: str
    rule: str
    statistical: Decimal
    agreed: Decimal
    consensus: Decimal
    revenue: Decimal
    published: Decimal | None
    change: Decimal | None
    approval: Approval | None


def families_of(inputs: PlanInputs, demand: Panel) -> Mapping[str, Counts]:
    """Give the rows of each family, families by name."""
    parents = inputs.model.dimensions["item"].parents("family")
    groups: dict[str, list[int]] = {}
    for row, item in enumerate(demand.keys["item"].to_list()):
        groups.setdefault(parents.get(item, UNASSIGNED), []).append(row)
    return {family: np.array(rows, dtype=np.int64) for family, rows in sorted(groups.items())}


def figures_of(demand: Panel, rows: Counts) -> Figures:
    """Give what would be approved of some rows: totals of the open buckets, a digest of every cell that is not 0."""
    span = demand.buckets.horizon
    counts = demand.count("consensus_demand")[rows, span]
    revenue = demand.count("revenue")[rows, span]
    keys = demand.keys[rows.tolist()].rows()
    starts = demand.buckets.starts[span]
    cells = sorted(
        f"{key}|{starts[column]}|{counts[row, column]}"
        for row, key in enumerate(keys)
        for column in np.flatnonzero(counts[row]).tolist()
    )
    return Figures(
        units=to_decimal(int(counts.sum()), QUANTITY),
        revenue=to_decimal(int(revenue.sum()), MONEY),
        cells=sha256("\n".join(cells).encode()).hexdigest()[:_DIGITS],
    )


def agreed_families(
    inputs: PlanInputs, demand: Panel, signed: Sequence[Signed], published: Panel | None, whole: PlanInputs
) -> tuple[FamilyConsensus, ...]:
    """Give the consensus of every family that has one, now, by rule or in the last published plan, by name.

    Args:
        inputs: what the plan was made from, as somebody sees it.
        demand: its numbers, every change since in them.
        signed: approvals, of any cycle.
        published: `consensus_demand` of the last published plan by today's codes; None = none.
        whole: the inputs with every table, for the rules.
    """
    approvals = _approvals(signed, inputs.model.buckets.current)
    earlier = _by_family(inputs, published, demand.buckets.starts[demand.buckets.horizon])
    regions, rules = inputs.model.dimensions["market"].members_at("region"), weighed_rules(whole)
    lines = (
        _line(demand, family, rows, rule_in_words(whole, rules, family, regions), (approvals.get(family), earlier))
        for family, rows in families_of(inputs, demand).items()
    )
    return tuple(
        one for one in lines if one.approval or one.statistical or one.agreed or one.consensus or one.published
    )


def _approvals(signed: Sequence[Signed], cycle: date) -> dict[str, Signed]:
    return {str(one.row["family"]): one for one in signed if one.row["cycle"] == cycle}


Earlier = tuple[tuple[date, ...], Mapping[str, int]]
"""Buckets an earlier plan shares with today's horizon, and what it said of each family in them."""


def _by_family(inputs: PlanInputs, published: Panel | None, today: Sequence[date]) -> Earlier | None:
    if published is None:
        return None
    ahead = published.buckets.starts[published.buckets.horizon]
    shared = tuple(day for day in today if day in set(ahead))
    columns = [published.buckets.starts.index(day) for day in shared]
    counts = published.count("consensus_demand")[:, columns].sum(axis=1)
    found = families_of(inputs, published)
    return shared, {family: int(counts[rows].sum()) for family, rows in found.items()}


def _line(
    demand: Panel, family: str, rows: Counts, rule: str, said: tuple[Signed | None, Earlier | None]
) -> FamilyConsensus:
    span, (approved, earlier) = demand.buckets.horizon, said

    def units(measure: str) -> Decimal:
        return to_decimal(int(demand.count(measure)[rows, span].sum()), QUANTITY)

    figures = figures_of(demand, rows)
    before, change = None, None
    if earlier is not None and earlier[0]:
        columns = [demand.buckets.starts.index(day) for day in earlier[0]]
        now = int(demand.count("consensus_demand")[rows][:, columns].sum())
        before = to_decimal(earlier[1].get(family, 0), QUANTITY)
        change = to_decimal(now, QUANTITY) - before
    return FamilyConsensus(
        family=family,
        rule=rule,
        statistical=units("baseline_demand"),
        agreed=units("consensus_base"),
        consensus=figures.units,
        revenue=figures.revenue,
        published=before,
        change=change,
        approval=_approval(approved, figures) if approved else None,
    )


def _approval(signed: Signed, now: Figures) -> Approval:
    units, revenue = (_amount(signed, column, quantum) for column, quantum in (("units", QUANTITY), ("revenue", MONEY)))
    return Approval(
        by=signed.by,
        at=signed.at,
        note=signed.note,
        seq=signed.seq,
        changed=(units, revenue, signed.row["cells"]) != (now.units, now.revenue, now.cells),
        units=now.units - units,
        revenue=now.revenue - revenue,
    )


def _amount(signed: Signed, column: str, quantum: Decimal) -> Decimal:
    return to_decimal(int(str(signed.row[column])), quantum)
