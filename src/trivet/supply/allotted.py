"""Who got what of an item that was short, and by which rule; where rules of `allocation` can't be kept (Y11).

Reads `consensus_demand` and `unserved_demand` by market and the claims they were planned by.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.issues import Issue, Place, Severity
from trivet.supply.claims import Rule
from trivet.supply.found import Found, family_node, money, units

NAMED: Final = 8
"""Markets named in one message."""


def find_allotted(found: Found) -> tuple[Issue, ...]:
    """Tell who got what where a rule decided, and which rules do not hold; nothing without rules."""
    if not found.asked.claims.rules:
        return ()
    return (*_allotted(found), *_missed(found), *_beyond_demand(found), *_doubtful(found))


def _by_market(found: Found, measure: str) -> Counts:
    demand = found.filled.demand
    return np.maximum(demand.count(measure)[:, demand.buckets.horizon], 0)


def _allotted(found: Found) -> Iterator[Issue]:
    claims, demand = found.asked.claims, found.filled.demand
    asked, lost = _by_market(found, "consensus_demand"), _by_market(found, "unserved_demand")
    items = demand.keys["item"].to_list()
    family_of = [found.families.get(item, "") for item in items]
    ruled = {items[row] for row in np.flatnonzero(((claims.order >= 0) | (claims.minimum >= 0)).any(axis=1)).tolist()}
    for family in sorted({family_of[row] for row, item in enumerate(items) if item in ruled and lost[row].any()}):
        rows = np.array([r for r, f in enumerate(family_of) if f == family and items[r] in ruled], dtype=np.int64)
        short: Flags = np.asarray(lost[rows].any(axis=0))
        said = "; ".join(_said(found, rows, (asked, lost), short))
        kept = _kept(found, {items[row] for row in rows.tolist()})
        yield Issue(
            code="supply.allotted",
            severity=Severity.NOTE,
            place=found.place("unserved_demand", family_node(family), short),
            message=f"{family} is short in {int(short.sum())} buckets and shared by the rules of allocation.csv. Of "
            f"what is asked in them: {said}.{kept}",
            advice="Change the rows of allocation.csv, or find more of it: see the lines and materials that bind.",
        )


def _kept(found: Found, items: set[str]) -> str:
    """Say how much stock of some items is kept while later claims hear no or wait."""
    sites = [site for site, item in enumerate(found.network.items) if item in items]
    kept = int(np.minimum(found.run.spared, np.maximum(found.run.stock, 0))[sites].max(initial=0))
    return f" Up to {units(kept)} units are kept for who comes first in a later bucket." if kept >= 1000 else ""


def _said(found: Found, rows: Counts, numbers: tuple[Counts, Counts], short: Flags) -> list[str]:
    """Say by market what it gets of what it asks for, and by which rule; first come those served first."""
    (asked, lost), claims = numbers, found.asked.claims
    markets = found.filled.demand.keys["market"].to_list()
    said: list[tuple[int, str, str]] = []
    for market in sorted({markets[row] for row in rows.tolist()}):
        mine = np.array([row for row in rows.tolist() if markets[row] == market], dtype=np.int64)
        wanted, refused = (int(values[mine][:, short].sum()) for values in (asked, lost))
        if not wanted:
            continue
        numbers_of = {int(n) for n in np.unique(claims.order[mine][:, short]).tolist()}
        why = [_why(claims.rules[n]) for n in sorted(numbers_of) if n >= 0] or ["a fair share of the rest"]
        promised = int(claims.promised[mine][:, short].sum())
        if promised:
            why.insert(0, f"{units(promised)} promised first")
        first = int(claims.rest[mine][:, short].min()) - (1 if promised else 0)
        said.append((first, market, f"{market} {units(wanted - refused)} of {units(wanted)} ({', '.join(why)})"))
    told = [text for _, _, text in sorted(said)]
    more = len(told) - NAMED
    return told[:NAMED] + ([f"and {more} more markets"] if more > 0 else [])


def _why(rule: Rule) -> str:
    return {"priority": f"priority {rule.priority}", "margin": "by unit margin"}.get(rule.kind, "a fair share")


def _missed(found: Found) -> Iterator[Issue]:
    """Tell where what was promised can't be delivered: less than all promises together can be had."""
    claims, demand = found.asked.claims, found.filled.demand
    asked, lost = _by_market(found, "consensus_demand"), _by_market(found, "unserved_demand")
    missed = np.maximum(lost - (asked - claims.promised), 0)
    worth: Rates = (demand.rate("price") - demand.rate("unit_cost"))[:, demand.buckets.horizon]
    for number, rule in enumerate(claims.rules):
        mine = np.where(claims.minimum == number, missed, 0)
        total, by_bucket = int(mine.sum()), mine.sum(axis=0)
        if total < 1000:
            continue
        worst = int(np.argmax(by_bucket))
        promised = int(claims.promised[:, worst][claims.minimum[:, worst] == number].sum())
        stake = float((mine / 1000.0 * worth).sum())
        yield Issue(
            code="supply.minimum-missed",
            severity=Severity.WARNING,
            place=found.place("unserved_demand", None, by_bucket > 0),
            message=f"allocation.csv promises {rule.said} a minimum that can't be had: {units(total)} units are "
            f"missing, most in {found.label(worst)}, {units(promised - int(by_bucket[worst]))} instead of "
            f"{units(promised)}. All that is promised there is more than lines and materials give; it is shared.",
            advice="Tell the customer, lower the minimum, or add what binds: see the overloads and short materials.",
            at_stake=money(stake) if stake > 0 else None,
        )


