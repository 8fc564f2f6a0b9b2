"""Bounds: they hold what they say, on any scale, from any order, and never go below 0."""

import numpy as np
import pytest

from trivet.core.learned import LEVELS
from trivet.demand.intervals import bounds_of, choose_sample, learn_widths, mean_change, scale_widths, usual_error

HORIZON = 6


def errors(series: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forecast, outcome and usual error of series of very different size; errors grow with the step, and lean."""
    draw = np.random.default_rng(seed)
    size = draw.lognormal(3, 2, series)
    forecast = np.repeat(size[:, None] * 20, HORIZON, axis=1)
    move = draw.gamma(2, 1, (series, HORIZON)) - 1.5
    return forecast, forecast + move * size[:, None] * np.sqrt(np.arange(1, HORIZON + 1)), size


@pytest.mark.parametrize("series", [60, 1000])
def test_as_many_outcomes_as_said_fall_between_the_bounds(series: int) -> None:
    widths = learn_widths(*errors(series, 1))
    assert widths is not None
    forecast, actual, size = errors(4000, 2)
    bounds = bounds_of(forecast, size, widths)
    for level in LEVELS:
        inside = 100 * ((actual >= bounds.lower[level]) & (actual <= bounds.upper[level])).mean(axis=0)
        assert abs(inside - level).max() < (3 if series == 1000 else 12)
        assert inside.mean() == pytest.approx(level, abs=2 if series == 1000 else 5)


def test_wider_levels_lie_outside_and_the_forecast_inside() -> None:
    widths = learn_widths(*errors(200, 3))
    assert widths is not None
    forecast, _, size = errors(50, 4)
    bounds = bounds_of(forecast, size, widths)
    assert (bounds.lower[95] <= bounds.lower[80]).all()
    assert (bounds.lower[80] <= forecast).all()
    assert (forecast <= bounds.upper[80]).all()
    assert (bounds.upper[80] <= bounds.upper[95]).all()


def test_bounds_never_go_below_nothing_and_go_on_beyond_what_was_learned() -> None:
    widths = learn_widths(*errors(200, 3))
    assert widths is not None
    bounds = bounds_of(np.full((1, HORIZON + 4), 0.5), np.array([10.0]), widths)
    assert (bounds.lower[95] == 0).all()
    # beyond what was learned they widen as a random walk does
    steps = np.arange(HORIZON, HORIZON + 4) + 1
    last = bounds.upper[80][0, HORIZON - 1] - 0.5
    np.testing.assert_allclose(bounds.upper[80][0, HORIZON:], 0.5 + last * np.sqrt(steps / HORIZON))


def test_a_thousand_times_the_demand_has_a_thousand_times_the_bounds() -> None:
    forecast, actual, size = errors(100, 5)
    small, large = learn_widths(forecast, actual, size), learn_widths(forecast * 1000, actual * 1000, size * 1000)
    assert small is not None
    assert large is not None
    for level in LEVELS:
        np.testing.assert_allclose(small.upper[level], large.upper[level])


def test_series_without_a_number_teach_nothing() -> None:
    forecast, actual, size = errors(100, 5)
    broken = np.concatenate([forecast, np.full((1, HORIZON), np.nan)])
    one, other = (
        learn_widths(broken, np.concatenate([actual, actual[:1]]), np.append(size, 1.0)),
        learn_widths(forecast, actual, size),
    )
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one.upper[80], other.upper[80])
    assert learn_widths(broken[-1:], actual[:1], size[:1]) is None


def test_usual_error_of_moving_constant_short_and_empty_series() -> None:
    history = np.zeros((4, 6))
    history[0] = [1, 3, 5, 7, 9, 11]
    history[1] = 4.0
    history[2, 5] = 8.0
    first = np.array([0, 0, 5, 0])
    np.testing.assert_allclose(usual_error(history, first, 2), [3.0, 4.0, 8.0, 1.0])


def test_a_change_counts_only_between_known_buckets() -> None:
    history = np.array([[0.0, 0.0, 10.0, 14.0, 12.0]])
    known = np.arange(5)[None, :] >= 2
    assert mean_change(history, known, 1)[0] == 3.0
    assert mean_change(history, known, 2)[0] == 2.0
    assert mean_change(history, known, 12)[0] == 0.0


def test_a_sample_does_not_depend_on_order_or_unit_and_leaves_out_what_is_not_usable() -> None:
    draw = np.random.default_rng(2)
    history = draw.lognormal(2, 1, (300, 10))
    usable = np.ones(300, dtype=np.bool_)
    usable[:30] = False
    chosen = choose_sample(history, usable, most=50)
    assert len(set(chosen.tolist())) == 50
    assert usable[chosen].all()
    order = draw.permutation(300)
    again = choose_sample((history * draw.lognormal(0, 3, (300, 1)))[order], usable[order], most=50)
    assert sorted(order[again].tolist()) == chosen.tolist()
    assert len(choose_sample(history, usable, most=500)) == 270


def test_widths_of_all_are_scaled_to_what_a_few_series_missed_by() -> None:
    shared = learn_widths(*errors(500, 1))
    assert shared is not None
    forecast, actual, size = errors(6, 5)
    wilder = forecast + 3 * (actual - forecast)
    usual, wide = scale_widths(shared, forecast, actual, size), scale_widths(shared, forecast, wilder, size)
    bounds = bounds_of(forecast, size, wide)
    assert ((wilder >= bounds.lower[80]) & (wilder <= bounds.upper[80])).mean() >= 0.8
    np.testing.assert_allclose(wide.upper[95], 3 * usual.upper[95])
    unknown = scale_widths(shared, forecast, np.full(actual.shape, np.nan), size)
    np.testing.assert_array_equal(unknown.upper[80], shared.upper[80])
