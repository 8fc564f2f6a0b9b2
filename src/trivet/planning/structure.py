"""The dimensions of a plan: masters, own dimensions attached, where members lay over time, renamed codes.

Today's structure is written back to the masters, so that every stage of planning sees the same families
and regions.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.company import GIVEN_DIMENSIONS, Company
from trivet.core.dimensions import Dimension, Hierarchy
from trivet.core.errors import InvalidInput
from trivet.core.issues import Issue
from trivet.core.memberships import place_members, unknown_movers
from trivet.core.owndimensions import Ways, attach
from trivet.core.panel import keys_digest
from trivet.core.plan import PlanInputs
from trivet.core.renames import MEMBER_CHANGES, read_renames

STANDARD: Final[Mapping[str, tuple[str, ...]]] = {
    "item": ("family", "item"),
    "market": ("region", "channel", "market"),
    "location": ("kind", "location"),
    "resource": ("location", "resource"),
    "supplier": ("supplier",),
}
"""Levels of each dimension where the company names no hierarchy."""


def build_dimensions(
    company: Company, full: dict[str, pl.DataFrame], buckets: Buckets, issues: list[Issue]
) -> Mapping[str, Dimension]:
    """Build every dimension from loaded tables; masters are replaced by today's structure, issues are added to.

    Raises InvalidInput when a hierarchy or an own dimension names a column that is not there, or renames go
    in a circle.
    """
    renames = read_renames(full.get(MEMBER_CHANGES))
    found = {}
    for name in GIVEN_DIMENSIONS:
        master = full[f"{name}s"]
        own = attach(company, name, master, _ways(company, name, master.columns), full)
        placed = place_members(name, own.members, own.ways, full["memberships"], buckets, own.follows)
        issues += [*own.issues, *placed.issues]
        full[f"{name}s"] = placed.members
        text = placed.members.with_columns(pl.col(pl.String).fill_null(""))
        hierarchies = tuple(Hierarchy(name=way, levels=levels) for way, levels in own.ways.items())
        found[name] = Dimension(
            name=name,
            members=text,
            hierarchies=hierarchies,
            digest=keys_digest(text),
            structures=placed.structures,
            renames={level: given for level, given in renames.items() if level in text.columns},
        )
    known = {level for dimension in found.values() for way in dimension.hierarchies for level in way.levels}
    issues += unknown_movers(full["memberships"], sorted(known | set(GIVEN_DIMENSIONS)))
    return found


def _ways(company: Company, name: str, columns: Sequence[str]) -> Ways:
    """Give the hierarchies of a master, each down to its leaf; every level must be a column."""
    ways = company.hierarchies.get(name) or {"standard": STANDARD[name]}
    for way, levels in ways.items():
        absent = [level for level in levels if level not in columns]
        if absent:
            raise InvalidInput(
                f"company.toml [hierarchies.{name}] {way}: level '{absent[0]}' is no column of the {name}s; "
                f"columns are {', '.join(columns)}."
            )
    return {way: levels if levels[-1:] == (name,) else (*levels, name) for way, levels in ways.items()}


def with_todays_parents(tables: Mapping[str, pl.DataFrame], inputs: PlanInputs) -> Mapping[str, pl.DataFrame]:
    """Give loaded tables with the masters' levels as memberships place them today (else as they are)."""
    changed = {}
    for name, dimension in inputs.model.dimensions.items():
        master = tables.get(f"{name}s")
        if master is None or not dimension.structures:
            continue
        levels = [one for one in dimension.structures[0].members.columns if one != name and one in master.columns]
        today = master.select(name).join(
            dimension.members.select(name, *levels), on=name, how="left", maintain_order="left"
        )
        changed[f"{name}s"] = master.with_columns(today[level] for level in levels)
    return {**tables, **changed}
