"""Whole quanta that add up: numbers of a hierarchy rounded so that parents stay the sums of their children."""

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.tree import Tree

WHOLE = 1e-6
"""How near below a whole number counts as that number, in quanta."""


def round_whole(tree: Tree, values: Rates, locked: Flags | None = None) -> Counts:
    """Round numbers that add up so that they still do: every node to the whole number below or above its own.

    From the top down: of each group the largest remainders are rounded up, as many as the parent needs (F5).

    Args:
        tree: the hierarchy, n nodes.
        values: (n, buckets) in counts of a quantum; parents are the sums of their children.
        locked: (n, buckets) nodes that keep their value, which is whole.

    Returns:
        (n, buckets) counts; parents are exactly the sums of their children, locked nodes their values.
    """
    placed = np.asarray(values, dtype=np.float64)[tree.order]
    held = np.zeros(placed.shape, dtype=np.bool_) if locked is None else np.asarray(locked, dtype=np.bool_)[tree.order]
    least, fixed = np.floor(placed + WHOLE), held.copy()
    least[held] = np.rint(placed[held])
    for depth in range(len(tree.depths) - 1, 0, -1):
        at, parents, starts = tree.depths[depth], tree.groups[depth - 1], tree.starts[depth - 1]
        low = np.add.reduceat(least[at], starts, axis=0)
        stiff = np.logical_and.reduceat(fixed[at], starts, axis=0) & ~held[parents]
        least[parents] = np.where(held[parents], least[parents], np.where(stiff, low, np.maximum(least[parents], low)))
        fixed[parents] |= stiff
    whole = least.copy()
    top = tree.depths[0]
    whole[top] = np.where(fixed[top], least[top], np.maximum(np.rint(placed[top]), least[top]))
    for depth, starts in enumerate(tree.starts):
        at = tree.depths[depth + 1]
        left = whole[tree.groups[depth]] - np.add.reduceat(least[at], starts, axis=0)
        whole[at] += _rounded_up(placed[at] - least[at], fixed[at], starts, left)
    result = np.empty(whole.shape, dtype=np.int64)
    result[tree.order] = whole.astype(np.int64)
    return result


def _rounded_up(remainder: Rates, fixed: Flags, starts: Counts, left: Rates) -> Flags:
    """Tell which of each group are rounded up: those with the largest remainders, the first where equal."""
    sizes = np.diff(np.append(starts, len(remainder)))
    group = np.repeat(np.arange(len(starts)), sizes)[:, None]
    behind = np.where(fixed, 1.0, 1.0 - np.clip(np.round(remainder, 9), 0.0, 1.0)) / 2
    order = np.argsort(group + behind, axis=0, kind="stable")
    rank = (np.arange(len(remainder)) - np.repeat(starts, sizes))[:, None]
    up = np.empty(remainder.shape, dtype=np.bool_)
    np.put_along_axis(up, order, rank < np.repeat(left, sizes, axis=0), axis=0)
    return up
