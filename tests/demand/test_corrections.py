"""What people say about the history goes before what the cleansing finds, and both are measures of their own."""

import numpy as np
import pytest

from tests.demand.demand_company import Cell, MakeInputs, monthly
from tests.demand.test_cleansing import ITEM, YEARS, codes, corrected


def said(bucket: str, quantity: float | None = None, **where: Cell) -> dict[str, Cell]:
    return {"bucket": bucket, "quantity": quantity, "reason": "asked the customer", **where}


SPIKED = [v + 500 * (i == 14) for i, v in enumerate(YEARS)]


def test_what_is_corrected_is_a_measure_of_its_own(make_inputs: MakeInputs) -> None:
    panel, _ = corrected(make_inputs(items=[ITEM], orders=monthly(SPIKED)))
    assert np.flatnonzero(panel.count("history_correction")[0]).tolist() == [14]
    assert panel.count("history_correction")[0, 14] == -500_000
    both = panel.count("orders") + panel.count("history_correction")
    present = panel.mask("demand_history")
    assert (both == panel.count("demand_history"))[present].all()


def test_what_stands_is_kept_when_a_person_says_it_is_true(make_inputs: MakeInputs) -> None:
    panel, issues = corrected(
        make_inputs(items=[ITEM], orders=monthly(SPIKED), history_corrections=[said("2024-03", item="A")])
    )
    assert panel.count("demand_history")[0, 14] == 620_000
    assert not panel.count("history_correction").any()
    assert issues == ()


def test_another_value_replaces_what_stands_and_teaches_what_was_due(make_inputs: MakeInputs) -> None:
    corrections = [said("2024-03", 90, item="A", market="M")]
    panel, issues = corrected(make_inputs(items=[ITEM], orders=monthly(SPIKED), history_corrections=corrections))
    assert panel.count("demand_history")[0, 14] == 90_000
    assert panel.count("history_correction")[0, 14] == -530_000
    assert panel.count("orders")[0, 14] == 620_000
    assert issues == ()


def test_the_narrower_word_counts(make_inputs: MakeInputs) -> None:
    corrections = [said("2024-03", 90, item="A", market="M"), said("2024-03")]
    panel, _ = corrected(make_inputs(items=[ITEM], orders=monthly(SPIKED), history_corrections=corrections))
    assert panel.count("demand_history")[0, 14] == 90_000


def test_a_feed_a_person_calls_complete_is_learned_from_and_no_longer_asked_about(make_inputs: MakeInputs) -> None:
    cut = [*YEARS[:-1], YEARS[-1] * 0.6]
    orders = [*monthly(cut, market="North"), *monthly(YEARS, market="South")]
    assert codes(corrected(make_inputs(items=[ITEM], orders=orders))[1]) == ["demand.partial-bucket"]
    complete = [said("2025-12", market="North")]
    panel, issues = corrected(make_inputs(items=[ITEM], orders=orders, history_corrections=complete))
    assert panel.mask("demand_history")[:, 35].all()
    assert panel.count("demand_history")[0, 35] == 60_000
    assert issues == ()


def test_a_gap_said_to_be_zero_is_zero(make_inputs: MakeInputs) -> None:
    missing = [None if i == 20 else v for i, v in enumerate(YEARS)]
    orders = [*monthly(missing, market="West"), *monthly(YEARS, market="East")]
    zero = [said("2024-09", 0, item="A", market="West")]
    panel, issues = corrected(make_inputs(items=[ITEM], orders=orders, history_corrections=zero))
    assert panel.mask("demand_history")[:, 20].all()
    assert panel.count("demand_history")[1, 20] == 0
    assert issues == ()


@pytest.mark.parametrize(
    ("row", "code", "message"),
    [
        (said("2024-03", 10, item="A"), "demand.correction-refused", "10 units were given for 2 series"),
        (said("2024-03", -4, item="A", market="M"), "demand.correction-refused", "-4 units were given"),
        (said("2026-03", 4, item="A", market="M"), "demand.correction-unused", "not a closed one"),
        (said("2024-03", 4, item="B", market="M"), "demand.correction-unused", "no series has this item"),
    ],
)
def test_a_correction_that_cannot_be_used_is_said(
    make_inputs: MakeInputs, row: dict[str, Cell], code: str, message: str
) -> None:
    orders = [*monthly(YEARS), *monthly(YEARS, market="N")]
    panel, issues = corrected(make_inputs(items=[ITEM, {"item": "B"}], orders=orders, history_corrections=[row]))
    assert not panel.count("history_correction").any()
    assert codes(issues) == [code]
    assert message in issues[0].message
    assert issues[0].place.source == "history_corrections"
    assert "history_corrections.csv" in issues[0].advice


def test_units_asked_for_in_a_stock_out_and_not_shipped_are_a_measure(make_inputs: MakeInputs) -> None:
    shipped = [v * (0.7 if i == 20 else 1) for i, v in enumerate(YEARS)]
    empty = [{"item": "A", "location": "MAIN", "bucket": "2024-09", "quantity": 0}]
    inputs = make_inputs(items=[ITEM], orders=monthly(YEARS), shipments=monthly(shipped), stock_history=empty)
    panel, issues = corrected(inputs)
    assert np.flatnonzero(panel.count("stock_out_units")[0]).tolist() == [20]
    assert panel.count("stock_out_units")[0, 20] == 24_000
    assert not panel.count("history_correction").any()
    assert codes(issues) == ["demand.stock-out"]


def test_without_orders_the_unmet_part_of_a_stock_out_is_what_was_due(make_inputs: MakeInputs) -> None:
    shipped = [v * (0.5 if i == 20 else 1) for i, v in enumerate(YEARS)]
    empty = [{"item": "A", "location": "MAIN", "bucket": "2024-09", "quantity": 0}]
    panel, issues = corrected(make_inputs(items=[ITEM], shipments=monthly(shipped), stock_history=empty))
    assert panel.count("history_correction")[0, 20] == 40_000
    assert panel.count("stock_out_units")[0, 20] == 40_000
    assert codes(issues) == ["demand.stock-out-corrected"]
