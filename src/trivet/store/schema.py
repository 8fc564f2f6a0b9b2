"""The tables of a workspace: what must not be lost, and which of it may never change.

One schema for SQLite and PostgreSQL. Instants are ISO texts in UTC with microseconds, so that they
sort and copy exactly everywhere. Arrays and tables live as chunks, addressed by the sha256 of their
values. The log and the audit trail only grow; what a published version names is frozen by triggers.
"""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

FORMAT: Final = 4
"""Number of the newest format this program writes; the migration `v0004` brings a workspace to 4."""

metadata = MetaData()

workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("format", Integer, nullable=False),
    Column("created", String, nullable=False),
)
chunk = Table(
    "chunk",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
snapshot = Table(
    "snapshot",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("company", Text, nullable=False),
    Column("tables", Text, nullable=False),
    Column("files", Text, nullable=False),
    Column("report", Text, nullable=False),
    Column("created", String, nullable=False),
    Column("actor", String, nullable=False),
)
snapshot_chunk = Table(
    "snapshot_chunk",
    metadata,
    Column("snapshot", ForeignKey("snapshot.digest"), primary_key=True),
    Column("chunk", ForeignKey("chunk.digest"), primary_key=True, index=True),
)
scenario = Table(
    "scenario",
    metadata,
    Column("id", String, primary_key=True),
    Column("title", String, nullable=False),
    Column("parent", ForeignKey("scenario.id")),
    Column("branched_at", Integer, nullable=False),
    Column("base_version", String),
    Column("snapshot", ForeignKey("snapshot.digest")),
    Column("state", String, nullable=False),
    Column("created", String, nullable=False),
    Column("actor", String, nullable=False),
)
head = Table(
    "head",
    metadata,
    Column("scenario", ForeignKey("scenario.id"), primary_key=True),
    Column("seq", Integer, nullable=False),
)
log = Table(
    "log",
    metadata,
    Column("scenario", ForeignKey("scenario.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("group", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("at", String, nullable=False),
    Column("source", String, nullable=False),
    Column("base", String, nullable=False),
    Column("entry", Text, nullable=False),
    Column("effects", ForeignKey("chunk.digest")),
)
version = Table(
    "version",
    metadata,
    Column("id", String, primary_key=True),
    Column("scenario", ForeignKey("scenario.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("snapshot", ForeignKey("snapshot.digest"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("manifest", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("created", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("submitted_by", String),
    Column("approved_by", String),
    Column("published", String),
    Column("published_by", String),
    Column("seal", String(64)),
    Index("version_of_scenario", "scenario", "number", unique=True),
)
version_chunk = Table(
    "version_chunk",
    metadata,
    Column("version", ForeignKey("version.id"), primary_key=True),
    Column("chunk", ForeignKey("chunk.digest"), primary_key=True, index=True),
)
certificate = Table(
    "certificate",
    metadata,
    Column("version", ForeignKey("version.id"), primary_key=True),
    Column("body", Text, nullable=False),
    Column("passed", Integer),
    Column("failed", Integer),
    Column("waived", Integer),
)
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("source", String, nullable=False),
    Column("group", String, nullable=False),
    Column("what", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("detail", Text, nullable=False),
)
stage = Table(
    "stage",
    metadata,
    Column("recipe", String(64), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
job = Table(
    "job",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("use_case", String, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("recipe", String(64), nullable=False),
    *(Column(name, String, nullable=False) for name in ("state", "words", "asked", "actor")),
    *(Column(name, Integer, nullable=False) for name in ("done", "of", "token", "cancel", "attempts")),
    *(Column(name, String) for name in ("worker", "lease", "ended")),
    *(Column(name, Text) for name in ("checkpoint", "result", "message")),
)
rebase = Table(
    "rebase",
    metadata,
    Column("scenario", ForeignKey("scenario.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    *(Column(name, String, nullable=False) for name in ("at", "actor")),
    Column("parent", ForeignKey("scenario.id"), nullable=False),
    *(Column(name, Integer, nullable=False) for name in ("branched_at", "head", "carried")),
    Column("base_version", String),
    Column("snapshot", ForeignKey("snapshot.digest")),
)
