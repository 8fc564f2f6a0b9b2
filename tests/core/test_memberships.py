"""Where members belonged: today is the current bucket, what stands above follows, faults are said."""

from datetime import date

import pytest

from tests.planning.structured import build, moved
from trivet.core.aswas import LEAF, as_it_was, has_moved
from trivet.core.ids import GrainName
from trivet.core.panel import Panel, make_keys

MARCH = date(2025, 3, 1)
AHEAD = date(2026, 3, 1)


def test_a_member_lies_where_the_row_of_the_current_bucket_says() -> None:
    past = moved(("item", "B", "family", None, "Kids"), ("item", "B", "family", MARCH, "City"))
    inputs, issues = build({"memberships": past})
    item = inputs.model.dimensions["item"]
    assert item.parents("family")["B"] == "City"
    assert [one.first for one in item.structures] == [date(2025, 1, 1), MARCH]
    assert not issues


def test_a_move_ahead_does_not_hold_yet_and_the_master_is_of_today() -> None:
    inputs, _ = build({"memberships": moved(("item", "B", "family", AHEAD, "Kids"))})
    item = inputs.model.dimensions["item"]
    assert item.parents("family")["B"] == "City"
    assert has_moved(inputs.model)
    later, _ = build({"memberships": moved(("item", "B", "family", MARCH, "Kids"))})
    assert later.model.dimensions["item"].parents("family")["B"] == "Kids"
    assert dict(later.table("items").select("item", "family").iter_rows())["B"] == "Kids"


def test_what_stands_above_the_parent_follows_it() -> None:
    inputs, _ = build(
        {"memberships": moved(("item", "B", "family", MARCH, "Kids"), ("item", "A", "brand", MARCH, "Kiddo"))}
    )
    item = inputs.model.dimensions["item"]
    assert item.parents("segment")["B"] == "Children"
    assert item.parents("owner")["A"] == "South"
    assert item.parents("brand_colour")["A"] == "pink"


def test_a_whole_family_moves_by_one_row() -> None:
    inputs, _ = build({"memberships": moved(("family", "City", "segment", MARCH, "Children"))})
    segment = inputs.model.dimensions["item"].parents("segment")
    assert (segment["A"], segment["B"], segment["D"]) == ("Children", "Children", "Adults")


def test_a_member_of_an_own_dimension_moves_to_another_owner() -> None:
    inputs, _ = build({"memberships": moved(("brand", "Swift", "owner", MARCH, "West"))})
    assert inputs.model.dimensions["item"].parents("owner")["A"] == "West"


def test_the_leafs_own_row_goes_before_its_familys() -> None:
    rows = moved(("family", "City", "segment", MARCH, "Children"), ("item", "A", "segment", MARCH, "Adults"))
    segment = build({"memberships": rows})[0].model.dimensions["item"].parents("segment")
    assert (segment["A"], segment["B"]) == ("Adults", "Children")


@pytest.mark.parametrize(
    ("row", "code", "said"),
    [
        (("item", "X", "family", MARCH, "Kids"), "data.membership-misfit", "'X': no such item (4 known)"),
        (("item", "A", "familie", MARCH, "Kids"), "data.membership-misfit", "'familie': the items have no such level"),
        (("shop", "A", "family", MARCH, "Kids"), "data.membership-misfit", "'shop': no such dimension or level"),
        (
            ("item", "A", "family", MARCH, "City"),
            "data.membership-without-effect",
            "lies under family City in its master",
        ),
    ],
)
def test_a_row_that_does_not_fit_is_said_and_does_nothing(
    row: tuple[str, str, str, date, str], code: str, said: str
) -> None:
    inputs, (issue,) = build({"memberships": moved(row)})
    assert issue.code == code
    assert said in issue.message
    assert not has_moved(inputs.model)


def test_many_rows_of_one_fault_are_one_issue() -> None:
    _, issues = build({"memberships": moved(*(("item", f"X{i}", "family", MARCH, "Kids") for i in range(4)))})
    (issue,) = issues
    assert issue.message.startswith("'X0': no such item (4 known)")
    assert issue.message.endswith("3 more rows do not fit either.")


def test_rows_beyond_the_horizon_wait() -> None:
    inputs, issues = build({"memberships": moved(("item", "A", "family", date(2031, 1, 1), "Kids"))})
    assert not has_moved(inputs.model)
    assert not issues


def test_only_members_that_moved_are_taken_apart() -> None:
    model = build({"memberships": moved(("item", "B", "family", MARCH, "Kids"))})[0].model
    keys = make_keys({"item": ["A", "B"], "market": ["ALL", "ALL"]})
    was = as_it_was(Panel(grain=GrainName("demand"), keys=keys, buckets=model.buckets), model)
    leaves = was.model.dimensions["item"].parents(LEAF)
    assert [leaves[key] for key in was.panel.keys["item"].to_list()] == ["A", "B", "B"]
