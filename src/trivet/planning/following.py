"""What follows a change at once: numbers that are arithmetic on others of their series, not an engine's answer.

They are the summed measures and, after the agreed demand, what is still to be sold. `make_plan` and the live head
compute them with the same functions, all rows or the touched ones, bit by bit the same.
"""

from collections.abc import Collection, Mapping
from typing import Final

from trivet.core.formula import recompute
from trivet.core.ids import Counts, MeasureId
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.demand.remaining import READ, REMAINING, net_orders

AT_ONCE: Final[Mapping[MeasureId, tuple[MeasureId, ...]]] = {REMAINING: READ}
"""Measures without a formula that follow a change at once, and what they are computed from."""


def follow(
    panel: Panel, model: Model, rows: Counts | None = None, *, moved: Collection[MeasureId] | None = None
) -> Panel:
    """Compute what is still to be sold, then all summed measures of a panel's grain.

    Args:
        panel: numbers of one grain. Of a plan from before open orders were known, what is still to be sold is left out.
        model: the company and its measures.
        rows: rows to compute again; the other rows keep their values. None = all.
        moved: measures that moved; what reads none of them keeps its values. None = all did.

    Raises as `recompute` does.
    """
    nets = all(panel.has(name) for name in READ)
    if nets and (moved is None or not set(READ).isdisjoint(moved)):
        panel = net_orders(panel, model.company.netting, rows)
        moved = None if moved is None else {*moved, REMAINING}
    return recompute(panel, model.registry, rows, moved=moved)
