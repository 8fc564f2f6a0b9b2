"""Format 3: long work as jobs, with lease, fencing token, progress and checkpoint."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of jobs."""
    op.create_table(
        "job",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("use_case", sa.String, nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("recipe", sa.String(64), nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("state", "words", "asked", "actor")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("done", "of", "token", "cancel", "attempts")),
        *(sa.Column(name, sa.String) for name in ("worker", "lease", "ended")),
        *(sa.Column(name, sa.Text) for name in ("checkpoint", "result", "message")),
    )
    op.execute(sa.text("UPDATE workspace SET format = 3"))


def downgrade() -> None:
    """Forget the jobs: what they made is kept elsewhere."""
    op.drop_table("job")
    op.execute(sa.text("UPDATE workspace SET format = 2"))
