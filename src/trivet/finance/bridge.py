"""The bridge: why the outlook is not the budget, bar by bar, to the cent (F10).

Inside a family (one unit of measure): new, ended, volume at the mean budget price, mix at budget prices,
price at the budget's exchange rates, exchange rates, cost; then supply variances for the company.
Lines are the cells of the budget (region x bucket). Every level between two bars is rounded once to a
quantum of money and bars are differences of levels, so they always add up to the outlook.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from trivet.core.fiscal import (
    FiscalYear,
    budget_covers,
    families_of,
    outlook_cost,
    outlook_revenue,
    outlook_units,
    years_ahead,
)
from trivet.core.ids import Counts, Flags
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, to_decimal
from trivet.core.summary import Bar, Bridge, BridgeBar
from trivet.finance.exchange import RateType
from trivet.finance.restatement import restate


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One cell of a bridge: budget (0) and outlook (1), whole quanta of units and money.

    Attributes:
        units0, revenue0, cost0: budget.
        units1, revenue1, cost1: outlook.
        exchange_revenue, exchange_cost: part of revenue1 and cost1 that comes from exchange rates other
            than the budget's.
        ended: whether what the budget sold is no longer sold at all.
    """

    units0: int
    revenue0: int
    cost0: int
    units1: int
    revenue1: int
    cost1: int
    exchange_revenue: int = 0
    exchange_cost: int = 0
    ended: bool = False


Amounts = tuple[int, int]
"""What a bar adds to revenue and to margin, in quanta of money."""
ORDER: Final = (Bar.NEW, Bar.ENDED, Bar.VOLUME, Bar.MIX, Bar.PRICE, Bar.EXCHANGE, Bar.COST, Bar.UNEXPLAINED)


def draw_bars(lines: Sequence[Line]) -> dict[Bar, Amounts]:
    """Split the difference of outlook and budget of one family into bars.

    Method: price-volume-mix with exchange rates apart (F10). Budget + bars == outlook, exactly. A line
    without budget is new; one whose budget has money but no units is not explained.
    """
    bars = dict.fromkeys(ORDER, (0, 0))
    same: list[Line] = []
    for line in lines:
        if line.units0 and not line.ended:
            same.append(line)
            continue
        bar = Bar.ENDED if line.ended else Bar.UNEXPLAINED if line.revenue0 or line.cost0 else Bar.NEW
        revenue = line.revenue1 - line.revenue0
        bars[bar] = (bars[bar][0] + revenue, bars[bar][1] + revenue - (line.cost1 - line.cost0))
    bars.update(_same_items(same))
    return bars


def _same_items(lines: Sequence[Line]) -> dict[Bar, Amounts]:
    units0, units1 = sum(line.units0 for line in lines), sum(line.units1 for line in lines)
    revenue0, revenue1 = sum(line.revenue0 for line in lines), sum(line.revenue1 for line in lines)
    margin0 = revenue0 - sum(line.cost0 for line in lines)
    margin1 = revenue1 - sum(line.cost1 for line in lines)
    if not units0:
        return {Bar.UNEXPLAINED: (revenue1 - revenue0, margin1 - margin0)} if lines else {}
    moved, moved_margin = (round(Fraction(units1 * money, units0)) for money in (revenue0, margin0))
    mixed = round(sum((Fraction(x.units1 * x.revenue0, x.units0) for x in lines), Fraction(0)))
    mixed_margin = round(sum((Fraction(x.units1 * (x.revenue0 - x.cost0), x.units0) for x in lines), Fraction(0)))
    exchange = sum(line.exchange_revenue for line in lines)
    hedge = sum(line.exchange_cost for line in lines)
    price = revenue1 - exchange - mixed
    return {
        Bar.VOLUME: (moved - revenue0, moved_margin - margin0),
        Bar.MIX: (mixed - moved, mixed_margin - moved_margin),
        Bar.PRICE: (price, price),
        Bar.EXCHANGE: (exchange, exchange - hedge),
        Bar.COST: (0, margin1 - mixed_margin - price - exchange + hedge),
    }


def draw_bridges(inputs: PlanInputs, demand: Panel, budget: Panel, company: Panel) -> tuple[Bridge, ...]:
    """Draw the bridges of this fiscal year and the next: the company first, then its families.

    Only years that have a budget get one. Money in plan currency; the company's margin is after supply
    variances.
    """
    cells = _outlook_cells(inputs, demand)
    found: list[Bridge] = []
    for year in years_ahead(demand.buckets):
        if not budget_covers(budget, "budget_revenue", year.columns):
            continue
        families = sorted({*cells.families, *budget.keys["family"].to_list()})
        lines = {family: _lines(cells, budget, family, year) for family in families}
        bars = {family: draw_bars(lines[family]) for family in families}
        variance = int(company.count("supply_variance")[0, year.columns].sum())
        found.append(_company_bridge(year, lines, bars, variance))
        found += [_family_bridge(family, year, lines[family], bars[family]) for family in families]
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cells:
    """Outlook of every series: labels, and counts (series, bucket)."""

    families: list[str]
    regions: list[str]
    values: Mapping[str, Counts]


