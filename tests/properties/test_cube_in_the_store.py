"""V8 in the store: who changes live, who catches up by effects, who opens afresh and who folds the log see one head."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trivet
from tests.planned import planned_home
from tests.properties.test_live_head import OPEN, changes, entry, fixed, node, same
from trivet.core.entries import Change
from trivet.core.errors import Conflict
from trivet.core.ids import ScenarioId
from trivet.planning.head import fold_again
from trivet.workspace.cube import Cube
from trivet.workspace.workspace import Workspace

__all__ = ["planned_home"]


def record(workspace: Workspace, change: Change, scenario: str) -> None:
    """Record a change with a reason, or have it refused."""
    head = workspace.cube(scenario).head
    trivet.record_changes(workspace, [replace(fixed(head, change), reason="drawn")], scenario=scenario)


def everybody_sees_one_head(workers: Sequence[Workspace], scenario: str) -> None:
    live = [worker.cube(scenario) for worker in workers]
    fresh = Cube.open(workers[0], scenario)
    for cube in (*live, fresh):
        same(cube.head.panels, fresh.head.panels)
        same(cube.head.panels, fold_again(cube.head).panels)
        assert cube.seq == workers[0].store.head(ScenarioId(scenario))


STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.one_of(changes(OPEN, 8), changes(OPEN, 8), st.just("plan"))), max_size=7
)


@settings(max_examples=12)
@given(steps=STEPS, branched=st.integers(0, 6))
def test_live_caught_up_fresh_and_folded_heads_are_one(
    planned_home: Path, steps: list[tuple[int, Change | str]], branched: int
) -> None:
    with TemporaryDirectory() as folder:
        home = shutil.copytree(planned_home, Path(folder) / "home")
        workers = [trivet.open_workspace(str(home), actor=name) for name in ("ann", "bob")]
        scenario = "main"
        for number, (who, step) in enumerate(steps):
            if number == branched:
                trivet.branch_scenario(workers[0], "branch")
                scenario = "branch"
            if isinstance(step, Change):
                record(workers[who], step, scenario)
            else:
                trivet.make_plan(workers[who], scenario)
        for name in {"main", scenario}:
            everybody_sees_one_head(workers, name)
        for worker in workers:
            worker.store.close()


def test_two_who_change_at_once_lose_nothing(planned_home: Path, tmp_path: Path) -> None:
    home = shutil.copytree(planned_home, tmp_path / "home")
    workers = [trivet.open_workspace(str(home), actor=name) for name in ("ann", "bob")]
    city = entry("consensus_demand", "add", "1", node("family", "City"), reason="more")

    def write(worker: Workspace) -> None:
        for _ in range(5):
            assert trivet.record_changes(worker, [city]).recorded

    threads = [Thread(target=write, args=(worker,)) for worker in (*workers, workers[0])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert workers[0].store.head(ScenarioId("main")) == 15
    everybody_sees_one_head(workers, "main")
    with pytest.raises(Conflict, match="changed since entry 3 by"):
        trivet.record_changes(workers[1], [city], seen=3)
