"""What a plan is about: items, markets, locations, resources, suppliers and their hierarchies.

A dimension is a table of members, one row a leaf; each level of each hierarchy, and every
attribute, is a column. Leaf ids are stable text, never reused. A code that was renamed or merged is
still understood: it means the one that goes on. Members that moved keep where they lay before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from unicodedata import normalize

import numpy as np
import polars as pl

from trivet.core.errors import NotFound
from trivet.core.ids import Counts, Digest, Flags, MemberId
from trivet.core.issues import Node

UNASSIGNED = "Unassigned"
"""Where members without a known parent go, so that totals still tie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """One way to roll up a dimension: levels from the top to the leaf."""

    name: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """A code that is no longer used: which one goes on, `renamed` or `merged`, and why."""

    old: str
    new: str
    kind: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Structure:
    """Where every leaf lay from the bucket of `first` on: its code, and the columns that changed over time."""

    first: date
    members: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dimension:
    """A dimension of the plan.

    Attributes:
        name: `item`, `market`, `location`, `resource` or `supplier`.
        members: one row a leaf, sorted by the column called as the dimension; other columns are
            levels and attributes.
        hierarchies: the ways to roll up, the first being the one pages open with.
        digest: sha256 over the values of members and hierarchies.
        structures: where the leaves lay over time, in order; empty = always as in `members`, which is
            the structure of the current bucket.
        renames: level -> code no longer used -> what became of it.
    """

    name: str
    members: pl.DataFrame
    hierarchies: tuple[Hierarchy, ...]
    digest: Digest
    structures: tuple[Structure, ...] = ()
    renames: Mapping[str, Mapping[str, Rename]] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        """Leaf ids in order."""
        return self.members[self.name].to_list()

    @property
    def levels(self) -> tuple[str, ...]:
        """Every level or attribute a node may name; the leaf level is called as the dimension."""
        return tuple(self.members.columns)

    def check(self, node: Node) -> None:
        """Raise NotFound, with the nearest name, when the level or member does not exist."""
        if node.level not in self.members.columns:
            raise NotFound(f"{self.name} has no level '{node.level}'. Levels: {', '.join(self.levels)}.")
        known = self.members_at(node.level)
        if node.member not in known and self.became(node) is None:
            near = get_close_matches(node.member, known, n=1)
            maybe = f" Maybe '{near[0]}'?" if near else ""
            raise NotFound(f"{node.level} '{node.member}' is not known ({len(known)} known).{maybe}")

    def members_at(self, level: str) -> list[str]:
        """Give the members of a level, sorted."""
        known: list[str] = self.members[level].cast(pl.String).drop_nulls().unique().sort().to_list()
        return known

    def became(self, node: Node) -> Rename | None:
        """Tell what became of a code that is no longer used; None for a code in use, or one nobody knows."""
        known = self.renames.get(node.level)
        if not known or node.level not in self.members.columns:
            return None
        in_use = self.members_at(node.level)
        code = normalize("NFC", node.member).casefold()
        found = known.get(node.member) or next((r for old, r in known.items() if old.casefold() == code), None)
        return found if found is not None and node.member not in in_use and found.new in in_use else None

    def today(self, node: Node) -> Node:
        """Give the node by today's codes."""
        rename = self.became(node)
        return node if rename is None else replace(node, member=MemberId(rename.new))

    def leaves(self, node: Node) -> Counts:
        """Give the row numbers in `members` of all leaves under a node (of what a renamed code became)."""
        self.check(node)
        node = self.today(node)
        column = self.members[node.level].cast(pl.String)
        hit: Flags = (column == str(node.member)).fill_null(value=False).to_numpy()
        return np.flatnonzero(hit).astype(np.int64)

    def parents(self, level: str) -> Mapping[str, str]:
        """Map each leaf id to its member at `level`."""
        return dict(zip(self.ids, self.members[level].cast(pl.String).to_list(), strict=True))
