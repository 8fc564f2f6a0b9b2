"""The nouns of the core: quantities, dimensions, panels, measures, tables, issues."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from tests.core.planlet import CORE, ITEMS, REGISTRY, base, dimension, model, node, panel
from trivet.core.errors import InvalidInput, NotFound, TrivetError
from trivet.core.formula import in_order
from trivet.core.ids import Digest, GrainName, MeasureId
from trivet.core.issues import Issue, Place, Severity
from trivet.core.measures import Kind, Unit, parse_measures
from trivet.core.panel import Panel, keys_digest, make_keys, panel_from_long
from trivet.core.plan import Plan, PlanInputs, Recipe
from trivet.core.quantities import (
    MONEY,
    QUANTITY,
    round_rate,
    round_to_counts,
    times_rate,
    to_amounts,
    to_count,
    to_decimal,
)
from trivet.core.tables import STORED, ColumnType, parse_tables

SPECS = parse_tables((CORE / "tables.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("amount", "count"), [("1", 1000), ("0.0005", 1), ("-0.0005", -1), ("0.0004", 0)])
def test_decimals_become_counts_half_up(amount: str, count: int) -> None:
    assert to_count(Decimal(amount), QUANTITY) == count


def test_counts_become_the_decimals_people_see() -> None:
    assert str(to_decimal(823_835_282_852, MONEY)) == "82383528.2852"
    assert to_decimal(int(np.int64(5)), QUANTITY) == Decimal("0.005")


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e13])
def test_what_is_not_exact_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="too large to be exact"):
        round_to_counts(np.array([bad]), QUANTITY)


def test_quantity_times_price_is_rounded_once() -> None:
    assert times_rate(np.array([1500]), np.array([2.33333]), QUANTITY, MONEY).tolist() == [35000]
    assert to_amounts(np.array([1500]), QUANTITY).tolist() == [1.5]
    assert round_rate(np.array([1 / 3])).tolist() == [0.333333333]


def test_node_reads_as_people_say_it() -> None:
    assert str(node("family", "City")) == "family City"


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place(), ""),
        (Place(source="changes.csv", row=14, column="item"), "changes.csv row 14 column 'item'"),
        (
            Place(measure=MeasureId("revenue"), scope=(node("family", "City"),), first=date(2026, 12, 1)),
            "revenue family City 2026-12",
        ),
        (Place(first=date(2026, 12, 1), last=date(2027, 2, 1)), "2026-12 to 2027-02"),
    ],
)
def test_place_reads_in_words(place: Place, text: str) -> None:
    assert str(place) == text
    issue = Issue(code="x", severity=Severity.NOTE, message="It is.", advice="Look.", place=place)
    assert str(issue) == (f"{text}: It is. Look." if text else "It is. Look.")


def test_errors_carry_the_problems_behind_them() -> None:
    issue = Issue(code="x", severity=Severity.NOTE, message="", advice="")
    error = TrivetError("wrong", [issue])
    assert (error.message, error.issues, str(error)) == ("wrong", (issue,), "wrong")


def test_leaves_of_a_node_and_parents_of_leaves() -> None:
    item = dimension("item", ITEMS, "family", "item")
    assert item.leaves(node("family", "Kids")).tolist() == [2, 3]
    assert item.leaves(node("item", "OIL")).tolist() == [4]
    assert item.parents("family")["BK-3"] == "Kids"
    assert item.levels[:2] == ("item", "family")


@pytest.mark.parametrize(
    ("level", "member", "says"),
    [
        ("family", "Citty", r"family 'Citty' is not known \(3 known\)\. Maybe 'City'\?"),
        ("family", "Zzz", r"family 'Zzz' is not known \(3 known\)\.$"),
        ("region", "Europe", "item has no level 'region'. Levels: item, family"),
    ],
)
def test_unknown_node_offers_the_nearest(level: str, member: str, says: str) -> None:
    wrong = node("family", member)
    wrong = type(wrong)(dimension="item", level=level, member=wrong.member)
    with pytest.raises(NotFound, match=says):
        dimension("item", ITEMS, "family", "item").leaves(wrong)


def _panel() -> Panel:
    return panel(model(), {"revenue": base(model())})


def test_arrays_of_a_panel_cannot_be_written() -> None:
    made = _panel()
    with pytest.raises(ValueError, match="read-only"):
        made.count("revenue")[0, 0] = 1
    with pytest.raises(ValueError, match=r"x: shape \(1, 2\), expected \(15, 36\)"):
        made.with_counts({"x": np.zeros((1, 2), dtype=np.int64)})


def test_measure_the_panel_lacks_reads_as_zero_and_present() -> None:
    made = _panel()
    assert not made.count("orders").any()
    assert not made.rate("price").any()
    assert made.mask("orders").all()
    assert made.has("revenue")
    assert not made.has("orders")


def test_rows_are_found_by_key() -> None:
    made = _panel()
    asked = pl.DataFrame({"market": ["US", "ZZ"], "item": ["BK-1", "BK-1"]})
    assert made.find(asked).tolist() == [2, -1]
    company = Panel(grain=GrainName("company"), keys=make_keys({}), buckets=made.buckets)
    assert company.rows == 1
    assert company.find(pl.DataFrame({"bucket": [1, 2]})).tolist() == [0, 0]


def _one_more(made: Panel) -> Panel:
    values = made.count("revenue").copy()
    values[3, 30] += 1
    return made.with_counts({"revenue": values})


@pytest.mark.parametrize(
    "change",
    [
        _one_more,
        lambda made: made.with_counts({"revenue": made.count("revenue")}, {"revenue": np.zeros(made.shape, np.bool_)}),
        lambda made: made.with_rates({"price": np.ones(made.shape)}),
        lambda made: Panel(grain=GrainName("other"), keys=made.keys, buckets=made.buckets, counts=made.counts),
    ],
)
def test_digest_sees_every_value(change: Callable[[Panel], Panel]) -> None:
    made = _panel()
    assert made.digest() == _panel().digest()
    assert change(made).digest() != made.digest()


def test_digest_of_keys_tells_null_from_empty_and_column_from_row() -> None:
    frames: list[dict[str, list[str | None]]] = [
        {"a": ["", "x"]},
        {"a": [None, "x"]},
        {"a": ["x"], "b": [""]},
        {"a": ["x", ""]},
    ]
    assert len({keys_digest(pl.DataFrame(frame)) for frame in frames}) == len(frames)


def test_long_rows_fill_a_panel_and_double_rows_add() -> None:
    made = _panel()
    long = pl.DataFrame(
        {
            "item": ["BK-1", "BK-1", "OIL"],
            "market": ["DE", "DE", "US"],
            "bucket": [date(2026, 1, 1)] * 3,
            "orders": [5, 6, None],
        }
    )
    filled = panel_from_long("demand", made.keys, made.buckets, long, ["orders"])
    assert filled.count("orders").sum() == 11
    assert filled.count("orders")[0, 12] == 11
    for wrong in (long.with_columns(item=pl.lit("?")), long.with_columns(bucket=pl.lit(date(2026, 1, 2)))):
        with pytest.raises(ValueError, match="a row of the table lies outside the panel"):
            panel_from_long("demand", made.keys, made.buckets, wrong, ["orders"])
    assert not panel_from_long("demand", made.keys, made.buckets, long.clear(), ["orders"]).count("orders").any()


def test_keys_are_sorted_and_single() -> None:
    assert make_keys({"item": ["b", "a", "b"]})["item"].to_list() == ["a", "b"]


def test_registry_of_the_house_can_be_computed_and_refers_to_itself() -> None:
    for grain in REGISTRY.grains:
        in_order(REGISTRY, grain)
    for spec in REGISTRY.measures.values():
        for name in (*spec.spread_by, *spec.inverse, *([spec.base] if spec.base else [])):
            assert REGISTRY[name].grain == spec.grain, spec.id
        for rule in (spec.over_members, spec.over_time):
            kind, _, by = rule.partition(":")
            assert kind in ("sum", "mean", "last", "first", "min", "max", "ratio", "none"), spec.id
            assert all(REGISTRY[name].grain == spec.grain for name in by.split("/") if name), spec.id
        assert spec.quantum is None or spec.unit in (Unit.QUANTITY, Unit.MONEY, Unit.HOURS)
        assert spec.about.endswith(".")


def test_measure_is_found_by_its_former_name_and_the_nearest_is_offered() -> None:
    own = 'grain = "g"\nkind = "given"\nunit = "rate"\nabout = ""\nformer = ["turnover"]'
    registry = parse_measures(f"[grains]\ng = []\n[measures.sales]\n{own}")
    assert registry["turnover"].id == "sales"
    assert registry["sales"].over_members == "mean"
    assert registry["sales"].kind is Kind.GIVEN
    with pytest.raises(NotFound, match=r"measure 'sale' is not known\. Maybe 'sales'\?"):
        registry["sale"]
    with pytest.raises(NotFound, match=r"measure 'zzz' is not known\.$"):
        registry["zzz"]


@pytest.mark.parametrize(
    ("measure", "says"),
    [
        ({"grain": "nowhere", "kind": "given"}, r"measure x: grain 'nowhere' is not in \[grains\]"),
        ({"grain": "g", "kind": "summed"}, "measure x: kind summed needs a formula"),
    ],
)
def test_wrong_registry_is_refused(measure: Mapping[str, str], says: str) -> None:
    lines = "".join(f'{key} = "{value}"\n' for key, value in measure.items())
    with pytest.raises(InvalidInput, match=says):
        parse_measures(f'[grains]\ng = []\n[measures.x]\nunit = "money"\nabout = ""\n{lines}')


def test_every_table_has_a_key_and_says_what_it_is() -> None:
    for spec in SPECS.values():
        assert spec.key, spec.name
        assert spec.about.endswith("."), spec.name
        assert bool(spec.off) is not spec.needed, spec.name
        assert spec.empty().schema == {c.name: STORED[c.type] for c in spec.columns}
        for column in spec.columns:
            assert bool(column.choices) is (column.type is ColumnType.CHOICE), (spec.name, column.name)
            assert not (column.key and column.needed)


def test_column_that_does_not_exist_names_those_that_do() -> None:
    assert SPECS["items"].column("step").type is ColumnType.QUANTITY
    with pytest.raises(NotFound, match="table ledger has no column 'sum'; it has account, bucket, amount"):
        SPECS["ledger"].column("sum")


def test_plan_and_recipe_are_told_apart_by_every_part() -> None:
    digest = Digest("d")
    recipe = Recipe(inputs=digest, entries=digest, options=digest, reference=None, engines=(("solver", "highs 1"),))
    other = Recipe(inputs=digest, entries=digest, options=digest, reference=digest, engines=(("solver", "highs 1"),))
    assert recipe.digest() != other.digest()
    issue = Issue(code="x", severity=Severity.NOTE, message="", advice="")
    plan = Plan(recipe=recipe, panels={GrainName("demand"): _panel()}, issues=(issue,))
    assert plan.panel("demand").digest() == _panel().digest()
    assert plan.digest() == Plan(recipe=other, panels=plan.panels, issues=(issue,)).digest()
    assert plan.digest() != Plan(recipe=recipe, panels=plan.panels, issues=()).digest()
    inputs = PlanInputs(model=model(), tables={"items": ITEMS}, digest=digest)
    assert inputs.table("items").height == 5
