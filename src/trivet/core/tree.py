"""A hierarchy as a tree of nodes, breadth first: families over items over series, children side by side."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from trivet.core.errors import InvalidInput
from trivet.core.ids import Counts, Flags


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tree:
    """A hierarchy, breadth first: the children of a node lie side by side.

    Attributes:
        order: node of each place.
        parent: place of each place's parent; -1 = none.
        depths: places of each depth, from the top.
        starts: per depth but the first, where each group of siblings begins within it.
        groups: per depth but the first, the parents' places.
    """

    order: Counts
    parent: Counts
    depths: tuple[slice, ...]
    starts: tuple[Counts, ...]
    groups: tuple[Counts, ...]

    @property
    def leaves(self) -> Flags:
        """Tell which places have no children."""
        leaf = np.ones(len(self.order), dtype=np.bool_)
        for parents in self.groups:
            leaf[parents] = False
        return leaf


def build_tree(parents: Counts) -> Tree:
    """Order nodes breadth first.

    Args:
        parents: (nodes,) node that each belongs to; -1 = it stands at the top.

    Raises:
        InvalidInput: when a parent is unknown or nodes are their own ancestors.
    """
    parents = np.asarray(parents, dtype=np.int64)
    count = len(parents)
    if np.any((parents < -1) | (parents >= count)):
        raise InvalidInput(f"parents must be -1 or one of the {count} nodes.")
    by_parent = np.argsort(parents, kind="stable")
    bounds = np.searchsorted(parents[by_parent], np.arange(-1, count + 1))
    layers = [by_parent[: bounds[1]]]
    groups: list[Counts] = []
    starts: list[Counts] = []
    seen = 0
    while len(layers[-1]):
        above = layers[-1]
        first, last = bounds[above + 1], bounds[above + 2]
        having = np.flatnonzero(last > first)
        sizes = (last - first)[having]
        begin = np.cumsum(sizes) - sizes
        within = np.arange(sizes.sum()) - np.repeat(begin, sizes)
        layers.append(by_parent[np.repeat(first[having], sizes) + within])
        groups.append(seen + having)
        starts.append(begin)
        seen += len(above)
    if seen != count:
        raise InvalidInput(f"{count - seen} nodes are their own ancestors: a hierarchy has a top.")
    edges = np.cumsum([0, *(len(layer) for layer in layers[:-1])])
    placed = np.full(count, -1, dtype=np.int64)
    depths = tuple(slice(int(low), int(high)) for low, high in pairwise(edges))
    for above, begin, at in zip(groups[:-1], starts[:-1], depths[1:], strict=True):
        placed[at] = np.repeat(above, np.diff(np.append(begin, at.stop - at.start)))
    return Tree(
        order=np.concatenate(layers),
        parent=placed,
        depths=depths,
        starts=tuple(starts[:-1]),
        groups=tuple(groups[:-1]),
    )
