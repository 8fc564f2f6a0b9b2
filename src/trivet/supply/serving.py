"""Serving customers with the stock there is: earlier claims before later ones, of one claim the oldest first.

What waits longer than allowed is lost; where the plan gives up on demand when it is asked for, the newest of the last
claim hears no. Stock that the plan keeps for an earlier claim of a later bucket is not given to a later claim today:
that is the one case in which somebody waits beside stock (`claims`).
"""

from typing import Final

import numpy as np

from trivet.core.ids import Counts
from trivet.supply.asked import Asked

Lot = tuple[int, int, int, int]
"""What was shipped: bucket of shipment, bucket of demand (-1 = opening backlog), tier, counts."""
No = tuple[int, int, int]
"""What is never served: bucket of demand, tier, counts."""
OPENING: Final = -1
"""Bucket and tier of orders that were open when the plan begins."""


class Queue:
    """Who waits at each site, and what became of everybody: `lots` and `refused` by site, `lost` (sites, open)."""

    def __init__(self, asked: Asked, late: int, refuse: Counts, spared: Counts) -> None:
        """Begin with the opening backlog.

        Args:
            asked: demand by site and claim.
            late: most buckets demand from stock waits.
            refuse: (sites, open) running counts the plan gives up on.
            spared: (sites, open) counts of stock kept from all but first claims.
        """
        sites = len(asked.demand)
        self.asked, self.late, self.refuse, self.spared = asked, late, refuse, spared
        self.lots: list[list[Lot]] = [[] for _ in range(sites)]
        self.refused: list[list[No]] = [[] for _ in range(sites)]
        self.lost: Counts = np.zeros(asked.demand.shape, dtype=np.int64)
        self._claims: list[list[tuple[int, int]]] = [[] for _ in range(sites)]
        for claim, (site, tier) in enumerate(zip(asked.claims.site.tolist(), asked.claims.tier.tolist(), strict=True)):
            self._claims[site].append((tier, claim))
        # Tier, bucket and counts of what waits, in the order it is served.
        self._owed: list[list[list[int]]] = [[] for _ in range(sites)]
        for site in np.flatnonzero(asked.ordered & (asked.backlog > 0)).tolist():
            self._owed[site].append([OPENING, OPENING, int(asked.backlog[site])])

    def join(self, site: int, bucket: int) -> None:
        """Let the demand of a bucket join those who wait."""
        if not self.asked.demand[site, bucket]:
            return
        owed = self._owed[site]
        for tier, claim in self._claims[site]:
            amount = int(self.asked.claims.demand[claim, bucket])
            if amount:
                owed.append([tier, bucket, amount])
        if len(self._claims[site]) > 1:
            owed.sort()

    def waiting(self, site: int) -> int:
        """Count what waits."""
        return sum(amount for _, _, amount in self._owed[site])

    def serve(self, site: int, bucket: int, there: int, due: int) -> int:
        """Ship from the stock that is there, no more than is due; gives what is shipped."""
        kept, shipped = min(int(self.spared[site, bucket]), there), 0
        for one in self._owed[site]:
            tier, asked_in, amount = one
            most = there if tier <= 0 else there - kept
            given = min(amount, most - shipped, due - shipped)
            if given > 0:
                self.lots[site].append((bucket, asked_in, tier, given))
                one[2] -= given
                shipped += given
        self._owed[site] = [one for one in self._owed[site] if one[2]]
        return shipped

    def give_up(self, site: int, bucket: int) -> None:
        """Lose what waited too long, and what the plan gives up on beyond that: the newest of the last claim."""
        old = [one for one in self._owed[site] if one[1] <= bucket - self.late]
        self._owed[site] = owed = [one for one in self._owed[site] if one[1] > bucket - self.late]
        for tier, asked_in, amount in old:
            self._lose(site, asked_in, tier, amount)
        left = int(self.refuse[site, bucket]) - int(self.lost[site].sum())
        while owed and left > 0:
            tier, asked_in, amount = owed[-1]
            lost = min(amount, left)
            self._lose(site, asked_in, tier, lost)
            left -= lost
            owed[-1][2] -= lost
            if not owed[-1][2]:
                owed.pop()

    def _lose(self, site: int, bucket: int, tier: int, amount: int) -> None:
        self.lost[site, bucket] += amount
        self.refused[site].append((bucket, tier, amount))
