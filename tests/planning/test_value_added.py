"""Value added by hand: check 8 of PRACTICE.md with a naive, a statistical forecast and opinions beside it."""

import numpy as np
import pytest

from tests.demand.demand_company import MakeInputs, Rows, company_builder, monthly
from tests.demand.demand_company import Words as Vocabulary
from tests.demand.test_accuracy import published
from trivet.core.errors import NotFound
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.planning.accuracy import with_earlier_plans
from trivet.planning.added import Added, Views, measure_added, measures_of, views_at
from trivet.workspace.registries import measure_registry, table_specs

ORDERS: Rows = [
    *monthly([100, 120, 90], item="A", first="2026-01-01"),
    *monthly([50, 40, 60], item="B", first="2026-01-01"),
]
CYCLES = ("2025-12", "2026-01", "2026-02")
TARGETS = ("2026-01", "2026-02", "2026-03")


@pytest.fixture(scope="module")
def make() -> MakeInputs:
    return company_builder(Vocabulary(specs=table_specs(), registry=measure_registry()))


def said(measure: str, **items: list[float | None]) -> Rows:
    """Rows one bucket ahead; None = nothing was said."""
    return [
        {"cycle": cycle, "measure": measure, "item": item, "market": "M", "bucket": bucket, "quantity": value}
        for item, values in items.items()
        for cycle, bucket, value in zip(CYCLES, TARGETS, values, strict=True)
        if value is not None
    ]


STATISTICAL = said("baseline_demand", A=[120, 120, 120], B=[50, 50, 50])  # off by 20 0 30, 0 10 10 = 70 of 460
NAIVE = said("seasonal_naive", A=[90, 90, 100], B=[50, 60, 60])  # off by 10 30 10, 0 20 0 = 70 of 460
SALES = said("sales_demand", A=[None, None, 100], B=[None, None, None])  # off by 10 where it spoke


def plans(make: MakeInputs, *rows: Rows, first: str = "2025-12-01", **tables: Rows) -> tuple[PlanInputs, Panel]:
    given = {
        "items": [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}],
        "orders": ORDERS,
        "published": [row for part in rows for row in part],
    }
    inputs = make(first=first, cycle="2026-04-01", **(given | tables))
    return inputs, correct_history(inputs, demand_panel(inputs)[0])[0]


def views(inputs: PlanInputs, demand: Panel, lag: int = 1) -> Views:
    return views_at(inputs, demand, lag, slice(0, demand.buckets.first_open))


def added(
    given: tuple[PlanInputs, Panel], level: tuple[str, ...] = ("item",), by: tuple[str, ...] = ()
) -> dict[tuple[str, str, str], Added]:
    inputs, demand = given
    found = measure_added(inputs.model, demand, views(inputs, demand), level=level, by=by)
    return {(one.member, one.step, one.against): one for one in found}


def test_check_8_each_step_is_held_to_the_one_before_it(make: MakeInputs) -> None:
    found = added(plans(make, published(), STATISTICAL, NAIVE, SALES))
    assert [pair[1:] for pair in found] == [
        ("naive", ""),
        ("statistical", "naive"),
        ("sales", "statistical"),
        ("published", "statistical"),
        ("published", "sales"),
        ("published", "naive"),
    ]
    steps = {step: one.error for (_, step, against), one in found.items() if against in ("", "naive", "statistical")}
    assert steps == {"naive": 70 / 460, "statistical": 70 / 460, "sales": 50 / 460, "published": 32 / 460}
    gained = {pair[1:]: one.added for pair, one in found.items()}
    assert gained["naive", ""] is None
    assert gained["statistical", "naive"] == 0
    assert gained["sales", "statistical"] == pytest.approx(20 / 460)
    assert gained["published", "statistical"] == pytest.approx(38 / 460)
    assert gained["published", "sales"] == pytest.approx(18 / 460)
    assert gained["published", "naive"] == pytest.approx(38 / 460)
    assert {one.cells for one in found.values()} == {6}
    assert {one.spoken for one in found.values()} == {1.0}


def test_a_stream_that_gave_nothing_carries_the_statistical_value_and_its_touched_cells_stand_apart(
    make: MakeInputs,
) -> None:
    one = added(plans(make, published(), STATISTICAL, SALES))["", "sales", "statistical"]
    assert one.touched == 1 / 6
    assert one.touched_before == 30 / 90
    assert one.touched_error == 10 / 90
    assert one.touched_added == pytest.approx(20 / 90)
    assert one.error == 50 / 460


