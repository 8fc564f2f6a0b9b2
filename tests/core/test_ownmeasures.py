"""Measures a company adds itself: what is understood, what is refused, how they roll up (D2, D4)."""

from typing import Any

import pytest

from trivet.core.company import parse_company
from trivet.core.errors import InvalidInput
from trivet.core.ids import MeasureId
from trivet.core.measures import MeasureSpec
from trivet.core.ownmeasures import parse_own_measures, read_by, with_own_measures
from trivet.workspace.registries import measure_registry

REGISTRY = measure_registry()


def own(name: str = "mine", **part: Any) -> dict[str, Any]:
    return {name: {"formula": "consensus_demand", "unit": "quantity", "about": "Mine.", **part}}


def spec_of(**part: Any) -> MeasureSpec:
    return with_own_measures(REGISTRY, parse_own_measures(own(**part)))["mine"]


def test_rules_follow_from_the_formula_and_can_be_said() -> None:
    assert (spec_of().over_members, spec_of().over_time) == ("sum", "sum")
    assert spec_of(formula="1 + cumulate(consensus_demand)").over_time == "last"
    assert spec_of(formula="roll(orders, 12)").over_time == "last"
    assert spec_of(formula="shift(orders, 12)").over_time == "sum"
    ratio = spec_of(formula="constrained_demand / consensus_demand", unit="ratio")
    assert ratio.over_members == ratio.over_time == "ratio:constrained_demand/consensus_demand"
    assert (ratio.format, ratio.missing) == ("0.0 %", "absent")
    assert spec_of(formula="price - 1", unit="rate").over_members == "none"
    said = spec_of(formula="price", unit="rate", over_members="mean:consensus_demand", over_time="max", format="0.000")
    assert (said.over_members, said.over_time, said.format) == ("mean:consensus_demand", "max", "0.000")


def test_an_own_measure_may_read_one_written_above_it() -> None:
    both = parse_own_measures({**own("first"), **own("second", formula="first * 2")})
    registry = with_own_measures(REGISTRY, both)
    assert registry["second"].grain == "demand"
    assert read_by(registry, MeasureId("second")) == {"first", "consensus_demand"}
    with pytest.raises(InvalidInput, match="'second', which is not known; own measures are read after"):
        with_own_measures(REGISTRY, parse_own_measures({**own("first", formula="second"), **own("second")}))


def test_what_a_measure_reads_is_known_through_formulas_and_weights() -> None:
    margin = with_own_measures(REGISTRY, parse_own_measures(own(formula="gross_margin", unit="money")))
    assert {"gross_margin", "constrained_cost", "unit_cost", "invoiced_price"} <= read_by(margin, MeasureId("mine"))


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ({"formula": "consensus_demnd"}, "Maybe 'consensus_demand'"),
        ({"formula": "consensus_demand + load_hours"}, "grain load"),
        ({"formula": "3"}, "reads no measure"),
        ({"formula": "median(orders)"}, "is not understood; expected measures, numbers"),
        ({"over_time": "average"}, "roll-up 'average' is not understood"),
        ({"over_members": "mean:nothing"}, "roll-up 'mean:nothing'"),
        ({"over_members": "ratio:orders"}, "roll-up 'ratio:orders'"),
    ],
)
def test_a_formula_that_makes_no_sense_is_refused(part: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        spec_of(**part)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (own(unit="pieces"), "unit is 'pieces'; expected quantity, money"),
        (own(spans="past"), "spans is 'past'"),
        (own(formla="x"), "unknown key 'formla'.*Maybe 'formula'"),
        (own(about=" "), "about is missing"),
        (own(formula=3), "formula is 3; expected text"),
        (own("My Measure"), "small letters"),
        ({"mine": "orders"}, "small letters"),
    ],
)
def test_what_is_written_wrongly_is_told_with_its_place(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        parse_own_measures(given)


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"\[measures.revenue\]: there is such a measure"):
        with_own_measures(REGISTRY, parse_own_measures(own("revenue")))


TOML = """[company]
name = "A"
currency = "EUR"
[time]
first_bucket = 2026-01
cycle = 2026-03
"""


def test_adding_a_measure_leaves_what_names_the_inputs_of_a_plan() -> None:
    text = TOML.replace("2026-01", '"2026-01"').replace("2026-03", '"2026-03"')
    plain = parse_company(text)
    added = parse_company(
        f'{text}[measures.mine]\nformula = "orders"\nunit = "quantity"\nabout = "Mine."\n',
    )
    assert [one.name for one in added.measures] == ["mine"]
    assert repr(added) == repr(plain)
    assert with_own_measures(REGISTRY, plain.measures) is REGISTRY
