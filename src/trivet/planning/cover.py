"""How long stock lasts against what it has to meet (F3), at any level: days of supply, of backlog, of material.

Days of supply = calendar days the closing stock lasts against the demand that follows: the unconstrained consensus of
the markets a location ships to, what production there uses up of it, and, where one location is looked at, what it
sends to others. A backlog lasts against what will be shipped, a material against what will be needed. The sum of a
family hides the item that runs out, so the share of its items below target stands beside it.

Reads `projected_stock`, `target_stock`, `order_backlog`, `material_stock` and the flows after them; writes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from trivet.core.buckets import Period
from trivet.core.errors import InvalidInput
from trivet.core.grouping import Groups, group_rows
from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.issues import Scope
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.core.rollup import roll_up
from trivet.core.scope import rows_of
from trivet.core.timefunctions import coverage
from trivet.supply.requirements import on_horizon, part_use
from trivet.supply.wanted import rows_by_site, site_demand
from trivet.supply.ways import read_network

STOCK: Final = "projected_stock"
Values = tuple[Decimal | None, ...]
LASTS_AGAINST: Final[Mapping[str, str]] = {
    STOCK: "demand that follows: consensus, what production uses up",
    "order_backlog": "site_shipments that follow",
    "material_stock": "material_need that follows",
}
"""Levels that can be told in days, and what they last against."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Covered:
    """Days each row lasts, by period.

    Attributes:
        keys: one row a group, as `core.rollup.RolledUp` has them.
        days: (rows, periods) calendar days from the end of the period on.
        present: where there are any.
        beyond: it outlasts the plan: read "at least".
        without_demand: nothing follows that it would meet.
        below: (rows, periods) share of the items with a target that are below it; None where there is none to tell.
        targeted: where `below` is known.
    """

    keys: pl.DataFrame
    days: Rates
    present: Flags
    beyond: Flags
    without_demand: Flags
    below: Rates | None
    targeted: Flags | None

    @property
    def names(self) -> list[str]:
        """Name the rows; without levels there is one, the total."""
        if not self.keys.width:
            return ["total"][: len(self.days)]
        return [str(name) for name in self.keys[self.keys.columns[0]].to_list()]

    def told(self, shown: Sequence[int]) -> Iterator[tuple[str, Values, tuple[str, ...]]]:
        """Give the name, days and marks (`at least`, `no demand`) of each row in some periods."""
        for row, name in enumerate(self.names):
            days, idle = self.present[row] & ~self.without_demand[row], self.present[row] & self.without_demand[row]
            values = tuple(Decimal(f"{self.days[row, at]:.1f}") if days[at] else None for at in shown)
            marks = [
                "no demand" if idle[at] else "at least" if days[at] and self.beyond[row, at] else "" for at in shown
            ]
            yield name, values, tuple(marks)

    def told_below(self, shown: Sequence[int]) -> Iterator[tuple[str, Values]]:
        """Give the name of each row and the share of its items below target in some periods."""
        if self.below is None or self.targeted is None:
            return
        for row, name in enumerate(self.names):
            yield (
                name,
                tuple(Decimal(f"{self.below[row, at]:.4f}") if self.targeted[row, at] else None for at in shown),
            )


def check_cover(measure: str) -> None:
    """Raise InvalidInput for a measure that lasts no time."""
    if measure not in LASTS_AGAINST:
        raise InvalidInput(
            f"{measure} is no level that lasts some days; cover is told of {', '.join(LASTS_AGAINST)}, "
            f"e.g. trivet show {STOCK} --as cover."
        )


