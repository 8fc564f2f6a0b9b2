"""Upgrade a workspace to the format of this release; a backup is written first."""

from dataclasses import dataclass

from trivet.store import upgrade
from trivet.usecases.declare import Shells
from trivet.workspace.settings import read_settings

DECLARED = Shells(command="upgrade", why="an administrator's task; no page")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeAnswer:
    """The format before and after, and the backup that was written (None = nothing to do)."""

    before: int
    after: int
    backup: str | None


def upgrade_workspace(target: str | None = None) -> UpgradeAnswer:
    """Bring a workspace to the format of this release.

    Raises:
        Unavailable: the workspace was written by a newer release.
    """
    settings = read_settings({"workspace": target})
    before, after, backup = upgrade(settings.workspace)
    return UpgradeAnswer(before=before, after=after, backup=str(backup) if backup else None)
