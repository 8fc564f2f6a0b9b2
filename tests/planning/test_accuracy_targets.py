"""Figures against their targets: met, nearly, missed, by how much, and what no figure answers."""

import polars as pl
import pytest

from trivet.demand.accuracy import Score
from trivet.planning.accuracy import Accuracy
from trivet.planning.targets import accuracy_targets, judge

COLUMNS = {"kpi": pl.String, "family": pl.String, "target": pl.Float64, "tolerance": pl.Float64, "better": pl.String}


def table(*rows: tuple[str, str, float, float | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=COLUMNS, orient="row")


def found(wmape: float | None, bias: float = 0.0) -> Accuracy:
    score = Score(wmape=wmape, bias=bias, mase=0.8, tracking_signal=-5.0, cells=6, buckets=3)
    return Accuracy(lag=1, level="item", member="", score=score, buckets=(), spoken=1.0, stock_outs=())


def test_names_say_figure_level_and_lag_and_others_are_left_alone() -> None:
    targets, odd = accuracy_targets(
        table(
            ("wmape_item_lag_1", "", 0.28, 0.03, "lower"),
            ("WMAPE_family_lag_3", "City", 0.12, None, None),
            ("bias", "", 0.0, 0.04, None),
            ("mape_item_market", "", 0.4, None, None),
            ("wmape_itm", "", 0.3, None, None),
            ("fill_rate", "", 0.96, 0.01, "higher"),
        )
    )
    assert [(one.figure, one.level, one.lag, one.family, one.better) for one in targets] == [
        ("wmape", ("family",), 3, "City", "lower"),
        ("bias", ("item",), 1, "", "near"),
        ("mape", ("item", "market"), 1, "", "lower"),
        ("wmape", ("item",), 1, "", "lower"),
    ]
    assert odd == ("wmape_itm",)


@pytest.mark.parametrize(
    ("kpi", "aim", "tolerance", "value", "state", "words"),
    [
        ("wmape", 0.28, 0.03, 0.25, "met", "WMAPE item, lag 1: 25.0%, target 28.0% or less: met, 3.0 points to spare"),
        ("wmape", 0.28, 0.03, 0.28, "met", "WMAPE item, lag 1: 28.0%, target 28.0% or less: met"),
        ("wmape", 0.28, 0.03, 0.3, "nearly", "target 28.0% or less: nearly met, missed by 2.0 points"),
        ("wmape", 0.28, 0.03, 0.32, "missed", "target 28.0% or less: missed by 4.0 points"),
        ("wmape", 0.28, 0.03, None, "unknown", "WMAPE item, lag 1: no plan spoke; its target is 28.0% or less"),
    ],
)
def test_an_error_is_held_to_its_target(
    kpi: str, aim: float, tolerance: float, value: float | None, state: str, words: str
) -> None:
    (target,), _ = accuracy_targets(table((kpi, "", aim, tolerance, "lower")))
    verdict = judge(target, found(value), "no plan spoke")
    assert verdict.state == state
    assert verdict.said.endswith(words)
    assert verdict.value == value


@pytest.mark.parametrize(
    ("bias", "state", "words"),
    [
        (-0.03, "met", "bias, lag 1: -3.0%, target 0.0% ± 4.0%: met, 1.0 points to spare"),
        (0.06, "missed", "bias, lag 1: +6.0%, target 0.0% ± 4.0%: missed by 2.0 points"),
    ],
)
def test_bias_is_met_on_both_sides_of_its_target(bias: float, state: str, words: str) -> None:
    (target,), _ = accuracy_targets(table(("bias", "", 0.0, 0.04, None)))
    verdict = judge(target, found(0.1, bias), "")
    assert (verdict.state, verdict.said) == (state, words)


def test_figures_that_are_no_parts_of_demand_are_told_as_they_are() -> None:
    (mase, signal), _ = accuracy_targets(table(("mase", "", 0.9, None, None), ("tracking_signal", "", 0.0, 4.0, None)))
    assert judge(mase, found(0.1)).said == "MASE item, lag 1: 0.80, target 0.90 or less: met, 0.10 to spare"
    said = "tracking signal item, lag 1: -5.00, target 0.00 ± 4.00: missed by 1.00"
    assert judge(signal, found(0.1)).said == said
    (higher,), _ = accuracy_targets(table(("mase", "", 0.9, None, "higher")))
    assert judge(higher, found(0.1)).said.endswith("target 0.90 or more: missed by 0.10")
    assert judge(higher, None).state == "unknown"
