"""Top-down: the budget spread from family and region to the plan's detail, by the plan's own split (M3, F5).

Each cell of the budget goes to the items and markets under it, in proportion to what the plan has of them in that
bucket (units by units, revenue and margin by revenue), to the last quantum. A view beside the bottom-up plan: nothing
of it is stored. Reads the outlook of the demand panel; gives `budget_units`, `budget_revenue` and `budget_margin` by
item and market.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from trivet.core.dimensions import UNASSIGNED
from trivet.core.fiscal import families_of, fiscal_years, outlook_revenue, outlook_units
from trivet.core.ids import Counts, Flags, GrainName, MeasureId
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import Model
from trivet.core.spread import largest_remainder

MEASURES = ("budget_units", "budget_revenue", "budget_margin")
"""What can be spread."""


def spread_budget(model: Model, demand: Panel, budget: Panel) -> Panel:
    """Spread the budget to items and markets.

    A cell without anything planned under it in its bucket is split as the fiscal year is, else in equal parts. What
    names a family or region nothing is planned of goes to the item (and market) `Unassigned`, so that totals tie.

    Returns:
        Panel of the grain `budget` with keys (item, market): counts (rows, buckets) and masks of what was given.
        Added up by family and region it is the budget, by `==`.
    """
    under = _under(model, demand, budget)
    keys = _with_unassigned(demand.keys, wanted=not all(under))
    empty = Panel(grain=GrainName("budget"), keys=keys, buckets=demand.buckets)
    place, lost = empty.find(demand.keys), empty.find(pl.DataFrame({"item": [UNASSIGNED], "market": [UNASSIGNED]}))
    rows = [place[found] if found else lost for found in under]
    weights = {"budget_units": outlook_units(demand)}
    weights["budget_revenue"] = weights["budget_margin"] = outlook_revenue(demand)
    counts: dict[MeasureId, Counts] = {}
    present: dict[MeasureId, Flags] = {}
    for measure in (MeasureId(name) for name in MEASURES if budget.has(name)):
        wide = np.zeros((keys.height, len(demand.buckets)), dtype=np.int64)
        wide[place] = np.maximum(weights[measure], 0)
        counts[measure], present[measure] = _spread(budget, measure, rows, wide)
    return replace(empty, counts=counts, present=present)


def _under(model: Model, demand: Panel, budget: Panel) -> list[list[int]]:
    """Give the rows of the plan under each row of the budget."""
    region = model.dimensions["market"].parents("region") if "region" in model.dimensions["market"].levels else {}
    by_region: dict[tuple[str, str], list[int]] = {}
    families, markets = families_of(model, demand), demand.keys["market"].to_list()
    for row, (family, market) in enumerate(zip(families, markets, strict=True)):
        by_region.setdefault((family, ""), []).append(row)
        if region.get(market):
            by_region.setdefault((family, region[market]), []).append(row)
    return [by_region.get((family, at), []) for family, at in budget.keys.select("family", "region").iter_rows()]


def _with_unassigned(keys: pl.DataFrame, *, wanted: bool) -> pl.DataFrame:
    names = ("item", "market")
    columns = {name: keys[name].to_list() + ([UNASSIGNED] if wanted else []) for name in names}
    return make_keys(columns)


def _spread(budget: Panel, measure: MeasureId, rows: Sequence[Counts], weights: Counts) -> tuple[Counts, Flags]:
    """Spread one measure cell by cell."""
    counts, mask = np.zeros(weights.shape, dtype=np.int64), np.zeros(weights.shape, dtype=np.bool_)
    given, amounts = budget.mask(measure), budget.count(measure)
    years = {column: year.columns for year in fiscal_years(budget.buckets) for column in range(*_ends(year.columns))}
    for cell, column in np.argwhere(given):
        own = rows[cell]
        share = weights[own, column]
        if not share.any():
            share = weights[own, years[int(column)]].sum(axis=1)
        if not share.any():
            share = np.ones(len(own), dtype=np.int64)
        total = int(amounts[cell, column])
        part = largest_remainder(abs(total), share)
        counts[own, column] += part if total >= 0 else -part
        mask[own, column] = True
    return counts, mask


def _ends(columns: slice) -> tuple[int, int]:
    return columns.start, columns.stop
