"""What sells now and then: found, and forecast in its own buckets or at its mean pace."""

import numpy as np

from trivet.engines.lumpy import is_lumpy, lumpy_ahead, returns_yearly


def test_gaps_before_the_first_sale_do_not_make_a_series_lumpy() -> None:
    assert not is_lumpy(np.array([0.0] * 30 + [5.0] * 12))
    assert is_lumpy(np.array([5.0, 0.0, 0.0, 5.0, 0.0, 0.0, 5.0]))
    assert not is_lumpy(np.zeros(12))


def test_one_missing_month_does_not_make_a_seasonal_item_a_spare_part() -> None:
    history = np.zeros(24)
    history[[0, 1, 13]] = 841.0, 786.0, 871.0
    assert returns_yearly(history, 12)
    found = lumpy_ahead(history, 12, 12)
    assert found[0] == 841.0 / 2
    assert not found[2:].any()


def test_a_spare_part_that_sells_whenever_keeps_its_mean_pace() -> None:
    history = np.zeros(36)
    history[[1, 6, 10, 17, 21, 29, 34]] = 4.0
    found = lumpy_ahead(history, 12, 12)
    assert np.ptp(found) == 0
    assert 0.3 < found[0] < 2.0


def test_a_series_the_method_refuses_is_marked() -> None:
    assert np.isnan(lumpy_ahead(np.array([0.0, np.inf, 0.0, 0.0, np.inf, 0.0]), 12, 3)).all()
