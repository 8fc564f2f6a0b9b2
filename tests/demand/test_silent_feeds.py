"""Feeds that stop for a bucket or more are asked about and not learned from; what was dying reads as dying."""

from collections.abc import Collection, Sequence

import numpy as np
import pytest

from tests.demand.demand_company import MakeInputs, monthly
from trivet.core.buckets import Calendar
from trivet.core.ids import Flags
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.baseline import forecast
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.engines.seasonal_naive import SeasonalNaive
from trivet.planning.health import check_health

SEASON = [60.0, 80, 120, 150, 150, 130, 110, 90, 80, 70, 60, 100]
YEARS = SEASON * 3
ITEM = {"item": "A", "family": "F"}
LAST_TWO = (34, 35)
Told = Sequence[float | None]
"""What a market says of each month; None = it says nothing."""


def without(gap: Collection[int], values: Sequence[float] = YEARS) -> list[float | None]:
    return [None if i in gap else value for i, value in enumerate(values)]


def corrected(inputs: PlanInputs) -> tuple[Panel, list[Issue]]:
    panel, issues = correct_history(inputs, demand_panel(inputs)[0])
    return panel, [one for one in issues if one.code in ("demand.not-reported", "demand.stopped")]


def known(panel: Panel) -> Flags:
    return panel.mask("demand_history")[:, : panel.buckets.first_open]


def asked(issues: Sequence[Issue]) -> list[str]:
    return [
        f"{one.code.removeprefix('demand.')} {' '.join(f'{node.level} {node.member}' for node in one.place.scope)} "
        f"{one.place.first:%Y-%m}..{one.place.last:%Y-%m}"
        for one in issues
    ]


def two_markets(make_inputs: MakeInputs, west: Told, east: Told = YEARS) -> PlanInputs:
    return make_inputs(items=[ITEM], orders=[*monthly(west, market="West"), *monthly(east, market="East")])


def test_rows_of_zero_are_a_report_and_no_gap(make_inputs: MakeInputs) -> None:
    west = [0.0 if i in LAST_TWO else value for i, value in enumerate(YEARS)]
    panel, issues = corrected(two_markets(make_inputs, west))
    assert asked(issues) == []
    assert known(panel).all()
    assert panel.count("demand_history")[1, 34:36].tolist() == [0, 0]


def test_two_months_at_the_end_are_both_missing_though_one_was_missing_before(make_inputs: MakeInputs) -> None:
    panel, issues = corrected(two_markets(make_inputs, without([10, *LAST_TWO])))
    assert asked(issues) == [
        "not-reported market West 2023-11..2023-11",
        "not-reported market West 2025-11..2025-12",
    ]
    assert np.flatnonzero(~known(panel)[1]).tolist() == [10, *LAST_TWO]
    assert known(panel)[0].all()


def test_missing_months_are_filled_with_what_was_due_not_with_zero(make_inputs: MakeInputs) -> None:
    panel, _ = corrected(two_markets(make_inputs, without(LAST_TWO)))
    made, _ = forecast(two_markets(make_inputs, without(LAST_TWO)), panel, SeasonalNaive())
    east, west = made.count("baseline_demand")[:, 36:48] / 1000
    assert west.tolist() == east.tolist() == SEASON


def test_rest_of_two_months_that_comes_back_is_believed(make_inputs: MakeInputs) -> None:
    resting = without([6, 7, 18, 19, 30, 31])
    panel, issues = corrected(two_markets(make_inputs, resting))
    assert issues == []
    assert known(panel).all()


def test_feed_silent_beyond_a_year_is_one_gap_and_no_yearly_rest(make_inputs: MakeInputs) -> None:
    years = SEASON * 6
    gap = range(56, 70)
    inputs = make_inputs(
        first="2020-01-01",
        items=[ITEM],
        orders=[
            *monthly(without(gap, years), market="West", first="2020-01-01"),
            *monthly(years, market="East", first="2020-01-01"),
        ],
    )
    panel, issues = corrected(inputs)
    assert asked(issues) == ["not-reported market West 2024-09..2025-10"]
    assert np.flatnonzero(~known(panel)[1]).tolist() == list(gap)


def test_market_that_was_fading_is_dying(make_inputs: MakeInputs) -> None:
    fading = [value * (1 if i < 24 else 0.4) for i, value in enumerate(YEARS)]
    panel, issues = corrected(two_markets(make_inputs, without(LAST_TWO, fading)))
    assert issues == []
    assert known(panel).all()


@pytest.mark.parametrize(("months", "code"), [(5, "not-reported"), (6, "stopped")])
def test_market_silent_for_half_a_year_has_ended_and_that_is_said(
    make_inputs: MakeInputs, months: int, code: str
) -> None:
    panel, issues = corrected(two_markets(make_inputs, without(range(36 - months, 36))))
    assert [one.code for one in issues] == [f"demand.{code}"]
    assert known(panel)[1, -1] == (code == "stopped")


def test_whole_company_that_stops_was_not_reported_however_long(make_inputs: MakeInputs) -> None:
    stopped = without(range(28, 36))
    panel, issues = corrected(two_markets(make_inputs, stopped, stopped))
    assert asked(issues) == ["not-reported  2025-05..2025-12"]
    assert "of a company that sells" in issues[0].message
    assert not known(panel)[:, 28:].any()


