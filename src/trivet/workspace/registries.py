"""The registries Trivet ships with: measures and tables as data, read once per process."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import trivet.core.measures
from trivet.core.measures import Registry, parse_measures
from trivet.core.tables import TableSpec, parse_tables

_CORE = Path(trivet.core.measures.__file__).parent


@cache
def measure_registry() -> Registry:
    """Give every measure of a plan."""
    return parse_measures((_CORE / "measures.toml").read_text("utf-8"))


@cache
def table_specs() -> Mapping[str, TableSpec]:
    """Give every table of a company folder."""
    return parse_tables((_CORE / "tables.toml").read_text("utf-8"))


@cache
def signoff_specs() -> Mapping[str, TableSpec]:
    """Give every table that is kept in the log only, beside the numbers."""
    return parse_tables((_CORE / "signoffs.toml").read_text("utf-8"))
