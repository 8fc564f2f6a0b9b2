"""Distances of a sum from its bounds: what is said of the parts does not add, because not all miss at once.

With a part `together` of the squared errors common to all, `distance^2 = (1 - together) * sum d^2 + together *
(sum d)^2`: 0 = each misses for itself, 1 = all miss alike and distances add. Series are combined within their family,
families with each other, buckets in time, each with its own part (`core.learned.Together`).
"""

import numpy as np

from trivet.core.ids import Rates


def combined_distance(distances: Rates, together: float, axis: int) -> Rates:
    """Give the distance of a sum from its bound; distances >= 0.

    >>> combined_distance(np.array([3.0, 4.0]), 0.0, axis=0), combined_distance(np.array([3.0, 4.0]), 1.0, axis=0)
    (np.float64(5.0), np.float64(7.0))
    """
    squares, whole = (distances**2).sum(axis=axis), distances.sum(axis=axis)
    return np.asarray(np.sqrt((1 - together) * squares + together * whole**2))
