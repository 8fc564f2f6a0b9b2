"""Loaded tables become inputs with defaults said, orphans placed, and a digest that follows values only."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl
import pytest

from trivet.core.company import Company
from trivet.core.dimensions import UNASSIGNED
from trivet.core.errors import InvalidInput
from trivet.core.tables import STORED
from trivet.planning.inputs import ALL, MAIN, build_inputs, inputs_digest, making_location, shipping_location
from trivet.workspace.registries import measure_registry, table_specs

COMPANY = Company(name="X", currency="EUR", first_bucket=date(2025, 1, 1), cycle=date(2026, 1, 1), horizon=12)


def table(name: str, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    spec = table_specs()[name]
    schema = {column.name: STORED[column.type] for column in spec.columns}
    full = [{column: row.get(column) for column in schema} for row in rows]
    frame = pl.DataFrame(full, schema=schema)
    return frame.with_columns(pl.col(key).fill_null("") for key in spec.key if schema[key] == pl.String)


def items(*names: str) -> pl.DataFrame:
    return table("items", [{"item": name, "family": "F"} for name in names])


def test_defaults_are_filled_and_what_is_missing_is_said() -> None:
    orders = table("orders", [{"item": "A", "bucket": date(2025, 1, 1), "quantity": 5000}])
    inputs, issues = build_inputs(COMPANY, {"items": items("A"), "orders": orders}, table_specs(), measure_registry())
    assert inputs.table("orders")["market"].to_list() == [ALL]
    assert inputs.model.dimensions["market"].ids == [ALL]
    assert inputs.model.dimensions["location"].ids == [MAIN]
    assert inputs.table("items")["policy"].to_list() == ["make-to-stock"]
    assert inputs.table("markets")["currency"].to_list() == ["EUR"]
    assert set(inputs.tables) == set(table_specs())
    assert any("there is no table prices" in issue.message for issue in issues)


def test_items_without_a_family_go_to_unassigned_and_are_named() -> None:
    rows = table("items", [{"item": "A"}, {"item": "B", "family": "F"}])
    inputs, issues = build_inputs(COMPANY, {"items": rows}, table_specs(), measure_registry())
    assert inputs.model.dimensions["item"].parents("family") == {"A": UNASSIGNED, "B": "F"}
    assert any(issue.code == "data.no-family" and "1 items" in issue.message for issue in issues)


def test_markets_that_only_history_knows_are_kept() -> None:
    markets = table("markets", [{"market": "DE", "region": "Central"}])
    orders = table("orders", [{"item": "A", "market": "FR", "bucket": date(2025, 1, 1), "quantity": 1000}])
    given = {"items": items("A"), "markets": markets, "orders": orders}
    inputs, _ = build_inputs(COMPANY, given, table_specs(), measure_registry())
    assert inputs.model.dimensions["market"].parents("region") == {"DE": "Central", "FR": UNASSIGNED}


def test_the_first_dc_ships_and_the_first_plant_makes() -> None:
    locations = table(
        "locations",
        [{"location": "P", "kind": "plant"}, {"location": "D", "kind": "dc"}, {"location": "Q", "kind": "plant"}],
    )
    assert (shipping_location(locations), making_location(locations)) == ("D", "P")
    stock = table("stock_history", [{"item": "A", "bucket": date(2025, 12, 1), "quantity": 1000}])
    made = table("production", [{"item": "A", "bucket": date(2025, 12, 1), "quantity": 1000}])
    given = {"items": items("A"), "locations": locations, "stock_history": stock, "production": made}
    inputs, _ = build_inputs(COMPANY, given, table_specs(), measure_registry())
    assert inputs.table("stock_history")["location"].to_list() == ["D"]
    assert inputs.table("production")["location"].to_list() == ["P"]


def test_the_digest_follows_values_and_not_the_order_of_rows() -> None:
    one = {"items": items("A", "B")}
    assert inputs_digest(COMPANY, one) == inputs_digest(COMPANY, {"items": items("B", "A")})
    assert inputs_digest(COMPANY, one) != inputs_digest(COMPANY, {"items": items("A", "C")})


def test_no_items_and_a_level_that_is_no_column_are_refused() -> None:
    with pytest.raises(InvalidInput, match="at least one item"):
        build_inputs(COMPANY, {}, table_specs(), measure_registry())
    strange = Company(
        name="X",
        currency="EUR",
        first_bucket=date(2025, 1, 1),
        cycle=date(2026, 1, 1),
        hierarchies={"item": {"standard": ("colour", "item")}},
    )
    with pytest.raises(InvalidInput, match="level 'colour' is no column"):
        build_inputs(strange, {"items": items("A")}, table_specs(), measure_registry())
