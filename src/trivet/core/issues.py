"""Problems are values: planning finds all of them at once, each with a place and a way out."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from trivet.core.ids import MeasureId, MemberId


class Severity(StrEnum):
    """How much an issue weighs."""

    REFUSED = "refused"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One member of one level of a dimension, e.g. item / family / Trekking."""

    dimension: str
    level: str
    member: MemberId

    def __str__(self) -> str:
        """Show as people say it: `family Trekking`."""
        return f"{self.level} {self.member}"


Scope = tuple[Node, ...]
"""Nodes of different dimensions; what lies in all of them. Empty = everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an issue is: measure, scope and buckets of a plan, or file, row and column of an input."""

    measure: MeasureId | None = None
    scope: Scope = ()
    first: date | None = None
    last: date | None = None
    source: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        """Show the place in words."""
        file = [f"{self.source}" if self.source else "", f"row {self.row}" if self.row else ""]
        parts = [*file, f"column '{self.column}'" if self.column else "", self.measure or ""]
        parts += [str(node) for node in self.scope]
        if self.first:
            months = {f"{self.first:%Y-%m}", f"{(self.last or self.first):%Y-%m}"}
            parts.append(" to ".join(sorted(months)))
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A problem planning found.

    Attributes:
        code: stable name of the kind, e.g. `spread.locks-exceed-total`.
        severity: refused (nothing happened), warning (the plan stands, look) or note.
        place: where.
        message: what was found with its value, and what was expected.
        advice: the way out.
        at_stake: amount in plan currency, if it can be said.
    """

    code: str
    severity: Severity
    message: str
    advice: str
    place: Place = field(default_factory=Place)
    at_stake: Decimal | None = None

    def __str__(self) -> str:
        """Show place, message and advice in one line."""
        where = str(self.place)
        return f"{where}: {self.message} {self.advice}".strip() if where else f"{self.message} {self.advice}".strip()
