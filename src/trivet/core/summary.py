"""The plan on one screen: typed results that shells print, packs write and the certificate reports.

Amounts are decimals in units and plan currency; None means that it can't be said, never zero.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from trivet.core.pairs import GapMatrix


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalLine:
    """Outlook of one fiscal year, for a family or the company, beside budget and last year.

    Attributes:
        family: None = the whole company.
        year: fiscal year.
        complete: whether the plan's buckets hold the whole year.
        closed: number of its buckets that are actual.
        units: shipped and to be shipped; None for the company (families count in different units).
        revenue: actual of closed buckets and constrained plan of open ones.
        margin: the same less standard cost; for the company also less supply variances; means nothing where no
            cost is known (`costed`).
        estimated: whether part of the actual cost was not booked and is valued at today's standard.
        unserved: revenue of demand the plan loses.
        budget_units, budget_revenue, budget_margin: approved budget of the same buckets.
        last_units, last_revenue, last_margin: the fiscal year before; None when the axis does not hold
            all of it.
    """

    family: str | None
    year: int
    complete: bool
    closed: int
    units: Decimal | None
    revenue: Decimal
    margin: Decimal
    estimated: bool
    unserved: Decimal
    budget_units: Decimal | None
    budget_revenue: Decimal | None
    budget_margin: Decimal | None
    last_units: Decimal | None
    last_revenue: Decimal | None
    last_margin: Decimal | None

    @property
    def revenue_gap(self) -> Decimal | None:
        """Outlook less budget (F10)."""
        return None if self.budget_revenue is None else self.revenue - self.budget_revenue

    @property
    def margin_gap(self) -> Decimal | None:
        """Outlook less budget (F10)."""
        return None if self.budget_margin is None else self.margin - self.budget_margin

    @property
    def margin_share(self) -> Decimal | None:
        """Margin in percent of revenue; None where no cost is known."""
        return percent(self.margin, self.revenue) if self.costed else None

    @property
    def costed(self) -> bool:
        """Whether any cost is known behind the margin: revenue without a cent of cost is no margin of 100 %."""
        return not self.revenue or self.margin != self.revenue


def percent(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Give part / whole in percent to two places; None when one is unknown or whole is 0."""
    if part is None or not whole:
        return None
    return (part / whole * 100).quantize(Decimal("0.01"))


class Bar(StrEnum):
    """A bar of the bridge from budget to outlook (F10), in the order they are drawn."""

    BUDGET = "budget"
    NEW = "new items"
    ENDED = "ended items"
    VOLUME = "volume"
    MIX = "mix"
    PRICE = "price"
    EXCHANGE = "exchange rates"
    COST = "cost"
    VARIANCE = "supply variances"
    UNEXPLAINED = "no budget detail"
    OUTLOOK = "outlook"


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeBar:
    """One bar: what it adds to revenue and to margin. The first and last are totals."""

    bar: Bar
    revenue: Decimal
    margin: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """From budget to outlook of one fiscal year, for a family or (None) the company."""

    family: str | None
    year: int
    bars: tuple[BridgeBar, ...]


