import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from tests.connect.tied import make_tied, source_rows, tied, write_folder
from tests.finance.tiny import month
from trivet.connect.certificate import Certificate, certify
from trivet.core.errors import InvalidInput
from trivet.core.summary import Check

Change = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evidence")
    write_folder(folder, tied())
    return folder


@pytest.fixture
def folder(evidence: Path, tmp_path: Path) -> Path:
    """A copy of the evidence that a test may spoil."""
    return Path(shutil.copytree(evidence, tmp_path / "evidence"))


def spoil(folder: Path, file: str, change: Change) -> Certificate:
    path = folder / f"{file}.parquet"
    change(pl.read_parquet(path)).write_parquet(path)
    return certify(folder)


def failed(certificate: Certificate) -> dict[str, Check]:
    return {check.name: check for check in certificate.checks if not check.passed}


def added(column: str, amount: str, where: pl.Expr) -> Change:
    """Add an amount to the cells of a column that `where` picks, keeping its type."""

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        kind = frame.schema[column]
        moved = (pl.col(column) + pl.lit(Decimal(amount) if kind.is_decimal() else float(amount))).cast(kind)
        assert frame.filter(where).height == 1
        return frame.with_columns(pl.when(where).then(moved).otherwise(pl.col(column)).alias(column))

    return change


def cell(offset: int, **keys: str) -> pl.Expr:
    """The row of one bucket and key."""
    hit = pl.col("bucket") == month(offset)
    for name, value in keys.items():
        hit &= pl.col(name) == value
    return hit


def test_sound_plan_ties_everywhere_and_says_how_much_was_compared(evidence: Path) -> None:
    certificate = certify(evidence)
    assert failed(certificate) == {}
    assert certificate.passed
    assert certificate.places > 5000
    compared = [check for check in certificate.checks if check.checked]
    assert len(compared) >= 45
    assert certificate.line == f"{len(compared)} checks passed at {certificate.places:,} places, 6 had nothing to check"
    assert (certificate.company, certificate.currency, certificate.cycle) == ("Tiny", "EUR", "2026-11")
    assert certificate.digest == tied().plan.digest()


FAULTS = [
    ("demand", "consensus_demand", "1", cell(3, item="BIKE", market="US"), "units x price = revenue", "366.08"),
    ("demand", "price", "0.5", cell(2, item="RACER", market="DE"), "price = source x rate", "0.5"),
    ("demand", "unit_cost", "-0.25", cell(2, item="BIKE", market="DE"), "unit cost = source x rate", "0.25"),
    (
        "demand",
        "constrained_revenue",
        "12.5",
        cell(2, item="BIKE", market="DE"),
        "units shipped x invoiced price = revenue",
        "12.5",
    ),
    ("demand", "constrained_cost", "3", cell(2, item="BIKE", market="DE"), "units shipped x cost = cost of sales", "3"),
    ("demand", "gross_margin", "0.0001", cell(2, item="BIKE", market="DE"), "revenue - cost = margin", "0.0001"),
    (
        "demand",
        "unserved_demand",
        "50",
        cell(2, item="BIKE", market="DE"),
        "never more served and lost than asked for",
        None,
    ),
    (
        "demand",
        "constrained_demand",
        "1",
        cell(0, item="CARGO", market="DE"),
        "order backlog = before + orders - shipments",
        None,
    ),
    (
        "demand",
        "constrained_demand",
        "-1",
        cell(4, item="BIKE", market="DE"),
        "demand shipped = shipments of the sites",
        "1",
    ),
    ("supply", "projected_stock", "1", cell(3, item="BIKE", location="S"), "stock = opening + receipts - issues", "2"),
    ("supply", "production", "7", cell(3, item="RACER", location="N"), "load = production x routing hours", "9.331"),
    ("supply", "in_transit", "1", cell(3, item="BIKE", location="A"), "in transit = before + sent - arrived", "2"),
    ("supply", "projected_stock", "4", cell(-1, item="BIKE", location="A"), "stock counts = source", "4"),
    ("supply", "production", "4", cell(-2, item="BIKE", location="N"), "production made = source", "4"),
    ("supply", "stock_value", "10", cell(3, item="BIKE", location="N"), "stock x unit cost = stock value", "10"),
    ("load", "load_hours", "0.5", cell(3, resource="L1"), "load = production x routing hours", "0.5"),
    ("load", "capacity_hours", "1.5", cell(3, resource="L1"), "capacity = source", "1.5"),
    ("budget", "budget_revenue", "1000", cell(3, family="Bikes", region="Central"), "budget revenue = source", "1000"),
    ("budget", "budget_units", "1", cell(3, family="Cargo"), "budget units = source", "1"),
    ("budget", "budget_margin", "2", cell(3, family="Cargo"), "budget margin = source", "2"),
    (
        "demand",
        "shipments",
        "5",
        cell(-3, item="BIKE", market="US"),
        "history = source: units shipped by family and fiscal year",
        "5",
    ),
    (
        "demand",
        "shipped_revenue",
        "5",
        cell(-3, item="BIKE", market="US"),
        "history = source: revenue by family and fiscal year",
        "5",
    ),
    (
        "demand",
        "shipped_cost",
        "5",
        cell(-3, item="BIKE", market="US"),
        "history = source: cost of sales by family and fiscal year",
        "5",
    ),
    ("company", "supply_variance", "9", cell(3), "fiscal years = closed + open buckets: margin", "9"),
]
WHERE = {"BIKE", "RACER", "CARGO", "L1", "Bikes", "Cargo", "company"}


