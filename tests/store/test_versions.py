import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sqlalchemy import func, select, text

from tests.store.sample import (
    AXIS,
    CERTIFICATE,
    COMPANY,
    DEMAND,
    FILES,
    MAIN,
    TABLES,
    add,
    approve,
    change,
    keep,
    moves,
    plan,
    stamp,
    start,
)
from trivet.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from trivet.core.ids import Digest, GrainName, MeasureId, Seq, VersionId
from trivet.core.measures import parse_measures
from trivet.store import Store, VersionState
from trivet.store.chunks import get_chunks
from trivet.store.codec import BLOCK, array_digest, frame_digest
from trivet.store.database import reading, writing
from trivet.store.schema import chunk

REGISTRY = parse_measures(files("trivet.core").joinpath("measures.toml").read_text("utf-8"))


def chunks(store: Store) -> int:
    with reading(store.engine) as connection:
        return connection.execute(select(func.count()).select_from(chunk)).scalar_one()


def test_a_plan_comes_back_bit_by_bit(store: Store) -> None:
    made = plan()
    version = store.put_version(MAIN, Seq(0), made, start(store), stamp())
    back = store.load_plan(version)
    assert back.digest() == made.digest() == store.version(version).digest
    assert (back.recipe, back.issues, back.basis) == (made.recipe, made.issues, made.basis)
    assert list(back.panels) == sorted(made.panels)
    for grain, panel in made.panels.items():
        found = back.panels[grain]
        assert found.buckets == panel.buckets
        assert_frame_equal(found.keys, panel.keys)
        for one, other in ((panel.counts, found.counts), (panel.rates, found.rates), (panel.present, found.present)):
            assert {k: v.tobytes() for k, v in one.items()} == {k: v.tobytes() for k, v in other.items()}
            assert {k: v.dtype for k, v in one.items()} == {k: v.dtype for k, v in other.items()}
    assert not found.counts[next(iter(found.counts))].flags.writeable


def test_a_plan_without_basis_and_issues_comes_back(store: Store) -> None:
    bare = replace(plan(), basis=None, issues=())
    back = store.load_plan(store.put_version(MAIN, Seq(0), bare, start(store), stamp()))
    assert (back.basis, back.issues, back.digest()) == (None, (), bare.digest())


def test_measures_are_cut_into_blocks_and_joined_again(file_store: Store) -> None:
    snapshot = start(file_store)
    made = plan(series=BLOCK + 3)
    version = file_store.put_version(MAIN, Seq(0), made, snapshot, stamp())
    measures = file_store.version(version).manifest.grains[GrainName("demand")].measures
    assert {name: len(at.blocks) for name, at in measures.items()} == {
        "consensus_demand": 2,
        "demand_history": 2,
        "price": 2,
    }
    assert measures[MeasureId("demand_history")].mask is not None
    assert file_store.load_plan(version).digest() == made.digest()


def test_an_unchanged_measure_shares_its_chunks(store: Store) -> None:
    snapshot = start(store)
    one = keep(store, snapshot, 1)
    before = chunks(store)
    two = keep(store, snapshot, 2)
    assert chunks(store) == before + 2  # consensus_demand and revenue; history, price, keys, issues, basis are shared
    of_one, of_two = (set(store.version(v).manifest.addresses()) for v in (one, two))
    assert len(of_two - of_one) == 2


def test_the_same_plan_of_the_same_origin_is_kept_once(store: Store) -> None:
    snapshot = start(store)
    assert keep(store, snapshot, 1) == keep(store, snapshot, 1) == "main-1"
    add(store)
    assert keep(store, snapshot, 1) == "main-2"  # the same numbers at another entry
    assert [version.id for version in store.versions()] == ["main-1", "main-2"]
    assert [version.id for version in store.versions(MAIN)] == ["main-1", "main-2"]
    latest = store.latest_version(MAIN)
    assert latest is not None
    assert (latest.id, latest.seq, latest.state, latest.actor) == ("main-2", 1, VersionState.DRAFT, "anna")


