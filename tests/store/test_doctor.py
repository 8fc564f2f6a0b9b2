from collections.abc import Callable, Mapping

import pytest
from sqlalchemy import text

from tests.store.sample import CERTIFICATE, DEMAND, MAIN, add, approve, change, effect, keep, moves, stamp, start
from trivet.core.entries import Effect, Logged, Operation
from trivet.core.ids import Digest, ScenarioId, Seq, VersionId
from trivet.store import NewJob, Store
from trivet.store.codec import array_to_body
from trivet.store.database import writing
from trivet.store.migrations.freeze import rules
from trivet.store.stored import StoredScenario

BRANCH = ScenarioId("branch")


@pytest.fixture
def filled(store: Store) -> Store:
    snapshot = start(store)
    add(store)
    version = keep(store, snapshot)
    approve(store, version)
    pack = NewJob(use_case="export_plan", arguments="{}", recipe=Digest("pack"))
    store.publish(version, CERTIFICATE, stamp(), then=[pack])
    store.create_scenario(BRANCH, "x", MAIN, stamp())
    store.append(BRANCH, [change(5)], stamp(), seen=None, effects=moves((0, 2)))
    return store


def failed(store: Store) -> list[str]:
    return [check.name.split()[0] for check in store.doctor() if not check.passed]


def message(store: Store, name: str) -> str:
    return next(check.message for check in store.doctor() if check.name.startswith(name) and not check.passed)


def tamper(store: Store, *statements: str) -> None:
    """Change what may not be changed, as somebody with the database in hand could."""
    with writing(store.engine) as connection:
        for rule in rules():
            if store.engine.dialect.name == "sqlite":
                connection.execute(text(f"DROP TRIGGER {rule.name}"))
            elif not rule.sqlite_only:
                connection.execute(text(f"DROP TRIGGER {rule.name} ON {rule.table}"))
        for statement in statements:
            connection.execute(text(statement))


def test_a_sound_workspace_passes_and_every_check_looked_at_something(filled: Store) -> None:
    checks = filled.doctor()
    assert all(check.passed and check.failed == 0 and check.message == "" for check in checks)
    nothing = [check.name.split()[0] for check in checks if not check.checked]
    assert nothing == ["V4"]  # there is no lock


def test_missing_triggers_are_found(filled: Store) -> None:
    tamper(filled)
    assert failed(filled) == ["V5"]
    assert "trigger freeze_chunk_update is missing" in message(filled, "V5")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE version SET digest = '0123'",
        "UPDATE version SET seq = 0",
        "UPDATE version SET published_by = 'mallory'",
        "UPDATE certificate SET body = '{}'",
        "DELETE FROM certificate",
    ],
)
def test_a_changed_published_version_is_found(filled: Store, statement: str) -> None:
    tamper(filled, statement)
    found = [check for check in filled.doctor() if check.name == "V5 a published version never changes"]
    assert [check.passed for check in found] == [False]
    assert found[0].message.startswith("main-1: ")
    assert found[0].message.endswith("Restore the last backup (trivet restore) and compare.")


def test_one_changed_cell_of_a_published_plan_is_found(filled: Store) -> None:
    version = filled.version(VersionId("main-1"))
    plan = filled.load_plan(version.id)
    panel = plan.panel("demand")
    values = panel.count(DEMAND).copy()
    values[2, 3] += 1
    digest = version.manifest.grains[panel.grain].measures[DEMAND].blocks[0]
    body = array_to_body(values)
    tamper(filled)
    with writing(filled.engine) as connection:
        connection.execute(
            text("UPDATE chunk SET body = :body WHERE digest = :digest"), {"body": body, "digest": digest}
        )
    assert "main-1: digest is " in next(c.message for c in filled.doctor() if c.name.startswith("V5 a published"))


def test_unreadable_chunks_are_found(filled: Store) -> None:
    zero = "'\\x00'" if filled.engine.dialect.name == "postgresql" else "x'00'"
    tamper(filled, f"UPDATE chunk SET body = {zero}")  # noqa: S608
    assert "main-1: can't be read: a chunk of 1 bytes" in next(
        check.message for check in filled.doctor() if check.name.startswith("V5 a published")
    )
    assert "effects of scenario main: a chunk of 1 bytes can't be read" in message(filled, "V7")


