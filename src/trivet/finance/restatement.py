"""The same plan in another currency, or at other exchange rates; and what the difference of rates comes to (D7).

A plan is held in plan currency at the plan rate. Restating changes only what money is worth, never a quantity: the
price list and standard costs are valued at the other rates, what was shipped is taken to its market's currency and
back, and every formula is computed again. Exchange effect = the plan - the plan restated.

Each cell (item x market x bucket) is rounded once: prices and costs to 1e-9, money to 0.0001 of the currency shown.
Totals are sums of those cells, so parts add up to their total in every currency, and price x quantity = revenue in
it. A total in another currency may so differ from the plan's total divided by the rate by half a quantum a cell.
What has no rate is named by an issue and has no amount; a missing rate is never taken to be 1.

Reads the rates `price`, `list_price` (both as invoiced too) and `unit_cost` and every money measure of a panel;
writes the same measures.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from trivet.core.errors import InvalidInput, NotFound
from trivet.core.expressions import names_in, parse_formula
from trivet.core.formula import needed_for, recompute
from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.issues import Issue
from trivet.core.measures import Kind, MeasureSpec, Registry, Unit
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, round_rate, round_to_counts, times_rate, to_amounts
from trivet.finance.cost import standard_cost
from trivet.finance.exchange import RateType, market_currencies, missing_rate_issue, rate_table
from trivet.finance.valuation import price_at_rates, price_currencies

LOCAL: Final = "local"
"""Stands for the currency each cell is invoiced in."""
BY_PRICE: Final = ("price", "invoiced_price", "list_price", "invoiced_list_price")
REVALUED: Final = (*BY_PRICE, "unit_cost", "shipped_revenue", "shipped_gross")
"""Measures of the demand plan whose own currency is known; what a formula makes of them follows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Restated:
    """A panel whose money stands in other currencies or at other rates.

    Attributes:
        panel: the same keys and quantities; money in the currency of each cell.
        codes: ISO codes of the currencies.
        which: (series, buckets) number of each cell's currency in `codes`.
        unknown: measure -> (series, buckets) cells with an amount that no rate can restate; they hold what they held.
        issues: one a currency without a rate.
    """

    panel: Panel
    codes: tuple[str, ...]
    which: Counts
    unknown: Mapping[MeasureId, Flags]
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Lack:
    """Where a rate is missing, of price, cost and any money."""

    price: Flags
    cost: Flags
    shipped: Flags
    money: Flags


def restate(
    inputs: PlanInputs,
    panel: Panel,
    *,
    currency: str | None = None,
    kind: RateType = RateType.PLAN,
    rates_of: PlanInputs | None = None,
) -> Restated:
    """Give a panel in another currency, at rates of another type or of another version.

    Args:
        inputs: what the plan was made from.
        panel: numbers of one grain.
        currency: ISO code, `local` (each cell in the currency it is invoiced in), or None = plan currency.
        kind: rates to value at; PLAN = those the plan was valued at (the budget: at budget rates).
        rates_of: the version whose table of rates is used; None = the plan's own.

    Raises:
        InvalidInput: the grain has no markets, so it knows no local currency and no other rates.
        NotFound: there is no rate at all of the currency.

    Source: D7; ARCHITECTURE "The idea" 5.
    """
    valued = _with_rates_of(inputs, rates_of)
    own = RateType.BUDGET if panel.grain == "budget" else RateType.PLAN
    asked = own if kind is RateType.PLAN else kind
    revalues = asked is not own or valued is not inputs
    if (revalues or currency == LOCAL) and panel.grain != "demand":
        raise InvalidInput(
            f"numbers of {panel.grain} have no markets, so their own currencies are not known: they can't be shown at "
            f"{asked} rates or in local currency. Show them in one currency at plan rates: --currency CODE."
        )
    lack, issues = _nothing(panel), tuple[Issue, ...]()
    if revalues:
        panel, lack, issues = _revalued(inputs, valued, panel, asked)
    codes, which = _targets(valued, panel, currency)
    panel, more, told = _translated(valued, panel, asked, codes, which)
    lack = replace(lack, money=more)
    restated = recompute(panel, inputs.model.registry) if panel.grain == "demand" else panel
    return Restated(
        panel=restated,
        codes=codes,
        which=which,
        unknown=_unknown(inputs.model.registry, restated, lack),
        issues=tuple(dict.fromkeys((*issues, *told))),
    )


def can_revalue(spec: MeasureSpec, registry: Registry) -> bool:
    """Tell whether a measure's amounts follow the exchange rate of their own currency."""
    return spec.id in REVALUED or bool(_reached(spec, registry) & set(REVALUED))


