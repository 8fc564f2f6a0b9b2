"""The database behind a workspace: how to reach it, and transactions that keep what they acknowledge.

A folder means DIR/trivet.db (SQLite: WAL, `synchronous=FULL`, foreign keys, writers take the lock
with BEGIN IMMEDIATE); an address means that database (PostgreSQL through psycopg). Readers see one
moment: a deferred transaction on SQLite, REPEATABLE READ on PostgreSQL. Errors of the driver become
Unavailable (disk full, server gone, locked) or Conflict (a trigger refused).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy import exc as database_errors
from sqlalchemy.engine import URL

from trivet.core.errors import Conflict, InvalidInput, Unavailable
from trivet.store.migrations.freeze import MARK

FILE: Final = "trivet.db"
_WAIT_SECONDS: Final = 30
"""How long a writer waits for another writer's transaction before it gives up."""


def locate(url_or_dir: str) -> URL:
    """Turn a folder or an address into the address of its database.

    Raises InvalidInput for an address that is neither SQLite nor PostgreSQL.
    """
    if "://" not in url_or_dir:
        return URL.create("sqlite", database=str(Path(url_or_dir).expanduser() / FILE))
    try:
        url = make_url(url_or_dir)
    except database_errors.ArgumentError as error:
        raise InvalidInput(f"'{url_or_dir}' is not an address of a database: {error}. {_EXPECTED}") from error
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise InvalidInput(f"'{url.render_as_string()}': {url.get_backend_name()} is not supported. {_EXPECTED}")
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return url


_EXPECTED = "Give a folder, or an address like postgresql+psycopg://user@host/name."


def make_engine(url: URL, *, journal: str = "WAL") -> Engine:
    """Make the engine of a database: nothing is opened before the first transaction.

    `journal` is SQLite's; DELETE keeps everything in one file, for backups.
    Raises Unavailable when the driver of PostgreSQL is not installed.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": _WAIT_SECONDS})
        event.listen(engine, "connect", lambda driver, _record: _open_sqlite(driver, journal))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise Unavailable(f"PostgreSQL needs psycopg ({error}): pip install 'trivet[postgres]'") from error
    event.listen(engine, "connect", _open_postgresql)
    return engine


def _open_sqlite(driver: Any, journal: str) -> None:
    driver.isolation_level = None  # SQLAlchemy's BEGIN is the only one
    for pragma in (f"journal_mode={journal}", "synchronous=FULL", "foreign_keys=ON"):
        driver.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("trivet_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _open_postgresql(driver: Any, _record: object) -> None:
    driver.autocommit = True
    driver.execute("SET synchronous_commit TO on")  # a server may be set to acknowledge early
    driver.autocommit = False


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one moment and writes nothing."""
    options: dict[str, Any] = (
        {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    )
    with translating(engine), engine.execution_options(**options).begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that is durable when this returns, and leaves no trace when it raises."""
    with translating(engine), engine.execution_options(trivet_writes=True).begin() as connection:
        yield connection


@contextmanager
def translating(engine: Engine) -> Iterator[None]:
    """Say errors of the driver in words: Unavailable, or Conflict when a trigger refused."""
    where = engine.url.render_as_string()
    try:
        yield
    except database_errors.IntegrityError as error:
        found = str(error.orig).splitlines()[0]
        if MARK in found:
            raise Conflict(f"{where}: {found}. Make a new version or a new entry instead.") from error
        raise Conflict(f"{where}: {found}. Somebody else wrote the same row; read again and repeat.") from error
    except (database_errors.DBAPIError, database_errors.TimeoutError) as error:
        cause = getattr(error, "orig", None) or error
        found = (str(cause).splitlines() or [type(cause).__name__])[0]
        raise Unavailable(
            f"{where}: the database did not do it: {found}. Nothing of this step was kept; {_way_out(found)}"
        ) from error


def _way_out(found: str) -> str:
    ways = {
        "full": "free space on the disk and repeat.",
        "No space": "free space on the disk and repeat.",
        "readonly": "make the folder writable and repeat.",
        "unable to open": "check that the folder exists and may be read and written.",
        "locked": "another program holds it for long; repeat when it is done.",
        "malformed": "restore the last backup (trivet restore).",
        "not a database": "restore the last backup (trivet restore).",
    }
    return next((way for sign, way in ways.items() if sign in found), "check the database server and repeat.")
