"""Check that a plan ties: the tie-out certificate, computed by other code than the plan (C6)."""

from dataclasses import dataclass, replace
from decimal import Decimal
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
        certificate = certify(folder)
    return CheckAnswer(
        version=version.id, certificate=certificate if workspace.rights.whole else _without_amounts(certificate)
    )


def _without_amounts(certificate: Certificate) -> Certificate:
    """Say which checks passed, and nothing of where and by how much: places may be anybody's."""
    checks = tuple(replace(check, amount=Decimal(0), message="", places=()) for check in certificate.checks)
    return replace(certificate, digest="", checks=checks)
