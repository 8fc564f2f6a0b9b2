"""Roll-up rules over members and over time."""

from collections.abc import Mapping

import numpy as np
import pytest

from tests.core.planlet import ITEMS, REGISTRY, base, model, node, panel, row
from trivet.core.buckets import Calendar, Period
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import GrainName, MeasureId
from trivet.core.measures import Registry, parse_measures
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import Model
from trivet.core.rollup import RolledUp, roll_up
from trivet.core.units import Units

GRAINS = '[grains]\ndemand = ["item", "market"]\nsupply = ["item", "location"]\ncompany = []\n'


def one_measure(text: str, unit: str = "quantity", grain: str = "demand") -> Registry:
    weight = f'[measures.w]\ngrain = "{grain}"\nkind = "given"\nunit = "money"\nspans = "both"\nabout = ""\n'
    top = weight.replace("measures.w", "measures.top")
    own = f'[measures.x]\ngrain = "{grain}"\nkind = "given"\nunit = "{unit}"\nspans = "both"\nabout = ""\n{text}\n'
    return parse_measures(GRAINS + weight + top + own)


def world(text: str, unit: str = "quantity") -> Model:
    pieces = ITEMS.with_columns(unit=np.array(["EA"] * 5))
    return model(registry=one_measure(text, unit), items=pieces)


def total(of: RolledUp, measure: str = "x") -> list[float]:
    numbers = of.counts if MeasureId(measure) in of.counts else of.rates
    return [round(float(value), 9) for value in numbers[MeasureId(measure)][0]]


def test_sum_is_exact_at_every_level_and_period() -> None:
    given = model()
    values = base(given, largest=2**40)
    made = panel(given, {"revenue": values})
    for levels in ({"item": "item"}, {"item": "family", "market": "region"}, {"market": "market"}, {}):
        for period in Period:
            rolled = roll_up(made, given, levels, ["revenue"], period=period)
            assert int(rolled.counts[MeasureId("revenue")].sum()) == int(values.sum())
            assert not rolled.issues


def test_groups_are_sorted_and_called_as_their_levels() -> None:
    given = model()
    made = panel(given, {"revenue": base(given)})
    rolled = roll_up(made, given, {"market": "region", "item": "family"}, ["revenue"])
    assert rolled.keys.columns == ["family", "region"]
    assert rolled.keys.rows()[:3] == [("Care", "America"), ("Care", "Europe"), ("City", "America")]
    assert rolled.labels[:1] == ("2025-01",)
    europe = [row(made, item, market) for item in ("BK-1", "BK-2") for market in ("DE", "FR")]
    assert np.array_equal(rolled.counts[MeasureId("revenue")][3], made.count("revenue")[europe].sum(axis=0))


def test_leaves_in_order_are_the_panel_itself() -> None:
    given = model()
    made = panel(given, {"revenue": base(given)})
    rolled = roll_up(made, given, {"item": "item", "market": "market"}, ["revenue"])
    assert np.array_equal(rolled.counts[MeasureId("revenue")], made.count("revenue"))


def test_scope_limits_what_is_rolled_up() -> None:
    given = model()
    made = panel(given, {"revenue": base(given)})
    rolled = roll_up(made, given, {}, ["revenue"], scope=(node("family", "City"), node("market", "DE")))
    rows = [row(made, "BK-1", "DE"), row(made, "BK-2", "DE")]
    assert np.array_equal(rolled.counts[MeasureId("revenue")][0], made.count("revenue")[rows].sum(axis=0))


def test_scope_in_which_nothing_lies_gives_no_group() -> None:
    given = model()
    keys = make_keys({"item": ["BK-1"], "market": ["DE"]})
    made = Panel(grain=GrainName("demand"), keys=keys, buckets=given.buckets)
    for levels in ({}, {"item": "family"}):
        rolled = roll_up(made, given, levels, ["orders", "price"], scope=(node("market", "US"),))
        assert rolled.present[MeasureId("orders")].shape == (0, len(given.buckets))
        assert rolled.rates[MeasureId("price")].shape == (0, len(given.buckets))


