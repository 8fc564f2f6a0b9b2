"""Format 1: workspace, chunks, snapshots, scenarios with their log, versions, certificates, audit."""

import sqlalchemy as sa
from alembic import op

from trivet.store.migrations.freeze import freeze_tables, thaw_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of format 1 and the triggers that freeze what is published."""
    _create_inputs()
    _create_scenarios()
    _create_versions()
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("at", "actor", "source", "group", "what", "subject")),
        sa.Column("detail", sa.Text, nullable=False),
    )
    freeze_tables()


def downgrade() -> None:
    """Drop everything of format 1."""
    thaw_tables()
    for index, table in (
        ("ix_version_chunk_chunk", "version_chunk"),
        ("version_of_scenario", "version"),
        ("ix_snapshot_chunk_chunk", "snapshot_chunk"),
    ):
        op.drop_index(index, table_name=table)
    for table in (
        *("audit", "certificate", "version_chunk", "version", "log", "head", "scenario"),
        *("snapshot_chunk", "snapshot", "chunk", "workspace"),
    ):
        op.drop_table(table)


def _create_inputs() -> None:
    op.create_table(
        "workspace",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("created", sa.String, nullable=False),
    )
    op.create_table(
        "chunk",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "snapshot",
        sa.Column("digest", sa.String(64), primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("company", "tables", "files", "report")),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
    )
    op.create_table(
        "snapshot_chunk",
        sa.Column("snapshot", sa.String(64), sa.ForeignKey("snapshot.digest"), primary_key=True),
        sa.Column("chunk", sa.String(64), sa.ForeignKey("chunk.digest"), primary_key=True),
    )
    op.create_index("ix_snapshot_chunk_chunk", "snapshot_chunk", ["chunk"])


def _create_scenarios() -> None:
    op.create_table(
        "scenario",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("parent", sa.String, sa.ForeignKey("scenario.id")),
        sa.Column("branched_at", sa.Integer, nullable=False),
        sa.Column("base_version", sa.String),
        sa.Column("snapshot", sa.String(64), sa.ForeignKey("snapshot.digest")),
        *(sa.Column(name, sa.String, nullable=False) for name in ("state", "created", "actor")),
    )
    op.create_table(
        "head",
        sa.Column("scenario", sa.String, sa.ForeignKey("scenario.id"), primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
    )
    op.create_table(
        "log",
        sa.Column("scenario", sa.String, sa.ForeignKey("scenario.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("group", "actor", "at", "source", "base")),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("effects", sa.String(64), sa.ForeignKey("chunk.digest")),
    )


def _create_versions() -> None:
    op.create_table(
        "version",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("scenario", sa.String, sa.ForeignKey("scenario.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("snapshot", sa.String(64), sa.ForeignKey("snapshot.digest"), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("state", "created", "actor")),
        *(sa.Column(name, sa.String) for name in ("submitted_by", "approved_by", "published", "published_by")),
        sa.Column("seal", sa.String(64)),
    )
    op.create_index("version_of_scenario", "version", ["scenario", "number"], unique=True)
    op.create_table(
        "version_chunk",
        sa.Column("version", sa.String, sa.ForeignKey("version.id"), primary_key=True),
        sa.Column("chunk", sa.String(64), sa.ForeignKey("chunk.digest"), primary_key=True),
    )
    op.create_index("ix_version_chunk_chunk", "version_chunk", ["chunk"])
    op.create_table(
        "certificate",
        sa.Column("version", sa.String, sa.ForeignKey("version.id"), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        *(sa.Column(name, sa.Integer) for name in ("passed", "failed", "waived")),
    )