@pytest.mark.parametrize(("file", "column", "amount", "where", "check", "by"), FAULTS)
def test_one_changed_cell_fails_and_names_place_and_amount(
    folder: Path, file: str, column: str, amount: str, where: pl.Expr, check: str, by: str | None
) -> None:
    certificate = spoil(folder, file, added(column, amount, where))
    assert not certificate.passed
    found = failed(certificate)[check]
    assert any(word in found.places[0] for word in WHERE)
    assert "expected" in found.places[0]
    if by is not None:
        assert found.amount == Decimal(by)
    if file != "company":
        assert (
            any(name.startswith(f"{file}: detail") for name in failed(certificate))
            or column in {"price", "unit_cost"}
            or (column in {"projected_stock", "in_transit", "stock_value"})
        )


def test_changed_cell_is_named_with_item_market_bucket_and_both_values(folder: Path) -> None:
    certificate = spoil(folder, "demand", added("consensus_demand", "1", cell(3, item="BIKE", market="US")))
    before = next(
        row
        for row in pl.read_parquet(folder / "demand.parquet").iter_rows(named=True)
        if (row["item"], row["market"], row["bucket"]) == ("BIKE", "US", month(3))
    )
    place = failed(certificate)["units x price = revenue"].places[0]
    expected = Decimal(str(before["consensus_demand"])) * Decimal("366.08")
    assert place == (
        f"revenue of BIKE in US 2027-02: found {before['revenue'].normalize():,f}, expected {expected.normalize():,f}"
    )


def test_one_changed_rate_fails_every_price_in_that_currency(folder: Path) -> None:
    rate = (pl.col("type") == "forecast") & (pl.col("first") == month(5))
    certificate = spoil(folder, "tables/exchange_rates", added("rate", "0.01", rate))
    found = failed(certificate)
    assert set(found) == {"price = source x rate", "unit cost = source x rate"}
    assert found["price = source x rate"].failed == 9
    assert all("BIKE in US 2027-" in place for place in found["price = source x rate"].places)


def test_one_changed_source_price_fails_where_it_holds(folder: Path) -> None:
    price = (pl.col("item") == "BIKE") & (pl.col("market") == "DE")
    certificate = spoil(folder, "tables/prices", added("price", "10", price))
    found = failed(certificate)
    assert set(found) == {"price = source x rate"}
    assert found["price = source x rate"].failed == 8
    assert all("BIKE in DE" in place for place in found["price = source x rate"].places)


def test_one_dropped_row_of_the_plan_fails_and_is_named(folder: Path) -> None:
    certificate = spoil(folder, "demand", lambda frame: frame.filter(~cell(3, item="BIKE", market="US")))
    found = failed(certificate)["demand: every series in every bucket, once"]
    assert found.places == ("demand rows of BIKE US: found 35, expected 36",)
    assert "demand: detail = family" in failed(certificate)


def test_one_doubled_row_of_the_plan_fails(folder: Path) -> None:
    again = cell(3, resource="L1")
    certificate = spoil(folder, "load", lambda frame: pl.concat([frame, frame.filter(again)]))
    assert "load: every series in every bucket, once" in failed(certificate)


def test_dropped_series_fails_against_the_published_totals(folder: Path) -> None:
    certificate = spoil(folder, "demand", lambda frame: frame.filter(pl.col("item") != "RACER"))
    found = failed(certificate)
    assert {"demand: detail = family", "demand: detail = region", "demand: detail = total"} <= set(found)
    assert "Bikes" in found["demand: detail = family"].places[0]


