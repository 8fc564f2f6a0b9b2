"""Earlier plans by lag, level and part: check 8 of PRACTICE.md as people read it, and the line an import says."""

from datetime import date

import numpy as np
import pytest

from tests.demand.demand_company import MakeInputs, Rows, company_builder, monthly
from tests.demand.demand_company import Words as Vocabulary
from tests.demand.test_accuracy import published
from trivet.core.errors import NotFound
from trivet.core.ids import Flags
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.planning.accuracy import (
    Accuracy,
    hold,
    judge_last_plan,
    measure_accuracy,
    stocked_out,
    why_undefined,
    with_earlier_plans,
)
from trivet.workspace.registries import measure_registry, table_specs

ORDERS: Rows = [
    *monthly([100, 120, 90], item="A", first="2026-01-01"),
    *monthly([50, 40, 60], item="B", first="2026-01-01"),
]


@pytest.fixture(scope="module")
def make() -> MakeInputs:
    return company_builder(Vocabulary(specs=table_specs(), registry=measure_registry()))


def hand_case(make: MakeInputs, **tables: Rows) -> PlanInputs:
    given = {
        "items": [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}],
        "orders": ORDERS,
        "published": published(),
    }
    return make(first="2025-12-01", cycle="2026-04-01", **(given | tables))


def history(inputs: PlanInputs) -> Panel:
    return correct_history(inputs, demand_panel(inputs)[0])[0]


def nothing_short(demand: Panel) -> Flags:
    return np.zeros(demand.shape, dtype=np.bool_)


def at(inputs: PlanInputs, lag: int, by: tuple[str, ...] = ()) -> dict[tuple[str, str], Accuracy]:
    demand = history(inputs)
    held = hold(inputs, demand, "consensus_demand", lag, slice(0, demand.buckets.first_open))
    found = measure_accuracy(inputs, demand, held, lag, by=by, short=nothing_short(demand))
    return {(one.member, one.level): one for one in found}


def test_check_8_is_met_level_by_level(make: MakeInputs) -> None:
    one, two = at(hand_case(make), 1), at(hand_case(make), 2)
    percent = {level: f"{found.score.wmape:.2%}" for (_, level), found in one.items()}
    assert percent == {"item x market": "6.96%", "item": "6.96%", "family": "1.74%", "total": "1.74%"}
    assert {f"{found.score.bias:+.2%}" for found in one.values()} == {"+1.74%"}
    assert [found.score.tracking_signal for found in one.values()] == [pytest.approx(3.0)] * 4
    assert not any(found.score.alarm for found in one.values())
    assert f"{two['', 'item'].score.wmape:.2%}" == "9.68%"
    assert one["", "item"].buckets == ("2026-01", "2026-02", "2026-03")
    assert two["", "item"].buckets == ("2026-02", "2026-03")
    assert one["", "item"].spoken == 1.0


def test_parts_are_told_one_by_one_and_add_up(make: MakeInputs) -> None:
    found = at(hand_case(make), 1, by=("item",))
    assert found["A", "item"].score.wmape == 20 / 310
    assert found["B", "item"].score.wmape == 12 / 150
    assert ("A", "total") not in found
    assert at(hand_case(make), 1, by=("family", "market"))["F, M", "family"].score.wmape == 8 / 460


def test_an_unknown_level_names_those_there_are(make: MakeInputs) -> None:
    with pytest.raises(NotFound, match=r"level 'famly' is not known for demand; known are .*family"):
        at(hand_case(make), 1, by=("famly",))


def test_what_no_plan_spoke_of_is_undefined_and_said(make: MakeInputs) -> None:
    rows = [*ORDERS, *monthly([100, 100, 100], item="C", first="2026-01-01")]
    items = [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}, {"item": "C", "family": "G"}]
    found = at(hand_case(make, items=items, orders=rows), 1, by=("family",))
    assert found["", "item"].score.wmape == 32 / 460
    assert found["", "item"].spoken == 460 / 760
    assert found["G", "family"].score.wmape is None
    assert "no plan spoke of it 1 ahead" in why_undefined(found["G", "family"])


