"""Who gets what when there is not enough: by priority, or a fair share.

Priority before the day it is due: the first in line is served in full before the next gets anything. The plan
itself shares fairly over markets (`fill.share_out`); this is the rule for those who sell by priority (Y11).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trivet.core.errors import InvalidInput
from trivet.core.ids import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who wants some of it: counts, priority (lower goes first), bucket it is due in."""

    quantity: int
    priority: int = 0
    due: int = 0


def allocate_by_priority(supply: int, claims: Sequence[Claim]) -> Counts:
    """Serve claims in the order (priority, due), each in full before the next.

    Args:
        supply: counts there are.
        claims: who wants them; equal ones are served in the order given.

    Returns:
        (claims,) counts in the order given, adding up to the smaller of supply and all claims.

    >>> allocate_by_priority(25, [Claim(quantity=10, priority=p, due=3 - p) for p in (1, 2, 3)]).tolist()
    [10, 10, 5]
    """
    if supply < 0 or any(claim.quantity < 0 for claim in claims):
        raise InvalidInput(f"supply {supply} or a claim is below 0: expected counts of 0 or more")
    given = np.zeros(len(claims), dtype=np.int64)
    left = supply
    for i in sorted(range(len(claims)), key=lambda i: (claims[i].priority, claims[i].due, i)):
        given[i] = min(left, claims[i].quantity)
        left -= int(given[i])
    return given
