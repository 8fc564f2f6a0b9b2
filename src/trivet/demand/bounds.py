"""Bounds of the forecast as measures of the plan: P2.5, P10, P50, P90 and P97.5 of each item in each market.

Written beside `baseline_demand` from widths that past forecasts taught, and carried along when launches, endings,
promotions and prices move it: in proportion to the forecast. What has no history has the relative bounds of its
family, because nobody has measured it yet. Absent where there is too little history to have missed anything.
Bounds do not add: sums are formed by `demand.combined` (`planning.ranges`).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from trivet.core.forecasting import Method
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.learned import Widths
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY, round_to_counts, to_amounts
from trivet.demand.intervals import bounds_by_method, usual_error
from trivet.demand.scope import Texts, group_rows, members_of
from trivet.demand.training import Training

LOWER: Final = ("baseline_lowest", "baseline_low")
UPPER: Final = ("baseline_high", "baseline_highest")
MIDDLE: Final = "baseline_middle"
BOUNDS: Final = (*LOWER, MIDDLE, *UPPER)
_TOLD: Final = 0.25
"""Part of a forecast that must come from history for its own bounds to speak of it."""


def bound_measures(
    demand: Panel,
    training: Training,
    widths: Widths | None,
    own: Mapping[Method, Widths] | None = None,
    methods: Texts | None = None,
) -> Panel:
    """Write the bounds of `baseline_demand`; absent when no widths were learned.

    Args:
        demand: with `baseline_demand`.
        training: what the series were forecast from.
        widths: of all series together.
        own: of methods that have their own.
        methods: method of each series; None = one for all.
    """
    open_now = slice(demand.buckets.first_open, None)
    forecast = to_amounts(demand.count("baseline_demand")[:, open_now], QUANTITY)
    if widths is None:
        return _written(demand, {name: np.zeros(forecast.shape) for name in BOUNDS}, present=False)
    error = usual_error(training.values, training.first, training.season)
    named = np.full(len(forecast), Method.ENSEMBLE, dtype=object) if methods is None else methods
    found = bounds_by_method(forecast, error, widths, own or {}, named)
    of_name = {
        "baseline_lowest": found.lower[95],
        "baseline_low": found.lower[80],
        MIDDLE: found.middle,
        "baseline_high": found.upper[80],
        "baseline_highest": found.upper[95],
    }
    # where nothing is expected because nothing can be sold, nothing is uncertain
    return _written(demand, {name: np.where(forecast > 0, part, 0.0) for name, part in of_name.items()}, present=True)


def carry_bounds(inputs: PlanInputs, demand: Panel, statistical: Counts) -> Panel:
    """Move the bounds with `baseline_demand` from the statistical forecast to what events and launches made of it.

    Args:
        inputs: of the plan.
        demand: with the final `baseline_demand` and the bounds of the statistical one.
        statistical: (series, buckets) `baseline_demand` before them.
    """
    open_now = slice(demand.buckets.first_open, None)
    if not demand.mask(MIDDLE)[:, open_now].any():
        return demand
    before, after = (to_amounts(part[:, open_now], QUANTITY) for part in (statistical, demand.count("baseline_demand")))
    bounds = {name: to_amounts(demand.count(name)[:, open_now], QUANTITY) for name in BOUNDS}
    own: Flags = np.asarray((before > 0) & (before >= _TOLD * after))
    families = members_of(inputs, demand.keys).family
    carried = {}
    for name, bound in bounds.items():
        relative = np.divide(bound, before, out=np.zeros(before.shape), where=before > 0)
        typical = _typical(bound, np.where(own, before, 0.0), list(group_rows(families).values()))
        carried[name] = after * np.where(own, relative, typical)
    return _written(demand, carried, present=True)


def _typical(bound: Rates, forecast: Rates, families: list[Counts]) -> Rates:
    """Give each family's bound as a part of its forecast, the company's where the family has no forecast."""
    told = np.where(forecast > 0, bound, 0.0)
    whole = forecast.sum()
    result = np.full(forecast.shape, told.sum() / whole if whole > 0 else 1.0)
    for rows in families:
        own = forecast[rows].sum()
        if own > 0:
            result[rows] = told[rows].sum() / own
    return result


def _written(demand: Panel, bounds: Mapping[str, Rates], *, present: bool) -> Panel:
    """Write bounds into the open buckets, in order and around the forecast."""
    first = demand.buckets.first_open
    forecast = demand.count("baseline_demand")[:, first:]
    counts, masks = {}, {}
    for name, amounts in bounds.items():
        held = round_to_counts(amounts, QUANTITY)
        if name in LOWER:
            held = np.minimum(held, forecast)
        elif name in UPPER:
            held = np.maximum(held, forecast) if present else held
        full, mask = np.zeros(demand.shape, dtype=np.int64), np.zeros(demand.shape, dtype=np.bool_)
        full[:, first:], mask[:, first:] = (held if present else 0), present
        counts[name], masks[name] = full, mask
    return demand.with_counts(counts, masks)
