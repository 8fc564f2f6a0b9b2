"""Which lane carried what: transfers of a plan taken apart by way.

A plan says what leaves and what reaches each place; where a place is fed by several others, the amounts by lane are
found as a flow through the network of places and buckets (augmenting paths, Ford & Fulkerson 1956): what leaves, what
arrives and what is still on the way at the end are met exactly, in the whole steps they have.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from trivet.core.ids import Counts

_Node = tuple[str, int, int]
"""What leaves ("out") or arrives ("in"): row of the supply panel, open bucket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A way from one row of the supply panel to another, and the buckets it takes."""

    origin: int
    destination: int
    lead: int


def split_transfers(lanes: Sequence[Lane], sent: Counts, received: Counts, underway: Counts) -> Counts:
    """Give what every lane carries by the open bucket it leaves in.

    Args:
        lanes: the ways.
        sent: (rows, open) counts that leave.
        received: (rows, open) counts that arrive.
        underway: (rows,) counts on the way to each row at the end.

    Returns:
        (lanes, open) counts >= 0.
    """
    flow = np.zeros((len(lanes), sent.shape[1]), dtype=np.int64)
    groups: dict[int, list[int]] = {}
    for number, root in enumerate(_connected(lanes)):
        groups.setdefault(root, []).append(number)
    for numbers in groups.values():
        for (number, bucket), amount in _Flow(lanes, numbers, sent, received, underway).solve().items():
            flow[number, bucket] = amount
    return flow


def _connected(lanes: Sequence[Lane]) -> list[int]:
    """Give the group of places each lane belongs to."""
    root: dict[int, int] = {}

    def find(row: int) -> int:
        while root.setdefault(row, row) != row:
            row = root[row]
        return row

    for lane in lanes:
        a, b = find(lane.origin), find(lane.destination)
        root[max(a, b)] = min(a, b)
    return [find(lane.origin) for lane in lanes]


class _Flow:
    """The flow of one group of places."""

    def __init__(
        self, lanes: Sequence[Lane], numbers: list[int], sent: Counts, received: Counts, underway: Counts
    ) -> None:
        open_ = sent.shape[1]
        self.left: dict[_Node, int] = {}
        self.edges: dict[tuple[_Node, _Node], tuple[int, int]] = {}
        for t in range(open_):
            for number in numbers:
                lane = lanes[number]
                amount, arrives = int(sent[lane.origin, t]), min(t + lane.lead, open_)
                row = lane.destination
                wanted = int(received[row, arrives]) if arrives < open_ else int(underway[row])
                if amount > 0 and wanted > 0:
                    a, b = ("out", lane.origin, t), ("in", lane.destination, arrives)
                    self.left[a], self.left[b] = amount, wanted
                    self.edges.setdefault((a, b), (number, t))
        self.flow = dict.fromkeys(self.edges, 0)
        self.ahead: dict[_Node, list[_Node]] = {}
        self.back: dict[_Node, list[_Node]] = {}
        for a, b in self.edges:
            self.ahead.setdefault(a, []).append(b)
            self.back.setdefault(b, []).append(a)

    def solve(self) -> dict[tuple[int, int], int]:
        for a, b in sorted(self.edges, key=lambda edge: (len(self.back[edge[1]]), self.edges[edge])):
            amount = min(self.left[a], self.left[b])
            self.flow[(a, b)] += amount
            self.left[a] -= amount
            self.left[b] -= amount
        for start in list(self.ahead):
            while self.left[start] > 0 and (path := self._path(start)):
                self._push(path)
        return {self.edges[edge]: amount for edge, amount in self.flow.items() if amount}

    def _path(self, start: _Node) -> list[_Node]:
        """Find a way from what has not left yet to what has not arrived yet; [] when there is none."""
        came: dict[_Node, _Node] = {start: start}
        queue = deque([start])
        while queue:
            node = queue.popleft()
            if node[0] == "in" and self.left[node] > 0:
                path = [node]
                while path[-1] != start:
                    path.append(came[path[-1]])
                return path[::-1]
            nexts = self.ahead[node] if node[0] == "out" else [a for a in self.back[node] if self.flow[(a, node)] > 0]
            for after in nexts:
                if after not in came:
                    came[after] = node
                    queue.append(after)
        return []

    def _push(self, path: list[_Node]) -> None:
        steps = list(pairwise(path))
        amount = min(
            self.left[path[0]], self.left[path[-1]], *(self.flow[(b, a)] for a, b in steps if a[0] == "in"), 2**53
        )
        for a, b in steps:
            if a[0] == "out":
                self.flow[(a, b)] += amount
            else:
                self.flow[(b, a)] -= amount
        self.left[path[0]] -= amount
        self.left[path[-1]] -= amount
