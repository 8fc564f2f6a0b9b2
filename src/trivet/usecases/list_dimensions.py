"""List the dimensions of a plan: members, levels, hierarchies, those of the company's own, and what moved."""

from dataclasses import dataclass

import polars as pl

from trivet.core.dimensions import Dimension
from trivet.core.plan import PlanInputs
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="dimensions", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelLine:
    """A level or attribute: its name, how many members it has, and the first of them."""

    name: str
    members: int
    some: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WayLine:
    """A hierarchy: its name and its levels from the top to the leaf."""

    name: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionLine:
    """One dimension.

    Attributes:
        name: what people call it.
        members: leaves.
        hierarchies: ways to roll up, the first being the one pages open with.
        levels: what numbers can be shown, filtered and changed by.
        own: dimensions of the company's own that are attached to it.
        moves: first buckets from which members lie elsewhere (memberships).
        renamed: codes no longer used that are still understood.
    """

    name: str
    members: int
    hierarchies: tuple[WayLine, ...]
    levels: tuple[LevelLine, ...]
    own: tuple[str, ...]
    moves: tuple[str, ...]
    renamed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionsAnswer:
    """Every dimension of a scenario's data."""

    scenario: str
    dimensions: tuple[DimensionLine, ...]


def list_dimensions(workspace: Workspace, *, scenario: str = MAIN) -> DimensionsAnswer:
    """List the dimensions of what was imported into a scenario.

    Who sees a part of the numbers is told the members of the latest plan that are theirs.

    Raises NotFound when there is no such scenario or nothing was imported yet.
    """
    inputs = workspace.sources(scenario).inputs if workspace.rights.whole else workspace.seen(scenario)[2]
    lines = tuple(_line(dimension, inputs) for dimension in inputs.model.dimensions.values())
    return DimensionsAnswer(scenario=scenario, dimensions=lines)


_SOME = 3


def _line(dimension: Dimension, inputs: PlanInputs) -> DimensionLine:
    buckets = inputs.model.buckets
    texts = [level for level, kind in dimension.members.schema.items() if kind == pl.String]
    known = [(level, [one for one in dimension.members_at(level) if one]) for level in texts]
    return DimensionLine(
        name=dimension.name,
        members=dimension.members.height,
        hierarchies=tuple(WayLine(name=way.name, levels=way.levels) for way in dimension.hierarchies),
        levels=tuple(
            LevelLine(name=level, members=len(found), some=tuple(found[:_SOME])) for level, found in known if found
        ),
        own=tuple(own.name for own in inputs.model.company.dimensions if own.of == dimension.name),
        moves=tuple(buckets.label(buckets.index(one.first)) for one in dimension.structures[1:]),
        renamed=sum(len(renames) for renames in dimension.renames.values()),
    )