def test_two_who_keep_the_same_plan_at_once_keep_one(store: Store) -> None:
    snapshot = start(store)
    with ThreadPoolExecutor(2) as pool:
        names = {future.result() for future in [pool.submit(keep, store, snapshot, 5) for _ in range(2)]}
    assert names == {"main-1"}


def test_there_is_no_latest_version_before_the_first(store: Store) -> None:
    start(store)
    assert store.latest_version(MAIN) is None
    assert store.versions() == ()


def test_an_unknown_version_names_the_latest(store: Store) -> None:
    snapshot = start(store)
    with pytest.raises(NotFound, match=r"version 'main-9' does not exist\. Latest: none yet; run trivet plan"):
        store.version(VersionId("main-9"))
    for number in range(10):
        keep(store, snapshot, number)
    with pytest.raises(NotFound, match=r"Latest: main-10, main-9, .*main-3 and 2 more\."):
        store.load_plan(VersionId("nine"))


def test_a_plan_of_entries_that_are_not_there_is_refused(store: Store) -> None:
    snapshot = start(store)
    with pytest.raises(InvalidInput, match="stands at entry 0; a plan of entry 3 can't be"):
        store.put_version(MAIN, Seq(3), plan(), snapshot, stamp())


def test_a_plan_over_an_unknown_snapshot_is_refused(store: Store) -> None:
    start(store)
    with pytest.raises(NotFound, match="snapshot 0000"):
        store.put_version(MAIN, Seq(0), plan(), Digest("0" * 64), stamp())
    assert store.versions() == ()


def test_a_snapshot_comes_back_with_types_nulls_and_files(store: Store) -> None:
    digest = start(store)
    found = store.latest_snapshot(MAIN)
    assert found is not None
    assert (found.digest, found.company_text, found.files, found.report_json) == (digest, COMPANY, FILES, "{}")
    assert list(found.tables) == ["items", "orders"]
    for name, table in TABLES.items():
        assert_frame_equal(found.tables[name], table)
    assert list(store.snapshot(digest, only=["orders", "unknown"]).tables) == ["orders"]
    assert (found.created, found.actor) == (stamp().at, "anna")


def test_the_same_values_give_the_same_snapshot_and_other_values_another(store: Store) -> None:
    digest = start(store)
    before = chunks(store)
    assert store.put_snapshot(COMPANY, dict(reversed(TABLES.items())), FILES, "{}", stamp("eva", 9)) == digest
    assert chunks(store) == before
    assert store.snapshot(digest).actor == "anna"
    for items in (
        TABLES["items"].with_columns(step=pl.Series([1000, 0, 500])),
        TABLES["items"].with_columns(step=pl.Series([1000, None, 501], dtype=pl.Int64)),
        TABLES["items"].with_columns(launch=pl.Series([date(2026, 1, 1), None, None], dtype=pl.Date)),
        TABLES["items"].with_columns(make=pl.Series([True, None, None], dtype=pl.Boolean)),
        TABLES["items"].with_columns(item=pl.Series(["AB", "", "Ä"])),
        TABLES["items"].reverse(),
        TABLES["items"].rename({"step": "steps"}),
    ):
        assert store.put_snapshot(COMPANY, {**TABLES, "items": items}, FILES, "{}", stamp()) != digest
    assert store.put_snapshot(COMPANY + " ", TABLES, FILES, "{}", stamp()) != digest


def test_a_scenario_without_import_has_no_snapshot_and_an_unknown_one_is_told(store: Store) -> None:
    store.create_scenario(MAIN, "x", None, stamp())
    assert store.latest_snapshot(MAIN) is None
    with pytest.raises(NotFound, match="snapshot abc is not in the store"):
        store.snapshot(Digest("abc"))


def test_text_is_addressed_by_its_cells_not_by_its_letters() -> None:
    assert frame_digest(pl.DataFrame({"a": ["x", "yz"]})) != frame_digest(pl.DataFrame({"a": ["xy", "z"]}))
    assert frame_digest(pl.DataFrame({"a": ["", None]})) != frame_digest(pl.DataFrame({"a": [None, ""]}))


def test_a_column_no_table_can_have_is_refused() -> None:
    with pytest.raises(InvalidInput, match="column a is List"):
        frame_digest(pl.DataFrame({"a": [[1]]}))


