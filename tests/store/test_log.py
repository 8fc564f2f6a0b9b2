import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files

import numpy as np
import pytest
from sqlalchemy import text

from tests.store.sample import DEMAND, MAIN, add, change, effect, keep, moves, same_log, stamp, start
from trivet.core.entries import Effect, Logged, Operation, RecordChange
from trivet.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from trivet.core.ids import Digest, MeasureId, ScenarioId, Seq
from trivet.core.measures import parse_measures
from trivet.core.records import Stamp
from trivet.store import CellsChanged, Store, open_store
from trivet.store.codec import entry_from_json, entry_to_json
from trivet.store.database import writing

BRANCH = ScenarioId("second-shift")
REGISTRY = parse_measures(files("trivet.core").joinpath("measures.toml").read_text("utf-8"))
PRICE = RecordChange(table="prices", key=(("item", "A"), ("market", "")), after=(("price", "12.50"),), reason="list")


def test_entries_come_back_as_they_were_written_with_their_effects(store: Store) -> None:
    start(store)
    first = store.append(MAIN, [change(), PRICE], stamp(), seen=Seq(0), effects=lambda _: [(effect([(0, 2)], 5),), ()])
    second = add(store, change(7, Operation.ADD))
    assert [logged.seq for logged in (*first, *second)] == [1, 2, 3]
    assert same_log(store.entries(MAIN), (*first, *second))
    assert store.head(MAIN) == 3
    assert same_log(store.entries(MAIN, upto=Seq(1)), first[:1])


@pytest.mark.parametrize(
    "entry",
    [
        change(),
        replace(change(operation=Operation.SCALE), amount=Decimal("1.0500"), expires=date(2027, 1, 1), unit="PAL"),
        change(operation=Operation.WITHDRAW, withdraws=3),
        PRICE,
        replace(PRICE, after=None, withdraws=Seq(2)),
    ],
)
def test_an_entry_survives_json(entry: RecordChange) -> None:
    again = entry_from_json(entry_to_json(entry))
    assert again == entry
    assert type(again) is type(entry)
    assert repr(again) == repr(entry)  # 1.0500 stays 1.0500


@pytest.mark.parametrize("broken", ["{}", "nonsense", '{"change": {"measure": 1}}'])
def test_a_broken_line_of_the_log_is_told(broken: str) -> None:
    with pytest.raises(InvalidInput, match="Run: trivet doctor"):
        entry_from_json(broken)


def test_effects_are_computed_on_what_stands_inside_the_lock(store: Store) -> None:
    start(store)
    add(store)
    seen: list[tuple[Logged, ...]] = []

    def effects(standing: tuple[Logged, ...]) -> Sequence[tuple[Effect, ...]]:
        seen.append(standing)
        return [()]

    store.append(MAIN, [change()], stamp(), seen=None, effects=effects)
    assert [entry.seq for entry in seen[0]] == [1]


def test_locks_bring_their_recorded_cells_to_the_fold(store: Store) -> None:
    start(store)
    add(store)
    add(store, change(operation=Operation.LOCK))
    found: list[int] = []

    def effects(standing: tuple[Logged, ...]) -> Sequence[tuple[Effect, ...]]:
        found.extend(len(entry.effects) for entry in standing)
        return [()]

    store.append(MAIN, [change()], stamp(), seen=None, effects=effects)
    assert found == [0, 1]


def test_a_refusal_inside_the_lock_leaves_no_trace(store: Store) -> None:
    start(store)
    before = store.audit()

    def refuse(_: tuple[Logged, ...]) -> Sequence[tuple[Effect, ...]]:
        raise Conflict("locked")

    with pytest.raises(Conflict, match="locked"):
        store.append(MAIN, [change()], stamp(), seen=None, effects=refuse)
    assert store.head(MAIN) == 0
    assert store.entries(MAIN) == ()
    assert store.audit() == before


def test_a_later_change_of_the_same_cells_is_a_conflict_that_names_both_values_and_who(store: Store) -> None:
    start(store)
    store.append(MAIN, [change()], stamp("anna"), seen=Seq(0), effects=moves((0, 2), (1, 2), after=120_000))
    with pytest.raises(CellsChanged) as caught:
        store.append(
            *(MAIN, [change()], stamp("bert")),
            seen=Seq(0),
            effects=moves((1, 2), (2, 2), after=80_000),
            registry=REGISTRY,
        )
    assert caught.value.message == (
        "consensus_demand: 1 of these cells were changed since entry 0 by anna (entry 1, 2026-11-02 08:00 UTC): they "
        "hold 120.000 in total now, you want 80.000. Their reason: customer called. Look at them again, then repeat."
    )
    overlap = caught.value.overlaps[0]
    found = [a.tolist() for a in (overlap.rows, overlap.columns, overlap.theirs, overlap.mine)]
    assert found == [[1], [2], [120_000], [80_000]]
    assert overlap.by.stamp.actor == "anna"
    assert store.head(MAIN) == 1


