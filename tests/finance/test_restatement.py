"""The plan in another currency and at other rates: exact parts, effects apart, never a rate that is not there."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.finance.tiny import FIRST_OPEN, ahead, closed, make_inputs, month, panel
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.formula import recompute
from trivet.core.ids import MeasureId
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.summary import Bar
from trivet.demand.history import demand_panel
from trivet.finance.bridge import draw_bridges
from trivet.finance.exchange import RateType, rate_table
from trivet.finance.restatement import LOCAL, restate
from trivet.finance.valuation import price_and_cost

KEYS = {"item": ["A", "B"], "market": ["DE", "US"]}
RATES = [
    {"type": "actual", "currency": "USD", "first": month(-22), "rate": 0.8},
    {"type": "forecast", "currency": "USD", "first": month(0), "rate": 0.95},
    {"type": "budget", "currency": "USD", "first": month(-22), "rate": 1.0},
]


def company(rates: list[dict[str, object]] | None = None, **more: object) -> PlanInputs:
    tables = {
        "items": [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}],
        "markets": [
            {"market": "DE", "region": "Europe", "currency": "EUR"},
            {"market": "US", "region": "America", "currency": "USD"},
        ],
        "prices": [
            {"item": "A", "market": "DE", "first": month(-22), "price": 10.0},
            {"item": "B", "market": "US", "first": month(-22), "price": 20.0},
        ],
        "costs": [
            {"item": "A", "component": "material", "first": month(-22), "cost": 6.0},
            {"item": "B", "component": "material", "first": month(-22), "cost": 15.0, "currency": "USD"},
        ],
        "exchange_rates": RATES if rates is None else rates,
    }
    return make_inputs(**{**tables, **more})  # type: ignore[arg-type]


def planned(inputs: PlanInputs, units: float = 40.0) -> Panel:
    made = panel(
        inputs,
        "demand",
        KEYS,
        shipments={("A", "DE"): closed(100), ("B", "US"): closed(50)},
        shipped_revenue={("A", "DE"): closed(1000), ("B", "US"): closed(800)},
        shipped_cost={("A", "DE"): closed(600), ("B", "US"): closed(600)},
        consensus_demand={("A", "DE"): ahead(100), ("B", "US"): ahead(units)},
        constrained_demand={("A", "DE"): ahead(100), ("B", "US"): ahead(units)},
    )
    return recompute(price_and_cost(inputs, made)[0], inputs.model.registry)


def row(made: Panel, measure: str, key: int, column: int) -> int:
    return int(made.count(measure)[key, column])


def test_money_in_another_currency_is_plan_money_over_the_plan_rate() -> None:
    inputs = company()
    shown = restate(inputs, planned(inputs), currency="usd")
    assert shown.codes == ("USD",)
    assert row(shown.panel, "constrained_revenue", 0, FIRST_OPEN) == 10_526_316  # 1,000 / 0.95
    assert row(shown.panel, "constrained_revenue", 1, FIRST_OPEN) == 40 * 20 * 10_000
    assert row(shown.panel, "shipped_revenue", 1, 3) == 1000 * 10_000
    assert shown.issues == ()


def test_local_currency_is_the_invoice_of_each_market() -> None:
    inputs = company()
    shown = restate(inputs, planned(inputs), currency=LOCAL)
    assert shown.codes == ("EUR", "USD")
    assert shown.which[:, FIRST_OPEN].tolist() == [0, 1]
    assert shown.which[:, 0].tolist() == [0, 1]
    assert row(shown.panel, "constrained_revenue", 0, FIRST_OPEN) == 1000 * 10_000
    assert row(shown.panel, "constrained_revenue", 1, FIRST_OPEN) == 800 * 10_000
    assert shown.panel.rate("price")[1, FIRST_OPEN] == pytest.approx(20.0, abs=1e-9)


def test_other_rates_move_prices_costs_and_margin_but_no_unit() -> None:
    inputs = company()
    plan = planned(inputs)
    shown = restate(inputs, plan, kind=RateType.BUDGET).panel
    assert np.array_equal(shown.count("constrained_demand"), plan.count("constrained_demand"))
    assert row(shown, "constrained_revenue", 1, FIRST_OPEN) == 800 * 10_000
    assert row(shown, "constrained_cost", 1, FIRST_OPEN) == 600 * 10_000
    assert row(plan, "constrained_cost", 1, FIRST_OPEN) == 570 * 10_000
    assert row(shown, "gross_margin", 1, FIRST_OPEN) == 200 * 10_000
    assert row(shown, "shipped_revenue", 1, 0) == 1000 * 10_000
    assert np.array_equal(shown.count("constrained_revenue")[0], plan.count("constrained_revenue")[0])


def test_the_plan_at_its_own_rates_is_the_plan() -> None:
    inputs = company()
    plan = planned(inputs)
    assert restate(inputs, plan).panel.digest() == plan.digest()
    assert restate(inputs, plan, currency="EUR").panel.digest() == plan.digest()


def test_the_exchange_bar_of_the_bridge_is_the_effect_of_the_view() -> None:
    budget = [
        {"family": "F", "region": region, "bucket": month(at), "quantity": 10, "revenue": 100, "margin": 30}
        for region in ("Europe", "America")
        for at in range(-22, 14)
    ]
    inputs = company(budget=budget)
    plan = planned(inputs)
    cells = panel(
        inputs,
        "budget",
        {"family": ["F", "F"], "region": ["America", "Europe"]},
        budget_units={("F", name): dict.fromkeys(range(36), 10.0) for name in ("America", "Europe")},
        budget_revenue={("F", name): dict.fromkeys(range(36), 100.0) for name in ("America", "Europe")},
        budget_margin={("F", name): dict.fromkeys(range(36), 30.0) for name in ("America", "Europe")},
    )
    bridges = draw_bridges(inputs, plan, cells, panel(inputs, "company", {}))
    at_budget = restate(inputs, plan, kind=RateType.BUDGET).panel
    for bridge in (bridge for bridge in bridges if bridge.family is None):
        columns = [at for at in range(36) if inputs.model.buckets.fiscal_year(at) == bridge.year]
        effect = sum(
            int((plan.count(name) - at_budget.count(name))[:, columns].sum())
            for name in ("shipped_revenue", "constrained_revenue")
        )
        bar = next(bar for bar in bridge.bars if bar.bar is Bar.EXCHANGE)
        assert bar.revenue * 10_000 == effect
        assert effect != 0


def test_a_missing_rate_is_an_issue_and_never_one() -> None:
    late = [{**RATES[1], "first": month(5)}, {**RATES[2]}, {**RATES[0]}]
    inputs = company(late)
    plan = planned(inputs)
    shown = restate(inputs, plan, currency="USD")
    assert shown.unknown[MeasureId("constrained_revenue")][0, FIRST_OPEN : FIRST_OPEN + 5].all()
    assert not shown.unknown[MeasureId("constrained_revenue")][0, FIRST_OPEN + 5 :].any()
    (issue,) = shown.issues
    assert issue.code == "finance.no-rate"
    assert "no plan rate of USD in 5 buckets" in issue.message
    assert "forecast,USD,2026-11" in (issue.advice or "")


def test_prices_and_costs_without_the_rate_asked_for_keep_their_value_and_are_named() -> None:
    inputs = company([*RATES[:2], {**RATES[2], "first": month(2)}])
    plan = planned(inputs)
    shown = restate(inputs, plan, kind=RateType.BUDGET)
    lost = shown.unknown[MeasureId("gross_margin")]
    assert lost[1, FIRST_OPEN : FIRST_OPEN + 2].all()
    assert not lost[0].any()
    assert shown.unknown[MeasureId("shipped_revenue")][1, :FIRST_OPEN].all()
    assert row(shown.panel, "constrained_revenue", 1, FIRST_OPEN) == row(plan, "constrained_revenue", 1, FIRST_OPEN)
    assert {issue.code for issue in shown.issues} == {"finance.no-rate"}
    assert any("Shipments in USD" in issue.message for issue in shown.issues)


def test_a_currency_without_any_rate_and_grains_without_markets_are_refused_in_words() -> None:
    inputs = company()
    plan = planned(inputs)
    with pytest.raises(NotFound, match="no plan rate of JPY; it has USD"):
        restate(inputs, plan, currency="JPY")
    stock = panel(inputs, "supply", {"item": ["A"], "location": ["MAIN"]}, stock_value={("A", "MAIN"): ahead(95)})
    assert row(restate(inputs, stock, currency="USD").panel, "stock_value", 0, FIRST_OPEN) == 100 * 10_000
    with pytest.raises(InvalidInput, match="numbers of supply have no markets"):
        restate(inputs, stock, currency=LOCAL)
    with pytest.raises(InvalidInput, match="numbers of supply have no markets"):
        restate(inputs, stock, kind=RateType.BUDGET)


def test_the_budget_is_held_at_the_budget_rate() -> None:
    inputs = company()
    cells = panel(
        inputs, "budget", {"family": ["F"], "region": ["America"]}, budget_revenue={("F", "America"): ahead(100)}
    )
    for kind in (RateType.PLAN, RateType.BUDGET):
        shown = restate(inputs, cells, currency="USD", kind=kind)
        assert row(shown.panel, "budget_revenue", 0, FIRST_OPEN) == 100 * 10_000
    with pytest.raises(InvalidInput, match="budget have no markets"):
        restate(inputs, cells, kind=RateType.FORECAST)


def test_rates_of_another_version_tell_what_rates_alone_did() -> None:
    inputs = company()
    before = company([{**RATES[1], "rate": 0.9}, RATES[0], RATES[2]])
    plan = planned(inputs)
    then = restate(inputs, plan, rates_of=before).panel
    assert row(then, "constrained_revenue", 1, FIRST_OPEN) == 720 * 10_000
    assert row(then, "shipped_revenue", 1, 0) == 800 * 10_000


def test_plan_rates_are_what_history_was_valued_at() -> None:
    rows = [{"item": "B", "market": "US", "bucket": month(at), "quantity": 1, "value": 1000} for at in range(-22, 0)]
    for rates in (RATES, [{**RATES[0], "first": month(-4)}, {**RATES[1], "first": month(-9)}, RATES[2]]):
        inputs = company(rates, shipments=[{**row, "currency": "USD"} for row in rows])
        history, _ = demand_panel(inputs)
        booked = history.count("shipped_revenue").sum(axis=0)[:FIRST_OPEN]
        assert (
            booked.tolist()
            == np.rint(rate_table(inputs, RateType.PLAN, ["USD"]).on("USD")[0][:FIRST_OPEN] * 1e7).tolist()
        )


@settings(max_examples=15)
@given(
    units=st.lists(st.integers(0, 10**7), min_size=4, max_size=4),
    rate=st.floats(0.01, 200.0).map(lambda r: round(r, 6)),
)
def test_parts_add_up_to_their_total_and_formulas_hold_in_every_currency(units: list[int], rate: float) -> None:
    inputs = INPUTS
    rates = [{**row, "rate": rate} for row in RATES]
    inputs = replace(inputs, tables={**inputs.tables, "exchange_rates": company(rates).table("exchange_rates")})
    made = PLAN.with_counts({"constrained_demand": np.array(units, dtype=np.int64).reshape(2, 2)[:, [0] * 36]})
    plan = recompute(price_and_cost(inputs, made)[0], inputs.model.registry)
    for currency in ("USD", LOCAL, "EUR"):
        shown = restate(inputs, plan, currency=currency, kind=RateType.BUDGET).panel
        margin = shown.count("constrained_revenue") - shown.count("constrained_cost")
        assert np.array_equal(shown.count("gross_margin"), margin)
        money = shown.rate("price") * shown.count("constrained_demand") * 10
        assert np.all(np.abs(money - shown.count("constrained_revenue")) <= 0.500001)


INPUTS = company()
PLAN = planned(INPUTS)
