"""Days a stock lasts as they are told: at least, no demand, what it has to meet, items below target (F3)."""

from decimal import Decimal

import numpy as np
import pytest

from tests.supply.supply_company import Case, Rows, crew, line
from trivet.core.buckets import Period
from trivet.core.errors import InvalidInput
from trivet.core.ids import Counts, Digest, GrainName
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import Plan, Recipe
from trivet.planning.cover import check_cover, cover, flow_after

TWO = Case(tables={"items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "F"}, {"item": "Z", "family": "G"}]})
INPUTS = TWO.inputs()
BUCKETS = INPUTS.model.buckets
"""January to August 2026, open from March on."""


def counts(*rows: list[float]) -> Counts:
    return np.array([[0, *row] for row in rows], dtype=np.float64).astype(np.int64) * 1000


KEYS = make_keys({"item": ["P", "Q", "Z"], "location": ["N", "N", "N"]})
STOCK = counts([0, 20, 5, 0, 0, 0, 0], [50, 50, 50, 50, 50, 50, 50], [7, 7, 7, 7, 7, 7, 7])
TARGET = counts([0, 10, 10, 10, 10, 10, 10], [0, 30, 30, 30, 30, 30, 30], [0, 0, 0, 0, 0, 0, 0])
FLOW = counts([0, 10, 10, 10, 10, 10, 10], [0, 5, 5, 5, 5, 5, 5], [0, 9, 0, 0, 0, 0, 0])
PANEL = Panel(grain=GrainName("supply"), keys=KEYS, buckets=BUCKETS).with_counts(
    {"projected_stock": STOCK, "target_stock": TARGET}
)
ALL = list(range(len(BUCKETS)))


def test_days_run_over_the_months_ahead_with_their_own_lengths() -> None:
    found = cover(INPUTS, PANEL, FLOW, "projected_stock", {"item": "item"})
    told = {name: (values, marks) for name, values, marks in found.told(ALL)}
    days, marks = told["P"]
    assert days[0] is None, "closed before the last count"
    assert days[1:4] == (Decimal(0), Decimal("61.0"), Decimal("15.5"))
    assert marks[:4] == ("", "", "", "")
    days, marks = told["Q"]
    assert days[1] == Decimal("184.0")
    assert marks[1] == "at least"
    assert days[-1] is None, "nothing is known after the last bucket"
    days, marks = told["Z"]
    assert days[1] == Decimal("24.1")
    assert (days[2], marks[2]) == (None, "no demand")


def test_a_family_lasts_longer_than_its_shortest_item_and_says_how_many_are_below_target() -> None:
    found = cover(INPUTS, PANEL, FLOW, "projected_stock", {"item": "family"})
    assert found.names == ["F", "G"]
    below = dict(found.told_below(ALL))
    assert below["F"] == (None, None, Decimal(0), *[Decimal("0.5")] * 4, None)
    assert below["G"] == (None,) * 8
    days = {name: values for name, values, _ in found.told(ALL)}
    assert days["F"][3] == Decimal("112.7"), "55 of 15 a month: May to July and two thirds of August"


def test_a_quarter_is_told_at_its_end_and_a_total_has_one_row() -> None:
    found = cover(INPUTS, PANEL, FLOW, "projected_stock", {}, period=Period.QUARTER)
    (told,) = found.told([0])
    assert told[0] == "total"
    assert told[1] == next(iter(cover(INPUTS, PANEL, FLOW, "projected_stock", {}).told([2])))[1]


def test_without_rows_there_is_nothing_to_tell() -> None:
    empty = Panel(grain=GrainName("supply"), keys=KEYS.clear(), buckets=BUCKETS)
    found = cover(INPUTS, empty, np.zeros((0, 8), dtype=np.int64), "projected_stock", {"item": "family"})
    assert list(found.told([0])) == []
    assert list(found.told_below([0])) == []


def test_what_is_no_level_lasts_no_time() -> None:
    with pytest.raises(InvalidInput, match="production is no level that lasts some days"):
        check_cover("production")


def own_part() -> dict[str, Rows]:
    return {
        "items": [{"item": "P", "family": "F"}, {"item": "B", "kind": "component", "family": "X"}],
        "locations": [{"location": "N", "kind": "plant"}, {"location": "S", "kind": "warehouse"}],
        "markets": [{"market": "M", "location": "S"}],
        "lanes": [{"origin": "N", "destination": "S"}],
        "routings": [line(), {"item": "B", "location": "N", "resource": "R", "hours_per_unit": 0.1}],
        "resources": [crew(per_day=50)],
        "bill_of_materials": [{"parent": "P", "component": "B", "quantity": 2}],
    }


def test_stock_meets_the_consensus_what_production_uses_up_and_what_a_location_sends() -> None:
    result = Case(tables=own_part(), demand={("P", "M"): [10, 20, 5]}).plan()
    panels = {GrainName(panel.grain): panel for panel in (result.panel(name) for name in _GRAINS)}
    recipe = Recipe(inputs=Digest(""), entries=Digest(""), options=Digest(""), reference=None, engines=())
    plan = Plan(recipe=recipe, panels=panels, issues=())
    rows = {key: i for i, key in enumerate(result.panel("supply").keys.iter_rows())}
    open_ = result.panel("supply").buckets.horizon

    def units(apart: bool, *key: str) -> list[float]:
        flow = flow_after(result.inputs, plan, "projected_stock", apart=apart)
        return [float(v) for v in flow[rows[key], open_] / 1000.0]

    assert units(False, "P", "S") == [10, 20, 5]
    assert units(False, "B", "N") == [2 * made for made in result.units("production", "P", "N")]
    assert units(False, "P", "N") == [0, 0, 0]
    assert units(True, "P", "N") == result.units("transfers_out", "P", "N")
    assert sum(units(True, "P", "N")) > 0


_GRAINS = ("demand", "supply", "load", "material")
