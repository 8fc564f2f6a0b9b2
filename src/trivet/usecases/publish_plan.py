"""Publish: tie out, freeze, and give the plan its number that never changes again (G9)."""

from dataclasses import dataclass

from pydantic import TypeAdapter

from trivet.connect.certificate import Certificate
from trivet.core.errors import Conflict
from trivet.core.ids import Digest, VersionId
from trivet.cycle.stages import State, check_step
from trivet.usecases.check_plan import check_plan
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="publish", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishAnswer:
    """The published plan.

    Attributes:
        version: its id.
        digest: sha256 over every number and issue; it never changes again.
        published: whether it is published now; False when the tie-out failed.
        certificate: the tie-out.
    """

    version: VersionId
    digest: Digest
    published: bool
    certificate: Certificate


def publish_plan(workspace: Workspace, *, plan: str = MAIN, waive: str | None = None) -> PublishAnswer:
    """Publish the approved version of a scenario.

    Args:
        workspace: the open workspace.
        plan: scenario or version.
        waive: reason to publish although a check fails; kept in the certificate with the name.

    Raises:
        Conflict: the version is not approved, or the log has moved on since it was made.
    """
    version = workspace.version(plan)
    check_step(State(version.state), State.PUBLISHED)
    workspace.check_current(version)
    certificate = check_plan(workspace, plan=version.id).certificate
    if not certificate.passed:
        if waive is None:
            return PublishAnswer(version=version.id, digest=version.digest, published=False, certificate=certificate)
        certificate = certificate.waive(actor=workspace.settings.actor, reason=waive)
    kept = workspace.store.load_plan(version.id).digest()
    if kept != version.digest:
        raise Conflict(
            f"version {version.id} no longer has the digest it was made with ({kept[:12]} against "
            f"{version.digest[:12]}): run trivet doctor, and restore a backup."
        )
    text = TypeAdapter(Certificate).dump_json(certificate).decode()
    workspace.store.publish(version.id, text, workspace.stamp("publish"))
    return PublishAnswer(version=version.id, digest=version.digest, published=True, certificate=certificate)
