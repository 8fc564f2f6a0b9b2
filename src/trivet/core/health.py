"""The health of a company's data: what must be mended before a cycle opens, by whom, until when, and what it is worth.

A finding is one kind of fault in one place (a family, a file, a currency); the trust in a family is the part of its
last year's revenue that no finding touches. Somebody may accept a finding for a time: then the cycle no longer waits
for it, and the trust stays as low as the data are wrong. `planning.health` finds them; pages, the command line and the
gate "data" show them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
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
class Acceptance:
    """Somebody answers for a finding instead of mending it.

    Attributes:
        by, at: who and when (UTC).
        reason: why the plan can do with it.
        cycle: first day of the cycle it was accepted in.
        until: day until which it holds; None = in that cycle only.
        amount: amount at stake then, in plan currency; None = could not be said.
        members: codes concerned then.
        seq: number of its entry in the log.
    """

    by: str
    at: datetime
    reason: str
    cycle: date
    until: date | None
    amount: Decimal | None
    members: tuple[str, ...]
    seq: int

    def over(self, cycle: date, today: date) -> str:
        """Say why it no longer holds in a cycle on a day; empty while it does."""
        if self.until is not None:
            return f"it held until {self.until}" if today > self.until else ""
        return "" if self.cycle == cycle else f"it held in cycle {self.cycle:%Y-%m-%d} only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Somebody was given a finding to mend: the person, and the day; None = as it follows from the data."""

    owner: str | None
    due: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What people said about findings, by their codes, and the day of which it is asked."""

    acceptances: Mapping[str, Acceptance]
    charges: Mapping[str, Charge]
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """An accepted finding that is no longer found."""

    code: str
    acceptance: Acceptance


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
        code: name of the finding that stays as long as it does: its kind and its place, e.g. missing-price/City.
        acceptance: that somebody answers for it; None = nobody does.
        lapsed: whether the acceptance no longer holds.
        changed: why it no longer holds, or what changed under it; empty = nothing did.
    """

    code: str
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
    acceptance: Acceptance | None = None
    lapsed: bool = False
    changed: str = ""

    @property
    def accepted(self) -> bool:
        """Whether somebody answers for it, as it is now."""
        return self.acceptance is not None and not self.lapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How far the data of a family can be trusted.

    Attributes:
        family: the family.
        revenue: value of the last year of closed buckets, in plan currency.
        touched: the part of it in items with a finding.
        score: percent of the revenue without findings, 0 to 100; of items where nothing was sold.
        findings: findings of the family, accepted ones included.
        accepted: the part of `touched` in items whose findings are all accepted: known and answered for, and as
            wrong as before, so the score counts it as touched.
    """

    family: str
    revenue: Decimal
    touched: Decimal
    score: Decimal
    findings: int
    accepted: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Findings nobody accepted, blocking ones first and then by amount; trust by family, worst first; the score.

    Attributes:
        findings: what is to be mended or accepted.
        families: trust by family.
        score: of the company.
        accepted: findings somebody answers for, in the same order.
        gone: accepted findings that are no longer found.
    """

    findings: tuple[Finding, ...]
    families: tuple[Trust, ...]
    score: Decimal
    accepted: tuple[Finding, ...] = ()
    gone: tuple[Gone, ...] = ()

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Findings because of which a cycle should not open."""
        return tuple(finding for finding in self.findings if finding.blocking)
