import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from tests.store.sample import CERTIFICATE, MAIN, approve, keep, plan, start
from trivet.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from trivet.core.ids import Digest
from trivet.store import open_store, restore, upgrade, workspace_exists
from trivet.store.database import locate, make_engine, reading, writing
from trivet.store.migrate import move_to, read_format
from trivet.store.schema import FORMAT, metadata
from trivet.store.store import Store


def test_a_new_workspace_has_the_newest_format(store: Store) -> None:
    assert store.format == FORMAT


def test_opening_again_with_create_leaves_what_is_there(store: Store, address: str) -> None:
    start(store)
    again = open_store(address, create=True)
    assert [scenario.id for scenario in again.scenarios()] == [MAIN]
    again.close()


def test_a_folder_holds_trivet_db_and_nothing_is_made_without_create(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"holds no workspace.*trivet create"):
        open_store(tmp_path / "w")
    assert not (tmp_path / "w").exists()
    assert not workspace_exists(tmp_path / "w")
    open_store(tmp_path / "w", create=True).close()
    assert (tmp_path / "w" / "trivet.db").is_file()
    assert workspace_exists(tmp_path / "w")


def test_an_empty_database_is_no_workspace(new_database: Callable[[], str]) -> None:
    address = new_database()
    assert not workspace_exists(address)
    with pytest.raises(NotFound, match="holds no workspace"):
        open_store(address)


@pytest.mark.parametrize("address", ["mysql://host/db", "://", "not an address://x"])
def test_an_unknown_kind_of_database_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="Give a folder, or an address like postgresql"):
        open_store(address)


def test_plain_postgresql_address_uses_psycopg() -> None:
    assert locate("postgresql://u@h/d").drivername == "postgresql+psycopg"


def test_a_server_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="check the database server"):
        open_store(f"postgresql://postgres@/none?host={tmp_path}")


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "trivet.db").write_bytes(b"this is text, and long enough to be looked at" * 50)
    with pytest.raises(Unavailable, match="restore the last backup"):
        open_store(tmp_path)


def test_sqlite_writes_ahead_syncs_fully_and_keeps_references(file_store: Store) -> None:
    with reading(file_store.engine) as connection:
        found = [
            connection.execute(text(f"PRAGMA {p}")).scalar() for p in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]


def test_postgresql_acknowledges_after_writing(new_database: Callable[[], str]) -> None:
    store = open_store(new_database(), create=True)
    with reading(store.engine) as connection:
        found = [
            connection.execute(text(f"SHOW {p}")).scalar() for p in ("synchronous_commit", "transaction_isolation")
        ]
    store.close()
    assert found == ["on", "repeatable read"]


