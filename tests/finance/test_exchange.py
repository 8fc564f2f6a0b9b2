import numpy as np

from tests.finance.tiny import FIRST_OPEN, make_inputs, month
from trivet.core.steps import holding_rows
from trivet.finance.exchange import RateTable, RateType, rate_table

ITEMS = [{"item": "A", "family": "F"}]


def rates(kind: RateType = RateType.FORECAST) -> RateTable:
    inputs = make_inputs(
        items=ITEMS,
        exchange_rates=[
            {"type": "forecast", "currency": "USD", "first": month(-1), "rate": 0.88},
            {"type": "forecast", "currency": "USD", "first": month(2), "rate": 0.9},
            {"type": "budget", "currency": "USD", "first": month(-30), "rate": 0.92},
        ],
    )
    return rate_table(inputs, kind, ["USD", "GBP"])


def test_rate_holds_from_its_first_bucket_until_the_next_row() -> None:
    value, known = rates().on("USD")
    at = FIRST_OPEN
    assert not known[at - 2]
    assert known[at - 1 :].all()
    assert value[at - 1 : at + 4].tolist() == [0.88, 0.88, 0.88, 0.9, 0.9]


def test_rate_that_starts_before_the_axis_holds_everywhere() -> None:
    value, known = rates(RateType.BUDGET).on("USD")
    assert known.all()
    assert (value == 0.92).all()


def test_plan_currency_is_worth_one_and_an_unlisted_currency_is_unknown() -> None:
    table = rates()
    assert table.on("EUR")[0].tolist() == [1.0] * 36
    assert not table.on("GBP")[1].any()
    assert not rates(RateType.ACTUAL).on("USD")[1].any()


def test_later_row_of_the_same_bucket_wins_and_rows_beyond_the_axis_do_not_count() -> None:
    buckets = make_inputs(items=ITEMS).model.buckets
    firsts = [month(0), month(0), month(400), month(-100)]
    holds = holding_rows(np.array([0, 0, 0, 1]), firsts, 3, buckets)
    assert holds[0, FIRST_OPEN - 1] == -1
    assert (holds[0, FIRST_OPEN:] == 1).all()
    assert (holds[1] == 3).all()
    assert (holds[2] == -1).all()
