"""Who is served first when an item is short: the claims of its markets, in the order the company agreed (Y11).

Reads the table `allocation`, `consensus_demand`, `price` and `unit_cost`. Every series has two claims in a bucket: the
quantity promised by contract, and the rest. The claims of an item stand in tiers, the first one served first:

contract minimum < priority 1 < priority 2 ... < best unit margin < next ... < everybody else

Within a tier everybody gets a fair share, so an item without a row has one tier and nothing is decided by accident.
The row nearest to a series holds: its item before its family before all, its market before channel before region
before all; of equal ones the one that begins last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.spread import largest_remainder

STEP: Final = 2.0
"""How much more a lost unit of a tier costs than one of the next, as part of losing one of the last: two units of the
next and its place in time."""
SPREAD: Final = 8.0
"""The most that the first tier costs above the last, as part of it: an item with many tiers takes smaller steps."""
_PROMISED, _MARGIN, _LAST = 0, 2_000_000, 9_000_000
"""Where tiers stand before they are numbered; priorities lie between."""
SCOPE: Final = ("item", "family", "market", "channel", "region")
ORDERS: Final = ("fair-share", "priority", "margin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of `allocation`.

    Attributes:
        scope: item, family, market, channel, region; "" = every one.
        first, last: days it holds from and to; None = open.
        kind: fair-share, priority, margin or minimum.
        priority: 1 = served first.
        quantity: counts a bucket, of all it covers together; share: of the demand of a bucket.
    """

    scope: tuple[str, str, str, str, str]
    first: date | None
    last: date | None
    kind: str
    priority: int | None
    quantity: int | None
    share: float | None

    @property
    def complete(self) -> bool:
        """Whether it says what its kind needs, within its range."""
        if self.kind == "priority":
            return self.priority is not None and 1 <= self.priority < _MARGIN
        if self.kind == "minimum":
            given = self.quantity is not None or self.share is not None
            return given and (self.quantity or 0) >= 0 and 0 <= (self.share or 0) <= 1
        return True

    @property
    def said(self) -> str:
        """Whom it is about, in words."""
        named = [f"{name} {code}" for name, code in zip(SCOPE, self.scope, strict=True) if code]
        return " in ".join(named) or "everything"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Claims:
    """Who is served first.

    Attributes:
        site, tier: of each claim at a site, by site and then tier; tier 0 of an item is served first.
        weight: (claims,) what losing a unit costs, as multiple of losing one of the item's last tier.
        demand: (claims, open) counts.
        promised: (series, open) counts of each series' demand promised by contract, tier 0 of its item.
        rest: (series, open) tier of what is not promised.
        rules: as the table has them, in order of nearness.
        order, minimum: (series, open) rule that orders a series and one that promises it something; -1 = none.
        asked: (rules, open) counts each rule promises, before it is held against demand.
        overlaps: pairs of rules that say different things of the same series and buckets; the later one holds.
    """

    site: Counts
    tier: Counts
    weight: Rates
    demand: Counts
    promised: Counts
    rest: Counts
    rules: tuple[Rule, ...]
    order: Counts
    minimum: Counts
    asked: Counts
    overlaps: tuple[tuple[int, int], ...]


def plain_claims(demand: Counts, series: int = 0) -> Claims:
    """Give the claims of a company without rules: one tier a site; `demand` is (sites, open)."""
    count, open_ = demand.shape
    none = np.zeros((series, open_), dtype=np.int64)
    return Claims(
        site=np.arange(count, dtype=np.int64),
        tier=np.zeros(count, dtype=np.int64),
        weight=np.ones(count),
        demand=demand,
        promised=none,
        rest=none,
        rules=(),
        order=none - 1,
        minimum=none - 1,
        asked=np.zeros((0, open_), dtype=np.int64),
        overlaps=(),
    )


def read_claims(inputs: PlanInputs, demand: Panel, rows: Counts, items: Sequence[str], asked: Counts) -> Claims:
    """Read who is served first.

    Args:
        inputs: the snapshot.
        demand: panel with consensus_demand, price and unit_cost.
        rows: site of each series, -1 = nothing is shipped.
        items: item of each site.
        asked: (sites, open) counts of demand by site.
    """
    rules = _read_rules(inputs)
    plain = plain_claims(asked, demand.rows)
    if not rules:
        return plain
    units = np.maximum(demand.count("consensus_demand")[:, demand.buckets.horizon], 0)
    order, minimum, overlaps = _assign(rules, inputs, demand)
    wished, promised = _promise(rules, minimum, units)
    code = _codes(rules, order, demand)
    rest, tiers = _number(demand.keys["item"].to_list(), code, promised, units)
    site, tier, at_site = _by_site(rows, promised, units, rest, asked, [len(tiers.get(item, (0,))) for item in items])
    return Claims(
        site=site,
        tier=tier,
        weight=_weights([len(tiers.get(items[s], (0,))) for s in site.tolist()], tier),
        demand=at_site,
        promised=promised,
        rest=rest,
        rules=rules,
        order=order,
        minimum=minimum,
        asked=wished,
        overlaps=overlaps,
    )


