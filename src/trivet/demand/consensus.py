"""The consensus before anybody's change: which opinion counts where, by the rules the company agreed on.

Reads the streams and `baseline_demand` (the stream `statistical`); writes `consensus_base`. In each cell the rules of
the most specific node that speaks for its lag hold (family and region, family, region, everyone); a stream that said
nothing there hands its weight to the others, missing is never 0 (F18). Without a rule it is the baseline.
"""

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.scope import Members, group_rows, members_of
from trivet.demand.split import apply_splits
from trivet.demand.streams import known_streams

STATISTICAL: Final = "statistical"


def agree(inputs: PlanInputs, demand: Panel) -> tuple[Panel, tuple[Issue, ...]]:
    """Write `consensus_base`: the weighted mean of the streams present, exact to the quantum per family and region."""
    measures = {STATISTICAL: "baseline_demand", **known_streams(inputs)}
    members = members_of(inputs, demand.keys)
    weights, issues = _weights(inputs, demand, members, measures)
    baseline = demand.count("baseline_demand")
    total, sums = np.zeros(demand.shape), np.zeros(demand.shape)
    for stream, measure in measures.items():
        there = np.where(_given(demand, measure), weights[stream], 0.0)
        total += there
        sums += there * demand.count(measure)
    mean = np.divide(sums, total, out=baseline.astype(np.float64), where=total > 0)
    horizon = np.arange(len(demand.buckets)) >= demand.buckets.first_open
    agreed, told = apply_splits(inputs, demand, np.where(horizon, mean, 0.0), members)
    return demand.with_counts({"consensus_base": _rounded(agreed, members)}), (*issues, *told)


def rule_in_words(inputs: PlanInputs, family: str, regions: Collection[str]) -> str:
    """Say which streams the consensus of a family is made of, the most specific rules first (F18).

    Weights are those of streams that say something: one that is silent hands its weight to the others. Rules of
    other regions than these are left out.
    """
    known, places = {STATISTICAL, *known_streams(inputs)}, {"", *regions}
    used = [
        rule
        for rule in _rules(inputs)
        if rule.family in ("", family) and rule.region in places and _counts(rule, known) and rule.weight
    ]
    groups: dict[tuple[int, str, int, int | None], list[_Rule]] = {}
    for rule in used:
        groups.setdefault((-rule.special, rule.region, rule.first, rule.last), []).append(rule)
    told, wide = [], list[tuple[int, int, float]]()
    for (rank, region, first, last), rules in sorted(groups.items(), key=lambda one: (*one[0][:3], one[0][3] or 0)):
        end = np.inf if last is None else last
        if any(rank > over and start <= first and end <= until for over, start, until in wide):
            continue  # a more specific rule speaks for all of it
        told.append(f"{_lags(first, last)}{f' in {region}' if region else ''}: {_mix(rules)}")
        if not region:
            wide.append((rank, first, end))
    everywhere = any(not start and until == np.inf for _, start, until in wide)
    return "; ".join(told if everywhere else [*told, f"else: {STATISTICAL}"] if told else [STATISTICAL])


def _lags(first: int, last: int | None) -> str:
    if last is None:
        return f"from lag {first}" if first else "all lags"
    return f"lag {first}" if first == last else f"lags {first} to {last}"


def _mix(rules: Sequence["_Rule"]) -> str:
    if len(rules) == 1:
        return rules[0].stream
    total = sum(rule.weight for rule in rules)
    return " + ".join(f"{rule.stream} {rule.weight / total:.0%}" for rule in rules)


def _given(demand: Panel, measure: str) -> Flags:
    if measure == "baseline_demand":
        return np.ones(demand.shape, dtype=np.bool_)
    return demand.mask(measure) if demand.has(measure) else np.zeros(demand.shape, dtype=np.bool_)


def _weights(
    inputs: PlanInputs, demand: Panel, members: Members, measures: Mapping[str, str]
) -> tuple[dict[str, Rates], list[Issue]]:
    """Give each stream's weight in each cell, by the most specific rules that hold there."""
    weights = {stream: np.zeros(demand.shape) for stream in measures}
    level = np.full(demand.shape, -1, dtype=np.int64)
    issues: list[Issue] = []
    for rule in _rules(inputs):
        if not _counts(rule, measures):
            issues.append(_refused(rule, measures))
            continue
        cells = members.rows({"family": rule.family, "region": rule.region})[:, None] & rule.lags(demand)[None, :]
        better = cells & (level < rule.special)
        for stream in measures:
            weights[stream][better] = 0.0
        level[better] = rule.special
        weights[rule.stream][cells] += rule.weight
    return weights, issues


def _rules(inputs: PlanInputs) -> list["_Rule"]:
    """Read the rules, the most general first."""
    columns = ("family", "region", "stream", "first_lag", "last_lag", "weight")
    rules = [_Rule(*row) for row in inputs.table("consensus_rules").select(columns).iter_rows()]
    return sorted(rules, key=lambda one: (one.special, one.family, one.region, one.stream, one.first))


def _counts(rule: "_Rule", streams: Collection[str]) -> bool:
    return rule.stream in streams and 0 <= rule.weight < np.inf


class _Rule:
    """One row of the rules; `special` says how specific its node is."""

    def __init__(
        self, family: str, region: str, stream: str, first: int | None, last: int | None, weight: float
    ) -> None:
        self.family, self.region, self.stream = family or "", region or "", stream.lower()
        self.first, self.last, self.weight = first or 0, last, weight
        self.special = 2 * bool(self.family) + bool(self.region)

    def lags(self, demand: Panel) -> Flags:
        """Tell in which buckets the rule holds."""
        lag = np.arange(len(demand.buckets)) - demand.buckets.first_open
        holds: Flags = (lag >= self.first) & (lag >= 0)
        return holds if self.last is None else holds & (lag <= self.last)


def _refused(rule: _Rule, measures: Mapping[str, str]) -> Issue:
    nodes = (("item", "family", rule.family), ("market", "region", rule.region))
    if rule.stream in measures:
        words = f"weight {rule.weight:g} of stream {rule.stream}: expected 0 or more. The rule is not used."
    else:
        near = get_close_matches(rule.stream, list(measures), n=1)
        words = f"'{rule.stream}' is no stream of this plan; known are {', '.join(measures)}."
        words += f" Maybe {near[0]!r}?" if near else ""
    return Issue(
        code="demand.consensus-rule",
        severity=Severity.WARNING,
        place=Place(
            measure=MeasureId("consensus_base"),
            scope=tuple(Node(dimension=dim, level=lev, member=MemberId(name)) for dim, lev, name in nodes if name),
            source="consensus_rules",
        ),
        message=words,
        advice="Mend consensus_rules.csv.",
    )


def _rounded(mean: Rates, members: Members) -> Counts:
    """Round to whole quanta so that each family and region keeps its total, by largest remainder."""
    result = np.floor(mean).astype(np.int64)
    groups = np.array([f"{a}\x1f{b}" for a, b in zip(members.family, members.region, strict=True)], dtype=object)
    for rows in group_rows(groups).values():
        exact = mean[rows]
        left = np.rint(exact.sum(axis=0)).astype(np.int64) - result[rows].sum(axis=0)
        order = np.argsort(-(exact - result[rows]), axis=0, kind="stable")
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.arange(len(rows))[:, None], axis=0)
        result[rows] += rank < left
    return result
