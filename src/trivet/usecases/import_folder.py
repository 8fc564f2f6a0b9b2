"""Import a company folder: read, check, tie out, and keep it as the snapshot the next plan is made from."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from trivet.connect.between import NEEDED, find_what_became
from trivet.connect.folder import FolderLoad, read_folder
from trivet.connect.mapping_advice import MAPPING
from trivet.connect.rejects import write_rejects
from trivet.connect.unit_slips import find_unit_changes
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import Digest, ScenarioId
from trivet.core.issues import Issue, Severity
from trivet.core.ownmeasures import with_own_measures
from trivet.core.report import ImportReport
from trivet.core.rights import Task
from trivet.planning.accuracy import PLAN, judge_last_plan, with_earlier_plans
from trivet.planning.inputs import MISSING_TABLE, build_inputs
from trivet.store import SourceFile
from trivet.usecases.declare import Shells
from trivet.workspace.earlier import earlier_panels
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="import", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportAnswer:
    """What was read, and what must be known about it.

    Attributes:
        snapshot: digest of the values loaded; None when the import was refused.
        unchanged: whether the same values were there already.
        report: per file read = loaded + merged + rejected, in rows, quantity and money.
        issues: problems of the files and of the company as a whole.
        rejects: folder with the rejected rows, when there are any.
    """

    snapshot: Digest | None
    unchanged: bool
    report: ImportReport
    issues: tuple[Issue, ...]
    rejects: str | None


def import_folder(
    workspace: Workspace,
    folder: Path,
    *,
    mapping: Path | None = None,
    scenario: str = MAIN,
) -> ImportAnswer:
    """Read a company folder into the scenario's snapshot.

    A file that is refused refuses the whole import: nothing changes. Rejected rows do not.

    Raises:
        NotFound: there is no such folder or mapping.
        NotPermitted: the person's role may not.
    """
    workspace.rights.check_task(Task.IMPORT)
    if not folder.is_dir():
        raise NotFound(f"{folder} is no folder. Make one with templates: trivet init {folder}")
    if mapping and not mapping.is_file():
        raise NotFound(f"{mapping} is no file. See docs/mapping.md for how to write one.")
    load = read_folder(
        folder,
        workspace.specs,
        mapping_text=mapping.read_text("utf-8") if mapping else None,
        mapping_name=mapping.name if mapping else MAPPING,
        progress=workspace.progress,
    )
    rejects = _write_rejects(workspace, load, folder)
    issues = (*load.report.issues, *_company_issues(workspace, load, ScenarioId(scenario)))
    if any(issue.severity is Severity.REFUSED for issue in issues):
        return ImportAnswer(snapshot=None, unchanged=False, report=load.report, issues=issues, rejects=rejects)
    before = workspace.store.scenario(ScenarioId(scenario)).snapshot
    snapshot = workspace.store.put_snapshot(
        load.company_text,
        load.tables,
        [SourceFile(name=file.name, sha256=file.sha256, bytes=file.bytes, rows=file.rows) for file in load.files],
        TypeAdapter(ImportReport).dump_json(load.report).decode(),
        workspace.stamp(f"import {folder.name}"),
        scenario=ScenarioId(scenario),
    )
    return ImportAnswer(
        snapshot=snapshot, unchanged=snapshot == before, report=load.report, issues=issues, rejects=rejects
    )


def _company_issues(workspace: Workspace, load: FolderLoad, scenario: ScenarioId) -> tuple[Issue, ...]:
    if load.company is None or load.report.refused:
        return ()
    try:
        with_own_measures(workspace.registry, load.company.measures)
        inputs, found = build_inputs(load.company, load.tables, workspace.specs, workspace.registry)
    except InvalidInput as error:
        return (Issue(code="data.no-plan", severity=Severity.REFUSED, message=error.message, advice=""),)
    said = [issue for issue in found if issue.code != MISSING_TABLE]  # the report says these already
    judged = judge_last_plan(
        with_earlier_plans(inputs, PLAN, earlier_panels(workspace, scenario, inputs.model, PLAN), [1])
    )
    said += [judged] if judged is not None else []
    before = workspace.store.scenario(scenario).snapshot
    if before is None:
        return tuple(said)
    last = workspace.store.snapshot(before, only=NEEDED).tables
    entries = workspace.store.entries(scenario)
    model = inputs.model
    became = find_what_became(last, load.tables, model.dimensions, entries, model.buckets)
    return (*said, *became, *find_unit_changes(last, load.tables))


def _write_rejects(workspace: Workspace, load: FolderLoad, folder: Path) -> str | None:
    """Write rejected rows beside the workspace's database, or here when it is on a server."""
    home = Path(workspace.settings.workspace)
    target = home / "rejects" / folder.name if home.is_dir() else Path(f"{folder.name}-rejects")
    return str(target) if write_rejects(load.report, target) else None
