"""The mix of a family: which part of its units each item takes, in history, forecast and plan (C4).

A family plan is only as good as the split under it: the right total of the wrong items is stock here and
shortage there. Shares are in basis points (1/100 of a percent) and add up to exactly 10,000 where the family
has units. Four sources could have told the split of a bucket that is closed by now: the plan that was published,
the statistical forecast published with it, the year before that plan, and the split set by hand; the mix error of
each tells which was best. Reads orders, demand_history, consensus_base, consensus_demand, `published` and `mix`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from trivet.core.fiscal import sum_by
from trivet.core.ids import Counts, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.spread import largest_remainder
from trivet.demand.accuracy import published_at_lag
from trivet.demand.split import read_splits

WHOLE = 10_000
"""Basis points of a whole family."""
YEAR = 12
"""Closed buckets the mix of history is taken over."""


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


def mix_by_hand(inputs: PlanInputs, demand: Panel, family: str, spans: Sequence[slice]) -> Mix:
    """Give the split set by hand (table `mix`) in runs of buckets, weighted by the family's units in consensus_base.

    Buckets without a set are left out; a run without any holds zeros. Items as in `family_mix`.
    """
    items, units = _units(inputs, demand, family, demand.count("consensus_base"))
    by_hand = _by_hand(inputs, family, items)
    weight = np.maximum(units.sum(axis=0), 1).astype(np.float64)
    columns = [(by_hand[:, span] * weight[span]).sum(axis=1) for span in spans]
    shares = [largest_remainder(WHOLE, column) if column.sum() > 0 else np.zeros(len(items)) for column in columns]
    return Mix(items=items, shares=np.stack(shares, axis=1).astype(np.int64))


def _by_hand(inputs: PlanInputs, family: str, items: Sequence[str]) -> Rates:
    """Give the shares set by hand of these items on every bucket: (items, buckets), zeros where no set holds."""
    split = read_splits(inputs)[0].get(family)
    shares = np.zeros((len(items), len(inputs.model.buckets)))
    if split is not None:
        for at, item in enumerate(items):
            if item in split.items:
                shares[at] = split.shares[split.items.index(item)]
    return shares


class MixSource(StrEnum):
    """Who could have told the split of a bucket before it came."""

    PLAN = "plan"
    FORECAST = "forecast"
    HISTORY = "history"
    BY_HAND = "by hand"


def mix_errors(inputs: PlanInputs, demand: Panel, family: str, lag: int, source: MixSource = MixSource.PLAN) -> Rates:
    """Give the mix error of each closed bucket: half the sum of |planned - actual share|, in percent of the units.

    0 = every item took the part that was expected, 100 = none of it. NaN where the source said nothing or nothing
    was ordered. One-off corrections do not excuse a miss: orders count.

    Args:
        inputs: company, structure, table `published`.
        demand: numbers by item x market.
        family: member of the level `family`.
        lag: buckets before it at which the split was told: PLAN and FORECAST as published then, HISTORY from the 12
            buckets closed by then, BY_HAND as the table `mix` has it now.
        source: who told it.

    Source: C4; the measure is the index of dissimilarity (Duncan & Duncan 1955).
    """
    if source in (MixSource.PLAN, MixSource.FORECAST):
        measure = "consensus_demand" if source is MixSource.PLAN else "baseline_demand"
        counts, given = published_at_lag(inputs, demand, measure, lag)
        _, planned = _units(inputs, demand, family, np.where(given, counts, 0))
        _, actual = _units(inputs, demand, family, np.where(given, demand.count("orders"), 0))
        return _errors(planned, actual, demand.buckets.first_open)
    items, actual = _units(inputs, demand, family, demand.count("orders"))
    if source is MixSource.BY_HAND:
        return _errors(_by_hand(inputs, family, items), actual, demand.buckets.first_open)
    _, history = _units(inputs, demand, family, demand.count("demand_history"))
    running = np.concatenate([np.zeros((len(items), 1), dtype=np.int64), history.cumsum(axis=1)], axis=1)
    ends = np.maximum(np.arange(len(demand.buckets)) - lag, 0)
    return _errors(running[:, ends] - running[:, np.maximum(ends - YEAR, 0)], actual, demand.buckets.first_open)


def _errors(planned: Rates | Counts, actual: Counts, closed: int) -> Rates:
    errors = np.full(actual.shape[1], np.nan)
    for bucket in range(closed):
        one, other = planned[:, bucket], actual[:, bucket]
        if one.sum() > 0 and other.sum() > 0:
            errors[bucket] = np.abs(one / one.sum() - other / other.sum()).sum() * 50
    return errors


def best_source(errors: Mapping[MixSource, Rates]) -> tuple[MixSource | None, Mapping[MixSource, float], int]:
    """Compare sources on the buckets every one of them spoke of that spoke at all.

    Returns:
        The source with the least mean error (None when fewer than two share a bucket), the mean of each in percent,
        and the number of buckets compared.
    """
    spoke = {source: row for source, row in errors.items() if np.isfinite(row).any()}
    common = np.isfinite(np.stack(list(spoke.values()))).all(axis=0) if spoke else np.zeros(0, dtype=np.bool_)
    if len(spoke) < 2 or not common.any():
        return None, {}, 0
    means = {source: float(row[common].mean()) for source, row in spoke.items()}
    return min(means, key=lambda source: (means[source], source)), means, int(common.sum())


def _units(inputs: PlanInputs, demand: Panel, family: str, counts: Counts) -> tuple[tuple[str, ...], Counts]:
    parents = inputs.model.dimensions["item"].parents("family")
    items = demand.keys["item"].to_list()
    mine = [row for row, item in enumerate(items) if parents.get(item) == family]
    return sum_by([items[row] for row in mine], np.maximum(counts[mine], 0))


def _shares(units: Counts) -> Counts:
    if units.sum() <= 0:
        return np.zeros(len(units), dtype=np.int64)
    return largest_remainder(WHOLE, units)
