"""Streams weighed by 1 / WMAPE of what they said (F18), by hand."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.demand.demand_company import Cell, MakeInputs, Rows, monthly
from trivet.core.buckets import Calendar
from trivet.core.issues import Issue, Severity
from trivet.core.plan import PlanInputs
from trivet.demand.cleansing import correct_history
from trivet.demand.consensus import agree, rule_in_words, weighed_rules
from trivet.demand.history import demand_panel

MONTHS = [f"2025-{month:02d}" for month in range(1, 13)]
ITEMS: Rows = [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}, {"item": "C", "family": "G"}]
MARKETS: Rows = [{"market": "N", "region": "North"}, {"market": "S", "region": "South"}]


def said(
    stream: str, units: float | Sequence[float | None], item: str = "A", market: str = "N", lag: int = 1
) -> list[dict[str, Cell]]:
    """Rows of earlier plans for the months of 2025, so many buckets ahead; None = it said nothing."""
    values = [units] * len(MONTHS) if isinstance(units, int | float) else units
    cycles = ["2024-10", "2024-11", "2024-12", *MONTHS][3 - lag :]
    measure = "baseline_demand" if stream == "statistical" else f"{stream}_demand"
    return [
        {"cycle": cycle, "measure": measure, "item": item, "market": market, "bucket": bucket, "quantity": value}
        for cycle, bucket, value in zip(cycles, MONTHS, values, strict=False)
        if value is not None
    ]


def by_accuracy(*streams: str, **more: Cell) -> list[dict[str, Cell]]:
    return [{"stream": stream, "rule": "accuracy", **more} for stream in streams]


def company(make_inputs: MakeInputs, rules: Rows, published: Rows, orders: Rows | None = None) -> PlanInputs:
    return make_inputs(
        first="2023-01-01",
        horizon=6,
        items=ITEMS,
        markets=MARKETS,
        orders=orders
        or [*monthly([100] * 36, "A", "N"), *monthly([100] * 36, "B", "N"), *monthly([100] * 36, "C", "S")],
        consensus_rules=rules,
        published=published,
    )


def words(inputs: PlanInputs, family: str = "F") -> str:
    return rule_in_words(inputs, weighed_rules(inputs), family, ("North", "South"))


def issues_of(inputs: PlanInputs) -> tuple[Issue, ...]:
    demand, _ = demand_panel(inputs)
    demand, _ = correct_history(inputs, demand)
    return agree(inputs, demand.with_counts({"baseline_demand": np.zeros(demand.shape, dtype=np.int64)}))[1]


def test_streams_weigh_in_proportion_to_one_over_their_error(make_inputs: MakeInputs) -> None:
    # statistical is 10 % off, sales 20 %: 1/0.1 to 1/0.2 = 2 to 1
    inputs = company(make_inputs, by_accuracy("statistical", "sales"), [*said("statistical", 110), *said("sales", 80)])
    demand, _ = demand_panel(inputs)
    demand, _ = correct_history(inputs, demand)
    first = demand.buckets.first_open
    base, sales = np.zeros(demand.shape, dtype=np.int64), np.zeros(demand.shape, dtype=np.int64)
    base[:, first:], sales[:, first:] = 90_000, 60_000
    spoken = sales > 0
    spoken[:, -1] = False
    demand = demand.with_counts({"baseline_demand": base, "sales_demand": sales}, {"sales_demand": spoken})
    agreed, issues = agree(inputs, demand)
    assert agreed.count("consensus_base")[0, first:].tolist() == [80_000] * 5 + [90_000]
    assert words(inputs) == "all lags: sales 33% + statistical 67% (accuracy over 12 months, lag 1)"
    assert [(issue.code, issue.severity) for issue in issues] == [("demand.consensus-accuracy", Severity.NOTE)]
    assert "sales 33% (WMAPE 20.0%); statistical 67% (WMAPE 10.0%)" in issues[0].message


def test_errors_are_those_of_families_and_a_region_where_the_rule_names_one(make_inputs: MakeInputs) -> None:
    # over all, 20 % too much of A in North and 10 % too little of B in South are 5 % too much of the family
    orders: Rows = [*monthly([100] * 36, "A", "N"), *monthly([100] * 36, "B", "S")]
    published = [
        *said("statistical", 120), *said("statistical", 90, "B", "S"),
        *said("sales", 110), *said("sales", 110, "B", "S"),
    ]  # fmt: skip
    wide = company(make_inputs, by_accuracy("statistical", "sales"), published, orders)
    assert "sales 33% (WMAPE 10.0%); statistical 67% (WMAPE 5.0%)" in issues_of(wide)[0].message
    north = company(make_inputs, by_accuracy("statistical", "sales", region="North"), published, orders)
    assert "sales 67% (WMAPE 10.0%); statistical 33% (WMAPE 20.0%)" in issues_of(north)[0].message


def test_each_node_has_weights_of_its_own(make_inputs: MakeInputs) -> None:
    rules = [*by_accuracy("statistical", "sales"), *by_accuracy("statistical", "sales", family="G", region="South")]
    published = [
        *said("statistical", 110), *said("sales", 110),
        *said("statistical", 110, "C", "S"), *said("sales", 130, "C", "S"),
    ]  # fmt: skip
    inputs = company(make_inputs, rules, published)
    assert words(inputs, "G").startswith(
        "all lags in South: sales 25% + statistical 75% (accuracy over 12 months, lag 1)"
    )
    # the whole company: (10 + 10) / 200 = 10 % against (10 + 30) / 200 = 20 %
    assert words(inputs) == "all lags: sales 33% + statistical 67% (accuracy over 12 months, lag 1)"
    assert len(issues_of(inputs)) == 2


def test_the_lag_of_a_rule_is_its_first_and_one_at_least(make_inputs: MakeInputs) -> None:
    near = [*said("statistical", 110), *said("sales", 120)]
    far = [*said("statistical", 140, lag=3), *said("sales", 110, lag=3)]
    rules = [*by_accuracy("statistical", "sales", last_lag=2), *by_accuracy("statistical", "sales", first_lag=3)]
    assert words(company(make_inputs, rules, [*near, *far])) == (
        "lags 0 to 2: sales 33% + statistical 67% (accuracy over 12 months, lag 1); "
        "from lag 3: sales 80% + statistical 20% (accuracy over 12 months, lag 3)"
    )


def test_streams_are_held_to_the_months_all_of_them_spoke_of(make_inputs: MakeInputs) -> None:
    # in the first three months sales was silent and statistics far off: they do not count
    statistical, sales = [200] * 3 + [110] * 9, [None] * 3 + [110] * 9
    inputs = company(
        make_inputs, by_accuracy("statistical", "sales"), [*said("statistical", statistical), *said("sales", sales)]
    )
    assert words(inputs) == "all lags: sales 50% + statistical 50% (accuracy over 9 months, lag 1)"


def test_a_stream_with_few_months_waits_and_that_is_said(make_inputs: MakeInputs) -> None:
    published = [
        *said("statistical", 110), *said("sales", 120), *said("marketing", [None] * 7 + [100] * 5),
    ]  # fmt: skip
    inputs = company(make_inputs, by_accuracy("statistical", "sales", "marketing"), published)
    assert words(inputs) == "all lags: sales 33% + statistical 67% (accuracy over 12 months, lag 1)"
    assert "Not weighed before 6 scored months: marketing (5)." in issues_of(inputs)[0].message


@pytest.mark.parametrize(
    ("months", "said_of"), [(5, "sales 5, statistical 5"), (0, "sales 0, statistical 0")], ids=["five", "none"]
)
def test_before_six_months_weights_are_equal_or_those_written(
    make_inputs: MakeInputs, months: int, said_of: str
) -> None:
    units = [None] * (12 - months) + [110] * months
    published = [*said("statistical", units), *said("sales", units)]
    rules = by_accuracy("statistical", "sales")
    inputs = company(make_inputs, rules, published)
    assert words(inputs) == "all lags: sales 50% + statistical 50% (accuracy not known yet, equal weights)"
    (issue,) = issues_of(inputs)
    assert (issue.code, issue.severity) == ("demand.consensus-unscored", Severity.WARNING)
    assert f"need 6 scored months of demand at lag 1, and these are known: {said_of}" in issue.message
    assert "equal weights are used" in issue.message
    rules[0]["weight"], rules[1]["weight"] = 3.0, 1.0
    inputs = company(make_inputs, rules, published)
    assert words(inputs) == "all lags: sales 25% + statistical 75% (accuracy not known yet, given weights)"
    assert "the weights beside the rule are used" in issues_of(inputs)[0].message


def test_streams_that_never_spoke_of_the_same_months_are_not_compared(make_inputs: MakeInputs) -> None:
    halves = ([110] * 6 + [None] * 6, [None] * 6 + [100] * 6)
    published = [*said("marketing", halves[0]), *said("sales", halves[1])]
    inputs = company(make_inputs, by_accuracy("marketing", "sales"), published)
    assert "equal weights" in words(inputs)
    assert "marketing 6, sales 6" in issues_of(inputs)[0].message


def test_a_stream_that_was_never_off_leaves_the_others_a_voice(make_inputs: MakeInputs) -> None:
    published = [*said("statistical", 104), *said("sales", 100)]  # 4 % against 0, which counts as 1 %
    inputs = company(make_inputs, by_accuracy("statistical", "sales"), published)
    assert "sales 80% + statistical 20%" in words(inputs)


def test_where_nothing_was_asked_for_no_error_is_defined(make_inputs: MakeInputs) -> None:
    orders: Rows = [*monthly([100] * 24 + [0] * 12, "A", "N")]
    published = [*said("statistical", 10), *said("sales", 20)]
    inputs = company(make_inputs, by_accuracy("statistical", "sales"), published, orders)
    assert "equal weights" in words(inputs)


def test_fixed_weights_beside_it_are_taken_off_first(make_inputs: MakeInputs) -> None:
    rules: Rows = [*by_accuracy("statistical", "sales"), {"stream": "finance", "weight": 0.25, "rule": "weights"}]
    inputs = company(make_inputs, rules, [*said("statistical", 110), *said("sales", 120)])
    assert words(inputs) == "all lags: finance 25% + sales 25% + statistical 50% (accuracy over 12 months, lag 1)"


def test_weeks_need_half_a_year_too(make_inputs: MakeInputs) -> None:
    orders: Rows = [
        {"item": "A", "market": "N", "bucket": "2025-06-02", "quantity": 5},
        {"item": "A", "market": "N", "bucket": "2025-12-22", "quantity": 5},
    ]
    inputs = make_inputs(
        first="2025-01-06", cycle="2026-01-05", horizon=4, calendar=Calendar.WEEKS, items=ITEMS, markets=MARKETS,
        orders=orders, consensus_rules=by_accuracy("statistical", "sales"),
    )  # fmt: skip
    assert "need 26 scored weeks" in issues_of(inputs)[0].message


def test_a_row_without_weight_and_rule_is_refused(make_inputs: MakeInputs) -> None:
    inputs = company(make_inputs, [{"stream": "sales"}], [])
    (issue,) = issues_of(inputs)
    assert issue.code == "demand.consensus-rule"
    assert "has no weight: expected 0 or more, or rule = accuracy" in issue.message
    assert words(inputs) == "statistical"


def test_unknown_streams_by_accuracy_are_refused_and_the_others_weighed(make_inputs: MakeInputs) -> None:
    published = [*said("statistical", 110), *said("sales", 120)]
    inputs = company(make_inputs, by_accuracy("statistical", "sales", "sails"), published)
    assert [issue.code for issue in issues_of(inputs)] == ["demand.consensus-rule", "demand.consensus-accuracy"]
    assert "sales 33% + statistical 67%" in words(inputs)
