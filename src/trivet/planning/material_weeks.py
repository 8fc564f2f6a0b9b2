"""Key materials week by week: what is bought of each supplier, in time for the production that uses it (Y10).

A material is one pool over all plants, as in the plan. Its use follows the weeks of what it goes into; deliveries come
in whole lots, earlier where the pool would run out.
"""

from collections.abc import Collection
from datetime import date

import numpy as np

from trivet.core.ids import Counts
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.planning.balancing import even_stream, keep_above_zero
from trivet.planning.offers import read_material_offers
from trivet.planning.weekly import Buy
from trivet.planning.weeks import WeekParts, days_of, place_steps, usable, work_of
from trivet.supply.network import Network


def buy_materials(
    inputs: PlanInputs,
    material: Panel,
    network: Network,
    production: Counts,
    parts: WeekParts,
    closed: Collection[date],
) -> tuple[Buy, ...]:
    """Place the deliveries of every material.

    Args:
        inputs: the snapshot.
        material: panel of a plan with material_purchases and material_stock.
        network: its ways.
        production: (rows of the supply panel, parts) counts made.
        parts: the weeks.
        closed: the company's days without work.

    Returns:
        What has still to be ordered, by row of the panel and part.
    """
    offers = read_material_offers(inputs, material, network)
    weights = usable(parts.spans, work_of(parts, closed), days_of(parts))
    use = _use_by_part(network, production, parts)
    ahead, found = material.buckets.horizon, []
    bought, kept = (material.count(name)[:, ahead] for name in ("material_purchases", "material_stock"))
    for number in range(len(network.materials)):
        rows = np.flatnonzero(network.material_of == number).tolist()
        on_order = np.minimum(network.material_arrivals[rows], bought[rows])
        opening, stock = int(network.material_opening[number]), kept[rows].sum(axis=0)
        used = np.concatenate([[opening], stock[:-1]]) + bought[rows].sum(axis=0) - stock
        leaving, _ = place_steps(used.tolist(), usable(parts.spans, use[number].tolist(), weights), parts.spans, 1)
        streams = [
            even_stream(
                (bought[row] - on_order[i]).tolist(),
                weights,
                parts.spans,
                minimum=offers[row].minimum,
                multiple=offers[row].multiple,
            )
            for i, row in enumerate(rows)
        ]
        ordered = even_stream(on_order.sum(axis=0).tolist(), weights, parts.spans)
        keep_above_zero(opening, leaving, [*streams, ordered], parts.spans)
        found += [
            Buy(offer=offers[row], part=part, quantity=quantity)
            for row, stream in zip(rows, streams, strict=True)
            for part, quantity in enumerate(stream.placed)
            if quantity
        ]
    return tuple(found)


def _use_by_part(network: Network, production: Counts, parts: WeekParts) -> Counts:
    """Weigh the weeks of every material by the production that uses it."""
    use = np.zeros((len(network.materials), len(parts)))
    columns = list(parts.columns)
    for k in np.flatnonzero(network.parts.material >= 0):
        made = production[int(network.makes.site[network.parts.make[k]])]
        use[int(network.parts.material[k])] += made * network.parts.quantity[k, columns]
    return np.rint(use).astype(np.int64)
