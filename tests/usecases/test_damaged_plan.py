"""A damaged plan is a finding of the doctor, who says what is damaged and goes on looking."""

import sqlite3
from contextlib import closing
from pathlib import Path

import trivet


def damage(home: Path) -> None:
    """Cut the largest part of the plan in two, as a full disk does."""
    with closing(sqlite3.connect(home / "trivet.db")) as base, base:
        for (name,) in base.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            base.execute(f'drop trigger "{name}"')
        digest, body = base.execute(
            "select digest, body from chunk where digest in (select chunk from version_chunk) "
            "order by length(body) desc limit 1"
        ).fetchone()
        base.execute("update chunk set body = ? where digest = ?", (body[: len(body) // 2], digest))


def test_doctor_names_the_plan_that_cannot_be_read_and_goes_on(home: Path) -> None:
    damage(home)
    answer = trivet.run_doctor(trivet.open_workspace(str(home), actor="ada"))
    assert not answer.healthy
    failed = {check.name: check.message for check in answer.checks if not check.passed}
    message = failed["V7 main-1 can be read"]
    assert "can't be read" in message
    assert "trivet restore" in message
    assert "Run: trivet doctor" not in message
    assert len(answer.checks) > len(failed)
