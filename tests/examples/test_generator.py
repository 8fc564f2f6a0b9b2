"""The example company's files: the same bytes on every run, clean by the table registry, tied among themselves."""

import csv
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from trivet.connect.folder import read_folder
from trivet.core.issues import Severity
from trivet.core.tables import ColumnType, TableSpec
from trivet.examples import bikes, velmora
from trivet.examples.generator import catalogue, parameters
from trivet.examples.generator.tables import table
from trivet.examples.generator.write import csv_text, write_velmora
from trivet.workspace.registries import table_specs

SHIPPED = {file.name: file for file in sorted(velmora().iterdir())}
SIZES = {
    "City": 8,
    "Trekking": 7,
    "E-bikes": 10,
    "Kids": 6,
    "Road": 7,
    "Cargo": 4,
    "Helmets": 8,
    "Accessories": 12,
}
IN_HAND = ("2026-11", "2026-12")
OPENING = {"City": 3050, "Trekking": 2300, "E-bikes": 2100, "Kids": 5200, "Road": 900, "Helmets": 17500}


@cache
def rows(name: str, folder: Path | None = None) -> list[dict[str, str]]:
    with ((folder or velmora()) / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def family_of() -> dict[str, str]:
    return {row["item"]: row["family"] for row in rows("items")}


def total(name: str, column: str = "quantity", **where: str) -> Decimal:
    found = (row for row in rows(name) if all(row[key] == value for key, value in where.items()))
    return sum((Decimal(row[column]) for row in found), Decimal(0))


def by_family(name: str, **where: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows(name):
        if all(row[key] == value for key, value in where.items()):
            sums[family_of()[row["item"]]] += Decimal(row["quantity"])
    return dict(sums)


def test_generating_again_gives_the_shipped_bytes(tmp_path: Path) -> None:
    write_velmora(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(SHIPPED)
    different = [name for name, file in SHIPPED.items() if (tmp_path / name).read_bytes() != file.read_bytes()]
    assert not different


def test_orders_in_hand_are_a_part_of_what_the_truth_expects_of_two_months() -> None:
    families = json.loads((velmora() / "truth.json").read_text())["families"]
    for ahead, (month, part) in enumerate(zip(IN_HAND, parameters.IN_HAND, strict=True)):
        ordered = by_family("orders", bucket=month)
        assert "Cargo" not in ordered, "its demand is booked, and its orders stand in the backlog"
        for family, units in ordered.items():
            expected = families[family]["expected_by_month"][parameters.CLOSED + ahead]
            assert float(units) == pytest.approx(part * expected, rel=0.05, abs=10)
    assert max(row["bucket"] for row in rows("orders")) == IN_HAND[-1]


def test_another_process_with_another_hash_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "trivet.examples.generator", "--out", str(tmp_path)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": "77"}, check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith(f"wrote {tmp_path}: {len(SHIPPED)} files")
    different = [name for name, file in SHIPPED.items() if (tmp_path / name).read_bytes() != file.read_bytes()]
    assert not different


def test_folder_stays_small_enough_to_ship() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.values()) < 8_000_000


@pytest.mark.parametrize("folder", [velmora(), bikes()], ids=["velmora", "bikes"])
def test_every_row_is_loaded_without_a_problem(folder: Path) -> None:
    loaded = read_folder(folder, table_specs())
    assert [issue for issue in loaded.report.issues if issue.severity is not Severity.NOTE] == []
    on_hand = {"import.current-bucket", "import.orders-ahead"} if folder == velmora() else set()
    assert {issue.code for issue in loaded.report.issues} - {"import.missing-table"} == on_hand
    for report in loaded.report.tables:
        assert not report.rejects
        assert report.loaded == report.read


NOT_AT_VELMORA = {
    "order_lines": "its sales come as orders by month",
    "memberships": "no member moved between families or regions",
    "member_changes": "no code was renamed or merged",
    "production_strategies": "every line follows its demand",
    "allocation": "what is short is shared fairly",
    "production_limits": "only capacity and materials limit what it makes",
    "routing_changes": "its ways of making cost the same all through",
    "history_corrections": "what its cleansing finds is true",
    "hours_worked": "its lines book no hours",
    "forecast_methods": "the mean of methods forecasts everything",
    "mix": "forecast and streams split its families",
}
"""Tables the story of EXAMPLE.md has no use for, and why."""


@pytest.mark.parametrize("spec", list(table_specs().values()), ids=lambda spec: str(spec.name))
def test_columns_are_those_of_the_registry(spec: TableSpec) -> None:
    path = velmora() / f"{spec.name}.csv"
    if spec.name == "published":
        header = tuple(pl.read_parquet_schema(velmora() / "published.parquet"))
    elif path.exists():
        header = tuple(path.read_text(encoding="utf-8").splitlines()[0].split(","))
    else:
        assert spec.name in NOT_AT_VELMORA
        return
    known = [column.name for column in spec.columns]
    assert spec.extra or set(header) <= set(known)
    assert {column.name for column in spec.columns if column.needed or column.key} - set(header) <= {
        column.name for column in spec.columns if column.key and "empty" in column.about.lower()
    }


@pytest.mark.parametrize("spec", list(table_specs().values()), ids=lambda spec: str(spec.name))
def test_codes_of_every_table_are_in_their_master(spec: TableSpec) -> None:
    masters = {
        "item": set(family_of()),
        "market": {row["market"] for row in rows("markets")},
        "location": {row["location"] for row in rows("locations")},
        "resource": {row["resource"] for row in rows("resources")},
        "supplier": {row["supplier"] for row in rows("suppliers")},
    }
    found: list[dict[str, str]] = []
    if spec.name == "published":
        frame = pl.read_parquet(velmora() / "published.parquet").select("item", "market", "location").unique()
        found = frame.to_dicts()
    elif (velmora() / f"{spec.name}.csv").exists():
        found = rows(spec.name)
    for column in spec.columns:
        if column.refers and column.type is ColumnType.CODE:
            assert {row.get(column.name, "") for row in found} - {""} <= masters[column.refers], column.name


def test_families_have_the_number_of_items_that_was_agreed() -> None:
    finished = Counter(row["family"] for row in rows("items") if row["kind"] == "finished" and row["family"])
    assert finished == SIZES
    assert len(rows("markets")) == 8
    assert len({row["bucket"] for row in rows("orders")}) == 48 + len(parameters.IN_HAND)


def test_two_codes_without_a_family_carry_four_permille_of_revenue() -> None:
    orphans = {row["item"] for row in rows("items") if not row["family"]}
    assert orphans == {spare.code for spare in catalogue.SPARES}
    last = [row for row in rows("shipments") if row["bucket"] >= "2025-11"]
    share = sum(float(row["value"]) for row in last if row["item"] in orphans) / sum(
        float(row["value"]) for row in last
    )
    assert share == pytest.approx(0.004, abs=0.0005)


def test_opening_stock_is_the_count_of_the_last_closed_month() -> None:
    counted = by_family("stock_history", bucket="2026-10")
    assert {family: counted[family] for family in OPENING} == OPENING
    assert counted["Accessories"] == 62_000
    assert "Cargo" not in counted
    old = [row for row in rows("stock_history") if row["item"] in parameters.PHASE_OUT and row["bucket"] == "2026-10"]
    assert sum(int(row["quantity"]) for row in old) == 880
    assert total("order_backlog") == 760


def test_stock_rolls_on_by_production_less_shipments() -> None:
    months = sorted({row["bucket"] for row in rows("stock_history")})
    assert len(months) == 24
    moved: dict[tuple[str, str], int] = defaultdict(int)
    for name, sign in (("production", 1), ("shipments", -1)):
        for row in rows(name):
            moved[row["item"], row["bucket"]] += sign * int(row["quantity"])
    stock: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows("stock_history"):
        stock[row["item"], row["bucket"]] += int(row["quantity"])
    for item in sorted({item for item, month in stock if month != months[-1]}):
        for before, after in pairwise(months):
            assert stock[item, after] == stock[item, before] + moved[item, after], (item, after)


def test_cargo_ships_what_it_makes_and_its_backlog_is_what_is_left() -> None:
    cargo = {item for item, family in family_of().items() if family == "Cargo"}
    assert {row["item"] for row in rows("orders")}.isdisjoint(cargo)
    last = sorted({row["bucket"] for row in rows("production")})
    made = sum(int(row["quantity"]) for row in rows("production") if row["item"] in cargo)
    shipped = sum(int(row["quantity"]) for row in rows("shipments") if row["item"] in cargo and row["bucket"] in last)
    assert made == shipped
    everything = sum(int(row["quantity"]) for row in rows("shipments") if row["item"] in cargo)
    first = 760 - total("bookings") + everything
    assert 0 < first < 760


def test_shipments_follow_orders_but_for_the_stock_out() -> None:
    ordered, shipped = by_family("orders"), by_family("shipments")
    for month in IN_HAND:
        ordered = {
            family: units - by_family("orders", bucket=month).get(family, 0) for family, units in ordered.items()
        }
    for family in set(ordered) - {"Trekking"}:
        assert shipped[family] == ordered[family], family
    assert ordered["Trekking"] > shipped["Trekking"]


def test_ledger_ties_to_shipments_within_one_permille() -> None:
    rates = {row["first"]: float(row["rate"]) for row in rows("exchange_rates") if row["type"] == "actual"}
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for row in rows("shipments"):
        rate = rates[row["bucket"]] if row["currency"] == "USD" else 1.0
        sums["revenue", row["bucket"]] += float(row["value"]) * rate
        sums["cogs", row["bucket"]] += float(row["cost"]) * rate
    lines = {row["account"]: row["line"] for row in rows("ledger_map")}
    booked: dict[tuple[str, str], float] = defaultdict(float)
    for row in rows("ledger"):
        booked[lines[row["account"]], row["bucket"]] += float(row["amount"])
    for key, amount in sums.items():
        assert booked[key] == pytest.approx(amount, rel=0.001), key


def test_budget_2027_is_exact_to_the_cent() -> None:
    year = [row for row in rows("budget") if row["bucket"].startswith("2027")]
    assert sum(Decimal(row["revenue"]) for row in year) == Decimal(124_240_000)
    assert sum(Decimal(row["margin"]) for row in year) == Decimal(44_760_000)
    units: dict[str, int] = defaultdict(int)
    money: dict[str, Decimal] = defaultdict(Decimal)
    for row in year:
        units[row["family"]] += int(row["quantity"])
        money[row["family"]] += Decimal(row["revenue"])
    assert dict(units) == {code: pair[0] for code, pair in parameters.BUDGET_2027.items()}
    for code, (_, revenue) in parameters.BUDGET_2027.items():
        assert abs(money[code] - revenue) <= 10_000, code


def test_expense_and_investment_of_the_budget_are_those_approved() -> None:
    budget = [row for row in rows("operating_expense") if row["version"] == "budget" and row["bucket"] >= "2027"]
    capex = sum(Decimal(row["amount"]) for row in budget if row["account"] == "capex")
    expense = sum(Decimal(row["amount"]) for row in budget if row["account"] != "capex")
    assert (expense, capex) == (Decimal(28_400_000), Decimal(3_200_000))


def test_opening_balance_has_the_agreed_net_debt() -> None:
    balance = {row["line"]: Decimal(row["amount"]) for row in rows("balance")}
    assert balance["debt"] - balance["cash"] == 1_000_000
    assert balance["credit_line"] == 6_000_000
    assert balance["receivables"] > balance["cash"]


def test_truth_holds_every_parameter_and_what_follows() -> None:
    truth = json.loads((velmora() / "truth.json").read_text(encoding="utf-8"))
    assert truth["parameters"]["parameters.SEED"] == parameters.SEED
    assert len(truth["parameters"]["catalogue.ITEMS"]) == 62
    assert truth["cargo_backlog"] == 760
    for family, found in truth["families"].items():
        agreed = catalogue.FAMILY[family].annual * parameters.RECENTRED[family]
        assert found["expected_2027_base"] == pytest.approx(agreed, rel=1e-6)
        assert len(found["ordered_by_month"]) == 48


def test_actuals_do_not_depend_on_any_plan() -> None:
    source = (Path(catalogue.__file__).parent / "demand.py").read_text(encoding="utf-8")
    source += (Path(catalogue.__file__).parent / "supply.py").read_text(encoding="utf-8")
    for later in ("published", "opinions", "ledger"):
        assert f"generator.{later}" not in source


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 2: item name"):
        table("items", "item name", [("C1",)])


def test_csv_writes_empty_true_and_short_decimals() -> None:
    text = csv_text(table("x", "a b c d", [(None, True, 0.5000, parameters.FIRST), ("q,r", False, 0.00001, 7)]))
    assert text == 'a,b,c,d\n,true,0.5,2022-11-01\n"q,r",false,0,7\n'


def test_bikes_is_small_enough_to_check_by_hand() -> None:
    assert len(rows("items", bikes())) == 4
    orders = rows("orders", bikes())
    april = [row for row in orders if row["bucket"] == "2026-04"]
    assert {(row["item"], row["market"]): int(row["quantity"]) for row in april}["C1", "HOME"] == 6 * 15
    assert len({row["bucket"] for row in orders}) == 24
    assert sum(int(row["quantity"]) for row in orders) == sum(int(r["quantity"]) for r in rows("shipments", bikes()))


def test_bikes_budget_asks_for_a_tenth_more_city_bikes_than_the_history() -> None:
    city = [row for row in rows("orders", bikes()) if row["item"].startswith("C")]
    ordered = sum(int(row["quantity"]) for row in city if row["bucket"].startswith("2025"))
    budget = sum(
        Decimal(row["quantity"])
        for row in rows("budget", bikes())
        if row["family"] == "City" and row["bucket"].startswith("2027")
    )
    assert budget == Decimal("1.1") * ordered
