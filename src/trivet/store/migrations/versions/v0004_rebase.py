"""Format 4: what a branch stood on before it was rebased, so that its earlier states can still be read."""

import sqlalchemy as sa
from alembic import op

from trivet.store.migrations.freeze import freeze_tables, thaw_tables

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of rebases; like the log it only grows."""
    op.create_table(
        "rebase",
        sa.Column("scenario", sa.String, sa.ForeignKey("scenario.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("at", "actor")),
        sa.Column("parent", sa.String, sa.ForeignKey("scenario.id"), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("branched_at", "head", "carried")),
        sa.Column("base_version", sa.String),
        sa.Column("snapshot", sa.String(64), sa.ForeignKey("snapshot.digest")),
    )
    freeze_tables(since=4)
    op.execute(sa.text("UPDATE workspace SET format = 4"))


def downgrade() -> None:
    """Forget what branches stood on before: their earlier states can't be read any more."""
    thaw_tables(since=4)
    op.drop_table("rebase")
    op.execute(sa.text("UPDATE workspace SET format = 3"))