def test_an_array_is_addressed_by_its_values_and_shape() -> None:
    values = np.arange(6, dtype=np.int64)
    assert array_digest(values.reshape(2, 3)) != array_digest(values.reshape(3, 2))
    assert array_digest(values.reshape(2, 3)) == array_digest(np.asfortranarray(values.reshape(2, 3)))
    assert array_digest(values) != array_digest(values.astype(np.float64))


def test_a_version_is_published_step_by_step_and_remembers_who(store: Store) -> None:
    version = keep(store, start(store))
    approve(store, version)
    assert [store.state_actor(version, state) for state in VersionState] == ["anna", "anna", "eva", None]
    seal = store.publish(version, CERTIFICATE, stamp("carl", 30))
    found = store.version(version)
    assert (found.state, found.published_by, found.published) == ("published", "carl", stamp(minute=30).at)
    assert found.seal == seal
    certificate = store.certificate(version)
    assert (certificate.body, certificate.passed, certificate.failed, certificate.waived) == (CERTIFICATE, 12, 0, 1)


def test_the_seal_is_over_plan_and_certificate(tmp_path: Path) -> None:
    from trivet.store import open_store  # noqa: PLC0415

    def seal(folder: str, quantity: int, certificate: str) -> Digest:
        store = open_store(tmp_path / folder, create=True)
        version = keep(store, start(store), quantity)
        approve(store, version)
        return store.publish(version, certificate, stamp())

    assert seal("a", 1, "{}") == seal("b", 1, "{}")
    assert len({seal("c", 1, "{}"), seal("d", 2, "{}"), seal("e", 1, '{"passed": 1}')}) == 3


@pytest.mark.parametrize(
    ("steps", "open_ways"),
    [
        (["approved"], "in_review"),
        (["in_review", "in_review"], "approved, draft"),
        (["in_review", "approved", "in_review"], "published, draft"),
        (["draft"], "in_review"),
    ],
)
def test_no_step_is_jumped(store: Store, steps: list[str], open_ways: str) -> None:
    version = keep(store, start(store))
    for state in steps[:-1]:
        store.set_state(version, state, stamp())
    with pytest.raises(Conflict, match=f"can't become {steps[-1]}; open is {open_ways}"):
        store.set_state(version, steps[-1], stamp())


def test_back_to_draft_forgets_who_submitted_and_approved(store: Store) -> None:
    version = keep(store, start(store))
    approve(store, version)
    store.set_state(version, VersionState.DRAFT, stamp())
    found = store.version(version)
    assert (found.state, found.submitted_by, found.approved_by) == (VersionState.DRAFT, None, None)


def test_only_an_approved_version_is_published_and_only_with_a_certificate(store: Store) -> None:
    version = keep(store, start(store))
    with pytest.raises(Conflict, match="is draft and can't become published; open is in_review"):
        store.publish(version, CERTIFICATE, stamp())
    approve(store, version)
    with pytest.raises(InvalidInput, match="publishing needs its certificate"):
        store.set_state(version, VersionState.PUBLISHED, stamp())
    for body in ("not json", "[1]"):
        with pytest.raises(InvalidInput, match=r"Run: trivet check"):
            store.publish(version, body, stamp())
    with pytest.raises(NotFound, match="has no certificate: it is not published"):
        store.certificate(version)
    with pytest.raises(NotFound, match="'nine' does not exist"):
        store.certificate(VersionId("nine"))


def test_figures_a_certificate_does_not_tell_are_not_invented(store: Store) -> None:
    version = keep(store, start(store))
    approve(store, version)
    store.publish(version, '{"passed": true, "failed": "none"}', stamp())
    found = store.certificate(version)
    assert (found.passed, found.failed, found.waived) == (None, None, None)


def test_a_plan_the_log_or_the_inputs_have_left_behind_is_not_published(store: Store) -> None:
    snapshot = start(store)
    version = keep(store, snapshot)
    approve(store, version)
    store.put_snapshot("other", {}, (), "{}", stamp(), scenario=MAIN)
    with pytest.raises(Conflict, match="from other inputs than 'main' has now"):
        store.publish(version, CERTIFICATE, stamp())
    store.put_snapshot(COMPANY, TABLES, FILES, "{}", stamp(), scenario=MAIN)
    add(store)
    with pytest.raises(Conflict, match="is current at entry 0, scenario 'main' stands at 1"):
        store.publish(version, CERTIFICATE, stamp())
    assert store.version(version).state is VersionState.APPROVED


