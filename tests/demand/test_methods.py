"""Which method forecasts what: asked for by name, found by forecasts of the past, and kept; bounds follow."""

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from tests.demand.demand_company import MakeInputs, Rows, monthly
from trivet.core.forecasting import BEST, Method
from trivet.core.ids import Rates
from trivet.core.issues import Issue
from trivet.core.learned import LEVELS, Learned, unpack
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.tables import parse_tables
from trivet.demand.baseline import forecast, known_series, learn_series, series_methods
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.demand.learning import learn
from trivet.demand.statistical import bare, forecast_known
from trivet.demand.trials import best_of, choose_best, hindsight, score_methods, try_methods
from trivet.demand.wishes import predict_with, same_for_all
from trivet.engines.ensemble import Ensemble
from trivet.engines.processes import LocalExecutor
from trivet.engines.seasonal_naive import SeasonalNaive

HERE = Ensemble(executor=LocalExecutor(), seeds=(11,))
SEASON = np.array([60.0, 80, 120, 150, 150, 130, 110, 90, 80, 70, 60, 100])
FEW = (Method.NAIVE, Method.SEASONAL_NAIVE, Method.AVERAGE, Method.ENSEMBLE)


def noisy(seed: int) -> list[float]:
    return [float(value) for value in np.round(np.tile(SEASON, 4) * np.random.default_rng(seed).lognormal(0, 0.1, 48))]


def company(make_inputs: MakeInputs, asked: Rows = (), items: str = "ABC") -> PlanInputs:
    """Items in two markets, four years; A and B are of the family F, C of G."""
    orders = [
        row
        for number, item in enumerate(items)
        for place, market in enumerate("MN")
        for row in monthly(noisy(10 * number + place), item, market, first="2022-01-01")
    ]
    return make_inputs(
        items=[{"item": item, "family": "G" if item == "C" else "F"} for item in items],
        markets=[{"market": "M"}, {"market": "N"}],
        orders=orders,
        first="2022-01-01",
        forecast_methods=list(asked),
    )


def planned(inputs: PlanInputs, learned: Learned | None = None) -> tuple[Panel, tuple[Issue, ...], Learned]:
    panel, _ = correct_history(inputs, demand_panel(inputs)[0])
    taught = learned or learn_series(inputs, panel, HERE)
    found, issues = forecast(inputs, panel, HERE, taught)
    return found, issues, taught


def units(panel: Panel, measure: str = "baseline_demand") -> dict[tuple[str, ...], list[float]]:
    values = panel.count(measure)[:, panel.buckets.first_open :] / 1000
    return {key: row.tolist() for key, row in zip(panel.keys.iter_rows(), values, strict=True)}


def test_the_table_offers_every_method() -> None:
    specs = parse_tables(files("trivet.core").joinpath("tables.toml").read_text())
    column = next(column for column in specs["forecast_methods"].columns if column.name == "method")
    assert set(column.choices) == {BEST, *Method}


def test_the_most_specific_row_speaks(make_inputs: MakeInputs) -> None:
    asked = [
        {"method": "theta"},
        {"family": "F", "method": "naive"},
        {"item": "A", "method": "average"},
        {"item": "A", "market": "N", "method": "ces"},
        {"market": "N", "method": "croston"},
    ]
    inputs = company(make_inputs, asked)
    panel = demand_panel(inputs)[0]
    methods = series_methods(inputs, panel, learn(bare(np.zeros((0, 3)), np.zeros(0, dtype=np.int64), 12), 3, HERE))
    assert dict(zip(panel.keys.iter_rows(), methods, strict=True)) == {
        ("A", "M"): "average", ("A", "N"): "ces", ("B", "M"): "naive", ("B", "N"): "naive", ("C", "M"): "theta",
        ("C", "N"): "croston",
    }  # fmt: skip


def test_a_named_method_forecasts_its_family_and_nothing_else_moves(make_inputs: MakeInputs) -> None:
    plain, _, _ = planned(company(make_inputs))
    asked, issues, learned = planned(company(make_inputs, [{"family": "G", "method": "naive", "reason": "strike"}]))
    before, after = units(plain), units(asked)
    for market, number in (("M", 20), ("N", 21)):
        assert after["C", market] == pytest.approx([noisy(number)[-1]] * 14, abs=0.001)  # its sums are naive as well
    assert {key: row for key, row in after.items() if key[0] != "C"} == {
        key: row for key, row in before.items() if key[0] != "C"
    }
    assert not [issue for issue in issues if "method" in issue.code]
    assert set(learned.own_widths) == {Method.NAIVE, Method.ENSEMBLE}
    assert units(asked, "seasonal_naive") == units(plain, "seasonal_naive")


