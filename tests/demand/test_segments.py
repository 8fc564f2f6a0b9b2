"""ABC, XYZ and life cycle: cut where the company says, season taken out, shown as levels, said as hints."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.demand.demand_company import MakeInputs, monthly
from trivet.core.company import parse_company
from trivet.core.errors import InvalidInput
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.segments import LEVELS, SegmentRules, parse_segments
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.demand.segments import review_hints, segment_items, segment_series
from trivet.finance.valuation import price_and_cost
from trivet.planning.segmented import with_segments

SEASON = [40, 50, 80, 120, 150, 160, 150, 120, 90, 80, 70, 90]
LUMPY = [0, 0, 300, 0, 0, 0, 40, 0, 500, 0, 0, 10]


def history(inputs: PlanInputs) -> Panel:
    panel = correct_history(inputs, demand_panel(inputs)[0])[0]
    return price_and_cost(inputs, panel)[0]


@pytest.fixture
def inputs(make_inputs: MakeInputs) -> PlanInputs:
    """36 closed months: big steady, middling lumpy, small steady, new, dead, dying, never sold."""
    shipped = [
        *monthly(SEASON * 3, "BIG", value=10_000),
        *monthly(LUMPY[3:] + LUMPY[::-1] + LUMPY + LUMPY[:3], "LUMP", value=1_500),
        *monthly([10.0] * 36, "SMALL", value=300),
        *monthly([20.0] * 6, "NEW", first="2025-07-01", value=100),
        *monthly([30.0] * 24, "DEAD", value=90),
        *monthly([30.0] * 24 + [5.0] * 12, "DYING", value=80),
        *monthly([9.0] * 36, "ENDS", value=70),
        *monthly([9.0] * 30, "OVER", value=70),
        *monthly([0.0] * 36, "NEVER", value=0),
    ]
    items = [
        {"item": name, "family": "F"} for name in ("BIG", "LUMP", "SMALL", "NEW", "DEAD", "DYING", "NEVER", "PART")
    ]
    items += [{"item": "ENDS", "family": "F", "last_sale": "2026-06-30"}, {"item": "OVER", "last_sale": "2025-06-30"}]
    return make_inputs(
        items=items,
        shipments=shipped,
        stock_history=[{"item": "DEAD", "location": "", "bucket": "2025-12", "quantity": 7}],
        costs=[{"item": "DEAD", "first": "2023-01", "cost": 2.5}],
    )


def classes(inputs: PlanInputs, name: str) -> dict[str, str]:
    found = segment_items(inputs, history(inputs))
    return dict(zip(found.keys["item"].to_list(), getattr(found, name).tolist(), strict=True))


def test_abc_is_cut_where_the_value_before_an_item_reaches_the_shares(inputs: PlanInputs) -> None:
    assert classes(inputs, "abc") == {
        "BIG": "A", "LUMP": "B", "SMALL": "C", "NEW": "C", "DEAD": "C", "DYING": "C", "ENDS": "C", "OVER": "C",
        "NEVER": "C",
    }  # fmt: skip
    wider = replace(inputs.model.company, segments=SegmentRules(a=0.5, b=0.6))
    changed = replace(inputs, model=replace(inputs.model, company=wider))
    assert classes(changed, "abc")["LUMP"] == "C"


def test_season_alone_is_not_unsteady(inputs: PlanInputs) -> None:
    found = classes(inputs, "xyz")
    assert (found["BIG"], found["SMALL"], found["LUMP"]) == ("X", "X", "Z")
    variation = segment_items(inputs, history(inputs)).variation
    assert variation[0] < 0.02
    assert np.isnan(variation[list(found).index("NEVER")])


def test_life_cycle_follows_dates_and_demand(inputs: PlanInputs) -> None:
    assert classes(inputs, "life_cycle") == {
        "BIG": "mature", "LUMP": "mature", "SMALL": "mature", "NEW": "new", "DEAD": "dead", "DYING": "dying",
        "ENDS": "dying", "OVER": "dead", "NEVER": "dead",
    }  # fmt: skip


def test_item_that_was_never_sold_but_is_expected_is_new(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        items=[{"item": "A"}, {"item": "N"}],
        orders=monthly([5.0] * 36, "A"),
        launches=[{"item": "N", "launch": "2026-03", "first_year": 100}],
    )
    assert classes(inputs, "life_cycle") == {"A": "mature", "N": "new"}


def test_classes_of_series_follow_the_keys_of_the_panel(inputs: PlanInputs) -> None:
    panel = history(inputs)
    found = segment_series(inputs, panel)
    assert found.keys.equals(panel.keys)
    assert found.value.sum() == panel.count("shipped_revenue")[:, 24:36].sum()


def test_without_revenue_units_at_their_price_rank_the_items(make_inputs: MakeInputs) -> None:
    orders = [*monthly([5.0] * 36, "A"), *monthly([10.0] * 36, "B")]
    items = [{"item": "A"}, {"item": "B"}]
    prices = [{"item": "A", "first": "2023-01", "price": 100}, {"item": "B", "first": "2023-01", "price": 1}]
    priced, unpriced = make_inputs(items=items, orders=orders, prices=prices), make_inputs(items=items, orders=orders)
    values = [segment_items(one, history(one)).value.tolist() for one in (priced, unpriced)]
    assert values == [[60_000_000, 1_200_000], [600_000, 1_200_000]]


def test_hints_name_who_to_review_and_what_lies_dead_in_stock(inputs: PlanInputs) -> None:
    hints = {hint.code: hint for hint in review_hints(inputs, history(inputs))}
    assert set(hints) == {"demand.review-by-hand", "demand.leave-to-statistic", "demand.dead-stock"}
    assert (
        "1 items bring much money and sell unsteadily (class A or B, Z): LUMP."
        in hints["demand.review-by-hand"].message
    )
    assert hints["demand.review-by-hand"].at_stake == 18_000
    assert "SMALL" in hints["demand.leave-to-statistic"].message
    assert hints["demand.dead-stock"].at_stake == 17.5


def test_classes_are_levels_of_the_items_and_parts_are_unassigned(inputs: PlanInputs) -> None:
    item = with_segments(inputs, history(inputs)).model.dimensions["item"]
    assert (item.parents("abc")["BIG"], item.parents("abc")["PART"]) == ("A", "Unassigned")
    assert item.parents("life_cycle")["NEW"] == "new"
    again = with_segments(with_segments(inputs, history(inputs)), history(inputs)).model.dimensions["item"]
    assert again.members.equals(item.members)
    assert again.digest == item.digest


def test_column_of_the_company_goes_before_the_computed_class(inputs: PlanInputs) -> None:
    own = inputs.table("items").with_columns(pl.lit("mine").alias(level) for level in LEVELS)
    theirs = replace(inputs, tables={**inputs.tables, "items": own})
    assert with_segments(theirs, history(inputs)) is theirs


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("top = 1", "unknown key 'top'; known are a, b, dead, decline, new, x, y"),
        ("a = true", "a is True; expected a number above 0"),
        ('x = "much"', "x is 'much'; expected a number above 0"),
        ("dead = 0.5", "dead is 0.5; expected a whole number of buckets above 0"),
        ("a = 0.96", "a is 0.96 and b is 0.95; expected a <= b <= 1"),
        ("x = 0.9", "x is 0.9 and y is 0.5; expected x <= y"),
    ],
)
def test_wrong_cuts_are_refused_with_key_value_and_expectation(given: str, said: str) -> None:
    time = '[time]\nfirst_bucket = "2025-01"\ncycle = "2026-01"\n'
    text = f'[company]\nname = "T"\ncurrency = "EUR"\n{time}[segments]\n{given}'
    with pytest.raises(InvalidInput) as wrong:
        parse_company(text)
    assert said in wrong.value.message


def test_cuts_of_company_toml_are_kept() -> None:
    assert parse_segments({"a": 0.7, "dead": 3}) == SegmentRules(a=0.7, dead=3)
