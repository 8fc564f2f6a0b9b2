"""Who may see and change what: roles, nodes, and measures that would reveal a hidden one."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from tests.core.planlet import REGISTRY, model
from trivet.core.entries import Change, Operation, RecordChange
from trivet.core.errors import NotFound, NotPermitted
from trivet.core.ids import GrainName, MeasureId, MemberId
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.mask import lies_within, see_issues, see_model, see_panel, sees_record
from trivet.core.maskcheck import find_leaks
from trivet.core.measures import Kind, parse_measures
from trivet.core.panel import Panel, make_keys
from trivet.core.permits import beyond, refuse_entries
from trivet.core.plan import Model, Plan, PlanInputs, Recipe
from trivet.core.rights import DUTIES, Rights, Role, Task, everything, hidden_measures, rights_of

PEOPLE = pl.DataFrame(
    {
        "person": ["clara", "sofia", "kim", "pat"],
        "name": ["Clara", "Sofia", "Kim", "Pat"],
        "role": ["coordinator", "sales", "product", "finance"],
        "region": [None, "Europe", "", ""],
        "family": [None, None, "Kids", None],
    },
    schema=dict.fromkeys(("person", "name", "role", "region", "family"), pl.String),
)
MARCH = date(2027, 3, 1)


def rights(person: str, people: pl.DataFrame = PEOPLE, creator: str = "ada") -> Rights:
    return rights_of(person, people, REGISTRY, creator=creator)


def node(level: str, member: str) -> Node:
    dimension = {"region": "market", "market": "market", "family": "item", "item": "item"}[level]
    return Node(dimension=dimension, level=level, member=MemberId(member))


def demand(whole: Model) -> Panel:
    keys = make_keys({"item": ["BK-1", "BK-2", "BK-3", "OIL"] * 3, "market": ["DE"] * 4 + ["FR"] * 4 + ["US"] * 4})
    shape = (keys.height, len(whole.buckets))
    counts = np.arange(shape[0] * shape[1], dtype=np.int64).reshape(shape)
    return Panel(grain=GrainName("demand"), keys=keys, buckets=whole.buckets).with_counts(
        {"consensus_demand": counts, "constrained_cost": counts * 2, "gross_margin": counts * 3}
    )


def seen_by(person: str) -> tuple[Model, Model, Panel]:
    whole = model()
    cut = see_panel(demand(whole), whole, rights(person))
    return whole, see_model(whole, {GrainName("demand"): cut}, rights(person)), cut


def test_sales_sees_price_and_no_cost_and_nothing_that_reveals_it() -> None:
    hidden = rights("sofia").hidden
    assert {"unit_cost", "constrained_cost", "gross_margin", "budget_margin", "stock_value"} <= hidden
    assert not {"price", "revenue", "constrained_revenue", "consensus_demand"} & hidden
    with pytest.raises(NotPermitted, match="gross_margin is not shown to the role sales"):
        rights("sofia").check_measure(REGISTRY["gross_margin"], REGISTRY)


def test_every_measure_a_hidden_one_goes_into_is_hidden() -> None:
    for spec in REGISTRY.measures.values():
        if spec.kind is Kind.SUMMED and any(name in (spec.formula or "").split() for name in rights("sofia").hidden):
            assert spec.id in rights("sofia").hidden


def test_a_companys_own_measure_that_reads_a_cost_is_hidden_by_difference_inverse_and_weight() -> None:
    own = """
