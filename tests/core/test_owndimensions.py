"""A company's own dimension: its levels are levels of the items, unknown codes are Unassigned, faults are named."""

import polars as pl
import pytest

from tests.planning.structured import ITEMS, TEXT, build, table
from trivet.core.company import parse_company
from trivet.core.dimensions import UNASSIGNED
from trivet.core.errors import InvalidInput
from trivet.core.owndimensions import company_tables
from trivet.core.said import parse_scope
from trivet.workspace.registries import table_specs


def test_levels_of_an_own_dimension_are_levels_of_the_items() -> None:
    inputs, issues = build()
    item = inputs.model.dimensions["item"]
    assert item.parents("brand") == {"A": "Swift", "B": "Swift", "C": "Kiddo", "D": UNASSIGNED}
    assert item.parents("owner") == {"A": "North", "B": "North", "C": "South", "D": UNASSIGNED}
    assert not issues


def test_an_attribute_of_the_same_name_carries_the_name_of_its_dimension() -> None:
    item = build()[0].model.dimensions["item"]
    assert item.parents("colour")["A"] == "red"
    assert item.parents("brand_colour")["A"] == "green"


def test_its_hierarchies_stand_beside_those_of_the_items() -> None:
    ways = {way.name: way.levels for way in build()[0].model.dimensions["item"].hierarchies}
    assert ways == {
        "standard": ("segment", "family", "item"),
        "by_colour": ("colour", "item"),
        "houses": ("owner", "brand", "item"),
    }


def test_a_code_its_table_does_not_know_is_unassigned_and_said() -> None:
    rows = [*ITEMS[:3], {**ITEMS[3], "brand": "Gone"}]
    inputs, (issue,) = build({"items": table("items", rows)})
    assert inputs.model.dimensions["item"].parents("owner")["D"] == UNASSIGNED
    assert (issue.code, issue.place.value) == ("data.unknown-own-member", "Gone")
    assert "brand.csv" in issue.advice


def test_without_a_table_the_codes_are_the_members() -> None:
    text = TEXT.replace('houses = ["owner", "brand"]', 'houses = ["brand"]')
    inputs, issues = build({"brand": pl.DataFrame()}, company=parse_company(text))
    assert inputs.model.dimensions["item"].parents("brand") == {
        "A": "SWIFT",
        "B": "SWIFT",
        "C": "Kiddo",
        "D": UNASSIGNED,
    }
    assert not issues


def test_a_path_of_a_hierarchy_is_a_place() -> None:
    dimensions = build()[0].model.dimensions
    scope = parse_scope(["houses=North/Swift"], dimensions)
    assert [(node.level, node.member) for node in scope] == [("owner", "North"), ("brand", "Swift")]
    with pytest.raises(InvalidInput, match="has the levels owner, brand, item; 'North/Swift/A/X' names 4"):
        parse_scope(["houses=North/Swift/A/X"], dimensions)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('of = "item"', 'of = "thing"', r"\[dimensions.brand\]: of is 'thing'; expected one of item, market"),
        ("[dimensions.brand]", "[dimensions.Brand]", "expected another name of small letters"),
        ("[dimensions.brand]", "[dimensions.market]", "expected another name"),
        ('of = "item"', 'of = "item"\nwho = "x"', "unknown key 'who'; known are column, of"),
        ("[hierarchies.brand]", "[hierarchies.brend]", r"\[hierarchies.brend\]: no such dimension; expected item"),
        ('of = "item"', 'of = "item"\ncolumn = "marke"', "the items have no column 'marke'"),
        ('houses = ["owner"', 'houses = ["house"', r"houses: level 'house' is no column of brand.csv"),
        ("houses =", "standard =", "item has a hierarchy of that name"),
        ("[dimensions.brand]", "[dimensions.orders]", "orders is a table of Trivet"),
    ],
)
def test_a_wrong_declaration_is_named(old: str, new: str, said: str) -> None:
    text = TEXT.replace(old, new)
    if "orders" in new:
        text = text.replace("[hierarchies.brand]", "[hierarchies.orders]")
    if "Brand" in new or "market" in new:
        text = text.split("[hierarchies.brand]", maxsplit=1)[0]
    with pytest.raises(InvalidInput, match=said):
        build(company=parse_company(text))


def test_its_table_is_a_table_of_the_company_folder() -> None:
    spec = company_tables(table_specs(), parse_company(TEXT))["brand"]
    assert (spec.key, spec.extra, spec.needed) == (("brand",), True, False)