def test_a_method_that_misses_more_has_wider_bounds(make_inputs: MakeInputs) -> None:
    asked = planned(company(make_inputs, [{"family": "F", "method": "naive"}]))[0]
    widths = [
        {
            key: np.subtract(high, units(panel, "baseline_low")[key]).mean()
            for key, high in units(panel, "baseline_high").items()
        }
        for panel in (planned(company(make_inputs))[0], asked)
    ]
    for key, before in widths[0].items():
        assert widths[1][key] > 1.5 * before if key[0] in "AB" else widths[1][key] == pytest.approx(before, rel=0.5)


def test_a_method_named_in_a_scenario_moves_its_own_series_only(make_inputs: MakeInputs) -> None:
    plain, _, learned = planned(company(make_inputs))
    other, _, _ = planned(company(make_inputs, [{"item": "A", "market": "M", "method": "average"}]), learned)
    before, after = units(plain), units(other)
    assert [key for key in before if before[key] != after[key]] == [("A", "M")]


def test_best_is_found_once_and_kept(make_inputs: MakeInputs) -> None:
    inputs = company(make_inputs, [{"family": "F", "method": "best"}])
    panel, issues, learned = planned(inputs)
    assert set(learned.chosen) == {"A\x1fM", "A\x1fN", "B\x1fM", "B\x1fN"}
    assert len(set(learned.chosen.values())) == 1  # one for the family
    assert not [issue for issue in issues if "method" in issue.code]
    kept = unpack(learned.pack())
    assert kept.digest() == learned.digest()
    assert kept.chosen == learned.chosen
    assert units(planned(inputs, kept)[0]) == units(panel)
    for method, widths in learned.own_widths.items():
        for level in LEVELS:
            np.testing.assert_array_equal(kept.own_widths[method].lower[level], widths.lower[level])


def test_best_by_item_may_differ_between_items(make_inputs: MakeInputs) -> None:
    inputs = company(make_inputs, [{"method": "best", "by": "item"}])
    panel, _ = correct_history(inputs, demand_panel(inputs)[0])
    pools = known_series(inputs, panel).wishes
    assert pools is not None
    assert len(set(pools.pools)) == 3
    series = company(make_inputs, [{"item": "A", "method": "best", "by": "series"}])
    by_series = known_series(series, panel).wishes
    assert by_series is not None
    assert len(set(by_series.pools)) == 6


def test_best_asked_for_after_the_import_is_said_and_the_mean_stands(make_inputs: MakeInputs) -> None:
    plain, _, learned = planned(company(make_inputs))
    later, issues, _ = planned(company(make_inputs, [{"item": "A", "method": "best"}]), learned)
    assert units(later) == units(plain)
    [issue] = [issue for issue in issues if issue.code == "demand.method-not-chosen"]
    assert issue.message.startswith("2 series (A in M and others) ask for their best method")


def test_a_row_that_names_no_series_is_said(make_inputs: MakeInputs) -> None:
    asked = [{"family": "X", "method": "ets"}, {"family": "G", "method": "ensemble"}]
    _, issues, learned = planned(company(make_inputs, asked))
    [issue] = [issue for issue in issues if issue.code == "demand.method-unused"]
    assert "method ets is asked for family X" in issue.message
    assert not learned.own_widths


def test_what_is_learned_without_the_table_is_packed_as_ever(make_inputs: MakeInputs) -> None:
    _, _, learned = planned(company(make_inputs))
    assert b'"chosen"' not in learned.pack()[:4000]


def walks(count: int = 12) -> Rates:
    """Series whose last value says all: random walks without a season."""
    draw = np.random.default_rng(1)
    steps = draw.normal(0, 0.12, (count, 60)).cumsum(axis=1)
    found: Rates = np.round(100 * np.exp(steps), 3)
    return found


def seasonal(count: int = 12) -> Rates:
    draw = np.random.default_rng(4)
    return np.round(np.tile(SEASON, 5) * draw.lognormal(0, 0.02, (count, 60)), 3)