def test_nothing_asked_for_is_undefined_not_perfect(make: MakeInputs) -> None:
    zeros = monthly([10, 0, 0, 0], item="A", first="2025-12-01")
    found = at(hand_case(make, orders=zeros), 1)
    assert found["", "item"].score.wmape is None
    assert why_undefined(found["", "item"]) == "undefined: nothing was asked for"


def test_mase_is_scaled_by_the_years_before_the_scored_buckets(make: MakeInputs) -> None:
    flat = [100.0] * 12 + [110.0] * 12
    inputs = make(
        first="2024-01-01",
        cycle="2026-02-01",
        items=[{"item": "A", "family": "F"}],
        orders=monthly([*flat, 130.0], item="A", first="2024-01-01"),
        published=[
            {"cycle": "2025-12", "measure": "consensus_demand", "item": "A", "market": "M", "bucket": "2026-01",
             "quantity": 135},
        ],
    )  # fmt: skip
    assert at(inputs, 1)["", "item"].score.mase == pytest.approx(0.5)


def test_buckets_with_empty_shelves_are_marked(make: MakeInputs) -> None:
    inputs = hand_case(make)
    demand = history(inputs)
    node = Node(dimension="item", level="item", member="A")  # type: ignore[arg-type]
    place = Place(scope=(node,), first=date(2026, 2, 1), last=date(2026, 2, 1))
    issue = Issue(code="demand.stock-out", severity=Severity.NOTE, place=place, message="", advice="")
    short = stocked_out(demand, inputs.model, [issue])
    assert short.sum() == 1
    held = hold(inputs, demand, "consensus_demand", 1, slice(0, demand.buckets.first_open))
    found = measure_accuracy(inputs, demand, held, 1, by=("item",), short=short)
    assert {one.member: one.stock_outs for one in found} == {"": ("2026-02",), "A": ("2026-02",), "B": ()}


def test_a_bucket_reported_in_part_is_never_scored(make: MakeInputs) -> None:
    inputs = hand_case(make)
    demand = history(inputs)
    whole = demand.mask("demand_history").copy()
    whole[0, inputs.model.buckets.index(date(2026, 3, 1))] = False
    cut = demand.with_counts({"demand_history": np.where(whole, demand.count("demand_history"), 0)},
                             {"demand_history": whole})  # fmt: skip
    held = hold(inputs, cut, "consensus_demand", 1, slice(0, cut.buckets.first_open))
    found = measure_accuracy(inputs, cut, held, 1, short=nothing_short(cut))
    assert found[0].score.wmape == (10 + 5 + 5 + 5 + 2) / 370
    assert found[0].score.cells == 5


def test_versions_published_here_replace_the_table_of_their_cycle(make: MakeInputs) -> None:
    inputs, earlier = hand_case(make), make(first="2025-12-01", cycle="2026-02-01", items=[{"item": "A"}])
    plan = Panel(
        grain=history(inputs).grain,
        keys=history(inputs).keys,
        buckets=earlier.model.buckets,
        counts={"consensus_demand": np.full((2, len(earlier.model.buckets)), 50_000)},  # type: ignore[dict-item]
    )
    later = with_earlier_plans(inputs, "consensus_demand", [plan], [1])
    assert at(later, 1)["", "item"].score.wmape == (10 + 5 + 5 + 5 + 40 + 10) / 460
    now = history(inputs)
    assert with_earlier_plans(inputs, "consensus_demand", [now], [1]) is inputs


def test_an_import_says_in_one_line_how_last_months_plan_did(make: MakeInputs) -> None:
    said = judge_last_plan(hand_case(make))
    assert said is not None
    assert said.severity is Severity.NOTE
    assert said.message == (
        "what was asked for against the plan of cycle 2026-02 (lag 1, WMAPE by family, in brackets the bias, plus = "
        "planned too much): F 2.0% (+2.0%); family WMAPE of all 2.0% (+2.0%)."
    )


def test_an_import_without_last_months_plan_says_what_to_do(make: MakeInputs) -> None:
    old = [row for row in published() if row["cycle"] != "2026-02"]
    said = judge_last_plan(hand_case(make, published=old))
    assert said is not None
    assert "no plan of cycle 2026-02 is in the table published" in said.message
    assert judge_last_plan(hand_case(make, published=[])) is None
