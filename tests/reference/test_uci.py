"""The UCI Online Retail lines through their mapping: the total ties, and what is no sale is kept apart."""

import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path

import polars as pl

import trivet.examples
from tests.connect.folders import SPECS, codes, issue, report
from trivet.connect.folder import FolderLoad, read_folder

MAPPING = Path(trivet.examples.__file__).parent / "mappings" / "uci_online_retail.toml"
KINDS = {
    "sale": "sale",
    "return": "return",
    "non-stock": "non_stock",
    "adjustment": "stock_adjustment",
    "finance": "bad_debt",
}


@cache
def _load(shared: Path) -> FolderLoad:
    return read_folder(shared / "data" / "uci_online_retail", SPECS, mapping_text=MAPPING.read_text(encoding="utf-8"))


def test_every_line_is_loaded_and_the_total_ties(shared: Path, figure: Callable[[str, object], None]) -> None:
    loaded = _load(shared)
    found = report(loaded, "order_lines")
    assert loaded.report.ties
    assert found.rejected.rows == 0
    assert (found.loaded.rows, found.loaded.money) == (541_909, Decimal("9747747.9340"))
    figure("UCI lines and value", f"{found.loaded.rows} {found.loaded.money}")


def test_kinds_are_kept_apart_as_in_facts(shared: Path) -> None:
    facts = json.loads((shared / "data" / "uci_online_retail" / "facts.json").read_text())
    lines = _load(shared).tables["order_lines"]
    signed = pl.when(pl.col("quantity") > 0).then(pl.lit("sale")).otherwise(pl.lit("return"))
    lines = lines.with_columns(pl.when(pl.col("kind") == "cancelled").then(signed).otherwise("kind").alias("kind"))
    found = lines.group_by("kind").agg(pl.len().alias("rows"), pl.col("value").sum())
    assert {KINDS[kind]: rows for kind, rows, _ in found.iter_rows()} == facts["rows_by_kind"]
    values = {KINDS[kind]: Decimal(value) / 10_000 for kind, _, value in found.iter_rows()}
    assert values == {kind: Decimal(str(value)) for kind, value in facts["value_by_kind_gbp"].items()}


def test_orders_and_their_exact_cancellations_are_a_kind_of_their_own_and_tie(shared: Path) -> None:
    loaded = _load(shared)
    pairs = loaded.tables["order_lines"].filter(pl.col("kind") == "cancelled")
    assert (pairs.height, pairs["quantity"].sum(), pairs["value"].sum()) == (2 * 863, 0, 0)
    assert pairs["quantity"].max() == 80_995_000
    assert set(pairs.filter(pl.col("quantity").abs() == 74_215_000)["item"].to_list()) == {"23166"}
    said = issue(loaded, "import.cancelled-pairs")
    assert said.at_stake == Decimal("313073.7100")
    assert "863 lines were taken back whole" in said.message
    assert (said.place.source, said.place.row, said.place.value) == ("lines_raw.parquet", 540422, "80,995")
    facts = json.loads((shared / "data" / "uci_online_retail" / "facts.json").read_text())
    told = {one.about: one.value for one in report(loaded, "order_lines").choices}
    assert told["kind sale"].startswith(f"{facts['rows_by_kind']['sale']:,} lines")
    assert told["kind return"].startswith(f"{facts['rows_by_kind']['return']:,} lines")
    assert told["kind cancelled"] == "1,726 lines, 0 units, 0.00 in money"


def test_codes_that_differ_by_case_are_one_item_and_it_is_said(shared: Path) -> None:
    loaded = _load(shared)
    facts = json.loads((shared / "data" / "uci_online_retail" / "facts.json").read_text())
    assert loaded.tables["items"].height == facts["stock_codes_case_folded"]
    said = [one for one in loaded.report.issues if one.code == "import.other-writing"]
    assert all(f"({facts['codes_differing_only_by_case']} such writings" in one.message for one in said)


def test_equal_lines_are_kept_and_counted(shared: Path) -> None:
    found = issue(_load(shared), "import.equal-lines")
    # three more than in the facts: lines that differ only by the minute, which a day does not keep, or by case
    assert found.message.startswith("5271 lines are equal to an earlier one")
    assert "import.zero-price" not in codes(_load(shared))


def test_last_month_is_current_and_not_trained_on(shared: Path) -> None:
    loaded = _load(shared)
    assert loaded.company.buckets().current.isoformat() == "2011-12-01"
    assert loaded.tables["order_lines"]["ordered"].max() == loaded.company.cycle.replace(day=9)