def test_four_four_five_quarters_hold_thirteen_weeks() -> None:
    given = model(Calendar.FOUR_FOUR_FIVE)
    made = panel(given, {"revenue": base(given)})
    rolled = roll_up(made, given, {}, ["revenue"], period=Period.QUARTER)
    quarter = rolled.labels.index("FY2027-Q1")
    months = [i for i in range(len(given.buckets)) if given.buckets.fiscal_year(i) == 2027][:3]
    assert [int(d) for d in given.buckets.days()[months]] == [28, 28, 35]
    assert rolled.counts[MeasureId("revenue")][0, quarter] == made.count("revenue")[:, months].sum()


def test_price_of_a_family_is_revenue_over_quantity_over_members_and_time() -> None:
    given = model()
    demand, prices = base(given), np.round(np.random.default_rng(4).random((15, len(given.buckets))) * 50, 9)
    made = panel(given, {"consensus_demand": demand}, {"price": prices})
    rolled = roll_up(made, given, {"item": "family"}, ["price"], period=Period.YEAR)
    opens = slice(given.buckets.first_open, given.buckets.first_open + 2)  # 2026 has two open months
    rows = [row(made, item, market) for item in ("BK-1", "BK-2") for market in ("DE", "FR", "US")]
    weight = demand[rows, opens]
    expected = (weight * prices[rows, opens]).sum() / weight.sum()
    city = rolled.keys["family"].to_list().index("City")
    assert rolled.rates[MeasureId("price")][city, rolled.labels.index("FY2026")] == pytest.approx(expected, abs=1e-8)
    assert not rolled.present[MeasureId("price")][city, rolled.labels.index("FY2025")]


def test_average_without_weight_is_what_all_share_or_absent() -> None:
    given = world('over_members = "mean:w"\nover_time = "mean:w"', "rate")
    rates = np.full((15, len(given.buckets)), 7.0)
    rates[0, 0] = 8.0
    made = panel(given, {"w": np.zeros(rates.shape, dtype=np.int64)}, {"x": rates})
    by_bucket = roll_up(made, given, {}, ["x"])
    assert by_bucket.present[MeasureId("x")][0, :3].tolist() == [False, True, True]
    assert total(by_bucket)[:3] == [0.0, 7.0, 7.0]
    by_year = roll_up(made, given, {}, ["x"], period=Period.YEAR)
    assert by_year.present[MeasureId("x")][0].tolist() == [False, True, True]


def test_average_over_time_of_what_is_summed_over_members() -> None:
    given = world('over_members = "sum"\nover_time = "mean:w"')
    x, w = (np.zeros((15, len(given.buckets)), dtype=np.int64) for _ in range(2))
    x[:2, 0], x[:2, 1] = 1000, 4000
    w[:2, 0], w[:2, 1] = 10_000, 30_000
    rolled = roll_up(panel(given, {"x": x, "w": w}), given, {}, ["x"], period=Period.QUARTER)
    assert rolled.counts[MeasureId("x")][0, 0] == round((2000 * 1 + 8000 * 3) / 4)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("sum", 6000), ("first", 1000), ("last", 3000), ("min", 1000), ("max", 3000), ("ratio:top/w", 2000)],
)
def test_rule_over_time(rule: str, expected: int) -> None:
    given = world(f'over_time = "{rule}"')
    x, w, top = (np.zeros((15, len(given.buckets)), dtype=np.int64) for _ in range(3))
    x[4, :3] = [1000, 2000, 3000]
    w[4, :3], top[4, :3] = 10_000, 20_000
    made = panel(given, {"x": x, "w": w, "top": top})
    rolled = roll_up(made, given, {}, ["x"], period=Period.QUARTER)
    assert rolled.counts[MeasureId("x")][0, 0] == expected


def test_none_over_time_or_members_shows_single_cells_only() -> None:
    given = world('over_time = "none"\nover_members = "none"')
    made = panel(given, {"x": np.ones((15, len(given.buckets)), dtype=np.int64)})
    assert not roll_up(made, given, {}, ["x"]).present[MeasureId("x")].any()
    leaves = roll_up(made, given, {"item": "item", "market": "market"}, ["x"])
    assert leaves.present[MeasureId("x")].all()
    by_year = roll_up(made, given, {"item": "item", "market": "market"}, ["x"], period=Period.YEAR)
    assert not by_year.present[MeasureId("x")].any()


def test_last_takes_the_last_bucket_with_a_value() -> None:
    given = world('over_time = "last"\nmissing = "absent"')
    values = np.tile(np.arange(len(given.buckets), dtype=np.int64), (15, 1))
    present = np.zeros(values.shape, dtype=np.bool_)
    present[:, :2] = True
    made = panel(given, {}).with_counts({"x": values}, {"x": present})
    rolled = roll_up(made, given, {}, ["x"], period=Period.QUARTER)
    assert rolled.counts[MeasureId("x")][0, :2].tolist() == [15, 0]
    assert rolled.present[MeasureId("x")][0, :2].tolist() == [True, False]


