"""What planning said about a number is found by its cells: measure, members and buckets."""

from datetime import date

import numpy as np

from tests.demand.demand_company import MakeInputs, Words, company_builder, monthly
from tests.demand.test_corrections import SPIKED
from trivet.core.ids import MeasureId
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.plan import Plan, PlanInputs
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.planning.told import issues_about
from trivet.workspace.registries import measure_registry, table_specs

make: MakeInputs = company_builder(Words(specs=table_specs(), registry=measure_registry()))


def planned(inputs: PlanInputs, *more: Issue) -> Plan:
    demand, issues = correct_history(inputs, demand_panel(inputs)[0])
    recipe = None
    return Plan(recipe=recipe, panels={demand.grain: demand}, issues=(*more, *issues))  # type: ignore[arg-type]


def said(measure: str = "demand_history", level: str = "", member: str = "", day: date | None = None) -> Issue:
    dimension = {"family": "item", "resource": "resource"}.get(level, level)
    scope = (Node(dimension=dimension, level=level, member=member),) if level else ()  # type: ignore[arg-type]
    return Issue(
        code="test",
        severity=Severity.NOTE,
        message=f"{measure} {level} {member} {day}",
        advice="",
        place=Place(measure=MeasureId(measure), scope=scope, first=day),
    )


def told(plan: Plan, inputs: PlanInputs, column: int, measure: str = "history_correction") -> list[str]:
    hit = np.ones(plan.panel(inputs.model.registry["orders"].grain).rows, dtype=np.bool_)
    found = issues_about(plan, inputs.model, (MeasureId(measure),), hit, slice(column, column + 1))
    return [issue.message for issue in found]


def test_the_reason_of_a_correction_stands_at_its_cell_and_nowhere_else() -> None:
    inputs = make(items=[{"item": "A", "family": "F"}], orders=monthly(SPIKED))
    plan = planned(inputs)
    assert "corrected by -500 (one-off)" in told(plan, inputs, 14)[0]
    assert told(plan, inputs, 15) == []


def test_the_narrowest_reason_comes_first_and_other_grains_are_left_out() -> None:
    inputs = make(items=[{"item": "A", "family": "F"}], orders=monthly(SPIKED))
    march = date(2024, 3, 1)
    plan = planned(
        inputs,
        said(),
        said(level="family", member="F"),
        said(level="family", member="F", day=march),
        said(level="resource", member="R", day=march),
        said("unserved_demand", day=march),
    )
    found = told(plan, inputs, 14, "demand_history")
    assert "620 units stand" in found[0]
    assert found[1:] == [f"demand_history family F {march}", "demand_history family F None", "demand_history   None"]
    assert told(plan, inputs, 14, "constrained_demand") == [f"unserved_demand   {march}"]
