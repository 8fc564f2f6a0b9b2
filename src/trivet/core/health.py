"""The health of a company's data: what must be mended before a cycle opens, by whom, until when, and what it is worth.

A finding is one kind of fault in one family; the trust in a family is the part of its last year's revenue that no
finding touches. `planning.health` finds them; pages, the command line and the gate "data ready" show them.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Fault(StrEnum):
    """Kinds of fault in the data."""

    PRICE = "missing-price"
    COST = "missing-cost"
    RATE = "missing-rate"
    PARENT = "missing-parent"
    UNIT = "missing-unit-conversion"
    SOURCE = "missing-source"
    ORPHAN = "orphan"
    REJECTED = "rejected-rows"
    NEGATIVE_STOCK = "negative-stock"
    BREAK = "break-in-history"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of fault in one family.

    Attributes:
        fault: what is wrong.
        blocking: whether a cycle should not open with it.
        family: the family; "" = the whole company.
        members: codes concerned, in order.
        message: what was found with its value, and what was expected.
        advice: the way out.
        at_stake: amount in plan currency; None where it can't be said.
        role: role that owns the data.
        owner: person of that role (table people) who answers for the family; None = nobody is named.
        due: day until which it should be mended.
    """

    fault: Fault
    blocking: bool
    family: str
    members: tuple[str, ...]
    message: str
    advice: str
    at_stake: Decimal | None
    role: str
    owner: str | None
    due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How far the data of a family can be trusted.

    Attributes:
        family: the family.
        revenue: value of the last year of closed buckets, in plan currency.
        touched: the part of it in items with a finding.
        score: percent of the revenue without findings, 0 to 100; of items where nothing was sold.
        findings: findings of the family.
    """

    family: str
    revenue: Decimal
    touched: Decimal
    score: Decimal
    findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Every finding, blocking ones first and then by amount; trust by family, worst first; the company's score."""

    findings: tuple[Finding, ...]
    families: tuple[Trust, ...]
    score: Decimal

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Findings because of which a cycle should not open."""
        return tuple(finding for finding in self.findings if finding.blocking)
