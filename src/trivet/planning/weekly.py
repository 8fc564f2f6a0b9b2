"""A plan in weeks, as values: what happens at a place in a week, what has to be bought, what is moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from trivet.core.ids import Counts
from trivet.planning.offers import Offer
from trivet.planning.weeks import WeekParts

FLOWS: Final = (
    "demand",
    "shipments",
    "production",
    "released",
    "purchases",
    "on_order",
    "transfers_in",
    "transfers_out",
    "used",
)
"""What happens at a place in a week. `released` is the part of production, `on_order` of purchases, ordered already."""
CARRIED: Final = ("demand_carried", "shipments_carried", "used_carried")
"""What is below one step and waits for a later week, at the end of a part."""
STOCK: Final = "stock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buy:
    """A purchase that has still to be ordered: counts of an offer that arrive in a part."""

    offer: Offer
    part: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A transfer.

    Attributes:
        origin, destination: rows of the supply panel.
        lead_days: calendar days the lane takes.
        out_of, into: parts it leaves and arrives in; `into` -1 = after the end of the plan.
        quantity: counts.
    """

    origin: int
    destination: int
    lead_days: int
    out_of: int
    into: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schedule:
    """A plan in weeks.

    Attributes:
        parts: the weeks, cut at the ends of buckets.
        closed: by location, days without work ("" = the company's).
        sites: name of FLOWS, CARRIED or STOCK -> (rows of the supply panel, parts) counts.
        buys: new purchases, finished goods then materials.
        moves: transfers, by origin, destination and part.
    """

    parts: WeekParts
    closed: Mapping[str, frozenset[date]]
    sites: Mapping[str, Counts]
    buys: tuple[Buy, ...]
    moves: tuple[Move, ...]

    def closed_at(self, location: str) -> frozenset[date]:
        """Give the days a location is shut; the company's for one without a calendar."""
        return self.closed.get(location, self.closed[""])
