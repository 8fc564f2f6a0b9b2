"""From history to consensus on a small company: the order make_plan calls them in."""

import numpy as np

from tests.demand.demand_company import MakeInputs, monthly
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.baseline import forecast
from trivet.demand.cleansing import correct_history
from trivet.demand.consensus import agree
from trivet.demand.drivers import apply_drivers
from trivet.demand.history import demand_panel
from trivet.demand.lifecycle import apply_life_cycle
from trivet.demand.streams import spread_streams
from trivet.engines.seasonal_naive import SeasonalNaive


def chain(inputs: PlanInputs) -> Panel:
    panel, _ = demand_panel(inputs)
    panel, _ = correct_history(inputs, panel)
    panel, _ = forecast(inputs, panel, SeasonalNaive())
    panel, _ = apply_life_cycle(inputs, panel)
    panel, _ = apply_drivers(inputs, panel)
    panel, _ = spread_streams(inputs, panel)
    return agree(inputs, panel)[0]


SEASON = [10, 20, 30, 40, 50, 60, 60, 50, 40, 30, 20, 10]


def test_without_opinions_the_consensus_is_the_baseline(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        items=[{"item": "A", "family": "F"}, {"item": "B", "family": "F"}],
        orders=[*monthly(SEASON * 3), *monthly([5] * 36, item="B")],
    )
    panel = chain(inputs)
    assert panel.keys.rows() == [("A", "M"), ("B", "M")]
    np.testing.assert_array_equal(panel.count("consensus_base"), panel.count("baseline_demand"))
    np.testing.assert_array_equal(panel.count("baseline_demand")[0, 36:48], np.array(SEASON) * 1000)
    np.testing.assert_array_equal(panel.count("baseline_demand")[1, 36:], 5000)
    assert not panel.count("baseline_demand")[:, :36].any()
