"""What was made, shipped and counted, and the tables that say what the plants can do.

Shipments follow orders: most leave in the month asked for, the rest a month later; the Trekking
stock-out of June 2025 lost orders. Cargo is made to order: bookings wait in a backlog that grew from
7 to about 12 weeks and is 760 at the opening. Counted stock runs back from the opening through the
shipments, pre-building where a line was full; production is what closes the balance.
"""

from dataclasses import dataclass

import numpy as np

from trivet.examples.generator import catalogue as c
from trivet.examples.generator import parameters as p
from trivet.examples.generator.demand import (
    CODES,
    FAMILY_OF,
    Demand,
    Floats,
    Wholes,
    columns_of,
    rows_of,
    stream,
)

SITES = ("N", "S", "A")


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """The truth of supply.

    Attributes:
        shipments: units, shape (item, market, closed month).
        returns: units sent back, same shape.
        backlog: open cargo orders at the opening, shape (item, market).
        stock: counted at the end of month, shape (item, site, closed month); the first STOCK_MONTHS are not on file.
        production: good units made, same shape.
    """

    shipments: Wholes
    returns: Wholes
    backlog: Wholes
    stock: Wholes
    production: Wholes


def make_supply(demand: Demand) -> Supply:
    """Run the supply side of the history on the orders of the truth model."""
    shipments = _ship(demand.wanted)
    cargo = rows_of("Cargo")
    shipments[cargo], backlog = _ship_cargo(demand.wanted[cargo])
    stock, production = _count(shipments)
    return Supply(shipments=shipments, returns=_returns(shipments), backlog=backlog, stock=stock, production=production)


def _ship(wanted: Wholes) -> Wholes:
    """Ship orders: a share of each family on time, the rest a month later; the stock-out loses some."""
    low, high = p.ON_TIME
    on_time = np.ones((len(CODES), p.CLOSED))
    for family in c.FAMILIES:
        on_time[rows_of(family.code)] = stream(f"service {family.code}").uniform(low, high, p.CLOSED)
    name, day, more = p.STOCK_OUT
    month = p.month_of(day)
    on_time[rows_of(name), month] = 1 / (1 + more)
    on_time[:, -1] = 1.0  # the last month is shipped in full: open orders are in the backlog only
    now = np.floor(wanted * on_time[:, None, :] + 0.5).astype(np.int64)
    late = wanted - now
    late[rows_of(name), :, month] = np.floor(late[rows_of(name), :, month] * p.STOCK_OUT_LATE).astype(np.int64)
    now[:, :, 1:] += late[:, :, :-1]
    _keep_stock_out(now, wanted)
    return now


def _keep_stock_out(shipped: Wholes, wanted: Wholes) -> None:
    """Hold the family's orders at 30 % above shipments in the stock-out, arrears of May included."""
    name, day, more = p.STOCK_OUT
    rows, month = rows_of(name), p.month_of(day)
    shipped[rows, :, month] = np.floor(wanted[rows, :, month] / (1 + more) + 0.5).astype(np.int64)


def _ship_cargo(booked: Wholes) -> tuple[Wholes, Wholes]:
    """Ship from the backlog: the cell makes what it can, the backlog ends at the count of the opening."""
    total = booked.sum(axis=(0, 1))
    weeks = np.linspace(p.CARGO_FIRST_WEEKS, p.CARGO_BACKLOG / (total[-12:].mean() * 12 / 52), p.CLOSED)
    smooth = np.convolve(np.pad(total, 6, mode="edge"), np.ones(13) / 13, mode="valid")
    path = np.rint(weeks * smooth * 12 / 52).astype(np.int64)
    path[-1] = p.CARGO_BACKLOG
    opening = int(path[0])
    made = np.maximum(total + np.concatenate(([opening], path[:-1])) - path, 0)
    made = _inside_capacity(made)
    opening = int(p.CARGO_BACKLOG - total.sum() + made.sum())
    return _first_come(booked, made, opening)


def _inside_capacity(made: Wholes) -> Wholes:
    """Move what a month's cell could not make to the months before, overtime included."""
    most = [int(p.capacity_hours(t) * 1.05) for t in range(len(made))]
    inside = made.copy()
    for month in range(len(made) - 1, 0, -1):
        over = max(int(inside[month]) - most[month], 0)
        inside[month] -= over
        inside[month - 1] += over
    return inside


def _first_come(booked: Wholes, made: Wholes, opening: int) -> tuple[Wholes, Wholes]:
    """Share each month's cargo output over the open orders; give shipments and the last backlog."""
    shape = booked.shape[:2]
    open_orders = _share(opening, booked[:, :, :6].sum(axis=2).reshape(-1)).reshape(shape)
    shipped = np.zeros_like(booked)
    for month in range(booked.shape[2]):
        open_orders = open_orders + booked[:, :, month]
        left = min(int(made[month]), int(open_orders.sum()))
        shipped[:, :, month] = _share(left, open_orders.reshape(-1)).reshape(shape)
        open_orders = open_orders - shipped[:, :, month]
    return shipped, open_orders


def _share(total: int, weights: Wholes | Floats) -> Wholes:
    """Split a whole number by weights: floor, then the largest remainders (first wins a tie)."""
    exact = total * np.asarray(weights, dtype=np.float64) / float(np.sum(weights))
    parts = np.floor(exact + 1e-9).astype(np.int64)
    rest = total - int(parts.sum())
    parts[np.argsort(-(exact - parts), kind="stable")[:rest]] += 1
    return parts