def _with_rates_of(inputs: PlanInputs, other: PlanInputs | None) -> PlanInputs:
    if other is None or other.table("exchange_rates").equals(inputs.table("exchange_rates")):
        return inputs
    return replace(inputs, tables={**inputs.tables, "exchange_rates": other.table("exchange_rates")})


def _nothing(panel: Panel) -> _Lack:
    none = np.zeros(panel.shape, dtype=np.bool_)
    return _Lack(price=none, cost=none, shipped=none, money=none)


def _revalued(
    inputs: PlanInputs, valued: PlanInputs, demand: Panel, kind: RateType
) -> tuple[Panel, _Lack, tuple[Issue, ...]]:
    """Value price list, standard cost and shipments at other rates; what has no rate keeps its value."""
    buckets = demand.buckets
    is_open = np.arange(len(buckets)) >= buckets.first_open
    now, then = price_at_rates(inputs, demand, RateType.PLAN), price_at_rates(valued, demand, kind)
    listed = demand.mask("price") & now.known & is_open
    price = np.where(listed & then.known, demand.rate("price") + then.rates - now.rates, demand.rate("price"))
    lost = listed & ~then.known
    items = demand.keys["item"].to_list()
    names = sorted(set(items))
    at = {name: i for i, name in enumerate(names)}
    rows = np.array([at[item] for item in items], dtype=np.int64)
    one, other = standard_cost(inputs, names), standard_cost(valued, names, _open_kind(kind))
    costed = demand.mask("unit_cost") & one.known[rows] & is_open
    moved = demand.rate("unit_cost") + (other.cost - one.cost)[rows]
    cost = np.where(costed & other.known[rows], moved, demand.rate("unit_cost"))
    shipped, unshipped, told = _shipped(inputs, valued, demand, kind)
    panel = demand.with_counts(shipped).with_rates(
        {"price": round_rate(price), "unit_cost": round_rate(cost), **_beside(demand, round_rate(price))}
    )
    lack = _Lack(price=lost, cost=costed & ~other.known[rows], shipped=unshipped, money=np.zeros_like(lost))
    return panel, lack, (*_price_issues(inputs, demand, kind, lost), *other.issues, *told)


def _beside(demand: Panel, price: Rates) -> dict[str, Rates]:
    """Value list prices, and what shipments are invoiced at, by the same rates as the price of their bucket."""
    before = demand.rate("price")
    factor = np.where(before > 0, price / np.where(before > 0, before, 1.0), 1.0)
    own = {name: demand.rate(name) for name in BY_PRICE[1:] if demand.has(name)}
    return {name: round_rate(np.where(rate == before, price, rate * factor)) for name, rate in own.items()}


def _open_kind(kind: RateType) -> RateType:
    return RateType.FORECAST if kind is RateType.PLAN else kind


def _price_issues(inputs: PlanInputs, demand: Panel, kind: RateType, lost: Flags) -> tuple[Issue, ...]:
    codes, which = price_currencies(inputs, demand)
    return tuple(
        missing_rate_issue(kind, code, demand.buckets, absent, "Amounts")
        for at, code in enumerate(codes)
        if (absent := (lost & (which == at)).any(axis=0)).any()
    )


def _shipped(
    inputs: PlanInputs, valued: PlanInputs, demand: Panel, kind: RateType
) -> tuple[dict[str, Counts], Flags, tuple[Issue, ...]]:
    """Take what was shipped back to its market's currency, and to plan currency at the other rates."""
    codes = market_currencies(inputs, demand)
    booked, wanted = rate_table(inputs, RateType.PLAN, codes), rate_table(valued, kind, codes)
    rows, other = booked.rows(codes), wanted.rows(codes)
    closed = np.arange(len(demand.buckets)) < demand.buckets.first_open
    both = booked.known[rows] & wanted.known[other] & closed
    factor = np.where(both, wanted.rates[other] / np.where(both, booked.rates[rows], 1.0), 1.0)
    money = demand.count("shipped_revenue")
    lost = closed & ~both & (money != 0)
    issues = tuple(
        missing_rate_issue(kind, code, demand.buckets, absent, "Shipments")
        for code in sorted(set(codes))
        if (absent := lost[np.array([name == code for name in codes], dtype=np.bool_)].any(axis=0)).any()
    )
    names = [name for name in ("shipped_revenue", "shipped_gross") if demand.has(name)]
    worth = {name: times_rate(demand.count(name), factor, MONEY, MONEY) for name in names}
    return {name: np.where(factor == 1.0, demand.count(name), moved) for name, moved in worth.items()}, lost, issues


