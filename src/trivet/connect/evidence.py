"""The evidence a certificate is drawn from: the source tables of a snapshot and the facts of its calendar.

`evidence.json` says which plan it is (company, currency, cycle, version, buckets, fiscal years);
`tables/NAME.parquet` holds each source table as it was imported, with decimals instead of counts. Beside
them stand the plan's own numbers, one `GRAIN.parquet` a grain, written by the store's export.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.company import Company
from trivet.core.tables import ColumnType, TableSpec

FACTS: Final = "evidence.json"
TABLES: Final = "tables"
_PLACES: Final = {ColumnType.QUANTITY: 3, ColumnType.MONEY: 4}


def write_evidence(
    folder: Path,
    company: Company,
    tables: Mapping[str, pl.DataFrame],
    specs: Mapping[str, TableSpec],
    version: str,
) -> None:
    """Write the source side of a certificate into a folder, making it where needed.

    Args:
        folder: where; existing files of the same names are replaced.
        company: settings of the snapshot.
        tables: tables of the snapshot as imported (counts of quanta), before any default was filled in.
        specs: every table of the company folder; a missing one is written empty.
        version: id of the version whose numbers stand beside it.
    """
    (folder / TABLES).mkdir(parents=True, exist_ok=True)
    for name, spec in specs.items():
        decimals(tables.get(name, spec.empty()), spec).write_parquet(folder / TABLES / f"{name}.parquet")
    facts = {**calendar_facts(company.buckets()), "company": company.name, "currency": company.currency}
    facts["version"] = version
    (folder / FACTS).write_text(json.dumps(facts, indent=1), encoding="utf-8")


def decimals(table: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    """Give a loaded table with its counts as exact decimals: quantities with 3 places, money with 4."""
    exact = [
        (pl.col(column.name).cast(pl.Decimal(38, places)) / pl.lit(10**places).cast(pl.Decimal(38, 0)))
        .cast(pl.Decimal(38, places))
        .alias(column.name)
        for column in spec.columns
        if (places := _PLACES.get(column.type)) is not None and column.name in table.columns
    ]
    return table.with_columns(exact)


def calendar_facts(buckets: Buckets) -> dict[str, object]:
    """Give the axis as plain facts: starts, labels and fiscal years of all buckets, and the first open one."""
    return {
        "starts": [start.isoformat() for start in buckets.starts],
        "labels": [buckets.label(i) for i in range(len(buckets))],
        "years": [buckets.fiscal_year(i) for i in range(len(buckets))],
        "first_open": buckets.first_open,
        "end": buckets.edges[-1].isoformat(),
    }
