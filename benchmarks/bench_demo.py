"""The example company from its files to a published plan: what a user waits for, step by step."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, Stopwatch
from trivet.examples import bikes, velmora
from trivet.usecases.approve_plan import approve_plan
from trivet.usecases.create_workspace import create_workspace
from trivet.usecases.export_plan import export_plan
from trivet.usecases.import_folder import import_folder
from trivet.usecases.make_plan import make_plan
from trivet.usecases.publish_plan import publish_plan
from trivet.usecases.submit_plan import submit_plan
from trivet.workspace.workspace import open_workspace

WHOLE_DEMO = 180.0
"""Seconds `make demo` may take after installation."""


def run(size: str) -> Sequence[Figure]:
    """Time each step on the tiny company (smoke) or on Velmora Cycles (full)."""
    watch = Stopwatch()
    folder = bikes() if size == "smoke" else velmora()
    with TemporaryDirectory() as place, watch("files to published plan and pack", bar=WHOLE_DEMO):
        target = str(Path(place) / "workspace")
        create_workspace(target)
        workspace = open_workspace(target, actor="ada")
        with watch("import"):
            import_folder(workspace, folder)
        with watch("plan"):
            make_plan(workspace)
        with watch("plan again, warm"):
            make_plan(workspace)
        submit_plan(workspace)
        approve_plan(open_workspace(target, actor="eva"))
        with watch("tie out and publish"):
            publish_plan(workspace)
        with watch("write the pack"):
            export_plan(workspace, Path(place) / "pack")
    return watch.figures
