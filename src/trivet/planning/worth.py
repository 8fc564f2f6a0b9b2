"""What one plan earns more than another one with the same demand: margin by family, costs, stock, waiting.

worth = change of (gross margin at standard - supply variance - freight) over the open buckets. Reads `gross_margin`,
`constrained_demand`, `projected_stock` and the two costs; writes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from trivet.core.ids import Counts
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, to_decimal

NAMED: Final = 3
"""Families named in one sentence."""
NOTHING: Final = Decimal("0.000001")
"""Part of the plan's margin below which a difference is worth nothing: rounding to whole pieces moves as much."""
LEAST: Final = Decimal(1)
"""Plan currency below which it is worth nothing in the smallest company too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What a family gains: units more served within the horizon, and their gross margin."""

    family: str
    units: Decimal
    margin: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a plan earns more than another one, in plan currency.

    Attributes:
        worth: gross_margin - supply_variance - freight.
        gross_margin, supply_variance, freight: how each moves.
        gains: families that move, largest margin first.
        stock_ahead: most units of goods less in stock in one bucket; negative = more.
        waiting: units times buckets that customers wait longer; no money, yet what a plan pays for it with.
        nothing: whether the worth is no more than rounding to whole pieces may move.
    """

    worth: Decimal
    gross_margin: Decimal
    supply_variance: Decimal
    freight: Decimal
    gains: tuple[Gain, ...]
    stock_ahead: Decimal
    waiting: Decimal
    nothing: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Earned:
    """What a plan earns: counts by family, total costs, stock by open bucket, units x buckets late."""

    margin: Mapping[str, int]
    served: Mapping[str, int]
    variance: int
    freight: int
    stock: Counts
    waiting: int


def earned(inputs: PlanInputs, demand: Panel, supply: Panel, variance: Counts, freight: Counts) -> Earned:
    """Add up what a plan earns over its open buckets.

    Args:
        inputs: the snapshot, for the families.
        demand: with gross_margin, consensus_demand, unserved_demand and constrained_demand.
        supply: with projected_stock.
        variance: (buckets,) money counts.
        freight: (buckets,) money counts.
    """
    horizon = demand.buckets.horizon
    parents = inputs.model.dimensions["item"].parents("family")
    families = [parents[item] for item in demand.keys["item"].to_list()]

    def by_family(measure: str) -> dict[str, int]:
        totals = dict.fromkeys(sorted(set(families)), 0)
        for family, amount in zip(families, demand.count(measure)[:, horizon].sum(axis=1).tolist(), strict=True):
            totals[family] += amount
        return totals

    open_ = [demand.count(name)[:, horizon] for name in ("consensus_demand", "unserved_demand", "constrained_demand")]
    owed = np.cumsum(open_[0] - open_[1] - open_[2], axis=1)
    return Earned(
        margin=by_family("gross_margin"),
        served=by_family("constrained_demand"),
        variance=int(variance[horizon].sum()),
        freight=int(freight[horizon].sum()),
        stock=supply.count("projected_stock")[:, horizon].sum(axis=0),
        waiting=int(np.maximum(owed, 0).sum()),
    )


def difference(before: Earned, after: Earned) -> Worth:
    """Say what `after` earns more than `before`; both of the same demand."""
    gains = [
        Gain(
            family=family,
            units=to_decimal(after.served[family] - before.served[family], QUANTITY),
            margin=to_decimal(after.margin[family] - before.margin[family], MONEY),
        )
        for family in sorted(before.margin)
    ]
    whole = sum(before.margin.values())
    margin = sum(after.margin.values()) - whole
    variance, freight = after.variance - before.variance, after.freight - before.freight
    fallen = before.stock - after.stock
    at = int(np.argmax(np.abs(fallen)))
    worth = to_decimal(margin - variance - freight, MONEY)
    return Worth(
        worth=worth,
        gross_margin=to_decimal(margin, MONEY),
        supply_variance=to_decimal(variance, MONEY),
        freight=to_decimal(freight, MONEY),
        gains=tuple(sorted((g for g in gains if g.units or g.margin), key=lambda g: (-abs(g.margin), g.family))),
        stock_ahead=to_decimal(int(fallen[at]), QUANTITY),
        waiting=to_decimal(after.waiting - before.waiting, QUANTITY),
        nothing=abs(worth) < max(LEAST, NOTHING * abs(to_decimal(whole, MONEY))),
    )


def why(value: Worth, currency: str, bucket: str = "month") -> str:
    """Say where a worth comes from: families, supply costs, freight, stock, and what customers wait."""
    parts = [
        f"{gain.family} {gain.units:+,.0f} units ({money(gain.margin, currency)} of margin)"
        for gain in value.gains[:NAMED]
        if abs(gain.units) >= 1
    ] or ["no sale hangs on it"]
    if not value.nothing:
        for name, amount in (("supply costs", value.supply_variance), ("freight costs", value.freight)):
            if abs(amount) >= LEAST:
                parts.append(f"{name} {'rise' if amount > 0 else 'fall'} by {money(abs(amount), currency)}")
    if value.stock_ahead >= 1:
        parts.append(f"up to {value.stock_ahead:,.0f} units less are kept in stock")
    if abs(value.waiting) >= 1:
        parts.append(
            f"customers wait {abs(value.waiting):,.0f} unit-{bucket}s {'more' if value.waiting > 0 else 'less'}"
        )
    return ", ".join(parts)


def money(amount: Decimal, currency: str) -> str:
    """Write an amount for people: whole units of the currency."""
    return f"{currency} {amount:,.0f}"
