"""Level, chase and hybrid: how a family's production answers a demand that moves (F1, F2, Y1).

Chase makes what is needed when it is needed. Level makes the same every working day of a block of buckets:
to stock `rate = max over t of (needed up to t - made before the block) / working days up to t`, to order
`rate = min over t of (orders that may be built up to t - made before) / working days up to t`. Needed up to t is the
running total of the chase, item by item and plant by plant, so that one item with too much does not hide one with
too little; for a single item it is F1's demand + target - opening - receipts. Hybrid is level inside named blocks and
chases between them. What is made ahead is what is needed next.

Reads `production_strategies`; gives `strategy_production`, the wish without limits, by make. The plan follows it
family by family: a unit more or less costs more than keeping it would save and less than losing a customer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.core.plan import PlanInputs
from trivet.supply.asked import Asked
from trivet.supply.blocks import Programme
from trivet.supply.make_to_stock import Flows
from trivet.supply.network import Network

KEPT: Final = 1.05
"""Cost of leaving the strategy, as part of keeping the unit to the end of the horizon."""
LESS_THAN_LOST: Final = 0.9
"""Most that leaving the strategy costs, as part of losing a customer's unit."""


class Strategy(StrEnum):
    """How production answers a demand that moves."""

    LEVEL = "level"
    CHASE = "chase"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyStrategy:
    """The strategy of a family: its blocks of level production as (name, first, stop) of open buckets."""

    family: str
    strategy: Strategy
    blocks: tuple[tuple[str, int, int], ...] = ()


def read_strategies(inputs: PlanInputs, network: Network) -> tuple[FamilyStrategy, ...]:
    """Read the strategy of every family that has one, by code; blocks outside the horizon are left out."""
    starts = network.buckets.starts[network.buckets.first_open :]
    found: dict[str, FamilyStrategy] = {}
    table = inputs.table("production_strategies").sort("family", "first", "block", nulls_last=False)
    for family, block, strategy, first, last in table.select(
        "family", "block", "strategy", "first", "last"
    ).iter_rows():
        inside = [t for t, s in enumerate(starts) if (first is None or s >= first) and (last is None or s <= last)]
        kind = Strategy(strategy)
        before = found.get(family)
        blocks = before.blocks if before else ()
        if inside and kind is not Strategy.CHASE:
            begins = max(inside[0], blocks[-1][2] if blocks else 0)
            blocks += ((block or str(kind), begins, inside[-1] + 1),) if begins <= inside[-1] else ()
        found[family] = FamilyStrategy(family=family, strategy=kind, blocks=blocks)
    return tuple(found[family] for family in sorted(found))


def level_totals(
    totals: Rates, days: Rates, blocks: tuple[tuple[str, int, int], ...], *, to_order: bool = False
) -> Rates:
    """Give the running total of production that is level inside blocks and chases between them (F1, F2).

    Args:
        totals: (open,) running total of what is needed (to stock), or of what may be built (to order); rising.
        days: (open,) working days.
        blocks: name, first and stop of open buckets, in order, not overlapping.
        to_order: whether `totals` may not be passed, rather than must be reached.

    Returns:
        (open,) running total.

    >>> need = np.cumsum([100.0, 300.0, 100.0])
    >>> level_totals(need, np.array([20.0, 20.0, 20.0]), (("level", 0, 3),)).tolist()
    [200.0, 400.0, 600.0]
    """
    result, made = np.zeros(len(totals)), 0.0
    block_of = {t: (first, stop) for _, first, stop in blocks for t in range(first, stop)}
    t = 0
    while t < len(totals):
        if t not in block_of:
            made = max(made, float(totals[t]))
            result[t] = made
            t += 1
            continue
        stop = block_of[t][1]
        worked = np.cumsum(days[t:stop])
        open_ = worked > 0
        rates = (totals[t:stop][open_] - made) / worked[open_]
        rate = (float(rates.min()) if to_order else float(rates.max())) if len(rates) else 0.0
        result[t:stop] = made + max(rate, 0.0) * worked
        made, t = float(result[stop - 1]), stop
    return result


