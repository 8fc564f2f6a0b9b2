"""The audit trail: every write leaves who, when, from where and what, in the same transaction."""

import json
from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from trivet.core.ids import ActorId
from trivet.core.records import Stamp
from trivet.store.schema import audit
from trivet.store.stored import AuditLine, instant, moment

Detail = Mapping[str, str | int | None]


def note(connection: Connection, stamp: Stamp, what: str, subject: str, detail: Detail) -> None:
    """Write one line."""
    connection.execute(
        insert(audit),
        {
            "at": instant(stamp.at),
            "actor": stamp.actor,
            "source": stamp.source,
            "group": stamp.group,
            "what": what,
            "subject": subject,
            "detail": json.dumps(detail, sort_keys=True, ensure_ascii=False),
        },
    )


def read_trail(connection: Connection) -> tuple[AuditLine, ...]:
    """Give every line, oldest first."""
    return tuple(
        AuditLine(
            stamp=Stamp(actor=ActorId(row.actor), at=moment(row.at), source=row.source, group=row.group),
            what=row.what,
            subject=row.subject,
            detail=row.detail,
        )
        for row in connection.execute(select(audit).order_by(audit.c.id))
    )