def test_migrations_give_exactly_the_tables_of_the_schema(store: Store) -> None:
    with reading(store.engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_go_down_to_nothing_and_up_again(store: Store) -> None:
    start(store)
    with writing(store.engine) as connection:
        move_to(connection, 1)
        assert read_format(connection) == 1
        move_to(connection, 0)
        assert read_format(connection) is None
    assert leftovers(store.engine) == []
    with writing(store.engine) as connection:
        move_to(connection, FORMAT)


def leftovers(engine: Engine) -> list[str]:
    query = (
        "SELECT proname FROM pg_proc WHERE proname LIKE 'freeze%' UNION "
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        if engine.dialect.name == "postgresql"
        else "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND tbl_name <> 'alembic_version'"
    )
    with reading(engine) as connection:
        return [str(name) for name in connection.execute(text(query)).scalars()]


def set_format(store: Store, number: int) -> None:
    with writing(store.engine) as connection:
        if number <= FORMAT:
            move_to(connection, number)
        else:
            connection.execute(text("UPDATE workspace SET format = :number"), {"number": number})


def test_an_older_format_asks_for_the_upgrade_and_the_upgrade_backs_up_first(file_store: Store, tmp_path: Path) -> None:
    snapshot = start(file_store)
    version = keep(file_store, snapshot)
    set_format(file_store, 1)
    folder = tmp_path / "workspace"
    with pytest.raises(Unavailable, match=rf"has format 1, this program needs {FORMAT}\. Run: trivet upgrade"):
        open_store(folder)
    before, after, backup = upgrade(str(folder))
    assert (before, after) == (1, FORMAT)
    assert backup is not None
    with closing(sqlite3.connect(backup)) as old:
        assert old.execute("SELECT format FROM workspace").fetchone() == (1,)
    upgraded = open_store(folder)
    assert upgraded.load_plan(version).digest() == plan(inputs="in1000").digest()
    upgraded.close()
    assert upgrade(str(folder)) == (FORMAT, FORMAT, None)


def test_an_upgrade_of_postgresql_writes_its_backup_into_the_current_folder(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    address = new_database()
    store = open_store(address, create=True)
    start(store)
    set_format(store, 1)
    store.close()
    (tmp_path / "trivet-format-1.backup.db").write_text("an earlier one")
    assert upgrade(address) == (1, FORMAT, tmp_path / "trivet-format-1-1.backup.db")
    opened = open_store(address)
    assert opened.format == FORMAT
    opened.close()


def test_a_newer_format_is_not_touched(store: Store, address: str) -> None:
    set_format(store, FORMAT + 1)
    with pytest.raises(
        InvalidInput, match=rf"has format {FORMAT + 1}, this program knows up to {FORMAT}\. Install the newer"
    ):
        open_store(address)
    with pytest.raises(Unavailable, match=f"has format {FORMAT + 1}"):
        upgrade(address)


def test_upgrading_nothing_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="holds no workspace"):
        upgrade(str(tmp_path))


def test_backup_restores_into_a_folder_with_everything(store: Store, tmp_path: Path) -> None:
    version, file = filled(store, tmp_path)
    back = restore(file, tmp_path / "back")
    assert_same(store, back, version)
    back.close()


def test_backup_restores_into_postgresql_with_everything(
    store: Store, tmp_path: Path, new_database: Callable[[], str]
) -> None:
    version, file = filled(store, tmp_path)
    back = restore(file, new_database())
    assert_same(store, back, version)
    start_again = back.put_snapshot("another", {}, (), "{}", store.audit()[0].stamp)  # the counters go on
    assert back.snapshot(start_again).company_text == "another"
    back.close()


def filled(store: Store, tmp_path: Path) -> tuple[str, Path]:
    version = keep(store, start(store))
    store.create_scenario(MAIN_CHILD, "child", MAIN, store.audit()[0].stamp)
    store.create_scenario(A_GRANDCHILD, "sorts before its parents", MAIN_CHILD, store.audit()[0].stamp)
    store.stages.put(Digest("recipe"), b"body")
    approve(store, version)
    store.publish(version, CERTIFICATE, store.audit()[0].stamp)
    file = tmp_path / "kept" / "backup.db"
    store.backup(file)
    assert [path.name for path in file.parent.iterdir()] == ["backup.db"]
    return version, file


MAIN_CHILD = type(MAIN)("branch")
A_GRANDCHILD = type(MAIN)("a")


def assert_same(one: Store, other: Store, version: str) -> None:
    name = next(v.id for v in one.versions() if v.id == version)
    assert other.versions() == one.versions()
    assert other.scenarios() == one.scenarios()
    assert other.audit() == one.audit()
    assert other.certificate(name) == one.certificate(name)
    assert other.load_plan(name).digest() == one.load_plan(name).digest()
    assert other.stages.get(Digest("recipe")) == b"body"
    assert all(check.passed for check in other.doctor())
    with pytest.raises(Conflict, match="frozen"), writing(other.engine) as connection:
        connection.execute(text("DELETE FROM certificate"))


def test_backup_never_writes_over_a_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "b.db").write_text("precious")
    with pytest.raises(Conflict, match=r"b\.db exists"):
        store.backup(tmp_path / "b.db")
    assert (tmp_path / "b.db").read_text() == "precious"


def test_backup_that_can_not_be_written_is_unavailable(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Unavailable, match="could not be written"):
        store.backup(tmp_path / "file" / "b.db")


def test_restore_never_writes_over_a_workspace(store: Store, address: str, tmp_path: Path) -> None:
    store.backup(tmp_path / "b.db")
    with pytest.raises(Conflict, match="Restore into"):
        restore(tmp_path / "b.db", address)


def test_restore_refuses_what_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="is no file"):
        restore(tmp_path / "none.db", tmp_path / "w")
    (tmp_path / "text.db").write_bytes(b"hello, this is no database at all" * 40)
    with pytest.raises(InvalidInput, match="is no backup of a workspace"):
        restore(tmp_path / "text.db", tmp_path / "w")
    assert not (tmp_path / "w").exists()


def test_restore_refuses_a_damaged_backup(file_store: Store, tmp_path: Path) -> None:
    filled(file_store, tmp_path)
    file = tmp_path / "kept" / "backup.db"
    body = bytearray(file.read_bytes())
    for at in range(5 * 4096, len(body), 4096):  # every page after the first tables
        body[at : at + 64] = b"\xff" * 64
    file.write_bytes(body)
    with pytest.raises(InvalidInput, match=r"damaged|no backup"):
        restore(file, tmp_path / "w")


def test_restoring_an_older_backup_asks_for_the_upgrade(file_store: Store, tmp_path: Path) -> None:
    start(file_store)
    set_format(file_store, 1)
    file_store.backup(tmp_path / "old.db")
    with pytest.raises(Unavailable, match="trivet upgrade"):
        restore(tmp_path / "old.db", tmp_path / "back")
    upgrade(str(tmp_path / "back"))
    assert open_store(tmp_path / "back").scenario(MAIN).title == "Working plan"


def test_an_engine_without_psycopg_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_args: object, **_options: object) -> None:
        raise ModuleNotFoundError("No module named 'psycopg'")

    monkeypatch.setattr("trivet.store.database.create_engine", missing)
    with pytest.raises(Unavailable, match=r"pip install 'trivet\[postgres\]'"):
        make_engine(locate("postgresql://u@h/d"))
