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
    places = np.arange(values.shape[1]) % season
    index = np.ones((len(values), season))
    level = np.ones(values.shape)
    # the second pass takes the season out first, so that a gap in the year does not tilt its level
    for _ in range(2):
        with np.errstate(divide="ignore", invalid="ignore"):
            plain = np.where(index[:, places] > 0, known / index[:, places], np.nan)
            level = rolling_median(plain, season)
            level = np.where(np.isfinite(level), level, median(plain)[:, None])
            index = index_by_place(np.where(level > 0, known / level, np.nan), season)
    return np.nan_to_num(np.maximum(level * index[:, places], 0.0), nan=0.0)


def rolling_median(values: Rates, season: int) -> Rates:
    """Give the median of the year around each cell; towards the ends that of the nearest whole year.

    A year holds each place once, so that a pure season has a flat level. A year with more than a quarter of its
    cells missing does not count; NaN where there is none.
    """
    level = np.full(values.shape, np.nan)
    if values.shape[1] < season:
        return level
    windows = np.lib.stride_tricks.sliding_window_view(values, season, axis=1)
    enough = np.isfinite(windows).sum(axis=2) >= 0.75 * season
    level[:, season // 2 : season // 2 + windows.shape[1]] = np.where(enough, median(windows), np.nan)[
        :, : values.shape[1] - season // 2
    ]
    places = np.arange(values.shape[1])
    known = np.isfinite(level)
    before = np.maximum.accumulate(np.where(known, places, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, places, len(places))[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where(before >= 0, before, np.minimum(after, len(places) - 1))
    return np.take_along_axis(level, nearest, axis=1)


def index_by_place(ratio: Rates, season: int) -> Rates:
    """Give the median of a (series, buckets) ratio by place in the year; 1 where nothing is known."""
    years = -(-ratio.shape[1] // season)
    padded = np.full((len(ratio), years * season), np.nan)
    padded[:, : ratio.shape[1]] = ratio
    index = median(np.swapaxes(padded.reshape(len(ratio), years, season), 1, 2))
    return np.where(np.isfinite(index), index, 1.0)
