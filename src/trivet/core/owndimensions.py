"""Dimensions a company declares itself: brand, project, sales team, price class.

`[dimensions.brand] of = "item"` in `company.toml` attaches the table `brand.csv` to the items by their
column `brand`. Its further columns become levels and attributes of the items, and its hierarchies
(`[hierarchies.brand]`) ways to roll the items up: so every measure by item is shown, filtered, edited,
spread and tied by it like by any other level. A code the table does not know goes to `Unassigned`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

import polars as pl

from trivet.core.company import Company, OwnDimension
from trivet.core.dimensions import UNASSIGNED
from trivet.core.errors import InvalidInput
from trivet.core.issues import Issue, Place, Severity
from trivet.core.tables import ColumnSpec, ColumnType, TableSpec

Ways = Mapping[str, tuple[str, ...]]
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attached:
    """Members of a dimension with what its company's own dimensions add.

    Attributes:
        members: one row a leaf, with a column a level and attribute of each own dimension.
        ways: hierarchy name -> levels, those of own dimensions among them.
        follows: level -> its members with the columns that follow it (the table of an own dimension).
        issues: codes that are not known.
    """

    members: pl.DataFrame
    ways: Ways
    follows: Mapping[str, pl.DataFrame]
    issues: tuple[Issue, ...]


def company_tables(specs: Mapping[str, TableSpec], company: Company) -> Mapping[str, TableSpec]:
    """Give every table of the company's folder: those of Trivet, and one for each dimension of its own.

    Raises InvalidInput when an own dimension is called as a table.
    """
    taken = next((own.name for own in company.dimensions if own.name in specs), None)
    if taken:
        raise InvalidInput(f"company.toml [dimensions.{taken}]: {taken} is a table of Trivet; choose another name.")
    return {**specs, **{own.name: _spec(own) for own in company.dimensions}}


def _spec(own: OwnDimension) -> TableSpec:
    return TableSpec(
        name=own.name,
        about=f"The company's own dimension {own.name}: further columns are levels and attributes.",
        off=f"The members of {own.name} are the codes in column {own.column} of the {own.of}s, without levels above.",
        needed=False,
        extra=True,
        period=False,
        columns=(
            ColumnSpec(
                name=own.name, type=ColumnType.CODE, about=f"Code of the {own.name}.", key=True, needed=False,
                refers=None, choices=(),
            ),
        ),
    )  # fmt: skip


def attach(
    company: Company, of: str, members: pl.DataFrame, ways: Ways, tables: Mapping[str, pl.DataFrame]
) -> Attached:
    """Attach the company's own dimensions to the members of one of the given dimensions.

    Args:
        company: its settings.
        of: the dimension they are attached to.
        members: one row a leaf.
        ways: hierarchy name -> levels the dimension has already.
        tables: loaded tables.

    Raises:
        InvalidInput: the column with the codes, or a level of a hierarchy, is not there.
    """
    issues: list[Issue] = []
    all_ways, follows = dict(ways), dict[str, pl.DataFrame]()
    for own in company.dimensions:
        if own.of != of:
            continue
        if own.column not in members.columns:
            raise InvalidInput(
                f"company.toml [dimensions.{own.name}]: the {of}s have no column '{own.column}'; "
                f"columns are {', '.join(members.columns)}."
            )
        table = _renamed(own, _members(own, members, tables), members)
        codes, unknown = _codes(members[own.column], table[own.name].to_list())
        issues += [_unknown(own, unknown)] if unknown else []
        kept = [name for name in members.columns if name != own.name]
        members = members.select(kept).with_columns(codes.alias(own.name))
        members = members.join(table, on=own.name, how="left", maintain_order="left")
        members = members.with_columns(pl.col(name).fill_null(UNASSIGNED) for name in table.columns)
        follows[own.name] = table
        all_ways |= _ways(company, own, table, all_ways)
    return Attached(members=members, ways=all_ways, follows=follows, issues=tuple(issues))


def _members(own: OwnDimension, members: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Give the table of an own dimension as text; without one, the codes that stand in the column."""
    table = tables.get(own.name)
    if table is None or table.is_empty():
        codes = members[own.column].cast(pl.String).drop_nulls().unique().sort()
        table = pl.DataFrame({own.name: codes.filter(codes != "")})
    text = table.select(pl.all().cast(pl.String)).with_columns(pl.all().replace("", None))
    others = [name for name in text.columns if name != own.name]
    return text.filter(pl.col(own.name).is_not_null()).with_columns(
        pl.col(name).fill_null(UNASSIGNED) for name in others
    )


def _renamed(own: OwnDimension, table: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Call columns the members have already `brand_name` instead of `name`."""
    there = set(members.columns)
    return table.rename({name: f"{own.name}_{name}" for name in table.columns if name != own.name and name in there})


def _codes(column: pl.Series, known: list[str]) -> tuple[pl.Series, list[str]]:
    """Write codes as the table does, whatever their case; unknown and empty ones are Unassigned."""
    written = {_match(code): code for code in reversed(known)}
    texts = [str(text) for text in column.cast(pl.String).drop_nulls().unique().sort().to_list() if str(text)]
    found = {text: written.get(_match(text), UNASSIGNED) for text in texts}
    codes = column.cast(pl.String).replace_strict(
        list(found), list(found.values()), default=UNASSIGNED, return_dtype=pl.String
    )
    return codes, [text for text in texts if found[text] == UNASSIGNED and text != UNASSIGNED]


def _match(code: str) -> str:
    return normalize("NFC", code.strip()).casefold()


def _ways(company: Company, own: OwnDimension, table: pl.DataFrame, there: Ways) -> Ways:
    """Give the hierarchies of an own dimension as ways of the dimension it is attached to."""
    given = company.hierarchies.get(own.name) or {own.name: (own.name,)}
    found = {}
    for way, levels in given.items():
        named = [level if level in table.columns else f"{own.name}_{level}" for level in levels if level != own.of]
        absent = next((level for level in named if level not in table.columns), None)
        if absent:
            raise InvalidInput(
                f"company.toml [hierarchies.{own.name}] {way}: level '{absent.removeprefix(own.name + '_')}' is no "
                f"column of {own.name}.csv; columns are {', '.join(table.columns)}."
            )
        if way in there:
            raise InvalidInput(f"company.toml [hierarchies.{own.name}] {way}: {own.of} has a hierarchy of that name.")
        path = named if named and named[-1] == own.name else [*named, own.name]
        found[way] = (*path, own.of)
    return found


def _unknown(own: OwnDimension, codes: list[str]) -> Issue:
    some = ", ".join(codes[:_SHOWN]) + (f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else "")
    return Issue(
        code="data.unknown-own-member",
        severity=Severity.WARNING,
        place=Place(source=f"{own.of}s", column=own.column, value=codes[0]),
        message=f"{some}: no member of {own.name}; they count under {UNASSIGNED}.",
        advice=f"Add a row to {own.name}.csv, or correct the code.",
    )
