"""Where in a supply chain to keep safety stock: service times that stages promise each other.

Each stage promises to deliver after S buckets and is promised its own inputs after SI; what is left of its
processing time, the net replenishment time SI + T - S, it must bridge with safety stock z x sd x sqrt(SI + T - S).
The least cost of holding it over all whole service times of a chain that is a tree is found by going from its
leaves to one root (Graves and Willems, Optimizing Strategic Safety Stock Placement in Supply Chains, 2000; Snyder
and Shen, section 6.3). A chain of several trees is planned tree by tree. Reads and writes no measure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.errors import InvalidInput
from trivet.core.ids import Rates

LONGEST: Final = 4_000
"""Most buckets a promise can be away; beyond it the tables of one stage no longer fit a small machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of a supply chain; times in buckets.

    Attributes:
        name: the stage.
        time: it takes to process once all inputs are there.
        factor: safety factor z.
        hold: cost of keeping a unit.
        deviation: standard deviation of the demand it sees in one bucket, units.
        promised_in: service time outside suppliers promise it; 0 = at once.
        promised_out: longest service time it may promise outside customers; None = free.
    """

    name: str
    time: float
    factor: float
    hold: float
    deviation: float
    promised_in: float = 0.0
    promised_out: float | None = None

    def cost(self, bridged: Rates) -> Rates:
        """Give the cost of safety stock over net replenishment times (any shape); infinite below 0."""
        rate = self.hold * self.factor * self.deviation
        return np.where(bridged < -1e-9, np.inf, rate * np.sqrt(np.maximum(bridged, 0.0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a stage promises (`out`), is promised (`into`), and what that makes it keep: units and their cost."""

    stage: str
    out: float
    into: float
    safety_stock: float
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """The cheapest promises, in the order of the stages, and their cost together."""

    promises: tuple[Promise, ...]
    cost: float


def place_safety_stock(stages: Sequence[Stage], arcs: Sequence[tuple[str, str]]) -> ServicePlan:
    """Find the promises of least holding cost over whole service times.

    Args:
        stages: of the chain.
        arcs: (stage, stage it delivers to); as an undirected graph they have no circle.

    Returns:
        The plan; of promises that cost the same, the shortest of the stage nearest to the root.

    Raises:
        InvalidInput: an arc to an unknown stage, a circle, a time below 0 or above 4,000 buckets.

    >>> made = Stage(name="made", time=4, factor=2, hold=1, deviation=10)
    >>> sold = Stage(name="sold", time=5, factor=2, hold=4, deviation=10, promised_out=0)
    >>> [(p.stage, p.out, p.cost) for p in place_safety_stock([made, sold], [("made", "sold")]).promises]
    [('made', 0.0, 40.0), ('sold', 0.0, 178.88543819998318)]
    """
    chain = _Chain(stages, arcs)
    return chain.solve()