def _outlook_cells(inputs: PlanInputs, demand: Panel) -> _Cells:
    region = inputs.model.dimensions["market"].parents("region")
    exchange_revenue, exchange_cost = _exchange_effects(inputs, demand)
    return _Cells(
        families=families_of(inputs.model, demand),
        regions=[region.get(market, "") for market in demand.keys["market"].to_list()],
        values={
            "units1": outlook_units(demand),
            "revenue1": outlook_revenue(demand),
            "cost1": outlook_cost(demand),
            "exchange_revenue": exchange_revenue,
            "exchange_cost": exchange_cost,
        },
    )


def _exchange_effects(inputs: PlanInputs, demand: Panel) -> tuple[Counts, Counts]:
    """Give what revenue and cost hold because rates differ from the budget's, by series and bucket.

    The outlook less the outlook restated at budget rates, as every view of it shows; cost of closed buckets is
    not split, and what has no budget rate has no effect.
    """
    at_budget = restate(inputs, demand, kind=RateType.BUDGET).panel
    revenue = outlook_revenue(demand) - outlook_revenue(at_budget)
    return revenue, demand.count("constrained_cost") - at_budget.count("constrained_cost")


def _lines(cells: _Cells, budget: Panel, family: str, year: FiscalYear) -> list[Line]:
    """Set budget and outlook of one family side by side, region by region and bucket by bucket."""
    mine = np.array([name == family for name in cells.families], dtype=np.bool_)
    regions = np.array(cells.regions, dtype=object)
    rows = {region: i for i, (name, region) in enumerate(budget.keys.iter_rows()) if name == family}
    rest = mine & ~np.isin(regions, [region for region in rows if region])
    lines: list[Line] = []
    if "" not in rows and rest.any():
        lines += _cell_lines(cells, rest, None, (budget, year))
    for region, row in sorted(rows.items()):
        lines += _cell_lines(cells, mine & (regions == region) if region else rest, row, (budget, year))
    return lines


def _cell_lines(cells: _Cells, hit: Flags, row: int | None, at: tuple[Panel, FiscalYear]) -> list[Line]:
    budget, year = at
    span = range(year.columns.start, year.columns.stop)
    now = {name: values[hit].sum(axis=0) for name, values in cells.values.items()}
    gone = row is not None and not any(int(now["units1"][t]) or int(now["revenue1"][t]) for t in span)
    lines = []
    for t in span:
        units0, revenue0, margin0 = (
            (0, 0, 0)
            if row is None
            else tuple(int(budget.count(name)[row, t]) for name in ("budget_units", "budget_revenue", "budget_margin"))
        )
        whole = row is not None and all(budget.mask(name)[row, t] for name in ("budget_units", "budget_margin"))
        lines.append(
            Line(
                units0=units0 if whole else 0,
                revenue0=revenue0,
                cost0=revenue0 - margin0,
                ended=gone and bool(units0),
                **{name: int(values[t]) for name, values in now.items()},
            )
        )
    return lines


def _family_bridge(family: str, year: FiscalYear, lines: Sequence[Line], bars: Mapping[Bar, Amounts]) -> Bridge:
    start = sum(x.revenue0 for x in lines), sum(x.revenue0 - x.cost0 for x in lines)
    return _bridge(family, year, start, [(bar, bars[bar]) for bar in ORDER])


def _company_bridge(
    year: FiscalYear, lines: Mapping[str, Sequence[Line]], bars: Mapping[str, Mapping[Bar, Amounts]], variance: int
) -> Bridge:
    every = [line for family in lines.values() for line in family]
    start = sum(x.revenue0 for x in every), sum(x.revenue0 - x.cost0 for x in every)
    total = [
        (bar, (sum(family[bar][0] for family in bars.values()), sum(family[bar][1] for family in bars.values())))
        for bar in ORDER
    ]
    return _bridge(None, year, start, [*total, (Bar.VARIANCE, (0, -variance))])


def _bridge(family: str | None, year: FiscalYear, start: Amounts, bars: Sequence[tuple[Bar, Amounts]]) -> Bridge:
    end = start[0] + sum(a[0] for _, a in bars), start[1] + sum(a[1] for _, a in bars)
    shown = [(Bar.BUDGET, start), *((bar, a) for bar, a in bars if a != (0, 0)), (Bar.OUTLOOK, end)]
    return Bridge(
        family=family,
        year=year.year,
        bars=tuple(
            BridgeBar(bar=bar, revenue=to_decimal(a[0], MONEY), margin=to_decimal(a[1], MONEY)) for bar, a in shown
        ),
    )
