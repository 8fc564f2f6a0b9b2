"""Numbers that add up, as near as can be to forecasts that do not: families, items and series made one.

Every node of a hierarchy has its own forecast and a variance, the less sure the larger; parents must be
the sum of their children. The answer minimises sum((x - y)^2 / w) under that rule, the projection
`x = y - W A' (A W A')^-1 A y` (Hyndman et al. 2011; Wickramasuriya et al. 2019; with w = number of leaves
wls_struct, with w = y classic pro rata). A lock is a node of no variance. On a tree no matrix is needed:
upwards each node weighs its own forecast with the sum of its children by precision, downwards what is left
over is handed to the children by variance; exact, and linear in the nodes. Where a leaf would fall below 0
it is held at 0, and let go again when that was not needed (block principal pivoting, Portugal et al. 1994),
so that the answer is that of the quadratic programme.
"""

from dataclasses import dataclass

import numpy as np

from trivet.core.errors import InvalidInput
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.tree import Tree

NOISE = 1e-12
"""Share of the largest figure below which a difference is the arithmetic's, not the planner's."""
TRIES = 3
"""Exchanges of all leaves at once without gain before they are exchanged one by one, which always ends."""
MOST_ROUNDS = 10_000
"""Exchanges at most, should two leaves at 0 differ by the arithmetic's noise only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Locks that can't all hold: a node is asked for what its locked parts leave no room for.

    Attributes:
        node, bucket: where.
        asked: value the node is locked at.
        least, most: what its parts can be together; most is None when some are free to grow.
        locks: nodes below that are locked.
    """

    node: int
    bucket: int
    asked: float
    least: float
    most: float | None
    locks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projected:
    """Numbers that add up.

    Attributes:
        values: (nodes, buckets); None when locks clash.
        clashes: locks that can't all hold, from the top down.
    """

    values: Rates | None
    clashes: tuple[Clash, ...] = ()


def project(
    tree: Tree, forecasts: Rates, variance: Rates, locked: Flags | None = None, *, non_negative: bool = True
) -> Projected:
    """Find the numbers nearest to the forecasts that add up, around locks.

    Args:
        tree: the hierarchy, n nodes.
        forecasts: (n, buckets) in one unit; NaN = the node has none of its own (not at a leaf).
        variance: (n,) or (n, buckets) error variances, > 0, up to a common factor.
        locked: (n, buckets) nodes that keep their forecast.
        non_negative: whether no leaf may fall below 0; a leaf locked below 0 stays.

    Returns:
        (n, buckets) values, or the locks that can't all hold.

    Raises:
        InvalidInput: when a leaf or a locked node has no forecast, or a variance is not positive.
    """
    if len(forecasts) != len(tree.order):
        raise InvalidInput(f"{len(tree.order)} nodes need as many rows of forecasts, not {len(forecasts)}.")
    own = np.asarray(forecasts, dtype=np.float64)[tree.order]
    held = np.zeros(own.shape, dtype=np.bool_) if locked is None else np.asarray(locked, dtype=np.bool_)[tree.order]
    wide = np.asarray(variance, dtype=np.float64)[tree.order]
    spread = np.broadcast_to(wide[:, None] if wide.ndim == 1 else wide, own.shape)
    _check(tree, own, spread, held)
    weight = np.where(held, 0.0, np.where(np.isnan(own), np.inf, spread))
    clashes = _clashes(tree, own, held, non_negative=non_negative)
    if clashes:
        return Projected(values=None, clashes=clashes)
    placed = _Passes(tree, own, weight).down()
    if non_negative:
        below = tree.leaves[:, None] & ~held & (placed < -_noise(own))
        columns = np.flatnonzero(below.any(axis=0))
        if len(columns):
            placed[:, columns] = _from_zero(tree, own[:, columns], weight[:, columns], below[:, columns])
    values = np.empty_like(placed)
    values[tree.order] = placed
    return Projected(values=values)


class _Passes:
    """One solution of the projection: up once, down once."""

    def __init__(self, tree: Tree, own: Rates, weight: Rates) -> None:
        """Weigh every node's forecast with the sum of its children, from the leaves up."""
        self._tree, self._own, self._weight = tree, own, weight
        self.mean, self.room = own.copy(), weight.copy()
        self._sums: list[tuple[Rates, Rates]] = []
        for depth in range(len(tree.depths) - 1, 0, -1):
            at, parents = tree.depths[depth], tree.groups[depth - 1]
            total = np.add.reduceat(self.mean[at], tree.starts[depth - 1], axis=0)
            room = np.add.reduceat(self.room[at], tree.starts[depth - 1], axis=0)
            self._sums.append((total, room))
            own_room = weight[parents]
            both = own_room + room
            with np.errstate(invalid="ignore", divide="ignore"):
                share = np.where(np.isinf(own_room), 1.0, np.where(both > 0, own_room / both, 1.0))
            fixed = own_room == 0
            self.mean[parents] = np.where(
                fixed, own[parents], np.nan_to_num(own[parents]) * (1 - share) + total * share
            )
            self.room[parents] = np.where(fixed, 0.0, room * share)
        self._sums.reverse()

    def down(self) -> Rates:
        """Hand what is left over to the children by variance, from the top down."""
        values = self.mean.copy()
        for depth, (total, room) in enumerate(self._sums):
            push = _divided(values[self._tree.groups[depth]] - total, room)
            at = self._tree.depths[depth + 1]
            values[at] += np.repeat(push, self._sizes(depth), axis=0) * self.room[at]
        return values

    def push(self, values: Rates) -> Rates:
        """Give the force with which each node is drawn up by those above it (a price per unit)."""
        force = np.zeros_like(values)
        for depth, (total, room) in enumerate(self._sums):
            parents = self._tree.groups[depth]
            own_room, mine = self._weight[parents], values[parents]
            with np.errstate(invalid="ignore", divide="ignore"):
                passed = force[parents] - np.where(np.isinf(own_room), 0.0, (mine - self._own[parents]) / own_room)
                inner = np.where(own_room > 0, passed, np.where(mine - total > _noise(self._own), np.inf, -np.inf))
                force[self._tree.depths[depth + 1]] = np.repeat(
                    np.where(room > 0, (mine - total) / room, inner), self._sizes(depth), axis=0
                )
        return force

    def _sizes(self, depth: int) -> Counts:
        at = self._tree.depths[depth + 1]
        return np.diff(np.append(self._tree.starts[depth], at.stop - at.start))