class _Chain:
    """The tables of one run: for every stage its cost by what it promises and what it is promised."""

    def __init__(self, stages: Sequence[Stage], arcs: Sequence[tuple[str, str]]) -> None:
        self.stages = tuple(stages)
        self.number = {stage.name: i for i, stage in enumerate(stages)}
        self.before, self.after = self._neighbours(arcs)
        self._check()
        self.outs, self.ins = self._grids()
        self.costs: dict[int, Rates] = {}
        self.chosen: dict[int, tuple[int, int]] = {}

    def solve(self) -> ServicePlan:
        order = self._leaves_first()
        for stage, root in order:
            self.costs[stage] = self._table(stage, root)
        for stage, root in reversed(order):
            self._choose(stage, root)
        promises = tuple(self._promise(i) for i in range(len(self.stages)))
        return ServicePlan(promises=promises, cost=math.fsum(promise.cost for promise in promises))

    def _neighbours(self, arcs: Sequence[tuple[str, str]]) -> tuple[list[list[int]], list[list[int]]]:
        if len(self.number) < len(self.stages):
            raise InvalidInput("two stages have one name: give each stage its own")
        before: list[list[int]] = [[] for _ in self.stages]
        after: list[list[int]] = [[] for _ in self.stages]
        for origin, destination in arcs:
            unknown = [name for name in (origin, destination) if name not in self.number]
            if unknown:
                raise InvalidInput(f"arc {origin} to {destination}: stage {unknown[0]} is not among the stages")
            after[self.number[origin]].append(self.number[destination])
            before[self.number[destination]].append(self.number[origin])
        return before, after

    def _check(self) -> None:
        for stage in self.stages:
            times = {"time": stage.time, "promised_in": stage.promised_in, "promised_out": stage.promised_out or 0.0}
            for name, value in times.items():
                if not (math.isfinite(value) and 0 <= value <= LONGEST):
                    raise InvalidInput(f"stage {stage.name}: {name} is {value:g}, expected 0 to {LONGEST} buckets")
            amounts = (stage.factor, stage.hold, stage.deviation)
            if not all(math.isfinite(value) and value >= 0 for value in amounts):
                raise InvalidInput(f"stage {stage.name}: factor, hold and deviation are {amounts}, expected 0 or more")

    def _grids(self) -> tuple[list[Rates], list[Rates]]:
        """Give the service times each stage may promise, and those it may be promised."""
        outs: dict[int, Rates] = {}
        ins: dict[int, Rates] = {}
        for i in self._upstream_first():
            stage = self.stages[i]
            longest = max([stage.promised_in, *(float(outs[j][-1]) for j in self.before[i])])
            if longest + stage.time > LONGEST:
                raise InvalidInput(
                    f"stage {stage.name} can be {longest + stage.time:g} buckets away: at most {LONGEST}"
                )
            whole = np.arange(math.floor(longest) + 1, dtype=np.float64)
            ins[i] = np.unique(np.append(whole[whole >= stage.promised_in], stage.promised_in))
            most = longest + stage.time if stage.promised_out is None else stage.promised_out
            outs[i] = np.arange(math.floor(min(most, longest + stage.time) + 1e-9) + 1, dtype=np.float64)
        return [outs[i] for i in range(len(self.stages))], [ins[i] for i in range(len(self.stages))]

    def _upstream_first(self) -> list[int]:
        waits = [len(before) for before in self.before]
        ready = [i for i, count in enumerate(waits) if not count]
        for i in ready:
            for j in self.after[i]:
                waits[j] -= 1
                if not waits[j]:
                    ready.append(j)
        if len(ready) < len(self.stages):
            stuck = sorted(self.stages[i].name for i, count in enumerate(waits) if count)
            raise InvalidInput(f"stages {', '.join(stuck)} deliver to each other in a circle: expected a tree")
        return ready

    def _leaves_first(self) -> list[tuple[int, int]]:
        """Walk every tree from its leaves to its root: (stage, its neighbour nearer to the root or -1)."""
        order: list[tuple[int, int]] = []
        seen: set[int] = set()
        for root in range(len(self.stages)):
            if root in seen:
                continue
            walk = [(root, -1)]
            seen.add(root)
            for stage, nearer in walk:
                around = [*self.before[stage], *self.after[stage]]
                for other in around:
                    if other == nearer and around.count(other) == 1:
                        continue
                    if other in seen:
                        raise InvalidInput(
                            f"two ways lead between stages {self.stages[stage].name} and {self.stages[other].name}: "
                            "guaranteed service is solved for trees"
                        )
                    seen.add(other)
                    walk.append((other, stage))
            order += reversed(walk)
        return order

    def _table(self, i: int, root: int) -> Rates:
        """Give the cost of a stage and all behind it by (what it promises, what it is promised)."""
        stage = self.stages[i]
        cost = stage.cost(self.ins[i][None, :] + stage.time - self.outs[i][:, None])
        for j in self.before[i]:
            if j != root:
                # A supplier that promises no later than what is counted on: its least cost up to there.
                least = np.minimum.accumulate(self.costs[j].min(axis=1))
                at = np.searchsorted(self.outs[j], self.ins[i], side="right") - 1
                cost = cost + least[at][None, :]
        for j in self.after[i]:
            if j != root:
                least = np.minimum.accumulate(self.costs[j].min(axis=0)[::-1])[::-1]
                cost = cost + self._from(least, self.ins[j], self.outs[i])[:, None]
        return cost

    @staticmethod
    def _from(least: Rates, counted: Rates, promised: Rates) -> Rates:
        """Give the least cost of a customer that counts on no less than what is promised to it."""
        at = np.searchsorted(counted, promised, side="left")
        return np.append(least, np.inf)[at]

    def _choose(self, i: int, root: int) -> None:
        """Fix a stage's times, given those of its neighbour nearer to the root."""
        cost = self.costs[i]
        if root >= 0:
            out, into = self.chosen[root]
            if root in self.after[i]:
                cost = np.where((self.outs[i] <= self.ins[root][into])[:, None], cost, np.inf)
            else:
                cost = np.where((self.ins[i] >= self.outs[root][out])[None, :], cost, np.inf)
        place = int(np.argmin(cost))
        self.chosen[i] = (place // cost.shape[1], place % cost.shape[1])

    def _promise(self, i: int) -> Promise:
        stage, (out, into) = self.stages[i], self.chosen[i]
        promised, counted = float(self.outs[i][out]), float(self.ins[i][into])
        bridged = max(counted + stage.time - promised, 0.0)
        kept = stage.factor * stage.deviation * math.sqrt(bridged)
        return Promise(stage=stage.name, out=promised, into=counted, safety_stock=kept, cost=stage.hold * kept)