def flow_after(inputs: PlanInputs, plan: Plan, measure: str, *, apart: bool) -> Counts:
    """Give what a level has to meet in each bucket, in the rows of its panel: (rows, buckets) counts.

    Args:
        inputs: what the plan was made from, whole.
        plan: the plan, whole.
        measure: one of LASTS_AGAINST.
        apart: locations are looked at one by one: what one sends to another is met from its stock too.
    """
    check_cover(measure)
    supply, material = plan.panel("supply"), plan.panel("material")
    if measure == "order_backlog":
        return supply.count("site_shipments")
    if measure == "material_stock":
        return material.count("material_need")
    demand = plan.panel("demand")
    wanted = site_demand(demand, rows_by_site(inputs, demand, supply), supply.rows)
    if inputs.table("bill_of_materials").height:
        network = read_network(inputs, supply, plan.panel("load"), material)
        wanted = wanted + part_use(network, supply.count("production")[network.makes.site][:, supply.buckets.horizon])
    flow = on_horizon(supply, wanted)
    return flow + supply.count("transfers_out") if apart else flow


def cover(
    inputs: PlanInputs,
    panel: Panel,
    flow: Counts,
    measure: str,
    levels: Mapping[str, str | None],
    *,
    period: Period = Period.BUCKET,
    scope: Scope = (),
) -> Covered:
    """Tell how long a level lasts, of groups of rows at the end of each period.

    Args:
        inputs: what the plan was made from.
        panel: rows somebody sees.
        flow: what they have to meet, (rows, buckets), as `flow_after` gives it.
        measure: one of LASTS_AGAINST.
        levels: dimension -> level to show.
        period: bucket, quarter, year or telescope: told at its end.
        scope: only what lies in these nodes.

    Returns:
        Days from the last closed bucket on; the plan's last bucket is followed by nothing known.
    """
    model, buckets = inputs.model, panel.buckets
    groups = group_rows(panel, model, levels, rows_of(panel, model, scope), Period.BUCKET)
    ends = [run.stop - 1 for _, run in buckets.group(period)]
    if not len(groups.starts):
        none = np.zeros((0, len(ends)))
        flags = none.astype(np.bool_)
        return Covered(
            keys=groups.keys, days=none, present=flags, beyond=flags, without_demand=flags, below=None, targeted=None
        )
    rolled = roll_up(panel, model, levels, [measure], scope=scope)
    closing = np.add.reduceat(panel.count(measure)[groups.order], groups.starts, axis=0)
    ahead = np.add.reduceat(flow[groups.order], groups.starts, axis=0)
    found = coverage(closing, ahead, buckets.days())
    told = np.zeros(closing.shape, dtype=np.bool_)
    told[:, max(buckets.first_open - 1, 0) : len(buckets) - 1] = True
    share = _below(panel, groups) if measure == STOCK and levels.get("item", "item") != "item" else None
    present = told & rolled.present[MeasureId(measure)]
    return Covered(
        keys=groups.keys,
        days=found.days[:, ends],
        present=present[:, ends],
        beyond=found.beyond[:, ends],
        without_demand=found.without_demand[:, ends],
        below=None if share is None else share[0][:, ends],
        targeted=None if share is None else (share[1] & told)[:, ends],
    )


def _below(panel: Panel, groups: Groups) -> tuple[Rates, Flags]:
    """Give the share of the items with a target whose stock is below it, over the locations of each group."""
    codes = np.unique(panel.keys["item"].to_numpy(), return_inverse=True)[1].astype(np.int64)[groups.order]
    sizes = np.diff(np.append(groups.starts, len(groups.order)))
    group = np.repeat(np.arange(len(groups.starts)), sizes)
    pairs, where = np.unique(np.stack([group, codes]), axis=1, return_inverse=True)
    where = where.ravel()
    stock = np.zeros((pairs.shape[1], len(panel.buckets)), dtype=np.int64)
    target = np.zeros_like(stock)
    np.add.at(stock, where, panel.count(STOCK)[groups.order])
    np.add.at(target, where, panel.count("target_stock")[groups.order])
    counted, short = np.zeros((2, len(groups.starts), len(panel.buckets)), dtype=np.int64)
    np.add.at(counted, pairs[0], (target > 0).astype(np.int64))
    np.add.at(short, pairs[0], ((target > 0) & (stock < target)).astype(np.int64))
    return np.divide(short, counted, out=np.zeros(counted.shape), where=counted > 0), counted > 0
