"""A branch on another base, in the store: one transaction, every number keeps its meaning, on both databases."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.store.sample import MAIN, START, add, change, keep, moves, same_log, stamp, start
from tests.store.test_doctor import failed, message, tamper
from trivet.core.entries import Logged
from trivet.core.errors import Conflict, InvalidInput, NotFound
from trivet.core.ids import Digest, ScenarioId, Seq
from trivet.store import Base, Standing, Store, restore
from trivet.store.database import writing

BRANCH, LEAF = ScenarioId("branch"), ScenarioId("leaf")


def branched(store: Store) -> Digest:
    """Main with an entry, a branch with two of its own, a leaf with one; then main goes on."""
    snapshot = start(store)
    add(store)
    store.create_scenario(BRANCH, "Branch", MAIN, stamp())
    for number in (1, 2):
        store.append(BRANCH, [change(number)], stamp("bert", number), seen=None, effects=moves((0, 2)))
    store.create_scenario(LEAF, "Leaf", BRANCH, stamp(minute=3))
    store.append(LEAF, [change(9)], stamp("carl", 4), seen=None, effects=moves((0, 3)))
    for minute in (5, 6, 7):
        store.append(MAIN, [change()], stamp("anna", minute), seen=None, effects=moves((0, 2)))
    return snapshot


def onto(store: Store, parent: ScenarioId = MAIN) -> Base:
    known = store.scenario(parent)
    return Base(parent=parent, seq=known.head, version=None, snapshot=known.snapshot)


def carry(name: ScenarioId) -> Callable[[Standing], Sequence[Logged]]:
    """Carry every own entry over, as it is."""

    def carried(standing: Standing) -> Sequence[Logged]:
        own = [entry for entry in standing.entries if entry.scenario == name]
        return [replace(entry, seq=Seq(standing.first + i)) for i, entry in enumerate(own)]

    return carried


def numbers(store: Store, name: ScenarioId, upto: int | None = None) -> list[tuple[str, int]]:
    entries = store.entries(name, upto=None if upto is None else Seq(upto))
    return [(str(entry.scenario), int(entry.seq)) for entry in entries]


def test_a_rebase_takes_a_number_and_its_entries_follow_behind_the_new_base(store: Store) -> None:
    snapshot = branched(store)
    before, main, leaf = store.entries(BRANCH), store.entries(MAIN), store.entries(LEAF)
    standing = store.rebase(BRANCH, onto(store), carry(BRANCH), stamp("eva", 10))
    assert (standing.first, standing.scenario.head) == (6, 3)
    main_numbers = [("main", 1), ("main", 2), ("main", 3), ("main", 4)]
    assert numbers(store, BRANCH) == [*main_numbers, ("branch", 6), ("branch", 7)]
    assert [entry.stamp.actor for entry in store.entries(BRANCH)][-2:] == ["bert", "bert"]
    branch = store.scenario(BRANCH)
    assert (branch.parent, branch.branched_at, branch.since, branch.head) == (MAIN, 4, 5, 7)
    assert same_log(store.entries(BRANCH, upto=Seq(3)), before)
    assert same_log(store.entries(BRANCH, upto=Seq(4)), before)
    assert same_log(store.entries(MAIN), main)
    assert same_log(store.entries(LEAF), leaf)
    was = store.standing(BRANCH, upto=Seq(3))
    assert (was.branched_at, was.since, was.head, was.snapshot) == (1, 1, 3, snapshot)
    (rebase,) = store.rebases(BRANCH)
    assert (rebase.seq, rebase.carried, rebase.actor, rebase.head) == (5, 2, "eva", 3)
    assert (store.audit()[-1].what, store.audit()[-1].subject) == ("rebase", BRANCH)
    assert failed(store) == []


def test_after_a_rebase_work_goes_on_and_so_does_a_second_one(store: Store) -> None:
    snapshot = branched(store)
    store.rebase(BRANCH, onto(store), carry(BRANCH), stamp("eva", 10))
    new = store.append(BRANCH, [change(4)], stamp("bert", 11), seen=Seq(7), effects=moves((0, 4)))
    assert new[0].seq == 8
    first = store.entries(BRANCH)
    store.rebase(LEAF, onto(store, BRANCH), carry(LEAF), stamp("eva", 12))
    assert numbers(store, LEAF)[-2:] == [("branch", 8), ("leaf", 10)]
    add(store)
    store.rebase(BRANCH, onto(store), lambda _: [], stamp("eva", 13))
    assert numbers(store, BRANCH) == [("main", seq) for seq in (1, 2, 3, 4, 5)]
    assert store.head(BRANCH) == 9
    assert same_log(store.entries(BRANCH, upto=Seq(8)), first)
    assert numbers(store, BRANCH, 3) == [("main", 1), ("branch", 2), ("branch", 3)]
    assert numbers(store, LEAF)[-2:] == [("branch", 8), ("leaf", 10)]
    assert numbers(store, LEAF, 4) == [("main", 1), ("branch", 2), ("branch", 3), ("leaf", 4)]
    assert store.append(BRANCH, [change()], stamp(), seen=None, effects=moves((0, 2)))[0].seq == 10
    keep(store, snapshot)
    assert failed(store) == []


def test_where_the_log_stood_at_a_moment(store: Store) -> None:
    branched(store)
    store.rebase(BRANCH, onto(store), carry(BRANCH), stamp("eva", 10))
    store.append(BRANCH, [change()], stamp("bert", 12), seen=None, effects=moves((0, 4)))
    at = {minute: store.seq_at(BRANCH, START + timedelta(minutes=minute)) for minute in (0, 1, 2, 9, 10, 11, 12, 99)}
    assert at == {0: 1, 1: 2, 2: 3, 9: 3, 10: 7, 11: 7, 12: 8, 99: 8}
    assert [store.seq_at(MAIN, START + timedelta(minutes=minute)) for minute in (0, 5, 6, 8)] == [1, 2, 3, 4]
    assert store.seq_at(LEAF, START + timedelta(minutes=3)) == 3
    with pytest.raises(NotFound, match=r"scenario 'leaf' was made 2026-11-02 08:03 UTC; at 2026-11-02 08:02"):
        store.seq_at(LEAF, START + timedelta(minutes=2))


def test_a_rebase_that_is_refused_leaves_no_trace(store: Store) -> None:
    branched(store)
    log, stood, audit = store.entries(BRANCH), store.scenarios(), store.audit()

    def refuse(_: Standing) -> Sequence[Logged]:
        raise Conflict("not now")

    with pytest.raises(Conflict, match="not now"):
        store.rebase(BRANCH, onto(store), refuse, stamp())
    with pytest.raises(InvalidInput, match="'branch' can't stand on 'leaf', which stands on it"):
        store.rebase(BRANCH, onto(store, LEAF), carry(BRANCH), stamp())
    with pytest.raises(InvalidInput, match="'main' is no branch"):
        store.rebase(MAIN, onto(store, LEAF), carry(MAIN), stamp())
    assert same_log(store.entries(BRANCH), log)
    assert (store.scenarios(), store.audit(), store.rebases(BRANCH)) == (stood, audit, ())


@pytest.mark.parametrize("statement", ["UPDATE rebase SET head = 1", "DELETE FROM rebase"])
def test_the_record_of_rebases_only_grows(store: Store, statement: str) -> None:
    branched(store)
    store.rebase(BRANCH, onto(store), carry(BRANCH), stamp())
    with pytest.raises(Conflict, match="the record of rebases only grows"), writing(store.engine) as connection:
        connection.execute(text(statement))


def test_a_lost_entry_of_before_a_rebase_is_found(store: Store) -> None:
    branched(store)
    store.rebase(BRANCH, onto(store), carry(BRANCH), stamp())
    tamper(store, "DELETE FROM log WHERE scenario = 'branch' AND seq = 2")
    assert "scenario branch stands at entry 3 but has 1 of its own after entry 1" in message(store, "V6")


def test_a_rebased_branch_comes_back_from_a_backup(store: Store, tmp_path_factory: pytest.TempPathFactory) -> None:
    branched(store)
    store.rebase(BRANCH, onto(store), carry(BRANCH), stamp())
    folder = tmp_path_factory.mktemp("backup")
    store.backup(folder / "b.db")
    back = restore(folder / "b.db", folder / "back")
    assert back.rebases(BRANCH) == store.rebases(BRANCH)
    assert back.scenarios() == store.scenarios()
    assert same_log(back.entries(LEAF), store.entries(LEAF))
    assert same_log(back.entries(BRANCH, upto=Seq(3)), store.entries(BRANCH, upto=Seq(3)))
    assert failed(back) == []
    back.close()
