"""The push-down of a published plan: files an ERP can load, their proof, the job of publishing."""

import json
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

import trivet
from tests.planned import Open
from trivet.connect.pushdown import write_tables
from trivet.connect.pushdown_tie import tie_push_down
from trivet.core.errors import Conflict
from trivet.core.ids import VersionId
from trivet.core.plan import Plan, PlanInputs
from trivet.core.pushdown import PushDown
from trivet.planning.push_plan import push_plan
from trivet.usecases.push_down import push_down_job
from trivet.workspace.workspace import Workspace

TABLES = ("master_schedule", "master_schedule_parts", "purchase_plan", "transfers", "open_orders", "finance", "mix")


def published(open_as: Open) -> Workspace:
    ada = open_as("ada")
    trivet.submit_plan(ada)
    trivet.approve_plan(open_as("eva"))
    assert trivet.publish_plan(ada, background=True).published
    return ada


def contents(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_published_plan_is_handed_over_with_its_proof(open_as: Open, tmp_path: Path) -> None:
    ada = published(open_as)
    answer = trivet.push_down(ada, tmp_path / "erp")
    assert answer.passed
    assert answer.files == (*(f"{t}.{form}" for t in TABLES for form in ("csv", "parquet")), "manifest.json")
    assert sorted(answer.files) == sorted(path.name for path in (tmp_path / "erp").iterdir())
    manifest = json.loads((tmp_path / "erp" / "manifest.json").read_text("utf-8"))
    assert (manifest["version"], manifest["digest"]) == ("main-1", ada.version("main").digest)
    assert manifest["ties"] is True
    hashes = contents(tmp_path / "erp")
    for told in manifest["files"]:
        assert told["sha256"] == hashes[told["file"]]
    week = next(told for told in manifest["files"] if told["file"] == "master_schedule.csv")
    frame = pl.read_csv(tmp_path / "erp" / "master_schedule.csv", infer_schema=False)
    assert week["rows"] == frame.height
    for column, total in week["sums"].items():
        assert sum(Decimal(value) for value in frame[column]) == Decimal(total)
    made = sum(Decimal(family["production"]) for family in manifest["families"])
    assert made == Decimal(week["sums"]["production"]) > 0
    assert frame["week"].str.contains(r"^\d{4}-W\d{2}$").all()
    assert frame.select("item", "location", "week").is_duplicated().sum() == 0


def test_the_weeks_of_a_month_are_the_month_of_the_plan(open_as: Open, tmp_path: Path) -> None:
    ada = published(open_as)
    trivet.push_down(ada, tmp_path)
    parts = pl.read_parquet(tmp_path / "master_schedule_parts.parquet")
    shown = trivet.show_numbers(ada, "production", trivet.View(by="item", first="2026-11", last="2027-12"))
    assert shown.rows
    for row in shown.rows:
        mine = parts.filter(pl.col("item") == row.member).group_by("bucket").agg(pl.col("production").sum())
        weeks = dict(mine.iter_rows())
        assert [weeks[name] for name in shown.periods] == [Decimal(str(value)) for value in row.values]


def test_the_same_version_gives_the_same_bytes(open_as: Open, tmp_path: Path) -> None:
    ada = published(open_as)
    trivet.push_down(ada, tmp_path / "one")
    first = contents(tmp_path / "one")
    trivet.push_down(ada, tmp_path / "one")
    trivet.push_down(open_as("eva"), tmp_path / "two", plan="main-1")
    assert contents(tmp_path / "one") == contents(tmp_path / "two") == first


@pytest.mark.parametrize(("state", "word"), [("draft", "submit, approve and publish"), ("approved", "publish")])
def test_only_a_published_plan_is_handed_over(open_as: Open, tmp_path: Path, state: str, word: str) -> None:
    ada = open_as("ada")
    if state == "approved":
        trivet.submit_plan(ada)
        trivet.approve_plan(open_as("eva"))
    with pytest.raises(Conflict, match=f"main-1 is {state}; only a published plan is pushed down.*First {word} it"):
        trivet.push_down(ada, tmp_path / "erp")
    assert not (tmp_path / "erp").exists()


TAMPERED = (
    ("master_schedule", "stock", "0.001", "week: the weeks are the sum of their parts"),
    ("master_schedule", "production", "0.001", "week: the weeks are the sum of their parts"),
    ("master_schedule_parts", "production", "0.001", "bucket: production, purchases, transfers, shipments as planned"),
    ("master_schedule_parts", "production", "0.001", "family: the sum of its items as planned"),
    ("master_schedule_parts", "stock", "0.001", "week: stock follows from what comes and goes"),
    ("master_schedule_parts", "demand", "0.001", "bucket: demand is the consensus"),
    ("master_schedule_parts", "demand", "0.001", "week: demand, shipments and parts in whole steps"),
    ("master_schedule_parts", "shipments_carried", "0.001", "bucket: stock as planned at its end"),
    ("finance", "amount", "0.0001", "finance: accounts are the plan's lines"),
    ("mix", "share", "0.0001", "mix: the shares of a family are 1"),
    ("mix", "share", "0.0001", "files: every CSV holds what its Parquet holds"),
)


def test_a_number_changed_in_a_file_is_found(open_as: Open, tmp_path: Path) -> None:
    ada = open_as("ada")
    version, plan, inputs = ada.opened("main")
    pushed = push_plan(inputs, plan, version.id)
    folder, evidence = tmp_path / "files", tmp_path / "evidence"
    folder.mkdir()
    write_tables(pushed, folder)
    ada.write_evidence(version, evidence)
    assert all(
        check.passed and check.checked for check in tie_push_down(pushed, folder, evidence) if "trans" not in check.name
    )
    for table, column, by, failing in TAMPERED:
        path = folder / f"{table}.parquet"
        frame = pl.read_parquet(path)
        last = (
            len([day for day in frame["last_day"][:10] if day <= date(2026, 11, 30)]) - 1
            if "last_day" in frame.columns
            else 3
        )
        there = pl.int_range(pl.len()) == (last if column == "shipments_carried" else 3)
        more = pl.when(there).then(pl.col(column) + pl.lit(Decimal(by))).otherwise(pl.col(column))
        frame.with_columns(more.cast(frame.schema[column]).alias(column)).write_parquet(path)
        checks = {check.name: check for check in tie_push_down(pushed, folder, evidence)}
        assert not checks[failing].passed, failing
        assert checks[failing].places
        frame.write_parquet(path)


def test_what_does_not_tie_is_not_handed_over(open_as: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, erp = published(open_as), tmp_path / "erp"
    trivet.push_down(ada, erp)
    before = contents(erp)

    def wrong(inputs: PlanInputs, plan: Plan, version: VersionId, *, weeks: int | None = None) -> PushDown:
        pushed = push_plan(inputs, plan, version, weeks=weeks)
        first = pushed.tables[0]
        object.__setattr__(first, "frame", first.frame.with_columns(pl.col("stock") + 1))
        return pushed

    monkeypatch.setattr("trivet.usecases.push_down.push_plan", wrong)
    answer = trivet.push_down(ada, erp)
    assert not answer.passed
    assert answer.files == ()
    assert contents(erp) == before
    ada.store.jobs.ask(push_down_job(ada.version("main"), erp), ada.stamp("test"))
    ran = trivet.run_jobs(ada).jobs[-1]
    assert ran.state == "failed"
    assert "nothing was handed over, the files do not tie" in (ran.message or "")


def test_publishing_pushes_down_as_a_second_job_when_asked(open_as: Open, tmp_path: Path) -> None:
    ada = open_as("ada")
    trivet.submit_plan(ada)
    trivet.approve_plan(open_as("eva"))
    answer = trivet.publish_plan(ada, pushdown=tmp_path / "erp", background=True)
    assert answer.pushdown is not None
    assert (answer.pushdown.what, answer.pushdown.state) == ("push-down main-1", "waiting")
    assert not (tmp_path / "erp").exists()
    ran = trivet.run_jobs(ada, only=answer.pushdown.number).jobs
    assert [(line.state, line.result) for line in ran] == [("done", str(tmp_path / "erp" / "manifest.json"))]


def test_the_setting_says_where_publishing_pushes_down_to(
    open_as: Open, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_as("ada").settings.pushdown == ""
    (home / "trivet.toml").write_text(f'pushdown = "{tmp_path / "erp"}"\n', "utf-8")
    ada = open_as("ada")
    trivet.submit_plan(ada)
    trivet.approve_plan(open_as("eva"))
    answer = trivet.publish_plan(ada, background=True)
    assert answer.pushdown is not None
    assert json.loads(ada.store.jobs.read(answer.pushdown.number).arguments)["folder"] == str(tmp_path / "erp")
    monkeypatch.setenv("TRIVET_PUSHDOWN", "/elsewhere")
    assert open_as("ada").settings.pushdown == "/elsewhere"


def test_codes_a_spreadsheet_would_run_are_escaped_in_csv_and_exact_in_parquet(open_as: Open, tmp_path: Path) -> None:
    ada = open_as("ada")
    version, plan, inputs = ada.opened("main")
    pushed = push_plan(inputs, plan, version.id)
    frame = pushed.tables[0].frame
    object.__setattr__(pushed.tables[0], "frame", frame.with_columns(pl.lit("=1+1").alias("item")))
    write_tables(pushed, tmp_path)
    assert set(pl.read_csv(tmp_path / "master_schedule.csv")["item"]) == {"'=1+1"}
    assert set(pl.read_parquet(tmp_path / "master_schedule.parquet")["item"]) == {"=1+1"}