def published(store: Store) -> VersionId:
    version = keep(store, start(store))
    approve(store, version)
    store.publish(version, CERTIFICATE, stamp())
    return version


FROZEN = [
    "UPDATE version SET digest = 'x'",
    "UPDATE version SET state = 'draft'",
    "DELETE FROM version",
    "UPDATE version_chunk SET chunk = 'x'",
    "DELETE FROM version_chunk",
    "UPDATE certificate SET failed = 0",
    "DELETE FROM certificate",
    "UPDATE snapshot SET company = 'x'",
    "DELETE FROM snapshot",
    "UPDATE snapshot_chunk SET chunk = 'x'",
    "DELETE FROM snapshot_chunk",
    "UPDATE chunk SET body = body",
    "DELETE FROM chunk",
]


@pytest.mark.parametrize("statement", FROZEN)
def test_the_database_refuses_every_change_of_a_published_version(store: Store, statement: str) -> None:
    version = published(store)
    before = store.load_plan(version).digest()
    with pytest.raises(Conflict, match="trivet refuses"), writing(store.engine) as connection:
        connection.execute(text(statement))
    assert store.load_plan(version).digest() == before
    assert all(check.passed for check in store.doctor())


@pytest.mark.parametrize("table", ["version", "certificate", "snapshot", "log", "audit", "chunk"])
def test_sqlite_does_not_replace_a_frozen_row(file_store: Store, table: str) -> None:
    published(file_store)
    add(file_store)
    with pytest.raises(Conflict, match="trivet refuses"), writing(file_store.engine) as connection:
        connection.execute(text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"))  # noqa: S608


@pytest.mark.parametrize("table", ["version", "log", "chunk", "audit", "snapshot"])
def test_postgresql_does_not_empty_a_table(new_database: Callable[[], str], table: str) -> None:
    from trivet.store import open_store  # noqa: PLC0415

    store = open_store(new_database(), create=True)
    published(store)
    with pytest.raises(Conflict, match="never emptied"), writing(store.engine) as connection:
        connection.execute(text(f"TRUNCATE {table} CASCADE"))
    store.close()


def test_what_is_not_published_may_be_tidied(store: Store) -> None:
    keep(store, start(store))
    with writing(store.engine) as connection:
        connection.execute(text("DELETE FROM version_chunk"))
        connection.execute(text("DELETE FROM version"))
    assert store.versions() == ()


def test_after_publishing_a_new_version_takes_its_place(store: Store) -> None:
    version = published(store)
    snapshot = store.version(version).snapshot
    add(store)
    following = keep(store, snapshot, 2)
    approve(store, following)
    store.publish(following, "{}", stamp())
    assert [v.state for v in store.versions()] == [VersionState.PUBLISHED, VersionState.PUBLISHED]


def test_parquet_holds_what_people_see_exactly(store: Store, tmp_path: Path) -> None:
    made = plan(quantity=1234)
    version = store.put_version(MAIN, Seq(0), made, start(store), stamp())
    found = store.export_parquet(version, tmp_path / "out", REGISTRY)
    assert [path.name for path in found] == ["company.parquet", "demand.parquet", "material.parquet"]
    rows = duckdb.sql(f"SELECT * FROM '{tmp_path}/out/demand.parquet'")  # noqa: S608
    assert rows.columns == ["item", "market", "bucket", "consensus_demand", "demand_history", "price"]
    assert [str(kind) for kind in rows.types][2:] == ["DATE", "DECIMAL(18,3)", "DECIMAL(18,3)", "DOUBLE"]
    lines = rows.fetchall()
    assert len(lines) == 3 * len(AXIS)
    first, second = lines[0], lines[1]
    assert first == ("I000000", "DE", date(2026, 9, 1), Decimal("0.000"), Decimal("0.000"), 0.333333333)
    assert second == ("I000000", "DE", date(2026, 10, 1), Decimal("1.234"), None, 0.333333333)
    totals = duckdb.sql(f"SELECT sum(revenue), count(*) FROM '{tmp_path}/out/company.parquet'").fetchone()  # noqa: S608
    assert totals == (Decimal("1.8510"), len(AXIS))
    empty = duckdb.sql(f"SELECT count(*) FROM '{tmp_path}/out/material.parquet'").fetchone()  # noqa: S608
    assert empty == (0,)


def test_parquet_holds_the_largest_count_exactly(store: Store, tmp_path: Path) -> None:
    largest = np.array([[2**53 - 1, -(2**53 - 1), 1, -1, 0, 10**15]], dtype=np.int64)
    made = plan()
    panel = made.panels[GrainName("company")].with_counts({"revenue": largest})
    made = replace(made, panels={panel.grain: panel})
    version = store.put_version(MAIN, Seq(0), made, start(store), stamp())
    store.export_parquet(version, tmp_path, REGISTRY)
    found = [row[0] for row in duckdb.sql(f"SELECT revenue FROM '{tmp_path}/company.parquet'").fetchall()]  # noqa: S608
    assert found == [Decimal(int(count)) * Decimal("0.0001") for count in largest[0]]


def test_parquet_refuses_counts_without_a_quantum_and_folders_that_are_files(store: Store, tmp_path: Path) -> None:
    made = plan()
    wrong = made.panels[GrainName("company")].with_counts({"price": np.zeros((1, len(AXIS)), dtype=np.int64)})
    version = store.put_version(MAIN, Seq(0), replace(made, panels={wrong.grain: wrong}), start(store), stamp())
    with pytest.raises(InvalidInput, match="price is held as counts"):
        store.export_parquet(version, tmp_path, REGISTRY)
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="can't be written"):
        store.export_parquet(version, tmp_path / "file", REGISTRY)


