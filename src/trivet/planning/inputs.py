"""From loaded tables to what a plan is made from: dimensions, defaults, and places for orphans.

Decides nothing about demand, supply or money. It gives every row of history a real market and
location, sends members without a known parent to `Unassigned` so that totals still tie, and says
in issues what it had to assume.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final

import polars as pl

from trivet.core.company import Company
from trivet.core.dimensions import UNASSIGNED
from trivet.core.errors import InvalidInput
from trivet.core.ids import Digest, MeasureId
from trivet.core.issues import Issue, Place, Severity
from trivet.core.measures import Registry
from trivet.core.owndimensions import company_tables
from trivet.core.panel import keys_digest
from trivet.core.plan import Model, PlanInputs
from trivet.core.tables import STORED, ColumnType, TableSpec
from trivet.planning.structure import build_dimensions
from trivet.supply.sites import ways_in

MAIN: Final = "MAIN"
ALL: Final = "ALL"
ANY: Final = "ANY"
MISSING_TABLE: Final = "data.table-missing"

Tables = dict[str, pl.DataFrame]


def build_inputs(
    company: Company,
    tables: Mapping[str, pl.DataFrame],
    specs: Mapping[str, TableSpec],
    registry: Registry,
) -> tuple[PlanInputs, tuple[Issue, ...]]:
    """Turn loaded tables into plan inputs.

    Args:
        company: settings of the company.
        tables: loaded tables by name, typed as `core.tables.STORED` says.
        specs: every table of the company folder.
        registry: the measures.

    Returns:
        The inputs, holding every table of `specs`, and what had to be assumed.

    Raises:
        InvalidInput: there are no items.
    """
    digest = inputs_digest(company, tables)
    full: Tables = {name: _complete(tables.get(name), spec) for name, spec in company_tables(specs, company).items()}
    if full["items"].is_empty():
        raise InvalidInput("items.csv has no rows: a plan needs at least one item. Fill items.csv.")
    issues: list[Issue] = []
    full["items"] = _items(full["items"], issues)
    full["locations"] = _locations(full)
    full["markets"] = _markets(full, company)
    full["resources"] = full["resources"].with_columns(
        pl.col("efficiency").fill_null(1.0),
        pl.col("overtime").fill_null(0.0),
        pl.col("overtime_premium").fill_null(0.0),
        pl.col("crew_cost").fill_null(0.0),
    )
    full["suppliers"] = _suppliers(full)
    _place_histories(full)
    _report_missing(tables, specs, issues)
    buckets = company.buckets()
    dimensions = build_dimensions(company, full, buckets, issues)
    model = Model(company=company, registry=registry, dimensions=dimensions, buckets=buckets)
    inputs = PlanInputs(model=model, tables=full, digest=digest)
    places = {MeasureId(name): pairs for name, pairs in ways_in(inputs).items()}
    return replace(inputs, model=replace(model, places=places)), tuple(issues)


def inputs_digest(company: Company, tables: Mapping[str, pl.DataFrame]) -> Digest:
    """Give the sha256 over the settings and the values of all tables, whatever their row order."""
    total = sha256(repr(company).encode())
    for name in sorted(tables):
        frame = tables[name]
        if frame.is_empty():
            continue
        columns = sorted(frame.columns)
        total.update(f"|{name}|".encode())
        total.update(keys_digest(frame.select(columns).sort(columns, nulls_last=True)).encode())
    return Digest(total.hexdigest())


def _complete(table: pl.DataFrame | None, spec: TableSpec) -> pl.DataFrame:
    """Give a table every column of its specification: a snapshot of an earlier format has fewer."""
    if table is None:
        return spec.empty()
    missing = [column for column in spec.columns if column.name not in table.columns]
    keyed = (ColumnType.CODE, ColumnType.CHOICE)
    return table.with_columns(
        pl.lit("" if column.key and column.type in keyed else None, dtype=STORED[column.type]).alias(column.name)
        for column in missing
    )


def _items(items: pl.DataFrame, issues: list[Issue]) -> pl.DataFrame:
    orphans = items.filter(pl.col("family").is_null() | (pl.col("family") == ""))
    if orphans.height:
        some = ", ".join(orphans["item"].head(3).to_list())
        issues.append(
            Issue(
                code="data.no-family",
                severity=Severity.WARNING,
                place=Place(source="items", column="family"),
                message=f"{orphans.height} items have no family ({some}): they are planned under {UNASSIGNED}.",
                advice="Give each a family in items.csv.",
            )
        )
    blank = pl.col("family") == ""
    return items.with_columns(
        pl.when(blank).then(None).otherwise(pl.col("family")).fill_null(UNASSIGNED).alias("family"),
        pl.col("kind").fill_null("finished"),
        pl.col("policy").fill_null("make-to-stock"),
        pl.col("unit").fill_null("EA"),
        pl.col("step").fill_null(1000),
    ).sort("item")


def _locations(full: Tables) -> pl.DataFrame:
    locations = full["locations"]
    if locations.is_empty():
        named = {
            str(code)
            for table, column in (
                ("stock_history", "location"),
                ("production", "location"),
                ("routings", "location"),
                ("resources", "location"),
                ("markets", "location"),
            )
            for code in full[table][column].drop_nulls().to_list()
            if code
        }
        rows = {"location": sorted(named) or [MAIN]}
        extra = pl.DataFrame(rows).with_columns(pl.lit("plant").alias("kind"))
        locations = pl.concat([locations, extra], how="diagonal")
    return locations.with_columns(pl.col("kind").fill_null("plant")).sort("location")


def _markets(full: Tables, company: Company) -> pl.DataFrame:
    markets = full["markets"]
    used = {
        str(code)
        for table in ("orders", "order_lines", "shipments", "returns", "bookings", "order_backlog", "published")
        for code in full[table]["market"].fill_null("").unique().to_list()
    }
    known = set(markets["market"].to_list())
    missing = sorted({code or ALL for code in used} - known) if known or used else []
    if not known and not missing:
        missing = [ALL]
    if missing:
        markets = pl.concat([markets, pl.DataFrame({"market": missing})], how="diagonal")
    return markets.with_columns(
        pl.col("region").fill_null(UNASSIGNED),
        pl.col("channel").fill_null(UNASSIGNED),
        pl.col("currency").fill_null(company.currency),
        pl.col("location").fill_null(shipping_location(full["locations"])),
    ).sort("market")


def shipping_location(locations: pl.DataFrame) -> str:
    """Give the location that ships where a market names none: the first DC, else the first plant."""
    for kind in ("dc", "plant"):
        some = locations.filter(pl.col("kind") == kind)["location"].to_list()
        if some:
            return str(some[0])
    return str(locations["location"][0])


def making_location(locations: pl.DataFrame) -> str:
    """Give the location that makes or receives where a table names none: the first plant."""
    plants = locations.filter(pl.col("kind") == "plant")["location"].to_list()
    return str(plants[0] if plants else locations["location"][0])


def _suppliers(full: Tables) -> pl.DataFrame:
    suppliers = full["suppliers"]
    named = {
        str(code)
        for table in ("supply_sources", "supplier_caps", "open_purchases")
        for code in full[table]["supplier"].drop_nulls().to_list()
        if code
    }
    missing = sorted((named | {ANY}) - set(suppliers["supplier"].to_list()))
    return pl.concat([suppliers, pl.DataFrame({"supplier": missing})], how="diagonal").sort("supplier")


def _place_histories(full: Tables) -> None:
    """Write the default market and location where a table's row names none."""
    ships, makes = shipping_location(full["locations"]), making_location(full["locations"])
    for table in ("orders", "order_lines", "shipments", "returns", "bookings", "order_backlog"):
        full[table] = full[table].with_columns(_or_default("market", ALL))
    for table in ("production", "open_purchases", "open_production", "supply_sources"):
        full[table] = full[table].with_columns(_or_default("location", makes))
    full["stock_history"] = full["stock_history"].with_columns(_or_default("location", ships))


def _or_default(column: str, default: str) -> pl.Expr:
    filled = pl.col(column).fill_null("")
    return pl.when(filled == "").then(pl.lit(default)).otherwise(filled).alias(column)


def _report_missing(tables: Mapping[str, pl.DataFrame], specs: Mapping[str, TableSpec], issues: list[Issue]) -> None:
    for name, spec in specs.items():
        if spec.off and (name not in tables or tables[name].is_empty()):
            issues.append(
                Issue(
                    code=MISSING_TABLE,
                    severity=Severity.NOTE,
                    place=Place(source=name),
                    message=f"there is no table {name}: {spec.off}",
                    advice=f"Add {name}.csv to the company folder to switch it on.",
                )
            )
