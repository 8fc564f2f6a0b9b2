"""A plan in pieces: what it states brackets the best plan, it ties like any other, whatever the workers and batches."""

from dataclasses import replace

import numpy as np
import pytest

from tests.supply.supply_company import Case
from tests.supply.test_random_companies import (
    MONTHS,
    check_hours,
    check_lots,
    check_markets,
    check_nothing_lost_beside_stock,
    check_people,
    company,
)
from trivet.core.ids import Rates
from trivet.core.linear import LinearModel, Solution, Status
from trivet.core.options import PlanOptions
from trivet.core.panel import Panel
from trivet.core.ports import Solver
from trivet.engines.highs import HighsSolver
from trivet.engines.highs_many import ManyHighs
from trivet.engines.processes import LocalExecutor
from trivet.supply.blocks import Programme
from trivet.supply.decomposed import solve_in_pieces
from trivet.supply.families import family_task
from trivet.supply.large import InPieces, family_prices, in_pieces
from trivet.supply.panels import supply_panels
from trivet.supply.pieces import GOODS, SHARED, block_numbers, cut_in_pieces
from trivet.supply.programme import Task, read_task, write_programme
from trivet.supply.requirements import require

SMALLEST = PlanOptions(largest_programme=0)


def written(case: Case) -> tuple[Task, Panel, Programme]:
    inputs = case.inputs()
    demand = case.demand_panel(inputs)
    supply, load, material, _ = supply_panels(inputs)
    supply, load, material, _ = require(inputs, demand, supply, load, material)
    task = read_task(inputs, demand, supply, load, material, case.options)
    programme = Programme(task.network.open)
    write_programme(programme, task, load)
    return task, load, programme


def by_pieces(case: Case) -> tuple[InPieces, LinearModel]:
    task, load, programme = written(case)
    return in_pieces(programme, task, load, HighsSolver()), replace(programme.build(), integer=None)


def activity(model: LinearModel, values: Rates) -> Rates:
    columns = np.repeat(np.arange(len(model.cost)), np.diff(model.starts))
    return np.bincount(model.index, model.value * values[columns], minlength=len(model.row_lower)).astype(np.float64)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 7])
def test_the_best_plan_lies_between_what_is_stated_and_what_was_found(seed: int) -> None:
    solver, model = by_pieces(company(seed))
    best, found = HighsSolver().solve(model), solver.solve(model)
    assert found.status is Status.OPTIMAL
    assert found.objective * (1 - found.gap) <= best.objective * (1 + 1e-6)
    assert best.objective <= found.objective * (1 + 1e-6)
    assert found.gap < 0.05
    within = 1e-4
    done = activity(model, found.values)
    assert (done >= model.row_lower - within).all()
    assert (done <= model.row_upper + within).all()
    assert (found.values >= model.lower - within).all()
    assert (found.values <= model.upper + within).all()


@pytest.mark.parametrize("seed", [0, 2, 3, 10])
def test_plan_in_pieces_ties_and_has_common_sense(seed: int) -> None:
    case = company(seed)
    case.options = replace(case.options, largest_programme=0)
    result = case.plan()
    result.check_balance()
    check_markets(result)
    check_nothing_lost_beside_stock(result)
    check_hours(result)
    check_lots(result)
    check_people(result)


def test_plan_says_how_far_from_the_best_it_may_be() -> None:
    case = company(3)
    case.options = replace(case.options, largest_programme=0)
    result = case.plan()
    note = result.issue("supply.in-pieces")
    stated = float(note.message.partition("within ")[2].partition("%")[0]) / 100
    assert 0 < result.plan.gap <= stated < result.plan.gap + 0.001
    assert "supply.in-pieces" not in company(3).plan().codes()


def test_same_plan_for_any_batches_and_from_the_same_prices() -> None:
    case = company(0)
    case.options = replace(case.options, largest_programme=0)
    plans = []
    batched = [ManyHighs(executor=LocalExecutor(), few=0, batch=batch) for batch in (1, 10**6)]
    solvers: list[Solver] = [HighsSolver(), *batched]
    for solver in solvers:
        case.solver = solver
        plans.append(case.plan().plan)
    for grain in ("demand", "supply", "load", "material"):
        assert len({getattr(plan, grain).digest() for plan in plans}) == 1
    assert len({plan.basis for plan in plans}) == 1


def test_next_plan_begins_where_the_last_one_stood() -> None:
    solver, model = by_pieces(company(3))
    first = solver.solve(model)
    asked: list[int] = []

    def begin() -> Rates:
        asked.append(1)
        return np.zeros(len(solver.shared))

    begun = replace(solver, begin=begin)
    again = begun.solve(model, first.basis)
    assert not asked
    assert again.gap <= max(first.gap, 0.01)
    begun.solve(model, HighsSolver().solve(model).basis)
    assert asked == [1]


