"""How far the forecast was off one bucket ahead, where a location's stock has to guard against it (F17).

Stood back one bucket at a time over the last year, every series of an item with a service target is forecast one bucket
ahead from what was known; errors are added over the markets a location serves, so that what is too high in one and
too low in another does not count twice. What is trained is trained before the first of these buckets.
Reads `demand_history`; writes `forecast_error` of the supply panel (root of the mean square).
"""

from typing import Final

import numpy as np
import polars as pl

from trivet.core.forecasting import Method
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.ports import Forecaster
from trivet.core.quantities import QUANTITY, round_to_counts
from trivet.demand.scope import Texts
from trivet.demand.training import Training, training_series
from trivet.demand.wishes import predict_with
from trivet.supply.sites import shipping_of

ORIGINS: Final = 12
"""Buckets held against their forecast."""
LEAST: Final = 6
"""Fewest of them an error is computed from."""
HISTORY: Final = 3
"""Buckets a series needs before it is forecast."""


def write_forecast_errors(
    inputs: PlanInputs, demand: Panel, supply: Panel, forecaster: Forecaster, methods: Texts | None = None
) -> Panel:
    """Write `forecast_error` on the open buckets of sites whose policy asks for a service.

    Each series is forecast by its method (None = the mean of methods for all). It is absent where too little is known;
    a company without such a policy keeps its panel as it is.
    """
    wanted = _items(inputs)
    rows = np.flatnonzero(np.array([item in wanted for item in demand.keys["item"].to_list()], dtype=np.bool_))
    if not len(rows) or demand.buckets.first_open <= ORIGINS // 2:
        return supply
    named = np.full(demand.rows, Method.ENSEMBLE, dtype=object) if methods is None else methods
    errors, told = _errors(training_series(inputs, demand), rows, forecaster, named[rows])
    ships = shipping_of(inputs)
    numbers = {pair: i for i, pair in enumerate(supply.keys.iter_rows())}
    keys = demand.keys.select("item", "market").rows()
    site = np.array([numbers.get((keys[row][0], ships.get(keys[row][1], "")), -1) for row in rows], dtype=np.int64)
    sums, seen = np.zeros((supply.rows, errors.shape[1])), np.zeros((supply.rows, errors.shape[1]), dtype=np.bool_)
    np.add.at(sums, site[site >= 0], np.where(told, errors, 0.0)[site >= 0])
    np.logical_or.at(seen, site[site >= 0], told[site >= 0])
    count = seen.sum(axis=1)
    mean = np.divide((sums**2 * seen).sum(axis=1), count, out=np.zeros(supply.rows), where=count > 0)
    deviation = round_to_counts(np.sqrt(mean), QUANTITY)
    shown = np.zeros(supply.shape, dtype=np.bool_)
    shown[count >= LEAST, supply.buckets.first_open :] = True
    return supply.with_counts(
        {"forecast_error": np.where(shown, deviation[:, None], 0)}, present={"forecast_error": shown}
    )


def _items(inputs: PlanInputs) -> set[str]:
    """Find the items whose policy may ask for a service."""
    asked = inputs.table("inventory_policy").filter(pl.col("service").is_not_null())
    items, families = set(asked["item"].to_list()) - {""}, set(asked.filter(pl.col("item") == "")["family"].to_list())
    every = "" in families
    return {
        item
        for item, family in inputs.table("items").select("item", "family").iter_rows()
        if every or item in items or family in families
    }


def _errors(training: Training, rows: Counts, forecaster: Forecaster, methods: Texts) -> tuple[Rates, Flags]:
    """Give forecast less actual of the last buckets, and where both are known: (rows, origins)."""
    values, first, known = training.values[rows], training.first[rows], training.known[rows]
    closed = values.shape[1]
    origins = range(max(closed - ORIGINS, 1), closed)
    begun = origins.start
    model = forecaster.train(values[:, :begun], np.minimum(first, begun), training.season)
    errors, told = np.zeros((len(rows), len(origins))), np.zeros((len(rows), len(origins)), dtype=np.bool_)
    for k, t in enumerate(origins):
        old = np.flatnonzero((t - first >= HISTORY) & known[:, t])
        if not len(old):
            continue
        found = predict_with(forecaster, methods[old], values[old, :t], first[old], training.season, 1, model)[:, 0]
        usable = np.isfinite(found)
        errors[old[usable], k] = found[usable] - values[old[usable], t]
        told[old[usable], k] = True
    return errors, told