def _from_zero(tree: Tree, own: Rates, weight: Rates, below: Flags) -> Rates:
    """Hold leaves at 0 that would fall below, and only those: the optimum of the quadratic programme."""
    zero = below.copy()
    free = tree.leaves[:, None] & (weight > 0)
    fewest = np.full(own.shape[1], own.shape[0] + 1)
    patience = np.full(own.shape[1], TRIES)
    result = np.empty_like(own)
    open_columns = np.arange(own.shape[1])
    for _ in range(MOST_ROUNDS):
        if not len(open_columns):
            break
        held = zero[:, open_columns]
        mine = np.where(held, 0.0, own[:, open_columns])
        passes = _Passes(tree, mine, np.where(held, 0.0, weight[:, open_columns]))
        values = passes.down()
        noise = _noise(own)
        with np.errstate(invalid="ignore"):
            wish = own[:, open_columns] + weight[:, open_columns] * passes.push(values)
        wrong = np.where(held, wish > noise, values < -noise) & free[:, open_columns]
        result[:, open_columns] = values
        count = wrong.sum(axis=0)
        better = count < fewest[open_columns]
        fewest[open_columns] = np.where(better, count, fewest[open_columns])
        patience[open_columns] = np.where(better, TRIES, patience[open_columns] - 1)
        last_only = np.zeros_like(wrong)
        last = wrong.shape[0] - 1 - np.argmax(wrong[::-1], axis=0)
        last_only[last, np.arange(wrong.shape[1])] = True
        moved = np.where(patience[open_columns] < 0, wrong & last_only, wrong)
        zero[:, open_columns] = held ^ moved
        open_columns = open_columns[count > 0]
    return result


def _check(tree: Tree, own: Rates, variance: Rates, held: Flags) -> None:
    missing = ~np.isfinite(own) & (tree.leaves[:, None] | held | np.isinf(own))
    if missing.any():
        node, bucket = np.argwhere(missing)[0]
        raise InvalidInput(f"node {tree.order[node]} has no forecast in bucket {bucket}: leaves and locks need one.")
    if not np.all((variance > 0) & np.isfinite(variance)):
        raise InvalidInput("variances must be numbers above 0; a lock says that a node has none.")


def _clashes(tree: Tree, own: Rates, held: Flags, *, non_negative: bool) -> tuple[Clash, ...]:
    """Find locked nodes whose parts can't add up to them: bounds of every node, from the leaves up."""
    floor = 0.0 if non_negative else -np.inf
    least, most = np.where(held, own, floor), np.where(held, own, np.inf)
    found: list[Clash] = []
    noise = _noise(own)
    for depth in range(len(tree.depths) - 1, 0, -1):
        at, parents, starts = tree.depths[depth], tree.groups[depth - 1], tree.starts[depth - 1]
        low, high = np.add.reduceat(least[at], starts, axis=0), np.add.reduceat(most[at], starts, axis=0)
        asked = own[parents]
        with np.errstate(invalid="ignore"):
            wrong = held[parents] & ((asked < low - noise) | (asked > high + noise))
        for row, bucket in np.argwhere(wrong):
            place = int(parents[row])
            found.append(
                Clash(
                    node=int(tree.order[place]),
                    bucket=int(bucket),
                    asked=float(asked[row, bucket]),
                    least=float(low[row, bucket]),
                    most=float(high[row, bucket]) if np.isfinite(high[row, bucket]) else None,
                    locks=_locks_below(tree, held[:, bucket], place),
                )
            )
        least[parents] = np.where(held[parents], asked, low)
        most[parents] = np.where(held[parents], asked, high)
    return tuple(reversed(found))


def _locks_below(tree: Tree, held: Flags, place: int) -> tuple[int, ...]:
    """Give the nearest locked nodes below a place."""
    under = np.zeros(len(tree.order), dtype=np.bool_)
    under[place] = True
    found: list[int] = []
    for at in tree.depths[1:]:
        reached = under[tree.parent[at]]
        found += [int(tree.order[at.start + i]) for i in np.flatnonzero(reached & held[at])]
        under[at] |= reached & ~held[at]
    return tuple(found)


def _noise(own: Rates) -> float:
    return NOISE * max(1.0, float(np.nanmax(np.abs(own), initial=0.0)))


def _divided(upper: Rates, lower: Rates) -> Rates:
    return np.divide(upper, lower, out=np.zeros_like(upper), where=lower > 0)
