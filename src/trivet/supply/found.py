"""What issues of a supply plan are read from, and how they write units, money and places."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from trivet.core.ids import Counts, Flags, MeasureId, MemberId
from trivet.core.issues import Node, Place
from trivet.core.plan import PlanInputs
from trivet.supply.asked import Asked
from trivet.supply.capacity import Crew, Room
from trivet.supply.fill import Filled
from trivet.supply.network import Network
from trivet.supply.programme import Task
from trivet.supply.read_back import Run


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What issues are read from."""

    inputs: PlanInputs
    task: Task
    run: Run
    filled: Filled

    @property
    def network(self) -> Network:
        """The ways of goods."""
        return self.task.network

    @property
    def asked(self) -> Asked:
        """What was asked of each site."""
        return self.task.asked

    @property
    def crew(self) -> Crew:
        """Hours of each resource and its people."""
        return self.task.crew

    @property
    def rooms(self) -> tuple[Room, ...]:
        """Where stock is kept."""
        return self.task.rooms

    @property
    def families(self) -> dict[str, str]:
        """Family of each item."""
        return dict(self.inputs.table("items").select("item", "family").iter_rows())

    def months(self, flags: Iterable[bool] | Counts) -> str:
        """Name the first and last open bucket that is marked."""
        at = np.flatnonzero(np.asarray(list(flags), dtype=np.bool_))
        first = self.network.buckets.first_open
        labels = [self.network.buckets.label(first + int(t)) for t in (at[0], at[-1])]
        return labels[0] if labels[0] == labels[1] else f"{labels[0]} to {labels[1]}"

    def label(self, bucket: int) -> str:
        """Name an open bucket."""
        return self.network.buckets.label(self.network.buckets.first_open + bucket)

    def place(self, measure: str, node: Node | None, marked: Sequence[bool] | Counts | Flags) -> Place:
        """Place an issue: measure, node and the buckets that are marked."""
        at = np.flatnonzero(np.asarray(marked, dtype=np.bool_))
        edges, first = self.network.buckets.edges, self.network.buckets.first_open
        return Place(
            measure=MeasureId(measure),
            scope=(node,) if node else (),
            first=edges[first + int(at[0])] if len(at) else None,
            last=edges[first + int(at[-1])] if len(at) else None,
        )


def money(amount: float) -> Decimal:
    """Round an amount of plan currency to cents."""
    return Decimal(round(amount * 100)) / 100


def units(counts: float) -> str:
    """Write counts of 0.001 as people read them."""
    return f"{counts / 1000:,.0f}"


def counted(number: int, noun: str) -> str:
    """Write a number of things: 1 bucket, 4 buckets."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def family_node(family: str) -> Node:
    """Name a family."""
    return Node(dimension="item", level="family", member=MemberId(family))
