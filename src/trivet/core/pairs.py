"""Pairs of plans that should be one, and the matrix of the gaps between them (C5).

A row of the matrix is a family (or another level), a column a pair: detail and family, what each stream says and the
consensus, demand and supply, outlook and budget, the plan and the one published before, the plan and the systems it
is fed from. A cell says by how much they differ in units and money, why, who answers, and how much nobody minds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final


class Pair(StrEnum):
    """Two plans that should be one; a gap is the first less the second. In the order of a matrix."""

    FAMILY = "detail against family"
    STATISTICAL = "statistical against consensus"
    SALES = "sales against consensus"
    MARKETING = "marketing against consensus"
    FINANCE = "finance against consensus"
    CUSTOMER = "customers against consensus"
    SERVED = "supply against demand"
    REVENUE = "outlook against budget: revenue"
    MARGIN = "outlook against budget: margin"
    PUBLISHED = "plan against published"
    STOCK = "opening stock against count"
    ORDERS = "plan against open orders"
    PRODUCTION = "plan against open production"
    PURCHASES = "plan against open purchases"
    LEDGER_REVENUE = "shipments against ledger: revenue"
    LEDGER_COST = "shipments against ledger: cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRule:
    """What holds for a pair.

    Attributes:
        heading: its column, in a word or two.
        owner: role that answers for a gap.
        kpi: name its tolerance has in the table `targets`.
        tolerance: percent up to which nobody has to act, where `targets` says nothing.
        advice: what to do about a gap.
    """

    heading: str
    owner: str
    kpi: str
    tolerance: Decimal
    advice: str


def _rule(heading: str, owner: str, kpi: str, tolerance: str, advice: str) -> PairRule:
    return PairRule(heading=heading, owner=owner, kpi=kpi, tolerance=Decimal(tolerance), advice=advice)


_OPINION: Final = "Talk it over: change the consensus with a reason, or have the stream sent again."

RULES: Final[Mapping[Pair, PairRule]] = {
    Pair.FAMILY: _rule(
        "detail", "coordinator", "detail_gap", "0", "This must not be: keep the workspace and run trivet doctor."
    ),
    Pair.STATISTICAL: _rule(
        "statistical", "demand", "statistical_gap", "10.0", "Write down what people know that history does not."
    ),
    Pair.SALES: _rule("sales", "sales", "sales_gap", "5.0", _OPINION),
    Pair.MARKETING: _rule("marketing", "marketing", "marketing_gap", "5.0", _OPINION),
    Pair.FINANCE: _rule("finance", "finance", "finance_gap", "5.0", _OPINION),
    Pair.CUSTOMER: _rule("customers", "sales", "customer_gap", "5.0", _OPINION),
    Pair.SERVED: _rule(
        "not served",
        "supply",
        "unserved",
        "0.5",
        "Price what would relieve it: trivet relief; decide who goes short: table allocation.",
    ),
    Pair.REVENUE: _rule(
        "budget revenue",
        "sales",
        "revenue_gap",
        "2.0",
        "Confirm the consensus, or name what closes the gap.",
    ),
    Pair.MARGIN: _rule(
        "budget margin",
        "finance",
        "margin_gap",
        "2.0",
        "See the bridge for volume, mix, price and cost (margins here are at standard cost).",
    ),
    Pair.PUBLISHED: _rule(
        "published", "demand", "published_gap", "5.0", "See the causes of the change: trivet waterfall."
    ),
    Pair.STOCK: _rule(
        "opening stock", "coordinator", "stock_gap", "0", "Give the items their location or master data, import again."
    ),
    Pair.ORDERS: _rule(
        "open orders", "demand", "open_orders_gap", "1.0", "Raise the consensus to what is ordered, or say why not."
    ),
    Pair.PRODUCTION: _rule(
        "production", "supply", "open_production_gap", "0", "Change or close the orders, or plan what they make."
    ),
    Pair.PURCHASES: _rule(
        "purchases", "sourcing", "open_purchases_gap", "0", "Change or close the orders, or plan what they bring."
    ),
    Pair.LEDGER_REVENUE: _rule(
        "ledger revenue", "finance", "ledger_revenue_gap", "0.5", "Look for invoices of other periods, and credits."
    ),
    Pair.LEDGER_COST: _rule(
        "ledger cost", "finance", "ledger_cost_gap", "0.5", "Look for cost booked without a shipment, or the reverse."
    ),
}

TOGETHER: Final = ""
"""Name of the row that holds everything somebody sees."""
NOW: Final = "now"
"""Period of what is compared as it stands today, and not by year or quarter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapCell:
    """By how much two plans differ, for a member in a period.

    Attributes:
        pair: which plans.
        member: family, or member of the level of the matrix; `TOGETHER` = everything.
        period: fiscal year or quarter, or `NOW`.
        units: the first less the second; None where units don't add up, or only money is known.
        amount: the same in plan currency; None where it can't be said or is not shown to the reader.
        share: the same in percent of the second: of its money, or of its units where that has no money; None when
            the second is 0.
        tolerance: percent up to which nobody has to act.
        cause: what the numbers say about why.
        owner, person: role that answers, and who has it; None = nobody is named.
        advice: what to do.
    """

    pair: Pair
    member: str
    period: str
    units: Decimal | None
    amount: Decimal | None
    share: Decimal | None
    tolerance: Decimal
    cause: str
    owner: str
    person: str | None
    advice: str

    @property
    def beyond(self) -> bool:
        """Whether somebody has to act; exactly the tolerance is inside it."""
        if not self.units and not self.amount:
            return False
        return self.share is None or abs(self.share) > self.tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class GapMatrix:
    """Every gap by member, pair and period.

    Attributes:
        by: level of the rows.
        currency: of amounts.
        cells: in the order of periods, pairs and members; none where there is nothing to compare.
    """

    by: str
    currency: str
    cells: tuple[GapCell, ...]

    @property
    def ranked(self) -> tuple[GapCell, ...]:
        """Cells of members, and of all together what is known of the company only: to act on first, then by money."""
        named = [cell for cell in self.cells if cell.member != TOGETHER or cell.pair in COMPANY]
        return tuple(sorted(named, key=lambda cell: (not cell.beyond, -abs(cell.amount or Decimal(0)))))

    @property
    def beyond(self) -> tuple[GapCell, ...]:
        """Those of `ranked` that lie outside their tolerance."""
        return tuple(cell for cell in self.ranked if cell.beyond)


COMPANY: Final = frozenset({Pair.LEDGER_REVENUE, Pair.LEDGER_COST})
"""Pairs that are known of the whole company only."""
