"""The mix of a family: which part of its units each item takes, in history, forecast and plan (C4).

A family plan is only as good as the split under it: the right total of the wrong items is stock here and
shortage there. Shares are in basis points (1/100 of a percent) and add up to exactly 10,000 where the family
has units. Reads orders, demand_history, consensus_base and consensus_demand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trivet.core.fiscal import sum_by
from trivet.core.ids import Counts, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.spread import largest_remainder
from trivet.demand.accuracy import published_at_lag

WHOLE = 10_000
"""Basis points of a whole family."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mix:
    """Shares of the items of one family.

    Attributes:
        items: the items, in order.
        shares: (items, periods) basis points; a period without units holds zeros.
    """

    items: tuple[str, ...]
    shares: Counts


def family_mix(inputs: PlanInputs, demand: Panel, family: str, measure: str, spans: Sequence[slice]) -> Mix:
    """Give the share of each item of a family in runs of buckets.

    Args:
        inputs: company and structure.
        demand: numbers by item x market.
        family: member of the level `family`.
        measure: whose units are split: demand_history, consensus_base or consensus_demand.
        spans: runs of buckets, one a column of the result.
    """
    items, units = _units(inputs, demand, family, demand.count(measure))
    columns = [units[:, span].sum(axis=1) for span in spans]
    return Mix(items=items, shares=np.stack([_shares(column) for column in columns], axis=1))


def mix_errors(inputs: PlanInputs, demand: Panel, family: str, lag: int) -> Rates:
    """Give the mix error of each closed bucket: half the sum of |planned - actual share|, in percent of the units.

    0 = every item took the part that was published `lag` buckets before, 100 = none of it. NaN where nothing
    was published or nothing was ordered. One-off corrections do not excuse a miss: orders count.

    Source: C4; the measure is the index of dissimilarity (Duncan & Duncan 1955).
    """
    counts, given = published_at_lag(inputs, demand, "consensus_demand", lag)
    _, planned = _units(inputs, demand, family, np.where(given, counts, 0))
    _, actual = _units(inputs, demand, family, np.where(given, demand.count("orders"), 0))
    errors = np.full(len(demand.buckets), np.nan)
    for bucket in range(demand.buckets.first_open):
        one, other = planned[:, bucket], actual[:, bucket]
        if one.sum() > 0 and other.sum() > 0:
            errors[bucket] = np.abs(one / one.sum() - other / other.sum()).sum() * 50
    return errors


def _units(inputs: PlanInputs, demand: Panel, family: str, counts: Counts) -> tuple[tuple[str, ...], Counts]:
    parents = inputs.model.dimensions["item"].parents("family")
    items = demand.keys["item"].to_list()
    mine = [row for row, item in enumerate(items) if parents.get(item) == family]
    return sum_by([items[row] for row in mine], np.maximum(counts[mine], 0))


def _shares(units: Counts) -> Counts:
    if units.sum() <= 0:
        return np.zeros(len(units), dtype=np.int64)
    return largest_remainder(WHOLE, units)
