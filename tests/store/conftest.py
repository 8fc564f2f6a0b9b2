"""Workspaces to test on: SQLite in a fresh folder, PostgreSQL in a server of this session (docs: SETUP, PostgreSQL)."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg
import pytest

from trivet.store import Store, open_store
from trivet.store.database import FILE


def find_binary(name: str) -> str | None:
    """Look on PATH, then where Debian puts the newest server."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or next((str(place) for place in places), None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Address of a running server's `postgres` database; skipped where PostgreSQL is not installed."""
    initdb, control = find_binary("initdb"), find_binary("pg_ctl")
    if initdb is None or control is None:
        pytest.skip("PostgreSQL is not installed")
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if user is not None:
        shutil.chown(folder, user)
    asked = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run([initdb, "-A", "trust", "--no-sync", "-U", "postgres", "-D", f"{folder}/data"], user)
    run([control, "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", asked, "start"], user)
    yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    run([control, "-D", f"{folder}/data", "-m", "immediate", "stop"], user)
    shutil.rmtree(folder, ignore_errors=True)


def run(command: list[str], user: str | None) -> None:
    subprocess.run(command, user=user, check=True, stdout=subprocess.DEVNULL, cwd="/tmp")  # noqa: S108


_numbers = count()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with an empty workspace, copied for each test: laying one out takes 50 ms."""
    folder = tmp_path_factory.mktemp("template")
    open_store(folder, create=True).close()
    with closing(sqlite3.connect(folder / FILE)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / FILE


@pytest.fixture(scope="session")
def template_database(postgresql: str) -> str:
    """Name of a database with an empty workspace."""
    ask(postgresql, "CREATE DATABASE template_trivet")
    open_store(postgresql.replace("/postgres?", "/template_trivet?"), create=True).close()
    return "template_trivet"


def ask(server: str, command: str) -> None:
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(command.encode())


@pytest.fixture
def new_database(postgresql: str) -> Iterator[Callable[[], str]]:
    """Make empty databases in the session's server; they are gone after the test."""
    made: list[str] = []

    def make(template: str = "template1") -> str:
        made.append(f"t{next(_numbers)}")
        ask(postgresql, f"CREATE DATABASE {made[-1]} TEMPLATE {template}")
        return postgresql.replace("/postgres?", f"/{made[-1]}?")

    yield make
    for name in made:
        ask(postgresql, f"DROP DATABASE {name} WITH (FORCE)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes a database of the server needs the server (tests/conftest.py looks for `postgresql` only)."""
    for item in items:
        if "new_database" in getattr(item, "fixturenames", ()) and "address" not in getattr(item, "fixturenames", ()):
            item.add_marker("postgresql")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty workspace is, on each kind of database."""
    if request.param == "sqlite":
        return str(workspace_in(tmp_path, request.getfixturevalue("template")))
    make: Callable[[str], str] = request.getfixturevalue("new_database")
    return make(request.getfixturevalue("template_database"))


def workspace_in(folder: Path, template: Path) -> Path:
    (folder / "workspace").mkdir()
    shutil.copy(template, folder / "workspace")
    return folder / "workspace"


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """An empty workspace on each kind of database."""
    opened = open_store(address)
    yield opened
    opened.close()


@pytest.fixture
def file_store(tmp_path: Path, template: Path) -> Iterator[Store]:
    """An empty workspace in a folder."""
    opened = open_store(workspace_in(tmp_path, template))
    yield opened
    opened.close()
