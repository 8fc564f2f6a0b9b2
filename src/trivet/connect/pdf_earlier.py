"""What the cycle before planned, beside what is planned now: units, and money at today's price (E6, F9).

Earlier plans are kept in units (table published), so their money is their units at the price and cost of this
version: a difference is then of demand alone, and prices that moved do not hide in it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl

from trivet.connect.pack_figures import Figures
from trivet.core.ids import Counts, Flags
from trivet.core.quantities import MONEY, QUANTITY, times_rate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Earlier:
    """The plan of the cycle before, on the keys of the demand panel.

    Attributes:
        cycle: its label; "" when nothing was published before.
        units: (rows, buckets) consensus demand then, in counts; 0 outside `known`.
        baseline: the same of the statistical forecast.
        known, forecast: (buckets,) open buckets it planned, and for which its forecast was published.
        lost: counts of units then planned for an item and market that no longer exist.
    """

    cycle: str
    units: Counts
    baseline: Counts
    known: Flags
    forecast: Flags
    lost: int

    @property
    def there(self) -> bool:
        """Whether there is anything to compare with."""
        return bool(self.known.any())


def earlier_plan(figures: Figures) -> Earlier:
    """Read the latest plan before this cycle from the table of published plans."""
    buckets, demand = figures.buckets, figures.demand
    table = figures.inputs.table("published").filter(pl.col("cycle") < buckets.current)
    cycles: list[date] = sorted(set(table["cycle"].to_list()))
    nothing = np.zeros(demand.shape, dtype=np.int64)
    if not cycles:
        none = np.zeros(len(buckets), dtype=np.bool_)
        return Earlier(cycle="", units=nothing, baseline=nothing, known=none, forecast=none, lost=0)
    latest = cycles[-1]
    mine = table.filter(pl.col("cycle") == latest)
    units, known, lost = _placed(figures, mine.filter(pl.col("measure") == "consensus_demand"))
    base, forecast, _ = _placed(figures, mine.filter(pl.col("measure") == "baseline_demand"))
    starts = list(buckets.starts)
    label = buckets.label(starts.index(latest)) if latest in starts else f"{latest:%Y-%m}"
    return Earlier(cycle=label, units=units, baseline=base, known=known, forecast=forecast, lost=lost)


def _placed(figures: Figures, table: pl.DataFrame) -> tuple[Counts, Flags, int]:
    """Put quantities on the rows and open buckets of the demand panel; the rest is counted as lost."""
    buckets, demand = figures.buckets, figures.demand
    column_of = {day: i for i, day in enumerate(buckets.starts) if i >= buckets.first_open}
    row_of = {key: i for i, key in enumerate(demand.keys.select("item", "market").iter_rows())}
    values, known, lost = np.zeros(demand.shape, dtype=np.int64), np.zeros(len(buckets), dtype=np.bool_), 0
    for item, market, day, quantity in table.select("item", "market", "bucket", "quantity").iter_rows():
        column = column_of.get(day)
        if column is None:
            continue
        known[column] = True
        row = row_of.get((item, market))
        if row is None:
            lost += int(quantity)
        else:
            values[row, column] += int(quantity)
    return values, known, lost


def at_price(figures: Figures, units: Counts) -> Counts:
    """Value units at this version's price: (rows, buckets) of money counts."""
    return times_rate(units, figures.demand.rate("price"), QUANTITY, MONEY)


def at_margin(figures: Figures, units: Counts) -> Counts:
    """Value units at this version's price less standard cost."""
    return at_price(figures, units) - times_rate(units, figures.demand.rate("unit_cost"), QUANTITY, MONEY)


def amount(values: Counts, quantum: Decimal) -> Decimal:
    """Add counts up and print them as a decimal."""
    return int(values.sum()) * quantum
