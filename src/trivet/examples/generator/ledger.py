"""The approved plans and the books: budgets of 2026 and 2027, ledger, expense, opening balance.

The budget of 2027 is exact to the euro (124.24 m revenue, 44.76 m margin); months and regions follow the
expectations finance had: the launch in February, no fire, no soft market. The ledger is the value of the
shipments, up to roundings a real book has (at most 0.05 % of a month).
"""

import numpy as np

from trivet.examples.generator import catalogue as c
from trivet.examples.generator import parameters as p
from trivet.examples.generator.demand import (
    CODES,
    Demand,
    Floats,
    Wholes,
    columns_of,
    event_factors,
    family_level,
    market_shares,
    rows_of,
    stream,
)
from trivet.examples.generator.money import Valued, list_cost, list_price
from trivet.examples.generator.supply import Supply, share_out
from trivet.examples.generator.tables import Table, label, table

YEAR_2026 = slice(38, 50)
CENTS = 100


def finance_tables(demand: Demand, supply: Supply, valued: Valued) -> list[Table]:
    """Give budget, expense, ledger with its map, balance."""
    return [
        table("budget", "family region bucket quantity revenue margin", budget_rows(demand)),
        _expense(),
        *_ledger(supply, valued),
        _balance(valued),
    ]


def budget_rows(demand: Demand) -> list[tuple[str, str, str, int, float, float]]:
    """Give the budgets of 2026 and 2027 by family, region and month."""
    rows: list[tuple[str, str, str, int, float, float]] = []
    for year, totals in ((YEAR_2026, budget_2026(demand)), (p.YEAR_2027, budget_2027())):
        for family, (units, revenue, margin) in totals.items():
            weights = _budget_weights(family, year)
            quantities = share_out(units, weights)
            money = share_out(revenue * CENTS, quantities * _budget_price(family, year))
            margins = share_out(margin * CENTS, money.astype(np.float64))
            for j, region in enumerate(c.REGIONS):
                names = [(family, region.code, label(year.start + t)) for t in range(12)]
                cells = zip(names, quantities[j], money[j] / CENTS, margins[j] / CENTS, strict=True)
                rows += [(*name, int(units), float(sold), float(kept)) for name, units, sold, kept in cells]
    return rows


def budget_2027() -> dict[str, tuple[int, int, int]]:
    """Give units, revenue and margin (EUR) by family: the approved totals, exact to the euro."""
    totals: dict[str, tuple[int, int, int]] = {}
    for code, (units, revenue) in p.BUDGET_2027.items():
        launched = units if code != "E-bikes" else units - sum(p.LAUNCH_FIRST_YEAR)
        cost = launched * c.FAMILY[code].cost + (units - launched) * p.LAUNCH_COST
        totals[code] = (units, revenue, round(revenue - cost))
    gap = p.BUDGET_REVENUE - sum(total[1] for total in totals.values())
    rest = p.BUDGET_MARGIN - sum(total[2] for total in totals.values())
    units, revenue, margin = totals["E-bikes"]
    totals["E-bikes"] = (units, revenue + gap, margin + rest)
    return totals


def budget_2026(demand: Demand) -> dict[str, tuple[int, int, int]]:
    """Give the approved plan of the running year: what was expected, and some optimism."""
    totals: dict[str, tuple[int, int, int]] = {}
    for family in c.FAMILIES:
        rows = [row for row in rows_of(family.code) if CODES[row] not in p.LAUNCHED]
        units = demand.expected[rows][:, :, YEAR_2026].sum(axis=(1, 2)) * (1 + p.BUDGET_2026_OPTIMISM)
        revenue = float(sum(u * list_price(CODES[row]) for u, row in zip(units, rows, strict=True)))
        cost = float(sum(u * list_cost(CODES[row]) for u, row in zip(units, rows, strict=True)))
        totals[family.code] = (round(float(units.sum())), round(revenue), round(revenue - cost))
    return totals


def _budget_weights(family: str, year: slice) -> Floats:
    """Shape (region, month): season, regional shares, promotions, and the launch where budgeted."""
    level = family_level(c.FAMILY[family])[year]
    shares = market_shares(c.FAMILY[family])[:, year]
    regions = np.array([shares[columns_of(region=region.code)].sum(axis=0) for region in c.REGIONS])
    factor = event_factors()[rows_of(family)[0], 0, year]
    if family == "E-bikes" and year == p.YEAR_2027:
        begin = p.month_of(p.LAUNCH_BUDGET) - year.start
        ramp = [p.LAUNCH_RAMP[min(max(t - begin, 0), 3)] if t >= begin else 0.0 for t in range(12)]
        factor = factor * (1 + 0.12 * np.array(ramp))
    return np.asarray(regions * level * factor, dtype=np.float64)


