"""Workspaces as the programs of earlier formats left them: each is backed up, upgraded, and says what it said."""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

import trivet
from tests.store.format_fixture import FOLDER
from trivet.core.errors import InvalidInput, Unavailable
from trivet.core.ids import ScenarioId
from trivet.store import open_store, upgrade
from trivet.store.database import FILE, writing
from trivet.store.schema import FORMAT

LARGEST = 100_000
FORMATS = range(1, FORMAT + 1)


def lay_out(number: int, folder: Path) -> Path:
    folder.mkdir()
    (folder / FILE).write_bytes(gzip.decompress((FOLDER / f"format_{number}.db.gz").read_bytes()))
    return folder


def format_of(file: Path) -> int:
    with closing(sqlite3.connect(file)) as opened:
        return int(opened.execute("SELECT format FROM workspace").fetchone()[0])


def test_every_format_has_a_fixture() -> None:
    """Fails when the number is raised: then run `python -m tests.store.format_fixture` and commit what it writes."""
    there = {path.name for path in FOLDER.iterdir()}
    assert there == {f"format_{number}.{kind}" for number in FORMATS for kind in ("db.gz", "json")}
    assert [path.name for path in FOLDER.glob("*.gz") if path.stat().st_size > LARGEST] == []


@pytest.mark.parametrize("number", FORMATS)
def test_a_workspace_of_each_format_is_upgraded_after_a_backup_and_keeps_its_plans(number: int, tmp_path: Path) -> None:
    home = lay_out(number, tmp_path / "home")
    told = json.loads((FOLDER / f"format_{number}.json").read_text("utf-8"))
    if number < FORMAT:
        with pytest.raises(Unavailable, match=rf"has format {number}, this program needs {FORMAT}\. Run: trivet upg"):
            open_store(home)
        assert format_of(home / FILE) == number
    was, now, backup = upgrade(str(home))
    assert (was, now, backup is None) == (number, FORMAT, number == FORMAT)
    if backup is not None:
        assert format_of(backup) == number
        with closing(sqlite3.connect(backup)) as old:
            assert old.execute("SELECT count(*) FROM version").fetchone() == (len(told["digests"]),)
    store = open_store(home)
    assert {version.id: store.load_plan(version.id).digest() for version in store.versions()} == told["digests"]
    assert {name: len(store.entries(ScenarioId(name))) for name in told["entries"]} == told["entries"]
    assert [check for check in store.doctor() if not check.passed] == []
    store.close()


def test_people_go_on_working_in_a_workspace_of_the_first_format(tmp_path: Path) -> None:
    home = str(lay_out(1, tmp_path / "home"))
    assert trivet.upgrade_workspace(home).before == 1
    ada = trivet.open_workspace(home, actor="ada")
    said = trivet.Said(
        measure="consensus_demand", amount="+10", where=("family=City",), first="2027-04", reason="still here"
    )
    assert trivet.record_changes(ada, [said]).recorded
    assert trivet.rebase_scenario(ada, "high").done
    assert trivet.list_changes(ada, scenario="high", as_of="5").lines[-1].seq == 5


def test_a_newer_workspace_is_refused_in_words_and_left_as_it_is(tmp_path: Path) -> None:
    home = lay_out(FORMAT, tmp_path / "home")
    store = open_store(home)
    with writing(store.engine) as connection:
        connection.execute(text(f"UPDATE workspace SET format = {FORMAT + 1}"))  # noqa: S608
    store.close()
    said = rf"has format {FORMAT + 1}, this program knows up to {FORMAT}\. Install the newer Trivet"
    with pytest.raises(InvalidInput, match=said):
        open_store(home)
    with pytest.raises(Unavailable, match=said):
        upgrade(str(home))
    assert [path.name for path in home.glob("*.backup.db")] == []