def test_stock_at_year_end_is_the_last_month_of_all_locations() -> None:
    given = model(items=ITEMS.with_columns(unit=np.array(["EA"] * 5)))
    stock = np.tile(np.arange(len(given.buckets), dtype=np.int64) * 1000, (10, 1))
    rolled = roll_up(
        panel(given, {"projected_stock": stock}, grain="supply"), given, {}, ["projected_stock"], period=Period.YEAR
    )
    assert rolled.counts[MeasureId("projected_stock")][0].tolist() == [110_000, 230_000, 350_000]


@pytest.mark.parametrize(("rule", "best", "holder"), [("max", 9.0, 4), ("min", -2.0, 7)])
def test_extreme_of_members_names_its_holder(rule: str, best: float, holder: int) -> None:
    given = world(f'over_members = "{rule}"\nover_time = "{rule}"\nmissing = "absent"', "ratio")
    values = np.ones((15, len(given.buckets)))
    values[4, :2], values[9, 0], values[7, 2] = 9.0, 9.0, -2.0
    values[0, 0] = 100.0
    present = np.ones(values.shape, dtype=np.bool_)
    present[0, 0] = False
    made = panel(given, {}).with_rates({"x": values}, {"x": present})
    by_bucket = roll_up(made, given, {}, ["x"])
    column = 0 if rule == "max" else 2
    assert by_bucket.rates[MeasureId("x")][0, column] == best
    assert by_bucket.holders[MeasureId("x")][0, column] == holder
    assert roll_up(made, given, {}, ["x"], period=Period.QUARTER).rates[MeasureId("x")][0, 0] == best


def test_extreme_of_counts_with_nothing_present_is_absent() -> None:
    given = world('over_members = "min"\nmissing = "absent"')
    values = np.full((15, len(given.buckets)), 5, dtype=np.int64)
    present = np.zeros(values.shape, dtype=np.bool_)
    present[3, 1] = True
    rolled = roll_up(panel(given, {}).with_counts({"x": values}, {"x": present}), given, {}, ["x"])
    assert rolled.counts[MeasureId("x")][0, :3].tolist() == [0, 5, 0]
    assert rolled.holders[MeasureId("x")][0, :3].tolist() == [-1, 3, -1]


def test_holder_of_the_last_bucket_is_kept() -> None:
    given = world('over_members = "max"\nover_time = "last"', "ratio")
    values = np.ones((15, len(given.buckets)))
    values[6, 2] = 3.0
    rolled = roll_up(panel(given, {}, {"x": values}), given, {}, ["x"], period=Period.QUARTER)
    assert rolled.holders[MeasureId("x")][0, 0] == 6


def test_ratio_is_counted_at_the_leaves_then_divided() -> None:
    given = world('over_members = "ratio:top/w"\nover_time = "ratio:top/w"', "ratio")
    top, w = (np.zeros((15, len(given.buckets)), dtype=np.int64) for _ in range(2))
    top[:2, 0], w[:2, 0] = [10, 0], [10, 90]
    top[0, 1], w[0, 1] = 50, 100
    made = panel(given, {"top": top, "w": w})
    by_bucket = roll_up(made, given, {}, ["x"])
    assert total(by_bucket)[:3] == [0.1, 0.5, 0.0]
    assert by_bucket.present[MeasureId("x")][0, :3].tolist() == [True, True, False]
    assert total(roll_up(made, given, {}, ["x"], period=Period.QUARTER))[0] == 0.3


def test_litres_and_pieces_are_not_added() -> None:
    given = model()
    made = panel(given, {"consensus_demand": base(given)})
    rolled = roll_up(made, given, {"market": "region"}, ["consensus_demand"])
    assert [issue.code for issue in rolled.issues] == ["roll-up.mixed-units"]
    assert "America, Europe: items in EA, L have no common total" in rolled.issues[0].message
    assert not rolled.present[MeasureId("consensus_demand")].any()
    assert not rolled.counts[MeasureId("consensus_demand")].any()
    grand = roll_up(made, given, {}, ["consensus_demand"])
    assert grand.issues[0].message.startswith("the total:")
    assert not roll_up(made, given, {"item": "family"}, ["consensus_demand"]).issues


