"""The statistical forecast with an engine that can be done by hand, and its guards."""

from dataclasses import dataclass

import numpy as np

from tests.demand.demand_company import MakeInputs, monthly
from trivet.core.buckets import Calendar
from trivet.core.ids import Counts, Rates
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.ports import Forecaster
from trivet.demand.baseline import forecast
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.engines.seasonal_naive import SeasonalNaive

SEASON = [60.0, 80, 120, 150, 150, 130, 110, 90, 80, 70, 60, 100]
YEARS = SEASON * 3


@dataclass
class Failing:
    """Gives no number for series that contain 7, and something below 0 for the others."""

    name: str = "failing"

    def train(self, history: Rates, first: Counts, season: int) -> bytes:  # noqa: ARG002
        return b""

    def predict(self, history: Rates, first: Counts, season: int, horizon: int, trained: bytes = b"") -> Rates:  # noqa: ARG002
        bad = (history == 7).any(axis=1)
        return np.where(bad[:, None], np.nan, np.full((len(history), horizon), -1.0))


def baseline(inputs: PlanInputs, engine: Forecaster | None = None) -> tuple[Panel, tuple[Issue, ...]]:
    panel, _ = correct_history(inputs, demand_panel(inputs)[0])
    return forecast(inputs, panel, engine or SeasonalNaive())


def units(panel: Panel, measure: str = "baseline_demand") -> list[list[float]]:
    found: list[list[float]] = (panel.count(measure)[:, panel.buckets.first_open :] / 1000).tolist()
    return found


def test_each_bucket_stands_beside_the_one_a_year_earlier(make_inputs: MakeInputs) -> None:
    panel, issues = baseline(make_inputs(items=[{"item": "A"}], orders=monthly(YEARS), horizon=26))
    assert units(panel, "seasonal_naive") == [[*SEASON, *SEASON, 60, 80]]
    assert units(panel) == [[*SEASON, *SEASON, 60, 80]]
    assert issues == ()


def test_two_points_are_a_flat_line_and_say_so(make_inputs: MakeInputs) -> None:
    history = [*monthly([0.0] * 34 + [10, 30]), *monthly(YEARS, item="B")]
    panel, issues = baseline(make_inputs(items=[{"item": "A"}, {"item": "B"}], orders=history))
    assert units(panel)[0] == [20.0] * 14
    assert units(panel, "seasonal_naive")[0] == [20.0] * 14
    assert [issue.code for issue in issues] == ["demand.short-history"]
    assert "A in M" in issues[0].message


def test_a_young_item_takes_its_familys_season_on_its_own_level(make_inputs: MakeInputs) -> None:
    items = [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}]
    young = [0.0] * 24 + [v / 10 for v in SEASON]
    panel, _ = baseline(make_inputs(items=items, orders=[*monthly(young), *monthly(YEARS, item="B")]))
    np.testing.assert_allclose(units(panel)[0][:12], [v / 10 for v in SEASON], rtol=0.02)


def test_dead_unborn_and_silent_series_are_zero(make_inputs: MakeInputs) -> None:
    items = [
        {"item": "A", "last_sale": "2025-12-31"},
        {"item": "B", "last_sale": "2026-03-31"},
        {"item": "C", "first_sale": "2026-03-01"},
        {"item": "D"},
        {"item": "E", "kind": "non-stock"},
        {"item": "F"},
    ]
    orders = [*monthly(YEARS), *monthly(YEARS, item="B"), *monthly(YEARS, item="C")]
    orders += [*monthly(YEARS[:24], item="D"), *monthly(YEARS, item="E"), *monthly(YEARS, item="F")]
    panel, issues = baseline(make_inputs(items=items, orders=orders))
    assert [[value > 0 for value in row] for row in units(panel)] == [
        [False] * 14,
        [True] * 3 + [False] * 11,
        [False] * 2 + [True] * 12,
        [False] * 14,
        [False] * 14,
        [True] * 14,
    ]
    assert units(panel, "seasonal_naive")[0] == [0.0] * 14
    assert [issue.code for issue in issues] == ["demand.silent"]


def test_a_missing_report_does_not_come_back_as_zero(make_inputs: MakeInputs) -> None:
    gap = [*YEARS[:-1], None]
    orders = [*monthly(gap, market="West"), *monthly(YEARS, market="East")]
    panel, _ = baseline(make_inputs(items=[{"item": "A"}], orders=orders))
    assert units(panel, "seasonal_naive")[1] == [*SEASON, 60, 80]
    assert units(panel)[1][11] == 100.0


def test_a_held_event_is_not_planned_again_as_season(make_inputs: MakeInputs) -> None:
    event = {"family": "F", "lift": 0.5, "status": "done"}
    promotions = [{**event, "promotion": str(year), "first": f"{year}-11"} for year in (2023, 2024, 2025)]
    lifted = [v * (1.5 if i % 12 == 10 else 1) for i, v in enumerate(YEARS)]
    inputs = make_inputs(items=[{"item": "A", "family": "F"}], orders=monthly(lifted), promotions=promotions)
    panel, _ = baseline(inputs)
    assert units(panel)[0][10] == 60.0
    assert units(panel, "seasonal_naive")[0][10] == 90.0


def test_where_the_method_fails_the_benchmark_stands_in(make_inputs: MakeInputs) -> None:
    orders = [*monthly([7.0] * 36), *monthly(YEARS, item="B")]
    panel, issues = baseline(make_inputs(items=[{"item": "A", "family": "F"}, {"item": "B"}], orders=orders), Failing())
    assert units(panel)[0] == [7.0] * 14
    assert [issue.code for issue in issues] == ["demand.method-failed"]


def test_nothing_below_zero_leaves(make_inputs: MakeInputs) -> None:
    panel, _ = baseline(make_inputs(items=[{"item": "A"}], orders=monthly(YEARS)), Failing())
    assert units(panel) == [[0.0] * 14]


def test_weeks_have_a_season_of_52(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        first="2023-01-02",
        cycle="2025-12-29",
        calendar=Calendar.WEEKS,
        horizon=52,
        items=[{"item": "A"}],
        orders=[
            {"item": "A", "market": "M", "bucket": edge, "quantity": 10 + index % 52}
            for index, edge in enumerate(weeks(156))
        ],
    )
    assert units(baseline(inputs)[0], "seasonal_naive")[0] == [10.0 + i for i in range(52)]


def weeks(count: int) -> list[str]:
    return [str(day) for day in np.arange(np.datetime64("2023-01-02"), np.datetime64("2023-01-02") + 7 * count, 7)]


def test_a_company_without_a_year_gets_its_mean(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        first="2025-07-01", items=[{"item": "A"}], orders=monthly([10, 20, 30, 20, 10, 30], first="2025-07-01")
    )
    panel, _ = baseline(inputs)
    assert units(panel, "seasonal_naive")[0] == [20.0] * 14
    assert units(panel)[0] == [20.0] * 14
