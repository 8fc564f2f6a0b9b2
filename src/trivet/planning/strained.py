"""Strained locks: entries that fix by hand what can't be, or what customers lose for: who, how much, what would give.

`supply.strains` says which cells are strained and why, the log says who holds them: one issue an entry and reason.
What was agreed with a supplier is planned as it stands and said; a transfer that can't be is missed and said.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from trivet.core.entries import Change, Logged
from trivet.core.ids import Counts, GrainName, MeasureId, Seq
from trivet.core.issues import Issue, Place, Severity
from trivet.core.live import Live
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY, to_decimal
from trivet.planning.compare import words
from trivet.planning.locks import firm_entries, holders
from trivet.supply.model import SupplyPlan
from trivet.supply.strains import Strain, Why

NAMED: Final = 3
"""Cells named in one message."""

LogOf = Callable[[Panel], Sequence[Logged]]
"""Gives the log as the fold of a panel reads it."""


def find_strained(inputs: PlanInputs, met: SupplyPlan, log: LogOf) -> tuple[Issue, ...]:
    """Name the entries whose quantities can't be, or cost customers.

    Args:
        inputs: the snapshot.
        met: the supply plan, with its strains.
        log: gives the entries as the fold of the supply and the material panel reads them.
    """
    found: list[Issue] = []
    panels: Mapping[GrainName, Panel] = {panel.grain: panel for panel in (met.supply, met.material)}
    held: dict[GrainName, Mapping[MeasureId, Counts]] = {}
    for strain in met.strains:
        grain = inputs.model.registry[strain.measure].grain
        panel, entries = panels[grain], log(panels[grain])
        if grain not in held:
            held[grain] = holders(inputs, panel, entries)
        named: Mapping[int, Live] = {item.seq: item for item in firm_entries(inputs, entries)}
        seqs = held[grain].get(strain.measure, np.zeros(panel.shape, dtype=np.int64))[:, panel.buckets.horizon]
        for seq in np.unique(seqs[(strain.amount > 0) & np.isin(seqs, list(named))]).tolist():
            found.append(_issue(named[Seq(seq)], strain, np.where(seqs == seq, strain.amount, 0), panel))  # noqa: PERF401
    return tuple(found)


def _issue(item: Live, strain: Strain, amount: Counts, panel: Panel) -> Issue:
    """Say one strain of one entry."""
    change, edges, first = item.entry, panel.buckets.edges, panel.buckets.first_open
    marked = np.flatnonzero(amount.any(axis=0))
    place = Place(
        measure=strain.measure,
        scope=change.scope if isinstance(change, Change) else (),
        first=edges[first + int(marked[0])],
        last=edges[first + int(marked[-1])],
    )
    units, most = f"{_units(int(amount.sum()))} units", "; ".join(_most(amount, panel))
    return _said(strain.why, place, f"{item.called}, {words(change)}", units, most)


def _most(amount: Counts, panel: Panel) -> Iterator[str]:
    """Name the largest cells: `K from A 2026-03 20`."""
    link = "from" if panel.dimensions[1] == "supplier" else "at"
    order = np.argsort(-amount, axis=None, kind="stable")[: min(NAMED, int((amount > 0).sum()))]
    for cell in order.tolist():
        row, bucket = divmod(cell, amount.shape[1])
        item, place = panel.keys.row(row)
        label = panel.buckets.label(panel.buckets.first_open + bucket)
        yield f"{item} {link} {place} {label} {_units(int(amount[row, bucket]))}"


def _units(counts: int) -> str:
    return f"{to_decimal(counts, QUANTITY).normalize():,f}"


def _said(reason: Why, place: Place, lock: str, units: str, most: str) -> Issue:
    match reason:
        case Why.ABOVE_CAP:
            return _warning(
                "supply.lock-above-cap",
                place,
                f"{lock}, is {units} more than suppliers deliver ({most}); it is planned as it stands.",
                "Agree it with the supplier and raise the cap in supplier_caps.csv, or fix less.",
            )
        case Why.TOO_EARLY:
            return _warning(
                "supply.lock-too-early",
                place,
                f"{lock}, wants {units} before a new order can arrive ({most}); it is planned as it stands.",
                "Have the order speeded up, or fix a later bucket.",
            )
        case Why.ON_ORDER:
            return _warning(
                "supply.lock-below-orders",
                place,
                f"{lock}, is {units} less than what is on order ({most}); what is on order is planned.",
                "Change the order with the supplier and in open_purchases.csv, or fix what is on order.",
            )
    return _moved(reason, place, lock, units, most)


def _moved(reason: Why, place: Place, lock: str, units: str, most: str) -> Issue:
    if reason is Why.LEFT_ALREADY:
        return _warning(
            "supply.lock-left-already",
            place,
            f"{lock}, wants {units} that would have left before today ({most}); they are not planned.",
            "Fix a later bucket, or shorten the lead time of the lane.",
        )
    if reason is Why.NOT_THERE:
        return _warning(
            "supply.lock-without-goods",
            place,
            f"{lock}, misses {units} that are not there to be sent ({most}).",
            "Make or buy more at the origin, fix less or a later bucket. What the lock costs: trivet locks",
        )
    return _warning(
        "supply.lock-costs-customers",
        place,
        f"{units} of demand are lost where {lock}, holds ({most}).",
        "Fix more, or undo it where customers wait for it. What the lock costs: trivet locks",
    )


def _warning(code: str, place: Place, message: str, advice: str) -> Issue:
    return Issue(code=code, severity=Severity.WARNING, place=place, message=message, advice=advice)
