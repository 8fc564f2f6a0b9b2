"""What we do to demand: planned events and price moves on the statistical forecast.

Reads `promotions` and `price_changes`; changes `baseline_demand` in open buckets.
`Q = Q_base x (P / P0) ^ elasticity` from a price change on; forward buying takes from the first bucket at the new
price what is bought in the bucket before; events multiply by `demand.events.event_factors` (F16, lift gross of
price: no elasticity on an event). Past events are not in the base: the training left them out.
"""

from collections.abc import Iterator

import numpy as np

from trivet.core.ids import Counts, Flags, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY, round_to_counts, to_amounts
from trivet.demand.events import event_factors
from trivet.demand.history import bucket_columns
from trivet.demand.scope import members_of, units_text, worth


def apply_drivers(inputs: PlanInputs, demand: Panel) -> tuple[Panel, tuple[Issue, ...]]:
    """Put price changes, then events, on `baseline_demand`; never below 0, rounded once to 0.001."""
    start = demand.buckets.first_open
    before = demand.count("baseline_demand")
    units = to_amounts(before, QUANTITY)
    issues = list(_price_changes(inputs, demand, units))
    units[:, start:] *= event_factors(inputs, demand)[:, start:]
    after = np.where(units == to_amounts(before, QUANTITY), before, round_to_counts(np.maximum(units, 0.0), QUANTITY))
    issues += [*_events(inputs, demand), *stripped(inputs, demand)]
    return demand.with_counts({"baseline_demand": after}), tuple(issues)


def _price_changes(inputs: PlanInputs, demand: Panel, units: Rates) -> Iterator[Issue]:
    """Move `units` in place, change by change in order of name."""
    table = inputs.table("price_changes").sort("change", "family")
    columns = bucket_columns(inputs, table["first"])
    names = ("change", "family", "percent", "elasticity", "forward_buying")
    for column, (change, family, percent, elasticity, early) in zip(
        columns, table.select(names).iter_rows(), strict=True
    ):
        rows = _priced_before(inputs, demand, family, int(column))
        if column < demand.buckets.first_open:
            yield _issue(
                change, family, "began in a closed bucket: the history already shows it, nothing is added.", note=True
            )
        elif column >= len(demand.buckets):
            yield _issue(change, family, "begins after the horizon: nothing is added.", note=True)
        elif percent <= -100:
            yield _issue(change, family, f"is {percent:g} %: a price can't fall by 100 % or more. It is left out.")
        else:
            bought = units[rows, column - 1] * (early or 0.0) if column > demand.buckets.first_open else 0.0
            units[rows, column:] *= (1 + percent / 100) ** (elasticity or 0.0)
            if column > demand.buckets.first_open:
                bought = np.minimum(bought, units[rows, column])
                units[rows, column - 1] += bought
                units[rows, column] -= bought
            elif early:
                yield _issue(
                    change, family, "begins in the current bucket: what was bought early is in the past.", note=True
                )


def _priced_before(inputs: PlanInputs, demand: Panel, family: str, column: int) -> Flags:
    """Tell which series of a family sold at the old price: launches from that bucket on never had one."""
    launches = inputs.table("launches").select("item", "launch")
    late = {
        item
        for item, start in zip(launches["item"].to_list(), bucket_columns(inputs, launches["launch"]), strict=True)
        if start >= column
    }
    members = members_of(inputs, demand.keys)
    old: Flags = np.array([item not in late for item in members.item], dtype=np.bool_)
    return old & members.rows({"family": family})


def _events(inputs: PlanInputs, demand: Panel) -> list[Issue]:
    """Say what can't be right about events: no cell, or planned for buckets that are over."""
    issues = []
    table = inputs.table("promotions").sort("promotion")
    members = members_of(inputs, demand.keys)
    columns = bucket_columns(inputs, table["last"].fill_null(table["first"]))
    names = ("promotion", "item", "family", "region", "channel", "status")
    for column, (code, item, family, region, channel, status) in zip(
        columns, table.select(names).iter_rows(), strict=True
    ):
        rows = members.rows(
            {"item": item or "", "family": family or "", "region": region or "", "channel": channel or ""}
        )
        if not rows.any():
            where = ", ".join(name for name in (item, family, region, channel) if name)
            words = f"touches no series: nothing is sold under {where}."
            issues.append(_issue(code, family or item or "", words))
        elif (status or "planned") == "planned" and column < demand.buckets.first_open:
            words = "is planned in closed buckets: if it was held its lift is learned as normal demand."
            issues.append(_issue(code, family or item or "", words, advice="Set its status to done or cancelled."))
    return issues


def stripped(inputs: PlanInputs, demand: Panel) -> tuple[Issue, ...]:
    """Say how much of the history past events brought: it is left out of what the forecast learns from."""
    closed = demand.buckets.first_open
    factor = event_factors(inputs, demand)[:, :closed]
    held = demand.count("demand_history")[:, :closed]
    lift = held - round_to_counts(
        np.divide(to_amounts(held, QUANTITY), factor, out=np.zeros(held.shape), where=factor > 0), QUANTITY
    )
    rows: Counts = np.flatnonzero((lift != 0).any(axis=1)).astype(np.int64)
    if not len(rows):
        return ()
    more, less = int(lift[lift > 0].sum()), int(-lift[lift < 0].sum())
    return (
        Issue(
            code="demand.promotion-corrected",
            severity=Severity.NOTE,
            place=Place(measure=MeasureId("demand_history")),
            message=f"past events brought {units_text(more)} units and took back {units_text(less)} in {len(rows)} "
            "series: left out of what the forecast learns from (promotion).",
            advice="Events to come are planned in promotions.csv.",
            at_stake=worth(demand, rows, lift[rows].sum(axis=1)),
        ),
    )


def _issue(name: str, family: str, words: str, advice: str = "Mend its row.", *, note: bool = False) -> Issue:
    scope = (Node(dimension="item", level="family", member=MemberId(family)),) if family else ()
    return Issue(
        code="demand.driver",
        severity=Severity.NOTE if note else Severity.WARNING,
        place=Place(measure=MeasureId("baseline_demand"), scope=scope, value=name),
        message=f"{name} {words}",
        advice="" if note else advice,
    )
