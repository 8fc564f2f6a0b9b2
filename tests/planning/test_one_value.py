"""The noise law: what series teach each other is learned once, and one corrected value moves no other series."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.demand.demand_company import Words, company_builder, monthly
from trivet.core.ids import Digest
from trivet.core.learned import Learned, unpack
from trivet.core.options import PlanOptions
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.demand.bounds import BOUNDS
from trivet.engines.ensemble import Ensemble
from trivet.engines.highs import HighsSolver
from trivet.engines.processes import LocalExecutor
from trivet.planning.make import find_options, learn_forecast, make_plan, options_digest
from trivet.workspace.registries import measure_registry, table_specs
from trivet.workspace.workspace import PlanEngines, quiet

SEASON = np.array([0.62, 0.8, 1.25, 1.55, 1.55, 1.35, 1.1, 0.9, 0.85, 0.7, 0.6, 0.73])
ENGINES = PlanEngines(forecaster=Ensemble(executor=LocalExecutor(), seeds=(11,)), solver=HighsSolver(), progress=quiet)
ITEMS = [f"I{number:02d}" for number in range(40)]


@pytest.fixture(scope="module")
def inputs() -> PlanInputs:
    """40 items in 4 families, 48 months each but for two young ones; enough to teach a global model."""
    draw = np.random.default_rng(11)
    orders = []
    for number, item in enumerate(ITEMS):
        values = np.round(100 * np.tile(SEASON, 4) * draw.lognormal(0, 0.2, 48) * 1.01 ** np.arange(48))
        values[: 36 if number in (5, 6) else 0] = 0
        orders += monthly(values.tolist(), item=item, first="2022-01-01")
    make = company_builder(Words(specs=table_specs(), registry=measure_registry()))
    items = [{"item": item, "family": f"F{number % 4}"} for number, item in enumerate(ITEMS)]
    return make(first="2022-01-01", cycle="2026-01-01", horizon=18, items=items, orders=orders)


@pytest.fixture(scope="module")
def learned(inputs: PlanInputs) -> Learned:
    return learn_forecast(inputs, ENGINES.forecaster)


@pytest.fixture(scope="module")
def plan(inputs: PlanInputs, learned: Learned) -> Plan:
    return make_plan(inputs, (), PlanOptions(), ENGINES, None, learned)


def corrected(inputs: PlanInputs, item: str, factor: float) -> PlanInputs:
    """Multiply one value of an item's history, in March 2025."""
    orders = inputs.table("orders")
    hit = (pl.col("item") == item) & (pl.col("bucket") == pl.date(2025, 3, 1))
    changed = orders.with_columns(
        pl.when(hit).then((pl.col("quantity") * factor).cast(pl.Int64)).otherwise("quantity").alias("quantity")
    )
    assert not changed.equals(orders)
    return replace(inputs, tables={**inputs.tables, "orders": changed}, digest=Digest("corrected"))


def demand(plan: Plan) -> Panel:
    return plan.panel("demand")


@pytest.mark.parametrize("factor", [0.5, 1.5, 20.0])
def test_one_value_moves_no_other_series_by_a_bit(
    inputs: PlanInputs, learned: Learned, plan: Plan, factor: float
) -> None:
    other = demand(make_plan(corrected(inputs, "I11", factor), (), PlanOptions(), ENGINES, None, learned))
    rest = np.array([item != "I11" for item in other.keys["item"].to_list()])
    for measure in ("baseline_demand", "seasonal_naive", "consensus_demand", *BOUNDS):
        np.testing.assert_array_equal(other.count(measure)[rest], demand(plan).count(measure)[rest], measure)
    if factor < 2:  # a value twenty times too large is corrected as a one-off
        assert not np.array_equal(other.count("baseline_demand"), demand(plan).count("baseline_demand"))


def test_learned_again_from_the_corrected_value_others_would_move(inputs: PlanInputs, plan: Plan) -> None:
    other = demand(make_plan(corrected(inputs, "I11", 1.5), (), PlanOptions(), ENGINES))
    moved = (other.count("baseline_demand") != demand(plan).count("baseline_demand")).any(axis=1)
    assert moved.sum() > 20


def test_a_plan_that_learns_for_itself_is_the_same_plan(inputs: PlanInputs, learned: Learned, plan: Plan) -> None:
    alone = make_plan(inputs, (), PlanOptions(), ENGINES)
    assert learned.model
    assert alone.digest() == plan.digest()
    assert alone.recipe.digest() == plan.recipe.digest()
    kept = make_plan(inputs, (), PlanOptions(), ENGINES, None, unpack(learned.pack()))
    assert kept.digest() == plan.digest()


def test_what_was_learned_is_part_of_the_recipe(inputs: PlanInputs, learned: Learned, plan: Plan) -> None:
    other = make_plan(inputs, (), PlanOptions(), ENGINES, None, replace(learned, model=b""))
    assert other.recipe.digest() != plan.recipe.digest()


def test_options_are_found_by_their_digest() -> None:
    for options in (PlanOptions(), PlanOptions(allow_overtime=False)):
        assert find_options(options_digest(options)) == options
    assert find_options(options_digest(PlanOptions(late_buckets=5))) is None
