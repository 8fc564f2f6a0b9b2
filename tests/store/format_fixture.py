"""Writes the fixture of the format this program writes: a small workspace as somebody would have left it.

Run once when the format number was raised, before the release: `python -m tests.store.format_fixture`. A fixture
that lies in `tests/fixtures/workspace_formats` is never written again: it is what that release wrote.
"""

import gzip
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import trivet
from trivet.core.said import Said
from trivet.examples import bikes
from trivet.store.schema import FORMAT
from trivet.workspace.workspace import Workspace

FOLDER = Path(__file__).parents[1] / "fixtures" / "workspace_formats"


def city(amount: str, first: str) -> Said:
    return Said(measure="consensus_demand", amount=amount, where=("family=City",), first=first, reason="fair")


def write_workspace(home: str) -> Workspace:
    """Make a workspace with a published plan, a lock, an undone change and a planned branch."""
    trivet.create_workspace(home, actor="ada")
    ada, eva = (trivet.open_workspace(home, actor=actor) for actor in ("ada", "eva"))
    trivet.import_folder(ada, bikes())
    trivet.make_plan(ada)
    trivet.record_changes(ada, [city("500", "2027-03"), city("lock", "2027-03"), city("+20%", "2027-05")])
    trivet.undo_change(ada, 3)
    trivet.make_plan(ada)
    trivet.submit_plan(ada)
    trivet.approve_plan(eva)
    trivet.publish_plan(ada)
    trivet.branch_scenario(ada, "high")
    trivet.record_changes(ada, [city("+10%", "2027-06")], scenario="high")
    trivet.make_plan(ada, "high")
    return ada


def main(folder: Path = FOLDER) -> None:
    """Write `format_N.db.gz` and what must be found in it; Conflict is better than a second truth."""
    target = folder / f"format_{FORMAT}.db.gz"
    if target.exists():
        sys.exit(f"{target} exists: a released format never changes. Raise the number, or leave it.")
    with TemporaryDirectory() as place:
        workspace = write_workspace(f"{place}/home")
        trivet.backup_workspace(workspace, Path(place) / "backup.db")
        digests = {version.id: version.digest for version in workspace.store.versions()}
        logs = {scenario.id: len(workspace.store.entries(scenario.id)) for scenario in workspace.store.scenarios()}
        workspace.store.close()
        body = gzip.compress((Path(place) / "backup.db").read_bytes(), 9, mtime=0)
    folder.mkdir(parents=True, exist_ok=True)
    target.write_bytes(body)
    told = json.dumps({"digests": digests, "entries": logs}, indent=1, sort_keys=True)
    (folder / f"format_{FORMAT}.json").write_text(f"{told}\n", "utf-8")


if __name__ == "__main__":
    main()