def _beyond_demand(found: Found) -> Iterator[Issue]:
    claims = found.asked.claims
    for number, rule in enumerate(claims.rules):
        promised = np.where(claims.minimum == number, claims.promised, 0).sum(axis=0)
        over = (claims.asked[number] > promised) & (claims.minimum == number).any(axis=0)
        if rule.quantity is None or not over.any():
            continue
        worst = int(np.argmax(np.where(over, claims.asked[number] - promised, -1)))
        yield Issue(
            code="supply.minimum-above-demand",
            severity=Severity.NOTE,
            place=found.place("consensus_demand", None, over),
            message=f"allocation.csv promises {rule.said} {units(int(claims.asked[number, worst]))} units a bucket; in "
            f"{int(over.sum())} buckets less is asked for, in {found.label(worst)} {units(int(promised[worst]))}: "
            "what is asked for is promised, no more.",
            advice="Nothing to do; where the contract obliges the customer to take it, plan it as demand.",
        )


def _doubtful(found: Found) -> Iterator[Issue]:
    """Tell which rows of the table contradict each other, say too little, or are about nobody."""
    claims = found.asked.claims
    place = Place(measure=MeasureId("unserved_demand"), source="allocation")
    for before, after in claims.overlaps:
        first, second = claims.rules[before], claims.rules[after]
        yield Issue(
            code="supply.allocation-overlap",
            severity=Severity.WARNING,
            place=place,
            message=f"two rows of allocation.csv are about {second.said} in the same buckets: {_kind(first)} and "
            f"{_kind(second)}. The second holds where both do.",
            advice="Keep one, or end the first before the second begins (`last`).",
        )
    for number, rule in enumerate(claims.rules):
        if not rule.complete:
            yield Issue(
                code="supply.allocation-incomplete",
                severity=Severity.WARNING,
                place=place,
                message=f"the row of allocation.csv about {rule.said} is {_kind(rule)}, but a priority is a whole "
                "number from 1 on and a minimum needs units or a share from 0 to 100 %: the row changes nothing.",
                advice="Fill in `priority`, or `minimum` or `minimum_share`.",
            )
        elif not ((claims.minimum if rule.kind == "minimum" else claims.order) == number).any():
            yield Issue(
                code="supply.allocation-unused",
                severity=Severity.WARNING,
                place=place,
                message=f"the row of allocation.csv about {rule.said} ({_kind(rule)}) is about nothing that is "
                "planned: no item is sold there in its buckets, or nearer rows hold everywhere.",
                advice="Correct item, family, market, channel, region or dates, or remove the row.",
            )


def _kind(rule: Rule) -> str:
    return f"priority {rule.priority}" if rule.kind == "priority" else f"by {rule.kind}"
