"""Bounds of Velmora's families, by forecasts made from the last ten months but known by now: as honest as they say."""

from collections.abc import Callable

import numpy as np
import pytest

from trivet.connect.folder import read_folder
from trivet.demand.baseline import known_series
from trivet.demand.cleansing import correct_history
from trivet.demand.combined import combined_distance
from trivet.demand.history import demand_panel
from trivet.demand.intervals import bounds_of, usual_error
from trivet.demand.learning import learn
from trivet.demand.scope import group_rows
from trivet.demand.statistical import Known, forecast_known, sells
from trivet.engines.ensemble import Ensemble
from trivet.examples import velmora
from trivet.planning.inputs import build_inputs
from trivet.workspace.registries import measure_registry, table_specs

Figure = Callable[[str, object], None]
HORIZON = 12
INSIDE = {"item x market": (74, 86), "family": (73, 87)}


@pytest.fixture(scope="module")
def known() -> Known:
    loaded = read_folder(velmora(), table_specs())
    inputs, _ = build_inputs(loaded.company, loaded.tables, table_specs(), measure_registry())
    demand, _ = demand_panel(inputs)
    return known_series(inputs, correct_history(inputs, demand)[0])


@pytest.mark.accept
def test_eighty_per_cent_of_what_came_lies_between_the_bounds_at_both_levels(known: Known, figure: Figure) -> None:
    hits: dict[str, list[np.ndarray]] = {level: [] for level in INSIDE}
    for back in (10, 8, 6, 4, 2):
        then = known.before(back, np.arange(len(known.keys)))
        engine = Ensemble()
        learned = learn(then, HORIZON, engine)
        assert learned.widths is not None
        forecast = forecast_known(then, learned, HORIZON, engine).values
        held = then.training
        bounds = bounds_of(forecast, usual_error(held.values, held.first, held.season), learned.widths)
        error = known.training.values[:, -back:] - forecast[:, :back]
        low, high = (forecast - bounds.lower[80])[:, :back], (bounds.upper[80] - forecast)[:, :back]
        going = sells(held)
        hits["item x market"].append(((error >= -low) & (error <= high))[going].ravel())
        for rows in group_rows(known.families).values():
            own = rows[going[rows]]
            below, above = (combined_distance(side[own], learned.together.family, axis=0) for side in (low, high))
            total = error[own].sum(axis=0)
            hits["family"].append((total >= -below) & (total <= above))
    for level, (least, most) in INSIDE.items():
        inside = 100 * float(np.concatenate(hits[level]).mean())
        figure(f"Velmora, outcomes between P10 and P90, {level}", f"{inside:.1f} %")
        assert least <= inside <= most, level