[grains]
g = ["item"]
[measures.revenue]
grain = "g"
kind = "given"
unit = "money"
about = "."
[measures.cost]
grain = "g"
kind = "given"
unit = "money"
confidential = "cost"
about = "."
[measures.margin]
grain = "g"
kind = "summed"
unit = "money"
formula = "revenue - cost"
about = "."
[measures.twice]
grain = "g"
kind = "summed"
unit = "money"
formula = "margin + margin"
about = "."
[measures.markup]
grain = "g"
kind = "given"
unit = "ratio"
over_members = "ratio:revenue/cost"
about = "."
[measures.aim]
grain = "g"
kind = "summed"
unit = "money"
formula = "revenue"
inverse.revenue = "aim - cost"
about = "."
"""
    assert hidden_measures(parse_measures(own), ["cost"]) == {"cost", "margin", "twice", "markup", "aim"}
    assert hidden_measures(parse_measures(own), []) == set()


HELD_BY_HAND = {"firm_production", "firm_purchases", "firm_material_purchases", "firm_transfers"}


@pytest.mark.parametrize(
    ("role", "edits"),
    [
        (Role.ADMIN, {"consensus_demand", "revenue", *HELD_BY_HAND}),
        (Role.COORDINATOR, {"consensus_demand", "revenue", *HELD_BY_HAND}),
        (Role.SALES, {"consensus_demand", "revenue"}),
        (Role.MARKETING, {"consensus_demand", "revenue"}),
        (Role.PRODUCT, {"consensus_demand", "revenue"}),
        (Role.DEMAND, {"consensus_demand", "revenue"}),
        (Role.SUPPLY, HELD_BY_HAND),
        (Role.SOURCING, {"firm_purchases", "firm_material_purchases"}),
        (Role.FINANCE, {"revenue"}),
        (Role.EXECUTIVE, set()),
    ],
)
def test_a_role_changes_what_it_answers_for_and_what_moves_it(role: Role, edits: set[str]) -> None:
    people = pl.DataFrame({"person": ["x"], "name": [""], "role": [role.value], "region": [""], "family": [""]})
    assert rights("x", people).editable == edits
    assert rights("x", people).name == "x"


def test_every_role_of_the_table_people_has_duties() -> None:
    from trivet.workspace.registries import signoff_specs, table_specs  # noqa: PLC0415

    assert {role.value for role in DUTIES} == set(table_specs()["people"].column("role").choices)
    known = {"*", *table_specs(), *signoff_specs()}
    assert all(duties.tables <= known for duties in DUTIES.values())


def test_without_a_table_everybody_may_do_everything() -> None:
    free = rights("anybody", PEOPLE.clear())
    assert free.whole
    assert free.tasks == set(Task)
    assert free.part == ""
    assert free.where("") == "everything"


def test_who_made_the_workspace_keeps_it_until_the_table_names_them_and_somebody_who_can_mend_it() -> None:
    assert rights("ada") == everything("ada", REGISTRY)
    assert rights("sofia", creator="sofia").role is Role.SALES
    alone = PEOPLE.filter(pl.col("role") != "coordinator")
    assert rights("sofia", alone, creator="sofia").role is Role.ADMIN


def test_who_the_table_does_not_name_sees_nothing_and_is_told_nobody_elses_name() -> None:
    with pytest.raises(NotPermitted, match="'eve' is not in the table people") as told:
        rights("eve")
    assert not any(person in str(told.value) for person in ("clara", "sofia", "kim", "ada"))


def test_steps_of_the_company_are_for_roles_that_see_it_whole() -> None:
    rights("clara").check_task(Task.IMPORT)
    rights("pat").check_task(Task.APPROVE)
    rights("sofia").check_task(Task.PLAN)
    with pytest.raises(NotPermitted, match=r"sofia \(sales\) may not import data. The role admin or coordinator may"):
        rights("sofia").check_task(Task.IMPORT)
    partly = PEOPLE.with_columns(region=pl.lit("Europe"))
    with pytest.raises(NotPermitted, match="more than your part: region=Europe"):
        rights("pat", partly).check_task(Task.APPROVE)
    with pytest.raises(NotPermitted, match="The pack speaks of the whole company"):
        rights("sofia").check_whole("The pack")
    rights("pat").check_whole("The pack")


def test_a_grain_that_does_not_name_the_region_is_not_shown_to_who_sees_a_region() -> None:
    with pytest.raises(NotPermitted, match="production is kept for item x location"):
        rights("sofia").check_measure(REGISTRY["production"], REGISTRY)
    rights("kim").check_measure(REGISTRY["production"], REGISTRY)
    rights("sofia").check_measure(REGISTRY["errors_in_family"], REGISTRY)
    with pytest.raises(NotPermitted, match="kept for the whole company"):
        rights("kim").check_measure(REGISTRY["cash"], REGISTRY)


def test_the_mask_keeps_their_rows_and_drops_hidden_measures_and_others_members() -> None:
    _, seen, cut = seen_by("sofia")
    assert set(cut.keys["market"]) == {"DE", "FR"}
    assert set(cut.counts) == {"consensus_demand"}
    assert seen.dimensions["market"].ids == ["DE", "FR"]
    assert seen.dimensions["item"].ids == ["BK-1", "BK-2", "BK-3", "OIL"]  # BK-4 is sold in none of their markets
    assert seen.dimensions["location"].ids == []
    _, other, rows = seen_by("kim")
    assert set(rows.keys["item"]) == {"BK-3"}
    assert set(rows.counts) == {"consensus_demand", "constrained_cost", "gross_margin"}
    assert other.dimensions["item"].ids == ["BK-3", "BK-4"]


def test_a_node_the_plan_does_not_know_shows_nothing() -> None:
    lost = replace(rights("sofia"), nodes=(node("region", "Asia"),))
    whole = model()
    assert see_panel(demand(whole), whole, lost).rows == 0


@pytest.mark.parametrize(
    ("scope", "within"),
    [
        ((), False),
        ((node("region", "Europe"),), True),
        ((node("market", "DE"),), True),
        ((node("market", "DE"), node("family", "City")), True),
        ((node("family", "City"),), False),
        ((node("region", "America"),), False),
        ((node("region", "Europe"), node("family", "Nothing")), False),
    ],
)
def test_a_scope_is_theirs_when_all_of_it_lies_in_their_nodes(scope: tuple[Node, ...], within: bool) -> None:
    whole, seen, _ = seen_by("sofia")
    assert lies_within(scope, whole, seen, rights("sofia")) is within


def change(scope: tuple[Node, ...] = (), measure: str = "consensus_demand", weights: str | None = None) -> Change:
    return Change(
        measure=MeasureId(measure),
        operation=Operation.SET,
        amount=Decimal(1),
        scope=scope,
        first=MARCH,
        last=MARCH,
        spread_by=None if weights is None else MeasureId(weights),
    )


def test_refusals_name_the_part_and_nothing_outside() -> None:
    whole, seen, _ = seen_by("sofia")

    def codes(*entries: Change | RecordChange) -> list[str]:
        return [issue.code for issue in refuse_entries(entries, whole, seen, rights("sofia"))]

    assert codes(change((node("region", "Europe"),))) == []
    assert codes(change()) == ["rights.beyond-your-part"]
    assert codes(change((node("family", "City"),))) == ["rights.beyond-your-part"]
    assert codes(change(measure="firm_production")) == ["rights.measure-not-yours"]
    assert codes(change((node("region", "Europe"),), weights="gross_margin")) == ["rights.weights-not-shown"]
    told = refuse_entries([change()], whole, seen, rights("sofia"))[0]
    assert "--where region=Europe" in told.advice
    assert "America" not in str(told)
    with pytest.raises(NotFound, match=r"region 'America' is not known \(1 known\)\.$"):
        codes(change((node("region", "America"),)))
    assert beyond(change(), rights("sofia"))[0].code == "rights.beyond-your-part"


def test_rows_of_tables_are_theirs_by_role_and_by_key() -> None:
    whole, seen, _ = seen_by("sofia")

    def put(table: str, **key: str) -> RecordChange:
        return RecordChange(table=table, key=tuple(key.items()), after=(("lift", "0.2"),))

    def codes(entry: RecordChange, person: str = "sofia") -> list[str]:
        return [issue.code for issue in refuse_entries([entry], whole, seen, rights(person))]

    assert codes(put("promotions", promotion="P", market="DE", item="BK-1")) == []
    assert codes(put("promotions", promotion="P", market="US", item="BK-1")) == ["rights.beyond-your-part"]
    assert codes(put("promotions", promotion="P", item="BK-1")) == ["rights.beyond-your-part"]
    assert codes(put("costs", item="BK-1")) == ["rights.table-not-yours"]
    assert codes(put("costs", item="BK-1"), "clara") == []
    assert not sees_record(put("costs", item="BK-1", market="DE"), whole, seen, rights("sofia"))


def issue(message: str, *scope: Node, measure: str | None = "consensus_demand") -> Issue:
    place = Place(measure=None if measure is None else MeasureId(measure), scope=scope)
    return Issue(code="x.y", severity=Severity.NOTE, message=message, advice="", place=place, at_stake=Decimal(5))


def test_issues_speak_of_their_part_and_name_nobody_elses() -> None:
    whole, seen, _ = seen_by("sofia")
    europe = node("region", "Europe")
    mine = issue("too high in DE", europe)
    others = [
        issue("too high"),
        issue("too high", node("region", "America")),
        issue("too high against US.", europe),
        issue("margin is low", europe),
        issue("low", europe, measure="gross_margin"),
        issue("a file", europe, measure=None),
        issue("stock", node("item", "BK-1"), measure="projected_stock"),
    ]
    kept = see_issues([mine, *others], whole, seen, rights("sofia"))
    assert kept == (replace(mine, at_stake=None),)


def test_the_doctor_finds_a_mask_that_lets_something_through() -> None:
    whole = model()
    panel = demand(whole)
    recipe = Recipe(inputs=whole.dimensions["item"].digest, entries=whole.dimensions["item"].digest,
                    options=whole.dimensions["item"].digest, reference=None, engines=())  # fmt: skip
    plan = Plan(recipe=recipe, panels={panel.grain: panel}, issues=(issue("outside"),))
    inputs = PlanInputs(model=whole, tables={}, digest=recipe.inputs)
    own = rights("sofia")
    cut = see_panel(panel, whole, own)
    seen = replace(plan, panels={panel.grain: cut}, issues=())
    theirs = replace(inputs, model=see_model(whole, seen.panels, own))
    checked, wrong = find_leaks((plan, inputs), (seen, theirs), own)
    assert checked > 3
    assert wrong == ()
    open_rows = replace(seen, panels={panel.grain: replace(panel, counts={**cut_counts(panel)})})
    assert [place.measure for place in find_leaks((plan, inputs), (open_rows, theirs), own)[1]] == ["consensus_demand"]
    hidden = replace(seen, panels={panel.grain: cut.with_counts({"gross_margin": cut.count("consensus_demand")})})
    assert [place.measure for place in find_leaks((plan, inputs), (hidden, theirs), own)[1]] == ["gross_margin"]
    assert [place.value for place in find_leaks((plan, inputs), (seen, inputs), own)[1]] == ["US"]
    assert len(find_leaks((plan, inputs), (replace(seen, issues=plan.issues), theirs), own)[1]) == 1
    changed = cut.count("consensus_demand").copy()
    changed[0, 0] += 1
    wrong_sum = replace(seen, panels={panel.grain: cut.with_counts({"consensus_demand": changed})})
    assert len(find_leaks((plan, inputs), (wrong_sum, theirs), own)[1]) == 1


def cut_counts(panel: Panel) -> dict[MeasureId, np.ndarray[tuple[int, int], np.dtype[np.int64]]]:
    return {MeasureId("consensus_demand"): panel.count("consensus_demand")}
