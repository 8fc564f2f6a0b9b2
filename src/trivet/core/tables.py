"""The tables of a company folder as data: columns, types, keys. Parsed from `core/tables.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import polars as pl

from trivet.core.errors import NotFound


class ColumnType(StrEnum):
    """What a column holds, and so how its text is read."""

    CODE = "code"
    TEXT = "text"
    FLAG = "flag"
    WHOLE = "whole"
    SHARE = "share"
    RATE = "rate"
    QUANTITY = "quantity"
    MONEY = "money"
    DAY = "day"
    BUCKET = "bucket"
    CHOICE = "choice"


STORED: Final[Mapping[ColumnType, type[pl.DataType]]] = {
    ColumnType.CODE: pl.String,
    ColumnType.TEXT: pl.String,
    ColumnType.FLAG: pl.Boolean,
    ColumnType.WHOLE: pl.Int64,
    ColumnType.SHARE: pl.Float64,
    ColumnType.RATE: pl.Float64,
    ColumnType.QUANTITY: pl.Int64,  # counts of 0.001
    ColumnType.MONEY: pl.Int64,  # counts of 0.0001
    ColumnType.DAY: pl.Date,
    ColumnType.BUCKET: pl.Date,  # first day of the bucket
    ColumnType.CHOICE: pl.String,
}
"""How each type is held in a loaded table. An empty key column holds "" (never null); other empties are null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """One column of a table of the company folder."""

    name: str
    type: ColumnType
    about: str
    key: bool
    needed: bool
    refers: str | None
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One table of the company folder.

    Attributes:
        name: file name without ending.
        about: what it holds, one sentence.
        off: what is switched off when it is missing.
        needed: whether no plan can be made without it.
        extra: whether further columns are attributes (loaded as text).
        period: whether a row is an amount of one bucket.
        columns: in the order of the template.
    """

    name: str
    about: str
    off: str
    needed: bool
    extra: bool
    period: bool
    columns: tuple[ColumnSpec, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the key columns."""
        return tuple(column.name for column in self.columns if column.key)

    def column(self, name: str) -> ColumnSpec:
        """Give one column; NotFound when the table has none of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise NotFound(f"table {self.name} has no column '{name}'; it has {', '.join(c.name for c in self.columns)}")

    def empty(self) -> pl.DataFrame:
        """Give the table without rows, with the types a loaded one has."""
        return pl.DataFrame(schema={column.name: STORED[column.type] for column in self.columns})


def parse_tables(text: str) -> Mapping[str, TableSpec]:
    """Read the text of `core/tables.toml`: table name -> specification, in the order of the file."""
    return {name: _table(name, raw) for name, raw in tomllib.loads(text).items()}


def _table(name: str, raw: Mapping[str, Any]) -> TableSpec:
    refers, choices = raw.get("refers", {}), raw.get("choices", {})
    return TableSpec(
        name=name,
        about=raw["about"],
        off=raw["off"],
        needed=bool(raw.get("needed", False)),
        extra=bool(raw.get("extra", False)),
        period=bool(raw.get("period", False)),
        columns=tuple(
            ColumnSpec(
                name=column,
                type=ColumnType(kind.rstrip("*!")),
                about=about,
                key=kind.endswith("*"),
                needed=kind.endswith("!"),
                refers=refers.get(column),
                choices=tuple(choices.get(column, ())),
            )
            for column, (kind, about) in raw["columns"].items()
        ),
    )
