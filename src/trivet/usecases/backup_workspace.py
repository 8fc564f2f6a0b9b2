"""Back up a workspace: the database and nothing else, in one file, while others work."""

from dataclasses import dataclass
from pathlib import Path

from trivet.core.rights import Task
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import Workspace

DECLARED = Shells(command="backup", why="an administrator's task; no page")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupAnswer:
    """The file that was written, and its size in bytes."""

    file: str
    size: int


def backup_workspace(workspace: Workspace, file: Path) -> BackupAnswer:
    """Write a backup.

    Raises:
        Conflict: the file exists already; it is left as it is.
        NotPermitted: the person's role may not.
    """
    workspace.rights.check_task(Task.CARE)
    workspace.store.backup(file)
    return BackupAnswer(file=str(file), size=file.stat().st_size)
