"""Small hierarchies as lists of parents, for tests."""

import numpy as np

from trivet.core.ids import Counts, Rates


def balanced(*children: int) -> Counts:
    """Give a hierarchy with one top: each node of depth i has children[i] below it, breadth first."""
    parents, layer = [-1], [0]
    for count in children:
        below = [len(parents) + i for i in range(len(layer) * count)]
        parents += [node for node in layer for _ in range(count)]
        layer = below
    return np.array(parents, dtype=np.int64)


def leaf_counts(parents: Counts) -> Rates:
    """Give the number of leaves below each node (1 of a leaf); parents stand before their children."""
    counts = np.zeros(len(parents))
    counts[~np.isin(np.arange(len(parents)), parents)] = 1
    for node in range(len(parents) - 1, -1, -1):
        if parents[node] >= 0:
            counts[parents[node]] += counts[node]
    return counts


def summing_matrix(parents: Counts) -> Rates:
    """Give S of (nodes, leaves): 1 where the leaf lies under the node."""
    leaves = np.flatnonzero(~np.isin(np.arange(len(parents)), parents))
    summing = np.zeros((len(parents), len(leaves)))
    for column, leaf in enumerate(leaves):
        node = int(leaf)
        while node >= 0:
            summing[node, column] = 1
            node = int(parents[node])
    return summing