def _read_rules(inputs: PlanInputs) -> tuple[Rule, ...]:
    """Read the rules, the nearest ones last."""
    names = (*SCOPE, "first", "last", "rule", "priority", "minimum", "minimum_share")
    rules = [
        Rule(
            scope=(item or "", "" if item else family or "", market or "", channel or "", region or ""),
            first=first,
            last=last,
            kind=kind or _meant(priority, quantity, share),
            priority=priority,
            quantity=quantity,
            share=share,
        )
        for item, family, market, channel, region, first, last, kind, priority, quantity, share in inputs.table(
            "allocation"
        )
        .select(names)
        .iter_rows()
    ]
    return tuple(sorted(rules, key=_nearness))


def _meant(priority: int | None, quantity: int | None, share: float | None) -> str:
    """Give the rule a row without one means by what it fills in."""
    if quantity is not None or share is not None:
        return "minimum"
    return "fair-share" if priority is None else "priority"


def _nearness(rule: Rule) -> tuple[object, ...]:
    item, family, market, channel, region = (bool(code) for code in rule.scope)
    near = (2 * item + family, 4 * market + 2 * channel + region)
    begins = rule.first or date.min
    # Of equal ones the stricter stands last: it holds.
    return (*near, begins, rule.scope, ORDERS.index(rule.kind) if rule.kind in ORDERS else 9, -(rule.priority or 0))


def _assign(
    rules: Sequence[Rule], inputs: PlanInputs, demand: Panel
) -> tuple[Counts, Counts, tuple[tuple[int, int], ...]]:
    """Give the rule that orders each series and bucket, the one that promises, and rules that contradict each other."""
    starts = demand.buckets.starts[demand.buckets.first_open :]
    shape = (demand.rows, len(starts))
    order, minimum = np.full(shape, -1, dtype=np.int64), np.full(shape, -1, dtype=np.int64)
    overlaps: dict[tuple[int, int], None] = {}
    codes = _codes_of_series(inputs, demand)
    for number, rule in enumerate(rules):
        if not rule.complete:
            continue
        chosen = np.ones(demand.rows, dtype=np.bool_)
        for name, code in zip(SCOPE, rule.scope, strict=True):
            chosen &= (codes[name] == code).to_numpy() if code else True
        lasts = np.array(
            [(rule.first is None or s >= rule.first) and (rule.last is None or s <= rule.last) for s in starts],
            dtype=np.bool_,
        )
        held = minimum if rule.kind == "minimum" else order
        cells = chosen[:, None] & lasts[None, :]
        overlaps |= dict.fromkeys(
            (before, number) for before in np.unique(held[cells]).tolist() if _contradict(rules, before, number)
        )
        held[cells] = number
    return order, minimum, tuple(overlaps)


def _contradict(rules: Sequence[Rule], before: int, number: int) -> bool:
    """Tell whether a rule is replaced by one as near that does not simply follow it."""
    if before < 0 or rules[before].scope != rules[number].scope:
        return False
    return rules[before].first == rules[number].first or rules[before].last is not None


def _codes_of_series(inputs: PlanInputs, demand: Panel) -> Mapping[str, pl.Series]:
    markets = inputs.table("markets").select("market", "channel", "region")
    families = inputs.table("items").select("item", "family")
    joined = demand.keys.join(families, on="item", how="left", maintain_order="left")
    joined = joined.join(markets, on="market", how="left", maintain_order="left")
    return {name: joined[name].fill_null("") for name in SCOPE}


def _promise(rules: Sequence[Rule], minimum: Counts, units: Counts) -> tuple[Counts, Counts]:
    """Give what each rule promises, (rules, open), and what of each series' demand that is, (series, open)."""
    wished, promised = np.zeros((len(rules), units.shape[1]), dtype=np.int64), np.zeros_like(units)
    for number in sorted(set(minimum[minimum >= 0].tolist())):
        rule, mine = rules[number], minimum == number
        for t in range(units.shape[1]):
            rows = np.flatnonzero(mine[:, t])
            if not len(rows):
                continue
            asked = units[rows, t]
            by_share = np.floor(asked * (rule.share or 0.0)).astype(np.int64)
            wished[number, t] = max(rule.quantity or 0, int(by_share.sum()))
            there = min(rule.quantity or 0, int(asked.sum()))
            by_quantity = largest_remainder(there, asked) if there else np.zeros_like(asked)
            promised[rows, t] = np.minimum(np.maximum(by_share, by_quantity), asked)
    return wished, promised


