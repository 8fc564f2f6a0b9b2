"""Formulas: what they may say, how they round, and that some rows give what all rows give."""

from collections.abc import Mapping

import numpy as np
import pytest

from tests.core.planlet import REGISTRY, base, model, panel
from trivet.core.errors import InvalidInput
from trivet.core.expressions import Call, Name, Number, Value, evaluate, names_in, parse_formula, shift_array
from trivet.core.formula import compute, in_order, needed_for, panel_value, recompute
from trivet.core.ids import GrainName, MeasureId
from trivet.core.measures import Registry, Unit, parse_measures
from trivet.core.panel import Panel

GRAINS = '[grains]\ndemand = ["item", "market"]\ncompany = []\n'


def registry(**measures: str) -> Registry:
    parts = [f'[measures.{name}]\ngrain = "demand"\nabout = ""\n{text}\n' for name, text in measures.items()]
    return parse_measures(GRAINS + "".join(parts))


def quantities(**more: str) -> Registry:
    given = 'kind = "given"\nunit = "quantity"\nspans = "both"'
    rate = 'kind = "given"\nunit = "rate"\nspans = "both"\nmissing = "absent"'
    return registry(a=given, b=given, p=rate, **more)


def summed(formula: str, unit: str = "quantity", **more: str) -> str:
    extra = "".join(f'{key} = "{value}"\n' for key, value in more.items())
    return f'kind = "summed"\nunit = "{unit}"\nspans = "both"\nformula = "{formula}"\n{extra}'


def computed(formula: str, unit: str = "quantity", **more: str) -> list[float]:
    """Compute measure `x` on two series: a = 1..., b = 3 2 1 0 0 ..., p = 2.5 where present."""
    known = quantities(x=summed(formula, unit, **more))
    given = model(registry=known)
    width = len(given.buckets)
    a = np.tile(np.arange(1, width + 1, dtype=np.int64) * 1000, (15, 1))
    b = np.zeros_like(a)
    b[:, :3] = [3000, 2000, 1000]
    made = panel(given, {"a": a, "b": b}).with_rates({"p": np.full(a.shape, 2.5)}, {"p": a <= 4000})
    result = recompute(made, known)
    spec = known["x"]
    scale = float(spec.quantum) if spec.quantum else 1.0
    values = result.rate("x") if spec.quantum is None else result.count("x") * scale
    return [round(float(value), 9) for value in values[0, :5]]


@pytest.mark.parametrize(
    ("formula", "unit", "expected"),
    [
        ("a + b", "quantity", [4, 4, 4, 4, 5]),
        ("a - b", "quantity", [-2, 0, 2, 4, 5]),
        ("-a", "quantity", [-1, -2, -3, -4, -5]),
        ("a \u00d7 p", "money", [2.5, 5, 7.5, 10, 0]),
        ("a / p", "quantity", [0.4, 0.8, 1.2, 1.6, 0]),
        ("b / a", "ratio", [3, 1, 0.333333333, 0, 0]),
        ("a / b", "ratio", [0.333333333, 1, 3, 0, 0]),
        ("min(a, b)", "quantity", [1, 2, 1, 0, 0]),
        ("max(a, b)", "quantity", [3, 2, 3, 4, 5]),
        ("max(a, 2.5)", "quantity", [2.5, 2.5, 3, 4, 5]),
        ("shift(a, 1)", "quantity", [0, 1, 2, 3, 4]),
        ("shift(a, -1)", "quantity", [2, 3, 4, 5, 6]),
        ("shift(a, 0)", "quantity", [1, 2, 3, 4, 5]),
        ("cumulate(b)", "quantity", [3, 5, 6, 6, 6]),
        ("roll(a, 2)", "quantity", [1, 3, 5, 7, 9]),
        ("roll(a, 99)", "quantity", [1, 3, 6, 10, 15]),
        ("cumulate(p)", "rate", [2.5, 5, 7.5, 10, 10]),
        ("roll(p, 2)", "rate", [2.5, 5, 5, 5, 2.5]),
        ("a * 2", "quantity", [2, 4, 6, 8, 10]),
        ("2 * a", "quantity", [2, 4, 6, 8, 10]),
        ("a * (b / a)", "quantity", [3, 2, 1, 0, 0]),
        ("(a + b) * p - b * p", "money", [2.5, 5, 7.5, 10, 0]),
        ("a * 0.0005", "quantity", [0, 0.001, 0.002, 0.002, 0.002]),
    ],
)
def test_formula_gives(formula: str, unit: str, expected: list[float]) -> None:
    assert computed(formula, unit) == expected


