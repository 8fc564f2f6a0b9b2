"""What must hold for any history: names, order and scale carry no meaning; totals and zeros stay."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.demand.demand_company import Cell, MakeInputs, monthly
from tests.demand.test_demand_chain import chain
from trivet.core.panel import Panel

history = st.lists(st.integers(0, 400), min_size=36, max_size=36)
fixture = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def planned(make_inputs: MakeInputs, series: dict[str, list[int]], **tables: list[dict[str, Cell]]) -> Panel:
    items: list[dict[str, Cell]] = [{"item": item, "family": "F"} for item in series]
    orders = [row for item, values in series.items() for row in monthly([float(v) for v in values], item)]
    return chain(make_inputs(items=items, orders=orders, **tables))


@fixture
@given(one=history, two=history)
def test_names_and_order_carry_no_meaning(make_inputs: MakeInputs, one: list[int], two: list[int]) -> None:
    there = planned(make_inputs, {"A": one, "B": two})
    back = planned(make_inputs, {"Z": one, "Y": two})
    for measure in ("demand_history", "seasonal_naive", "baseline_demand", "consensus_base"):
        np.testing.assert_array_equal(there.count(measure), back.count(measure)[::-1])


@fixture
@given(one=history, two=history)
def test_a_thousand_times_the_orders_is_a_thousand_times_the_plan(
    make_inputs: MakeInputs, one: list[int], two: list[int]
) -> None:
    small = planned(make_inputs, {"A": one, "B": two}).count("seasonal_naive")
    large = planned(make_inputs, {"A": [v * 1000 for v in one], "B": [v * 1000 for v in two]}).count("seasonal_naive")
    assert np.abs(large - small * 1000).max() <= 500


@fixture
@given(one=history, percent=st.floats(-90, 300, allow_nan=False), dies=st.integers(1, 12))
def test_demand_is_never_negative_nor_beyond_the_last_sale(
    make_inputs: MakeInputs, one: list[int], percent: float, dies: int
) -> None:
    inputs = make_inputs(
        items=[{"item": "A", "family": "F", "last_sale": f"2026-{dies:02d}-15"}, {"item": "B", "family": "F"}],
        orders=[*monthly([float(v) for v in one]), *monthly([float(v) for v in one], "B")],
        promotions=[
            {"promotion": "P", "family": "F", "first": "2026-02", "lift": 0.3, "dip_1": -0.5, "status": "planned"}
        ],
        price_changes=[{"change": "C", "family": "F", "first": "2026-04", "percent": percent, "elasticity": -1.2}],
        streams=[{"stream": "sales", "family": "F", "bucket": "2026-12", "percent": 5}],
        consensus_rules=[{"stream": "sales", "weight": 0.5}, {"stream": "statistical", "weight": 0.5}],
    )
    panel = chain(inputs)
    for measure in ("baseline_demand", "consensus_base"):
        assert (panel.count(measure) >= 0).all()
        assert not panel.count(measure)[0, 36 + dies :].any()
        assert not panel.count(measure)[:, :36].any()