def test_other_cells_other_measures_and_looked_at_changes_are_no_conflict(store: Store) -> None:
    start(store)
    add(store, seen=0)
    store.append(MAIN, [change()], stamp("bert"), seen=Seq(0), effects=moves((0, 3)))
    store.append(MAIN, [change()], stamp("bert"), seen=Seq(0), effects=moves((1, 2)))
    other = effect([(0, 2)], 5, measure="firm_production")
    store.append(MAIN, [change()], stamp("bert"), seen=Seq(0), effects=lambda _: [(other,)])
    add(store, seen=4)
    assert store.head(MAIN) == 5


def test_without_seen_nobody_asks(store: Store) -> None:
    start(store)
    add(store)
    assert add(store)[0].seq == 2


def test_the_same_row_of_a_table_is_a_conflict(store: Store) -> None:
    start(store)
    store.append(MAIN, [PRICE], stamp("anna"), seen=Seq(0), effects=moves())
    mine = replace(PRICE, after=(("price", "11.00"),))
    with pytest.raises(
        CellsChanged, match=r"prices item A, market  was .*anna .entry 1.*price = 12\.50 now, you want price = 11\.00"
    ):
        store.append(MAIN, [mine], stamp("bert"), seen=Seq(0), effects=moves())
    other = replace(PRICE, key=(("item", "B"), ("market", "")))
    store.append(MAIN, [other], stamp("bert"), seen=Seq(0), effects=moves())


def test_withdrawing_what_somebody_withdrew_is_a_conflict(store: Store) -> None:
    start(store)
    add(store)
    taken = change(operation=Operation.WITHDRAW, withdraws=1)
    add(store, taken, seen=1)
    with pytest.raises(CellsChanged, match=r"entry 1 was withdrawn since entry 1 by anna"):
        add(store, taken, seen=1, who="bert")


def test_when_the_keys_moved_in_between_the_same_buckets_are_asked_about(store: Store) -> None:
    start(store)
    store.append(MAIN, [change()], stamp(), seen=None, effects=moves((0, 2)), base=Digest("old"))
    with pytest.raises(CellsChanged, match="same buckets since entry 0 by anna"):
        store.append(MAIN, [change()], stamp(), seen=Seq(0), effects=moves((9, 2)), base=Digest("new"))
    store.append(MAIN, [change()], stamp(), seen=Seq(0), effects=moves((9, 3)), base=Digest("new"))


def test_the_base_of_an_entry_is_the_keys_of_the_plan_it_refers_to(store: Store) -> None:
    snapshot = start(store)
    before = add(store)[0].base
    keep(store, snapshot, 1)
    one = add(store)[0].base
    keep(store, snapshot, 2)  # other numbers, the same keys
    store.create_scenario(BRANCH, "x", MAIN, stamp())
    branched = store.append(BRANCH, [change()], stamp(), seen=None, effects=moves())[0].base
    assert before != one
    assert add(store)[0].base == one == branched


def test_a_future_that_was_never_seen_is_refused(store: Store) -> None:
    start(store)
    with pytest.raises(InvalidInput, match="stands at entry 0; entry 4 was never there"):
        add(store, seen=4)


def test_effects_of_another_number_of_entries_are_a_mistake(store: Store) -> None:
    start(store)
    with pytest.raises(ValueError, match="2 entries but effects of 1"):
        store.append(MAIN, [change(), change()], stamp(), seen=None, effects=moves((0, 2)))


def test_an_unknown_scenario_offers_the_nearest(store: Store) -> None:
    start(store)
    with pytest.raises(NotFound, match=r"'mian' does not exist \(1 known\)\. Maybe 'main'\?"):
        store.head(ScenarioId("mian"))
    with pytest.raises(NotFound, match="'x' does not exist"):
        store.append(ScenarioId("x"), [change()], stamp(), seen=None, effects=moves())
    with pytest.raises(NotFound, match="'x' does not exist"):
        store.scenario(ScenarioId("x"))
    with pytest.raises(NotFound, match="'x' does not exist"):
        store.create_scenario(BRANCH, "x", ScenarioId("x"), stamp())


def test_a_branch_sees_its_parents_entries_up_to_the_branch_and_its_own(store: Store) -> None:
    snapshot = start(store)
    add(store)
    version = keep(store, snapshot)
    store.create_scenario(BRANCH, "Second shift", MAIN, stamp("eva", 5))
    child = store.append(BRANCH, [change(1)], stamp(), seen=Seq(1), effects=moves((0, 2)))
    add(store, change(2))
    leaf = ScenarioId("leaf")
    store.create_scenario(leaf, "Leaf", BRANCH, stamp())
    store.append(BRANCH, [change(3)], stamp(), seen=None, effects=moves((0, 2)))
    own = store.append(leaf, [change(4)], stamp(), seen=None, effects=moves((0, 2)))
    assert [(e.scenario, e.seq) for e in store.entries(leaf)] == [(MAIN, 1), (BRANCH, 2), (leaf, 3)]
    assert [(e.scenario, e.seq) for e in store.entries(BRANCH)] == [(MAIN, 1), (BRANCH, 2), (BRANCH, 3)]
    assert [(e.scenario, e.seq) for e in store.entries(MAIN)] == [(MAIN, 1), (MAIN, 2)]
    assert [e.seq for e in store.entries(leaf, upto=Seq(2))] == [1, 2]
    assert (child[0].seq, own[0].seq) == (2, 3)
    branch = store.scenario(BRANCH)
    assert (branch.title, branch.parent, branch.branched_at, branch.head) == ("Second shift", MAIN, 1, 3)
    assert (branch.base_version, branch.snapshot, branch.actor) == (version, snapshot, "eva")
    assert store.scenario(leaf).base_version == version
    assert [s.id for s in store.scenarios()][-1] == BRANCH


