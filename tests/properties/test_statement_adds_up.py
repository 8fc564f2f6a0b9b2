"""Whatever a company sells, spends and owes: gross sales less every cost is EBITDA, and parts add up, to the count."""

from typing import Any

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.finance.tiny import FIRST_OPEN, make_inputs
from trivet.core.formula import recompute
from trivet.core.ids import GrainName
from trivet.core.panel import Panel, make_keys
from trivet.core.profit import Line, company_statement, trading

ITEMS = [f"I{n}" for n in range(4)]
INPUTS = make_inputs(items=[{"item": item, "family": "EO"[n % 2]} for n, item in enumerate(ITEMS)])
MONEY = ("shipped_revenue", "shipped_cost", "shipped_gross")
LEVEL = ("supply_variance", "freight", "promotion_cost", "operating_expense")


@st.composite
def companies(draw: st.DrawFn) -> tuple[Panel, Panel, Panel]:
    """Draw the panels of a plan: units and prices at random, list prices at or above them, some unknown."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    keys = make_keys({"item": ITEMS, "market": ["M"] * len(ITEMS)})
    demand = Panel(grain=GrainName("demand"), keys=keys, buckets=INPUTS.model.buckets)
    shape, ahead = demand.shape, np.arange(demand.shape[1]) >= FIRST_OPEN
    units = random.integers(-5_000, 10_000_000, shape)
    price = np.round(random.uniform(0, 5_000, shape), 9)
    known = np.broadcast_to(ahead, shape) & (random.random(shape) < draw(st.sampled_from([1.0, 0.7])))
    listed = np.where(random.random(shape) < 0.5, price, np.round(price * random.uniform(1, 3, shape), 9))
    counts: dict[str, Any] = {"constrained_demand": np.where(ahead, units, 0), "shipments": np.where(ahead, 0, units)}
    counts |= {name: np.where(ahead, 0, random.integers(-(10**9), 10**12, shape)) for name in MONEY}
    rates = {"invoiced_price": price, "price": price, "invoiced_list_price": listed, "list_price": listed}
    demand = demand.with_counts(counts).with_rates(
        {**{name: np.where(known, rate, 0.0) for name, rate in rates.items()}, "unit_cost": price * 0.6},
        {**dict.fromkeys(rates, known), "unit_cost": known},
    )
    stock = Panel(
        grain=GrainName("supply"), keys=make_keys({"item": ITEMS, "location": ["L"] * 4}), buckets=demand.buckets
    )
    company = Panel(grain=GrainName("company"), keys=pl.DataFrame(), buckets=demand.buckets)
    spent = {name: random.integers(-(10**8), 10**11, (1, shape[1])) for name in LEVEL}
    spent |= {name: np.where(ahead, spent[name], 0) for name in LEVEL[:3]}
    value = np.where(ahead, random.integers(0, 10**11, shape), 0)
    return (
        recompute(demand, INPUTS.model.registry),
        stock.with_counts({"stock_value": value}),
        company.with_counts(spent),
    )


@given(companies())
def test_gross_sales_less_every_cost_is_ebitda_to_the_count(drawn: tuple[Panel, Panel, Panel]) -> None:
    found = company_statement(*drawn)
    assert list(found) == [line for line in Line if line in found]
    costs = (Line.DISCOUNTS, Line.COGS, Line.VARIANCES, Line.FREIGHT, Line.PROMOTION, Line.EXPENSE)
    left = found[Line.GROSS].counts - sum(np.where(found[c].known, found[c].counts, 0) for c in costs)
    assert np.array_equal(left, found[Line.EBITDA].counts)
    assert np.array_equal(found[Line.NET].counts, found[Line.GROSS].counts - found[Line.DISCOUNTS].counts)
    less = found[Line.FREIGHT].counts + found[Line.PROMOTION].counts
    assert np.array_equal(found[Line.CONTRIBUTION].counts, found[Line.GROSS_MARGIN].counts - less)


@given(companies())
def test_parts_add_up_to_the_company(drawn: tuple[Panel, Panel, Panel]) -> None:
    demand = drawn[0]
    whole = trading(demand)
    parts = [trading(demand, np.array(rows, dtype=np.int64)) for rows in ([0, 2], [1], [3])]
    for line, account in whole.items():
        assert np.array_equal(account.counts, sum(part[line].counts for part in parts))


@given(companies())
def test_net_sales_are_the_plans_revenue_whatever_the_list_price(drawn: tuple[Panel, Panel, Panel]) -> None:
    demand = drawn[0]
    apart = demand.count("gross_sales") - demand.count("discounts")
    assert np.array_equal(apart, demand.count("constrained_revenue"))
