"""Levels made to agree in every way a company can choose, by hand and against properties."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.demand.test_learning import LastYear, company
from trivet.core.forecasting import Reconciliation
from trivet.demand.learning import learn
from trivet.demand.levels import Levels, reconcile, sum_up
from trivet.demand.statistical import bare

NAN = float("nan")
WAYS = list(Reconciliation)


def levels(sold: Sequence[float], items: str, families: str) -> Levels:
    """Give series that sold the same each month for two years; one letter names the item and family of each."""
    values = np.repeat(np.array(sold, dtype=float)[:, None], 24, axis=1)
    training = bare(values, np.zeros(len(sold), dtype=np.int64), 12).training
    names = [np.array(list(text), dtype=object) for text in (items, families)]
    return sum_up(training, np.arange(len(sold)), *names)


TWO_ITEMS = levels([1, 3, 6], "aab", "FFF")
"""Item a in two markets, item b in one; b is no sum of several, so that it has no forecast of its own."""


def agreed(forecasts: Sequence[float], way: Reconciliation, of: Levels = TWO_ITEMS) -> list[float]:
    found: list[float] = reconcile(of, np.array(forecasts, dtype=float)[:, None], way)[:, 0].round(9).tolist()
    return found


def test_only_sums_of_several_are_forecast() -> None:
    assert TWO_ITEMS.summed.tolist() == [3, 5]
    assert levels([1, 2], "ab", "FG").summed.tolist() == []
    assert levels([1, 2], "aa", "FF").summed.tolist() == [2]


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        # item a: its series 40, variance 4, and its own 40, variance 4: 40, sure to 2. With b (60, sure to 6) the parts
        # say 100, sure to 8; the family 130, sure to 10: 100 + 30 x 8/18 = 113.33; of 13.33 a takes 2/8 and b 6/8
        (Reconciliation.WLS_STRUCT, [10 + 10 / 12, 30 + 10 / 4, 70.0]),
        # a: two series, sure to 2, and its own, sure to 1: 2/3. With b 1 + 2/3; the family is sure to 1: 130 - 100
        # times (5/3) / (8/3), 18.75, come down, 2/5 to a, 3/5 to b
        (Reconciliation.OLS, [13.75, 33.75, 71.25]),
        (Reconciliation.BOTTOM_UP, [10.0, 30.0, 60.0]),
        (Reconciliation.MIDDLE_OUT, [10.0, 30.0, 60.0]),
        (Reconciliation.TOP_DOWN, [13.0, 39.0, 78.0]),
    ],
)
def test_family_that_says_more_than_its_parts(way: Reconciliation, expected: list[float]) -> None:
    np.testing.assert_allclose(agreed([10, 30, 60, 40, NAN, 130], way), expected)


def test_middle_out_believes_items_and_splits_them_as_their_series_say() -> None:
    assert agreed([10, 30, 60, 60, NAN, 500], Reconciliation.MIDDLE_OUT) == [15.0, 45.0, 60.0]


def test_only_item_of_a_family_decides_for_it_top_down() -> None:
    alone = levels([1, 3], "aa", "FF")
    assert agreed([10, 30, 60, NAN], Reconciliation.TOP_DOWN, alone) == [15.0, 45.0]


def test_what_was_steady_is_believed_more_when_variances_are_scaled() -> None:
    swing = np.tile([80.0, 120.0], 18)
    values = np.stack([swing, np.tile([99.0, 101.0], 18)])
    training = bare(values, np.zeros(2, dtype=np.int64), 12).training
    pair = sum_up(training, np.arange(2), np.array(["a", "a"], dtype=object), np.array(["F", "F"], dtype=object))
    wild, steady = agreed([100, 100, 260, NAN], Reconciliation.WLS_VAR, pair)
    assert wild - 100 > 10 * (steady - 100) > 0


def test_level_nobody_forecast_follows_the_others() -> None:
    for way in WAYS:
        assert agreed([10, 30, 60, NAN, NAN, NAN], way) == [10.0, 30.0, 60.0], way


def test_series_at_zero_gives_way_and_the_rest_is_nearest() -> None:
    # a total of 50 for 1 and 99, the first nine times as unsure: without a floor it would fall to -21
    pair = levels([90, 10], "aa", "FF")
    first, second = agreed([1, 99, 50, NAN], Reconciliation.WLS_STRUCT, pair)
    # held at 0 the second weighs 99 (variance 10) with the item's 50 (variance 100)
    assert (first, round(second, 6)) == (0.0, round((99 * 100 + 50 * 10) / 110, 6))


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=8),
    st.sampled_from(WAYS),
    st.integers(0, 2**16),
)
def test_every_way_gives_numbers_not_below_zero_whatever_is_forecast(
    series: list[tuple[int, int, int]], way: Reconciliation, seed: int
) -> None:
    items = "".join("abc"[item] for item, _, _ in series)
    families = "".join("FFG"[item] for item, _, _ in series)
    of = levels([sold for _, sold, _ in series], items, families)
    forecasts = np.full(len(of.values), NAN)
    forecasts[: of.series] = [told for _, _, told in series]
    forecasts[of.summed] = np.random.default_rng(seed).integers(-50, 2_000, len(of.summed))
    found = np.array(agreed(forecasts.tolist(), way, of))
    assert found.shape == (len(series),)
    assert (found >= 0).all()
    if way is Reconciliation.TOP_DOWN:
        top = np.maximum(forecasts[of.series + len(of.items) :], 0)
        sums = [found[np.concatenate([of.items[item] for item in family])].sum() for family in of.families]
        told = np.isfinite(top)
        np.testing.assert_allclose(np.array(sums)[told], top[told], atol=1e-6)


def test_company_chooses_what_its_series_learn_from_each_other() -> None:
    known = company(families=1, size=30)
    factors = {
        way: float(learn(replace(known, reconciliation=way), 12, LastYear()).factors.mean()) for way in Reconciliation
    }
    assert factors[Reconciliation.BOTTOM_UP] == 1.0
    np.testing.assert_allclose(factors[Reconciliation.TOP_DOWN], 1.1, rtol=1e-6)
    np.testing.assert_allclose(factors[Reconciliation.WLS_STRUCT], 1.05, rtol=1e-3)
    np.testing.assert_allclose(factors[Reconciliation.OLS], 1 + 0.1 * 30 / 31, rtol=1e-3)


def test_order_of_the_series_decides_nothing() -> None:
    turned = levels([6, 3, 1], "baa", "FFF")
    for way in WAYS:
        here = agreed([10, 30, 60, 55, NAN, 130], way)
        there = agreed([60, 30, 10, 55, NAN, 130], way, turned)
        np.testing.assert_allclose(here, there[::-1], err_msg=way)
