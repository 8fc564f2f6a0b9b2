"""One forecast at every level: families, items and item x market are forecast each from its own sums, then reconciled.

The tree is family, item, item x market; the method is the projection of `core.projection`, with the variances and
locks of the company's choice (`core.forecasting.Reconciliation`). Structural weights are in proportion to what a
series sells (Athanasopoulos et al. 2017): a node's variance is the sum of its series'. Variance scaling takes the
square of how far a node usually moves (`demand.intervals.usual_error`). Top-down and middle-out lock the level that
decides; what lies below follows in proportion to its own forecasts (W = diag(y), Gross & Sohl 1990). No series falls
below 0, and none is cut that another could give way for. The sum of one is that one: it has no voice of its own.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.forecasting import Reconciliation
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.projection import project
from trivet.core.tree import Tree, build_tree
from trivet.demand.intervals import usual_error
from trivet.demand.scope import Texts, group_rows
from trivet.demand.training import Training

_LEAST: Final = 1e-9
"""Variance of a series that sold nothing, and share in a split of one that expects nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """Families over items over series; every number counts within the list below it.

    Nodes are the series, then the items, then the families.

    Attributes:
        items: series of each item.
        families: items of each family.
        values: (nodes, closed buckets) history of the series, and its sums, in units.
        first: (nodes,) bucket from which all series of a node are known.
        season: buckets in a year.
    """

    items: list[Counts]
    families: list[Counts]
    values: Rates
    first: Counts
    season: int

    @property
    def series(self) -> int:
        """Number of series."""
        return len(self.values) - len(self.items) - len(self.families)

    @property
    def summed(self) -> Counts:
        """Nodes that are the sum of several series no node below already is."""
        sizes = [len(part) for part in self.items]
        wholes = [len(part) for part in self.families]
        several: Counts = np.flatnonzero(np.array(sizes + wholes, dtype=np.int64) > 1).astype(np.int64)
        return several + self.series

    def tree(self) -> Tree:
        """Give the nodes as a tree."""
        parents = np.full(len(self.values), -1, dtype=np.int64)
        for number, rows in enumerate(self.items):
            parents[rows] = self.series + number
        for number, rows in enumerate(self.families):
            parents[self.series + rows] = self.series + len(self.items) + number
        return build_tree(parents)


def sum_up(training: Training, rows: Counts, items: Texts, families: Texts) -> Levels:
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
    return Levels(
        items=of_series,
        families=of_item,
        values=np.concatenate([training.values[rows], np.where(before, 0.0, stacked)]),
        first=np.concatenate([training.first[rows], first]),
        season=training.season,
    )


def reconcile(levels: Levels, forecasts: Rates, way: Reconciliation) -> Rates:
    """Make series agree with the forecasts of their items and families.

    Args:
        levels: the nodes.
        forecasts: (nodes, horizon) in units; NaN = none of its own (not at a series).
        way: whom to believe.

    Returns:
        (series, horizon), >= 0: the numbers nearest to the forecasts that add up.
    """
    own = forecasts[: levels.series]
    if way is Reconciliation.BOTTOM_UP:
        return np.maximum(own, 0.0)
    told, locked = np.maximum(forecasts, 0.0), np.zeros(forecasts.shape, dtype=np.bool_)
    if way in _DECIDES:
        locked = _deciding(levels, np.isfinite(told), way)
        told[levels.series :] = np.where(locked[levels.series :], told[levels.series :], np.nan)
    found = project(levels.tree(), told, _variance(levels, told, way), locked).values
    assert found is not None, "locks on one level never clash"  # noqa: S101
    return np.maximum(found[: levels.series], 0.0)


_DECIDES: Final = (Reconciliation.TOP_DOWN, Reconciliation.MIDDLE_OUT)


def _deciding(levels: Levels, known: Flags, way: Reconciliation) -> Flags:
    """Tell which nodes decide: items in the middle, families at the top; the only item of a family is that family."""
    locked = np.zeros(known.shape, dtype=np.bool_)
    items = slice(levels.series, levels.series + len(levels.items))
    alone = np.zeros(len(levels.items), dtype=np.bool_)
    alone[[rows[0] for rows in levels.families if len(rows) == 1]] = True
    if way is Reconciliation.MIDDLE_OUT:
        locked[items] = known[items]
        return locked
    locked[items] = known[items] & alone[:, None]
    locked[items.stop :] = known[items.stop :]
    return locked


def _variance(levels: Levels, forecasts: Rates, way: Reconciliation) -> Rates:
    """Give how unsure each node is, (nodes,) or (nodes, horizon), up to a factor."""
    if way is Reconciliation.OLS:
        return np.ones(len(levels.values))
    if way is Reconciliation.WLS_VAR:
        return np.maximum(usual_error(levels.values, levels.first, levels.season) ** 2, _LEAST)
    if way in _DECIDES:
        return np.maximum(np.nan_to_num(forecasts), _LEAST)
    variance = np.empty(len(levels.values))
    leaves = np.maximum(levels.values[: levels.series, -levels.season :].mean(axis=1), _LEAST)
    items = [leaves[rows].sum() for rows in levels.items]
    variance[: levels.series] = leaves
    variance[levels.series :] = [*items, *(sum(items[item] for item in rows) for rows in levels.families)]
    return variance
