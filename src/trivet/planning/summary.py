"""The plan on one screen: what the year earns against the budget, what binds, and what does not fit.

Reads the panels of a plan; decides nothing. Shells print it, the pack's first page shows it.
"""

from decimal import Decimal

import numpy as np

from trivet.core.fiscal import unserved_revenue
from trivet.core.ids import Counts
from trivet.core.issues import Severity
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, times_rate, to_decimal
from trivet.core.summary import PlanSummary, percent
from trivet.finance.bridge import draw_bridges
from trivet.finance.outlook import fiscal_outlook
from trivet.reconcile.capability import (
    count_overloads,
    find_backlogs,
    find_endings,
    find_overloads,
    find_shortages,
    item_cost,
)
from trivet.reconcile.gaps import list_gaps
from trivet.reconcile.ties import run_ties

_YEAR = 12
_SHOWN = 5


def summarise(inputs: PlanInputs, plan: Plan) -> PlanSummary:
    """Sum up a plan: money by fiscal year, stock, service, what binds, gaps and ties.

    Amounts are decimals in units and plan currency; None where the plan can't say (a page shows a dash).
    """
    demand, supply, load, material = (plan.panel(grain) for grain in ("demand", "supply", "load", "material"))
    budget, company = plan.panel("budget"), plan.panel("company")
    lines = fiscal_outlook(inputs.model, demand, budget, company)
    stock_value, stock_days, target_value, target_days = _stock(demand, supply)
    severities = [issue.severity for issue in plan.issues]
    return PlanSummary(
        company=inputs.model.company.name,
        currency=inputs.model.company.currency,
        cycle=inputs.model.buckets.label(inputs.model.buckets.first_open),
        digest=plan.digest(),
        lines=tuple(line for line in lines if line.family is None),
        families=tuple(line for line in lines if line.family is not None),
        bridges=draw_bridges(inputs, demand, budget, company),
        stock_value=stock_value,
        stock_days=stock_days,
        target_value=target_value,
        target_days=target_days,
        service=_service(inputs, demand),
        served=_served(demand),
        overloads=find_overloads(load)[:_SHOWN],
        overloaded=count_overloads(load),
        shortages=find_shortages(inputs, material),
        backlogs=find_backlogs(inputs, supply),
        endings=find_endings(inputs, demand, supply),
        gaps=list_gaps(inputs, demand, budget),
        refused=severities.count(Severity.REFUSED),
        warnings=severities.count(Severity.WARNING),
        notes=severities.count(Severity.NOTE),
        ties=run_ties(inputs, plan.panels),
    )


def name_only(inputs: PlanInputs, plan: Plan) -> PlanSummary:
    """Name a plan for who sees a part of it: what the company earns and where it binds is left unsaid."""
    severities = [issue.severity for issue in plan.issues]
    return PlanSummary(
        company=inputs.model.company.name,
        currency=inputs.model.company.currency,
        cycle=inputs.model.buckets.label(inputs.model.buckets.first_open),
        digest="",
        lines=(),
        families=(),
        bridges=(),
        stock_value=None,
        stock_days=None,
        target_value=None,
        target_days=None,
        service=None,
        served=None,
        overloads=(),
        overloaded=None,
        shortages=(),
        backlogs=(),
        endings=(),
        gaps=(),
        refused=severities.count(Severity.REFUSED),
        warnings=severities.count(Severity.WARNING),
        notes=severities.count(Severity.NOTE),
        ties=(),
    )


def _next_year(panel: Panel) -> slice:
    first = panel.buckets.first_open
    return slice(first, min(first + _YEAR, len(panel.buckets)))


def _stock(demand: Panel, supply: Panel) -> tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None]:
    """Value stock and its target at the end of the current bucket, and count the days they cover (F3)."""
    first = supply.buckets.first_open
    costs = {item: item_cost(demand, item)[first] for item in sorted(set(supply.keys["item"].to_list()))}
    unit = np.array([costs[item] for item in supply.keys["item"].to_list()])
    stock = int(supply.count("stock_value")[:, first].sum())
    target = int(times_rate(supply.count("target_stock")[:, first], unit, QUANTITY, MONEY).sum()) if len(unit) else 0
    coming = demand.count("constrained_cost").sum(axis=0)
    days = demand.buckets.days()
    return (
        to_decimal(stock, MONEY) if supply.count("projected_stock").any() else None,
        _cover(stock, coming, days, first),
        to_decimal(target, MONEY) if target else None,
        _cover(target, coming, days, first) if target else None,
    )


def _cover(value: int, coming: Counts, days: Counts, at: int) -> Decimal | None:
    """Give the calendar days of coming cost of sales that a value covers; None beyond the last bucket."""
    left, covered = value, Decimal(0)
    for bucket in range(at + 1, len(coming)):
        sold = int(coming[bucket])
        if left <= 0:
            break
        if sold > left:
            return (covered + Decimal(left) / Decimal(sold) * int(days[bucket])).quantize(Decimal("0.1"))
        covered += int(days[bucket])
        left -= sold
    return covered.quantize(Decimal("0.1")) if left <= 0 else None


def _service(inputs: PlanInputs, demand: Panel) -> Decimal | None:
    """Give the part of make-to-stock demand that ships in its own bucket, at price, over the next year (F6)."""
    items = inputs.table("items")
    ordered = items.filter(items["policy"] == "make-to-order")["item"].implode()
    stocked = ~demand.keys["item"].is_in(ordered).to_numpy()
    year = _next_year(demand)
    wanted, shipped = (demand.count(name)[stocked][:, year] for name in ("consensus_demand", "constrained_demand"))
    price = demand.rate("price")[stocked][:, year]
    on_time = times_rate(np.minimum(wanted, shipped), price, QUANTITY, MONEY).sum()
    whole = times_rate(wanted, price, QUANTITY, MONEY).sum()
    return percent(to_decimal(int(on_time), MONEY), to_decimal(int(whole), MONEY))


def _served(demand: Panel) -> Decimal | None:
    """Give the part of demand that is not lost, at price, over the next year."""
    year = _next_year(demand)
    whole = int(demand.count("revenue")[:, year].sum())
    lost = int(unserved_revenue(demand)[:, year].sum())
    return percent(to_decimal(whole - lost, MONEY), to_decimal(whole, MONEY))