def channels(make_inputs: MakeInputs, shops: Sequence[Told], web: Told = YEARS) -> PlanInputs:
    markets = [{"market": f"Shop{i}", "channel": "Shop"} for i in range(len(shops))]
    orders = [row for i, values in enumerate(shops) for row in monthly(values, market=f"Shop{i}")]
    web_markets = [{"market": name, "channel": "Web"} for name in ("W1", "W2")]
    orders += [row for market in web_markets for row in monthly(web, market=market["market"])]
    return make_inputs(items=[ITEM], markets=[*markets, *web_markets], orders=orders)


def test_channel_is_asked_about_once_and_its_lumpy_markets_with_it(make_inputs: MakeInputs) -> None:
    lumpy = [value if i % 3 else value / 30 for i, value in enumerate(YEARS)]
    inputs = channels(make_inputs, [without([20, *LAST_TWO], values) for values in (YEARS, YEARS, lumpy)])
    panel, issues = corrected(inputs)
    assert asked(issues) == [
        "not-reported channel Shop 2024-09..2024-09",
        "not-reported channel Shop 2025-11..2025-12",
    ]
    shops = panel.keys["market"].str.starts_with("Shop").to_numpy()
    assert (~known(panel)[shops]).sum(axis=1).tolist() == [3, 3, 3]
    assert known(panel)[~shops].all()


def families(make_inputs: MakeInputs, stopping: int, **last_sale: str) -> PlanInputs:
    items: list[dict[str, str]] = [{"item": f"A{i}", "family": "F", **last_sale} for i in range(stopping)]
    items += [{"item": "B", "family": "G"}]
    gone = [row for i in range(stopping) for row in monthly(without(LAST_TWO), f"A{i}")]
    return make_inputs(items=items, orders=[*gone, *monthly(YEARS, "B")])


def test_family_whose_items_all_stop_at_once_was_not_reported(make_inputs: MakeInputs) -> None:
    panel, issues = corrected(families(make_inputs, 3))
    assert asked(issues) == ["not-reported family F 2025-11..2025-12"]
    of_family = panel.keys["item"].str.starts_with("A").to_numpy()
    assert not known(panel)[of_family][:, 34:].any()
    assert known(panel)[~of_family].all()
    (gap,) = [one for one in check_health(families(make_inputs, 3)).findings if "reported nothing" in one.message]
    assert gap.message.startswith("1 family (F) reported nothing or a part in 2025-11-01, 2025-12-01")


def test_one_or_two_products_that_stop_are_dying_products(make_inputs: MakeInputs) -> None:
    for stopping in (1, 2):
        panel, issues = corrected(families(make_inputs, stopping))
        assert issues == []
        assert known(panel).all()


def test_family_that_reached_its_last_sale_is_not_missed(make_inputs: MakeInputs) -> None:
    _, issues = corrected(families(make_inputs, 3, last_sale="2025-10-31"))
    assert issues == []


def test_market_that_grew_from_little_is_missed_as_soon_as_it_stops(make_inputs: MakeInputs) -> None:
    grown = [3.0 * 1.15**i for i in range(36)]
    rounded = [round(value) for value in grown]
    _, issues = corrected(two_markets(make_inputs, without(LAST_TWO, rounded)))
    assert asked(issues) == ["not-reported market West 2025-11..2025-12"]


def test_empty_month_of_a_market_with_few_orders_is_chance(make_inputs: MakeInputs) -> None:
    few = np.random.default_rng(1).poisson(3, 36).clip(1).astype(float)
    _, issues = corrected(two_markets(make_inputs, without([30], few.tolist())))
    assert issues == []
    _, issues = corrected(two_markets(make_inputs, without([33, 34, 35], few.tolist())))
    assert asked(issues) == ["not-reported market West 2025-10..2025-12"]


def test_what_people_said_of_a_whole_channel_is_not_asked_again(make_inputs: MakeInputs) -> None:
    markets = [{"market": f"S{i}", "channel": "Shop"} for i in range(2)] + [{"market": "W", "channel": "Web"}]
    orders = [row for name in ("S0", "S1") for row in monthly(without([35]), market=name)]
    said = [{"market": name, "bucket": "2025-12", "reason": "shops were shut"} for name in ("S0", "S1")]
    given = {"items": [ITEM], "markets": markets, "orders": [*orders, *monthly(YEARS, market="W")]}
    assert asked(corrected(make_inputs(**given))[1]) == ["not-reported channel Shop 2025-12..2025-12"]
    panel, issues = corrected(make_inputs(**given, history_corrections=said))
    assert issues == []
    assert known(panel).all()


def test_weeks_are_missed_as_months_are(make_inputs: MakeInputs) -> None:
    first = np.datetime64("2023-01-02")
    edges = [str(first + 7 * i) for i in range(156)]
    values = [100 + 30 * np.sin(i * np.pi / 26) for i in range(156)]
    orders = [
        {"item": "A", "market": market, "bucket": edge, "quantity": round(value)}
        for market in ("W", "E")
        for i, (edge, value) in enumerate(zip(edges, values, strict=True))
        if market == "E" or i <= 152
    ]
    inputs = make_inputs(
        first="2023-01-02", cycle="2025-12-29", calendar=Calendar.WEEKS, horizon=52, items=[ITEM], orders=orders
    )
    assert asked(corrected(inputs)[1]) == ["not-reported market W 2025-12..2025-12"]
