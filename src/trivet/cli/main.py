"""The `trivet` command: global options, the commands, and how a run ends (0, 1 or 2)."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer._click import Context  # typer brings its own click; it has no public name for these two
from typer._click.exceptions import ClickException
from typer.core import TyperGroup

from trivet.cli.advice import name_workspace, typed

if TYPE_CHECKING:
    from trivet.workspace.workspace import Workspace


class Stopped(Exception):  # noqa: N818 - nobody's error
    """Somebody pressed Ctrl-C; says what was kept when anything was."""


class Commands(TyperGroup):
    """The commands, with an end by Ctrl-C that says something: typer ends with 130 and no word."""

    def invoke(self, ctx: Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise Stopped(str(stop)) from stop


app = typer.Typer(
    name="trivet",
    cls=Commands,
    help="Sales and operations planning: demand, supply and money in one plan.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What the global options said."""

    workspace: str | None
    actor: str | None


@app.callback()
def options(
    context: typer.Context,
    workspace: Annotated[
        str | None,
        typer.Option(
            "-w", "--workspace", help="Folder or database URL (else $TRIVET_WORKSPACE, else ./trivet-workspace)."
        ),
    ] = None,
    actor: Annotated[str | None, typer.Option(help="Who acts (else $TRIVET_ACTOR, else your login).")] = None,
) -> None:
    """Plan what will be sold, made and earned, and keep one plan everybody works from."""
    context.obj = Call(workspace=workspace, actor=actor)
    name_workspace(workspace)


def opened(context: typer.Context, *, quiet: bool = False) -> "Workspace":
    """Open the workspace of this call; work tells its progress on standard error unless quiet."""
    from trivet.cli.progress import Tell  # noqa: PLC0415 - commands import what they need
    from trivet.workspace.workspace import open_workspace  # noqa: PLC0415

    call: Call = context.obj
    tell = context.with_resource(Tell(quiet=quiet))
    return open_workspace(call.workspace, actor=call.actor, progress=tell)


def run() -> None:
    """Run the command line; errors become one clear line (with --json also a `Problem`) and an exit code."""
    try:
        _run()
    except (KeyboardInterrupt, Stopped, typer.Abort) as stop:
        sys.stderr.write(typed(f"trivet: cancelled; {str(stop) or 'nothing half-done was kept'}\n"))
        sys.exit(1)


def _run() -> None:
    import trivet.cli.commands  # noqa: F401, PLC0415 - registers the commands
    from trivet.cli.answers import Problem, write_json  # noqa: PLC0415 - heavy; importing this module is not
    from trivet.core.errors import InvalidInput, NotFound, TrivetError  # noqa: PLC0415

    name_workspace(None)
    as_json = "--json" in sys.argv
    try:
        sys.exit(app(standalone_mode=False) or 0) if as_json else app()
    except ClickException as error:  # only raised to here for a program that reads JSON
        sys.stderr.write(f"trivet: {error.format_message()}\n")
        write_json(Problem(error=type(error).__name__, message=error.format_message()))
        sys.exit(error.exit_code)
    except TrivetError as error:
        sys.stderr.write(typed(f"trivet: {error.message}\n"))
        for issue in error.issues:
            sys.stderr.write(typed(f"  {issue}\n"))
        if as_json:
            write_json(Problem(error=type(error).__name__, message=error.message, issues=error.issues))
        sys.exit(2 if isinstance(error, InvalidInput | NotFound) else 1)
