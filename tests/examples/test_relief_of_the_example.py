"""What a Saturday and 100 packs are worth at Velmora: each price is added, planned again, and found (PRACTICE, 3)."""

from dataclasses import dataclass, replace
from datetime import date

import polars as pl
import pytest

from trivet.connect.folder import read_folder
from trivet.core.ids import MemberId
from trivet.core.issues import Node
from trivet.core.options import PlanOptions
from trivet.core.plan import Plan, PlanInputs
from trivet.core.ports import Forecaster, Progress, Solver
from trivet.engines.ensemble import Ensemble
from trivet.engines.highs import HighsSolver
from trivet.engines.processes import LocalExecutor
from trivet.examples import velmora
from trivet.planning.inputs import build_inputs
from trivet.planning.make import make_plan
from trivet.planning.relief import Asked, Relief, price_relief
from trivet.workspace.registries import measure_registry, table_specs
from trivet.workspace.workspace import quiet

pytestmark = pytest.mark.accept  # every price is two plans of the whole example

JANUARY, APRIL, SEPTEMBER = 50, 53, 58


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Engines in this process."""

    forecaster: Forecaster
    solver: Solver
    progress: Progress


ENGINES = Here(forecaster=Ensemble(executor=LocalExecutor()), solver=HighsSolver(), progress=quiet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """The plan of the example, to ask for prices."""

    inputs: PlanInputs
    plan: Plan

    def relief(self, level: str, member: str, bucket: int) -> Relief:
        asked = Asked(
            scope=(Node(dimension=level, level=level, member=MemberId(member)),), columns=slice(bucket, bucket + 1)
        )
        (found,) = price_relief(self.inputs, self.plan, (), PlanOptions(), ENGINES, asked).reliefs
        return found

    def moved(self, tables: dict[str, pl.DataFrame]) -> float:
        """Plan again with other tables, from this plan; give the margin less supply costs and freight it adds."""
        inputs = replace(self.inputs, tables={**self.inputs.tables, **tables})
        return earned(make_plan(inputs, (), PlanOptions(), ENGINES, self.plan)) - earned(self.plan)


def earned(plan: Plan) -> float:
    company, horizon = plan.panel("company"), plan.panel("demand").buckets.horizon
    margin = plan.panel("demand").count("gross_margin")[:, horizon].sum()
    costs = sum(company.count(name)[0, horizon].sum() for name in ("supply_variance", "freight"))
    return float(margin - costs) / 10_000


@pytest.fixture(scope="module")
def priced() -> Priced:
    loaded = read_folder(velmora(), table_specs())
    inputs, _ = build_inputs(loaded.company, loaded.tables, table_specs(), measure_registry())
    return Priced(inputs=inputs, plan=make_plan(inputs, (), PlanOptions(), ENGINES))


def test_packs_of_january_are_worth_what_planning_with_them_earns(priced: Priced) -> None:
    relief = priced.relief("item", "BAT-500", JANUARY)
    assert relief.block == 100
    assert relief.value.worth > 20_000
    assert relief.value.gains[0].family == "E-bikes"
    caps = priced.inputs.table("supplier_caps")
    (row,) = caps.rows(named=True)
    assert (row["item"], row["first"], row["last"]) == ("BAT-500", date(2027, 1, 1), date(2027, 3, 1))
    january = {**row, "last": date(2027, 1, 1), "cap": row["cap"] + 100_000}
    later = {**row, "first": date(2027, 2, 1)}
    moved = priced.moved({"supplier_caps": pl.DataFrame([january, later], schema=caps.schema)})
    assert float(relief.value.worth) == pytest.approx(moved, rel=0.01)


def test_saturday_on_the_cargo_cell_is_worth_what_planning_with_it_earns(priced: Priced) -> None:
    relief = priced.relief("resource", "N-C1", JANUARY)
    gains = {gain.family: gain.units for gain in relief.value.gains}
    assert float(relief.block) == 13.5
    assert gains["Cargo"] >= 13
    # each cargo bike takes a battery from an e-bike; E-City 1 off the shelf sells in place of some
    assert gains["E-bikes"] <= -12
    assert 0 < relief.value.worth < 5_000
    days = priced.inputs.table("calendars").filter(pl.col("bucket") == date(2027, 1, 1))["working_days"].to_list()[0]
    changes = priced.inputs.table("resource_changes")
    longer = {"resource": "N-C1", "first": date(2027, 1, 1), "last": date(2027, 1, 1), "hours_per_day": 15 + 15 / days}
    added = pl.concat([changes, pl.DataFrame([longer], schema_overrides=changes.schema)], how="diagonal")
    moved = priced.moved({"resource_changes": added})
    assert float(relief.value.worth) == pytest.approx(moved, rel=0.01)


def test_packs_of_september_and_saturdays_on_n_a2_before_the_shortage_ends_are_worth_nothing(priced: Priced) -> None:
    january = priced.relief("item", "BAT-500", JANUARY)
    assert abs(priced.relief("item", "BAT-500", SEPTEMBER).value.worth) < january.value.worth / 10
    saturday = priced.relief("resource", "N-A2", APRIL)
    assert all(gain.units < 1 for gain in saturday.value.gains)
    assert abs(saturday.value.worth) < january.value.worth / 10


def test_saturday_on_the_full_line_saves_stock_not_sales(priced: Priced) -> None:
    relief = priced.relief("resource", "N-A1", APRIL)
    assert relief.binds
    assert "no sale hangs on it" in relief.said