def test_a_lost_entry_is_found(filled: Store) -> None:
    tamper(filled, "DELETE FROM log WHERE seq = 1")
    assert "scenario main stands at entry 1 but has 0" in message(filled, "V6")
    assert "V6" in failed(filled)


def test_a_lost_chunk_is_found(filled: Store) -> None:
    without = "SET session_replication_role = replica" if filled.engine.dialect.name == "postgresql" else "SELECT 1"
    with filled.engine.connect() as connection:
        if filled.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN")
    tamper(filled, without, "DELETE FROM chunk WHERE digest IN (SELECT chunk FROM snapshot_chunk)")
    assert "is missing" in message(filled, "V7")


def test_an_entry_without_a_trail_is_found(filled: Store) -> None:
    tamper(filled, "UPDATE log SET actor = 'mallory' WHERE scenario = 'main'")
    assert "entry 1 of main has no line in the audit trail" in message(filled, "V9")


def test_one_recipe_with_two_plans_is_found(filled: Store) -> None:
    filled.put_version(
        BRANCH, Seq(2), filled.load_plan(VersionId("main-1")), filled.version(VersionId("main-1")).snapshot, stamp()
    )
    assert failed(filled) == []
    tamper(filled, "UPDATE version SET digest = 'other' WHERE id = 'branch-1'")
    assert "gave 2 different plans" in message(filled, "V13")


def test_a_branch_beyond_its_parent_is_found(filled: Store) -> None:
    tamper(filled, "UPDATE scenario SET branched_at = 2 WHERE id = 'branch'")
    assert "scenario branch branched at entry 2 of main, which it does not reach" in message(filled, "V14")


LOCK = change(operation=Operation.LOCK)
MOVED = effect([(0, 2)], 9, before=5)


@pytest.mark.parametrize(
    ("between", "holds"),
    [
        ([], False),
        ([change(operation=Operation.UNLOCK)], True),
        ([change(operation=Operation.WITHDRAW, withdraws=1)], True),
        ([change(operation=Operation.WITHDRAW, withdraws=7)], False),
    ],
)
def test_a_moved_locked_cell_is_found_while_the_lock_holds(store: Store, between: list[object], holds: bool) -> None:
    start(store)
    held = effect([(0, 2), (1, 2)], 5, before=5)
    store.append(MAIN, [LOCK], stamp(), seen=None, effects=lambda _: [(held,)])
    for entry in between:
        store.append(MAIN, [entry], stamp(), seen=None, effects=moves())  # type: ignore[list-item]
    store.append(MAIN, [change()], stamp("bert"), seen=None, effects=lambda _: [(effect([(1, 2)], 5, before=5),)])
    assert failed(store) == []
    store.append(MAIN, [change()], stamp("bert"), seen=None, effects=lambda _: [(MOVED,)])
    assert failed(store) == ([] if holds else ["V4"])
    if not holds:
        assert f"entry {store.head(MAIN)} of bert moved 1 cells of lock 1" in message(store, "V4")


def refold(standing: tuple[Logged, ...], after: int) -> Mapping[Seq, tuple[Effect, ...]]:
    return {entry.seq: (effect([(0, 2)], after),) for entry in standing}


def fold_to(after: int) -> Callable[[StoredScenario, tuple[Logged, ...]], Mapping[Seq, tuple[Effect, ...]]]:
    return lambda _scenario, standing: refold(standing, after)


def test_effects_that_no_longer_follow_from_the_log_are_found(filled: Store) -> None:
    good = filled.doctor(fold_to(120_000))[-1]
    assert (good.name[:2], good.passed, good.checked) == ("V8", True, 3)
    bad = filled.doctor(fold_to(120_001))[-1]
    assert (bad.passed, bad.failed) == (False, 3)
    assert "entry 1 of main by anna folds to other numbers" in bad.message
