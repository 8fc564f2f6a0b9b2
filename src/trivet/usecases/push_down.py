"""Push a published plan down to execution: item by site by week, purchases, transfers, finance, exact (Y18, I4)."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from pydantic import TypeAdapter

from trivet.connect.pushdown import MANIFEST, write_manifest, write_tables
from trivet.connect.pushdown_tie import tie_push_down
from trivet.core.errors import Conflict
from trivet.core.ids import Digest, VersionId
from trivet.core.pushdown import PushDown
from trivet.core.summary import Check
from trivet.planning.push_plan import push_plan
from trivet.store import NewJob, VersionState
from trivet.store.stored import StoredVersion
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

STEPS = 3
"""Steps that are told: opened, laid out, written and tied."""

DECLARED = Shells(command="pushdown", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class PushDownAnswer:
    """What was handed over.

    Attributes:
        version, digest: which plan.
        folder: where the files stand.
        files: their names, the manifest last; none when the files do not tie.
        first, last: first and last bucket laid out in weeks.
        weeks: ISO weeks these touch.
        ties: the tie-out.
        passed: whether every tie holds; the files are only handed over when it does.
        notes: what a reader must know.
    """

    version: VersionId
    digest: Digest
    folder: str
    files: tuple[str, ...]
    first: str
    last: str
    weeks: int
    ties: tuple[Check, ...]
    passed: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushDownJob:
    """Arguments of the job that pushes a version down: which, into which folder, how far."""

    version: VersionId
    folder: str
    weeks: int | None = None


def push_down_job(version: StoredVersion, folder: Path, *, weeks: int | None = None) -> NewJob:
    """Say the job that pushes a version down; its recipe is the plan's digest and the place."""
    told = PushDownJob(version=version.id, folder=str(folder), weeks=weeks)
    arguments = TypeAdapter(PushDownJob).dump_json(told).decode()
    recipe = sha256(f"push_down|{version.digest}|{arguments}".encode()).hexdigest()
    return NewJob(use_case="push_down", arguments=arguments, recipe=Digest(recipe))


def push_down(workspace: Workspace, to: Path, *, plan: str = MAIN, weeks: int | None = None) -> PushDownAnswer:
    """Write what ERP, buyers and finance take over from a published plan, with a manifest that says that it ties.

    The same version gives the same bytes. The folder holds the last push-down: files of the same names are replaced
    once the new ones tie, the manifest last.

    Args:
        workspace: the open workspace.
        to: folder to write to; made when it is not there.
        plan: scenario or version; of a scenario its latest version.
        weeks: weeks from the first one on, completed to whole buckets; None = the whole horizon.

    Raises:
        Conflict: the version is not published.
        InvalidInput: fewer than 1 week.
        NotFound: there is no such scenario or version, or it has no plan yet.
        NotPermitted: the person sees a part of the company only.
    """
    workspace.rights.check_whole("The push-down")
    version = workspace.version(plan)
    _check_published(version)
    tell = workspace.progress
    tell("push-down", 0, STEPS)
    _, made, inputs = workspace.opened(version.id)
    tell("push-down", 1, STEPS)
    pushed = push_plan(inputs, made, version.id, weeks=weeks)
    tell("push-down", 2, STEPS)
    checks, files = _hand_over(workspace, version, pushed, to)
    tell("push-down", STEPS, STEPS)
    return PushDownAnswer(
        version=version.id,
        digest=version.digest,
        folder=str(to),
        files=files,
        first=pushed.buckets[0],
        last=pushed.buckets[1],
        weeks=pushed.weeks,
        ties=checks,
        passed=all(check.passed for check in checks),
        notes=pushed.notes,
    )


def _check_published(version: StoredVersion) -> None:
    if version.state is VersionState.PUBLISHED:
        return
    ways = {VersionState.DRAFT: "submit, approve and publish", VersionState.IN_REVIEW: "approve and publish"}
    raise Conflict(
        f"version {version.id} is {version.state.replace('_', ' ')}; only a published plan is pushed down: it never "
        f"changes again. First {ways.get(version.state, 'publish')} it, or name a published version: --plan VERSION."
    )


def _hand_over(
    workspace: Workspace, version: StoredVersion, pushed: PushDown, to: Path
) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    """Write the files beside their place, tie them out, and move them there when they tie."""
    to.mkdir(parents=True, exist_ok=True)
    staging = to / f".{version.id}.{workspace.new_id()}.part"
    rmtree(staging, ignore_errors=True)  # of an attempt that was killed
    staging.mkdir()
    try:
        written = write_tables(pushed, staging)
        with TemporaryDirectory(prefix="trivet-pushdown-") as evidence:
            workspace.write_evidence(version, Path(evidence))
            checks = tie_push_down(pushed, staging, Path(evidence))
        if not all(check.passed for check in checks):
            return checks, ()
        manifest = write_manifest(pushed, checks, staging)
        (to / MANIFEST).unlink(missing_ok=True)  # a reader never meets the manifest of other files
        for file in (*written, manifest):
            file.replace(to / file.name)
    finally:
        rmtree(staging, ignore_errors=True)
    return checks, (*(file.name for file in written), MANIFEST)
