"""One check of the certificate: what must be equal, and the query that gives both sides."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """One check.

    Attributes:
        name: what must be equal, in words.
        unit: `units`, `money`, `hours`, `rows` or `money a unit`.
        query: SQL giving (place, found, expected); NULL means that there is none.
        tolerance: largest difference that is rounding, never a quantum of what is stored unless said.
        file: evidence it needs besides the usual ones.
        measure: of the demand plan; a plan made before it existed is not checked.
    """

    name: str
    unit: str
    query: str
    tolerance: Decimal = Decimal(0)
    file: str | None = None
    measure: str | None = None
