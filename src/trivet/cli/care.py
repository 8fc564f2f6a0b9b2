"""Looking after a workspace: `doctor`, `backup`, `restore`, `upgrade`, `settings`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trivet.cli.answers import Json, answer
from trivet.cli.main import Call, app, opened

if TYPE_CHECKING:
    from trivet.usecases.backup_workspace import BackupAnswer
    from trivet.usecases.create_workspace import CreateAnswer
    from trivet.usecases.run_doctor import DoctorAnswer
    from trivet.usecases.upgrade_workspace import UpgradeAnswer
    from trivet.workspace.settings import Settings


@app.command()
def doctor(
    context: typer.Context,
    again: Annotated[bool, typer.Option("--again", help="Also make the latest plans again and compare.")] = False,
    as_json: Json = False,
) -> None:
    """Check everything that must always hold."""
    from trivet.usecases.run_doctor import run_doctor  # noqa: PLC0415

    value = run_doctor(opened(context, quiet=as_json), again=again)
    answer(value, as_json=as_json, show=_show_doctor, refused=not value.healthy)


def _show_doctor(value: "DoctorAnswer", console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "what must hold", "checked", "failed", ""):
        table.add_column(name)
    for check in value.checks:
        mark = "[green]ok[/]" if check.passed else "[red]FAILED[/]"
        table.add_row(mark, check.words, f"{check.checked:,}", f"{check.failed:,}", check.message)
    console.print(table)
    console.print("Healthy." if value.healthy else "[red]Not healthy:[/] restore a backup, or report what failed.")


@app.command()
def backup(context: typer.Context, file: Path, as_json: Json = False) -> None:
    """Write a backup of the workspace into one file, while others work."""
    from trivet.usecases.backup_workspace import backup_workspace  # noqa: PLC0415

    def show(value: "BackupAnswer", console: Console) -> None:
        console.print(f"{value.file}, {value.size / 1e6:,.1f} MB. Back again: trivet -w NEW restore {value.file}")

    answer(backup_workspace(opened(context, quiet=as_json), file), as_json=as_json, show=show)


@app.command()
def restore(context: typer.Context, file: Path, as_json: Json = False) -> None:
    """Restore a backup into the workspace named by -w, which must not exist yet."""
    from trivet.usecases.restore_workspace import restore_workspace  # noqa: PLC0415
    from trivet.workspace.settings import read_settings  # noqa: PLC0415

    def show(value: "CreateAnswer", console: Console) -> None:
        console.print(f"Workspace {value.workspace} is restored.")

    call: Call = context.obj
    target = read_settings({"workspace": call.workspace}).workspace
    answer(restore_workspace(file, target), as_json=as_json, show=show)


@app.command()
def upgrade(context: typer.Context, as_json: Json = False) -> None:
    """Bring the workspace to the format of this release; backs up first."""
    from trivet.usecases.upgrade_workspace import upgrade_workspace  # noqa: PLC0415

    def show(value: "UpgradeAnswer", console: Console) -> None:
        done = f"upgraded from {value.before} to {value.after}, backup in {value.backup}"
        console.print(done if value.backup else f"Format {value.after} is this release's: nothing to do.")

    call: Call = context.obj
    answer(upgrade_workspace(call.workspace), as_json=as_json, show=show)


@app.command()
def settings(context: typer.Context, as_json: Json = False) -> None:
    """Show every setting and where it came from."""
    from trivet.workspace.settings import read_settings  # noqa: PLC0415

    def show(value: "Settings", console: Console) -> None:
        for setting in value.all:
            console.print(f"{setting.name:<10} {setting.value}  ({setting.origin})")

    call: Call = context.obj
    answer(read_settings({"workspace": call.workspace, "actor": call.actor}), as_json=as_json, show=show)
