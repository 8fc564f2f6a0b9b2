"""Finished stages by their recipe (`core.ports.StageStore`): a killed job repeats only the open one.

A cache: what is here can be computed again, so a stage is kept without a line in the audit trail.
"""

from sqlalchemy import Engine, insert, select

from trivet.core.ids import Digest
from trivet.store.database import reading, writing
from trivet.store.schema import stage


class Stages:
    """Keeps results of stages in the workspace's database."""

    def __init__(self, engine: Engine) -> None:
        """Keep the engine of the workspace's database."""
        self._engine = engine

    def get(self, recipe: Digest) -> bytes | None:
        """Give the body stored for a recipe; None when there is none."""
        with reading(self._engine) as connection:
            found = connection.execute(select(stage.c.body).where(stage.c.recipe == recipe)).scalar_one_or_none()
        return None if found is None else bytes(found)

    def put(self, recipe: Digest, body: bytes) -> None:
        """Store the body of a finished stage; what is there already stays."""
        with writing(self._engine) as connection:
            if connection.execute(select(stage.c.recipe).where(stage.c.recipe == recipe)).first() is None:
                connection.execute(insert(stage), {"recipe": recipe, "body": body})