def test_dropped_row_of_a_source_file_fails_the_history(folder: Path) -> None:
    row = cell(-3, item="CARGO", market="DE")
    certificate = spoil(folder, "tables/shipments", lambda frame: frame.filter(~row))
    found = failed(certificate)["history = source: units shipped by family and fiscal year"]
    assert found.places[0].startswith("shipped units of Cargo FY2026")


@pytest.mark.parametrize(
    ("column", "check"),
    [
        ("revenue", "fiscal years = closed + open buckets: revenue"),
        ("budget_margin", "fiscal years = buckets of the budget: margin"),
    ],
)
def test_summary_that_does_not_add_up_fails(folder: Path, column: str, check: str) -> None:
    where = pl.col("company") & (pl.col("year") == 2027)
    certificate = spoil(folder, "outlook", added(column, "0.01", where))
    assert list(failed(certificate)) == [check]
    assert "the company FY2027" in failed(certificate)[check].places[0]


def test_published_total_that_is_not_the_sum_fails(folder: Path) -> None:
    where = (
        (pl.col("grain") == "supply")
        & (pl.col("level") == "location")
        & (pl.col("member") == "N")
        & (pl.col("measure") == "production")
        & (pl.col("bucket") == month(2))
    )
    certificate = spoil(folder, "rollup", added("value", "-2", where))
    assert list(failed(certificate)) == ["supply: detail = location"]
    assert (
        failed(certificate)["supply: detail = location"].places[0].startswith("production of location N 2027-01: found")
    )


def test_consensus_must_be_base_plus_the_changes_on_record(folder: Path) -> None:
    changes = pl.DataFrame(
        {
            "measure": ["consensus_demand"],
            "item": ["BIKE"],
            "place": ["DE"],
            "bucket": [month(2)],
            "moved": pl.Series([Decimal("12.000")], dtype=pl.Decimal(18, 3)),
        }
    )
    changes.write_parquet(folder / "changes.parquet")
    found = failed(certify(folder))["consensus = base + changes"]
    assert found.failed == 1
    assert found.amount == Decimal(12)
    assert "consensus of BIKE in DE 2027-01" in found.places[0]
    changes.clear().write_parquet(folder / "changes.parquet")
    assert certify(folder).passed


def test_failed_checks_are_waived_with_name_and_reason_and_stay_written(folder: Path) -> None:
    certificate = spoil(folder, "load", added("capacity_hours", "1", cell(3, resource="L1")))
    assert "FAILED" in certificate.line
    with pytest.raises(InvalidInput, match="without a reason"):
        certificate.waive(actor="eva", reason="  ")
    waived = certificate.waive(actor="eva", reason="a Saturday was added by hand")
    assert waived.passed
    assert "waived by eva" in waived.line
    written = json.loads(waived.to_json())
    assert written["passed"] is True
    (check, *_) = [c for c in written["checks"] if c["name"] == "capacity = source"]
    assert (check["passed"], check["waived_by"], check["amount"]) == (False, "eva", "1.000000")
    assert check["waived_why"] == "a Saturday was added by hand"


def test_lines_of_orders_stand_in_for_shipments(tmp_path: Path) -> None:
    rows = source_rows()
    rows["order_lines"] = [
        {
            "order": f"O{i}",
            "line": "1",
            "item": row["item"],
            "market": row["market"],
            "ordered": row["bucket"],
            "shipped": row["bucket"].replace(day=17),
            "quantity": row["quantity"],
            "shipped_quantity": row["quantity"] - 1,
            "value": row["value"],
            "currency": row["currency"],
        }
        for i, row in enumerate(rows.pop("shipments"))
    ]
    rows["order_lines"].append({**rows["order_lines"][0], "order": "BACK", "quantity": -5, "kind": "return"})
    write_folder(tmp_path, make_tied(rows))
    assert failed(certify(tmp_path)) == {}


def test_company_without_any_extra_table_ties(tmp_path: Path) -> None:
    rows = source_rows()
    few = {name: rows[name] for name in ("items", "markets", "shipments", "exchange_rates")}
    write_folder(tmp_path, make_tied(few))
    assert failed(certify(tmp_path)) == {}


@pytest.mark.parametrize("name", ["evidence.json", "demand.parquet", "tables/prices.parquet", "rollup.parquet"])
def test_missing_evidence_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InvalidInput, match="is missing"):
        certify(folder)