def test_a_name_is_taken_once(store: Store) -> None:
    start(store)
    with pytest.raises(Conflict, match="scenario 'main' exists"):
        store.create_scenario(MAIN, "again", None, stamp())


def test_a_time_without_zone_is_refused(store: Store) -> None:
    start(store)
    naive = replace(stamp(), at=datetime(2026, 11, 2, tzinfo=UTC).replace(tzinfo=None))
    with pytest.raises(InvalidInput, match="names no zone"):
        store.append(MAIN, [change()], naive, seen=None, effects=moves())


def test_every_write_leaves_who_what_and_when(store: Store) -> None:
    snapshot = start(store)
    add(store, who="bert")
    keep(store, snapshot)
    lines = store.audit()
    assert [line.what for line in lines] == ["create scenario", "import", "use snapshot", "change", "keep plan"]
    assert lines[3].stamp == Stamp(actor=stamp("bert").actor, at=stamp().at, source="test", group="g1")
    assert lines[3].detail == '{"first": 1, "last": 1}'
    assert '"items.csv"' in lines[1].detail.replace("\\", "")


@pytest.mark.parametrize("table", ["log", "audit"])
@pytest.mark.parametrize("verb", ["UPDATE {table} SET actor = 'x'", "DELETE FROM {table}"])
def test_log_and_audit_only_grow(store: Store, table: str, verb: str) -> None:
    start(store)
    add(store)
    with pytest.raises(Conflict, match=f"the {table} only grows"), writing(store.engine) as connection:
        connection.execute(text(verb.format(table=table)))


def test_appends_from_many_threads_get_every_number_once(store: Store) -> None:
    start(store)

    def one(number: int) -> int:
        return store.append(MAIN, [change(number)], stamp(f"p{number}"), seen=None, effects=moves((number, 2)))[0].seq

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(one, range(24)))
    assert sorted(numbers) == list(range(1, 25))
    written = {entry.seq: entry.stamp.actor for entry in store.entries(MAIN)}
    assert written == {seq: f"p{number}" for number, seq in enumerate(numbers)}


def test_of_two_who_looked_at_the_same_number_only_the_first_is_kept(store: Store, address: str) -> None:
    start(store)
    entered = threading.Barrier(2, timeout=20)

    def slow(_: tuple[Logged, ...]) -> Sequence[tuple[Effect, ...]]:
        entered.wait()
        return [(effect([(0, 2)], 1),)]

    other = open_store(address)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(store.append, MAIN, [change()], stamp("anna"), seen=Seq(0), effects=slow)
        entered.wait()  # anna is inside the lock
        second = pool.submit(other.append, MAIN, [change()], stamp("bert"), seen=Seq(0), effects=moves((0, 2)))
        assert first.result(30)[0].seq == 1
        with pytest.raises(CellsChanged, match="anna"):
            second.result(30)
    other.close()
    assert [entry.stamp.actor for entry in store.entries(MAIN)] == ["anna"]


def test_a_server_that_stops_in_the_middle_of_an_edit_loses_nothing(new_database: Callable[[], str]) -> None:
    address = new_database()
    store, other = open_store(address, create=True), open_store(address)
    start(store)
    add(store)

    def cut(_: tuple[Logged, ...]) -> Sequence[tuple[Effect, ...]]:
        with writing(other.engine) as connection:
            mine = "pid <> pg_backend_pid() AND datname = current_database()"
            connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}"))  # noqa: S608
        return [(effect([(0, 2)], 1),)]

    with pytest.raises(Unavailable, match="Nothing of this step was kept"):
        store.append(MAIN, [change()], stamp(), seen=None, effects=cut)
    assert store.head(MAIN) == 1
    assert add(store)[0].seq == 2
    other.close()
    store.close()


def test_measures_and_cells_of_wide_and_long_plans_do_not_meet_by_chance(store: Store) -> None:
    start(store)
    store.append(MAIN, [change()], stamp(), seen=Seq(0), effects=moves((1, 0)))
    store.append(MAIN, [change()], stamp(), seen=Seq(0), effects=moves((0, 40)))
    wide = Effect(
        measure=MeasureId(DEMAND),
        rows=np.array([0, 1]),
        columns=np.array([39, 1]),
        before=np.zeros(2, dtype=np.int64),
        after=np.ones(2, dtype=np.int64),
    )
    store.append(MAIN, [change()], stamp(), seen=Seq(0), effects=lambda _: [(wide,)])
    assert store.head(MAIN) == 3
