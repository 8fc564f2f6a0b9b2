"""Bounds as measures: around the forecast, carried with events and launches, absent where nothing could be missed."""

import numpy as np

from tests.demand.demand_company import MakeInputs, monthly
from trivet.core.learned import LEVELS, Widths
from trivet.core.panel import Panel
from trivet.demand.bounds import BOUNDS, bound_measures, carry_bounds
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.demand.training import training_series

OPEN = slice(36, None)
STEPS = 14


def widths() -> Widths:
    whole = np.ones(STEPS)
    lower = {level: -whole * part for level, part in zip(LEVELS, (1.0, 2.0), strict=True)}
    upper = {level: whole * part for level, part in zip(LEVELS, (1.5, 3.0), strict=True)}
    return Widths(lower=lower, upper=upper, middle=0.1 * whole)


def planned(make_inputs: MakeInputs, *, told: bool = True) -> tuple[Panel, Panel]:
    """Two items of a family, one that nothing is expected of, and what the forecast says: 100 a month."""
    draw = np.random.default_rng(1)
    orders = [*monthly((100 + draw.integers(-20, 21, 36)).tolist()), *monthly([0.0] * 36, item="B")]
    items = [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}]
    inputs = make_inputs(items=items, orders=orders)
    panel, _ = correct_history(inputs, demand_panel(inputs)[0])
    baseline = np.zeros(panel.shape, dtype=np.int64)
    baseline[0, OPEN] = 100_000
    training = training_series(inputs, panel)
    bounded = bound_measures(panel.with_counts({"baseline_demand": baseline}), training, widths() if told else None)
    more = baseline.copy()
    more[0, 40], more[1, 41] = 150_000, 50_000
    moved = carry_bounds(inputs, bounded.with_counts({"baseline_demand": more}), baseline)
    return bounded, moved


def test_bounds_stand_in_order_around_the_forecast(make_inputs: MakeInputs) -> None:
    bounded, _ = planned(make_inputs)
    lowest, low, middle, high, highest = (bounded.count(name)[0, OPEN] for name in BOUNDS)
    assert (lowest < low).all()
    assert (low < 100_000).all()
    assert (middle > 100_000).all()
    assert (high < highest).all()
    assert (high - 100_000 == np.round(1.5 * (100_000 - low))).all()
    assert bounded.mask("baseline_low")[0, OPEN].all()
    assert not bounded.mask("baseline_low")[:, :36].any()


def test_where_nothing_is_expected_nothing_is_uncertain(make_inputs: MakeInputs) -> None:
    bounded, _ = planned(make_inputs)
    assert not any(bounded.count(name)[1].any() for name in BOUNDS)


def test_an_event_moves_the_bounds_in_proportion(make_inputs: MakeInputs) -> None:
    bounded, moved = planned(make_inputs)
    for name in BOUNDS:
        assert abs(moved.count(name)[0, 40] - 1.5 * bounded.count(name)[0, 40]) <= 1
        assert moved.count(name)[0, 39] == bounded.count(name)[0, 39]


def test_a_launch_has_the_relative_bounds_of_its_family(make_inputs: MakeInputs) -> None:
    bounded, moved = planned(make_inputs)
    for name in BOUNDS:
        typical = bounded.count(name)[0, OPEN].sum() / 1_400_000
        assert abs(moved.count(name)[1, 41] - 50_000 * typical) <= 1


def test_without_widths_bounds_are_absent_and_stay_so(make_inputs: MakeInputs) -> None:
    bounded, moved = planned(make_inputs, told=False)
    for panel in (bounded, moved):
        for name in BOUNDS:
            assert not panel.mask(name).any()
            assert not panel.count(name).any()
