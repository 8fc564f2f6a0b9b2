"""Least and most: load of lines, production of items and families, stock; and hours beyond capacity (Y4, Y8).

hours of a line + below its least load >= least load
made by a group + below its least >= least, made by a group - above its most <= most
stock - above its most <= most
hours of production <= regular hours + overtime + overload

Limits are broken only for customers: a unit off costs more than keeping it to the end and less than losing it. Where
they are strict they go before every customer, and are broken only where they can't all be kept: never infeasible.
An hour of overload costs more than overtime and more than making the unit as early as can be, and where nothing else
helps less than losing it: it says what it would take.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.supply.asked import Asked
from trivet.supply.blocks import Programme
from trivet.supply.capacity import REGULAR_FIRST, Crew, add_production_hours
from trivet.supply.make_to_stock import Flows
from trivet.supply.network import Network
from trivet.supply.rules import Even, Rules
from trivet.supply.strategies import KEPT, LESS_THAN_LOST, leaving_cost

STRICT: Final = 2.0
"""Cost of breaking a strict limit, as multiple of the dearest lost unit; below what can't be at all."""
OVERLOAD: Final = 2.0
"""Cost of an hour of overload, as multiple of an hour of the crew in overtime."""
LEAST_LOAD: Final = "least load"
LINE_RATE: Final = "even load"
BROKEN: Final = (
    *("below least load", "below least production", "above most production", "above most stock"),
    "change beyond its limit",
)
"""Blocks of columns that break a limit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Priced:
    """What breaking a rule costs: `unit` by make, `hour` by resource; plan currency."""

    unit: Rates
    hour: Rates


def read_broken_prices(network: Network, asked: Asked, resources: int, *, strict: bool) -> Priced:
    """Give what a unit of each make and an hour of each resource off its limits costs."""
    uses = network.uses
    if strict:
        unit = np.full(len(network.makes.site), STRICT * asked.dearest)
        per_hour = unit[uses.make] / np.maximum(uses.hours, 1e-6)
        hour = np.zeros(resources)
        np.maximum.at(hour, uses.resource, per_hour)
        return Priced(unit=unit, hour=hour)
    unit = np.array([leaving_cost(network, asked, np.array([make])) for make in range(len(network.makes.site))])
    used = np.flatnonzero(uses.hours > 0)
    hour = np.full(resources, np.inf)
    np.minimum.at(hour, uses.resource[used], unit[uses.make[used]] / uses.hours[used])
    return Priced(unit=unit, hour=np.where(np.isfinite(hour), hour, 0.0))


def add_limits(programme: Programme, network: Network, asked: Asked, rules: Rules, flows: Flows, stock: Counts) -> None:
    """Add least load, least and most production, and most stock; nothing where no rule asks for it."""
    if not (rules.least_hours.any() or rules.groups.names or np.isfinite(rules.most_stock).any()):
        return
    price = read_broken_prices(network, asked, len(rules.least_hours), strict=rules.strict)
    _add_least_load(programme, network, rules, flows, price)
    _add_groups(programme, network, rules, flows, price)
    _add_most_stock(programme, network, asked, rules, stock)


def _add_least_load(programme: Programme, network: Network, rules: Rules, flows: Flows, price: Priced) -> None:
    lines = np.flatnonzero(rules.least_hours.any(axis=1))
    if not len(lines):
        return
    names = [rules.resources[row] for row in lines.tolist()]
    short = programme.columns("below least load", names, cost=price.hour[lines][:, None])
    rows = programme.rows(LEAST_LOAD, names, lower=rules.least_hours[lines])
    programme.add(rows, short)
    every = np.full((len(rules.least_hours), network.open), -1, dtype=np.int64)
    every[lines] = rows
    add_production_hours(programme, network, every, flows)


def _add_groups(programme: Programme, network: Network, rules: Rules, flows: Flows, price: Priced) -> None:
    groups = rules.groups
    for name, limit, sign in (
        ("below least production", np.where(groups.least > 0, groups.least, -np.inf), 1.0),
        ("above most production", groups.most, -1.0),
    ):
        at = np.flatnonzero(np.isfinite(limit).any(axis=1))
        if not len(at):
            continue
        labels = [groups.names[i] for i in at]
        cost = np.array([[price.unit[groups.makes[i]].min()] for i in at])
        broken = programme.columns(name, labels, cost=cost)
        least, most = (limit[at], np.inf) if sign > 0 else (-np.inf, limit[at])
        rows = programme.rows(f"not {name}", labels, lower=least, upper=most)
        programme.add(rows, broken, sign)
        for row, i in zip(rows, at.tolist(), strict=True):
            makes = groups.makes[i]
            programme.add(np.broadcast_to(row, (len(makes), network.open)), flows.made[makes])


def _add_most_stock(programme: Programme, network: Network, asked: Asked, rules: Rules, stock: Counts) -> None:
    sites = np.flatnonzero(np.isfinite(rules.most_stock).any(axis=1))
    if not len(sites):
        return
    labels = [f"{network.items[s]} at {network.locations[s]}" for s in sites]
    # Kept above its most for the whole horizon, a unit costs less than the customer it is made for.
    cost = LESS_THAN_LOST * asked.worth.lost[sites] / network.open
    price = np.full(cost.shape, STRICT * asked.dearest) if rules.strict else cost
    above = programme.columns("above most stock", labels, cost=price)
    rows = programme.rows("not above most stock", labels, upper=rules.most_stock[sites])
    programme.add(rows, stock[sites])
    programme.add(rows, above, -1.0)


def add_smoothing(programme: Programme, network: Network, asked: Asked, rules: Rules, flows: Flows) -> None:
    """Add what changes of production from one working bucket to the next cost, and how much they may be."""
    lines, groups = rules.lines.rows, rules.groups
    at = groups.even.rows
    if not (len(lines) or len(at)):
        return
    price = read_broken_prices(network, asked, len(rules.least_hours), strict=rules.strict)
    if len(lines):
        rows = _add_rates(
            programme, LINE_RATE, [rules.resources[row] for row in lines.tolist()], (rules.lines, lines), price.hour
        )
        every = np.full((len(rules.least_hours), network.open), -1, dtype=np.int64)
        every[lines] = rows
        add_production_hours(programme, network, every, flows)
    if len(at):
        cost = np.array([price.unit[makes].min() for makes in groups.makes])
        rows = _add_rates(programme, "even production", [groups.names[i] for i in at], (groups.even, at), cost)
        for row, i in zip(rows, at.tolist(), strict=True):
            makes = groups.makes[i]
            programme.add(np.broadcast_to(row, (len(makes), network.open)), flows.made[makes])


def _add_rates(programme: Programme, name: str, labels: list[str], even: tuple[Even, Counts], price: Rates) -> Counts:
    """Add what is made on a working day and its changes; gives rows that production is to be added to."""
    rule, at = even
    days, cost = rule.days[at], rule.cost[at]
    rate = programme.columns("made a working day", labels)
    made = programme.rows(name, labels, lower=np.where(days > 0, 0.0, -np.inf), upper=np.where(days > 0, 0.0, np.inf))
    programme.add(made, rate, -days)
    for sign, way in ((1.0, "up"), (-1.0, "down")):
        named = [f"{label}, {way}" for label in labels]
        if cost.any():
            change = programme.columns("change at a price", named, cost=cost[:, None])
            _add_steps(programme, f"change {way}", named, (rate, change), (sign, days, np.ones(len(at))))
        if not np.isnan(rule.most[at]).all():
            off = price[at][:, None] * days
            beyond = programme.columns("change beyond its limit", named, cost=off)
            part = np.where(np.isnan(rule.most[at]), np.inf, 1.0 + sign * rule.most[at])
            _add_steps(programme, f"limit {way}", named, (rate, beyond), (sign, days, part))
    return made


def _add_steps(
    programme: Programme, name: str, labels: list[str], columns: tuple[Counts, Counts], step: tuple[float, Rates, Rates]
) -> None:
    """Add `sign x (rate(t) - part x rate(before)) <= slack(t)`, from each working bucket to the one before it."""
    rate, slack = columns
    sign, days, part = step
    rows = programme.rows(name, labels, upper=0.0)
    programme.add(rows, slack, -1.0)
    for i, working in enumerate(days > 0):
        at = np.flatnonzero(working)
        if len(at) < 2 or not np.isfinite(part[i]):
            continue
        programme.add(rows[i, at[1:]], rate[i, at[1:]], sign)
        programme.add(rows[i, at[1:]], rate[i, at[:-1]], -sign * part[i])


def overload_price(network: Network, asked: Asked, crew: Crew) -> Rates:
    """Give what an hour of overload costs each resource: (resources, open) plan currency."""
    wage = crew.wage
    early, lost = np.zeros(len(wage)), np.full(len(wage), np.inf)
    uses, worth = network.uses, asked.worth
    for make, resource, hours in zip(uses.make.tolist(), uses.resource.tolist(), uses.hours.tolist(), strict=True):
        site = int(network.makes.site[make])
        if hours > 0 and worth.lost[site].any():
            early[resource] = max(early[resource], float(worth.hold[site].max()) * network.open * KEPT / hours)
            lost[resource] = min(lost[resource], LESS_THAN_LOST * float(worth.lost[site].min()) / hours)
    dearest = np.maximum(OVERLOAD * (crew.premium + wage[:, None]), np.minimum(early, lost)[:, None])
    price: Rates = dearest + OVERLOAD * REGULAR_FIRST
    return price


def add_overload(programme: Programme, names: list[str], price: Rates, hours: Counts, given: Counts) -> None:
    """Add hours beyond capacity to the rows of resources and, where these are limited by people, of their people.

    Args:
        programme: to add to.
        names: of the resources.
        price: (resources, open) of an hour.
        hours: (resources, open) rows of the resources.
        given: (resources, open) rows of their people, below 0 without.
    """
    over = programme.columns("overload", names, cost=price)
    programme.add(hours, over, -1.0)
    limited = np.flatnonzero((given >= 0).all(axis=1))
    programme.add(given[limited], over[limited], -1.0)
