"""Tables of money in other currencies: parts add up, effects stand apart, amounts of two currencies never add."""

import numpy as np
import pytest

from tests.finance.test_restatement import RATES, company, planned
from tests.finance.tiny import FIRST_OPEN, month
from trivet.core.buckets import Period
from trivet.core.errors import InvalidInput
from trivet.core.ids import MeasureId
from trivet.core.plan import PlanInputs
from trivet.finance.exchange import RateType
from trivet.planning.currencies import Asked, InCurrency, currency_words, exchange_effect, roll_up_in_currency

NEXT = FIRST_OPEN


def table(
    inputs: PlanInputs,
    measure: str,
    currency: str | None = None,
    kind: RateType = RateType.PLAN,
    levels: dict[str, str | None] | None = None,
    period: Period = Period.BUCKET,
) -> tuple[InCurrency, ...]:
    asked = Asked(
        levels={"item": "family"} if levels is None else levels, period=period, scope=(), currency=currency, kind=kind
    )
    return roll_up_in_currency(inputs, planned(inputs), inputs.model.registry[measure], asked)[0]


def counts(part: InCurrency, measure: str) -> list[list[int]]:
    return [[int(value) for value in row] for row in part.rolled.counts[MeasureId(measure)]]


def test_parts_add_up_to_the_total_in_the_currency_shown() -> None:
    inputs = company()
    for kind in (RateType.PLAN, RateType.BUDGET):
        (whole,) = table(inputs, "constrained_revenue", "USD", kind)
        (parts,) = table(inputs, "constrained_revenue", "USD", kind, levels={"market": "market"})
        added = np.array(counts(parts, "constrained_revenue")).sum(axis=0)
        assert added.tolist() == counts(whole, "constrained_revenue")[0]


def test_in_local_currency_a_family_has_one_row_a_currency() -> None:
    parts = table(company(), "constrained_revenue", "local")
    assert [part.currency for part in parts] == ["EUR", "USD"]
    assert [counts(part, "constrained_revenue")[0][NEXT] for part in parts] == [10_000_000, 8_000_000]
    prices = table(company(), "price", "local")
    assert [float(part.rolled.rates[MeasureId("price")][0, NEXT]) for part in prices] == pytest.approx([10.0, 20.0])


def test_the_exchange_effect_is_the_plan_less_what_is_shown() -> None:
    inputs = company()
    (shown,) = table(inputs, "gross_margin", None, RateType.BUDGET)
    (plan,) = table(inputs, "gross_margin", "EUR")
    assert shown.effect is not None
    assert plan.effect is None
    effect = shown.effect.counts[inputs.model.registry["gross_margin"].id]
    assert (effect[0] == np.array(counts(plan, "gross_margin")) - np.array(counts(shown, "gross_margin"))).all()
    assert int(effect[0, NEXT]) == -(800 - 600) * 10_000 * 5 // 100
    (price,) = table(inputs, "price", None, RateType.BUDGET)
    assert price.effect is not None


def test_a_number_with_an_unknown_amount_behind_it_is_absent() -> None:
    inputs = company([*RATES[:2], {**RATES[2], "first": month(2)}])
    measure = inputs.model.registry["constrained_revenue"].id
    (years,) = table(inputs, measure, None, RateType.BUDGET, period=Period.YEAR)
    (buckets,) = table(inputs, measure, None, RateType.BUDGET)
    assert buckets.rolled.present[measure][0, NEXT : NEXT + 4].tolist() == [False, False, True, True]
    assert not years.rolled.present[measure][0, 1]
    (market,) = table(inputs, measure, None, RateType.BUDGET, levels={"market": "market"})
    assert market.rolled.present[measure][:, NEXT].tolist() == [True, False]
    (price,) = table(inputs, "price", None, RateType.BUDGET)
    assert not price.rolled.present[inputs.model.registry["price"].id][0, NEXT]


def test_what_has_no_currency_or_no_other_rate_is_refused_in_words() -> None:
    inputs = company()
    with pytest.raises(InvalidInput, match="consensus_demand counts quantity: it has no currency"):
        table(inputs, "consensus_demand", "USD")
    with pytest.raises(InvalidInput, match="shipped_cost adds amounts whose own currencies are not kept"):
        table(inputs, "shipped_cost", None, RateType.BUDGET)


def test_units_say_the_currency() -> None:
    inputs = company()
    registry = inputs.model.registry
    assert currency_words(inputs, registry["revenue"], "usd") == "USD"
    assert currency_words(inputs, registry["revenue"], "local") == "local currency"
    assert currency_words(inputs, registry["price"], None) == "EUR a unit"


def test_what_rates_of_another_version_did_is_apart_and_nothing_where_they_are_the_same() -> None:
    inputs = company()
    plan = planned(inputs)
    before = company([{**RATES[1], "rate": 0.9}, RATES[0], RATES[2]])
    moved = exchange_effect(inputs, plan, before).count("constrained_revenue")[:, NEXT]
    assert moved.tolist() == [0, 40 * 20 * 500]
    assert not exchange_effect(inputs, plan, inputs).count("constrained_revenue").any()
