"""Company folders written by tests: a clean one, and whatever a test makes of it."""

from collections.abc import Mapping
from pathlib import Path

import trivet.core.tables
from trivet.connect.folder import FolderLoad, read_folder
from trivet.core.issues import Issue
from trivet.core.report import TableReport
from trivet.core.tables import parse_tables

SPECS = parse_tables(Path(trivet.core.tables.__file__).with_name("tables.toml").read_text(encoding="utf-8"))
COMPANY = """
[company]
name = "Test"
currency = "EUR"
[time]
first_bucket = "2025-01"
cycle = "2026-11"
"""
ITEMS = "item,name,family\nBK-09,Bike nine,City\nBK-10,Bike ten,City\n0101,Helmet,Helmets\n"
ORDERS = "item,market,bucket,quantity,value\n" + "".join(
    f"{item},DE,{2025 + m // 12}-{m % 12 + 1:02d},{10 + m},{(10 + m) * 2}\n"
    for item in ("BK-09", "BK-10")
    for m in range(22)
)


def write_folder(folder: Path, files: Mapping[str, str | bytes] | None = None) -> Path:
    """Write a clean folder, with `files` in place of or beside its own."""
    contents: dict[str, str | bytes] = {
        "company.toml": COMPANY,
        "items.csv": ITEMS,
        "orders.csv": ORDERS,
        **(files or {}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in contents.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def load(folder: Path, files: Mapping[str, str | bytes] | None = None, mapping: str | None = None) -> FolderLoad:
    """Write a folder and read it; every file must tie."""
    loaded = read_folder(write_folder(folder, files), SPECS, mapping_text=mapping)
    assert loaded.report.ties, [table for table in loaded.report.tables if not table.ties]
    return loaded


def issue(loaded: FolderLoad, code: str) -> Issue:
    """Give the only issue with a code."""
    (found,) = [one for one in loaded.report.issues if one.code == code]
    return found


def report(loaded: FolderLoad, table: str) -> TableReport:
    """Give the report of the only file that feeds a table."""
    (found,) = [one for one in loaded.report.tables if one.table == table]
    return found


def codes(loaded: FolderLoad) -> set[str]:
    """Give the codes of all issues but the missing tables."""
    return {one.code for one in loaded.report.issues} - {"import.missing-table"}
