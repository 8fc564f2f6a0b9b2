"""Export a plan: the review pack (workbook and PDF), or every number as CSV or Parquet, each with its version."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import uuid4

import polars as pl
from pydantic import TypeAdapter

from trivet.connect.csv_out import write_csv
from trivet.connect.pack import write_pack
from trivet.connect.pack_told import PricedRelief
from trivet.connect.pdf import draw_pack, write_pdf
from trivet.core.errors import InvalidInput
from trivet.core.ids import Digest, VersionId
from trivet.core.plan import Plan
from trivet.core.said import parse_scope
from trivet.core.summary import PlanSummary
from trivet.planning.make import find_options
from trivet.planning.relief import price_each
from trivet.planning.summary import summarise
from trivet.store import NewJob
from trivet.store.parquet import write_plan
from trivet.store.stored import StoredVersion
from trivet.usecases.check_plan import check_plan
from trivet.usecases.declare import Shells
from trivet.usecases.show_gaps import matrix_of, said_of
from trivet.workspace.workspace import MAIN, Workspace

PACK_STEPS = 3
"""Steps of a pack that are told: opened, checked, written."""

PACKS: Final[Mapping[str, tuple[str, ...]]] = {"pack": ("xlsx", "pdf"), "xlsx": ("xlsx",), "pdf": ("pdf",)}
"""Forms of the review pack and the files each writes."""
MOST_PRICED: Final = 20_000
"""Item, site and open bucket combinations up to which the pack prices relief: about two seconds a resource."""
SHORTAGES: Final = 5
"""Short materials of which relief is priced."""

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
        form: `pack` (the review pack as xlsx and as PDF), `xlsx` or `pdf` (one of them), `csv` or `parquet` (one
            file a grain).

    Raises:
        InvalidInput: the form is not known.
        NotPermitted: the pack is asked for by somebody who sees a part of the plan.
        NotFound: there is no such scenario or version, or it has no plan yet.
    """
    version, rights = workspace.version(plan), workspace.rights
    if form in PACKS:
        rights.check_whole("The review pack")
    folder.mkdir(parents=True, exist_ok=True)
    if form in PACKS:
        return ExportAnswer(version=version.id, files=_pack(workspace, version, folder, PACKS[form]))
    if form in ("csv", "parquet"):
        files = _numbers(workspace, version, folder)
        written = files if form == "parquet" else tuple(_as_csv(file) for file in files)
        note = () if rights.whole else (_say_part(workspace, version, folder),)
        return ExportAnswer(version=version.id, files=tuple(str(file) for file in (*written, *note)), part=rights.part)
    raise InvalidInput(f"--as is '{form}'; expected pack, xlsx, pdf, csv or parquet.")


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


def _pack(workspace: Workspace, version: StoredVersion, folder: Path, endings: tuple[str, ...]) -> tuple[str, ...]:
    """Write the pack in the forms asked for; all of them appear under their names, or none."""
    tell = workspace.progress
    tell("pack", 0, PACK_STEPS)
    _, made, inputs = workspace.opened(version.id)
    tell("pack", 1, PACK_STEPS)
    certificate = check_plan(workspace, plan=version.id).certificate
    tell("pack", 2, PACK_STEPS)
    proof = said_of(certificate)
    matrix = matrix_of(workspace, workspace.looked_at(version.id), version.id, proof=proof)
    summary = replace(summarise(inputs, made), matrix=matrix)
    stem = f"{inputs.model.company.name.lower().replace(' ', '-')}-{version.id}"
    mark = f"{workspace.new_id()}.{uuid4().hex[:8]}"
    paths = [folder / f"{stem}.{ending}" for ending in endings]
    parts = [path.with_name(f".{path.name}.{mark}.part") for path in paths]  # nobody meets half a pack under its name
    try:
        reliefs = priced_reliefs(workspace, version, made, summary)
        for part, ending in zip(parts, endings, strict=True):
            if ending == "xlsx":
                write_pack(part, made, inputs, summary, certificate, version=version.id, reliefs=reliefs)
            else:
                write_pdf(part, draw_pack(made, inputs, summary, certificate, version=version.id, reliefs=reliefs))
        tell("pack", PACK_STEPS, PACK_STEPS)
        for part, path in zip(parts, paths, strict=True):
            part.replace(path)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return tuple(str(path) for path in paths)


def priced_reliefs(
    workspace: Workspace, version: StoredVersion, made: Plan, summary: PlanSummary
) -> tuple[PricedRelief, ...] | None:
    """Price relief of what binds on the business page: a few re-solves, so only where the plan is small.

    None where it is not, or where the plan was made with options that its recipe does not tell: the page then names
    the command.
    """
    options, supply = find_options(made.recipe.options), made.panel("supply")
    open_buckets = len(supply.buckets) - supply.buckets.first_open
    if options is None or supply.rows * open_buckets > MOST_PRICED:
        return None
    sources = workspace.sources_of(version, made)
    wanted = [("resource", each.resource) for each in summary.overloads]
    wanted += [("item", each.item) for each in summary.shortages[:SHORTAGES]]
    scopes = [parse_scope((f"{level}={name}",), sources.inputs.model.dimensions) for level, name in wanted]
    priced = price_each(sources.inputs, made, options, workspace.engines(), scopes)
    return tuple(
        PricedRelief(name=name, worth=each.value.worth, said=each.said)
        for (_, name), prices in zip(wanted, priced, strict=True)
        for each in (prices.reliefs if prices else ())
    )
