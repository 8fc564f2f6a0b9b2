"""Where much comes back: a family and channel whose returns are no longer noise, with what they are worth.

Reads shipments and returns of the last year of closed buckets; writes no measure. Demand stays gross (returns are
their own measure); who plans revenue must know where a part of it comes back.
"""

from typing import Final

import numpy as np

from trivet.core.ids import MeasureId, MemberId
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.seasons import YEAR_BUCKETS
from trivet.demand.scope import members_of, units_text, worth

MUCH: Final = 0.04
"""Part of what was shipped from which returns are told."""


def find_returns(inputs: PlanInputs, demand: Panel) -> tuple[Issue, ...]:
    """Tell the families and channels to which at least 4 % of a year's shipments came back.

    Args:
        inputs: the snapshot.
        demand: panel with shipments, returns and shipped_revenue.
    """
    closed = demand.buckets.first_open
    year = slice(max(closed - YEAR_BUCKETS[demand.buckets.calendar], 0), closed)
    back, sent = (demand.count(name)[:, year].sum(axis=1) for name in ("returns", "shipments"))
    members = members_of(inputs, demand.keys)
    pairs = sorted({(str(f), str(c)) for f, c in zip(members.family, members.channel, strict=True)})
    issues = []
    for family, channel in pairs:
        rows = np.flatnonzero((members.family == family) & (members.channel == channel))
        returned, shipped = int(back[rows].sum()), int(sent[rows].sum())
        if not returned or returned < MUCH * shipped:
            continue
        issues.append(
            Issue(
                code="demand.returns",
                severity=Severity.NOTE,
                place=Place(
                    measure=MeasureId("returns"),
                    scope=(
                        Node(dimension="item", level="family", member=MemberId(family)),
                        Node(dimension="market", level="channel", member=MemberId(channel)),
                    ),
                    first=demand.buckets.starts[year.start],
                    last=demand.buckets.starts[closed - 1],
                ),
                message=f"{units_text(returned)} of {units_text(shipped)} units came back "
                f"({returned / max(shipped, 1):.1%}) in the last year.",
                advice="Demand and revenue are planned gross: plan the credit, and look for the reason.",
                at_stake=worth(demand, rows, back[rows]),
            )
        )
    return tuple(issues)