def wished_production(
    network: Network, strategies: tuple[FamilyStrategy, ...], needed: Rates, days: Rates, families: Mapping[str, str]
) -> Counts:
    """Give what each make would make by its family's strategy, without limits.

    Args:
        network: the ways.
        strategies: as `read_strategies` gives them.
        needed: (makes, open) units: of the chase to stock, of orders that may be built to order.
        days: (makes, open) working days at the plant.
        families: item -> family.

    Returns:
        (makes, open) counts in whole steps; 0 for families without a strategy.
    """
    result = np.zeros(needed.shape, dtype=np.int64)
    totals = np.cumsum(needed, axis=1)
    for strategy in strategies:
        mine = _makes_of(network, families, strategy.family)
        for ordered in (False, True):
            makes = mine[network.to_order[network.makes.site[mine]] == ordered]
            if not len(makes):
                continue
            own = totals[makes]
            whole = own.sum(axis=0)
            worked = days[makes].max(axis=0)
            level = level_totals(whole, worked, strategy.blocks, to_order=ordered)
            step = network.step[network.makes.site[makes]][:, None]
            steps = np.floor(_next_needed(own, whole, level) * 1000.0 / step + 1e-6).astype(np.int64)
            result[makes] = np.diff(steps, axis=1, prepend=0) * step
    return result


def _makes_of(network: Network, families: Mapping[str, str], family: str) -> Counts:
    """Give the makes of a family that a routing stands behind."""
    return np.array(
        [
            i
            for i, site in enumerate(network.makes.site.tolist())
            if families.get(network.items[site]) == family and network.makes.routed[i]
        ],
        dtype=np.int64,
    )


def _next_needed(own: Rates, whole: Rates, level: Rates) -> Rates:
    """Share a family's running total over its makes: each has what it would have when the family's chase is there.

    What is made beyond all need is shared in proportion to all that is needed.
    """
    rising = np.concatenate([[0.0], whole])
    points = np.concatenate([np.zeros((len(own), 1)), own], axis=1)
    shared = np.stack([np.interp(level, rising, row) for row in points]) if len(own) else own
    beyond = np.maximum(level - whole[-1], 0.0)
    last = float(whole[-1])
    part = own[:, -1] / last if last > 0 else np.full(len(own), 1.0 / max(len(own), 1))
    total: Rates = shared + part[:, None] * beyond
    return total


def add_strategies(
    programme: Programme,
    network: Network,
    asked: Asked,
    flows: Flows,
    wished: Counts,
    strategies: tuple[tuple[str, Counts], ...],
) -> None:
    """Add what leaving a family's strategy costs: production more or less than it asks for, bucket by bucket.

    Args:
        programme: to add to.
        network: the ways.
        asked: what units are worth.
        flows: columns of the makes.
        wished: (makes, open) counts the strategies ask for.
        strategies: family and its makes.
    """
    names = [family for family, _ in strategies]
    if not names:
        return
    cost = np.array([[leaving_cost(network, asked, makes)] for _, makes in strategies])
    units = np.stack([wished[makes].sum(axis=0) / 1000.0 for _, makes in strategies])
    more = programme.columns("more than its strategy", names, cost=cost)
    less = programme.columns("less than its strategy", names, cost=cost)
    rows = programme.rows("strategy", names, lower=units, upper=units)
    programme.add(rows, more, -1.0)
    programme.add(rows, less)
    for i, (_, makes) in enumerate(strategies):
        programme.add(np.broadcast_to(rows[i], (len(makes), network.open)), flows.made[makes])


def strategic_makes(
    network: Network, strategies: tuple[FamilyStrategy, ...], families: Mapping[str, str]
) -> tuple[tuple[str, Counts], ...]:
    """Give each family with a strategy and the makes that follow it; families nobody makes are left out."""
    found = ((one.family, _makes_of(network, families, one.family)) for one in strategies)
    return tuple((family, makes) for family, makes in found if len(makes))


def leaving_cost(network: Network, asked: Asked, makes: Counts) -> float:
    """Give what a unit off the strategy costs: more than keeping it to the end, less than losing a customer."""
    sites = network.makes.site[makes]
    hold = float(asked.worth.hold[sites].max()) * network.open * KEPT
    lost = asked.worth.lost[sites]
    return min(hold, LESS_THAN_LOST * float(lost[lost > 0].min(initial=np.inf)))
