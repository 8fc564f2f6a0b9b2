"""Classes of items: what the company calls big, steady, new, dying and dead (`[segments]` of company.toml).

ABC ranks by money, XYZ by how steady demand is, the life cycle by when it sells; `demand.segments` computes
them, pages show them as the levels `abc`, `xyz` and `life_cycle` of the items.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from trivet.core.errors import InvalidInput

LEVELS: Final = ("abc", "xyz", "life_cycle")
"""Names of the classes as levels of the items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRules:
    """Where the classes are cut.

    Attributes:
        a: cumulative share of the last year's value up to which items are A.
        b: up to which they are B; the rest is C.
        x: coefficient of variation of season-corrected demand up to which items are X (steady).
        y: up to which they are Y; the rest is Z.
        new: buckets after the first sale an item counts as new.
        dead: closed buckets without demand after which an item is dead.
        decline: an item dies when a year's demand is below this part of the year before.
    """

    a: float = 0.80
    b: float = 0.95
    x: float = 0.25
    y: float = 0.50
    new: int = 12
    dead: int = 6
    decline: float = 0.50


def parse_segments(given: Mapping[str, Any]) -> SegmentRules:
    """Read the part [segments] of company.toml.

    Raises InvalidInput naming the key, its value and what was expected.

    >>> parse_segments({"a": 0.7}).a
    0.7
    """
    known = {field.name for field in fields(SegmentRules)}
    for key, value in given.items():
        if key not in known:
            names = ", ".join(sorted(known))
            raise InvalidInput(f"company.toml [segments]: unknown key '{key}'; known are {names}")
        whole = key in ("new", "dead")
        fits = isinstance(value, int) if whole else isinstance(value, int | float)
        if isinstance(value, bool) or not fits or value <= 0:
            wanted = "a whole number of buckets above 0" if whole else "a number above 0, e.g. 0.8"
            raise InvalidInput(f"company.toml [segments]: {key} is {value!r}; expected {wanted}")
    rules = SegmentRules(**given)
    for low, high, most in (("a", "b", 1.0), ("x", "y", float("inf"))):
        if not getattr(rules, low) <= getattr(rules, high) <= most:
            limit = " <= 1" if most == 1.0 else ""
            raise InvalidInput(
                f"company.toml [segments]: {low} is {getattr(rules, low)} and {high} is {getattr(rules, high)}; "
                f"expected {low} <= {high}{limit}"
            )
    return rules
