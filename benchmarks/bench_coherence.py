"""Numbers of 11,111 nodes x 24 months made to add up after an override, around locks, exact in whole quanta.

Forecasts of every node differ from the sum of their children; locks lie on families and items. The first figure has
no leaf at 0, in the second about a quarter of them must be held there.
"""

from collections.abc import Sequence

import numpy as np

from benchmarks.figures import Figure, Stopwatch
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.projection import project
from trivet.core.tree import Tree, build_tree
from trivet.core.whole import round_whole

SHAPES = {"smoke": (5, 5, 4), "full": (10, 10, 10, 10)}
"""Children of a node, depth by depth: 11,111 nodes at full size."""
MONTHS = 24
LOCKS = 198
REPEATS = 3


def run(size: str) -> Sequence[Figure]:
    """Project, and round to quanta, with and without leaves that must be held at 0."""
    parents, leaves = _hierarchy(SHAPES[size])
    tree, noise = build_tree(parents), np.random.default_rng(1)
    watch, count = Stopwatch(), len(parents)
    for name, shape, bar in (("no leaf at 0", 60.0, 0.05), ("a quarter of the leaves at 0", 1.0, 0.5)):
        forecasts = noise.gamma(shape, 50_000 / shape, (count, MONTHS)) * leaves[:, None]
        locked = _locks(parents, count)
        best = min(
            (_timed(tree, forecasts, leaves, locked, name, bar) for _ in range(REPEATS)), key=lambda f: f.seconds
        )
        watch.figures.append(best)
    return watch.figures


def _timed(tree: Tree, forecasts: Rates, variance: Rates, locked: Flags, name: str, bar: float) -> Figure:
    watch = Stopwatch()
    with watch(
        f"{len(forecasts):,} nodes x {MONTHS} months after an override, {locked[:, 0].sum()} locks, {name}", bar=bar
    ):
        found = project(tree, forecasts, variance, locked)
        if found.values is None:
            raise ValueError(f"locks of the benchmark clash: {found.clashes[:3]}")
        round_whole(tree, found.values)
    return watch.figures[0]


def _hierarchy(children: tuple[int, ...]) -> tuple[Counts, Rates]:
    """Give parents of a balanced hierarchy and the number of leaves below each node."""
    parents, layer = [-1], [0]
    for each in children:
        first = len(parents)
        parents += [node for node in layer for _ in range(each)]
        layer = list(range(first, len(parents)))
    leaves = np.zeros(len(parents))
    leaves[layer] = 1
    for node in range(len(parents) - 1, 0, -1):
        leaves[parents[node]] += leaves[node]
    return np.array(parents, dtype=np.int64), leaves


def _locks(parents: Counts, count: int) -> Flags:
    """Lock nodes spread over the two lowest levels, never one below another."""
    above = np.unique(parents[np.unique(parents[parents >= 0])])
    under = np.flatnonzero(~np.isin(np.arange(count), np.append(above, 0)) & (np.arange(count) % 7 == 0))
    chosen = under[: LOCKS * 2 : 2]
    locked = np.zeros((count, MONTHS), dtype=np.bool_)
    locked[chosen[~np.isin(parents[chosen], chosen)]] = True
    return locked
