"""A table on its way to a file: name, header, rows of plain values; and how a month is written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from trivet.examples.generator.parameters import day_of

Value = str | int | float | bool | date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One file of the company folder.

    Attributes:
        name: name of the file without ending.
        header: column names.
        rows: values in the order of the header; None = empty.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def table(name: str, header: str, rows: Iterable[Sequence[Value]]) -> Table:
    """Build a table from a header written with blanks between the names."""
    names = tuple(header.split())
    built = tuple(tuple(row) for row in rows)
    for row in built:
        if len(row) != len(names):
            raise ValueError(f"{name}: row {row} has {len(row)} values, expected {len(names)}: {header}")
    return Table(name=name, header=names, rows=built)


def label(index: int) -> str:
    """Name a month of the truth model's axis as files do: 2026-11."""
    return f"{day_of(index):%Y-%m}"


def month(day: date) -> str:
    """Name the month of a day."""
    return f"{day:%Y-%m}"
