"""Export a plan: the review pack, or every number as CSV or Parquet, each with the version it came from."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import polars as pl
from pydantic import TypeAdapter

from trivet.connect.csv_out import write_csv
from trivet.connect.pack import write_pack
from trivet.core.errors import InvalidInput
from trivet.core.ids import Digest, VersionId
from trivet.planning.summary import summarise
from trivet.store import NewJob
from trivet.store.parquet import write_plan
from trivet.store.stored import StoredVersion
from trivet.usecases.check_plan import check_plan
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

PACK_STEPS = 3
"""Steps of a pack that are told: opened, checked, written."""

DECLARED = Shells(command="export", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAnswer:
    """The version that was exported, the files written, and whose part of it they hold (empty: all of it)."""

    version: VersionId
    files: tuple[str, ...]
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackJob:
    """Arguments of the job that writes a pack: which version, and into which folder."""

    version: VersionId
    folder: str


def pack_job(version: StoredVersion, folder: Path) -> NewJob:
    """Say the job that writes the pack of a version; its recipe is the plan's digest and the place."""
    arguments = TypeAdapter(PackJob).dump_json(PackJob(version=version.id, folder=str(folder))).decode()
    recipe = sha256(f"export_plan|{version.digest}|{arguments}".encode()).hexdigest()
    return NewJob(use_case="export_plan", arguments=arguments, recipe=Digest(recipe))


def export_plan(workspace: Workspace, folder: Path, *, plan: str = MAIN, form: str = "pack") -> ExportAnswer:
    """Write a version to files.

    Args:
        workspace: the open workspace.
        folder: where to write; made when it is not there.
        plan: scenario or version.
        form: `pack` (one xlsx), `csv` or `parquet` (one file a grain).

    Raises:
        InvalidInput: the form is not known.
        NotPermitted: the pack is asked for by somebody who sees a part of the plan.
        NotFound: there is no such scenario or version, or it has no plan yet.
    """
    version, rights = workspace.version(plan), workspace.rights
    if form == "pack":
        rights.check_whole("The review pack")
    folder.mkdir(parents=True, exist_ok=True)
    if form == "pack":
        return ExportAnswer(version=version.id, files=(str(_pack(workspace, version, folder)),))
    if form in ("csv", "parquet"):
        files = _numbers(workspace, version, folder)
        written = files if form == "parquet" else tuple(_as_csv(file) for file in files)
        note = () if rights.whole else (_say_part(workspace, version, folder),)
        return ExportAnswer(version=version.id, files=tuple(str(file) for file in (*written, *note)), part=rights.part)
    raise InvalidInput(f"--as is '{form}'; expected pack, csv or parquet.")


def _numbers(workspace: Workspace, version: StoredVersion, folder: Path) -> tuple[Path, ...]:
    """Write the numbers the actor may see; a grain that can't be cut to their part has no file."""
    rights = workspace.rights
    if rights.whole:
        return workspace.store.export_parquet(version.id, folder, workspace.registry)
    _, seen, _ = workspace.seen(version.id)
    grains = {
        grain: panel
        for grain, panel in seen.panels.items()
        if (panel.keys.height or not rights.nodes) and (panel.counts or panel.rates)
    }
    return write_plan(replace(seen, panels=grains), folder, workspace.registry)


def _say_part(workspace: Workspace, version: StoredVersion, folder: Path) -> Path:
    """Write beside the numbers whose part of the plan they are."""
    rights = workspace.rights
    hidden = f"Not shown to the role {rights.role}: {', '.join(sorted(rights.hidden))}.\n" if rights.hidden else ""
    path = folder / "part.txt"
    path.write_text(
        f"Version {version.id}, as {rights.person} sees it: {rights.part or 'every row'}.\n{hidden}", "utf-8"
    )
    return path


def _as_csv(file: Path) -> Path:
    """Write a Parquet file as CSV beside it, text made safe for spreadsheets, and remove it."""
    target = file.with_suffix(".csv")
    write_csv(pl.read_parquet(file), target)
    file.unlink()
    return target


def _pack(workspace: Workspace, version: StoredVersion, folder: Path) -> Path:
    tell = workspace.progress
    tell("pack", 0, PACK_STEPS)
    _, made, inputs = workspace.opened(version.id)
    tell("pack", 1, PACK_STEPS)
    certificate = check_plan(workspace, plan=version.id).certificate
    tell("pack", 2, PACK_STEPS)
    path = folder / f"{inputs.model.company.name.lower().replace(' ', '-')}-{version.id}.xlsx"
    mark = f"{workspace.new_id()}.{uuid4().hex[:8]}"
    part = path.with_name(f".{path.name}.{mark}.part")  # a reader never meets half a pack under its name
    try:
        write_pack(part, made, inputs, summarise(inputs, made), certificate, version=version.id)
        tell("pack", PACK_STEPS, PACK_STEPS)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path