def share_out(total: int, weights: Floats) -> Wholes:
    """Split a whole total by weights of any shape: largest remainder, the sum is exact."""
    return _share(total, weights.reshape(-1)).reshape(weights.shape)


def _returns(shipments: Wholes) -> Wholes:
    """Send back a share of what was shipped online a month before."""
    back = np.zeros_like(shipments)
    online = columns_of(channel="online")
    for family, share in p.RETURNS.items():
        cells = np.ix_(rows_of(family), online, range(p.CLOSED - 1))
        random = stream(f"returns {family}")
        before = shipments[cells]
        back[np.ix_(rows_of(family), online, range(1, p.CLOSED))] = random.binomial(before, share)
    return back


def opening_stock() -> Wholes:
    """Give the count of 31 Oct 2026 by item, shape (item,): the family totals of the specification."""
    count = np.zeros(len(CODES), dtype=np.int64)
    for family in c.FAMILIES:
        if family.code == "Cargo":
            continue
        rows = rows_of(family.code)
        weights = np.array([c.ITEMS[i].share * p.OPENING_SKEW.get(c.ITEMS[i].code, 1.0) for i in rows])
        fixed = {row: p.PHASE_OUT_STOCK[CODES[row]] for row in rows if CODES[row] in p.PHASE_OUT_STOCK}
        weights[[rows.index(row) for row in fixed]] = 0
        count[rows] = _share(family.opening - sum(fixed.values()), weights)
        for row, units in fixed.items():
            count[row] = units
    return count


def _count(shipments: Wholes) -> tuple[Wholes, Wholes]:
    """Run stock and production back from the opening; shape (item, site, closed month) each."""
    shipped = shipments.sum(axis=1)
    stock, made = _run_back(shipped)
    sites = _site_shares(shipments)
    by_site = np.zeros((len(CODES), len(SITES), p.CLOSED), dtype=np.int64)
    for row in range(len(CODES)):
        for month in range(p.CLOSED):
            by_site[row, :, month] = _share(int(stock[row, month]), sites[row])
    by_plant = np.zeros_like(by_site)
    for row, family in enumerate(FAMILY_OF):
        shares = [(SITES.index(r.resource[0]), r.share) for r in p.ROUTINGS if r.family == family]
        left = made[row].copy()
        for site, share in shares[1:]:
            part = np.floor(made[row] * share + 0.5).astype(np.int64)
            by_plant[row, site] = part
            left = left - part
        by_plant[row, shares[0][0] if shares else 1] = left
    return by_site, by_plant


def _site_shares(shipments: Wholes) -> Floats:
    """Weights by which an item's stock lies at N, S and the Americas (which holds its five weeks on top)."""
    last = shipments[:, :, -12:].sum(axis=2).astype(np.float64)
    weights = np.zeros((len(CODES), len(SITES)))
    for region in c.REGIONS:
        extra = p.AMERICAS_COVER if region.location == "A" else 1.0
        weights[:, SITES.index(region.location)] += last[:, columns_of(region=region.code)].sum(axis=1) * extra
    return weights + 1e-6


def _run_back(shipped: Wholes) -> tuple[Wholes, Wholes]:
    """Give stock and production by item and month: production is never negative, lines are not overrun."""
    stock = np.zeros_like(shipped)
    made = np.zeros_like(shipped)
    stock[:, -1] = opening_stock()
    targets = _wanted_stock(shipped)
    for month in range(p.CLOSED - 1, -1, -1):
        before = targets[:, month - 1] if month else targets[:, 0]
        before = np.minimum(before, stock[:, month] + shipped[:, month])
        made[:, month] = stock[:, month] + shipped[:, month] - before
        if month - 1 != p.month_of(p.STOCK_OUT[1]):  # the month after the stock-out caught up at any price
            made[:, month] = _cap_lines(made[:, month], month)
        if month:
            stock[:, month - 1] = stock[:, month] + shipped[:, month] - made[:, month]
    cargo = rows_of("Cargo")
    made[cargo], stock[cargo] = shipped[cargo], 0
    return stock, made


def _wanted_stock(shipped: Wholes) -> Wholes:
    """Stock aimed at by item and month: the family's days of next month's shipments, with some slack."""
    targets = np.zeros_like(shipped)
    for family in c.FAMILIES:
        rows = rows_of(family.code)
        slack = stream(f"stock {family.code}").uniform(0.85, 1.2, (len(rows), p.CLOSED))
        coming = np.concatenate((shipped[rows, 1:], shipped[rows, -12:-11]), axis=1)
        targets[rows] = np.rint(coming * family.days / 30 * slack).astype(np.int64)
    name, day, _ = p.STOCK_OUT
    targets[rows_of(name), p.month_of(day)] = 0
    return targets


def _cap_lines(made: Wholes, month: int) -> Wholes:
    """Scale a month's production down to what the lines can make; the rest is made earlier."""
    capped = made.copy()
    for resource in p.RESOURCES:
        rows = [i for i, family in enumerate(FAMILY_OF) if any(r.resource == resource.code for r in _ways(family))]
        hours = sum(
            float(made[i]) * r.hours * r.share for i in rows for r in _ways(FAMILY_OF[i]) if r.resource == resource.code
        )
        most = p.capacity_hours(month) * p.LINE_FULL
        if hours > most:
            capped[rows] = np.minimum(capped[rows], np.floor(made[rows] * (most / hours)).astype(np.int64))
    return capped


def _ways(family: str) -> list[p.Routing]:
    return [routing for routing in p.ROUTINGS if routing.family == family]