def test_price_of_one_ninth_is_rounded_to_a_billionth() -> None:
    assert computed("p / 9", "rate")[0] == 0.277777778


def test_absent_price_leaves_an_absent_measure_absent() -> None:
    known = quantities(x=summed("p * 2", "rate", missing="absent"), y=summed("a + a", "quantity", missing="absent"))
    given = model(registry=known)
    ones = np.full((15, len(given.buckets)), 1000, dtype=np.int64)
    present = np.zeros(ones.shape, dtype=np.bool_)
    present[:, 3] = True
    made = panel(given, {"a": ones}).with_rates({"p": ones / 1000.0}, {"p": present})
    result = recompute(made, known)
    assert np.array_equal(result.mask("x"), present)
    assert result.mask("y").all()
    some = recompute(made, known, np.array([2]))
    assert some.mask("x")[2].sum() == 1
    assert some.mask("x").sum() == 1


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("a ** 2", r"a \*\* 2 is not understood"),
        ("a if b else c", "is not understood"),
        ("__import__('os')", "is not understood"),
        ("a.b", "is not understood"),
        ("a[0]", "is not understood"),
        ("'text'", "is not understood"),
        ("True", "is not understood"),
        ("min(a)", "is not understood"),
        ("min(a, b=1)", "is not understood"),
        ("sum(a, b)", "is not understood"),
        ("a +", "is not understood"),
        ("shift(a, b)", "the number of buckets of shift"),
        ("shift(a, 1.5)", "shift by 1.5 buckets"),
        ("roll(a, 0)", "roll by 0 buckets"),
        ("a\x00", "is not understood"),
        ("a + " * 200 + "a", "at most 500"),
    ],
)
def test_formula_that_is_not_understood_says_what_may_be_written(formula: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        parse_formula(formula)


def test_formula_reads_each_name_once_in_order() -> None:
    assert names_in(parse_formula("max(b, a) * a - 3")) == ("b", "a")
    assert parse_formula("a - 3") == Call("-", (Name(MeasureId("a")), Number(3.0)))


def test_unlike_units_are_not_added() -> None:
    with pytest.raises(InvalidInput, match="quantity \\+ rate: different units"):
        computed("a + p")


def test_formula_must_give_its_measures_unit() -> None:
    with pytest.raises(InvalidInput, match="gives quantity, but its unit is money"):
        computed("a + b", "money")


def test_function_over_time_needs_a_measure() -> None:
    with pytest.raises(InvalidInput, match="cumulate needs a measure"):
        computed("cumulate(3)")


def test_formulas_are_computed_after_what_they_read() -> None:
    known = quantities(z=summed("y + a"), y=summed("x + a"), x=summed("a + b"))
    assert [spec.id for spec in in_order(known, "demand")] == ["x", "y", "z"]
    assert [spec.id for spec in needed_for(known, MeasureId("y"))] == ["x", "y"]


@pytest.mark.parametrize(
    ("measures", "says"),
    [
        ({"x": summed("y + a"), "y": summed("x + b")}, "formulas of x, y read each other in a circle"),
        ({"x": summed("aa + b")}, "formula reads 'aa', which is not known. Maybe 'a'?"),
        ({"x": summed("quite + b")}, "formula reads 'quite', which is not known.$"),
    ],
)
def test_registry_that_cannot_be_computed_is_refused(measures: Mapping[str, str], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        in_order(quantities(**measures), "demand")


def test_formula_reads_its_own_grain_only() -> None:
    text = GRAINS + (
        '[measures.cash]\ngrain = "company"\nkind = "given"\nunit = "money"\nabout = ""\n'
        '[measures.x]\ngrain = "demand"\nkind = "summed"\nunit = "money"\nformula = "cash + cash"\nabout = ""\n'
    )
    with pytest.raises(InvalidInput, match="reads cash of grain company"):
        in_order(parse_measures(text), "demand")


def _demand() -> Panel:
    given = model()
    values = base(given)
    prices = np.round(np.random.default_rng(2).random(values.shape) * 100, 9)
    made = panel(given, {"consensus_demand": values, "constrained_demand": values // 2})
    return made.with_rates({"price": prices, "unit_cost": prices / 3}, {"price": prices > 5})


def test_money_is_quantity_times_price_rounded_once_and_margin_is_exact() -> None:
    shown = recompute(_demand(), REGISTRY)
    opens = shown.buckets.horizon
    units, price = shown.count("constrained_demand") / 1000, shown.rate("price")
    expected = np.where(shown.mask("price"), np.rint(units * price * 10_000), 0)[:, opens]
    assert np.array_equal(shown.count("constrained_revenue")[:, opens], expected)
    assert np.array_equal(
        shown.count("gross_margin"), shown.count("constrained_revenue") - shown.count("constrained_cost")
    )
    assert not shown.count("revenue")[:, shown.buckets.closed].any()


def test_some_rows_give_the_bits_of_all_and_leave_the_others() -> None:
    demand = _demand()
    whole = recompute(demand, REGISTRY)
    changed = demand.with_counts({"consensus_demand": demand.count("consensus_demand") + 1000})
    rows = np.array([3, 7], dtype=np.int64)
    some = recompute(changed.with_counts({"revenue": whole.count("revenue")}), REGISTRY, rows)
    everything = recompute(changed, REGISTRY)
    assert np.array_equal(some.count("revenue")[rows], everything.count("revenue")[rows])
    others = np.setdiff1d(np.arange(15), rows)
    assert np.array_equal(some.count("revenue")[others], whole.count("revenue")[others])


def test_sum_too_large_to_be_exact_is_refused() -> None:
    known = quantities(x=summed("a + b"))
    given = model(registry=known)
    huge = np.full((15, len(given.buckets)), 2**52, dtype=np.int64)
    with pytest.raises(ValueError, match="x: too large"):
        recompute(panel(given, {"a": huge, "b": huge}), known)


def test_measure_the_panel_lacks_is_absent_where_the_registry_says_so() -> None:
    empty = Panel(grain=GrainName("demand"), keys=_demand().keys, buckets=model().buckets)
    assert not panel_value(empty, REGISTRY["price"]).present.any()
    assert panel_value(empty, REGISTRY["orders"]).present.all()


def test_values_given_replace_the_panels() -> None:
    demand = _demand()
    ones = np.full(demand.shape, 1000, dtype=np.int64)
    given = {MeasureId("consensus_demand"): Value(unit=Unit.QUANTITY, present=ones > 0, counts=ones)}
    chain = needed_for(REGISTRY, MeasureId("revenue"))
    found = compute(demand, REGISTRY, chain, given)[MeasureId("revenue")]
    assert found.counts is not None
    opens = demand.buckets.horizon
    expected = np.where(demand.mask("price"), np.rint(demand.rate("price") * 10_000), 0)
    assert np.array_equal(found.counts[:, opens], expected[:, opens])


def test_value_of_nothing_is_nothing() -> None:
    assert Value(unit=None, present=np.ones((), dtype=np.bool_)).floats().tolist() == 0.0
    assert Value(unit=None, present=np.ones(1, dtype=np.bool_), counts=np.array([3])).floats().tolist() == [3.0]
    with pytest.raises(ValueError, match="not a formula"):
        evaluate("a", lambda _: Value(unit=None, present=np.ones((), dtype=np.bool_)))  # type: ignore[arg-type]


def test_shifting_by_more_than_there_is_leaves_nothing() -> None:
    assert shift_array(np.array([True, True]), -5).tolist() == [False, False]
