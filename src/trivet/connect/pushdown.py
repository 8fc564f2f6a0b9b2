"""The push-down as files: each table as CSV and as Parquet, and a manifest that says what they are and that they tie.

CSV is UTF-8 with a header, ISO days and a dot; texts a spreadsheet would run get an apostrophe (Parquet holds codes as
they are). No file holds a time or a name that a second run would change: the same version gives the same bytes.
`manifest.json` names version and digest, and of every file its sha256, rows and sums, as DuckDB reads them back.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from trivet.connect.csv_out import write_csv
from trivet.core.pushdown import PushDown, PushedTable
from trivet.core.summary import Check

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
"""Number of the layout of the files, raised when columns change their meaning."""
_DIGITS: Final = 18


def write_tables(pushed: PushDown, folder: Path) -> tuple[Path, ...]:
    """Write every table into a folder that exists, as CSV and Parquet, and give the files."""
    files: list[Path] = []
    for table in pushed.tables:
        csv, parquet = folder / f"{table.name}.csv", folder / f"{table.name}.parquet"
        write_csv(table.frame, csv, units=table.units)
        exact_decimals(table).write_parquet(parquet, compression="zstd")
        files += [csv, parquet]
    return tuple(files)


def exact_decimals(table: PushedTable) -> pl.DataFrame:
    """Give a table with its counts as exact decimals."""
    exact = []
    for name, quantum in table.units.items():
        places = -int(quantum.as_tuple().exponent)
        value = pl.col(name).cast(pl.Decimal(38, places)) * pl.lit(quantum)
        exact.append(value.cast(pl.Decimal(_DIGITS, places)).alias(name))
    return table.frame.with_columns(exact)


def write_manifest(pushed: PushDown, checks: Sequence[Check], folder: Path) -> Path:
    """Write the manifest of the tables in a folder beside them, and give it."""
    told = {
        "format": FORMAT,
        "company": pushed.company,
        "currency": pushed.currency,
        "calendar": pushed.calendar,
        "cycle": pushed.cycle,
        "version": pushed.version,
        "digest": pushed.digest,
        "first_day": pushed.first.isoformat(),
        "last_day": pushed.last.isoformat(),
        "first_bucket": pushed.buckets[0],
        "last_bucket": pushed.buckets[1],
        "weeks": pushed.weeks,
        "ties": all(check.passed for check in checks),
        "notes": list(pushed.notes),
        "files": [_file(folder, table, form) for table in pushed.tables for form in ("csv", "parquet")],
        "families": _families(folder),
        "tie_out": [_check(check) for check in checks],
    }
    path = folder / MANIFEST
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _file(folder: Path, table: PushedTable, form: str) -> Mapping[str, object]:
    path = folder / f"{table.name}.{form}"
    body = path.read_bytes()
    rows, sums = _measured(path, table)
    return {
        "file": path.name,
        "about": table.about,
        "sha256": sha256(body).hexdigest(),
        "bytes": len(body),
        "rows": rows,
        "sums": sums,
    }


def _measured(path: Path, table: PushedTable) -> tuple[int, Mapping[str, str]]:
    """Count rows and add columns up, from the file as it stands."""
    names = [f'coalesce(sum(TRY_CAST("{column}" AS DECIMAL(38,6))), 0)' for column in table.sums]
    group = f"coalesce(\"{table.by}\", '')" if table.by else "''"
    with duckdb.connect() as database:
        database.execute("SET threads = 1")
        relation = reading(path)
        query = f"SELECT {group} AS part, count(*), {', '.join(names)} FROM {relation} GROUP BY part ORDER BY part"  # noqa: S608
        found = database.execute(query).fetchall()
    sums = {
        f"{column} {part}".strip(): _plain(amount)
        for part, _, *amounts in found
        for column, amount in zip(table.sums, amounts, strict=True)
    }
    return sum(row[1] for row in found), sums


def reading(path: Path) -> str:
    """Say in SQL how a file of the push-down is read."""
    named = str(path).replace("'", "''")
    if path.suffix == ".csv":
        return f"read_csv('{named}', header = true, all_varchar = true, quote = '\"', escape = '\"', delim = ',')"
    return f"read_parquet('{named}')"


def _families(folder: Path) -> list[Mapping[str, str]]:
    """Give what every family gets over all the weeks, and its stock at their end, from the file."""
    query = f"""
WITH rows AS (
  SELECT *, first_day = max(first_day) OVER () AS is_last FROM {reading(folder / "master_schedule.parquet")})
SELECT family, sum(demand), sum(shipments), sum(production), sum(purchases), sum(stock) FILTER (is_last)
FROM rows GROUP BY family ORDER BY family"""  # noqa: S608 - built of constants and our own path
    names = ("demand", "shipments", "production", "purchases", "stock_at_the_end")
    with duckdb.connect() as database:
        database.execute("SET threads = 1")
        found = database.execute(query).fetchall()
    return [
        {"family": row[0], **{name: _plain(value) for name, value in zip(names, row[1:], strict=True)}} for row in found
    ]


def _plain(amount: Decimal | None) -> str:
    text = f"{Decimal(amount or 0):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _check(check: Check) -> Mapping[str, object]:
    return {
        "check": check.name,
        "passed": check.passed,
        "places": check.checked,
        "differ": check.failed,
        "amount": str(check.amount),
        "unit": check.unit,
        "where": list(check.places),
    }