def _budget_price(family: str, year: slice) -> Floats:
    """Relative price by month: the rise of February where it was budgeted."""
    prices = np.ones(12)
    if year == p.YEAR_2027 and family in p.PRICE_RISE[0]:
        prices[1:] = 1 + p.PRICE_RISE[2] / 100
    return prices


def _expense() -> Table:
    rows: list[tuple[str, str, str, float]] = []
    random = stream("expense")
    accounts = {**p.OPERATING_EXPENSE, "capex": p.CAPEX}
    for account, yearly in accounts.items():
        for t in range(14, p.HORIZON_END):
            year = p.day_of(t).year
            level = p.EXPENSE_GROWTH ** (year - 2027)
            amount = share_out(round(yearly * level * CENTS), np.ones(12))[p.day_of(t).month - 1] / CENTS
            if t < p.CLOSED:
                actual = round(amount * float(random.normal(1.0, 0.02)), 2)
                rows.append((account, "actual", label(t), actual))
            else:
                rows.append((account, "plan", label(t), amount))
            if 2026 <= year <= 2027:
                rows.append((account, "budget", label(t), amount))
    return table("operating_expense", "account version bucket amount", sorted(rows, key=lambda r: (r[1], r[0], r[2])))


def _ledger(supply: Supply, valued: Valued) -> list[Table]:
    random = stream("ledger")
    americas = columns_of(region="Americas")
    europe = [j for j in range(valued.value.shape[1]) if j not in americas]
    count = np.array([list_cost(code) for code in CODES])
    lines = {
        "4000": valued.revenue_eur[:, europe].sum(axis=(0, 1)),
        "4010": valued.revenue_eur[:, americas].sum(axis=(0, 1)),
        "5000": valued.cost_eur.sum(axis=(0, 1)),
    }
    rows: list[tuple[str, str, float]] = []
    for account, amounts in lines.items():
        wobble = 1 + random.uniform(-p.LEDGER_WOBBLE, p.LEDGER_WOBBLE, p.CLOSED)
        rows += [(account, label(t), round(float(amounts[t] * wobble[t]), 2)) for t in range(p.CLOSED)]
    on_hand = (supply.stock.sum(axis=1) * count[:, None]).sum(axis=0) + material_value()
    rows += [("1400", label(t), round(float(on_hand[t]), 2)) for t in range(p.CLOSED - p.STOCK_MONTHS, p.CLOSED)]
    lines_of = [("1400", "stock"), ("4000", "revenue"), ("4010", "revenue"), ("5000", "cogs")]
    return [
        table("ledger", "account bucket amount", sorted(rows)),
        table("ledger_map", "account line", lines_of),
    ]


def material_value() -> float:
    """Give the value of the key materials counted at the opening, EUR."""
    return float(sum(m.opening * m.price * (p.RATE_BUDGET if m.currency == "USD" else 1.0) for m in c.MATERIALS))


def _balance(valued: Valued) -> Table:
    """Receivables and payables by the days of the terms; debt is what is left of the net debt."""
    last: Wholes = np.array([p.CLOSED - 2, p.CLOSED - 1])
    days = {channel: term for (_, side, term), channel in zip(p.TERMS, c.CHANNELS, strict=False) if side == "customer"}
    owed = 0.0
    for channel, term in days.items():
        months = valued.revenue_eur[:, columns_of(channel=channel)].sum(axis=(0, 1))
        owed += float(months[last[1]] * min(term, 31) / 31 + months[last[0]] * max(term - 31, 0) / 30)
    bought = valued.cost_eur.sum(axis=(0, 1)) * (1 - p.LABOUR_PART)
    payable = float(bought[last[0]] + bought[last[1]])
    debt = p.NET_DEBT + p.CASH
    rows = [
        ("cash", p.CASH),
        ("debt", debt),
        ("receivables", round(owed)),
        ("payables", round(payable)),
        ("credit_line", p.CREDIT_LINE),
    ]
    return table("balance", "line amount", rows)
