"""Streams weighed by how good they were: each counts as 1 / WMAPE of what it said in earlier cycles (F18).

`weight = (1 / error) / sum of (1 / error)` over the streams of one rule: its node and lags. Errors are those of whole
families, in the node's region where it names one, divided by what was asked for: the level a consensus is agreed at,
where it does not matter which dealer gets the tender sales saw coming. The lag is the rule's first, and one at least.
All streams are held to the same cells: those of the last year of which all of them spoke. A stream weighs from half a
year of scored buckets on; before that the others share the weight, and where none is left the weights written beside
the rule count, else equal ones. Scores come from the inputs' own table, so that the same inputs give the same weights.
Source: Bates & Granger (1969), The combination of forecasts; equal weights until errors are known: Clemen (1989).
Reads `published`, `orders` and `demand_history`; writes no measure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from trivet.core.buckets import Calendar
from trivet.core.ids import Counts, Flags
from trivet.core.issues import Issue, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.seasons import YEAR_BUCKETS
from trivet.demand.accuracy import due_demand, published_at_lag, roll_up_cells, score
from trivet.demand.rules import Rule, is_usable, lags_in_words, read_rules, streams_of
from trivet.demand.scope import Members, members_of

LEAST_ERROR: Final = 0.01
"""Error below which streams count as equally good: one that was never off must not silence all others."""


def weigh(
    inputs: PlanInputs, demand: Panel, rules: Sequence[Rule], measures: Mapping[str, str]
) -> tuple[list[Rule], list[Issue]]:
    """Give every rule its weight: those by accuracy from the scores of earlier plans.

    What rows with a weight of the same node and lags leave of 1 is shared by those by accuracy.

    Args:
        inputs: with the table `published`.
        demand: panel with orders and demand_history.
        rules: as read.
        measures: stream -> measure.

    Returns:
        The rules in their order, and an issue for each node and lags whose weights were learned or could not be.
    """
    groups: dict[tuple[str, str, int, int | None], list[int]] = {}
    for place, rule in enumerate(rules):
        if rule.by_accuracy and is_usable(rule, measures):
            groups.setdefault(rule.span, []).append(place)
    if not groups:
        return list(rules), []
    found, issues = list(rules), list[Issue]()
    scores = _Scores(inputs, demand, measures)
    for span, places in groups.items():
        own = [rules[place] for place in places]
        fixed = (rule for rule in rules if rule.span == span and not rule.by_accuracy and is_usable(rule, measures))
        left = max(1.0 - sum(rule.weight or 0.0 for rule in fixed), 0.0)
        weights, told, issue = scores.weigh(own)
        issues.append(issue)
        for place, rule, weight in zip(places, own, weights, strict=True):
            found[place] = replace(rule, weight=left * weight, told=told)
    return found, issues


def scores_wanted(inputs: PlanInputs) -> tuple[tuple[str, int], ...]:
    """Name what the rules read of earlier plans: measures and lags; none without a rule by accuracy."""
    measures = streams_of(inputs)
    rules = [rule for rule in read_rules(inputs) if rule.by_accuracy and is_usable(rule, measures)]
    return tuple(sorted({(measures[rule.stream], rule.scored_lag) for rule in rules}))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Said:
    """What a stream said at one lag: (series, buckets) counts, and the scored cells it spoke of."""

    planned: Counts
    spoken: Flags


class _Scores:
    """Earlier opinions beside what came."""

    def __init__(self, inputs: PlanInputs, demand: Panel, measures: Mapping[str, str]) -> None:
        self._inputs, self._demand, self._measures = inputs, demand, measures
        self._members: Members = members_of(inputs, demand.keys)
        self._actual = due_demand(demand)
        first, year = demand.buckets.first_open, YEAR_BUCKETS[demand.buckets.calendar]
        self._known = demand.mask("demand_history").copy()
        self._known[:, first:] = False
        self._known[:, : max(first - year, 0)] = False
        self._least = year // 2
        self._unit = "weeks" if demand.buckets.calendar is Calendar.WEEKS else "months"
        self._held: dict[tuple[str, int], _Said] = {}

    def weigh(self, rules: Sequence[Rule]) -> tuple[list[float], str, Issue]:
        """Weigh the streams of one node and run of lags: weights that add up to 1, their source, and the issue."""
        one = rules[0]
        lag = one.scored_lag
        rows = np.flatnonzero(self._members.rows({"family": one.family, "region": one.region}))
        said = [self._said(rule.stream, lag) for rule in rules]
        months = [_buckets(part.spoken[rows]) for part in said]
        heard = [place for place, count in enumerate(months) if count >= self._least]
        common = self._common(rows, [said[place] for place in heard])
        errors = [self._error(rows, said[place], common) for place in heard]
        count = _buckets(common)
        scored = [error for error in errors if error is not None]
        if count < self._least or len(scored) < len(errors):
            return self._unscored(rules, lag, months, count if heard else 0)
        inverse = [1 / max(error, LEAST_ERROR) for error in scored]
        weights = [0.0] * len(rules)
        for place, value in zip(heard, inverse, strict=True):
            weights[place] = value / sum(inverse)
        told = f"accuracy over {count} {self._unit}, lag {lag}"
        return weights, told, self._learned(rules, weights, dict(zip(heard, scored, strict=True)), months, told)

    def _said(self, stream: str, lag: int) -> _Said:
        if (stream, lag) not in self._held:
            planned, given = published_at_lag(self._inputs, self._demand, self._measures[stream], lag)
            self._held[stream, lag] = _Said(planned=planned, spoken=given & self._known)
        return self._held[stream, lag]

    def _common(self, rows: Counts, said: Sequence[_Said]) -> Flags:
        """Tell the cells of which all streams spoke: the fairest ground there is."""
        if not said:
            return np.zeros((len(rows), len(self._demand.buckets)), dtype=np.bool_)
        common: Flags = np.logical_and.reduce([part.spoken[rows] for part in said])
        return common

    def _error(self, rows: Counts, said: _Said, cells: Flags) -> float | None:
        if not cells.any():
            return None
        return score(*roll_up_cells(self._members.family[rows], said.planned[rows], self._actual[rows], cells)).wmape

    def _unscored(
        self, rules: Sequence[Rule], lag: int, months: Sequence[int], common: int
    ) -> tuple[list[float], str, Issue]:
        """Fall back on the weights beside the rule, else on equal ones."""
        given = [rule.weight or 0.0 for rule in rules]
        written = sum(given) > 0
        weights = [weight / sum(given) for weight in given] if written else [1 / len(rules)] * len(rules)
        each = ", ".join(f"{rule.stream} {count}" for rule, count in zip(rules, months, strict=True))
        known = f"{each}; of the same cells {common}" if common else each
        used = "the weights beside the rule are" if written else "equal weights are"
        issue = Issue(
            code="demand.consensus-unscored",
            severity=Severity.WARNING,
            place=rules[0].place,
            message=f"{lags_in_words(rules[0].first, rules[0].last)}: weights by accuracy need {self._least} scored "
            f"{self._unit} of demand at lag {lag}, and these are known: {known}. Until then {used} used.",
            advice="Add what streams said in earlier cycles to published.csv, or write weights beside the rule.",
        )
        return weights, f"accuracy not known yet, {'given' if written else 'equal'} weights", issue

    def _learned(
        self,
        rules: Sequence[Rule],
        weights: Sequence[float],
        errors: Mapping[int, float],
        months: Sequence[int],
        told: str,
    ) -> Issue:
        heard = "; ".join(f"{rules[at].stream} {weights[at]:.0%} (WMAPE {errors[at]:.1%})" for at in errors)
        silent = [f"{rule.stream} ({months[at]})" for at, rule in enumerate(rules) if at not in errors]
        new = f" Not weighed before {self._least} scored {self._unit}: {', '.join(silent)}." if silent else ""
        return Issue(
            code="demand.consensus-accuracy",
            severity=Severity.NOTE,
            place=rules[0].place,
            message=f"{lags_in_words(rules[0].first, rules[0].last)}: streams weigh by {told}: {heard}.{new}",
            advice="Weights of your own: rule = weights in consensus_rules.csv.",
        )


def _buckets(cells: Flags) -> int:
    """Count the buckets in which any cell is set."""
    return int(cells.any(axis=0).sum())
