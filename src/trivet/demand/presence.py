"""Which cells of the history mean something: an item not yet born or dead has no demand, not zero demand.

Writes no measure; gives a mask over (series, closed bucket). What was not reported: `demand.feeds`.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

import numpy as np

from trivet.core.ids import Counts, Flags
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Life:
    """First and last bucket in which each series can sell.

    Attributes:
        born: first bucket with a sale; the number of closed buckets where there was none.
        dies: first bucket after the last day of sale; the number of buckets where it is open.
        opens: first bucket that lies in the time of sale.
    """

    born: Counts
    dies: Counts
    opens: Counts


def life_of(inputs: PlanInputs, panel: Panel) -> Life:
    """Read the life of each series from its first sale and its item's dates."""
    closed = panel.buckets.first_open
    sold = panel.count("orders")[:, :closed] != 0
    born = np.where(sold.any(axis=1), sold.argmax(axis=1), closed)
    items = inputs.table("items").select("item", "first_sale", "last_sale")
    dates = {item: (first, last) for item, first, last in items.iter_rows()}
    lives = [dates.get(item, (None, None)) for item in panel.keys["item"].to_list()]
    return Life(
        born=born.astype(np.int64),
        dies=np.array([_bucket_after(panel, last) for _, last in lives], dtype=np.int64),
        opens=np.array([_bucket_of(panel, first) for first, _ in lives], dtype=np.int64),
    )


def _bucket_after(panel: Panel, last: date | None) -> int:
    edges = panel.buckets.edges
    if last is None:
        return len(panel.buckets)
    return bisect_right(edges, last, hi=len(panel.buckets))


def _bucket_of(panel: Panel, first: date | None) -> int:
    return max(_bucket_after(panel, first) - 1, 0) if first is not None else 0


def lived(panel: Panel, life: Life) -> Flags:
    """Tell in which closed buckets each series was born and not yet dead; a sale proves life."""
    columns = np.arange(panel.buckets.first_open)[None, :]
    alive: Flags = (columns >= life.born[:, None]) & (columns < life.dies[:, None])
    return alive | (panel.count("orders")[:, : panel.buckets.first_open] > 0)
