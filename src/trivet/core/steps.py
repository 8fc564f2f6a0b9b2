"""Step functions: a row of a table holds from its first bucket on, until the next row takes over.

Prices, costs and exchange rates are given this way; nothing is ever interpolated between two rows.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np

from trivet.core.buckets import Buckets
from trivet.core.ids import Counts


def first_columns(firsts: Sequence[date], buckets: Buckets) -> Counts:
    """Give the bucket each row starts to hold in: 0 when before the axis, len(buckets) when after it."""
    starts = np.array(buckets.starts, dtype="datetime64[D]")
    days = np.array(list(firsts), dtype="datetime64[D]")
    found = np.searchsorted(starts, days, side="right") - 1
    beyond = days >= np.datetime64(buckets.edges[-1], "D")
    return np.where(beyond, len(buckets), np.maximum(found, 0)).astype(np.int64)


def holding_rows(series: Counts, firsts: Sequence[date], count: int, buckets: Buckets) -> Counts:
    """Tell for every series and bucket which row of a table holds.

    Args:
        series: for each row of the table the series (0 .. count - 1) it speaks of.
        firsts: for each row the day from which it holds; of two rows that start in one bucket the
            later day wins, of two with the same day the later row.
        count: number of series.
        buckets: the time axis.

    Returns:
        (count, buckets) row numbers of the table, -1 where no row holds yet.
    """
    holds = np.full((count, len(buckets)), -1, dtype=np.int64)
    if not len(series):
        return holds
    order = np.argsort(np.array(list(firsts), dtype="datetime64[D]"), kind="stable")
    columns = first_columns([firsts[i] for i in order], buckets)
    inside = columns < len(buckets)
    place = np.arange(len(order))[inside]
    np.maximum.at(holds, (np.asarray(series)[order][inside], columns[inside]), place)
    holds = np.maximum.accumulate(holds, axis=1)
    return np.where(holds >= 0, order[holds], -1).astype(np.int64)
