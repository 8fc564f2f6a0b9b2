"""Safety stock and service by hand and by the tables of the books."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.core.errors import InvalidInput
from trivet.supply.safety import (
    Exposure,
    base_stock,
    factor_for_fill_rate,
    fill_rate,
    loss,
    newsvendor,
    safety_factor,
    safety_stock,
    stock_target,
)


@pytest.mark.parametrize(
    ("factor", "value"), [(0.0, 0.3989), (0.5, 0.1978), (1.0, 0.0833), (2.0, 0.0085), (3.0, 0.000382)]
)
def test_loss_function_agrees_with_the_table(factor: float, value: float) -> None:
    assert loss(factor) == pytest.approx(value, abs=6e-5)


def test_loss_keeps_its_digits_far_out_and_is_a_line_on_the_other_side() -> None:
    assert 0.0 < loss(7.0) < 1e-12
    assert loss(-8.0) == pytest.approx(8.0)


@pytest.mark.parametrize(("service", "factor"), [(0.5, 0.0), (0.95, 1.645), (0.975, 1.960), (0.99, 2.326)])
def test_safety_factor_agrees_with_the_table(service: float, factor: float) -> None:
    assert safety_factor(service) == pytest.approx(factor, abs=1e-3)


def test_newsvendor_orders_the_mean_where_both_sides_cost_the_same() -> None:
    found = newsvendor(mean=50, deviation=8, overage=1, underage=1)
    assert (found.base_stock, found.service) == (50, 0.5)
    assert found.cost == pytest.approx(2 * 8 / math.sqrt(2 * math.pi))
    assert newsvendor(mean=50, deviation=0, overage=1, underage=9).cost == 0


def test_newsvendor_cost_is_the_least() -> None:
    found = newsvendor(mean=50, deviation=8, overage=0.18, underage=0.70)

    def cost(stock: float) -> float:
        z = (stock - 50) / 8
        return 0.18 * 8 * (loss(z) + z) + 0.70 * 8 * loss(z)

    assert cost(found.base_stock) == pytest.approx(found.cost)
    assert cost(found.base_stock - 1) > found.cost
    assert cost(found.base_stock + 1) > found.cost


def test_safety_stock_adds_up_both_kinds_of_chance() -> None:
    exposure = Exposure(demand=100, error=30, lead_time=3, lead_time_error=0.8, review=1)
    assert exposure.deviation == pytest.approx(100)  # sqrt(4 x 900 + 6400)
    assert safety_stock(exposure, factor=1.5) == pytest.approx(150)
    assert base_stock(exposure, factor=1.5) == pytest.approx(550)
    assert stock_target(exposure, factor=1.5, lot=40) == pytest.approx(170)


@given(rate=st.floats(0.5, 0.999), deviation=st.floats(0.1, 50), lot=st.floats(1, 200))
def test_factor_for_a_fill_rate_gives_that_fill_rate(rate: float, deviation: float, lot: float) -> None:
    factor = factor_for_fill_rate(rate=rate, deviation=deviation, lot=lot)
    assert fill_rate(factor=factor, deviation=deviation, lot=lot) >= rate
    if factor > -8:
        assert fill_rate(factor=factor - 1e-6, deviation=deviation, lot=lot) < rate + 1e-6


def test_a_fill_rate_is_met_with_less_than_a_cycle_service() -> None:
    assert factor_for_fill_rate(rate=0.95, deviation=10, lot=100) < safety_factor(0.95)


def test_numbers_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidInput, match="overage is 0"):
        newsvendor(mean=1, deviation=1, overage=0, underage=1)
    with pytest.raises(InvalidInput, match="deviation is -1"):
        newsvendor(mean=1, deviation=-1, overage=1, underage=1)
    with pytest.raises(InvalidInput, match="service of 1 "):
        safety_factor(1.0)
    with pytest.raises(InvalidInput, match="fill rate of 0 "):
        factor_for_fill_rate(rate=0.0, deviation=1, lot=1)
    with pytest.raises(InvalidInput, match="lead time is nan"):
        safety_stock(Exposure(demand=1, error=1, lead_time=math.nan), factor=1)
