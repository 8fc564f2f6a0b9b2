"""Check that a plan ties: the tie-out certificate, computed by other code than the plan (C6)."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from trivet.connect.certificate import Certificate, certify
from trivet.core.ids import VersionId
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

__all__ = ["DECLARED", "Certificate", "CheckAnswer", "check_plan"]

DECLARED = Shells(command="check", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAnswer:
    """The certificate of a version."""

    version: VersionId
    certificate: Certificate


def check_plan(workspace: Workspace, *, plan: str = MAIN) -> CheckAnswer:
    """Export a version and its sources, and let SQL tie them out.

    Raises:
        NotFound: there is no such scenario or version, or it has no plan yet.
    """
    version = workspace.version(plan)
    with TemporaryDirectory(prefix="trivet-check-") as name:
        folder = Path(name)
        workspace.write_evidence(version, folder)
        return CheckAnswer(version=version.id, certificate=certify(folder))
