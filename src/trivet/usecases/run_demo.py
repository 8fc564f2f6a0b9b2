"""The whole planning cycle on an example company: from its files to a published plan and its review pack."""

from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from trivet.connect.certificate import Certificate
from trivet.core.errors import Conflict
from trivet.core.ids import ActorId, Digest, VersionId
from trivet.core.ports import Progress
from trivet.core.rights import Role
from trivet.core.summary import PlanSummary
from trivet.store import workspace_exists
from trivet.usecases.approve_plan import approve_plan
from trivet.usecases.create_workspace import create_workspace
from trivet.usecases.declare import Shells
from trivet.usecases.export_plan import export_plan
from trivet.usecases.import_folder import ImportAnswer, import_folder
from trivet.usecases.make_plan import make_plan
from trivet.usecases.publish_plan import publish_plan
from trivet.usecases.submit_plan import submit_plan
from trivet.workspace.workspace import Workspace, open_workspace

DECLARED = Shells(command="demo", why="pages come with the workbench")

MARK = "demo.txt"
"""File that marks a folder as a demo's: only such a folder is made anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAnswer:
    """A published plan of the example company.

    Attributes:
        workspace: where it is kept.
        folder: the company folder it came from.
        imported: the import's report.
        version: the published version, with its digest.
        summary: the plan on one screen.
        certificate: the tie-out.
        pack, pdf: the review pack, as workbook and to read.
    """

    workspace: str
    folder: str
    imported: ImportAnswer
    version: VersionId
    digest: Digest
    summary: PlanSummary
    certificate: Certificate
    pack: str
    pdf: str


def run_demo(target: str, folder: Path, *, progress: Progress) -> DemoAnswer:
    """Run a whole cycle in a workspace of its own.

    Args:
        target: folder of the workspace; an earlier demo there is made anew, anything else is left alone.
        folder: company folder to plan.
        progress: told how far the work is.

    Raises:
        Conflict: `target` holds a workspace that is no demo's.
    """
    home = Path(target)
    if workspace_exists(target) and not (home / MARK).is_file():
        raise Conflict(f"{target} holds a workspace that is no demo's. Choose another: trivet -w OTHER demo")
    if (home / MARK).is_file():
        rmtree(home)
    create_workspace(target)
    (home / MARK).write_text("Made by `trivet demo`; a later `trivet demo` makes this folder anew.\n", "utf-8")
    planner = open_workspace(target, progress=progress)
    imported = import_folder(planner, folder)
    made = make_plan(planner)
    submit_plan(planner)
    approve_plan(open_workspace(target, actor=_approver(planner), progress=progress))
    published = publish_plan(planner, to=home / "pack")
    written = published.pack.result if published.pack is not None else None
    pack = Path(written or export_plan(planner, home / "pack").files[0])
    return DemoAnswer(
        workspace=target,
        folder=str(folder),
        imported=imported,
        version=published.version,
        digest=published.digest,
        summary=made.summary,
        certificate=published.certificate,
        pack=str(pack),
        pdf=str(pack.with_suffix(".pdf")),
    )


def _approver(planner: Workspace) -> ActorId:
    """Give somebody of the company who approves plans and is not the planner; `eva` where no table says who is who."""
    others = [one for one in planner.everybody if one.person != planner.settings.actor and not one.nodes]
    return ActorId(next((one.person for one in others if one.role is Role.EXECUTIVE), "eva"))
