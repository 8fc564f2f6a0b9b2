"""The plan in money for the ledger, and the split of families over items (Y18, M1).

Lines of the plan go to the accounts that `ledger_map` names. Where several accounts make one line, they share it as
they did in the last 12 closed buckets, to the last quantum; a line without account keeps its name and no account.
Revenue and cost of goods sold come by family and region, the rest for the company.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets, Period
from trivet.core.fiscal import sum_by
from trivet.core.ids import Counts
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.core.pushdown import PushedTable
from trivet.core.quantities import MONEY, QUANTITY
from trivet.core.spread import share_out
from trivet.demand.mix import family_mix, mix_by_hand

FLOW, BALANCE = "flow", "balance"
LINES: Final = (
    ("revenue", FLOW, "demand", "constrained_revenue"),
    ("cogs", FLOW, "demand", "constrained_cost"),
    ("supply_variance", FLOW, "company", "supply_variance"),
    ("freight", FLOW, "company", "freight"),
    ("promotion_cost", FLOW, "company", "promotion_cost"),
    ("operating_expense", FLOW, "company", "operating_expense"),
    ("stock", BALANCE, "supply", "stock_value"),
    ("receivables", BALANCE, "company", "receivables"),
    ("payables", BALANCE, "company", "payables"),
    ("cash", BALANCE, "company", "cash"),
)
"""Line, whether it is a flow of the period or a balance at its end, and the measure it comes from."""
YEAR: Final = 12
SHARE: Final = QUANTITY / 10
"""What a basis point is worth."""
_FINANCE: Final = {
    "account": pl.String,
    "line": pl.String,
    "kind": pl.String,
    "family": pl.String,
    "region": pl.String,
    "period": pl.String,
    "first_day": pl.Date,
    "last_day": pl.Date,
    "fiscal_year": pl.Int64,
    "fiscal_quarter": pl.Int64,
    "fiscal_month": pl.Int64,
    "amount": pl.Int64,
    "currency": pl.String,
}


def finance_file(inputs: PlanInputs, plan: Plan) -> tuple[PushedTable, tuple[str, ...]]:
    """Give the planned amounts of every open bucket by account, and what a reader must know of them.

    Amounts are positive as their line says: revenue earned, cost and expense spent, stock and receivables owned,
    payables owed. Lines the plan has no amounts for at all are left out.
    """
    frames, notes, nameless = [], [], []
    shares = _account_shares(inputs)
    for line, kind, grain, measure in LINES:
        panel = plan.panel(grain)
        if not (panel.has(measure) and panel.mask(measure)[:, panel.buckets.horizon].any()):
            continue
        places, amounts = _placed(inputs, panel, measure)
        accounts = shares.get(line, {"": 1})
        if len(accounts) > 1:
            notes.append(
                f"{line}: accounts {', '.join(accounts)} share the plan as they did in the last {YEAR} closed buckets."
            )
        if "" in accounts:
            nameless.append(line)
        frames.append(_line(inputs, (line, kind), places, amounts, accounts))
    if nameless:
        notes.append(f"ledger_map names no account for {', '.join(nameless)}: their column account is empty.")
    frame = pl.concat(frames) if frames else pl.DataFrame(schema=_FINANCE)
    table = PushedTable(
        name="finance",
        about="One ledger account in one period; revenue and cogs by family and region.",
        frame=frame,
        units={"amount": MONEY},
        sums=("amount",),
        by="line",
    )
    return table, tuple(notes)


def _account_shares(inputs: PlanInputs) -> Mapping[str, Mapping[str, int]]:
    """Give the accounts of each line with what they carried in the last closed buckets."""
    buckets = inputs.model.buckets
    found: dict[str, dict[str, int]] = {}
    since = buckets.edges[max(buckets.first_open - YEAR, 0)]
    recent = inputs.table("ledger").filter((pl.col("bucket") >= since) & (pl.col("bucket") < buckets.current))
    carried: dict[str, int] = {}
    for account, amount in recent.select("account", "amount").iter_rows():
        carried[account] = carried.get(account, 0) + (amount or 0)
    for account, line in inputs.table("ledger_map").select("account", "line").sort("line", "account").iter_rows():
        found.setdefault(line, {})[account] = abs(carried.get(account, 0))
    return found


def _placed(inputs: PlanInputs, panel: Panel, measure: str) -> tuple[tuple[tuple[str, str], ...], Counts]:
    """Add a measure up by family and region where its panel has them: places and (places, open) counts."""
    values = panel.count(measure)[:, panel.buckets.horizon]
    if "market" not in panel.dimensions:
        return (("", ""),), values.sum(axis=0, keepdims=True)
    dimensions = inputs.model.dimensions
    family, region = dimensions["item"].parents("family"), dimensions["market"].parents("region")
    labels = [f"{family.get(i, '')}\x1f{region.get(m, '')}" for i, m in panel.keys.select("item", "market").iter_rows()]
    names, sums = sum_by(labels, values)
    pairs = [name.split("\x1f") for name in names]
    return tuple((one, other) for one, other in pairs), sums


def _line(
    inputs: PlanInputs,
    named: tuple[str, str],
    places: tuple[tuple[str, str], ...],
    amounts: Counts,
    accounts: Mapping[str, int],
) -> pl.DataFrame:
    """Lay one line out: a row an account, place and period."""
    buckets, (line, kind) = inputs.model.buckets, named
    cells = amounts.ravel()
    groups = np.repeat(np.arange(len(cells)), len(accounts))
    weights = np.tile(np.array(list(accounts.values()), dtype=np.float64), len(cells))
    shared = share_out(cells, weights, groups).reshape(len(places), -1, len(accounts))
    rows = []
    for a, account in enumerate(accounts):
        for p, (family, region) in enumerate(places):
            for t, period in enumerate(_periods(buckets)):
                amount = int(shared[p, t, a])
                rows.append((account, line, kind, family, region, *period, amount, inputs.model.company.currency))
    return pl.DataFrame(rows, schema=_FINANCE, orient="row")


def _periods(buckets: Buckets) -> list[tuple[object, ...]]:
    """Give label, first and last day, fiscal year, quarter and month of every open bucket."""
    return [
        (
            buckets.label(i),
            buckets.edges[i],
            buckets.edges[i + 1] - timedelta(days=1),
            buckets.fiscal_year(i),
            buckets.quarter(i),
            _fiscal_month(buckets, i),
        )
        for i in range(buckets.first_open, len(buckets))
    ]


def _fiscal_month(buckets: Buckets, index: int) -> int:
    """Give the fiscal month (1-12) the middle of a bucket lies in."""
    middle = buckets.edges[index] + (buckets.edges[index + 1] - buckets.edges[index]) / 2
    return (middle.month - buckets.fiscal_start) % 12 + 1


def mix_table(inputs: PlanInputs, demand: Panel) -> PushedTable:
    """Give the share every item has in its family's consensus by bucket, beside the split set by hand."""
    parents = inputs.model.dimensions["item"].parents("family")
    families = sorted({parents.get(item, "") for item in demand.keys["item"].to_list()})
    spans = [span for _, span in demand.buckets.group(Period.BUCKET)][demand.buckets.first_open :]
    labels = [demand.buckets.label(i) for i in range(demand.buckets.first_open, len(demand.buckets))]
    rows = []
    for family in families:
        mix = family_mix(inputs, demand, family, "consensus_demand", spans)
        hand = mix_by_hand(inputs, demand, family, spans)
        told = hand.shares.sum(axis=0) > 0
        for i, item in enumerate(mix.items):
            for t, label in enumerate(labels):
                by_hand = int(hand.shares[i, t]) if told[t] else None
                if mix.shares[i, t] or by_hand:
                    rows.append((family, item, label, int(mix.shares[i, t]), by_hand))
    schema = {"family": pl.String, "item": pl.String, "bucket": pl.String, "share": pl.Int64, "by_hand": pl.Int64}
    return PushedTable(
        name="mix",
        about="The share of one item in its family's demand in one bucket.",
        frame=pl.DataFrame(rows, schema=schema, orient="row"),
        units={"share": SHARE, "by_hand": SHARE},
        sums=("share",),
    )