def test_quantities_add_in_a_unit_every_item_converts_to() -> None:
    given = model()
    made = panel(given, {"consensus_demand": base(given)})
    conversions = {("", "tonne"): 50.0, ("OIL", "tonne"): 1200.0}
    units = Units(base={**dict.fromkeys(ITEMS["item"].to_list(), "EA"), "OIL": "L"}, per_unit=conversions)
    rolled = roll_up(made, given, {}, ["consensus_demand", "revenue"], unit="TONNE", units=units)
    assert not rolled.issues
    oil = [row(made, "OIL", market) for market in ("DE", "FR", "US")]
    bikes = np.setdiff1d(np.arange(15), oil)
    values = made.count("consensus_demand")
    expected = np.rint(values[bikes].sum(axis=0) / 50 + values[oil].sum(axis=0) / 1200)
    assert np.array_equal(rolled.counts[MeasureId("consensus_demand")][0], expected)


def test_unit_an_item_does_not_have_is_said() -> None:
    given = model()
    made = panel(given, {"consensus_demand": base(given)})
    rolled = roll_up(made, given, {"item": "family"}, ["consensus_demand"], unit="L")
    assert [issue.code for issue in rolled.issues] == ["roll-up.no-conversion"]
    assert "City, Kids: item 'BK-1' has no unit 'L', only EA." in rolled.issues[0].message
    assert rolled.present[MeasureId("consensus_demand")].any(axis=1).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("levels", "measure", "says"),
    [
        ({"location": "location"}, "revenue", "demand has no location; it has item, market"),
        ({"item": "colour"}, "revenue", "item has no level 'colour'. Levels: item, family"),
        ({}, "production", "measure production lives in grain supply; this panel is demand"),
    ],
)
def test_what_the_panel_does_not_have_is_refused(levels: Mapping[str, str], measure: str, says: str) -> None:
    given = model()
    with pytest.raises(InvalidInput, match=says):
        roll_up(panel(given, {}), given, levels, [measure])


def test_grain_without_items_has_no_unit() -> None:
    registry = parse_measures(
        '[grains]\ncompany = []\n[measures.x]\ngrain = "company"\nkind = "given"\n'
        'unit = "quantity"\nspans = "both"\nabout = ""\n'
    )
    given = model(registry=registry)
    alone = Panel(grain=GrainName("company"), keys=make_keys({}), buckets=given.buckets)
    alone = alone.with_counts({"x": np.ones((1, len(given.buckets)), dtype=np.int64)})
    assert roll_up(alone, given, {}, ["x"], period=Period.YEAR).counts[MeasureId("x")].tolist() == [[12, 12, 12]]
    with pytest.raises(InvalidInput, match="company has no items"):
        roll_up(alone, given, {}, ["x"], unit="EA")


def test_grain_of_a_level_rolls_up_by_that_level_only() -> None:
    given = model()
    keys = make_keys({"family": ["City", "Kids"], "region": ["Europe", "Europe"]})
    budget = Panel(grain=GrainName("budget"), keys=keys, buckets=given.buckets)
    ones = np.ones((2, len(given.buckets)), dtype=np.int64)
    budget = budget.with_counts({"budget_revenue": ones}, {"budget_revenue": ones > 0})
    rolled = roll_up(budget, given, {"family": "family"}, ["budget_revenue"])
    assert rolled.keys["family"].to_list() == ["City", "Kids"]
    with pytest.raises(InvalidInput, match=r"family has no level 'item'\. Levels: family"):
        roll_up(budget, given, {"family": "item"}, ["budget_revenue"])
    city = roll_up(budget, given, {}, ["budget_revenue"], scope=(node("family", "City"),))
    assert city.counts[MeasureId("budget_revenue")][0, 0] == 1


def test_unknown_node_is_not_found() -> None:
    given = model()
    with pytest.raises(NotFound, match="family 'Citty' is not known"):
        roll_up(panel(given, {}), given, {}, ["revenue"], scope=(node("family", "Citty"),))


def test_measure_the_panel_does_not_hold_is_absent() -> None:
    given = model()
    rolled = roll_up(panel(given, {}), given, {}, ["price", "revenue"])
    assert not rolled.present[MeasureId("price")].any()
    assert REGISTRY["price"].over_members == "mean:consensus_demand"