def _codes(rules: Sequence[Rule], order: Counts, demand: Panel) -> Counts:
    """Give where the rest of each series stands among all tiers there can be: (series, open)."""
    kinds = np.array([rule.kind for rule in rules])
    priority = np.array([rule.priority or 0 for rule in rules], dtype=np.int64)
    ruled = np.maximum(order, 0)
    code = np.full(order.shape, _LAST, dtype=np.int64)
    code = np.where((order >= 0) & (kinds[ruled] == "priority"), priority[ruled], code)
    by_margin = (order >= 0) & (kinds[ruled] == "margin")
    ranks = _margin_ranks(demand, by_margin.any(axis=1))
    return np.where(by_margin, _MARGIN + ranks[:, None], code)


def _margin_ranks(demand: Panel, chosen: Flags) -> Counts:
    """Rank the chosen series of every item by unit margin, the best 0; equal ones share a rank."""
    horizon = demand.buckets.horizon
    weights = np.maximum(demand.count("consensus_demand")[:, horizon], 0) / 1000.0 + 1e-6
    margin = (demand.rate("price") - demand.rate("unit_cost"))[:, horizon]
    mean = np.round((margin * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9), 6)
    ranks = np.zeros(demand.rows, dtype=np.int64)
    for rows in _series_by_item(demand.keys["item"].to_list()).values():
        mine = rows[chosen[rows]]
        if len(mine):
            ranks[mine] = np.unique(-mean[mine], return_inverse=True)[1]
    return ranks


def _series_by_item(items: Sequence[str]) -> Mapping[str, Counts]:
    found: dict[str, list[int]] = {}
    for row, item in enumerate(items):
        found.setdefault(item, []).append(row)
    return {item: np.array(rows, dtype=np.int64) for item, rows in found.items()}


def _number(
    items: Sequence[str], code: Counts, promised: Counts, units: Counts
) -> tuple[Counts, Mapping[str, Sequence[int]]]:
    """Number the tiers of every item, 0 first: the tier of what is not promised, and the tiers by item."""
    rest, tiers = np.zeros_like(code), {}
    for item, rows in _series_by_item(items).items():
        found = set(code[rows][units[rows] > promised[rows]].tolist())
        if promised[rows].any():
            found.add(_PROMISED)
        known = np.array(sorted(found) or [_LAST], dtype=np.int64)
        rest[rows] = np.minimum(np.searchsorted(known, code[rows]), len(known) - 1)
        tiers[item] = known.tolist()
    return rest, tiers


def _by_site(
    rows: Counts, promised: Counts, units: Counts, rest: Counts, asked: Counts, tiers: Sequence[int]
) -> tuple[Counts, Counts, Counts]:
    """Add the claims of series up by site and tier: sites, tiers and (claims, open) counts."""
    start = np.concatenate([[0], np.cumsum(tiers)])
    site = np.repeat(np.arange(len(tiers)), tiers)
    total = np.zeros((len(site), asked.shape[1]), dtype=np.int64)
    known = rows >= 0
    first = start[rows[known]]
    np.add.at(total, first, promised[known])
    open_ = np.arange(asked.shape[1])
    np.add.at(total, (first[:, None] + rest[known], open_[None, :]), (units - promised)[known])
    tier = np.arange(len(site)) - start[site]
    wanted = total.any(axis=1)
    none = np.bincount(site[wanted], minlength=len(tiers)) == 0
    kept = wanted | (none[site] & (tier == 0))
    return site[kept], tier[kept], total[kept]


def _weights(tiers: Sequence[int], tier: Counts) -> Rates:
    count = np.array(tiers, dtype=np.int64)
    step = np.minimum(STEP, SPREAD / np.maximum(count - 1, 1))
    return np.asarray(1.0 + step * (count - 1 - tier), dtype=np.float64)


def claimed_units(claims: Claims, grid: Counts) -> Rates:
    """Give the units each claim asks for on the step grid, the last one of a site taking what is left: (claims, open).

    Args:
        claims: by site and tier.
        grid: (sites, open) counts on the step grid, debts of negative counts included.
    """
    total, first = np.cumsum(claims.demand, axis=0), np.searchsorted(claims.site, claims.site)
    before = np.concatenate([np.zeros((1, grid.shape[1]), dtype=np.int64), total])
    upper = np.minimum(total - before[first], grid[claims.site])
    last = np.append(claims.site[1:] != claims.site[:-1], True) if len(claims.site) else np.zeros(0, dtype=np.bool_)
    upper[last] = grid[claims.site[last]]
    lower = np.zeros_like(upper)
    same = ~np.append(True, last[:-1]) if len(last) else last
    lower[same] = upper[np.flatnonzero(same) - 1]
    units: Rates = (upper - lower) / 1000.0
    return units
