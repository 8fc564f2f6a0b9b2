"""Restore a workspace from a backup, into a place that has none."""

from pathlib import Path

from trivet.store import restore
from trivet.usecases.create_workspace import CreateAnswer
from trivet.usecases.declare import Shells
from trivet.workspace.settings import read_settings

DECLARED = Shells(command="restore", why="an administrator's task; no page")


def restore_workspace(file: Path, target: str) -> CreateAnswer:
    """Restore a backup into a folder (SQLite) or database URL without a workspace.

    Raises:
        Conflict: there is a workspace already; nothing is changed.
        InvalidInput: the file is no backup of a workspace.
    """
    settings = read_settings({"workspace": target})
    store = restore(file, settings.workspace)
    return CreateAnswer(workspace=settings.workspace, format=store.format)
