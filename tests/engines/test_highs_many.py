"""Many programmes at once: answers in order, the same for any batches and workers."""

import numpy as np
import pytest

from trivet.core.linear import LinearModel, Status
from trivet.core.ports import ManySolver
from trivet.engines.highs import HighsSolver
from trivet.engines.highs_many import ManyHighs, pack_models, solve_batch, unpack_models, unpack_solutions
from trivet.engines.processes import LocalExecutor, ProcessExecutor


def make_least(least: float, size: int = 3) -> LinearModel:
    """Minimise the sum of `size` columns of at least 0 that add up to `least` or more; below 0 none do."""
    chance = np.random.default_rng(size)
    return LinearModel(
        cost=chance.uniform(1, 2, size),
        lower=np.zeros(size),
        upper=np.full(size, 10.0),
        row_lower=np.array([least]),
        row_upper=np.array([np.inf]),
        starts=np.arange(size + 1, dtype=np.int32),
        index=np.zeros(size, dtype=np.int32),
        value=np.ones(size),
    )


MODELS = [make_least(least, size) for least, size in ((3.0, 2), (12.0, 4), (1000.0, 3), (0.0, 5))]
NONE: list[bytes | None] = [None] * len(MODELS)
COLD = list(zip(MODELS, NONE, strict=True))


def test_programmes_come_back_as_they_went() -> None:
    begun = [(model, b"basis" if number else None) for number, model in enumerate(MODELS)]
    for (before, basis), (after, told) in zip(begun, unpack_models(pack_models(begun)), strict=True):
        assert basis == told
        for name in ("cost", "lower", "upper", "row_lower", "row_upper", "starts", "index", "value"):
            assert getattr(before, name).tolist() == getattr(after, name).tolist()


def test_a_batch_is_answered_in_order_and_infeasible_is_an_answer() -> None:
    answers = unpack_solutions(solve_batch(pack_models(COLD)))
    alone = [HighsSolver().solve(model) for model in MODELS]
    assert [answer.status for answer in answers] == [one.status for one in alone]
    assert answers[2].status is Status.INFEASIBLE
    for answer, one in zip(answers, alone, strict=True):
        assert answer.values.tolist() == one.values.tolist()
        assert answer.duals.tolist() == one.duals.tolist()
        assert answer.reduced_costs.tolist() == one.reduced_costs.tolist()
        assert answer.basis == one.basis


@pytest.mark.parametrize("batch", [1, 5, 10**6])
def test_batches_change_nothing(batch: int) -> None:
    solver = ManyHighs(executor=LocalExecutor(), few=0, batch=batch)
    assert isinstance(solver, ManySolver)
    assert solver.name == HighsSolver().name
    found = [answer.objective for answer in solver.solve_each(MODELS, NONE)]
    here = [answer.objective for answer in ManyHighs(executor=LocalExecutor()).solve_each(MODELS, NONE)]
    assert str(found) == str(here)
    assert solver.solve(MODELS[0]).objective == found[0]


def test_workers_answer_as_this_process_does() -> None:
    solver = ManyHighs(executor=ProcessExecutor(workers=2), few=0, batch=1)
    here = [HighsSolver().solve(model).values.tolist() for model in MODELS]
    assert [answer.values.tolist() for answer in solver.solve_each(MODELS, NONE)] == here
