"""A lock holds its cells when the next import brings other series, or calls an item otherwise (V4)."""

import shutil
from pathlib import Path

import pytest

import trivet
from trivet.core.ids import Counts
from trivet.core.said import Said
from trivet.examples import bikes
from trivet.workspace.workspace import Workspace


def cells(workspace: Workspace, item: str, plan: str = "main") -> Counts:
    """Give the consensus of an item, cell by cell."""
    panel = workspace.store.load_plan(workspace.version(plan).id).panel("demand")
    found: Counts = panel.count("consensus_demand")[(panel.keys["item"] == item).to_numpy()]
    return found


@pytest.fixture
def locked(tmp_path: Path) -> Workspace:
    """Give the tiny company with City changed and the spring of C2 locked as it stands."""
    trivet.create_workspace(str(tmp_path / "home"), actor="ada")
    workspace = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    shutil.copytree(bikes(), tmp_path / "company")
    assert trivet.import_folder(workspace, tmp_path / "company").snapshot
    trivet.make_plan(workspace)
    for said in (
        Said(measure="consensus_demand", amount="+17", where=("item=C2",), first="2027-03", reason="fair"),
        Said(
            measure="consensus_demand", amount="lock", where=("item=C2",), first="2027-03", last="2027-05", reason="x"
        ),
        Said(
            measure="consensus_demand",
            amount="x1.3",
            where=("family=City",),
            first="2027-03",
            last="2027-05",
            reason="y",
        ),
    ):
        assert trivet.record_changes(workspace, [said]).recorded
    trivet.make_plan(workspace)
    return workspace


def import_again(workspace: Workspace, folder: Path, *, new: str) -> None:
    """Import with an item A0 that comes first and sells like C1, another April of C2, and C2 under the code `new`."""
    orders = folder / "orders.csv"
    orders.write_text(orders.read_text("utf-8").replace("C2,HOME,2026-04,", "C2,HOME,2026-04,4"), "utf-8")
    for path in folder.glob("*.csv"):
        header, *lines = path.read_text("utf-8").splitlines()
        lines = [line.replace("C2,", f"{new},") for line in lines]
        lines += [line.replace("C1,", "A0,") for line in lines if line.startswith("C1,") and path.stem != "launches"]
        path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    if new != "C2":
        (folder / "member_changes.csv").write_text(
            f"dimension,old,new,kind,reason\nitem,C2,{new},renamed,list\n", "utf-8"
        )
    answer = trivet.import_folder(workspace, folder)
    assert answer.snapshot, answer.issues
    trivet.make_plan(workspace)


@pytest.mark.parametrize("new", ["C2", "Z2"])
def test_locked_cells_hold_when_series_come_before_them_or_are_called_otherwise(
    locked: Workspace, tmp_path: Path, new: str
) -> None:
    before = cells(locked, "C2")
    opens = locked.planned("main")[2].model.buckets.first_open
    import_again(locked, tmp_path / "company", new=new)
    after = cells(locked, new)
    assert len(cells(locked, "A0"))
    spring = slice(opens + 4, opens + 7)  # the cycle is November: March to May
    assert before[:, spring].any()
    assert (after[:, spring] == before[:, spring]).all()
    assert all(check.passed for check in trivet.run_doctor(locked).checks)
