"""What a plan is about: items, markets, locations, resources, suppliers and their hierarchies.

A dimension is a table of members, one row a leaf; each level of each hierarchy, and every
attribute, is a column. Leaf ids are stable text, never reused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import polars as pl

from trivet.core.errors import NotFound
from trivet.core.ids import Counts, Digest, Flags
from trivet.core.issues import Node

UNASSIGNED = "Unassigned"
"""Where members without a known parent go, so that totals still tie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """One way to roll up a dimension: levels from the top to the leaf."""

    name: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dimension:
    """A dimension of the plan.

    Attributes:
        name: `item`, `market`, `location`, `resource` or `supplier`.
        members: one row a leaf, sorted by the column called as the dimension; other columns are
            levels and attributes.
        hierarchies: the ways to roll up, the first being the one pages open with.
        digest: sha256 over the values of members and hierarchies.
    """

    name: str
    members: pl.DataFrame
    hierarchies: tuple[Hierarchy, ...]
    digest: Digest

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
        known = self.members[node.level].cast(pl.String).drop_nulls().unique().sort().to_list()
        if node.member not in known:
            near = get_close_matches(node.member, known, n=1)
            maybe = f" Maybe '{near[0]}'?" if near else ""
            raise NotFound(f"{node.level} '{node.member}' is not known ({len(known)} known).{maybe}")

    def leaves(self, node: Node) -> Counts:
        """Give the row numbers in `members` of all leaves under a node."""
        self.check(node)
        column = self.members[node.level].cast(pl.String)
        hit: Flags = (column == str(node.member)).fill_null(value=False).to_numpy()
        return np.flatnonzero(hit).astype(np.int64)

    def parents(self, level: str) -> Mapping[str, str]:
        """Map each leaf id to its member at `level`."""
        return dict(zip(self.ids, self.members[level].cast(pl.String).to_list(), strict=True))
