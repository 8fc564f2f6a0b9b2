"""What it is worth: list prices, standard costs, exchange rates and the value of every shipment.

A family's prices are normalised so that its average price (weighted by the demand of 2027) is the one
of the specification; the same for costs. The Americas are invoiced in USD at the budget rate; 14 % of
the cost of E-bikes and Cargo is bought in USD, so a weaker dollar hurts less than the price list says.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from trivet.examples.generator import catalogue as c
from trivet.examples.generator import parameters as p
from trivet.examples.generator.demand import CODES, FAMILY_OF, MARKETS, Floats, columns_of, item_shares, stream
from trivet.examples.generator.supply import Supply
from trivet.examples.generator.tables import Table, label, month, table

MONEY_DIGITS = 2
FIRST_YEARS = (label(0), *(f"{year}-01" for year in (2023, 2024, 2025, 2026)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """Shipments in money.

    Attributes:
        value: in the market's currency, cents, shape (item, market, closed month).
        cost: standard cost in the market's currency, same shape.
        revenue_eur: in EUR at the actual rate, same shape.
        cost_eur: the same for the cost.
    """

    value: Floats
    cost: Floats
    revenue_eur: Floats
    cost_eur: Floats


@cache
def list_price(code: str) -> float:
    """Give the EUR list price of 2026 of a sold code (E-City 2: before the rise of its family)."""
    if code in p.LAUNCHED:
        return round(p.LAUNCH_PRICE / (1 + p.PRICE_RISE[2] / 100), 4)
    for spare in c.SPARES:
        if spare.code == code:
            return spare.price
    item = _item(code)
    return round(item.price * c.FAMILY[item.family].price / _mean_factor(item.family), MONEY_DIGITS)


@cache
def list_cost(code: str) -> float:
    """Give the standard cost of 2026 of a sold code, EUR at the budget rate."""
    if code in p.LAUNCHED:
        return p.LAUNCH_COST
    if code in p.PHASE_OUT:
        return p.PHASE_OUT_COST
    for spare in c.SPARES:
        if spare.code == code:
            return spare.cost
    item = _item(code)
    family = c.FAMILY[item.family]
    items = [(one, share) for one, share in _mix(item.family) if one.code not in p.PHASE_OUT]
    fixed = sum(share for one, share in _mix(item.family) if one.code in p.PHASE_OUT) * p.PHASE_OUT_COST
    launched = p.LAUNCH_MIX if item.family == "E-bikes" else 0.0
    mean = (family.cost - launched * p.LAUNCH_COST) / (1 - launched)
    factor = (mean - fixed) / sum(share * one.price for one, share in items)
    return round(item.price * factor, 3)


def _item(code: str) -> c.Item:
    return next(item for item in c.ITEMS if item.code == code)


def _mix(family: str) -> list[tuple[c.Item, float]]:
    """Give the items of a family with their share of the demand at the opening: it sums to 1."""
    items = [item for item in c.ITEMS if item.family == family]
    shares = item_shares(c.FAMILY[family])[:, p.CLOSED]
    return list(zip(items, (float(share) for share in shares), strict=True))


@cache
def _mean_factor(family: str) -> float:
    return sum(share * item.price for item, share in _mix(family))


@cache
def actual_rates() -> tuple[float, ...]:
    """Give EUR for one USD in each closed month: the year's mean and a slow wave around it."""
    random = stream("exchange rates")
    rates: list[float] = []
    for t in range(p.CLOSED):
        wave = 0.006 * float(np.sin(t / 5)) + float(random.normal(0, 0.003))
        rates.append(round(p.RATES_ACTUAL[p.day_of(t).year] + wave, 4))
    rates[-1] = p.RATE_FORECAST
    return tuple(rates)


def value_shipments(supply: Supply) -> Valued:
    """Value every shipment at the price of its month, promotions included, and at standard cost."""
    shape = supply.shipments.shape
    years = [p.day_of(t).year for t in range(p.CLOSED)]
    price = np.array([list_price(code) for code in CODES])[:, None] * np.array([p.PRICE_LEVEL[y] for y in years])
    prices = np.broadcast_to(price[:, None, :], shape).copy() * price_factors()
    cost = np.array([list_cost(code) for code in CODES])[:, None] * np.array([p.COST_LEVEL[y] for y in years])
    costs = np.broadcast_to(cost[:, None, :], shape).copy()
    rates = np.ones(shape)
    americas = columns_of(region="Americas")
    rates[:, americas] = np.array(actual_rates())
    prices[:, americas] /= p.RATE_BUDGET
    costs[:, americas] /= rates[:, americas]
    value = np.round(supply.shipments * prices, MONEY_DIGITS)
    cost_local = np.round(supply.shipments * costs, MONEY_DIGITS)
    return Valued(value=value, cost=cost_local, revenue_eur=value * rates, cost_eur=cost_local * rates)


