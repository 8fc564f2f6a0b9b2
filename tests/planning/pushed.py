"""A small company planned for the push-down, and its schedule."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from tests.supply.supply_company import REGISTRY, Case
from trivet.core.formula import recompute
from trivet.core.ids import Digest, GrainName, VersionId
from trivet.core.plan import Plan, PlanInputs, Recipe
from trivet.core.pushdown import PushDown
from trivet.finance.statement import company_plan
from trivet.planning.push_plan import push_plan
from trivet.planning.schedule import schedule_weeks
from trivet.planning.weekly import Schedule


@dataclass(frozen=True)
class Pushed:
    """What a small company hands over."""

    inputs: PlanInputs
    plan: Plan
    schedule: Schedule
    down: PushDown

    def table(self, name: str) -> pl.DataFrame:
        return next(table.frame for table in self.down.tables if table.name == name)

    def weeks(self, measure: str, *key: str) -> list[float]:
        """Give a flow by part in units, for one row of the supply panel."""
        row = self.plan.panel("supply").keys.rows().index(key)
        return [float(v) for v in self.schedule.sites[measure][row] / 1000.0]

    def buckets(self, measure: str, *key: str) -> list[float]:
        values = np.array(self.weeks(measure, *key))
        return [float(values[list(span)].sum()) for span in self.schedule.parts.spans]

    def planned(self, measure: str, *key: str) -> list[float]:
        supply = self.plan.panel("supply")
        row = supply.keys.rows().index(key)
        return [float(v) for v in supply.count(measure)[row, supply.buckets.horizon] / 1000.0]


def push(case: Case, weeks: int | None = None) -> Pushed:
    """Plan a case and lay it out."""
    result = case.plan()
    inputs, made = result.inputs, result.plan
    demand = recompute(made.demand, REGISTRY)
    supply, budget, company, _ = company_plan(
        inputs, demand, made.supply, made.load, made.material, variance=made.variance, freight=made.freight
    )
    nothing = Digest("")
    recipe = Recipe(inputs=nothing, entries=nothing, options=nothing, reference=None, engines=())
    panels = {GrainName(p.grain): p for p in (demand, supply, made.load, made.material, budget, company)}
    plan = Plan(recipe=recipe, panels=panels, issues=())
    return Pushed(
        inputs=inputs,
        plan=plan,
        schedule=schedule_weeks(inputs, plan),
        down=push_plan(inputs, plan, VersionId("main-1"), weeks=weeks),
    )
