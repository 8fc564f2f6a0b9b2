"""Create a workspace: an empty database that keeps one company's plans."""

from dataclasses import dataclass

from trivet.core.errors import Conflict
from trivet.core.ids import ScenarioId
from trivet.store import open_store, workspace_exists
from trivet.usecases.declare import Shells
from trivet.workspace.settings import read_settings
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="create", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAnswer:
    """Where the workspace is and which format it has."""

    workspace: str
    format: int


def create_workspace(target: str, *, actor: str | None = None) -> CreateAnswer:
    """Create a workspace in a folder (SQLite) or in the database of a URL.

    Raises:
        Conflict: there is one already; nothing is changed.
    """
    settings = read_settings({"workspace": target, "actor": actor})
    if workspace_exists(settings.workspace):
        raise Conflict(f"{target} already holds a workspace. Use it with -w {target}, or choose another folder.")
    store = open_store(settings.workspace, create=True)
    workspace = Workspace(settings=settings, store=store)
    store.create_scenario(ScenarioId(MAIN), "Working plan", None, workspace.stamp("create"))
    return CreateAnswer(workspace=settings.workspace, format=store.format)
