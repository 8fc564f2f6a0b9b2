"""The aggregate plan by hand: people, overtime, stock and lateness where the answer can be counted on fingers."""

from dataclasses import replace

import numpy as np
import pytest

from trivet.core.errors import InvalidInput
from trivet.core.issues import Issue, Severity
from trivet.engines.highs import HighsSolver
from trivet.supply.aggregate import (
    AggregatePlan,
    AggregateTask,
    FamilyTask,
    Room,
    Strategy,
    Temporary,
    Workforce,
    plan_aggregate,
)

CREW = Workforce(opening=2.0, work=10.0, wage=100.0, hire=500.0, release=300.0)
CITY = FamilyTask(name="City", demand=np.array([10.0, 30.0, 20.0]), hold=1.0)
TASK = AggregateTask(families=[CITY], workforce=CREW)


def planned(task: AggregateTask) -> AggregatePlan:
    plan = plan_aggregate(task, HighsSolver())
    assert isinstance(plan, AggregatePlan), plan
    return plan


def test_stock_is_built_where_keeping_is_cheaper_than_hiring() -> None:
    plan = planned(TASK)
    assert plan.workers.tolist() == [2, 2, 2]
    assert plan.made[0].tolist() == [20, 20, 20]
    assert plan.stock[0].tolist() == [10, 0, 0]
    assert plan.cost == 610
    assert dict(plan.costs)["wages"] == 600
    assert dict(plan.costs)["keeping"] == 10


def test_people_come_and_go_where_keeping_is_dear() -> None:
    plan = planned(
        replace(TASK, families=[replace(CITY, hold=200.0)], workforce=replace(CREW, hire=10.0, release=10.0))
    )
    assert plan.workers.tolist() == [1, 3, 2]
    assert plan.hired.tolist() == [0, 2, 0]
    assert plan.released.tolist() == [1, 0, 1]
    assert plan.stock[0].tolist() == [0, 0, 0]


def test_level_keeps_one_workforce_and_chase_builds_no_stock() -> None:
    cheap = replace(TASK, workforce=replace(CREW, hire=5.0, release=5.0))
    level = planned(replace(cheap, strategy=Strategy.LEVEL))
    assert len(set(level.workers.tolist())) == 1
    chase = planned(replace(TASK, strategy=Strategy.CHASE))
    assert chase.made[0].tolist() == [10, 30, 20]
    assert chase.stock.max() == 0
    assert planned(cheap).cost <= level.cost
    assert planned(TASK).cost < chase.cost


def test_chase_uses_up_opening_stock_and_ends_with_what_is_asked() -> None:
    family = replace(CITY, opening=35.0, ending=5.0, late=1.0)
    plan = planned(replace(TASK, families=[family], strategy=Strategy.CHASE))
    assert plan.stock[0].tolist() == [25, 0, 5]
    assert plan.made[0].tolist() == [0, 5, 25]
    assert plan.backlog.max() == 0


def test_lateness_is_paid_and_over_at_the_end() -> None:
    family = replace(CITY, demand=np.array([30.0, 10.0, 20.0]), late=2.0)
    plan = planned(replace(TASK, families=[family]))
    assert plan.backlog[0].tolist() == [10, 0, 0]
    assert dict(plan.costs)["lateness"] == 20
    late_end = replace(family, demand=np.array([10.0, 20.0, 70.0]), hold=1e6)
    assert planned(replace(TASK, families=[late_end])).backlog[0, -1] == 0


def test_overtime_is_limited_by_the_people_there_are() -> None:
    crew = replace(CREW, opening=1.0, overtime_hours=8.0, overtime_work=0.5, overtime_cost=3.0)
    family = replace(CITY, demand=np.array([14.0]))
    plan = planned(AggregateTask(families=[family], workforce=crew))
    assert plan.workers.tolist() == [1]
    assert plan.overtime.tolist() == [8]
    assert plan.cost == 124
    more = planned(AggregateTask(families=[replace(family, demand=np.array([15.0]))], workforce=crew))
    assert more.workers[0] == pytest.approx(15 / 14)


def test_whole_people_are_whole_and_cost_more() -> None:
    task = replace(TASK, families=[replace(CITY, demand=np.array([10.0, 31.0, 25.0]), bought_in=30.0)])
    whole = planned(replace(task, whole_workers=True))
    assert np.array_equal(whole.workers, np.rint(whole.workers))
    assert whole.cost >= planned(task).cost
    assert whole.gap == 0


