"""Who loses what is short: locations of an item in proportion to what is asked of them, where time allows."""

import pytest

from tests.supply.supply_company import Case, Row, Rows, crew, line, stock
from trivet.core.options import PlanOptions

ON_TIME = PlanOptions(late_buckets=0)


def two_places(days: int = 0, cost: float = 0.0, **more: Rows) -> dict[str, Rows]:
    """Plant N makes 20 a month and serves market M; market W is served from A, `days` away."""
    lane: Row = {"origin": "N", "destination": "A", "lead_time_days": days, "cost": cost}
    return {
        "locations": [{"location": "N", "kind": "plant"}, {"location": "A", "kind": "dc"}],
        "markets": [{"market": "M", "location": "N"}, {"market": "W", "location": "A"}],
        "routings": [line()],
        "resources": [crew(per_day=1)],
        "lanes": [lane],
        **more,
    }


def lost(case: Case, market: str, *buckets: int) -> float:
    values = case.plan().units("unserved_demand", "P", market)
    return sum(values[t] for t in (buckets or range(len(values))))


@pytest.mark.parametrize("cost", [0.0, 5.0, 20.0])
def test_locations_lose_in_proportion_to_what_is_asked_of_them(cost: float) -> None:
    # 40 asked, 20 made: 30 at N and 10 at A lose a half each, though A costs freight.
    case = Case(tables=two_places(cost=cost), demand={("P", "M"): [30] * 4, ("P", "W"): [10] * 4}, options=ON_TIME)
    assert lost(case, "M") == pytest.approx(60, abs=1)
    assert lost(case, "W") == pytest.approx(20, abs=1)


def test_cheap_market_loses_no_more_than_a_dear_one() -> None:
    # Both markets are one item's: what W pays less decides nothing.
    case = Case(
        tables=two_places(),
        demand={("P", "M"): [20] * 3, ("P", "W"): [20] * 3},
        price={"P": 100, "P in W": 80},
        options=ON_TIME,
    )
    assert lost(case, "M") == pytest.approx(30, abs=1)
    assert lost(case, "W") == pytest.approx(30, abs=1)


def test_what_time_forbids_is_made_up_for_within_the_half_year() -> None:
    # A gets nothing before the second month: it loses 10 at once, N later so much more of what is short.
    demand = {("P", "M"): [10.0, 30, 30, 10], ("P", "W"): [10.0, 10, 10, 10]}
    case = Case(tables=two_places(days=31), demand=demand, options=ON_TIME)
    assert lost(case, "W", 0) == 10
    total = lost(case, "M") + lost(case, "W")
    assert lost(case, "M") == pytest.approx(total * 80 / 120, abs=1.5)


def test_nobody_loses_more_so_that_all_lose_alike() -> None:
    # A is out of reach in the only month that is short: its loss is no reason to refuse a customer of N.
    tables = two_places(days=31, stock_history=[stock(units=50)])
    case = Case(tables=tables, demand={("P", "M"): [20.0, 5, 5], ("P", "W"): [20.0, 5, 5]}, options=ON_TIME)
    assert lost(case, "W", 0) == 20
    assert lost(case, "M") == 0


def test_item_served_from_one_place_needs_no_share() -> None:
    case = Case(tables={"routings": [line()], "resources": [crew()]}, demand={("P", "M"): [20, 5]}, options=ON_TIME)
    assert lost(case, "M") == 10