def price_factors() -> Floats:
    """Give what promotions of the past took off the average price, shape (item, market, closed month)."""
    factors = np.ones((len(CODES), len(MARKETS), p.CLOSED))
    for event in p.EVENTS:
        at = p.month_of(event.month)
        if event.status == "cancelled" or at >= p.CLOSED:
            continue
        touched = event.volume_share * (1 + event.lift)
        volume = 1 - event.volume_share + touched
        mean = (1 - event.volume_share + touched * (1 + event.price_change)) / volume
        rows = [i for i, family in enumerate(FAMILY_OF) if family == event.family]
        factors[np.ix_(rows, columns_of(channel=event.channel), [at])] *= mean
    return factors


def price_tables() -> list[Table]:
    """Give prices, costs, exchange rates, planned price moves and payment terms."""
    families, first, percent, elasticity, early = p.PRICE_RISE
    changes = [(f"{code} +4 % 2027", code, month(first), percent, elasticity, early) for code in families]
    rates = [("actual", "USD", label(t), rate) for t, rate in enumerate(actual_rates())]
    rates += [("forecast", "USD", month(p.RATE_FORECAST_FROM), p.RATE_FORECAST)]
    rates += [("budget", "USD", label(0), p.RATE_BUDGET)]
    return [
        table("prices", "item market first price currency list_price discount rebate", _prices()),
        table("costs", "item location component first cost currency", _costs()),
        table("exchange_rates", "type currency first rate", sorted(rates)),
        table("price_changes", "change family first percent elasticity forward_buying", changes),
        table("payment_terms", "terms side days", p.TERMS),
    ]


def _prices() -> list[tuple[str | float | None, ...]]:
    """Give net prices with the list prices they come from; not in the specification: it speaks of net prices only."""
    rows: list[tuple[str | float | None, ...]] = []
    unpriced, gone = p.UNPRICED
    for code in CODES:
        levels = (
            [("2027-03", 1.0)] if code in p.LAUNCHED else list(zip(FIRST_YEARS, p.PRICE_LEVEL.values(), strict=True))
        )
        for first, level in levels:
            euro = list_price(code) * level
            rows.append((code, None, first, round(euro, 4), "EUR", *_before_discounts(euro)))
            dollars = round(euro / p.RATE_BUDGET, 4)
            listed = _before_discounts(dollars)
            rows += [(code, MARKETS[j], first, dollars, "USD", *listed) for j in columns_of(region="Americas")]
        if code == unpriced:
            none = (month(gone), None, None, None, None, None)
            rows.append((code, None, *none))
            rows += [(code, MARKETS[j], *none) for j in columns_of(region="Americas")]
    return rows


def _before_discounts(net: float) -> tuple[float, float, float]:
    """Give the list price a net price comes from, with discount and rebate; the story is told in net prices."""
    return round(net / (1 - p.DISCOUNT - p.REBATE), MONEY_DIGITS), p.DISCOUNT, p.REBATE


def _costs() -> list[tuple[str | float | None, ...]]:
    rows: list[tuple[str | float | None, ...]] = []
    for code, family in zip(CODES, FAMILY_OF, strict=True):
        years = [("2027-03", 1.0)] if code in p.LAUNCHED else list(zip(FIRST_YEARS, p.COST_LEVEL.values(), strict=True))
        for first, level in years:
            rows += [(code, None, *part) for part in _components(family, first, list_cost(code) * level)]
        if family in p.FRAME_FAMILIES:
            frame = list_cost(code) * p.FRAME_PART * (1 + p.FRAME_RISE)
            rows.append((code, None, "frames", month(p.FRAME_FROM), round(frame, 4), "EUR"))
    rows += [(m.code, None, "material", FIRST_YEARS[0], m.price, m.currency) for m in c.MATERIALS]
    return rows


def _components(family: str, first: str, cost: float) -> list[tuple[str, str, float, str]]:
    """Split a standard cost into labour, imported parts, frames and other material; they add up to it."""
    labour = round(cost * p.LABOUR_PART, 4)
    parts = [("labour", first, labour, "EUR")]
    rest = cost - labour
    if family in p.USD_FAMILIES:
        imported = round(cost * p.USD_COST, 4)
        parts.append(("imported parts", first, round(imported / p.RATE_BUDGET, 4), "USD"))
        rest -= imported
    if family in p.FRAME_FAMILIES:
        frame = round(cost * p.FRAME_PART, 4)
        parts.append(("frames", first, frame, "EUR"))
        rest -= frame
    return [*parts, ("material", first, round(rest, 4), "EUR")]
