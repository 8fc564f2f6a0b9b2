"""One forecast at every level: families, items and item x market are forecast each from its own sums, then reconciled.

Weighted least squares with structural weights (Athanasopoulos et al. 2017, wls_struct) on the tree family, item,
item x market: the error of a series has a variance in proportion to its level, that of a node the sum of its
series'. On a tree the projection is two passes: upwards every node takes the mean of its own forecast and its
children's sum, weighted by precision; downwards the difference is handed to the children by variance.
"""

from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.demand.scope import Texts, group_rows
from trivet.demand.training import Training


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tree:
    """Families over items over series; every number counts within the list below it.

    Attributes:
        items: series of each item.
        families: items of each family.
        values: (items + families, closed buckets) sums in units.
        first: bucket from which all series of a sum are known.
    """

    items: list[Counts]
    families: list[Counts]
    values: Rates
    first: Counts


def build_tree(training: Training, rows: Counts, items: Texts, families: Texts) -> Tree:
    """Sum up the series `rows` by item and family (a name each, one a series of `rows`; items lie in one family)."""
    of_series = list(group_rows(items).values())
    names = np.array([families[series[0]] for series in of_series], dtype=object)
    of_item = list(group_rows(names).values())
    whole = [np.concatenate([of_series[item] for item in family]) for family in of_item]
    groups = [rows[series] for series in of_series + whole]
    values = [training.values[group].sum(axis=0) for group in groups]
    first = np.array([training.first[group].max() for group in groups], dtype=np.int64)
    stacked = np.stack(values) if values else np.zeros((0, training.values.shape[1]))
    before = np.arange(stacked.shape[1])[None, :] < first[:, None]
    return Tree(items=of_series, families=of_item, values=np.where(before, 0.0, stacked), first=first)


def two_passes(own: Rates, variance: Rates, items: list[Counts], families: list[Counts], sums: Rates) -> Rates:
    """Reconcile series with the forecasts of their items and families.

    Args:
        own: (series, horizon) forecasts.
        variance: (series,) error variance up to a factor; a node has the sum of its series'.
        items: series of each item.
        families: items of each family.
        sums: (items + families, horizon) forecasts of the sums; NaN = none.

    Returns:
        (series, horizon), >= 0; within an item what falls below 0 is taken from the others.
    """
    total = np.array([variance[rows].sum() for rows in items])
    below = np.stack([own[rows].sum(axis=0) for rows in items])
    item = _mean(sums[: len(items)], below, 1.0)
    family = np.stack([item[rows].sum(axis=0) for rows in families])
    wanted = _mean(sums[len(items) :], family, 2.0)
    for number, rows in enumerate(families):
        share = total[rows] / total[rows].sum()
        item[rows] = _handed(item[rows], wanted[number], share)
    result = np.empty_like(own)
    for number, rows in enumerate(items):
        result[rows] = _handed(own[rows], item[number], variance[rows] / total[number])
    return result


def _mean(forecast: Rates, below: Rates, precision: float) -> Rates:
    """Weigh a node's own forecast (precision 1) with the sum of what lies below."""
    known = np.isfinite(forecast)
    return np.where(known, (np.nan_to_num(forecast) + precision * below) / (1 + precision), below)


def _handed(parts: Rates, total: Rates, share: Rates) -> Rates:
    """Move parts (parts, horizon) to a total by variance; what falls below 0 is taken from the others in proportion."""
    moved = np.maximum(parts + (total - parts.sum(axis=0)) * share[:, None], 0.0)
    found = moved.sum(axis=0)
    scale = np.divide(np.maximum(total, 0.0), found, out=np.zeros(len(found)), where=found > 0)
    scaled: Rates = moved * scale
    return scaled
