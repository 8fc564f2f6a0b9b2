"""The truth as tables: orders, bookings, shipments, returns, backlog, production, counted stock."""

from collections.abc import Iterator

import numpy as np

from trivet.examples.generator import catalogue as c
from trivet.examples.generator import parameters as p
from trivet.examples.generator.demand import CODES, FAMILY_OF, MARKETS, Demand, Floats, Wholes, rows_of
from trivet.examples.generator.money import Valued
from trivet.examples.generator.supply import SITES, Supply, share_out
from trivet.examples.generator.tables import Table, Value, label, table

USD = {j for j, market in enumerate(MARKETS) if market.startswith("Americas-")}


def history_tables(demand: Demand, supply: Supply, valued: Valued) -> list[Table]:
    """Give the histories: one row a cell that moved."""
    cargo = set(rows_of("Cargo"))
    unit_price = _unit_price(supply, valued)
    known = np.concatenate([demand.wanted, demand.in_hand], axis=2)
    last = np.repeat(unit_price[:, :, -1:], demand.in_hand.shape[2], axis=2)
    prices = np.concatenate([unit_price, last], axis=2)
    orders = [row for row in _ordered(known, prices) if CODES.index(str(row[0])) not in cargo]
    bookings = [row for row in _ordered(demand.wanted, unit_price) if CODES.index(str(row[0])) in cargo]
    header = "item market bucket quantity value currency"
    return [
        table("orders", header, orders),
        table("bookings", header, bookings),
        table("shipments", "item market bucket quantity value cost currency", _shipped(supply, valued)),
        table("returns", header, _returned(supply, unit_price)),
        table("order_backlog", "item market bucket quantity value", _backlog(supply, unit_price)),
        table("production", "item location bucket quantity", _made(supply)),
        table("stock_history", "item location bucket quantity", _counted(supply)),
        table("open_production", "order item location due quantity", _released(supply)),
        table("open_purchases", "order item supplier location due quantity price currency", p.OPEN_PURCHASES),
    ]


def _cells(amounts: Wholes) -> Iterator[tuple[int, int, int]]:
    for row, column, month in np.argwhere(amounts != 0):
        yield int(row), int(column), int(month)


def _currency(column: int) -> str:
    return "USD" if column in USD else "EUR"


def _unit_price(supply: Supply, valued: Valued) -> Floats:
    """Net price of a unit in the market's currency, shape of the shipments; of the item's mean where none moved."""
    units = supply.shipments.astype(np.float64)
    own = np.divide(valued.value, units, out=np.zeros_like(valued.value), where=units > 0)
    total = units.sum(axis=2, keepdims=True)
    mean = np.divide(valued.value.sum(axis=2, keepdims=True), total, out=np.zeros_like(total), where=total > 0)
    return np.where(units > 0, own, mean)


def _ordered(wanted: Wholes, price: Floats) -> Iterator[tuple[Value, ...]]:
    for i, j, t in _cells(wanted):
        units = int(wanted[i, j, t])
        yield CODES[i], MARKETS[j], label(t), units, round(units * float(price[i, j, t]), 2), _currency(j)


def _shipped(supply: Supply, valued: Valued) -> Iterator[tuple[Value, ...]]:
    for i, j, t in _cells(supply.shipments):
        yield (
            CODES[i],
            MARKETS[j],
            label(t),
            int(supply.shipments[i, j, t]),
            float(valued.value[i, j, t]),
            float(valued.cost[i, j, t]),
            _currency(j),
        )


def _returned(supply: Supply, price: Floats) -> Iterator[tuple[Value, ...]]:
    for i, j, t in _cells(supply.returns):
        units = int(supply.returns[i, j, t])
        yield CODES[i], MARKETS[j], label(t), units, round(units * float(price[i, j, t - 1]), 2), _currency(j)


def _backlog(supply: Supply, price: Floats) -> Iterator[tuple[Value, ...]]:
    """Give the open cargo orders by the month they are due: a third each in the next three months."""
    for row, i in enumerate(rows_of("Cargo")):
        for j, market in enumerate(MARKETS):
            parts = share_out(int(supply.backlog[row, j]), np.array([5.0, 4.0, 3.0]))
            euro = float(price[i, j, -1]) * (p.RATE_FORECAST if j in USD else 1.0)
            for due, units in enumerate(parts):
                if units:
                    yield CODES[i], market, label(p.CLOSED + due), int(units), round(int(units) * euro, 2)


def _made(supply: Supply) -> Iterator[tuple[Value, ...]]:
    for i, s, t in _cells(supply.production):
        if t >= p.CLOSED - p.STOCK_MONTHS and FAMILY_OF[i]:
            yield CODES[i], SITES[s], label(t), int(supply.production[i, s, t])


def _counted(supply: Supply) -> Iterator[tuple[Value, ...]]:
    first = p.CLOSED - p.STOCK_MONTHS
    for i, s in np.argwhere(supply.stock[:, :, first:].any(axis=2)):
        for t in range(first, p.CLOSED):
            if FAMILY_OF[i]:
                yield CODES[i], SITES[s], label(t), int(supply.stock[i, s, t])
    for material in c.MATERIALS:
        yield material.code, "N", label(p.CLOSED - 1), material.opening


def _released(supply: Supply) -> Iterator[tuple[Value, ...]]:
    """Give released orders of November: a quarter of what the largest items made a year ago."""
    number = 4_100
    for code in p.RELEASED:
        i = CODES.index(code)
        site = int(supply.production[i, :, -12:].sum(axis=1).argmax())
        units = int(supply.production[i, site, -12]) // 4 // 10 * 10
        number += 1
        yield f"PO-{number}", code, SITES[site], label(p.CLOSED), max(units, 10)