class GapKind(StrEnum):
    """What two plans disagree on."""

    REVENUE = "revenue below budget"
    MARGIN = "margin below budget"
    UNSERVED = "demand not served"
    ABOVE = "revenue above budget"
    MARGIN_ABOVE = "margin above budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A difference between two plans that should be one (C5).

    Attributes:
        kind: what differs.
        family: None = the whole company.
        year: fiscal year.
        amount: plan less what it is held against, in plan currency.
        share: the same in percent of what it is held against.
        cause: what the numbers say about why.
        owner: role that answers for it.
        tolerance: percent up to which nobody has to act.
        units: the same in units; None where what it is held against has none.
        against: what it is held against, in plan currency.
    """

    kind: GapKind
    family: str | None
    year: int
    amount: Decimal
    share: Decimal | None
    cause: str
    owner: str
    tolerance: Decimal
    units: Decimal | None = None
    against: Decimal = Decimal(0)

    @property
    def beyond(self) -> bool:
        """Whether somebody has to act."""
        return self.share is None or abs(self.share) > self.tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """A resource that the unlimited plan would need more hours of than there are.

    Attributes:
        resource: which.
        bucket, label: its worst bucket.
        need, planned: hours of the unlimited and of the made plan there, in percent of the capacity
            without overtime; None when there is no capacity at all.
        over: hours above capacity in that bucket.
        buckets: open buckets in which it is overloaded.
    """

    resource: str
    bucket: date
    label: str
    need: Decimal | None
    planned: Decimal | None
    over: Decimal
    buckets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialShortage:
    """A key material its suppliers can't deliver in time for the unlimited plan.

    Attributes:
        item: which.
        suppliers: who delivers it.
        first, last: labels of the buckets from which it is short and in which most is missing.
        need, cap: units needed and deliverable from the current bucket to the last.
        stock: units counted at the start.
        short: need - cap - stock at worst.
        families: families made of it.
    """

    item: str
    suppliers: tuple[str, ...]
    first: str
    last: str
    need: Decimal
    cap: Decimal
    stock: Decimal
    short: Decimal
    families: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Stock that will be left when an item is no longer sold, at cost (F15)."""

    item: str
    family: str
    last: str
    left: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One tie: how many places were compared, how many differ, and where.

    Attributes:
        name: what must be equal, in words.
        passed: no place differs.
        checked: places compared.
        failed: places that differ.
        amount: sum of the absolute differences, in the unit of the check.
        unit: `units`, `money`, `hours` or `rows`.
        message: in one line.
        places: the places that differ, largest first, at most ten.
        waived_by, waived_why: who let it pass and why.
    """

    name: str
    passed: bool
    checked: int
    failed: int
    amount: Decimal
    unit: str
    message: str
    places: tuple[str, ...] = ()
    waived_by: str | None = None
    waived_why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogWeeks:
    """Order backlog of a make-to-order family in weeks of its coming shipments (F2).

    `opening` at the end of the last closed bucket, `worst` in bucket `when`, `policy` the most allowed.
    """

    family: str
    units: Decimal
    opening: Decimal | None
    worst: Decimal | None
    when: str
    policy: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    """What one screen says about a plan.

    Attributes:
        company, currency, cycle, digest: which plan; the digest is empty for who sees a part of it.
        lines: the company's fiscal years, this one and the next.
        families: the same by family.
        bridges: company bridges from budget to outlook, one a year that has a budget.
        stock_value: stock at cost at the end of the current bucket; None when nothing is stocked.
        stock_days: days of coming shipments it covers, at cost; None when it lasts beyond the horizon.
        target_value, target_days: the same of the target stock; None without targets.
        service: percent of the next 12 buckets' make-to-stock demand shipped in its own bucket, at price.
        served: percent of the next 12 buckets' demand that is not lost, at price.
        overloads: resources short of hours, worst first, at most five.
        overloaded: number of resources and buckets above capacity in the unlimited plan; None where it is not said.
        shortages: key materials short.
        backlogs: make-to-order families with their weeks of backlog, now and at worst.
        endings: items that leave stock behind.
        gaps: outlook against budget and demand not served, ranked by money.
        refused, warnings, notes: number of issues.
        ties: checks done inside the plan.
        matrix: every pair of plans that should be one, where it was asked for: `trivet gaps`, and the pack.
    """

    company: str
    currency: str
    cycle: str
    digest: str
    lines: tuple[FiscalLine, ...]
    families: tuple[FiscalLine, ...]
    bridges: tuple[Bridge, ...]
    stock_value: Decimal | None
    stock_days: Decimal | None
    target_value: Decimal | None
    target_days: Decimal | None
    service: Decimal | None
    served: Decimal | None
    overloads: tuple[Overload, ...]
    overloaded: int | None
    shortages: tuple[MaterialShortage, ...]
    backlogs: tuple[BacklogWeeks, ...]
    endings: tuple[Ending, ...]
    gaps: tuple[Gap, ...]
    refused: int
    warnings: int
    notes: int
    ties: tuple[Check, ...]
    matrix: GapMatrix | None = None

    @property
    def scale(self) -> tuple[int, str]:
        """What one shown amount of money is worth and its name: million, thousand or nothing, so that all can read it.

        The largest year's revenue decides; below five of a scale two decimals say too little.
        """
        largest = max((abs(line.revenue) for line in self.lines), default=Decimal(0))
        for worth, name in ((1_000_000, "million"), (1_000, "thousand")):
            if largest >= 5 * worth:
                return worth, name
        return 1, ""
