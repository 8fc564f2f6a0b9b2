"""Format 2: finished stages by their recipe, so that a killed job repeats only the open one."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of finished stages."""
    op.create_table(
        "stage",
        sa.Column("recipe", sa.String(64), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.execute(sa.text("UPDATE workspace SET format = 2"))


def downgrade() -> None:
    """Forget finished stages: they can be computed again."""
    op.drop_table("stage")
    op.execute(sa.text("UPDATE workspace SET format = 1"))
