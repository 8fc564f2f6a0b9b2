"""What relief is worth, on companies small enough to be worked out by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

from tests.supply.supply_company import Case, Counting, Result, Rows, crew, line
from trivet.core.entries import Change, Logged, Operation
from trivet.core.errors import NotFound
from trivet.core.formula import recompute
from trivet.core.ids import ActorId, Digest, GrainName, MeasureId, MemberId, ScenarioId, Seq
from trivet.core.issues import Node
from trivet.core.linear import LinearModel
from trivet.core.options import PlanOptions
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import Plan, Recipe
from trivet.core.ports import Forecaster, Progress, Solver
from trivet.core.records import Stamp
from trivet.engines.ensemble import Ensemble
from trivet.engines.highs import HighsSolver
from trivet.engines.processes import LocalExecutor
from trivet.planning.relief import Asked, ReliefPrices, price_each, price_relief
from trivet.supply.scarcity import Means

ON_TIME = PlanOptions(late_buckets=0)
LINE: Mapping[str, Rows] = {"routings": [line()], "resources": [crew(per_day=2)]}
"""40 hours a month, 2 on a Saturday; a unit takes one and earns 40."""


@dataclass
class Told:
    """Engines that remember how far they were."""

    said: list[tuple[str, int, int]] = field(default_factory=list)
    solver: Solver = field(default_factory=HighsSolver)
    forecaster: Forecaster = field(default_factory=lambda: Ensemble(executor=LocalExecutor()))

    @property
    def progress(self) -> Progress:
        return lambda stage, done, of: self.said.append((stage, done, of))


def battery(cap: float) -> dict[str, Rows]:
    return {
        "items": [{"item": "P", "family": "F"}, {"item": "B", "kind": "material", "family": "X"}],
        "routings": [line()],
        "resources": [crew(per_day=5)],
        "bill_of_materials": [{"parent": "P", "component": "B", "quantity": 2}],
        "supply_sources": [{"item": "B", "supplier": "V", "location": "N", "cap": cap}],
    }


def stored(result: Result) -> Plan:
    """A stored plan, as far as relief reads it."""
    plan, none = result.plan, Digest("")
    demand = recompute(plan.demand, result.inputs.model.registry)
    company = Panel(grain=GrainName("company"), keys=make_keys({}), buckets=demand.buckets)
    company = company.with_counts({"supply_variance": plan.variance[None, :], "freight": plan.freight[None, :]})
    return Plan(
        recipe=Recipe(inputs=none, entries=none, options=none, reference=None, engines=()),
        panels={p.grain: p for p in (demand, plan.supply, plan.load, plan.material, company)},
        issues=(),
        basis=plan.basis,
    )


def prices(case: Case, asked: Asked | None = None, entries: tuple[Logged, ...] = ()) -> ReliefPrices:
    result = case.plan()
    return price_relief(result.inputs, stored(result), entries, case.options, Told(), asked or Asked())


def node(level: str, member: str) -> Node:
    dimension = {"family": "item"}.get(level, level)
    return Node(dimension=dimension, level=level, member=MemberId(member))


def test_saturday_on_a_full_line_is_worth_the_margin_of_what_it_makes() -> None:
    # 60 asked, 40 hours: 20 lost at 40 each; a Saturday makes 2 more, and so do the second and the fourth.
    case = Case(tables=LINE, demand={("P", "M"): [60, 5, 5]}, options=ON_TIME)
    (relief,) = prices(case, Asked(top=1)).reliefs
    assert (relief.name, relief.bucket, relief.means, relief.block) == ("R", "2026-03", Means.DAY, Decimal(2))
    assert relief.value.worth == Decimal(80)
    assert relief.value.gains[0].units == Decimal(2)
    assert relief.holds_to == Decimal(8)
    assert relief.said == (
        "A Saturday (2 h) on R in 2026-03 is worth EUR 80: F +2 units (EUR 80 of margin); it holds for 8 h at least."
    )


def test_price_holds_only_as_far_as_demand_reaches() -> None:
    # One unit is short: the first Saturday serves it, the second has nothing to do.
    case = Case(tables=LINE, demand={("P", "M"): [41, 5, 5]}, options=ON_TIME)
    (relief,) = prices(case, Asked(top=1)).reliefs
    assert relief.value.worth == Decimal(40)
    assert relief.holds_to == relief.block
    assert relief.said.endswith("a second one is worth less.")


def test_overtime_that_a_saturday_saves_is_its_worth() -> None:
    tables: dict[str, Rows] = {
        "routings": [line()],
        "resources": [crew(per_day=2, overtime=0.5, crew_cost=20, overtime_premium=0.5)],
    }
    (relief,) = prices(Case(tables=tables, demand={("P", "M"): [50, 5, 5]}), Asked(top=1)).reliefs
    assert relief.value.supply_variance == Decimal(-20)
    assert relief.value.worth == Decimal(20)
    assert "no sale hangs on it, supply costs fall by EUR 20" in relief.said


def test_hours_that_only_shorten_the_wait_earn_nothing_and_say_so() -> None:
    # 44 asked, 40 hours: 4 wait a month; two of them no longer do with a Saturday.
    (relief,) = prices(Case(tables=LINE, demand={("P", "M"): [44, 5, 5]}), Asked(top=1)).reliefs
    assert relief.value.nothing
    assert relief.value.waiting == Decimal(-2)
    assert "customers wait 2 unit-months less" in relief.said


def test_line_that_waits_for_material_is_worth_nothing_and_says_what_binds() -> None:
    # 10 packs a month make 5 units of 60: the line is overloaded without limits, yet batteries decide.
    tables = {**battery(cap=10), "resources": [crew(per_day=2)]}
    case = Case(tables=tables, demand={("P", "M"): [60, 60, 60]}, options=ON_TIME)
    found = {relief.name: relief for relief in prices(case, Asked(top=9)).reliefs}
    assert found["R"].value.nothing
    assert found["R"].holds_to is None
    assert "worth nothing: no sale hangs on it; F wait for B." in found["R"].said
    assert found["B"].block == Decimal(1)
    # Two packs make a unit: one alone earns nothing in the month, kept for the next one it does.
    assert found["B"].means is Means.UNITS


def test_packs_are_priced_by_the_goods_they_go_into() -> None:
    case = Case(tables=battery(cap=100), demand={("P", "M"): [100, 100, 100]}, options=ON_TIME)
    (relief,) = prices(case, Asked(scope=(node("item", "B"),), columns=slice(2, 3))).reliefs
    assert (relief.block, relief.supplier, relief.value.worth) == (Decimal(10), "V", Decimal(200))
    assert relief.said.startswith("10 units of B from V in 2026-03 are worth EUR 200: F +5 units")


def test_idle_thing_is_priced_once_and_only_when_it_binds() -> None:
    tables = {**battery(cap=10), "resources": [crew(per_day=2)]}
    case = Case(tables=tables, demand={("P", "M"): [60, 60, 60]}, options=ON_TIME)
    assert [r.name for r in prices(case, Asked(top=9)).reliefs].count("R") == 1
    calm = Case(tables=LINE, demand={("P", "M"): [10, 10, 10]})
    assert prices(calm).reliefs == ()
    asked = prices(calm, Asked(scope=(node("resource", "R"),))).reliefs
    assert [r.bucket for r in asked] == ["2026-03", "2026-04", "2026-05"]
    assert all(r.value.nothing and not r.binds for r in asked)


def test_resource_without_hours_is_asked_about_in_hours() -> None:
    tables: dict[str, Rows] = {"routings": [line()], "resources": [crew(per_day=0)]}
    case = Case(tables=tables, demand={("P", "M"): [20, 5, 5]}, options=ON_TIME)
    (relief,) = prices(case, Asked(scope=(node("resource", "R"),), columns=slice(2, 3))).reliefs
    assert (relief.means, relief.block, relief.value.worth) == (Means.HOURS, Decimal(8), Decimal(320))
    assert relief.said.startswith("8 h on R in 2026-03 are worth EUR 320")


def test_scope_without_a_limited_thing_is_refused() -> None:
    case = Case(tables=LINE)
    with pytest.raises(NotFound, match="no resource and no capped material lies there"):
        prices(case, Asked(scope=(node("family", "F"),)))
    with pytest.raises(NotFound, match="but no market"):
        prices(case, Asked(scope=(node("market", "M"),)))


def test_hours_for_what_sells_below_its_cost_say_so() -> None:
    case = Case(tables=LINE, demand={("P", "M"): [50] * 3}, price={"P": 50}, options=ON_TIME)
    one = prices(case, Asked(scope=(node("resource", "R"),), top=1)).reliefs[0]
    assert one.value.worth < 0
    assert one.said.endswith("; more of F is sold, below its cost.")


def test_several_things_are_priced_from_one_solve_of_the_plan() -> None:
    case = Case(tables=battery(40), demand={("P", "M"): [100] * 6}, options=ON_TIME)
    result, told = case.plan(), Told(solver=Counting())
    asked = [(node("item", "B"),), (node("resource", "R"),)]
    found = price_each(result.inputs, stored(result), case.options, told, asked)
    apart = Told(solver=Counting())
    alone = [price_relief(result.inputs, stored(result), (), case.options, apart, Asked(scope=s, top=1)) for s in asked]
    assert list(found) == alone
    assert len(_solved(told)) == len(_solved(apart)) - 1
    assert price_each(result.inputs, stored(result), case.options, told, []) == ()


def test_a_thing_that_limits_nothing_has_no_answer_among_several() -> None:
    case = Case(tables=LINE, demand={("P", "M"): [50] * 3}, options=ON_TIME)
    result = case.plan()
    asked = [(node("item", "P"),), (node("resource", "R"),)]
    nothing, line_ = price_each(result.inputs, stored(result), case.options, Told(), asked)
    assert nothing is None
    assert line_ is not None
    assert len(line_.reliefs) == 1


def _solved(told: Told) -> list[LinearModel]:
    assert isinstance(told.solver, Counting)
    return told.solver.models


def test_progress_is_told_to_the_end() -> None:
    case = Case(tables=LINE, demand={("P", "M"): [60, 5, 5]}, options=ON_TIME)
    result, engines = case.plan(), Told()
    price_relief(result.inputs, stored(result), (), case.options, engines, Asked(top=1))
    assert engines.said[0] == ("relief", 0, 1)
    assert engines.said[-1] == ("relief", 1, 1)


def fixed(units: int, first: date = date(2026, 3, 1)) -> Logged:
    change = Change(
        measure=MeasureId("firm_production"),
        operation=Operation.SET,
        amount=Decimal(units),
        scope=(node("item", "P"),),
        first=first,
        last=first,
        reason="agreed with the plant",
    )
    stamp = Stamp(actor=ActorId("ann"), at=datetime(2026, 3, 2, tzinfo=UTC), source="test", group="g")
    return Logged(scenario=ScenarioId("main"), seq=Seq(7), base=Digest(""), entry=change, stamp=stamp, effects=())


def test_production_fixed_too_low_costs_the_margin_it_forgoes() -> None:
    # 30 asked and room for 40, but 20 are fixed: 10 are lost at 40 each.
    firm = {("P", "N"): [20.0, -1, -1]}
    case = Case(tables=LINE, demand={("P", "M"): [30, 5, 5]}, firm=firm, options=ON_TIME)
    (cost,) = prices(case, entries=(fixed(20),)).firm
    assert (cost.seq, cost.author, cost.value.worth) == (7, "ann", Decimal(400))
    assert cost.said == (
        "entry 7 of ann, set 20 firm_production, item P, 2026-03 to 2026-03 (agreed with the plant), costs EUR 400: "
        "without it F +10 units (EUR 400 of margin)."
    )


def test_production_fixed_at_what_is_needed_costs_nothing() -> None:
    case = Case(tables=LINE, demand={("P", "M"): [30, 5, 5]}, firm={("P", "N"): [30.0, -1, -1]}, options=ON_TIME)
    (cost,) = prices(case, entries=(fixed(30),)).firm
    assert cost.value.nothing
    assert "costs no margin" in cost.said


def test_entries_that_are_past_withdrawn_or_of_demand_have_no_price() -> None:
    past = fixed(20, date(2026, 1, 1))
    assert isinstance(past.entry, Change)
    other = replace(past, seq=Seq(8), entry=replace(past.entry, measure=MeasureId("consensus_demand")))
    taken_back = replace(fixed(20), seq=Seq(9))
    assert isinstance(taken_back.entry, Change)
    undo = replace(
        taken_back, seq=Seq(10), entry=replace(taken_back.entry, operation=Operation.WITHDRAW, withdraws=Seq(9))
    )
    assert prices(Case(tables=LINE), entries=(past, other, taken_back, undo)).firm == ()


@pytest.mark.parametrize("seed", range(12))
def test_no_block_lowers_what_is_served(seed: int) -> None:
    draw = np.random.default_rng(seed)
    demand = {("P", "M"): draw.integers(0, 80, 6).astype(float).tolist()}
    tables = {**battery(cap=float(draw.integers(20, 90))), "resources": [crew(per_day=float(draw.uniform(1, 3)))]}
    for relief in prices(Case(tables=tables, demand=demand, options=ON_TIME), Asked(top=4)).reliefs:
        assert sum(gain.units for gain in relief.value.gains) >= 0
        assert relief.value.worth >= 0
