"""Gates a plan passes on its way to being published: are the data ready, is every family's consensus approved.

An open gate is told, and kept in the certificate of the plan with what is open; a company that names it in
`company.toml` ([gates] demanded) has it demanded: then the plan is published only when somebody waives it with name
and reason, as with a check that fails. Told is the rule, because a cycle of a small company, or a plan of one family,
may have nobody else to approve, and a month that ends without a plan costs more than one published with a known gap.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from trivet.core.errors import InvalidInput


class GateName(StrEnum):
    """The gates before publishing."""

    DATA = "data"
    CONSENSUS = "consensus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One gate as it stood.

    Attributes:
        name: which.
        demanded: whether the company publishes only when it is passed or waived.
        passed: how many points are in order, e.g. families approved.
        open: what is not, one line each with who and what.
        accepted: what somebody answers for instead of mending it: who and why.
        waived_by: who let the plan pass all the same; None = nobody.
        waived_why: why.
    """

    name: GateName
    demanded: bool
    passed: int
    open: tuple[str, ...]
    accepted: tuple[str, ...] = ()
    waived_by: str | None = None
    waived_why: str | None = None

    @property
    def holds_back(self) -> bool:
        """Whether it keeps the plan from being published."""
        return self.demanded and bool(self.open) and self.waived_by is None

    def waive(self, *, actor: str, reason: str) -> "Gate":
        """Let the plan pass where it is held back, with the name of who did it and why."""
        return replace(self, waived_by=actor, waived_why=reason) if self.holds_back else self


def parse_gates(given: Mapping[str, Any]) -> frozenset[GateName]:
    """Read the part [gates] of company.toml: the gates that are demanded.

    Raises InvalidInput naming the key, its value and what was expected.

    >>> sorted(parse_gates({"demanded": ["data", "consensus"]}))
    [<GateName.CONSENSUS: 'consensus'>, <GateName.DATA: 'data'>]
    """
    for key in given:
        if key != "demanded":
            raise InvalidInput(f"company.toml [gates]: unknown key '{key}'; known is demanded")
    names = given.get("demanded", [])
    known = [gate.value for gate in GateName]
    if not isinstance(names, list) or any(name not in known for name in names):
        raise InvalidInput(f"company.toml [gates]: demanded is {names!r}; expected a list of {', '.join(known)}")
    return frozenset(GateName(name) for name in names)
