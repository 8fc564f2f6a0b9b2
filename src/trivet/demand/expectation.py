"""What a bucket should have brought, by everything else the series did: robust level times robust season.

Medians all through, so that the one value in question cannot vouch for itself. Used to find one-offs and
partial reports, and to fill what was not reported before training. After the seasonal median
filter of Chatfield; level = rolling median over one year, index = median ratio by place in the year.
"""

import numpy as np

from trivet.core.ids import Flags, Rates


def median(values: Rates) -> Rates:
    """Give the median of the last axis over numbers that are there; NaN where there are none."""
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(values).sum(axis=-1)
    low, high = np.maximum(count - 1, 0) // 2, np.maximum(count // 2, 0)
    high = np.minimum(high, values.shape[-1] - 1)
    pick = [np.take_along_axis(ordered, part[..., None], axis=-1)[..., 0] for part in (low, high)]
    middle: Rates = (pick[0] + pick[1]) / 2
    return np.where(count > 0, middle, np.nan)


def expected_values(values: Rates, usable: Flags, season: int) -> Rates:
    """Give what each cell should hold.

    Args:
        values: (series, buckets) in units.
        usable: cells to learn from.
        season: buckets in a year.

    Returns:
        (series, buckets), >= 0; 0 for series without a usable cell.
    """
    known = np.where(usable, values, np.nan)
    level = rolling_median(known, season // 2)
    overall = median(known)
    level = np.where(np.isfinite(level), level, overall[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(level > 0, known / level, np.nan)
    index = index_by_place(ratio, season)
    expected = level * index[:, np.arange(values.shape[1]) % season]
    return np.nan_to_num(np.maximum(expected, 0.0), nan=0.0)


def rolling_median(values: Rates, half: int) -> Rates:
    """Give the median of the 2 x half + 1 cells around each; fewer at the ends."""
    edge = np.full((len(values), half), np.nan)
    padded = np.concatenate([edge, values, edge], axis=1)
    return median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=1))


def index_by_place(ratio: Rates, season: int) -> Rates:
    """Give the median of a (series, buckets) ratio by place in the year; 1 where nothing is known."""
    years = -(-ratio.shape[1] // season)
    padded = np.full((len(ratio), years * season), np.nan)
    padded[:, : ratio.shape[1]] = ratio
    index = median(np.swapaxes(padded.reshape(len(ratio), years, season), 1, 2))
    return np.where(np.isfinite(index), index, 1.0)