def test_the_method_that_fits_is_found_for_each_pool() -> None:
    values = np.concatenate([walks(), seasonal()])
    known = bare(values, np.zeros(24, dtype=np.int64), 12, BEST)
    assert known.wishes is not None
    pools = np.array(["walks"] * 12 + ["seasons"] * 12, dtype=object)
    known = replace(known, wishes=replace(known.wishes, pools=pools))
    chosen = choose_best(known, 12, HERE)
    walking, yearly = ({chosen[str(row)] for row in rows} for rows in (range(12), range(12, 24)))
    assert len(walking) == len(yearly) == 1
    assert walking <= {Method.NAIVE, Method.SMOOTHING, Method.ETS, Method.IMAPA, Method.CROSTON, Method.THETA}
    assert not yearly & {Method.NAIVE, Method.AVERAGE, Method.CROSTON, Method.IMAPA}


def test_trials_stand_back_without_overlap_and_score_by_hand() -> None:
    values = seasonal()
    known = bare(values, np.zeros(12, dtype=np.int64), 12)
    trials = try_methods(known, 18, HERE, methods=FEW)
    assert (trials.backs, trials.steps) == ((18, 12, 6), 6)
    rows = np.arange(3, dtype=np.int64)
    scores = score_methods(trials, rows)
    actual = np.stack([values[:3, -18:-12], values[:3, -12:-6], values[:3, -6:]])
    naive = np.stack([np.repeat(values[:3, [-back - 1]], 6, axis=1) for back in (18, 12, 6)])
    assert scores[Method.NAIVE].wmape == pytest.approx(np.abs(naive - actual).sum() / actual.sum())
    group = np.abs((naive - actual).sum(axis=1)).sum() / actual.sum()
    assert scores[Method.NAIVE].group_wmape == pytest.approx(group)
    assert scores[Method.NAIVE].bias == pytest.approx((naive - actual).sum() / actual.sum())
    usual = np.abs(values[:3, 12:-18] - values[:3, :-30]).mean(axis=1)
    first = np.abs(naive[0] - actual[0]).mean(axis=1) / usual
    one = score_methods(trials, rows, slice(0, 1))[Method.NAIVE].mase
    assert one == pytest.approx(first.mean())
    assert best_of(scores) != Method.NAIVE


def test_hindsight_is_never_worse_than_one_method_and_foresight_is_judged_at_the_end() -> None:
    known = bare(np.concatenate([walks(), seasonal()]), np.zeros(24, dtype=np.int64), 12)
    trials = try_methods(known, 12, HERE, methods=FEW)
    rows, pools = np.arange(24, dtype=np.int64), np.array(["w"] * 12 + ["s"] * 12, dtype=object)
    chosen, usual, after = hindsight(trials, rows, pools)
    assert chosen is not None
    assert usual is not None
    assert after is not None
    assert all(after <= (score.wmape or 0) for score in score_methods(trials, rows).values())
    last = score_methods(trials, rows, slice(2, 3))
    assert usual == pytest.approx(last[Method.ENSEMBLE].wmape)
    alone = hindsight(try_methods(known, 12, HERE, methods=FEW, origins=1), rows, pools)
    assert alone[:2] == (None, None)


def test_a_method_without_any_forecast_is_not_compared() -> None:
    known = bare(seasonal(3), np.zeros(3, dtype=np.int64), 12)  # too few series for a common model
    scores = score_methods(try_methods(known, 12, HERE, methods=(Method.GLOBAL, Method.NAIVE)), np.arange(3))
    assert scores[Method.GLOBAL].wmape is None
    assert scores[Method.NAIVE].wmape is not None
    assert best_of(scores) == Method.NAIVE
    assert best_of({Method.GLOBAL: scores[Method.GLOBAL]}) is None


def test_short_histories_are_not_tried_but_a_named_method_forecasts_them() -> None:
    values = np.full((2, 20), 10.0)
    values[:, -1] = 30.0
    first = np.zeros(2, dtype=np.int64)
    assert try_methods(bare(values, first, 12), 6, HERE).backs == ()
    assert choose_best(bare(values, first, 12, BEST), 6, HERE) == {}
    known = bare(values, first, 12, Method.NAIVE)
    assert (forecast_known(known, learn(known, 6, HERE), 6, HERE).values == 30).all()


def test_a_forecaster_without_methods_can_be_asked_for_the_mean_only() -> None:
    values, first = seasonal(2), np.zeros(2, dtype=np.int64)
    asked = (values, first, 12, 3, b"")
    assert predict_with(SeasonalNaive(), same_for_all(Method.ENSEMBLE, 2).methods, *asked).shape == (2, 3)
    with pytest.raises(TypeError, match="seasonal-naive 1 can't be asked for a method"):
        predict_with(SeasonalNaive(), same_for_all(Method.NAIVE, 2).methods, *asked)
    assert choose_best(bare(values, first, 12, BEST), 3, SeasonalNaive()) == {}
