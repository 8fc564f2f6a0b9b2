"""The rules of the consensus as the company wrote them: which stream counts for whom, how far ahead, by what.

A row gives a stream a weight, or lets its accuracy decide (`rule` = accuracy). The more specific node speaks: family
and region before family, family before region, region before everyone. Reads `consensus_rules`; writes no measure.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import numpy as np

from trivet.core.ids import Flags, MeasureId, MemberId
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.streams import known_streams

STATISTICAL: Final = "statistical"
"""Stream of the forecast nobody has touched."""
ACCURACY: Final = "accuracy"
"""What the column `rule` says where a stream counts by how good it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the rules.

    Attributes:
        family, region: its node; empty = every one.
        stream: whose word, in small letters.
        first, last: lags it holds for; last None = to the end.
        weight: None = none was given.
        by_accuracy: whether scores decide; `weight` is then what counts until there are enough of them.
        told: where the weight comes from, in words; empty = from the row.
    """

    family: str
    region: str
    stream: str
    first: int
    last: int | None
    weight: float | None
    by_accuracy: bool = False
    told: str = ""

    @property
    def special(self) -> int:
        """How specific its node is."""
        return 2 * bool(self.family) + bool(self.region)

    @property
    def span(self) -> tuple[str, str, int, int | None]:
        """Its node and lags: rows that share them are one rule."""
        return self.family, self.region, self.first, self.last

    @property
    def scored_lag(self) -> int:
        """Buckets ahead at which its accuracy is taken: its first lag, and one at least unless it holds for 0 alone."""
        return 0 if self.last == 0 else max(self.first, 1)

    @property
    def place(self) -> Place:
        """Its node."""
        nodes = (("item", "family", self.family), ("market", "region", self.region))
        return Place(
            measure=MeasureId("consensus_base"),
            scope=tuple(Node(dimension=dim, level=lev, member=MemberId(name)) for dim, lev, name in nodes if name),
            source="consensus_rules",
        )

    def lags(self, demand: Panel) -> Flags:
        """Tell in which buckets the rule holds."""
        lag = np.arange(len(demand.buckets)) - demand.buckets.first_open
        holds: Flags = (lag >= self.first) & (lag >= 0)
        return holds if self.last is None else holds & (lag <= self.last)


def read_rules(inputs: PlanInputs) -> list[Rule]:
    """Read the rules, the most general first."""
    columns = ("family", "region", "stream", "first_lag", "last_lag", "weight", "rule")
    rules = [
        Rule(
            family=family or "",
            region=region or "",
            stream=stream.lower(),
            first=first or 0,
            last=last,
            weight=weight,
            by_accuracy=rule == ACCURACY,
        )
        for family, region, stream, first, last, weight, rule in inputs.table("consensus_rules")
        .select(columns)
        .iter_rows()
    ]
    return sorted(rules, key=lambda one: (one.special, one.family, one.region, one.stream, one.first))


def streams_of(inputs: PlanInputs) -> Mapping[str, str]:
    """Give the measure of each stream a rule can name, the statistical forecast first."""
    return {STATISTICAL: "baseline_demand", **known_streams(inputs)}


def is_usable(rule: Rule, streams: Collection[str]) -> bool:
    """Tell whether a rule names a stream of this plan and a weight that can be used, or none where scores decide."""
    weighs = rule.by_accuracy if rule.weight is None else 0 <= rule.weight < np.inf
    return rule.stream in streams and weighs


def refuse(rule: Rule, measures: Mapping[str, str]) -> Issue:
    """Say why a rule is not used."""
    if rule.stream not in measures:
        near = get_close_matches(rule.stream, list(measures), n=1)
        words = f"'{rule.stream}' is no stream of this plan; known are {', '.join(measures)}."
        words += f" Maybe {near[0]!r}?" if near else ""
    elif rule.weight is None:
        words = f"stream {rule.stream} has no weight: expected 0 or more, or rule = {ACCURACY}. The rule is not used."
    else:
        words = f"weight {rule.weight:g} of stream {rule.stream}: expected 0 or more. The rule is not used."
    return Issue(
        code="demand.consensus-rule",
        severity=Severity.WARNING,
        place=rule.place,
        message=words,
        advice="Mend consensus_rules.csv.",
    )


def lags_in_words(first: int, last: int | None) -> str:
    """Say for which lags a rule holds."""
    if last is None:
        return f"from lag {first}" if first else "all lags"
    return f"lag {first}" if first == last else f"lags {first} to {last}"