def test_a_basis_of_the_whole_programme_and_prices_of_pieces_do_not_disturb_each_other() -> None:
    whole, pieces = company(0), company(0)
    pieces.options = replace(pieces.options, largest_programme=0)
    cold = whole.plan().plan
    whole.basis = pieces.plan().plan.basis
    assert whole.plan().plan.supply.digest() == cold.supply.digest()


class _Failing:
    """A solver that fails on small programmes, as one does that meets numbers it can't stand."""

    def __init__(self, below: int) -> None:
        self.below = below
        self.whole = 0

    @property
    def name(self) -> str:
        return "failing"

    def solve(self, model: LinearModel, basis: bytes | None = None) -> Solution:
        if len(model.cost) >= self.below:
            self.whole += 1
            return HighsSolver().solve(model, basis)
        none = np.zeros(0)
        return Solution(status=Status.FAILED, values=none, duals=none, reduced_costs=none, objective=0.0, basis=None)


def test_where_pieces_fail_the_whole_programme_is_solved() -> None:
    case = company(0)
    task, load, programme = written(case)
    model = programme.build()
    failing = _Failing(len(model.cost))
    found = in_pieces(programme, task, load, failing).solve(model)
    # Once for the prices of families, here as many as the items, and once for the plan.
    assert failing.whole == 2
    assert found.objective == pytest.approx(HighsSolver().solve(model).objective)


def test_one_item_is_one_programme() -> None:
    result = Case(options=SMALLEST).plan()
    assert result.plan.gap == 0
    assert result.units("production", "P", "N") == Case().plan().units("production", "P", "N")


def test_pieces_meet_only_in_what_they_share() -> None:
    case = company(0)
    _, _, programme = written(case)
    model = programme.build()
    shared = block_numbers(programme.row_blocks, SHARED)
    pieces = cut_in_pieces(model, shared, block_numbers(programme.column_blocks, [GOODS]))
    # C is made of PART: they are one piece; A, B, D and O stand alone.
    assert len(pieces.pieces) == 5
    columns = np.concatenate([*(piece.columns for piece in pieces.pieces), pieces.kept.columns])
    assert sorted(columns.tolist()) == list(range(len(model.cost)))
    rows = np.concatenate([*(piece.rows for piece in pieces.pieces), pieces.kept.rows, pieces.shared])
    assert sorted(rows.tolist()) == list(range(len(model.row_lower)))
    assert sum(len(p.model.value) for p in (*pieces.pieces, pieces.kept)) + len(pieces.meeting.values) == len(
        model.value
    )


def test_prices_of_one_round_prove_a_bound_at_any_prices() -> None:
    case = company(0)
    task, load, programme = written(case)
    model = programme.build()
    pieces = cut_in_pieces(
        model, block_numbers(programme.row_blocks, SHARED), block_numbers(programme.column_blocks, [GOODS])
    )
    best = HighsSolver().solve(model).objective
    for factor in (0.0, 0.5, 1.0):
        found = solve_in_pieces(pieces, factor * family_prices(task, load, HighsSolver()), HighsSolver(), rounds=6)
        if found is not None:
            assert found.solution.objective * (1 - found.solution.gap) <= best * (1 + 1e-6)


def test_families_of_one_item_each_are_the_plan_of_items() -> None:
    # Every item of this company is made of other things or elsewhere, and one place only sells.
    task, load, programme = written(company(0))
    families = Programme(MONTHS)
    write_programme(families, family_task(task), load)
    items = HighsSolver().solve(programme.build())
    assert HighsSolver().solve(families.build()).objective == pytest.approx(items.objective, rel=1e-6)


def test_families_keep_what_is_asked_and_what_there_is() -> None:
    task, _, _ = written(company(3))
    families = family_task(task)
    assert families.asked.grid.sum(axis=0).tolist() == task.asked.grid.sum(axis=0).tolist()
    assert families.asked.target.sum() == task.asked.target.sum()
    assert families.network.makes.released.sum() == task.network.makes.released.sum()
    assert families.crew is task.crew
    hours = [task.network.uses.hours[task.network.uses.resource == r] for r in range(len(task.resources))]
    for resource, given in enumerate(hours):
        mean = families.network.uses.hours[families.network.uses.resource == resource]
        assert given.min() - 1e-12 <= mean.min()
        assert mean.max() <= given.max() + 1e-12
