"""One forecast at every level: families, items and item x market are forecast each from its own sums, then reconciled.

Weighted least squares with structural weights (Athanasopoulos et al. 2017, wls_struct) on the tree family, item,
item x market: the error of a series has a variance in proportion to its level, that of a node the sum of its
series'. On a tree the
projection is two passes: upwards every node takes the mean of its own forecast and its children's sum, weighted by
precision; downwards the difference is handed to the children by variance.
"""

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.ports import Forecaster
from trivet.demand.scope import Members, group_rows
from trivet.demand.training import Training


def combine_levels(training: Training, members: Members, regular: Flags, leaf: Rates, forecaster: Forecaster) -> Rates:
    """Bring the forecasts of the `regular` series together with those of their items and families.

    Args:
        training: all series.
        members: their items and families.
        regular: series with two years of history or more.
        leaf: (series, horizon) forecasts of all series.
        forecaster: used on the sums.

    Returns:
        (regular series, horizon) forecasts, >= 0, consistent with the reconciled sums.
    """
    rows = np.flatnonzero(regular)
    own = leaf[rows]
    if len(rows) < 2:
        return own
    items = list(group_rows(members.item[rows]).values())
    of_item = np.array([members.family[rows[group[0]]] for group in items], dtype=object)
    families = list(group_rows(of_item).values())
    whole = [np.concatenate([items[item] for item in family]) for family in families]
    sums = _predicted(training, [rows[group] for group in items + whole], forecaster, own.shape[1])
    variance = np.maximum(training.values[rows, -training.season :].mean(axis=1), 1e-9)
    return two_passes(own, variance, items, families, sums)


def _predicted(training: Training, groups: list[Counts], forecaster: Forecaster, horizon: int) -> Rates:
    """Forecast the sum of each group over the buckets all its series know; NaN where the method fails."""
    values = np.stack([training.values[rows].sum(axis=0) for rows in groups])
    first = np.array([training.first[rows].max() for rows in groups], dtype=np.int64)
    before = np.arange(values.shape[1])[None, :] < first[:, None]
    return forecaster.predict(np.where(before, 0.0, values), first, training.season, horizon)


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
