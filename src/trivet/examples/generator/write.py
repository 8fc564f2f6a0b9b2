"""Files of the example company, byte for byte the same on every run: CSV a person can open, one Parquet."""

import csv
import io
import json
from dataclasses import asdict, is_dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

from trivet.examples.generator import catalogue, parameters, people
from trivet.examples.generator.demand import MARKETS, Demand, make_demand, rows_of
from trivet.examples.generator.histories import history_tables
from trivet.examples.generator.ledger import budget_2027, finance_tables
from trivet.examples.generator.masters import master_tables
from trivet.examples.generator.money import price_tables, value_shipments
from trivet.examples.generator.opinions import opinion_tables
from trivet.examples.generator.published import published_frame
from trivet.examples.generator.supply import Supply, make_supply
from trivet.examples.generator.tables import Table, Value

COMPANY: Final = """# Velmora Cycles: the example company of Trivet. Written by `python -m trivet.examples.generator`.
[company]
name = "Velmora Cycles"
currency = "EUR"
timezone = "Europe/Amsterdam"
reason_above = 5.0

[time]
calendar = "months"
first_bucket = 2022-11-01
cycle = 2026-11-01
horizon = 36
frozen = 1
slushy = 3
fiscal_start = 1

[hierarchies.item]
range = ["category", "family", "item"]
segment = ["segment", "item"]

[hierarchies.market]
sales = ["region", "channel", "market"]

[hierarchies.location]
kind = ["kind", "location"]
"""


def write_velmora(folder: Path) -> None:
    """Write every file of the example company into a folder, which is made when missing.

    Existing files of the same names are replaced; others are left.
    """
    folder.mkdir(parents=True, exist_ok=True)
    demand = make_demand()
    supply = make_supply(demand)
    valued = value_shipments(supply)
    tables = [
        *master_tables(),
        *price_tables(),
        *history_tables(demand, supply, valued),
        *finance_tables(demand, supply, valued),
        *opinion_tables(demand),
    ]
    for one in tables:
        (folder / f"{one.name}.csv").write_bytes(csv_text(one).encode())
    published_frame(demand, supply).write_parquet(folder / "published.parquet", compression="zstd", statistics=False)
    (folder / "company.toml").write_bytes(COMPANY.encode())
    (folder / "truth.json").write_bytes((json.dumps(_truth(demand, supply), indent=1, sort_keys=True) + "\n").encode())


def csv_text(one: Table) -> str:
    """Write a table as CSV: comma, dot, ISO dates, LF; nothing for an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(one.header)
    writer.writerows([_cell(value) for value in row] for row in one.rows)
    return text.getvalue()


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        short = f"{value:.4f}".rstrip("0").rstrip(".")
        return short or "0"
    return value.isoformat() if isinstance(value, date) else str(value)


def _truth(demand: Demand, supply: Supply) -> dict[str, object]:
    """Give every parameter and what follows from them: the answers the product must find again."""
    chosen: dict[str, object] = {}
    for module in (parameters, catalogue, people):
        for name, value in vars(module).items():
            if name.isupper():
                chosen[f"{module.__name__.rsplit('.', 1)[1]}.{name}"] = _plain(value)
    families = {}
    for family in catalogue.FAMILIES:
        rows = rows_of(family.code)
        old = [row for row in rows if catalogue.ITEMS[row].code not in parameters.LAUNCHED]
        families[family.code] = {
            "expected_2027_base": round(float(demand.base[old][:, :, parameters.YEAR_2027].sum()), 3),
            "expected_by_month": [round(float(x), 3) for x in demand.expected[rows].sum(axis=(0, 1))],
            "opening_stock": int(supply.stock[rows, :, -1].sum()),
            "ordered_by_month": [int(x) for x in demand.wanted[rows].sum(axis=(0, 1))],
        }
    return {
        "parameters": chosen,
        "families": families,
        "markets": list(MARKETS),
        "cargo_backlog": int(supply.backlog.sum()),
        "budget_2027": {k: list(v) for k, v in budget_2027().items()},
    }


def _plain(value: object) -> object:
    """Turn a parameter into what JSON can hold."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, slice):
        return [value.start, value.stop]
    if isinstance(value, dict | MappingProxyType):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value
