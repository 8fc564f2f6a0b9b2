"""The consensus before anybody's change: which opinion counts where, by the rules the company agreed on.

Reads the streams and `baseline_demand` (the stream `statistical`); writes `consensus_base`. In each cell the rules of
the most specific node that speaks for its lag hold (family and region, family, region, everyone), with the weights the
company wrote or those its streams earned by their accuracy (`weighing`); a stream that said nothing there hands its
weight to the others, missing is never 0 (F18). Without a rule it is the baseline.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.demand.rules import STATISTICAL, Rule, is_usable, lags_in_words, read_rules, refuse, streams_of
from trivet.demand.scope import Members, group_rows, members_of
from trivet.demand.split import apply_splits
from trivet.demand.weighing import weigh


def agree(inputs: PlanInputs, demand: Panel) -> tuple[Panel, tuple[Issue, ...]]:
    """Write `consensus_base`: the weighted mean of the streams present, exact to the quantum per family and region."""
    measures, members = streams_of(inputs), members_of(inputs, demand.keys)
    rules, learned = weigh(inputs, demand, read_rules(inputs), measures)
    weights, issues = _weights(demand, members, rules, measures)
    baseline = demand.count("baseline_demand")
    total, sums = np.zeros(demand.shape), np.zeros(demand.shape)
    for stream, measure in measures.items():
        there = np.where(_given(demand, measure), weights[stream], 0.0)
        total += there
        sums += there * demand.count(measure)
    mean = np.divide(sums, total, out=baseline.astype(np.float64), where=total > 0)
    horizon = np.arange(len(demand.buckets)) >= demand.buckets.first_open
    agreed, told = apply_splits(inputs, demand, np.where(horizon, mean, 0.0), members)
    return demand.with_counts({"consensus_base": _rounded(agreed, members)}), (*issues, *learned, *told)


def weighed_rules(inputs: PlanInputs) -> list[Rule]:
    """Give the rules with the weights they have in a plan of these inputs, by hand or by accuracy.

    Args:
        inputs: of the whole company, with every table.
    """
    rules = read_rules(inputs)
    if not any(rule.by_accuracy for rule in rules):
        return rules
    demand, _ = demand_panel(inputs)
    demand, _ = correct_history(inputs, demand)
    return weigh(inputs, demand, rules, streams_of(inputs))[0]


def rule_in_words(inputs: PlanInputs, rules: Sequence[Rule], family: str, regions: Collection[str]) -> str:
    """Say which streams the consensus of a family is made of, the most specific rules first (F18).

    Weights are those of streams that say something: one that is silent hands its weight to the others. Rules of
    other regions than these are left out.
    """
    known, places = streams_of(inputs), {"", *regions}
    used = [
        rule
        for rule in rules
        if rule.family in ("", family) and rule.region in places and is_usable(rule, known) and rule.weight
    ]
    groups: dict[tuple[int, str, int, int | None], list[Rule]] = {}
    for rule in used:
        groups.setdefault((-rule.special, rule.region, rule.first, rule.last), []).append(rule)
    told, wide = [], list[tuple[int, int, float]]()
    for (rank, region, first, last), group in sorted(groups.items(), key=lambda one: (*one[0][:3], one[0][3] or 0)):
        end = np.inf if last is None else last
        if any(rank > over and start <= first and end <= until for over, start, until in wide):
            continue  # a more specific rule speaks for all of it
        told.append(f"{lags_in_words(first, last)}{f' in {region}' if region else ''}: {_mix(group)}")
        if not region:
            wide.append((rank, first, end))
    reach = 0.0
    for _, start, until in sorted(wide, key=lambda one: one[1]):
        reach = max(reach, until + 1) if start <= reach else reach
    everywhere = reach == np.inf
    return "; ".join(told if everywhere else [*told, f"else: {STATISTICAL}"] if told else [STATISTICAL])


def _mix(rules: Sequence[Rule]) -> str:
    total = sum(rule.weight or 0.0 for rule in rules)
    parts = [f"{rule.stream} {(rule.weight or 0.0) / total:.0%}" for rule in rules]
    source = next((f" ({rule.told})" for rule in rules if rule.told), "")
    return (" + ".join(parts) if len(rules) > 1 else rules[0].stream) + source


def _given(demand: Panel, measure: str) -> Flags:
    if measure == "baseline_demand":
        return np.ones(demand.shape, dtype=np.bool_)
    return demand.mask(measure) if demand.has(measure) else np.zeros(demand.shape, dtype=np.bool_)


def _weights(
    demand: Panel, members: Members, rules: Sequence[Rule], measures: Mapping[str, str]
) -> tuple[dict[str, Rates], list[Issue]]:
    """Give each stream's weight in each cell, by the most specific rules that hold there."""
    weights = {stream: np.zeros(demand.shape) for stream in measures}
    level = np.full(demand.shape, -1, dtype=np.int64)
    issues: list[Issue] = []
    for rule in rules:
        if not is_usable(rule, measures):
            issues.append(refuse(rule, measures))
            continue
        cells = members.rows({"family": rule.family, "region": rule.region})[:, None] & rule.lags(demand)[None, :]
        better = cells & (level < rule.special)
        for stream in measures:
            weights[stream][better] = 0.0
        level[better] = rule.special
        weights[rule.stream][cells] += rule.weight or 0.0
    return weights, issues


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
