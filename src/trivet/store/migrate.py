"""The format of a workspace: brought up step by step, after a backup, and checked at every opening.

Formats are Alembic revisions inside the package; `workspace.format` names the one a database has.
"""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, select

from trivet.core.errors import InvalidInput, NotFound, Unavailable
from trivet.store.schema import FORMAT, workspace

_REVISIONS: Final = {0: "base", 1: "0001", 2: "0002", 3: "0003", 4: "0004"}


def move_to(connection: Connection, number: int) -> None:
    """Bring the tables up or down to a format, inside the transaction of the connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    if number >= (read_format(connection) or 0):
        command.upgrade(config, _REVISIONS[number])
    else:
        command.downgrade(config, _REVISIONS[number])


def read_format(connection: Connection) -> int | None:
    """Give the format number of a database; None when it holds no workspace."""
    if not inspect(connection).has_table(workspace.name):
        return None
    found = connection.execute(select(workspace.c.format)).scalar_one_or_none()
    return None if found is None else int(found)


def check_format(found: int | None, where: str) -> None:
    """Raise when a database can't be used by this program as it is.

    NotFound without a workspace, Unavailable when it is older, InvalidInput when it is newer.
    """
    if found is None:
        raise NotFound(f"{where} holds no workspace. Make one with: trivet create")
    if found < FORMAT:
        raise Unavailable(
            f"{where} has format {found}, this program needs {FORMAT}. Run: trivet upgrade (it makes a backup first)"
        )
    if found > FORMAT:
        raise InvalidInput(
            f"{where} has format {found}, this program knows up to {FORMAT}. Install the newer Trivet that wrote it."
        )