def test_published_whole_number_plan_of_densepack() -> None:
    """The note of cases/supply/densepack_lp.json: 379,504.08 with whole workers and no idle time."""
    crew = Workforce(
        opening=300.0, work=np.array([2.931, 3.517, 2.638, 3.81, 3.224, 2.198]), hire=500.0, release=1000.0
    )
    demand = np.array([1280.0, 640, 900, 1200, 2000, 1400])
    family = FamilyTask(name="discs", demand=demand, opening=500.0, ending=600.0, hold=80.0)
    task = AggregateTask(families=[family], workforce=crew, idle=False)
    assert planned(task).cost == pytest.approx(379_320.90, abs=0.01)
    assert planned(replace(task, whole_workers=True)).cost == pytest.approx(379_504.08, abs=0.01)


def test_people_who_may_not_stand_idle_make_what_they_can() -> None:
    family = replace(CITY, demand=np.array([10.0, 10.0]))
    plan = planned(AggregateTask(families=[family], workforce=replace(CREW, release=1e6), idle=False))
    assert plan.made[0].tolist() == [20, 20]
    assert plan.stock[0].tolist() == [10, 20]


def test_bought_in_goods_take_no_people() -> None:
    plan = planned(AggregateTask(families=[replace(CITY, bought_in=1.0)], workforce=replace(CREW, opening=0.0)))
    assert plan.bought_in[0].tolist() == [10, 30, 20]
    assert plan.workers.max() == 0


def test_families_share_people_by_the_work_a_unit_takes() -> None:
    slow = FamilyTask(name="Cargo", demand=np.array([2.0]), work=5.0)
    quick = FamilyTask(name="Kids", demand=np.array([10.0]), work=1.0)
    plan = planned(AggregateTask(families=[slow, quick], workforce=replace(CREW, release=0.0, hire=0.0)))
    assert plan.workers.tolist() == [2]
    assert plan.made[:, 0].tolist() == [2, 10]


def test_temporary_labour_comes_only_when_it_may() -> None:
    crew = replace(CREW, opening=1.0)
    family = replace(CITY, demand=np.array([10.0, 30.0]), bought_in=50.0)
    dear = Temporary(cost=2.0, allowed=np.array([False, True]))
    plan = planned(AggregateTask(families=[family], workforce=crew, temporary=dear))
    assert plan.temporary.tolist() == [0, 20]
    assert plan.bought_in.max() == 0
    shut = replace(dear, allowed=np.array([False, False]))
    assert planned(AggregateTask(families=[family], workforce=crew, temporary=shut)).temporary.max() == 0


def test_room_above_what_is_free_is_rented() -> None:
    family = replace(CITY, demand=np.array([10.0]), space=3.0)
    plan = planned(AggregateTask(families=[family], workforce=CREW, room=Room(free=20.0, rent=2.0)))
    assert plan.rented.tolist() == [10]
    assert dict(plan.costs)["rent"] == 20


def test_a_task_without_a_plan_is_an_answer_with_a_way_out() -> None:
    found = plan_aggregate(replace(TASK, strategy=Strategy.LEVEL, idle=False), HighsSolver())
    assert isinstance(found, AggregatePlan)
    crew = replace(CREW, work=0.0)
    issue = plan_aggregate(replace(TASK, workforce=crew), HighsSolver())
    assert isinstance(issue, Issue)
    assert issue.severity is Severity.REFUSED
    assert "City" in issue.message
    assert "subcontractor" in issue.advice


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (AggregateTask(families=[], workforce=CREW), "without demand"),
        (replace(TASK, families=[CITY, replace(CITY, name="Kids", demand=np.ones(2))]), "Kids has 2 buckets"),
        (replace(TASK, families=[replace(CITY, hold=-1.0)]), "City: -1 is no amount"),
        (replace(TASK, families=[replace(CITY, late=np.array([1.0, np.nan, 1.0]))]), "City: nan is no amount"),
        (replace(TASK, workforce=replace(CREW, work=np.ones(2))), "the workforce: 2 numbers where one or 3"),
        (replace(TASK, workforce=replace(CREW, overtime_hours=-2.0)), "overtime: -2 is no amount"),
    ],
)
def test_a_task_that_is_none_is_refused(task: AggregateTask, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        plan_aggregate(task, HighsSolver())
