import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event, text

from tests.store.sample import CERTIFICATE, MAIN, add, approve, keep, plan, stamp, start
from trivet.core.entries import Change
from trivet.core.errors import Unavailable
from trivet.core.ids import Seq, VersionId
from trivet.store import Store, VersionState, open_store
from trivet.store.database import reading

ROOT = Path(__file__).parents[2]
FEW = 5
MOST = 12
"""Lines a writer says at most before it is to be killed: some edits and publications, however slow the machine."""
LONGEST = 0.03
"""Seconds after that line at the latest: the kill lands anywhere in what follows."""


def writer(address: str, name: str, steps: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store.writer", address, name, str(steps)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill_at_random(address: str, lines_before: int, delay: float) -> list[list[str]]:
    """Start a writer, kill -9 it some time after it said so many lines, and give all it had acknowledged."""
    with writer(address, "anna", 10_000) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        lines = [child.stdout.readline() for _ in range(lines_before)]
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.read().splitlines()
    assert child.returncode == -signal.SIGKILL
    return [line.split() for line in lines]


def assert_kept(store: Store, acknowledged: list[list[str]]) -> None:
    amounts = {e.seq: e.entry.amount for e in store.entries(MAIN) if isinstance(e.entry, Change)}
    versions = {version.id: version for version in store.versions()}
    for kind, name, *value in acknowledged:
        if kind == "entry":
            assert amounts[Seq(int(name))] == int(value[0])
        elif kind == "version":
            assert versions[VersionId(name)].digest == value[0]
        else:
            assert (versions[VersionId(name)].state, versions[VersionId(name)].seal) == (
                VersionState.PUBLISHED,
                value[0],
            )
    assert [check for check in store.doctor() if not check.passed] == []


def survive(address: str, kills: int, figure: Callable[[str, object], None]) -> None:
    chance = random.Random(20261122)  # noqa: S311 - a seed, so that a failure can be repeated
    store = open_store(address, create=True)
    start(store)
    acknowledged: list[list[str]] = []
    for _ in range(kills):
        acknowledged += kill_at_random(address, chance.randint(0, MOST), chance.uniform(0, LONGEST))
        assert_kept(store, acknowledged)
    kinds = [line[0] for line in acknowledged]
    assert kinds.count("entry") > kills
    figure(f"kill -9 x {kills}", f"{kinds.count('entry')} edits, {kinds.count('published')} publications, none lost")
    store.close()


def test_nothing_acknowledged_is_lost_when_a_planner_is_killed(
    address: str, figure: Callable[[str, object], None]
) -> None:
    survive(address, FEW, figure)


@pytest.mark.accept
def test_nothing_acknowledged_is_lost_in_thirty_kills(tmp_path: Path, figure: Callable[[str, object], None]) -> None:
    survive(str(tmp_path / "w"), int(os.environ.get("TRIVET_KILLS", "30")), figure)


def test_two_processes_share_one_log(address: str) -> None:
    store = open_store(address, create=True)
    start(store)
    children = [writer(address, name, 12) for name in ("anna", "bert")]
    said = [child.communicate(timeout=60)[0].splitlines() for child in children]
    assert [child.returncode for child in children] == [0, 0]
    lines = [line.split() for part in said for line in part if line.split()[0] in ("entry", "version", "published")]
    assert sum(line[0] == "entry" for line in lines) == 24
    assert store.head(MAIN) == 24
    assert_kept(store, lines)
    store.close()


def test_a_full_disk_says_so_and_loses_nothing(file_store: Store) -> None:
    snapshot = start(file_store)
    add(file_store)
    version = keep(file_store, snapshot)
    approve(file_store, version)
    limit_pages(file_store, spare=4)
    big = plan(quantity=12_347, series=30_000, inputs="big")
    with pytest.raises(Unavailable, match=r"full.*Nothing of this step was kept; free space"):
        file_store.put_version(MAIN, Seq(1), big, snapshot, stamp())
    assert [v.id for v in file_store.versions()] == [version]
    written = fill_up(file_store)
    assert file_store.head(MAIN) == 1 + written
    assert [check for check in file_store.doctor() if not check.passed] == []
    file_store.close()
    again = open_store(Path(str(file_store.engine.url.database)).parent)  # space was freed
    assert again.put_version(MAIN, again.head(MAIN), big, snapshot, stamp()) == "main-2"
    assert again.load_plan(VersionId("main-2")).digest() == big.digest()


def test_a_full_disk_while_publishing_leaves_the_version_approved(file_store: Store) -> None:
    version = keep(file_store, start(file_store))
    approve(file_store, version)
    limit_pages(file_store, spare=0)
    with pytest.raises(Unavailable, match="free space"):
        file_store.publish(version, CERTIFICATE[:-1] + ', "why": "' + "x" * 50_000 + '"}', stamp())
    assert file_store.version(version).state is VersionState.APPROVED


def fill_up(store: Store) -> int:
    """Edit until there is no page left and give how many edits were acknowledged."""
    for written in range(1000):
        try:
            add(store)
        except Unavailable:
            return written
    raise AssertionError("the disk never got full")


def limit_pages(store: Store, *, spare: int) -> None:
    """Let the database's file grow by so many pages only, as a full disk would."""
    with reading(store.engine) as connection:
        most = int(connection.execute(text("PRAGMA page_count")).scalar_one()) + spare

    @event.listens_for(store.engine, "connect")
    def limit(driver: object, _record: object) -> None:
        driver.execute(f"PRAGMA max_page_count={most}").close()  # type: ignore[attr-defined]

    store.engine.dispose()


def test_a_read_only_database_is_told(file_store: Store) -> None:
    start(file_store)
    event.listen(file_store.engine, "connect", lambda driver, _: driver.execute("PRAGMA query_only=ON").close())
    file_store.engine.dispose()
    with pytest.raises(Unavailable, match="make the folder writable"):
        add(file_store)
