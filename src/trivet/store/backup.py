"""Backup, restore and upgrade: the database and nothing else, always as one SQLite file.

A SQLite workspace is copied by SQLite itself while others write; a PostgreSQL one is read in one
transaction into the same tables of a new SQLite file. (Chosen over `pg_dump`: it needs no program on
the machine, and the file restores into either kind of database.) A file appears under its name only
when it is whole.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Table, insert, inspect, select, text
from sqlalchemy.engine import URL

from trivet.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from trivet.store.database import locate, make_engine, reading, writing
from trivet.store.migrate import check_format, move_to, read_format
from trivet.store.schema import FORMAT, audit, chunk, metadata, scenario

_AT_ONCE = 200
Row = Mapping[str, Any]


def back_up(engine: Engine, path: Path) -> None:
    """Write a workspace's database to a file.

    Raises Conflict when the file exists, Unavailable when the disk refuses.
    """
    if path.exists():
        raise Conflict(f"{path} exists. Choose another name; a backup never writes over anything.")
    with _whole_file(path) as part:
        if engine.dialect.name == "sqlite":
            _copy_file(Path(str(engine.url.database)), part)
        else:
            _copy_out(engine, part)


@contextmanager
def _whole_file(path: Path) -> Iterator[Path]:
    """Give a name to write under; the file gets its own, durably, when it is whole, else it is gone."""
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            _settle(part, path)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(f"{path} could not be written: {error}. Free space, or choose another place.") from error


def _copy_file(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source, timeout=30)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def _settle(part: Path, path: Path) -> None:
    """Put a whole file under its name, durably."""
    with part.open("rb") as whole:
        os.fsync(whole.fileno())
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _copy_out(engine: Engine, target: Path) -> None:
    made = _plain_engine(target)
    try:
        with reading(engine) as source, writing(made) as new:
            _copy_tables(source, new)
    finally:
        made.dispose()


def _plain_engine(file: Path) -> Engine:
    """Make the engine of a single file: no write-ahead log appears beside it."""
    return make_engine(URL.create("sqlite", database=str(file)), journal="DELETE")


def _copy_tables(source: Connection, target: Connection) -> None:
    """Lay the target out in the source's format and copy every row, parents before children."""
    number = read_format(source)
    if number is None:
        raise NotFound(f"{source.engine.url.render_as_string()} holds no workspace")
    move_to(target, number)
    there = set(inspect(source).get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in there:
            continue
        for rows in _batches(source, table):
            target.execute(insert(table), rows)
    if target.dialect.name == "postgresql":  # numbers given by hand leave its counter behind
        following = "(SELECT coalesce(max(id), 0) + 1 FROM audit)"
        target.execute(text(f"SELECT setval(pg_get_serial_sequence('audit', 'id'), {following}, false)"))


def _batches(source: Connection, table: Table) -> Iterator[Sequence[Row]]:
    query = select(table).order_by(audit.c.id) if table is audit else select(table)
    if table is scenario:
        rows = _parents_first([dict(row) for row in source.execute(query).mappings()])
        yield from ([rows] if rows else [])
        return
    many = 4 if table is chunk else _AT_ONCE  # a chunk may have 19 MB
    for part in source.execute(query, execution_options={"yield_per": many}).mappings().partitions():
        yield [dict(row) for row in part]


def _parents_first(rows: Sequence[Row]) -> Sequence[Row]:
    by_parent: dict[object, list[Row]] = {}
    for row in rows:
        by_parent.setdefault(row["parent"], []).append(row)
    ordered: list[Row] = list(by_parent.get(None, ()))
    for row in ordered:  # grows while it is read
        ordered.extend(by_parent.get(row["id"], ()))
    return ordered


def put_back(file: Path, target: str) -> None:
    """Restore a backup into a folder or database that holds no workspace.

    Raises NotFound without the file, InvalidInput when it is no backup, Conflict when the target
    holds a workspace already.
    """
    _check_backup(file)
    url = locate(target)
    engine = make_engine(url)
    try:
        if url.get_backend_name() == "sqlite":
            _put_back_file(file, Path(str(url.database)))
            return
        source = _plain_engine(file)
        try:
            with reading(source) as old, writing(engine) as new:
                if read_format(new) is not None:
                    raise Conflict(f"{url.render_as_string()} holds a workspace. Restore into an empty database.")
                _copy_tables(old, new)
        finally:
            source.dispose()
    finally:
        engine.dispose()


def _put_back_file(file: Path, target: Path) -> None:
    if target.exists():
        raise Conflict(f"{target} exists. Restore into a folder without a workspace.")
    with _whole_file(target) as part:
        _copy_file(file, part)


def _check_backup(file: Path) -> None:
    if not file.is_file():
        raise NotFound(f"{file} is no file. Give the backup that `trivet backup` wrote.")
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
            opened.execute("SELECT format FROM workspace").fetchone()
            sound = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise InvalidInput(f"{file} is no backup of a workspace: {error}. Give what `trivet backup` wrote.") from error
    if sound != "ok":
        raise InvalidInput(f"{file} is damaged: {sound}. Take an older backup.")


def upgrade(target: str) -> tuple[int, int, Path | None]:
    """Bring a workspace to this program's format, after a backup.

    Gives the format before and after, and the backup's file (None when there was nothing to do). The
    backup lies beside a SQLite database, else in the current folder. Raises NotFound without a
    workspace, Unavailable when a newer program wrote it.
    """
    url = locate(target)
    file = Path(str(url.database)) if url.get_backend_name() == "sqlite" else None
    if file is not None and not file.exists():
        check_format(None, target)
    engine = make_engine(url)
    try:
        with reading(engine) as connection:
            before = read_format(connection)
        if before is None or before > FORMAT:
            raise Unavailable(
                f"{target} has format {before or 'none'}, this program knows up to {FORMAT}. Install the newer Trivet, "
                "or check the address."
            )
        if before == FORMAT:
            return before, before, None
        backup = _free_name((file.parent if file else Path.cwd()), f"trivet-format-{before}")
        back_up(engine, backup)
        with writing(engine) as connection:
            move_to(connection, FORMAT)
        return before, FORMAT, backup
    finally:
        engine.dispose()


def _free_name(folder: Path, stem: str) -> Path:
    names = (folder / f"{stem}{f'-{number}' if number else ''}.backup.db" for number in range(10_000))
    return next(name for name in names if not name.exists())