def _targets(inputs: PlanInputs, panel: Panel, currency: str | None) -> tuple[tuple[str, ...], Counts]:
    """Give the currency each cell is shown in."""
    if currency != LOCAL:
        code = (currency or inputs.model.company.currency).upper()
        return (code,), np.zeros(panel.shape, dtype=np.int64)
    markets = market_currencies(inputs, panel)
    listed, which = price_currencies(inputs, panel)
    codes = tuple(sorted({*markets, *listed}))
    at = {code: i for i, code in enumerate(codes)}
    own = np.array([at[code] for code in markets], dtype=np.int64)[:, None]
    named = np.append(np.array([at[code] for code in listed], dtype=np.int64), 0)[which]
    is_open = np.arange(len(panel.buckets)) >= panel.buckets.first_open
    return codes, np.where((which >= 0) & is_open, named, own).astype(np.int64)


def _translated(
    inputs: PlanInputs, panel: Panel, kind: RateType, codes: tuple[str, ...], which: Counts
) -> tuple[Panel, Flags, tuple[Issue, ...]]:
    """Divide every amount that no formula gives by the rate of its cell's currency."""
    unknown = np.zeros(panel.shape, dtype=np.bool_)
    if codes == (inputs.model.company.currency,):
        return panel, unknown, ()
    table = rate_table(inputs, kind, codes)
    rows = np.array(table.rows(codes), dtype=np.int64)[which]
    columns = np.arange(len(panel.buckets))[None, :]
    rate, known = table.rates[rows, columns], table.known[rows, columns]
    if not known.any():
        raise NotFound(
            f"exchange_rates has no {kind} rate of {', '.join(codes)}; it has "
            f"{', '.join(sorted(set(inputs.table('exchange_rates')['currency'].to_list()))) or 'none'}."
        )
    divisor: Rates = np.where(known, rate, 1.0)
    registry = inputs.model.registry
    counts: dict[str, Counts] = {}
    rates: dict[str, Rates] = {}
    for spec in registry.of_grain(panel.grain):
        if spec.id in panel.counts and spec.unit is Unit.MONEY and spec.kind is not Kind.SUMMED:
            own = panel.count(spec.id)
            shown = round_to_counts(to_amounts(own, MONEY) / divisor, MONEY)
            counts[spec.id] = np.where(divisor == 1.0, own, shown)
        elif spec.id in panel.rates and spec.id in REVALUED:
            rates[spec.id] = round_rate(panel.rate(spec.id) / divisor)
    issues = tuple(
        missing_rate_issue(kind, code, panel.buckets, absent, "Amounts")
        for at, code in enumerate(codes)
        if (absent := (~known & (which == at)).any(axis=0) & _spoken(panel, registry)).any()
    )
    return panel.with_counts(counts).with_rates(rates), ~known, issues


def _spoken(panel: Panel, registry: Registry) -> Flags:
    """Tell in which buckets the panel holds any money."""
    spoken = np.zeros(len(panel.buckets), dtype=np.bool_)
    for spec in registry.of_grain(panel.grain):
        if spec.unit is Unit.MONEY and spec.id in panel.counts:
            spoken |= (panel.count(spec.id) != 0).any(axis=0)
    return spoken


def _unknown(registry: Registry, panel: Panel, lack: _Lack) -> Mapping[MeasureId, Flags]:
    """Give for each money measure the cells that could not be restated."""
    own = {**dict.fromkeys(BY_PRICE, lack.price), "unit_cost": lack.cost}
    own |= dict.fromkeys(("shipped_revenue", "shipped_gross"), lack.shipped)
    found: dict[MeasureId, Flags] = {}
    for spec in registry.of_grain(panel.grain):
        if spec.unit not in (Unit.MONEY, Unit.RATE) or not panel.has(spec.id):
            continue
        cells = lack.money.copy()
        for name in {spec.id, *_reached(spec, registry)} & set(own):
            cells |= own[name]
        amount = panel.counts[spec.id] if spec.id in panel.counts else panel.rates[spec.id]
        found[spec.id] = cells & (amount != 0)
    return found


def _reached(spec: MeasureSpec, registry: Registry) -> set[str]:
    """Name everything the formula of a summed measure reads, through other formulas too."""
    if spec.kind is not Kind.SUMMED:
        return set()
    chain = needed_for(registry, spec.id)
    return {name for part in chain for name in names_in(parse_formula(part.formula or ""))}