def test_a_finished_stage_is_kept_by_its_recipe(store: Store) -> None:
    recipe = Digest("r" * 64)
    assert store.stages.get(recipe) is None
    store.stages.put(recipe, b"\x00first")
    store.stages.put(recipe, b"second")
    assert store.stages.get(recipe) == b"\x00first"


def test_versions_are_compared_by_addresses_without_reading_numbers(store: Store) -> None:
    snapshot = start(store)
    one, two = (keep(store, snapshot, number) for number in (1, 2))
    assert store.compare(one, one) == ()
    assert store.compare(one, two) == (("company", "revenue"), ("demand", DEMAND))
    other = replace(
        plan(quantity=2, series=4), panels={GrainName("demand"): plan(quantity=2, series=4).panel("demand")}
    )
    three = store.put_version(MAIN, Seq(0), other, snapshot, stamp())
    grown = [("demand", name) for name in ("consensus_demand", "demand_history", "price")]
    assert store.compare(two, three) == (("company", "revenue"), *grown, ("material", "purchases"))


def test_a_chunk_that_is_not_there_is_named(store: Store) -> None:
    with (
        reading(store.engine) as connection,
        pytest.raises(NotFound, match="1 chunks are not in the store, the first is abc"),
    ):
        get_chunks(connection, [Digest("abc")])


def test_one_measure_of_one_grain_is_read_alone(store: Store) -> None:
    version = keep(store, start(store), 3)
    panel = store.load_panel(version, "demand", ["demand_history"])
    assert ([*panel.counts], [*panel.rates], [*panel.present]) == (["demand_history"], [], ["demand_history"])
    assert panel.count("demand_history").tolist() == plan(quantity=3).panel("demand").count("demand_history").tolist()
    with pytest.raises(NotFound, match="has no numbers of grain 'load'"):
        store.load_panel(version, "load")


def test_versions_and_branches_share_one_audit_trail(store: Store) -> None:
    version = published(store)
    last = store.audit()[-1]
    assert (last.what, last.subject) == ("publish", version)
    assert json.loads(last.detail)["digest"] == store.version(version).digest
    assert store.append(MAIN, [change()], stamp(), seen=Seq(0), effects=moves((0, 2)))[0].seq == 1