def test_part_of_the_items_that_beat_the_naive(make: MakeInputs) -> None:
    found = added(plans(make, published(), STATISTICAL, NAIVE, SALES))
    beating = {(step, against): one.beating for (_, step, against), one in found.items()}
    # A: naive 50, statistical 50, sales 30, published 20; B: naive 20, statistical 20, published 12
    assert beating["naive", ""] is None
    assert beating["statistical", "naive"] == 0.0  # as far off is not nearer
    assert beating["sales", "statistical"] == 0.5
    assert beating["published", "naive"] == 1.0


def test_consensus_before_peoples_changes_stands_between_statistical_and_published(make: MakeInputs) -> None:
    base = said("consensus_base", A=[110, 115, 120], B=[45, 45, 58])  # people changed March of A alone: 120 to 95
    found = added(plans(make, published(), STATISTICAL, SALES, base))
    people = found["", "published", "consensus"]
    assert people.before == 57 / 460
    assert people.added == pytest.approx(25 / 460)
    assert people.touched == 1 / 6
    assert people.touched_added == pytest.approx(25 / 90)
    assert found["", "consensus", "statistical"].added == pytest.approx(13 / 460)
    assert found["", "consensus", "sales"].added == pytest.approx(-7 / 460)
    assert ("", "published", "sales") not in found


def test_a_step_known_in_some_buckets_is_held_to_the_other_in_these_alone(make: MakeInputs) -> None:
    base = said("consensus_base", A=[None, None, 120], B=[None, None, 58])
    found = added(plans(make, published(), STATISTICAL, base))
    assert found["", "published", "consensus"].buckets == ("2026-03",)
    assert found["", "published", "consensus"].before == 32 / 150
    assert found["", "published", "consensus"].spoken == 1.0
    assert found["", "published", "statistical"].buckets == TARGETS


def test_errors_cancel_inside_the_family_and_members_stand_apart(make: MakeInputs) -> None:
    given = plans(make, published(), STATISTICAL, NAIVE)
    assert added(given, level=("family",))["", "published", "naive"].error == 8 / 460
    items = added(given, by=("item",))
    assert items["A", "published", "statistical"].added == pytest.approx((50 - 20) / 310)
    assert items["B", "published", "statistical"].added == pytest.approx((20 - 12) / 150)
    with pytest.raises(NotFound, match="level 'famly' is not known for demand"):
        added(given, level=("famly",))


def test_a_naive_no_plan_held_is_the_same_bucket_a_year_before(make: MakeInputs) -> None:
    before: Rows = [
        *monthly([90, 90, 100], item="A", first="2025-01-01"),
        *monthly([0] * 9, item="A", first="2025-04-01"),
        *ORDERS,
    ]
    given = plans(make, published(), STATISTICAL, first="2025-01-01", orders=before)
    made = views(*given)
    assert made.made_up
    found = added(given)
    assert found["", "naive", ""].error == (10 + 30 + 10 + 50 + 40 + 60) / 460  # B was not sold a year before
    assert found["", "published", "naive"].beating == 1.0
    held = views(*plans(make, published(), STATISTICAL, said("seasonal_naive", A=[90, 90, 100]), first="2025-01-01"))
    assert not held.made_up
    assert held.scored.sum() == 6  # what it left out of B is 0


def test_without_a_year_there_is_no_naive_and_without_a_forecast_no_stream(make: MakeInputs) -> None:
    found = added(plans(make, published(), STATISTICAL))
    assert {pair[1] for pair in found} == {"statistical", "published"}
    assert found["", "statistical", ""].error == 70 / 460
    assert {one.beating for one in found.values()} == {None}
    inputs, demand = plans(make, published(), SALES)
    assert set(views(inputs, demand).views) == {"published"}
    assert added((inputs, demand)) == {}
    assert not views(*plans(make), 1).scored.any()


def test_published_versions_give_streams_only_where_they_spoke(make: MakeInputs) -> None:
    inputs, demand = plans(make)
    model = make(first="2025-12-01", cycle="2026-02-01", items=[{"item": "A", "family": "F"}]).model
    keys = demand.keys
    counts = np.full((demand.rows, len(model.buckets)), 100_000, dtype=np.int64)
    spoke = np.zeros_like(counts, dtype=np.bool_)
    spoke[0, model.buckets.first_open + 1] = True
    plan = Panel(grain=demand.grain, keys=keys, buckets=model.buckets).with_counts(
        dict.fromkeys(("baseline_demand", "consensus_base", "consensus_demand", "seasonal_naive"), counts)
        | {"sales_demand": np.where(spoke, 90_000, 0)},
        {"sales_demand": spoke},
    )
    for measure in measures_of(inputs):
        inputs = with_earlier_plans(inputs, measure, [plan], [1])
    found = added((inputs, demand))
    assert found["", "sales", "statistical"].touched == 0.5
    assert found["", "sales", "statistical"].touched_added == pytest.approx(10 / 90)
    assert found["", "published", "consensus"].touched == 0.0
    assert found["", "published", "consensus"].touched_added is None
