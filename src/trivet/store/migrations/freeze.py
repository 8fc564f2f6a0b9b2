"""Triggers that refuse what must not happen, in the words of each database.

The log, the audit trail and chunks never change. A published version, its certificate, its snapshot
and everything they name can be neither changed nor removed, whatever program connects.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

MARK = "trivet refuses"
"""Every refusal of a trigger begins with these words; the store turns it into a Conflict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One refusal: an operation on a table when a condition over ROW holds.

    Attributes:
        table: which table.
        operation: UPDATE, DELETE or INSERT (SQLite's REPLACE would else walk past DELETE).
        when: SQL condition; `{row}` stands for OLD or NEW.
        says: what the refusal says.
        sqlite_only: whether only SQLite needs it.
        since: format that brought the table.
    """

    table: str
    operation: str
    when: str
    says: str
    sqlite_only: bool = False
    since: int = 1

    @property
    def name(self) -> str:
        """Name of the trigger."""
        return f"freeze_{self.table}_{self.operation.lower()}"

    @property
    def condition(self) -> str:
        """Condition over the row the operation meets."""
        return self.when.format(row="NEW" if self.operation == "INSERT" else "OLD")


_VERSION = "EXISTS (SELECT 1 FROM version WHERE version.id = {row}.version AND version.state = 'published')"
_SNAPSHOT = "EXISTS (SELECT 1 FROM version WHERE version.snapshot = {row}.%s AND version.state = 'published')"
_CHUNK = (
    "EXISTS (SELECT 1 FROM version_chunk JOIN version ON version.id = version_chunk.version "
    "WHERE version_chunk.chunk = {row}.digest AND version.state = 'published') OR "
    "EXISTS (SELECT 1 FROM snapshot_chunk JOIN version ON version.snapshot = snapshot_chunk.snapshot "
    "WHERE snapshot_chunk.chunk = {row}.digest AND version.state = 'published')"
)
_NO_TRUNCATE = "freeze_no_truncate"
_SAME = "EXISTS (SELECT 1 FROM {table} WHERE {keys})"


def rules() -> tuple[Rule, ...]:
    """Give every refusal."""
    found = [
        Rule(table="chunk", operation="UPDATE", when="TRUE", says="a chunk is its digest and never changes"),
        Rule(table="chunk", operation="DELETE", when=_CHUNK, says="the chunk belongs to a published version"),
        Rule(table="chunk", operation="INSERT", when=_CHUNK, says="the chunk is published", sqlite_only=True),
    ]
    for table, when in (
        ("version", "{row}.state = 'published'"),
        ("version_chunk", _VERSION),
        ("certificate", _VERSION),
        ("snapshot", _SNAPSHOT % "digest"),
        ("snapshot_chunk", _SNAPSHOT % "snapshot"),
    ):
        found += [
            Rule(table=table, operation=operation, when=when, says="a published version is frozen")
            for operation in ("UPDATE", "DELETE")
        ]
    for table in ("log", "audit"):
        found += [
            Rule(table=table, operation=operation, when="TRUE", says=f"the {table} only grows")
            for operation in ("UPDATE", "DELETE")
        ]
    found += [
        Rule(table="rebase", operation=operation, when="TRUE", says="the record of rebases only grows", since=4)
        for operation in ("UPDATE", "DELETE")
    ]
    return (*found, *_replacements())


def _replacements() -> list[Rule]:
    """Refuse INSERT OR REPLACE over a frozen row: SQLite fires no DELETE trigger for it."""
    frozen = {
        "version": ("id",),
        "certificate": ("version",),
        "snapshot": ("digest",),
        "log": ("scenario", "seq"),
        "audit": ("id",),
        "rebase": ("scenario", "seq"),
    }
    return [
        Rule(
            table=table,
            operation="INSERT",
            when=_SAME.format(table=table, keys=" AND ".join(f"{table}.{key} = {{row}}.{key}" for key in keys)),
            says="the row is there already",
            sqlite_only=True,
            since=4 if table == "rebase" else 1,
        )
        for table, keys in frozen.items()
    ]


def freeze_tables(*, since: int = 1) -> None:
    """Create the triggers a format brings on the database of the running migration."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql and since == 1:
        op.execute(
            sa.text(
                f"CREATE FUNCTION {_NO_TRUNCATE}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN "
                f"RAISE EXCEPTION '{MARK}: the table is never emptied' USING ERRCODE = 'check_violation'; END $body$"
            )
        )
    for rule in (rule for rule in rules() if rule.since == since):
        if postgresql and not rule.sqlite_only:
            _create_postgresql(rule)
        elif not postgresql:
            op.execute(
                sa.text(
                    f"CREATE TRIGGER {rule.name} BEFORE {rule.operation} ON {rule.table} "
                    f"WHEN {rule.condition} BEGIN SELECT RAISE(ABORT, '{MARK}: {rule.says}'); END"
                )
            )


def _create_postgresql(rule: Rule) -> None:
    row = "NEW" if rule.operation == "UPDATE" else "OLD"
    op.execute(
        sa.text(
            f"CREATE FUNCTION {rule.name}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN "
            f"IF {rule.condition} THEN RAISE EXCEPTION '{MARK}: {rule.says}' "
            f"USING ERRCODE = 'check_violation'; END IF; RETURN {row}; END $body$"
        )
    )
    op.execute(
        sa.text(
            f"CREATE TRIGGER {rule.name} BEFORE {rule.operation} ON {rule.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {rule.name}()"
        )
    )
    if rule.operation == "DELETE":  # TRUNCATE walks past row triggers
        op.execute(
            sa.text(
                f"CREATE TRIGGER {rule.name}_all BEFORE TRUNCATE ON {rule.table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {_NO_TRUNCATE}()"
            )
        )


def thaw_tables(*, since: int = 1) -> None:
    """Drop the triggers a format brought, for a downgrade."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for rule in (rule for rule in rules() if rule.since == since):
        if postgresql and not rule.sqlite_only:
            op.execute(sa.text(f"DROP FUNCTION {rule.name}() CASCADE"))
        elif not postgresql:
            op.execute(sa.text(f"DROP TRIGGER {rule.name}"))
    if postgresql and since == 1:
        op.execute(sa.text(f"DROP FUNCTION {_NO_TRUNCATE}() CASCADE"))
