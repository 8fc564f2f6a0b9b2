"""The error of the forecast one bucket ahead, pooled over the markets a location serves."""

import numpy as np
import polars as pl
import pytest

from tests.supply.supply_company import Case, Rows
from trivet.core.ids import Counts, Flags, GrainName, Rates
from trivet.core.panel import Panel, make_keys
from trivet.planning.errors import write_forecast_errors
from trivet.supply.panels import supply_panels

TABLES: dict[str, Rows] = {
    "items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "G"}],
    "markets": [{"market": "M", "location": "N"}, {"market": "K", "location": "N"}],
    "inventory_policy": [{"item": "P", "service": 0.95}],
}


class Flat:
    """Forecasts 100 for every series; fails on series of zeros."""

    name = "flat"

    def train(self, history: Rates, first: Counts, season: int) -> bytes:
        assert (first <= history.shape[1]).all()
        assert season == 12
        return b"taught"

    def predict(self, history: Rates, first: Counts, season: int, horizon: int, trained: bytes = b"") -> Rates:
        assert (trained, season) == (b"taught", 12)
        assert (first < history.shape[1]).all()
        found = np.full((len(history), horizon), 100.0)
        found[history.sum(axis=1) == 0] = np.nan
        return found


def panels(history: dict[tuple[str, str], list[float]], tables: dict[str, Rows]) -> tuple[Case, Panel]:
    from datetime import date  # noqa: PLC0415

    from trivet.core.buckets import Buckets, month_edges  # noqa: PLC0415

    months = len(next(iter(history.values())))
    buckets = Buckets(edges=month_edges(date(2024, 1, 1), months + 6), first_open=months)
    keys = make_keys({"item": [i for i, _ in history], "market": [m for _, m in history]})
    demand = Panel(grain=GrainName("demand"), keys=keys, buckets=buckets)
    counts: Counts = np.zeros(demand.shape, dtype=np.int64)
    known: Flags = np.zeros(demand.shape, dtype=np.bool_)
    for row, key in enumerate(keys.iter_rows()):
        values = history[(key[0], key[1])]
        counts[row, :months] = np.rint(np.array(values) * 1000)
        known[row, :months] = True
    return Case(tables={**TABLES, **tables}), demand.with_counts(
        {"demand_history": counts}, present={"demand_history": known}
    )


def error_of(history: dict[tuple[str, str], list[float]], tables: dict[str, Rows] | None = None) -> Panel:
    case, demand = panels(history, tables or {})
    inputs = case.inputs()
    supply = supply_panels(inputs)[0]
    wide = Panel(grain=supply.grain, keys=supply.keys, buckets=demand.buckets)
    return write_forecast_errors(inputs, demand, wide, Flat())


def shown(supply: Panel, item: str) -> float | None:
    row = supply.keys["item"].to_list().index(item)
    first = supply.buckets.first_open
    if "forecast_error" not in supply.counts or not supply.mask("forecast_error")[row, first]:
        return None
    return float(supply.count("forecast_error")[row, first]) / 1000


def test_errors_of_a_locations_markets_are_added_before_they_are_squared() -> None:
    up, down = [110.0, 90.0] * 12, [90.0, 110.0] * 12
    assert shown(error_of({("P", "M"): up, ("P", "K"): down}), "P") == 0
    assert shown(error_of({("P", "M"): up, ("P", "K"): up}), "P") == 20
    assert shown(error_of({("P", "M"): up}), "P") == 10


def test_items_without_a_service_have_no_error() -> None:
    supply = error_of({("P", "M"): [110.0] * 24, ("Q", "M"): [150.0] * 24})
    assert shown(supply, "Q") is None
    none = error_of({("P", "M"): [110.0] * 24}, {"inventory_policy": [{"item": "P", "days": 30}]})
    assert "forecast_error" not in none.counts


def test_policy_of_a_family_or_of_everything_covers_its_items() -> None:
    history = {("P", "M"): [110.0] * 24, ("Q", "M"): [150.0] * 24}
    family = error_of(history, {"inventory_policy": [{"family": "G", "service": 0.9}]})
    assert (shown(family, "P"), shown(family, "Q")) == (None, 50)
    every = error_of(history, {"inventory_policy": [{"service": 0.9}]})
    assert (shown(every, "P"), shown(every, "Q")) == (10, 50)


@pytest.mark.parametrize("months", [5, 8])
def test_too_little_history_gives_no_error(months: int) -> None:
    assert shown(error_of({("P", "M"): [110.0] * months}), "P") is None


def test_series_the_method_fails_on_are_left_out() -> None:
    assert shown(error_of({("P", "M"): [0.0] * 23 + [5.0]}), "P") is None


def test_months_that_were_not_reported_do_not_count() -> None:
    case, demand = panels({("P", "M"): [110.0] * 18 + [900.0] + [110.0] * 5}, {})
    known = demand.present["demand_history"].copy()  # type: ignore[index]
    known[0, 18] = False
    demand = demand.with_counts({}, present={"demand_history": known})
    inputs = case.inputs()
    wide = Panel(
        grain=GrainName("supply"), keys=pl.DataFrame({"item": ["P"], "location": ["N"]}), buckets=demand.buckets
    )
    assert shown(write_forecast_errors(inputs, demand, wide, Flat()), "P") == 10
