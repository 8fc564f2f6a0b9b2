"""Publish: tie out, freeze, and give the plan its number that never changes again (G9)."""

from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from trivet.connect.certificate import Certificate
from trivet.core.errors import Conflict
from trivet.core.ids import Digest, VersionId
from trivet.core.rights import Task
from trivet.cycle.stages import State, check_step
from trivet.store import NewJob
from trivet.store.stored import StoredVersion
from trivet.usecases.check_plan import check_plan
from trivet.usecases.declare import Shells
from trivet.usecases.export_plan import pack_job
from trivet.usecases.list_jobs import JobLine, to_line
from trivet.usecases.push_down import push_down_job
from trivet.usecases.run_jobs import run_jobs
from trivet.workspace.signed import gates_of
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="publish", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishAnswer:
    """The published plan.

    Attributes:
        version: its id.
        digest: sha256 over every number and issue; it never changes again.
        published: whether it is published now; False when the tie-out failed or a demanded gate is open.
        certificate: the tie-out, and how the gates stood: data, and the consensus of each family.
        pack: the job that writes the review pack, as it stands; None when nothing was published.
        pushdown: the job that pushes it down, as it stands; None when it was not asked for.
    """

    version: VersionId
    digest: Digest
    published: bool
    certificate: Certificate
    pack: JobLine | None = None
    pushdown: JobLine | None = None


def publish_plan(
    workspace: Workspace,
    *,
    plan: str = MAIN,
    waive: str | None = None,
    to: Path | None = None,
    pushdown: Path | None = None,
    background: bool = False,
) -> PublishAnswer:
    """Publish the approved version of a scenario, write its review pack and push it down where that is asked for.

    Pack and push-down are put among the jobs in the transaction that freezes the plan, so that a kill in between loses
    nothing: `trivet jobs resume` catches up.

    Args:
        workspace: the open workspace.
        plan: scenario or version.
        waive: reason to publish although a check fails or a demanded gate is open; kept in the certificate with the
            name. A gate that is not demanded (company.toml [gates]) only says what is open.
        to: folder of the pack; None = `packs` in the workspace's folder.
        pushdown: folder of the push-down; None = the setting `pushdown`, and where that is empty there is none.
        background: leave pack and push-down to a worker.

    Raises:
        Conflict: the version is not approved, or the log has moved on since it was made.
        NotPermitted: the person's role may not.
    """
    workspace.rights.check_task(Task.PUBLISH)
    version = workspace.version(plan)
    check_step(State(version.state), State.PUBLISHED)
    current = workspace.check_current(version)
    checked = check_plan(workspace, plan=version.id).certificate
    certificate = replace(checked, gates=gates_of(workspace, version.scenario))
    if not certificate.passed or any(gate.holds_back for gate in certificate.gates):
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
    jobs = [pack_job(version, (to or _packs(workspace)).resolve()), *_push_down_jobs(workspace, version, pushdown)]
    workspace.store.publish(version.id, text, workspace.stamp("publish"), at=current, then=jobs)
    done = [_do(workspace, version.id, job, background=background) for job in jobs]
    return PublishAnswer(
        version=version.id,
        digest=version.digest,
        published=True,
        certificate=certificate,
        pack=done[0],
        pushdown=done[1] if len(done) > 1 else None,
    )


def _packs(workspace: Workspace) -> Path:
    home = workspace.settings.workspace
    return Path("packs") if "://" in home else Path(home).expanduser() / "packs"


def _push_down_jobs(workspace: Workspace, version: StoredVersion, folder: Path | None) -> list[NewJob]:
    told = workspace.settings.pushdown
    to = folder or (Path(told).expanduser() if told else None)
    return [push_down_job(version, to.resolve())] if to else []


def _do(workspace: Workspace, version: VersionId, new: NewJob, *, background: bool) -> JobLine | None:
    job = workspace.store.jobs.newest(new.recipe)
    if job is None:
        return None
    if background:
        return to_line(workspace, job)
    try:
        run_jobs(workspace, only=job.id)
    except KeyboardInterrupt as stop:
        word = to_line(workspace, job).what.split()[0]
        raise KeyboardInterrupt(f"{version} is published; its {word} waits: trivet jobs resume {job.id}") from stop
    return to_line(workspace, workspace.store.jobs.read(job.id))
