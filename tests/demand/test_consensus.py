"""Which opinion counts where (F18), by hand."""

import numpy as np

from tests.demand.demand_company import Cell, MakeInputs, Rows, monthly
from trivet.core.ids import Counts
from trivet.core.issues import Issue
from trivet.demand.consensus import agree, rule_in_words, weighed_rules
from trivet.demand.history import demand_panel

ITEMS: list[dict[str, Cell]] = [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}]


def agreed(
    make_inputs: MakeInputs, rules: Rows, sales: dict[tuple[int, int], int], baseline: tuple[int, int] = (100, 100)
) -> tuple[Counts, tuple[Issue, ...]]:
    """Agree over lags 0 to 3; `sales` holds counts by (row, lag)."""
    orders = [*monthly([1.0], "A", "M", "2025-12-01"), *monthly([1.0], "B", "M", "2025-12-01")]
    inputs = make_inputs(
        first="2025-12-01",
        horizon=4,
        items=ITEMS,
        markets=[{"market": "M", "region": "North"}],
        orders=orders,
        consensus_rules=rules,
    )
    panel, _ = demand_panel(inputs)
    base = np.zeros(panel.shape, dtype=np.int64)
    base[:, 1:] = np.array(baseline)[:, None]
    counts, given = np.zeros(panel.shape, dtype=np.int64), np.zeros(panel.shape, dtype=np.bool_)
    for (row, lag), value in sales.items():
        counts[row, 1 + lag], given[row, 1 + lag] = value, True
    panel = panel.with_counts({"baseline_demand": base, "sales_demand": counts}, {"sales_demand": given})
    panel, issues = agree(inputs, panel)
    assert not panel.count("consensus_base")[:, 0].any()
    return panel.count("consensus_base")[:, 1:], issues


def rule(stream: str, weight: float, **node: Cell) -> dict[str, Cell]:
    return {"stream": stream, "weight": weight, **node}


def test_without_a_rule_statistics_decide(make_inputs: MakeInputs) -> None:
    found, issues = agreed(make_inputs, [], {(0, 0): 500})
    assert found.tolist() == [[100] * 4, [100] * 4]
    assert issues == ()


def test_streams_weigh_in_and_missing_ones_hand_their_weight_on(make_inputs: MakeInputs) -> None:
    rules = [rule("statistical", 0.25), rule("sales", 0.5), rule("finance", 0.25)]
    found, _ = agreed(make_inputs, rules, {(0, 0): 400})
    assert found.tolist() == [[300, 100, 100, 100], [100] * 4]


def test_a_given_zero_is_an_opinion(make_inputs: MakeInputs) -> None:
    found, _ = agreed(make_inputs, [rule("sales", 1)], {(0, 0): 0})
    assert found[0].tolist() == [0, 100, 100, 100]


def test_the_most_specific_node_decides(make_inputs: MakeInputs) -> None:
    rules = [rule("statistical", 1), rule("sales", 1, family="F"), rule("statistical", 1, family="F", region="North")]
    sales = {(0, lag): 500 for lag in range(4)}
    assert agreed(make_inputs, rules, sales)[0][0].tolist() == [100] * 4
    assert agreed(make_inputs, rules[:2], sales)[0][0].tolist() == [500] * 4
    assert agreed(make_inputs, rules[:1], sales)[0][0].tolist() == [100] * 4
    assert agreed(make_inputs, [*rules[:1], rule("sales", 1, region="North")], sales)[0][0].tolist() == [500] * 4


def test_a_rule_holds_for_its_lags_and_the_wider_one_elsewhere(make_inputs: MakeInputs) -> None:
    rules = [rule("statistical", 1), rule("sales", 1, family="F", first_lag=1, last_lag=2)]
    found, _ = agreed(make_inputs, rules, {(0, lag): 500 for lag in range(4)})
    assert found[0].tolist() == [100, 500, 500, 100]


def test_rounding_keeps_the_total_of_family_and_region(make_inputs: MakeInputs) -> None:
    rules = [rule("statistical", 0.5), rule("sales", 0.5)]
    found, _ = agreed(make_inputs, rules, {(0, 0): 101, (1, 0): 101})
    assert found[:, 0].tolist() == [101, 100]
    assert int(found[:, 0].sum()) == 201


def test_all_weights_zero_is_the_baseline(make_inputs: MakeInputs) -> None:
    found, _ = agreed(make_inputs, [rule("statistical", 0), rule("sales", 0)], {(0, 0): 500})
    assert found[0].tolist() == [100] * 4


def test_unknown_streams_and_bad_weights_are_said(make_inputs: MakeInputs) -> None:
    rules = [rule("sails", 1), rule("sales", -1, family="F")]
    found, issues = agreed(make_inputs, rules, {(0, 0): 500})
    assert found[0].tolist() == [100] * 4
    assert ["Maybe 'sales'?" in issues[0].message, "weight -1" in issues[1].message] == [True, True]


def test_rules_are_said_from_the_most_specific_and_without_what_it_covers(make_inputs: MakeInputs) -> None:
    def words(*rules: dict[str, Cell], regions: tuple[str, ...] = ("North",)) -> str:
        inputs = make_inputs(
            first="2025-12-01", horizon=4, items=ITEMS, markets=[{"market": "M", "region": "North"}],
            orders=[*monthly([1.0], "A", "M", "2025-12-01")], consensus_rules=list(rules),
        )  # fmt: skip
        return rule_in_words(inputs, weighed_rules(inputs), "F", regions)

    wide = (rule("sales", 0.5), rule("statistical", 1.5))
    assert words() == words(rule("sails", 1), rule("sales", 0), rule("sales", 1, family="G")) == "statistical"
    assert words(*wide) == "all lags: sales 25% + statistical 75%"
    assert words(*wide, rule("finance", 1, family="F")) == "all lags: finance"
    assert words(rule("sales", 1, first_lag=0, last_lag=2)) == "lags 0 to 2: sales; else: statistical"
    assert words(rule("sales", 1, first_lag=3, last_lag=3)) == "lag 3: sales; else: statistical"
    assert words(rule("sales", 1, family="F", first_lag=2), *wide) == (
        "from lag 2: sales; all lags: sales 25% + statistical 75%"
    )
    north = rule("sales", 1, family="F", region="North")
    assert words(north, *wide) == "all lags in North: sales; all lags: sales 25% + statistical 75%"
    assert words(north, *wide, regions=()) == "all lags: sales 25% + statistical 75%"
